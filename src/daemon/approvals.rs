//! Approvals that let nothing through any more: said once each. What an approval lets through is judged in the pass.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Daemon, Worker};
use crate::{
    approval::{EffectCounts, Stale},
    catalog::OutletId,
    plan::ApprovalEffect,
    sync::Outcome,
};

#[derive(Default)]
struct Effects {
    at: BTreeMap<OutletId, ApprovalEffect>,
    counts: EffectCounts,
}

/// What is known of the approvals.
#[derive(Default)]
pub(super) struct Approvals {
    /// What each did at its outlets, in the last pass over them.
    effects: BTreeMap<Arc<str>, Effects>,
    reported: BTreeSet<Stale>,
}

impl<W: Worker> Daemon<W> {
    /// Takes from a pass what approvals did in it, and says which of them are of no use.
    pub(super) fn tell_stale_approvals(&mut self, outcome: &Outcome) {
        let Some(plan) = outcome.plan.as_deref() else { return };
        let (loaded, now) = (Arc::clone(&self.loaded), self.now());
        let Approvals { effects, reported } = &mut self.approvals;
        for file in loaded.approvals() {
            let known = effects.entry(Arc::clone(&file.file)).or_default();
            if let Some(approval) = file.at(&outcome.outlet) {
                let effect = approval.effect(plan, now);
                let before = known.at.insert(outcome.outlet.clone(), effect);
                known.counts.note(effect, before);
            }
            let Some(stale) = file.stale(&known.counts, now, &loaded.timezone()) else { continue };
            if reported.insert(stale.clone()) {
                tracing::warn!("{stale}");
            }
        }
    }

    /// Other files hold now: what old ones did says nothing of them.
    pub(super) fn forget_approvals(&mut self) {
        self.approvals.effects.clear();
    }
}
