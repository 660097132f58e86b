//! Whether a plan that is made once more, shortly before it is sent, does what was agreed to.

use hashbrown::HashMap;

use super::{Change, GuardVerdict, OutletPlan, Verdict};
use crate::catalog::Path;

impl OutletPlan {
    /// Why a push of this plan is not the one that was agreed to, in words. What the kitchen has switched meanwhile is no reason:
    /// this plan carries it.
    pub fn differs_from(&self, agreed: &Self) -> Option<String> {
        if let Some(step) = self.promotions.steps.iter().find(|step| step.before_push) {
            return Some(format!("promotion {} has to end before it", step.label()));
        }
        if let Some(path) = other_change(self, agreed) {
            return Some(format!("{path} is not as it was"));
        }
        if self.unwatched.is_some() && agreed.unwatched.is_none() {
            return self.unwatched.clone();
        }
        let tripped =
            self.guards.iter().filter(|now| now.verdict != Verdict::Pass && !is_about_prices_of_promotions(now));
        let new = tripped.into_iter().find(|now| !agreed.guards.iter().any(|known| covers(known, now)));
        new.map(|now| format!("guard `{}`: {}", now.guard, now.message))
    }
}

/// What is changed otherwise: by the files, or by somebody else, whose edit the guards have not seen.
fn other_change<'a>(now: &'a OutletPlan, agreed: &'a OutletPlan) -> Option<&'a Path> {
    fn by_path(plan: &OutletPlan) -> HashMap<&Path, Vec<&Change>> {
        let mut known: HashMap<_, Vec<_>> = HashMap::with_capacity(plan.changes.len());
        plan.changes.iter().for_each(|change| known.entry(&change.path).or_default().push(change));
        known
    }
    let is_same = |a: &Change, b: &Change| {
        (a.kind, a.class, &a.from, &a.to, a.pushed) == (b.kind, b.class, &b.from, &b.to, b.pushed)
    };
    let is_in = |change: &Change, known: &HashMap<&Path, Vec<&Change>>| {
        known.get(&change.path).is_some_and(|others| others.iter().any(|other| is_same(other, change)))
    };
    let (known, coming) = (by_path(agreed), by_path(now));
    let of_menu = |change: &&Change| !change.is_promotion() && !change.is_stock();
    let come = now.changes.iter().filter(of_menu).chain(now.pushed().filter(|change| change.is_stock()));
    let lost = agreed.changes.iter().filter(of_menu).find(|change| !is_in(change, &coming));
    come.into_iter().find(|change| !is_in(change, &known)).or(lost).map(|change| &change.path)
}

/// What is made after the push was judged when that was agreed to; it is planned once more after it.
fn is_about_prices_of_promotions(verdict: &GuardVerdict) -> bool {
    !verdict.items.is_empty() && verdict.items.iter().all(|path| matches!(path, Path::Promotion(..)))
}

/// Whether what is let through by `known` is what trips `now`, or more.
fn covers(known: &GuardVerdict, now: &GuardVerdict) -> bool {
    known.guard == now.guard
        && known.verdict != Verdict::Pass
        && known.actual.is_some() == now.actual.is_some()
        && now.items.iter().all(|path| known.items.contains(path))
        && now.promotions.iter().all(|id| known.promotions.contains(id))
}
