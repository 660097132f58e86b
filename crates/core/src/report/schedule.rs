//! What comes when: passes, windows, dated layers.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use super::{Lang, untrusted::printable};
use crate::schedule::RoundLoad;

/// The passes over all outlets.
#[derive(Debug, Clone)]
pub struct Rounds {
    /// `schedule` as written.
    pub schedule: String,
    /// On whose clocks.
    pub zone: TimeZone,
    /// Each pass begins at a random moment within this time.
    pub jitter: Duration,
    /// The next ones, without jitter.
    pub at: Vec<Timestamp>,
    /// How long one takes.
    pub load: RoundLoad,
}

/// What comes for one outlet.
#[derive(Debug, Clone)]
pub struct Agenda {
    /// Its id.
    pub outlet: String,
    /// Its name.
    pub name: String,
    /// Its time zone.
    pub zone: TimeZone,
    /// Whether windows let pushes happen now.
    pub open: bool,
    /// In order.
    pub events: Vec<Event>,
}

/// Something that comes for an outlet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
}

/// What comes for an outlet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// Pushes may happen from now on.
    Opens,
    /// Pushes wait from now on.
    Closes,
    /// A dated layer begins to count.
    Begins(Arc<str>),
    /// A dated layer ceases to count.
    Ends(Arc<str>),
}

impl EventKind {
    fn word(&self) -> &'static str {
        match self {
            Self::Opens => "window-opens",
            Self::Closes => "window-closes",
            Self::Begins(_) => "layer-begins",
            Self::Ends(_) => "layer-ends",
        }
    }

    fn file(&self) -> Option<&str> {
        match self {
            Self::Opens | Self::Closes => None,
            Self::Begins(file) | Self::Ends(file) => Some(file),
        }
    }

    fn sentence(&self) -> String {
        match self {
            Self::Opens => "pushes may happen".to_owned(),
            Self::Closes => "pushes wait".to_owned(),
            Self::Begins(file) => format!("{} begins", printable(file)),
            Self::Ends(file) => format!("{} ends", printable(file)),
        }
    }
}

/// For a terminal. Outlets for which the same comes at the same times are told together.
pub fn schedule_text(rounds: &Rounds, agendas: &[Agenda]) -> String {
    let zone = rounds.zone.iana_name().unwrap_or("UTC");
    let mut text = format!("Passes over all outlets: `{}` on the clocks of {zone}", printable(&rounds.schedule));
    if !rounds.jitter.is_zero() {
        let _ = write!(text, ", each up to {} s later (jitter)", rounds.jitter.as_secs_f64());
    }
    text.push('\n');
    for at in &rounds.at {
        let _ = writeln!(text, "  {}", moment(*at, &rounds.zone));
    }
    if let Some(words) = Lang::En.round_too_long(&rounds.load) {
        let _ = writeln!(text, "\nwarning: {}; {}", printable(&words), Lang::En.round_fix());
    }
    for group in alike(agendas) {
        tell(&mut text, &group);
    }
    text
}

fn tell(text: &mut String, group: &[&Agenda]) {
    let Agenda { zone, open, events, .. } = group[0];
    let names: Vec<_> = group.iter().map(|agenda| printable(&agenda.name)).collect();
    let now = if *open { "pushes may happen now" } else { "pushes wait now" };
    let _ = writeln!(text, "\n{}: {now}", names.join(", "));
    for Event { at, kind } in events {
        let _ = writeln!(text, "  {}  {}", moment(*at, zone), kind.sentence());
    }
    if events.is_empty() {
        text.push_str("  neither windows nor dated layers change anything within a year\n");
    }
}

fn alike(agendas: &[Agenda]) -> Vec<Vec<&Agenda>> {
    let mut groups: Vec<Vec<&Agenda>> = Vec::new();
    for agenda in agendas {
        let same = |group: &&mut Vec<&Agenda>| {
            let first = group[0];
            (&first.zone, first.open, &first.events) == (&agenda.zone, agenda.open, &agenda.events)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(agenda),
            None => groups.push(vec![agenda]),
        }
    }
    groups
}

/// `Mon 2027-01-04 11:00 WITA  (2027-01-04 03:00 UTC)`
fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M %Z").to_string();
    format!("{local:<25}  ({})", at.strftime("%Y-%m-%d %H:%M UTC"))
}

/// `menusync.schedule/1`
pub fn schedule_json(rounds: &Rounds, agendas: &[Agenda], now: Timestamp) -> String {
    let event = |event: &Event, zone: &TimeZone| {
        let mut object = clocks(event.at, zone);
        object["event"] = event.kind.word().into();
        object["file"] = event.kind.file().into();
        object
    };
    let outlet = |agenda: &Agenda| {
        json!({
            "outlet": agenda.outlet, "name": agenda.name, "timezone": agenda.zone.iana_name(),
            "pushes": if agenda.open { "open" } else { "waiting" },
            "events": agenda.events.iter().map(|it| event(it, &agenda.zone)).collect::<Vec<_>>(),
        })
    };
    let document = json!({
        "schema": "menusync.schedule/1", "tool": env!("CARGO_PKG_VERSION"), "at": now,
        "schedule": rounds.schedule, "timezone": rounds.zone.iana_name(), "jitter_seconds": rounds.jitter.as_secs_f64(),
        "passes": rounds.at.iter().map(|at| clocks(*at, &rounds.zone)).collect::<Vec<_>>(),
        "round": round(&rounds.load),
        "outlets": agendas.iter().map(outlet).collect::<Vec<_>>(),
    });
    format!("{document:#}")
}

fn round(load: &RoundLoad) -> Value {
    json!({
        "outlets": load.outlets, "least_seconds": load.least.as_secs_f64(),
        "interval_seconds": load.interval.map(|interval| interval.as_secs()), "fits": load.too_short().is_none(),
    })
}

/// A moment in UTC, on the outlet's clocks, and what people call those.
fn clocks(at: Timestamp, zone: &TimeZone) -> Value {
    let local = at.to_zoned(zone.clone());
    json!({
        "at": at,
        "local": local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        "zone": local.strftime("%Z").to_string(),
    })
}
