//! Rules on the shape of a catalog: what must be there at all, and what may be there only once.

use super::{
    Findings,
    finding::{Subject, short},
};
use crate::catalog::Catalog;

pub(super) fn check_no_menus(catalog: &Catalog, findings: &mut Findings<'_>) {
    if catalog.menus.is_empty() {
        findings.add_whole(
            "the outlet has no menus",
            "add a menu with items under `menus`, or extend a layer that has one; to leave its live menu alone write \
                 `state: paused`",
        );
    }
}

pub(super) fn check_empty_menu(catalog: &Catalog, findings: &mut Findings<'_>) {
    for menu in catalog.menus.iter().filter(|menu| menu.menu_items.is_empty()) {
        let help = format!("add items to it, or remove it: `menus: [{{name: {}, remove: true}}]`", short(&menu.name));
        findings.add(Subject::Menu(menu), "has no items", help);
    }
}
