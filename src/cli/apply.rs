//! `apply`: plan, ask, push, and see it arrive.

use std::path::PathBuf;

use super::{
    Exit,
    command_error::CommandError,
    output::Format,
    push::{Consent, PushRun},
    saved,
    session::{Session, moment},
};
use crate::{report::PlanInvocation, sync::PassOptions};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A plan written by `plan --out`: push its outlets if that plan is still correct, else nothing (exit code 4)
    #[arg(value_name = "PLANFILE", conflicts_with_all = ["outlet", "expect_digest"])]
    plan: Option<PathBuf>,
    /// Only outlets whose id, name, file or layer matches (repeatable)
    #[arg(long, value_name = "GLOB")]
    outlet: Vec<String>,
    #[command(flatten)]
    consent: Consent,
    /// Overwrite drift and conflicts with what the files say
    #[arg(long)]
    revert: bool,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json, Format::Markdown])?;
    session.settings()?;
    session.ready_state()?;
    let at = moment(None);
    let survey = session.survey(at)?;
    let saved = args.plan.as_deref().map(|path| saved::read(path, session, &survey)).transpose()?;
    let selected = match &saved {
        Some(saved) => saved::selected(saved, &survey),
        None => session.select(&survey, &args.outlet)?,
    };
    session.refuse_errors(&survey, &selected, "nothing is pushed")?;
    let options = |_: &_| PassOptions { revert: args.revert, ..PassOptions::default() };
    let (survey, selected, options, consent) = (&survey, &*selected, &options, &args.consent);
    let saved = args.plan.as_deref().zip(saved.as_ref());
    let is_whole = args.outlet.is_empty() && saved.is_none();
    let invocation = PlanInvocation {
        outlets: &args.outlet,
        base: None,
        revert: args.revert,
        file: args.plan.as_deref(),
        flags: session.flags(),
    };
    PushRun { session, survey, selected, at, options, consent, saved, is_whole, hints: &invocation.pushed() }.run()
}
