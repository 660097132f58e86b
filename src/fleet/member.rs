//! One outlet of the fleet.

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::{catalog::OutletId, diagnostic::Diagnostic, report::InvalidFrom, sync::Target};

/// One outlet, without its catalog.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its id.
    pub id: OutletId,
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: Arc<str>,
    /// Its layers in the order in which they are laid, its own file last.
    pub layers: Vec<Arc<str>>,
    /// Which of `gobiz.accounts` reaches it.
    pub account: Option<Arc<str>>,
    /// Its time zone; `None` where its files cannot be read.
    pub zone: Option<TimeZone>,
    /// `state: paused`
    pub paused: bool,
    /// The images of its catalog, in one number: it differs when they do, as an image file is published under an address
    /// that has its content's hash.
    pub images: u64,
    /// Whether it may be pushed: no error among its diagnostics.
    pub valid: bool,
    /// What is wrong with its files and its catalog, warnings included. Shared between outlets: a layer with thousands of
    /// mistakes may serve hundreds of them.
    pub diagnostics: Vec<Arc<Diagnostic>>,
    /// When it turns invalid by itself; looked for by [`super::Loaded::survey`] alone.
    pub invalid_from: Option<Arc<InvalidFrom>>,
}

impl Member {
    /// Which outlet it is.
    pub fn target(&self) -> Target {
        Target { id: self.id.clone(), name: self.name.clone(), file: Arc::clone(&self.file) }
    }
}
