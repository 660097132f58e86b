//! What people are to be told of a pass. When and how is `notify`'s.

use crate::{
    notify::{Seen, Standing},
    settings::Occasion,
    sync::{Outcome, OutletState, PassResult},
};

/// How a pass has left an outlet.
pub(super) fn seen(outcome: &Outcome) -> Seen {
    let plan = outcome.plan.as_deref();
    let drift = plan.map_or(0, |plan| plan.kept().count());
    let detail = outcome.error.clone().or_else(|| match drift {
        0 => None,
        1 => Some("1 change was made elsewhere and is kept".to_owned()),
        many => Some(format!("{many} changes were made elsewhere and are kept")),
    });
    Seen {
        outlet: outcome.outlet.clone(),
        name: outcome.name.clone(),
        standing: standing(outcome),
        published: outcome.result == PassResult::Published,
        detail,
    }
}

fn standing(outcome: &Outcome) -> Standing {
    let is_contested =
        || outcome.plan.as_deref().is_some_and(|plan| plan.changes.iter().any(|change| change.contested));
    match outcome.state {
        OutletState::InSync => Standing::Well,
        OutletState::Drifted if is_contested() => Standing::Wrong(Occasion::Contested),
        OutletState::Drifted => Standing::Wrong(Occasion::Drift),
        OutletState::Held => Standing::Wrong(Occasion::Held),
        OutletState::Nonconvergent => Standing::Wrong(Occasion::Nonconvergent),
        OutletState::Failed | OutletState::Unknown => Standing::Wrong(Occasion::Failed),
        OutletState::Invalid => Standing::Wrong(Occasion::Invalid),
        OutletState::Missing => Standing::Wrong(Occasion::Missing),
        OutletState::Pending
        | OutletState::Pushing
        | OutletState::Verifying
        | OutletState::Queued
        | OutletState::Paused => Standing::Between,
    }
}
