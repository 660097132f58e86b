//! The same as the pages show, as JSON.

use axum::{
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Handle,
    snapshot::{Snapshot, Unavailable, pushes},
};
use crate::{
    report::{self, StatusLine},
    state::PushRow,
};

/// `menusync.status/1`, letter for letter what `menusync status --output json` prints.
pub(super) async fn status(State(shared): State<Handle>) -> Response {
    match Snapshot::take(&shared).await {
        Ok(snapshot) => json(StatusCode::OK, report::status_json(&snapshot.lines, snapshot.rollout.as_ref())),
        Err(error) => unavailable(error),
    }
}

/// `menusync.outlet/1`: one outlet as in `menusync.status/1`, and its newest pushes.
pub(super) async fn outlet(State(shared): State<Handle>, Path(id): Path<String>) -> Response {
    let snapshot = match Snapshot::take(&shared).await {
        Ok(snapshot) => snapshot,
        Err(error) => return unavailable(error),
    };
    let Some(line) = snapshot.line(&id) else {
        return failure(StatusCode::NOT_FOUND, &format!("there is no outlet {id}"));
    };
    match pushes(&shared, id).await {
        Ok(rows) => json(StatusCode::OK, document(line, &rows)),
        Err(error) => unavailable(error),
    }
}

fn document(line: &StatusLine, rows: &[PushRow]) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        schema: &'static str,
        tool: &'static str,
        outlet: &'a StatusLine,
        pushes: Vec<Push<'a>>,
    }
    let (schema, tool) = ("menusync.outlet/1", env!("CARGO_PKG_VERSION"));
    text(&Document { schema, tool, outlet: line, pushes: rows.iter().map(Push::new).collect() })
}

#[derive(Serialize)]
struct Push<'a> {
    number: i64,
    request_id: String,
    kind: &'static str,
    digest: &'a str,
    revision: Option<&'a str>,
    prepared_at: Timestamp,
    sent_at: Option<Timestamp>,
    answered_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
    outcome: Option<&'static str>,
    error: Option<&'a str>,
}

impl<'a> Push<'a> {
    fn new(row: &'a PushRow) -> Self {
        Self {
            number: row.id.0,
            request_id: row.request_id.to_string(),
            kind: row.kind.as_str(),
            digest: &row.digest,
            revision: row.revision.as_deref(),
            prepared_at: row.prepared_at,
            sent_at: row.sent_at,
            answered_at: row.answered_at,
            finished_at: row.finished_at,
            outcome: row.outcome.map(|outcome| outcome.as_str()),
            error: row.error.as_deref(),
        }
    }
}

fn unavailable(error: Unavailable) -> Response {
    let words = crate::sync::chain(&error);
    failure(error.status(), &words)
}

fn failure(status: StatusCode, error: &str) -> Response {
    json(status, text(&serde_json::json!({ "error": error })))
}

fn text(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).expect("strings, numbers and lists always serialise")
}

fn json(status: StatusCode, text: String) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], text + "\n").into_response()
}
