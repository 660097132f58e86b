//! The waves that the settings ask for, and who is in which.

use std::time::Duration;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::catalog::OutletId;

/// `rollout: {waves: […], bake: …}`
#[derive(Debug, Clone, PartialEq)]
pub struct Rollout {
    /// How far each wave goes. Whatever is left after the last one is one more wave.
    pub waves: Vec<WaveSize>,
    /// The pause between the end of a wave and the next one.
    pub bake: Duration,
}

/// How far a wave goes.
#[derive(Debug, Clone, PartialEq)]
pub enum WaveSize {
    /// To so many outlets, with those of earlier waves.
    Count(usize),
    /// To this share of the outlets, in percent, with those of earlier waves.
    Percent(f64),
    /// To the outlets that these globs mean.
    Named(Vec<String>),
}

/// A wave among those of its rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct WaveOf {
    /// Which, counted from 1.
    pub wave: usize,
    /// Of how many.
    pub waves: usize,
}

/// An outlet that a change concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The outlet.
    pub outlet: OutletId,
    /// The first wave that names it, counted from 0.
    pub named: Option<usize>,
    /// Whether a look has shown that there is something to send.
    pub known: bool,
}

impl Rollout {
    /// The outlets of each wave; no wave is empty. The order depends on the ids alone, so that canaries are the same every
    /// time; those of which nothing is known come last.
    pub fn assign(&self, mut candidates: Vec<Candidate>) -> Vec<Vec<OutletId>> {
        candidates.sort_by_cached_key(|candidate| (!candidate.known, rank(&candidate.outlet)));
        let total = candidates.len();
        let mut waves: Vec<Vec<OutletId>> = Vec::new();
        for (index, size) in self.waves.iter().chain([&WaveSize::Percent(100.0)]).enumerate() {
            let taken = total - candidates.len();
            let up_to = |goal: usize| goal.saturating_sub(taken).min(candidates.len());
            let wave = match size {
                WaveSize::Count(count) => candidates.drain(..up_to(*count)).collect(),
                WaveSize::Percent(percent) => candidates.drain(..up_to(share(*percent, total))).collect(),
                WaveSize::Named(_) => {
                    let (wave, rest): (Vec<_>, Vec<_>) =
                        candidates.into_iter().partition(|candidate| candidate.named == Some(index));
                    candidates = rest;
                    wave
                }
            };
            // A change that concerns none of the named canaries still needs one.
            let wave = match wave.is_empty() && waves.is_empty() && !candidates.is_empty() {
                true => candidates.drain(..1).collect(),
                false => wave,
            };
            if !wave.is_empty() {
                waves.push(wave.into_iter().map(|candidate| candidate.outlet).collect());
            }
        }
        waves
    }

    /// Whether a change of these outlets has to go out in waves: they are more than the first one takes.
    pub fn concerns(&self, candidates: Vec<Candidate>) -> bool {
        self.assign(candidates).len() > 1
    }
}

fn share(percent: f64, total: usize) -> usize {
    let exact = total as f64 * percent / 100.0;
    // 10 % of 30 are 3, whatever floating point makes of it.
    (exact - 1e-9).ceil().max(0.0) as usize
}

fn rank(outlet: &OutletId) -> [u8; 32] {
    Sha256::digest(outlet.as_str().as_bytes()).into()
}
