//! How a pass ended.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::{Facts, Look, OutletState, PassError, Target};
use crate::{
    catalog::{Catalog, OutletId},
    plan::{OutletPlan, SwitchEvent},
    remote::{RemoteError, Retry},
    report::PromotionResult,
};

/// After this long a menu is looked at again that may come from a copy that is behind (our choice).
const STALE_AGAIN: Duration = Duration::from_secs(60);

/// What became of the push, as `apply` tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PassResult {
    /// There was nothing to push.
    Unchanged,
    /// Pushed and seen to arrive.
    Published,
    /// Pushed; live settled on something else.
    Nonconvergent,
    /// The platform refused it.
    Rejected,
    /// Pushed, and not seen in time.
    Timeout,
    /// A guard, a stale plan or a lock said no.
    Held,
    /// Waits for a window.
    Queued,
    /// It could not be done.
    Failed,
}

impl PassResult {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Unchanged,
        Self::Published,
        Self::Nonconvergent,
        Self::Rejected,
        Self::Timeout,
        Self::Held,
        Self::Queued,
        Self::Failed,
    ];

    /// The word it is shown as.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Published => "published",
            Self::Nonconvergent => "nonconvergent",
            Self::Rejected => "rejected",
            Self::Timeout => "timeout",
            Self::Held => "held",
            Self::Queued => "queued",
            Self::Failed => "failed",
        }
    }
}

/// How a pass over one outlet ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The outlet.
    pub outlet: OutletId,
    /// Its name.
    pub name: String,
    /// What became of the push.
    pub result: PassResult,
    /// How the outlet stands now.
    pub state: OutletState,
    /// What was planned, if it came to that; without what only a push needs.
    pub plan: Option<Box<OutletPlan>>,
    /// What became of promotions that were to be made or ended.
    pub promotions: Vec<PromotionResult>,
    /// What became of switches of stock.
    pub switches: Vec<SwitchEvent>,
    /// The push's id, if one was made or looked for.
    pub request_id: Option<Uuid>,
    /// What went wrong or is waited for, in a sentence.
    pub error: Option<String>,
    /// When a window opens that the push waits for, or a pause ends.
    pub opens_at: Option<Timestamp>,
    /// When a failed call may be made again, if the platform or the way to it says so; and when a menu is worth another look
    /// that may come from a copy that is behind.
    pub again: Option<Retry>,
    /// Why the state does not say this of the outlet although it should.
    pub unstored: Option<String>,
}

impl Outcome {
    /// An outcome without plan and push.
    pub(super) fn new(target: &Target, result: PassResult, state: OutletState, error: Option<String>) -> Self {
        Self {
            outlet: target.id.clone(),
            name: target.name.clone(),
            result,
            state,
            plan: None,
            promotions: Vec::new(),
            switches: Vec::new(),
            request_id: None,
            error,
            opens_at: None,
            again: None,
            unstored: None,
        }
    }

    /// The same with what was planned, as far as that is told: hundreds of outcomes may wait for the end of a pass.
    pub(super) fn with_plan(self, plan: OutletPlan) -> Self {
        Self { plan: Some(Box::new(OutletPlan { payload: Catalog::default(), ..plan.for_report() })), ..self }
    }

    /// The same after promotions were ended for its push: what became of them is told, also where no push followed.
    pub(super) fn after_ends(self, ended: Vec<PromotionResult>) -> Self {
        let names: Vec<String> = ended
            .iter()
            .filter(|one| one.result == "ended")
            .map(|one| format!("“{}” of {}", one.name, one.item))
            .collect();
        let is_told = |one: &PromotionResult| {
            self.promotions.iter().any(|told| (&told.name, &told.item) == (&one.name, &one.item))
        };
        let untold: Vec<PromotionResult> = ended.into_iter().filter(|one| !is_told(one)).collect();
        let said = (self.result != PassResult::Published && !names.is_empty())
            .then(|| format!("ended for this push: {}", names.join(", ")));
        let error = self.error.into_iter().chain(said).collect::<Vec<_>>().join("; ");
        let promotions = untold.into_iter().chain(self.promotions).collect();
        Self { promotions, error: (!error.is_empty()).then_some(error), ..self }
    }

    /// A pass that was given up before it sent anything.
    pub fn withdrawn(target: &Target) -> Self {
        let told = PassError::Withdrawn.to_string();
        Self::new(target, PassResult::Queued, OutletState::of(&Facts::of_look(Look::Stored(None))), Some(told))
    }

    /// A pass that could not be done.
    pub fn failed(target: &Target, why: String) -> Self {
        Self::new(target, PassResult::Failed, OutletState::of(&Facts::failed()), Some(why))
    }

    /// A pass that ended by a fault of this program; nothing of it is stored.
    pub fn broken_off(target: &Target) -> Self {
        let fault = "the pass broke off by a fault in menusync itself".to_owned();
        Self { unstored: Some(fault.clone()), ..Self::failed(target, fault) }
    }

    /// An outlet whose files cannot be used (any more).
    pub fn invalid(target: &Target, why: String) -> Self {
        Self::new(target, PassResult::Unchanged, OutletState::of(&Facts::invalid()), Some(why))
    }

    /// The same, coming back when the call that failed says.
    pub(super) fn after(self, error: &RemoteError) -> Self {
        Self { again: Some(error.retry), ..self }
    }

    /// The same for a pass that broke off at `now`.
    pub(super) fn after_breaking_off(self, error: &PassError, now: Timestamp) -> Self {
        match error {
            PassError::Remote(error) => self.after(error),
            // Copies catch up one after the other, and at `until` there is nothing left to wait for.
            PassError::Stale { until, .. } | PassError::BehindSwitch { until, .. } => {
                let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                Self { again: Some(Retry::NotBefore(left.min(STALE_AGAIN))), ..self }
            }
            _ => self,
        }
    }

    /// Whether it says how the outlet stands. Else another process is at it, and will say so.
    pub fn is_ours(&self) -> bool {
        let by_another = matches!(self.state, OutletState::Pushing | OutletState::Verifying | OutletState::Unknown);
        !by_another || self.request_id.is_some()
    }

    /// Whether the pass was given up before it sent anything; nothing was learnt or remembered then.
    pub fn was_withdrawn(&self) -> bool {
        (self.result, self.state) == (PassResult::Queued, OutletState::Pending)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    #[test]
    fn a_result_is_shown_as_the_word_that_it_is_serialised_as() {
        for result in PassResult::ALL {
            assert_eq!(serde_json::to_value(result).unwrap(), result.as_str());
        }
    }

    #[test]
    fn only_a_pass_that_was_given_up_was_withdrawn() {
        let target = Target::new("G1", "Kuta", "catalogs/kuta.yaml");
        assert!(Outcome::withdrawn(&target).was_withdrawn());
        let queued = Outcome::new(&target, PassResult::Queued, OutletState::Queued, None);
        let pending = Outcome::new(&target, PassResult::Unchanged, OutletState::Pending, None);
        for outcome in [queued, pending, Outcome::failed(&target, String::new())] {
            assert!(!outcome.was_withdrawn(), "{outcome:?}");
        }
    }
}
