//! What a person can do about what guards hold, with the names at hand: the command that lets it through now, and the ones
//! that have it reviewed. A report says so once.
//!
//! Whether to is for that person to say; what guards found is told beside the changes.

use std::collections::BTreeSet;

use super::untrusted::{markdown, printable};
use crate::{catalog::OutletId, policy::Guard};

/// So many guards and outlets are named in a command (our choice).
const NAMED: usize = 3;

/// How what is held can be let through from where a report is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReleaseHints {
    /// The command that pushes, where there is one.
    pub push: Option<Push>,
    /// Where `menusync approve` finds the plan, if there can be an approval.
    pub plan: Option<PlanFile>,
    /// The options that select the outlets of the report again: ` --outlet Kuta`; nothing where all are meant.
    pub outlets: String,
}

/// A command that pushes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Push {
    /// This one.
    Command(String),
    /// The one that has just been given.
    Again,
}

/// The file of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanFile {
    /// It has been written.
    Written(String),
    /// This command writes it as [`PlanFile::DEFAULT`].
    By(String),
}

impl PlanFile {
    /// What a plan's file is called where nobody has named it.
    pub const DEFAULT: &str = "plan.json";
}

/// What is held.
#[derive(Debug, Default)]
pub(super) struct Held(BTreeSet<(Guard, OutletId)>);

impl FromIterator<(Guard, OutletId)> for Held {
    fn from_iter<I: IntoIterator<Item = (Guard, OutletId)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl Held {
    /// A line for each way, with a line break at the end; nothing if nothing is held.
    pub(super) fn text(&self, hints: &ReleaseHints) -> String {
        self.sentences(hints).iter().map(|sentence| format!("{}\n", printable(sentence))).collect()
    }

    /// The same as a list in Markdown, after an empty line.
    pub(super) fn markdown(&self, hints: &ReleaseHints) -> String {
        let lines: String =
            self.sentences(hints).iter().map(|sentence| format!("- {}\n", with_code(sentence))).collect();
        if lines.is_empty() { lines } else { format!("\n{lines}") }
    }

    /// Commands stand between backticks.
    pub(super) fn sentences(&self, hints: &ReleaseHints) -> Vec<String> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let ReleaseHints { push, plan, outlets: _ } = hints;
        let now = push.as_ref().map(|push| self.now(push));
        now.into_iter().chain(plan.as_ref().map(|plan| self.reviewed(plan))).collect()
    }

    fn now(&self, push: &Push) -> String {
        let guards = self.guards();
        let flags = match guards.as_slice() {
            _ if self.0.len() <= NAMED => {
                let flags = self.0.iter().map(|(guard, outlet)| format!("--allow {guard}:{outlet}"));
                flags.collect::<Vec<_>>().join(" ")
            }
            [guard] => format!("--allow {guard}:OUTLET"),
            _ => "--allow GUARD:OUTLET".to_owned(),
        };
        let command = match push {
            Push::Command(command) => format!("`{} {flags}`", harmless(command)),
            Push::Again => format!("the same command with `{flags}`"),
        };
        let each = if self.0.len() > NAMED { " for each" } else { "" };
        let name = match guards.as_slice() {
            [guard] => format!("`{guard}`"),
            _ => "the guard's name".to_owned(),
        };
        format!("To let through what is held: {command}{each}, or type {name} when it asks.")
    }

    fn reviewed(&self, plan: &PlanFile) -> String {
        let (file, first) = match plan {
            PlanFile::Written(file) => (harmless(file), String::new()),
            PlanFile::By(command) => (PlanFile::DEFAULT.to_owned(), format!("`{}`, then ", harmless(command))),
        };
        let guards = self.guards();
        let guard = guards.first().map(|guard| guard.name()).unwrap_or_default();
        let others: Vec<&str> = guards.iter().skip(1).map(|guard| guard.name()).collect();
        let others = if others.is_empty() { String::new() } else { format!(", the same for {}", others.join(", ")) };
        format!(
            "With a review: {first}`menusync approve {file} --guard {guard} --reason TEXT`{others}, and commit what it writes."
        )
    }

    fn guards(&self) -> Vec<Guard> {
        let mut guards: Vec<Guard> = self.0.iter().map(|(guard, _)| *guard).collect();
        guards.dedup();
        guards
    }
}

/// Without what would end a command.
fn harmless(command: &str) -> String {
    command.replace('`', "'")
}

/// Commands as code where that shows them as they are, else as text that does nothing.
fn with_code(sentence: &str) -> String {
    let code = |command: &str| {
        // Nothing in a code span is a mention or a reference, so a hash stays one piece, to be copied.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_./:=,+%~^'*".contains(c);
        // What looks like the name of an issue is text all the same: reports of strangers are shown without any.
        let is_reference =
            |three: &[u8]| three[0].is_ascii_alphabetic() && three[1] == b'-' && three[2].is_ascii_digit();
        if command.chars().all(is_plain) && !command.as_bytes().windows(3).any(is_reference) && !command.contains("://")
        {
            format!("`{command}`")
        } else {
            markdown(command)
        }
    };
    let parts = sentence.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { code(part) } else { markdown(part) }).collect()
}
