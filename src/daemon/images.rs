//! A look at new images before they are pushed: one bad image makes GoFood refuse the whole menu.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    catalog::{Catalog, ItemField, Path},
    diagnostic::Diagnostic,
    fleet::Loaded,
    images::{self, Finding, Remembered},
    policy::Ignorable,
    rules,
    sync::{Context, Wanted, base_of},
};

/// Why a push would be refused for an image that it brings; `None` if nothing is known against it. What cannot be looked at
/// holds nothing back, and images that were pushed and seen to arrive are not looked at again.
pub(super) async fn bad_image(context: &Context, loaded: &Loaded, wanted: &Wanted) -> Option<String> {
    let settings = &loaded.settings.as_ref()?.images;
    if !settings.check || wanted.paused || wanted.policy.ignore.contains(&Ignorable::Image) {
        return None;
    }
    let base = base_of(&context.store, &wanted.outlet).ok().flatten().unwrap_or_default();
    let known = urls(&base.catalog);
    let new: BTreeSet<String> = urls(&wanted.catalog).difference(&known).map(|url| (*url).to_owned()).collect();
    let remembered = Remembered { store: Some(context.store.clone()), now: context.clock.now() };
    let found = images::check_new(new, settings, images::system_lookup(), &remembered).await;
    let diagnostics = diagnostics(&found, wanted);
    for unchecked in diagnostics.iter().filter(|diagnostic| !diagnostic.is_error()) {
        tracing::debug!(outlet = %wanted.outlet, place = unchecked.place.as_ref().map(ToString::to_string), "{}", unchecked.message);
    }
    let mut errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    let first = errors.next().map(told)?;
    Some(match errors.count() {
        0 => first,
        more => format!("{first} (and {more} more)"),
    })
}

fn urls(catalog: &Catalog) -> BTreeSet<&str> {
    catalog.items().filter_map(|(_, item)| item.image.value().map(String::as_str)).collect()
}

fn diagnostics(found: &BTreeMap<String, Vec<Finding>>, wanted: &Wanted) -> Vec<Diagnostic> {
    let of_item = wanted.catalog.items().filter_map(|(_, item)| {
        let place = (wanted.place)(&Path::item_field(&item.external_id, ItemField::Image));
        Some((found.get(item.image.value()?)?, place))
    });
    let mut diagnostics: Vec<Diagnostic> =
        of_item.flat_map(|(findings, place)| findings.iter().map(move |finding| finding.at(place.clone()))).collect();
    rules::adjust(&mut diagnostics, &wanted.policy.rules);
    diagnostics
}

fn told(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    format!("{place}{}", diagnostic.message)
}
