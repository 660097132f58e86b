//! What a difference means for customers, in four steps. One table over kind, path and values; it judges nothing else, and
//! holds nothing back: that is what guards are for.

use hashbrown::HashSet;
use serde::Serialize;

use super::{Kind, OutletPlan, change::Change};
use crate::catalog::{Day, FieldValue, Hours, Path, RiskClass, text::same_text};

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

/// One step from a value to another; `None` = absent.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// What is done.
    pub kind: Kind,
    /// To what.
    pub path: &'a Path,
    /// The value before.
    pub from: Option<&'a FieldValue>,
    /// The value after.
    pub to: Option<&'a FieldValue>,
}

impl Change {
    /// The step that is told of: what a push does, else what somebody did elsewhere since the last verified push.
    pub fn step(&self, by_push: bool) -> Step<'_> {
        let Self { path, kind, .. } = self;
        let [from, to, base] = [&self.from, &self.to, &self.base].map(Option::as_ref);
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
/// | a promotion of ours | visible |
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
    let of_field = |class: RiskClass| match class {
        RiskClass::Text if is_respelled(from, to) => Risk::Cosmetic,
        RiskClass::Text => Risk::Visible,
        RiskClass::Price => Risk::Money,
        RiskClass::Stock => dangerous(to == Some(&FieldValue::Flag(false))),
        RiskClass::Hours => dangerous(is_sold_less(from, to)),
        RiskClass::Choices => dangerous(binds_choices(from, to, is_mandatory)),
        RiskClass::Least => dangerous(number(to) > number(from)),
        RiskClass::Id if from.is_none() => Risk::Cosmetic,
        RiskClass::Id => Risk::Danger,
        RiskClass::Shown => Risk::Visible,
        RiskClass::Hidden => Risk::Cosmetic,
    };
    match (kind, path.info()) {
        _ if matches!(path, Path::Promotion(..)) => Risk::Visible,
        (Kind::Remove, _) => Risk::Danger,
        (Kind::Add | Kind::Move, _) => Risk::Visible,
        (Kind::Set, Some(field)) => of_field(field.risk),
        (Kind::Set, None) => Risk::Visible,
    }
}

fn number(value: Option<&FieldValue>) -> u32 {
    value.and_then(FieldValue::as_number).unwrap_or(0)
}

/// Whether two texts differ in spaces, escaping and encoding only.
fn is_respelled(from: Option<&FieldValue>, to: Option<&FieldValue>) -> bool {
    let [from, to] = [from, to].map(|side| side.and_then(FieldValue::as_text).unwrap_or_default());
    same_text(from, to)
}

/// Whether a dish is sold for less of the week, or not at all on a day on which it was. Without hours it is always sold.
fn is_sold_less(from: Option<&FieldValue>, to: Option<&FieldValue>) -> bool {
    let hours = |value: Option<&FieldValue>| match value {
        Some(FieldValue::Hours(hours)) => hours.clone(),
        _ => Hours::all_week(),
    };
    let (old, new) = (hours(from), hours(to));
    let week = |hours: &Hours| -> u32 { Day::ALL.iter().map(|day| hours.minutes(*day)).sum() };
    let closes = |day: &Day| old.minutes(*day) > 0 && new.minutes(*day) == 0;
    week(&new) < week(&old) || Day::ALL.iter().any(closes)
}

/// Whether customers lose a choice or get one that they have to make.
fn binds_choices(from: Option<&FieldValue>, to: Option<&FieldValue>, is_mandatory: &dyn Fn(&str) -> bool) -> bool {
    fn ids(value: Option<&FieldValue>) -> HashSet<&str> {
        value.and_then(FieldValue::as_ids).into_iter().flatten().map(|id| id.as_str()).collect()
    }
    let (old, new) = (ids(from), ids(to));
    old.difference(&new).next().is_some() || new.difference(&old).any(|id| is_mandatory(id))
}

#[cfg(test)]
mod tests;
