//! What is stored of one promotion of ours, and what a list shows of it.

use std::collections::BTreeSet;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::catalog::{ExternalId, OutletId, Path, Price, PromoDetail, Promotion, PromotionPhase};

/// Within this time one shows that was made (our choice: as long as a push).
const SHOWS_WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// How far a promotion of ours is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PromotionStage {
    /// Its call is about to be made, or was, and no answer to it is recorded.
    Creating,
    /// The platform has named its id, and it was not seen yet.
    Made,
    /// It was seen.
    Seen,
    /// Its end is asked for, or about to be, and was not seen yet.
    Ending,
    /// Its end was seen, or it never came to be. Kept until its last moment, so that no key is used twice.
    Ended,
    /// The platform refused to make it.
    Refused,
}

/// What is stored of one promotion of ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromotionRecord {
    /// Our name for it.
    pub name: String,
    /// What was sent.
    pub detail: PromoDetail,
    /// How often this name was made on this dish before, on purpose.
    pub generation: u32,
    /// `X-Idempotency-Key` of the call that makes it.
    pub key: String,
    /// How far it is.
    pub stage: PromotionStage,
    /// The platform's id.
    #[serde(default)]
    pub promotion_id: Option<String>,
    /// When the call was first about to be made.
    pub sent_at: Timestamp,
    /// The promotions of the dish that were listed then: none of them is this one.
    #[serde(default)]
    pub before: BTreeSet<String>,
    /// What the dish cost live then: a refusal holds for as long as that is so.
    #[serde(default)]
    pub live_price: Option<Price>,
    /// Whether the dish was on sale live then.
    #[serde(default)]
    pub live_stock: Option<bool>,
    /// The platform's words, or what is not known.
    #[serde(default)]
    pub error: Option<String>,
    /// Whether one that we ended for it was there before.
    #[serde(default)]
    pub is_replacement: bool,
    /// How many calls in a row were answered with one that had ended: answers of keys that were used before.
    #[serde(default)]
    pub replays: u32,
    /// Whether it is still to be told that it was made: the id that a call was answered with may be that of an earlier one.
    #[serde(default)]
    pub is_untold: bool,
    /// Since when it is not shown, although it was seen.
    #[serde(default)]
    pub missing_since: Option<Timestamp>,
    /// When a look was first sure that somebody else has ended it before its time.
    #[serde(default)]
    pub ended_elsewhere: Option<Timestamp>,
    /// The commit of the files by which it was made, or is ended.
    #[serde(default)]
    pub revision: Option<String>,
    /// Who wrote that commit.
    #[serde(default)]
    pub author: Option<String>,
    /// The last day of all that was made under this name on this dish: until then it is kept, so that no key is used twice.
    #[serde(default)]
    pub kept_until: Option<Date>,
}

/// What is said of a promotion that may be there.
pub const MAY_BE_THERE: &str = "whether GoFood made it was never learnt, and a promotion like it has come on the dish: it is \
                                not sent again; end that one in the GoBiz app, or leave this one out here";

/// What is said of one that is not made because somebody else has made it.
pub(super) const JUST_LIKE_IT: &str =
    "one just like it is there, made elsewhere: end it in the GoBiz app, or leave this one out";

/// What is remembered of one that is over by our clock alone.
pub const STILL_LISTED: &str = "it is over by the clock of this machine, and GoFood still lists it";

/// So many keys are tried for one promotion where each is answered with one that has ended (our choice).
const MOST_REPLAYS: u32 = 5;

/// For so long after its end one may be listed as if it were on: clocks differ, and lists are behind (our choice).
const LISTED_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// What a list shows of a promotion whose call was made, and whose answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundPromotion {
    /// The id of the one promotion that has come since, and is as it was asked for.
    One(String),
    /// What has come since may be it, and nobody knows: made again, it could be one too many.
    Unclear,
    /// Nothing that could be it.
    Nothing,
}

impl PromotionRecord {
    /// One that is about to be asked for.
    pub fn new(name: &str, detail: &PromoDetail, sent_at: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            detail: detail.clone(),
            generation: 0,
            key: String::new(),
            stage: PromotionStage::Creating,
            promotion_id: None,
            sent_at,
            before: BTreeSet::new(),
            live_price: None,
            live_stock: None,
            error: None,
            is_replacement: false,
            replays: 0,
            is_untold: false,
            missing_since: None,
            ended_elsewhere: None,
            revision: None,
            author: None,
            kept_until: None,
        }
    }

    /// Which promotion of the files it is.
    pub fn id(&self) -> PromotionKey {
        (self.name.clone(), self.detail.external_menu_id.clone())
    }

    /// The same as a path.
    pub fn path(&self) -> Path {
        Path::Promotion(self.name.clone(), self.detail.external_menu_id.clone())
    }

    /// That the platform refused it, in its own words, and until when it is not asked again.
    pub(super) fn refusal(&self) -> String {
        let words = self.error.as_deref().unwrap_or("without a reason");
        let back = if self.live_stock == Some(false) { ", or the dish is on sale again" } else { "" };
        format!(
            "GoFood refused it: {words}; it is asked again once the promotion or the price of its dish changes{back}"
        )
    }

    /// Of one that is over by our clock: what is listed as if it were on all the same, or may be it. A clock that is wrong ends
    /// nothing.
    pub fn is_still_listed(&self, listed: &[Promotion], ours: &[Self]) -> bool {
        match &self.promotion_id {
            Some(id) => listed.iter().any(|one| one.promotion_id == *id && !one.says_over()),
            None if self.stage != PromotionStage::Creating => false,
            None => self.find_made(listed, ours, self.detail.start()) != FoundPromotion::Nothing,
        }
    }

    /// The same as it is remembered from `now` on, if that is to be told.
    pub(super) fn still_listed(&self, now: DateTime) -> Option<Self> {
        let is_told = self.error.as_deref() == Some(STILL_LISTED);
        let is_late = now.duration_since(self.detail.end()) >= LISTED_AFTER;
        (self.is_open() && is_late && !is_told).then(|| Self { error: Some(STILL_LISTED.to_owned()), ..self.clone() })
    }

    /// Its call was answered with a promotion that had ended when it was first seen: what a key was answered with before. The
    /// next key may not be known, but a platform that ends all that is made is not asked for ever.
    #[must_use]
    pub fn replayed(self) -> Self {
        let (replays, is_untold) = (self.replays.saturating_add(1), false);
        if replays < MOST_REPLAYS {
            return Self { stage: PromotionStage::Ended, replays, is_untold, ..self };
        }
        let id = self.promotion_id.as_deref().unwrap_or_default();
        let error = format!("it answered {replays} calls with promotions that had ended, the last one with id {id}");
        Self { stage: PromotionStage::Refused, replays: 0, is_untold, error: Some(error), ..self }
    }

    /// Whether its call was answered with a promotion that was there before, as a look shows that one: it is somebody else's,
    /// and must never be ended for it, also where no look shows it. What has ended is the answer of a key that was used before.
    pub fn is_answered_with_another(&self, shown: Option<&Promotion>) -> bool {
        let was_there = self.promotion_id.as_ref().is_some_and(|id| self.before.contains(id));
        was_there && !shown.is_some_and(Promotion::says_over)
    }

    /// The same as it is remembered: nothing of ours is there.
    #[must_use]
    pub fn never_made(self) -> Self {
        let id = self.promotion_id.as_deref().unwrap_or_default();
        let error = format!("it answered with the promotion {id}, which was there before, so that none was made");
        Self { stage: PromotionStage::Refused, promotion_id: None, is_untold: false, error: Some(error), ..self }
    }

    /// What a list shows of it while its id is not known.
    pub fn find_made(&self, listed: &[Promotion], ours: &[Self], now: DateTime) -> FoundPromotion {
        let is_known = |one: &Promotion| ours.iter().any(|ours| ours.promotion_id.as_ref() == Some(&one.promotion_id));
        let has_come = |one: &&Promotion| {
            !is_known(one)
                && one.may_be_on(&self.detail.external_menu_id)
                && one.phase(now) != PromotionPhase::Over
                && !self.before.contains(&one.promotion_id)
                && one.selling_price.is_none_or(|price| price == self.detail.selling_price)
        };
        // An empty id can be neither looked at nor ended. What is taken for ours is ended later: nothing of it may be open.
        let is_it = |one: &Promotion| {
            !one.promotion_id.is_empty() && self.detail.is_shown_as(one) && !self.detail.is_shown_in_part(one)
        };
        let mut come = listed.iter().filter(has_come);
        match (come.next(), come.next()) {
            (None, _) => FoundPromotion::Nothing,
            (Some(one), None) if is_it(one) => FoundPromotion::One(one.promotion_id.clone()),
            _ => FoundPromotion::Unclear,
        }
    }

    /// Whether it would have been seen by now, had it been made (our choice: as long as a push).
    pub fn would_show(&self, at: Timestamp) -> bool {
        at.duration_since(self.sent_at) >= SHOWS_WITHIN
    }

    /// Whether something of it is open, so that it has to be looked at whatever the files say.
    pub fn is_open(&self) -> bool {
        !matches!(self.stage, PromotionStage::Ended | PromotionStage::Refused)
    }
}

/// A promotion of the files: its name and its dish.
pub type PromotionKey = (String, ExternalId);

/// `X-Idempotency-Key`: 32 lower-case hexadecimal digits. The same promotion of the same generation has the same one wherever
/// it is made, so that it is never made twice.
pub fn idempotency_key(platform: &str, outlet: &OutletId, name: &str, detail: &PromoDetail, generation: u32) -> String {
    let parts = (platform, outlet.as_str(), name, detail, generation);
    let text = serde_json::to_string(&parts).expect("texts, numbers and dates are always JSON");
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
