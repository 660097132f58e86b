//! What events say: an outlet is worth a look. However many come, an outlet is looked at once in a while; between two looks
//! they are one hint.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};
use uuid::Uuid;

use super::timetable::Timetable;
use crate::catalog::OutletId;

/// The shortest time between two looks at one outlet that are due to hints (our choice).
const APART: Duration = Duration::from_secs(5);

/// Why an outlet is worth a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// A menu went live: a push that is waited for may show.
    WentLive,
    /// A switch of stock ends: a whole pass is wanted.
    SwitchEnds,
    /// Something is wrong with the menu: a whole pass is wanted.
    Alarm,
}

impl Hint {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::WentLive => "went_live",
            Self::SwitchEnds => "switch_ends",
            Self::Alarm => "alarm",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        [Self::WentLive, Self::SwitchEnds, Self::Alarm].into_iter().find(|hint| hint.as_str() == word)
    }
}

/// Hints on their way to the daemon. Give them for outlets that exist only: their number is the bound of what is kept.
#[derive(Default)]
pub struct Hints {
    inner: Mutex<Inner>,
    given: Notify,
}

#[derive(Default)]
struct Inner {
    waiting: BTreeMap<OutletId, Hint>,
    due: Timetable<OutletId, Instant>,
    taken: BTreeMap<OutletId, Instant>,
    announced: BTreeMap<OutletId, Uuid>,
}

impl Hints {
    /// An outlet is worth a look.
    pub fn give(&self, outlet: &OutletId, hint: Hint) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let due = inner.taken.get(outlet).map_or(now, |taken| now.max(*taken + APART));
        let known = inner.waiting.get(outlet).copied();
        inner.waiting.insert(outlet.clone(), known.map_or(hint, |known| known.max(hint)));
        if known.is_none() {
            inner.due.set(outlet, due);
        }
        drop(inner);
        self.given.notify_one();
    }

    /// A push went live: its `request_id` came back in an event whose sender is known.
    pub fn announce(&self, outlet: &OutletId, request_id: Uuid) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.announced.insert(outlet.clone(), request_id);
    }

    /// The push to this outlet that was announced last.
    pub(super) fn announced(&self, outlet: &OutletId) -> Option<Uuid> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).announced.get(outlet).copied()
    }

    /// The next outlet that is due, when it is.
    pub(super) async fn take(&self) -> (OutletId, Hint) {
        loop {
            let next = match self.take_due() {
                Ok(due) => return due,
                Err(next) => next,
            };
            let due = async {
                match next {
                    Some(next) => sleep_until(next).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => {}
                () = self.given.notified() => {}
            }
        }
    }

    /// One that is due, or when the next one is.
    fn take_due(&self) -> Result<(OutletId, Hint), Option<Instant>> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let outlet = inner.due.take_due(now).ok_or_else(|| inner.due.first())?;
        let hint = inner.waiting.remove(&outlet).unwrap_or(Hint::WentLive);
        inner.taken.insert(outlet.clone(), now);
        Ok((outlet, hint))
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn however_many_hints_come_an_outlet_is_looked_at_once_in_a_while() {
        let (hints, outlet) = (Hints::default(), OutletId::from("G1"));
        let begun = Instant::now();
        let mut looks = Vec::new();
        while begun.elapsed() < Duration::from_secs(21) {
            hints.give(&outlet, Hint::WentLive);
            if let Ok((taken, hint)) = timeout(Duration::from_millis(10), hints.take()).await {
                assert_eq!((&taken, hint), (&outlet, Hint::WentLive));
                looks.push(begun.elapsed().as_secs());
            }
        }
        assert_eq!(looks, [0, 5, 10, 15, 20]);
    }

    #[tokio::test(start_paused = true)]
    async fn none_is_lost_and_the_stronger_one_wins() {
        let (hints, one, two) = (Hints::default(), OutletId::from("G1"), OutletId::from("G2"));
        hints.give(&one, Hint::WentLive);
        assert_eq!(hints.take().await, (one.clone(), Hint::WentLive));
        hints.give(&one, Hint::Alarm);
        hints.give(&one, Hint::WentLive);
        hints.give(&two, Hint::WentLive);
        let begun = Instant::now();
        assert_eq!(hints.take().await, (two, Hint::WentLive), "the others do not wait");
        assert_eq!(begun.elapsed(), Duration::ZERO);
        assert_eq!(hints.take().await, (one, Hint::Alarm));
        assert_eq!(begun.elapsed(), APART);
        assert!(timeout(APART * 2, hints.take()).await.is_err(), "three hints, two looks");
    }
}
