//! Times as people say them.

use jiff::Timestamp;

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
}
