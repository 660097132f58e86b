//! One field on three sides: who moved, what goes into the payload, and what the base becomes.
//!
//! This is the heart of ownership: read [`decide`] with the table in its comment.

use std::borrow::Cow;

use serde::Serialize;

use super::Class;
use crate::catalog::{
    ExternalId, Field, Hours, Price,
    text::{is_escaped_otherwise, normalise_text},
};

/// Values that are compared with what the platform reads back, whose known rewritings must not look like a change.
pub(super) trait Compare: Clone + PartialEq + Serialize {
    /// The value in the form that is compared; `None` = the same as absent.
    fn canonical(&self) -> Option<Cow<'_, Self>> {
        Some(Cow::Borrowed(self))
    }

    /// Whether two values that compare equal are nevertheless two: where the platform shows what it was sent to the byte, it
    /// has not rewritten it, and another value in a file is meant.
    fn is_respelled(&self, _other: &Self) -> bool {
        false
    }
}

/// A text that was escaped, trimmed or encoded otherwise is the same text, and an empty one is none (unknown for the
/// platform; our choice).
impl Compare for String {
    fn canonical(&self) -> Option<Cow<'_, Self>> {
        match normalise_text(self) {
            normal if normal.is_empty() => None,
            Cow::Borrowed(_) => Some(Cow::Borrowed(self)),
            Cow::Owned(normal) => Some(Cow::Owned(normal)),
        }
    }

    fn is_respelled(&self, other: &Self) -> bool {
        is_escaped_otherwise(self, other)
    }
}

/// An item that was sent without hours may read back as sold all week (unknown for the platform; our choice). The order of
/// ranges within a day means nothing.
impl Compare for Hours {
    fn canonical(&self) -> Option<Cow<'_, Self>> {
        let mut sorted = self.clone();
        sorted.sort();
        (sorted != Self::all_week()).then_some(Cow::Owned(sorted))
    }
}

/// No choices and an empty list of choices are the same.
impl Compare for Vec<ExternalId> {
    fn canonical(&self) -> Option<Cow<'_, Self>> {
        (!self.is_empty()).then_some(Cow::Borrowed(self))
    }
}

/// Names of menus or categories that hold a thing; never absent.
impl Compare for Vec<String> {
    fn canonical(&self) -> Option<Cow<'_, Self>> {
        let mut names: Self = self.iter().map(|name| normalise_text(name).into_owned()).collect();
        names.sort();
        Some(Cow::Owned(names))
    }
}

impl Compare for Price {}
impl Compare for u32 {}
impl Compare for bool {}

/// A text in the form that is compared.
pub(super) fn normal_text(text: Field<String>) -> Field<String> {
    text.map(|text| normalise_text(&text).into_owned())
}

/// Whether two sides say the same thing about a field, absence included.
pub(super) fn same<T: Compare>(a: &Field<T>, b: &Field<T>) -> bool {
    let (a, b) = (a.value().and_then(T::canonical), b.value().and_then(T::canonical));
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => *a == *b,
        _ => false,
    }
}

/// Whether the files correct how a text is escaped that the platform shows just as it was sent.
fn is_corrected<T: Compare>(wanted: &Field<T>, base: &Field<T>, live: &Field<T>) -> bool {
    live == base && wanted.value().zip(live.value()).is_some_and(|(wanted, live)| wanted.is_respelled(live))
}

/// What follows from comparing a field on three sides.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decision<T> {
    /// Who moved; `None` = nothing to tell.
    pub(super) class: Option<Class>,
    /// Whether the files' value is to be sent.
    pub(super) push: bool,
    /// What a payload carries.
    pub(super) send: Field<T>,
    /// What the base becomes once that has arrived.
    pub(super) next_base: Field<T>,
}

/// Circumstances that are the same for all fields of an outlet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stance {
    /// Whether the outlet has a base at all.
    pub(super) has_base: bool,
    /// Whether the files win over drift and conflicts.
    pub(super) revert: bool,
}

/// Compares one field.
///
/// | desired | base | live | class | sent | base becomes |
/// |---|---|---|---|---|---|
/// | unsaid | unsaid | any | – | live | unsaid |
/// | unsaid | said | absent | – (converged) | absent | unsaid |
/// | unsaid | said | = base | edit (to null) | absent | unsaid |
/// | unsaid | said | other | conflict | live | base |
/// | said | any | = desired | – | desired | desired |
/// | said | unsaid | absent | edit (adopt without any base) | desired | desired |
/// | said | unsaid | other | adopt | desired | desired |
/// | said | ≠ desired | = base | edit | desired | desired |
/// | said | = desired | other | drift | live | base |
/// | said | other | other | conflict | live | base |
///
/// With `revert`, drift and conflicts send what the files say, and the base follows.
pub(super) fn decide<T: Compare>(stance: Stance, desired: &Field<T>, base: &Field<T>, live: &Field<T>) -> Decision<T> {
    if desired.is_unsaid() && base.value().is_none() {
        return Decision { class: None, push: false, send: live.clone(), next_base: Field::Unsaid };
    }
    let wanted = if desired.is_unsaid() { &Field::Null } else { desired };
    if same(wanted, live) && !is_corrected(wanted, base, live) {
        return Decision { class: None, push: false, send: wanted.clone(), next_base: desired.clone() };
    }
    let class = if base.is_unsaid() {
        if stance.has_base && live.value().and_then(T::canonical).is_none() { Class::Edit } else { Class::Adopt }
    } else if same(live, base) {
        Class::Edit
    } else if same(wanted, base) {
        Class::Drift
    } else {
        Class::Conflict
    };
    if stance.revert || matches!(class, Class::Edit | Class::Adopt) {
        Decision { class: Some(class), push: true, send: wanted.clone(), next_base: desired.clone() }
    } else {
        Decision { class: Some(class), push: false, send: live.clone(), next_base: base.clone() }
    }
}
