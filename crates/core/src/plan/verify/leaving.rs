//! The stock of what a push takes away: remembered as long as the old menu shows, so that it comes back as it left.

use std::collections::BTreeMap;

use super::PushVerification;
use crate::catalog::{
    Field, ItemField, Path,
    live::{Extra, LiveCatalog},
};

impl PushVerification {
    /// Notes what of it is sold out in a menu that still shows it. Stock that cannot be read is sold out, and what is sold out
    /// in one of several places is sold out.
    pub(super) fn note_leaving(&mut self, live: &LiveCatalog) {
        if self.leaving.is_empty() {
            return;
        }
        let is_off = |stock: &Field<bool>, extra: &Extra| {
            *stock == Field::Set(false) || extra.unread.contains_key(ItemField::InStock.key())
        };
        let items = live.items().filter_map(|(_, item)| {
            let id = self.uuids.items.get(&item.uuid).or(item.external_id.value())?;
            Some((Path::item(id), is_off(&item.in_stock, &item.extra)))
        });
        let variants = live.variants().filter_map(|(_, variant)| {
            let id = self.uuids.variants.get(&variant.uuid).or(variant.external_id.value())?;
            Some((Path::variant(id), is_off(&variant.in_stock, &variant.extra)))
        });
        let mut shown: BTreeMap<Path, bool> = BTreeMap::new();
        for (path, is_off) in items.chain(variants).filter(|(path, _)| self.leaving.contains(path)) {
            *shown.entry(path).or_default() |= is_off;
        }
        let (sold_out, on_sale) = (&mut self.effects.leaves_sold_out, &mut self.effects.leaves_on_sale);
        for (path, is_off) in shown {
            let (so, otherwise) =
                if is_off { (&mut *sold_out, &mut *on_sale) } else { (&mut *on_sale, &mut *sold_out) };
            otherwise.remove(&path);
            so.insert(path);
        }
    }
}
