//! What was told of every outlet and still lasts, and what a look changes about it. Kept on disk, read once.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Seen, Standing};
use crate::{
    settings::Occasion,
    state::{NoticeRow, SharedState, StateError},
};

/// What lasts is told again after this long.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// The outlet's place in the book that stands for the daily digest; no outlet has such an id.
const DIGEST: &str = "";

/// What is to be told of an outlet after a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct News {
    pub(super) occasion: Occasion,
    pub(super) since: Timestamp,
    pub(super) repeated: bool,
}

/// What was told.
pub(super) struct Book {
    state: SharedState,
    told: BTreeMap<String, NoticeRow>,
}

impl Book {
    pub(super) async fn open(state: SharedState) -> Result<Self, StateError> {
        let told = state.notices().await?.into_iter().collect();
        Ok(Self { state, told })
    }

    /// What a look makes worth telling, besides a push that was published.
    pub(super) fn news(&self, seen: &Seen, now: Timestamp) -> Option<News> {
        let told = self.told.get(seen.outlet.as_str());
        match (seen.standing, told) {
            (Standing::Between, _) | (Standing::Well, None) => None,
            (Standing::Well, Some(told)) => {
                Some(News { occasion: Occasion::Recovered, since: told.since, repeated: false })
            }
            (Standing::Wrong(occasion), Some(told)) if told.occasion == occasion.as_str() => {
                let is_due = now.duration_since(told.told_at) >= AGAIN_AFTER;
                is_due.then_some(News { occasion, since: told.since, repeated: true })
            }
            (Standing::Wrong(occasion), _) => Some(News { occasion, since: now, repeated: false }),
        }
    }

    /// These were told now. That it cannot be remembered is logged; it may be told twice then.
    pub(super) async fn told(
        &mut self,
        occasion: Occasion,
        outlets: impl IntoIterator<Item = (String, Timestamp)>,
        now: Timestamp,
    ) {
        let row = |since| NoticeRow { occasion: occasion.as_str().to_owned(), since, told_at: now };
        let rows: Vec<(String, Option<NoticeRow>)> = match occasion {
            Occasion::Published => return,
            Occasion::Recovered => outlets.into_iter().map(|(outlet, _)| (outlet, None)).collect(),
            _ => outlets.into_iter().map(|(outlet, since)| (outlet, Some(row(since)))).collect(),
        };
        self.keep(rows).await;
    }

    /// When the last digest was told.
    pub(super) fn last_digest(&self) -> Option<Timestamp> {
        self.told.get(DIGEST).map(|row| row.told_at)
    }

    /// A digest was told, or counts as told.
    pub(super) async fn digest_told(&mut self, now: Timestamp) {
        let row = NoticeRow { occasion: Occasion::Digest.as_str().to_owned(), since: now, told_at: now };
        self.keep(vec![(DIGEST.to_owned(), Some(row))]).await;
    }

    async fn keep(&mut self, rows: Vec<(String, Option<NoticeRow>)>) {
        if let Err(error) = self.state.set_notices(rows.clone()).await {
            tracing::error!(%error, "cannot remember what was told");
        }
        for (outlet, row) in rows {
            match row {
                Some(row) => drop(self.told.insert(outlet, row)),
                None => drop(self.told.remove(&outlet)),
            }
        }
    }
}
