//! Rules on selling hours: what a day can hold. Turning short forms into ranges is not done here.

use std::collections::BTreeMap;

use super::{Findings, finding::Subject};
use crate::catalog::{Catalog, Day, Hours, ItemField, TimeRange};

/// Every item that has hours.
fn item_hours(catalog: &Catalog) -> impl Iterator<Item = (Subject<'_>, &Hours)> {
    catalog
        .items()
        .filter_map(|(_, i)| Some((Subject::Item(i, Some(ItemField::OperationalHours)), i.operational_hours.value()?)))
}

/// Every range of every item for which `wrong` holds, once, with the days that have it: what is written once for several
/// days is one mistake.
fn wrong_ranges(
    catalog: &Catalog,
    wrong: fn(TimeRange) -> bool,
) -> impl Iterator<Item = (Subject<'_>, Vec<Day>, TimeRange)> {
    item_hours(catalog).flat_map(move |(subject, hours)| {
        let mut found: BTreeMap<TimeRange, Vec<Day>> = BTreeMap::new();
        for day in Day::ALL {
            let mut ranges: Vec<TimeRange> = hours.day(day).iter().copied().filter(|range| wrong(*range)).collect();
            ranges.dedup();
            ranges.into_iter().for_each(|range| found.entry(range).or_default().push(day));
        }
        found.into_iter().map(move |(range, days)| (subject, days, range))
    })
}

/// `every day`, `on monday and friday`
fn on(days: &[Day]) -> String {
    let keys: Vec<&str> = days.iter().map(|day| day.key()).collect();
    match keys.split_last() {
        _ if keys.len() == Day::ALL.len() => "every day".to_owned(),
        Some((last, [])) => format!("on {last}"),
        Some((last, others)) => format!("on {} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Whether a range ends within its day.
fn within_day(range: TimeRange) -> bool {
    range.start.max(range.end) <= TimeRange::ALL_DAY.end
}

pub(super) fn check_hours_empty_range(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, days, range) in wrong_ranges(catalog, |range| range.start == range.end) {
        findings.add(
            subject,
            format!("{} {range} starts when it ends", on(&days)),
            "write `00:00-23:59` for the whole day, or leave the range out",
        );
    }
}

pub(super) fn check_hours_order(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, days, range) in wrong_ranges(catalog, |range| range.end < range.start) {
        findings.add(
            subject,
            format!("{} {range} ends before it starts", on(&days)),
            format!("write it as `\"{range}\"` if it ends after midnight: it is split over both days; else swap them"),
        );
    }
}

pub(super) fn check_hours_past_midnight(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, days, range) in wrong_ranges(catalog, |range| !within_day(range)) {
        let help = if range.start > TimeRange::ALL_DAY.end {
            "write it under the next day, starting at `00:00`"
        } else {
            "write `23:59` instead"
        };
        findings.add(subject, format!("{} {range} goes past 23:59", on(&days)), help);
    }
}

pub(super) fn check_hours_overlap(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, hours) in item_hours(catalog) {
        let mut found: BTreeMap<(TimeRange, TimeRange), Vec<Day>> = BTreeMap::new();
        for day in Day::ALL {
            overlaps(hours.day(day)).into_iter().for_each(|pair| found.entry(pair).or_default().push(day));
        }
        for ((first, second), days) in found {
            let union = TimeRange { start: first.start, end: first.end.max(second.end) };
            findings.add(
                subject,
                format!("{} {first} and {second} overlap", on(&days)),
                format!(
                    "write one range, `{union}`; a short range over midnight also fills the beginning of the next day"
                ),
            );
        }
    }
}

/// Pairs of ranges that overlap. Ranges that only touch (10:00-12:00, 12:00-14:00) are fine; ranges that are wrong in
/// themselves are other rules'.
fn overlaps(ranges: &[TimeRange]) -> Vec<(TimeRange, TimeRange)> {
    let mut ranges: Vec<TimeRange> = ranges.iter().copied().filter(|range| range.start < range.end).collect();
    ranges.sort_unstable();
    let Some((mut last, rest)) = ranges.split_first().map(|(first, rest)| (*first, rest)) else { return Vec::new() };
    let mut found = Vec::new();
    for range in rest.iter().copied() {
        if range.start < last.end {
            found.push((last, range));
        }
        if range.end > last.end {
            last = range;
        }
    }
    found
}

pub(super) fn check_hours_closed_all_week(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, _) in item_hours(catalog).filter(|(_, hours)| hours.days().iter().all(Vec::is_empty)) {
        findings.add(
            subject,
            "operational_hours close it all week",
            "give one day a range, write `in_stock: false` instead, or remove the item",
        );
    }
}
