//! `rule`: what a code means, from the rule's own data.

use super::{Exit, output, output::Format, session::Session, trouble::Trouble};
use crate::{
    diagnostic::Severity,
    rules::{self, RULES, Rule},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The code, as diagnostics show it; none = list all
    code: Option<String>,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, Trouble> {
    session.outputs.allow(&[Format::Text])?;
    let text = match &args.code {
        None => RULES
            .iter()
            .map(|rule| format!("{:<8} {:<30} {}\n", word(rule.severity), rule.code, rule.summary))
            .collect(),
        Some(code) => explain(rules::rule(code).ok_or_else(|| unknown(code))?),
    };
    output::print(&text)?;
    Ok(Exit::Done)
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn unknown(code: &str) -> Trouble {
    let near = rules::suggest(code).map(|code| format!("; did you mean `{code}`?")).unwrap_or_default();
    Trouble::Usage(format!("there is no rule `{code}`{near}"))
}

fn explain(rule: &Rule) -> String {
    let fixed = if rule.adjustable { "" } else { ", cannot be changed" };
    let mut text = format!("{} ({}{fixed})\n\n{}\n\n{}\n", rule.code, word(rule.severity), rule.summary, rule.why);
    for (title, example) in [("Wrong", rule.bad), ("Right", rule.good)].into_iter().filter(|(_, text)| !text.is_empty())
    {
        let indented: String = example.lines().map(|line| format!("    {line}\n")).collect();
        text.push_str(&format!("\n{title}:\n\n{indented}"));
    }
    text
}
