//! What of the files a rollout is of, and which outlets its waves name.

use sha2::{Digest as _, Sha256};

use super::{Loaded, Selection, Survey};
use crate::{
    report::{RolloutNote, RolloutPhase, WaveCount},
    rollout::{MemberState, Rollout, WaveSize},
    settings::Settings,
    state::{RolloutCount, RolloutRow},
    sync::RolloutOrder,
};

impl Loaded {
    /// What goes out in waves, if the settings ask for that. Takes as long as it takes to read all texts.
    pub fn rollout_order(&self) -> Option<RolloutOrder> {
        let rollout = self.settings.as_ref()?.rollout.clone()?;
        Some(RolloutOrder::new(self.texts_digest(), rollout))
    }

    /// Of the texts of all definitions and settings. Approvals are no part of it: they change nothing that is sent.
    fn texts_digest(&self) -> String {
        let mut digest = Sha256::new();
        let mut add = |path: &str, text: &str| {
            for part in [path, text] {
                digest.update((part.len() as u64).to_le_bytes());
                digest.update(part);
            }
        };
        for file in self.files.operator.iter().chain(&self.files.settings) {
            add(&file.path, &file.text);
        }
        for file in &self.files.catalogs {
            let file = file.open();
            add(&file.path, &file.text);
        }
        digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Survey {
    /// All outlets that may be pushed, each with the first wave that names it.
    pub fn rollout_outlets(&self, rollout: &Rollout) -> Vec<(String, Option<usize>)> {
        let named = |size: &WaveSize| match size {
            WaveSize::Named(globs) => Selection::new(globs).ok(),
            WaveSize::Count(_) | WaveSize::Percent(_) => None,
        };
        let named: Vec<Option<Selection>> = rollout.waves.iter().map(named).collect();
        let valid = self.members.iter().filter(|member| member.valid);
        let wave = |member| named.iter().position(|wave| wave.as_ref().is_some_and(|wave| wave.matches(member)));
        valid.map(|member| (member.id.to_string(), wave(member))).collect()
    }
}

/// How far a rollout is, if these settings ask for one.
pub fn rollout_note(settings: &Settings, row: Option<RolloutRow>, counts: &[RolloutCount]) -> Option<RolloutNote> {
    settings.rollout.as_ref()?;
    let RolloutRow { files: _, revision, began, wave, waves, baking_until, stopped, why, ended } = row?;
    let mut sizes = vec![WaveCount::default(); waves];
    let (mut unassigned, mut awaited) = (0, 0);
    for RolloutCount { wave, state, outlets } in counts {
        let Some(size) = wave.and_then(|wave| sizes.get_mut(wave.checked_sub(1)?)) else {
            unassigned += outlets;
            awaited += if *state == MemberState::Awaited { *outlets } else { 0 };
            continue;
        };
        size.outlets += outlets;
        match state {
            MemberState::Seen => size.seen += outlets,
            MemberState::Missed => size.missed += outlets,
            MemberState::Awaited | MemberState::Waiting | MemberState::OnItsWay => {}
        }
    }
    let phase = match () {
        () if ended.is_some() => RolloutPhase::Ended,
        () if stopped.is_some() => RolloutPhase::Stopped,
        () if waves == 0 => RolloutPhase::Looking,
        () if baking_until.is_some() => RolloutPhase::Baking,
        () => RolloutPhase::Sending,
    };
    Some(RolloutNote {
        phase,
        wave,
        waves: sizes,
        unassigned,
        awaited,
        began,
        revision,
        opens_at: baking_until,
        stopped,
        why,
    })
}
