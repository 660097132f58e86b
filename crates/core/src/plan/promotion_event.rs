//! What became of promotions of ours, as it is remembered and told.

use serde::{Deserialize, Serialize};

use super::{PromotionRecord, PromotionStage};
use crate::catalog::PromoDetail;

/// What happened to a promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromotionHappening {
    /// We made it.
    Created,
    /// We made it in place of one that we ended.
    Replaced,
    /// We ended it.
    Ended,
    /// Somebody else ended it before its time.
    EndedElsewhere,
    /// GoFood refused to make it.
    Refused,
}

impl PromotionHappening {
    /// The words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Replaced => "replaced",
            Self::Ended => "ended",
            Self::EndedElsewhere => "ended elsewhere",
            Self::Refused => "refused",
        }
    }
}

/// One thing that happened to a promotion of ours. Stored between runs and releases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromotionEvent {
    /// What.
    pub result: PromotionHappening,
    /// Our name for it.
    pub name: String,
    /// What it is.
    pub detail: PromoDetail,
    /// The platform's id.
    pub promotion_id: Option<String>,
    /// The platform's words, where it refused.
    pub error: Option<String>,
    /// The commit of the files, where we did it.
    pub revision: Option<String>,
    /// Who wrote that commit.
    pub author: Option<String>,
}

impl PromotionRecord {
    /// What a look has shown to have happened since it was `before`; `None` also where its last moment has passed, as it ends
    /// by itself then, and where its end elsewhere was told before.
    pub fn happened_since(&self, before: &Self, is_over: bool) -> Option<PromotionHappening> {
        use PromotionStage::{Creating, Ended, Ending, Made, Refused, Seen};
        match (before.stage, self.stage) {
            _ if before.ended_elsewhere.is_some() => None,
            (Made, Seen) if before.is_untold => Some(self.making()),
            (Made | Seen, Made | Seen) => self.ended_elsewhere.map(|_| PromotionHappening::EndedElsewhere),
            (Creating, Made | Seen) => Some(self.making()),
            (Ending, Ended) if !is_over => Some(PromotionHappening::Ended),
            (Made, Refused) => Some(PromotionHappening::Refused),
            // One that was never seen to run was an old answer.
            (Seen, Ended) if !is_over => Some(PromotionHappening::EndedElsewhere),
            _ => None,
        }
    }

    /// What it is to make it.
    pub fn making(&self) -> PromotionHappening {
        if self.is_replacement { PromotionHappening::Replaced } else { PromotionHappening::Created }
    }

    /// That this happened to it. Who asked for it is told where it was us; that is no matter of when it is learnt.
    pub fn event(&self, result: PromotionHappening) -> PromotionEvent {
        let is_ours = result != PromotionHappening::EndedElsewhere;
        PromotionEvent {
            result,
            name: self.name.clone(),
            detail: self.detail.clone(),
            promotion_id: self.promotion_id.clone(),
            error: self.error.clone().filter(|_| result == PromotionHappening::Refused),
            revision: self.revision.clone().filter(|_| is_ours),
            author: self.author.clone().filter(|_| is_ours),
        }
    }
}
