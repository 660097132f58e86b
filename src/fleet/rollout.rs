//! What of the files a rollout is of, and which outlets its waves name.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::{Loaded, Member, Selection, Survey};
use crate::{
    document::PackedFile,
    report::{RolloutNote, RolloutPhase, WaveCount},
    rollout::{MemberState, Rollout, WaveSize},
    settings::Settings,
    state::{RolloutCount, RolloutOutlet, RolloutRow},
    sync::RolloutOrder,
};

impl Loaded {
    /// What goes out in waves, if the settings ask for that. Takes as long as it takes to read all texts.
    pub fn rollout_order(&self) -> Option<RolloutOrder> {
        let rollout = self.settings.as_ref()?.rollout.clone()?;
        Some(RolloutOrder::new(self.digest_of_change(), rollout))
    }

    /// Of all that decides what is sent. Of the settings that is what comes of them for menus, whoever wrote it: two processes
    /// with other addresses, sinks or waves mean the same change. Approvals are no part of it.
    pub fn digest_of_change(&self) -> String {
        let base_url = self.settings.as_ref().and_then(|settings| settings.images.base_url.as_deref());
        let settings = format!("{:?} {base_url:?}", self.defaults);
        hex(self
            .text_digests()
            .into_iter()
            .fold(digest_of("", &settings), |digest, (_, text)| digest.chain_update(text)))
    }

    /// Of each definition file, by path.
    fn text_digests(&self) -> BTreeMap<&str, [u8; 32]> {
        let digest = |file: &PackedFile| digest_of(&file.path, &file.open().text).finalize().into();
        self.files.catalogs.iter().map(|file| (&*file.path, digest(file))).collect()
    }

    /// All outlets of these files. Takes as long as the order.
    pub fn rollout_outlets(&self, survey: &Survey, rollout: &Rollout) -> Vec<RolloutOutlet> {
        let texts = self.text_digests();
        let wants = |member: &Member| {
            let texts = member.layers.iter().filter_map(|layer| texts.get(&**layer));
            let digest = texts.fold(Sha256::new(), |digest, text| digest.chain_update(text));
            hex(digest.chain_update(member.images.to_le_bytes()))
        };
        let named = NamedWaves::of(rollout);
        let outlet = |member: &Member| RolloutOutlet {
            outlet: member.id.to_string(),
            named: named.first(member),
            wants: wants(member),
        };
        survey.members.iter().map(outlet).collect()
    }
}

fn digest_of(path: &str, text: &str) -> Sha256 {
    let part = |digest: Sha256, part: &str| digest.chain_update((part.len() as u64).to_le_bytes()).chain_update(part);
    part(part(Sha256::new(), path), text)
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The waves that name outlets.
pub struct NamedWaves(Vec<(usize, Selection)>);

impl NamedWaves {
    /// Of these settings.
    pub fn of(rollout: &Rollout) -> Self {
        let named = rollout.waves.iter().enumerate().filter_map(|(wave, size)| match size {
            WaveSize::Named(globs) => Some((wave, Selection::new(globs).ok()?)),
            WaveSize::Count(_) | WaveSize::Percent(_) => None,
        });
        Self(named.collect())
    }

    /// The first one that names an outlet, counted from 0.
    pub fn first(&self, member: &Member) -> Option<usize> {
        self.0.iter().find(|(_, selection)| selection.matches(member)).map(|(wave, _)| *wave)
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
            // An earlier rollout has sent these what they shall have.
            unassigned += if *state == MemberState::Seen { 0 } else { *outlets };
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
