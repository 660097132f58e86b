//! `approve`: lets one guard through for the plans that were looked at, by a file that is reviewed and committed.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use jiff::{Timestamp, ToSpan, Unit, tz::TimeZone};
use serde_json::json;

use super::{
    Exit, atomic,
    command_error::CommandError,
    output::Format,
    saved,
    session::{Session, moment},
};
use crate::{
    approval,
    catalog::OutletId,
    document::{self, SourceFile},
    plan::{Digest, LONGEST_APPROVAL},
    policy::Guard,
    report::{self, SavedPlan, counted, untrusted::printable_lines},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A plan written by `plan --out`
    #[arg(value_name = "PLANFILE")]
    plan: PathBuf,
    /// The guard to release, at every outlet of the plan that it holds
    #[arg(long, value_parser = an_approvable_guard)]
    guard: Guard,
    /// Why, for the reviewer
    #[arg(long, value_name = "TEXT", value_parser = a_reason)]
    reason: String,
    /// How long the approval is valid, at most 7d
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = a_while)]
    expires: Duration,
}

pub(super) fn a_guard(text: &str) -> Result<Guard, String> {
    let known = || Guard::ALL.map(Guard::name).join(", ");
    Guard::from_name(text).ok_or_else(|| format!("there is no guard `{text}`; guards are {}", known()))
}

fn an_approvable_guard(text: &str) -> Result<Guard, String> {
    match a_guard(text)? {
        guard if Guard::approvable().any(|known| known == guard) => Ok(guard),
        guard => Err(format!(
            "no file releases `{guard}`: `menusync resume --rollout` goes on with a rollout that was stopped"
        )),
    }
}

fn a_reason(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("say why".to_owned()) } else { Ok(text.to_owned()) }
}

fn a_while(text: &str) -> Result<Duration, String> {
    let time = document::duration(text)?;
    let fits = !time.is_zero() && time <= LONGEST_APPROVAL.unsigned_abs();
    if fits { Ok(time) } else { Err("an approval is valid for more than 0 and at most 7d".to_owned()) }
}

/// A new approval.
struct New {
    file: String,
    text: String,
    expires: Timestamp,
    outlets: BTreeMap<OutletId, Digest>,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    session.settings()?;
    let now = moment(None);
    let loaded = session.loaded()?;
    let plan = saved::read(&args.plan, session, &session.survey(now)?)?;
    let date = now.to_zoned(loaded.timezone()).date();
    let new = new(&args, &plan, now, &date.to_string())?;
    atomic::create(&session.root().join(&new.file), &new.text)?;
    session.outputs.emit(|format, _| match format {
        Format::Json => json(&args, &new),
        _ => describe_approval(&args, &new, &loaded.timezone()),
    })?;
    Ok(Exit::Done)
}

fn new(args: &Args, plan: &SavedPlan, now: Timestamp, date: &str) -> Result<New, CommandError> {
    let held = plan.outlets.iter().filter(|outlet| outlet.is_held_by(args.guard));
    let outlets: BTreeMap<OutletId, Digest> =
        held.map(|outlet| (outlet.outlet.clone(), outlet.approvable(args.guard))).collect();
    if outlets.is_empty() {
        return Err(CommandError::Usage(holds_nothing(args, plan)));
    }
    let expires = now.checked_add(jiff::SignedDuration::try_from(args.expires)?)?.round(Unit::Second)?;
    // A rounding up must not go beyond what was asked for.
    let expires =
        if expires.duration_since(now).unsigned_abs() > args.expires { expires - 1.second() } else { expires };
    let short: String = plan.digest.0.trim_start_matches("sha256:").chars().take(8).collect();
    let file = format!("approvals/{date}-{}-{short}.yaml", args.guard);
    let text = approval::file_text(args.guard, &args.reason, expires, &outlets);
    read_back(&file, &text, args)?;
    Ok(New { file, text, expires, outlets })
}

fn holds_nothing(args: &Args, plan: &SavedPlan) -> String {
    let mut holding: Vec<&str> = plan.outlets.iter().flat_map(|outlet| outlet.held()).map(Guard::name).collect();
    holding.sort_unstable();
    holding.dedup();
    let others = if holding.is_empty() { "none".to_owned() } else { holding.join(", ") };
    format!("`{}` holds no outlet of {}; the guards that hold one are: {others}", args.guard, args.plan.display())
}

/// What was written must be read as it was meant.
fn read_back(file: &str, text: &str, args: &Args) -> Result<(), CommandError> {
    let source = SourceFile { path: file.into(), text: text.into() };
    let (read, wrong) = approval::parse(&[source]);
    let same = |file: &approval::ApprovalFile| file.guard == args.guard && file.reason == Arc::from(&*args.reason);
    match read.first() {
        Some(file) if same(file) => Ok(()),
        _ => Err(CommandError::Invalid(wrong)),
    }
}

/// So many outlets are named (our choice); the file has all.
const NAMED: usize = 5;

fn describe_approval(args: &Args, new: &New, zone: &TimeZone) -> String {
    let named: Vec<&str> = new.outlets.keys().take(NAMED).map(OutletId::as_str).collect();
    let outlets = match new.outlets.len() - named.len() {
        0 => named.join(", "),
        more => format!("{}: {} and {more} more", counted(new.outlets.len(), "outlet"), named.join(", ")),
    };
    let message = format!(
        "{}: `{}` is released at {} until {}, for the plan in {} only\nit counts in this root from now on; commit it, so that it counts elsewhere too",
        new.file,
        args.guard,
        outlets,
        report::minute(new.expires, zone),
        args.plan.display()
    );
    printable_lines(&message)
}

fn json(args: &Args, new: &New) -> String {
    let New { file, text: _, expires, outlets } = new;
    let (guard, reason) = (args.guard, &args.reason);
    let all = json!({
        "schema": "menusync.approval/1", "tool": env!("CARGO_PKG_VERSION"), "file": file, "guard": guard,
        "reason": reason, "expires": expires, "outlets": outlets,
    });
    format!("{all:#}\n")
}
