//! What one file says, decoded: the typed form of a layer. No meaning across files is given here.

use std::sync::Arc;

use globset::GlobSet;
use jiff::civil::{self, Date, Time};

use super::{Declared, hours::Week, policy::PolicyPatch};
use crate::{
    catalog::{Day, ExternalId, OutletId, Path, Price},
    diagnostic::Place,
    document::{PackedFile, SourceFile, Spanned},
    schedule::{Recurrence, Stretches},
};

/// One decoded file.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) head: Head,
    content: Held,
}

/// What says how a file is to be used.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// Set in an outlet's file.
    pub(super) outlet: Option<OutletHead>,
    /// As written, relative to the file.
    pub(super) extends: Vec<Spanned<String>>,
    /// The first moment at which a dated layer counts.
    pub(super) from: Option<Spanned<civil::DateTime>>,
    /// The first moment at which it no longer counts.
    pub(super) until: Option<Spanned<civil::DateTime>>,
    /// The times at which it counts, between these dates.
    pub(super) when: Option<Spanned<Recurrence>>,
    /// What has been found of it.
    pub(super) stretches: Stretches,
    /// Settings.
    pub(super) policy: PolicyPatch,
}

impl Head {
    /// Whether it counts only at some times.
    pub(super) fn is_dated(&self) -> bool {
        self.from.is_some() || self.until.is_some() || self.when.is_some()
    }
}

/// The larger part of a decoded file.
#[derive(Debug)]
enum Held {
    Decoded(Arc<Content>),
    /// To be decoded again when it is needed.
    Packed(PackedFile),
}

/// What a layer adds and changes.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// Hours for all items of the outlet that say nothing nearer.
    pub(super) hours: Declared<Box<Week>>,
    /// Additions to menus, and changes of menus.
    pub(super) menus: Vec<MenuEntry>,
    /// New variant categories.
    pub(super) variant_categories: Vec<CategoryEntry>,
    /// Patches of items.
    pub(super) items: Vec<Patch<ItemChange>>,
    /// Patches of variants.
    pub(super) variants: Vec<Patch<VariantFields>>,
    /// Patches of variant categories.
    pub(super) categories: Vec<Patch<CategoryFields>>,
    /// Choices for many dishes.
    pub(super) attach: Vec<Attach>,
    /// Markups.
    pub(super) pricing: Vec<Pricing>,
    /// Promotions, new or changed.
    pub(super) promotions: Vec<PromotionEntry>,
}

impl Layer {
    pub(super) fn new(head: Head, content: Content) -> Self {
        Self { head, content: Held::Decoded(Arc::new(content)) }
    }

    /// What it adds and changes, as it was decoded or decoded again.
    pub(super) fn content(&self, decode: &dyn Fn(&SourceFile) -> DecodedFile) -> Arc<Content> {
        match &self.content {
            Held::Decoded(content) => Arc::clone(content),
            Held::Packed(file) => match decode(&file.open()).layer {
                Some(Self { content: Held::Decoded(content), .. }) => content,
                // Less than what was there would be an emptied menu.
                _ => unreachable!("the same text decodes as it did"),
            },
        }
    }
}

impl Content {
    /// The items that it adds.
    pub(super) fn new_items(&self) -> impl Iterator<Item = &ItemEntry> {
        self.menus.iter().flat_map(|menu| menu.items.iter().flatten())
    }

    /// The dishes and choices that it defines.
    pub(super) fn new_things(&self) -> impl Iterator<Item = Path> {
        let new = self.variant_categories.iter().map(|category| &category.fields);
        let changed = self.categories.iter().filter_map(|patch| match &patch.action {
            Action::Change(fields) => Some(fields),
            Action::Remove(_) => None,
        });
        let variants = new.chain(changed).flat_map(|fields| fields.variants.iter().flatten());
        let items = self.new_items().map(|item| Path::item(&item.id.value));
        items.chain(variants.map(|variant| Path::variant(&variant.id.value)))
    }

    /// Whether it may take away what another layer defines.
    pub(super) fn may_take_away(&self) -> bool {
        self.menus.iter().any(|menu| menu.remove.is_some())
            || self.items.iter().any(|patch| matches!(patch.action, Action::Remove(_)))
            || self.variants.iter().any(|patch| matches!(patch.action, Action::Remove(_)))
            || self.categories.iter().any(|patch| match &patch.action {
                Action::Remove(_) => true,
                Action::Change(fields) => fields.variants.is_some(),
            })
    }
}

/// What makes a file an outlet.
#[derive(Debug)]
pub(super) struct OutletHead {
    pub(super) id: Spanned<OutletId>,
    pub(super) name: Option<String>,
    pub(super) paused: bool,
}

/// One entry of `menus`.
#[derive(Debug)]
pub(super) struct MenuEntry {
    pub(super) name: Spanned<String>,
    pub(super) remove: Option<Place>,
    /// Whether it is a menu that the platform fills itself.
    pub(super) platform: Option<Spanned<bool>>,
    pub(super) rename: Option<Spanned<String>>,
    pub(super) before: Option<Spanned<String>>,
    pub(super) hours: Declared<Box<Week>>,
    /// `None` without the key `menu_items`.
    pub(super) items: Option<Vec<ItemEntry>>,
}

/// A new item.
#[derive(Debug)]
pub(super) struct ItemEntry {
    pub(super) id: Spanned<ExternalId>,
    pub(super) fields: ItemFields,
}

/// A new variant category.
#[derive(Debug)]
pub(super) struct CategoryEntry {
    pub(super) id: Spanned<ExternalId>,
    pub(super) fields: CategoryFields,
}

/// A new variant.
#[derive(Debug, PartialEq)]
pub(super) struct VariantEntry {
    pub(super) id: Spanned<ExternalId>,
    pub(super) fields: VariantFields,
}

/// A change of something that exists.
#[derive(Debug)]
pub(super) struct Patch<C> {
    pub(super) id: Spanned<ExternalId>,
    pub(super) action: Action<C>,
}

/// What a patch does.
#[derive(Debug)]
pub(super) enum Action<C> {
    /// `remove: true`, and where that stands.
    Remove(Place),
    /// Anything else.
    Change(C),
}

/// A patch of an item: fields and where it stands.
#[derive(Debug, Default)]
pub(super) struct ItemChange {
    pub(super) fields: ItemFields,
    pub(super) menu: Option<Spanned<String>>,
    pub(super) before: Option<Spanned<ExternalId>>,
}

/// Fields of an item. What is required can be unsaid but not null.
#[derive(Debug, Default)]
pub(super) struct ItemFields {
    pub(super) name: Declared<String>,
    pub(super) internal_name: Declared<String>,
    pub(super) description: Declared<String>,
    pub(super) in_stock: Declared<bool>,
    pub(super) price: Declared<Price>,
    pub(super) image: Declared<String>,
    pub(super) hours: Declared<Box<Week>>,
    pub(super) categories: Declared<Vec<ExternalId>>,
}

/// Fields of a variant category.
#[derive(Debug, Default)]
pub(super) struct CategoryFields {
    pub(super) name: Declared<String>,
    pub(super) internal_name: Declared<String>,
    pub(super) min_quantity: Declared<u32>,
    pub(super) max_quantity: Declared<u32>,
    /// The whole list, if it is said.
    pub(super) variants: Option<Vec<VariantEntry>>,
}

/// Fields of a variant.
#[derive(Debug, Default, PartialEq)]
pub(super) struct VariantFields {
    pub(super) name: Declared<String>,
    pub(super) price: Declared<Price>,
    pub(super) in_stock: Declared<bool>,
}

/// One entry of `attach`.
#[derive(Debug)]
pub(super) struct Attach {
    /// The choice.
    pub(super) category: Spanned<ExternalId>,
    pub(super) to: Vec<Spanned<AttachTo>>,
}

/// Which dishes get it.
#[derive(Debug)]
pub(super) enum AttachTo {
    /// The item of this id, else those whose ids match the pattern that it is.
    Items(String, GlobSet),
    /// All items of this menu.
    Menu(String),
}

/// One entry of `pricing`.
#[derive(Debug)]
pub(super) struct Pricing {
    pub(super) markup: Spanned<Markup>,
    /// Prices become multiples of this; at least 1.
    pub(super) round_to: i64,
    pub(super) round: Round,
    pub(super) selector: Selector,
}

/// One entry of `promotions`.
#[derive(Debug)]
pub(super) struct PromotionEntry {
    pub(super) name: Spanned<String>,
    pub(super) action: Action<PromotionFields>,
}

/// What an entry says of a promotion; the first one that names it has to say all.
#[derive(Debug, Default)]
pub(super) struct PromotionFields {
    /// Its one dish.
    pub(super) item: Option<Spanned<ExternalId>>,
    /// What that costs.
    pub(super) selling: Option<Spanned<Selling>>,
    /// Several dishes, each with what it costs.
    pub(super) items: Option<Spanned<Vec<PromotedDish>>>,
    pub(super) start_date: Option<Spanned<Date>>,
    pub(super) end_date: Option<Spanned<Date>>,
    pub(super) start_time: Declared<Time>,
    pub(super) end_time: Declared<Time>,
    pub(super) days: Declared<Vec<Day>>,
    /// An outlet that does not have the dish is left out.
    pub(super) where_sold: Option<Spanned<bool>>,
}

/// One of several dishes of a promotion.
pub(super) type PromotedDish = (Spanned<ExternalId>, Action<Selling>);

/// What a dish costs in a promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Selling {
    Price(Price),
    /// A part of its price less, in hundredths of a percent.
    Discount {
        points: i64,
        round_to: i64,
        round: Round,
    },
}

/// How much is added to a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// Hundredths of a percent: `7.5%` is 750.
    BasisPoints(i64),
    /// Whole rupiah.
    Rupiah(i64),
}

/// Where a price goes that is no multiple of `round_to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// To the next greater one.
    Up,
    /// To the nearer one; in the middle, to the greater one.
    Nearest,
}

/// Which items an entry of `pricing` is for.
#[derive(Debug)]
pub(super) enum Selector {
    All,
    Menu(Spanned<String>),
    Ids(Vec<Spanned<ExternalId>>),
}

/// A decoded file, or why there is none.
#[derive(Debug)]
pub struct DecodedFile {
    pub(super) path: Arc<str>,
    /// `None` if nothing could be read from it.
    pub(super) layer: Option<Layer>,
    /// What is wrong with it as a file.
    pub(super) diagnostics: Vec<crate::diagnostic::Diagnostic>,
    /// Its comments that excuse something.
    pub(super) allows: Vec<crate::document::Allow>,
    /// If nothing could be read from it: the outlet that its text seems to be for.
    pub(super) broken_outlet: Option<super::BrokenOutlet>,
}

impl DecodedFile {
    /// What is wrong with it as a file.
    pub fn diagnostics(&self) -> &[crate::diagnostic::Diagnostic] {
        &self.diagnostics
    }

    /// The outlet whose whole menu stands in this file: it extends nothing, and all of it could be used.
    pub fn whole_outlet(&self) -> Option<&OutletId> {
        let head = &self.layer.as_ref().filter(|_| !self.is_broken())?.head;
        head.outlet.as_ref().filter(|_| head.extends.is_empty()).map(|outlet| &outlet.id.value)
    }

    /// Drops what the file adds and changes; it is decoded again from `file`, which it came from, when it is needed.
    #[must_use]
    pub fn without_content(mut self, file: PackedFile) -> Self {
        if let Some(layer) = &mut self.layer {
            layer.content = Held::Packed(file);
        }
        self
    }

    pub(super) fn head(&self) -> Option<&Head> {
        self.layer.as_ref().map(|layer| &layer.head)
    }

    /// Whether something in it could not be used.
    pub(super) fn is_broken(&self) -> bool {
        self.layer.is_none() || self.diagnostics.iter().any(crate::diagnostic::Diagnostic::is_error)
    }
}
