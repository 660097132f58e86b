//! `notify`: who is told of what.

use std::path::{Path, PathBuf};

use reqwest::Url;
use secrecy::SecretString;
use serde::Serialize;

use super::{
    SettingsError, address,
    fields::{decode_path, refuse_secret},
    secret_file,
    webhook::secrets,
};
use crate::document::{Decoder, Fields, Node, Value};

/// What people can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationKind {
    /// A guard holds an outlet's push.
    Held,
    /// A pass over an outlet failed, was rejected, or its push was not seen.
    Failed,
    /// Something was changed elsewhere.
    Drift,
    /// A change is undone elsewhere again and again.
    Contested,
    /// GoFood shows something else than was pushed.
    Nonconvergent,
    /// The files of an outlet have errors.
    Invalid,
    /// A dated layer will make an outlet invalid.
    InvalidSoon,
    /// No file defines an outlet any more.
    Missing,
    /// An outlet is well again that somebody was told about.
    Recovered,
    /// A push was seen to arrive.
    Published,
    /// Stock was not switched back at its end.
    Stock,
    /// Nobody of the open wave of a rollout could be sent.
    Rollout,
    /// How everything stands, once a day.
    Digest,
}

impl NotificationKind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Held,
        Self::Failed,
        Self::Drift,
        Self::Contested,
        Self::Nonconvergent,
        Self::Invalid,
        Self::InvalidSoon,
        Self::Missing,
        Self::Recovered,
        Self::Published,
        Self::Stock,
        Self::Rollout,
        Self::Digest,
    ];

    /// Whether it has happened, and does not last.
    pub fn has_happened(self) -> bool {
        matches!(self, Self::Published | Self::Stock | Self::Rollout)
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Drift => "drift",
            Self::Contested => "contested",
            Self::Nonconvergent => "nonconvergent",
            Self::Invalid => "invalid",
            Self::InvalidSoon => "invalid_soon",
            Self::Missing => "missing",
            Self::Recovered => "recovered",
            Self::Published => "published",
            Self::Stock => "stock",
            Self::Rollout => "rollout",
            Self::Digest => "digest",
        }
    }
}

/// One entry of `notify`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sink {
    /// `kind` and what belongs to it.
    pub kind: SinkKind,
    /// `events`: what it is told of; all unless given.
    pub events: Vec<NotificationKind>,
}

/// How a sink is told. Paths are as written: relative to the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SinkKind {
    /// JSON by POST, signed if there is a secret.
    Webhook {
        /// `url_file`
        url_file: PathBuf,
        /// `secret_file`
        secret_file: Option<PathBuf>,
    },
    /// What Slack, Mattermost and others take at an incoming webhook.
    Slack {
        /// `url_file`
        url_file: PathBuf,
    },
    /// A program that reads JSON.
    Command {
        /// `command`: the program and its arguments; no shell.
        command: Vec<String>,
    },
}

impl SinkKind {
    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Slack { .. } => "slack",
            Self::Command { .. } => "command",
        }
    }

    /// The files that it needs; an address is a secret too.
    pub fn secret_files(&self) -> impl Iterator<Item = &Path> {
        let (url, secret) = match self {
            Self::Webhook { url_file, secret_file } => (Some(url_file), secret_file.as_ref()),
            Self::Slack { url_file } => (Some(url_file), None),
            Self::Command { .. } => (None, None),
        };
        url.into_iter().chain(secret).map(PathBuf::as_path)
    }
}

/// The kinds, before what belongs to them is read.
#[derive(Clone, Copy)]
enum Kind {
    Webhook,
    Slack,
    Command,
}

/// Reads the list.
pub(super) fn notify(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Vec<Sink> {
    let Some(nodes) = fields.take("notify").and_then(|node| decoder.list(node, "notify")) else { return Vec::new() };
    nodes.iter().filter_map(|node| sink(decoder, node)).collect()
}

fn sink(decoder: &mut Decoder, node: &Node) -> Option<Sink> {
    const KINDS: [(&str, Kind); 3] = [("webhook", Kind::Webhook), ("slack", Kind::Slack), ("command", Kind::Command)];
    let mut fields = decoder.mapping(node, "an entry of notify")?;
    let kind = decoder.require(&mut fields, "kind", "an entry of notify");
    let kind = kind.and_then(|node| decoder.choice(node, "kind", &KINDS))?.value;
    let kind = match kind {
        Kind::Webhook => {
            let url_file = url_file(decoder, &mut fields);
            let secret_file = decode_path(decoder, &mut fields, "secret_file");
            url_file.map(|url_file| SinkKind::Webhook { url_file, secret_file })
        }
        Kind::Slack => url_file(decoder, &mut fields).map(|url_file| SinkKind::Slack { url_file }),
        Kind::Command => command(decoder, &mut fields),
    };
    let events = events(decoder, &mut fields);
    refuse_secret(decoder, &mut fields, "url", "url_file");
    refuse_secret(decoder, &mut fields, "secret", "secret_file");
    decoder.finish(fields, "an entry of notify");
    Some(Sink { kind: kind?, events })
}

/// An address is a secret for many services, so it stands in a file of its own.
fn url_file(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Option<PathBuf> {
    decoder.require(fields, "url_file", "an entry of notify")?;
    decode_path(decoder, fields, "url_file")
}

fn command(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Option<SinkKind> {
    let node = decoder.require(fields, "command", "an entry of notify")?;
    let words = decoder.list(node, "command")?;
    let command: Vec<String> =
        words.iter().filter_map(|word| decoder.text(word, "command")).map(|word| word.value).collect();
    if command.first().is_none_or(|program| program.trim().is_empty()) {
        decoder
            .error("wrong-type", &node.span, "`command` names no program")
            .help("write the program and its arguments as a list, such as [/usr/local/bin/notify, --urgent]");
    }
    Some(SinkKind::Command { command })
}

fn events(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Vec<NotificationKind> {
    let words = NotificationKind::ALL.map(|occasion| (occasion.as_str(), occasion));
    let Some(node) = fields.take("events") else { return NotificationKind::ALL.to_vec() };
    let nodes = decoder.list(node, "events").unwrap_or_default();
    if matches!(&node.value, Value::Sequence(all) if all.is_empty()) {
        decoder
            .error("wrong-type", &node.span, "`events` is empty, so no notification would be sent")
            .help("write which events to send, such as [held, failed]; or remove `events` to send all");
    }
    nodes.iter().filter_map(|node| decoder.choice(node, "events", &words)).map(|word| word.value).collect()
}

/// The address in `file` (relative to `root`): https, or http on this machine. An error never shows it.
pub fn sink_url(file: &Path, root: &Path) -> Result<Url, SettingsError> {
    const WHAT: &str = "notification address";
    let path = root.join(file);
    let text = secret_file::read(WHAT, &path)?;
    address::sink(text.trim()).map_err(|problem| secret_file::bad(WHAT, &path, problem))
}

/// The secret in `file` (relative to `root`) that notifications are signed with.
pub fn sink_secret(file: &Path, root: &Path) -> Result<SecretString, SettingsError> {
    const WHAT: &str = "notification secret";
    let path = root.join(file);
    let mut secrets = secrets(WHAT, &path)?;
    let secret = secrets.pop().filter(|_| secrets.is_empty());
    secret.ok_or_else(|| secret_file::bad(WHAT, &path, "it has more than one line"))
}
