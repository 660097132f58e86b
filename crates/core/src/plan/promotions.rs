//! What a push would do to promotions: which dishes it touches so that a promotion on them ends or is refused, and the guard
//! `promotion`, which is asked once the promotions of the outlet are known. They are fetched only if a push touches something.

use std::collections::BTreeSet;

use hashbrown::HashSet;
use jiff::civil::DateTime;

use super::{
    Action, GuardVerdict, Inputs, OutletPlan, Verdict,
    compare::Compared,
    matching::{Matched, item_ids},
};
use crate::{
    catalog::{Catalog, ExternalId, Path, Promotion, PromotionPhase},
    policy::Guard,
};

/// Promotions that are named in a message; of others only the number is told.
const NAMED_AT_MOST: usize = 3;

/// A dish of the live menu that a push would do something to which a promotion on it does not outlive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TouchedItem {
    /// Its id in the live menu.
    pub item: ExternalId,
    /// What happens.
    pub touch: Touch,
    /// Its name.
    pub name: String,
    /// The live menu that holds it.
    pub menu: String,
}

/// What a push would do to a dish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touch {
    /// It leaves, or gets another id.
    Leaves,
    /// It stays, but the menu that holds it goes, or gets another name.
    LosesMenu,
}

/// What is known of the promotions of an outlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownPromotions {
    /// All of them, whoever made them.
    Listed(Vec<Promotion>),
    /// They could not be listed, for this reason.
    Unread(String),
    /// The credential has no right to list them, in these words: they are not watched.
    NoRight(String),
}

/// The dishes that a push would touch.
pub(super) fn touched(
    inputs: &Inputs<'_>,
    matched: &Matched,
    compared: &Compared,
    action: Action,
) -> BTreeSet<TouchedItem> {
    if action != Action::Put {
        return BTreeSet::new();
    }
    let staying = item_ids(&compared.payload);
    let menus: HashSet<&str> = compared.payload.menus.iter().map(|menu| menu.name.as_str()).collect();
    let leaving = inputs.live.items().filter_map(|(menu, item)| {
        let id = item.external_id.value().filter(|id| !staying.contains(id))?;
        Some(TouchedItem { item: id.clone(), touch: Touch::Leaves, name: item.name.clone(), menu: menu.to_owned() })
    });
    let without_menu = matched.catalog.items().filter_map(|(menu, item)| {
        let is_touched = staying.contains(&item.external_id) && !menus.contains(menu.name.as_str());
        is_touched.then(|| TouchedItem {
            item: item.external_id.clone(),
            touch: Touch::LosesMenu,
            name: name_in(&matched.catalog, &item.external_id),
            menu: menu.name.clone(),
        })
    });
    leaving.chain(without_menu).collect()
}

fn name_in(catalog: &Catalog, id: &ExternalId) -> String {
    catalog.item(id).and_then(|item| item.name.value().cloned()).unwrap_or_else(|| id.to_string())
}

impl OutletPlan {
    /// Asks the guard `promotion`, as the clocks of the outlet are. Nothing is said where the push touches no dish.
    pub fn judge_promotions(&mut self, known: &KnownPromotions, released: &BTreeSet<Guard>, now: DateTime) {
        if self.touched.is_empty() {
            return;
        }
        let (number, items, ids, message) = match known {
            KnownPromotions::NoRight(why) => {
                self.unwatched = Some(format!(
                    "the credential may not look at promotions, so a push that ends one is not held (`promotions`): {why}"
                ));
                return;
            }
            KnownPromotions::Unread(why) => {
                let items: Vec<&TouchedItem> = self.touched.iter().collect();
                let names: Vec<String> = items.iter().map(|item| format!("“{}”", item.name)).collect();
                let message = format!(
                    "the promotions of this outlet cannot be listed, and this push could end one on {}: {why}",
                    named(&names, ", ")
                );
                (None, items, BTreeSet::new(), message)
            }
            KnownPromotions::Listed(promotions) => {
                let open = promotions.iter().filter(|promotion| promotion.phase(now) != PromotionPhase::Over);
                let hit: Vec<(&Promotion, Vec<&TouchedItem>)> = open
                    .map(|promotion| (promotion, self.touched_by(promotion)))
                    .filter(|(_, i)| !i.is_empty())
                    .collect();
                if hit.is_empty() {
                    return;
                }
                let words: Vec<String> = hit.iter().map(|(promotion, items)| about(promotion, items, now)).collect();
                let number = hit.len();
                let ids: BTreeSet<String> = hit.iter().map(|(promotion, _)| promotion.promotion_id.clone()).collect();
                let items = hit.into_iter().flat_map(|(_, items)| items).collect();
                (Some(number as f64), items, ids, named(&words, "; "))
            }
        };
        let paths: BTreeSet<Path> = items.into_iter().map(|item| Path::item(&item.item)).collect();
        let verdict = if released.contains(&Guard::Promotion) { Verdict::Released } else { Verdict::Held };
        self.guards.push(GuardVerdict {
            guard: Guard::Promotion,
            limit: None,
            actual: number,
            verdict,
            items: paths.into_iter().collect(),
            promotions: ids.into_iter().collect(),
            message,
            approval: None,
        });
    }

    /// The touched dishes that a promotion hangs on; all of them if it may be any.
    fn touched_by(&self, promotion: &Promotion) -> Vec<&TouchedItem> {
        let hangs = |touched: &&TouchedItem| match &promotion.external_menu_id {
            Some(id) => touched.item == *id,
            None => promotion.hides_its_dish(),
        };
        self.touched.iter().filter(hangs).collect()
    }
}

/// One promotion and what would happen to it.
fn about(promotion: &Promotion, items: &[&TouchedItem], now: DateTime) -> String {
    let phase = promotion.phase(now).as_str();
    let Some(touched) = items.first().filter(|_| promotion.external_menu_id.is_some()) else {
        let names: Vec<String> = items.iter().map(|item| format!("“{}”", item.name)).collect();
        return format!(
            "a promotion {phase} that does not name its dish ({}); this push could end it if it is on {}",
            promotion.words(),
            named(&names, ", ")
        );
    };
    let effect = match touched.touch {
        Touch::Leaves => "this push takes the dish away or gives it another id, which ends the promotion".to_owned(),
        Touch::LosesMenu => format!(
            "this push renames or removes its menu “{}”, which GoFood refuses or which ends the promotion",
            touched.menu
        ),
    };
    format!("a promotion on “{}” ({}) {phase} ({}); {effect}", touched.name, touched.item, promotion.words())
}

fn named(words: &[String], between: &str) -> String {
    let shown = words.iter().take(NAMED_AT_MOST).cloned().collect::<Vec<_>>().join(between);
    match words.len().saturating_sub(NAMED_AT_MOST) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}
