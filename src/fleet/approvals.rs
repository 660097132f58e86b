//! The approvals of a root, and which of them have no effect on the plans of the day.

use jiff::Timestamp;

use super::Loaded;
use crate::{
    approval::{ApprovalFile, Stale},
    catalog::OutletId,
    plan::{ApprovalEffect, OutletPlan},
};

impl Loaded {
    /// The approvals that can be read.
    pub fn approvals(&self) -> &[ApprovalFile] {
        &self.approvals
    }

    /// The approvals that let nothing through in these plans, as far as that can be said.
    pub fn stale_approvals<'p>(&self, plans: impl IntoIterator<Item = &'p OutletPlan>, at: Timestamp) -> Vec<Stale> {
        let plans: Vec<&OutletPlan> = plans.into_iter().collect();
        let effect = |approval: &ApprovalFile, id: &OutletId| -> Option<ApprovalEffect> {
            let plan = plans.iter().find(|plan| plan.outlet == *id)?;
            Some(approval.at(id)?.effect(plan, at))
        };
        self.approvals.iter().filter_map(|approval| approval.stale(&|id| effect(approval, id), at)).collect()
    }
}
