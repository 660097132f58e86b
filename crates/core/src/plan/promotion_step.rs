//! What is done about the promotions of an outlet, and said of them: the form of it.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::DateTime};
use serde::Serialize;

use super::{Past, PromotionKey, PromotionRecord};
use crate::{
    catalog::{ExternalId, Path, Price, PromoDetail, Promotion, PromotionPhase, WantedPromotion},
    diagnostic::Place,
    policy::{Guard, GuardLimits},
};

/// What is to be done about one promotion, or is to be said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PromotionOp {
    /// It is made.
    Add,
    /// It is ended.
    Remove,
    /// It is ended, and made again with other values.
    Replace,
    /// It is ended for a push of the menu, and made again after that.
    Renew,
    /// It was ended elsewhere before its time.
    Drift,
    /// The platform refused it; not sent again as long as nothing changes.
    Refused,
    /// The platform took it, and has not shown it.
    Unverified,
    /// The platform shows other values than were sent.
    Nonconvergent,
    /// It is made, but not now.
    Waiting,
}

impl PromotionOp {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Replace => "replace",
            Self::Renew => "renew",
            Self::Drift => "drift",
            Self::Refused => "refused",
            Self::Unverified => "unverified",
            Self::Nonconvergent => "nonconvergent",
            Self::Waiting => "waiting",
        }
    }

    /// Whether calls follow from it.
    pub fn is_sent(self) -> bool {
        matches!(self, Self::Add | Self::Remove | Self::Replace | Self::Renew)
    }
}

/// Whether a list shows a promotion that is just like this one and none of ours: what we made and know no more of would be
/// there twice.
pub fn is_made_elsewhere(detail: &PromoDetail, listed: &[Promotion], ours: &[PromotionRecord], now: DateTime) -> bool {
    let is_ours = |one: &Promotion| ours.iter().any(|ours| ours.promotion_id.as_ref() == Some(&one.promotion_id));
    let is_open = |one: &Promotion| one.phase(now) != PromotionPhase::Over;
    listed.iter().any(|one| detail.is_shown_as(one) && is_open(one) && !is_ours(one))
}

/// One promotion of an outlet's plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PromotionStep {
    /// What is done.
    pub op: PromotionOp,
    /// Our name.
    pub name: String,
    /// The dish.
    pub item: ExternalId,
    /// Its name, if it is live or about to be.
    pub dish: Option<String>,
    /// What is to be made.
    pub create: Option<PromoDetail>,
    /// What is stored of it.
    pub record: Option<PromotionRecord>,
    /// Whether the one that is there has begun.
    pub has_begun: bool,
    /// What the dish costs live.
    pub live_price: Option<Price>,
    /// Whether it is on sale live.
    pub live_stock: Option<bool>,
    /// The promotions of the dish that are listed now, whoever made them.
    pub listed: BTreeSet<String>,
    /// What it costs when the promotion is made: once the push of the same plan has arrived.
    pub coming_price: Option<Price>,
    /// It has to end before the menu is pushed.
    pub before_push: bool,
    /// Its call was about to be made before, and is made with the same key and body: whatever the files say by now, what became
    /// of it has to be known first.
    pub is_resumed: bool,
    /// What there is to say beyond the change itself.
    pub note: Option<String>,
    /// Where the files say it.
    pub source: Option<Place>,
}

/// The promotions of an outlet's plan.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PromotionPlan {
    /// By name and dish; what is as it should be is not there.
    pub steps: Vec<PromotionStep>,
    /// How many promotions run or wait that are not ours.
    pub foreign: usize,
    /// Why nothing is known of them, so that nothing is done.
    pub unread: Option<String>,
    /// What a look has shown of ours: stored, whatever is done.
    pub learnt: Vec<PromotionRecord>,
    /// What leaves the state without a word: its last moment has passed.
    pub over: Vec<PromotionKey>,
    /// Which dishes show the price of their promotion as their own, in words.
    pub shown_prices: Vec<String>,
    /// On the clocks of the outlet.
    pub now: Option<DateTime>,
    /// Which of the files' begin or end at this very moment, in words: where plans of later moments are shown.
    pub events: Vec<String>,
}

impl PromotionPlan {
    /// Whether calls follow.
    pub fn sends(&self) -> bool {
        self.steps.iter().any(|step| step.op.is_sent())
    }

    /// What is not as the files want it, and no call of ours mends, in words.
    pub fn troubles(&self) -> impl Iterator<Item = String> + '_ {
        let stuck = [PromotionOp::Refused, PromotionOp::Unverified, PromotionOp::Nonconvergent];
        let steps = self.steps.iter().filter(move |step| stuck.contains(&step.op));
        steps.map(PromotionStep::words)
    }
}

impl PromotionStep {
    /// Which promotion of the files it is.
    pub fn id(&self) -> PromotionKey {
        (self.name.clone(), self.item.clone())
    }

    /// The same as a path.
    pub fn path(&self) -> Path {
        Path::Promotion(self.name.clone(), self.item.clone())
    }

    /// The platform's words, where it refused it.
    pub fn refusal(&self) -> Option<&str> {
        let record = self.record.as_ref().filter(|_| self.op == PromotionOp::Refused)?;
        record.error.as_deref()
    }

    /// `“gajian” of “Nasi Goreng” (NG)`
    pub fn label(&self) -> String {
        match &self.dish {
            Some(dish) => format!("“{}” of “{dish}” ({})", self.name, self.item),
            None => format!("“{}” of {}", self.name, self.item),
        }
    }

    /// `promotion “gajian” of “Nasi Goreng” (NG) (catalogs/kuta.yaml:12): …`
    pub fn words(&self) -> String {
        let place = self.source.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        format!("promotion {}{place}: {}", self.label(), self.note.as_deref().unwrap_or_default())
    }
}

/// A dish as it is live; one that a push brings, as it will be.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveDish {
    /// What it costs.
    pub price: Price,
    /// Whether it is on sale, if that is said.
    pub in_stock: Option<bool>,
    /// The menu that it is in.
    pub menu: String,
    /// Its name.
    pub name: String,
}

/// What the promotions of a plan are made from, beside the plan itself.
pub struct PromotionInputs<'a> {
    /// What the files declare.
    pub wanted: &'a [WantedPromotion],
    /// Whether ours may be made and ended.
    pub may_write: bool,
    /// What is stored of ours.
    pub records: &'a [PromotionRecord],
    /// All that the platform lists.
    pub listed: &'a [Promotion],
    /// Now, on the clocks of the outlet.
    pub now: DateTime,
    /// Now.
    pub at: Timestamp,
    /// What was done elsewhere is undone.
    pub revert: bool,
    /// Limits on prices.
    pub limits: &'a GuardLimits,
    /// Guards that a person released.
    pub released: &'a BTreeSet<Guard>,
    /// What earlier days mean.
    pub past: &'a Past,
    /// A dish as it is live.
    pub live: &'a dyn Fn(&ExternalId) -> Option<LiveDish>,
    /// Where the files say a thing.
    pub place: &'a dyn Fn(&Path) -> Option<Place>,
}
