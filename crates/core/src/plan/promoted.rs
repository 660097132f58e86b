//! Prices that promotions of ours show in place of those of their dishes, where the platform shows them so while they run.
//! Whether it does is not documented; a price that is one of these is no edit, and says nothing of a push.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{
    catalog::{ExternalId, Field, ItemField, Path, Price, live::LiveCatalog},
    plan::PromotionRecord,
};

/// The prices of promotions that may show.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PromotedPrices(Vec<Promoted>);

/// One of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Promoted {
    item: ExternalId,
    selling: Price,
    /// What the dish costs without it.
    usual: Price,
}

impl PromotedPrices {
    /// Those of these promotions; `usual`: what a dish costs without one.
    pub fn of<'r>(
        records: impl IntoIterator<Item = &'r PromotionRecord>,
        usual: impl Fn(&ExternalId) -> Option<Price>,
    ) -> Self {
        let promoted = records.into_iter().filter_map(|record| {
            let (item, selling) = (record.detail.external_menu_id.clone(), record.detail.selling_price);
            let usual = usual(&item).filter(|usual| *usual != selling)?;
            Some(Promoted { item, selling, usual })
        });
        Self(promoted.collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn shown_in(&self, live: &LiveCatalog) -> Vec<&Promoted> {
        let is_shown = |promoted: &&Promoted| {
            let Promoted { item: id, selling, .. } = promoted;
            live.items().any(|(_, item)| item.external_id.value() == Some(id) && item.price.value() == Some(selling))
        };
        self.0.iter().filter(is_shown).collect()
    }

    /// Which dishes show such a price, in words.
    pub fn notes(&self, live: &LiveCatalog) -> Vec<String> {
        let words = |Promoted { item, selling, usual }: &Promoted| {
            format!("{item} shows the price of its promotion, {selling} instead of {usual}, which is no edit")
        };
        self.shown_in(live).into_iter().map(words).collect()
    }

    /// The menu without them: each dish with the price that it has otherwise.
    pub fn passed_over<'l>(&self, live: &'l LiveCatalog) -> Cow<'l, LiveCatalog> {
        self.put_back(live, false)
    }

    /// The same, and such a price counts as one that cannot be read: behind it the dish may cost anything.
    pub(super) fn hidden<'l>(&self, live: &'l LiveCatalog) -> Cow<'l, LiveCatalog> {
        self.put_back(live, true)
    }

    fn put_back<'l>(&self, live: &'l LiveCatalog, is_unread: bool) -> Cow<'l, LiveCatalog> {
        let shown = self.shown_in(live);
        let mut live = Cow::Borrowed(live);
        for Promoted { item: id, selling, usual } in shown {
            for item in live.to_mut().menus.iter_mut().flat_map(|menu| &mut menu.menu_items) {
                if item.external_id.value() == Some(id) && item.price.value() == Some(selling) {
                    item.price = Field::Set(*usual);
                    if is_unread && let Some(key) = Path::item_field(id, ItemField::Price).field_key() {
                        item.extra.unread.insert(key.to_owned(), selling.0.to_string());
                    }
                }
            }
        }
        live
    }
}
