//! When things are due: cron expressions, stretches of time that come back, windows. Functions of a given now.
//!
//! Nothing here reads a clock or waits; `daemon` does both. Which windows concern which outlet is the caller's to know.

mod changes;
mod cron;
mod fields;
mod load;
mod recurrence;
mod stretches;
mod windows;

pub use changes::gate_changes;
pub use cron::Cron;
pub use fields::CronError;
pub use load::{RoundLoad, shortest_interval};
pub use recurrence::{Endless, MOST_JOINED, Recurrence, Stretch};
pub use stretches::Stretches;
pub use windows::{Gate, Window, WindowKind, gate};
