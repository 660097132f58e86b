//! In which language a page is answered: that of the settings, else the one that the browser asks for, else English.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{header::ACCEPT_LANGUAGE, request::Parts},
};

use super::Handle;
use crate::report::{Lang, accepted_language};

/// What the browser asks for of what there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Accepted(Option<Lang>);

impl<S: Send + Sync> FromRequestParts<S> for Accepted {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let lines = parts.headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|line| line.to_str().ok());
        Ok(Self(accepted_language(&lines.collect::<Vec<_>>().join(","))))
    }
}

impl Accepted {
    /// The language of the answer.
    pub(super) fn or_of_settings(self, shared: &Handle) -> Lang {
        let files = shared.site.view.files();
        let settings = files.as_ref().and_then(|(loaded, _)| loaded.settings.as_ref());
        settings.and_then(|settings| settings.lang).or(self.0).unwrap_or_default()
    }
}
