//! Price levels: outlets that ask the same prices, and how a level follows from another one.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::{
    catalog::Price,
    definition::{Markup, Round, marked_up},
};

/// Of how many levels it is tried whether they are the best base, and whether a small one is nearest to them.
const MAX_COMPARED: usize = 16;

/// One price of so many may differ in what is still one level.
const NEAR: usize = 4;

/// What a level costs besides its prices, in lines: the head of its file.
const HEAD_LINES: usize = 5;

/// Outlets with the same prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Level {
    /// By number, sorted.
    pub(super) outlets: Vec<usize>,
    /// What they ask, where at least one of them sells the thing.
    pub(super) prices: Vec<Option<Price>>,
}

/// What a level says of its prices, and what they are then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Markups {
    /// Entries of `pricing`.
    pub(super) entries: Vec<Entry>,
    /// Prices that these do not explain, by number.
    pub(super) patches: BTreeMap<usize, Price>,
    /// All prices of the level.
    pub(super) prices: Vec<Price>,
}

/// One entry of `pricing`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) markup: Markup,
    pub(super) round_to: i64,
    pub(super) round: Round,
    /// The number of the menu; `None` = all items.
    pub(super) menu: Option<usize>,
}

impl Entry {
    fn apply(&self, price: Price) -> Option<Price> {
        marked_up(price, self.markup, self.round_to, self.round)
    }
}

impl Markups {
    fn lines(&self) -> usize {
        self.entries.len() + self.patches.len()
    }
}

/// Groups outlets by their prices, the largest level first. What an outlet does not sell fits every level. A level that saves
/// no lines, or is nearly another one, goes to its nearest neighbour: what its outlets ask beside is theirs, or a variation.
pub(super) fn find_levels(outlets: &[Vec<Option<Price>>]) -> Vec<Level> {
    let mut order: Vec<usize> = (0..outlets.len()).collect();
    order.sort_by_key(|at| (Reverse(outlets[*at].iter().flatten().count()), *at));
    let mut levels: Vec<Level> = Vec::new();
    for at in order {
        let prices = &outlets[at];
        match levels.iter_mut().find(|level| differences(&level.prices, prices, 1) == 0) {
            Some(level) => {
                level.outlets.push(at);
                level.prices.iter_mut().zip(prices).for_each(|(known, price)| *known = known.or(*price));
            }
            None => levels.push(Level { outlets: vec![at], prices: prices.clone() }),
        }
    }
    levels.iter_mut().for_each(|level| level.outlets.sort_unstable());
    sort(&mut levels);
    let mut at = levels.len();
    while at > 1 {
        at -= 1;
        let (larger, smaller) = levels.split_at(at);
        let (level, size) = (&smaller[0], smaller[0].outlets.len());
        let near = larger.iter().take(MAX_COMPARED).enumerate();
        let near = near.map(|(other, known)| (differences(&known.prices, &level.prices, usize::MAX), other)).min();
        if let Some((_, other)) =
            near.filter(|(count, _)| count * NEAR <= level.prices.len() || count * size <= count + size + HEAD_LINES)
        {
            let level = levels.remove(at);
            levels[other].outlets.extend(level.outlets);
            levels[other].outlets.sort_unstable();
        }
    }
    sort(&mut levels);
    levels
}

fn sort(levels: &mut [Level]) {
    levels.sort_by_key(|level| (Reverse(level.outlets.len()), level.outlets.first().copied()));
}

/// How many prices differ that both have; counts no further than `limit`.
fn differences(a: &[Option<Price>], b: &[Option<Price>], limit: usize) -> usize {
    let differs = |(a, b): &(&Option<Price>, &Option<Price>)| a.is_some() && b.is_some() && a != b;
    a.iter().zip(b).filter(differs).take(limit).count()
}

/// Prices of the level from which the others follow in the fewest lines, and what each of `levels` says then. `usual` are
/// prices of what the base level does not sell; `menus` has the menu of each thing, none for variants.
pub(super) fn choose_base(levels: &[Level], usual: &[Price], menus: &[Option<usize>]) -> (Vec<Price>, Vec<Markups>) {
    let tried = levels.iter().take(MAX_COMPARED).map(|level| {
        let base: Vec<Price> = level.prices.iter().zip(usual).map(|(price, usual)| price.unwrap_or(*usual)).collect();
        let markups: Vec<Markups> = levels.iter().map(|level| explain(&base, &level.prices, menus)).collect();
        let lines = markups.iter().map(Markups::lines).sum::<usize>();
        (lines, base, markups)
    });
    // The first of equals, which is the largest.
    let best = tried.min_by_key(|(lines, _, _)| *lines);
    best.map(|(_, base, markups)| (base, markups)).unwrap_or_default()
}

/// What to say for prices to become those of a level: one markup for all items, else one for each menu where that explains
/// most of its prices, else the prices.
fn explain(base: &[Price], level: &[Option<Price>], menus: &[Option<usize>]) -> Markups {
    let sold: Vec<usize> = (0..base.len()).filter(|at| level[*at].is_some()).collect();
    let pair = |at: &usize| Some((base[*at], level[*at]?));
    let mut markups = Markups { prices: base.to_vec(), ..Markups::default() };
    let in_menu = |menu: Option<usize>| -> Vec<usize> {
        sold.iter().copied().filter(|at| menus[*at].is_some() && (menu.is_none() || menus[*at] == menu)).collect()
    };
    let of = |things: &[usize]| find_markup(&things.iter().filter_map(pair).collect::<Vec<_>>());
    if let Some(entry) = of(&in_menu(None)) {
        markups.entries.push(entry);
    } else {
        let numbers: std::collections::BTreeSet<usize> = menus.iter().flatten().copied().collect();
        let entries =
            numbers.into_iter().filter_map(|menu| Some(Entry { menu: Some(menu), ..of(&in_menu(Some(menu)))? }));
        markups.entries.extend(entries);
    }
    for (at, price) in markups.prices.iter_mut().enumerate() {
        let entry = markups
            .entries
            .iter()
            .find(|entry| menus[at].is_some() && (entry.menu.is_none() || entry.menu == menus[at]));
        let marked_up = entry.map_or(Some(*price), |entry| entry.apply(*price));
        let wanted = level[at].unwrap_or(marked_up.unwrap_or(*price));
        if marked_up != Some(wanted) {
            markups.patches.insert(at, wanted);
        }
        *price = wanted;
    }
    markups
}

/// The simplest markup that explains all but a fifth of the prices; `None` if there is none that saves lines.
fn find_markup(pairs: &[(Price, Price)]) -> Option<Entry> {
    let differing = pairs.iter().filter(|(base, level)| base != level).count();
    if differing < 3 {
        return None;
    }
    let mut best: Option<(usize, Entry)> = None;
    for entry in candidates(pairs) {
        let limit = best.map_or(pairs.len() / 5 + 1, |(misses, _)| misses);
        let is_missed = |(base, level): &&(Price, Price)| entry.apply(*base) != Some(*level);
        let misses = pairs.iter().filter(is_missed).take(limit).count();
        // A price that stays could only be kept by a patch that changes nothing.
        if pairs.iter().any(|pair| pair.0 == pair.1 && is_missed(&pair)) {
            continue;
        }
        if misses < limit {
            best = Some((misses, entry));
        }
    }
    best.filter(|(misses, _)| misses + 1 < differing).map(|(_, entry)| entry)
}

/// Markups as people write them, the simplest first: amounts, then percentages in fives, in ones, in halves.
fn candidates(pairs: &[(Price, Price)]) -> Vec<Entry> {
    const ROUNDINGS: [(i64, Round); 7] = [
        (1, Round::Nearest),
        (100, Round::Nearest),
        (500, Round::Nearest),
        (1000, Round::Nearest),
        (100, Round::Up),
        (500, Round::Up),
        (1000, Round::Up),
    ];
    let entry = |markup, (round_to, round)| Entry { markup, round_to, round, menu: None };
    let amounts = super::base::most_common(pairs.iter().map(|(base, level)| level.0.saturating_sub(base.0)));
    let amounts = amounts.into_iter().filter(|amount| *amount != 0);
    let mut points: Vec<i64> = (-100..=200).filter(|half| *half != 0).map(|half| half * 50).collect();
    points.sort_by_key(|points| (points % 500 != 0, points % 100 != 0, points.abs(), *points < 0));
    let percentages =
        points.into_iter().flat_map(|points| ROUNDINGS.map(|rounding| entry(Markup::BasisPoints(points), rounding)));
    amounts.map(|amount| entry(Markup::Rupiah(amount), ROUNDINGS[0])).chain(percentages).collect()
}
