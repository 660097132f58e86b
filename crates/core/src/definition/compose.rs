//! One outlet: its layers, laid one after the other, become a catalog.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::HashSet;

use super::{
    Composed, ImageFile,
    draft::Draft,
    draft_promotions::Drafts,
    hours::{self, Resolved},
    kind::Kind,
    layer::Content,
    origins::Origins,
};
use crate::{
    catalog::{Day, ExternalId, Field, Item, ItemField, Menu, Path},
    diagnostic::{Diagnostic, Place, Replacement, Severity},
    document::{Collected, Comparisons, Spanned, closest},
    policy::Policy,
};

/// Lays the layers of one outlet and collects what is wrong with them together.
#[derive(Debug)]
pub(super) struct Composer<'d> {
    pub(super) draft: Draft<'d>,
    diagnostics: Collected,
    comparisons: Comparisons,
    /// The number of the layer that is being laid.
    pub(super) current: usize,
    /// What `rules` makes of an item in two menus; `None` = off.
    pub(super) item_in_two_menus: Option<Severity>,
    /// The same of a variant in two categories.
    pub(super) variant_in_two_categories: Option<Severity>,
    /// What `rules` makes of a menu named twice; `None` = off.
    pub(super) duplicate_menu: Option<Severity>,
    /// Layers of the outlet that do not count at this time.
    dormant: Vec<&'d Content>,
    /// Some layer could not be read: what it would have defined is not missed.
    incomplete: bool,
}

impl<'d> Composer<'d> {
    /// For one outlet: `dormant` are its layers that do not count now, `incomplete` says that some cannot be read.
    pub(super) fn new(policy: &Policy, dormant: Vec<&'d Content>, incomplete: bool) -> Self {
        let severity = |rule: &str| policy.rules.get(rule).copied().unwrap_or(Some(Severity::Error));
        Self {
            draft: Draft::default(),
            diagnostics: Collected::default(),
            comparisons: Comparisons::default(),
            current: 0,
            item_in_two_menus: severity("item-in-two-menus"),
            variant_in_two_categories: severity("variant-in-two-categories"),
            duplicate_menu: severity("duplicate-menu"),
            dormant,
            incomplete,
        }
    }

    /// Lays one layer over what is there: first what it adds, then what it changes, then the choices that it attaches,
    /// then its markups.
    pub(super) fn lay(&mut self, layer: &'d Content, is_dated: bool) {
        self.current += 1;
        self.draft.hours.lay(&layer.hours);
        self.add_variant_categories(&layer.variant_categories);
        self.add_menus(&layer.menus);
        self.patch_categories(&layer.categories);
        self.patch_variants(&layer.variants);
        self.patch_items(&layer.items);
        self.attach(&layer.attach);
        self.price(&layer.pricing);
        self.lay_promotions(&layer.promotions, is_dated);
    }

    pub(super) fn is_incomplete(&self) -> bool {
        self.incomplete
    }

    pub(super) fn dormant(&self) -> impl Iterator<Item = &'d Content> + '_ {
        self.dormant.iter().copied()
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports that what a patch or a markup is for does not exist. What a layer defined and another removed is a
    /// warning; what a dated layer defines at another time is nothing.
    pub(super) fn absent_subject(&mut self, kind: Kind, name: &str, place: &Place) {
        match self.gone(kind, name) {
            Some(gone) => {
                let message = format!("this changes nothing: an earlier layer removed the {} `{name}`", kind.noun());
                let wrong = Diagnostic::warning("patch-without-effect", place.clone(), message)
                    .help("remove it, or do not remove what it is for")
                    .related(gone.clone(), "removed here");
                if !self.is_elsewhere(kind, name) {
                    self.report(wrong);
                }
            }
            None if kind == Kind::Menu => self.absent(kind, name, place, "unknown-menu"),
            None => self.absent(kind, name, place, "unknown-patch-target"),
        }
    }

    /// Reports that what something is to be moved to, or placed before, does not exist.
    pub(super) fn absent_target(&mut self, kind: Kind, name: &str, place: &Place) {
        self.absent(kind, name, place, "unknown-menu");
    }

    fn absent(&mut self, kind: Kind, name: &str, place: &Place, code: &'static str) {
        if self.is_elsewhere(kind, name) {
            return;
        }
        let noun = kind.noun();
        let gone = self.gone(kind, name);
        let wrong = match gone {
            Some(gone) if let Some(new) = self.renamed(kind, gone) => {
                let mut wrong = Diagnostic::error(code, place.clone(), format!("the {noun} `{name}` was renamed"));
                wrong.propose(Replacement::Text(new.to_owned()), format!("write `{new}`"));
                wrong.related(gone.clone(), "renamed here")
            }
            Some(gone) => Diagnostic::error(code, place.clone(), format!("the {noun} `{name}` was removed"))
                .help(format!("name a {noun} that is still there"))
                .related(gone.clone(), "removed here"),
            None => {
                let wrong = Diagnostic::error(code, place.clone(), format!("no layer defines the {noun} `{name}`"));
                self.with_nearest(wrong, kind, name)
            }
        };
        self.report(wrong);
    }

    fn with_nearest(&mut self, wrong: Diagnostic, kind: Kind, name: &str) -> Diagnostic {
        let may_compare = self.comparisons.afford(self.draft.count(kind));
        match may_compare.then(|| closest(name, self.draft.names(kind))).flatten() {
            Some(near) => wrong.did_you_mean(near),
            None if kind == Kind::Menu => wrong.help("add it under `menus` with its `menu_items`, or correct the name"),
            None => {
                wrong.help(format!("define the {} in a layer that this outlet extends, or correct the id", kind.noun()))
            }
        }
    }

    /// The menu that got its name at `place`.
    fn renamed(&self, kind: Kind, place: &Place) -> Option<&'d str> {
        let named_here = |name: &&str| self.draft.origins.own_place(&Path::Menu((*name).to_owned())) == Some(place);
        self.draft.menus.iter().map(|menu| menu.name).find(|name| kind == Kind::Menu && named_here(name))
    }

    fn gone(&self, kind: Kind, name: &str) -> Option<&'d Place> {
        let gone = &self.draft.gone;
        let places = match kind {
            Kind::Menu => &gone.menus,
            Kind::Item => &gone.items,
            Kind::Category => &gone.categories,
            Kind::Variant => &gone.variants,
        };
        places.get(name).copied()
    }

    /// Whether something may exist that the layers laid so far do not have: at another time, or in an unreadable layer.
    pub(super) fn is_elsewhere(&self, kind: Kind, name: &str) -> bool {
        self.incomplete || self.dormant.iter().any(|layer| defines(layer, kind, name))
    }

    /// Reports an id that is defined again.
    pub(super) fn defined_again(&mut self, kind: Kind, id: &Spanned<ExternalId>, first: Option<Place>) {
        let (noun, name) = (kind.noun(), &id.value);
        let same_file = first.as_ref().is_some_and(|first| first.file == id.place.file);
        let mut wrong = if same_file {
            let message = format!("the {noun} `{name}` is defined twice in this file");
            Diagnostic::error("duplicate-id", id.place.clone(), message)
                .help("remove one of the two, or give it another external_id")
        } else {
            let message = format!("the {noun} `{name}` is already defined by an earlier layer");
            let help = format!("patch it under `{}`", kind.patch_key());
            Diagnostic::error("duplicate-id", id.place.clone(), message).help(help)
        };
        if let Some(first) = first {
            wrong = wrong.related(first, "first defined here");
        }
        self.report(wrong);
    }

    /// Reports a patch that leaves everything as it was, unless a dated layer changes the same thing at another time: then
    /// it has its effect.
    pub(super) fn patch_without_effect(&mut self, kind: Kind, id: &Spanned<ExternalId>) {
        if !self.dormant.iter().any(|layer| patches(layer, kind, &id.value)) {
            self.without_effect(&format!("the patch of `{}`", id.value), &id.place);
        }
    }

    /// Reports something that leaves everything as it was.
    pub(super) fn without_effect(&mut self, what: &str, place: &Place) {
        if self.incomplete {
            return;
        }
        let message = format!("{what} changes nothing");
        let help = "remove it, or correct what it was meant to change";
        self.report(Diagnostic::warning("patch-without-effect", place.clone(), message).help(help));
    }

    /// The catalog, when all layers are laid; and the promotions that they declare.
    pub(super) fn finish(mut self, images: &dyn Fn(&str) -> ImageFile, composed: &mut Composed) -> Drafts<'d> {
        self.complete_promotions();
        let Self { mut draft, diagnostics, .. } = self;
        composed.diagnostics.extend(diagnostics.into_vec());
        composed.diagnostics.extend(draft.menus_of_two());
        composed.catalog.platform_menus = draft.platform_menus.keys().map(|name| (*name).to_owned()).collect();
        let promotions = std::mem::take(&mut draft.promotions);
        draft.keep_what_stands();
        composed.catalog.menu_files = draft.menu_files();
        let mut finisher =
            Finisher { origins: draft.origins, images, wrong: Vec::new(), missing_days: BTreeMap::new() };
        let mut two_weeks = HashSet::new();
        let mut weeks = vec![None; draft.items.len()];
        for menu in &draft.menus {
            let mut finished = Menu { name: menu.name.to_owned(), menu_items: Vec::with_capacity(menu.items.len()) };
            for &at in &menu.items {
                let drafted = &draft.items[at];
                let week = hours::resolve([&drafted.hours, &menu.hours, &draft.hours]);
                let item = finisher.item(&drafted.item, &week, weeks[at].is_none());
                let first = weeks[at].get_or_insert_with(|| week.hours.clone());
                if *first != week.hours && !drafted.disputed && two_weeks.insert(at) {
                    finisher.two_weeks(&item);
                }
                if let Some(steps) = &drafted.steps {
                    composed.catalog.price_steps.insert(item.external_id.clone(), steps.clone());
                }
                finished.menu_items.push(item);
            }
            composed.catalog.menus.push(finished);
        }
        composed.catalog.variant_categories = draft.categories.into_iter().flatten().collect();
        finisher.finish(composed);
        promotions
    }
}

/// Whether a layer would define something if it counted.
fn defines(layer: &Content, kind: Kind, name: &str) -> bool {
    let added = layer.variant_categories.iter().map(|category| &category.fields);
    let patched = layer.categories.iter().filter_map(|patch| match &patch.action {
        super::layer::Action::Change(fields) => Some(fields),
        super::layer::Action::Remove(_) => None,
    });
    match kind {
        Kind::Menu => layer.menus.iter().any(|menu| {
            let renamed = menu.rename.as_ref().is_some_and(|rename| rename.value == name);
            renamed || (menu.items.is_some() && menu.name.value == name)
        }),
        Kind::Item => layer.new_items().any(|item| item.id.value.as_str() == name),
        Kind::Category => layer.variant_categories.iter().any(|category| category.id.value.as_str() == name),
        Kind::Variant => added
            .chain(patched)
            .flat_map(|fields| fields.variants.iter().flatten())
            .any(|variant| variant.id.value.as_str() == name),
    }
}

/// Whether a layer would change something if it counted.
fn patches(layer: &Content, kind: Kind, id: &ExternalId) -> bool {
    match kind {
        Kind::Menu => false,
        Kind::Item => {
            !layer.pricing.is_empty()
                || !layer.attach.is_empty()
                || layer.items.iter().any(|patch| patch.id.value == *id)
        }
        Kind::Category => layer.categories.iter().any(|patch| patch.id.value == *id),
        Kind::Variant => layer.variants.iter().any(|patch| patch.id.value == *id),
    }
}

/// Turns drafted items into finished ones.
struct Finisher<'i> {
    origins: Origins,
    images: &'i dyn Fn(&str) -> ImageFile,
    wrong: Vec<Diagnostic>,
    /// Days that hours pass over, by the outermost place where those hours are said.
    missing_days: BTreeMap<Place, BTreeSet<Day>>,
}

impl Finisher<'_> {
    /// `first` says that the item was not met in another menu before.
    fn item(&mut self, drafted: &Item, week: &Resolved<'_>, first: bool) -> Item {
        let mut item = drafted.clone();
        item.operational_hours = week.hours.clone();
        item.image = self.image(drafted);
        let path = Path::item_field(&item.external_id, ItemField::OperationalHours);
        for place in week.places.iter().filter(|_| first) {
            self.origins.record(path.clone(), place);
        }
        if let (false, Some(place)) = (week.missing.is_empty(), week.places.first()) {
            self.missing_days.entry((*place).clone()).or_default().extend(&week.missing);
        }
        item
    }

    /// The image as an address: files are published, and say under what address they are.
    fn image(&mut self, item: &Item) -> Field<String> {
        let Some(path) = item.image.value().filter(|image| !image.is_empty() && !is_url(image)) else {
            return item.image.clone();
        };
        if path.contains('\\') {
            let place = self.origins.place(&Path::item_field(&item.external_id, ItemField::Image));
            let message = format!("the image path `{path}` has `\\`: folders are separated by `/` on every system");
            let help = format!("write `{}`", path.replace('\\', "/"));
            self.wrong.push(Diagnostic::error("image-file", place, message).help(help));
            return Field::Unsaid;
        }
        match (self.images)(path) {
            ImageFile::Found { url } => Field::Set(url),
            ImageFile::Missing(message) => {
                let place = self.origins.place(&Path::item_field(&item.external_id, ItemField::Image));
                let help = match path
                    .split_once('/')
                    .is_some_and(|(host, _)| host.trim_start_matches('.').contains('.'))
                {
                    true => format!(
                        "write `https://{path}` if this is an address, else the path of a JPEG or PNG under the root"
                    ),
                    false => "write a URL, or the path of a JPEG or PNG under the root".to_owned(),
                };
                self.wrong.push(Diagnostic::error("image-file", place, message).help(help));
                // The outlet is invalid; what would be said about a path as an address has the same cause.
                Field::Unsaid
            }
        }
    }

    fn two_weeks(&mut self, item: &Item) {
        let id = &item.external_id;
        let place = self.origins.place(&Path::item(id));
        let message = format!("the item `{id}` stands in two menus with different operational_hours");
        let help = "give the item its own operational_hours for all days";
        self.wrong.push(Diagnostic::error("duplicate-id", place, message).help(help));
    }

    fn finish(self, composed: &mut Composed) {
        composed.diagnostics.extend(self.wrong);
        for (place, days) in self.missing_days {
            let days: Vec<_> = days.into_iter().map(Day::key).collect();
            let message = format!("these hours do not mention {}: nothing is sold then", days.join(", "));
            let help = match days[..] {
                [day] => format!("add `{day}: closed`, or its hours"),
                _ => {
                    "add `daily: closed`, which is for all days that are not mentioned, or the hours of each".to_owned()
                }
            };
            composed.diagnostics.push(Diagnostic::warning("hours-missing-day", place, message).help(help));
        }
        composed.origins = self.origins;
    }
}

/// Whether this has a scheme. Whether it is a good one is judged by `rules`.
fn is_url(image: &str) -> bool {
    let Some((scheme, _)) = image.split_once(':') else { return false };
    let mut letters = scheme.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}
