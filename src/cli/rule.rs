//! `rule`: what a code means, from the rule's own data. As Markdown it is the page `docs/rules.md`.

use super::{Exit, command_error::CommandError, output::Format, session::Session};
use crate::{
    diagnostic::Severity,
    policy::Guard,
    rules::{self, RULES, Rule},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The code, as diagnostics show it; none = list all
    code: Option<String>,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Markdown])?;
    let rule = match &args.code {
        None => None,
        Some(code) => Some(rules::rule(code).ok_or_else(|| unknown(code))?),
    };
    session.outputs.emit(|format, _| match (format, rule) {
        (Format::Markdown, None) => page(),
        (Format::Markdown, Some(rule)) => section(rule),
        (_, None) => list(),
        (_, Some(rule)) => explain(rule),
    })?;
    Ok(Exit::Done)
}

fn list() -> String {
    let width = RULES.iter().map(|rule| rule.code.len()).max().unwrap_or(0);
    let line = |rule: &Rule| format!("{:<8} {:<width$} {}\n", word(rule.severity), rule.code, rule.summary);
    RULES.iter().map(line).collect()
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// The severity that a rule can be given beside its own.
fn other(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "warning",
        Severity::Warning => "error",
    }
}

fn unknown(code: &str) -> CommandError {
    if Guard::from_name(code).is_some() {
        return CommandError::Usage(format!(
            "`{code}` is a guard, not a rule: `menusync plan` shows what it holds and why; docs/understand.md lists all"
        ));
    }
    let near = rules::suggest(code).map(|code| format!("; did you mean `{code}`?")).unwrap_or_default();
    CommandError::Usage(format!("there is no rule `{code}`{near}"))
}

fn explain(rule: &Rule) -> String {
    let Rule { code, severity, summary, why, .. } = rule;
    let fixed = if rule.adjustable { "" } else { ", cannot be changed" };
    let mut text = format!("{code} ({}{fixed})\n\n{summary}\n\n{why}\n", word(*severity));
    for (title, example) in examples(rule) {
        let indented: String = example.lines().map(|line| format!("    {line}\n")).collect();
        text.push_str(&format!("\n{title}:\n\n{indented}"));
    }
    if rule.adjustable {
        text.push_str(&format!(
            "\nWhere it is meant, write beside the line `# menusync: allow({code}) reason`; for all files, or in one, write\n\
             `rules: {{{code}: off}}` (or {}).\n",
            other(*severity)
        ));
    }
    text
}

/// The examples, with what to call them.
fn examples(rule: &Rule) -> [(&'static str, &str); 2] {
    [("Wrong", &rule.bad), ("Right", &rule.good)]
}

const INTRODUCTION: &str = "\
<!-- Written by `menusync rule --output markdown`; do not edit. -->
# Rules

What `menusync validate` looks for. Each rule has a code, which diagnostics show in brackets, and says why it is there:
*documentation* is GoFood's own or that of a format, *seen live* is how its servers were seen to answer, *our choice* is where
neither says anything. `menusync rule CODE` prints the same.

An **error** keeps an outlet from being pushed; a **warning** does not. Where a severity can be changed, it is under `rules:` in
`menusync.yaml`, in a layer or in an outlet (the nearest wins):

```yaml
rules: {image-missing: off, price-too-low: error}
```

or for one line by a comment on it, or alone on the line above, with a reason; several codes are separated by commas:

```yaml
- {external_id: SAMBAL, name: Sambal, price: 500} # menusync: allow(price-too-low) one spoon
```

Examples are whole files. Where there are several, each begins with a line `# PATH`; behind the path stands what text cannot show, such
as the size of a photo or what a server answers. What an example is not about (photos, descriptions) is left out.

";

/// The whole page.
fn page() -> String {
    let row = |rule: &Rule| {
        let changed = if rule.adjustable { "yes" } else { "no" };
        format!("| [`{0}`](#{0}) | {1} | {changed} | {2} |\n", rule.code, word(rule.severity), rule.summary)
    };
    let table: String = RULES.iter().map(row).collect();
    let sections: Vec<String> = RULES.iter().map(section).collect();
    format!(
        "{INTRODUCTION}| code | severity | can be changed | what must be so |\n|---|---|---|---|\n{table}\n{}",
        sections.join("\n")
    )
}

/// One rule under its heading.
fn section(rule: &Rule) -> String {
    let Rule { code, severity, summary, why, .. } = rule;
    let fixed = if rule.adjustable { "" } else { ", cannot be changed" };
    let mut text = format!("## {code}\n\n{summary}. *({}{fixed})*\n\n{why}\n", word(*severity));
    for (title, example) in examples(rule) {
        // Invisible characters of examples are escaped by YAML itself, but for one.
        let example = example.replace('\u{7}', "␇");
        text.push_str(&format!("\n{title}:\n\n```yaml\n{example}```\n"));
    }
    text
}
