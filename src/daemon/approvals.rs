//! Approvals that let nothing through any more: said once each. What an approval lets through is judged in the pass.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Daemon, Worker};
use crate::{
    approval::{ApprovalFile, Stale},
    catalog::OutletId,
    plan::ApprovalEffect,
    sync::Outcome,
};

/// What is known of the approvals.
#[derive(Default)]
pub(super) struct Approvals {
    /// What each did at an outlet in the last pass over that.
    effect: BTreeMap<(Arc<str>, OutletId), ApprovalEffect>,
    reported: BTreeSet<Stale>,
}

impl<W: Worker> Daemon<W> {
    /// Takes from a pass what approvals did in it, and says which of them are of no use.
    pub(super) fn tell_stale_approvals(&mut self, outcome: &Outcome) {
        let Some(plan) = outcome.plan.as_deref() else { return };
        let (loaded, now) = (Arc::clone(&self.loaded), self.now());
        let Approvals { effect, reported } = &mut self.approvals;
        for file in loaded.approvals() {
            if let Some(approval) = file.at(&outcome.outlet) {
                effect.insert((Arc::clone(&file.file), outcome.outlet.clone()), approval.effect(plan, now));
            }
        }
        let of = |file: &ApprovalFile, id: &OutletId| effect.get(&(Arc::clone(&file.file), id.clone())).copied();
        for stale in
            loaded.approvals().iter().filter_map(|file| file.stale(&|id| of(file, id), now, &loaded.timezone()))
        {
            if reported.insert(stale.clone()) {
                tracing::warn!("{stale}");
            }
        }
    }

    /// Other files hold now: what old ones did says nothing of them.
    pub(super) fn forget_approvals(&mut self) {
        self.approvals.effect.clear();
    }
}
