//! Moments on the command line: as commands print them, or as programs write them.

use std::str::FromStr;

use jiff::{
    Span, Timestamp,
    civil::{Date, DateTime},
    tz::{Offset, TimeZone},
};

use super::command_error::CommandError;

/// The forms, for people who wrote another one.
const FORMS: &str = "write a date and a time, such as `2027-02-08 00:00` (in the time zone of the settings), \
                     `2027-02-08 00:00 WITA` or 2027-02-08T00:00:00+08:00";

/// A moment as it was given. What it names may be longer: a minute, or a second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum When {
    /// With an offset.
    Exact(Timestamp),
    /// On a clock; without a zone on that of the settings.
    Local { time: DateTime, seconds: i64, zone: Option<Zone> },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Zone {
    Known(TimeZone),
    /// What the zone of the settings may be called at that time.
    Abbreviation(String),
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(exact) = text.parse() {
            return Ok(Self::Exact(exact));
        }
        read(text).ok_or_else(|| FORMS.to_owned())
    }
}

/// `Mon 2027-02-08 00:00 WITA`, `2027-02-08T00:00:00`, `2027-02-08`
fn read(text: &str) -> Option<When> {
    let text = text.replacen('T', " ", usize::from(text.as_bytes().get(10) == Some(&b'T')));
    let mut words = text.split_whitespace().peekable();
    let is_weekday = |word: &&str| ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(word);
    words.next_if(is_weekday);
    let date: Date = words.next()?.parse().ok()?;
    let clock = words.next_if(|word| word.contains(':')).unwrap_or("00:00");
    let form = |form, seconds| Some((DateTime::strptime(form, format!("{date} {clock}")).ok()?, seconds));
    let (time, seconds) = form("%Y-%m-%d %H:%M:%S", 0).or_else(|| form("%Y-%m-%d %H:%M", 59))?;
    let zone = words.next().map(zone);
    words.next().is_none().then_some(When::Local { time, seconds, zone })
}

/// By its abbreviation, its IANA name, or what it is ahead of UTC.
fn zone(name: &str) -> Zone {
    let iana = match name {
        "UTC" | "GMT" => return Zone::Known(TimeZone::UTC),
        "WIB" => "Asia/Jakarta",
        "WITA" => "Asia/Makassar",
        "WIT" => "Asia/Jayapura",
        name => name,
    };
    let offset =
        || name.parse::<i8>().ok().filter(|_| name.starts_with(['+', '-'])).and_then(|h| Offset::from_hours(h).ok());
    let known = TimeZone::get(iana).ok().or_else(|| offset().map(TimeZone::fixed));
    known.map_or_else(|| Zone::Abbreviation(name.to_owned()), Zone::Known)
}

impl When {
    /// Its first moment, with the zone of the settings.
    pub(super) fn first(&self, settings: &TimeZone) -> Result<Timestamp, CommandError> {
        let Self::Local { time, seconds: _, zone } = self else { return self.last(settings) };
        self.at(*time, zone.as_ref(), settings)
    }

    /// Its last moment: what is printed leaves the rest of a minute, or of a second, out.
    pub(super) fn last(&self, settings: &TimeZone) -> Result<Timestamp, CommandError> {
        match self {
            Self::Exact(at) => Ok(*at),
            Self::Local { time, seconds, zone } => {
                let rest = Span::new().seconds(*seconds).nanoseconds(999_999_999);
                self.at(time.saturating_add(rest), zone.as_ref(), settings)
            }
        }
    }

    fn at(&self, time: DateTime, zone: Option<&Zone>, settings: &TimeZone) -> Result<Timestamp, CommandError> {
        let wrong = |why: String| CommandError::Usage(format!("`{time}` is no time here: {why}"));
        let zone_of = |zone: &TimeZone| time.to_zoned(zone.clone()).map_err(|error| wrong(error.to_string()));
        let at = match zone {
            Some(Zone::Known(zone)) => zone_of(zone)?,
            Some(Zone::Abbreviation(name)) => {
                let at = zone_of(settings)?;
                if at.strftime("%Z").to_string() != *name {
                    return Err(wrong(format!("there is no time zone `{name}`; {FORMS}")));
                }
                at
            }
            None => zone_of(settings)?,
        };
        Ok(at.timestamp())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;
    use crate::report::minute;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn first(text: &str, settings: &str) -> String {
        text.parse::<When>().unwrap().first(&zone(settings)).unwrap().to_string()
    }

    #[test]
    fn a_moment_is_read_as_it_is_printed() {
        let at: Timestamp = "2027-02-07T17:00:00Z".parse().unwrap();
        for name in ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Asia/Singapore", "Australia/Sydney", "UTC"] {
            let printed = minute(at, &zone(name));
            assert_eq!(first(&printed, name), at.to_string(), "{printed}");
            let with_day = at.to_zoned(zone(name)).strftime("%a %Y-%m-%d %H:%M %Z").to_string();
            assert_eq!(first(&with_day, name), at.to_string(), "{with_day}");
        }
    }

    #[test]
    fn a_moment_without_a_zone_is_on_the_clock_of_the_settings() {
        for text in ["2027-02-08", "2027-02-08 00:00", "2027-02-08T00:00", "2027-02-08 00:00:00", "Mon 2027-02-08"] {
            assert_eq!(first(text, "Asia/Jakarta"), "2027-02-07T17:00:00Z", "{text}");
        }
        for text in [
            "2027-02-08 00:00 WITA",
            "2027-02-08 00:00 Asia/Makassar",
            "2027-02-08T00:00:00+08:00",
            "2027-02-08 00:00 +08",
        ] {
            assert_eq!(first(text, "Asia/Jakarta"), "2027-02-07T16:00:00Z", "{text}");
        }
        let last = |text: &str| text.parse::<When>().unwrap().last(&TimeZone::UTC).unwrap().to_string();
        assert_eq!(last("2027-02-08 00:00"), "2027-02-08T00:00:59.999999999Z");
        assert_eq!(last("2027-02-08 00:00:07"), "2027-02-08T00:00:07.999999999Z");
        assert_eq!(last("2027-02-08T00:00:07Z"), "2027-02-08T00:00:07Z");
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in
            ["", "soon", "08.02.2027", "2027-02-30", "2027-02-08 25:00", "2027-02-08 00:00 WIB later", "é027-02-0T"]
        {
            assert!(text.parse::<When>().is_err(), "{text}");
        }
        let unknown = "2027-02-08 00:00 XYZ".parse::<When>().unwrap().first(&TimeZone::UTC).unwrap_err();
        assert!(matches!(unknown, CommandError::Usage(words) if words.contains("no time zone `XYZ`")));
    }
}
