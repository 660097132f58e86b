//! What a difference means for customers, in four steps. One table over kind, path and values; it judges nothing else, and
//! holds nothing back: that is what guards are for.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::Value;

use super::{Kind, OutletPlan, change::Change};
use crate::catalog::{CategoryField, Day, Hours, ItemField, Path, VariantField, text::same_text};

/// How much a difference matters to customers, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// Something can no longer be ordered, is sold for less of the week, or has to be chosen; or its orders are lost.
    Danger,
    /// Something costs more or less.
    Money,
    /// Customers see something else.
    Visible,
    /// Customers see no difference.
    Cosmetic,
}

impl Risk {
    /// All of them, the worst first.
    pub const ALL: [Self; 4] = [Self::Danger, Self::Money, Self::Visible, Self::Cosmetic];

    /// The word for it, as JSON has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Danger => "danger",
            Self::Money => "money",
            Self::Visible => "visible",
            Self::Cosmetic => "cosmetic",
        }
    }
}

/// One step from a value to another; `null` = absent.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// What is done.
    pub kind: Kind,
    /// To what.
    pub path: &'a Path,
    /// The value before.
    pub from: &'a Value,
    /// The value after.
    pub to: &'a Value,
}

impl Change {
    /// The step that is told of: what a push does, else what somebody did elsewhere since the last verified push.
    pub fn step(&self, by_push: bool) -> Step<'_> {
        let Self { path, kind, from, to, base, .. } = self;
        match (by_push, kind) {
            (true, _) => Step { kind: *kind, path, from, to },
            (false, Kind::Add) => Step { kind: Kind::Remove, path, from: base, to: from },
            (false, Kind::Remove) => Step { kind: Kind::Add, path, from: base, to: from },
            (false, Kind::Set | Kind::Move) => Step { kind: *kind, path, from: base, to: from },
        }
    }
}

impl OutletPlan {
    /// What one step means for customers of this outlet.
    pub fn risk(&self, step: &Step<'_>) -> Risk {
        risk(step, &|id| {
            let mut categories = self.payload.variant_categories.iter();
            categories
                .any(|category| category.external_id.as_str() == id && is_mandatory(category.min_quantity.value()))
        })
    }
}

fn is_mandatory(least: Option<&u32>) -> bool {
    least.is_some_and(|least| *least > 0)
}

/// What a step means for customers.
///
/// | what | risk |
/// |---|---|
/// | an item, menu, variant category or variant goes | danger |
/// | any of them comes (a variant category matters through the items that get it) | visible |
/// | order, an item's menu, a variant's category | visible |
/// | stock: sold out; back on sale | danger; visible |
/// | price | money |
/// | name, description: another text; only spaces or encoding | visible; cosmetic |
/// | image | visible |
/// | internal name | cosmetic |
/// | hours: sold for less of the week, or a day closes; else | danger; visible |
/// | an item's choices: one goes, or a mandatory one comes; else | danger; visible |
/// | least quantity: rises; falls | danger; visible |
/// | most quantity | visible |
/// | external id: goes or becomes another; comes | danger; cosmetic |
///
/// `is_mandatory` knows, by id, the variant categories after the step.
pub fn risk(step: &Step<'_>, is_mandatory: &dyn Fn(&str) -> bool) -> Risk {
    let Step { kind, path, from, to } = *step;
    let dangerous = |danger: bool| if danger { Risk::Danger } else { Risk::Visible };
    let of_field = |field: Field| match field {
        Field::Text => {
            if is_respelled(from, to) {
                Risk::Cosmetic
            } else {
                Risk::Visible
            }
        }
        Field::Price => Risk::Money,
        Field::Stock => dangerous(*to == Value::Bool(false)),
        Field::Hours => dangerous(is_sold_less(from, to)),
        Field::Choices => dangerous(binds_choices(from, to, is_mandatory)),
        Field::Least => dangerous(number(to) > number(from)),
        Field::Id => {
            if from.is_null() {
                Risk::Cosmetic
            } else {
                Risk::Danger
            }
        }
        Field::Shown => Risk::Visible,
        Field::Hidden => Risk::Cosmetic,
    };
    match (kind, Field::of(path)) {
        (Kind::Remove, _) => Risk::Danger,
        (Kind::Add | Kind::Move, _) => Risk::Visible,
        (Kind::Set, Some(field)) => of_field(field),
        (Kind::Set, None) => Risk::Visible,
    }
}

/// Fields that are judged alike.
enum Field {
    Text,
    Price,
    Stock,
    Hours,
    Choices,
    Least,
    Id,
    Shown,
    Hidden,
}

impl Field {
    /// `None` for a thing as a whole. Every field of the model is named: a new one does not compile until it is judged.
    fn of(path: &Path) -> Option<Self> {
        Some(match path {
            Path::Menu(_) | Path::Item(_, None) | Path::Category(_, None) | Path::Variant(_, None) => return None,
            Path::Item(_, Some(field)) => match field {
                ItemField::ExternalId => Self::Id,
                ItemField::Name | ItemField::Description => Self::Text,
                ItemField::InternalName => Self::Hidden,
                ItemField::InStock => Self::Stock,
                ItemField::Price => Self::Price,
                ItemField::Menu | ItemField::Image => Self::Shown,
                ItemField::OperationalHours => Self::Hours,
                ItemField::VariantCategories => Self::Choices,
            },
            Path::Category(_, Some(field)) => match field {
                CategoryField::Name => Self::Text,
                CategoryField::InternalName => Self::Hidden,
                CategoryField::MinQuantity => Self::Least,
                CategoryField::MaxQuantity => Self::Shown,
            },
            Path::Variant(_, Some(field)) => match field {
                VariantField::ExternalId => Self::Id,
                VariantField::Category => Self::Shown,
                VariantField::Name => Self::Text,
                VariantField::Price => Self::Price,
                VariantField::InStock => Self::Stock,
            },
        })
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// Whether two texts differ in spaces, escaping and encoding only.
fn is_respelled(from: &Value, to: &Value) -> bool {
    same_text(from.as_str().unwrap_or_default(), to.as_str().unwrap_or_default())
}

/// Whether a dish is sold for less of the week, or not at all on a day on which it was. Without hours it is always sold.
fn is_sold_less(from: &Value, to: &Value) -> bool {
    let hours = |value: &Value| serde_json::from_value(value.clone()).unwrap_or_else(|_| Hours::all_week());
    let (old, new) = (hours(from), hours(to));
    let week = |hours: &Hours| -> u32 { Day::ALL.iter().map(|day| hours.minutes(*day)).sum() };
    let closes = |day: &Day| old.minutes(*day) > 0 && new.minutes(*day) == 0;
    week(&new) < week(&old) || Day::ALL.iter().any(closes)
}

/// Whether customers lose a choice or get one that they have to make.
fn binds_choices(from: &Value, to: &Value, is_mandatory: &dyn Fn(&str) -> bool) -> bool {
    fn ids(value: &Value) -> HashSet<&str> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }
    let (old, new) = (ids(from), ids(to));
    old.difference(&new).next().is_some() || new.difference(&old).any(|id| is_mandatory(id))
}

#[cfg(test)]
mod tests;
