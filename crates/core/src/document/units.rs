//! Durations (`200ms`, `30s`, `10m`, `3h`, `7d`), percentages (`20%`) and decimal numbers (`0.5`).

use std::time::Duration;

/// The duration that `text` says (`200ms`, `30s`, `10m`, `3h`, `7d`; at most ten years); `Err` holds what to write instead.
pub fn duration(text: &str) -> Result<Duration, String> {
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
    match text.strip_suffix('%') {
        Some(number) => {
            plain_decimal(number.trim_end()).ok_or_else(|| "write a percentage such as `20%` or `12.5%`".into())
        }
        None if plain_decimal(text).is_some() => Err(format!("add the percent sign: `{text}%`")),
        None => Err("write a percentage such as `20%` or `12.5%`".into()),
    }
}

/// The decimal number that `text` says; `Err` holds what to write instead.
pub(super) fn decimal(text: &str) -> Result<f64, String> {
    plain_decimal(text).ok_or_else(|| "write a number such as 5 or 0.5".into())
}

/// Digits, perhaps a sign before and one decimal point within: no exponents, infinities or separators.
fn plain_decimal(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, rest) = digits.split_once('.').unwrap_or((digits, "0"));
    let ok = |part: &str| !part.is_empty() && part.len() <= 9 && part.bytes().all(|b| b.is_ascii_digit());
    (ok(whole) && ok(rest)).then(|| text.parse().ok()).flatten()
}
