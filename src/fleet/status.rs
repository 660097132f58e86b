//! How the outlets stand, as far as it is remembered: one shape for the command line and for the daemon's pages. GoFood is
//! not asked.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

use super::{Member, Selection, Survey};
use crate::{
    catalog::OutletId,
    plan::Pins,
    policy::Policy,
    report::{LastPush, PauseNote, PinNote, StatusLine},
    settings::Settings,
    state::{OutletRow, Pause, PushRow, StateError, Store},
    sync::paused_words,
};

/// The selected outlets: those of the files by id, then those that are remembered but in no file any more. Without a
/// `store` nothing is remembered yet.
pub fn status(
    settings: &Settings,
    survey: &Survey,
    store: Option<&Store>,
    selection: &Selection,
    now: Timestamp,
) -> Result<Vec<StatusLine>, StateError> {
    let mut rows = by_outlet(store.map(Store::outlets_in_brief).transpose()?, |row| row.id.clone());
    let mut pushes = by_outlet(store.map(Store::last_pushes).transpose()?, |push| push.outlet.clone());
    let mut orders = Orders::read(store, settings, now)?;
    let next_pass = next_pass(settings, now);
    let mut lines = Vec::new();
    for member in &survey.members {
        let (row, push) = (rows.remove(member.id.as_str()), pushes.remove(member.id.as_str()));
        if selection.matches(member) {
            lines.push(orders.on(StatusLine { next_pass, ..line(member, row, push) }, member.paused));
        }
    }
    let meant = |row: &OutletRow| selection.matches_remembered(&row.id, row.name.as_deref(), row.file.as_deref());
    for (id, row) in rows.into_iter().filter(|(_, row)| meant(row)) {
        let last_push = pushes.remove(&id).map(last_push);
        lines.push(StatusLine { state: "missing".to_owned(), last_push, ..remembered(row) });
    }
    Ok(lines)
}

fn by_outlet<T>(rows: Option<Vec<T>>, id: fn(&T) -> String) -> BTreeMap<String, T> {
    rows.into_iter().flatten().map(|row| (id(&row), row)).collect()
}

fn next_pass(settings: &Settings, now: Timestamp) -> Option<Timestamp> {
    let mut policy = Policy::default();
    settings.policy.apply(&mut policy);
    settings.schedule.next_after(now, &policy.timezone)
}

fn line(member: &Member, row: Option<OutletRow>, push: Option<PushRow>) -> StatusLine {
    let mut line = row.map_or_else(|| unseen(member.id.as_str()), remembered);
    line.name = Some(member.name.clone());
    line.last_push = push.map(last_push);
    match member {
        Member { valid: false, .. } => "invalid".clone_into(&mut line.state),
        Member { paused: true, .. } => "paused".clone_into(&mut line.state),
        _ => {}
    }
    line
}

/// What people have ordered by commands: pauses and rollbacks, by outlet.
struct Orders {
    pauses: BTreeMap<String, Pause>,
    pins: BTreeMap<String, Pins>,
    zone: TimeZone,
}

impl Orders {
    fn read(store: Option<&Store>, settings: &Settings, now: Timestamp) -> Result<Self, StateError> {
        let mut policy = Policy::default();
        settings.policy.apply(&mut policy);
        let pauses = store.map(|store| store.pauses(now)).transpose()?.unwrap_or_default();
        let pins = store.map(Store::all_pins).transpose()?.unwrap_or_default().into_iter();
        let pins = pins.filter_map(|(outlet, pins)| Some((outlet, serde_json::from_str(&pins).ok()?)));
        Ok(Self { pauses: pauses.into_iter().collect(), pins: pins.collect(), zone: policy.timezone })
    }

    /// The line of an outlet with what was ordered for it. A pause counts at once, before any pass has seen it begin or end.
    fn on(&mut self, mut line: StatusLine, by_file: bool) -> StatusLine {
        let outlet = OutletId(line.outlet.clone());
        line.pause = self.pauses.remove(outlet.as_str()).map(|pause| PauseNote {
            since: pause.since,
            until: pause.until,
            words: paused_words(&outlet, pause, &self.zone),
        });
        line.pins = self.pins.remove(outlet.as_str()).map(|pins| PinNote {
            to: pins.to,
            since: pins.since,
            paths: pins.told(),
        });
        match (&line.pause, line.state.as_str()) {
            (Some(_), state) if state != "invalid" => "paused".clone_into(&mut line.state),
            (None, "paused") if !by_file => {
                "pending".clone_into(&mut line.state);
                line.error = None;
            }
            _ => {}
        }
        line
    }
}

/// An outlet that no pass has seen yet.
fn unseen(id: &str) -> StatusLine {
    StatusLine {
        outlet: id.to_owned(),
        name: None,
        state: "pending".to_owned(),
        since: None,
        revision: None,
        last_push: None,
        last_verified: None,
        next_pass: None,
        drift: Value::Array(Vec::new()),
        held: Value::Array(Vec::new()),
        error: None,
        pause: None,
        pins: None,
    }
}

fn remembered(row: OutletRow) -> StatusLine {
    let list = |json: Option<String>| {
        json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or(Value::Array(Vec::new()))
    };
    let unseen = unseen(&row.id);
    StatusLine {
        name: row.name,
        state: row.state.unwrap_or(unseen.state),
        since: row.since,
        revision: row.revision,
        last_verified: row.last_verified,
        drift: list(row.drift),
        held: list(row.held),
        error: row.error,
        ..unseen
    }
}

fn last_push(push: PushRow) -> LastPush {
    LastPush {
        number: push.number,
        at: push.prepared_at,
        request_id: push.request_id.to_string(),
        digest: push.digest,
        outcome: push.outcome.map(|outcome| outcome.as_str().into()),
    }
}
