//! Rules on external ids: their form, their uniqueness, and whether references find what they name.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use super::{
    Findings, Rule,
    adjust::closest,
    example::{A50, A201, SPICY, choice, menu},
    finding::{Subject, categories, identified, items, short, variants},
};
use crate::{
    catalog::{Catalog, ExternalId, ItemField},
    diagnostic::Severity,
};

/// Characters that an external id may have (documentation).
const MAX_LENGTH: usize = 200;

pub(super) const EMPTY: Rule = Rule {
    code: "external-id-empty",
    severity: Severity::Error,
    adjustable: false,
    summary: "Every item, variant category and variant has an external_id",
    why: "Documentation: the external_id maps GoFood's entry to ours. Without it orders cannot be recognised, and we could \
          not tell a change from a new item.",
    bad: menu!(r#"{external_id: "", name: Nasi Goreng, price: 25000}"#),
    good: menu!("{external_id: NASI-GORENG, name: Nasi Goreng, price: 25000}"),
    check: Some(|catalog, findings| {
        for (subject, _) in identified(catalog).filter(|(_, id)| id.as_str().is_empty()) {
            findings.add(
                subject,
                "external_id is empty",
                "write an id of your own that never changes, such as `NASI-GORENG`",
            );
        }
    }),
};

pub(super) const LENGTH: Rule = Rule {
    code: "external-id-length",
    severity: Severity::Error,
    adjustable: true,
    summary: "An external_id has at most 200 characters",
    why: "Documentation: at most 200. We count Unicode characters.",
    bad: menu!(concat!("{external_id: ", A201!(), ", name: Nasi Goreng, price: 25000}")),
    good: menu!("{external_id: NASI-GORENG, name: Nasi Goreng, price: 25000}"),
    check: Some(|catalog, findings| {
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
    }),
};

pub(super) const SPACE: Rule = Rule {
    code: "external-id-space",
    severity: Severity::Error,
    adjustable: true,
    summary: "An external_id has no spaces or control characters",
    why: "Documentation: ids are alphanumeric. A space at the end cannot be seen, and two ids that look alike are two items.",
    bad: menu!("{external_id: NASI GORENG, name: Nasi Goreng, price: 25000}"),
    good: menu!("{external_id: NASI-GORENG, name: Nasi Goreng, price: 25000}"),
    check: Some(|catalog, findings| {
        for (subject, id) in identified(catalog) {
            if let Some(c) = id.as_str().chars().find(|c| is_space(*c)) {
                findings.add(
                    subject,
                    format!("external_id contains {}", described(c)),
                    format!("write `{}`", short(&mended(id.as_str()))),
                );
            }
        }
    }),
};

pub(super) const CHARACTERS: Rule = Rule {
    code: "external-id-characters",
    severity: Severity::Warning,
    adjustable: true,
    summary: "An external_id is made of letters, digits, dashes, underscores, colons and dots",
    why: "Seen live: besides the documented letters and digits, `-`, `_`, `:` and UUIDs were accepted. Others are untried.",
    bad: menu!("{external_id: NASI/GORENG, name: Nasi Goreng, price: 25000}"),
    good: menu!("{external_id: NASI-GORENG, name: Nasi Goreng, price: 25000}"),
    check: Some(|catalog, findings| {
        for (subject, id) in identified(catalog) {
            if let Some(c) = id.as_str().chars().find(|c| !is_space(*c) && !is_plain(*c)) {
                findings.add(
                    subject,
                    format!("external_id contains {}, which GoFood may not accept", described(c)),
                    "use only the letters A-Z and a-z, digits and `-` `_` `:` `.`",
                );
            }
        }
    }),
};

pub(super) const ACROSS_KINDS: Rule = Rule {
    code: "external-id-across-kinds",
    severity: Severity::Warning,
    adjustable: true,
    summary: "An external_id is not used for two kinds of things",
    why: "Our choice: whether GoFood keeps the ids of items, variant categories and variants apart is not known.",
    bad: concat!(
        menu!("{external_id: PEDAS, name: Nasi Goreng, price: 25000, variant_category_external_ids: [VC-PEDAS]}"),
        choice!("min_quantity: 0, max_quantity: 1"; "{external_id: PEDAS, name: Pedas, price: 0}")
    ),
    good: concat!(
        menu!("{external_id: NASI-GORENG, name: Nasi Goreng, price: 25000, variant_category_external_ids: [VC-PEDAS]}"),
        choice!("min_quantity: 0, max_quantity: 1"; "{external_id: PEDAS, name: Pedas, price: 0}")
    ),
    check: Some(across_kinds),
};

fn across_kinds(catalog: &Catalog, findings: &mut Findings<'_>) {
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

pub(super) const CASE: Rule = Rule {
    code: "external-id-case",
    severity: Severity::Warning,
    adjustable: true,
    summary: "Two external_ids differ in more than upper and lower case",
    why: "Our choice: whether GoFood tells `ng-1` from `NG-1` is not known, and people do not.",
    bad: menu!(
        "{external_id: NG-1, name: Nasi Goreng, price: 25000}",
        "{external_id: ng-1, name: Nasi Gila, price: 28000}"
    ),
    good: menu!(
        "{external_id: NG-1, name: Nasi Goreng, price: 25000}",
        "{external_id: NG-2, name: Nasi Gila, price: 28000}"
    ),
    check: Some(|catalog, findings| {
        case(items(catalog), findings);
        case(categories(catalog), findings);
        case(variants(catalog), findings);
    }),
};

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

pub(super) const DUPLICATE: Rule = Rule {
    code: "duplicate-id",
    severity: Severity::Error,
    adjustable: false,
    summary: "An external_id is given once among items, once among variant categories, once among variants",
    why: "Our choice: two things with one id cannot be told apart, neither in a file nor in an order.",
    bad: menu!(
        "{external_id: NG, name: Nasi Goreng, price: 25000}",
        "{external_id: NG, name: Nasi Gila, price: 28000}"
    ),
    good: menu!(
        "{external_id: NG, name: Nasi Goreng, price: 25000}",
        "{external_id: NG-GILA, name: Nasi Gila, price: 28000}"
    ),
    check: Some(|catalog, findings| {
        for menu in &catalog.menus {
            duplicates(menu.menu_items.iter().map(|item| Subject::Item(item, None)), findings);
        }
        duplicates(categories(catalog), findings);
        duplicates(variants(catalog), findings);
    }),
};

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

pub(super) const UNKNOWN_CATEGORY: Rule = Rule {
    code: "unknown-variant-category",
    severity: Severity::Error,
    adjustable: true,
    summary: "An item refers only to variant categories that exist",
    why: "Documentation: the ids refer to variant_categories of the same catalog.",
    bad: menu!(SPICY!()),
    good: concat!(
        menu!(SPICY!()),
        choice!("min_quantity: 0, max_quantity: 1"; "{external_id: LV-1, name: Pedas, price: 0}")
    ),
    check: Some(|catalog, findings| {
        let known: HashSet<&str> = catalog.variant_categories.iter().map(|c| c.external_id.as_str()).collect();
        for (subject, id) in references(catalog).filter(|(_, id)| !known.contains(id.as_str())) {
            let near = closest(id.as_str(), catalog.variant_categories.iter().map(|c| c.external_id.as_str()));
            let named =
                catalog.variant_categories.iter().find(|c| c.name.value().is_some_and(|name| name == id.as_str()));
            let help = match (named, near) {
                (Some(named), _) => format!("write its external_id, `{}`", short(named.external_id.as_str())),
                (None, Some(near)) => format!("did you mean `{}`?", short(near)),
                (None, None) => "define it under `variant_categories`, or take it out of the list".to_owned(),
            };
            findings.add(subject, format!("there is no variant category `{}`", short(id.as_str())), help);
        }
    }),
};

pub(super) const REPEATED_CATEGORY: Rule = Rule {
    code: "repeated-variant-category",
    severity: Severity::Error,
    adjustable: true,
    summary: "An item names a variant category once",
    why: "Our choice: customers would be asked the same question twice.",
    bad: concat!(
        menu!(
            "{external_id: NG, name: Nasi Goreng, price: 25000, variant_category_external_ids: [VC-PEDAS, VC-PEDAS]}"
        ),
        choice!("min_quantity: 0, max_quantity: 1"; "{external_id: LV-1, name: Pedas, price: 0}")
    ),
    good: concat!(
        menu!(SPICY!()),
        choice!("min_quantity: 0, max_quantity: 1"; "{external_id: LV-1, name: Pedas, price: 0}")
    ),
    check: Some(|catalog, findings| {
        for (_, item) in catalog.items() {
            let ids = item.variant_category_external_ids.value().map_or(&[][..], Vec::as_slice);
            let (mut seen, mut told) = (HashSet::new(), HashSet::new());
            for id in ids.iter().filter(|id| !seen.insert(*id)).filter(|id| told.insert(id.as_str())) {
                findings.add(
                    Subject::Item(item, Some(ItemField::VariantCategories)),
                    format!("names variant category `{}` more than once", short(id.as_str())),
                    "keep it once, where it is to be shown",
                );
            }
        }
    }),
};

pub(super) const UNUSED_CATEGORY: Rule = Rule {
    code: "unused-variant-category",
    severity: Severity::Warning,
    adjustable: true,
    summary: "Every variant category is used by an item",
    why: "Our choice: nobody can choose from it; most often a reference was forgotten.",
    bad: concat!(
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"),
        choice!("min_quantity: 0, max_quantity: 1"; "{external_id: LV-1, name: Pedas, price: 0}")
    ),
    good: concat!(
        menu!(SPICY!()),
        choice!("min_quantity: 0, max_quantity: 1"; "{external_id: LV-1, name: Pedas, price: 0}")
    ),
    check: Some(|catalog, findings| {
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
    }),
};

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
