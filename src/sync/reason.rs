//! Why an outlet stands as it does, in words.

use jiff::tz::TimeZone;

use super::{Desired, Examined, OutletState, Target};
use crate::{
    catalog::OutletId,
    plan::{Change, OutletPlan},
    report::{Lang, PauseNote, minute, value_json},
    state::Pause,
};

/// Why an outlet stands as it does, where the state alone does not say it.
pub fn reason(target: &Target, desired: &Desired, examined: &Examined, state: OutletState) -> Option<String> {
    match state {
        OutletState::Paused => {
            examined.recalled.pause.map(|pause| pause_note(&target.id, pause, &desired.policy.timezone).words)
        }
        OutletState::Held => {
            let held = examined.plan.held().map(|guard| format!("{}: {}", guard.guard, guard.message));
            Some(held.collect::<Vec<_>>().join("; "))
        }
        OutletState::Nonconvergent if examined.lost_again => Some(format!(
            "GoFood accepted this push {} times and never showed it; it is not sent again by itself until the files or the \
             live menu change; `menusync apply --outlet {}` sends it once more",
            super::LOST_AT_MOST,
            target.id
        )),
        OutletState::Nonconvergent => Some(not_as_sent(&examined.plan)),
        OutletState::Failed => promotions_unread(&examined.plan),
        OutletState::Queued => examined.waits().map(|(words, _)| words),
        OutletState::Drifted => examined.recalled.alarm.as_ref().map(|alarm| {
            format!(
                "{} ({}); a push of the menu brings lost ids back: `menusync drift --outlet {}` shows what was lost",
                alarm.what,
                minute(alarm.raised_at, &desired.policy.timezone),
                target.id
            )
        }),
        _ => None,
    }
}

/// Why nothing is done about promotions, where nobody knows how they stand.
pub(super) fn promotions_unread(plan: &OutletPlan) -> Option<String> {
    plan.promotions.unread.as_ref().map(|why| format!("promotions are neither made nor ended: {why}"))
}

/// How many values are named that GoFood does not take.
const NAMED_AT_MOST: usize = 3;

/// What the platform was sent and does not show.
fn not_as_sent(plan: &OutletPlan) -> String {
    rejected(plan).into_iter().chain(plan.promotions.troubles()).collect::<Vec<_>>().join("; ")
}

fn rejected(plan: &OutletPlan) -> Option<String> {
    let is_rejected = |change: &&Change| !change.pushed && change.class == crate::plan::Class::Edit;
    let all: Vec<String> = plan
        .changes
        .iter()
        .filter(is_rejected)
        .map(|change| format!("{} (files {}, live {})", change.path, value_json(&change.to), value_json(&change.from)))
        .collect();
    if all.is_empty() {
        return None;
    }
    let more = all.len().saturating_sub(NAMED_AT_MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let named: Vec<String> = all.into_iter().take(NAMED_AT_MOST).collect();
    Some(format!(
        "accepted but not applied by GoFood; not retried until the file's value changes: {}{more}",
        named.join(", ")
    ))
}

/// A pause for people: `paused until 2027-02-08 13:00 WITA; …`
pub fn pause_note(outlet: &OutletId, pause: Pause, zone: &TimeZone) -> PauseNote {
    let mut note = PauseNote { since: pause.since, until: pause.until, words: String::new() };
    note.words = note.words_in(Lang::En, outlet.as_str(), zone);
    note
}
