//! Moments as people read them. Commands take them back in the same form.

use jiff::{Timestamp, tz::TimeZone};

use super::Lang;

/// `2026-11-30 18:05 WIB`
pub fn minute(at: Timestamp, zone: &TimeZone) -> String {
    Lang::En.minute(at, zone)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    #[test]
    fn moments_carry_the_zone_by_its_name() {
        let at: Timestamp = "2027-01-15T12:02:59Z".parse().unwrap();
        let said = |zone| minute(at, &TimeZone::get(zone).unwrap());
        assert_eq!(said("Asia/Jakarta"), "2027-01-15 19:02 WIB");
        assert_eq!(said("Asia/Makassar"), "2027-01-15 20:02 WITA");
    }
}
