//! Takes reports in and sends notifications out. One task, which no sink delays.

use std::{collections::BTreeMap, time::Duration};

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{
    Ending, Health, Now, Order, Recipients, Seen,
    deliver::Sinks,
    groups::Groups,
    message::{Line, Notification},
    sent_notices::{News, SentNotices},
    switches_words,
};
use crate::{
    report::Lang,
    rollout::WaveOf,
    settings::NotificationKind,
    state::{SharedState, StateError},
};

/// The hour of the day at which the digest is due, on the clocks of the settings (our choice: before the kitchens open).
const DIGEST_HOUR: i8 = 8;

/// The clock of the machine is looked at this often.
const TICK: Duration = Duration::from_secs(60);

/// How long sinks get when the process ends at once, and when nothing else is left to do (our choice).
const QUICKLY: Duration = Duration::from_millis(900);
const PATIENTLY: Duration = Duration::from_secs(15);

pub(super) struct Dispatcher {
    state: SharedState,
    now: Now,
    sent: SentNotices,
    groups: Groups,
    sinks: Sinks,
    zone: TimeZone,
    /// Where people reach the status page.
    external_url: Option<String>,
    lang: Lang,
}

impl Dispatcher {
    pub(super) async fn new(state: SharedState, now: Now) -> Result<Self, StateError> {
        let sent = SentNotices::open(SharedState::clone(&state)).await?;
        let (groups, sinks) = (Groups::default(), Sinks::default());
        Ok(Self { state, now, sent, groups, sinks, zone: TimeZone::UTC, external_url: None, lang: Lang::default() })
    }

    /// Runs until it is asked to end or all handles are gone.
    pub(super) async fn work(mut self, mut orders: mpsc::Receiver<Order>) {
        loop {
            let tick = Instant::now() + TICK;
            let wake = self.groups.next().map_or(tick, |due| due.min(tick));
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(Order::Report(seen)) => self.take_report(&seen),
                    Some(Order::Recipients(recipients)) => self.use_recipients(recipients),
                    Some(Order::ReadAgain) => self.sent.read_again().await,
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
            self.send_due(false).await;
            self.send_digest().await;
        }
    }

    fn take_report(&mut self, seen: &Seen) {
        // Without a sink nothing counts as sent.
        if self.sinks.is_empty() {
            return;
        }
        let now = (self.now)();
        let still = match seen.health {
            Health::Changing => None,
            Health::Good => Some(NotificationKind::Recovered),
            Health::Bad(occasion) => Some(occasion),
        };
        if still.is_some() {
            self.groups.outdate(seen.outlet.as_str(), still);
        }
        let detail = seen.detail.as_ref().map(|detail| detail.words(self.lang, &self.zone));
        if let Some(news) = self.sent.news(seen, now) {
            self.groups.add(seen, &news, detail.as_deref());
        }
        if !seen.switches.is_empty() {
            let news = News { occasion: NotificationKind::Stock, since: now, repeated: false };
            self.groups.add(seen, &news, Some(&switches_words(&seen.switches, self.lang)));
        }
        if let Some(WaveOf { wave, waves }) = seen.stuck {
            let news = News { occasion: NotificationKind::Rollout, since: now, repeated: false };
            self.groups.add(seen, &news, Some(&self.lang.rollout_stuck(wave, waves)));
        }
        if seen.published {
            let news = News { occasion: NotificationKind::Published, since: now, repeated: false };
            self.groups.add(seen, &news, detail.as_deref());
        }
    }

    fn use_recipients(&mut self, Recipients { sinks, zone, external_url, lang }: Recipients) {
        (self.zone, self.external_url, self.lang) = (zone, external_url, lang);
        self.sinks.replace_with(sinks);
    }

    /// Sends what is due, or all that waits.
    async fn send_due(&mut self, all: bool) {
        let now = (self.now)();
        for (occasion, lines) in self.groups.take(all) {
            let sent: Vec<(String, Timestamp)> =
                lines.iter().map(|(line, since)| (line.outlet.clone(), *since)).collect();
            let ours = self.sent.claim(occasion, sent, now).await;
            let lines = lines.into_iter().map(|(line, _)| line).filter(|line| ours.contains(&line.outlet));
            let lines: Vec<Line> = lines.collect();
            if lines.is_empty() {
                continue;
            }
            let notification = Notification::of_outlets(occasion, now, lines, self.lang);
            self.sinks.enqueue(&notification.with_link(self.external_url.as_deref()));
        }
    }

    /// Sends the digest if its hour has come since the last one. The first is sent on the day after the first start.
    async fn send_digest(&mut self) {
        if self.sinks.is_empty() {
            return;
        }
        let now = (self.now)();
        match self.sent.last_digest() {
            None => _ = self.sent.claim_digest(now, Timestamp::MIN).await,
            Some(last) if last < self.last_hour(now) => {
                if !self.sent.claim_digest(now, self.last_hour(now)).await {
                    return;
                }
                match self.digest(last, now).await {
                    Ok(digest) => self.sinks.enqueue(&digest),
                    Err(error) => tracing::error!(%error, "there is no digest today"),
                }
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
        Ok(Notification::digest(now, states, published, troubled, self.lang).with_link(self.external_url.as_deref()))
    }

    async fn end(mut self, ending: Ending) {
        let patience = match ending {
            Ending::Flush => {
                self.send_due(true).await;
                PATIENTLY
            }
            Ending::Quick => QUICKLY,
        };
        self.sinks.end(patience).await;
    }
}
