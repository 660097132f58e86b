//! Outlets that are valid now and will not be when one of their dated layers begins or ends.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Loaded, judge::Judged};
use crate::{
    definition::{Composed, just_before},
    diagnostic::Diagnostic,
    report::{InvalidFrom, errors_brief},
};

impl Loaded {
    /// When a valid outlet turns invalid by itself, and why. Looked for once for each verdict.
    pub(super) fn invalid_from(&self, judged: &Judged) -> Option<Arc<InvalidFrom>> {
        let next = judged.next_change.filter(|_| judged.is_valid())?;
        judged.invalid_from.get_or_init(|| self.first_invalid(judged, next).map(Arc::new)).clone()
    }

    fn first_invalid(&self, judged: &Judged, first: Timestamp) -> Option<InvalidFrom> {
        let id = &judged.outlet.id;
        for at in self.edges_ahead(id, just_before(first)).moments {
            let Composed { diagnostics, policy, .. } = self.compose(id, at);
            if diagnostics.iter().any(Diagnostic::is_error) {
                let when = at.to_zoned(policy.timezone).strftime("%a %Y-%m-%d %H:%M").to_string();
                return Some(InvalidFrom { at, when, reason: errors_brief(&diagnostics)? });
            }
        }
        None
    }
}
