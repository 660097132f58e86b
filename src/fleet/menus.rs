//! The menus that the files give, as customers would see them: now and at every date of their layers.

use std::collections::HashMap;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{Loaded, Member};
use crate::report::{MenuPreview, MenuStage};

impl Loaded {
    /// The menus of some outlets at `from`, and at each later moment until `until` at which dated layers change them. Outlets
    /// that have the same are told together, in the order of the first of them.
    pub fn menus(&self, members: &[&Member], from: Timestamp, until: Timestamp) -> Vec<MenuPreview> {
        let mut previews: Vec<MenuPreview> = Vec::new();
        // By a hash: thousands of outlets may all have menus of their own.
        let mut places: HashMap<[u8; 32], usize> = HashMap::new();
        for member in members {
            let stages = self.stages(member, from, until);
            let outlet = (member.id.to_string(), member.name.clone());
            let place = *places.entry(hash(&stages)).or_insert(previews.len());
            match previews.get_mut(place) {
                Some(known) => known.outlets.push(outlet),
                None => previews.push(MenuPreview { outlets: vec![outlet], stages }),
            }
        }
        previews
    }

    fn stages(&self, member: &Member, from: Timestamp, until: Timestamp) -> Vec<MenuStage> {
        let id = &member.id;
        let zone = self.policy(id, from).timezone;
        let mut stages: Vec<MenuStage> = Vec::new();
        let edges = self.definitions.telling_edges(id, (from, until), &self.defaults);
        let edges = edges.into_iter().map(|edge| (edge.at, edge.repeats, edge.is_dated));
        for (at, repeats, is_dated) in [(from, false, false)].into_iter().chain(edges) {
            let catalog = self.desired(id, at).ok().map(|mut desired| {
                if !desired.policy.promotions.may_write() {
                    desired.catalog.promotions.clear();
                }
                // How files come to a menu is nothing that customers see.
                desired.catalog.without_makings()
            });
            if stages.last().is_none_or(|last| last.catalog != catalog) {
                stages.push(MenuStage { from: at.to_zoned(zone.clone()), repeats, is_dated, catalog });
            }
        }
        stages
    }
}

/// The same for the same menus, written out in full.
fn hash(stages: &[MenuStage]) -> [u8; 32] {
    Sha256::digest(format!("{stages:?}")).into()
}
