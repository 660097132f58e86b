//! Every field and every thing in every class: an outlet in sync with one side disturbed. The tables are made from the
//! enums of all fields, so that a new field does not compile before it is said here what becomes of it.

use super::*;
use crate::catalog::{CategoryField, Day, ItemField, TimeRange, VariantField};

/// One field of the item NG, of the category VC or of its variant LV3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part {
    Item(ItemField),
    Category(CategoryField),
    Variant(VariantField),
}

impl Part {
    pub(super) fn all() -> Vec<Self> {
        let items = ItemField::ALL.iter().map(|field| Self::Item(*field));
        let categories = CategoryField::ALL.iter().map(|field| Self::Category(*field));
        items.chain(categories).chain(VariantField::ALL.iter().map(|field| Self::Variant(*field))).collect()
    }

    pub(super) fn path(self) -> Path {
        match self {
            Self::Item(field) => Path::item_field(&"NG".into(), field),
            Self::Category(field) => Path::category_field(&"VC".into(), field),
            Self::Variant(field) => Path::variant_field(&"LV3".into(), field),
        }
    }

    /// The catalog with the `n`th (of three) values of this field.
    fn set(self, catalog: &Catalog, n: i64) -> Catalog {
        let mut catalog = catalog.clone();
        let text = |n: i64| set(&format!("{self:?} {n}"));
        match self {
            Self::Item(ItemField::Menu) => {
                let found = catalog.menus.iter_mut().find_map(|menu| {
                    let at = menu.menu_items.iter().position(|item| item.external_id.as_str() == "NG")?;
                    Some(menu.menu_items.remove(at))
                });
                catalog.menus[n as usize - 1].menu_items.extend(found);
            }
            Self::Item(field) => {
                let items = catalog.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
                let item = items.into_iter().find(|item| item.external_id.as_str() == "NG").unwrap();
                match field {
                    ItemField::ExternalId | ItemField::Menu => {}
                    ItemField::Calories => item.calories = Field::Set(n as u32 * 100),
                    ItemField::Name => item.name = text(n),
                    ItemField::InternalName => item.internal_name = text(n),
                    ItemField::Description => item.description = text(n),
                    ItemField::InStock => item.in_stock = if n == 2 { Field::Set(false) } else { Field::Unsaid },
                    ItemField::Price => item.price = Field::Set(Price(20_000 + n * 1_000)),
                    ItemField::Image => item.image = set(&format!("https://img.example.com/{n}.png")),
                    ItemField::OperationalHours => {
                        let mut hours = Hours::all_week();
                        hours.day_mut(Day::Monday).clear();
                        hours.day_mut(Day::Friday)[0] = TimeRange { start: 600, end: 1_200 + n as u16 };
                        item.operational_hours = Field::Set(hours);
                    }
                    ItemField::VariantCategories => {
                        let all = [&["VC"][..], &["VC", "V2"], &["V2"]];
                        let ids = all[n as usize - 1].iter().map(|id| ExternalId::from(*id)).collect();
                        item.variant_category_external_ids = Field::Set(ids);
                    }
                }
            }
            Self::Category(field) => {
                let category = &mut catalog.variant_categories[0];
                match field {
                    CategoryField::ExternalId => {}
                    CategoryField::Name => category.name = text(n),
                    CategoryField::InternalName => category.internal_name = text(n),
                    CategoryField::MinQuantity => category.min_quantity = Field::Set(n as u32 - 1),
                    CategoryField::MaxQuantity => category.max_quantity = Field::Set(n as u32 + 1),
                }
            }
            Self::Variant(VariantField::Category) => {
                let found = catalog.variant_categories.iter_mut().find_map(|category| {
                    let at = category.variants.iter().position(|variant| variant.external_id.as_str() == "LV3")?;
                    Some(category.variants.remove(at))
                });
                catalog.variant_categories[n as usize - 1].variants.extend(found);
            }
            Self::Variant(field) => {
                let mut variants = catalog.variant_categories.iter_mut().flat_map(|category| &mut category.variants);
                let variant = variants.find(|variant| variant.external_id.as_str() == "LV3").unwrap();
                match field {
                    VariantField::ExternalId | VariantField::Category => {}
                    VariantField::Name => variant.name = text(n),
                    VariantField::Price => variant.price = Field::Set(Price(2_000 + n * 100)),
                    VariantField::InStock => variant.in_stock = if n == 2 { Field::Set(false) } else { Field::Unsaid },
                }
            }
        }
        catalog
    }

    /// What is live of it, as the platform shows it.
    pub(super) fn live(self, catalog: &Catalog, n: i64) -> LiveCatalog {
        let mut live = as_published(&self.set(catalog, n));
        match self {
            Self::Item(ItemField::ExternalId) if n > 1 => live.menus[0].menu_items[0].external_id = Field::Null,
            // Most answers have none: what tells is another one.
            Self::Category(CategoryField::ExternalId) if n > 1 => {
                live.variant_categories[0].external_id = Field::Set("LAIN".into());
            }
            Self::Variant(VariantField::ExternalId) if n > 1 => {
                live.variant_categories[0].variants[1].external_id = Field::Null;
            }
            _ => {}
        }
        live
    }

    /// Whether nobody but the files can change it: order, images and ids are no business of people in the app, or cannot be
    /// read back.
    pub(super) fn nature(self) -> Nature {
        match self {
            Self::Item(ItemField::ExternalId)
            | Self::Category(CategoryField::ExternalId)
            | Self::Variant(VariantField::ExternalId) => Nature::Identity,
            Self::Item(ItemField::InStock) | Self::Variant(VariantField::InStock) => Nature::Stock,
            Self::Item(ItemField::Image) => Nature::Unreadable,
            Self::Item(
                ItemField::Menu
                | ItemField::Name
                | ItemField::InternalName
                | ItemField::Description
                | ItemField::Price
                | ItemField::OperationalHours
                | ItemField::VariantCategories
                | ItemField::Calories,
            )
            | Self::Category(
                CategoryField::Name
                | CategoryField::InternalName
                | CategoryField::MinQuantity
                | CategoryField::MaxQuantity,
            )
            | Self::Variant(VariantField::Category | VariantField::Name | VariantField::Price) => Nature::Plain,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Nature {
    /// Compared on three sides.
    Plain,
    /// What was last sent counts as live.
    Unreadable,
    /// The kitchen's: `false` is the only claim.
    Stock,
    /// Never edited by files (another id is another thing); its loss is drift and mended by any PUT.
    Identity,
}

/// Which of three values each side has; `None` = no base at all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Situation {
    InSync,
    Edit,
    Drift,
    Conflict,
    Converged,
    Adopt,
}

impl Situation {
    const ALL: [Self; 6] = [Self::InSync, Self::Edit, Self::Drift, Self::Conflict, Self::Converged, Self::Adopt];

    /// desired, base, live
    fn sides(self) -> (i64, Option<i64>, i64) {
        match self {
            Self::InSync => (1, Some(1), 1),
            Self::Edit => (2, Some(1), 1),
            Self::Drift => (1, Some(1), 2),
            Self::Conflict => (3, Some(1), 2),
            Self::Converged => (2, Some(1), 2),
            Self::Adopt => (2, None, 1),
        }
    }

    /// The class that is told of a field of this nature, and whether it is pushed; `None` = nothing is told.
    fn expected(self, nature: Nature) -> Option<(Class, bool)> {
        match (nature, self) {
            (_, Self::InSync) => None,
            (Nature::Plain, Self::Edit) => Some((Class::Edit, true)),
            (Nature::Plain, Self::Drift) => Some((Class::Drift, false)),
            (Nature::Plain, Self::Conflict) => Some((Class::Conflict, false)),
            (Nature::Plain, Self::Converged) => None,
            (Nature::Plain, Self::Adopt) => Some((Class::Adopt, true)),
            // What shows is what we last sent, so whoever changed it, it reads as ours.
            (Nature::Unreadable, Self::Edit | Self::Conflict | Self::Converged) => Some((Class::Edit, true)),
            (Nature::Unreadable, Self::Drift | Self::Adopt) => None,
            (Nature::Stock, Self::Edit) => Some((Class::Edit, true)),
            (Nature::Stock, Self::Adopt) => Some((Class::Adopt, true)),
            (Nature::Stock, Self::Drift | Self::Conflict | Self::Converged) => None,
            (Nature::Identity, Self::Drift | Self::Conflict | Self::Converged) => Some((Class::Drift, false)),
            (Nature::Identity, Self::Edit | Self::Adopt) => None,
        }
    }
}

/// Three menus and three categories, each with something that stays.
pub(super) fn stage() -> Catalog {
    let mut catalog = warung();
    catalog.menus.push(menu("Lain", vec![item("L1", "Lain 1", 9_000)]));
    for (id, variant_id) in [("V2", "S1"), ("V3", "T1")] {
        let mut more = catalog.variant_categories[0].clone();
        more.external_id = id.into();
        more.name = set(id);
        more.variants = vec![variant(variant_id, variant_id, 500)];
        catalog.variant_categories.push(more);
    }
    catalog
}

pub(super) fn story(part: Part, situation: Situation) -> Story {
    let (desired, base, live) = situation.sides();
    let base = base.map(|base| Story::in_sync(part.set(&stage(), base)).base.unwrap());
    let mut story = Story::first_contact(part.set(&stage(), desired));
    story.base = base;
    story.live = part.live(&stage(), live);
    story
}

#[test]
fn every_field_is_told_and_pushed_or_kept_as_its_class_says() {
    for part in Part::all() {
        for situation in Situation::ALL {
            let plan = story(part, situation).plan();
            let told: Vec<(&Path, Class, bool)> = plan.changes.iter().map(|c| (&c.path, c.class, c.pushed)).collect();
            let path = part.path();
            let expected: Vec<(&Path, Class, bool)> =
                situation.expected(part.nature()).map(|(class, pushed)| (&path, class, pushed)).into_iter().collect();
            assert_eq!(told, expected, "{part:?} {situation:?}");
            let pushes = expected.iter().any(|(_, _, pushed)| *pushed);
            assert_eq!(plan.action != Action::None, pushes, "{part:?} {situation:?}");
        }
    }
}

#[test]
fn what_is_pushed_of_every_field_arrives_and_then_there_is_rest() {
    for part in Part::all() {
        for situation in [Situation::Edit, Situation::Drift, Situation::Conflict, Situation::Adopt] {
            let mut story = story(part, situation);
            story.revert = true;
            if story.plan().action == Action::None {
                // An identity that is lost is restored by whatever PUT goes out.
                assert!(part.nature() != Nature::Plain, "{part:?} {situation:?}");
                continue;
            }
            let pushed = story.plan().payload;
            story.publish();
            let rest = story.plan();
            assert_eq!((told(&rest), rest.action), (vec![], Action::None), "{part:?} {situation:?}");
            let wanted = as_published(&story.desired);
            assert_eq!(as_published(&pushed), wanted, "{part:?} {situation:?}");
        }
    }
}

#[test]
fn removing_what_drifted_in_any_field_of_ours_is_a_conflict() {
    for part in Part::all() {
        let mut story = story(part, Situation::Drift);
        let owner = part.path().owner();
        // Nothing needs the category any more when the dish leaves.
        story
            .desired
            .menus
            .iter_mut()
            .for_each(|menu| menu.menu_items.retain(|item| item.external_id.as_str() != "NG"));
        let category = matches!(part, Part::Category(_));
        story.desired.variant_categories.retain(|c| !category || c.external_id.as_str() != "VC");
        let others = story.desired.variant_categories.iter_mut();
        others.for_each(|category| category.variants.retain(|variant| variant.external_id.as_str() != "LV3"));
        let plan = story.plan();
        let gone = plan.changes.iter().find(|change| change.path == owner && change.kind == Kind::Remove).unwrap();
        let class = if part.nature() == Nature::Plain { Class::Conflict } else { Class::Edit };
        assert_eq!((gone.class, gone.pushed), (class, class == Class::Edit), "{part:?}");
    }
}

#[test]
fn an_item_in_two_menus_is_told_with_both() {
    let mut story = Story::in_sync(stage());
    let twice = story.desired_item("D1").clone();
    story.desired.menus[0].menu_items.push(twice);
    assert_eq!(told(&story.plan()), [r#"edit move items/D1/menu "Minuman" → ["Nasi","Minuman"] pushed"#]);
    story.publish();
    assert_eq!(story.plan().action, Action::None);
}

#[test]
fn every_field_that_drifted_is_carried_along_by_a_push_of_something_else_and_stays_drift() {
    for part in Part::all().into_iter().filter(|part| part.nature() == Nature::Plain) {
        for situation in [Situation::Drift, Situation::Conflict] {
            let mut story = story(part, situation);
            let before = story.plan();
            story.desired_item("D4").price = Field::Set(Price(10_500));
            let sent = as_published(&story.plan().payload);
            let mut live = part.live(&stage(), 2);
            live.menus[1].menu_items[3].price = Field::Set(Price(10_500));
            assert_eq!(unordered(sent), unordered(live), "{part:?} {situation:?}");
            story.publish();
            assert_eq!(told(&story.plan()), told(&before), "{part:?} {situation:?}: the base has followed");
        }
    }
}

/// A drifted thing keeps its place only as far as order can be read back, which is not at all.
pub(super) fn unordered(mut live: LiveCatalog) -> LiveCatalog {
    live.menus.iter_mut().for_each(|menu| menu.menu_items.sort_by(|a, b| a.uuid.cmp(&b.uuid)));
    live.variant_categories.iter_mut().for_each(|category| category.variants.sort_by(|a, b| a.uuid.cmp(&b.uuid)));
    live
}

#[test]
fn a_value_that_both_sides_reach_becomes_the_base_of_every_field() {
    for part in Part::all().into_iter().filter(|part| part.nature() == Nature::Plain) {
        let mut story = story(part, Situation::Converged);
        story.base = Some(story.plan().next_base);
        story.live = part.live(&stage(), 3);
        let plan = story.plan();
        assert_eq!(plan.changes.len(), 1, "{part:?}");
        assert_eq!(plan.changes[0].class, Class::Drift, "{part:?}: the base is what both had");
    }
}

/// A thing as a whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Thing {
    Item,
    Category,
    Variant,
}

impl Thing {
    pub(super) const ALL: [Self; 3] = [Self::Item, Self::Category, Self::Variant];

    pub(super) fn path(self) -> Path {
        match self {
            Self::Item => Path::item(&"NEW".into()),
            Self::Category => Path::category(&"NEW".into()),
            Self::Variant => Path::variant(&"NEW".into()),
        }
    }

    /// The catalog with this thing, in one of two forms; `None` = without it.
    pub(super) fn put(self, form: Option<i64>) -> Catalog {
        let mut catalog = stage();
        let Some(form) = form else { return catalog };
        match self {
            Self::Item => catalog.menus[2].menu_items.push(item("NEW", "Baru", 10_000 + form * 1_000)),
            Self::Category => {
                let mut new = catalog.variant_categories[1].clone();
                new.external_id = "NEW".into();
                new.name = set("Baru");
                new.max_quantity = Field::Set(form as u32);
                new.variants = vec![variant("N-1", "Satu", 500)];
                catalog.variant_categories.push(new);
            }
            Self::Variant => catalog.variant_categories[1].variants.push(variant("NEW", "Baru", form * 100)),
        }
        catalog
    }
}

#[test]
fn every_thing_comes_and_goes_as_its_class_says() {
    use Class::{Adopt, Conflict, Drift, Edit};
    use Kind::{Add, Remove, Set};
    type Told = Option<(Kind, Class, bool)>;
    const NO_BASE: Option<Option<i64>> = None;
    // desired, base, live → what is told of items, and of categories and variants
    let (is, other, not) = (Some(1), Some(2), None);
    type Form = Option<i64>;
    type Row = (&'static str, Form, Option<Form>, Form, Told, Told);
    let table: [Row; 12] = [
        ("added in the files", is, Some(not), not, Some((Add, Edit, true)), Some((Add, Edit, true))),
        ("removed in the files", not, Some(is), is, Some((Remove, Edit, true)), Some((Remove, Edit, true))),
        ("removed elsewhere", is, Some(is), not, Some((Add, Drift, false)), Some((Add, Drift, false))),
        ("made elsewhere", not, Some(not), is, Some((Remove, Drift, false)), Some((Remove, Drift, false))),
        (
            "removed elsewhere, edited here",
            other,
            Some(is),
            not,
            Some((Add, Conflict, false)),
            Some((Add, Conflict, false)),
        ),
        (
            "removed here, edited elsewhere",
            not,
            Some(is),
            other,
            Some((Remove, Conflict, false)),
            Some((Remove, Conflict, false)),
        ),
        ("removed on both sides", not, Some(is), not, None, None),
        ("made the same on both sides", is, Some(not), is, None, None),
        ("made differently on both sides", is, Some(not), other, Some((Set, Adopt, true)), Some((Set, Adopt, true))),
        ("wanted at first contact", is, NO_BASE, not, Some((Add, Adopt, true)), Some((Add, Adopt, true))),
        ("found at first contact", not, NO_BASE, is, Some((Remove, Adopt, false)), None),
        ("in sync", is, Some(is), is, None, None),
    ];
    for thing in Thing::ALL {
        for (what, desired, base, live, of_items, of_others) in &table {
            let mut story = Story::first_contact(thing.put(*desired));
            story.base = base.map(|base| Story::in_sync(thing.put(base)).base.unwrap());
            story.live = as_published(&thing.put(*live));
            let plan = story.plan();
            let expected = if thing == Thing::Item { *of_items } else { *of_others };
            let told: Vec<_> = plan.changes.iter().map(|c| (c.path.owner(), c.kind, c.class, c.pushed)).collect();
            let wanted: Vec<_> =
                expected.map(|(kind, class, pushed)| (thing.path(), kind, class, pushed)).into_iter().collect();
            assert_eq!(told, wanted, "{thing:?}: {what}");
        }
    }
}

#[test]
fn a_new_order_of_every_list_is_pushed_as_moves_and_never_drift() {
    type Turn = fn(&mut Catalog);
    let lists: [(&str, Turn, &str); 4] = [
        ("menus", |catalog| catalog.menus.rotate_left(1), "menus/Nasi"),
        ("items", |catalog| catalog.menus[0].menu_items.rotate_left(1), "items/NG"),
        ("variants", |catalog| catalog.variant_categories[0].variants.reverse(), "variants/"),
        (
            "choices of an item",
            |catalog| {
                let links = &mut catalog.menus[0].menu_items[0].variant_category_external_ids;
                *links = Field::Set(vec!["V2".into(), "VC".into()]);
            },
            "items/NG/variant_category_external_ids",
        ),
    ];
    let both = Part::Item(ItemField::VariantCategories).set(&stage(), 2);
    for (what, turn, path) in lists {
        let mut story = Story::in_sync(both.clone());
        turn(&mut story.desired);
        let plan = story.plan();
        assert_eq!(
            (plan.changes.len(), plan.changes[0].class, plan.changes[0].pushed),
            (1, Class::Edit, true),
            "{what}"
        );
        assert!(plan.changes[0].path.to_string().starts_with(path), "{what}: {}", plan.changes[0].path);
        (story.base, story.live) = (Some(plan.next_base), as_published(&plan.payload));
        assert_eq!(told(&story.plan()), Vec::<String>::new(), "{what}");
        // The same order made elsewhere cannot be read and is nothing.
        let mut story = Story::in_sync(both.clone());
        let mut turned = both.clone();
        turn(&mut turned);
        story.live = as_published(&turned);
        assert_eq!(told(&story.plan()), Vec::<String>::new(), "{what}");
    }
    let mut story = Story::in_sync(both);
    story.desired.variant_categories.rotate_left(1);
    assert_eq!(told(&story.plan()), Vec::<String>::new(), "the order of categories means nothing");
}

#[test]
fn the_platforms_rewritings_are_no_change_and_what_looks_like_them_is() {
    let week = |hours: Hours| Field::Set(hours);
    let closed = Hours::new(std::array::from_fn(|_| vec![]));
    let mut split = Hours::all_week();
    *split.day_mut(Day::Monday) = vec![TimeRange { start: 600, end: 700 }, TimeRange { start: 800, end: 900 }];
    let mut turned = split.clone();
    turned.day_mut(Day::Monday).reverse();
    let texts: [(&str, Field<String>, Field<String>, bool); 11] = [
        ("no text reads as empty", Field::Null, set(""), true),
        ("an empty text reads as none", set(""), Field::Null, true),
        ("the key is missing", Field::Null, Field::Unsaid, true),
        ("another encoding of the same text", set("Cafe\u{301}"), set("Café"), true),
        ("an accent that is gone", set("Café"), set("Cafe"), false),
        ("a text that is cut", set("Telur mata sapi"), set("Telur mata"), false),
        ("spaces at the end", set("Telur "), set("Telur"), true),
        ("spaces in between", set("Telur  mata"), set("Telur mata"), true),
        ("no space", set("Telur mata"), set("Telurmata"), false),
        ("escaped signs", set("Telur & \"mata\""), set("Telur &amp; &quot;mata&quot;"), true),
        ("capitals", set("telur"), set("Telur"), false),
    ];
    let hours: [(&str, Field<Hours>, Field<Hours>, bool); 6] = [
        ("no hours read as all week", Field::Null, week(Hours::all_week()), true),
        ("all week reads as none", week(Hours::all_week()), Field::Null, true),
        ("ranges in another order", week(split.clone()), week(turned), true),
        ("never sold is not always sold", week(closed.clone()), Field::Null, false),
        ("always sold is not never sold", Field::Null, week(closed), false),
        ("one day differs", week(split), week(Hours::all_week()), false),
    ];
    let check = |what: &str, wanted: Catalog, live: LiveCatalog, equal: bool| {
        let mut story = Story::first_contact(wanted);
        story.live = live;
        assert_eq!(story.plan().changes.is_empty(), equal, "{what}: {:?}", told(&story.plan()));
    };
    for (what, sent, shown, equal) in texts {
        let mut wanted = warung();
        wanted.menus[0].menu_items[1].description = sent;
        let mut live = as_published(&wanted);
        live.menus[0].menu_items[1].description = shown;
        check(what, wanted, live, equal);
    }
    for (what, sent, shown, equal) in hours {
        let mut wanted = warung();
        wanted.menus[0].menu_items[1].operational_hours = sent;
        let mut live = as_published(&wanted);
        live.menus[0].menu_items[1].operational_hours = shown;
        check(what, wanted, live, equal);
    }
    type Shown = fn(&mut LiveCatalog);
    let shown: [(&str, Shown, bool); 7] = [
        (
            "a category's name as its cashier's name",
            |live| live.variant_categories[0].internal_name = set("Level pedas"),
            true,
        ),
        ("another cashier's name", |live| live.variant_categories[0].internal_name = set("Pedas"), true),
        ("no external id on categories", |live| live.variant_categories[0].external_id = Field::Unsaid, true),
        ("an image's address", |live| live.menus[0].menu_items[0].image = set("https://cdn.example.net/1"), true),
        ("no image", |live| live.menus[0].menu_items[0].image = Field::Null, false),
        ("categories in another order", |live| live.variant_categories.reverse(), true),
        ("a menu's name in another encoding", |live| live.menus[0].name = "Nasi\u{301}".into(), false),
    ];
    for (what, show, equal) in shown {
        let mut live = as_published(&warung());
        show(&mut live);
        check(what, warung(), live, equal);
    }
}
