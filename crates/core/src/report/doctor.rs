//! What `doctor` found: each thing ok, worth a look, or broken, with what to do.

use std::{fmt::Write as _, sync::Arc};

use serde::Serialize;
use serde_json::json;

use super::untrusted::printable;

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// As it should be.
    Ok,
    /// Works, but somebody should know.
    Warn,
    /// Does not work.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What was looked at, in a word.
    pub name: &'static str,
    /// Of which of `gobiz.accounts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Arc<str>>,
    /// How it stands.
    pub health: Health,
    /// What was seen.
    pub seen: String,
    /// What to do about it.
    pub fix: Option<String>,
}

impl Finding {
    /// It is as it should be.
    pub fn ok(name: &'static str, seen: impl Into<String>) -> Self {
        Self { name, account: None, health: Health::Ok, seen: seen.into(), fix: None }
    }

    /// It works, but somebody should know.
    pub fn warn(name: &'static str, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, account: None, health: Health::Warn, seen: seen.into(), fix: Some(fix.into()) }
    }

    /// It does not work.
    pub fn fail(name: &'static str, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { name, account: None, health: Health::Fail, seen: seen.into(), fix: Some(fix.into()) }
    }

    /// The same of an account.
    #[must_use]
    pub fn of(self, account: Option<&Arc<str>>) -> Self {
        Self { account: account.cloned(), ..self }
    }

    fn title(&self) -> String {
        self.account.as_ref().map_or_else(|| self.name.to_owned(), |account| format!("{} {account}", self.name))
    }
}

/// For a terminal.
pub fn doctor_text(findings: &[Finding]) -> String {
    let width = findings.iter().map(|finding| finding.title().len()).max().unwrap_or(0);
    let mut text = String::new();
    for finding in findings {
        let (name, Finding { health, seen, fix, .. }) = (finding.title(), finding);
        let word = match health {
            Health::Ok => "ok",
            Health::Warn => "warn",
            Health::Fail => "FAIL",
        };
        let _ = writeln!(text, "{word:<4}  {name:<width$}  {}", printable(seen));
        if let Some(fix) = fix {
            let _ = writeln!(text, "      {:<width$}  → {}", "", printable(fix));
        }
    }
    let count = |wanted| findings.iter().filter(|finding| finding.health == wanted).count();
    let _ = writeln!(text, "{} ok, {} warn, {} fail", count(Health::Ok), count(Health::Warn), count(Health::Fail));
    text
}

/// `menusync.doctor/1`
pub fn doctor_json(findings: &[Finding]) -> String {
    let document = json!({"schema": "menusync.doctor/1", "tool": env!("CARGO_PKG_VERSION"), "checks": findings});
    format!("{document:#}")
}
