//! Rules judge a [`Catalog`]: what GoFood would refuse, and what would surprise the people who order, cook or pay.
//!
//! A rule never sees a file. It names a [`Path`], and whoever asks says where that path was written; so the same rules
//! judge what the files say and what GoFood returns. Limits on *changes* are guards and belong to `plan`. Words, colours
//! and formats belong to `report`.
//!
//! [`RULES`] also lists the codes that reading files and laying layers give, so that every code can be explained; the
//! files of this room hold one theme each.

mod adjust;
mod allows;
mod approvals;
mod example;
mod files;
mod finding;
mod hours;
mod ids;
mod images;
mod images_fetched;
mod layers;
mod names;
mod prices;
mod scripts;
mod selection;
mod structure;
mod texts;
mod yaml;

pub use adjust::{adjust, adjust_each, suggest, unknown_rule};
pub use allows::{Allows, UsedAllows};
pub use finding::Findings;

use crate::{
    catalog::{Catalog, Path},
    diagnostic::{self, Diagnostic, Place, Severity},
};

/// One thing that can be wrong, told from its own data: `rule CODE` and the documentation print nothing else.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Kebab-case name, stable over releases.
    pub code: &'static str,
    /// How bad it is unless settings say otherwise.
    pub severity: Severity,
    /// Whether the `rules:` setting may change the severity. What leaves a file or an outlet without meaning stays an error.
    pub adjustable: bool,
    /// What must be so, in one line.
    pub summary: &'static str,
    /// Why, beginning with how we know: `Documentation:`, `Seen live:` or `Our choice:`.
    pub why: &'static str,
    /// Files that give this code: one definition, or several files that each begin with a line `# PATH`. Behind the path may
    /// stand what cannot be shown as text: the size of a photo, or what a server answers.
    pub bad: &'static str,
    /// The same mended.
    pub good: &'static str,
    /// Finds it in a catalog; `None` for what is found while reading files and laying layers.
    pub check: Option<fn(&Catalog, &mut Findings<'_>)>,
}

/// All rules, sorted by code.
pub static RULES: &[Rule] = &[
    yaml::ALIAS_EXPANSION,
    files::ALLOW_FORMAT,
    files::ALLOW_UNUSED,
    files::ALLOW_WITHOUT_REASON,
    approvals::DIGEST,
    approvals::EXPIRED,
    approvals::EXPIRES,
    approvals::OUTLET,
    approvals::REASON,
    texts::CHOICE_NAME_LENGTH,
    files::CONFLICTING_KEYS,
    yaml::CONTROL_CHARACTER,
    files::CRON,
    layers::DATE_FORMAT,
    layers::DATED_OUTLET,
    texts::DESCRIPTION_LENGTH,
    texts::DESCRIPTION_MISSING,
    ids::DUPLICATE,
    yaml::DUPLICATE_KEY,
    structure::DUPLICATE_MENU,
    names::DUPLICATE,
    files::DUPLICATE_OUTLET,
    files::EMPTY_FILE,
    structure::EMPTY_MENU,
    selection::EMPTY_CATEGORY,
    layers::EXTENDS_LOOP,
    ids::ACROSS_KINDS,
    ids::CASE,
    ids::CHARACTERS,
    ids::EMPTY,
    ids::LENGTH,
    ids::SPACE,
    files::FILE_ENCODING,
    files::FILE_IGNORED,
    files::FILE_TOO_LARGE,
    files::FILE_UNREADABLE,
    files::GLOB,
    hours::CLOSED_ALL_WEEK,
    hours::EMPTY_RANGE,
    files::HOURS_FORMAT,
    files::HOURS_MISSING_DAY,
    hours::ORDER,
    hours::OVERLAP,
    hours::PAST_MIDNIGHT,
    images_fetched::CONTENT_TYPE,
    images::CREDENTIALS,
    files::IMAGE_FILE,
    images::MISSING,
    images_fetched::NOT_FOUND,
    images::NOT_HTTPS,
    images::PRIVATE_HOST,
    images_fetched::RATIO,
    images_fetched::TOO_LARGE,
    images_fetched::TOO_SMALL,
    images_fetched::TRUNCATED,
    images::TYPE,
    images_fetched::UNCHECKED,
    images::URL,
    files::INSECURE_URL,
    texts::INTERNAL_NAME_LENGTH,
    structure::ITEM_IN_TWO_MENUS,
    layers::MENU_EXISTS,
    names::MENU_CLOSE,
    yaml::MISSING_KEY,
    yaml::MULTIPLE_DOCUMENTS,
    texts::NAME_BLANK,
    texts::NAME_LENGTH,
    files::NO_DEFINITIONS,
    structure::NO_MENUS,
    yaml::NUMBER_FORMAT,
    files::OUT_OF_RANGE,
    files::OUTLET_ID,
    files::OUTSIDE_ROOT,
    layers::PATCH_SHADOWED,
    layers::PATCH_WITHOUT_EFFECT,
    prices::NOT_POSITIVE,
    prices::TOO_HIGH,
    prices::TOO_LOW,
    prices::WITH_CHOICES,
    ids::REPEATED_CATEGORY,
    selection::MAX_POINTLESS,
    selection::MAX_ZERO,
    selection::MIN_IMPOSSIBLE,
    selection::MIN_OVER_MAX,
    selection::SOLD_OUT,
    files::SETTINGS_MISSING,
    yaml::SYNTAX,
    yaml::TAB_INDENTATION,
    texts::CONTROL_CHARACTERS,
    scripts::INVISIBLE,
    scripts::MIXED,
    texts::WHITESPACE,
    files::TIMEZONE,
    yaml::TOO_DEEP,
    yaml::TOO_MANY,
    yaml::UNKNOWN_ALIAS,
    yaml::UNKNOWN_KEY,
    layers::UNKNOWN_LAYER,
    layers::UNKNOWN_MENU,
    files::UNKNOWN_OUTLET,
    layers::UNKNOWN_PATCH_TARGET,
    files::UNKNOWN_RULE,
    yaml::UNKNOWN_TAG,
    yaml::UNKNOWN_VALUE,
    ids::UNKNOWN_CATEGORY,
    layers::UNUSED_LAYER,
    ids::UNUSED_CATEGORY,
    prices::VARIANT_HIGH,
    prices::VARIANT_NEGATIVE,
    files::WINDOW_OUTLETS,
    yaml::WRONG_KEY,
    layers::WRONG_PLACE,
    yaml::WRONG_TYPE,
    files::WRONG_URL,
];

impl Rule {
    /// A code that is given while reading files or laying layers: an error that settings cannot change, unless it is made
    /// one of the others below.
    const fn of_reading(
        code: &'static str,
        summary: &'static str,
        why: &'static str,
        bad: &'static str,
        good: &'static str,
    ) -> Self {
        Self { code, severity: Severity::Error, adjustable: false, summary, why, bad, good, check: None }
    }

    /// The same as a warning.
    const fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same with a severity that settings may change.
    const fn adjustable(mut self) -> Self {
        self.adjustable = true;
        self
    }

    /// The same as a warning that settings may change.
    const fn adjustable_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self.adjustable = true;
        self
    }
}

/// The rule with this code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    let index = RULES.binary_search_by(|rule| rule.code.cmp(code)).ok()?;
    RULES.get(index)
}

/// Judges a catalog by every rule that has a check, with default severities (see [`adjust`]). `place` says where a path
/// was written; a field that it does not know is shown where its thing is. What concerns the catalog as a whole has no
/// place. The result is sorted; things that share one place and one trouble (hours of a whole file) are told once.
pub fn check(catalog: &Catalog, place: &dyn Fn(&Path) -> Option<Place>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for rule in RULES {
        if let Some(check) = rule.check {
            let mut findings = Findings::new(rule, place);
            check(catalog, &mut findings);
            diagnostics.append(&mut findings.into_diagnostics());
        }
    }
    diagnostic::sort(&mut diagnostics);
    diagnostics
}

#[cfg(test)]
mod tests;
