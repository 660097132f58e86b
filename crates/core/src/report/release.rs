//! What a person can do about what guards hold, with the names at hand: the command that lets it through now, and the ones
//! that have it reviewed. A report says so once.
//!
//! Whether to is for that person to say; what guards found is told beside the changes.

use std::collections::BTreeSet;

use maud::{Markup, html};
use serde::Serialize;

use super::{
    Lang,
    html::{self, shown},
    shell_word,
    untrusted::{markdown, printable},
};
use crate::{catalog::OutletId, policy::Guard};

/// How what is held can be let through from where a report is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReleaseHints {
    /// The command that pushes, where there is one.
    pub push: Option<Push>,
    /// Where `menusync approve` finds the plan, if there can be an approval.
    pub plan: Option<PlanFile>,
    /// The options that select the outlets of the report again: ` --outlet Kuta`; nothing where all are meant.
    pub outlets: String,
    /// The options of all commands that were given: ` --root menus`.
    pub flags: String,
    /// What was changed elsewhere is undone by what was asked for.
    pub reverts: bool,
    /// An older state of the files stands in for what is stored: nobody knows what was pushed.
    pub stands_in: bool,
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

/// The commands that let through what is held.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct ReleaseCommands {
    /// Now; `null` where there is nothing to push from.
    push: Option<String>,
    /// With a review, one after the other.
    review: Vec<String>,
    /// The same of outlets whose menu GoFood lost: brings it back now.
    #[serde(skip_serializing_if = "Option::is_none")]
    bring_back: Option<String>,
    /// With a review, one after the other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    review_bringing_back: Vec<String>,
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

    /// The same for the page, with each command on its own.
    pub(super) fn html(&self, hints: &ReleaseHints, lang: Lang) -> Markup {
        let Some(ReleaseCommands { push, review, bring_back, review_bringing_back }) = self.commands(hints) else {
            return Markup::default();
        };
        html! {
            @if let Some(push) = push { p { (lang.let_through_now()) } (typed(&[push])) }
            @if !review.is_empty() { p { (lang.let_through()) } (typed(&review)) p.quiet { (html::with_code(lang.commit_the_approval())) } }
            @if let Some(bring_back) = bring_back { p { (lang.bring_back_now()) } (typed(&[bring_back])) }
            @if !review_bringing_back.is_empty() { p { (lang.let_through()) } (typed(&review_bringing_back)) }
        }
    }

    /// Commands stand between backticks.
    pub(super) fn sentences(&self, hints: &ReleaseHints) -> Vec<String> {
        let (lost, others) = self.split(hints);
        let mut sentences = Vec::new();
        if !others.0.is_empty() {
            sentences.extend(hints.push.as_ref().map(|push| others.now(push)));
            sentences.extend(hints.plan.as_ref().and_then(|plan| others.reviewed(plan, hints)));
        }
        if !lost.0.is_empty() {
            let now = |_: &Push| format!("To bring back what GoFood lost: `{}`.", lost.bring_back(hints));
            sentences.extend(hints.push.as_ref().map(now));
            let review = hints.plan.as_ref().map(|_| lost.review_bringing_back(hints));
            sentences.extend(review.and_then(|mut commands| {
                let push = commands.pop()?;
                let commands: Vec<String> = commands.iter().map(|command| format!("`{command}`")).collect();
                let commands = commands.join(", then ");
                Some(format!("With a review: {commands}, and commit what it writes; then `{push}`."))
            }));
        }
        sentences
    }

    /// The outlets whose menu GoFood lost, with all that holds them, and the others. To release a guard brings nothing back
    /// there: that the menu is gone is an edit made elsewhere, and such edits are kept unless they are to be undone.
    fn split(&self, hints: &ReleaseHints) -> (Self, Self) {
        let is_lost = |outlet: &OutletId| !hints.reverts && self.0.contains(&(Guard::EmptyLive, outlet.clone()));
        let (lost, others) = self.0.iter().cloned().partition(|(_, outlet)| is_lost(outlet));
        (Self(lost), Self(others))
    }

    fn outlets(&self) -> BTreeSet<&OutletId> {
        self.0.iter().map(|(_, outlet)| outlet).collect()
    }

    /// The options that mean these outlets alone: elsewhere nothing is to be undone.
    fn these(&self, hints: &ReleaseHints) -> String {
        let outlets: String =
            self.outlets().iter().map(|outlet| format!(" --outlet {}", shell_word(outlet.as_str()))).collect();
        format!("{}{outlets}", hints.flags)
    }

    fn bring_back(&self, hints: &ReleaseHints) -> String {
        format!("menusync apply{} --revert {}", harmless(&self.these(hints)), self.flags())
    }

    /// The last one pushes.
    fn review_bringing_back(&self, hints: &ReleaseHints) -> Vec<String> {
        let these = harmless(&self.these(hints));
        let file = PlanFile::DEFAULT;
        let plan = PlanFile::By(format!("menusync plan{these} --revert --out {file}"));
        let mut commands = self.review(&plan, hints);
        commands.push(format!("menusync apply{these} --revert"));
        commands
    }

    /// What a person types; nothing if nothing is held, or where nothing can be released from.
    pub(super) fn commands(&self, hints: &ReleaseHints) -> Option<ReleaseCommands> {
        let (lost, others) = self.split(hints);
        let push = match &hints.push {
            Some(Push::Command(command)) if !others.0.is_empty() => Some(format!("{command} {}", others.flags())),
            _ => None,
        };
        let plan = hints.plan.as_ref();
        let review = plan.filter(|_| !others.0.is_empty()).map(|plan| others.review(plan, hints)).unwrap_or_default();
        let is_pushed = !lost.0.is_empty() && hints.push.is_some();
        let bring_back = is_pushed.then(|| lost.bring_back(hints));
        let is_reviewed = !lost.0.is_empty() && plan.is_some();
        let review_bringing_back = if is_reviewed { lost.review_bringing_back(hints) } else { Vec::new() };
        let commands = ReleaseCommands { push, review, bring_back, review_bringing_back };
        (!self.0.is_empty() && commands != ReleaseCommands::default()).then_some(commands)
    }

    /// One flag a guard: all that is held by it is meant.
    fn flags(&self) -> String {
        self.guards().iter().map(|guard| format!("--allow {guard}")).collect::<Vec<_>>().join(" ")
    }

    fn now(&self, push: &Push) -> String {
        let command = match push {
            Push::Command(command) => format!("`{} {}`", harmless(command), self.flags()),
            Push::Again => format!("the same command with `{}`", self.flags()),
        };
        let name = match self.guards().as_slice() {
            [guard] => format!("`{guard}`"),
            _ => "the guards' names".to_owned(),
        };
        let one = self.0.first().filter(|_| self.outlets().len() > 1);
        let one = one.map(|(guard, outlet)| format!("; for one outlet alone: `--allow {guard}:{outlet}`"));
        format!("To let through what is held: {command}, or type {name} when it asks{}.", one.unwrap_or_default())
    }

    fn reviewed(&self, plan: &PlanFile, hints: &ReleaseHints) -> Option<String> {
        let commands = self.review(plan, hints);
        let commands: Vec<String> = commands.iter().map(|command| format!("`{}`", harmless(command))).collect();
        (!commands.is_empty())
            .then(|| format!("With a review: {}, and commit what it writes.", commands.join(", then ")))
    }

    /// The commands that have it reviewed, one after the other: one a guard, each complete.
    fn review(&self, plan: &PlanFile, hints: &ReleaseHints) -> Vec<String> {
        let (file, first) = match plan {
            PlanFile::Written(file) => (file.as_str(), None),
            PlanFile::By(command) => (PlanFile::DEFAULT, Some(command.clone())),
        };
        let flags = &hints.flags;
        let approve = |guard: &Guard| format!("menusync approve {file}{flags} --guard {guard} --reason TEXT");
        let guards = self.guards();
        let approvable: Vec<String> =
            Guard::approvable().filter(|guard| guards.contains(guard)).map(|guard| approve(&guard)).collect();
        if approvable.is_empty() {
            return Vec::new();
        }
        first.into_iter().chain(approvable).collect()
    }

    fn guards(&self) -> Vec<Guard> {
        let mut guards: Vec<Guard> = self.0.iter().map(|(guard, _)| *guard).collect();
        guards.dedup();
        guards
    }
}

/// Commands, one after the other.
fn typed(commands: &[String]) -> Markup {
    html! { ul.lines { @for command in commands { li { code { (shown(command)) } } } } }
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
