//! The pace of all calls to the platform: a token bucket on tokio's clock, shared fairly between new passes and looks for
//! pushes that are on their way.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

/// Why a call is made. Where passes and looks both wait, each gets every other turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Lane {
    /// A pass, or a command of a person.
    #[default]
    Pass,
    /// The first look for a push: until then nobody knows what the kitchen has done since. It comes before other looks.
    FirstPoll,
    /// Another look for a push.
    Poll,
}

/// How many processes share the pace; each has as large a part of it.
#[derive(Debug, Clone)]
pub(super) struct Sharers(Arc<AtomicU32>);

impl Default for Sharers {
    fn default() -> Self {
        Self(Arc::new(AtomicU32::new(1)))
    }
}

impl Sharers {
    fn count(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, count: usize) {
        self.0.store(u32::try_from(count).unwrap_or(u32::MAX).clamp(1, 1_000), Ordering::Relaxed);
    }
}

/// Lets `rate` calls through each second, after a burst of that many (rounded up).
///
/// No limit of the platform is published; the default of 5 is our choice.
pub(super) struct Gate {
    sharers: Sharers,
    interval: Duration,
    burst: u32,
    line: Mutex<Line>,
    /// Somebody came, left or had a turn.
    moved: Notify,
}

#[derive(Default)]
struct Line {
    /// When the bucket was last empty, as if it had never stopped filling.
    empty_at: Option<Instant>,
    /// Who waits, by lane, first come first.
    waiting: BTreeSet<(Lane, u64)>,
    came: u64,
    /// Whether the last turn was a look's.
    last_was_poll: bool,
}

impl Line {
    /// Whose turn it is.
    fn next(&self) -> Option<(Lane, u64)> {
        let pass = self.waiting.first().filter(|(lane, _)| *lane == Lane::Pass);
        let poll = self.waiting.range((Lane::FirstPoll, 0)..).next();
        let first = if self.last_was_poll { pass.or(poll) } else { poll.or(pass) };
        first.copied()
    }
}

/// A place in the line; who gives up leaves it without having taken anything.
struct Ticket<'g> {
    gate: &'g Gate,
    place: (Lane, u64),
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.gate.line().waiting.remove(&self.place);
        self.gate.moved.notify_waiters();
    }
}

impl Gate {
    /// A full bucket. `rate` is finite and greater than 0.
    pub(super) fn new(rate: f64, sharers: &Sharers) -> Self {
        // The bounds keep clock arithmetic from overflowing: one call a day is as good as none.
        let interval = Duration::from_secs_f64((1.0 / rate).clamp(1e-6, 86_400.0));
        let burst = rate.ceil().clamp(1.0, 1e6) as u32;
        Self { sharers: sharers.clone(), interval, burst, line: Mutex::default(), moved: Notify::new() }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn; gives back how long that took.
    pub(super) async fn pass(&self, lane: Lane) -> Duration {
        let came = Instant::now();
        let ticket = {
            let mut line = self.line();
            line.came += 1;
            let place = (lane, line.came);
            line.waiting.insert(place);
            Ticket { gate: self, place }
        };
        self.moved.notify_waiters();
        loop {
            let moved = self.moved.notified();
            match self.take_turn(ticket.place) {
                Turn::Taken => return came.elapsed(),
                Turn::At(due) => {
                    // Somebody whose turn comes before may arrive meanwhile.
                    tokio::select! {
                        () = sleep_until(due) => {}
                        () = moved => {}
                    }
                }
                Turn::Others => moved.await,
            }
        }
    }

    /// Goes, if this place is next and the time has come: decided and taken at once.
    fn take_turn(&self, place: (Lane, u64)) -> Turn {
        let mut line = self.line();
        if line.next() != Some(place) {
            return Turn::Others;
        }
        let now = Instant::now();
        // A bucket that has been filling for `capacity` is full: older times mean the same.
        let sharers = self.sharers.count();
        let (interval, burst) = (self.interval * sharers, (self.burst / sharers).max(1));
        let oldest = now.checked_sub(interval * burst).unwrap_or(now);
        let due = line.empty_at.map_or(oldest, |at| at.max(oldest)) + interval;
        if due > now {
            return Turn::At(due);
        }
        line.empty_at = Some(due);
        line.last_was_poll = place.0 != Lane::Pass;
        line.waiting.remove(&place);
        Turn::Taken
    }
}

enum Turn {
    /// It has gone.
    Taken,
    /// It is next, from then on.
    At(Instant),
    /// Somebody else is next.
    Others,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_at_once_and_the_rest_at_the_rate() {
        let gate = Gate::new(5.0, &Sharers::default());
        let start = Instant::now();
        let mut at = Vec::new();
        for _ in 0..8 {
            gate.pass(Lane::Pass).await;
            at.push(start.elapsed().as_millis());
        }
        assert_eq!(at[..5], [0, 0, 0, 0, 0]);
        let steps: Vec<u128> = at[4..].windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(steps.iter().all(|step| (199..=202).contains(step)), "{at:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_shares_a_pace_has_a_part_of_it() {
        let sharers = Sharers::default();
        let gate = Gate::new(4.0, &sharers);
        sharers.set(2);
        let start = Instant::now();
        for _ in 0..4 {
            gate.pass(Lane::Pass).await;
        }
        assert!((999..1_010).contains(&start.elapsed().as_millis()), "two at once, then two a second");
        sharers.set(1);
        for _ in 0..4 {
            gate.pass(Lane::Pass).await;
        }
        assert!(start.elapsed().as_millis() < 2_010);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_below_one_waits_between_calls() {
        let gate = Gate::new(0.5, &Sharers::default());
        gate.pass(Lane::Pass).await;
        assert!(gate.pass(Lane::Pass).await >= Duration::from_millis(1999));
    }

    #[tokio::test(start_paused = true)]
    async fn who_came_first_passes_first_and_who_left_took_nothing() {
        let gate = Arc::new(Gate::new(1.0, &Sharers::default()));
        gate.pass(Lane::Pass).await;
        let gone = tokio::time::timeout(Duration::from_millis(300), gate.pass(Lane::Pass)).await;
        assert!(gone.is_err());
        let order = Arc::new(std::sync::Mutex::new(Vec::new()));
        let waiting: Vec<_> = (0..4)
            .map(|n| {
                let (gate, order) = (Arc::clone(&gate), Arc::clone(&order));
                tokio::spawn(async move {
                    gate.pass(Lane::Pass).await;
                    order.lock().unwrap().push(n);
                })
            })
            .collect();
        let start = Instant::now();
        for task in waiting {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3]);
        assert!(start.elapsed() < Duration::from_millis(3800), "the one that left cost {:?}", start.elapsed());
    }

    /// In which order these get their turns, all there from the beginning.
    async fn order(lanes: &[Lane]) -> Vec<Lane> {
        let gate = Arc::new(Gate::new(1.0, &Sharers::default()));
        gate.pass(Lane::Pass).await;
        let order = Arc::new(std::sync::Mutex::new(Vec::new()));
        let mut waiting = Vec::new();
        for lane in lanes.iter().copied() {
            let (gate, order) = (Arc::clone(&gate), Arc::clone(&order));
            waiting.push(tokio::spawn(async move {
                gate.pass(lane).await;
                order.lock().unwrap().push(lane);
            }));
            tokio::task::yield_now().await;
        }
        for task in waiting {
            task.await.unwrap();
        }
        Arc::into_inner(order).unwrap().into_inner().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn passes_and_looks_take_turns_and_first_looks_come_before_others() {
        use Lane::{FirstPoll, Pass, Poll};
        let order = order(&[Pass, Pass, Pass, Pass, Poll, Poll, FirstPoll, FirstPoll]).await;
        assert_eq!(order, [FirstPoll, Pass, FirstPoll, Pass, Poll, Pass, Poll, Pass]);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_alone_has_all_turns() {
        for lane in [Lane::Pass, Lane::FirstPoll, Lane::Poll] {
            let began = Instant::now();
            assert_eq!(order(&[lane; 6]).await, [lane; 6]);
            assert!(began.elapsed() < Duration::from_millis(6_100), "{lane:?} {:?}", began.elapsed());
        }
    }
}
