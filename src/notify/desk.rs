//! Where it all comes together: looks come in, notifications go out. One task, which waits for nobody.

use std::{collections::BTreeMap, time::Duration};

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{
    Ending, Now, Order, Seen, Standing,
    book::{Book, News},
    deliver::Sinks,
    groups::Groups,
    message::{Line, Notification},
};
use crate::{
    settings::Occasion,
    state::{SharedState, StateError},
};

/// The hour of the day at which the digest is due, on the clocks of the settings (our choice: before the kitchens open).
const DIGEST_HOUR: i8 = 8;

/// The clock of the machine is looked at this often.
const TICK: Duration = Duration::from_secs(60);

/// How long sinks get when the process ends at once, and when nothing else is left to do (our choice).
const QUICKLY: Duration = Duration::from_millis(900);
const PATIENTLY: Duration = Duration::from_secs(15);

/// The desk.
pub(super) struct Desk {
    state: SharedState,
    now: Now,
    book: Book,
    groups: Groups,
    sinks: Sinks,
    zone: TimeZone,
}

impl Desk {
    pub(super) async fn new(state: SharedState, now: Now) -> Result<Self, StateError> {
        let book = Book::open(SharedState::clone(&state)).await?;
        let (groups, sinks) = (Groups::default(), Sinks::default());
        Ok(Self { state, now, book, groups, sinks, zone: TimeZone::UTC })
    }

    /// Works until it is told to end or nobody is left who could tell it.
    pub(super) async fn work(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            let tick = Instant::now() + TICK;
            let wake = self.groups.next().map_or(tick, |due| due.min(tick));
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(Order::Saw(seen)) => self.saw(&seen),
                    Some(Order::Sinks(sinks, zone)) => self.change(sinks, zone),
                    Some(Order::End(ending, done)) => {
                        self.end(ending).await;
                        // Who asked may have given up waiting.
                        let _ = done.send(());
                        return;
                    }
                    None => return,
                },
                () = sleep_until(wake) => {}
            }
            self.tell(false).await;
            self.tell_digest().await;
        }
    }

    fn saw(&mut self, seen: &Seen) {
        // Without anybody to tell nothing counts as told.
        if self.sinks.is_empty() {
            return;
        }
        let now = (self.now)();
        let still = match seen.standing {
            Standing::Between => None,
            Standing::Well => Some(Occasion::Recovered),
            Standing::Wrong(occasion) => Some(occasion),
        };
        if still.is_some() {
            self.groups.outdate(seen.outlet.as_str(), still);
        }
        if let Some(news) = self.book.news(seen, now) {
            self.groups.add(seen, &news);
        }
        if seen.published {
            let news = News { occasion: Occasion::Published, since: now, repeated: false };
            self.groups.add(seen, &news);
        }
    }

    fn change(&mut self, sinks: Sinks, zone: TimeZone) {
        self.zone = zone;
        self.sinks.become_these(sinks);
    }

    /// Tells what is due, or all that waits.
    async fn tell(&mut self, all: bool) {
        let now = (self.now)();
        for (occasion, lines) in self.groups.take(all) {
            let told: Vec<(String, Timestamp)> =
                lines.iter().map(|(line, since)| (line.outlet.clone(), *since)).collect();
            let lines = lines.into_iter().map(|(line, _)| line).collect();
            self.sinks.tell(&Notification::of_outlets(occasion, now, lines));
            self.book.told(occasion, told, now).await;
        }
    }

    /// Tells the digest if its hour has come since the last one. The first one is told on the day after the first start.
    async fn tell_digest(&mut self) {
        if self.sinks.is_empty() {
            return;
        }
        let now = (self.now)();
        match self.book.last_digest() {
            None => self.book.digest_told(now).await,
            Some(last) if last < self.last_hour(now) => {
                match self.digest(last, now).await {
                    Ok(digest) => self.sinks.tell(&digest),
                    Err(error) => tracing::error!(%error, "there is no digest today"),
                }
                self.book.digest_told(now).await;
            }
            Some(_) => {}
        }
    }

    /// When it was last the hour of the digest.
    fn last_hour(&self, now: Timestamp) -> Timestamp {
        let today = now.to_zoned(self.zone.clone());
        let at = |zoned: &jiff::Zoned| zoned.date().at(DIGEST_HOUR, 0, 0, 0).to_zoned(self.zone.clone());
        let hour = |zoned: &jiff::Zoned| at(zoned).map_or(Timestamp::MIN, |zoned| zoned.timestamp());
        let yesterday = || today.checked_sub(1.day()).map_or(Timestamp::MIN, |yesterday| hour(&yesterday));
        Some(hour(&today)).filter(|hour| *hour <= now).unwrap_or_else(yesterday)
    }

    async fn digest(&self, last: Timestamp, now: Timestamp) -> Result<Notification, StateError> {
        let overview = self.state.overview(now).await?;
        let published = self.state.published_since(last).await?;
        let ours = overview.outlets.into_iter().filter(|row| row.root.as_ref() == Some(&overview.root));
        let (mut states, mut troubled) = (BTreeMap::<String, usize>::new(), Vec::new());
        for row in ours {
            let Some(state) = row.state else { continue };
            *states.entry(state.clone()).or_default() += 1;
            if !matches!(&*state, "in_sync" | "paused") {
                let name = row.name.as_deref().unwrap_or(&row.id);
                let line = Line::new(&row.id, name, row.since, row.error.as_deref());
                troubled.push(Line { state: Some(state), ..line });
            }
        }
        Ok(Notification::digest(now, states, published, troubled))
    }

    async fn end(mut self, ending: Ending) {
        let patience = match ending {
            Ending::Flush => {
                self.tell(true).await;
                PATIENTLY
            }
            Ending::Quick => QUICKLY,
        };
        self.sinks.end(patience).await;
    }
}
