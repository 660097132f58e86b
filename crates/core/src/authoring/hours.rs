//! A week of selling hours in the short form: equal days merged, nights that pass midnight joined.

use crate::catalog::{Day, Hours, TimeRange};

/// The days as people list them.
pub(super) const WEEK: [Day; 7] =
    [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday, Day::Saturday, Day::Sunday];

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// `{daily: "10:00-22:00", monday: closed}`: says all seven days, so it stands for itself wherever it is put.
pub fn hours_text(hours: &Hours) -> String {
    let days: Vec<String> = WEEK.iter().map(|day| day_text(&shifts(hours, *day))).collect();
    let count = |text: &String| days.iter().filter(|other| *other == text).count();
    // The first of equals, so that the same week is always told in the same way.
    let daily = days.iter().rev().max_by_key(|text| count(text)).filter(|text| count(text) > 1);
    let mut entries: Vec<String> = daily.iter().map(|text| format!("daily: {text}")).collect();
    let others = WEEK.iter().zip(&days).filter(|(_, text)| Some(*text) != daily);
    entries.extend(others.map(|(day, text)| format!("{}: {text}", day.key())));
    format!("{{{}}}", entries.join(", "))
}

/// What begins on a day: ranges, the last of which may end on the next day (then its end is after [`DAY`]).
fn shifts(hours: &Hours, day: Day) -> Vec<TimeRange> {
    let before = Day::ALL[(day as usize + 6) % 7];
    let mut shifts = Vec::new();
    for range in hours.day(day) {
        if crosses(hours, before, range).is_none() {
            let tail = hours.day(day.next()).iter().find(|tail| crosses(hours, day, tail) == Some(*range));
            shifts.push(TimeRange { start: range.start, end: tail.map_or(range.end, |tail| tail.end + DAY) });
        }
    }
    shifts
}

/// The range of `day` that `tail`, a range of the day after, goes on with: a night is short enough to be written as one range.
fn crosses(hours: &Hours, day: Day, tail: &TimeRange) -> Option<TimeRange> {
    let last = hours.day(day).iter().filter(|range| range.end == DAY - 1 && range.start > tail.end);
    // Two nights at once would not come apart again in the same way.
    let mut last = last.filter(|_| tail.start == 0 && tail.end > 0 && tail.end < DAY - 1);
    let only = last.next().copied();
    let tails = hours.day(day.next()).iter().filter(|range| range.start == 0).count();
    only.filter(|_| last.next().is_none() && tails == 1)
}

fn day_text(shifts: &[TimeRange]) -> String {
    match shifts {
        [] => "closed".to_owned(),
        [shift] if !is_odd(shift) => range_text(shift),
        shifts => format!("[{}]", shifts.iter().map(range_text).collect::<Vec<_>>().join(", ")),
    }
}

/// What the short form would read as something else; no good hours, but they are told as they are.
fn is_odd(range: &TimeRange) -> bool {
    range.start >= DAY || range.end == DAY || (range.end <= range.start)
}

fn range_text(range: &TimeRange) -> String {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    if is_odd(range) {
        return format!("{{start: \"{}\", end: \"{}\"}}", clock(range.start), clock(range.end));
    }
    let end = if range.end > DAY { range.end - DAY } else { range.end };
    format!("\"{}-{}\"", clock(range.start), clock(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(ranges: [&[(u16, u16)]; 7]) -> Hours {
        Hours::new(
            ranges.map(|day| day.iter().map(|(start, end)| TimeRange { start: start * 60, end: *end }).collect()),
        )
    }

    #[test]
    fn equal_days_are_merged_and_the_others_named() {
        let day: &[(u16, u16)] = &[(10, 1320)];
        let friday: &[(u16, u16)] = &[(10, 690), (13, 1320)];
        let hours = week([day, &[], day, day, day, friday, day]);
        assert_eq!(
            hours_text(&hours),
            r#"{daily: "10:00-22:00", monday: closed, friday: ["10:00-11:30", "13:00-22:00"]}"#
        );
    }

    #[test]
    fn a_night_is_one_range() {
        let night: &[(u16, u16)] = &[(0, 120), (17, 1439)];
        assert_eq!(hours_text(&week([night; 7])), r#"{daily: "17:00-02:00"}"#);
        assert_eq!(hours_text(&Hours::all_week()), r#"{daily: "00:00-23:59"}"#);
    }

    #[test]
    fn what_the_short_form_cannot_say_is_said_in_the_long_form() {
        let odd: &[(u16, u16)] = &[(22, 600)];
        assert_eq!(hours_text(&week([odd; 7])), r#"{daily: [{start: "22:00", end: "10:00"}]}"#);
    }
}
