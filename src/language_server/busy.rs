//! A thread that works, and how long it has been at it.

use std::time::{Duration, Instant};

use crate::{report::untrusted::printable, source::Doing};

/// What takes longer is said (our choice).
const PATIENCE: Duration = Duration::from_secs(10);

/// A thread that is at something.
#[derive(Default)]
pub(super) struct Busy {
    pub(super) doing: Doing,
    since: Option<Instant>,
    is_told: bool,
}

impl Busy {
    pub(super) fn works(&mut self) {
        self.since = self.since.or_else(|| Some(Instant::now()));
    }

    pub(super) fn is_working(&self) -> bool {
        self.since.is_some()
    }

    pub(super) fn rests(&mut self) {
        self.since = None;
        self.is_told = false;
    }

    /// What takes long, once.
    pub(super) fn tell(&mut self, now: Instant) -> Option<String> {
        let since = self.since.filter(|since| !self.is_told && *since + PATIENCE <= now)?;
        self.is_told = true;
        let seconds = now.saturating_duration_since(since).as_secs();
        Some(format!("waiting for {} for {seconds} s; what is shown may be older", printable(&self.doing.get())))
    }

    /// When there is something to tell.
    pub(super) fn tell_at(&self) -> Option<Instant> {
        self.since.filter(|_| !self.is_told).map(|since| since + PATIENCE)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test fails by panicking
mod tests {
    use super::*;

    #[test]
    fn what_hangs_is_told_once_by_its_name() {
        let mut busy = Busy::default();
        assert_eq!(busy.tell(Instant::now() + PATIENCE), None);
        busy.works();
        busy.doing.set("catalogs/bali");
        let late = busy.tell_at().unwrap();
        assert_eq!(busy.tell(late - Duration::from_secs(1)), None);
        assert_eq!(busy.tell(late).unwrap(), "waiting for catalogs/bali for 10 s; what is shown may be older");
        assert_eq!((busy.tell(late), busy.tell_at()), (None, None));
        // More to do does not begin anew; an end does.
        busy.works();
        assert_eq!(busy.tell_at(), None);
        busy.rests();
        busy.works();
        assert!(busy.tell_at().is_some());
    }
}
