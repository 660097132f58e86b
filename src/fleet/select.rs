//! Which outlets a command or a window means.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use super::Member;
use crate::definition::Outlet;

/// Globs over an outlet's id, its name, its file and every layer that it extends. No globs mean all outlets.
///
/// Files are named by their path in the root or below `catalogs/`. A glob that neither begins with a wildcard nor has the
/// shape of a path is about ids and names only: every file is below `catalogs/`, and `C*` does not mean all of them.
#[derive(Debug, Default)]
pub struct Selection {
    globs: Option<Globs>,
}

#[derive(Debug)]
struct Globs {
    names: GlobSet,
    /// The globs as they were given: an outlet may be called like one.
    given: Vec<String>,
    files: GlobSet,
}

/// A glob that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{glob}` is not a pattern for outlets (`*` any text, `?` a character, `{{a,b}}` either)")]
pub struct SelectionError {
    glob: String,
    source: globset::Error,
}

impl Selection {
    /// Whether nothing was chosen: all outlets are meant.
    pub fn is_all(&self) -> bool {
        self.globs.is_none()
    }

    /// Reads globs: `*` stands for any text, `?` for a character, `{a,b}` for either; letters match in both cases. A name or an
    /// id that is the same text matches as well, whatever is in it.
    pub fn new(globs: &[String]) -> Result<Self, SelectionError> {
        if globs.is_empty() {
            return Ok(Self { globs: None });
        }
        let given: Vec<String> = globs.iter().map(|glob| glob.to_lowercase()).collect();
        // A name with a bracket that is never closed is a name.
        let globs: Vec<&String> = globs.iter().filter(|glob| glob_of(glob).is_ok()).collect();
        let of_files = globs.iter().filter_map(|glob| of_files(glob)).flatten();
        let globs = Globs { given, names: set(globs.iter().map(|glob| (*glob).clone()))?, files: set(of_files)? };
        Ok(Self { globs: Some(globs) })
    }

    /// Whether an outlet is meant.
    pub fn matches(&self, member: &Member) -> bool {
        let files = std::iter::once(&member.file).chain(&member.layers);
        self.matches_any([member.id.as_str(), &member.name], files.map(AsRef::as_ref))
    }

    /// Whether an outlet of the definitions is meant.
    pub fn matches_outlet(&self, outlet: &Outlet) -> bool {
        let files = std::iter::once(&outlet.file).chain(&outlet.chain);
        self.matches_any([outlet.id.as_str(), &outlet.name], files.map(AsRef::as_ref))
    }

    /// Whether an outlet is meant of which no more than this is remembered.
    pub fn matches_remembered(&self, id: &str, name: Option<&str>, file: Option<&str>) -> bool {
        self.matches_any(std::iter::once(id).chain(name), file)
    }

    fn matches_any<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
        files: impl IntoIterator<Item = &'a str>,
    ) -> bool {
        self.globs.as_ref().is_none_or(|globs| {
            names.into_iter().any(|name| globs.names.is_match(name) || globs.given.contains(&name.to_lowercase()))
                || files.into_iter().any(|file| globs.files.is_match(file))
        })
    }
}

/// The globs over paths in the root that a glob stands for, if it can be about files.
fn of_files(glob: &str) -> Option<Vec<String>> {
    let glob = glob.strip_prefix("./").unwrap_or(glob);
    if glob.starts_with(['*', '?', '[', '{']) {
        return Some(vec![glob.to_owned()]);
    }
    let is_path = glob.contains('/') || [".yaml", ".yml", ".json"].iter().any(|end| glob.ends_with(end));
    is_path.then(|| vec![glob.to_owned(), format!("catalogs/{glob}")])
}

fn glob_of(glob: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(glob).case_insensitive(true).build()
}

fn set(globs: impl IntoIterator<Item = String>) -> Result<GlobSet, SelectionError> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        match glob_of(&glob) {
            Ok(built) => set.add(built),
            Err(source) => return Err(SelectionError { glob, source }),
        };
    }
    set.build().map_err(|source| SelectionError { glob: "these together".to_owned(), source })
}
