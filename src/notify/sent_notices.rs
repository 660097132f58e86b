//! The notices that were sent and still hold, by outlet: a pass that changes nothing about them sends nothing. Stored, read
//! once.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Health, Seen};
use crate::{
    settings::NotificationKind,
    state::{NoticeRow, SharedState, StateError},
};

/// A reminder of what lasts.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Stands for the daily digest in place of an outlet; no outlet has such an id.
const DIGEST: &str = "";

/// What to send about an outlet after a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct News {
    pub(super) occasion: NotificationKind,
    pub(super) since: Timestamp,
    pub(super) repeated: bool,
}

pub(super) struct SentNotices {
    state: SharedState,
    sent: BTreeMap<String, NoticeRow>,
}

impl SentNotices {
    pub(super) async fn open(state: SharedState) -> Result<Self, StateError> {
        let sent = state.notices().await?.into_iter().collect();
        Ok(Self { state, sent })
    }

    /// What a report makes worth sending, besides a push that was published.
    pub(super) fn news(&self, seen: &Seen, now: Timestamp) -> Option<News> {
        let sent = self.sent.get(seen.outlet.as_str());
        match (seen.health, sent) {
            (Health::Changing, _) | (Health::Good, None) => None,
            (Health::Good, Some(sent)) => {
                Some(News { occasion: NotificationKind::Recovered, since: sent.since, repeated: false })
            }
            (Health::Bad(occasion), Some(sent)) if sent.occasion == occasion.as_str() => {
                // What lies ahead may do so for months.
                let is_repeated = occasion != NotificationKind::InvalidSoon;
                let is_due = is_repeated && now.duration_since(sent.told_at) >= AGAIN_AFTER;
                is_due.then_some(News { occasion, since: sent.since, repeated: true })
            }
            (Health::Bad(occasion), _) => Some(News { occasion, since: now, repeated: false }),
        }
    }

    /// Records that these were sent now. If it cannot be stored, the log says so; they may be sent twice then.
    pub(super) async fn record_sent(
        &mut self,
        occasion: NotificationKind,
        outlets: impl IntoIterator<Item = (String, Timestamp)>,
        now: Timestamp,
    ) {
        let row = |since| NoticeRow { occasion: occasion.as_str().to_owned(), since, told_at: now };
        let rows: Vec<(String, Option<NoticeRow>)> = match occasion {
            occasion if occasion.has_happened() => return,
            NotificationKind::Recovered => outlets.into_iter().map(|(outlet, _)| (outlet, None)).collect(),
            _ => outlets.into_iter().map(|(outlet, since)| (outlet, Some(row(since)))).collect(),
        };
        self.store(rows).await;
    }

    /// When the last digest was sent.
    pub(super) fn last_digest(&self) -> Option<Timestamp> {
        self.sent.get(DIGEST).map(|row| row.told_at)
    }

    /// Records that a digest was sent, or counts as sent.
    pub(super) async fn record_digest(&mut self, now: Timestamp) {
        let row = NoticeRow { occasion: NotificationKind::Digest.as_str().to_owned(), since: now, told_at: now };
        self.store(vec![(DIGEST.to_owned(), Some(row))]).await;
    }

    async fn store(&mut self, rows: Vec<(String, Option<NoticeRow>)>) {
        if let Err(error) = self.state.set_notices(rows.clone()).await {
            tracing::error!(%error, "cannot store which notifications were sent; they may be sent again");
        }
        for (outlet, row) in rows {
            match row {
                Some(row) => drop(self.sent.insert(outlet, row)),
                None => drop(self.sent.remove(&outlet)),
            }
        }
    }
}
