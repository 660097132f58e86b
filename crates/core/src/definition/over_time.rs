//! What an outlet sells at other times than the one at which it is composed, by the files of now.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use hashbrown::HashMap;
use jiff::Timestamp;

use super::{
    Composed, ImageFile, Outlet,
    compose::Composer,
    dated::{self, Timeline},
    layer::{Content, Head},
};
use crate::{catalog::Catalog, policy::Policy};

/// So many other menus are composed for the prices of promotions, and so many moments are looked at for each (our choice: each
/// menu is the whole one once more).
const MOST_MENUS: usize = 100;

/// The menus of one outlet.
pub(super) struct OverTime<'m> {
    pub(super) layers: &'m [(&'m Head, Arc<Content>)],
    pub(super) timeline: &'m Timeline<'m>,
    pub(super) outlet: Outlet,
    pub(super) policy: Policy,
    /// Now.
    pub(super) at: Timestamp,
    /// By the dated layers that count.
    pub(super) known: RefCell<HashMap<Vec<bool>, Rc<Catalog>>>,
}

impl OverTime<'_> {
    /// The menu of another moment; `None`: the same layers count then as now, or too many menus have been asked for.
    pub(super) fn other_menu(&self, at: Timestamp) -> Option<Rc<Catalog>> {
        let active = self.timeline.active(at);
        let mut known = self.known.borrow_mut();
        if let Some(menu) = known.get(&active) {
            return Some(Rc::clone(menu));
        }
        if active == self.timeline.active(self.at) || known.len() >= MOST_MENUS {
            return None;
        }
        let menu = Rc::new(self.compose(at));
        known.insert(active, Rc::clone(&menu));
        Some(menu)
    }

    /// The moments after one and before another at which the menu changes.
    pub(super) fn changes(&self, after: Timestamp, until: Timestamp) -> impl Iterator<Item = Timestamp> {
        self.timeline.all(after).take_while(move |at| *at < until).take(MOST_MENUS)
    }

    fn compose(&self, at: Timestamp) -> Catalog {
        let mut composer = Composer::new(&self.policy, Vec::new(), true);
        let active = self.layers.iter().filter(|(head, _)| dated::is_active(head, at, self.timeline.zone()));
        active.for_each(|(head, content)| composer.lay(content, head.is_dated()));
        let mut composed = Composed::empty(self.outlet.clone(), self.policy.clone());
        composer.finish(&ImageFile::no_address, &mut composed);
        composed.catalog
    }
}
