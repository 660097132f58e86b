//! What a check says about a catalog, and how that becomes diagnostics: names as people know them, places from paths.
//!
//! Which problems there are is the business of the rules.

use hashbrown::HashMap;

use super::Rule;
use crate::{
    catalog::{
        Catalog, CategoryField, ExternalId, Field, Item, ItemField, Menu, Path, Variant, VariantCategory, VariantField,
        WantedPromotion,
    },
    diagnostic::{Diagnostic, Place, Related, Severity},
};

/// The thing or the field that a finding is about: a [`Path`] that still has its thing at hand.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    Menu(&'a Menu),
    Item(&'a Item, Option<ItemField>),
    Category(&'a VariantCategory, Option<CategoryField>),
    Variant(&'a Variant, Option<VariantField>),
    Promotion(&'a WantedPromotion),
}

impl<'a> Subject<'a> {
    /// The path to ask a place for.
    pub(super) fn path(self) -> Path {
        match self {
            Self::Menu(menu) => Path::Menu(menu.name.clone()),
            Self::Item(item, field) => Path::Item(item.external_id.clone(), field),
            Self::Category(category, field) => Path::Category(category.external_id.clone(), field),
            Self::Variant(variant, field) => Path::Variant(variant.external_id.clone(), field),
            Self::Promotion(promotion) => promotion.path(),
        }
    }

    /// ``item `NG-KAMPUNG` "Nasi Goreng Kampung"``
    fn label(self) -> String {
        match self {
            Self::Menu(menu) => format!("menu \"{}\"", short(&menu.name)),
            Self::Item(item, _) => label("item", &item.external_id, &item.name),
            Self::Category(category, _) => label("variant category", &category.external_id, &category.name),
            Self::Variant(variant, _) => label("variant", &variant.external_id, &variant.name),
            Self::Promotion(WantedPromotion { name, detail, .. }) => {
                format!("promotion `{name}` of `{}`", short(detail.external_menu_id.as_str()))
            }
        }
    }

    /// What several of its kind are called.
    fn several(self) -> &'static str {
        match self {
            Self::Menu(_) => "several menus",
            Self::Item(..) => "several items",
            Self::Category(..) => "several variant categories",
            Self::Variant(..) => "several variants",
            Self::Promotion(_) => "several promotions",
        }
    }

    /// The singular of its kind.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Menu(_) => "menu",
            Self::Item(..) => "item",
            Self::Category(..) => "variant category",
            Self::Variant(..) => "variant",
            Self::Promotion(_) => "promotion",
        }
    }

    /// Its id, if its kind has one.
    pub(super) fn id(self) -> Option<&'a ExternalId> {
        match self {
            Self::Menu(_) | Self::Promotion(_) => None,
            Self::Item(item, _) => Some(&item.external_id),
            Self::Category(category, _) => Some(&category.external_id),
            Self::Variant(variant, _) => Some(&variant.external_id),
        }
    }
}

fn label(kind: &str, id: &ExternalId, name: &Field<String>) -> String {
    let id = match id.as_str() {
        "" => String::new(),
        id => format!(" `{}`", short(id)),
    };
    match name.value().filter(|name| !name.trim().is_empty()) {
        Some(name) => format!("{kind}{id} \"{}\"", short(name)),
        None => format!("{kind}{id}"),
    }
}

/// At most 60 characters, so that a name that is too long does not bury what is said about it.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Everything that has an external id: items, then variant categories, then variants.
pub(super) fn identified(catalog: &Catalog) -> impl Iterator<Item = (Subject<'_>, &ExternalId)> {
    items(catalog).chain(categories(catalog)).chain(variants(catalog)).filter_map(|s| Some((s, s.id()?)))
}

/// All items as subjects.
pub(super) fn items(catalog: &Catalog) -> impl Iterator<Item = Subject<'_>> {
    catalog.items().map(|(_, item)| Subject::Item(item, None))
}

/// All variant categories as subjects.
pub(super) fn categories(catalog: &Catalog) -> impl Iterator<Item = Subject<'_>> {
    catalog.variant_categories.iter().map(|category| Subject::Category(category, None))
}

/// All variants as subjects.
pub(super) fn variants(catalog: &Catalog) -> impl Iterator<Item = Subject<'_>> {
    catalog.variants().map(|(_, variant)| Subject::Variant(variant, None))
}

/// What one rule has found so far.
pub struct Findings<'a> {
    rule: &'static Rule,
    /// Of what is added next.
    severity: Severity,
    place: &'a dyn Fn(&Path) -> Option<Place>,
    found: Vec<Diagnostic>,
    /// Which diagnostic stands at a place with the same words: one cause gives one diagnostic.
    shared: HashMap<(Place, String), usize>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(rule: &'static Rule, place: &'a dyn Fn(&Path) -> Option<Place>) -> Self {
        Self { rule, severity: rule.severity, place, found: Vec::new(), shared: HashMap::new() }
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.found
    }

    /// Says something about the catalog as a whole.
    pub(super) fn add_whole(&mut self, what: &str, help: &str) {
        self.found.push(self.diagnostic(None, what.to_owned(), help.to_owned()));
    }

    /// Says that `what` is wrong with `subject` and that `help` mends it.
    pub(super) fn add(&mut self, subject: Subject<'_>, what: impl Into<String>, help: impl Into<String>) {
        self.add_with(subject, what, help, None);
    }

    /// The same where it does no harm as things are: a warning, whatever the rule is elsewhere.
    pub(super) fn add_warning(&mut self, subject: Subject<'_>, what: impl Into<String>, help: impl Into<String>) {
        let severity = std::mem::replace(&mut self.severity, Severity::Warning);
        self.add(subject, what, help);
        self.severity = severity;
    }

    /// The same with a second subject and what is to be seen there.
    pub(super) fn add_related(
        &mut self,
        subject: Subject<'_>,
        what: impl Into<String>,
        help: impl Into<String>,
        other: (Subject<'_>, &str),
    ) {
        self.add_with(subject, what, help, Some(other));
    }

    fn add_with(
        &mut self,
        subject: Subject<'_>,
        what: impl Into<String>,
        help: impl Into<String>,
        other: Option<(Subject<'_>, &str)>,
    ) {
        let (what, place) = (what.into(), self.place_of(&subject.path()));
        if let Some(place) = &place {
            let next = self.found.len();
            let index = *self.shared.entry((place.clone(), what.clone())).or_insert(next);
            if let Some(first) = self.found.get_mut(index) {
                first.message = format!("{}: {what}", subject.several());
                if self.severity == Severity::Error {
                    first.severity = Severity::Error;
                }
                return;
            }
        }
        let mut diagnostic = self.diagnostic(place, format!("{}: {what}", subject.label()), help.into());
        diagnostic.related.extend(other.and_then(|(other, message)| {
            let place = self.place_of(&other.path())?;
            Some(Related { place, message: message.to_owned() })
        }));
        self.found.push(diagnostic);
    }

    /// Where a path was written: the field if it is known, else the thing that has it.
    fn place_of(&self, path: &Path) -> Option<Place> {
        (self.place)(path).or_else(|| (self.place)(&path.owner()))
    }

    fn diagnostic(&self, place: Option<Place>, message: String, help: String) -> Diagnostic {
        Diagnostic {
            code: self.rule.code,
            severity: self.severity,
            message,
            help: Some(help),
            place,
            related: Vec::new(),
            replacement: None,
        }
    }
}
