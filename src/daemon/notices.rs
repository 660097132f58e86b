//! What people are to be told of a pass. When and how is `notify`'s.

use crate::{
    notify::{Health, Seen},
    settings::NotificationKind,
    sync::{Outcome, OutletState, PassResult},
};

/// How a pass has left an outlet.
pub(super) fn seen(outcome: &Outcome) -> Seen {
    let plan = outcome.plan.as_deref();
    let drift = plan.map_or(0, |plan| plan.unpushed_drift().count());
    let detail = outcome.error.clone().or_else(|| match drift {
        0 => None,
        1 => Some("1 change was made elsewhere and is kept".to_owned()),
        many => Some(format!("{many} changes were made elsewhere and are kept")),
    });
    Seen {
        outlet: outcome.outlet.clone(),
        name: outcome.name.clone(),
        health: health(outcome),
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
