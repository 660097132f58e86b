//! PhotoAlbum in a page: files of the root are put into its style sheet, each once; those of others are links, so that opening a
//! page tells no server of it.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};

/// The largest photo that is put into a page, and the most that all of them may have (our choice: a page that can be sent by
/// mail).
const MOST_BYTES: usize = 400_000;
const MOST_BYTES_TOGETHER: usize = 4_000_000;

/// What is known of a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Photo {
    /// A file of the root, with its bytes.
    Local(Vec<u8>),
    /// At a server of others.
    Elsewhere,
}

/// How a photo is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShownPhoto {
    /// By a class of the style sheet.
    Embedded(String),
    /// As a link.
    Linked {
        /// `https://…`
        url: String,
        /// Its server.
        host: String,
    },
    /// Not: it has so many kilobytes.
    TooLarge(usize),
    /// Not: it is no JPEG or PNG, or has an address that nobody should follow.
    Unknown,
}

/// The photos of one page.
pub struct PhotoAlbum<'a> {
    find: &'a dyn Fn(&str) -> Photo,
    known: BTreeMap<String, ShownPhoto>,
    style: String,
    bytes: usize,
}

impl<'a> PhotoAlbum<'a> {
    /// `find` knows a photo by its address.
    pub fn new(find: &'a dyn Fn(&str) -> Photo) -> Self {
        Self { find, known: BTreeMap::new(), style: String::new(), bytes: 0 }
    }

    /// What the style sheet of the page needs beside its own.
    pub fn style(&self) -> &str {
        &self.style
    }

    /// Takes a photo into the page.
    pub(in crate::report) fn show(&mut self, url: &str) -> ShownPhoto {
        if let Some(known) = self.known.get(url) {
            return known.clone();
        }
        let shown = match (self.find)(url) {
            Photo::Local(bytes) => self.embed(&bytes),
            Photo::Elsewhere => linked(url),
        };
        self.known.insert(url.to_owned(), shown.clone());
        shown
    }

    fn embed(&mut self, bytes: &[u8]) -> ShownPhoto {
        let Some(kind) = kind(bytes) else { return ShownPhoto::Unknown };
        if bytes.len() > MOST_BYTES || self.bytes + bytes.len() > MOST_BYTES_TOGETHER {
            return ShownPhoto::TooLarge(bytes.len().div_ceil(1000));
        }
        self.bytes += bytes.len();
        let class = format!("photo-{}", self.known.len());
        let data = BASE64_STANDARD.encode(bytes);
        self.style += &format!(".{class} {{ background-image: url(data:image/{kind};base64,{data}); }}\n");
        ShownPhoto::Embedded(class)
    }
}

fn kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("png"),
        _ => None,
    }
}

fn linked(url: &str) -> ShownPhoto {
    let host = url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
    let is_plain = url.chars().all(|c| c.is_ascii_graphic());
    match host.filter(|host| !host.is_empty() && is_plain) {
        Some(host) => ShownPhoto::Linked { url: url.to_owned(), host: host.to_owned() },
        None => ShownPhoto::Unknown,
    }
}
