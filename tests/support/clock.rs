//! The moved clock of a run of the tests ([`.ci/clocks`](../../.ci/clocks)), for the programs that a test starts.
//!
//! A harness clears the environment, and with it the variables by which libfaketime reaches a program. Test and tested
//! program would then disagree about the day.

#![allow(dead_code, unreachable_pub)] // each test target uses a part

use std::ffi::OsString;

/// What `.ci/clocks` sets; to be given to every program whose environment was cleared. Nothing outside such a run.
pub fn clock_variables() -> impl Iterator<Item = (String, OsString)> {
    let is_moved = std::env::var_os("FAKETIME").is_some();
    let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    variables.filter(move |(name, _)| is_moved && (name == "LD_PRELOAD" || name.contains("FAKE")))
}

/// A `schedule` that is half a year away on any day. A pass that comes by itself in the middle of a test would upset it.
pub fn distant_schedule() -> String {
    let month = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).month();
    format!("0 0 1 {} *", (month + 5) % 12 + 1)
}
