//! The text of a new approval.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    authoring::{Context, text},
    catalog::OutletId,
    plan::Digest,
    policy::Guard,
};

/// A whole file. Whatever stands in `reason`, it is read back as that text and as nothing else.
pub fn file_text(guard: Guard, reason: &str, expires: Timestamp, outlets: &BTreeMap<OutletId, Digest>) -> String {
    let reason = text(reason, Context::Block);
    let mut out = format!(
        "# Written by `menusync approve`. Releases this guard for the plans with these digests, and for no others.\n\
         guard: {guard}\nreason: {reason}\nexpires: \"{expires}\"\noutlets:\n"
    );
    for (outlet, digest) in outlets {
        out += &format!("  {}: {digest}\n", text(outlet.as_str(), Context::Flow));
    }
    out
}
