//! Rules on selling hours: what a day can hold. Turning short forms into ranges is not done here.

use super::{Findings, Rule, example::menu, finding::Subject};
use crate::{
    catalog::{Catalog, Day, Hours, ItemField, TimeRange},
    diagnostic::Severity,
};

/// Every item that has hours.
fn item_hours(catalog: &Catalog) -> impl Iterator<Item = (Subject<'_>, &Hours)> {
    catalog
        .items()
        .filter_map(|(_, i)| Some((Subject::Item(i, Some(ItemField::OperationalHours)), i.operational_hours.value()?)))
}

/// Every range of every day of every item.
fn ranges(catalog: &Catalog) -> impl Iterator<Item = (Subject<'_>, Day, TimeRange)> {
    item_hours(catalog).flat_map(|(subject, hours)| {
        Day::ALL.into_iter().flat_map(move |day| hours.day(day).iter().map(move |range| (subject, day, *range)))
    })
}

/// Whether a range ends within its day.
fn within_day(range: TimeRange) -> bool {
    range.start.max(range.end) <= TimeRange::ALL_DAY.end
}

pub(super) const EMPTY_RANGE: Rule = Rule {
    code: "hours-empty-range",
    severity: Severity::Error,
    adjustable: true,
    summary: "A range of hours does not start when it ends",
    why: "Our choice: some mean the whole day by it, others nothing at all.",
    bad: menu!(
        "{external_id: NG, name: Nasi Goreng, price: 25000, operational_hours: {daily: closed, monday: [{start: '10:00', end: '10:00'}]}}"
    ),
    good: menu!(
        "{external_id: NG, name: Nasi Goreng, price: 25000, operational_hours: {daily: closed, monday: [{start: '10:00', end: '22:00'}]}}"
    ),
    check: Some(|catalog, findings| {
        for (subject, day, range) in ranges(catalog).filter(|(_, _, range)| range.start == range.end) {
            findings.add(
                subject,
                format!("on {} {range} starts when it ends", day.key()),
                "write `00:00-23:59` for the whole day, or leave the range out",
            );
        }
    }),
};

pub(super) const ORDER: Rule = Rule {
    code: "hours-order",
    severity: Severity::Error,
    adjustable: true,
    summary: "A range of hours starts before it ends",
    why: "Our choice: whether GoFood takes a range over midnight is not known; the short form is split at midnight.",
    bad: menu!(
        "{external_id: NG, name: Nasi Goreng, price: 25000, operational_hours: {daily: closed, monday: [{start: '17:00', end: '02:00'}]}}"
    ),
    good: menu!(
        "{external_id: NG, name: Nasi Goreng, price: 25000, operational_hours: {daily: closed, monday: '17:00-02:00'}}"
    ),
    check: Some(|catalog, findings| {
        for (subject, day, range) in ranges(catalog).filter(|(_, _, range)| range.end < range.start) {
            findings.add(
                subject,
                format!("on {} {range} ends before it starts", day.key()),
                format!(
                    "write `{}: \"{range}\"` if it ends after midnight: it is split over both days; else swap them",
                    day.key()
                ),
            );
        }
    }),
};

pub(super) const PAST_MIDNIGHT: Rule = Rule {
    code: "hours-past-midnight",
    severity: Severity::Error,
    adjustable: true,
    summary: "A range of hours ends at 23:59 at the latest",
    why: "Documentation: 00:00 to 23:59 is the whole day. Our choice: 24:00 is refused, not changed.",
    bad: menu!(
        "{external_id: NG, name: Nasi Goreng, price: 25000, operational_hours: {daily: closed, monday: [{start: '10:00', end: '24:00'}]}}"
    ),
    good: menu!(
        "{external_id: NG, name: Nasi Goreng, price: 25000, operational_hours: {daily: closed, monday: [{start: '10:00', end: '23:59'}]}}"
    ),
    check: Some(|catalog, findings| {
        for (subject, day, range) in ranges(catalog).filter(|(_, _, range)| !within_day(*range)) {
            let help = if range.start > TimeRange::ALL_DAY.end {
                format!("write it under {}, starting at `00:00`", day.next().key())
            } else {
                "write `23:59` instead".to_owned()
            };
            findings.add(subject, format!("on {} {range} goes past 23:59", day.key()), help);
        }
    }),
};

pub(super) const OVERLAP: Rule = Rule {
    code: "hours-overlap",
    severity: Severity::Error,
    adjustable: true,
    summary: "The ranges of one day do not overlap",
    why: "Our choice: what GoFood makes of overlapping ranges is not known.",
    bad: menu!(
        "{external_id: NG, name: Nasi Goreng, price: 25000, operational_hours: {daily: ['10:00-15:00', '14:00-22:00']}}"
    ),
    good: menu!("{external_id: NG, name: Nasi Goreng, price: 25000, operational_hours: {daily: '10:00-22:00'}}"),
    check: Some(|catalog, findings| {
        for (subject, hours) in item_hours(catalog) {
            Day::ALL.into_iter().for_each(|day| overlap(subject, day, hours.day(day), findings));
        }
    }),
};

/// Ranges that only touch (10:00-12:00, 12:00-14:00) are fine. Ranges that are wrong in themselves are other rules'.
fn overlap(subject: Subject<'_>, day: Day, ranges: &[TimeRange], findings: &mut Findings<'_>) {
    let mut ranges: Vec<TimeRange> = ranges.iter().copied().filter(|range| range.start < range.end).collect();
    ranges.sort_unstable();
    let Some((mut last, rest)) = ranges.split_first().map(|(first, rest)| (*first, rest)) else { return };
    for range in rest.iter().copied() {
        if range.start < last.end {
            let union = TimeRange { start: last.start, end: last.end.max(range.end) };
            findings.add(
                subject,
                format!("on {} {last} and {range} overlap", day.key()),
                format!(
                    "write one range, `{union}`; a short range over midnight also fills the beginning of the next day"
                ),
            );
        }
        if range.end > last.end {
            last = range;
        }
    }
}

pub(super) const CLOSED_ALL_WEEK: Rule = Rule {
    code: "hours-closed-all-week",
    severity: Severity::Warning,
    adjustable: true,
    summary: "An item is sold at some time of the week",
    why: "Our choice: an item that is never sold is most often a slip; to take it off sale there is `in_stock: false`.",
    bad: menu!("{external_id: NG, name: Nasi Goreng, price: 25000, operational_hours: {daily: closed}}"),
    good: menu!("{external_id: NG, name: Nasi Goreng, price: 25000, operational_hours: {daily: '10:00-22:00'}}"),
    check: Some(|catalog, findings| {
        for (subject, _) in item_hours(catalog).filter(|(_, hours)| hours.0.iter().all(Vec::is_empty)) {
            findings.add(
                subject,
                "operational_hours close it all week",
                "give one day a range, write `in_stock: false` instead, or remove the item",
            );
        }
    }),
};
