//! Selling hours in words: only the days that change, days with the same change together.

use super::Side;
use crate::{
    catalog::{Day, Hours},
    report::{
        Lang,
        week::{WEEK, by_days, day_names, day_words, hours_of, week_words},
    },
};

/// `Mon–Fri 10:00–22:00 → 11:00–21:00 (2 h less a day); Sun closed → 10:00–22:00 (12 h more)`. Absent hours are all day.
pub(super) fn hours_words(from: &Side, to: &Side, lang: Lang) -> String {
    let Some(new) = hours_of(to) else {
        return lang.cleared_hours(&week_words(from, lang));
    };
    let all_week = Hours::all_week();
    let old = hours_of(from).unwrap_or(&all_week);
    let changed = |day: Day| {
        let (old, new) = (day_words(old.day(day), lang), day_words(new.day(day), lang));
        (old != new).then(|| format!("{old} → {new}"))
    };
    let changes = by_days(changed).into_iter().map(|(words, days)| {
        let day = WEEK[days[0]];
        let difference = difference(old.minutes(day), new.minutes(day), days.len(), lang);
        format!("{} {words}{difference}", day_names(&days, lang))
    });
    changes.collect::<Vec<_>>().join("; ")
}

/// ` (2 h less)`, ` (1 h 30 min more a day)`; nothing where it is as long as before.
fn difference(old: u32, new: u32, days: usize, lang: Lang) -> String {
    let (minutes, word) = if new < old { (old - new, lang.less()) } else { (new - old, lang.longer()) };
    let length = match (minutes / 60, minutes % 60) {
        (0, 0) => return String::new(),
        (0, minutes) => lang.minutes(u64::from(minutes)),
        (hours, 0) => lang.hours(u64::from(hours)),
        (hours, minutes) => lang.hours_and_minutes(hours, minutes),
    };
    let each = if days > 1 { lang.a_day() } else { "" };
    format!(" ({length} {word}{each})")
}
