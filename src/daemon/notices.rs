//! What people are to be told of a pass. When and how is `notify`'s.

use crate::{
    notify::{Health, Seen},
    report::InvalidFrom,
    settings::NotificationKind,
    sync::{Outcome, OutletState, PassResult},
};

/// How a pass has left an outlet, and what its files will do to it.
pub(super) fn seen(outcome: &Outcome, invalid_from: Option<&InvalidFrom>) -> Seen {
    let plan = outcome.plan.as_deref();
    let drift = plan.map_or(0, |plan| plan.unpushed_drift().count());
    let soon = invalid_from.filter(|_| matches!(health(outcome), Health::Good));
    let detail = soon.map(ToString::to_string).or_else(|| outcome.error.clone()).or_else(|| match drift {
        0 => None,
        1 => Some("1 change was made elsewhere and is kept".to_owned()),
        many => Some(format!("{many} changes were made elsewhere and are kept")),
    });
    Seen {
        outlet: outcome.outlet.clone(),
        name: outcome.name.clone(),
        health: soon.map_or_else(|| health(outcome), |_| Health::Bad(NotificationKind::InvalidSoon)),
        published: outcome.result == PassResult::Published,
        detail,
    }
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
