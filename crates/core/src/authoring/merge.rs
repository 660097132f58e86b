//! What was done elsewhere, taken into an outlet's own file: as changes in place where the file says the thing itself, as
//! patches by id where a layer says it.

use std::collections::BTreeSet;

use super::{
    Context, EditError, Imported, MergeStep,
    editor::{Element, PatchValue, Step, YamlEditor},
    emit::{category_entries, entries_of, value_text, variant_text},
    order::{Below, Kind as Mapping},
    scalar::text,
};
use crate::{
    catalog::{
        Catalog, ExternalId, Field, FieldInfo, FieldKind, FieldValue, FlatCatalog, Hours, Item, ItemField, Menu, Path,
        VariantCategory,
    },
    document::SourceFile,
};

/// How changes are written where the file says a thing itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditStyle {
    /// Where the value stands.
    InPlace,
    /// All as patches by id: for files that share values through anchors.
    Patches,
}

/// The text of `file` with all of `steps` in it; `desired` is what its outlet was before. The caller checks that it means what
/// it should.
pub fn merge(
    file: &SourceFile,
    steps: &[MergeStep],
    desired: &Catalog,
    imported: &Imported,
    style: EditStyle,
) -> Result<String, EditError> {
    let menus = desired.menus.iter().map(|menu| menu.name.clone()).collect();
    let editor = YamlEditor::new(&file.path, &file.text)?;
    let (live, live_fields) = (&imported.catalog, FlatCatalog::of(&imported.catalog));
    let mut merge = Merge { editor, desired, live, live_fields, imported, style, menus };
    for step in steps {
        merge.write(step)?;
    }
    Ok(merge.editor.text().to_owned())
}

const FILE: Below = Below::This(Mapping::File);

struct Merge<'a> {
    editor: YamlEditor,
    desired: &'a Catalog,
    live: &'a Catalog,
    live_fields: FlatCatalog,
    imported: &'a Imported,
    style: EditStyle,
    /// Names of menus that are there by now.
    menus: BTreeSet<String>,
}

impl<'a> Merge<'a> {
    fn write(&mut self, step: &MergeStep) -> Result<(), EditError> {
        match step {
            MergeStep::AddCategory(id) => self.add_category(id),
            MergeStep::AddVariant(category, id) => self.add_variant(category, id),
            MergeStep::Set(path) => self.set(path),
            MergeStep::RenameMenu(old, new) => self.rename_menu(old, new),
            MergeStep::Move(id, menu) => self.move_item(id, menu),
            MergeStep::AddItem(id, menu) => self.add_item(id, menu),
            MergeStep::Remove(path) => self.remove(path),
        }
    }

    // ── fields ──

    fn set(&mut self, path: &Path) -> Result<(), EditError> {
        let (keys, value) = self.value(path)?;
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let patch = [&[section(path), id_of(path)], &keys[..]].concat();
        // A patch in this file has the last word over a definition in it.
        if self.says(&[Step::Key(patch[0]), Step::Key(patch[1])], &keys)? {
            return self.editor.set(&[], FILE, &patch, &value);
        }
        match self.definition(path) {
            Some(steps)
                if self.style == EditStyle::InPlace && (value.flow != "null" || self.says(&steps, &keys)?) =>
            {
                self.editor.set(&steps, kind_of(path), &keys, &value)
            }
            _ => self.editor.set(&[], FILE, &patch, &value),
        }
    }

    /// Whether something stands under `keys` of the mapping that `steps` lead to.
    fn says(&self, steps: &[Step<'_>], keys: &[&str]) -> Result<bool, EditError> {
        let mut steps = steps.to_vec();
        steps.extend(keys.iter().map(|key| Step::Key(key)));
        Ok(self.editor.find(&steps).unwrap_or(None).is_some())
    }

    /// The keys and the live value of a field.
    fn value(&self, path: &Path) -> Result<(Vec<String>, PatchValue), EditError> {
        let missing = || EditError(format!("GoFood shows no value for {path}"));
        let info = path.info().ok_or_else(missing)?;
        if let Path::Category(id, _) = path {
            self.live_category(id)?;
        }
        let fields = self.live_fields.things.get(&path.owner()).ok_or_else(missing)?;
        let value = live_value(info, fields.get(info.key).and_then(Option::as_ref)).ok_or_else(missing)?;
        let way: &[&str] = match info.kind {
            FieldKind::Least | FieldKind::Most => &["rules", "selection", info.key],
            _ => &[info.key],
        };
        Ok((way.iter().map(|key| (*key).to_owned()).collect(), value))
    }

    fn live_category(&self, id: &ExternalId) -> Result<&VariantCategory, EditError> {
        let found = self.live.variant_categories.iter().find(|category| category.external_id == *id);
        found.ok_or_else(|| EditError(format!("the variant category `{id}` is not live")))
    }

    /// The way to where this file defines a thing, if it does and the thing is not shared there.
    fn definition<'p>(&self, path: &'p Path) -> Option<Vec<Step<'p>>>
    where
        'a: 'p,
    {
        let id = id_of(path);
        let named = Step::Named(if matches!(path, Path::Menu(_)) { "name" } else { "external_id" }, id);
        let way = match path {
            Path::Menu(_) => vec![Step::Key("menus"), named],
            Path::Item(..) => {
                vec![Step::Key("menus"), Step::Holding("menu_items", id), Step::Key("menu_items"), named]
            }
            Path::Promotion(..) => return None,
            Path::Category(..) => vec![Step::Key("variant_categories"), named],
            Path::Variant(..) => {
                vec![Step::Key("variant_categories"), Step::Holding("variants", id), Step::Key("variants"), named]
            }
        };
        let is_there = |way: &Vec<Step<'p>>| matches!(self.editor.find(way), Ok(Some(_)));
        Some(way).filter(is_there).or_else(|| self.listed_variant(path).filter(is_there))
    }

    /// The way to a variant in a patch that gives its category another list.
    fn listed_variant<'p>(&self, path: &'p Path) -> Option<Vec<Step<'p>>>
    where
        'a: 'p,
    {
        let Path::Variant(id, _) = path else { return None };
        let (category, _) = self.live.variants().find(|(_, variant)| variant.external_id == *id)?;
        let list = [Step::Key("categories"), Step::Key(category.external_id.as_str()), Step::Key("variants")];
        Some([&list[..], &[Step::Named("external_id", id.as_str())]].concat())
    }

    // ── things ──

    fn add_item(&mut self, id: &ExternalId, menu: &str) -> Result<(), EditError> {
        let Some(item) = self.live.item(id) else { return Err(EditError(format!("the item `{id}` is not live"))) };
        let item = self.with_own_hours(item, menu);
        let entries = |context| entries_of(&item, context);
        let element = element(&entries, &self.remark(&Path::item(id)));
        self.menus.insert(menu.to_owned());
        let in_menu = [Step::Key("menus"), Step::Named("name", menu)];
        if self.editor.find(&in_menu)?.is_some() {
            return self.editor.add(&in_menu, Below::This(Mapping::Menu), "menu_items", &element);
        }
        self.editor.add(&[], FILE, "menus", &menu_element(menu, "menu_items", Some(&element)))
    }

    /// Hours of the menu or the file would hold for an item that says nothing.
    fn with_own_hours(&self, item: &Item, menu: &str) -> Item {
        let mut item = item.clone();
        let is_known = self.desired.menus.iter().any(|known| known.name == menu);
        let beside = |known: &&Menu| known.name == menu || !is_known;
        let mut neighbours = self.desired.menus.iter().filter(beside).flat_map(|menu| &menu.menu_items);
        if item.operational_hours.is_unsaid() && neighbours.any(|item| item.operational_hours.value().is_some()) {
            item.operational_hours = Field::Set(Hours::all_week());
        }
        item
    }

    fn add_category(&mut self, id: &ExternalId) -> Result<(), EditError> {
        let category = self.live_category(id)?.clone();
        let entries = |context| category_entries(&category, context);
        let mut element = element(&entries, &self.remark(&Path::category(id)));
        let variants: Vec<String> = category.variants.iter().map(variant_text).collect();
        element.lines.push(if variants.is_empty() { "variants: []".into() } else { "variants:".into() });
        for (variant, text) in category.variants.iter().zip(&variants) {
            element.lines.push(format!("  - {text}{}", self.remark(&Path::variant(&variant.external_id))));
        }
        element.flow.pop();
        element.flow.push_str(&format!(", variants: [{}]}}", variants.join(", ")));
        self.editor.add(&[], FILE, "variant_categories", &element)
    }

    fn add_variant(&mut self, category: &ExternalId, id: &ExternalId) -> Result<(), EditError> {
        let live = self.live_category(category)?.clone();
        let Some(variant) = live.variants.iter().find(|variant| variant.external_id == *id) else {
            return Err(EditError(format!("the variant `{id}` is not live")));
        };
        let flow = variant_text(variant);
        let element = Element { lines: vec![format!("{flow}{}", self.remark(&Path::variant(id)))], flow };
        let path = Path::category(category);
        if let (Some(steps), EditStyle::InPlace) = (self.definition(&path), self.style) {
            return self.editor.add(&steps, Below::This(Mapping::Category), "variants", &element);
        }
        // Lists are replaced as a whole.
        let all: Vec<String> = live.variants.iter().map(variant_text).collect();
        let all = PatchValue::new(format!("[{}]", all.join(", ")));
        self.editor.set(&[], FILE, &["categories", category.as_str(), "variants"], &all)
    }

    fn rename_menu(&mut self, old: &str, new: &str) -> Result<(), EditError> {
        self.menus.insert(new.to_owned());
        self.rename_mentions(old, new)?;
        let way = [Step::Key("menus"), Step::Named("name", old)];
        if self.editor.find(&way)?.is_none() {
            return self.editor.add(&[], FILE, "menus", &menu_element(old, "rename", Some(&scalar_element(new))));
        }
        // In a file that only adds to the menu of a layer this makes a new menu, which the caller will find out.
        let key = if self.style == EditStyle::InPlace { "name" } else { "rename" };
        self.editor.set(&way, Below::This(Mapping::Menu), &[key], &said_text(new))
    }

    /// What this file says about the menu, it says about the menu of the new name.
    fn rename_mentions(&mut self, old: &str, new: &str) -> Result<(), EditError> {
        let priced = [Step::Key("pricing"), Step::Named("menu", old)];
        while self.editor.find(&priced)?.is_some() {
            self.editor.set(&priced, Below::This(Mapping::Pricing), &["menu"], &said_text(new))?;
        }
        for id in self.editor.entries_with("items", "menu", old) {
            self.editor.set(&[], FILE, &["items", &id, "menu"], &said_text(new))?;
        }
        Ok(())
    }

    fn move_item(&mut self, id: &ExternalId, menu: &str) -> Result<(), EditError> {
        if self.menus.insert(menu.to_owned()) {
            self.editor.add(&[], FILE, "menus", &no_items_yet(menu))?;
        }
        self.editor.set(&[], FILE, &["items", id.as_str(), "menu"], &said_text(menu))
    }

    fn remove(&mut self, path: &Path) -> Result<(), EditError> {
        let way = self.definition(path);
        if let (Some(way), EditStyle::InPlace) = (&way, self.style)
            && let Some((Step::Named(key, is), list)) = way.split_last()
            && self.editor.find(&[Step::Key(section(path)), Step::Key(id_of(path))])?.is_none()
            && self.editor.remove(list, key, is).is_ok()
        {
            return Ok(());
        }
        match path {
            Path::Menu(name) if way.is_none() => {
                self.editor.add(&[], FILE, "menus", &menu_element(name, "remove", None))
            }
            Path::Menu(name) if self.style == EditStyle::Patches => {
                Err(EditError(format!("the menu `{name}` is the last one of this file")))
            }
            Path::Menu(_) => self.editor.set(&[], FILE, &["menus"], &PatchValue::new("[]")),
            _ => {
                let patch = [section(path), id_of(path)];
                if self.editor.find(&patch.map(Step::Key))?.is_some() {
                    return self.editor.set(&[], FILE, &patch, &PatchValue::new("{remove: true}"));
                }
                self.editor.set(&[], FILE, &[patch[0], patch[1], "remove"], &PatchValue::new("true"))
            }
        }
    }

    /// ` # TODO: …` beside an id that is only proposed.
    fn remark(&self, path: &Path) -> String {
        let proposed = self.imported.proposed.contains(path);
        if proposed { " # TODO: proposed, GoFood shows no id".to_owned() } else { String::new() }
    }
}

/// The key under which a file changes such a thing.
fn section(path: &Path) -> &'static str {
    match path {
        Path::Menu(_) => "menus",
        Path::Item(..) => "items",
        Path::Category(..) => "categories",
        Path::Variant(..) => "variants",
        Path::Promotion(..) => "promotions",
    }
}

fn id_of(path: &Path) -> &str {
    match path {
        Path::Menu(name) | Path::Promotion(name, _) => name,
        Path::Item(id, _) | Path::Category(id, _) | Path::Variant(id, _) => id.as_str(),
    }
}

fn kind_of(path: &Path) -> Below {
    Below::This(match path {
        Path::Menu(_) => Mapping::Menu,
        Path::Item(..) => Mapping::Item,
        Path::Category(..) => Mapping::Category,
        Path::Variant(..) => Mapping::Variant,
        Path::Promotion(..) => Mapping::Promotion,
    })
}

/// The live value of a field; `None` if there has to be one and is not.
fn live_value(info: &FieldInfo, value: Option<&FieldValue>) -> Option<PatchValue> {
    match (info.kind, value) {
        (FieldKind::Id | FieldKind::Holder | FieldKind::Stock, _)
        | (FieldKind::Price | FieldKind::Least | FieldKind::Most, None) => None,
        (FieldKind::Text, None) if info.key == ItemField::Name.key() => None,
        // PatchValue for every day, so that no other level has a say.
        (FieldKind::Hours, None) => Some(PatchValue::new(super::hours_text(&Hours::all_week()))),
        (FieldKind::Choices, None) => Some(PatchValue::new("[]")),
        (_, None) => Some(PatchValue::new("null")),
        (_, Some(FieldValue::Text(text))) => Some(said_text(text)),
        (_, Some(value)) => value_text(value, Context::Flow).map(PatchValue::new),
    }
}

fn said_text(value: impl AsRef<str>) -> PatchValue {
    PatchValue::text(value.as_ref())
}

/// A list element of `key: value` lines. The remark stands beside the first.
fn element(entries: &dyn Fn(Context) -> super::emit::Entries, remark: &str) -> Element {
    let join = |(key, value): &(&str, String)| format!("{key}: {value}");
    let mut lines: Vec<String> = entries(Context::Block).iter().map(join).collect();
    if let Some(first) = lines.first_mut() {
        first.push_str(remark);
    }
    let flow: Vec<String> = entries(Context::Flow).iter().map(join).collect();
    Element { lines, flow: format!("{{{}}}", flow.join(", ")) }
}

fn scalar_element(value: &str) -> Element {
    Element { lines: vec![text(value, Context::Block)], flow: text(value, Context::Flow) }
}

/// A new menu that items are moved into.
fn no_items_yet(name: &str) -> Element {
    let flow = format!("{{name: {}, menu_items: []}}", text(name, Context::Flow));
    Element { lines: vec![format!("name: {}", text(name, Context::Block)), "menu_items: []".to_owned()], flow }
}

/// An entry of `menus`: with items, with a new name, or to be removed.
fn menu_element(name: &str, key: &str, value: Option<&Element>) -> Element {
    let flow_name = text(name, Context::Flow);
    let block_name = text(name, Context::Block);
    match (key, value) {
        ("menu_items", Some(item)) => {
            let mut lines = vec![format!("name: {block_name}"), "menu_items:".to_owned()];
            let dash = |(at, line): (usize, &String)| format!("  {}{line}", if at == 0 { "- " } else { "  " });
            lines.extend(item.lines.iter().enumerate().map(dash));
            Element { lines, flow: format!("{{name: {flow_name}, menu_items: [{}]}}", item.flow) }
        }
        (key, value) => {
            let value = value.map_or("true", |value| &value.flow);
            let flow = format!("{{name: {flow_name}, {key}: {value}}}");
            Element { lines: vec![flow.clone()], flow }
        }
    }
}
