//! Menus that the platform fills itself (seen on customers' pages: a “Promo” that repeats dishes under the same UUIDs).

use hashbrown::HashSet;

use crate::catalog::live::LiveCatalog;

/// The positions of the menus that the files call the platform's own, and of those that only repeat dishes of other menus and
/// are none of ours. Which ones depends on what is in them, never on their order: the smaller ones first, then by name.
pub(super) fn sections(
    live: &LiveCatalog,
    is_declared: impl Fn(&str) -> bool,
    is_ours: impl Fn(&str) -> bool,
) -> HashSet<usize> {
    let mut sections: HashSet<usize> =
        (0..live.menus.len()).filter(|menu| is_declared(&live.menus[*menu].name)).collect();
    let uuids = |menu: usize| live.menus[menu].menu_items.iter().map(|item| item.uuid.as_str());
    let is_candidate = |menu: &usize| {
        let has_uuids = uuids(*menu).next().is_some() && uuids(*menu).all(|uuid| !uuid.is_empty());
        has_uuids && !sections.contains(menu) && !is_ours(&live.menus[*menu].name)
    };
    let mut candidates: Vec<usize> = (0..live.menus.len()).filter(is_candidate).collect();
    candidates.sort_by_cached_key(|menu| {
        let name = std::cmp::Reverse(live.menus[*menu].name.clone());
        (uuids(*menu).collect::<HashSet<_>>().len(), name)
    });
    for menu in candidates {
        let others = (0..live.menus.len()).filter(|other| *other != menu && !sections.contains(other));
        let elsewhere: HashSet<&str> = others.flat_map(uuids).collect();
        if uuids(menu).all(|uuid| elsewhere.contains(uuid)) {
            sections.insert(menu);
        }
    }
    sections
}
