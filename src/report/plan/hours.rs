//! Selling hours in words: only the days that change, days with the same change together.

use serde_json::Value;

use crate::catalog::{Day, Hours, TimeRange};

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

/// `Mon–Fri 10:00–22:00 → 11:00–21:00; Sun closed → 10:00–22:00`.
pub(super) fn hours_words(from: &Value, to: &Value) -> String {
    match (hours_of(from), hours_of(to)) {
        (Some(old), Some(new)) => {
            let changed = |day: Day| {
                let (old, new) = (day_words(old.day(day)), day_words(new.day(day)));
                (old != new).then(|| format!("{old} → {new}"))
            };
            by_days(changed)
        }
        (_, None) => format!("cleared, was {}", week_words(from)),
        (None, Some(_)) => format!("(none) → {}", week_words(to)),
    }
}

/// All hours of a week: `daily 10:00–22:00`; `(none)` if the value is absent.
pub(in crate::report) fn week_words(value: &Value) -> String {
    hours_of(value).map_or_else(|| "(none)".to_owned(), |hours| by_days(|day| Some(day_words(hours.day(day)))))
}

fn hours_of(value: &Value) -> Option<Hours> {
    serde_json::from_value(value.clone()).ok().filter(|_| value.is_object())
}

/// What is said of each day, days of which the same is said together.
fn by_days(say: impl Fn(Day) -> Option<String>) -> String {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (position, (day, _)) in WEEK.iter().enumerate() {
        let Some(words) = say(*day) else { continue };
        match groups.iter_mut().find(|(known, _)| *known == words) {
            Some((_, days)) => days.push(position),
            None => groups.push((words, vec![position])),
        }
    }
    let told: Vec<String> = groups.iter().map(|(words, days)| format!("{} {words}", day_names(days))).collect();
    told.join("; ")
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
