//! One field on three sides: who moved, what goes into the payload, and what the base becomes.
//!
//! This is the heart of ownership: read [`decide`] with the table in its comment.

use std::borrow::Cow;

use super::Class;
use crate::catalog::{
    Field, FieldValue,
    text::{is_escaped_otherwise, normalise_text},
};

/// A value in the form that is compared, in which known rewritings of the platform do not look like a change; `None` = the
/// same as absent.
pub(super) fn canonical(value: &FieldValue) -> Option<Cow<'_, FieldValue>> {
    match value {
        // A text that was escaped, trimmed or encoded otherwise is the same text, and an empty one is none (unknown for the
        // platform; our choice).
        FieldValue::Text(text) => match normalise_text(text) {
            normal if normal.is_empty() => None,
            Cow::Borrowed(_) => Some(Cow::Borrowed(value)),
            Cow::Owned(normal) => Some(Cow::Owned(FieldValue::Text(normal))),
        },
        // An item that was sent without hours may read back as sold all week (unknown for the platform; our choice). The order
        // of ranges within a day means nothing.
        FieldValue::Hours(hours) => {
            let mut sorted = hours.clone();
            sorted.sort();
            (!sorted.is_all_week()).then_some(Cow::Owned(FieldValue::Hours(sorted)))
        }
        FieldValue::Ids(ids) => (!ids.is_empty()).then_some(Cow::Borrowed(value)),
        // What holds a thing is never absent.
        FieldValue::Names(names) => {
            let mut names: Vec<String> = names.iter().map(|name| normalise_text(name).into_owned()).collect();
            names.sort();
            Some(Cow::Owned(FieldValue::Names(names)))
        }
        _ => Some(Cow::Borrowed(value)),
    }
}

/// Whether two sides say the same thing about a field, absence included.
pub(super) fn same(a: &Field<FieldValue>, b: &Field<FieldValue>) -> bool {
    a.value().and_then(canonical) == b.value().and_then(canonical)
}

/// Whether the files correct how a text is escaped that the platform shows just as it was sent: where it shows that to the
/// byte, it has not rewritten it, and another text is meant.
fn is_corrected(wanted: &Field<FieldValue>, base: &Field<FieldValue>, live: &Field<FieldValue>) -> bool {
    let texts = wanted.value().and_then(FieldValue::as_text).zip(live.value().and_then(FieldValue::as_text));
    live == base && texts.is_some_and(|(wanted, live)| is_escaped_otherwise(wanted, live))
}

/// What follows from comparing a field on three sides.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decision {
    /// Who moved; `None` = nothing to tell.
    pub(super) class: Option<Class>,
    /// Whether the files' value is to be sent.
    pub(super) push: bool,
    /// What a payload carries.
    pub(super) send: Field<FieldValue>,
    /// What the base becomes once that has arrived.
    pub(super) next_base: Field<FieldValue>,
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
pub(super) fn decide(
    stance: Stance,
    desired: &Field<FieldValue>,
    base: &Field<FieldValue>,
    live: &Field<FieldValue>,
) -> Decision {
    if desired.is_unsaid() && base.value().is_none() {
        return Decision { class: None, push: false, send: live.clone(), next_base: Field::Unsaid };
    }
    let wanted = if desired.is_unsaid() { &Field::Null } else { desired };
    if same(wanted, live) && !is_corrected(wanted, base, live) {
        return Decision { class: None, push: false, send: wanted.clone(), next_base: desired.clone() };
    }
    let class = if base.is_unsaid() {
        if stance.has_base && live.value().and_then(canonical).is_none() { Class::Edit } else { Class::Adopt }
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
