//! HTML that stands alone: one file, nothing loaded, no script. Every text from menus, files and the platform is escaped by
//! the template, and characters that hide or turn text are written out.

mod photos;

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};
pub use photos::{Photo, PhotoAlbum, ShownPhoto};
use sha2::{Digest as _, Sha256};

use super::{Lang, untrusted};

/// The style of everything that is shown as HTML.
pub const STYLE: &str = include_str!("style.css");

/// Nothing is loaded, run, framed or sent but for what `more` allows; the style sheet is known by its hash, and photos stand
/// in it.
pub fn content_policy(style: &str, more: &str) -> String {
    let hash = BASE64_STANDARD.encode(Sha256::digest(style));
    format!("default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; {more}")
}

/// A file to be opened, attached or sent.
pub struct Document {
    /// Its language.
    pub lang: Lang,
    /// Its title.
    pub title: String,
    /// Its content.
    pub body: Markup,
}

impl Document {
    /// The whole file.
    pub fn into_file(self, photos: &PhotoAlbum<'_>) -> String {
        let style = format!("{STYLE}{}", photos.style());
        let page = html! {
            (DOCTYPE)
            html lang=(self.lang.tag()) {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(content_policy(&style, "form-action 'none'"));
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="referrer" content="no-referrer";
                    meta name="robots" content="noindex";
                    title { (shown(&self.title)) }
                    style { (PreEscaped(style)) }
                }
                body { (self.body) }
            }
        };
        page.into_string() + "\n"
    }
}

/// Text that does nothing but show itself; the template escapes it further.
pub fn shown(text: &str) -> Cow<'_, str> {
    untrusted::printable(text)
}

/// A sentence of ours: what stands between backticks is code. Foreign texts in it are shown as they are.
pub fn with_code(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (shown(part)) } } @else { (shown(part)) }
        }
    }
}
