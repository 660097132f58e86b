//! Promotions: another price of one dish, for some time. As the platform shows them, and as the files want them.

use std::fmt::Write as _;

use jiff::{
    SignedDuration,
    civil::{Date, DateTime, Time},
};
use serde::{Deserialize, Serialize};

use super::{Day, ExternalId, Price};

/// The documented type: a price of one dish.
const SKU_PROMO: &str = "sku_promo";

/// What was understood of a promotion; `None` and an empty list where the platform does not say, or not so that it can be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Promotion {
    /// The platform's id of it.
    pub promotion_id: String,
    /// `sku_promo` is the only documented one.
    pub promo_type: Option<String>,
    /// In the platform's words; only `created` is documented.
    pub status: Option<String>,
    /// The dish, by the external id that it has in the live menu.
    pub external_menu_id: Option<ExternalId>,
    /// What the dish costs meanwhile.
    pub selling_price: Option<Price>,
    /// The first day, on the clocks of the outlet (our choice).
    pub start_date: Option<Date>,
    /// The last day.
    pub end_date: Option<Date>,
    /// From when on each day; `None` = all day.
    pub start_time: Option<Time>,
    /// Until when on each day.
    pub end_time: Option<Time>,
    /// The days of the week; none = all.
    pub applicable_days: Vec<String>,
}

/// The first moment after a promotion: dates count as a whole, times do not (our choice).
fn end_of(last: Date, time: Option<Time>) -> DateTime {
    time.map_or_else(
        || last.tomorrow().unwrap_or(Date::MAX).to_datetime(Time::midnight()),
        |time| last.to_datetime(time),
    )
}

/// What a promotion is: `promo_detail` of the call that makes it. Only what the files say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromoDetail {
    /// The dish, by its external id.
    pub external_menu_id: ExternalId,
    /// What the dish costs meanwhile.
    pub selling_price: Price,
    /// The first day.
    pub start_date: Date,
    /// The last day.
    pub end_date: Date,
    /// From when on each day; with `end_time` or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Time>,
    /// Until when on each day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Time>,
    /// The days of the week, in the order of the week; none = all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applicable_days: Vec<Day>,
}

/// A promotion of one dish that the files declare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedPromotion {
    /// Our name for it; never sent.
    pub name: String,
    /// What is to be made.
    pub detail: PromoDetail,
    /// What the dish costs without it from its start to its end, in order; nothing if it is not on the menu.
    pub prices: Vec<Price>,
    /// The smallest discount, in percent, that the settings expect the platform to take.
    pub least_discount: u32,
    /// Its first day is not after today.
    pub begins_by_today: bool,
    /// Its last moment has passed: it is not made any more.
    pub is_over: bool,
}

impl WantedPromotion {
    /// Which one it is.
    pub fn id(&self) -> (String, ExternalId) {
        (self.name.clone(), self.detail.external_menu_id.clone())
    }
}

impl PromoDetail {
    /// The first moment, on the clocks of the outlet.
    pub fn start(&self) -> DateTime {
        self.start_date.to_datetime(self.start_time.unwrap_or_else(Time::midnight))
    }

    /// The first moment after it.
    pub fn end(&self) -> DateTime {
        end_of(self.end_date, self.end_time)
    }

    /// The days on which it holds, as far as the days of the week go: after a week all of them have come.
    pub fn first_days(&self) -> impl Iterator<Item = Date> + '_ {
        let days = std::iter::successors(Some(self.start_date), |date| date.tomorrow().ok()).take(7);
        days.take_while(|date| *date <= self.end_date).filter(|date| self.holds_on(*date))
    }

    /// Whether it is on at a moment, by its dates, days and times, give or take some time.
    pub fn is_on(&self, now: DateTime, give_or_take: SignedDuration) -> bool {
        let is_on = |at: DateTime| {
            let from = self.start_time.unwrap_or_else(Time::midnight);
            let is_time = from <= at.time() && self.end_time.is_none_or(|to| at.time() < to);
            self.start_date <= at.date() && at.date() <= self.end_date && is_time && self.holds_on(at.date())
        };
        [now.saturating_sub(give_or_take), now, now.saturating_add(give_or_take)].into_iter().any(is_on)
    }

    fn holds_on(&self, date: Date) -> bool {
        self.applicable_days.is_empty() || self.applicable_days.contains(&Day::of(date))
    }

    /// Whether both hold at some moment.
    pub fn meets(&self, other: &Self) -> bool {
        let times = |one: &Self| (one.start_time.unwrap_or_else(Time::midnight), one.end_time.unwrap_or(Time::MAX));
        let ((from, to), (other_from, other_to)) = (times(self), times(other));
        let (first, last) = (self.start_date.max(other.start_date), self.end_date.min(other.end_date));
        let days = std::iter::successors(Some(first), |date| date.tomorrow().ok()).take(7);
        let mut shared = days.take_while(|date| *date <= last);
        from < other_to && other_from < to && shared.any(|date| self.holds_on(date) && other.holds_on(date))
    }

    /// As the platform shows one that was made so, under this id.
    pub fn published(&self, promotion_id: String) -> Promotion {
        let days = self.applicable_days.iter().map(|day| day.key().to_owned());
        Promotion {
            promotion_id,
            promo_type: Some(SKU_PROMO.to_owned()),
            status: Some("created".to_owned()),
            external_menu_id: Some(self.external_menu_id.clone()),
            selling_price: Some(self.selling_price),
            start_date: Some(self.start_date),
            end_date: Some(self.end_date),
            start_time: self.start_time,
            end_time: self.end_time,
            applicable_days: days.collect(),
        }
    }

    /// Whether a promotion that the platform shows is just like this one: its dish and price, and nothing otherwise.
    pub fn is_shown_as(&self, shown: &Promotion) -> bool {
        let is_complete = shown.external_menu_id.is_some() && shown.selling_price.is_some();
        is_complete && self.shown_otherwise(shown).is_empty()
    }

    /// Whether a promotion that the platform shows leaves open whether it is just like this one: a key is not shown.
    pub fn is_shown_in_part(&self, shown: &Promotion) -> bool {
        let has_no_dates = shown.start_date.is_none() || shown.end_date.is_none();
        let has_no_times = self.start_time.is_some() && (shown.start_time.is_none() || shown.end_time.is_none());
        has_no_dates || has_no_times || (!self.applicable_days.is_empty() && shown.applicable_days.is_empty())
    }

    /// In which keys the platform shows something else than was sent, in words. A key that it does not show says nothing.
    pub fn shown_otherwise(&self, shown: &Promotion) -> Vec<String> {
        let mut others = Vec::new();
        let mut compare = |key: &str, ours: Option<String>, theirs: Option<String>| {
            if let (ours, Some(theirs)) = (ours.unwrap_or_default(), theirs)
                && ours != theirs
            {
                others.push(format!("{key} {theirs} instead of {}", if ours.is_empty() { "none" } else { &ours }));
            }
        };
        compare(
            "external_menu_id",
            Some(self.external_menu_id.to_string()),
            shown.external_menu_id.as_ref().map(ToString::to_string),
        );
        compare(
            "selling_price",
            Some(self.selling_price.to_string()),
            shown.selling_price.map(|price| price.to_string()),
        );
        compare("start_date", Some(self.start_date.to_string()), shown.start_date.map(|date| date.to_string()));
        compare("end_date", Some(self.end_date.to_string()), shown.end_date.map(|date| date.to_string()));
        // A promotion without times may read back as one of the whole day, and one without days as one of each day.
        let time = |time: Option<Time>| time.map(|time| time.to_string());
        if self.start_time.is_some() || shown.start_time != Some(Time::midnight()) {
            compare("start_time", time(self.start_time), time(shown.start_time));
        }
        let is_midnight = |time: Time| time == Time::midnight() || (time.hour(), time.minute()) == (23, 59);
        if self.end_time.is_some() || !shown.end_time.is_some_and(is_midnight) {
            compare("end_time", time(self.end_time), time(shown.end_time));
        }
        let is_shown_for_each =
            Day::ALL.iter().all(|day| shown.applicable_days.iter().any(|shown| shown.to_lowercase() == day.key()));
        let are_days_alike = self.applicable_days.is_empty() && is_shown_for_each;
        if !are_days_alike && !shown.applicable_days.is_empty() {
            let mut theirs: Vec<String> = shown.applicable_days.iter().map(|day| day.to_lowercase()).collect();
            let week = |day: &String| Day::ALL.iter().position(|known| known.key() == *day);
            theirs.sort_by_key(week);
            let ours: Vec<&str> = self.applicable_days.iter().map(|day| day.key()).collect();
            compare("applicable_days", Some(ours.join(", ")), Some(theirs.join(", ")));
        }
        others
    }

    /// `25–28 Feb 2027, Sun and Mon 14:00–16:00`
    pub fn when(&self) -> String {
        let english = DateWords {
            month: |date| date.strftime("%b").to_string(),
            day: |day| {
                let mut letters = day.key().chars().take(3);
                letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
            },
            and: "and",
            separator: ':',
        };
        self.when_in(&english)
    }

    /// The same in another language.
    pub fn when_in(&self, language: &DateWords) -> String {
        let (first, last) = (self.start_date, self.end_date);
        let short = |date: Date| format!("{} {}", date.day(), (language.month)(date));
        let whole = |date: Date| format!("{} {}", short(date), date.year());
        let mut words = match () {
            () if first == last => whole(first),
            () if (first.year(), first.month()) == (last.year(), last.month()) => {
                format!("{}–{}", first.day(), whole(last))
            }
            () if first.year() == last.year() => format!("{} – {}", short(first), whole(last)),
            () => format!("{} – {}", whole(first), whole(last)),
        };
        let days: Vec<String> = self.applicable_days.iter().map(|day| (language.day)(*day)).collect();
        let mut more = match days.split_last() {
            None => String::new(),
            Some((last, [])) => last.clone(),
            Some((last, rest)) => format!("{} {} {last}", rest.join(", "), language.and),
        };
        if let (Some(from), Some(to)) = (self.start_time, self.end_time) {
            let clock = |time: Time| {
                let english = time.strftime(if time.second() == 0 { "%H:%M" } else { "%H:%M:%S" }).to_string();
                english.replace(':', &language.separator.to_string())
            };
            let _ = write!(more, "{}{}–{}", if more.is_empty() { "" } else { " " }, clock(from), clock(to));
        }
        if !more.is_empty() {
            let _ = write!(words, ", {more}");
        }
        words
    }
}

/// How a language says dates.
pub struct DateWords {
    /// The month of a date in short.
    pub month: fn(Date) -> String,
    /// A day of the week in short.
    pub day: fn(Day) -> String,
    /// Between the last two of several days.
    pub and: &'static str,
    /// Between hours and minutes.
    pub separator: char,
}

/// Where a promotion is between its start and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum PromotionPhase {
    Runs,
    Waits,
    Over,
}

impl PromotionPhase {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Runs => "runs",
            Self::Waits => "waits",
            Self::Over => "over",
        }
    }
}

impl Promotion {
    /// How it stands at `now`, a moment on the clocks of the outlet. What is unknown counts as running: nobody is to end a
    /// promotion unasked because its dates cannot be read.
    pub fn phase(&self, now: DateTime) -> PromotionPhase {
        let start = self.start_date.map(|date| date.to_datetime(self.start_time.unwrap_or_else(Time::midnight)));
        if self.says_over() || self.end().is_some_and(|end| end <= now) {
            PromotionPhase::Over
        } else if start.is_some_and(|start| now < start) {
            PromotionPhase::Waits
        } else {
            PromotionPhase::Runs
        }
    }

    /// Whether its status says that it is over. No list of statuses is documented; `ending_soon` is not over.
    pub fn says_over(&self) -> bool {
        let status = self.status.as_deref().unwrap_or_default().to_lowercase();
        let mut words = status.split(|c: char| !c.is_alphanumeric());
        words.any(|word| {
            let is_over = ["end", "ended", "expire", "expired", "deleted", "canceled", "cancelled", "rejected"];
            is_over.contains(&word) || word.starts_with("deactiv")
        })
    }

    /// Whether it is one of this dish, or may be.
    pub fn may_be_on(&self, dish: &ExternalId) -> bool {
        self.external_menu_id.as_ref().map_or_else(|| self.hides_its_dish(), |id| id == dish)
    }

    /// Whether it may be one of a dish that nobody names.
    pub fn hides_its_dish(&self) -> bool {
        self.external_menu_id.is_none() && self.promo_type.as_deref().is_none_or(|kind| kind == SKU_PROMO)
    }

    /// The first moment after it.
    fn end(&self) -> Option<DateTime> {
        Some(end_of(self.end_date?, self.end_time))
    }

    /// `Rp 19.000, 2027-02-25 to 2027-02-28, friday, 14:00–16:00; created, id 7`
    pub fn words(&self) -> String {
        let date = |date: Option<Date>| date.map_or_else(|| "an unknown day".to_owned(), |date| date.to_string());
        let price = self.selling_price.map_or_else(|| "price unknown".to_owned(), |price| price.to_string());
        let mut words = format!("{price}, {} to {}", date(self.start_date), date(self.end_date));
        if !self.applicable_days.is_empty() {
            let _ = write!(words, ", {}", self.applicable_days.join(" and "));
        }
        if let (Some(from), Some(to)) = (self.start_time, self.end_time) {
            let _ = write!(words, ", {}–{}", from.strftime("%H:%M"), to.strftime("%H:%M"));
        }
        let status = self.status.as_deref().map(|status| format!("{status}, ")).unwrap_or_default();
        let _ = write!(words, "; {status}id {}", self.promotion_id);
        words
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn promotion(status: &str) -> Promotion {
        Promotion {
            status: Some(status.to_owned()),
            start_date: "2027-02-25".parse().ok(),
            end_date: "2027-02-28".parse().ok(),
            ..Promotion::default()
        }
    }

    fn phase(promotion: &Promotion, now: &str) -> PromotionPhase {
        promotion.phase(now.parse().unwrap())
    }

    #[test]
    fn dates_count_as_a_whole_and_times_do_not() {
        let mut by_dates = promotion("created");
        assert_eq!(phase(&by_dates, "2027-02-24T23:59:59"), PromotionPhase::Waits);
        assert_eq!(phase(&by_dates, "2027-02-25T00:00:00"), PromotionPhase::Runs);
        assert_eq!(phase(&by_dates, "2027-02-28T23:59:59"), PromotionPhase::Runs);
        assert_eq!(phase(&by_dates, "2027-03-01T00:00:00"), PromotionPhase::Over);
        by_dates.start_time = "14:00:00".parse().ok();
        by_dates.end_time = "16:00:00".parse().ok();
        assert_eq!(phase(&by_dates, "2027-02-25T13:59:59"), PromotionPhase::Waits);
        assert_eq!(phase(&by_dates, "2027-02-26T09:00:00"), PromotionPhase::Runs, "between its times too");
        assert_eq!(phase(&by_dates, "2027-02-28T16:00:00"), PromotionPhase::Over);
    }

    #[test]
    fn a_status_ends_a_promotion_by_a_word_that_says_so() {
        let now = "2027-02-26T12:00:00";
        for over in ["ended", "EXPIRED", "Deactivated", "cancelled_by_merchant", "deleted", "auto-rejected"] {
            assert_eq!(phase(&promotion(over), now), PromotionPhase::Over, "{over}");
        }
        for running in
            ["created", "active", "pending", "suspended", "extended", "ending_soon", "expires", "cancellable", ""]
        {
            assert_eq!(phase(&promotion(running), now), PromotionPhase::Runs, "{running}");
        }
    }

    #[test]
    fn what_is_unknown_counts_as_running() {
        let unknown = Promotion { promotion_id: "7".to_owned(), ..Promotion::default() };
        assert_eq!(phase(&unknown, "2027-02-26T12:00:00"), PromotionPhase::Runs);
        assert_eq!(unknown.words(), "price unknown, an unknown day to an unknown day; id 7");
        assert!(unknown.hides_its_dish());
        assert!(!Promotion { promo_type: Some("voucher".to_owned()), ..unknown }.hides_its_dish());
    }
}
