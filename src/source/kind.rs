//! Which files of a root are read, and as what: on disk, in a commit and in an editor alike.

use crate::settings;

/// What a file of the root is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `menusync.yaml`
    Settings,
    /// A layer or an outlet.
    Definition,
    /// A reviewed exception to a guard.
    Approval,
}

/// What the file of this path in the root is read as; `None`: it is not read.
pub fn kind_of(path: &str) -> Option<Kind> {
    Kind::of_place(path).filter(|kind| kind.has_ending(path))
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Settings, Self::Definition, Self::Approval];

    /// What may be read at a path, whatever its ending: it may be a directory. `None` also for names with a part that begins
    /// with a dot.
    pub(super) fn of_place(path: &str) -> Option<Self> {
        let mut parts = path.split('/');
        let top = parts.next()?;
        let kind = Self::ALL.into_iter().find(|kind| kind.top() == top)?;
        let fits = match (kind, path.matches('/').count()) {
            (Self::Settings, depth) => depth == 0,
            (Self::Approval, depth) => depth <= 1,
            (Self::Definition, _) => true,
        };
        (fits && !parts.any(|part| part.is_empty() || part.starts_with('.'))).then_some(kind)
    }

    /// The file or the directory at the top of the root.
    pub(super) fn top(self) -> &'static str {
        match self {
            Self::Settings => settings::FILE,
            Self::Definition => "catalogs",
            Self::Approval => "approvals",
        }
    }

    /// Whether directories below that one are read.
    pub(super) fn is_deep(self) -> bool {
        self == Self::Definition
    }

    pub(super) fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Settings | Self::Approval => &["yaml"],
            Self::Definition => &["yaml", "yml", "json"],
        }
    }

    pub(super) fn has_ending(self, name: &str) -> bool {
        name.rsplit_once('.').is_some_and(|(_, ending)| self.endings().contains(&ending))
    }
}
