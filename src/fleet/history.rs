//! What was pushed to the outlets, as far as it is remembered. GoFood is not asked.

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::{Selection, Survey};
use crate::{
    report::{OutletHistory, PromotionEventLine, PushLine, SwitchEventLine},
    state::{EventRow, KEEP_EVENTS, PushOutcome, PushRow, SharedState, StateError},
};

/// The selected outlets with all their pushes: those of the files by id, then those that are remembered but in no file any
/// more. Without a `state` nothing is remembered yet.
pub async fn history(
    survey: &Survey,
    state: Option<&SharedState>,
    selection: &Selection,
    now: Timestamp,
) -> Result<Vec<OutletHistory>, StateError> {
    let of_files = survey.members.iter().filter(|member| selection.matches(member));
    let mut outlets: Vec<(String, String)> =
        of_files.map(|member| (member.id.0.clone(), member.name.clone())).collect();
    if let Some(state) = state {
        let overview = state.overview(now).await?;
        let missing = overview.of_root().filter(|row| survey.is_missing(*row));
        let meant =
            missing.filter(|row| selection.matches_remembered(&row.id, row.name.as_deref(), row.file.as_deref()));
        outlets.extend(meant.map(|row| (row.id.clone(), row.name.clone().unwrap_or_else(|| row.id.clone()))));
    }
    let mut histories = Vec::new();
    for (outlet, name) in outlets {
        let rows = match state {
            Some(state) => state.history(&outlet).await?,
            None => Vec::new(),
        };
        let events = match state {
            Some(state) => state.promotion_events(Some(&outlet), KEEP_EVENTS).await?,
            None => Vec::new(),
        };
        let promotions = promotion_lines(events).into_iter().map(|(_, line)| line).collect();
        let switches = match state {
            Some(state) => state.switch_events(Some(&outlet), KEEP_EVENTS).await?,
            None => Vec::new(),
        };
        let switches = switch_lines(switches).into_iter().map(|(_, line)| line).collect();
        histories.push(OutletHistory { pushes: push_lines(rows), promotions, switches, outlet, name });
    }
    Ok(histories)
}

/// What became of promotions as it is told, each with its outlet. What a later release has stored may not be understood.
pub fn promotion_lines(rows: Vec<EventRow>) -> Vec<(String, PromotionEventLine)> {
    lines_of(rows, |at, event| PromotionEventLine { at, event })
}

/// The same of switches of stock.
pub fn switch_lines(rows: Vec<EventRow>) -> Vec<(String, SwitchEventLine)> {
    lines_of(rows, |at, event| SwitchEventLine { at, event })
}

fn lines_of<E: DeserializeOwned, L>(rows: Vec<EventRow>, line: impl Fn(Timestamp, E) -> L) -> Vec<(String, L)> {
    let line = |EventRow { outlet, at, event }: EventRow| Some((outlet, line(at, serde_json::from_str(&event).ok()?)));
    rows.into_iter().filter_map(line).collect()
}

/// Pushes as they are told, newest first.
pub fn push_lines(rows: Vec<(PushRow, Option<String>)>) -> Vec<PushLine> {
    let mut live = None;
    let line = |(row, changes): (PushRow, Option<String>)| {
        if row.outcome == Some(PushOutcome::Published) {
            live.get_or_insert(row.number);
        }
        PushLine {
            number: row.number,
            request_id: row.request_id.to_string(),
            kind: row.kind.as_str(),
            prepared_at: row.prepared_at,
            sent_at: row.sent_at,
            finished_at: row.finished_at,
            revision: row.revision,
            author: row.author,
            digest: row.digest,
            outcome: row.outcome.map(PushOutcome::as_str),
            error: row.error,
            back_to: row.back_to,
            wave: row.wave,
            live: live == Some(row.number),
            changes: changes.and_then(|changes| serde_json::from_str(&changes).ok()),
        }
    };
    rows.into_iter().map(line).collect()
}
