//! Selling hours of a week in words: days with the same hours together.

use crate::{
    catalog::{Day, FieldValue, Hours, TimeRange},
    report::Lang,
};

/// The days in the order in which people say them.
pub(super) const WEEK: [Day; 7] =
    [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday, Day::Saturday, Day::Sunday];

/// All hours of a week: `daily 10:00–22:00`; `(none)` if the value is absent.
pub(super) fn week_words(value: &Option<FieldValue>, lang: Lang) -> String {
    hours_of(value).map_or_else(|| lang.no_value().to_owned(), |hours| hours_words(hours, lang))
}

/// `Mon–Fri 10:00–22:00; Sat, Sun closed`
pub(super) fn hours_words(hours: &Hours, lang: Lang) -> String {
    let ranges = by_days(|day| Some(day_words(hours.day(day), lang))).into_iter();
    ranges.map(|(words, days)| format!("{} {words}", day_names(&days, lang))).collect::<Vec<_>>().join("; ")
}

pub(super) fn hours_of(value: &Option<FieldValue>) -> Option<&Hours> {
    if let Some(FieldValue::Hours(hours)) = value { Some(hours) } else { None }
}

/// What is said of each day, with the days of which it is said.
pub(super) fn by_days(say: impl Fn(Day) -> Option<String>) -> Vec<(String, Vec<usize>)> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (position, day) in WEEK.iter().enumerate() {
        let Some(words) = say(*day) else { continue };
        match groups.iter_mut().find(|(known, _)| *known == words) {
            Some((_, days)) => days.push(position),
            None => groups.push((words, vec![position])),
        }
    }
    groups
}

/// `Mon–Wed, Sat`; all seven are `daily`.
pub(super) fn day_names(days: &[usize], lang: Lang) -> String {
    if days.len() == WEEK.len() {
        return lang.daily().to_owned();
    }
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *day => *last = *day,
            _ => runs.push((*day, *day)),
        }
    }
    let day = |position: usize| lang.day(WEEK[position]);
    let name = |(first, last): &(usize, usize)| match last - first {
        0 => day(*first).to_owned(),
        1 => format!("{}, {}", day(*first), day(*last)),
        _ => format!("{}–{}", day(*first), day(*last)),
    };
    runs.iter().map(name).collect::<Vec<_>>().join(", ")
}

pub(super) fn day_words(ranges: &[TimeRange], lang: Lang) -> String {
    match ranges {
        [] => lang.closed().to_owned(),
        [range] if *range == TimeRange::ALL_DAY => lang.all_day().to_owned(),
        ranges => ranges.iter().map(|range| lang.time_range(*range)).collect::<Vec<_>>().join(" + "),
    }
}
