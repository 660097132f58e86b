//! The menus of a chain as layers: what most outlets have in one file, price levels and what some outlets share in files of
//! their own, and in each outlet's file only what no other has.
//!
//! ```text
//! outlets ─group by dishes─▶ chains ─most common values─▶ layers/menu.yaml
//!                              │
//!                              ├─equal prices─▶ levels ─markup that explains them─▶ layers/prices-N.yaml
//!                              └─difference of each outlet─▶ statements ─same outlets─▶ layers/variation-N.yaml
//!                                                               └─one outlet─▶ OUTLET.yaml
//! ```
//!
//! Nothing of this is trusted: the files are read back, and an outlet whose menu would not be the one that is live gets a file
//! of its own, complete and without layers.

mod base;
mod difference;
mod outlet;
mod price_levels;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use base::{Base, most_common};
use difference::{Prices, Statement, difference, places};
use outlet::Outlet;
pub use outlet::is_same_menu;
use price_levels::{Markups, choose_base, find_levels};
use text::statements_text;

use super::{Head, Imported, emit::layer_text, file_text};
use crate::{
    catalog::{
        Catalog, ExternalId, FieldValue, HasPath, Item, ItemField, OutletId, Path, Price, Variant, VariantField,
    },
    definition::{self, Composed, Definitions, ImageFile},
    diagnostic::Diagnostic,
    document::SourceFile,
    policy::Policy,
};

/// What a shared file costs besides what it says: its head, in lines.
const HEAD_LINES: usize = 3;

/// The files of a chain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layered {
    /// Path below the directory that they go into → text.
    pub files: BTreeMap<String, String>,
    /// Outlets with a complete file of their own, and why.
    pub separate: BTreeMap<OutletId, &'static str>,
}

/// Writes the menus of `outlets` as layers below `directory` and one file for each outlet. In whatever order they are given,
/// the result is the same.
pub fn layers(outlets: &BTreeMap<OutletId, Imported>, directory: &str) -> Layered {
    let mut layered = Layered::default();
    let mut regular = Vec::new();
    for (id, imported) in outlets {
        match Outlet::new(id, imported) {
            Some(outlet) => regular.push(outlet),
            None => {
                layered.separate.insert(id.clone(), "an id or a name stands twice in it, or a price is missing");
            }
        }
    }
    for chain in chains(regular) {
        if let [outlet] = &chain[..] {
            layered.separate.insert(outlet.id.clone(), "no other outlet sells most of its dishes");
            continue;
        }
        let (shared, own) = Chain::new(chain).files(&layered.files, directory);
        layered.files.extend(shared);
        for (id, text) in own {
            if let Some(text) = text {
                layered.files.insert(file_name(&id), text);
            } else {
                layered.separate.insert(id, "layers cannot say its menu as it is live");
            }
        }
    }
    for id in layered.separate.keys() {
        let head = Head::Outlet { id: id.clone(), extends: Vec::new() };
        layered.files.insert(file_name(id), file_text(&head, &outlets[id]));
    }
    layered
}

/// The file of an outlet, below the directory that it goes into.
pub fn file_name(outlet: &OutletId) -> String {
    format!("{outlet}.yaml")
}

/// Outlets that sell the same dishes for the most part, those with the most dishes first.
fn chains(mut outlets: Vec<Outlet<'_>>) -> Vec<Vec<Outlet<'_>>> {
    outlets.sort_by(|a, b| b.items.len().cmp(&a.items.len()).then_with(|| a.id.cmp(b.id)));
    let mut chains: Vec<Vec<Outlet<'_>>> = Vec::new();
    for outlet in outlets {
        let is_alike = |chain: &&mut Vec<Outlet<'_>>| {
            let known = &chain[0].items;
            outlet.items.keys().filter(|id| known.contains_key(*id)).count() * 2 > known.len().max(1)
        };
        match chains.iter_mut().find(is_alike) {
            Some(chain) => chain.push(outlet),
            None => chains.push(vec![outlet]),
        }
    }
    chains.iter_mut().for_each(|chain| chain.sort_by(|a, b| a.id.cmp(b.id)));
    chains
}

/// A file that some outlets share.
struct Shared {
    name: String,
    /// By number.
    outlets: BTreeSet<usize>,
    text: String,
}

/// What the outlets of a chain say, before it is text.
struct Chain<'a> {
    outlets: Vec<Outlet<'a>>,
    base: Base,
    /// The common menu as a file says it, with the remarks that most outlets have.
    common: Imported,
    /// By number, with the outlets of each; the first is the base and says nothing.
    levels: Vec<(BTreeSet<usize>, Markups)>,
    /// Of a level; what it says beside prices.
    level_statements: Vec<Vec<Statement>>,
    /// Of some outlets each.
    variations: Vec<(BTreeSet<usize>, Vec<Statement>)>,
    /// Of each outlet alone; `None` where layers cannot say its menu.
    own: Vec<Option<Vec<Statement>>>,
}

impl<'a> Chain<'a> {
    fn new(outlets: Vec<Outlet<'a>>) -> Self {
        let mut base = Base::new(&outlets);
        let keys = price_paths(&base);
        let prices: Vec<Vec<Option<Price>>> = outlets.iter().map(|outlet| prices_of(outlet, &keys)).collect();
        let usual: Vec<Price> = (0..keys.len())
            .map(|at| most_common(prices.iter().filter_map(|prices| prices[at])).unwrap_or_default())
            .collect();
        let levels = find_levels(&prices);
        let (base_prices, markups) = choose_base(&levels, &usual, &menu_numbers(&base));
        base.set_prices(&base_prices);
        let levels: Vec<(BTreeSet<usize>, Markups)> =
            levels.into_iter().map(|level| level.outlets.into_iter().collect()).zip(markups).collect();
        let mut own: Vec<Option<Vec<Statement>>> = vec![None; outlets.len()];
        for (members, markups) in &levels {
            let prices: Prices = keys.iter().cloned().zip(markups.prices.iter().copied()).collect();
            for at in members {
                own[*at] = difference(&base, &prices, &outlets[*at]);
            }
        }
        let level_statements = vec![Vec::new(); levels.len()];
        let common = Imported::default();
        let mut chain = Self { outlets, base, common, levels, level_statements, variations: Vec::new(), own };
        chain.common = chain.base_remarks();
        chain.share();
        chain
    }

    /// Moves what several outlets say alike into a layer, where that saves lines.
    fn share(&mut self) {
        let mut same: BTreeMap<String, (Statement, BTreeSet<usize>)> = BTreeMap::new();
        for (at, statements) in self.own.iter().enumerate() {
            for statement in statements.iter().flatten().filter(|statement| statement.can_be_shared()) {
                let entry = same.entry(format!("{statement:?}"));
                entry.or_insert_with(|| (statement.clone(), BTreeSet::new())).1.insert(at);
            }
        }
        let mut groups: BTreeMap<BTreeSet<usize>, Vec<String>> = BTreeMap::new();
        for (key, (_, outlets)) in &same {
            groups.entry(outlets.clone()).or_default().push(key.clone());
        }
        let mut shared: BTreeSet<&String> = BTreeSet::new();
        for (outlets, keys) in &groups {
            let level = self.levels.iter().position(|(members, markups)| members == outlets && says_something(markups));
            let lines: usize = keys.iter().map(|key| same[key].0.lines()).sum();
            let pays = lines * outlets.len() > lines + outlets.len() + HEAD_LINES;
            if outlets.len() < 2 || (level.is_none() && !pays) {
                continue;
            }
            // In the order in which one of them says it.
            let first = outlets.first().and_then(|at| self.own[*at].as_ref()).into_iter().flatten();
            let statements: Vec<Statement> =
                first.filter(|statement| keys.contains(&format!("{statement:?}"))).cloned().collect();
            match level {
                Some(level) => self.level_statements[level] = statements,
                None => self.variations.push((outlets.clone(), statements)),
            }
            shared.extend(keys);
        }
        for statements in self.own.iter_mut().flatten() {
            statements.retain(|statement| !statement.can_be_shared() || !shared.contains(&format!("{statement:?}")));
        }
        self.variations.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    }

    /// The shared files, and the text of every outlet; `None` where layers do not say its menu.
    fn files(mut self, taken: &BTreeMap<String, String>, directory: &str) -> (BTreeMap<String, String>, Outcome) {
        let shared = self.shared(taken, directory);
        // Where things stand is known when everything else is there.
        let composed = self.compose(&shared);
        for (at, composed) in composed.iter().enumerate() {
            if let (Some(composed), Some(own)) = (composed, &mut self.own[at]) {
                own.extend(places(&composed.catalog, &self.outlets[at].imported.catalog));
            }
        }
        self.share_places();
        let shared = self.shared(taken, directory);
        let composed = self.compose(&shared);
        let mut own = Outcome::new();
        let mut used: BTreeSet<usize> = BTreeSet::new();
        for (at, composed) in composed.iter().enumerate() {
            let outlet = &self.outlets[at];
            let is_right = composed.as_ref().is_some_and(|composed| {
                !composed.diagnostics.iter().any(Diagnostic::is_error)
                    && is_same_menu(&composed.catalog, &outlet.imported.catalog)
            });
            used.extend(is_right.then_some(at));
            own.push((outlet.id.clone(), is_right.then(|| self.outlet_text(at, &shared))));
        }
        let shared = shared.into_iter().filter(|file| !file.outlets.is_disjoint(&used));
        (shared.map(|file| (file.name, file.text)).collect(), own)
    }

    /// A dish that a layer adds is placed there, if all its outlets have it at the same place.
    fn share_places(&mut self) {
        let levels = self.levels.iter().map(|(outlets, _)| outlets).zip(&mut self.level_statements);
        let variations = self.variations.iter_mut().map(|(outlets, statements)| (&*outlets, statements));
        for (outlets, statements) in levels.chain(variations) {
            let added = statements.iter().filter_map(|statement| match statement {
                Statement::AddItem { item, .. } => Some(item.external_id.clone()),
                _ => None,
            });
            for id in added.collect::<Vec<_>>() {
                let is_its = |statement: &&Statement| matches!(statement, Statement::Place { item, .. } if *item == id);
                let place = |at: &usize| self.own[*at].iter().flatten().find(is_its).cloned();
                let places: Vec<Option<Statement>> = outlets.iter().map(place).collect();
                let Some(Some(place @ Statement::Place { before, .. })) = places.first() else { continue };
                if places.iter().all(|known| known.as_ref() == Some(place)) && self.base.catalog.item(before).is_some()
                {
                    statements.push(place.clone());
                    for at in outlets {
                        self.own[*at].iter_mut().for_each(|own| own.retain(|statement| statement != place));
                    }
                }
            }
        }
    }

    fn compose(&self, shared: &[Shared]) -> Vec<Option<Composed>> {
        let file = |path: &str, text: String| SourceFile { path: path.into(), text: text.into() };
        let mut files: Vec<SourceFile> = shared.iter().map(|shared| file(&shared.name, shared.text.clone())).collect();
        files.extend(
            (0..self.outlets.len())
                .filter(|at| self.own[*at].is_some())
                .map(|at| file(&file_name(self.outlets[at].id), self.outlet_text(at, shared))),
        );
        let definitions = definition::parse(&files);
        self.outlets
            .iter()
            .zip(&self.own)
            .map(|(outlet, own)| own.as_ref().map(|_| compose(&definitions, outlet.id)))
            .collect()
    }

    /// The common menu, the price levels and the variations, in the order in which outlets extend them.
    fn shared(&self, taken: &BTreeMap<String, String>, directory: &str) -> Vec<Shared> {
        let free_names = |what: &'static str| {
            let names = (1_u64..).map(move |number| format!("{directory}/{what}-{number}.yaml"));
            names.filter(|name| !taken.contains_key(name))
        };
        let menus: Vec<String> = self.base.catalog.menus.iter().map(|menu| menu.name.clone()).collect();
        let first = format!("{directory}/menu.yaml");
        let everyone: BTreeSet<usize> = (0..self.outlets.len()).collect();
        let head = Head::DescribedLayer(format!("The menu of {}.", self.outlets_text(&everyone)));
        let mut all = vec![Shared {
            name: std::iter::once(first)
                .filter(|name| !taken.contains_key(name))
                .chain(free_names("menu"))
                .next()
                .unwrap_or_default(),
            text: layer_text(&head, &self.common, self.base.hours.as_ref()),
            outlets: everyone,
        }];
        let levels = self.levels.iter().zip(&self.level_statements).filter(|((_, markups), _)| says_something(markups));
        for (((outlets, markups), own), name) in levels.zip(free_names("prices")) {
            let statements: Vec<Statement> = own.iter().cloned().chain(self.price_patches(markups, own)).collect();
            let head = Head::DescribedLayer(format!("Prices of {}.", self.outlets_text(outlets)));
            let remarks = self.remarks_of(outlets, &statements);
            let text = statements_text(&head, &remarks, &statements, &markups.entries, &menus);
            all.push(Shared { name, outlets: outlets.clone(), text });
        }
        for ((outlets, statements), name) in self.variations.iter().zip(free_names("variation")) {
            let head = Head::DescribedLayer(format!("What {} have in common.", self.outlets_text(outlets)));
            let text = statements_text(&head, &self.remarks_of(outlets, statements), statements, &[], &menus);
            all.push(Shared { name, outlets: outlets.clone(), text });
        }
        all
    }

    /// Prices that the markups of a level do not explain; not of variants whose category gets another list beside them, which
    /// has their prices.
    fn price_patches(&self, markups: &Markups, beside: &[Statement]) -> Vec<Statement> {
        let lists = |id: &ExternalId| {
            beside.iter().any(|statement| matches!(statement, Statement::Variants(category, _) if category == id))
        };
        let listed = self.base.catalog.variants().filter(|(category, _)| lists(&category.external_id));
        let listed: BTreeSet<Path> = listed.map(|(_, variant)| Path::variant(&variant.external_id)).collect();
        let paths = price_paths(&self.base);
        let patches = markups.patches.iter().map(|(at, price)| (paths[*at].clone(), *price));
        let patches = patches.filter(|(path, _)| !listed.contains(&path.owner()));
        patches.map(|(path, price)| Statement::Set(path, Some(FieldValue::Price(price)))).collect()
    }

    fn outlet_text(&self, at: usize, shared: &[Shared]) -> String {
        let outlet = &self.outlets[at];
        let extends = shared.iter().filter(|file| file.outlets.contains(&at)).map(|file| file.name.clone()).collect();
        let head = Head::Outlet { id: outlet.id.clone(), extends };
        let own = self.own[at].as_deref().unwrap_or_default();
        let mut remarks = self.remarks_of(&BTreeSet::from([at]), own);
        let told = outlet.imported.remarks.iter().filter(|remark| !self.common.remarks.contains(remark)).cloned();
        let todo = outlet.imported.todo.iter().filter(|entry| self.common.todo.get(entry.0) != Some(entry.1));
        remarks.account.clone_from(&outlet.imported.account);
        remarks.remarks = told.chain(todo.map(|(path, todo)| format!("{path}: {todo}"))).collect();
        statements_text(&head, &remarks, own, &[], &[])
    }

    /// The common menu, with the remarks that most outlets have.
    fn base_remarks(&self) -> Imported {
        let everyone = || self.outlets.iter().map(|outlet| outlet.imported);
        let is_common = |count: usize| count * 2 > self.outlets.len();
        let all: BTreeSet<usize> = (0..self.outlets.len()).collect();
        let mut base =
            Imported { catalog: self.base.catalog.clone(), ..self.ids_among(&all, &paths_of(&self.base.catalog)) };
        let mut remarks: BTreeMap<&String, usize> = BTreeMap::new();
        let mut todo: BTreeMap<(&Path, &String), usize> = BTreeMap::new();
        for imported in everyone() {
            imported.remarks.iter().for_each(|remark| *remarks.entry(remark).or_default() += 1);
            imported.todo.iter().for_each(|entry| *todo.entry(entry).or_default() += 1);
        }
        base.remarks =
            remarks.into_iter().filter(|(_, count)| is_common(*count)).map(|(remark, _)| remark.clone()).collect();
        let todo = todo.into_iter().filter(|(_, count)| is_common(*count));
        base.todo = todo.map(|((path, todo), _)| (path.clone(), todo.clone())).collect();
        let refused = everyone()
            .flat_map(|imported| &imported.refused_images)
            .filter(|(id, _)| base.todo.contains_key(&Path::item_field(id, ItemField::Image)));
        base.refused_images =
            refused.map(|(id, url)| (id.clone(), url.clone())).collect::<BTreeMap<ExternalId, String>>();
        base
    }

    /// What is to be remarked of the ids that statements bring in.
    fn remarks_of(&self, outlets: &BTreeSet<usize>, statements: &[Statement]) -> Imported {
        let mut paths = BTreeSet::new();
        for statement in statements {
            match statement {
                Statement::AddItem { item, .. } => {
                    paths.insert(Path::item(&item.external_id));
                }
                Statement::AddCategory(category) => {
                    paths.insert(Path::category(&category.external_id));
                    paths.extend(category.variants.iter().map(|variant| Path::variant(&variant.external_id)));
                }
                _ => {}
            }
        }
        self.ids_among(outlets, &paths)
    }

    /// Which of the things have an id that is a proposal, or GoFood's own, at one of the outlets.
    fn ids_among(&self, outlets: &BTreeSet<usize>, things: &BTreeSet<Path>) -> Imported {
        let found = |ids: fn(&Imported) -> &BTreeSet<Path>| -> BTreeSet<Path> {
            let all = outlets.iter().flat_map(|at| ids(self.outlets[*at].imported));
            all.filter(|path| things.contains(*path)).cloned().collect()
        };
        let (proposed, uuid_ids) = (found(|imported| &imported.proposed), found(|imported| &imported.uuid_ids));
        Imported { proposed, uuid_ids, ..Imported::default() }
    }

    fn outlets_text(&self, outlets: &BTreeSet<usize>) -> String {
        let mut names = outlets.iter().map(|at| self.outlets[*at].id.as_str());
        let shown: Vec<&str> = names.by_ref().take(3).collect();
        match names.count() {
            0 => format!("{} outlets: {}", outlets.len(), shown.join(", ")),
            more => format!("{} outlets: {} and {more} more", outlets.len(), shown.join(", ")),
        }
    }
}

/// The text of every outlet; `None` where layers do not say its menu.
type Outcome = Vec<(OutletId, Option<String>)>;

fn says_something(markups: &Markups) -> bool {
    !markups.entries.is_empty() || !markups.patches.is_empty()
}

fn compose(definitions: &Definitions, outlet: &OutletId) -> Composed {
    definitions.compose(outlet, jiff::Timestamp::UNIX_EPOCH, &Policy::default(), &ImageFile::no_address)
}

/// The paths of all prices of the common menu: items, then variants.
fn price_paths(base: &Base) -> Vec<Path> {
    let items = base.catalog.items().map(|(_, item)| Item::path(&item.external_id, Some(ItemField::Price)));
    let variants = base.catalog.variants();
    items.chain(variants.map(|(_, variant)| Variant::path(&variant.external_id, Some(VariantField::Price)))).collect()
}

/// The number of the menu of each price; none for variants.
fn menu_numbers(base: &Base) -> Vec<Option<usize>> {
    let menus = base.catalog.menus.iter().enumerate();
    let items = menus.flat_map(|(number, menu)| menu.menu_items.iter().map(move |_| Some(number)));
    items.chain(base.catalog.variants().map(|_| None)).collect()
}

fn paths_of(catalog: &Catalog) -> BTreeSet<Path> {
    let items = catalog.items().map(|(_, item)| Path::item(&item.external_id));
    let categories = catalog.variant_categories.iter().map(|category| Path::category(&category.external_id));
    let variants = catalog.variants().map(|(_, variant)| Path::variant(&variant.external_id));
    items.chain(categories).chain(variants).collect()
}

fn prices_of(outlet: &Outlet<'_>, paths: &[Path]) -> Vec<Option<Price>> {
    let price = |path: &Path| match path {
        Path::Item(id, _) => outlet.items.get(id).and_then(|(_, item)| item.price.value().copied()),
        Path::Variant(id, _) => outlet.variants.get(id).and_then(|(_, variant)| variant.price.value().copied()),
        Path::Menu(_) | Path::Category(..) | Path::Promotion(..) => None,
    };
    paths.iter().map(price).collect()
}
