//! A platform that escapes texts for HTML, on the way in or on the way out: how that is found out, and what is copied then.
//!
//! What no file owns is copied from live into every PUT. If the platform escapes what it shows, sending that back as it reads
//! would add one level of escaping with every push; if it does not, resolving entities would change a text that is not ours.
//! So they are resolved only where the platform is known to escape: a text of ours came back escaped, and no text shows an
//! ampersand as it is.

use std::borrow::Cow;

use hashbrown::HashSet;

use crate::catalog::{
    Catalog, Field, FieldKind, FieldSpec, FieldValue, Item, Member, Thing, Variant, VariantCategory,
    live::LiveCatalog,
    text::{has_bare_ampersand, spelling, unescape_once},
};

/// Live as it is stored, if the platform is known to escape what it shows; else as it reads. `ours` are the catalogs in which
/// we know a text as it is.
pub(super) fn without_escaping<'l>(live: &'l LiveCatalog, ours: [Option<&Catalog>; 2]) -> Cow<'l, LiveCatalog> {
    let shown: Vec<String> = live_texts(live).filter(|text| text.contains('&')).collect();
    if shown.is_empty() || shown.iter().any(|text| has_bare_ampersand(text)) {
        return Cow::Borrowed(live);
    }
    let known: HashSet<String> = ours.into_iter().flatten().flat_map(texts).collect();
    let spelled: HashSet<String> = known.iter().map(|text| spelling(text)).collect();
    let is_ours_escaped = |shown: &String| {
        let plain = unescape_once(shown);
        plain != *shown && !known.contains(shown) && spelled.contains(&spelling(&plain))
    };
    match shown.iter().any(is_ours_escaped) {
        true => Cow::Owned(unescaped(live.clone())),
        false => Cow::Borrowed(live),
    }
}

fn unescaped(mut live: LiveCatalog) -> LiveCatalog {
    fn unescape<T: Thing>(live: &mut T::Live) {
        for (_, member) in texts_of::<T>() {
            let text = (member.get_live)(live).map(|value| match value {
                FieldValue::Text(text) => FieldValue::Text(unescape_once(&text)),
                other => other,
            });
            (member.set_live)(live, text);
        }
    }
    for menu in &mut live.menus {
        menu.name = unescape_once(&menu.name);
        menu.menu_items.iter_mut().for_each(unescape::<Item>);
    }
    for category in &mut live.variant_categories {
        unescape::<VariantCategory>(category);
        category.variants.iter_mut().for_each(unescape::<Variant>);
    }
    live
}

/// The members of a thing that people read.
fn texts_of<T: Thing>() -> impl Iterator<Item = (&'static FieldSpec<T>, &'static Member<T>)> {
    T::members().filter(|(spec, _)| spec.info.kind == FieldKind::Text)
}

fn live_texts(live: &LiveCatalog) -> impl Iterator<Item = String> {
    fn of<T: Thing>(live: &T::Live) -> impl Iterator<Item = String> {
        texts_of::<T>().filter_map(|(_, member)| text((member.get_live)(live)))
    }
    let items = live.items().flat_map(|(_, item)| of::<Item>(item));
    let categories = live.variant_categories.iter().flat_map(of::<VariantCategory>);
    let variants = live.variants().flat_map(|(_, variant)| of::<Variant>(variant));
    live.menus.iter().map(|menu| menu.name.clone()).chain(items).chain(categories).chain(variants)
}

fn texts(catalog: &Catalog) -> impl Iterator<Item = String> {
    fn of<T: Thing>(thing: &T) -> impl Iterator<Item = String> {
        texts_of::<T>().filter_map(|(_, member)| text((member.get)(thing)))
    }
    let items = catalog.items().flat_map(|(_, item)| of(item));
    let categories = catalog.variant_categories.iter().flat_map(of);
    let variants = catalog.variants().flat_map(|(_, variant)| of(variant));
    catalog.menus.iter().map(|menu| menu.name.clone()).chain(items).chain(categories).chain(variants)
}

fn text(field: Field<FieldValue>) -> Option<String> {
    field.value().and_then(FieldValue::as_text).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;
    use crate::catalog::{
        Menu,
        live::{LiveItem, LiveMenu},
    };

    /// Our one dish, and a live menu with it and another one.
    fn shown(ours: &str, live: &str, foreign: &str) -> (String, String) {
        let item = Item { external_id: "A".into(), name: Field::Set(ours.to_owned()), ..Item::default() };
        let catalog =
            Catalog { menus: vec![Menu { name: "M".to_owned(), menu_items: vec![item] }], ..Catalog::default() };
        let live_item = |text: &str| LiveItem { name: text.to_owned(), ..LiveItem::default() };
        let live = LiveCatalog {
            menus: vec![LiveMenu {
                name: "M".to_owned(),
                menu_items: vec![live_item(live), live_item(foreign)],
                ..LiveMenu::default()
            }],
            ..LiveCatalog::default()
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
