//! Asking and pushing: what every command does that writes to GoFood after it has shown a plan.
//!
//! What is shown is what is agreed to: every outlet is planned once more right before its push, and if that plan has
//! another digest than the one that was shown, the outlet is not pushed.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, IsTerminal, Write},
    path::Path,
    sync::Arc,
};

use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    Exit,
    approve::a_guard,
    command_error::CommandError,
    new_images::NewImages,
    output::{Format, note},
    preview::{Preview, is_held, is_to_push},
    progress::{self, Progress},
    rollout::{self, NewWaves},
    saved,
    session::{MOST_DIAGNOSTICS, Session, block_on, moment},
    signals::StopAnnouncer,
    terminal::Screen,
};
use crate::{
    catalog::OutletId,
    diagnostic::Diagnostic,
    fleet::{self, Member, Survey},
    plan::OutletPlan,
    policy::Guard,
    remote::{Read as _, Writer},
    report::{self, ApplyLine, OutletReport, PlanReport, ReleaseHints, SavedPlan, View, untrusted::printable},
    sync::{
        Clock, Consent as PassConsent, Context, InSync, Outcome, OutletState, PassOptions, PassResult, Passes,
        PollSlots, PollWaker, RolloutOrder, Slots, Target, note_rollout, pass, store_failure,
    },
};

/// What a person may say about a push on the command line.
#[derive(Debug, clap::Args)]
pub(super) struct Consent {
    /// Refuse (exit code 4) unless the plan has this digest
    #[arg(long, value_name = "DIGEST")]
    expect_digest: Option<String>,
    #[command(flatten)]
    release: Release,
}

/// What goes out without a question, and although a guard holds it.
#[derive(Debug, clap::Args)]
pub(super) struct Release {
    /// Release a guard, for all outlets or for one (repeatable)
    #[arg(long, value_name = "GUARD[:OUTLET]")]
    allow: Vec<Allow>,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(super) yes: bool,
}

/// A push to some outlets, from the plan that is shown to the report of how it ended.
pub(super) struct PushRun<'a> {
    pub(super) session: &'a Session,
    pub(super) survey: &'a Survey,
    pub(super) selected: &'a [&'a Member],
    pub(super) at: Timestamp,
    /// What each outlet may do, guards aside.
    pub(super) options: &'a dyn Fn(&Member) -> PassOptions,
    pub(super) consent: &'a Consent,
    /// The plan file that it has to be equal to.
    pub(super) saved: Option<(&'a Path, &'a SavedPlan)>,
    /// All outlets are meant, also those that no file defines any more.
    pub(super) is_whole: bool,
    /// How what is held can be let through.
    pub(super) hints: &'a ReleaseHints,
}

impl PushRun<'_> {
    /// Plans, asks, pushes, reports. The outlets are valid.
    pub(super) fn run(&self) -> Result<Exit, CommandError> {
        let Self { session, survey, selected, at, options, consent, saved, is_whole, hints } = *self;
        consent.release.check(survey)?;
        session.refuse_unfinished(!consent.release.yes)?;
        let writer = session.client()?.writer(session.fence()?);
        let options = |member: &Member| PassOptions { released: consent.release.guards(member), ..options(member) };
        let is_rollback = selected.iter().any(|member| options(member).rollback.is_some());
        let loaded = session.loaded()?;
        let order = loaded.rollout_order();
        let rollout = order.as_ref().filter(|_| !is_rollback);
        let preview =
            Preview { session, survey, at, view: View::Plan, options: &options, base: None, is_whole, rollout };
        let mut report = block_on(preview.report(&writer, selected))??;
        self.store_failures(&report)?;
        let released = |outlet: &OutletId| {
            let member = selected.iter().find(|member| member.id == *outlet);
            member.is_some_and(|member| consent.release.guards(member).contains(&Guard::Rollout))
        };
        let is_new = rollout.is_some() && report.rollout.is_none();
        let is_stopped = is_new && block_on(rollout::is_stopped(session))??;
        let waves = rollout.filter(|_| is_new).map(|order| NewWaves {
            order,
            loaded,
            survey,
            is_whole: selected.len() == survey.members.len(),
            is_stopped,
            is_released: &released,
        });
        if let Some(expected) = consent.expect_digest.as_ref().filter(|expected| **expected != report.digest().0) {
            note(&report::plan_text(&report, session.outputs.look(Screen::default())));
            let why = match is_whole_digest(expected) {
                true => format!("expected was {expected}: the files or the live menu changed since"),
                false => format!("and `{expected}` is no complete digest: `sha256:` and 64 hexadecimal digits"),
            };
            return Err(CommandError::Refused(format!(
                "the plan above has the digest {}, {why}; nothing was pushed",
                report.digest()
            )));
        }
        if let Some((path, saved)) = saved {
            saved::compare(path, saved, &report)?;
        }
        NewImages { session, at }.leave_out_bad(&mut report)?;
        if let Some(waves) = &waves {
            waves.hold_back(&mut report);
        }
        if report.outlets.iter().any(|outlet| is_to_push(outlet) || is_held(outlet)) {
            let look = session.outputs.look(Screen::of(&std::io::stderr()));
            note(&report::plan_text(&report, look));
        }
        let typed = if consent.release.yes { BTreeMap::new() } else { ask(&report)? };
        let is_confirmed = consent.release.yes || report.outlets.iter().any(|outlet| may_push(outlet, &typed));
        let mut options = agreed(&report, selected, options, &typed, is_confirmed);
        if let Some(waves) = &waves {
            block_on(waves.begin(&session.state()?, &report, &mut options))??;
        }
        let outcomes = push_all(session, survey, selected, writer, options, order.clone())?;
        if let Some(order) = order.filter(|_| !is_rollback) {
            let rollout = Some(order.clone());
            let context = Context { rollout, ..context(session, survey, watch::channel(false).1)? };
            block_on(rollout::note_without_plan(&context, &report, selected))?;
            block_on(rollout::tell_rest(session, &context.state, &order))??;
        }
        emit(session, &report, outcomes, hints)
    }
}

impl PushRun<'_> {
    /// What could not be examined is stored as such, so that `status` says it as well; nobody has to agree to that.
    fn store_failures(&self, report: &PlanReport) -> Result<(), CommandError> {
        let failed = |member: &Member| {
            let is_failed = |line: &&OutletReport| line.outlet == member.id && line.state == "failed";
            let why = report.outlets.iter().find(is_failed)?.error.clone()?;
            Some(Outcome::failed(&member.target(), why))
        };
        let failed: Vec<(Target, Outcome)> =
            self.selected.iter().filter_map(|member| Some((member.target(), failed(member)?))).collect();
        if failed.is_empty() {
            return Ok(());
        }
        let state = self.session.state()?;
        block_on(async {
            for (target, outcome) in failed {
                store_failure(&state, &target, outcome, moment(None)).await;
            }
        })
    }
}

impl Release {
    /// Refuses outlets that no file defines.
    pub(super) fn check(&self, survey: &Survey) -> Result<(), CommandError> {
        known_outlets(&self.allow, survey)
    }

    /// The guards that are released for an outlet.
    pub(super) fn guards(&self, member: &Member) -> BTreeSet<Guard> {
        let theirs = |allow: &&Allow| allow.outlet.as_ref().is_none_or(|outlet| *outlet == member.id.0);
        self.allow.iter().filter(theirs).map(|allow| allow.guard).collect()
    }
}

/// Whether a text could be the digest of a plan at all: a variable that is not set cannot.
fn is_whole_digest(text: &str) -> bool {
    let hash = text.strip_prefix("sha256:").unwrap_or_default();
    hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// `GUARD` or `GUARD:OUTLET`
#[derive(Debug, Clone)]
struct Allow {
    guard: Guard,
    outlet: Option<String>,
}

impl std::str::FromStr for Allow {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (guard, outlet) = text.split_once(':').map_or((text, None), |(guard, outlet)| (guard, Some(outlet)));
        Ok(Self { guard: a_guard(guard)?, outlet: outlet.map(str::to_owned) })
    }
}

/// What there is to tell of outlets that nobody has agreed to push, because there was no plan to show.
fn without_plan(report: &PlanReport) -> impl Iterator<Item = (Exit, ApplyLine)> {
    report.outlets.iter().filter(|outlet| outlet.plan.is_none()).map(|outlet| {
        let (exit, result) = match (outlet.state, &outlet.error) {
            ("invalid", _) => (Exit::Invalid, PassResult::Unchanged),
            ("held", _) => (Exit::Refused, PassResult::Held),
            (_, Some(_)) => (Exit::Failed, PassResult::Failed),
            (_, None) => (Exit::Done, PassResult::Unchanged),
        };
        let line = ApplyLine {
            outlet: outlet.outlet.clone(),
            name: outlet.name.clone(),
            result: result.as_str(),
            state: outlet.state,
            request_id: None,
            error: outlet
                .error
                .clone()
                .or_else(|| outlet.pause.as_ref().map(|pause| pause.words.clone()))
                .or_else(|| (outlet.state == "missing").then(|| report::NO_LONGER_DEFINED.to_owned())),
            promotions: Vec::new(),
            held: Vec::new(),
        };
        (exit, line)
    })
}

fn known_outlets(allowed: &[Allow], survey: &Survey) -> Result<(), CommandError> {
    let mut named = allowed.iter().filter_map(|allow| allow.outlet.as_ref());
    match named.find(|outlet| survey.members.iter().all(|member| member.id.0 != **outlet)) {
        Some(outlet) => Err(CommandError::Usage(format!("--allow names the outlet `{outlet}`, which no file defines"))),
        None => Ok(()),
    }
}

type Typed = BTreeMap<OutletId, BTreeSet<Guard>>;

/// Asks about the plan that was shown. Held guards are released by typing their names; everything else needs a `yes`.
fn ask(report: &PlanReport) -> Result<Typed, CommandError> {
    let mut typed = Typed::new();
    if !report.outlets.iter().any(is_to_push) {
        return Ok(typed);
    }
    need_terminal("there is something to push, but no terminal to ask on: review `menusync plan`, then use --yes")?;
    // What waits for a later wave is asked about then.
    for outlet in report.outlets.iter().filter(|outlet| is_held(outlet) && outlet.window.is_none()) {
        for guard in outlet.plan.iter().flat_map(|plan| plan.held()) {
            note(&printable(&format!("{}: {} holds it: {}", outlet.name, guard.guard, guard.message)));
            let name = guard.guard.name();
            if answer(&format!("Type {name} to release it, or Enter to leave this outlet: "))? == name {
                typed.entry(outlet.outlet.clone()).or_default().insert(guard.guard);
            }
        }
    }
    let to_push = report.outlets.iter().filter(|outlet| may_push(outlet, &typed)).count();
    if to_push == 0 {
        return Ok(typed);
    }
    let said = answer(&format!("Push to {to_push} of {} outlets? Type `yes` to continue: ", report.outlets.len()))?;
    match said.as_str() {
        "yes" => Ok(typed),
        _ => Err(CommandError::Refused("nothing was pushed: the answer was not `yes`".to_owned())),
    }
}

/// Refuses with `why` where nobody can be asked.
pub(super) fn need_terminal(why: &str) -> Result<(), CommandError> {
    match std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        true => Ok(()),
        false => Err(CommandError::Usage(why.to_owned())),
    }
}

pub(super) fn answer(question: &str) -> Result<String, CommandError> {
    // Whoever waits for a line holds no lock on stderr: a signal has to be answered there.
    let mut stderr = std::io::stderr();
    write!(stderr, "{question}").and_then(|()| stderr.flush())?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// Whether an outlet is pushed once the question is answered with yes: it has something to push, waits for no window or wave, and
/// every guard that holds it was released.
fn may_push(outlet: &OutletReport, typed: &Typed) -> bool {
    let theirs = typed.get(&outlet.outlet);
    let mut held = outlet.plan.iter().flat_map(|plan| plan.held());
    is_to_push(outlet)
        && outlet.window.is_none()
        && outlet.state != OutletState::Queued.as_str()
        && held.all(|guard| theirs.is_some_and(|theirs| theirs.contains(&guard.guard)))
}

/// What each outlet may do: what was agreed to, bound to the digest that was shown. What was shown as held, queued or
/// unchanged, or was declined, may only be looked at; what waits for its wave may take off sale what it was shown to, once
/// `is_confirmed`. Without a plan that was shown, nothing.
fn agreed(
    report: &PlanReport,
    selected: &[&Member],
    options: impl Fn(&Member) -> PassOptions,
    typed: &Typed,
    is_confirmed: bool,
) -> BTreeMap<OutletId, PassOptions> {
    let shown: BTreeMap<&OutletId, &OutletReport> = report.outlets.iter().map(|o| (&o.outlet, o)).collect();
    selected
        .iter()
        .filter_map(|member| {
            let shown = shown.get(&member.id)?;
            let digest = shown.plan.as_ref()?.digest.clone();
            let is_of_rollout = |plan: &OutletPlan| plan.held().all(|guard| guard.guard == Guard::Rollout);
            let waits = || shown.window.is_some() || is_held(shown);
            let consent = match may_push(shown, typed) {
                true => PassConsent::Agreed(digest),
                false if is_confirmed && waits() && shown.plan.as_ref().is_some_and(is_of_rollout) => {
                    PassConsent::OffSaleOnly(digest)
                }
                false => PassConsent::ShowOnly(digest),
            };
            let mut options = PassOptions { consent, ..options(member) };
            options.released.extend(typed.get(&member.id).into_iter().flatten());
            Some((member.id.clone(), options))
        })
        .collect()
}

/// What all outlets of one command share.
pub(super) fn context(
    session: &Session,
    survey: &Survey,
    stop: watch::Receiver<bool>,
) -> Result<Context, CommandError> {
    let settings = session.settings()?;
    let loaded = session.load_from(&session.root())?;
    let state = session.state()?;
    Ok(Context {
        files: state.is_shared().then(|| loaded.digest_of_change().into()),
        state,
        clock: Clock::System,
        verify_timeout: settings.verify.timeout,
        verify_interval: settings.verify.interval,
        slots: Slots::new(settings.gobiz.concurrency),
        poll_slots: PollSlots::new(settings.gobiz.concurrency),
        revision: loaded.revision.clone(),
        author: loaded.author.clone(),
        peers: Arc::clone(&survey.peers),
        stop,
        poll_waker: PollWaker::default(),
        in_flight: session.signals.in_flight(),
        in_sync: InSync::default(),
        rollout: None,
    })
}

fn push_all(
    session: &Session,
    survey: &Survey,
    selected: &[&Member],
    writer: Writer,
    mut options: BTreeMap<OutletId, PassOptions>,
    rollout: Option<RolloutOrder>,
) -> Result<Vec<Outcome>, CommandError> {
    let loaded = session.load_from(&session.root())?;
    let ending = session.signals.end_in_order(StopAnnouncer::Stderr);
    let context = Context { rollout, ..context(session, survey, ending.stop())? };
    block_on(async {
        let (mut passes, mut outcomes) = (Passes::default(), Vec::new());
        let (progress, all) = (Progress::new("outlets"), selected.len());
        progress.tell(0, all);
        let ended = |outcome: Outcome, outcomes: &mut Vec<Outcome>| {
            tell(&outcome, all);
            outcomes.push(outcome);
            progress.tell(outcomes.len(), all);
        };
        for member in selected {
            let Some(options) = options.remove(&member.id) else { continue };
            let target = member.target();
            let slot = loop {
                tokio::select! {
                    biased;
                    () = ending.asked() => break None,
                    Some(outcome) = passes.next() => ended(outcome, &mut outcomes),
                    slot = context.slot() => break Some(slot),
                }
            };
            let Some(slot) = slot else {
                outcomes.push(Outcome::withdrawn(&target));
                continue;
            };
            let composed = tokio::select! {
                biased;
                () = ending.asked() => {
                    outcomes.push(Outcome::withdrawn(&target));
                    continue;
                }
                composed = fleet::desired(loaded, &member.id, moment(None)) => composed,
            };
            let desired = match composed {
                Ok(Ok(desired)) => desired,
                Ok(Err(diagnostics)) => {
                    outcomes.push(invalid_by_now(session, &target, &diagnostics));
                    continue;
                }
                Err(hung) => {
                    outcomes.push(Outcome::failed(&target, hung.to_string()));
                    continue;
                }
            };
            let (context, passed) = (context.clone(), target.clone());
            let writer = writer.as_account(member.account.as_deref());
            let pass = async move {
                let outcome = Box::pin(pass(&context, slot, &writer, &passed, &desired, &options)).await;
                note_rollout(&context, options.rollback.is_some(), &outcome).await;
                outcome
            };
            passes.begin(target, pass);
        }
        let overdue = ending.overdue();
        tokio::pin!(overdue);
        loop {
            tokio::select! {
                outcome = passes.next() => match outcome {
                    Some(outcome) => ended(outcome, &mut outcomes),
                    None => break,
                },
                () = &mut overdue => {
                    outcomes.extend(passes.break_off(&context.in_flight));
                    break;
                }
            }
        }
        Ok(outcomes)
    })?
}

/// An outlet that was valid when its plan was shown and is not any more: a dated layer has begun or ended meanwhile.
fn invalid_by_now(session: &Session, target: &Target, diagnostics: &[Diagnostic]) -> Outcome {
    let errors: Vec<Diagnostic> = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).cloned().collect();
    let texts = |file: &str| session.text(file);
    note(&report::diagnostics_text(&errors, &texts, false, MOST_DIAGNOSTICS));
    let why = report::errors_brief(&errors).unwrap_or_else(|| "its files are invalid".to_owned());
    Outcome::invalid(target, format!("invalid since the plan was shown, nothing was pushed: {why}"))
}

/// Results as they come, while others are still waited for: the report comes in the end.
fn tell(outcome: &Outcome, of: usize) {
    tracing::info!(outlet = %outcome.outlet, result = outcome.result.as_str(), "done");
    if of > 1 && outcome.result != PassResult::Unchanged && progress::is_wanted() {
        let why = outcome.error.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        let words = format!("{} ({}): {}{why}", outcome.name, outcome.outlet, outcome.result.as_str());
        note(&printable(&words));
    }
}

fn emit(
    session: &Session,
    report: &PlanReport,
    outcomes: Vec<Outcome>,
    hints: &ReleaseHints,
) -> Result<Exit, CommandError> {
    // Files with errors were refused before anything was shown, so these became invalid since.
    let some_became_invalid = outcomes.iter().any(|outcome| outcome.state == OutletState::Invalid);
    let pushed = outcomes.into_iter().map(|outcome| (exit_of(&outcome), line(outcome)));
    let mut results: Vec<(Exit, ApplyLine)> = pushed.chain(without_plan(report)).collect();
    results.sort_by(|(_, a), (_, b)| a.outlet.cmp(&b.outlet));
    let (exits, lines): (Vec<Exit>, Vec<ApplyLine>) = results.into_iter().unzip();
    let exit = match Exit::of_outlets(exits.iter().copied()) {
        Exit::Invalid if some_became_invalid && exits.contains(&Exit::Done) => Exit::Mixed,
        exit => exit,
    };
    session.outputs.emit(|format, screen| match format {
        Format::Json => report::apply_json(&lines, &report.stale_approvals, report.revision.as_deref()),
        Format::Markdown => report::apply_markdown(&lines, &report.stale_approvals, hints),
        _ => report::apply_text(&lines, &report.stale_approvals, hints, screen.color),
    })?;
    Ok(exit)
}

/// An outcome for the report.
pub(super) fn line(outcome: Outcome) -> ApplyLine {
    let plan = outcome.plan.as_ref().filter(|_| outcome.result == PassResult::Held);
    let held = plan.into_iter().flat_map(|plan| plan.held()).map(|verdict| verdict.guard).collect();
    ApplyLine {
        outlet: outcome.outlet,
        name: outcome.name,
        result: outcome.result.as_str(),
        state: outcome.state.as_str(),
        request_id: outcome.request_id,
        error: outcome.error,
        promotions: outcome.promotions,
        held,
    }
}

/// The exit that one outlet alone would give.
pub(super) fn exit_of(outcome: &Outcome) -> Exit {
    match outcome.result {
        PassResult::Unchanged if outcome.state == crate::sync::OutletState::Invalid => Exit::Invalid,
        PassResult::Queued if outcome.was_withdrawn() => Exit::Failed,
        PassResult::Unchanged | PassResult::Queued => Exit::Done,
        // Seen to arrive, but something was left to do (stock that could not be set again).
        PassResult::Published if outcome.state == crate::sync::OutletState::Failed => Exit::Failed,
        PassResult::Published => Exit::Done,
        PassResult::Held => Exit::Refused,
        PassResult::Nonconvergent | PassResult::Rejected | PassResult::Timeout | PassResult::Failed => Exit::Failed,
    }
}
