//! Markups on item prices, in whole numbers only: no price ever passes through a float.

use super::{
    compose::Composer,
    kind::Kind,
    layer::{Markup, Pricing, Round, Selector},
};
use crate::{
    catalog::{Field, ItemField, Path, Price, PriceSteps},
    diagnostic::{Diagnostic, Place},
    document::Spanned,
};

/// Basis points of a whole.
const WHOLE: i128 = 10_000;

impl<'d> Composer<'d> {
    /// Runs the entries of one layer in order, on prices that the layer did not set itself.
    pub(super) fn price(&mut self, entries: &'d [Pricing]) {
        for entry in entries {
            let Some(items) = self.selected(&entry.selector) else { continue };
            let (mut changed, words) = (false, entry.to_string());
            for item in items {
                changed |= self.mark_up(item, entry, &words);
            }
            if !changed {
                self.without_effect("this pricing entry", &entry.markup.place);
            }
        }
    }

    /// The items that a selector means, in display order or as listed; `None` if what it names does not exist.
    fn selected(&mut self, selector: &'d Selector) -> Option<Vec<usize>> {
        match selector {
            Selector::All => {
                let mut all: Vec<_> = self.draft.item_index.values().copied().collect();
                all.sort_unstable();
                Some(all)
            }
            Selector::Menu(name) => self.items_of_menu(&name.value, &name.place),
            Selector::Ids(ids) => {
                let mut items = Vec::new();
                let mut all_known = true;
                for Spanned { value: id, place } in ids {
                    match self.draft.item_index.get(id.as_str()) {
                        Some(&item) if items.contains(&item) => {}
                        Some(&item) => items.push(item),
                        None => {
                            all_known = false;
                            self.absent_subject(Kind::Item, id.as_str(), place);
                        }
                    }
                }
                (all_known || !items.is_empty()).then_some(items)
            }
        }
    }

    /// The items of a menu in display order; `None` if there is no such menu, which is told.
    pub(super) fn items_of_menu(&mut self, name: &str, place: &Place) -> Option<Vec<usize>> {
        let Some(menu) = self.draft.menu(name) else {
            self.absent_subject(Kind::Menu, name, place);
            return None;
        };
        Some(self.draft.menus[menu].items.clone())
    }

    /// Returns whether the price changed. `words`: the entry in words.
    fn mark_up(&mut self, item: usize, entry: &'d Pricing, words: &str) -> bool {
        let drafted = &mut self.draft.items[item];
        let Field::Set(old) = drafted.item.price else { return false };
        if drafted.priced_by == self.current {
            return false;
        }
        let id = drafted.item.external_id.clone();
        let Some(new) = marked_up(old, entry.markup.value, entry.round_to, entry.round) else {
            let message = format!("the price of `{id}` becomes larger than any price can be");
            let wrong = Diagnostic::error("out-of-range", entry.markup.place.clone(), message);
            self.report(wrong.help("write a smaller markup"));
            return true;
        };
        drafted.item.price = Field::Set(new);
        let steps = drafted.steps.get_or_insert_with(|| PriceSteps { written: old, markups: Vec::new(), gives: old });
        steps.markups.push(words.to_owned());
        steps.gives = new;
        self.draft.origins.add(Path::item_field(&id, ItemField::Price), &entry.markup.place);
        new != old
    }
}

/// What an entry does to a price, whichever prices it is for: `1000 bp, 500 up`.
impl std::fmt::Display for Pricing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.markup.value {
            Markup::BasisPoints(points) => write!(f, "{points} bp")?,
            Markup::Rupiah(rupiah) => write!(f, "{rupiah}")?,
        }
        let round = match self.round {
            Round::Up => "up",
            Round::Nearest => "nearest",
        };
        write!(f, ", {} {round}", self.round_to)
    }
}

/// The price after a markup, rounded once, at the end, to a multiple of `round_to`; `None` if it does not fit.
pub fn marked_up(Price(old): Price, markup: Markup, round_to: i64, round: Round) -> Option<Price> {
    // In hundredths of a percent of a rupiah, so that nothing is lost before rounding.
    let exact = match markup {
        Markup::BasisPoints(points) => i128::from(old) * (WHOLE + i128::from(points)),
        Markup::Rupiah(rupiah) => (i128::from(old) + i128::from(rupiah)) * WHOLE,
    };
    let step = i128::from(round_to) * WHOLE;
    let steps = match round {
        Round::Up => -(-exact).div_euclid(step),
        Round::Nearest => (exact + step / 2).div_euclid(step),
    };
    i64::try_from(steps.checked_mul(i128::from(round_to))?).ok().map(Price)
}
