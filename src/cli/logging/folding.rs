//! Warnings that repeat themselves: told once, then at most once an hour with how often they came.
//!
//! What a room of the program has warned of is forgotten when it tells good news, so that trouble which comes back is told
//! again. How passes end is not folded here: `daemon` knows what is news of an outlet.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use tracing::Level;

/// Our choice.
const AGAIN_AFTER: Duration = Duration::from_secs(60 * 60);

/// As many different warnings are kept in mind (our choice); more are told every time.
const MOST: usize = 1000;

/// Whose lines are told as they come.
const NOT_FOLDED: &str = "menusync::daemon::note";

#[derive(Debug, Default)]
pub(super) struct Folding {
    known: HashMap<u64, Repetition>,
}

#[derive(Debug)]
struct Repetition {
    target: &'static str,
    at: Instant,
    repeated: u64,
}

impl Folding {
    /// Whether a line is to be told, and how often it came untold since the last time.
    pub(super) fn meet(&mut self, level: Level, target: &'static str, fingerprint: u64, now: Instant) -> Option<u64> {
        if target == NOT_FOLDED || level > Level::INFO {
            return Some(0);
        }
        if level == Level::INFO {
            self.known.retain(|_, known| known.target != target);
            return Some(0);
        }
        let is_recent = |known: &Repetition| now.duration_since(known.at) < AGAIN_AFTER;
        if let Some(known) = self.known.get_mut(&fingerprint) {
            known.repeated += 1;
            if is_recent(known) {
                return None;
            }
            known.at = now;
            return Some(std::mem::take(&mut known.repeated));
        }
        if self.known.len() >= MOST {
            self.known.retain(|_, known| is_recent(known));
        }
        if self.known.len() < MOST {
            self.known.insert(fingerprint, Repetition { target, at: now, repeated: 0 });
        }
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_is_told_once_an_hour_with_how_often_it_came() {
        let (mut folding, start) = (Folding::default(), Instant::now());
        let mut meet =
            |minute: u64, what| folding.meet(Level::WARN, "a", what, start + Duration::from_secs(60 * minute));
        assert_eq!(meet(0, 1), Some(0));
        assert_eq!(meet(1, 2), Some(0), "another one");
        assert_eq!([10, 59].map(|minute| meet(minute, 1)), [None, None]);
        assert_eq!(meet(60, 1), Some(3));
        assert_eq!(meet(119, 1), None);
    }

    #[test]
    fn good_news_of_the_same_room_makes_the_next_warning_news() {
        let (mut folding, now) = (Folding::default(), Instant::now());
        let mut meet = |level, target| folding.meet(level, target, 1, now);
        assert_eq!(meet(Level::ERROR, "a"), Some(0));
        assert_eq!(meet(Level::INFO, "b"), Some(0));
        assert_eq!(meet(Level::DEBUG, "a"), Some(0));
        assert_eq!(meet(Level::ERROR, "a"), None);
        assert_eq!(meet(Level::INFO, "a"), Some(0));
        assert_eq!(meet(Level::ERROR, "a"), Some(0));
    }

    #[test]
    fn what_is_kept_in_mind_has_a_bound_and_what_is_beyond_is_told() {
        let (mut folding, now) = (Folding::default(), Instant::now());
        for what in 0..2 * MOST as u64 {
            assert_eq!(folding.meet(Level::WARN, "a", what, now), Some(0));
        }
        assert_eq!(folding.known.len(), MOST);
        assert_eq!(folding.meet(Level::WARN, "a", 2 * MOST as u64 - 1, now), Some(0));
        assert_eq!(folding.meet(Level::WARN, "a", 0, now), None);
    }
}
