//! `rollback`: back to what an earlier push sent, through plan and guards, and held against the files until they say
//! something else.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    Exit,
    command_error::CommandError,
    output::{Format, note},
    preview::Preview,
    push::{Consent, PushRun},
    session::{Session, block_on},
    when::When,
};
use crate::{
    catalog::{OutletId, Path},
    fleet::{Member, Survey},
    plan::{Class, Goal, Pins, Record},
    report::{Push, ReleaseHints, View, minute, untrusted::printable},
    state::{PushOutcome, PushRow, SharedState, StateError},
    sync::{PassError, PassOptions, apply_pins, pause_note, rule_errors},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Outlets whose id, name, file or layer matches (repeatable)
    #[arg(long, value_name = "GLOB", required = true)]
    outlet: Vec<String>,
    /// The number of a push in `history`, or a moment as `history` shows it: what was live then
    #[arg(long, value_name = "N|TIME")]
    to: To,
    #[command(flatten)]
    consent: Consent,
}

/// What to go back to.
#[derive(Debug, Clone)]
enum To {
    Number(i64),
    Moment(When),
}

impl std::str::FromStr for To {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(number) = text.trim_start_matches('#').parse() {
            return Ok(Self::Number(number));
        }
        let moment = text.parse().map(Self::Moment);
        moment.map_err(|help: String| format!("this is neither the number of a push nor a time; {help}"))
    }
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json, Format::Markdown])?;
    session.settings()?;
    session.ready_state()?;
    let at = Timestamp::now();
    let survey = session.survey(at)?;
    let selected = session.select(&survey, &args.outlet)?;
    session.refuse_errors(&survey, &selected, "nothing is rolled back")?;
    let nothing = || CommandError::Refused("no push is stored, so there is nothing to go back to".to_owned());
    let state = session.remembered()?.ok_or_else(nothing)?;
    block_on(session.tell_other_platforms(Some(&state)))??;
    let mut pins = BTreeMap::new();
    for member in &selected {
        pins.insert(member.id.clone(), block_on(Rollback { session, state: &state, member, at }.pins(&args.to))??);
    }
    leave_to_others(&mut pins, session, (&survey, &selected), at)?;
    let options = |member: &Member| PassOptions { rollback: pins.get(&member.id).cloned(), ..PassOptions::default() };
    let (survey, selected, options, consent) = (&survey, &*selected, &options, &args.consent);
    // No plan of it can be saved, so none can be approved.
    let hints = &ReleaseHints { push: Some(Push::Again), plan: None, reverts: true, ..ReleaseHints::default() };
    PushRun { session, survey, selected, at, options, consent, saved: None, is_whole: false, hints }.run()
}

/// The rollback of one outlet.
struct Rollback<'a> {
    session: &'a Session,
    state: &'a SharedState,
    member: &'a Member,
    at: Timestamp,
}

impl Rollback<'_> {
    /// What has to be pinned; says what cannot be brought back.
    async fn pins(&self, to: &To) -> Result<Pins, CommandError> {
        self.is_not_paused().await?;
        let desired = self.session.loaded()?.desired(&self.member.id, self.at);
        let desired = desired.map_err(|_| self.refused("its files are invalid"))?;
        let rows = self.state.history(self.member.id.as_str()).await?;
        let rows: Vec<PushRow> = rows.into_iter().map(|(row, _)| row).collect();
        let row = self.chosen(to, &rows)?;
        let record = record_of(self.state, row).await?.ok_or_else(|| {
            self.refused(&format!("what push {} sent was not recorded: an older menusync made it", row.number))
        })?;
        let stock = self.stock_when_last_seen(&rows).await?;
        // What cannot be told counts as on sale, like anything new.
        let was_sold_out = |path: &Path| stock.get(path) == Some(&false);
        let goal = Goal {
            to: row.number,
            of: row.prepared_at,
            now: self.at,
            ignore: &desired.policy.ignore,
            was_sold_out: &was_sold_out,
        };
        let mut pins = Pins::between(&goal, &desired.catalog, &record);
        pins.excused = rule_errors(&record.files, &desired.policy);
        let held = apply_pins(&self.member.target(), &desired, &pins, self.at).map_err(|error| match error {
            PassError::PinConflict { why, .. } => self.refused(&format!(
                "what push {} sent conflicts with the rest of the files: {why}; edit the files instead",
                row.number
            )),
            error => error.into(),
        })?;
        for lost in pins.pinned_paths().iter().filter(|pin| !held.pins.pinned_paths().contains(pin)) {
            note(&printable(&format!("{}: {} cannot be brought back", self.member.name, lost.path)));
        }
        Ok(if held.pins.is_empty() { pins.emptied() } else { held.pins.clone() })
    }

    async fn is_not_paused(&self) -> Result<(), CommandError> {
        if self.member.paused {
            return Err(self.refused("its file says `state: paused`"));
        }
        let pause = self.state.pause(self.member.id.as_str(), self.at).await?;
        let zone = self.session.loaded()?.timezone();
        pause.map_or(Ok(()), |pause| Err(self.refused(&pause_note(&self.member.id, pause, &zone).words)))
    }

    /// Path of an item or a variant → whether it was on sale when a push last saw it live.
    async fn stock_when_last_seen(&self, rows: &[PushRow]) -> Result<BTreeMap<Path, bool>, CommandError> {
        let mut stock = BTreeMap::new();
        for row in rows {
            for (path, on_sale) in record_of(self.state, row).await?.map(|record| record.stock).into_iter().flatten() {
                stock.entry(path).or_insert(on_sale);
            }
        }
        Ok(stock)
    }

    /// The push that is meant.
    fn chosen<'r>(&self, to: &To, rows: &'r [PushRow]) -> Result<&'r PushRow, CommandError> {
        let is_published = |row: &&PushRow| row.outcome == Some(PushOutcome::Published);
        match to {
            &To::Number(number) => {
                let row = rows.iter().find(|row| row.number == number).ok_or_else(|| self.unknown(number, rows))?;
                if is_published(&row) {
                    return Ok(row);
                }
                let outcome = row.outcome.map_or("is still under way", |outcome| outcome.as_str());
                let older = rows.iter().filter(is_published).find(|other| other.number < number);
                let help = older.map(|older| format!("; the one before it that was published is {}", older.number));
                let why = format!("push {number} was not published ({outcome}){}", help.unwrap_or_default());
                Err(self.refused(&why))
            }
            To::Moment(when) => {
                let zone = self.session.zone();
                let moment = when.last(&zone)?;
                let was_live = |row: &&PushRow| row.finished_at.is_some_and(|finished| finished <= moment);
                rows.iter().filter(is_published).find(was_live).ok_or_else(|| {
                    let first = rows.iter().rev().find(is_published).and_then(|row| row.finished_at);
                    let help = first.map(|at| format!("; the oldest was published {}", minute(at, &zone)));
                    let help = help.unwrap_or_default();
                    self.refused(&format!("no stored push had been published by {}{help}", minute(moment, &zone)))
                })
            }
        }
    }

    fn unknown(&self, number: i64, rows: &[PushRow]) -> CommandError {
        let (Some(oldest), Some(newest)) = (rows.last(), rows.first()) else {
            return self.refused("no push to it is stored, so there is nothing to go back to");
        };
        let stored = format!("pushes {} to {} are stored: see `menusync history`", oldest.number, newest.number);
        CommandError::Usage(format!("{} has no push {number}; {stored}", self.label()))
    }

    fn refused(&self, why: &str) -> CommandError {
        CommandError::Refused(printable(&format!("{}: {why}; nothing was pushed", self.label())).into_owned())
    }

    fn label(&self) -> String {
        format!("{} ({})", self.member.name, self.member.id)
    }
}

/// What a push sent; `None` if that was not recorded.
async fn record_of(state: &SharedState, row: &PushRow) -> Result<Option<Record>, StateError> {
    Ok(state.record(row.id).await?.and_then(|record| serde_json::from_str(&record).ok()))
}

/// What the files said then, do not say now, and somebody else has set since, is that person's now: it is left alone.
fn leave_to_others(
    pins: &mut BTreeMap<OutletId, Pins>,
    session: &Session,
    (survey, selected): (&Survey, &[&Member]),
    at: Timestamp,
) -> Result<(), CommandError> {
    let doubtful = |member: &&Member| pins.get(&member.id).is_some_and(Pins::claims_fields);
    let doubtful: Vec<&Member> = selected.iter().copied().filter(doubtful).collect();
    if doubtful.is_empty() {
        return Ok(());
    }
    let options = |member: &Member| PassOptions { rollback: pins.get(&member.id).cloned(), ..PassOptions::default() };
    let (base, rollout, is_whole) = (None, None, false);
    let preview = Preview { session, survey, at, view: View::Plan, options: &options, base, is_whole, rollout };
    let report = block_on(preview.report(&session.client()?.reader(), &doubtful))??;
    for plan in report.outlets.iter().filter_map(|outlet| outlet.plan.as_ref()) {
        let Some(pins) = pins.get_mut(&plan.outlet) else { continue };
        let adopted = plan.changes.iter().filter(|change| change.class == Class::Adopt && pins.is_unsaid(&change.path));
        let theirs: BTreeSet<Path> = adopted.map(|change| change.path.clone()).collect();
        for path in &theirs {
            note(&printable(&format!(
                "{}: {path} is left as it is live: the files say nothing about it any more, and somebody has set it since",
                plan.outlet
            )));
        }
        pins.release(&theirs);
    }
    Ok(())
}
