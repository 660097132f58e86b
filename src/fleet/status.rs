//! How the outlets stand, as far as it is remembered: one shape for the command line and for the daemon's pages. GoFood is
//! not asked.

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};
use serde::de::DeserializeOwned;

use super::{Selection, Survey};
use crate::{
    catalog::OutletId,
    plan::{Pins, PromotionRecord, StockSwitch},
    policy::Policy,
    report::{Lang, LastPush, PinNote, PromotionCounts, StatusLine, SwitchNote, errors_brief, known_notes},
    settings::Settings,
    state::{OutletRow, Overview, Pause, PushRow},
    sync::{Facts, Look, OutletState, PushProgress, pause_note},
};

/// The selected outlets: those of the files by id, then those that this root defined once and that are in no file any more.
/// Without an `overview` nothing is stored yet.
pub fn status(
    settings: &Settings,
    survey: &Survey,
    overview: Option<&Overview>,
    selection: &Selection,
    now: Timestamp,
) -> Vec<StatusLine> {
    let nothing = Overview::default();
    let overview = overview.unwrap_or(&nothing);
    let rows = by_outlet(&overview.outlets, |row| &row.id);
    let pushes = by_outlet(&overview.last_pushes, |push| &push.outlet);
    let orders = Orders::read(overview, settings, now);
    let next_pass = next_pass(settings, now);
    let mut lines = Vec::new();
    for member in survey.members.iter().filter(|member| selection.matches(member)) {
        let id = member.id.as_str();
        let (row, push) = (rows.get(id).copied(), pushes.get(id).copied());
        let mut line = row.map_or_else(|| unseen(id), stored);
        // A file that cannot be read gives no name: it is known by the one that it had.
        if member.valid || member.name != id || line.name.is_none() {
            line.name = Some(member.name.clone());
        }
        line.last_push = push.map(last_push);
        line.invalid_from = member.invalid_from.as_deref().cloned();
        line.next_pass = next_pass;
        orders.apply(&mut line, member.zone.as_ref());
        let pending = push.and_then(|push| PushProgress::of(push, settings.verify.timeout, now));
        let known = row.and_then(|row| row.state.as_deref()).and_then(OutletState::parse);
        let is_paused = member.paused || line.pause.is_some();
        let facts = Facts { valid: member.valid, paused: is_paused, pending, look: Look::Stored(known) };
        let state = OutletState::of(&facts);
        if known.is_some_and(|known| known != state) {
            // They explain what is over.
            line.error = None;
            line.held = Vec::new();
        }
        state.as_str().clone_into(&mut line.state);
        if state == OutletState::Invalid && line.error.is_none() {
            line.error = errors_brief(member.diagnostics.iter().map(AsRef::as_ref));
        }
        lines.push(line);
    }
    let meant = |row: &&OutletRow| selection.matches_remembered(&row.id, row.name.as_deref(), row.file.as_deref());
    for row in overview.of_root().filter(|row| survey.is_missing(*row)).filter(meant) {
        let last_push = pushes.get(row.id.as_str()).copied().map(last_push);
        let error = Some(Lang::En.why_missing(&row.id));
        let (switches, unread_switches) = orders.switches_of(&row.id);
        let state = OutletState::Missing.as_str().to_owned();
        lines.push(StatusLine { state, last_push, error, switches, unread_switches, ..stored(row) });
    }
    lines
}

fn by_outlet<T>(rows: &[T], id: fn(&T) -> &String) -> BTreeMap<&str, &T> {
    rows.iter().map(|row| (id(row).as_str(), row)).collect()
}

fn next_pass(settings: &Settings, now: Timestamp) -> Option<Timestamp> {
    let mut policy = Policy::default();
    settings.policy.apply(&mut policy);
    settings.schedule.next_after(now, &policy.timezone)
}

/// What people have ordered by commands, pauses and rollbacks, and what the last look has shown, by outlet.
struct Orders<'o> {
    pauses: BTreeMap<&'o str, Pause>,
    pins: BTreeMap<&'o str, Pins>,
    notes: BTreeMap<&'o str, Vec<String>>,
    /// And of how many it cannot be read.
    promotions: BTreeMap<&'o str, (Vec<PromotionRecord>, usize)>,
    /// Those that can be read, and the keys of the others.
    switches: BTreeMap<&'o str, (Vec<SwitchNote>, Vec<String>)>,
    zone: TimeZone,
    now: Timestamp,
}

impl<'o> Orders<'o> {
    fn read(overview: &'o Overview, settings: &Settings, now: Timestamp) -> Self {
        let mut policy = Policy::default();
        settings.policy.apply(&mut policy);
        let pauses = overview.pauses.iter().map(|(outlet, pause)| (outlet.as_str(), *pause));
        let pins =
            overview.pins.iter().filter_map(|(outlet, p)| Some((outlet.as_str(), serde_json::from_str(p).ok()?)));
        let notes =
            overview.notes.iter().filter_map(|(outlet, n)| Some((outlet.as_str(), serde_json::from_str(n).ok()?)));
        let mut promotions: BTreeMap<&str, (Vec<PromotionRecord>, usize)> = BTreeMap::new();
        for (outlet, record) in &overview.promotions {
            let (records, unread) = promotions.entry(outlet).or_default();
            match serde_json::from_str(record) {
                Ok(record) => records.push(record),
                Err(_) => *unread += 1,
            }
        }
        let mut switches: BTreeMap<&str, (Vec<SwitchNote>, Vec<String>)> = BTreeMap::new();
        for (outlet, key, switch) in &overview.switches {
            let (notes, unread) = switches.entry(outlet).or_default();
            match serde_json::from_str::<StockSwitch>(switch) {
                Ok(switch) if switch.is_open() => notes.push(SwitchNote::of(&switch, now)),
                Ok(_) => {}
                Err(_) => unread.push(key.clone()),
            }
        }
        let (pauses, pins, notes) = (pauses.collect(), pins.collect(), notes.collect());
        Self { pauses, pins, notes, promotions, switches, zone: policy.timezone, now }
    }

    fn switches_of(&self, outlet: &str) -> (Vec<SwitchNote>, Vec<String>) {
        self.switches.get(outlet).cloned().unwrap_or_default()
    }

    /// Puts in what was ordered for an outlet. It counts at once, before any pass has seen it begin or end. `zone`: that of
    /// the outlet.
    fn apply(&self, line: &mut StatusLine, zone: Option<&TimeZone>) {
        let outlet = OutletId(line.outlet.clone());
        line.pause = self.pauses.get(outlet.as_str()).map(|pause| pause_note(&outlet, *pause, &self.zone));
        line.pins = self.pins.get(outlet.as_str()).map(|pins| PinNote {
            to: pins.to,
            since: pins.since,
            paths: pins.pinned_paths(),
        });
        (line.switches, line.unread_switches) = self.switches_of(outlet.as_str());
        line.notes = self.notes.get(outlet.as_str()).cloned().unwrap_or_default();
        line.promotions = self.promotions.get(outlet.as_str()).and_then(|(records, unread)| {
            let now = self.now.to_zoned(zone.unwrap_or(&self.zone).clone()).datetime();
            PromotionCounts::of(records, *unread, now)
        });
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
        drift: Vec::new(),
        held: Vec::new(),
        error: None,
        pause: None,
        pins: None,
        notes: Vec::new(),
        invalid_from: None,
        promotions: None,
        switches: Vec::new(),
        unread_switches: Vec::new(),
    }
}

fn stored(row: &OutletRow) -> StatusLine {
    StatusLine {
        name: row.name.clone(),
        since: row.since,
        revision: row.revision.clone(),
        last_verified: row.last_verified,
        drift: notes(row.drift.as_deref()),
        held: notes(row.held.as_deref()),
        error: row.error.clone(),
        ..unseen(&row.id)
    }
}

fn notes<T: DeserializeOwned>(stored: Option<&str>) -> Vec<T> {
    stored.and_then(|json| known_notes(&mut serde_json::Deserializer::from_str(json)).ok()).unwrap_or_default()
}

fn last_push(push: &PushRow) -> LastPush {
    LastPush {
        number: push.number,
        at: push.prepared_at,
        request_id: push.request_id.to_string(),
        digest: push.digest.clone(),
        outcome: push.outcome.map(|outcome| outcome.as_str().into()),
    }
}
