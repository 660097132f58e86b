//! One change as one line: what happens, to what, what it means for customers, and the values in words.

use std::collections::HashMap;

use super::{
    Side,
    words::{self, Piece, Words, plain, value_word},
};
use crate::{
    catalog::{
        CategoryField, ExternalId, FieldKind, FieldValue, Fields, ItemField, Path, Price, PromoDetail, VariantField,
    },
    plan::{Change, Class, Kind, OutletPlan, PastChange, PromotionOp, PromotionStep, Risk},
    report::Lang,
};

/// So many variants of a new choice are named (our choice).
const VARIANTS: usize = 5;

/// What a line tells, as the sign in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Remove,
    Add,
    Set,
    Move,
    /// What others get and this outlet does not.
    Same,
}

impl Mark {
    /// The sign.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Remove => "-",
            Self::Add => "+",
            Self::Set => "~",
            Self::Move => "→",
            Self::Same => "=",
        }
    }
}

/// A change in words. Texts are as the menu has them: renderers make them harmless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) mark: Mark,
    pub(super) risk: Risk,
    /// What it is about, as a path: the same for all outlets.
    pub(super) about: String,
    /// Menu and item, category and variant, or one name.
    pub(super) subject: Vec<String>,
    pub(super) label: &'static str,
    /// What kind of field it is about, if it is about one.
    pub(super) kind: Option<FieldKind>,
    pub(super) words: Words,
}

impl Line {
    /// How lines are sorted where they stand in the same place of the menu: what goes comes first, then the worst.
    pub(super) fn rank(&self) -> (bool, Risk) {
        (self.mark != Mark::Remove, self.risk)
    }
}

/// What is needed to word the changes of one plan.
pub(super) struct Telling<'a> {
    pub(super) plan: &'a OutletPlan,
    pub(super) lang: Lang,
    places: HashMap<Path, (usize, usize)>,
}

impl<'a> Telling<'a> {
    pub(super) fn of(plan: &'a OutletPlan, lang: Lang) -> Self {
        let (menus, categories) = (&plan.payload.menus, &plan.payload.variant_categories);
        let mut places = HashMap::new();
        for (index, menu) in menus.iter().enumerate() {
            places.insert(Path::Menu(menu.name.clone()), (index, 0));
            let items = menu.menu_items.iter().zip(1..);
            places.extend(items.map(|(item, at)| (Path::item(&item.external_id), (index, at))));
        }
        for (category, index) in categories.iter().zip(menus.len()..) {
            places.insert(Path::category(&category.external_id), (index, 0));
            let variants = category.variants.iter().zip(1..);
            places.extend(variants.map(|(variant, at)| (Path::variant(&variant.external_id), (index, at))));
        }
        Self { plan, lang, places }
    }

    /// Where the thing stands in the menu that would be sent; what is not in it stands at the end of its menu.
    pub(super) fn place(&self, change: &Change) -> (usize, usize) {
        let own = self.places.get(&change.path.owner());
        let within = change.subject.within.as_ref().and_then(|menu| self.places.get(&Path::Menu(menu.clone())));
        let last = usize::MAX;
        own.copied().or_else(|| within.map(|(menu, _)| (*menu, last))).unwrap_or((last, last))
    }

    fn line(&self, change: &Change, by_push: bool, mark: Mark, words: Words) -> Line {
        let subject = change.subject.within.iter().chain([&change.subject.name]).cloned().collect();
        let risk = self.plan.risk(&change.step(by_push));
        let label = match (change.kind, change.path.field_key()) {
            (Kind::Move, None) => "order",
            _ => words::label(&change.path),
        };
        let kind = change.path.info().map(|info| info.kind);
        Line { mark, risk, about: change.path.to_string(), subject, label, kind, words }
    }

    /// What a push would do: from live to the files.
    pub(super) fn pushed(&self, change: &Change, is_unmanaged: bool) -> Line {
        let Change { path, kind, from, to, .. } = change;
        if let Path::Promotion(name, item) = path {
            let mark = match kind {
                Kind::Add => Mark::Add,
                Kind::Remove => Mark::Remove,
                Kind::Set | Kind::Move => Mark::Set,
            };
            return self.line(change, true, mark, plain(self.promotion_words(name, item, from, to)));
        }
        match (kind, path.field_key()) {
            (Kind::Add, _) => self.line(change, true, Mark::Add, plain(self.lang.new_thing(&self.details(path, to)))),
            (Kind::Remove, _) => {
                let was = words::price_of(from).map(|price| self.lang.was(&price.to_string())).unwrap_or_default();
                let why = match path {
                    _ if is_unmanaged => self.lang.no_file_knows_it(),
                    Path::Item(id, _) if self.plan.ended.contains(id) => self.lang.layer_has_ended(),
                    _ => "",
                };
                self.line(change, true, Mark::Remove, plain(self.lang.removed_thing(&format!("{was}{why}"))))
            }
            (Kind::Move, None) => self.line(change, true, Mark::Move, plain(self.lang.moved_thing(&self.spot(change)))),
            (Kind::Move, _) => self.line(change, true, Mark::Move, words::move_words(from, to, self.lang)),
            (Kind::Set, _) => self.line(change, true, Mark::Set, self.set_words(path, from, to)),
        }
    }

    /// What somebody else did: from our last push to live; with what the files say too if they moved as well.
    pub(super) fn foreign(&self, change: &Change) -> Line {
        let Change { path, kind, class, from, base, .. } = change;
        let both = *class == Class::Conflict;
        let line = |mark, words| self.line(change, false, mark, words);
        if let Path::Promotion(name, _) = path {
            let when = base.as_ref().and_then(FieldValue::as_promotion).map(|ours| format!(", {}", ours.when()));
            let words = format!("“{name}” was ended elsewhere before its end{}", when.unwrap_or_default());
            return line(Mark::Remove, plain(words));
        }
        match (kind, path.field_key()) {
            (Kind::Add, None) => {
                let words = if both { "removed elsewhere, but changed in the files" } else { "removed elsewhere" };
                line(Mark::Remove, plain(words))
            }
            (Kind::Remove, None) => {
                let words = if both { "removed in the files, but changed elsewhere" } else { "made elsewhere" };
                line(Mark::Add, plain(format!("{words}{}", self.details(path, from))))
            }
            (Kind::Move, _) => {
                line(Mark::Move, if both { both_words(change) } else { words::move_words(base, from, self.lang) })
            }
            _ => line(Mark::Set, if both { both_words(change) } else { self.set_words(path, base, from) }),
        }
    }

    /// An external id that is gone, or another.
    pub(super) fn lost_id(&self, change: &Change) -> Line {
        let ours = value_word(&change.path, &change.to, self.lang);
        let words = match &change.from {
            Some(FieldValue::Text(id)) => format!("is now {id}, ours is {ours}"),
            _ => format!("{ours} is gone"),
        };
        self.line(change, false, Mark::Set, plain(words))
    }

    /// `“gajian”: Rp 19.000 instead of Rp 27.000 (−30 %), 25–28 Feb 2027, Sun and Mon 14:00–16:00`
    fn promotion_words(&self, name: &str, item: &ExternalId, from: &Side, to: &Side) -> String {
        let (promotions, lang) = (&self.plan.promotions, self.lang);
        let when = |detail: &PromoDetail| lang.promotion_days(detail);
        let is_this = |step: &&PromotionStep| step.name == name && step.item == *item;
        let step = promotions.steps.iter().find(is_this);
        let side = |side: &'_ Side| side.as_ref().and_then(FieldValue::as_promotion).cloned();
        match (side(from), side(to)) {
            (_, Some(new)) if step.is_none_or(|step| step.op == PromotionOp::Add) => {
                let live = step.and_then(|step| step.live_price).filter(|price| price.0 > 0);
                let instead = live.map(|Price(live)| {
                    // Rounded to whole percents, as people say it.
                    let percent = ((live - new.selling_price.0) * 200 + live) / (2 * live);
                    lang.instead_of(&Price(live).to_string(), percent)
                });
                let again = step.filter(|step| step.is_resumed).map(|_| lang.sent_once_more());
                format!(
                    "“{name}”: {}{}, {}{}",
                    new.selling_price,
                    instead.unwrap_or_default(),
                    when(&new),
                    again.unwrap_or_default()
                )
            }
            (Some(old), Some(new)) if old == new => lang.promotion_around_push(name, &when(&new)),
            (Some(old), Some(new)) => {
                let dates = if when(&old) == when(&new) {
                    String::new()
                } else {
                    format!(", {} → {}", when(&old), when(&new))
                };
                let what = if step.is_some_and(|step| step.has_begun) {
                    lang.running_one_replaced()
                } else {
                    lang.waiting_one_replaced()
                };
                format!("“{name}”: {} → {}{dates} ({what})", old.selling_price, new.selling_price)
            }
            (Some(old), None) => match (step.filter(|step| step.has_begun), promotions.now) {
                (Some(_), Some(now)) => {
                    let days = now.date().until(old.end_date).map_or(0, |span| span.get_days());
                    lang.promotion_ended_now(name, days)
                }
                _ => lang.promotion_deleted(name, &when(&old)),
            },
            (None, Some(new)) => format!("“{name}”: {}, {}", new.selling_price, when(&new)),
            (None, None) => format!("“{name}”"),
        }
    }

    fn set_words(&self, path: &Path, from: &Side, to: &Side) -> Words {
        words::set_words(path, from, to, &|id| self.choice(id), self.lang)
    }

    /// A variant category as an item's line names it: `“Level pedas” (mandatory)`.
    fn choice(&self, id: &str) -> String {
        let mut sent = self.plan.payload.variant_categories.iter();
        if let Some(category) = sent.find(|category| category.external_id.as_str() == id) {
            let name = category.name.value().map_or(id, String::as_str);
            let least = category.min_quantity.value().copied().unwrap_or(0);
            let mandatory = if least > 0 { format!(" ({})", self.lang.mandatory()) } else { String::new() };
            return format!("“{name}”{mandatory}");
        }
        let path = Path::category(&ExternalId::from(id));
        let gone = self.plan.changes.iter().find(|change| change.path == path);
        gone.map_or_else(|| id.to_owned(), |change| format!("“{}”", change.subject.name))
    }

    /// What to know of a thing that comes as a whole.
    fn details(&self, path: &Path, thing: &Side) -> String {
        let price = words::price_of(thing).map(|price| format!(", {price}")).unwrap_or_default();
        match path {
            Path::Item(..) => {
                let field = thing.as_ref().and_then(|thing| thing.field(ItemField::VariantCategories.key()));
                let ids = field.and_then(FieldValue::as_ids).unwrap_or_default();
                let choices: Vec<String> = ids.iter().map(|id| self.choice(id.as_str())).collect();
                if choices.is_empty() { price } else { price + &self.lang.with_choices(&choices.join(", ")) }
            }
            Path::Variant(..) => price,
            Path::Category(..) => category_details(thing, self.lang),
            Path::Menu(_) | Path::Promotion(..) => String::new(),
        }
    }

    /// `Kolak (Rp 12.000)`: a thing that comes as a whole, within a line about others.
    pub(super) fn named(&self, change: &Change) -> String {
        let name = &change.subject.name;
        match self.details(&change.path, &change.to).trim_start_matches(", ") {
            "" => name.clone(),
            details => format!("{name} ({details})"),
        }
    }

    /// `to the front`, or `after Nasi Goreng`.
    pub(super) fn spot(&self, change: &Change) -> String {
        let front = if let Some(FieldValue::After(front)) = &change.to { front.as_ref() } else { None };
        front.map_or_else(
            || self.lang.moved_to_the_front().to_owned(),
            |id| self.lang.after_thing(&self.name_of(&change.path, id)),
        )
    }

    /// The names of all that stands in the same menu or category, or of all menus, in the order that would be sent.
    pub(super) fn list_of(&self, change: &Change) -> Vec<String> {
        let payload = &self.plan.payload;
        let within = change.subject.within.as_deref().unwrap_or_default();
        match &change.path {
            Path::Menu(_) | Path::Category(..) | Path::Promotion(..) => {
                payload.menus.iter().map(|menu| menu.name.clone()).collect()
            }
            Path::Item(..) => {
                let items = payload.items().filter(|(menu, _)| menu.name == within);
                items.filter_map(|(_, item)| item.name.value().cloned()).collect()
            }
            Path::Variant(..) => {
                let named = |name: Option<&String>| name.is_some_and(|name| name == within);
                let variants = payload.variants().filter(|(category, _)| named(category.name.value()));
                variants.filter_map(|(_, variant)| variant.name.value().cloned()).collect()
            }
        }
    }

    /// The name of a neighbour of the same kind, else its id.
    fn name_of(&self, path: &Path, id: &str) -> String {
        let payload = &self.plan.payload;
        let name = match path {
            Path::Item(..) => payload.item(&ExternalId::from(id)).and_then(|item| item.name.value()),
            Path::Variant(..) => {
                let mut variants = payload.variants().map(|(_, variant)| variant);
                variants.find(|variant| variant.external_id.as_str() == id).and_then(|variant| variant.name.value())
            }
            Path::Menu(_) | Path::Category(..) | Path::Promotion(..) => None,
        };
        name.map_or_else(|| id.to_owned(), Clone::clone)
    }
}

fn both_words(change: &Change) -> Words {
    let [live, files, base] =
        [&change.from, &change.to, &change.base].map(|value| value_word(&change.path, value, Lang::En));
    plain(format!("live {live}, files {files}, last push {base}"))
}

/// `, mandatory, 2 variants: Tidak pedas, Pedas gila +Rp 2.000`
fn category_details(category: &Side, lang: Lang) -> String {
    let field = |key: &str| category.as_ref().and_then(|category| category.field(key));
    let least = field(CategoryField::MinQuantity.key()).and_then(FieldValue::as_number).unwrap_or(0);
    let need = if least > 0 { lang.mandatory() } else { lang.optional() };
    let Some(FieldValue::Things(variants)) = field("variants") else { return format!(", {need}") };
    let named: Vec<String> = variants.iter().filter_map(variant_words).collect();
    let names = words::some_in(&named, VARIANTS, lang);
    format!(", {need}{}", lang.variants_named(variants.len(), &names))
}

fn variant_words(variant: &Fields) -> Option<String> {
    let field = |field: VariantField| variant.get(field.key()).and_then(Option::as_ref);
    let name = field(VariantField::Name)?.as_text()?;
    Some(match field(VariantField::Price).and_then(FieldValue::as_rupiah) {
        Some(price) if price > 0 => format!("{name} +{}", Price(price)),
        Some(price) if price < 0 => format!("{name} {}", Price(price)),
        _ => name.to_owned(),
    })
}

/// A change of the past in one line: what, in which thing, from what to what.
pub(in crate::report) fn change_words(change: &PastChange, lang: Lang) -> String {
    let PastChange { path, kind, from, to, subject } = change;
    let subject: Vec<&str> = subject.within.iter().chain([&subject.name]).map(String::as_str).collect();
    let (subject, label) = (subject.join(" › "), lang.label(words::label(path)));
    match (kind, path.field_key()) {
        (Kind::Add, None) => {
            let price = words::price_of(to).map(|price| format!(", {price}")).unwrap_or_default();
            format!("+ {subject}: {}", lang.new_thing(&price))
        }
        (Kind::Remove, None) => format!("- {subject}: {}", lang.removed_thing("")),
        (Kind::Move, None) => format!("→ {subject}: {}", lang.label("order")),
        _ => format!("~ {subject}: {label} {}", field_words(path, from, to, lang)),
    }
}

/// A field that went from one value to another, without marks for what is new in a text.
pub(in crate::report) fn field_words(path: &Path, from: &Side, to: &Side, lang: Lang) -> String {
    let words = words::set_words(path, from, to, &str::to_owned, lang);
    match words.as_slice() {
        [Piece::Plain(text)] => text.clone(),
        _ => format!("{} → {}", value_word(path, from, lang), value_word(path, to, lang)),
    }
}
