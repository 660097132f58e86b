//! Reviewed exceptions. An approval releases one guard for one plan: the plan whose effects hash to the digest that was
//! reviewed, until it expires. Any other plan is held as if it were not there.
//!
//! How approvals are written in files is `approval`'s.

use jiff::{SignedDuration, Timestamp};

use super::{Action, Change, Digest, GuardVerdict, OutletPlan, Reviewed, Verdict, change::digest_with};
use crate::{catalog::OutletId, policy::Guard};

/// The furthest that an approval may reach ahead.
pub const LONGEST_APPROVAL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How far the clocks of who approves and of who pushes may be apart (our choice).
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

/// One guard let through for one plan of one outlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The guard.
    pub guard: Guard,
    /// What the plan's effects hash to, see [`OutletPlan::approvable`].
    pub digest: Digest,
    /// Where that was written down.
    pub reviewed: Reviewed,
}

/// What an approval does for a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalEffect {
    /// Its guard trips, and it was given for this plan.
    Releases,
    /// Its guard has nothing against this plan.
    NotHeld,
    /// It was given for another plan.
    OtherPlan,
    /// Its time is over.
    Expired,
    /// It reaches further ahead than an approval may.
    TooLong,
}

impl Approval {
    /// What it does for `plan` at `now`.
    pub fn effect(&self, plan: &OutletPlan, now: Timestamp) -> ApprovalEffect {
        let about = |verdict: &&GuardVerdict| verdict.guard == self.guard && verdict.verdict != Verdict::Pass;
        let trips: Vec<&GuardVerdict> = plan.guards.iter().filter(about).collect();
        let has_released = |verdict: &&GuardVerdict| verdict.approval.as_ref() == Some(&self.reviewed);
        match of_time(self.reviewed.expires, now) {
            Some(out_of_time) => out_of_time,
            None if trips.is_empty() => ApprovalEffect::NotHeld,
            // That the plan may have lost its changes since, as they were sent, makes no difference.
            None if trips.iter().any(has_released) => ApprovalEffect::Releases,
            None if self.digest != plan.approvable(self.guard) => ApprovalEffect::OtherPlan,
            None => ApprovalEffect::Releases,
        }
    }
}

/// Why an approval that ends at `expires` does not count at `now`.
pub fn of_time(expires: Timestamp, now: Timestamp) -> Option<ApprovalEffect> {
    let ahead = expires.duration_since(now);
    match ahead {
        _ if expires <= now => Some(ApprovalEffect::Expired),
        _ if ahead > LONGEST_APPROVAL + CLOCKS_APART => Some(ApprovalEffect::TooLong),
        _ => None,
    }
}

impl OutletPlan {
    /// The digest that an approval of `guard` has to name to release it here.
    pub fn approvable(&self, guard: Guard) -> Digest {
        let verdict = self.guards.iter().find(|verdict| verdict.guard == guard);
        let promotions = verdict.map(|verdict| verdict.promotions.as_slice()).unwrap_or_default();
        approvable(guard, &self.outlet, self.action, &self.changes, promotions)
    }

    /// The same once more is planned than was looked at before: approved is the whole plan, or nothing of it.
    pub fn release_again(&mut self, approvals: &[Approval], now: Timestamp) {
        for verdict in self.guards.iter_mut().filter(|verdict| verdict.approval.is_some()) {
            (verdict.verdict, verdict.approval) = (Verdict::Held, None);
        }
        self.release(approvals, now);
    }

    /// Lets through what was approved for exactly this plan, as `now` is.
    pub fn release(&mut self, approvals: &[Approval], now: Timestamp) {
        let held: Vec<Guard> = self.held().map(|verdict| verdict.guard).collect();
        for guard in held {
            let for_it = |approval: &&Approval| approval.guard == guard;
            let counts = |approval: &&Approval| approval.effect(self, now) == ApprovalEffect::Releases;
            let Some(approval) = approvals.iter().filter(for_it).find(counts) else { continue };
            for verdict in self.guards.iter_mut().filter(|verdict| verdict.guard == guard) {
                verdict.verdict = Verdict::Released;
                verdict.approval = Some(approval.reviewed.clone());
            }
        }
    }
}

/// The hash of what a person looks at who approves: the effects of a plan, as in its digest. Where the guard is about stock,
/// or only stock is sent, a plan's digest says nothing about what is let through, so here stock counts too. So do the promotions
/// that a guard names: one that is made later was not looked at.
pub fn approvable(
    guard: Guard,
    outlet: &OutletId,
    action: Action,
    changes: &[Change],
    promotions: &[String],
) -> Digest {
    let about_stock = guard == Guard::SoldOut || action == Action::Stock;
    let counts = |change: &Change| change.is_effect() || (about_stock && change.pushed);
    digest_with([(outlet, changes)], &counts, promotions)
}
