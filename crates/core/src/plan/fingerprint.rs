//! What a live menu is recognised by: everything that a platform shows of it whenever it shows the same menu.
//!
//! What cannot be read back is not in it. An address of an image may be signed anew for every answer, and may come minutes
//! after its item or go with it; menus, items, choices and variants may come in any order; a category may come with our id or
//! without it; a text may be spelled otherwise. Two menus that differ only so are one. Stock, which people change by the
//! minute, is not in it either, nor is what is not understood: a promotion comes and goes by itself.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::field::canonical;
use crate::catalog::{
    Field, Item, Thing, Variant, VariantCategory,
    live::{Extra, LiveCatalog},
    text::normalise_text,
};

/// How this release reads a menu. Fingerprints of earlier ones are equal to none.
const KIND: &str = "2:";

/// A hash of a live menu.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Fingerprint(String);

impl Fingerprint {
    pub(super) fn of(live: &LiveCatalog) -> Self {
        let bytes = serde_json::to_vec(&readable(live.clone()).sorted()).unwrap_or_default();
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{KIND}{hash}"))
    }

    /// Whether it can be compared: it was made, and by this release's rules.
    pub(super) fn is_known(&self) -> bool {
        self.0.starts_with(KIND)
    }
}

fn readable(mut live: LiveCatalog) -> LiveCatalog {
    live.extra = Extra::default();
    for menu in &mut live.menus {
        menu.name = normalise_text(&menu.name).into_owned();
        menu.extra = Extra::default();
        for item in &mut menu.menu_items {
            item.extra = Extra::default();
            reduce::<Item>(item);
        }
    }
    for category in &mut live.variant_categories {
        category.external_id = Field::Unsaid;
        category.extra = Extra::default();
        category.variants.iter_mut().for_each(|variant| variant.extra = Extra::default());
        reduce::<VariantCategory>(category);
        category.variants.iter_mut().for_each(reduce::<Variant>);
    }
    live
}

/// Leaves of a live thing what can be compared, in the form that is compared.
fn reduce<T: Thing>(live: &mut T::Live) {
    for (spec, member) in T::members() {
        let value = match (member.get_live)(live) {
            _ if !spec.info.reads.is_compared() => Field::Unsaid,
            Field::Set(value) => Field::set_or_null(canonical(&value).map(Cow::into_owned)),
            none => none,
        };
        (member.set_live)(live, value);
    }
}
