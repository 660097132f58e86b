//! Where every value of a rendered catalog was written and what it took the place of: `render --explain`.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use unicode_width::UnicodeWidthStr;

use super::{Lang, untrusted::printable, week::week_words};
use crate::{
    catalog::{Catalog, ExternalId, Field, FieldKind, FieldValue, HasPath, Path},
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
    /// Its value; `None` for a whole thing and for what is cleared.
    pub value: Option<FieldValue>,
    /// Where it was said.
    pub source: Option<Origin>,
    /// What was said before, the earliest first. Hours are merged by day, so earlier ones may still count for some days.
    pub overrides: Vec<Origin>,
}

/// Something that stands in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
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
        explainer.tell(Path::Menu(menu.name.clone()), None);
        menu.menu_items.iter().for_each(|item| explainer.thing(item, &menu.name));
    }
    for category in &catalog.variant_categories {
        explainer.thing(category, "");
        category.variants.iter().for_each(|variant| explainer.thing(variant, category.external_id.as_str()));
    }
    for promotion in &catalog.promotions {
        explainer.tell(promotion.path(), Some(FieldValue::Promotion(Box::new(promotion.detail.clone()))));
    }
    explainer.explained
}

struct Explainer<'a> {
    origins: &'a Origins,
    texts: &'a dyn Fn(&str) -> Option<Arc<str>>,
    explained: Vec<Explained>,
}

impl Explainer<'_> {
    fn tell(&mut self, path: Path, value: Option<FieldValue>) {
        let shown_origin = |place: &Place| origin(place, self.texts);
        let source = self.origins.place(&path).as_ref().map(shown_origin);
        let overrides = self.origins.overrode(&path).iter().map(shown_origin).collect();
        self.explained.push(Explained { path, value, source, overrides });
    }

    fn thing<T: HasPath>(&mut self, thing: &T, holder: &str) {
        self.tell(T::path(thing.id(), None), None);
        for spec in T::FIELDS {
            let path = T::path(thing.id(), Some(spec.field));
            match &spec.member {
                Some(member) => match (member.get)(thing) {
                    Field::Unsaid => {}
                    said => self.tell(path, said.value().cloned()),
                },
                None if spec.info.kind == FieldKind::Holder && self.origins.own_place(&path).is_some() => {
                    self.tell(path, Some(FieldValue::Text(holder.to_owned())));
                }
                None => {}
            }
        }
    }
}

fn origin(place: &Place, texts: &dyn Fn(&str) -> Option<Arc<str>>) -> Origin {
    let Place { file, line, column, end_line: _, end_column: _ } = place;
    let written = texts(file).and_then(|text| written(&text, place));
    Origin { written, file: Arc::clone(file), line: *line, column: *column }
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
    let is_hours = path.info().is_some_and(|info| info.kind == FieldKind::Hours);
    let value = match path.info() {
        None if !matches!(path, Path::Promotion(..)) => String::new(),
        _ => value_words(value),
    };
    let mut origin_words = source.as_ref().map(|source| place(source, &value)).unwrap_or_default();
    if !overrides.is_empty() {
        let verb = if is_hours { "merged over" } else { "overrides" };
        let all: Vec<String> = overrides.iter().rev().map(overridden).collect();
        origin_words.push_str(&format!("  ({verb} {})", all.join(", ")));
    }
    [
        printable(&path.to_string()).into_owned(),
        printable(&clipped(&value)).into_owned(),
        printable(&origin_words).into_owned(),
    ]
}

/// A value that was computed is told with what it was computed by.
fn place(said: &Origin, value: &str) -> String {
    let Origin { written, file, line, column } = said;
    let markup = written.as_ref().filter(|written| written.ends_with('%') && *written != value);
    let markup = markup.map(|markup| format!(" markup {markup}")).unwrap_or_default();
    format!("{file}:{line}:{column}{markup}")
}

fn overridden(said: &Origin) -> String {
    let Origin { written, file, line, column } = said;
    let written = written.as_ref().map(|written| format!("{} at ", clipped(written))).unwrap_or_default();
    format!("{written}{file}:{line}:{column}")
}

fn value_words(value: &Option<FieldValue>) -> String {
    let Some(known) = value else { return "(none)".to_owned() };
    match known {
        FieldValue::Text(text) => text.clone(),
        FieldValue::Price(price) => price.0.to_string(),
        FieldValue::Number(number) => number.to_string(),
        FieldValue::Flag(flag) => flag.to_string(),
        FieldValue::Hours(_) => week_words(value, Lang::En),
        FieldValue::Ids(ids) => ids.iter().map(ExternalId::as_str).collect::<Vec<_>>().join(", "),
        FieldValue::Names(names) => names.join(", "),
        FieldValue::Promotion(detail) => format!("{}, {}", detail.selling_price.0, detail.when()),
        FieldValue::Thing(_) | FieldValue::Things(_) | FieldValue::After(_) => String::new(),
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
