//! Dates, days and spans of time.

use jiff::{Timestamp, Zoned, civil::Date, tz::TimeZone};

use crate::{
    catalog::{DateWords, Day, PromoDetail, TimeRange},
    report::Lang,
};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"];

impl Lang {
    /// A moment with its zone: `2026-11-30 18:05 WIB`, `30 Nov 2026 18.05 WIB`. Commands take the English form back.
    pub fn minute(self, at: Timestamp, zone: &TimeZone) -> String {
        let at = at.to_zoned(zone.clone());
        match self {
            Self::En => at.strftime("%Y-%m-%d %H:%M %Z").to_string(),
            Self::Id => date_and_time(&at),
        }
    }

    /// The same with the day of the week: `Mon 2027-02-08 00:00 WITA`, `Sen, 8 Feb 2027 00.00 WITA`.
    pub fn moment(self, at: &Zoned) -> String {
        match self {
            Self::En => at.strftime("%a %Y-%m-%d %H:%M %Z").to_string(),
            Self::Id => format!("{}, {}", self.day(Day::of(at.date())), date_and_time(at)),
        }
    }

    /// A day of the week in short.
    pub fn day(self, day: Day) -> &'static str {
        match (self, day) {
            (Self::En, Day::Monday) => "Mon",
            (Self::En, Day::Tuesday) => "Tue",
            (Self::En, Day::Wednesday) => "Wed",
            (Self::En, Day::Thursday) => "Thu",
            (Self::En, Day::Friday) => "Fri",
            (Self::En, Day::Saturday) => "Sat",
            (Self::En, Day::Sunday) => "Sun",
            (Self::Id, Day::Monday) => "Sen",
            (Self::Id, Day::Tuesday) => "Sel",
            (Self::Id, Day::Wednesday) => "Rab",
            (Self::Id, Day::Thursday) => "Kam",
            (Self::Id, Day::Friday) => "Jum",
            (Self::Id, Day::Saturday) => "Sab",
            (Self::Id, Day::Sunday) => "Min",
        }
    }

    /// `10:00–22:00`, `10.00–22.00`
    pub fn time_range(self, range: TimeRange) -> String {
        let range = range.to_string().replace('-', "–");
        match self {
            Self::En => range,
            Self::Id => range.replace(':', "."),
        }
    }

    /// When a promotion is on: `25–28 Feb 2027, Sun and Mon 14:00–16:00`, `25–28 Feb 2027, Min dan Sen 14.00–16.00`.
    pub fn promotion_days(self, promotion: &PromoDetail) -> String {
        match self {
            Self::En => promotion.when(),
            Self::Id => promotion.when_in(&DateWords {
                month: |date| month(date).to_owned(),
                day: |day| Self::Id.day(day).to_owned(),
                and: "dan",
                separator: '.',
            }),
        }
    }

    /// `2 min ago`; `in 3 h` for what is to come.
    pub fn ago(self, at: Timestamp, now: Timestamp) -> String {
        let seconds = now.duration_since(at).as_secs();
        let span = self.span(seconds.unsigned_abs());
        if seconds < 0 { self.to_come(&span) } else { self.gone_by(&span) }
    }

    /// `2 min`
    pub fn span(self, seconds: u64) -> String {
        match seconds {
            0..=89 => self.seconds(seconds),
            90..=5_399 => self.minutes((seconds + 30) / 60),
            5_400..=129_599 => self.hours((seconds + 1_800) / 3_600),
            _ => self.days((seconds + 43_200) / 86_400),
        }
    }
}

/// `8 Feb 2027 00.00 WITA`
fn date_and_time(at: &Zoned) -> String {
    format!("{} {} {}", at.day(), month(at.date()), at.strftime("%Y %H.%M %Z"))
}

fn month(date: Date) -> &'static str {
    usize::try_from(date.month() - 1).ok().and_then(|month| MONTHS.get(month)).copied().unwrap_or_default()
}

texts! {
    daily: "daily", "setiap hari";
    closed: "closed", "tutup";
    all_day: "all day", "sepanjang hari";
}

sentences! {
    seconds(count: u64): format!("{count} s"), format!("{count} detik");
    minutes(count: u64): format!("{count} min"), format!("{count} menit");
    hours(count: u64): format!("{count} h"), format!("{count} jam");
    days(count: u64): format!("{count} d"), format!("{count} hari");
    to_come(span: &str): format!("in {span}"), format!("{span} lagi");
    gone_by(span: &str): format!("{span} ago"), format!("{span} lalu");
}
