//! When things are due: cron, windows, the next moment to wake. Functions of a given now; nothing here reads a clock.

/// A five-field POSIX cron expression, checked at parse time.
#[derive(Debug, Clone)]
pub struct Cron {
    text: String,
}
