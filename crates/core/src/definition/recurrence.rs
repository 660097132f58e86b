//! `schedule` and `duration`: stretches of time that come back, as windows and `when` have them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

use crate::{
    diagnostic::Diagnostic,
    document::{Decoder, Fields, Node, Spanned},
    schedule::{Cron, MOST_JOINED, Recurrence},
};

/// From here on schedules are judged that no outlet gives a zone and no pass a time: 2026-12-28T00:00:00Z, a Monday.
pub(super) const START_OF_A_YEAR: jiff::Timestamp = jiff::Timestamp::constant(1_798_416_000, 0);

/// How long a push may take until customers see it: after that, menusync takes it for lost.
const PUBLICATION: SignedDuration = SignedDuration::from_mins(30);

/// So many beginnings and ends are looked at for the shortest stretch and the shortest pause (our choice: a week of a dozen a
/// day).
const MOST_LOOKED_AT: usize = 168;

/// `schedule` and `duration` of a window or of `when`.
pub(super) fn recurrence(decoder: &mut Decoder, fields: &mut Fields<'_>, owner: &str) -> Option<Recurrence> {
    let schedule = decoder.require(fields, "schedule", owner).and_then(|node| cron(decoder, node, "schedule"));
    let duration = decoder.require(fields, "duration", owner);
    let duration = duration.and_then(|node| positive_duration(decoder, node));
    Some(Recurrence { schedule: schedule?, duration: duration? })
}

/// A cron expression; `what` is its key.
pub fn cron(decoder: &mut Decoder, node: &Node, what: &str) -> Option<Cron> {
    let text = decoder.text(node, what)?.value;
    match Cron::parse(&text) {
        Ok(cron) => Some(cron),
        Err(error) => {
            decoder.error("cron", &node.span, format!("`{what}`: {}", error.message)).help(error.help);
            None
        }
    }
}

fn positive_duration(decoder: &mut Decoder, node: &Node) -> Option<Duration> {
    let duration = decoder.duration(node, "duration")?.value;
    if duration.is_zero() {
        let message = "a `duration` of no length never begins";
        decoder.error("out-of-range", &node.span, message).help("write 1m or more");
        return None;
    }
    Some(duration)
}

/// `when`, if nothing is wrong with it.
pub(super) fn when(decoder: &mut Decoder, node: &Node) -> Option<Spanned<Recurrence>> {
    let mut fields = decoder.mapping(node, "when")?;
    let times = recurrence(decoder, &mut fields, "when");
    decoder.finish(fields, "when");
    let times = times?;
    let place = decoder.place(&node.span);
    let Ok(changes) = times.changes(START_OF_A_YEAR, &TimeZone::UTC, MOST_LOOKED_AT) else {
        let message = format!(
            "this `when` does not end: each time lasts until the next begins, {MOST_JOINED} times in a row or for ever"
        );
        decoder.error("when-endless", &node.span, message).help(
            "write one start and the whole duration, such as `{schedule: \"0 16 * * *\", duration: 3h}`; without `when` the \
             layer always counts",
        );
        return None;
    };
    if let Some(message) = too_short(&times, &changes) {
        let wrong = Diagnostic::warning("when-short", place.clone(), message);
        decoder.report(wrong.help(format!(
            "make it {PUBLICATION:#} or longer, because a push may take as long until customers see it"
        )));
    }
    Some(Spanned { value: times, place })
}

/// What is said of times that come and go faster than a push may arrive.
fn too_short(times: &Recurrence, changes: &[Timestamp]) -> Option<String> {
    let lasts = |pair: &&[Timestamp]| pair[1].duration_since(pair[0]);
    let shortest = changes.windows(2).min_by_key(lasts).filter(|pair| lasts(pair) < PUBLICATION)?;
    let length = lasts(&shortest);
    Some(match times.is_on(shortest[0], &TimeZone::UTC) {
        true => format!("this `when` lasts {length:#}: it may be over before customers see it"),
        false => {
            format!("this `when` pauses for {length:#}: customers may not see that it ended before it begins again")
        }
    })
}

/// What is said of times that never come between two dates; the same clock counts for both.
pub(super) fn outside_dates(
    when: &Spanned<Recurrence>,
    from: civil::DateTime,
    until: civil::DateTime,
) -> Option<Diagnostic> {
    let utc = TimeZone::UTC;
    let moment = |time: civil::DateTime| time.to_zoned(utc.clone()).map(|zoned| zoned.timestamp()).ok();
    let (start, until) = (moment(from)?, moment(until)?);
    let never =
        !when.value.is_on(start, &utc) && when.value.schedule.next_after(start, &utc).is_none_or(|next| next >= until);
    let message = "this `when` never begins between `from` and `until`, so the layer changes nothing";
    never.then(|| {
        Diagnostic::warning("when-outside-dates", when.place.clone(), message).help("correct `schedule`, or the dates")
    })
}
