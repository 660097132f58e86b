//! Selling hours in words: only the days that change, days with the same change together.

use super::Side;
use crate::catalog::{Day, FieldValue, Hours, TimeRange};

/// The days in the order in which people say them.
const WEEK: [(Day, &str); 7] = [
    (Day::Monday, "Mon"),
    (Day::Tuesday, "Tue"),
    (Day::Wednesday, "Wed"),
    (Day::Thursday, "Thu"),
    (Day::Friday, "Fri"),
    (Day::Saturday, "Sat"),
    (Day::Sunday, "Sun"),
];

/// `Mon–Fri 10:00–22:00 → 11:00–21:00 (2 h less a day); Sun closed → 10:00–22:00 (12 h more)`. Absent hours are all day.
pub(super) fn hours_words(from: &Side, to: &Side) -> String {
    let Some(new) = hours_of(to) else {
        return format!("cleared, was {}: on sale all day, every day", week_words(from));
    };
    let all_week = Hours::all_week();
    let old = hours_of(from).unwrap_or(&all_week);
    let changed = |day: Day| {
        let (old, new) = (day_words(old.day(day)), day_words(new.day(day)));
        (old != new).then(|| format!("{old} → {new}"))
    };
    let changes = by_days(changed).into_iter().map(|(words, days)| {
        let day = WEEK[days[0]].0;
        let difference = difference(old.minutes(day), new.minutes(day), days.len());
        format!("{} {words}{difference}", day_names(&days))
    });
    changes.collect::<Vec<_>>().join("; ")
}

/// ` (2 h less)`, ` (1 h 30 min more a day)`; nothing where it is as long as before.
fn difference(old: u32, new: u32, days: usize) -> String {
    let (minutes, word) = if new < old { (old - new, "less") } else { (new - old, "more") };
    let length = match (minutes / 60, minutes % 60) {
        (0, 0) => return String::new(),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    };
    let each = if days > 1 { " a day" } else { "" };
    format!(" ({length} {word}{each})")
}

/// All hours of a week: `daily 10:00–22:00`; `(none)` if the value is absent.
pub(in crate::report) fn week_words(value: &Side) -> String {
    let Some(hours) = hours_of(value) else { return "(none)".to_owned() };
    let ranges = by_days(|day| Some(day_words(hours.day(day)))).into_iter();
    ranges.map(|(words, days)| format!("{} {words}", day_names(&days))).collect::<Vec<_>>().join("; ")
}

fn hours_of(value: &Side) -> Option<&Hours> {
    if let Some(FieldValue::Hours(hours)) = value { Some(hours) } else { None }
}

/// What is said of each day, with the days of which it is said.
fn by_days(say: impl Fn(Day) -> Option<String>) -> Vec<(String, Vec<usize>)> {
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
fn day_names(days: &[usize]) -> String {
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

fn day_words(ranges: &[TimeRange]) -> String {
    match ranges {
        [] => "closed".to_owned(),
        [range] if *range == TimeRange::ALL_DAY => "all day".to_owned(),
        ranges => ranges.iter().map(|range| range.to_string().replace('-', "–")).collect::<Vec<_>>().join(" + "),
    }
}
