//! Where every value of a rendered catalog was written and what it took the place of: `render --explain`.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::{plan::week_words, untrusted::printable};
use crate::{
    catalog::{Catalog, CategoryField, Field, Item, ItemField, Path, Variant, VariantCategory, VariantField},
    definition::Origins,
    diagnostic::Place,
};

/// Values are shown up to this many characters, in the text for people only (our choice).
const SHOWN: usize = 48;

/// Where one value comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explained {
    /// The thing or field.
    pub path: Path,
    /// Its value as JSON; `null` for a whole thing and for what is cleared.
    pub value: Value,
    /// Where it was said.
    pub source: Option<Said>,
    /// What was said before, the earliest first. Hours are merged by day, so earlier ones may still count for some days.
    pub overrides: Vec<Said>,
}

/// Something that stands in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// As it is written there, the first line of it.
    pub written: Option<String>,
    /// The file.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
}

/// Explains every menu and every field that somebody says something about, in the order of the catalog. `texts` gives the
/// text of a file.
pub fn explain(catalog: &Catalog, origins: &Origins, texts: &dyn Fn(&str) -> Option<Arc<str>>) -> Vec<Explained> {
    let mut explainer = Explainer { origins, texts, explained: Vec::new() };
    for menu in &catalog.menus {
        explainer.tell(Path::Menu(menu.name.clone()), Value::Null);
        menu.menu_items.iter().for_each(|item| explainer.item(item, &menu.name));
    }
    for category in &catalog.variant_categories {
        explainer.category(category);
        category.variants.iter().for_each(|variant| explainer.variant(variant));
    }
    explainer.explained
}

struct Explainer<'a> {
    origins: &'a Origins,
    texts: &'a dyn Fn(&str) -> Option<Arc<str>>,
    explained: Vec<Explained>,
}

impl Explainer<'_> {
    fn tell(&mut self, path: Path, value: Value) {
        let said = |place: &Place| said(place, self.texts);
        let source = self.origins.place(&path).as_ref().map(said);
        let overrides = self.origins.overrode(&path).iter().map(said).collect();
        self.explained.push(Explained { path, value, source, overrides });
    }

    fn field<T: Serialize>(&mut self, path: Path, field: &Field<T>) {
        if !field.is_unsaid() {
            self.tell(path, json!(field));
        }
    }

    fn item(&mut self, item: &Item, menu: &str) {
        let Item {
            external_id,
            name,
            internal_name,
            description,
            in_stock,
            price,
            image,
            operational_hours,
            variant_category_external_ids,
        } = item;
        let at = |field| Path::item_field(external_id, field);
        self.tell(Path::item(external_id), Value::Null);
        if self.origins.own_place(&at(ItemField::Menu)).is_some() {
            self.tell(at(ItemField::Menu), json!(menu));
        }
        self.field(at(ItemField::Name), name);
        self.field(at(ItemField::InternalName), internal_name);
        self.field(at(ItemField::Description), description);
        self.field(at(ItemField::InStock), in_stock);
        self.field(at(ItemField::Price), price);
        self.field(at(ItemField::Image), image);
        self.field(at(ItemField::OperationalHours), operational_hours);
        self.field(at(ItemField::VariantCategories), variant_category_external_ids);
    }

    fn category(&mut self, category: &VariantCategory) {
        let VariantCategory { external_id, name, internal_name, min_quantity, max_quantity, variants: _ } = category;
        let at = |field| Path::category_field(external_id, field);
        self.tell(Path::category(external_id), Value::Null);
        self.field(at(CategoryField::Name), name);
        self.field(at(CategoryField::InternalName), internal_name);
        self.field(at(CategoryField::MinQuantity), min_quantity);
        self.field(at(CategoryField::MaxQuantity), max_quantity);
    }

    fn variant(&mut self, variant: &Variant) {
        let Variant { external_id, name, price, in_stock } = variant;
        let at = |field| Path::variant_field(external_id, field);
        self.tell(Path::variant(external_id), Value::Null);
        self.field(at(VariantField::Name), name);
        self.field(at(VariantField::Price), price);
        self.field(at(VariantField::InStock), in_stock);
    }
}

fn said(place: &Place, texts: &dyn Fn(&str) -> Option<Arc<str>>) -> Said {
    let Place { file, line, column, end_line: _, end_column: _ } = place;
    let written = texts(file).and_then(|text| written(&text, place));
    Said { written, file: Arc::clone(file), line: *line, column: *column }
}

/// What stands at a place, at most to the end of its first line.
fn written(text: &str, place: &Place) -> Option<String> {
    let index = |number: u32| usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let line = text.lines().nth(index(place.line))?;
    let length = if place.end_line == place.line { place.end_column.saturating_sub(place.column) } else { u32::MAX };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let written: String = line.chars().skip(index(place.column)).take(length).collect();
    let written = written.trim();
    (!written.is_empty()).then(|| written.to_owned())
}

/// An aligned listing: path, value, where it was said, what it took the place of.
pub fn explain_text(explained: &[Explained]) -> String {
    let rows: Vec<[String; 3]> = explained.iter().map(row).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths = [width(0), width(1)];
    let line = |row: &[String; 3]| {
        let pad = |column: usize| " ".repeat(widths[column].saturating_sub(row[column].width()));
        let line = format!("{}{}  {}{}  {}", row[0], pad(0), row[1], pad(1), row[2]);
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}

fn row(explained: &Explained) -> [String; 3] {
    let Explained { path, value, source, overrides } = explained;
    let value = match (path.field_key(), value) {
        (None, _) => String::new(),
        (Some("operational_hours"), hours) => week_words(hours),
        (Some(_), value) => shown(value),
    };
    let mut told = source.as_ref().map(|said| place(said, &value)).unwrap_or_default();
    if !overrides.is_empty() {
        let verb = if path.field_key() == Some("operational_hours") { "merged over" } else { "overrides" };
        let all: Vec<String> = overrides.iter().rev().map(overridden).collect();
        told.push_str(&format!("  ({verb} {})", all.join(", ")));
    }
    [printable(&path.to_string()).into_owned(), printable(&clipped(&value)).into_owned(), printable(&told).into_owned()]
}

/// A value that was computed is told with what it was computed by.
fn place(said: &Said, value: &str) -> String {
    let Said { written, file, line, column } = said;
    let markup = written.as_ref().filter(|written| written.ends_with('%') && *written != value);
    let markup = markup.map(|markup| format!(" markup {markup}")).unwrap_or_default();
    format!("{file}:{line}:{column}{markup}")
}

fn overridden(said: &Said) -> String {
    let Said { written, file, line, column } = said;
    let written = written.as_ref().map(|written| format!("{} at ", clipped(written))).unwrap_or_default();
    format!("{written}{file}:{line}:{column}")
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "(none)".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn clipped(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// The same for programs: `menusync.explain/1`.
pub fn explain_json(outlet: &str, explained: &[Explained]) -> String {
    let all = json!({"schema": "menusync.explain/1", "outlet": outlet, "values": explained});
    format!("{all:#}\n")
}
