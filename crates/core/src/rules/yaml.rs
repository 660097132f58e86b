//! What the YAML reader says: the form of a file before anything is known about menus. Found while reading.

use super::{Rule, example::menu};

/// An outlet that has nothing wrong.
const GOOD: &str = menu!("{external_id: NG, name: Nasi Goreng, price: 25000}");

pub(super) const SYNTAX: Rule = Rule::of_reading(
    "syntax",
    "A file is valid YAML",
    "Documentation: YAML 1.2. A file that cannot be read says nothing about its outlet, so nothing is pushed.",
    menu!("{external_id: NG, name: 'Nasi Goreng, price: 25000}"),
    GOOD,
);

pub(super) const TAB_INDENTATION: Rule = Rule::of_reading(
    "tab-indentation",
    "Lines are indented with spaces",
    "Documentation: YAML forbids tabs there, because their width is anyone's guess.",
    "outlet: G1\nmenus:\n\t- name: Nasi\n",
    GOOD,
);

pub(super) const CONTROL_CHARACTER: Rule = Rule::of_reading(
    "control-character",
    "A file has no control characters",
    "Documentation: YAML forbids them; they cannot be seen.",
    menu!("{external_id: NG, name: Nasi\u{7} Goreng, price: 25000}"),
    GOOD,
);

pub(super) const MULTIPLE_DOCUMENTS: Rule = Rule::of_reading(
    "multiple-documents",
    "A file holds one document",
    "Our choice: one file is one layer; what stands after `---` would be overlooked.",
    concat!(menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"), "---\noutlet: G2\n"),
    GOOD,
);

pub(super) const DUPLICATE_KEY: Rule = Rule::of_reading(
    "duplicate-key",
    "A mapping has every key once",
    "Documentation: YAML requires it. Most readers take one of the two in silence.",
    menu!("{external_id: NG, name: Nasi Goreng, price: 25000, price: 27000}"),
    menu!("{external_id: NG, name: Nasi Goreng, price: 27000}"),
);

pub(super) const UNKNOWN_ALIAS: Rule = Rule::of_reading(
    "unknown-alias",
    "An alias names an anchor that stands before it",
    "Documentation: YAML requires it.",
    menu!("{external_id: NG, name: Nasi Goreng, price: *harga}"),
    menu!("{external_id: NG, name: Nasi Goreng, price: &harga 25000}"),
);

pub(super) const ALIAS_EXPANSION: Rule = Rule::of_reading(
    "alias-expansion",
    "Aliases do not make a file more than ten times as large",
    "Our choice: a few lines of aliases can fill all memory.",
    concat!(
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"),
        "x-a: &a [one, two, three, four, five, six, seven, eight, nine, ten]\nx-b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nx-c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nx-d: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n"
    ),
    concat!(menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"), "x-a: &a [one, two, three]\nx-b: [*a, *a]\n"),
);

pub(super) const TOO_DEEP: Rule = Rule::of_reading(
    "too-deep",
    "Lists and mappings are nested at most 64 deep",
    "Our choice: a menu needs eight; more is a broken or hostile file.",
    "outlet: G1\nmenus: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n",
    GOOD,
);

pub(super) const TOO_MANY: Rule = Rule::of_reading(
    "too-many-diagnostics",
    "A file has at most 10,000 mistakes to show",
    "Our choice: the rest is counted, so that a broken file costs neither memory nor patience.",
    concat!("# catalogs/kuta.yaml: 10,001 such items\n", menu!("{external_id: NG, nmae: Nasi Goreng}")),
    GOOD,
);

pub(super) const UNKNOWN_TAG: Rule = Rule::of_reading(
    "unknown-tag",
    "Values have no YAML tags of their own",
    "Our choice: tags mean nothing here, and would be dropped in silence.",
    menu!("{external_id: NG, name: Nasi Goreng, price: !rupiah 25000}"),
    GOOD,
);

pub(super) const UNKNOWN_KEY: Rule = Rule::of_reading(
    "unknown-key",
    "Every key is one that means something",
    "Our choice: a mistyped key would be ignored, and the price it was to set would not change. Keys that begin with `x-` are \
     free.",
    menu!("{external_id: NG, name: Nasi Goreng, prise: 27000, price: 25000}"),
    menu!("{external_id: NG, name: Nasi Goreng, x-note: 27000 from May, price: 25000}"),
);

pub(super) const WRONG_KEY: Rule = Rule::of_reading(
    "wrong-key",
    "Keys are plain text",
    "Our choice: a list or a mapping as a key means nothing here.",
    menu!("{external_id: NG, name: Nasi Goreng, [price]: 27000, price: 25000}"),
    GOOD,
);

pub(super) const MISSING_KEY: Rule = Rule::of_reading(
    "missing-key",
    "What is new is complete",
    "Documentation: names, prices and ids are required. What is to change something that exists stands under `items`, \
     `variants` or `categories`.",
    menu!("{external_id: NG, price: 25000}"),
    GOOD,
);

pub(super) const WRONG_TYPE: Rule = Rule::of_reading(
    "wrong-type",
    "A value has the type of its key",
    "Documentation: prices and quantities are whole numbers, stock is true or false, names are text.",
    menu!("{external_id: NG, name: Nasi Goreng, price: mahal}"),
    GOOD,
);

pub(super) const UNKNOWN_VALUE: Rule = Rule::of_reading(
    "unknown-value",
    "A value is one of those that its key allows",
    "Our choice: a mistyped choice would silently be another one.",
    concat!("drift: revret\n", menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")),
    concat!("drift: revert\n", menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")),
);

pub(super) const NUMBER_FORMAT: Rule = Rule::of_reading(
    "number-format",
    "A number is written in digits only",
    "Our choice: people read 25.000 as twenty-five thousand, YAML reads twenty-five. The same goes for 25,000, 25_000, 025000, \
     2e4, 0x61A8 and '25000'.",
    menu!("{external_id: NG, name: Nasi Goreng, price: 25.000}"),
    GOOD,
);
