//! What a rollback holds against the files, in words.

use jiff::tz::TimeZone;

use super::words::{label, value_word};
use crate::{
    catalog::ListPath,
    plan::{PinnedPath, Pins},
    report::{Lang, minute},
};

/// How many pins are told one by one (our choice); JSON has all.
const MOST: usize = 20;

/// A heading and a line for each pin; nothing if nothing is pinned.
pub(super) fn pin_lines(pins: &Pins, zone: &TimeZone) -> Vec<String> {
    let pinned = pins.pinned_paths();
    if pinned.is_empty() {
        return Vec::new();
    }
    let heading = format!(
        "pinned by the rollback of {} to push {} (of {}); a pin ends when the files give its path another value:",
        minute(pins.since, zone),
        pins.to,
        minute(pins.of, zone)
    );
    let more = (pinned.len() > MOST).then(|| format!("  … and {} more", pinned.len() - MOST));
    let lines = pinned.iter().take(MOST).map(|pin| format!("  {}", words(pin, zone)));
    std::iter::once(heading).chain(lines).chain(more).collect()
}

fn words(pin: &PinnedPath, zone: &TimeZone) -> String {
    let PinnedPath { path, value, file, until } = pin;
    let until = until.map(|at| format!(", until {}", minute(at, zone))).unwrap_or_default();
    let ListPath::Of(known) = path else { return format!("{path}: order") };
    match (known.info(), value, file) {
        (Some(_), ..) => {
            let says = if file.is_none() { "nothing".to_owned() } else { value_word(known, file, Lang::En) };
            format!("{path}: {}; the files say {says}", value_word(known, value, Lang::En))
        }
        (None, None, _) => format!("{path}: left out; the files have this {}", label(known)),
        (None, _, None) => format!("{path}: kept{until}; the files do not have this {}", label(known)),
        (None, ..) => format!("{path}: order"),
    }
}
