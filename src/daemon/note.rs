//! What the log says of a pass: a line for everything that a person would want to know, and none for what stayed as it was.

use crate::sync::{Outcome, OutletState, PassResult};

/// Says how a pass ended; `before`: how the outlet stood when that was last said.
pub(super) fn tell(outcome: &Outcome, before: Option<OutletState>) {
    let Outcome { outlet, name, result, state, plan, request_id, error, opens_at: _, again: _ } = outcome;
    // That all is well at the start is no news.
    let is_news = before.map_or(*state != OutletState::InSync, |before| before != *state);
    let request_id = request_id.map(|id| id.to_string());
    let (word, state, error) = (result.as_str(), state.as_str(), error.as_deref());
    let drift = plan.as_deref().map_or(0, |plan| plan.kept().count());
    match (result, outcome.state) {
        (PassResult::Unchanged, OutletState::Invalid) => {
            tracing::error!(%outlet, name, drift, error, "left out: its files are invalid");
        }
        (PassResult::Unchanged, OutletState::Drifted) if is_news => {
            tracing::warn!(%outlet, name, drift, error, "changed elsewhere; kept as it is, see `menusync drift`");
        }
        (PassResult::Unchanged, _) if is_news => tracing::info!(%outlet, name, state, "nothing to push"),
        (PassResult::Unchanged, _) => tracing::debug!(%outlet, name, state, "unchanged"),
        (PassResult::Published, _) => tracing::info!(%outlet, name, state, request_id, error, "published"),
        (PassResult::Queued, _) => tracing::info!(%outlet, name, error, "queued"),
        (PassResult::Held, _) => tracing::warn!(%outlet, name, error, "held"),
        (PassResult::Timeout, OutletState::Verifying) => tracing::info!(%outlet, name, request_id, error, "verifying"),
        _ => tracing::error!(%outlet, name, state, request_id, error, "{word}"),
    }
}
