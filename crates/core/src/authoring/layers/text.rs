//! The text of a file that says how it differs from the layers below it.

use std::collections::BTreeMap;

use super::{difference::Statement, price_levels::Entry};
use crate::{
    authoring::{
        Context, Head, Imported,
        emit::{Page, value_text, variant_text},
        hours_text, text,
    },
    catalog::{ExternalId, FieldKind, FieldValue, Item, Path},
    definition::{Markup, Round},
};

/// The statements in the order of the keys of a file; `menus` are the names that `entries` mean by number.
pub(super) fn statements_text(
    head: &Head,
    remarks: &Imported,
    statements: &[Statement],
    entries: &[Entry],
    menus: &[String],
) -> String {
    let mut page = Page { text: String::new(), imported: remarks };
    page.head(head);
    for statement in statements {
        if let Statement::Hours(hours) = statement {
            let hours = hours.as_ref().map_or_else(|| "null".to_owned(), hours_text);
            page.line(0, &format!("operational_hours: {hours}"));
        }
    }
    menus_text(&mut page, statements);
    let mut categories = statements.iter().filter_map(|statement| match statement {
        Statement::AddCategory(category) => Some(category),
        _ => None,
    });
    if let Some(first) = categories.next() {
        page.text.push_str("\nvariant_categories:\n");
        std::iter::once(first).chain(categories).for_each(|category| page.category(category));
    }
    patches_text(&mut page, statements);
    if !entries.is_empty() {
        page.text.push_str("\npricing:\n");
        entries.iter().for_each(|entry| page.line(2, &format!("- {}", entry_text(entry, menus))));
    }
    page.text
}

/// What is said of one menu.
#[derive(Default)]
struct MenuEntry<'s> {
    is_new: bool,
    is_removed: bool,
    before: Option<&'s str>,
    items: Vec<&'s Item>,
}

fn menus_text(page: &mut Page<'_>, statements: &[Statement]) {
    let mut menus: Vec<(&str, MenuEntry<'_>)> = Vec::new();
    for statement in statements {
        let name = match statement {
            Statement::NewMenu(name) | Statement::RemoveMenu(name) => name,
            Statement::PlaceMenu { menu, .. } | Statement::AddItem { menu, .. } => menu,
            _ => continue,
        };
        let at = menus.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            menus.push((name, MenuEntry::default()));
            menus.len() - 1
        });
        let entry = &mut menus[at].1;
        match statement {
            Statement::RemoveMenu(_) => entry.is_removed = true,
            Statement::PlaceMenu { before, .. } => entry.before = Some(before),
            Statement::AddItem { item, .. } => entry.items.push(item),
            _ => entry.is_new = true,
        }
    }
    if !menus.is_empty() {
        page.text.push_str("\nmenus:\n");
    }
    for (name, entry) in menus {
        page.line(2, &format!("- name: {}", text(name, Context::Block)));
        if entry.is_removed {
            page.line(4, "remove: true");
        }
        if let Some(before) = entry.before {
            page.line(4, &format!("before: {}", text(before, Context::Block)));
        }
        if entry.items.is_empty() && entry.is_new {
            page.line(4, "menu_items: []");
        } else if !entry.items.is_empty() {
            page.line(4, "menu_items:");
            entry.items.iter().for_each(|item| page.item(item, None));
        }
    }
}

/// The keys and values of each patch, by the id that it is for.
type Patches<'s> = BTreeMap<&'s ExternalId, Vec<(&'static str, String)>>;

/// Patches by id: what stands under `items`, `variants` and `categories`.
fn patches_text(page: &mut Page<'_>, statements: &[Statement]) {
    let mut sections = ["items", "variants", "categories"].map(|section| (section, Patches::new()));
    for statement in statements {
        let (section, id, entry) = match statement {
            Statement::Remove(path) => match path {
                Path::Menu(_) | Path::Promotion(..) => continue,
                Path::Item(id, _) => (0, id, ("remove", "true".to_owned())),
                Path::Variant(id, _) => (1, id, ("remove", "true".to_owned())),
                Path::Category(id, _) => (2, id, ("remove", "true".to_owned())),
            },
            Statement::Set(path, value) => {
                let Some(info) = path.info() else { continue };
                let entry = (info.key, patch_value(info.kind, value.as_ref()));
                match path {
                    Path::Menu(_) | Path::Promotion(..) => continue,
                    Path::Item(id, _) => (0, id, entry),
                    Path::Variant(id, _) => (1, id, entry),
                    Path::Category(id, _) => (2, id, entry),
                }
            }
            Statement::Variants(id, variants) => {
                let variants: Vec<String> = variants.iter().map(variant_text).collect();
                (2, id, ("variants", format!("[{}]", variants.join(", "))))
            }
            Statement::Move { item, menu } => (0, item, ("menu", text(menu, Context::Flow))),
            Statement::Place { item, before } => (0, item, ("before", text(before.as_str(), Context::Flow))),
            _ => continue,
        };
        sections[section].1.entry(id).or_default().push(entry);
    }
    for (section, patches) in sections.into_iter().filter(|(_, patches)| !patches.is_empty()) {
        page.text.push_str(&format!("\n{section}:\n"));
        for (id, entries) in patches {
            let (limits, others): (Vec<_>, Vec<_>) =
                entries.into_iter().partition(|(key, _)| matches!(*key, "min_quantity" | "max_quantity"));
            let join = |entries: &[(&'static str, String)]| {
                entries.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join(", ")
            };
            let mut all = others;
            if !limits.is_empty() {
                all.push(("rules", format!("{{selection: {{{}}}}}", join(&limits))));
            }
            page.line(2, &format!("{}: {{{}}}", text(id.as_str(), Context::Flow), join(&all)));
        }
    }
}

/// A value as a patch says it; nothing is said by `null`, no choices by an empty list.
fn patch_value(kind: FieldKind, value: Option<&FieldValue>) -> String {
    let value = value.and_then(|value| value_text(value, Context::Flow));
    value.unwrap_or_else(|| if kind == FieldKind::Choices { "[]" } else { "null" }.to_owned())
}

/// `{markup: 10%, round_to: 500, round: up, menu: Minuman}`
fn entry_text(entry: &Entry, menus: &[String]) -> String {
    let markup = match entry.markup {
        Markup::Rupiah(rupiah) => rupiah.to_string(),
        Markup::BasisPoints(points) => {
            let (sign, whole, hundredths) = (if points < 0 { "-" } else { "" }, points.abs() / 100, points.abs() % 100);
            let decimals = if hundredths == 0 { String::new() } else { format!(".{hundredths:02}") };
            format!("{sign}{whole}{}%", decimals.trim_end_matches('0'))
        }
    };
    let mut said = format!("markup: {markup}");
    if entry.round_to != 1 {
        said.push_str(&format!(", round_to: {}", entry.round_to));
    }
    if entry.round == Round::Up {
        said.push_str(", round: up");
    }
    if let Some(menu) = entry.menu.and_then(|menu| menus.get(menu)) {
        said.push_str(&format!(", menu: {}", text(menu, Context::Flow)));
    }
    format!("{{{said}}}")
}
