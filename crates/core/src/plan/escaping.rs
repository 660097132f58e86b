//! A platform that escapes texts for HTML, on the way in or on the way out: how that is found out, and what is copied then.
//!
//! What no file owns is copied from live into every PUT. If the platform escapes what it shows, sending that back as it reads
//! would add one level of escaping with every push; if it does not, resolving entities would change a text that is not ours.
//! So they are resolved only where the platform is known to escape: a text of ours came back escaped, and no text shows an
//! ampersand as it is.

use std::{borrow::Cow, collections::HashSet};

use crate::catalog::{
    Catalog, Field,
    live::LiveCatalog,
    text::{has_bare_ampersand, spelling, unescape_once},
};

/// Live as it is stored, if the platform is known to escape what it shows; else as it reads. `ours` are the catalogs in which
/// we know a text as it is.
pub(super) fn without_escaping<'l>(live: &'l LiveCatalog, ours: [Option<&Catalog>; 2]) -> Cow<'l, LiveCatalog> {
    let shown: Vec<&str> = live_texts(live).filter(|text| text.contains('&')).collect();
    if shown.is_empty() || shown.iter().any(|text| has_bare_ampersand(text)) {
        return Cow::Borrowed(live);
    }
    let known: HashSet<&str> = ours.into_iter().flatten().flat_map(texts).collect();
    let spelled: HashSet<String> = known.iter().map(|text| spelling(text)).collect();
    let is_ours_escaped = |shown: &&str| {
        let plain = unescape_once(shown);
        plain != **shown && !known.contains(*shown) && spelled.contains(&spelling(&plain))
    };
    match shown.iter().any(is_ours_escaped) {
        true => Cow::Owned(unescaped(live.clone())),
        false => Cow::Borrowed(live),
    }
}

fn unescaped(mut live: LiveCatalog) -> LiveCatalog {
    let name = |text: &mut String| *text = unescape_once(text);
    let field = |field: &mut Field<String>| {
        if let Field::Set(text) = field {
            *text = unescape_once(text);
        }
    };
    for menu in &mut live.menus {
        name(&mut menu.name);
        for item in &mut menu.menu_items {
            name(&mut item.name);
            field(&mut item.internal_name);
            field(&mut item.description);
        }
    }
    for category in &mut live.variant_categories {
        name(&mut category.name);
        field(&mut category.internal_name);
        category.variants.iter_mut().for_each(|variant| name(&mut variant.name));
    }
    live
}

fn live_texts(live: &LiveCatalog) -> impl Iterator<Item = &str> {
    let items = live.items().flat_map(|(_, item)| {
        [Some(&item.name), item.internal_name.value(), item.description.value()].into_iter().flatten()
    });
    let categories = live
        .variant_categories
        .iter()
        .flat_map(|category| [Some(&category.name), category.internal_name.value()].into_iter().flatten());
    let variants = live.variants().map(|(_, variant)| &variant.name);
    live.menus.iter().map(|menu| &menu.name).chain(items).chain(categories).chain(variants).map(String::as_str)
}

fn texts(catalog: &Catalog) -> impl Iterator<Item = &str> {
    let items = catalog.items().flat_map(|(_, item)| [&item.name, &item.internal_name, &item.description]);
    let categories = catalog.variant_categories.iter().flat_map(|category| [&category.name, &category.internal_name]);
    let variants = catalog.variants().map(|(_, variant)| &variant.name);
    let fields = items.chain(categories).chain(variants).filter_map(Field::value);
    catalog.menus.iter().map(|menu| &menu.name).chain(fields).map(String::as_str)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;
    use crate::catalog::{
        Item, Menu,
        live::{LiveItem, LiveMenu},
    };

    /// Our one dish, and a live menu with it and another one.
    fn shown(ours: &str, live: &str, foreign: &str) -> (String, String) {
        let item = Item { external_id: "A".into(), name: Field::Set(ours.to_owned()), ..Item::default() };
        let catalog = Catalog {
            menus: vec![Menu { name: "M".to_owned(), menu_items: vec![item] }],
            variant_categories: Vec::new(),
        };
        let live_item = |text: &str| LiveItem { name: text.to_owned(), ..LiveItem::default() };
        let live = LiveCatalog {
            menus: vec![LiveMenu { name: "M".to_owned(), menu_items: vec![live_item(live), live_item(foreign)] }],
            variant_categories: Vec::new(),
        };
        let items = without_escaping(&live, [Some(&catalog), None]).into_owned().menus.remove(0).menu_items;
        (items[0].name.clone(), items[1].name.clone())
    }

    #[test]
    fn what_is_not_ours_is_unescaped_only_where_a_text_of_ours_came_back_escaped() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(shown("Ayam & Telur", "Ayam &amp; Telur", "B &amp;amp; C"), pair("Ayam & Telur", "B &amp; C"));
        assert_eq!(shown("Ayam &amp; Telur", "Ayam &amp;amp; Telur", "B &amp; C"), pair("Ayam &amp; Telur", "B & C"));
        for (ours, live, foreign) in [
            ("Nasi", "Nasi", "B &amp; C"),
            ("Ayam & Telur", "Ayam &amp; Telur", "B & C"),
            ("Ayam & Telur", "Ayam & Telur", "B &amp; C"),
            ("Ayam &amp; Telur", "Ayam &amp; Telur", "B &amp; C"),
            ("Ayam & Telur", "Ayam &amp; Bebek", "B &amp; C"),
        ] {
            assert_eq!(shown(ours, live, foreign), pair(live, foreign), "{ours}");
        }
    }
}
