//! What the log says of a pass over an outlet: a line for everything that a person would want to know, and none for what
//! stayed as it was; trouble that stays is told once an hour.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::{
    diagnostic::Diagnostic,
    fleet::Survey,
    remote::without_request_ids,
    report::untrusted::printable,
    sync::{Outcome, OutletState, PassResult},
};

/// How often trouble that stays the same is told again (our choice).
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// What was last told of an outlet.
#[derive(Debug, Clone)]
pub(super) struct LastNote {
    state: OutletState,
    result: PassResult,
    error: Option<String>,
    /// What was told of the live menu beyond what is understood.
    extras: Vec<String>,
    at: Timestamp,
    /// How often the same came since.
    repeated: u64,
}

/// Says what makes outlets invalid later on, each thing once, unless it was said of the files `before`.
pub(super) fn tell_invalid_soon(survey: &Survey, before: Option<&Survey>) {
    let coming = |survey: &Survey| -> BTreeMap<String, usize> {
        let mut outlets = BTreeMap::new();
        for invalid in survey.members.iter().filter_map(|member| member.invalid_from.as_deref()) {
            *outlets.entry(format!("from {} on: {}", invalid.when, invalid.reason)).or_default() += 1;
        }
        outlets
    };
    let known = before.map(coming).unwrap_or_default();
    for (words, outlets) in coming(survey).into_iter().filter(|(words, _)| !known.contains_key(words)) {
        tracing::error!(outlets, "outlets will be invalid {}", printable(&words));
    }
}

/// Says what looks wrong in files that were just pushed.
pub(super) fn tell_warnings<'d>(warnings: impl Iterator<Item = &'d Diagnostic>) {
    for Diagnostic { code, message, place, .. } in warnings {
        let place = place.as_ref().map(ToString::to_string).unwrap_or_default();
        tracing::warn!(code, place, "pushed with a warning: {}", printable(message));
    }
}

/// Says how a pass ended, if that is news; `last` is what was said before. Whether it was news.
pub(super) fn tell(outcome: &Outcome, last: &mut Option<LastNote>, now: Timestamp) -> bool {
    let extras = outcome.plan.as_deref().map(|plan| plan.extras.words());
    // A pass that saw no menu says nothing of it.
    let known = last.as_ref().map(|last| last.extras.clone()).unwrap_or_default();
    let extras = extras.unwrap_or_else(|| known.clone());
    for extra in extras.iter().filter(|extra| !known.contains(extra)) {
        tracing::warn!(outlet = %outcome.outlet, name = outcome.name, "{}", printable(extra));
    }
    let fresh = || LastNote {
        state: outcome.state,
        result: outcome.result,
        error: reason(outcome),
        extras: extras.clone(),
        at: now,
        repeated: 0,
    };
    let before = last.as_ref().map(|last| last.state);
    let repeated = match last {
        Some(last) if last.is_same(outcome) && now.duration_since(last.at) < AGAIN_AFTER => {
            last.repeated += 1;
            last.extras.clone_from(&extras);
            let (result, state) = (outcome.result.as_str(), outcome.state.as_str());
            tracing::debug!(outlet = %outcome.outlet, name = outcome.name, state, error = outcome.error, "{result} as before");
            return false;
        }
        Some(last) if last.is_same(outcome) => Some(last.repeated + 1),
        _ => None,
    };
    *last = Some(fresh());
    say(outcome, before, repeated)
}

impl LastNote {
    fn is_same(&self, outcome: &Outcome) -> bool {
        // A publication is an act, and never the same as the one before.
        outcome.result != PassResult::Published
            && (self.state, self.result, &self.error) == (outcome.state, outcome.result, &reason(outcome))
    }
}

/// What is wrong, without what differs from call to call.
fn reason(outcome: &Outcome) -> Option<String> {
    outcome.error.as_deref().map(without_request_ids)
}

fn say(outcome: &Outcome, before: Option<OutletState>, repeated: Option<u64>) -> bool {
    let Outcome { outlet, name, result, state, plan, request_id, error, .. } = outcome;
    // That all is well at the start is no news.
    let is_news = before.map_or(*state != OutletState::InSync, |before| before != *state);
    let request_id = request_id.map(|id| id.to_string());
    let (word, state, error) = (result.as_str(), state.as_str(), error.as_deref());
    let drift = plan.as_deref().map_or(0, |plan| plan.unpushed_drift().count());
    match (result, outcome.state) {
        (PassResult::Unchanged, OutletState::Invalid) => {
            tracing::error!(%outlet, name, drift, error, repeated, "left out: its files are invalid");
        }
        (PassResult::Unchanged, OutletState::Drifted) if is_news || repeated.is_some() => {
            tracing::warn!(%outlet, name, drift, error, repeated, "changed elsewhere; kept as it is, see `menusync drift`");
        }
        (PassResult::Unchanged, _) if is_news => tracing::info!(%outlet, name, state, "nothing to push"),
        (PassResult::Unchanged, _) => {
            tracing::debug!(%outlet, name, state, "unchanged");
            return false;
        }
        (PassResult::Published, _) => tracing::info!(%outlet, name, state, request_id, error, "published"),
        (PassResult::Queued, _) => tracing::info!(%outlet, name, error, "queued"),
        (PassResult::Held, _) if !outcome.is_ours() => {
            tracing::info!(%outlet, name, error, repeated, "another process is at it");
        }
        (PassResult::Held, _) => tracing::warn!(%outlet, name, error, repeated, "held"),
        (PassResult::Timeout, OutletState::Verifying) => tracing::info!(%outlet, name, request_id, error, "verifying"),
        _ => tracing::error!(%outlet, name, state, request_id, error, repeated, "{word}"),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::Target;

    #[test]
    fn trouble_that_stays_is_told_once_an_hour_with_how_often_it_came() {
        let outcome = Outcome::failed(&Target::new("G1", "Kuta", "kuta.yaml"), "no answer".to_owned());
        let at = |minutes: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        let mut last = None;
        let news: Vec<i64> = (0..130).filter(|minutes| tell(&outcome, &mut last, at(*minutes))).collect();
        assert_eq!(news, [0, 60, 120]);
        assert_eq!(last.as_ref().map(|last| last.repeated), Some(9));
        let called = |id: &str| Outcome { error: Some(format!("no answer (X-Request-ID {id})")), ..outcome.clone() };
        assert!(!tell(&called("1-2"), &mut last, at(125)), "another call, the same trouble");
        let other = Outcome { error: Some("another answer".to_owned()), ..outcome.clone() };
        assert!(tell(&other, &mut last, at(130)), "another error is news");
        assert!(tell(&outcome, &mut last, at(131)), "and so is the return of the first");
    }
}
