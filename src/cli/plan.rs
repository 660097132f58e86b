//! `plan`: what a push would do, shown and not done.

use jiff::Timestamp;

use super::{
    Exit,
    output::Format,
    preview::{Preview, exit_of, is_held, is_to_push},
    session::{Session, a_moment, block_on, moment},
    trouble::Trouble,
};
use crate::{
    report::{self, View},
    sync::Mandate,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only outlets whose id, name, file or layer matches (repeatable)
    #[arg(long, value_name = "GLOB")]
    outlet: Vec<String>,
    /// With the definitions as they will be at this moment (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = a_moment)]
    at: Option<Timestamp>,
    /// Exit with 2 if there is something to push
    #[arg(long)]
    detailed_exitcode: bool,
    /// Exit with 4 if a guard holds an outlet
    #[arg(long)]
    fail_on_guard: bool,
    /// As if the files won over drift and conflicts
    #[arg(long)]
    revert: bool,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, Trouble> {
    session.outputs.allow(&[Format::Text, Format::Json, Format::Markdown])?;
    session.settings()?;
    let at = moment(args.at);
    let survey = session.loaded()?.survey(at);
    let selected = session.select(&survey, &args.outlet)?;
    let reader = session.client()?.reader();
    let mandate = Mandate { revert: args.revert, ..Mandate::default() };
    let preview = Preview { session, survey: &survey, at, view: View::Plan, mandates: &|_| mandate.clone() };
    let report = block_on(preview.report(&reader, &selected))??;
    session.outputs.emit(|format, color| match format {
        Format::Json => report::plan_json(&report),
        Format::Markdown => report::plan_markdown(&report),
        _ => report::plan_text(&report, color),
    })?;
    session.tell_errors(&survey, &selected);
    let held = args.fail_on_guard && report.outlets.iter().any(is_held);
    let changes = args.detailed_exitcode && report.outlets.iter().any(is_to_push);
    let asked = if held {
        Exit::Refused
    } else if changes {
        Exit::Differences
    } else {
        Exit::Done
    };
    Ok(exit_of(&report).max(session.exit_of_files(&survey)).max(asked))
}
