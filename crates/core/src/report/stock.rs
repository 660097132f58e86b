//! Switches of stock: what a switch would do, what became of it, and which have an end (`menusync.stock/1`).

use std::fmt::Write as _;

use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Lang, minute, shell_word, untrusted::printable};
use crate::{
    catalog::{ExternalId, StockKind},
    plan::{END_LEFT_OUT, GuardVerdict, PlannedSwitch, StockSwitch, SwitchPlan, SwitchStep, label},
};

/// What became of a switch at one outlet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StockOutlet {
    /// Its id.
    pub outlet: String,
    /// Its name.
    pub name: String,
    /// `done`, `held` or `failed`.
    pub result: &'static str,
    /// Why nothing was switched.
    pub error: Option<String>,
    /// What became of each dish and choice.
    pub switches: Vec<StockLine>,
}

/// What became of one dish or choice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StockLine {
    /// `items` or `variants`.
    pub kind: StockKind,
    /// Its id.
    pub id: ExternalId,
    /// Its name on the live menu.
    pub name: String,
    /// What it was to be switched to.
    pub in_stock: bool,
    /// `switched`, `extended`, `unchanged`, `absent`, `refused`, `rejected`, `failed` or `timeout`.
    pub result: &'static str,
    /// When it is switched back.
    pub until: Option<Timestamp>,
    /// What went wrong, or is worth a word.
    pub error: Option<String>,
}

impl StockLine {
    /// Whether GoFood does not show it although it was sent, or was to be.
    pub fn is_failed(&self) -> bool {
        matches!(self.result, "rejected" | "failed" | "timeout")
    }

    /// Whether it was left as it is for a reason.
    pub fn is_refused(&self) -> bool {
        self.result == "refused"
    }
}

/// A switch that is under way or has an end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SwitchNote {
    /// `items` or `variants`.
    pub kind: StockKind,
    /// Its id.
    pub id: ExternalId,
    /// Its name on the live menu.
    pub name: String,
    /// What it was switched to.
    pub in_stock: bool,
    /// When.
    pub at: Timestamp,
    /// When it is switched back.
    pub until: Option<Timestamp>,
    /// Its end has come, and it was not switched back yet.
    #[serde(default)]
    pub is_due: bool,
}

/// The switches of one outlet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SwitchesOf {
    /// Its id.
    pub outlet: String,
    /// Its name.
    pub name: String,
    /// How it stands.
    pub state: String,
    /// What is under way or has an end.
    pub switches: Vec<SwitchNote>,
    /// Those that are stored and cannot be read, by their keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
    /// On whose clocks the ends are told.
    #[serde(skip)]
    pub zone: TimeZone,
}

impl SwitchNote {
    /// A switch as it stands now.
    pub fn of(switch: &StockSwitch, now: Timestamp) -> Self {
        let StockSwitch { kind, ref id, ref name, in_stock, at, until, .. } = *switch;
        let is_due = until.is_some_and(|until| until <= now);
        Self { kind, id: id.clone(), name: name.clone(), in_stock, at, until, is_due }
    }

    /// `Nasi Goreng (items/NG): sold out until 2026-12-01 06:00 WITA`, and why not then at an outlet of this `state`.
    pub fn words(&self, state: &str, zone: &TimeZone, lang: Lang) -> String {
        let end = self.until.map(|until| lang.minute(until, zone));
        let what = label(self.kind, &self.id, &self.name);
        let words = match end {
            Some(end) if self.is_due => lang.past_end(&lang.switch(&what, self.in_stock, None), &end),
            end => lang.switch(&what, self.in_stock, end.as_deref()),
        };
        match state {
            "paused" => format!("{words}; {}", lang.waits_for_resume()),
            "missing" => format!("{words}; {}", lang.waits_for_files()),
            "invalid" => format!("{words}; {}", lang.waits_for_valid_files()),
            _ => words,
        }
    }
}

/// What a switch would do at one outlet, a line for each dish and choice; `zone`: the outlet's.
pub fn stock_plan_text(outlet: &str, name: &str, plan: &SwitchPlan, zone: &TimeZone) -> String {
    let mut text = format!("{}\n", printable(&format!("{name} ({outlet})")));
    for PlannedSwitch { switch, step, loses_end, .. } in &plan.switches {
        let what = label(switch.kind, &switch.id, &switch.name);
        let end = switch.until.map(|until| minute(until, zone));
        let so = |end| Lang::En.switch(&what, switch.in_stock, end);
        let words = match step {
            SwitchStep::Set(_) if *loses_end => format!("~ {} ({END_LEFT_OUT})", so(None)),
            SwitchStep::Set(_) => format!("~ {}", so(end.as_deref())),
            SwitchStep::Extend => format!("~ {} (it is so already)", so(end.as_deref())),
            SwitchStep::Already => format!("  {} already, and not by a switch with an end", so(None)),
            SwitchStep::Absent => format!("  {what}: not on the live menu"),
            SwitchStep::Refused(why) => format!("! {what}: {why}"),
        };
        let _ = writeln!(text, "  {}", printable(&words));
    }
    if let Some(guard) = plan.held() {
        let _ = writeln!(text, "  {}", printable(&format!("held by {}", held_words(guard))));
    }
    text
}

/// What a guard says of a switch, and how it is let through.
pub fn held_words(GuardVerdict { guard, message, .. }: &GuardVerdict) -> String {
    format!("{guard}: {message}; if that is meant, `--allow {guard}` lets it through")
}

/// For people: a line for each dish and choice; `zone_of`: that of an outlet.
pub fn stock_text(outlets: &[StockOutlet], zone_of: impl Fn(&str) -> TimeZone) -> String {
    let mut text = String::new();
    for StockOutlet { outlet, name, result, error, switches } in outlets {
        let why = error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        let _ = writeln!(text, "{}", printable(&format!("{name} ({outlet})  {result}{why}")));
        for line in switches {
            let end = line.until.map(|until| minute(until, &zone_of(outlet)));
            let what = label(line.kind, &line.id, &line.name);
            let words = match (line.result, &line.error) {
                ("absent", _) => format!("{what}: not on the live menu"),
                ("refused" | "rejected" | "failed", Some(why)) => format!("{what}: {why}"),
                (_, why) => {
                    let why = why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
                    format!("{}{why}", Lang::En.switch(&what, line.in_stock, end.as_deref()))
                }
            };
            let _ = writeln!(text, "  {:<9}  {}", line.result, printable(&words));
        }
    }
    text
}

/// What is said of a switch that is stored and cannot be read.
pub fn unread_switch(outlet: &str, key: &str) -> String {
    Lang::En.switch_unread(key, &shell_word(outlet))
}

/// `menusync.stock/1`: what became of a switch.
pub fn stock_json(outlets: &[StockOutlet]) -> String {
    json_of(outlets)
}

/// `menusync.stock/1`: what is under way or has an end.
pub fn switches_json(outlets: &[SwitchesOf]) -> String {
    json_of(outlets)
}

fn json_of(outlets: &[impl Serialize]) -> String {
    let document = json!({"schema": "menusync.stock/1", "tool": env!("CARGO_PKG_VERSION"), "outlets": outlets});
    format!("{document:#}\n")
}

/// For people: a line for each switch.
pub fn switches_text(outlets: &[SwitchesOf]) -> String {
    let mut text = String::new();
    for SwitchesOf { outlet, name, state, switches, unread, zone } in outlets {
        let _ = writeln!(text, "{}", printable(&format!("{name} ({outlet})")));
        for switch in switches {
            let _ = writeln!(text, "  {}", printable(&switch.words(state, zone, Lang::En)));
        }
        for key in unread {
            let _ = writeln!(text, "  {}", printable(&unread_switch(outlet, key)));
        }
    }
    let number: usize = outlets.iter().map(|outlet| outlet.switches.len() + outlet.unread.len()).sum();
    text += &match number {
        0 => "no switch of stock has an end or is under way\n".to_owned(),
        1 => "1 switch\n".to_owned(),
        number => format!("{number} switches\n"),
    };
    text
}
