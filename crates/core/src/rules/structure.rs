//! Rules on the shape of a catalog: what must be there at all, and what may be there only once.

use super::{
    Rule,
    example::menu,
    finding::{Subject, short},
};
use crate::diagnostic::Severity;

pub(super) const NO_MENUS: Rule = Rule {
    code: "no-menus",
    severity: Severity::Error,
    adjustable: false,
    summary: "An outlet has a menu",
    why: "Seen live: a catalog without menus is refused. And absence is never deletion.",
    bad: "outlet: G1\nmenus: []\n",
    good: menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"),
    check: Some(|catalog, findings| {
        if catalog.menus.is_empty() {
            findings.add_whole(
                "the outlet has no menus",
                "add a menu with items under `menus`, or extend a layer that has one; to leave its live menu alone write \
                 `state: paused`",
            );
        }
    }),
};

pub(super) const EMPTY_MENU: Rule = Rule {
    code: "empty-menu",
    severity: Severity::Error,
    adjustable: true,
    summary: "A menu has items",
    why: "Our choice: a heading with nothing under it is a slip.",
    bad: concat!(
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"),
        "  - name: Minuman\n    menu_items: []\n"
    ),
    good: menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"),
    check: Some(|catalog, findings| {
        for menu in catalog.menus.iter().filter(|menu| menu.menu_items.is_empty()) {
            let help =
                format!("add items to it, or remove it: `menus: [{{name: {}, remove: true}}]`", short(&menu.name));
            findings.add(Subject::Menu(menu), "has no items", help);
        }
    }),
};

pub(super) const ITEM_IN_TWO_MENUS: Rule = Rule {
    code: "item-in-two-menus",
    severity: Severity::Error,
    adjustable: true,
    summary: "An item stands in one menu",
    why: "Our choice: whether GoFood takes an external_id in two menus is not known.",
    bad: concat!(
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"),
        "  - name: Favorit\n    menu_items:\n      - {external_id: NG, name: Nasi Goreng, price: 25000}\n"
    ),
    good: concat!(
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"),
        "  - name: Favorit\n    menu_items:\n      - {external_id: NG-FAVORIT, name: Nasi Goreng, price: 25000}\n"
    ),
    check: None,
};

pub(super) const DUPLICATE_MENU: Rule = Rule {
    code: "duplicate-menu",
    severity: Severity::Error,
    adjustable: true,
    summary: "A file names a menu once",
    why: "Our choice: a menu has no id, its name is all that tells it from others.",
    bad: concat!(
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"),
        "  - name: Nasi\n    menu_items:\n      - {external_id: NU, name: Nasi Uduk, price: 20000}\n"
    ),
    good: concat!(
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"),
        "  - name: Nasi lain\n    menu_items:\n      - {external_id: NU, name: Nasi Uduk, price: 20000}\n"
    ),
    check: None,
};
