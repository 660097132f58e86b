//! `diff`: what differs between two states of the files, without asking GoFood.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{
    Exit,
    command_error::CommandError,
    output::{Format, note},
    preview::{exit_of, is_to_push, plans_of, show},
    session::{MOST_DIAGNOSTICS, Session, errors_of, lost_errors},
    when::When,
};
use crate::{
    diagnostic::Diagnostic,
    fleet::{self, Comparison, Loaded, Selection, Survey, line_notes},
    report::{self, OutletReport, PlanInvocation, PlanReport, ReleaseHints},
    source::RevisionError,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The older state: a git revision, or the directory of another root
    #[arg(value_name = "REV_OR_DIR")]
    before: String,
    /// The newer state [default: the files as they are in the root]
    #[arg(value_name = "REV_OR_DIR")]
    after: Option<String>,
    /// Only outlets whose id, name, file or layer matches on either side (repeatable)
    #[arg(long, value_name = "GLOB")]
    outlet: Vec<String>,
    /// With the dated layers that count at this moment, such as `2027-02-08 00:00` or `2027-02-08 00:00 WITA`
    #[arg(long, value_name = "TIME")]
    at: Option<When>,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json, Format::Markdown, Format::Html])?;
    let at = session.moment(args.at.as_ref())?;
    let selection = session.selection(&args.outlet)?;
    let before = state(&args.before, session)?;
    let invocation = args.after.as_deref().map(|after| state(after, session)).transpose()?;
    let after = invocation.as_ref().map_or_else(|| session.loaded(), Ok)?;
    let (old, mut new) = (before.survey(at), after.survey(at));
    new.add_former(&old.members);
    let (old, new) = (&old, &new);
    let with_menus = session.outputs.has(Format::Html);
    let comparison = Comparison { before: (&before, old), after: (after, new), at, with_menus };
    let outlets = comparison.report(&selection);
    if outlets.is_empty() && !args.outlet.is_empty() {
        return Err(CommandError::Usage(format!("no outlet matches {} on either side", args.outlet.join(", "))));
    }
    let mut report = PlanReport {
        stale_approvals: after.stale_approvals(plans_of(&outlets), at),
        hints: hints(&args, session.flags()),
        at: args.at.as_ref().map(|_| at.to_zoned(session.zone())),
        zone: session.zone(),
        later: if args.at.is_none() { comparison.later(&selection, &outlets) } else { Vec::new() },
        ..PlanReport::of_files(after.revision.clone(), Timestamp::now(), outlets)
    };
    // Who wrote a line is known of the files as they are.
    if args.after.is_none() {
        report.line_origins = line_notes(&session.root(), &report.held_lines(), &session.zone());
    }
    show(&report, &[], &session.outputs, &[after, &before])?;
    let mut of_files = tell(args.after.as_deref().unwrap_or("the files"), after, new, &selection, &[]);
    of_files = of_files.max(tell(&args.before, &before, old, &selection, &new.diagnostics));
    let differs = report.outlets.iter().any(is_different) || report.later.iter().any(|later| !later.is_empty());
    let asked = if differs { Exit::Differences } else { Exit::Done };
    Ok(exit_of(&report).max(of_files).max(asked))
}

/// The files as they are can be planned from a revision that they are compared with.
fn hints(args: &Args, flags: String) -> ReleaseHints {
    let can_be_planned = args.after.is_none() && args.at.is_none() && !Path::new(&args.before).is_dir();
    let invocation =
        PlanInvocation { outlets: &args.outlet, base: Some(&args.before), flags, ..PlanInvocation::default() };
    if can_be_planned { invocation.compared() } else { ReleaseHints::default() }
}

/// Whether an outlet is told because it is not the same on both sides.
fn is_different(outlet: &OutletReport) -> bool {
    is_to_push(outlet) || outlet.state == "missing"
}

/// Reads what an argument means: a directory if it is one, else a revision.
pub(super) fn state(argument: &str, session: &Session) -> Result<Loaded, CommandError> {
    let directory = Path::new(argument);
    if !directory.is_dir() {
        return fleet::load_revision(&session.root(), argument).map_err(|error| unreadable(error, argument));
    }
    let is_path = argument.starts_with(['.', '/']) || argument.ends_with('/');
    if !is_path && fleet::load_revision(&session.root(), argument).is_ok() {
        let message =
            format!("`{argument}` is both a directory and a revision; write `./{argument}` for the directory");
        return Err(CommandError::Usage(message));
    }
    Ok(fleet::load(&PathBuf::from(argument))?)
}

/// A revision that does not exist is a mistake in the command line; that git fails is not.
pub(super) fn unreadable(error: RevisionError, argument: &str) -> CommandError {
    match error {
        RevisionError::Git { .. } => error.into(),
        RevisionError::Unknown { .. } => {
            let range = argument.split_once("..").filter(|(a, b)| !a.is_empty() && !b.is_empty());
            let help = range.map(|(a, b)| format!("; write `{a} {b}` for two of them")).unwrap_or_default();
            CommandError::Usage(format!("{error}, and no directory{help}"))
        }
        RevisionError::NoCatalogs { .. } | RevisionError::Bare { .. } => CommandError::Usage(error.to_string()),
    }
}

/// Shows the errors of one side that were not told of the other, and gives the exit of those that belong to no outlet.
fn tell(name: &str, loaded: &Loaded, survey: &Survey, selection: &Selection, reported: &[Diagnostic]) -> Exit {
    let selected: Vec<_> = survey.members.iter().filter(|member| selection.matches(member)).collect();
    let mut errors = errors_of(survey, &selected);
    errors.retain(|error| !reported.contains(error));
    if !errors.is_empty() {
        let texts = |file: &str| loaded.text(file);
        note(&format!("in {name}:\n{}", report::diagnostics_text(&errors, &texts, false, MOST_DIAGNOSTICS)));
    }
    if lost_errors(survey) { Exit::Invalid } else { Exit::Done }
}
