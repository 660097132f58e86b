//! Rules on what people read: names, cashier's names, descriptions.

use super::{
    Findings,
    finding::{Subject, short},
    ids::described,
};
use crate::catalog::{Catalog, CategoryField, Field, ItemField, VariantField};

/// Characters that a name may have (documentation, for menus and items; our choice for the others).
const MAX_NAME: usize = 150;
/// Characters that a variant's or variant category's name should have (our choice: more is cut in the app).
const MAX_CHOICE_NAME: usize = 50;
/// Characters that an item's internal name and its description may have (documentation).
const MAX_TEXT: usize = 200;

/// One text of a catalog: whose it is, the key it has, and what it says.
pub(super) struct Text<'a> {
    pub(super) subject: Subject<'a>,
    pub(super) key: &'static str,
    pub(super) text: &'a str,
}

/// The names of everything. That there is one at all is judged while reading, where its place is known.
fn names(catalog: &Catalog) -> impl Iterator<Item = Text<'_>> {
    let menus = catalog.menus.iter().map(|menu| Text { subject: Subject::Menu(menu), key: "name", text: &menu.name });
    let items = catalog.items().map(|(_, i)| (Subject::Item(i, Some(ItemField::Name)), &i.name));
    menus.chain(set_texts(items, "name")).chain(choice_names(catalog))
}

/// The names of variant categories and variants.
fn choice_names(catalog: &Catalog) -> impl Iterator<Item = Text<'_>> {
    let categories = catalog.variant_categories.iter();
    let categories = categories.map(|c| (Subject::Category(c, Some(CategoryField::Name)), &c.name));
    let variants = catalog.variants().map(|(_, v)| (Subject::Variant(v, Some(VariantField::Name)), &v.name));
    set_texts(categories.chain(variants), "name")
}

fn internal_names(catalog: &Catalog) -> impl Iterator<Item = Text<'_>> {
    let items = catalog.items().map(|(_, i)| (Subject::Item(i, Some(ItemField::InternalName)), &i.internal_name));
    let categories = catalog.variant_categories.iter();
    let categories = categories.map(|c| (Subject::Category(c, Some(CategoryField::InternalName)), &c.internal_name));
    set_texts(items.chain(categories), "internal_name")
}

fn descriptions(catalog: &Catalog) -> impl Iterator<Item = Text<'_>> {
    let items = catalog.items().map(|(_, i)| (Subject::Item(i, Some(ItemField::Description)), &i.description));
    set_texts(items, "description")
}

fn set_texts<'a>(
    fields: impl Iterator<Item = (Subject<'a>, &'a Field<String>)>,
    key: &'static str,
) -> impl Iterator<Item = Text<'a>> {
    fields.filter_map(move |(subject, field)| Some(Text { subject, key, text: field.value()? }))
}

/// Every text that people read.
pub(super) fn texts(catalog: &Catalog) -> impl Iterator<Item = Text<'_>> {
    names(catalog).chain(internal_names(catalog)).chain(descriptions(catalog))
}

/// Tells the texts with more than `max` characters.
fn too_long<'a>(texts: impl Iterator<Item = Text<'a>>, max: usize, findings: &mut Findings<'_>) {
    for Text { subject, key, text } in texts {
        let length = text.chars().count();
        if length > max {
            findings.add(
                subject,
                format!("{key} has {length} characters, at most {max} are allowed"),
                format!("shorten it by {} or more", length - max),
            );
        }
    }
}

pub(super) fn check_name_blank(catalog: &Catalog, findings: &mut Findings<'_>) {
    for Text { subject, .. } in names(catalog).filter(|name| name.text.trim().is_empty()) {
        findings.add(subject, "its name is blank", "write what customers are to read");
    }
}

pub(super) fn check_name_length(catalog: &Catalog, findings: &mut Findings<'_>) {
    too_long(names(catalog), MAX_NAME, findings)
}

pub(super) fn check_choice_name_length(catalog: &Catalog, findings: &mut Findings<'_>) {
    for Text { subject, key, text } in choice_names(catalog) {
        let length = text.chars().count();
        // Longer than a name may be at all is `name-length`'s.
        if (MAX_CHOICE_NAME + 1..=MAX_NAME).contains(&length) {
            findings.add(
                subject,
                format!("{key} has {length} characters, more than {MAX_CHOICE_NAME} may be cut in the app"),
                format!("shorten it by {} or more", length - MAX_CHOICE_NAME),
            );
        }
    }
}

pub(super) fn check_internal_name_length(catalog: &Catalog, findings: &mut Findings<'_>) {
    too_long(internal_names(catalog), MAX_TEXT, findings)
}

pub(super) fn check_description_length(catalog: &Catalog, findings: &mut Findings<'_>) {
    too_long(descriptions(catalog), MAX_TEXT, findings)
}

pub(super) fn check_description_missing(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (_, item) in catalog.items() {
        if item.description.value().is_none_or(|text| text.trim().is_empty()) {
            findings.add(
                Subject::Item(item, Some(ItemField::Description)),
                "has no description",
                "write `description:` with what is in it, or set `rules: {description-missing: off}`",
            );
        }
    }
}

pub(super) fn check_text_control_characters(catalog: &Catalog, findings: &mut Findings<'_>) {
    for Text { subject, key, text } in texts(catalog) {
        let Some(c) = text.chars().find(|c| c.is_control()) else { continue };
        let at_end = text.trim_end_matches('\n').chars().all(|c| !c.is_control());
        let (what, help) = if at_end {
            (
                format!("{key} ends with a line break"),
                "write `>-` or `|-` instead of `>` or `|`, or quote it in one line",
            )
        } else {
            (format!("{key} contains {}", described(c)), "write it in one line, with a space instead")
        };
        findings.add(subject, what, help);
    }
}

pub(super) fn check_text_whitespace(catalog: &Catalog, findings: &mut Findings<'_>) {
    for Text { subject, key, text } in texts(catalog).filter(|text| !text.text.trim().is_empty()) {
        if let Some(trouble) = spacing(text) {
            let tidy = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let help =
                if short(&tidy) == tidy { format!("write \"{tidy}\"") } else { "remove the extra spaces".into() };
            findings.add(subject, format!("{key} {trouble}"), help);
        }
    }
}

/// What is wrong with the spaces of a text. Control characters are another rule's.
fn spacing(text: &str) -> Option<String> {
    let is_space = |c: char| c.is_whitespace() && !c.is_control();
    let double = || text.chars().zip(text.chars().skip(1)).any(|(a, b)| is_space(a) && is_space(b));
    if text.starts_with(is_space) {
        return Some("begins with a space".to_owned());
    }
    if text.ends_with(is_space) {
        return Some("ends with a space".to_owned());
    }
    if double() {
        return Some("has two spaces in a row".to_owned());
    }
    let unusual = text.chars().find(|c| is_space(*c) && *c != ' ')?;
    Some(format!("has a space that is not the usual one (U+{:04X})", unusual as u32))
}
