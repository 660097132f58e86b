//! Rules on external ids: their form, their uniqueness, and whether references find what they name.

use hashbrown::{HashMap, HashSet, hash_map::Entry};

use super::{
    Findings,
    adjust::closest,
    finding::{Subject, categories, identified, items, short, variants},
};
use crate::{
    catalog::{Catalog, ExternalId, ItemField, Variant},
    document::Comparisons,
};

/// Characters that an external id may have (documentation).
const MAX_LENGTH: usize = 200;

pub(super) fn check_external_id_empty(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, _) in identified(catalog).filter(|(_, id)| id.as_str().is_empty()) {
        findings.add(
            subject,
            "external_id is empty",
            "write an id of your own that never changes, such as `NASI-GORENG`",
        );
    }
}

pub(super) fn check_external_id_length(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, id) in identified(catalog) {
        let length = id.as_str().chars().count();
        if length > MAX_LENGTH {
            findings.add(
                subject,
                format!("external_id has {length} characters, at most {MAX_LENGTH} are allowed"),
                format!("shorten it by {} or more", length - MAX_LENGTH),
            );
        }
    }
}

pub(super) fn check_external_id_space(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, id) in identified(catalog) {
        if let Some(c) = id.as_str().chars().find(|c| is_space(*c)) {
            findings.add(
                subject,
                format!("external_id contains {}", described(c)),
                format!("write `{}`", short(&mended(id.as_str()))),
            );
        }
    }
}

pub(super) fn check_external_id_characters(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (subject, id) in identified(catalog) {
        if let Some(c) = id.as_str().chars().find(|c| !is_space(*c) && !is_plain(*c)) {
            findings.add(
                subject,
                format!("external_id contains {}, which GoFood may not accept", described(c)),
                "use only the letters A-Z and a-z, digits and `-` `_` `:` `.`",
            );
        }
    }
}

pub(super) fn check_external_id_across_kinds(catalog: &Catalog, findings: &mut Findings<'_>) {
    let mut first: HashMap<&ExternalId, Subject<'_>> = HashMap::new();
    for (subject, id) in identified(catalog) {
        match first.entry(id) {
            Entry::Vacant(entry) => _ = entry.insert(subject),
            Entry::Occupied(entry) if entry.get().kind() != subject.kind() => findings.add_related(
                subject,
                format!("its external_id is also that of a{} {}", article(entry.get().kind()), entry.get().kind()),
                "give one of the two another external_id, such as one with a prefix for its kind",
                (*entry.get(), "the other one"),
            ),
            Entry::Occupied(_) => {}
        }
    }
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "n" } else { "" }
}

pub(super) fn check_external_id_case(catalog: &Catalog, findings: &mut Findings<'_>) {
    case(items(catalog), findings);
    case(categories(catalog), findings);
    case(variants(catalog), findings);
}

fn case<'c>(subjects: impl Iterator<Item = Subject<'c>>, findings: &mut Findings<'_>) {
    let mut first: HashMap<String, Subject<'_>> = HashMap::new();
    for (subject, id) in subjects.filter_map(|s| Some((s, s.id()?))) {
        let earlier = *first.entry(id.as_str().to_lowercase()).or_insert(subject);
        let Some(earlier_id) = earlier.id().filter(|earlier_id| *earlier_id != id) else { continue };
        findings.add_related(
            subject,
            format!("its external_id differs from `{}` only in upper and lower case", short(earlier_id.as_str())),
            "give it an external_id that differs in more than case",
            (earlier, "the other one"),
        );
    }
}

pub(super) fn check_duplicate_id(catalog: &Catalog, findings: &mut Findings<'_>) {
    for menu in &catalog.menus {
        duplicates(menu.menu_items.iter().map(|item| Subject::Item(item, None)), findings);
    }
    duplicates(categories(catalog), findings);
    for category in &catalog.variant_categories {
        duplicates(category.variants.iter().map(|variant| Subject::Variant(variant, None)), findings);
    }
    unlike_copies(catalog, findings);
}

/// What is the same in several categories is one variant, for which there is a rule of its own.
fn unlike_copies(catalog: &Catalog, findings: &mut Findings<'_>) {
    let mut copies: HashMap<&ExternalId, Vec<&Variant>> = HashMap::new();
    let mut unlike: HashSet<&ExternalId> = HashSet::new();
    for category in &catalog.variant_categories {
        let mut here = HashSet::new();
        for variant in category.variants.iter().filter(|variant| here.insert(&variant.external_id)) {
            let known = copies.entry(&variant.external_id).or_default();
            if known.first().is_some_and(|first| *first != variant) {
                unlike.insert(&variant.external_id);
            }
            known.push(variant);
        }
    }
    let unlike = copies.iter().filter(|(id, _)| unlike.contains(*id)).flat_map(|(_, copies)| copies);
    duplicates(unlike.map(|variant| Subject::Variant(variant, None)), findings);
}

fn duplicates<'c>(subjects: impl Iterator<Item = Subject<'c>>, findings: &mut Findings<'_>) {
    let mut first: HashMap<&ExternalId, Subject<'_>> = HashMap::new();
    for (subject, id) in subjects.filter_map(|s| Some((s, s.id()?))).filter(|(_, id)| !id.as_str().is_empty()) {
        match first.entry(id) {
            Entry::Vacant(entry) => _ = entry.insert(subject),
            Entry::Occupied(entry) => findings.add_related(
                subject,
                format!("another {} has the same external_id", subject.kind()),
                "give it an external_id of its own, or remove one of the two",
                (*entry.get(), "first defined here"),
            ),
        }
    }
}

pub(super) fn check_unknown_variant_category(catalog: &Catalog, findings: &mut Findings<'_>) {
    let known: HashSet<&str> = catalog.variant_categories.iter().map(|c| c.external_id.as_str()).collect();
    // Of two with one name, the first.
    let named =
        catalog.variant_categories.iter().rev().filter_map(|c| Some((c.name.value()?.as_str(), &c.external_id)));
    let named: HashMap<&str, &ExternalId> = named.collect();
    let mut comparisons = Comparisons::default();
    for (subject, id) in references(catalog).filter(|(_, id)| !known.contains(id.as_str())) {
        let ids = catalog.variant_categories.iter().map(|c| c.external_id.as_str());
        let near = comparisons.afford(ids.len()).then(|| closest(id.as_str(), ids)).flatten();
        let help = match (named.get(id.as_str()), near) {
            (Some(named), _) => format!("write its external_id, `{}`", short(named.as_str())),
            (None, Some(near)) => format!("did you mean `{}`?", short(near)),
            (None, None) => "define it under `variant_categories`, or take it out of the list".to_owned(),
        };
        findings.add(subject, format!("there is no variant category `{}`", short(id.as_str())), help);
    }
}

pub(super) fn check_repeated_variant_category(catalog: &Catalog, findings: &mut Findings<'_>) {
    for (_, item) in catalog.items() {
        let ids = item.variant_category_external_ids.value().map_or(&[][..], Vec::as_slice);
        let (mut seen, mut reported) = (HashSet::new(), HashSet::new());
        for id in ids.iter().filter(|id| !seen.insert(*id)).filter(|id| reported.insert(id.as_str())) {
            findings.add(
                Subject::Item(item, Some(ItemField::VariantCategories)),
                format!("names variant category `{}` more than once", short(id.as_str())),
                "keep it once, where it is to be shown",
            );
        }
    }
}

pub(super) fn check_unused_variant_category(catalog: &Catalog, findings: &mut Findings<'_>) {
    let used: HashSet<&ExternalId> = references(catalog).map(|(_, id)| id).collect();
    let known: HashSet<&ExternalId> = catalog.variant_categories.iter().map(|c| &c.external_id).collect();
    // A reference to nothing most likely means one of those that are left over; that is told already.
    if !used.is_subset(&known) {
        return;
    }
    for category in catalog.variant_categories.iter().filter(|c| !used.contains(&c.external_id)) {
        findings.add(
            Subject::Category(category, None),
            "no item uses it",
            "add its external_id to an item's `variant_category_external_ids`, or remove it",
        );
    }
}

/// Every reference from an item to a variant category, each item's repetitions once.
fn references(catalog: &Catalog) -> impl Iterator<Item = (Subject<'_>, &ExternalId)> {
    catalog.items().flat_map(|(_, item)| {
        let mut seen = HashSet::new();
        let ids = item.variant_category_external_ids.value().map_or(&[][..], Vec::as_slice);
        ids.iter()
            .filter(move |id| seen.insert(*id))
            .map(move |id| (Subject::Item(item, Some(ItemField::VariantCategories)), id))
    })
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.')
}

/// A character as a person can find it: by its look if it has one, and by its number.
pub(super) fn described(c: char) -> String {
    match c {
        ' ' => "a space".to_owned(),
        '\n' => "a line break".to_owned(),
        '\t' => "a tab".to_owned(),
        c if c.is_control() || c.is_whitespace() => format!("the invisible character U+{:04X}", c as u32),
        c => format!("`{c}` (U+{:04X})", c as u32),
    }
}

/// The id with dashes for the stretches of spaces and control characters inside it.
fn mended(id: &str) -> String {
    id.split(is_space).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}
