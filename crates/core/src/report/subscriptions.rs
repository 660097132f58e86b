//! Notification subscriptions, as `webhook` tells them.

use std::fmt::Write as _;

use serde::Serialize;

use super::untrusted::printable;

/// One subscription, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubscriptionLine {
    /// Of which of `gobiz.accounts`, if that is not the one without a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The platform's id; `None` if there is none (any more).
    pub id: Option<String>,
    /// The event's name.
    pub event: String,
    /// Where it is sent.
    pub url: String,
    /// Whether it is sent.
    pub active: bool,
    /// What became of it.
    pub result: SubscriptionResult,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What became of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SubscriptionResult {
    /// It is as it should be.
    Unchanged,
    /// It was made.
    Created,
    /// It was there and not active.
    Activated,
    /// It was removed.
    Removed,
    /// It is not there.
    Missing,
    /// It is somebody else's, and left alone.
    Foreign,
    /// It could not be looked at or changed.
    Failed,
}

/// For people.
pub fn subscriptions_text(public_url: &str, lines: &[SubscriptionLine]) -> String {
    let (foreign, ours): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.result == SubscriptionResult::Foreign);
    let mut text = format!("{public_url}\n");
    for SubscriptionLine { account, event, active, result, error, .. } in ours {
        let word = match result {
            SubscriptionResult::Unchanged if *active => "active",
            SubscriptionResult::Unchanged => "not active: `menusync webhook subscribe` activates it",
            SubscriptionResult::Created => "created",
            SubscriptionResult::Activated => "activated",
            SubscriptionResult::Removed => "removed",
            SubscriptionResult::Missing => "not subscribed",
            SubscriptionResult::Failed => "FAILED",
            SubscriptionResult::Foreign => continue,
        };
        let error = error.as_ref().map(|error| format!(": {}", printable(error))).unwrap_or_default();
        let account = account.as_ref().map(|account| format!("{account}  ")).unwrap_or_default();
        let _ = writeln!(text, "  {event:<36} {account}{word}{error}");
    }
    if !foreign.is_empty() {
        text.push_str("left alone, as not ours:\n");
    }
    for SubscriptionLine { account, event, url, active, .. } in foreign {
        let state = if *active { "" } else { "  (not active)" };
        let account = account.as_ref().map(|account| format!("{account}  ")).unwrap_or_default();
        let _ = writeln!(text, "  {:<36} {account}{}{state}", printable(event), printable(url));
    }
    text
}

/// `menusync.webhook/1`
pub fn subscriptions_json(public_url: &str, lines: &[SubscriptionLine]) -> String {
    let document = serde_json::json!({
        "schema": "menusync.webhook/1",
        "tool": env!("CARGO_PKG_VERSION"),
        "public_url": public_url,
        "subscriptions": lines,
    });
    format!("{document:#}\n")
}
