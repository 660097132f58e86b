//! Which outlets a command or a window means.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::Member;
use crate::definition::Outlet;

/// Globs over an outlet's id, its name, its file and every layer that it extends. No globs mean all outlets.
#[derive(Debug, Default)]
pub struct Selection {
    globs: Option<GlobSet>,
}

/// A glob that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{glob}` is not a pattern for outlets (`*` any text, `?` a character, `{{a,b}}` either)")]
pub struct SelectionError {
    glob: String,
    source: globset::Error,
}

impl Selection {
    /// Reads globs: `*` stands for any text, `?` for a character, `{a,b}` for either; letters match in both cases.
    pub fn new(globs: &[String]) -> Result<Self, SelectionError> {
        if globs.is_empty() {
            return Ok(Self { globs: None });
        }
        let failed = |glob: &str| {
            let glob = glob.to_owned();
            move |source| SelectionError { glob, source }
        };
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            set.add(GlobBuilder::new(glob).case_insensitive(true).build().map_err(failed(glob))?);
        }
        let globs = set.build().map_err(failed(&globs.join(" ")))?;
        Ok(Self { globs: Some(globs) })
    }

    /// Whether an outlet is meant.
    pub fn matches(&self, member: &Member) -> bool {
        let files = std::iter::once(&member.file).chain(&member.layers);
        self.matches_any([member.id.as_str(), &member.name].into_iter().chain(files.map(|file| &**file)))
    }

    /// Whether an outlet of the definitions is meant.
    pub fn matches_outlet(&self, outlet: &Outlet) -> bool {
        let files = std::iter::once(&outlet.file).chain(&outlet.chain);
        self.matches_any([outlet.id.as_str(), &outlet.name].into_iter().chain(files.map(|file| &**file)))
    }

    /// Whether something with these names is meant.
    pub fn matches_names<'a>(&self, names: impl IntoIterator<Item = &'a String>) -> bool {
        self.matches_any(names.into_iter().map(String::as_str))
    }

    fn matches_any<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> bool {
        self.globs.as_ref().is_none_or(|globs| names.any(|name| globs.is_match(name)))
    }
}
