//! The notices that were sent and still hold, by outlet: a pass that changes nothing about them sends nothing. Stored, read
//! once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{Health, Seen};
use crate::{
    settings::NotificationKind,
    state::{NoticeRow, SharedState, StateError},
};

/// A reminder of what lasts.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// So many are stored at a time (our choice: a call has to end within seconds).
const AT_ONCE: usize = 200;

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

    /// Takes in what others have sent since.
    pub(super) async fn read_again(&mut self) {
        match self.state.notices().await {
            Ok(sent) => self.sent = sent.into_iter().collect(),
            Err(error) => {
                tracing::error!(%error, "not known which notifications others have sent; some may be sent again")
            }
        }
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

    /// The outlets of these that are to be told from here now. Whoever else has told of one since has done so for all. If it
    /// cannot be stored, the log says so, and they may be told twice.
    pub(super) async fn claim(
        &mut self,
        occasion: NotificationKind,
        outlets: Vec<(String, Timestamp)>,
        now: Timestamp,
    ) -> BTreeSet<String> {
        let row = |since| NoticeRow { occasion: occasion.as_str().to_owned(), since, told_at: now };
        let rows: Vec<(String, Option<NoticeRow>)> = match occasion {
            occasion if occasion.has_happened() => return outlets.into_iter().map(|(outlet, _)| outlet).collect(),
            NotificationKind::Recovered => outlets.into_iter().map(|(outlet, _)| (outlet, None)).collect(),
            _ => outlets.into_iter().map(|(outlet, since)| (outlet, Some(row(since)))).collect(),
        };
        self.store(rows, now.saturating_sub(AGAIN_AFTER).unwrap_or(Timestamp::MIN)).await
    }

    /// When the last digest was sent.
    pub(super) fn last_digest(&self) -> Option<Timestamp> {
        self.sent.get(DIGEST).map(|row| row.told_at)
    }

    /// Records that a digest is sent, or counts as sent. Whether it is to be sent from here: the last one was before
    /// `told_before`.
    pub(super) async fn claim_digest(&mut self, now: Timestamp, told_before: Timestamp) -> bool {
        let row = NoticeRow { occasion: NotificationKind::Digest.as_str().to_owned(), since: now, told_at: now };
        !self.store(vec![(DIGEST.to_owned(), Some(row))], told_before).await.is_empty()
    }

    async fn store(&mut self, rows: Vec<(String, Option<NoticeRow>)>, told_before: Timestamp) -> BTreeSet<String> {
        let mut claimed = BTreeSet::new();
        for some in rows.chunks(AT_ONCE) {
            match self.state.claim_notices(some.to_vec(), told_before).await {
                Ok(outlets) => claimed.extend(outlets),
                Err(error) => {
                    tracing::error!(%error, "cannot store which notifications were sent; they may be sent again");
                    claimed.extend(some.iter().map(|(outlet, _)| outlet.clone()));
                }
            }
        }
        for (outlet, row) in rows {
            match row {
                Some(row) => drop(self.sent.insert(outlet, row)),
                None => drop(self.sent.remove(&outlet)),
            }
        }
        claimed
    }
}
