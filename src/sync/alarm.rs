//! What an event said of an outlet although its menu may read as it should: its orders cannot be recognised.

use super::{Context, Outcome, OutletState, chain};

/// An outlet with an alarm is not in sync, whatever its menu reads.
pub(super) fn heed(context: &Context, outcome: Outcome) -> Outcome {
    if !matches!(outcome.state, OutletState::InSync | OutletState::Drifted) {
        return outcome;
    }
    let outlet = &outcome.outlet;
    match context.store.with(|store| store.alarm(outlet.as_str(), context.clock.now())) {
        Ok(None) => outcome,
        Ok(Some(alarm)) => {
            let told = format!(
                "{} ({}); a push of the menu brings lost ids back: `menusync drift --outlet {outlet}` shows what was lost",
                alarm.what,
                alarm.raised_at.strftime("%Y-%m-%d %H:%M UTC")
            );
            Outcome { state: OutletState::Drifted, error: Some(told), ..outcome }
        }
        Err(error) => {
            tracing::warn!(%outlet, error = %chain(&error), "cannot read whether orders of this outlet are recognised");
            outcome
        }
    }
}
