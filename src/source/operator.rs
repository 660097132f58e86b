//! The settings of whoever runs menusync, outside of the repository.

use std::{path::Path, sync::Arc};

use super::text::{self, Refusal};
use crate::{
    diagnostic::{Diagnostic, Place},
    document::SourceFile,
    platform::{
        paths::canonicalize,
        rights::{how_to_own, is_only_ours},
    },
};

/// Reads them. Who could write them would choose where secrets are sent, so they have to belong to this user or to root alone.
pub fn operator_settings(path: &Path) -> Result<SourceFile, Refusal> {
    let name: Arc<str> = path.to_string_lossy().into();
    let real = canonicalize(path).map_err(|error| text::unreadable(&name, &error))?;
    if !is_only_ours(&real) {
        let message = "others than this user and root can write these settings of the operator, and so choose where \
                       secrets are sent";
        return Err(Box::new(
            Diagnostic::error("file-unreadable", Place::start_of(&name), message).help(how_to_own(&name)),
        ));
    }
    text::read(real.parent().unwrap_or(Path::new("/")), &real, &name)
}
