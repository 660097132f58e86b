//! What is to be told soon: gathered by occasion, so that what happens to many outlets at once is told once.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Seen, message::Line, sent_notices::News};
use crate::settings::NotificationKind;

/// A group is told when nothing was added to it for so long…
const QUIET: Duration = Duration::from_secs(10);
/// …or when it has waited for so long…
const AT_MOST: Duration = Duration::from_secs(60);
/// …but not sooner after the last one about the same (all our choice).
const APART: Duration = Duration::from_secs(300);

/// Groups that wait.
#[derive(Default)]
pub(super) struct Groups {
    waiting: BTreeMap<NotificationKind, Group>,
    last_sent: BTreeMap<NotificationKind, Instant>,
}

struct Group {
    begun: Instant,
    grown: Instant,
    lines: BTreeMap<String, (Line, Timestamp)>,
}

impl Groups {
    /// Adds what a look makes worth telling.
    pub(super) fn add(&mut self, seen: &Seen, news: &News, detail: Option<&str>) {
        let now = Instant::now();
        let new = || Group { begun: now, grown: now, lines: BTreeMap::new() };
        let group = self.waiting.entry(news.occasion).or_insert_with(new);
        let earlier = group.lines.get(seen.outlet.as_str()).and_then(|(line, _)| line.detail.clone());
        let earlier = earlier.filter(|earlier| news.occasion.has_happened() && detail != Some(earlier));
        // What has happened stays so when more happens.
        let detail = earlier.into_iter().chain(detail.map(str::to_owned)).collect::<Vec<_>>().join("; ");
        let detail = Some(&*detail).filter(|detail| !detail.is_empty());
        let mut line = Line::new(seen.outlet.as_str(), &seen.name, Some(news.since), detail);
        line.repeated = news.repeated;
        // What was noticed first tells since when.
        let since = group.lines.get(seen.outlet.as_str()).map_or(news.since, |(_, since)| *since);
        if !news.occasion.has_happened() {
            line.since = Some(since);
        }
        if group.lines.insert(seen.outlet.as_str().to_owned(), (line, since)).is_none() {
            group.grown = now;
        }
    }

    /// What has not been told yet of how an outlet stands is out of date, but for `still`.
    pub(super) fn outdate(&mut self, outlet: &str, still: Option<NotificationKind>) {
        for (occasion, group) in &mut self.waiting {
            if !occasion.has_happened() && Some(*occasion) != still {
                group.lines.remove(outlet);
            }
        }
        self.waiting.retain(|_, group| !group.lines.is_empty());
    }

    /// When the next group is to be told.
    pub(super) fn next(&self) -> Option<Instant> {
        self.waiting.iter().map(|(occasion, group)| self.due(*occasion, group)).min()
    }

    fn due(&self, occasion: NotificationKind, group: &Group) -> Instant {
        let due = (group.grown + QUIET).min(group.begun + AT_MOST);
        self.last_sent.get(&occasion).map_or(due, |last_sent| due.max(*last_sent + APART))
    }

    /// The groups that are due; with `all`, the others too.
    pub(super) fn take(&mut self, all: bool) -> Vec<(NotificationKind, Vec<(Line, Timestamp)>)> {
        let now = Instant::now();
        let is_due = |groups: &Self, occasion, group| all || groups.due(occasion, group) <= now;
        let due: Vec<NotificationKind> =
            self.waiting.iter().filter(|(occasion, group)| is_due(self, **occasion, group)).map(|(o, _)| *o).collect();
        let mut taken = Vec::new();
        for occasion in due {
            if let Some(group) = self.waiting.remove(&occasion) {
                self.last_sent.insert(occasion, now);
                taken.push((occasion, group.lines.into_values().collect()));
            }
        }
        taken
    }
}
