//! What a live menu is recognised by: everything that a platform shows of it whenever it shows the same menu.
//!
//! What cannot be read back is not in it. An address of an image may be signed anew for every answer, and may come minutes
//! after its item or go with it; menus, items, choices and variants may come in any order; a category may come with our id or
//! without it; a text may be spelled otherwise. Two menus that differ only so are one. Stock, which people change by the
//! minute, is not in it either.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::field::normal_text;
use crate::catalog::{Field, Hours, live::LiveCatalog, text::normalise_text};

/// How this release reads a menu. Fingerprints of earlier ones are equal to none.
const KIND: &str = "2:";

/// A hash of a live menu.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Fingerprint(String);

impl Fingerprint {
    pub(super) fn of(live: &LiveCatalog) -> Self {
        let bytes = serde_json::to_vec(&readable(live.clone())).unwrap_or_default();
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{KIND}{hash}"))
    }

    /// Whether it can be compared: it was made, and by this release's rules.
    pub(super) fn is_known(&self) -> bool {
        self.0.starts_with(KIND)
    }
}

fn readable(mut live: LiveCatalog) -> LiveCatalog {
    for menu in &mut live.menus {
        menu.name = normalise_text(&menu.name).into_owned();
        for item in &mut menu.menu_items {
            item.name = normalise_text(&item.name).into_owned();
            for text in [&mut item.internal_name, &mut item.description] {
                *text = readable_text(std::mem::take(text));
            }
            item.operational_hours = readable_hours(std::mem::take(&mut item.operational_hours));
            item.in_stock = Field::Unsaid;
            item.image = Field::Unsaid;
            item.variant_category_uuids.sort();
        }
        sort(&mut menu.menu_items);
    }
    sort(&mut live.menus);
    for category in &mut live.variant_categories {
        category.external_id = Field::Unsaid;
        category.name = normalise_text(&category.name).into_owned();
        category.internal_name = readable_text(std::mem::take(&mut category.internal_name));
        for variant in &mut category.variants {
            variant.name = normalise_text(&variant.name).into_owned();
            variant.in_stock = Field::Unsaid;
        }
        sort(&mut category.variants);
    }
    sort(&mut live.variant_categories);
    live
}

fn readable_text(text: Field<String>) -> Field<String> {
    match normal_text(text) {
        Field::Set(text) if text.is_empty() => Field::Null,
        text => text,
    }
}

fn readable_hours(hours: Field<Hours>) -> Field<Hours> {
    match hours {
        Field::Set(mut hours) => {
            hours.sort();
            if hours == Hours::all_week() { Field::Null } else { Field::Set(hours) }
        }
        none => none,
    }
}

/// Any order will do that depends on nothing but the things themselves.
fn sort<T: Serialize>(things: &mut [T]) {
    things.sort_by_cached_key(|thing| serde_json::to_string(thing).unwrap_or_default());
}
