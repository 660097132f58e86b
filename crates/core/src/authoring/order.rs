//! The order in which people write the keys of a mapping.

/// Mappings whose keys have an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Menu,
    Item,
    Category,
    Variant,
    Selection,
    Hours,
    Range,
    Pricing,
    Promotion,
    PromotionItem,
    /// Ids, settings, and all else: as the author has it.
    Other,
}

impl Kind {
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::File => &[
                "request_id",
                "outlet",
                "name",
                "timezone",
                "state",
                "extends",
                "from",
                "until",
                "when",
                "account",
                "drift",
                "unmanaged",
                "ignore",
                "guards",
                "rules",
                "windows",
                "operational_hours",
                "menus",
                "variant_categories",
                "items",
                "variants",
                "categories",
                "attach",
                "pricing",
                "promotions",
            ],
            Self::Menu => &["name", "remove", "platform", "rename", "before", "operational_hours", "menu_items"],
            Self::Item => &[
                "external_id",
                "remove",
                "name",
                "internal_name",
                "description",
                "price",
                "in_stock",
                "image",
                "operational_hours",
                "variant_category_external_ids",
                "menu",
                "before",
            ],
            Self::Category => &["external_id", "remove", "name", "internal_name", "rules", "variants"],
            Self::Variant => &["external_id", "remove", "name", "price", "in_stock"],
            Self::Selection => &["min_quantity", "max_quantity"],
            Self::Hours => &["daily", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
            Self::Range => &["start", "end"],
            Self::Pricing => &["markup", "round_to", "round", "menu", "ids"],
            Self::Promotion => &[
                "external_menu_id",
                "remove",
                "selling_price",
                "discount",
                "round_to",
                "round",
                "items",
                "start_date",
                "end_date",
                "start_time",
                "end_time",
                "applicable_days",
                "where-sold",
            ],
            Self::PromotionItem => &["remove", "selling_price", "discount", "round_to", "round"],
            Self::Other => &[],
        }
    }

    /// The place of a key; `None` if it has none.
    pub(super) fn rank(self, key: &str) -> Option<usize> {
        self.keys().iter().position(|known| *known == key)
    }

    /// What stands under `key`: of the elements, if that is a list; of every entry, if it is a mapping of ids.
    pub(super) fn below(self, key: &str) -> Below {
        match (self, key) {
            (Self::File, "menus") => Below::Each(Self::Menu),
            (Self::File, "variant_categories") => Below::Each(Self::Category),
            (Self::File, "items") => Below::ById(Self::Item),
            (Self::File, "variants") => Below::ById(Self::Variant),
            (Self::File, "categories") => Below::ById(Self::Category),
            (Self::File, "pricing") => Below::Each(Self::Pricing),
            (Self::File, "promotions") => Below::ById(Self::Promotion),
            (Self::Promotion, "items") => Below::ById(Self::PromotionItem),
            (Self::Menu, "menu_items") => Below::Each(Self::Item),
            (Self::Category, "variants") => Below::Each(Self::Variant),
            (Self::Category, "rules") => Below::ById(Self::Selection),
            (Self::File | Self::Menu | Self::Item, "operational_hours") => Below::This(Self::Hours),
            (Self::Hours, _) => Below::Each(Self::Range),
            _ => Below::This(Self::Other),
        }
    }

    /// Whether the value of `key` is a text, or a list of texts, whatever it looks like.
    pub(super) fn is_text(self, key: &str) -> bool {
        let texts: &[&str] = match self {
            Self::File => &["outlet", "name", "extends", "timezone"],
            Self::Menu => &["name", "rename", "before"],
            Self::Item => &[
                "external_id",
                "menu",
                "before",
                "name",
                "internal_name",
                "description",
                "image",
                "variant_category_external_ids",
            ],
            Self::Category => &["external_id", "name", "internal_name"],
            Self::Variant => &["external_id", "name"],
            Self::Hours | Self::Range => self.keys(),
            Self::Pricing => &["menu", "ids"],
            Self::Promotion => &["external_menu_id", "start_time", "end_time", "applicable_days"],
            Self::Selection | Self::PromotionItem | Self::Other => &[],
        };
        texts.contains(&key)
    }
}

/// What the value of a key is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Below {
    /// A mapping of this kind.
    This(Kind),
    /// A list of these.
    Each(Kind),
    /// A mapping of which every value is one of these.
    ById(Kind),
}

impl Below {
    /// What stands under a key of this, taken as a mapping.
    pub(super) fn under(self, key: &str) -> Self {
        match self {
            Self::This(kind) => kind.below(key),
            Self::Each(kind) | Self::ById(kind) => Self::This(kind),
        }
    }

    /// The place of a key in this, taken as a mapping.
    pub(super) fn rank(self, key: &str) -> Option<usize> {
        match self {
            Self::This(kind) => kind.rank(key),
            Self::Each(_) | Self::ById(_) => None,
        }
    }
}
