//! The kinds of things that layers refer to.

/// The kinds of things that layers refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Menu,
    Item,
    Category,
    Variant,
}

impl Kind {
    /// In a sentence.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Menu => "menu",
            Self::Item => "item",
            Self::Category => "variant category",
            Self::Variant => "variant",
        }
    }

    /// The key under which a layer changes such a thing.
    pub(super) fn patch_key(self) -> &'static str {
        match self {
            Self::Menu => "menus",
            Self::Item => "items",
            Self::Category => "categories",
            Self::Variant => "variants",
        }
    }
}
