//! The parts of the protocol's messages that are read, and those that are written (Language Server Protocol 3.17).

use serde::Deserialize;
use serde_json::{Value, json};

use super::documents::{Change, Position, Range};

/// Codes of errors.
pub(super) mod code {
    pub(in super::super) const PARSE_ERROR: i64 = -32700;
    pub(in super::super) const INVALID_REQUEST: i64 = -32600;
    pub(in super::super) const METHOD_NOT_FOUND: i64 = -32601;
    pub(in super::super) const INVALID_PARAMS: i64 = -32602;
    pub(in super::super) const NOT_INITIALIZED: i64 = -32002;
    pub(in super::super) const REQUEST_FAILED: i64 = -32803;
    pub(in super::super) const REQUEST_CANCELLED: i64 = -32800;
}

/// Why a question has no answer.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) code: i64,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self { code: code::REQUEST_FAILED, message: message.into() }
    }
}

/// An answer is JSON, or why there is none.
pub(super) type Answer = Result<Value, Refusal>;

pub(super) fn response(id: &Value, answer: Answer) -> Value {
    match answer {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(Refusal { code, message }) => {
            json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
        }
    }
}

pub(super) fn notification(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "method": method, "params": params})
}

/// How loud a message is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Loudness {
    Error = 1,
    Warning = 2,
}

/// A message that people see.
pub(super) fn show(loudness: Loudness, message: &str) -> Value {
    notification("window/showMessage", json!({"type": loudness as u8, "message": format!("menusync: {message}")}))
}

/// A message for the log of the editor.
pub(super) fn log(message: &str) -> Value {
    notification("window/logMessage", json!({"type": 3, "message": message}))
}

#[derive(Debug, Deserialize)]
pub(super) struct DocumentId {
    pub(super) uri: String,
    pub(super) version: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DidOpen {
    pub(super) text_document: OpenedDocument,
}

#[derive(Debug, Deserialize)]
pub(super) struct OpenedDocument {
    pub(super) uri: String,
    pub(super) version: Option<i64>,
    pub(super) text: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DidChange {
    pub(super) text_document: DocumentId,
    pub(super) content_changes: Vec<Change>,
}

/// What most questions are about; what a question does not have is at its default.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct About {
    pub(super) text_document: DocumentId,
    pub(super) position: Option<Position>,
    pub(super) range: Option<Range>,
    pub(super) new_name: Option<String>,
    #[serde(default)]
    pub(super) context: Context,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Context {
    pub(super) include_declaration: bool,
    pub(super) only: Option<Vec<String>>,
}

/// What an editor says of itself.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Abilities {
    /// It takes edits of documents by their version.
    pub(super) document_changes: bool,
    /// It can ask a person to confirm an edit.
    pub(super) confirmation: bool,
    /// It can be asked to tell of changed files.
    pub(super) watches: bool,
}

impl Abilities {
    pub(super) fn of(params: &Value) -> Self {
        let has = |path: &str| params.pointer(&format!("/capabilities/workspace/{path}")).is_some_and(|v| *v != false);
        Self {
            document_changes: has("workspaceEdit/documentChanges"),
            confirmation: has("workspaceEdit/changeAnnotationSupport"),
            watches: has("didChangeWatchedFiles/dynamicRegistration"),
        }
    }
}

/// What we say of ourselves.
pub(super) fn capabilities(version: &str) -> Value {
    json!({
        "capabilities": {
            "positionEncoding": "utf-16",
            "textDocumentSync": {"openClose": true, "change": 2, "save": true},
            "completionProvider": {"triggerCharacters": [" ", "/", "[", "\"", "'"]},
            "hoverProvider": true,
            "definitionProvider": true,
            "referencesProvider": true,
            "renameProvider": {"prepareProvider": true},
            "documentFormattingProvider": true,
            "codeActionProvider": {"codeActionKinds": ["quickfix"]},
        },
        "serverInfo": {"name": "menusync", "version": version},
    })
}

/// The request to be told of changed files.
pub(super) fn watch_files() -> Value {
    let watchers = json!([{"globPattern": "**/*.{yaml,yml,json,jpg,jpeg,png,webp}"}]);
    json!({"jsonrpc": "2.0", "id": "watch", "method": "client/registerCapability", "params": {"registrations": [
        {"id": "watch", "method": "workspace/didChangeWatchedFiles", "registerOptions": {"watchers": watchers}},
    ]}})
}
