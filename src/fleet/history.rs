//! What was pushed to the outlets, as far as it is remembered. GoFood is not asked.

use super::{Selection, Survey};
use crate::{
    report::{OutletHistory, PushLine},
    state::{PushOutcome, PushRow, StateError, Store},
};

/// The selected outlets with all their pushes: those of the files by id, then those that are remembered but in no file any
/// more. Without a `store` nothing is remembered yet.
pub fn history(
    survey: &Survey,
    store: Option<&Store>,
    selection: &Selection,
) -> Result<Vec<OutletHistory>, StateError> {
    let of_files = survey.members.iter().filter(|member| selection.matches(member));
    let mut outlets: Vec<(String, String)> =
        of_files.map(|member| (member.id.0.clone(), member.name.clone())).collect();
    let known = |id: &str| survey.members.iter().any(|member| member.id.as_str() == id);
    let remembered =
        store.map(Store::outlets_in_brief).transpose()?.into_iter().flatten().filter(|row| !known(&row.id));
    let meant =
        remembered.filter(|row| selection.matches_remembered(&row.id, row.name.as_deref(), row.file.as_deref()));
    outlets.extend(meant.map(|row| (row.id.clone(), row.name.unwrap_or(row.id))));
    outlets
        .into_iter()
        .map(|(outlet, name)| Ok(OutletHistory { pushes: pushes(store, &outlet)?, outlet, name }))
        .collect()
}

fn pushes(store: Option<&Store>, outlet: &str) -> Result<Vec<PushLine>, StateError> {
    let mut live = None;
    let rows = store.map(|store| store.history(outlet)).transpose()?.unwrap_or_default();
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
            live: live == Some(row.number),
            changes: changes.and_then(|changes| serde_json::from_str(&changes).ok()),
        }
    };
    Ok(rows.into_iter().map(line).collect())
}
