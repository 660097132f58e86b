//! Selling hours in files: the long form, the short form, and how three levels and many layers become one week.
//!
//! A short range belongs to the day on which it begins, also after midnight: days are merged first and split last, so that
//! a layer that replaces a Friday replaces the whole night. Whether ranges are sensible is judged by `rules`.

use super::{Declared, origins::Origins};
use crate::{
    catalog::{Day, ExternalId, Field, Hours, ItemField, Path, TimeRange, hours::parse_clock},
    diagnostic::Place,
    document::{Decoder, Node, Spanned, Value},
};

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// Days as people here call them; the platform has the English names only.
pub(super) const INDONESIAN_DAYS: [(&str, Day); 8] = [
    ("minggu", Day::Sunday),
    ("ahad", Day::Sunday),
    ("senin", Day::Monday),
    ("selasa", Day::Tuesday),
    ("rabu", Day::Wednesday),
    ("kamis", Day::Thursday),
    ("jumat", Day::Friday),
    ("sabtu", Day::Saturday),
];

/// From `start` to `end`, minutes since midnight of the day it belongs to. Short ranges that cross midnight end after
/// [`DAY`]; long ranges are as written.
pub(super) type Shift = TimeRange;

/// What one `operational_hours` says about each day; `null` days take back what earlier layers said.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Week {
    days: [Declared<Vec<Shift>>; 7],
}

/// Reads one `operational_hours` that is not null. `None` if nothing could be read.
pub(super) fn decode_week(decoder: &mut Decoder, node: &Node) -> Option<Week> {
    let mut week = Week::default();
    if !matches!(node.value, Value::Mapping(_)) {
        let shifts = decode_day(decoder, node, "operational_hours")?;
        week.days.fill(Some(Spanned { value: Some(shifts), place: decoder.place(&node.span) }));
        return Some(week);
    }
    let mut fields = decoder.mapping(node, "operational_hours")?;
    let daily = fields.take("daily").filter(|daily| !daily.is_null());
    if let Some(shifts) = daily.and_then(|daily| said_day(decoder, daily, "daily")) {
        week.days.fill(Some(shifts));
    }
    for day in Day::ALL {
        if let Some(shifts) = fields.take(day.key()).and_then(|node| said_day(decoder, node, day.key())) {
            week.days[day as usize] = Some(shifts);
        }
    }
    for (name, day) in INDONESIAN_DAYS {
        // Asked for only where it stands, or help would offer it.
        if let Some((key, _)) = fields.has(name).then(|| fields.take_entry(name)).flatten() {
            let message = format!("unknown key `{name}` in `operational_hours`");
            decoder.error("unknown-key", &key.span, message).help(format!("write `{}`", day.key()));
        }
    }
    decoder.finish(fields, "operational_hours");
    Some(week)
}

fn said_day(decoder: &mut Decoder, node: &Node, what: &str) -> Option<Spanned<Option<Vec<Shift>>>> {
    let value = if node.is_null() { None } else { Some(decode_day(decoder, node, what)?) };
    Some(Spanned { value, place: decoder.place(&node.span) })
}

/// `"10:00-22:00"`, `closed`, or a list of ranges in either form.
fn decode_day(decoder: &mut Decoder, node: &Node, what: &str) -> Option<Vec<Shift>> {
    match &node.value {
        Value::Scalar(scalar) if &*scalar.text == "closed" => Some(Vec::new()),
        Value::Scalar(_) => Some(vec![decode_short(decoder, node, what)?]),
        Value::Sequence(_) | Value::Mapping(_) => {
            let nodes = decoder.list(node, what)?;
            // All are read before giving up, so that every wrong one is reported.
            let shifts: Vec<_> = nodes.iter().map(|node| decode_range(decoder, node, what)).collect();
            shifts.into_iter().collect()
        }
    }
}

fn decode_range(decoder: &mut Decoder, node: &Node, what: &str) -> Option<Shift> {
    if matches!(node.value, Value::Mapping(_)) { decode_long(decoder, node) } else { decode_short(decoder, node, what) }
}

/// `{start: "10:00", end: "22:00"}`, kept as written.
fn decode_long(decoder: &mut Decoder, node: &Node) -> Option<Shift> {
    let mut fields = decoder.mapping(node, "a range of hours")?;
    let mut time = |decoder: &mut Decoder, key: &'static str| match fields.take(key) {
        Some(node) => long_time(decoder, node, key),
        None => {
            decoder
                .error("missing-key", &node.span, format!("a range of hours has no `{key}`"))
                .help("write `{start: \"10:00\", end: \"22:00\"}`");
            None
        }
    };
    let (start, end) = (time(decoder, "start"), time(decoder, "end"));
    decoder.finish(fields, "a range of hours");
    Some(TimeRange { start: start?, end: end? })
}

fn long_time(decoder: &mut Decoder, node: &Node, what: &str) -> Option<u16> {
    let text = decoder.text(node, what)?.value;
    let time = parse_clock(&text);
    if time.is_none() {
        let message = format!("`{text}` is not a time of day");
        decoder
            .error("hours-format", &node.span, message)
            .help("write hours and minutes such as \"09:30\", 00:00 to 23:59");
    }
    time
}

/// `"10:00-22:00"`; may cross midnight; `24:00` is an end.
fn decode_short(decoder: &mut Decoder, node: &Node, what: &str) -> Option<Shift> {
    let text = decoder.text(node, what)?.value;
    let shift = parse_short(&text);
    if shift.is_none() {
        let message = format!("`{text}` is not a range of hours");
        decoder.error("hours-format", &node.span, message).help(short_help(&text));
    }
    shift
}

fn parse_short(text: &str) -> Option<Shift> {
    let (start, end) = text.split_once('-')?;
    let start = parse_clock(start.trim()).filter(|start| *start < DAY)?;
    let end = match parse_clock(end.trim())? {
        // The last minute that the platform knows is 23:59 (documentation).
        0 | DAY if start > 0 => DAY - 1,
        DAY => DAY - 1,
        end if end < start => end + DAY,
        end => end,
    };
    Some(TimeRange { start, end })
}

fn short_help(text: &str) -> String {
    let plain = text.trim().to_lowercase();
    if matches!(plain.as_str(), "closed" | "close" | "tutup" | "libur" | "off") {
        return "write closed".into();
    }
    if matches!(plain.replace(' ', "").as_str(), "24h" | "24jam" | "24/7" | "24hours" | "open") {
        return "write \"00:00-23:59\", which is the whole day".into();
    }
    // `10.00 – 22.00` is how people write it on a door.
    let guess = plain.replace('.', ":").replace(['–', '—'], "-").replace(' ', "");
    let whole_hours = |time: &str| if time.contains(':') { time.to_owned() } else { format!("{time}:00") };
    let guess = guess.split('-').map(whole_hours).collect::<Vec<_>>().join("-");
    match parse_short(&guess) {
        Some(_) => format!("write \"{guess}\""),
        None => "write \"10:00-22:00\", a list of such, or closed".into(),
    }
}

/// What all layers so far say on one level: the file's, a menu's or an item's.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Level<'d> {
    cleared: bool,
    days: [Option<&'d [Shift]>; 7],
    places: Vec<&'d Place>,
    /// Where a patch says what holds on a day.
    patched: [Option<&'d Place>; 7],
}

impl<'d> Level<'d> {
    /// Lays what a later layer says over this. Returns whether anything changed.
    pub(super) fn lay(&mut self, said: &'d Declared<Box<Week>>) -> bool {
        let Some(said) = said else { return false };
        let before = (self.cleared, self.days);
        match &said.value {
            None => {
                self.cleared = true;
                self.days = Default::default();
            }
            Some(week) => {
                for (mine, day) in self.days.iter_mut().zip(&week.days) {
                    if let Some(day) = day {
                        *mine = day.value.as_deref();
                        self.cleared = false;
                    }
                }
            }
        }
        self.places.push(&said.place);
        before != (self.cleared, self.days)
    }

    /// Lays what a patch of the item `id` says over this. Returns whether anything changed.
    pub(super) fn patch(&mut self, said: &'d Declared<Box<Week>>, id: &ExternalId, origins: &mut Origins) -> bool {
        let before = self.days;
        let changed = self.lay(said);
        let path = || Path::item_field(id, ItemField::OperationalHours);
        match said {
            None => {}
            Some(Spanned { value: None, place }) => {
                origins.keep(place);
                let old = self.patched.iter_mut().filter_map(Option::take);
                old.for_each(|old| origins.shadow(&path(), ItemField::OperationalHours.key(), old, place));
            }
            Some(Spanned { value: Some(week), .. }) => {
                for (day, said) in Day::ALL.into_iter().zip(&week.days) {
                    let Some(Spanned { place, .. }) = said else { continue };
                    let old = self.patched[day as usize].take();
                    if before[day as usize] == self.days[day as usize] {
                        old.into_iter().chain([place]).for_each(|place| origins.keep(place));
                        continue;
                    }
                    if let Some(old) = old {
                        origins.shadow(&path(), ItemField::OperationalHours.key(), old, place);
                    }
                    self.patched[day as usize] = Some(place);
                }
            }
        }
        changed
    }

    /// Where patches say what holds on some day.
    pub(super) fn patches(&self) -> impl Iterator<Item = &'d Place> {
        self.patched.iter().copied().flatten()
    }

    /// Whether both say the same, wherever it was written.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        (self.cleared, self.days) == (other.cleared, other.days)
    }

    fn says_something(&self) -> bool {
        self.days.iter().any(Option::is_some)
    }
}

/// The hours of one item.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Resolved<'d> {
    /// The week, split at midnight.
    pub(super) hours: Field<Hours>,
    /// Days that no level mentions although others are mentioned.
    pub(super) missing: Vec<Day>,
    /// Everything that was said, the winner last.
    pub(super) places: Vec<&'d Place>,
}

/// Lays the levels over each other, day by day; the first of `nearest_first` wins.
pub(super) fn resolve<'d>(nearest_first: [&Level<'d>; 3]) -> Resolved<'d> {
    let places = nearest_first.iter().rev().flat_map(|level| level.places.iter().copied()).collect();
    if nearest_first[0].cleared {
        return Resolved { hours: Field::Null, missing: Vec::new(), places };
    }
    if !nearest_first.iter().any(|level| level.says_something()) {
        return Resolved { hours: Field::Unsaid, missing: Vec::new(), places: Vec::new() };
    }
    let (mut hours, mut missing) = (Hours::default(), Vec::new());
    for day in Day::ALL {
        match nearest_first.iter().find_map(|level| level.days[day as usize]) {
            Some(shifts) => shifts.iter().for_each(|shift| split(&mut hours, day, *shift)),
            None => missing.push(day),
        }
    }
    hours.sort();
    Resolved { hours: Field::Set(hours), missing, places }
}

/// Puts a shift that began on `day` into the week.
fn split(hours: &mut Hours, day: Day, shift: Shift) {
    if shift.end <= DAY {
        hours.day_mut(day).push(shift);
        return;
    }
    hours.day_mut(day).push(TimeRange { start: shift.start, end: DAY - 1 });
    hours.day_mut(day.next()).push(TimeRange { start: 0, end: shift.end - DAY });
}
