//! `drift`: what was changed elsewhere since our last verified push.

use super::{
    Exit,
    command_error::CommandError,
    output::Format,
    preview::{Preview, exit_of, has_drift, show},
    session::{Session, block_on, moment},
};
use crate::{
    report::{PlanInvocation, View},
    sync::PassOptions,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only outlets whose id, name, file or layer matches (repeatable)
    #[arg(long, value_name = "GLOB")]
    outlet: Vec<String>,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json, Format::Markdown, Format::Html])?;
    session.settings()?;
    let at = moment(None);
    let survey = session.survey(at)?;
    let selected = session.select(&survey, &args.outlet)?;
    let reader = session.client()?.reader();
    let preview = Preview {
        session,
        survey: &survey,
        at,
        view: View::Drift,
        options: &|_| PassOptions::default(),
        base: None,
        is_whole: false,
        rollout: None,
    };
    let mut report = block_on(preview.report(&reader, &selected))??;
    report.hints =
        PlanInvocation { outlets: &args.outlet, flags: session.flags(), ..PlanInvocation::default() }.looked();
    show(&report, &[], &session.outputs, &[session.loaded()?])?;
    session.tell_errors(&survey, &selected);
    let drift = if report.outlets.iter().any(has_drift) { Exit::Differences } else { Exit::Done };
    Ok(exit_of(&report).max(session.exit_of_files(&survey)).max(drift))
}
