//! Rules on names beside other names: the same one twice, and one that is nearly another.

use hashbrown::{HashMap, hash_map::Entry};

use super::{
    Findings,
    finding::{Subject, short},
};
use crate::catalog::{Catalog, Field, ItemField, Menu, VariantField};

/// So many menus are compared with each other; the largest believable outlet has a tenth (our choice).
const MOST_MENUS: usize = 300;

pub(super) fn check_duplicate_name(catalog: &Catalog, findings: &mut Findings<'_>) {
    for menu in &catalog.menus {
        let items = menu.menu_items.iter();
        same_name(items.map(|i| (Subject::Item(i, Some(ItemField::Name)), &i.name)), "menu", findings);
    }
    for category in &catalog.variant_categories {
        let variants = category.variants.iter();
        let variants = variants.map(|v| (Subject::Variant(v, Some(VariantField::Name)), &v.name));
        same_name(variants, "variant category", findings);
    }
}

fn same_name<'c>(
    named: impl Iterator<Item = (Subject<'c>, &'c Field<String>)>,
    place: &str,
    findings: &mut Findings<'_>,
) {
    let mut first: HashMap<String, Subject<'_>> = HashMap::new();
    for (subject, name) in named {
        let Some(name) = name.value().map(|name| plain(name)).filter(|name| !name.is_empty()) else { continue };
        match first.entry(name) {
            Entry::Vacant(entry) => _ = entry.insert(subject),
            // The same id is worse, and another rule's.
            Entry::Occupied(entry) if entry.get().id() == subject.id() => {}
            Entry::Occupied(entry) => findings.add_related(
                subject,
                format!("another {} of this {place} has the same name", subject.kind()),
                "give it a name of its own, or remove one of the two",
                (*entry.get(), "the other one"),
            ),
        }
    }
}

pub(super) fn check_menu_name_close(catalog: &Catalog, findings: &mut Findings<'_>) {
    let menus: Vec<(&Menu, String)> =
        catalog.menus.iter().take(MOST_MENUS).map(|menu| (menu, plain(&menu.name))).collect();
    for (at, (menu, name)) in menus.iter().enumerate() {
        let Some((other, _)) =
            menus[..at].iter().find(|(other, close)| other.name != menu.name && is_close(close, name))
        else {
            continue;
        };
        findings.add_related(
            Subject::Menu(menu),
            format!("its name is nearly that of the menu \"{}\"", short(&other.name)),
            format!("write \"{}\" if that is the one meant, else choose a name that differs more", short(&other.name)),
            (Subject::Menu(other), "the other one"),
        );
    }
}

/// A name without what people overlook: case and stretches of spaces.
fn plain(name: &str) -> String {
    name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// Whether one name is most likely the other with a slip: the same letters with other spaces or signs, or one word of four
/// letters or more with one letter wrong, two from eight letters on. Numbers and short words (`Paket A`, `Paket B`) are
/// there to make the difference.
fn is_close(a: &str, b: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    if letters(a) == letters(b) {
        return !letters(a).is_empty();
    }
    let (a, b): (Vec<&str>, Vec<&str>) = (a.split(' ').collect(), b.split(' ').collect());
    if a.len() != b.len() {
        return false;
    }
    let mut different = a.iter().zip(&b).filter(|(a, b)| a != b);
    match (different.next(), different.next()) {
        (Some((a, b)), None) => is_slip(a, b),
        _ => false,
    }
}

fn is_slip(a: &str, b: &str) -> bool {
    let (one, other) = (a.chars().count(), b.chars().count());
    let allowed = match one.min(other) {
        0..4 => return false,
        4..8 => 1,
        _ => 2,
    };
    let has_number = |text: &str| text.chars().any(char::is_numeric);
    // Long words are not worth the time that comparing them takes.
    one <= 60
        && one.abs_diff(other) <= allowed
        && !has_number(a)
        && !has_number(b)
        && strsim::osa_distance(a, b) <= allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_close_and_what_makes_a_difference_is_not() {
        for (a, b) in [
            ("Minuman", "Minumann"),
            ("Minuman", "Minmuan"),
            ("Nasi Goreng", "NasiGoreng"),
            ("Nasi & Mie", "Nasi / Mie"),
            ("Minuman Dingin", "Minuman Dingn"),
            ("MINUMAN", "minuman"),
        ] {
            assert!(is_close(&plain(a), &plain(b)), "{a} {b}");
        }
        for (a, b) in [
            ("Paket A", "Paket B"),
            ("Paket 10", "Paket 11"),
            ("Mie", "Pie"),
            ("Minuman Panas", "Minuman Dingin"),
            ("Nasi", "Nasi Goreng"),
            ("☕", "🍜"),
            ("Nasi Gorang", "Mie Goreng"),
        ] {
            assert!(!is_close(&plain(a), &plain(b)), "{a} {b}");
        }
    }
}
