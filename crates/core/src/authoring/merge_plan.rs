//! What of a plan goes into the files: what was done elsewhere, and nothing that the author has yet to push.

use std::collections::{BTreeSet, HashSet};

use super::Imported;
use crate::{
    catalog::{Catalog, ExternalId, FieldKind, Item, ItemField, Menu, Path},
    plan::{Change, Class, Kind, OutletPlan, UuidsById},
};

/// One difference that goes into the file. Values are those of the imported catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeStep {
    /// A category with its variants.
    AddCategory(ExternalId),
    /// A variant at the end of a known category.
    AddVariant(ExternalId, ExternalId),
    /// A field that is not where an item stands.
    Set(Path),
    /// A menu got another name; its items with it.
    RenameMenu(String, String),
    /// An item stands in another menu.
    Move(ExternalId, String),
    /// An item that no file knows, into its menu.
    AddItem(ExternalId, String),
    /// A thing that is gone.
    Remove(Path),
}

/// What is taken and what is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergePlan {
    /// In the order in which they are written.
    pub steps: Vec<MergeStep>,
    /// Differences that stay, with the reason.
    pub left: Vec<(Path, &'static str)>,
}

/// One value to take, whoever changed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The id of the item, variant or category.
    pub id: ExternalId,
    /// The field, in the platform's word; `None` = all that differs.
    pub field: Option<String>,
}

/// Decides what of a plan is taken into the files: what was done elsewhere, and not what the author has not pushed yet.
/// `imported` is the live catalog under the plan's ids.
pub fn plan_merge(plan: &OutletPlan, desired: &Catalog, imported: &Imported, filter: Option<&Filter>) -> MergePlan {
    let uuids = plan.next_base.uuids.by_id();
    let mut choice = Choice { plan, desired, imported, filter, uuids, merge: MergePlan::default() };
    plan.changes.iter().for_each(|change| choice.consider(change));
    choice.new_items();
    choice.further_places();
    choice.menus();
    choice.emptied_menus();
    choice.new_categories();
    choice.merge.steps.sort_by_key(MergeStep::turn);
    choice.merge
}

impl MergeStep {
    /// The path under which a plan tells the difference, if it is one path.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Set(path) | Self::Remove(path) => Some(path),
            _ => None,
        }
    }

    /// What it is about.
    pub fn subject(&self) -> Path {
        match self {
            Self::AddCategory(id) => Path::category(id),
            Self::AddVariant(_, id) => Path::variant(id),
            Self::Set(path) | Self::Remove(path) => path.clone(),
            Self::RenameMenu(old, _) => Path::Menu(old.clone()),
            Self::Move(id, _) => Path::item_field(id, ItemField::Menu),
            Self::AddItem(id, _) => Path::item(id),
        }
    }

    /// What has to be there before something else refers to it comes first; otherwise the order of the platform holds.
    fn turn(&self) -> usize {
        match self {
            Self::AddCategory(_) => 0,
            Self::AddVariant(..) => 1,
            Self::Set(_) => 2,
            Self::RenameMenu(..) => 3,
            Self::Move(..) => 4,
            Self::AddItem(..) => 5,
            Self::Remove(_) => 6,
        }
    }
}

struct Choice<'a> {
    plan: &'a OutletPlan,
    desired: &'a Catalog,
    imported: &'a Imported,
    filter: Option<&'a Filter>,
    /// Of what the plan is about.
    uuids: UuidsById<'a>,
    merge: MergePlan,
}

impl Choice<'_> {
    fn consider(&mut self, change: &Change) {
        if !self.is_meant(&change.path) || matches!(change.path, Path::Menu(_) | Path::Promotion(..)) {
            return;
        }
        match self.judge(change) {
            Ok(Some(step)) => self.merge.steps.push(step),
            Ok(None) => {}
            Err(why) => self.merge.left.push((change.path.clone(), why)),
        }
    }

    fn is_meant(&self, path: &Path) -> bool {
        let Some(filter) = self.filter else { return true };
        let id = match path {
            Path::Menu(_) | Path::Promotion(..) => return false,
            Path::Item(id, _) | Path::Category(id, _) | Path::Variant(id, _) => id,
        };
        *id == filter.id && filter.field.as_deref().is_none_or(|field| path.field_key() == Some(field))
    }

    fn judge(&self, change: &Change) -> Result<Option<MergeStep>, &'static str> {
        if let Path::Variant(id, _) = &change.path {
            let count = |catalog: &Catalog| catalog.variants().filter(|(_, v)| v.external_id == *id).count();
            let (in_files, is_live) = (count(self.desired), count(&self.imported.catalog));
            if in_files > 1 && is_live > 0 && in_files != is_live {
                return Err("GoFood does not show it alike in all its variant categories: write it in the files");
            }
        }
        let whole = change.path.field_key().is_none();
        if change.is_stock() {
            return Err("stock is the kitchen's and is not written into files");
        }
        if change.path.info().is_some_and(|info| info.kind == FieldKind::Id) {
            return Err("GoFood shows another id or none; the next push restores it");
        }
        if change.class == Class::Edit && self.filter.is_none() {
            return Err("the files were changed and not pushed yet");
        }
        if change.class == Class::Adopt && change.from.is_none() && self.filter.is_none() {
            return Err("the files have it and GoFood does not; as nothing was pushed yet, it counts as new");
        }
        match (change.kind, &change.path) {
            (Kind::Add, path) if whole => Ok(Some(MergeStep::Remove(path.clone()))),
            (Kind::Set, path) if !whole => Ok(Some(MergeStep::Set(path.clone()))),
            (Kind::Move, Path::Item(id, Some(ItemField::Menu))) => self.moved(id).map(Some),
            (Kind::Move, Path::Variant(_, Some(_))) => {
                Err("a variant that moves to another category is not merged: write it in the files")
            }
            // Order is not read back; what only live has is looked for by itself.
            (Kind::Remove, Path::Variant(_, None)) => self.new_variant(change).map(Some),
            _ => Ok(None),
        }
    }

    fn moved(&self, id: &ExternalId) -> Result<MergeStep, &'static str> {
        let menus: Vec<&str> = menus_of(&self.imported.catalog, id);
        match menus[..] {
            [menu] => Ok(MergeStep::Move(id.clone(), menu.to_owned())),
            _ => Err("it stands in several menus"),
        }
    }

    fn new_variant(&self, change: &Change) -> Result<MergeStep, &'static str> {
        let id = self.imported_id(&change.path);
        let all = self.imported.catalog.variants();
        let mut live = all.filter(|(_, variant)| Some(&variant.external_id) == id.as_ref());
        let (category, variant) = live.next().ok_or("GoFood does not show in which variant category it stands")?;
        if live.next().is_some() {
            return Err("it stands in several variant categories: write it in the files");
        }
        if !self.desired.variant_categories.iter().any(|known| known.external_id == category.external_id) {
            return Err("its variant category is in no file");
        }
        Ok(MergeStep::AddVariant(category.external_id.clone(), variant.external_id.clone()))
    }

    /// The id that import gives to what the plan calls by a path. A plan calls what no file knows by the id that a PUT would
    /// give it, import by one for people: the platform's UUID leads from one to the other.
    fn imported_id(&self, path: &Path) -> Option<ExternalId> {
        let imported = &self.imported.ids;
        let (id, by_uuid) = match path {
            Path::Menu(_) | Path::Promotion(..) => return None,
            Path::Item(id, _) => (id, &imported.items),
            Path::Category(id, _) => (id, &imported.categories),
            Path::Variant(id, _) => (id, &imported.variants),
        };
        let uuid = self.uuids.of(path).first();
        Some(uuid.and_then(|uuid| by_uuid.get(*uuid)).unwrap_or(id).clone())
    }

    /// Items that no file knows. What the files dropped is not one of them.
    fn new_items(&mut self) {
        let dropped: BTreeSet<&Path> =
            self.plan.changes.iter().filter(|change| change.class == Class::Edit).map(|change| &change.path).collect();
        let wanted: HashSet<&ExternalId> = self.desired.items().map(|(_, item)| &item.external_id).collect();
        for (menu, item) in self.imported.catalog.items() {
            let path = Path::item(&item.external_id);
            let known = wanted.contains(&item.external_id) || dropped.contains(&path);
            if !known && self.is_meant(&path) {
                self.merge.steps.push(MergeStep::AddItem(item.external_id.clone(), menu.name.clone()));
            }
        }
    }

    /// Places at which GoFood shows a dish besides the one in the files, by the id that a plan gives them.
    fn further_places(&mut self) {
        for place in &self.plan.unmanaged {
            let dish = self.imported.ids.items.get(&place.uuid).filter(|id| self.imported.catalog.item(id).is_some());
            if dish.is_some_and(|id| *id != place.id && self.is_meant(&Path::item(id))) {
                let why = "GoFood shows this dish at another place too, and a file lists a dish once";
                self.merge.left.push((Path::item(&place.id), why));
            }
        }
    }

    /// Menus that got another name, and those of which nothing is left.
    fn menus(&mut self) {
        for menu in &self.desired.menus {
            let ids: Vec<&ExternalId> = menu.menu_items.iter().map(|item| &item.external_id).collect();
            let gone = |id: &&ExternalId| self.merge.steps.contains(&MergeStep::Remove(Path::item(id)));
            let is_live = self.imported.catalog.menus.iter().any(|live| live.name == menu.name);
            if !ids.is_empty() && !is_live && ids.iter().all(gone) {
                let removes: Vec<MergeStep> = ids.iter().map(|id| MergeStep::Remove(Path::item(id))).collect();
                self.merge.steps.retain(|step| !removes.contains(step));
                self.merge.steps.push(MergeStep::Remove(Path::Menu(menu.name.clone())));
                continue;
            }
            let targets: Option<BTreeSet<&str>> = ids.iter().map(|id| self.move_of(id)).collect();
            let target = targets.filter(|targets| targets.len() == 1).and_then(|targets| targets.into_iter().next());
            let Some(target) = target.filter(|name| self.desired.menus.iter().all(|known| known.name != *name)) else {
                continue;
            };
            let rename = MergeStep::RenameMenu(menu.name.clone(), target.to_owned());
            let moves: Vec<MergeStep> =
                ids.iter().map(|id| MergeStep::Move((*id).clone(), target.to_owned())).collect();
            self.merge.steps.retain(|step| !moves.contains(step));
            self.merge.steps.push(rename);
        }
    }

    /// Items do not move out of a menu of which nothing would be left: a file cannot remove a menu and keep what a patch
    /// takes out of it. What does not leave does not arrive elsewhere either, so one may be the cause of the next.
    fn emptied_menus(&mut self) {
        let desired = self.desired;
        while let Some(menu) = desired.menus.iter().find(|menu| self.is_emptied(menu)) {
            let left: Vec<&ExternalId> = menu.menu_items.iter().map(|item| &item.external_id).collect();
            self.merge.steps.retain(|step| !matches!(step, MergeStep::Move(id, _) if left.contains(&id)));
            let moved = left.iter().map(|id| (Path::item_field(id, ItemField::Menu), LAST_OF_ITS_MENU));
            let is_move = |path: &Path| self.plan.changes.iter().any(|change| change.path == *path);
            self.merge.left.extend(moved.filter(|(path, _)| is_move(path)));
        }
    }

    /// Whether everything in a menu leaves, something of it for another menu, and nothing comes.
    fn is_emptied(&self, menu: &Menu) -> bool {
        let steps = &self.merge.steps;
        let moves = |item: &Item| self.move_of(&item.external_id).is_some();
        let stays = |item: &Item| !moves(item) && !steps.contains(&MergeStep::Remove(Path::item(&item.external_id)));
        let comes =
            |step: &MergeStep| matches!(step, MergeStep::Move(_, to) | MergeStep::AddItem(_, to) if *to == menu.name);
        menu.menu_items.iter().any(moves) && !menu.menu_items.iter().any(stays) && !steps.iter().any(comes)
    }

    fn move_of(&self, id: &ExternalId) -> Option<&str> {
        self.merge.steps.iter().find_map(|step| match step {
            MergeStep::Move(moved, menu) if moved == id => Some(menu.as_str()),
            _ => None,
        })
    }

    /// Categories that no file knows and that something taken needs, or that the plan speaks of.
    fn new_categories(&mut self) {
        let mut needed: BTreeSet<ExternalId> = BTreeSet::new();
        for take in &self.merge.steps {
            let (MergeStep::AddItem(id, _) | MergeStep::Set(Path::Item(id, Some(ItemField::VariantCategories)))) = take
            else {
                continue;
            };
            let item = self.imported.catalog.item(id);
            needed.extend(item.iter().flat_map(|item| item.variant_category_external_ids.value()).flatten().cloned());
        }
        let is_new = |change: &&Change| {
            let is_category = matches!(change.path, Path::Category(_, None));
            is_category && change.kind == Kind::Remove && change.class != Class::Edit && self.filter.is_none()
        };
        let new = self.plan.changes.iter().filter(is_new).filter_map(|change| self.imported_id(&change.path));
        needed.extend(new);
        for category in &self.imported.catalog.variant_categories {
            let id = &category.external_id;
            let known = self.desired.variant_categories.iter().any(|known| known.external_id == *id);
            if !known && needed.contains(id) {
                self.merge.steps.push(MergeStep::AddCategory(id.clone()));
            }
        }
    }
}

const LAST_OF_ITS_MENU: &str = "its menu would be left without items; write the item below its new menu in the files, and remove the old menu there";

fn menus_of<'c>(catalog: &'c Catalog, id: &ExternalId) -> Vec<&'c str> {
    catalog.items().filter(|(_, item)| item.external_id == *id).map(|(menu, _)| menu.name.as_str()).collect()
}
