//! As `checks.rs`, of what needs the package `menusync` itself.

use menusync::{
    diagnostic::Severity,
    images::{self, Mark, Squaring},
    remote, settings,
};
use menusync_core::{
    catalog::{Catalog, Field, OutletId},
    definition,
    plan::{self, Inputs},
    policy::Policy,
};

use crate::checks::{check_diagnostics, compose, source};

/// One file, decoded as settings.
pub(crate) fn settings(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let file = source("menusync.yaml", text);
    let (settings, diagnostics) = settings::decode(&file);
    assert!(settings.is_some() || !diagnostics.is_empty(), "no settings and no reason");
    check_diagnostics(&diagnostics, &[file]);
}

/// The answer to a read: what the client makes of it, compared with a small menu.
pub(crate) fn wire(data: &[u8]) {
    let Ok(live) = remote::read_body(data) else { return };
    let (outlet, policy, released) = (OutletId("G1".into()), Policy::default(), std::collections::BTreeSet::new());
    for desired in [Catalog::default(), menu()] {
        for revert in [false, true] {
            let (base, peers) = (None, plan::PeerPrices::new());
            let (desired, live, places) = (&desired, &live, &|_: &_| Vec::new());
            let inputs = Inputs {
                outlet: &outlet,
                desired,
                base,
                live,
                policy: &policy,
                revert,
                released: &released,
                peers: &peers,
                ended: &Default::default(),
                recurring: &Default::default(),
                low_prices: &Default::default(),
                past: &Default::default(),
                places,
                stock_by_put: false,
            };
            let first = plan::plan(&inputs);
            assert_eq!(first.digest, plan::plan(&inputs).digest, "the same things have the same digest");
            assert!(first.changes.is_sorted(), "changes are sorted");
            for (_, item) in live.items().filter(|(_, item)| item.extra.unread.contains_key("in_stock")) {
                let same = |id| live.items().filter(|(_, other)| other.external_id.value() == Some(id)).count();
                let alone = item.external_id.value().filter(|id| same(id) == 1);
                let sent = alone.and_then(|id| first.payload.item(id));
                assert!(sent.is_none_or(|sent| sent.in_stock == Field::Set(false)), "unread stock is never on sale");
            }
            let told = live.items().any(|(_, item)| !item.extra.unread.is_empty());
            assert!(!told || !first.extras.words().is_empty(), "what cannot be read is named");
        }
    }
}

/// A menu that the corpus of `wire` has something in common with.
fn menu() -> Catalog {
    let text = "outlet: G1\nmenus: [{name: Nasi, menu_items: [{external_id: NG, name: Nasi Goreng, price: 25000, \
                variant_category_external_ids: [VC]}]}]\nvariant_categories: [{external_id: VC, name: Pedas, rules: \
                {selection: {min_quantity: 0, max_quantity: 1}}, variants: [{external_id: LV, name: Pedas, price: 0}]}]\n";
    let definitions = definition::parse(&[source("catalogs/a.yaml", text)]);
    compose(&definitions, &OutletId("G1".into()), "2027-02-10T00:00:00Z").0.catalog
}

/// A photo: every copy of it is one that the judge of photos has nothing against, and is known again.
pub(crate) fn photo(data: &[u8]) {
    images::judge(data, None);
    let thumbnail = images::thumbnail(data);
    for squaring in [Squaring::Crop, Squaring::Pad] {
        let Ok(copy) = images::fit(data, squaring, 40) else {
            assert!(thumbnail.is_err(), "what has a thumbnail has a copy");
            continue;
        };
        assert_eq!(images::fit(data, squaring, 40).as_ref(), Ok(&copy), "the same photo has the same copy");
        let source = images::source_hash(data);
        let marked = images::mark(&copy, &source, squaring).expect("a copy takes a mark");
        assert_eq!(images::read_mark(&marked), Some(Mark { source, squaring: Some(squaring) }));
        let (width, height) = images::size(&marked).expect("a copy is a whole JPEG");
        assert!(width == height && width <= 40, "{width} × {height}");
        assert!(images::judge(&marked, None).iter().all(|finding| finding.severity != Severity::Error));
        assert!(!marked.windows(2).any(|pair| pair == [0xff, 0xe1]) && thumbnail.is_ok(), "nothing of the camera");
    }
}
