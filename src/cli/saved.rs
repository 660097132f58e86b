//! Plan files: written by `plan --out`, read by `apply` and `approve`.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::{
    atomic,
    output::note,
    preview::is_to_push,
    session::{Session, moment},
    trouble::Trouble,
};
use crate::{
    catalog::OutletId,
    fleet::{Member, Survey},
    report::{self, PlanReport, SavedPlan},
};

/// The largest plan file that is read (our choice: hundreds of new outlets at once have less).
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// Writes a plan file, for its owner alone: it is a whole `menusync.plan/1`, with names and prices.
pub(super) fn write(path: &Path, report: &PlanReport) -> Result<(), Trouble> {
    atomic::write_private(path, &report::plan_json(report))?;
    if report.outlets.iter().any(is_to_push) {
        note(&format!("the plan is in {0}: `menusync apply {0}` carries it out within 24 hours", path.display()));
    }
    Ok(())
}

/// Reads a plan file that may be used now, with these settings and these outlets.
pub(super) fn read(path: &Path, session: &Session, survey: &Survey) -> Result<SavedPlan, Trouble> {
    let refused = |why: &str| Trouble::Refused(format!("{} {why}; nothing was done", path.display()));
    let text = text(path)?.ok_or_else(|| refused("is larger than any plan"))?;
    let plan = SavedPlan::parse(&text).map_err(|error| refused(&error.to_string()))?;
    plan.check(&session.target()?, moment(None)).map_err(|error| refused(&error.to_string()))?;
    let unknown: Vec<&str> =
        plan.outlets.iter().filter(|o| member(survey, &o.outlet).is_none()).map(|o| o.outlet.as_str()).collect();
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
    survey.members.iter().find(|member| member.id == *id)
}

/// `None` if it is too large.
fn text(path: &Path) -> Result<Option<String>, Trouble> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text));
    match read {
        Ok(length) => Ok((length as u64 <= MOST_BYTES).then_some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Trouble::Usage(format!("there is no plan file {}", path.display())))
        }
        // What is not text is no plan.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Some(String::new())),
        Err(error) => Err(Trouble::failed(format!("cannot read {}", path.display()), error)),
    }
}

/// Refuses unless the plan of now has the effects of the saved one.
pub(super) fn compare(path: &Path, saved: &SavedPlan, now: &PlanReport) -> Result<(), Trouble> {
    if now.digest() == saved.digest {
        return Ok(());
    }
    let told = format!(
        "a push would not do what {} says any more; the plan was made at {}, with the digest {}, now it is {}:\n{}\n\
         nothing was pushed: look at `menusync plan` and make a new one",
        path.display(),
        saved.generated_at.strftime("%Y-%m-%d %H:%M UTC"),
        saved.digest,
        now.digest(),
        report::plan_difference(saved, now),
    );
    // An outlet that could not be looked at is no sign that anything has changed.
    let is_failed = now.outlets.iter().any(|outlet| outlet.error.is_some());
    Err(if is_failed { Trouble::Failed(anyhow::Error::msg(told)) } else { Trouble::Refused(told) })
}
