//! What is said while layers are laid over one another. Found while layering.

use super::{
    Rule,
    example::{brand, menu},
};

/// An outlet that has nothing wrong.
const GOOD: &str = menu!("{external_id: NG, name: Nasi Goreng, price: 25000}");

pub(super) const UNKNOWN_LAYER: Rule = Rule::of_reading(
    "unknown-layer",
    "`extends` names files that exist",
    "Our choice: a path is relative to the file that names it; without the layer the outlet would lose its menu.",
    concat!("extends: [no-such-layer.yaml]\n", menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")),
    GOOD,
);

pub(super) const EXTENDS_LOOP: Rule = Rule::of_reading(
    "extends-loop",
    "No layer extends itself, directly or through others",
    "Our choice: there would be no order in which to lay them.",
    brand!("extends: [bali.yaml]\n# catalogs/bali.yaml\nextends: [brand.yaml]\n", "extends: [bali.yaml]\n"),
    brand!("# catalogs/bali.yaml\nextends: [brand.yaml]\nitems: {NG: {price: 27000}}\n", "extends: [bali.yaml]\n"),
);

pub(super) const UNUSED_LAYER: Rule = Rule::of_reading(
    "unused-layer",
    "Every layer is reached by an outlet",
    "Our choice: what nobody extends changes nothing; most often a line under `extends` was forgotten.",
    brand!("# catalogs/bali.yaml\nitems: {NG: {price: 27000}}\n", "extends: [brand.yaml]\n"),
    brand!("# catalogs/bali.yaml\nitems: {NG: {price: 27000}}\n", "extends: [brand.yaml, bali.yaml]\n"),
)
.adjustable_warning();

pub(super) const DATED_OUTLET: Rule = Rule::of_reading(
    "dated-outlet",
    "`from` and `until` stand in layers, not in outlets",
    "Our choice: an outlet outside its dates would be an outlet without a menu.",
    concat!("from: 2027-02-08T00:00\n", menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")),
    GOOD,
);

pub(super) const DATE_FORMAT: Rule = Rule::of_reading(
    "date-format",
    "`from` and `until` are dates with a time, and `from` is the earlier one",
    "Our choice: local time of each outlet, such as 2027-02-08T00:00.",
    brand!(
        "# catalogs/ramadan.yaml\nfrom: 8 Feb 2027\nitems: {NG: {price: 27000}}\n",
        "extends: [brand.yaml, ramadan.yaml]\n"
    ),
    brand!(
        "# catalogs/ramadan.yaml\nfrom: 2027-02-08T00:00\nitems: {NG: {price: 27000}}\n",
        "extends: [brand.yaml, ramadan.yaml]\n"
    ),
);

pub(super) const UNKNOWN_PATCH_TARGET: Rule = Rule::of_reading(
    "unknown-patch-target",
    "A patch names an id that a layer defines",
    "Our choice: a patch that hits nothing is a mistyped id, and the price it was to set would not change.",
    concat!(menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"), "items:\n  NG-1: {price: 27000}\n"),
    concat!(menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"), "items:\n  NG: {price: 27000}\n"),
);

pub(super) const UNKNOWN_MENU: Rule = Rule::of_reading(
    "unknown-menu",
    "A move, a place or a pricing names a menu or an item that exists",
    "Our choice: guessing a place would change what customers see first.",
    concat!(
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}", "{external_id: ET, name: Es Teh, price: 5000}"),
        "  - name: Minuman\n    menu_items:\n      - {external_id: ES, name: Es Jeruk, price: 8000}\n",
        "items:\n  ET: {menu: Minumann}\n"
    ),
    concat!(
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}", "{external_id: ET, name: Es Teh, price: 5000}"),
        "  - name: Minuman\n    menu_items:\n      - {external_id: ES, name: Es Jeruk, price: 8000}\n",
        "items:\n  ET: {menu: Minuman}\n"
    ),
);

pub(super) const PATCH_SHADOWED: Rule = Rule::of_reading(
    "patch-shadowed",
    "What a patch says is kept by some outlet at some time",
    "Our choice: what every outlet overrides looks as if it counted, and an edit of it would change nothing.",
    brand!(
        "# catalogs/bali.yaml\nextends: [brand.yaml]\nitems:\n  NG: {name: Nasi Goreng Bali, price: 27000}\n",
        "extends: [bali.yaml]\nitems:\n  NG: {price: 29000}\n"
    ),
    brand!(
        "# catalogs/bali.yaml\nextends: [brand.yaml]\nitems:\n  NG: {name: Nasi Goreng Bali}\n",
        "extends: [bali.yaml]\nitems:\n  NG: {price: 29000}\n"
    ),
)
.adjustable_warning();

pub(super) const PATCH_WITHOUT_EFFECT: Rule = Rule::of_reading(
    "patch-without-effect",
    "A patch changes something",
    "Our choice: what repeats what is there already misleads readers, and breaks when the layer below changes.",
    concat!(menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"), "items:\n  NG: {price: 25000}\n"),
    concat!(menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"), "items:\n  NG: {price: 27000}\n"),
)
.adjustable_warning();

pub(super) const MENU_EXISTS: Rule = Rule::of_reading(
    "menu-exists",
    "A menu is not renamed to a name that another one has",
    "Our choice: a menu has no id; two of one name could not be told apart.",
    brand!(
        "  - name: Mie\n    menu_items:\n      - {external_id: MG, name: Mie Goreng, price: 22000}\n",
        "extends: [brand.yaml]\nmenus: [{name: Mie, rename: Nasi}]\n"
    ),
    brand!(
        "  - name: Mie\n    menu_items:\n      - {external_id: MG, name: Mie Goreng, price: 22000}\n",
        "extends: [brand.yaml]\nmenus: [{name: Mie, rename: Bakmi}]\n"
    ),
);

pub(super) const WRONG_PLACE: Rule = Rule::of_reading(
    "wrong-place",
    "`before` names something of the same menu or list, and not in a circle",
    "Our choice: guessing a place would change what customers see first.",
    concat!(
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"),
        "  - name: Favorit\n    menu_items:\n      - {external_id: NU, name: Nasi Uduk, price: 20000}\n",
        "items:\n  NU: {before: NG}\n"
    ),
    concat!(
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}", "{external_id: NU, name: Nasi Uduk, price: 20000}"),
        "items:\n  NU: {before: NG}\n"
    ),
);
