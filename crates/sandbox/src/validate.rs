//! What a PUT is refused for, during the call. Limits and most rules are the documentation's; what it leaves open is
//! refused where a real kitchen could only suffer from it (ids twice, overnight or overlapping hours, max below min).
//!
//! The platform names no positions, so neither do these messages. They are the stand-in's own words, except `menus:
//! missing required field` and `invalid image type`, which were seen live.

use std::collections::{HashMap, HashSet};

use super::{
    read::CDN,
    settings::Settings,
    written::{Catalog, DAYS, Item, Range, Rules, Variant, VariantCategory},
};

/// Most characters of a name shown to customers (documentation).
const NAME_LIMIT: usize = 150;
/// Most characters of a description or an internal name (documentation).
const TEXT_LIMIT: usize = 200;
/// Most characters of an external id (documentation).
const ID_LIMIT: usize = 200;

/// Everything that is wrong with a body that would replace `live`; empty = accepted.
pub(super) fn check(catalog: &Catalog, live: &Catalog, settings: &Settings) -> Vec<String> {
    let mut checker = Checker { settings, messages: Vec::new() };
    checker.check_moves(catalog, live);
    checker.check_menus(catalog);
    let used: HashSet<_> = catalog.items().flat_map(|item| &item.variant_category_external_ids).collect();
    for category in &catalog.variant_categories {
        checker.check_category(category, category.external_id.as_ref().is_some_and(|id| used.contains(id)));
    }
    if settings.unique_ids {
        checker.check_unique("menu name", catalog.menus.iter().map(|menu| &menu.name));
        checker.check_unique("menu item external_id", catalog.items().map(|item| &item.external_id));
        if !settings.shared_variants {
            checker.check_unique("variant external_id", catalog.variants().map(|variant| &variant.external_id));
        }
        checker.check_unique("variant category external_id", catalog.variant_categories.iter().map(|c| &c.external_id));
    }
    checker.messages
}

struct Checker<'a> {
    settings: &'a Settings,
    messages: Vec<String>,
}

impl Checker<'_> {
    fn report(&mut self, message: impl Into<String>) {
        self.messages.push(message.into());
    }

    fn check_menus(&mut self, catalog: &Catalog) {
        if catalog.menus.is_empty() {
            self.report("menus: missing required field");
        }
        let known: HashSet<_> = catalog.variant_categories.iter().filter_map(|c| c.external_id.as_ref()).collect();
        for menu in &catalog.menus {
            self.check_required("menus.name", menu.name.as_deref(), NAME_LIMIT);
            for item in &menu.menu_items {
                self.check_item(item);
                for id in item.variant_category_external_ids.iter().filter(|id| !known.contains(id)) {
                    self.report(format!(
                        "menu_items.variant_category_external_ids: variant category {id} does not exist"
                    ));
                }
            }
        }
    }

    fn check_item(&mut self, item: &Item) {
        self.check_id("menu_items.external_id", item.external_id.as_deref());
        self.check_required("menu_items.name", item.name.as_deref(), NAME_LIMIT);
        self.check_length("menu_items.internal_name", item.internal_name.as_deref(), TEXT_LIMIT);
        self.check_length("menu_items.description", item.description.as_deref(), TEXT_LIMIT);
        match item.price {
            None => self.report("menu_items.price: missing required field"),
            Some(..=0) => self.report("menu_items.price: must be greater than 0"),
            Some(price) if price < self.settings.lowest_price => {
                self.report(format!("menu_items.price: must be at least {}", self.settings.lowest_price));
            }
            Some(price) if self.settings.highest_price.is_some_and(|highest| price > highest) => {
                self.report("menu_items.price: is too high");
            }
            Some(_) => {}
        }
        if let Some(image) = item.image.as_deref().filter(|image| !image.is_empty()) {
            self.check_image(image);
        }
        for (day, ranges) in item.operational_hours.iter().flatten() {
            self.check_day(day, ranges);
        }
    }

    /// A price that moves too far at once (integrators split such moves).
    fn check_moves(&mut self, catalog: &Catalog, live: &Catalog) {
        let Some(limit) = self.settings.price_move_limit else { return };
        let old: HashMap<_, _> = live.items().map(|item| (&item.external_id, item.price)).collect();
        for item in catalog.items() {
            let (Some(new), Some(Some(old))) = (item.price, old.get(&item.external_id)) else { continue };
            if new.abs_diff(*old) * 100 > old.unsigned_abs() * u64::from(limit) {
                self.report(format!("menu_items.price: the change is larger than {limit} %"));
            }
        }
    }

    fn check_id(&mut self, field: &str, id: Option<&str>) {
        self.check_required(field, id, ID_LIMIT);
        if self.settings.strict_ids && id.is_some_and(|id| !id.chars().all(char::is_alphanumeric)) {
            self.report(format!("{field}: must be alphanumeric"));
        }
    }

    /// One bad image rejects the whole PUT (seen live). This judges the address; `images` fetches it, if it is told to.
    fn check_image(&mut self, url: &str) {
        let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        let is_plain = path.starts_with("http://") && !self.settings.https_images_only;
        if !(path.starts_with("https://") || is_plain) {
            self.report("menu_items.image: invalid image url");
        } else if [".webp", ".gif", ".svg", ".avif", ".bmp"].iter().any(|suffix| path.ends_with(suffix)) {
            self.report("invalid image type");
        } else if self.settings.refuse_cdn_images && url.starts_with(CDN) {
            self.report("menu_items.image: image cannot be fetched");
        }
    }

    fn check_day(&mut self, day: &str, ranges: &[Range]) {
        if !DAYS.contains(&day) {
            return self.report(format!("menu_items.operational_hours: unknown day {day}"));
        }
        let mut minutes = Vec::new();
        for range in ranges {
            match (parse_clock(&range.start), parse_clock(&range.end)) {
                _ if self.settings.lenient_hours => {}
                (Some(start), Some(end)) if start < end => minutes.push((start, end)),
                (Some(_), Some(_)) => self.report("menu_items.operational_hours: start must be before end"),
                _ => self.report("menu_items.operational_hours: time must be in hh:mm format"),
            }
        }
        minutes.sort_unstable();
        if minutes.windows(2).any(|pair| pair[1].0 < pair[0].1) {
            self.report("menu_items.operational_hours: time ranges overlap");
        }
    }

    /// A choice that cannot be made is refused where an item asks for it: the sample in the documentation has one that no
    /// item uses.
    fn check_category(&mut self, category: &VariantCategory, is_used: bool) {
        self.check_id("variant_categories.external_id", category.external_id.as_deref());
        self.check_required("variant_categories.name", category.name.as_deref(), self.settings.choice_name_limit);
        if self.settings.refuse_empty_categories && category.variants.is_empty() {
            self.report("variant_categories.variants: missing required field");
        }
        self.check_length("variant_categories.internal_name", category.internal_name.as_deref(), TEXT_LIMIT);
        if let Some(rules) = category.rules.as_ref().filter(|_| self.settings.check_selection) {
            self.check_selection(rules, if is_used { category.variants.len() } else { usize::MAX });
        }
        category.variants.iter().for_each(|variant| self.check_variant(variant));
    }

    fn check_selection(&mut self, rules: &Rules, variants: usize) {
        let minimum = rules.selection.min_quantity.unwrap_or(0);
        let maximum = rules.selection.max_quantity;
        if minimum < 0 || maximum.is_some_and(|maximum| maximum < 1) {
            self.report("variant_categories.rules.selection: quantity is out of range");
        } else if maximum.is_some_and(|maximum| minimum > maximum) {
            self.report("variant_categories.rules.selection: min_quantity must not be greater than max_quantity");
        } else if usize::try_from(minimum).is_ok_and(|minimum| minimum > variants) {
            self.report("variant_categories.rules.selection: min_quantity is greater than the number of variants");
        }
    }

    /// A price below zero is allowed: documented as a reduction.
    fn check_variant(&mut self, variant: &Variant) {
        self.check_id("variants.external_id", variant.external_id.as_deref());
        self.check_required("variants.name", variant.name.as_deref(), self.settings.choice_name_limit);
        match variant.price {
            None => self.report("variants.price: missing required field"),
            Some(..=-1) if self.settings.refuse_negative_variants => {
                self.report("variants.price: must not be less than 0");
            }
            Some(_) => {}
        }
    }

    fn check_required(&mut self, field: &str, text: Option<&str>, limit: usize) {
        if text.is_none_or(|text| text.trim().is_empty()) {
            self.report(format!("{field}: missing required field"));
        }
        self.check_length(field, text, limit);
    }

    fn check_length(&mut self, field: &str, text: Option<&str>, limit: usize) {
        let length = |text: &str| if self.settings.limits_in_bytes { text.len() } else { text.chars().count() };
        if text.is_some_and(|text| length(text) > limit) {
            self.report(format!("{field}: is too long (maximum is {limit} characters)"));
        }
    }

    fn check_unique<'b>(&mut self, what: &str, ids: impl Iterator<Item = &'b Option<String>>) {
        let mut seen = HashSet::new();
        for id in ids.flatten() {
            if !seen.insert(id) {
                self.report(format!("duplicate {what}: {id}"));
            }
        }
    }
}

/// Minutes since midnight of `hh:mm`, two digits each, at most 23:59.
fn parse_clock(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |part: &str, limit: u16| {
        let digits = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten().filter(|number: &u16| *number < limit)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}
