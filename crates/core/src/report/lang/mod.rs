//! The language of what owners and kitchens read: preview, status page, notifications, explanations of rules. Everything
//! else is English.
//!
//! Each text is one entry of a table with both languages, and a method of [`Lang`] with typed arguments; so a text that
//! lacks a language, or an argument, does not compile.

#[macro_use]
mod macros;
mod accepted;
mod changes;
mod menu;
mod notices;
mod page;
mod photos;
mod rollout;
mod rounds;
mod states;
mod stock;
#[cfg(test)]
mod tests;
mod times;

pub use accepted::accepted_language;

/// A language.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Indonesian.
    Id,
}

impl Lang {
    /// All languages.
    pub const ALL: [Self; 2] = [Self::En, Self::Id];

    /// Its tag (BCP 47), as settings, `lang` of HTML and `Content-Language` have it.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Id => "id",
        }
    }
}
