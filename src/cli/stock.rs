//! `stock`: the kitchen's switch from the command line. What is switched is shown before, and seen live after.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tokio::{sync::watch, task::JoinSet};

use super::{
    Exit,
    command_error::CommandError,
    output::{Format, note},
    progress::{self, Progress},
    push::{Release, answer, context, need_terminal},
    session::{Session, block_on, moment},
    signals::{Ending, StopAnnouncer},
    status::{self, Asked, ask_daemon},
    when::When,
};
use crate::{
    catalog::{ExternalId, OutletId, Path, StockKind},
    daemon::DaemonStatus,
    document::closest,
    fleet::{self, Loaded, Survey},
    plan::{SwitchOrder, SwitchStep, live_ids, thing},
    policy::Guard,
    remote::{Read as _, Writer},
    report::{self, StockLine, StockOutlet, SwitchesOf, untrusted::printable},
    sync::{Context, Desired, SwitchLook, Target, chain, look_at_switch, not_switched, recall, switch_stock},
};

/// The latest end of a switch (our choice: what is off for longer belongs in a file).
const LONGEST: SignedDuration = SignedDuration::from_hours(31 * 24);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Outlets whose id, name, file or layer matches (repeatable)
    #[arg(long, value_name = "GLOB", required_unless_present = "list")]
    outlet: Vec<String>,
    /// A dish, by its external_id (repeatable)
    #[arg(long, value_name = "ID", conflicts_with = "list")]
    item: Vec<String>,
    /// A choice, by its external_id (repeatable)
    #[arg(long, value_name = "ID", conflicts_with = "list")]
    variant: Vec<String>,
    /// On sale, or sold out
    #[arg(value_name = "on|off", required_unless_present = "list", conflicts_with = "list")]
    to: Option<Stock>,
    /// Switch back at this time, on the clocks of each outlet
    #[arg(long, value_name = "TIME", conflicts_with = "list")]
    until: Option<When>,
    /// Switch back after this time (30m, 3h)
    #[arg(long = "for", value_name = "TIME", value_parser = crate::document::duration, conflicts_with_all = ["until", "list"])]
    time: Option<Duration>,
    /// List what is to be switched back, and when
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    release: Release,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Stock {
    /// On sale
    On,
    /// Sold out
    Off,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    session.settings()?;
    match args.to {
        Some(to) => switch(&args, to, session),
        None => list(&args, session),
    }
}

/// `--list`: read from what is stored; GoFood is not asked.
fn list(args: &Args, session: &Session) -> Result<Exit, CommandError> {
    let now = moment(None);
    let survey = session.survey(now)?;
    let lines = status::stored(&survey, &args.outlet, session, now)?;
    let of = |line: report::StatusLine| SwitchesOf {
        zone: zone_of(&survey, &line.outlet, session),
        name: line.name.unwrap_or_else(|| line.outlet.clone()),
        outlet: line.outlet,
        state: line.state,
        switches: line.switches,
        unread: line.unread_switches,
    };
    let has_any = |line: &report::StatusLine| !line.switches.is_empty() || !line.unread_switches.is_empty();
    let outlets: Vec<SwitchesOf> = lines.into_iter().filter(has_any).map(of).collect();
    session.outputs.emit(|format, _| match format {
        Format::Json => report::switches_json(&outlets),
        _ => report::switches_text(&outlets),
    })?;
    Ok(Exit::Done)
}

fn zone_of(survey: &Survey, outlet: &str, session: &Session) -> TimeZone {
    survey.member(outlet).and_then(|member| member.zone.clone()).unwrap_or_else(|| session.zone())
}

fn switch(args: &Args, to: Stock, session: &Session) -> Result<Exit, CommandError> {
    let things = things(args)?;
    session.ready_state()?;
    let at = moment(None);
    let survey = session.survey(at)?;
    let selected = session.select(&survey, &args.outlet)?;
    session.refuse_errors(&survey, &selected, "nothing is switched")?;
    args.release.check(&survey)?;
    let loaded = session.load_from(&session.root())?;
    let writer = session.client()?.writer(session.fence()?);
    let mut jobs = Vec::new();
    for member in selected {
        let zone = member.zone.clone().unwrap_or_else(|| session.zone());
        let until = until(args, &zone, at)?;
        let account = member.account.clone();
        let order = SwitchOrder { things: things.clone(), in_stock: to == Stock::On, until, at, account };
        let remote = writer.as_account(member.account.as_deref());
        let released = args.release.guards(member);
        jobs.push(Job { loaded: Arc::clone(loaded), target: member.target(), order, remote, released, zone });
    }
    // Until the question is answered, a signal ends the command at once.
    let context = context(session, &survey, watch::channel(false).1)?;
    let mut run = SwitchRun { session, context, ending: None };
    let looks = block_on(run.look(&jobs))??;
    check_ids(&things, &looks)?;
    let shown: String = looks.iter().map(|(_, shown)| shown.text()).collect();
    if !shown.is_empty() {
        note(shown.trim_end());
    }
    if args.until.is_some() || args.time.is_some() {
        tell_where_nobody_switches_back(&args.outlet, session)?;
    }
    let typed = if args.release.yes { BTreeSet::new() } else { ask(&looks)? };
    let (mut outcomes, mut left) = (Vec::new(), Vec::new());
    for (mut job, (_, shown)) in jobs.into_iter().zip(looks) {
        match shown {
            Shown::Not(outcome) => outcomes.push(outcome),
            Shown::Plan { held, .. } => {
                // What is held and not released is told by who switches: it looks once more.
                if held.is_some() && typed.contains(&job.target.id) {
                    job.released.insert(Guard::SoldOut);
                }
                left.push(job);
            }
        }
    }
    let ending = session.signals.end_in_order(StopAnnouncer::Stderr);
    (run.context.stop, run.ending) = (ending.stop(), Some(ending));
    outcomes.extend(block_on(run.switch(left))??);
    outcomes.sort_by(|a, b| a.outlet.cmp(&b.outlet));
    session.outputs.emit(|format, _| match format {
        Format::Json => report::stock_json(&outcomes),
        _ => report::stock_text(&outcomes, |outlet| zone_of(&survey, outlet, session)),
    })?;
    Ok(exit_of(&outcomes))
}

/// The dishes and choices that are named, each once.
fn things(args: &Args) -> Result<Vec<(StockKind, ExternalId)>, CommandError> {
    let items = args.item.iter().map(|id| (StockKind::Items, id));
    let variants = args.variant.iter().map(|id| (StockKind::Variants, id));
    let mut things = Vec::new();
    for (kind, id) in items.chain(variants) {
        let thing = (kind, ExternalId::from(id.as_str()));
        if !things.contains(&thing) {
            things.push(thing);
        }
    }
    match things.is_empty() {
        true => Err(CommandError::Usage(
            "name what to switch: `--item ID` for a dish, `--variant ID` for a choice".to_owned(),
        )),
        false => Ok(things),
    }
}

fn until(args: &Args, zone: &TimeZone, now: Timestamp) -> Result<Option<Timestamp>, CommandError> {
    let until = match (&args.until, args.time) {
        (Some(when), _) => when.first(zone)?,
        (None, Some(time)) => now.saturating_add(time).unwrap_or(Timestamp::MAX),
        (None, None) => return Ok(None),
    };
    let wrong = |why: &str| Err(CommandError::Usage(format!("{} {why}", report::minute(until, zone))));
    match until.duration_since(now) {
        left if left <= SignedDuration::ZERO => wrong("is over: give a time that is still to come"),
        left if left > LONGEST => {
            wrong("is more than 31 days away: write `in_stock: false` into a dated layer, or leave the end out")
        }
        _ => Ok(Some(until)),
    }
}

/// An end that nobody waits for is no end.
fn tell_where_nobody_switches_back(outlets: &[String], session: &Session) -> Result<(), CommandError> {
    match ask_daemon(outlets, session)? {
        Asked::Heard(status) if !status.switches_back => note(
            "the daemon that runs here is `run --read-only` or of an earlier release and does not switch back; \
             `menusync run` or `menusync run --once` does so at or after the end",
        ),
        Asked::Heard(DaemonStatus { after_restart: Some(words), .. }) => note(&format!(
            "{words}; if that is another platform, the daemon does not know this switch and does not switch it back"
        )),
        Asked::Nobody => {
            note("no daemon runs here: `menusync run` or `menusync run --once` switches back after the end")
        }
        Asked::NoAnswer => note(
            "the daemon that runs here gave no answer; `run --read-only` does not switch back, `menusync run` does",
        ),
        Asked::Heard(_) => {}
    }
    Ok(())
}

/// One outlet.
#[derive(Clone)]
struct Job {
    loaded: Arc<Loaded>,
    target: Target,
    order: SwitchOrder,
    remote: Writer,
    released: BTreeSet<Guard>,
    zone: TimeZone,
}

/// What is shown of an outlet before anything is sent.
enum Shown {
    Plan {
        text: String,
        is_to_send: bool,
        /// The guard's words.
        held: Option<String>,
        /// What is not there, with what it may be.
        absent: BTreeMap<Path, Option<String>>,
    },
    Not(StockOutlet),
}

impl Shown {
    fn text(&self) -> String {
        match self {
            Self::Plan { text, .. } => text.clone(),
            Self::Not(_) => String::new(),
        }
    }
}

type Looks = Vec<(OutletId, Shown)>;

/// Refuses ids that no outlet knows, before anything is sent: most likely a slip of the hand.
fn check_ids(things: &[(StockKind, ExternalId)], looks: &Looks) -> Result<(), CommandError> {
    let plans: Vec<_> = looks
        .iter()
        .map(|(_, shown)| match shown {
            Shown::Plan { absent, .. } => Some(absent),
            Shown::Not(_) => None,
        })
        .collect();
    for (kind, id) in things {
        let path = thing(*kind, id);
        let missing: Option<Vec<_>> = plans.iter().map(|absent| (*absent)?.get(&path)).collect();
        let Some(missing) = missing.filter(|missing| !missing.is_empty()) else { continue };
        let meant = missing.into_iter().flatten().next().map(|near| format!("; did you mean `{near}`?"));
        let kind = if *kind == StockKind::Items { "item" } else { "variant" };
        return Err(CommandError::Usage(format!(
            "no selected outlet has the {kind} `{id}` on its live menu, so nothing was switched{}",
            meant.unwrap_or_default()
        )));
    }
    Ok(())
}

/// Asks about what was shown; the outlets whose guard was released by typing its name.
fn ask(looks: &Looks) -> Result<BTreeSet<OutletId>, CommandError> {
    let mut typed = BTreeSet::new();
    let plans = || {
        looks.iter().filter_map(|(outlet, shown)| match shown {
            Shown::Plan { is_to_send: true, held, .. } => Some((outlet, held)),
            _ => None,
        })
    };
    if plans().next().is_none() {
        return Ok(typed);
    }
    need_terminal(
        "there is something to switch, but no terminal to ask on: look at what is shown above, then use --yes",
    )?;
    for (outlet, held) in plans() {
        if held.is_some()
            && answer("Type sold-out to release it, or Enter to leave this outlet: ")? == Guard::SoldOut.name()
        {
            typed.insert(outlet.clone());
        }
    }
    let to_switch = plans().filter(|(outlet, held)| held.is_none() || typed.contains(*outlet)).count();
    if to_switch == 0 {
        return Ok(typed);
    }
    match answer(&format!("Switch at {to_switch} of {} outlets? Type `yes` to continue: ", looks.len()))?.as_str() {
        "yes" => Ok(typed),
        _ => Err(CommandError::Refused("nothing was switched: the answer was not `yes`".to_owned())),
    }
}

struct SwitchRun<'a> {
    session: &'a Session,
    context: Context,
    ending: Option<Ending>,
}

impl SwitchRun<'_> {
    async fn look(&self, jobs: &[Job]) -> Result<Looks, CommandError> {
        let looks = self.each(jobs.to_vec(), |context, job| async move { job.look(&context).await }, |_| {}).await?;
        let broken = |target: &Target| Shown::Not(not_switched(target, "failed", BROKEN_OFF.to_owned()));
        Ok(looks
            .into_iter()
            .map(|(target, shown)| (target.id.clone(), shown.unwrap_or_else(|| broken(&target))))
            .collect())
    }

    async fn switch(&self, jobs: Vec<Job>) -> Result<Vec<StockOutlet>, CommandError> {
        let of = jobs.len();
        let ended = |outcome: &StockOutlet| {
            if of > 1 && progress::is_wanted() {
                let why = outcome.error.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                note(&printable(&format!("{} ({}): {}{why}", outcome.name, outcome.outlet, outcome.result)));
            }
        };
        let outcomes = self.each(jobs, |context, job| async move { job.switch(&context).await }, ended).await?;
        let broken = |target: &Target| not_switched(target, "failed", BROKEN_OFF.to_owned());
        Ok(outcomes.into_iter().map(|(target, outcome)| outcome.unwrap_or_else(|| broken(&target))).collect())
    }

    async fn is_overdue(&self) {
        match &self.ending {
            Some(ending) => ending.overdue().await,
            None => std::future::pending().await,
        }
    }

    /// Does something at each outlet, a few at a time, in the order of `jobs`; `None`: it broke off.
    async fn each<T, F>(
        &self,
        jobs: Vec<Job>,
        run: impl Fn(Context, Job) -> F,
        ended: impl Fn(&T),
    ) -> Result<Vec<(Target, Option<T>)>, CommandError>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let progress = Progress::new("outlets");
        let most = self.session.settings()?.gobiz.concurrency;
        let mut results: Vec<(Target, Option<T>)> = jobs.iter().map(|job| (job.target.clone(), None)).collect();
        let (mut tasks, mut waiting, mut done) = (JoinSet::new(), jobs.into_iter().enumerate(), 0);
        progress.tell(done, results.len());
        loop {
            while tasks.len() < most
                && let Some((index, job)) = waiting.next()
            {
                let work = run(self.context.clone(), job);
                tasks.spawn(async move { (index, work.await) });
            }
            let ended_task = tokio::select! {
                ended_task = tasks.join_next() => ended_task,
                () = self.is_overdue() => break,
            };
            let Some(ended_task) = ended_task else { break };
            done += 1;
            progress.tell(done, results.len());
            if let Ok((index, result)) = ended_task {
                ended(&result);
                results[index].1 = Some(result);
            }
        }
        Ok(results)
    }
}

/// What an outlet gets whose work panicked, or was broken off by a stop.
const BROKEN_OFF: &str = "broken off; `menusync stock --list` and the next pass tell what was switched";

impl Job {
    async fn desired(&self) -> Result<Desired, StockOutlet> {
        let not = |why: String| not_switched(&self.target, "failed", why);
        match fleet::desired(&self.loaded, &self.target.id, moment(None)).await {
            Ok(Ok(desired)) => Ok(desired),
            Ok(Err(diagnostics)) => Err(not(report::errors_brief(&diagnostics).unwrap_or_default())),
            Err(hung) => Err(not(hung.to_string())),
        }
    }

    async fn look(self, context: &Context) -> Shown {
        let desired = match self.desired().await {
            Ok(desired) => desired,
            Err(not) => return Shown::Not(not),
        };
        let look = async {
            let recalled = recall(&context.state, &self.target.id, self.order.at).await?;
            look_at_switch(&self.remote, recalled, &self.target, &desired, &self.order, &self.released).await
        };
        match look.await {
            Ok(Ok(look)) => self.shown(&look),
            Ok(Err(why)) => Shown::Not(not_switched(&self.target, "held", why)),
            Err(error) => Shown::Not(not_switched(&self.target, "failed", chain(&error))),
        }
    }

    fn shown(&self, SwitchLook { plan, live, .. }: &SwitchLook) -> Shown {
        let absent = plan.switches.iter().filter(|planned| planned.step == SwitchStep::Absent).map(|planned| {
            let near = closest(planned.switch.id.as_str(), live_ids(live, planned.switch.kind)).map(str::to_owned);
            (planned.switch.thing(), near)
        });
        Shown::Plan {
            text: report::stock_plan_text(self.target.id.as_str(), &self.target.name, plan, &self.zone),
            is_to_send: plan.is_to_send(),
            held: plan.held().map(|guard| guard.message.clone()),
            absent: absent.collect(),
        }
    }

    async fn switch(self, context: &Context) -> StockOutlet {
        let desired = match self.desired().await {
            Ok(desired) => desired,
            Err(not) => return not,
        };
        let outcome =
            Box::pin(switch_stock(context, &self.remote, &self.target, &desired, &self.order, &self.released)).await;
        tracing::info!(outlet = %outcome.outlet, result = outcome.result, "done");
        outcome
    }
}

/// The exit that each dish and choice alone would give, as `apply` has it for outlets.
fn exit_of(outcomes: &[StockOutlet]) -> Exit {
    let of_line = |line: &StockLine| match () {
        () if line.is_refused() => Exit::Refused,
        () if line.is_failed() => Exit::Failed,
        () => Exit::Done,
    };
    let of_outlet = |outcome: &StockOutlet| match (outcome.result, outcome.switches.as_slice()) {
        ("held", []) => vec![Exit::Refused],
        ("failed", []) => vec![Exit::Failed],
        (_, lines) => lines.iter().map(of_line).collect(),
    };
    Exit::of_outlets(outcomes.iter().flat_map(of_outlet))
}
