//! A catalog as the text of a new file: blocks for menus and items, one line for hours, rules and variants.

use std::collections::BTreeMap;

use super::{
    Imported,
    hours::hours_text,
    scalar::{Context, text},
};
use crate::catalog::{
    Catalog, CategoryField, ExternalId, Field, FieldInfo, FieldKind, FieldValue, Hours, Item, ItemField, Menu,
    OutletId, Path, Price, Thing, Variant, VariantCategory, VariantField,
};

/// What a new file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// An outlet's file; `extends` is relative to it.
    Outlet {
        /// The outlet.
        id: OutletId,
        /// The layers it extends.
        extends: Vec<String>,
    },
    /// A layer that several outlets share.
    Layer,
    /// The same, with a line that says what it is for.
    DescribedLayer(String),
    /// A layer made from a spreadsheet: this file and sheet.
    Worksheet(String),
}

/// The text of a new file that says `imported`.
pub fn file_text(head: &Head, imported: &Imported) -> String {
    let mut page = Page { text: String::new(), imported };
    page.head(head);
    let file_hours = page.hours_of_file();
    page.file_hours(file_hours.as_ref());
    // A live menu shows no promotions.
    let Catalog { menus, platform_menus, variant_categories: _, promotions: _, price_steps: _, menu_files: _ } =
        &imported.catalog;
    if !(menus.is_empty() && platform_menus.is_empty()) {
        page.text.push_str("\nmenus:\n");
    }
    for menu in menus {
        page.menu(menu, file_hours.as_ref());
    }
    for menu in platform_menus {
        page.line(2, &format!("- {{name: {}, platform: true}}", text(menu, Context::Flow)));
    }
    page.categories();
    page.text
}

/// The text of a layer that says `imported`, with `hours` for the items that say none and none on menus: what outlets write at
/// the head of their files then holds for all those items.
pub(super) fn layer_text(head: &Head, imported: &Imported, hours: Option<&Hours>) -> String {
    let mut page = Page { text: String::new(), imported };
    page.head(head);
    page.file_hours(hours);
    page.text.push_str("\nmenus:\n");
    for menu in &imported.catalog.menus {
        page.line(
            2,
            &format!("- name: {}{}", text(&menu.name, Context::Block), page.todo(&Path::Menu(menu.name.clone()))),
        );
        page.line(4, "menu_items:");
        menu.menu_items.iter().for_each(|item| page.item(item, None));
    }
    page.categories();
    page.text
}

/// One mapping as `key: value` lines with a remark each; what the reader of another style needs as well.
pub(super) type Entries = Vec<(&'static str, String)>;

/// What a thing says about itself, in the order people write it; stock is not written into files.
fn values_to_write<T: Thing>(thing: &T, context: Context) -> impl Iterator<Item = (&'static FieldInfo, String)> {
    let members = T::members().filter(|(spec, _)| spec.info.kind != FieldKind::Stock);
    members.filter_map(move |(spec, member)| {
        Some((&spec.info, value_text(&(member.get)(thing).value().cloned()?, context)?))
    })
}

/// A value as a file says it; `None` for what is no value of one field.
pub(super) fn value_text(value: &FieldValue, context: Context) -> Option<String> {
    Some(match value {
        FieldValue::Text(value) => text(value, context),
        FieldValue::Price(Price(price)) => price.to_string(),
        FieldValue::Number(number) => number.to_string(),
        FieldValue::Flag(flag) => flag.to_string(),
        FieldValue::Hours(hours) => hours_text(hours),
        FieldValue::Ids(ids) => {
            let ids: Vec<String> = ids.iter().map(|id| text(id.as_str(), Context::Flow)).collect();
            format!("[{}]", ids.join(", "))
        }
        FieldValue::Names(_)
        | FieldValue::Thing(_)
        | FieldValue::Things(_)
        | FieldValue::After(_)
        | FieldValue::Promotion(_) => return None,
    })
}

fn id_entry(id: &ExternalId) -> (&'static str, String) {
    ("external_id", text(id.as_str(), Context::Flow))
}

/// The keys and values of an item or a variant.
pub(super) fn entries_of<T: Thing>(thing: &T, context: Context) -> Entries {
    std::iter::once(id_entry(thing.id()))
        .chain(values_to_write(thing, context).map(|(info, value)| (info.key, value)))
        .collect()
}

/// `{external_id: LV-0, name: Tidak pedas, price: 0}`
pub(super) fn variant_text(variant: &Variant) -> String {
    let entries = entries_of(variant, Context::Flow).into_iter().map(|(key, value)| format!("{key}: {value}"));
    format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
}

/// The keys and values of a category but for its variants; its limits have a place of their own in a file.
pub(super) fn category_entries(category: &VariantCategory, context: Context) -> Entries {
    let is_limit = |info: &FieldInfo| matches!(info.kind, FieldKind::Least | FieldKind::Most);
    let (limits, others): (Vec<_>, Vec<_>) = values_to_write(category, context).partition(|(info, _)| is_limit(info));
    let limits: Vec<String> = limits.into_iter().map(|(info, limit)| format!("{}: {limit}", info.key)).collect();
    let others = others.into_iter().map(|(info, value)| (info.key, value));
    let rules = ("rules", format!("{{selection: {{{}}}}}", limits.join(", ")));
    std::iter::once(id_entry(&category.external_id)).chain(others).chain([rules]).collect()
}

/// A file in the making. What is in `imported` beside its catalog are remarks.
pub(super) struct Page<'i> {
    pub(super) text: String,
    pub(super) imported: &'i Imported,
}

impl Page<'_> {
    pub(super) fn line(&mut self, indentation: usize, line: &str) {
        self.text.push_str(&" ".repeat(indentation));
        self.text.push_str(line);
        self.text.push('\n');
    }

    pub(super) fn head(&mut self, head: &Head) {
        if let Head::Worksheet(title) = head {
            self.line(0, &format!("# Made from {} with `menusync import --from`.", one_line(title)));
            self.line(
                0,
                "# The next import of the sheet changes what it says otherwise, and keeps comments and the rest.",
            );
            self.line(0, "# Keep the ids: an id that changes later is a new dish to GoFood.");
            return;
        }
        self.line(0, "# Imported from GoFood with `menusync import`.");
        if let Head::DescribedLayer(about) = head {
            self.line(0, &format!("# {}", one_line(about)));
        }
        if !self.imported.proposed.is_empty() {
            self.line(0, "# Where it says `proposed`, GoFood shows no id of yours: keep the one that stands there or write your own, but");
            self.line(0, "# before the first push. An id that changes later is a new dish to GoFood.");
        }
        if !self.imported.uuid_ids.is_empty() {
            self.line(0, "# Ids such as 0f8fad5b-… are GoFood's own, of what was typed in its app. They are kept: nothing changes at the");
            self.line(0, "# first push. Another id in such a place is a new dish to GoFood.");
        }
        if self.imported.catalog.items().any(|(_, item)| item.image.value().is_some()) {
            self.line(
                0,
                "# Images are GoFood's own copies; put the addresses of yours in their place when you have them.",
            );
        }
        for remark in &self.imported.remarks {
            self.line(0, &format!("# TODO: {}", one_line(remark)));
        }
        if let Head::Outlet { id, extends } = head {
            self.line(0, &format!("outlet: {}", text(id.as_str(), Context::Block)));
            if let Some(account) = &self.imported.account {
                self.line(0, &format!("account: {}", text(account, Context::Block)));
            }
            self.line(
                0,
                "# TODO: add `name:` as people know this outlet, and `timezone:` if it is not that of menusync.yaml",
            );
            if !extends.is_empty() {
                let extends: Vec<String> = extends.iter().map(|layer| text(layer, Context::Flow)).collect();
                self.line(0, &format!("extends: [{}]", extends.join(", ")));
            }
        }
    }

    fn file_hours(&mut self, hours: Option<&Hours>) {
        if let Some(hours) = hours {
            self.line(0, &format!("operational_hours: {}", hours_text(hours)));
        }
    }

    fn categories(&mut self) {
        if !self.imported.catalog.variant_categories.is_empty() {
            self.text.push_str("\nvariant_categories:\n");
        }
        for category in &self.imported.catalog.variant_categories {
            self.category(category);
        }
    }

    /// Hours that most items share. An item without hours would take them on, so then there are none.
    fn hours_of_file(&self) -> Option<Hours> {
        shared_hours(self.imported.catalog.items().map(|(_, item)| &item.operational_hours))
    }

    fn menu(&mut self, menu: &Menu, file_hours: Option<&Hours>) {
        let todo = self.todo(&Path::Menu(menu.name.clone()));
        self.line(2, &format!("- name: {}{todo}", text(&menu.name, Context::Block)));
        let own = shared_hours(menu.menu_items.iter().map(|item| &item.operational_hours));
        let own = own.filter(|hours| Some(hours) != file_hours);
        if let Some(hours) = &own {
            self.line(4, &format!("operational_hours: {}", hours_text(hours)));
        }
        let inherited = own.as_ref().or(file_hours);
        self.line(4, "menu_items:");
        for item in &menu.menu_items {
            self.item(item, inherited);
        }
    }

    pub(super) fn item(&mut self, item: &Item, inherited: Option<&Hours>) {
        let mut item = item.clone();
        if item.operational_hours.value().is_some() && item.operational_hours.value() == inherited {
            item.operational_hours = Field::Unsaid;
        }
        let id = &item.external_id;
        let field = |key: &str| ItemField::ALL.iter().copied().find(|field| field.key() == key);
        for (at, (key, value)) in entries_of(&item, Context::Block).into_iter().enumerate() {
            let path = if at == 0 { Path::item(id) } else { Path::Item(id.clone(), field(key)) };
            let todo = self.todo(&path);
            self.line(6, &format!("{}{key}: {value}{todo}", if at == 0 { "- " } else { "  " }));
        }
        if item.price.value().is_none() {
            let todo = self.todo(&Path::item_field(id, ItemField::Price));
            self.line(8, &format!("# price:{todo}"));
        }
        if let Some(url) = self.imported.refused_images.get(id) {
            let todo = self.todo(&Path::item_field(id, ItemField::Image));
            self.line(8, &format!("# image: {}{todo}", one_line(url)));
        }
        let links = Path::item_field(id, ItemField::VariantCategories);
        if item.variant_category_external_ids.is_unsaid() && self.imported.todo.contains_key(&links) {
            let todo = self.todo(&links);
            self.line(8, &format!("# variant_category_external_ids:{todo}"));
        }
    }

    pub(super) fn category(&mut self, category: &VariantCategory) {
        let id = &category.external_id;
        for (at, (key, value)) in category_entries(category, Context::Block).into_iter().enumerate() {
            let todo = match key {
                _ if at == 0 => self.todo(&Path::category(id)),
                "rules" => [CategoryField::MinQuantity, CategoryField::MaxQuantity]
                    .into_iter()
                    .find_map(|field| Some(self.todo(&Path::category_field(id, field))).filter(|todo| !todo.is_empty()))
                    .unwrap_or_default(),
                _ => String::new(),
            };
            self.line(2, &format!("{}{key}: {value}{todo}", if at == 0 { "- " } else { "  " }));
        }
        self.line(4, if category.variants.is_empty() { "variants: []" } else { "variants:" });
        for variant in &category.variants {
            let id = &variant.external_id;
            let todo = self.todo(&Path::variant(id)) + &self.todo(&Path::variant_field(id, VariantField::Price));
            self.line(6, &format!("- {}{todo}", variant_text(variant)));
        }
    }

    /// ` # TODO: …`, if a person has to decide something here.
    fn todo(&self, path: &Path) -> String {
        let proposed = self.imported.proposed.contains(path).then(|| "proposed".to_owned());
        let todo = proposed.or_else(|| self.imported.todo.get(path).map(|todo| one_line(todo)));
        todo.map_or_else(String::new, |todo| format!(" # TODO: {todo}"))
    }
}

/// The most frequent hours, if every item has hours and at least two share these.
pub(super) fn shared_hours<'a>(all: impl Iterator<Item = &'a Field<Hours>>) -> Option<Hours> {
    let mut counts: BTreeMap<&Hours, usize> = BTreeMap::new();
    for hours in all {
        *counts.entry(hours.value()?).or_default() += 1;
    }
    let (hours, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (count > 1).then(|| hours.clone())
}

/// What the platform answers must not end a comment.
fn one_line(remark: &str) -> String {
    remark
        .chars()
        .map(|c| if c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect()
}
