//! Plan files: written by `plan --out`, read by `apply` and `approve`.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use super::{
    atomic,
    command_error::CommandError,
    output::note,
    preview::is_to_push,
    session::{Session, moment},
};
use crate::{
    catalog::OutletId,
    fleet::{Member, Survey},
    plan::OutletPlan,
    report::{self, OutletReport, PlanReport, SavedPlan, untrusted::printable},
};

/// The largest plan file that is read (our choice: hundreds of new outlets at once have less).
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// Writes a plan file, for its owner alone: it is a whole `menusync.plan/1`, with names and prices.
pub(super) fn write(path: &Path, report: &PlanReport) -> Result<(), CommandError> {
    atomic::write_private(path, &report::plan_json(report))?;
    let is_held = |outlet: &OutletReport| outlet.plan.as_ref().is_some_and(OutletPlan::is_held);
    if report.outlets.iter().any(|outlet| is_to_push(outlet) && !is_held(outlet)) {
        let (file, flags) = (path.display(), &report.hints.flags);
        note(&format!("the plan is in {file}: `menusync apply {file}{flags}` pushes it within 24 hours"));
    }
    Ok(())
}

/// Reads a plan file that may be used now, with these settings and these outlets.
pub(super) fn read(path: &Path, session: &Session, survey: &Survey) -> Result<SavedPlan, CommandError> {
    // What is foreign in the reason can neither steer a terminal nor begin a line.
    let refused = |why: &str| {
        CommandError::Refused(printable(&format!("{} {why}; nothing was done", path.display())).into_owned())
    };
    let text = text(path)?.map_err(refused)?;
    let plan = SavedPlan::parse(&text).map_err(|error| refused(&error.to_string()))?;
    plan.check(&session.target()?, moment(None), &session.zone()).map_err(|error| refused(&error.to_string()))?;
    // Of an outlet without a change the plan says at most that it is no longer defined.
    let unknown = plan.outlets.iter().filter(|o| member(survey, &o.outlet).is_none() && !o.changes.is_empty());
    let unknown: Vec<&str> = unknown.map(|outlet| outlet.outlet.as_str()).collect();
    match unknown.as_slice() {
        [] => Ok(plan),
        [first, ..] => Err(refused(&format!(
            "is a plan for {} of {} outlets that no file here defines, such as {first}: is this its root?",
            unknown.len(),
            plan.outlets.len()
        ))),
    }
}

/// The outlets of a plan that `read` has accepted.
pub(super) fn selected<'s>(plan: &SavedPlan, survey: &'s Survey) -> Vec<&'s Member> {
    plan.outlets.iter().filter_map(|outlet| member(survey, &outlet.outlet)).collect()
}

fn member<'s>(survey: &'s Survey, id: &OutletId) -> Option<&'s Member> {
    survey.member(id.as_str())
}

/// What is written in the file, or why it can be no plan. A pipe without a writer would be waited for without end, and a
/// device may never come to one, so only a regular file is opened.
fn text(path: &Path) -> Result<Result<String, &'static str>, CommandError> {
    let mut text = String::new();
    let read = fs::metadata(path).and_then(|metadata| match metadata.is_file() {
        true => File::open(path)?.take(MOST_BYTES + 1).read_to_string(&mut text).map(Some),
        false => Ok(None),
    });
    match read {
        Ok(None) => Ok(Err("is not a regular file")),
        Ok(Some(length)) if length as u64 > MOST_BYTES => Ok(Err("is larger than any plan")),
        Ok(Some(_)) => Ok(Ok(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(CommandError::Usage(format!("there is no plan file {}", path.display())))
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Err("is not a plan: it is not text")),
        Err(error) => Err(CommandError::failed(format!("cannot read {}", path.display()), error)),
    }
}

/// Refuses unless the plan of now has the effects of the saved one, and sets no stock that it did not show.
pub(super) fn compare(path: &Path, saved: &SavedPlan, now: &PlanReport) -> Result<(), CommandError> {
    let difference = report::plan_difference(saved, now);
    let digests = match now.digest() == saved.digest {
        true if difference.is_empty() => return Ok(()),
        true => format!("with the digest {}, which says nothing of stock", saved.digest),
        false => format!("with the digest {}, now it is {}", saved.digest, now.digest()),
    };
    let message = format!(
        "a push would not do what {} says any more; the plan was made at {}, {digests}:\n{difference}\n\
         nothing was pushed: look at `menusync plan` and make a new one",
        path.display(),
        report::minute(saved.generated_at, &now.zone),
    );
    // An outlet that could not be looked at is no sign that anything has changed.
    let is_failed = now.outlets.iter().any(|outlet| outlet.error.is_some());
    Err(if is_failed { CommandError::Failed(anyhow::Error::msg(message)) } else { CommandError::Refused(message) })
}
