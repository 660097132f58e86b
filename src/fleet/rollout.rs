//! What of the files a rollout is of, and which outlets its waves name.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::{Loaded, Member, Selection, Survey};
use crate::{
    catalog::OutletId,
    document::{PackedFile, parse},
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

    /// The outlets of which these files say something else than others do, or did not define; `None`: of all, as what the
    /// settings say for menus is another.
    pub fn other_outlets(&self, survey: &Survey, before: (&Self, &Survey)) -> Option<BTreeSet<OutletId>> {
        let (files, of_before) = before;
        if self.settings_of_menus() != files.settings_of_menus() {
            return None;
        }
        let known: BTreeMap<OutletId, String> = files.wants(of_before).collect();
        let others = self.wants(survey).filter(|(outlet, wants)| known.get(outlet) != Some(wants));
        Some(others.map(|(outlet, _)| outlet).collect())
    }

    fn settings_of_menus(&self) -> String {
        let base_url = self.settings.as_ref().and_then(|settings| settings.images.base_url.as_deref());
        format!("{:?} {base_url:?}", self.defaults)
    }

    /// Of all that decides what is sent. Of the settings that is what comes of them for menus, whoever wrote it: two processes
    /// with other addresses, sinks or waves mean the same change. Approvals are no part of it.
    pub fn digest_of_change(&self) -> String {
        let settings = self.settings_of_menus();
        hex(self
            .text_digests()
            .into_iter()
            .fold(digest_of("", &settings), |digest, (_, text)| digest.chain_update(text)))
    }

    /// Of each definition file, by path, without comments and layout: of a file that cannot be read, as it stands.
    fn meaning_digests(&self) -> BTreeMap<String, [u8; 32]> {
        let digest = |file: &PackedFile| {
            let file = file.open();
            let Some(node) = parse(&file).root else { return digest_of(&file.path, &file.text).finalize().into() };
            let mut digest = digest_of(&file.path, "");
            node.meaning(&mut |piece| digest.update(piece));
            digest.finalize().into()
        };
        self.files.catalogs.iter().map(|file| (file.path.to_string(), digest(file))).collect()
    }

    /// Of each definition file, by path.
    fn text_digests(&self) -> BTreeMap<&str, [u8; 32]> {
        let digest = |file: &PackedFile| digest_of(&file.path, &file.open().text).finalize().into();
        self.files.catalogs.iter().map(|file| (&*file.path, digest(file))).collect()
    }

    /// All outlets of these files. Takes as long as the order.
    pub fn rollout_outlets(&self, survey: &Survey, rollout: &Rollout) -> Vec<RolloutOutlet> {
        let named = NamedWaves::of(rollout);
        let outlet = |(member, (outlet, wants)): (&Member, (OutletId, String))| RolloutOutlet {
            outlet: outlet.to_string(),
            named: named.first(member),
            wants,
        };
        survey.members.iter().zip(self.wants(survey)).map(outlet).collect()
    }

    /// Of each outlet what its files say, as a digest.
    fn wants(&self, survey: &Survey) -> impl Iterator<Item = (OutletId, String)> {
        let texts = self.meaning_digests();
        survey.members.iter().map(move |member| {
            let texts = member.layers.iter().filter_map(|layer| texts.get(&**layer));
            let digest = texts.fold(Sha256::new(), |digest, text| digest.chain_update(text));
            (member.id.clone(), hex(digest.chain_update(member.images.to_le_bytes())))
        })
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use std::fs;

    use jiff::Timestamp;

    use super::*;

    /// What changes of files concern is known by the files, whatever was noticed of them in which order.
    #[test]
    fn a_change_concerns_the_outlets_of_which_files_say_something_else() {
        let directory = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let path = directory.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let load = || {
            let loaded = crate::fleet::load(directory.path()).unwrap();
            let survey = loaded.survey(Timestamp::UNIX_EPOCH);
            (loaded, survey)
        };
        let others = |after: &(Loaded, Survey), before: &(Loaded, Survey)| {
            let others = after.0.other_outlets(&after.1, (&before.0, &before.1));
            others.map(|others| others.iter().map(|id| id.as_str().to_owned()).collect::<Vec<_>>())
        };
        write("menusync.yaml", "target: sandbox\n");
        let menu = |price: u32| {
            format!("menus: [{{name: Nasi, menu_items: [{{external_id: A, name: Nasi, price: {price}}}]}}]\n")
        };
        write("catalogs/base.yaml", &menu(20_000));
        for id in ["G1", "G2", "G3"] {
            write(&format!("catalogs/{id}.yaml"), &format!("outlet: {id}\nname: {id}\nextends: [base.yaml]\n"));
        }
        write("catalogs/G4.yaml", &format!("outlet: G4\nname: G4\n{}", menu(20_000)));
        let first = load();
        assert_eq!(others(&first, &first), Some(Vec::new()));
        write("catalogs/base.yaml", &menu(21_000));
        let second = load();
        assert_eq!(others(&second, &first).unwrap(), ["G1", "G2", "G3"]);
        write("catalogs/G4.yaml", &format!("outlet: G4\nname: G4\n{}", menu(21_000)));
        write("catalogs/G5.yaml", "outlet: G5\nname: G5\nextends: [base.yaml]\n");
        let third = load();
        assert_eq!(others(&third, &second).unwrap(), ["G4", "G5"]);
        assert_eq!(others(&third, &first).unwrap().len(), 5);
        // Neither comments nor layout change what is wanted.
        write(
            "catalogs/base.yaml",
            &format!("# dearer\n\n{}", menu(21_000).replace("{name: Nasi, menu", "{ name: \"Nasi\",  menu")),
        );
        assert_eq!(others(&load(), &third).unwrap(), [""; 0]);
        write("menusync.yaml", "target: sandbox\ntimezone: Asia/Makassar\n");
        assert_eq!(others(&load(), &third), None, "all of them");
    }
}
