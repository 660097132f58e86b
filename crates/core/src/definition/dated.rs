//! When a dated layer counts: from `from` (inclusive) until `until` (exclusive), in the outlet's own time zone.

use jiff::{Timestamp, civil, tz::TimeZone};

use super::layer::Head;

/// Whether a layer counts at a moment.
pub(super) fn is_active(layer: &Head, at: Timestamp, zone: &TimeZone) -> bool {
    let begun = layer.from.as_ref().is_none_or(|from| instant(from.value, zone) <= at);
    begun && !has_ended(layer, at, zone)
}

/// Whether a layer has ceased to count for good.
pub(super) fn has_ended(layer: &Head, at: Timestamp, zone: &TimeZone) -> bool {
    layer.until.as_ref().is_some_and(|until| instant(until.value, zone) <= at)
}

/// The first moment after `at` at which a layer begins or ceases to count.
pub(super) fn next_change(layer: &Head, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    edges(layer, at, zone).into_iter().map(|(edge, _)| edge).min()
}

/// The moments after `at` at which a layer begins (`true`) or ceases to count.
pub(super) fn edges(layer: &Head, at: Timestamp, zone: &TimeZone) -> Vec<(Timestamp, bool)> {
    let begins = layer.from.iter().map(|from| (instant(from.value, zone), true));
    let ends = layer.until.iter().map(|until| (instant(until.value, zone), false));
    begins.chain(ends).filter(|(edge, _)| *edge > at && *edge < Timestamp::MAX).collect()
}

/// The moment at which clocks in `zone` show `time`. Where a clock change skips it, as much later; where one repeats it,
/// the first time. What lies beyond all dates never comes.
fn instant(time: civil::DateTime, zone: &TimeZone) -> Timestamp {
    zone.to_ambiguous_timestamp(time).compatible().unwrap_or(Timestamp::MAX)
}
