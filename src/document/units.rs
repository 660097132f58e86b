//! Durations (`200ms`, `30s`, `10m`, `3h`, `7d`) and percentages (`20%`).

use std::time::Duration;

/// The duration that `text` says; `Err` holds what to write instead.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let Some(count) = number.parse::<u64>().ok().filter(|_| number.bytes().all(|b| b.is_ascii_digit())) else {
        return Err("write a whole number and a unit: `200ms`, `30s`, `10m`, `3h` or `7d`".into());
    };
    let millis = match &text[number.len()..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "" => return Err(format!("add a unit: `{number}s` is seconds, `{number}m` minutes, `{number}h` hours")),
        _ => return Err("use one of the units ms, s, m (minutes), h, d, without spaces".into()),
    };
    let millis = count.checked_mul(millis).filter(|millis| *millis <= MAX_MILLIS);
    millis.map(Duration::from_millis).ok_or_else(|| "write a duration of at most 3650d".into())
}

/// Ten years: nothing waits longer, and sums of dates and durations below it never overflow.
const MAX_MILLIS: u64 = 3650 * 86_400_000;

/// The percentage that `text` says: `20%` is 20.0; `Err` holds what to write instead.
pub(super) fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').map(str::trim_end);
    let unsigned = |n: &str| n.strip_prefix('-').unwrap_or(n).to_owned();
    let is_decimal = |n: &str| {
        let digits = unsigned(n);
        let (whole, rest) = digits.split_once('.').unwrap_or((&digits, "0"));
        [whole, rest].iter().all(|part| !part.is_empty() && part.len() <= 9 && part.bytes().all(|b| b.is_ascii_digit()))
    };
    match number {
        Some(number) if is_decimal(number) => number.parse().map_err(|_| "write a percentage such as `20%`".into()),
        None if is_decimal(text) => Err(format!("add the percent sign: `{text}%`")),
        _ => Err("write a percentage such as `20%` or `12.5%`".into()),
    }
}
