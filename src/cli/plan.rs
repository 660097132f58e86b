//! `plan`: what a push would do, shown and not done.

use std::{path::PathBuf, time::Duration};

use jiff::Timestamp;

use super::{
    Exit,
    command_error::CommandError,
    diff::unreadable,
    output::Format,
    preview::{Preview, exit_of, find_photo, has_differences, is_held, later, moments, show},
    rollout, saved,
    session::{Session, block_on, lost_errors},
    when::When,
};
use crate::{
    diagnostic::Diagnostic,
    fleet::{self, Comparison, Loaded, Member, Survey},
    report::{self, OutletReport, PlanInvocation, ReleaseHints, View, html::PhotoAlbum},
    sync::PassOptions,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only outlets whose id, name, file or layer matches (repeatable)
    #[arg(long, value_name = "GLOB")]
    outlet: Vec<String>,
    /// Compare with the files at this git revision as the base, instead of with the last verified push
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// With the definitions as they will be at this moment, such as `2027-02-08 00:00` or `2027-02-08 00:00 WITA`
    #[arg(long, value_name = "TIME")]
    at: Option<When>,
    /// Instead, list what dated layers will change within this time (14d, 36h); offline
    #[arg(long, value_name = "TIME", value_parser = crate::document::duration, conflicts_with_all = ["base", "revert"])]
    horizon: Option<Duration>,
    /// Write the plan to this file, for `apply` and `approve`
    #[arg(long, value_name = "FILE", conflicts_with = "horizon")]
    out: Option<PathBuf>,
    /// Exit with 2 if there is something to push
    #[arg(long)]
    detailed_exitcode: bool,
    /// Exit with 4 if a guard holds an outlet
    #[arg(long)]
    fail_on_guard: bool,
    /// Plan as if the files overwrote drift and conflicts
    #[arg(long)]
    revert: bool,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json, Format::Markdown, Format::Html])?;
    session.settings()?;
    let at = session.moment(args.at.as_ref())?;
    let mut survey = session.survey(at)?;
    let base = args.base.as_deref().map(|revision| base(revision, at, session)).transpose()?;
    survey.add_former(base.iter().flat_map(|(_, before)| &before.members));
    let selected = session.select(&survey, &args.outlet)?;
    if let Some(horizon) = args.horizon {
        let asked = |outlets: &[OutletReport]| asked(&args, outlets);
        return look_ahead(horizon, at, (&survey, &selected), session, &asked);
    }
    let reader = session.client()?.reader();
    let options = PassOptions { revert: args.revert, ..PassOptions::default() };
    let order = session.loaded()?.rollout_order().filter(|_| args.at.is_none());
    let preview = Preview {
        session,
        survey: &survey,
        at,
        view: View::Plan,
        options: &|_| options.clone(),
        base: base.as_ref().map(|(loaded, survey)| (loaded, survey)),
        is_whole: args.outlet.is_empty(),
        rollout: order.as_ref(),
    };
    let mut report = block_on(preview.report(&reader, &selected))??;
    if let Some(order) = order.filter(|_| report.rollout.is_none()) {
        report.waves = rollout::planned(&report, &survey, &order);
    }
    report.hints = hints(&args, session.flags());
    let with_menus = session.outputs.has(Format::Html);
    let loaded = session.loaded()?;
    report.at = args.at.as_ref().map(|_| at.to_zoned(loaded.timezone()));
    let ahead = match base.as_ref().filter(|_| args.at.is_none()) {
        Some((older, before)) => {
            let comparison = Comparison { before: (older, before), after: (loaded, &survey), at, with_menus };
            report.later = comparison.later(&session.selection(&args.outlet)?, &report.outlets);
            Vec::new()
        }
        None => later(loaded, &survey, &selected, at, &session.outputs),
    };
    show(&report, &ahead, &session.outputs, &[loaded])?;
    if let Some(out) = &args.out {
        saved::write(out, &report)?;
    }
    session.tell_errors(&survey, &selected);
    Ok(exit_of(&report).max(session.exit_of_files(&survey)).max(asked(&args, &report.outlets)))
}

/// What is planned for another time cannot be pushed.
fn hints(args: &Args, flags: String) -> ReleaseHints {
    let Args { outlet, base, at, revert, out, .. } = args;
    let invocation =
        PlanInvocation { outlets: outlet, base: base.as_deref(), revert: *revert, file: out.as_deref(), flags };
    if at.is_none() { invocation.hints_of_plan() } else { ReleaseHints::default() }
}

/// The exit that flags ask for.
fn asked(args: &Args, outlets: &[OutletReport]) -> Exit {
    if args.fail_on_guard && outlets.iter().any(is_held) {
        Exit::Refused
    } else if args.detailed_exitcode && outlets.iter().any(has_differences) {
        Exit::Differences
    } else {
        Exit::Done
    }
}

/// What dated layers will change, moment by moment.
fn look_ahead(
    horizon: Duration,
    from: Timestamp,
    (survey, selected): (&Survey, &[&Member]),
    session: &Session,
    asked: &dyn Fn(&[OutletReport]) -> Exit,
) -> Result<Exit, CommandError> {
    let loaded = session.loaded()?;
    let until = from.checked_add(horizon).unwrap_or(Timestamp::MAX);
    let with_menus = session.outputs.has(Format::Html);
    let moments = moments(loaded, loaded.steps(selected, from, until, &survey.peers, with_menus));
    session.outputs.emit(|format, screen| match format {
        Format::Json => report::horizon_json(&moments, from, until),
        Format::Markdown => report::horizon_markdown(&moments),
        Format::Html => report::plan_html(None, &moments, &mut PhotoAlbum::new(&|url| find_photo(&[loaded], url))),
        _ => report::horizon_text(&moments, session.outputs.look(screen)),
    })?;
    session.tell_errors(survey, selected);
    let exits = moments.iter().map(|moment| exit_of(&moment.report).max(asked(&moment.report.outlets)));
    let invalid = if selected.iter().any(|member| !member.valid) { Exit::Invalid } else { Exit::Done };
    Ok(exits.chain([session.exit_of_files(survey), invalid]).max().unwrap_or(Exit::Done))
}

/// The files as they were at a revision. What is wrong with files that no outlet could be made of would make outlets look
/// new.
fn base(revision: &str, at: Timestamp, session: &Session) -> Result<(Loaded, Survey), CommandError> {
    let loaded = fleet::load_revision(&session.root(), revision).map_err(|error| unreadable(error, revision))?;
    let survey = loaded.survey(at);
    if lost_errors(&survey) {
        let message = format!("files are invalid at {revision}, the base: some of its outlets are not known");
        let help = format!("`menusync diff {revision}` shows them; give a revision at which they are valid");
        return Err(CommandError::Invalid(vec![Diagnostic::error("base-invalid", None, message).help(help)]));
    }
    Ok((loaded, survey))
}
