//! What the loop waits for.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{
    documents::Root,
    protocol::Answer,
    view::{Found, View},
    wire::{Received, WireError},
};
use crate::fleet::Loaded;

/// Something that has happened.
pub(super) enum Event {
    Received(Result<Received, WireError>),
    Loaded(Root, Result<Arc<Loaded>, String>),
    /// Why the folder of the editor is not looked at.
    NoRoot(String),
    Viewed(View),
    Found {
        found: Found,
        by_file: BTreeMap<Arc<str>, Value>,
    },
    Answered {
        id: String,
        answer: Answer,
    },
    /// Something that people have to know.
    Notice(String),
    Died(&'static str),
    /// Nothing waits to be written.
    AllWritten,
    CannotWrite,
}
