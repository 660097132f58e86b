//! How a change goes out in waves, in words and for programs.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use super::{Lang, counted, untrusted::printable};
use crate::{catalog::OutletId, plan::OutletPlan, rollout::Wait};

/// How far a rollout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RolloutPhase {
    /// All outlets that it concerns are looked at before any is sent.
    Looking,
    /// A wave is sent and looked for.
    Sending,
    /// A wave is over, and the next one waits.
    Baking,
    /// It was stopped.
    Stopped,
    /// All had their turn.
    Ended,
}

/// The outlets of a wave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct WaveCount {
    /// How many.
    pub outlets: usize,
    /// Of these, as the files want them.
    pub seen: usize,
    /// Of these, had their turn and were not sent.
    pub missed: usize,
}

/// A rollout, as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RolloutNote {
    /// How far it is.
    pub phase: RolloutPhase,
    /// The wave that is open, counted from 1; 0: none is.
    pub wave: usize,
    /// Its waves; none before all outlets were looked at.
    pub waves: Vec<WaveCount>,
    /// Outlets in no wave yet.
    pub unassigned: usize,
    /// Of these, not looked at yet.
    pub awaited: usize,
    /// When it began.
    pub began: Timestamp,
    /// The commit of the files.
    pub revision: Option<String>,
    /// When the next wave opens, where that is known.
    pub opens_at: Option<Timestamp>,
    /// Since when it is stopped.
    pub stopped: Option<Timestamp>,
    /// Why.
    pub why: Option<String>,
}

impl RolloutNote {
    fn open_wave(&self) -> WaveCount {
        self.waves.get(self.wave.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// Whether nobody of the open wave could be sent, so that later ones wait.
    pub fn is_stuck(&self) -> bool {
        let WaveCount { outlets, missed, seen: _ } = self.open_wave();
        self.phase == RolloutPhase::Sending && outlets > 0 && missed == outlets
    }

    /// In a sentence; `None`: it has ended.
    pub fn words_in(&self, lang: Lang, zone: &TimeZone) -> Option<String> {
        let (waves, open) = (self.waves.len(), self.open_wave());
        let later = self.waves.iter().skip(self.wave).map(|wave| wave.outlets).sum();
        Some(match self.phase {
            RolloutPhase::Ended => return None,
            RolloutPhase::Looking => lang.rollout_looks(self.awaited, self.unassigned),
            RolloutPhase::Sending => {
                let mut words = lang.rollout_wave(self.wave, waves, open.seen, open.outlets, later);
                if self.is_stuck() {
                    words += &lang.rollout_nobody(open.missed);
                }
                words
            }
            RolloutPhase::Baking => {
                let time = self.opens_at.map(|at| lang.minute(at, zone)).unwrap_or_default();
                lang.rollout_bakes(self.wave, waves, self.wave + 1, &time)
            }
            RolloutPhase::Stopped => {
                let time = self.stopped.map(|at| lang.minute(at, zone)).unwrap_or_default();
                lang.rollout_stopped(&time, &printable(self.why.as_deref().unwrap_or_default()))
            }
        })
    }
}

/// What an outlet waits for.
pub fn rollout_wait(wait: Wait, waves: usize, opens_at: Option<Timestamp>, zone: &TimeZone, lang: Lang) -> String {
    let words = match wait {
        Wait::Begin => lang.waits_for_rollout(),
        Wait::FirstLook => lang.waits_for_first_look(),
        Wait::Wave(wave) => lang.waits_for_wave(wave, waves),
    };
    match opens_at {
        Some(at) => lang.wave_opens_at(&words, &lang.minute(at, zone)),
        None => words,
    }
}

/// Said behind that where something goes off sale.
pub fn off_sale_first(plan: &OutletPlan, lang: Lang) -> String {
    if plan.takes_off_sale() { lang.off_sale_first() } else { String::new() }
}

/// The waves that a push of a plan would begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedWaves {
    /// The outlets of each.
    pub waves: Vec<Vec<OutletId>>,
    /// The pause between the end of a wave and the next one.
    pub bake_seconds: u64,
}

/// So many canaries are named (our choice).
const NAMED: usize = 5;

impl PlannedWaves {
    /// `30 outlets in 3 waves: 1 (Kuta), then 2, then 27; each 15 min after the one before was seen`
    pub fn words(&self, name: impl Fn(&OutletId) -> String) -> String {
        let named = |outlets: &[OutletId]| {
            let names: Vec<String> = outlets.iter().take(NAMED).map(&name).collect();
            let more = outlets.len().saturating_sub(names.len());
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("{}{more}", names.join(", "))
        };
        let first = self.waves.first().map_or_else(String::new, |outlets| format!(" ({})", named(outlets)));
        let sizes: Vec<String> = self.waves.iter().map(|outlets| outlets.len().to_string()).collect();
        let (one, rest) = sizes.split_first().map_or(("", &[][..]), |(one, rest)| (one.as_str(), rest));
        let rest: String = rest.iter().map(|size| format!(", then {size}")).collect();
        let all = counted(self.waves.iter().map(Vec::len).sum(), "outlet");
        format!("{all} in {}: {one}{first}{rest}; {}", counted(self.waves.len(), "wave"), pause(self.bake_seconds))
    }
}

/// How long the next wave waits.
fn pause(seconds: u64) -> String {
    match Duration::from_secs(seconds) {
        Duration::ZERO => "each as soon as the one before was seen".to_owned(),
        _ if seconds.is_multiple_of(3600) => format!("each {} h after the one before was seen", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("each {} min after the one before was seen", seconds / 60),
        _ => format!("each {seconds} s after the one before was seen"),
    }
}
