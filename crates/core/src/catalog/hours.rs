//! Selling hours: for every day of the week a list of ranges in the outlet's local time.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

/// A day of the week, in the platform's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Day {
    Sunday,
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
}

impl Day {
    /// All days, Sunday first.
    pub const ALL: [Self; 7] =
        [Self::Sunday, Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday];

    /// The platform's key: `sunday`.
    pub fn key(self) -> &'static str {
        ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"][self as usize]
    }

    /// The day of the week of a date.
    pub fn of(date: jiff::civil::Date) -> Self {
        Self::ALL[usize::from(date.weekday().to_sunday_zero_offset().unsigned_abs())]
    }

    /// The day after.
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % 7]
    }
}

/// From `start` to `end`, minutes since midnight, both within 00:00–23:59 and `start` < `end` in a valid catalog (rules
/// judge it: live and long-form input may hold anything in 0..=1440).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeRange {
    /// First minute.
    pub start: u16,
    /// Last minute.
    pub end: u16,
}

impl TimeRange {
    /// 00:00–23:59: how the platform says "all day" (documentation).
    pub const ALL_DAY: Self = Self { start: 0, end: 23 * 60 + 59 };
}

/// `10:00-22:00`
impl fmt::Display for TimeRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", WireClock(self.start), WireClock(self.end))
    }
}

/// Ranges for each day; an empty list means that the item is not sold that day. A copy is cheap: a menu has the same hours at
/// most of its dishes, and is copied often.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hours(Arc<[Vec<TimeRange>; 7]>);

impl Hours {
    /// The ranges of each day, Sunday first.
    pub fn new(days: [Vec<TimeRange>; 7]) -> Self {
        Self(Arc::new(days))
    }

    /// Every day 00:00–23:59: what an item without hours may read back as.
    pub fn all_week() -> Self {
        Self::new(std::array::from_fn(|_| vec![TimeRange::ALL_DAY]))
    }

    /// Whether it is that.
    pub fn is_all_week(&self) -> bool {
        self.0.iter().all(|ranges| **ranges == [TimeRange::ALL_DAY])
    }

    /// The ranges of each day, Sunday first.
    pub fn days(&self) -> &[Vec<TimeRange>; 7] {
        &self.0
    }

    /// The ranges of one day.
    pub fn day(&self, day: Day) -> &[TimeRange] {
        &self.0[day as usize]
    }

    /// The ranges of one day, to change.
    pub fn day_mut(&mut self, day: Day) -> &mut Vec<TimeRange> {
        &mut Arc::make_mut(&mut self.0)[day as usize]
    }

    /// For how many minutes of a day something is sold. A range that ends at 23:59 goes on until midnight: the platform has
    /// no other way to say that.
    pub fn minutes(&self, day: Day) -> u32 {
        let mut ranges: Vec<(u32, u32)> =
            self.day(day).iter().map(|range| (range.start.into(), range.end.into())).collect();
        ranges.sort_unstable();
        let (mut sold, mut until) = (0, 0);
        for (start, end) in ranges {
            let end = if end == u32::from(TimeRange::ALL_DAY.end) { end + 1 } else { end };
            sold += end.saturating_sub(start.max(until));
            until = until.max(end);
        }
        sold
    }

    /// Whether the ranges of every day stand in their order.
    pub fn is_sorted(&self) -> bool {
        self.0.iter().all(|ranges| ranges.is_sorted())
    }

    /// Sorts the ranges of every day: their order means nothing.
    pub fn sort(&mut self) {
        if !self.is_sorted() {
            Arc::make_mut(&mut self.0).iter_mut().for_each(|ranges| ranges.sort());
        }
    }
}

/// The minute of the day of `HH:MM` or `H:MM`, 00:00–24:00; anything else is `None`.
pub fn parse_clock(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |s: &str, max_len| s.len() <= max_len && !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(hours, 2) || !digits(minutes, 2) || minutes.len() != 2 {
        return None;
    }
    let minute = hours.parse::<u16>().ok()? * 60 + minutes.parse::<u16>().ok().filter(|m| *m < 60)?;
    (minute <= 24 * 60).then_some(minute)
}

/// A minute of the day as `HH:MM`, as the long form has it.
struct WireClock(u16);

impl WireClock {
    fn digits(&self) -> [u8; 5] {
        let [tens, ones] =
            [self.0 / 60, self.0 % 60].map(|number| [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]);
        [tens[0], tens[1], b':', ones[0], ones[1]]
    }
}

impl fmt::Display for WireClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.digits().into_iter().try_for_each(|digit| f.write_char(digit.into()))
    }
}

impl Serialize for WireClock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(&self.digits()).map_err(serde::ser::Error::custom)?)
    }
}

impl<'de> Deserialize<'de> for WireClock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read =
            |text: &str| parse_clock(text).map(Self).ok_or_else(|| format!("`{text}` is not a time of day (HH:MM)"));
        deserializer.deserialize_str(OfText { what: "a time of day (HH:MM)", read })
    }
}

/// Reads a text without a copy of it; `read` says what is wrong with it.
struct OfText<T> {
    what: &'static str,
    read: fn(&str) -> Result<T, String>,
}

impl<T> Visitor<'_> for OfText<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        (self.read)(text).map_err(E::custom)
    }
}

#[derive(Serialize, Deserialize)]
struct WireRange {
    start: WireClock,
    end: WireClock,
}

struct WireRanges<'h>(&'h [TimeRange]);

impl Serialize for WireRanges<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            self.0.iter().map(|range| WireRange { start: WireClock(range.start), end: WireClock(range.end) }),
        )
    }
}

/// The platform's long form: `{"sunday":[{"start":"10:00","end":"22:00"}], …}`.
impl Serialize for Hours {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Day::ALL.map(|day| (day.key(), WireRanges(self.day(day)))))
    }
}

/// Reads the long form; a missing day and a `null` day are closed; unknown keys are an error.
impl<'de> Deserialize<'de> for Hours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfDays;
        impl<'de> Visitor<'de> for OfDays {
            type Value = Hours;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the ranges of each day")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Hours, A::Error> {
                let mut hours = Hours::default();
                while let Some(WireDay(day)) = map.next_key()? {
                    let ranges = map.next_value::<Option<Vec<WireRange>>>()?.unwrap_or_default();
                    *hours.day_mut(day) = ranges
                        .into_iter()
                        .map(|WireRange { start, end }| TimeRange { start: start.0, end: end.0 })
                        .collect();
                }
                hours.sort();
                Ok(hours)
            }
        }
        deserializer.deserialize_map(OfDays)
    }
}

struct WireDay(Day);

impl<'de> Deserialize<'de> for WireDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |key: &str| {
            let day = Day::ALL.into_iter().find(|day| day.key() == key);
            day.map(Self).ok_or_else(|| format!("operational_hours has the unknown day `{key}`"))
        };
        deserializer.deserialize_identifier(OfText { what: "a day of the week", read })
    }
}
