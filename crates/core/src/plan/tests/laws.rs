//! Laws of plans, over catalogs in which anything may be said or left unsaid.

use super::*;
use crate::catalog::{CategoryField, Day, ItemField, TimeRange, VariantField};

fn any_field<T: std::fmt::Debug + Clone>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Field<T>> {
    (0..4u8, value).prop_map(|(said, value)| match said {
        0 | 1 => Field::Unsaid,
        2 => Field::Null,
        _ => Field::Set(value),
    })
}

fn any_hours() -> impl Strategy<Value = Hours> {
    (600..700u16, 0..7usize).prop_map(|(start, day)| {
        let mut hours = Hours::all_week();
        *hours.day_mut(Day::ALL[day]) = vec![TimeRange { start, end: 1_200 }];
        hours
    })
}

fn any_item(id: usize) -> impl Strategy<Value = (usize, Item)> {
    let texts = (any_field("[a-c]{0,3}"), any_field("[a-c]{0,3}"), any_field("https://x/[a-c]"));
    let stock = prop_oneof![3 => Just(Field::Unsaid), 1 => Just(Field::Set(false)), 1 => Just(Field::Set(true))];
    let links = any_field(prop::sample::subsequence(vec!["C0", "C1"], 0..=2));
    (0..3usize, 1..90i64, texts, stock, any_field(any_hours()), links).prop_map(
        move |(position, price, (internal_name, description, image), in_stock, operational_hours, links)| {
            let variant_category_external_ids = links.map(|ids| ids.into_iter().map(ExternalId::from).collect());
            let made = item(&format!("I{id}"), &format!("Item {id}"), price * 500);
            let made = Item { internal_name, description, image, in_stock, operational_hours, ..made };
            (position, Item { variant_category_external_ids, ..made })
        },
    )
}

fn any_category(id: usize) -> impl Strategy<Value = VariantCategory> {
    let variants = prop::collection::vec((any::<bool>(), 0..9i64), 1..4);
    (any_field("[a-c]{1,3}"), 0..2u32, 1..4u32, variants).prop_map(move |(internal_name, min, max, variants)| {
        let made =
            |(n, (_, price)): (usize, (bool, i64))| variant(&format!("V{id}{n}"), &format!("V {n}"), price * 500);
        VariantCategory {
            external_id: ExternalId(format!("C{id}")),
            name: set(&format!("Category {id}")),
            internal_name,
            min_quantity: Field::Set(min),
            max_quantity: Field::Set(max),
            variants: variants.into_iter().enumerate().map(made).collect(),
        }
    })
}

/// Up to six items in three menus, two categories.
pub(super) fn any_catalog() -> impl Strategy<Value = Catalog> {
    let items: Vec<_> = (0..6).map(|id| prop::option::of(any_item(id))).collect();
    let shared = prop::sample::subsequence(vec![0, 1, 2], 0..=2);
    let shared = prop_oneof![1 => Just(Vec::new()), 1 => shared];
    (items, any_category(0), any_category(1), any::<bool>(), shared).prop_map(
        |(items, first, mut second, turn, shared)| {
            for variant in shared.into_iter().filter_map(|at| first.variants.get(at)) {
                second.variants.insert(usize::from(turn), variant.clone());
            }
            let mut menus: Vec<Menu> = (0..3).map(|n| menu(&format!("M{n}"), vec![])).collect();
            for (position, item) in items.into_iter().flatten() {
                menus[position].menu_items.push(item);
            }
            menus.retain(|menu| !menu.menu_items.is_empty());
            if turn {
                menus.reverse();
            }
            Catalog { menus, variant_categories: vec![first, second], ..Catalog::default() }
        },
    )
}

/// Path → value of everything that a file can say, absence left out and the kitchen's stock aside.
fn flat(catalog: &Catalog) -> BTreeMap<String, serde_json::Value> {
    let mut flat = BTreeMap::new();
    let mut say = |path: Path, value: serde_json::Value| {
        let absent = value.is_null() || value == json!("") || value == json!([]);
        if !absent {
            flat.insert(path.to_string(), value);
        }
    };
    for (menu, item) in catalog.items() {
        for field in ItemField::ALL {
            let value = match field {
                ItemField::ExternalId => json!(item.external_id),
                ItemField::Menu => json!(menu.name),
                ItemField::Name => json!(item.name),
                ItemField::InternalName => json!(item.internal_name),
                ItemField::Description => json!(item.description),
                ItemField::InStock => json!(null),
                ItemField::Price => json!(item.price),
                ItemField::Image => json!(item.image),
                ItemField::OperationalHours => json!(item.operational_hours),
                ItemField::VariantCategories => json!(item.variant_category_external_ids),
                ItemField::Calories => json!(item.calories),
            };
            say(Path::item_field(&item.external_id, *field), value);
        }
    }
    for category in &catalog.variant_categories {
        for field in CategoryField::ALL {
            let value = match field {
                // Its coming says it, and most answers have none.
                CategoryField::ExternalId => json!(null),
                CategoryField::Name => json!(category.name),
                // A cashier's name that is the name reads back where none was sent.
                CategoryField::InternalName if category.internal_name == category.name => json!(null),
                CategoryField::InternalName => json!(category.internal_name),
                CategoryField::MinQuantity => json!(category.min_quantity),
                CategoryField::MaxQuantity => json!(category.max_quantity),
            };
            say(Path::category_field(&category.external_id, *field), value);
        }
    }
    let categories = |id: &ExternalId| -> serde_json::Value {
        let here = catalog.variants().filter(|(_, variant)| variant.external_id == *id);
        match &here.map(|(category, _)| &category.external_id).collect::<Vec<_>>()[..] {
            [one] => json!(one),
            several => json!(several),
        }
    };
    for (_, variant) in catalog.variants() {
        for field in VariantField::ALL {
            let value = match field {
                VariantField::ExternalId => json!(variant.external_id),
                VariantField::Category => categories(&variant.external_id),
                VariantField::Name => json!(variant.name),
                VariantField::Price => json!(variant.price),
                VariantField::InStock => json!(null),
            };
            say(Path::variant_field(&variant.external_id, *field), value);
        }
    }
    flat
}

/// Carries out what the changes say, as a reader of the plan would with pencil and paper.
fn carry_out(changes: &[Change], flat: &mut BTreeMap<String, serde_json::Value>) {
    for change in changes.iter().filter(|change| change.pushed && !change.is_stock()) {
        let path = change.path.to_string();
        match (change.kind, change.path.field_key()) {
            (_, None) if matches!(change.path, Path::Menu(_)) => {}
            (Kind::Remove, None) => flat.retain(|known, _| !known.starts_with(&format!("{path}/"))),
            (Kind::Add, None) => {
                let id = path.split('/').nth(1).unwrap();
                flat.insert(format!("{path}/external_id"), json!(id));
                for (key, value) in json!(change.to).as_object().unwrap() {
                    if !value.is_null() && *value != json!("") && *value != json!([]) {
                        flat.insert(format!("{path}/{key}"), value.clone());
                    }
                }
            }
            // An order.
            (_, None) => {}
            (Kind::Set | Kind::Move, Some(_)) => match &json!(change.to) {
                value if value.is_null() || *value == json!("") || *value == json!([]) => drop(flat.remove(&path)),
                value => drop(flat.insert(path, value.clone())),
            },
            (Kind::Add | Kind::Remove, Some(_)) => panic!("a field neither comes nor goes: {path}"),
        }
    }
    // Categories have an id, but no field of that name.
    flat.retain(|path, _| !(path.starts_with("categories/") && path.ends_with("/external_id")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_difference_with_itself_is_none(catalog in any_catalog()) {
        let plan = Story::in_sync(catalog).plan();
        prop_assert_eq!((told(&plan), plan.action), (vec![], Action::None));
    }

    #[test]
    fn carrying_out_the_difference_of_two_catalogs_leads_from_one_to_the_other(a in any_catalog(), b in any_catalog()) {
        prop_assume!(!b.is_empty());
        let mut story = Story::in_sync(a.clone());
        story.live = as_published(&story.plan().payload);
        story.desired = b.clone();
        let plan = story.plan();
        let mut told = flat(&a);
        carry_out(&plan.changes, &mut told);
        prop_assert_eq!(&told, &flat(&b), "{:#?}", plan.changes);
        // And the payload is what the changes tell.
        let mut sent = plan.payload.clone();
        sent.variant_categories.iter_mut().for_each(|category| category.variants.iter_mut().for_each(|v| v.in_stock = Field::Unsaid));
        prop_assert_eq!(flat(&sent), told);
    }

    #[test]
    fn no_payload_changes_what_nobody_owns(a in any_catalog(), b in any_catalog(), live in any_catalog(), revert in any::<bool>(), first in any::<bool>()) {
        let base = Story::in_sync(a).base.unwrap();
        let mut story = Story::first_contact(b);
        story.base = (!first).then_some(base);
        story.live = as_published(&live);
        story.revert = revert;
        let plan = story.plan();
        let owned = |item: Option<&Item>| item.cloned().unwrap_or_default();
        for (_, shown) in live.items() {
            let id = &shown.external_id;
            let base = story.base.as_ref().and_then(|base| base.catalog.item(id));
            let (wanted, base) = (owned(story.desired.item(id)), owned(base));
            let Some(sent) = plan.payload.item(id) else { continue };
            macro_rules! unowned {
                ($($field:ident)*) => {$(
                    if wanted.$field.is_unsaid() && base.$field.is_unsaid() {
                        prop_assert_eq!(sent.$field.value(), shown.$field.value(), "{} of {}", stringify!($field), id);
                    }
                )*};
            }
            unowned!(internal_name description image operational_hours);
            if wanted.in_stock != Field::Set(false) && base.in_stock != Field::Set(false) {
                prop_assert_eq!(sent.in_stock == Field::Set(false), shown.in_stock == Field::Set(false), "stock of {}", id);
            }
        }
    }

    #[test]
    fn the_digest_knows_no_order(a in any_catalog(), b in any_catalog(), turn in 0..6usize) {
        let plan_of = |before: &Catalog, after: &Catalog| {
            let mut story = Story::in_sync(before.clone());
            story.desired = after.clone();
            story.plan()
        };
        let (one, other) = (plan_of(&a, &b), plan_of(&b, &a));
        let (first, second) = (OutletId::from("G1"), OutletId::from("G2"));
        let mut turned = one.changes.clone();
        if !turned.is_empty() {
            let by = turn % turned.len();
            turned.rotate_left(by);
        }
        prop_assert_eq!(
            digest_of([(&first, one.changes.as_slice()), (&second, other.changes.as_slice())]),
            digest_of([(&second, other.changes.as_slice()), (&first, turned.as_slice())])
        );
        // Live things in another order are the same live things.
        let mut story = Story::in_sync(a.clone());
        story.desired = b.clone();
        let digest = story.plan().digest;
        story.live.variant_categories.reverse();
        story.live.variant_categories.iter_mut().for_each(|category| category.variants.reverse());
        story.live.menus.iter_mut().for_each(|menu| menu.menu_items.reverse());
        prop_assert_eq!(story.plan().digest, digest);
    }

    #[test]
    fn whatever_is_pushed_leads_to_rest(a in any_catalog(), b in any_catalog(), live in any_catalog(), revert in any::<bool>()) {
        prop_assume!(!b.is_empty());
        let mut story = Story::in_sync(a);
        story.desired = b;
        story.live = as_published(&live);
        story.revert = revert;
        let plan = story.plan();
        story.base = Some(plan.next_base.clone());
        if plan.action != Action::None {
            story.live = as_published(&plan.payload);
        }
        let rest = story.plan();
        prop_assert_eq!(rest.action, Action::None, "{:#?}", told(&rest));
        if plan.action == Action::Put {
            prop_assert_eq!(&flat(&rest.payload), &flat(&plan.payload));
        }
    }
}
