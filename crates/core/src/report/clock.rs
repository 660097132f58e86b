//! Moments as people read them. Commands take them back in the same form.

use jiff::{Timestamp, tz::TimeZone};

/// `2026-11-30 18:05 WIB`
pub fn minute(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}
