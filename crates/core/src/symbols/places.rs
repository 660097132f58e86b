//! Where in a file things are named: one table of paths, for finding what is named, and for proposing what may be.

/// What is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thing {
    /// A dish, by its external_id.
    Item,
    /// A variant category, by its external_id.
    Category,
    /// A variant, by its external_id.
    Variant,
    /// A menu, by its name.
    Menu,
    /// An outlet, by its id.
    Outlet,
    /// A definition file, by its path in the root.
    Layer,
    /// A rule, by its code.
    Rule,
    /// An account of the settings.
    Account,
    /// A promotion, by its name.
    Promotion,
}

/// What naming it there does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It begins to exist there.
    Definition,
    /// It is spoken of.
    Reference,
    /// A menu or a promotion: it begins to exist there unless an earlier layer has it.
    Either,
    /// An id, or a pattern of ids.
    Pattern,
}

/// One step from the top of a file to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// The value of a key.
    Key(String),
    /// An entry of a list.
    Entry,
}

impl Thing {
    /// What people call it.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Category => "variant category",
            Self::Variant => "variant",
            Self::Menu => "menu",
            Self::Outlet => "outlet",
            Self::Layer => "layer",
            Self::Rule => "rule",
            Self::Account => "account",
            Self::Promotion => "promotion",
        }
    }
}

use Role::{Definition, Either, Pattern, Reference};
use Thing::{Account, Category, Item, Layer, Menu, Outlet, Promotion, Rule, Variant};

/// `-` is an entry of a list, `*` any key, and `{}` at the end the key itself instead of its value.
const PLACES: [(&str, Thing, Role); 29] = [
    ("outlet", Outlet, Definition),
    ("outlets/{}", Outlet, Reference),
    ("extends/-", Layer, Reference),
    ("account", Account, Reference),
    ("gobiz/accounts/{}", Account, Definition),
    ("rules/{}", Rule, Reference),
    ("menus/-/name", Menu, Either),
    ("menus/-/rename", Menu, Definition),
    ("menus/-/before", Menu, Reference),
    ("menus/-/menu_items/-/external_id", Item, Definition),
    ("menus/-/menu_items/-/variant_category_external_ids/-", Category, Reference),
    ("variant_categories/-/external_id", Category, Definition),
    ("variant_categories/-/variants/-/external_id", Variant, Definition),
    ("items/{}", Item, Reference),
    ("items/*/menu", Menu, Reference),
    ("items/*/before", Item, Reference),
    ("items/*/variant_category_external_ids/-", Category, Reference),
    ("categories/{}", Category, Reference),
    ("categories/*/variants/-/external_id", Variant, Definition),
    ("variants/{}", Variant, Reference),
    ("attach/{}", Category, Reference),
    ("attach/*/-", Item, Pattern),
    ("attach/*/-/menu", Menu, Reference),
    ("pricing/-/menu", Menu, Reference),
    ("pricing/-/ids/-", Item, Reference),
    ("promotions/{}", Promotion, Either),
    ("promotions/*/external_menu_id", Item, Reference),
    ("promotions/*/items/{}", Item, Reference),
    ("windows/-/outlets/-", Outlet, Pattern),
];

/// Keys beside the names of promotions that are no names.
const NO_PROMOTIONS: [&str; 2] = ["policy", "minimum_discount"];

/// What a text at this place names; `is_key`: the last key of the path itself, not its value.
pub fn named_at(path: &[Segment], is_key: bool) -> Option<(Thing, Role)> {
    let (_, thing, role) = PLACES.iter().find(|(pattern, ..)| is_at(pattern, path, is_key))?;
    let is_name = |key: &String| *thing != Promotion || !NO_PROMOTIONS.contains(&key.as_str());
    let last = path.last().is_none_or(|last| !matches!(last, Segment::Key(key) if is_key && !is_name(key)));
    last.then_some((*thing, *role))
}

fn is_at(pattern: &str, path: &[Segment], is_key: bool) -> bool {
    let mut steps = path.iter();
    for part in pattern.split('/') {
        let fits = match (part, steps.next()) {
            ("-", Some(Segment::Entry)) => true,
            ("*" | "{}", Some(Segment::Key(_))) => true,
            (part, Some(Segment::Key(key))) => part == key,
            _ => false,
        };
        if !fits {
            return false;
        }
    }
    steps.next().is_none() && is_key == pattern.ends_with("{}")
}
