//! The base that follows from a push, and what is worth remembering of it.

use super::{Mismatch, PushVerification};
use crate::{
    catalog::{ItemField, Path, VariantField, live::LiveCatalog},
    plan::{Base, Effects, settle::take_from},
};

impl PushVerification {
    /// The base after `live` has shown what was sent.
    pub fn arrived(&self, live: &LiveCatalog) -> Base {
        let matched = self.matched(live);
        let mut base = Base { uuids: matched.uuids, ..self.next_base() };
        // What a PUT that was seen to be published left there, it does not lose.
        if !self.is_stock() && !self.old_values.is_empty() {
            base.platform_keys.extend(matched.extras.keys());
        }
        base
    }

    /// The base after live has settled on something else: what landed enters it, the rest is remembered as rejected.
    pub fn settled(&self, live: &LiveCatalog, old: Option<&Base>, mismatches: &[Mismatch]) -> Base {
        let matched = self.matched(live);
        let mut base = Base { uuids: matched.uuids.clone(), ..self.next_base() };
        for Mismatch { path, sent, live: _ } in mismatches {
            match path {
                // Somebody set it again since, so that it is not ours to put back.
                Path::Item(id, Some(ItemField::InStock)) => drop(base.items_taken_off.remove(id)),
                Path::Variant(id, Some(VariantField::InStock)) => drop(base.variants_taken_off.remove(id)),
                _ => {}
            }
            base.rejected_values.insert(path.clone(), sent.clone());
            take_from(&mut base.catalog, path, &matched.catalog, old.map(|old| &old.catalog));
        }
        base
    }

    /// What is worth remembering of this push, but for what has not landed.
    pub fn effects(&self, mismatches: &[Mismatch]) -> Effects {
        self.effects.clone().without(mismatches.iter().map(|mismatch| &mismatch.path))
    }

    /// The next base without what the kitchen took off sale itself before our menu could: that is not ours to put back.
    pub(super) fn next_base(&self) -> Base {
        let base = self.next_base.clone();
        // Stock calls take effect at once: what shows was set by us. And once it is published, what is off is off by us.
        if self.is_stock() || self.published { base } else { self.without_kitchens(base) }
    }
}
