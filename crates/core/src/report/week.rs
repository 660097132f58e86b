//! Selling hours of a week in words: days with the same hours together.

use crate::catalog::{Day, FieldValue, Hours, TimeRange};

/// The days in the order in which people say them.
pub(super) const WEEK: [(Day, &str); 7] = [
    (Day::Monday, "Mon"),
    (Day::Tuesday, "Tue"),
    (Day::Wednesday, "Wed"),
    (Day::Thursday, "Thu"),
    (Day::Friday, "Fri"),
    (Day::Saturday, "Sat"),
    (Day::Sunday, "Sun"),
];

/// All hours of a week: `daily 10:00–22:00`; `(none)` if the value is absent.
pub(super) fn week_words(value: &Option<FieldValue>) -> String {
    hours_of(value).map_or_else(|| "(none)".to_owned(), hours_words)
}

/// `Mon–Fri 10:00–22:00; Sat, Sun closed`
pub(super) fn hours_words(hours: &Hours) -> String {
    let ranges = by_days(|day| Some(day_words(hours.day(day)))).into_iter();
    ranges.map(|(words, days)| format!("{} {words}", day_names(&days))).collect::<Vec<_>>().join("; ")
}

pub(super) fn hours_of(value: &Option<FieldValue>) -> Option<&Hours> {
    if let Some(FieldValue::Hours(hours)) = value { Some(hours) } else { None }
}

/// What is said of each day, with the days of which it is said.
pub(super) fn by_days(say: impl Fn(Day) -> Option<String>) -> Vec<(String, Vec<usize>)> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (position, (day, _)) in WEEK.iter().enumerate() {
        let Some(words) = say(*day) else { continue };
        match groups.iter_mut().find(|(known, _)| *known == words) {
            Some((_, days)) => days.push(position),
            None => groups.push((words, vec![position])),
        }
    }
    groups
}

/// `Mon–Wed, Sat`; all seven are `daily`.
pub(super) fn day_names(days: &[usize]) -> String {
    if days.len() == WEEK.len() {
        return "daily".to_owned();
    }
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *day => *last = *day,
            _ => runs.push((*day, *day)),
        }
    }
    let name = |(first, last): &(usize, usize)| match last - first {
        0 => WEEK[*first].1.to_owned(),
        1 => format!("{}, {}", WEEK[*first].1, WEEK[*last].1),
        _ => format!("{}–{}", WEEK[*first].1, WEEK[*last].1),
    };
    runs.iter().map(name).collect::<Vec<_>>().join(", ")
}

pub(super) fn day_words(ranges: &[TimeRange]) -> String {
    match ranges {
        [] => "closed".to_owned(),
        [range] if *range == TimeRange::ALL_DAY => "all day".to_owned(),
        ranges => ranges.iter().map(|range| range.to_string().replace('-', "–")).collect::<Vec<_>>().join(" + "),
    }
}
