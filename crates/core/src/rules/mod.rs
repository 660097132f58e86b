//! Rules judge a [`Catalog`]: what GoFood would refuse, and what would surprise the people who order, cook or pay.
//!
//! A rule never sees a file. It names a [`Path`], and whoever asks says where that path was written; so the same rules
//! judge what the files say and what GoFood returns. Limits on *changes* are guards and belong to `plan`. Words, colours
//! and formats belong to `report`.
//!
//! What a rule says is a page, `pages/CODE.md`; its check, if it has one, is `check_CODE` in the file of its theme. The
//! table in this file lists both. It also has the codes that reading files, composing layers and loading images give,
//! so that every code can be explained.

mod adjust;
mod allows;
mod finding;
mod hours;
mod ids;
mod images;
mod names;
mod page;
mod prices;
mod promotions;
mod scripts;
mod selection;
mod structure;
mod texts;

pub use adjust::{adjust, adjust_each, suggest, unknown_rule};
pub use allows::{Allows, UsedAllows};
pub use finding::Findings;
pub use images::has_picture_ending;
pub use prices::MIN_LIKELY_PRICE;

use std::sync::LazyLock;

use self::page::Page;
use crate::{
    catalog::{Catalog, Path},
    diagnostic::{self, Diagnostic, Place, Severity},
};

/// One thing that can be wrong. `rule CODE` and the documentation print nothing else.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Kebab-case name, stable over releases.
    pub code: &'static str,
    /// How bad it is unless settings say otherwise.
    pub severity: Severity,
    /// Whether the `rules:` setting may change the severity. What leaves a file or an outlet without meaning stays an error.
    pub adjustable: bool,
    /// What is read when it is found.
    pub found_in: FoundIn,
    /// What must be so, in one line.
    pub summary: &'static str,
    /// Why, beginning with how we know: `Documentation:`, `Seen live:` or `Our choice:`.
    pub why: String,
    /// What is wrong and what to do, in Indonesian, for owners.
    pub indonesian: String,
    /// Files that give this code: one definition, or several files that each begin with a line `# PATH`. Behind the path may
    /// stand what cannot be shown as text: the size of a photo, or what a server answers.
    pub bad: String,
    /// The same files corrected.
    pub good: String,
    /// Finds it; `Some` exactly for what is found in a catalog.
    pub check: Option<Check>,
}

/// Where the page about a code can be read, if the crate says where its repository is and the code is that of a rule.
pub fn page_address(code: &str) -> Option<String> {
    address_in(env!("CARGO_PKG_REPOSITORY"), code)
}

fn address_in(repository: &str, code: &str) -> Option<String> {
    rule(code).filter(|_| repository.starts_with("https://"))?;
    Some(format!("{}/blob/main/docs/rules.md#{code}", repository.trim_end_matches(".git")))
}

/// Adds what is wrong with a catalog to the findings.
pub type Check = fn(&Catalog, &mut Findings<'_>);

/// What is read when the code of a rule is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundIn {
    /// A file, its place among others, or the settings.
    File,
    /// The finished catalog of an outlet.
    Catalog,
    /// The bytes of an image, or what its server answers: where no image is loaded, the code is never given.
    Image,
}

/// The table: each line is the code of a page, and the check if it is found in a catalog.
macro_rules! rules {
    ($($code:literal $(=> $check:path)?,)*) => {
        &[$(Page { code: $code, text: include_str!(concat!("pages/", $code, ".md")), check: rules!(@ $($check)?) }),*]
    };
    (@) => { None };
    (@ $check:path) => { Some($check) };
}

/// All pages, sorted by code.
static PAGES: &[Page] = rules! {
    "alias-expansion",
    "allow-format",
    "allow-unused",
    "allow-without-reason",
    "approval-digest",
    "approval-expired",
    "approval-expires",
    "approval-outlet",
    "approval-reason",
    "choice-name-length" => texts::check_choice_name_length,
    "conflicting-keys",
    "control-character",
    "cron",
    "date-format",
    "dated-outlet",
    "description-length" => texts::check_description_length,
    "description-missing" => texts::check_description_missing,
    "duplicate-id" => ids::check_duplicate_id,
    "duplicate-key",
    "duplicate-menu",
    "duplicate-name" => names::check_duplicate_name,
    "duplicate-outlet",
    "empty-file",
    "empty-menu" => structure::check_empty_menu,
    "empty-variant-category" => selection::check_empty_variant_category,
    "extends-loop",
    "external-id-across-kinds" => ids::check_external_id_across_kinds,
    "external-id-case" => ids::check_external_id_case,
    "external-id-characters" => ids::check_external_id_characters,
    "external-id-empty" => ids::check_external_id_empty,
    "external-id-length" => ids::check_external_id_length,
    "external-id-space" => ids::check_external_id_space,
    "file-encoding",
    "file-ignored",
    "file-too-large",
    "file-unreadable",
    "glob",
    "hours-closed-all-week" => hours::check_hours_closed_all_week,
    "hours-empty-range" => hours::check_hours_empty_range,
    "hours-format",
    "hours-missing-day",
    "hours-order" => hours::check_hours_order,
    "hours-overlap" => hours::check_hours_overlap,
    "hours-past-midnight" => hours::check_hours_past_midnight,
    "image-content-type",
    "image-credentials" => images::check_image_credentials,
    "image-file",
    "image-missing" => images::check_image_missing,
    "image-not-found",
    "image-not-https" => images::check_image_not_https,
    "image-private-host" => images::check_image_private_host,
    "image-ratio",
    "image-share-page" => images::check_image_share_page,
    "image-too-large",
    "image-too-small",
    "image-truncated",
    "image-type" => images::check_image_type,
    "image-unchecked",
    "image-url" => images::check_image_url,
    "insecure-url",
    "internal-name-length" => texts::check_internal_name_length,
    "item-in-two-menus",
    "menu-exists",
    "menu-name-close" => names::check_menu_name_close,
    "missing-key",
    "multiple-documents",
    "name-blank" => texts::check_name_blank,
    "name-length" => texts::check_name_length,
    "no-definitions",
    "no-menus" => structure::check_no_menus,
    "number-format",
    "out-of-range",
    "outlet-id",
    "outside-root",
    "patch-shadowed",
    "patch-without-effect",
    "price-not-positive" => prices::check_price_not_positive,
    "price-too-high" => prices::check_price_too_high,
    "price-too-low" => prices::check_price_too_low,
    "price-with-choices" => prices::check_price_with_choices,
    "promotion-closed" => promotions::check_promotion_closed,
    "promotion-dates" => promotions::check_promotion_dates,
    "promotion-days" => promotions::check_promotion_days,
    "promotion-deep" => promotions::check_promotion_deep,
    "promotion-discount" => promotions::check_promotion_discount,
    "promotion-in-dated-layer",
    "promotion-item" => promotions::check_promotion_item,
    "promotion-over" => promotions::check_promotion_over,
    "promotion-overlap" => promotions::check_promotion_overlap,
    "promotion-price" => promotions::check_promotion_price,
    "promotion-starts-today" => promotions::check_promotion_starts_today,
    "promotion-times" => promotions::check_promotion_times,
    "promotion-with-choices" => promotions::check_promotion_with_choices,
    "repeated-variant-category" => ids::check_repeated_variant_category,
    "rollout-outlets",
    "selection-max-pointless" => selection::check_selection_max_pointless,
    "selection-max-zero" => selection::check_selection_max_zero,
    "selection-min-impossible" => selection::check_selection_min_impossible,
    "selection-min-over-max" => selection::check_selection_min_over_max,
    "selection-sold-out" => selection::check_selection_sold_out,
    "settings-missing",
    "syntax",
    "tab-indentation",
    "text-control-characters" => texts::check_text_control_characters,
    "text-cut",
    "text-invisible-characters" => scripts::check_text_invisible_characters,
    "text-mixed-scripts" => scripts::check_text_mixed_scripts,
    "text-whitespace" => texts::check_text_whitespace,
    "timezone",
    "timezone-sign",
    "too-deep",
    "too-many-diagnostics",
    "unknown-account",
    "unknown-alias",
    "unknown-key",
    "unknown-layer",
    "unknown-menu",
    "unknown-outlet",
    "unknown-patch-target",
    "unknown-rule",
    "unknown-tag",
    "unknown-value",
    "unknown-variant-category" => ids::check_unknown_variant_category,
    "unused-layer",
    "unused-variant-category" => ids::check_unused_variant_category,
    "variant-in-two-categories",
    "variant-price-high" => prices::check_variant_price_high,
    "variant-price-negative" => prices::check_variant_price_negative,
    "when-endless",
    "when-outside-dates",
    "when-short",
    "window-never-opens",
    "window-outlets",
    "wrong-key",
    "wrong-place",
    "wrong-type",
    "wrong-url",
};

/// All rules, sorted by code. A test makes sure that no page is left out as malformed.
pub static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| PAGES.iter().filter_map(|page| page.parse().ok()).collect());

/// The rule with this code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    let index = RULES.binary_search_by(|rule| rule.code.cmp(code)).ok()?;
    RULES.get(index)
}

/// The rule whose findings the guard `low-price` holds back.
pub const PRICE_TOO_LOW: &str = "price-too-low";

/// Judges a catalog by every rule that has a check, with default severities (see [`adjust`]). `place` says where a path
/// was written; a field that it does not know is shown where its thing is. What concerns the catalog as a whole has no
/// place. The result is sorted; things that share one place and one trouble (hours of a whole file) are told once.
pub fn check(catalog: &Catalog, place: &dyn Fn(&Path) -> Option<Place>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for rule in RULES.iter() {
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
