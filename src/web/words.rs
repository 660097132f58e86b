//! Times as people say them.

use jiff::{Timestamp, tz::TimeZone};

/// `2 min ago`; `in 3 h` for what is to come.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs();
    let span = span(seconds.unsigned_abs());
    if seconds < 0 { format!("in {span}") } else { format!("{span} ago") }
}

/// `2 min`
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        0..=89 => format!("{seconds} s"),
        90..=5_399 => format!("{} min", (seconds + 30) / 60),
        5_400..=129_599 => format!("{} h", (seconds + 1_800) / 3_600),
        _ => format!("{} d", (seconds + 43_200) / 86_400),
    }
}

/// `2027-01-15 19:02 WIB`
pub(super) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// As one word of a command.
pub(super) fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn times_are_said_in_the_unit_that_fits() {
        let now: Timestamp = "2027-01-15T12:00:00Z".parse().unwrap();
        let said = |seconds| ago(now - SignedDuration::from_secs(seconds), now);
        assert_eq!(said(0), "0 s ago");
        assert_eq!(said(89), "89 s ago");
        assert_eq!(said(90), "2 min ago");
        assert_eq!(said(3 * 3600), "3 h ago");
        assert_eq!(said(40 * 86_400), "40 d ago");
        assert_eq!(said(-300), "in 5 min");
    }

    #[test]
    fn an_id_is_one_word_of_a_command_whatever_is_in_it() {
        assert_eq!(shell_word("G916309315"), "G916309315");
        assert_eq!(shell_word("a'; rm -rf /"), r"'a'\''; rm -rf /'");
    }

    #[test]
    fn moments_carry_the_zone_by_its_name() {
        let at: Timestamp = "2027-01-15T12:02:59Z".parse().unwrap();
        let said = |zone| moment(at, &TimeZone::get(zone).unwrap());
        assert_eq!(said("Asia/Jakarta"), "2027-01-15 19:02 WIB");
        assert_eq!(said("Asia/Makassar"), "2027-01-15 20:02 WITA");
    }
}
