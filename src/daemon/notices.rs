//! What people are to be told of a pass. When and how is `notify`'s.

use std::collections::BTreeMap;

use crate::{
    notify::{Detail, Health, Seen},
    report::{InvalidFrom, PromotionResult},
    rollout::WaveOf,
    settings::NotificationKind,
    sync::{Outcome, OutletState, PassResult},
};

/// How a pass has left an outlet, and what its files will do to it.
pub(super) fn seen(outcome: &Outcome, invalid_from: Option<&InvalidFrom>) -> Seen {
    let plan = outcome.plan.as_deref();
    let drift = plan.map_or(0, |plan| plan.unpushed_drift().count());
    let soon = invalid_from.filter(|_| matches!(health(outcome), Health::Good));
    let detail = soon.cloned().map(Detail::InvalidFrom).or_else(|| error(outcome)).or_else(|| promoted(outcome, drift));
    let detail = detail.or_else(|| (drift > 0).then_some(Detail::Kept(drift)));
    Seen {
        outlet: outcome.outlet.clone(),
        name: outcome.name.clone(),
        health: soon.map_or_else(|| health(outcome), |_| Health::Bad(NotificationKind::InvalidSoon)),
        published: outcome.result == PassResult::Published,
        detail,
        switches: outcome.switches.iter().filter(|event| event.result.is_trouble()).cloned().collect(),
        stuck: None,
    }
}

/// That nobody of a wave could be sent, told of one of it.
pub(super) fn stuck(outlet: &str, name: &str, wave: WaveOf) -> Seen {
    Seen {
        outlet: outlet.into(),
        name: name.to_owned(),
        health: Health::Changing,
        published: false,
        detail: None,
        switches: Vec::new(),
        stuck: Some(wave),
    }
}

fn error(outcome: &Outcome) -> Option<Detail> {
    let words = outcome.error.clone()?;
    let held = outcome.plan.as_deref().filter(|_| outcome.state == OutletState::Held);
    Some(match held {
        Some(plan) => Detail::Held { guards: plan.held().map(|guard| guard.guard).collect(), findings: words },
        None => Detail::Error(words),
    })
}

/// What became of promotions, by how they ended; beside it, how many changes are kept.
fn promoted(outcome: &Outcome, kept: usize) -> Option<Detail> {
    let mut by_result: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for PromotionResult { name, item, result, .. } in &outcome.promotions {
        by_result.entry(result).or_default().push(format!("“{name}” of {item}"));
    }
    let by_result: Vec<_> = by_result.into_iter().collect();
    (!by_result.is_empty()).then_some(Detail::Promotions { by_result, kept })
}

fn health(outcome: &Outcome) -> Health {
    let is_contested =
        || outcome.plan.as_deref().is_some_and(|plan| plan.changes.iter().any(|change| change.contested));
    match outcome.state {
        OutletState::InSync => Health::Good,
        OutletState::Drifted if is_contested() => Health::Bad(NotificationKind::Contested),
        OutletState::Drifted => Health::Bad(NotificationKind::Drift),
        OutletState::Held => Health::Bad(NotificationKind::Held),
        OutletState::Nonconvergent => Health::Bad(NotificationKind::Nonconvergent),
        OutletState::Failed | OutletState::Unknown => Health::Bad(NotificationKind::Failed),
        OutletState::Invalid => Health::Bad(NotificationKind::Invalid),
        OutletState::Missing => Health::Bad(NotificationKind::Missing),
        OutletState::Pending
        | OutletState::Pushing
        | OutletState::Verifying
        | OutletState::Queued
        | OutletState::Paused => Health::Changing,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;
    use crate::sync::Target;

    #[test]
    fn who_is_told_of_a_push_is_told_what_became_of_promotions() {
        let promotion = |name: &str, result| PromotionResult {
            name: name.to_owned(),
            item: "NG".to_owned(),
            result,
            promotion_id: None,
            error: None,
        };
        let target = Target::new("G1", "Kuta", "catalogs/kuta.yaml");
        let promotions =
            vec![promotion("gajian", "ended"), promotion("murah", "created"), promotion("siang", "created")];
        let outcome = Outcome {
            result: PassResult::Published,
            state: OutletState::InSync,
            promotions,
            error: None,
            ..Outcome::failed(&target, String::new())
        };
        let Some(Detail::Promotions { by_result: told, .. }) = seen(&outcome, None).detail else {
            panic!("nothing is told of promotions")
        };
        let words: Vec<String> = told.iter().map(|(result, names)| format!("{result}: {}", names.join(", "))).collect();
        assert_eq!(words, ["created: “murah” of NG, “siang” of NG", "ended: “gajian” of NG"]);
    }
}
