//! A promotion as the platform shows it: another price of one dish, for some time.

use std::fmt::Write as _;

use jiff::civil::{Date, DateTime, Time};
use serde::Serialize;

use super::{ExternalId, Price};

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

    /// Whether it may be one of a dish that nobody names.
    pub fn hides_its_dish(&self) -> bool {
        self.external_menu_id.is_none() && self.promo_type.as_deref().is_none_or(|kind| kind == SKU_PROMO)
    }

    /// The first moment after it: dates count as a whole, times do not (our choice).
    fn end(&self) -> Option<DateTime> {
        let last = self.end_date?;
        match self.end_time {
            Some(time) => Some(last.to_datetime(time)),
            None => Some(last.tomorrow().ok()?.to_datetime(Time::midnight())),
        }
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
