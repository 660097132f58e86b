//! When a dated layer counts: from `from` (inclusive) until `until` (exclusive), and in between at the times of `when`, all in
//! the outlet's own time zone. The only room that knows; others ask for the moments at which this changes.

use std::{collections::BTreeSet, sync::Arc};

use hashbrown::HashSet;
use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

use super::layer::Head;
use crate::{document::Spanned, schedule::Stretch};

/// A moment at which layers of an outlet begin or cease to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// When.
    pub at: Timestamp,
    /// The layers that begin (`true`) or cease to count then.
    pub layers: Vec<(Arc<str>, bool)>,
    /// One of them has `when`: the same will come again.
    pub repeats: bool,
    /// One of them has dates alone: it comes once, whatever comes again at the same moment.
    pub is_dated: bool,
}

/// So many changes in a row are looked at for what has not been there before, from each date on (our choice: with a change in
/// the morning and one in the evening a month, in which every day of the week meets every other layer).
const MOST_LOOKED_AT: usize = 60;

/// And so many in all (our choice: as many dates in a year as nobody writes).
const MOST_IN_ALL: usize = 3_000;

/// Whether a layer counts at a moment.
pub(super) fn is_active(layer: &Head, at: Timestamp, zone: &TimeZone) -> bool {
    is_between_dates(layer, at, zone) && stretch(layer, at, zone).is_none_or(|stretch| stretch.is_on)
}

/// Whether a layer with `when` that does not count at a moment may have counted before.
pub(super) fn is_resting(layer: &Head, at: Timestamp, zone: &TimeZone) -> bool {
    layer.when.is_some() && has_begun(layer, at, zone) && !is_active(layer, at, zone)
}

/// Whether a layer has ceased to count for good.
pub(super) fn has_ended(layer: &Head, at: Timestamp, zone: &TimeZone) -> bool {
    date(layer.until.as_ref(), zone).is_some_and(|until| until <= at)
}

/// The first moment after `at` at which a layer begins (`true`) or ceases to count.
pub(super) fn next_change(layer: &Head, at: Timestamp, zone: &TimeZone) -> Option<(Timestamp, bool)> {
    let was_active = is_active(layer, at, zone);
    let mut at = at;
    loop {
        at = next_candidate(layer, at, zone)?;
        let is_active = is_active(layer, at, zone);
        if is_active != was_active {
            return Some((at, is_active));
        }
    }
}

/// The next moment at which a layer may begin or cease to count. A few of them in a row may change nothing: a date outside of
/// the times of `when`.
fn next_candidate(layer: &Head, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let dates = [&layer.from, &layer.until].into_iter().filter_map(|said| date(said.as_ref(), zone));
    let next_date = dates.filter(|date| *date > at && *date < Timestamp::MAX).min();
    let recurring = stretch(layer, at, zone).filter(|_| is_between_dates(layer, at, zone));
    let next_time = recurring.and_then(|stretch| stretch.until);
    [next_date, next_time].into_iter().flatten().min()
}

/// What `when` of a layer says of a moment.
fn stretch(layer: &Head, at: Timestamp, zone: &TimeZone) -> Option<Stretch> {
    layer.when.as_ref().map(|when| layer.stretches.at(&when.value, at, zone))
}

fn is_between_dates(layer: &Head, at: Timestamp, zone: &TimeZone) -> bool {
    has_begun(layer, at, zone) && !has_ended(layer, at, zone)
}

fn has_begun(layer: &Head, at: Timestamp, zone: &TimeZone) -> bool {
    date(layer.from.as_ref(), zone).is_none_or(|from| from <= at)
}

/// The moment at which clocks in `zone` show a time. Where a clock change skips it, as much later; where one repeats it,
/// the first time. What lies beyond all dates never comes.
fn date(said: Option<&Spanned<civil::DateTime>>, zone: &TimeZone) -> Option<Timestamp> {
    Some(zone.to_ambiguous_timestamp(said?.value).compatible().unwrap_or(Timestamp::MAX))
}

/// The dated layers of one outlet.
pub(super) struct Timeline<'h> {
    layers: Vec<(&'h Arc<str>, &'h Head)>,
    zone: TimeZone,
}

impl<'h> Timeline<'h> {
    pub(super) fn new(layers: impl Iterator<Item = (&'h Arc<str>, &'h Head)>, zone: TimeZone) -> Self {
        Self { layers: layers.filter(|(_, head)| head.is_dated()).collect(), zone }
    }

    /// The first moment after `at` at which any of them begins or ceases to count.
    pub(super) fn next(&self, at: Timestamp) -> Option<Timestamp> {
        self.layers.iter().filter_map(|(_, head)| next_change(head, at, &self.zone)).map(|(at, _)| at).min()
    }

    /// The files of those with `when`.
    pub(super) fn recurring(&self) -> impl Iterator<Item = &Arc<str>> {
        self.layers.iter().filter(|(_, head)| head.when.is_some()).map(|(file, _)| *file)
    }

    pub(super) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// What happens at a moment.
    pub(super) fn edge(&self, at: Timestamp) -> Edge {
        let before = just_before(at);
        let changed = self.layers.iter().filter_map(|(file, head)| {
            let is_active = is_active(head, at, &self.zone);
            (is_active != self::is_active(head, before, &self.zone)).then_some((*file, *head, is_active))
        });
        let changed: Vec<(&Arc<str>, &Head, bool)> = changed.collect();
        let mut layers: Vec<_> = changed.iter().map(|(file, _, begins)| (Arc::clone(file), *begins)).collect();
        layers.sort();
        let has_when = |has: bool| changed.iter().any(|(_, head, _)| head.when.is_some() == has);
        Edge { at, layers, repeats: has_when(true), is_dated: has_when(false) }
    }

    /// All moments after `at`, in order.
    pub(super) fn all(&self, at: Timestamp) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next(at), |at| self.next(*at))
    }

    /// The moments after `at` and not after `last` that tell something: where no `when` is, all; else each way from one set of
    /// layers to another once, as it comes again after that. What two layers have in common only after a month is not among
    /// them.
    pub(super) fn telling(&self, at: Timestamp, last: Timestamp) -> Vec<Edge> {
        if self.recurring().next().is_none() {
            return self.all(at).take_while(|at| *at <= last).map(|at| self.edge(at)).collect();
        }
        let (mut seen, mut told): (HashSet<[Vec<bool>; 2]>, Vec<Edge>) = Default::default();
        let (mut last_told, mut previous) = (self.active(at), None);
        for moment in self.to_look_at(at, last) {
            let [before, after] = [just_before(moment), moment].map(|at| self.active(at));
            if !seen.contains(&[before.clone(), after.clone()]) {
                // What leads to it comes again as well; without it, nobody could follow.
                if let Some(previous) = previous.filter(|_| before != last_told) {
                    told.push(self.edge(previous));
                }
                last_told.clone_from(&after);
                told.push(self.edge(moment));
                seen.insert([before, after]);
                previous = None;
            } else {
                previous = Some(moment);
            }
        }
        told
    }

    /// From each date on the next moments, and the first beginning and end of each `when`, however far ahead they are.
    fn to_look_at(&self, at: Timestamp, last: Timestamp) -> BTreeSet<Timestamp> {
        let dates = self.layers.iter().flat_map(|(_, head)| [&head.from, &head.until]);
        let dates = dates.filter_map(|said| date(said.as_ref(), &self.zone));
        let starts: BTreeSet<Timestamp> =
            dates.filter(|date| *date > at && *date <= last).map(just_before).chain([at]).collect();
        let (mut moments, mut covered) = (BTreeSet::new(), Covered::default());
        for start in starts {
            moments.extend(covered.upcoming(self, start, last));
            for (_, head) in self.layers.iter().filter(|(_, head)| head.when.is_some()) {
                let next = |at: Timestamp| next_change(head, at, &self.zone).map(|(at, _)| at);
                let first = std::iter::successors(next(start), |at| next(*at)).take(2).filter(|at| *at <= last);
                for at in first {
                    // The day before it shows what it begins or ends in.
                    moments.extend(covered.upcoming(self, a_day_before(at), at));
                    moments.insert(at);
                }
            }
            if moments.len() > MOST_IN_ALL {
                break;
            }
        }
        moments.retain(|moment| *moment > at);
        moments
    }

    /// Which of them count at a moment.
    pub(super) fn active(&self, at: Timestamp) -> Vec<bool> {
        self.layers.iter().map(|(_, head)| is_active(head, at, &self.zone)).collect()
    }
}

/// Stretches of time of which all moments have been looked at.
#[derive(Default)]
struct Covered(Vec<(Timestamp, Timestamp)>);

impl Covered {
    /// The next moments after `at` and not after `last`; none if they are known.
    fn upcoming(&mut self, timeline: &Timeline<'_>, at: Timestamp, last: Timestamp) -> Vec<Timestamp> {
        if self.0.iter().any(|(from, until)| *from <= at && last <= *until) {
            return Vec::new();
        }
        let moments: Vec<_> = timeline.all(at).take_while(|at| *at <= last).take(MOST_LOOKED_AT).collect();
        let until = moments.last().copied().filter(|_| moments.len() == MOST_LOOKED_AT).unwrap_or(last);
        self.0.push((at, until));
        moments
    }
}

fn a_day_before(at: Timestamp) -> Timestamp {
    at.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN)
}

/// The last moment before another.
pub fn just_before(at: Timestamp) -> Timestamp {
    at.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(Timestamp::MIN)
}
