//! Plan stories: an outlet in sync, one side disturbed, and what follows.

mod approvals;
mod complete;
mod days;
mod duplicates;
mod extras;
mod landing;
mod laws;
mod limits;
mod matching;
mod memory;
mod price_lines;
mod promotions;
mod records;
mod recurring;
mod refusals;
mod rejected;
mod returning;
mod shared_variants;
mod spelling;
mod stock;
mod stored;
mod telling;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    catalog::{Field, FieldValue, Hours, Item, Menu, Variant, VariantCategory, live::LiveItem},
    policy::{DriftPolicy, Ignorable, UnmanagedPolicy},
};

fn set(text: &str) -> Field<String> {
    Field::Set(text.to_owned())
}

fn item(id: &str, name: &str, price: i64) -> Item {
    Item { external_id: id.into(), name: set(name), price: Field::Set(Price(price)), ..Item::default() }
}

fn menu(name: &str, menu_items: Vec<Item>) -> Menu {
    Menu { name: name.to_owned(), menu_items }
}

fn variant(id: &str, name: &str, price: i64) -> Variant {
    Variant { external_id: id.into(), name: set(name), price: Field::Set(Price(price)), in_stock: Field::Unsaid }
}

/// Two menus, ten items, one choice.
pub(super) fn warung() -> Catalog {
    let mut nasi = item("NG", "Nasi Goreng", 25_000);
    nasi.description = set("Telur mata sapi");
    nasi.image = set("https://img.example.com/ng.png");
    nasi.variant_category_external_ids = Field::Set(vec!["VC".into()]);
    let others = (1..6).map(|n| item(&format!("N{n}"), &format!("Nasi {n}"), 20_000 + n * 500));
    let drinks = (1..5).map(|n| item(&format!("D{n}"), &format!("Es {n}"), 8_000 + n * 500));
    Catalog {
        menus: vec![menu("Nasi", std::iter::once(nasi).chain(others).collect()), menu("Minuman", drinks.collect())],
        variant_categories: vec![VariantCategory {
            external_id: "VC".into(),
            name: set("Level pedas"),
            internal_name: Field::Unsaid,
            min_quantity: Field::Set(1),
            max_quantity: Field::Set(1),
            variants: vec![variant("LV0", "Tidak pedas", 0), variant("LV3", "Pedas gila", 2_000)],
        }],
        ..Catalog::default()
    }
}

/// Where the files say a thing.
type Places = Box<dyn Fn(&Path) -> Vec<Place> + Sync>;

/// Everything a plan needs; `story` changes one side of it.
struct Story {
    desired: Catalog,
    base: Option<Base>,
    live: LiveCatalog,
    policy: Policy,
    revert: bool,
    released: BTreeSet<Guard>,
    peers: PeerPrices,
    ended: BTreeSet<ExternalId>,
    recurring: Recurring,
    places: Places,
    low_prices: BTreeSet<Path>,
    memory: Memory,
    past: Past,
}

impl Story {
    fn in_sync(desired: Catalog) -> Self {
        let empty = LiveCatalog::default();
        let mut story = Self { live: empty, ..Self::first_contact(desired) };
        story.publish();
        story
    }

    fn first_contact(desired: Catalog) -> Self {
        Self {
            live: as_published(&desired),
            desired,
            base: None,
            policy: Policy::default(),
            revert: false,
            released: BTreeSet::new(),
            peers: BTreeMap::new(),
            ended: BTreeSet::new(),
            recurring: Recurring::default(),
            places: Box::new(|_| Vec::new()),
            low_prices: BTreeSet::new(),
            memory: Memory::default(),
            past: Past::default(),
        }
    }

    fn inputs(&self) -> Inputs<'_> {
        Inputs {
            outlet: const { &OutletId(String::new()) },
            desired: &self.desired,
            base: self.base.as_ref(),
            live: &self.live,
            policy: &self.policy,
            revert: self.revert,
            released: &self.released,
            peers: &self.peers,
            ended: &self.ended,
            recurring: &self.recurring,
            low_prices: &self.low_prices,
            past: &self.past,
            places: &*self.places,
            stock_by_put: false,
        }
    }

    fn plan(&self) -> OutletPlan {
        plan(&self.inputs())
    }

    /// Pushes the plan and lets it arrive, as the platform reads it back.
    fn publish(&mut self) {
        let plan = self.plan();
        let waiting = PushVerification::new(&plan, &self.inputs());
        self.live = as_published(&plan.payload);
        for image in self.live.menus.iter_mut().flat_map(|m| &mut m.menu_items).map(|item| &mut item.image) {
            *image = image.clone().map(|url| format!("https://cdn.example.net/{}", url.len()));
        }
        // What cannot be read back counts as arrived in the end.
        assert!(matches!(waiting.look(&self.live), Look::Arrived | Look::Unreadable), "{:?}", waiting.look(&self.live));
        self.base = Some(waiting.arrived(&self.live));
    }

    fn desired_item(&mut self, id: &str) -> &mut Item {
        let items = self.desired.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
        items.into_iter().find(|item| item.external_id.as_str() == id).unwrap()
    }

    fn live_item(&mut self, id: &str) -> &mut LiveItem {
        let items = self.live.menus.iter_mut().flat_map(|menu| &mut menu.menu_items);
        items.into_iter().find(|item| item.external_id.value().is_some_and(|known| known.as_str() == id)).unwrap()
    }

    fn sent(&self, id: &str) -> Option<Item> {
        self.plan().payload.item(&id.into()).cloned()
    }
}

/// `class kind path from→to [pushed]` of every change.
fn told(plan: &OutletPlan) -> Vec<String> {
    plan.changes
        .iter()
        .map(|c| {
            let pushed = if c.pushed { " pushed" } else { "" };
            let class = format!("{:?}", c.class).to_lowercase();
            let kind = format!("{:?}", c.kind).to_lowercase();
            format!("{class} {kind} {} {} → {}{pushed}", c.path, json!(c.from), json!(c.to))
        })
        .collect()
}

fn path(text: &str) -> Path {
    text.parse().unwrap()
}

fn text(text: &str) -> Option<FieldValue> {
    Some(FieldValue::Text(text.to_owned()))
}

fn held(plan: &OutletPlan) -> Vec<&'static str> {
    plan.held().map(|guard| guard.guard.name()).collect()
}

#[test]
fn an_outlet_in_sync_has_nothing_to_do() {
    let plan = Story::in_sync(warung()).plan();
    assert_eq!((told(&plan), plan.action, held(&plan)), (vec![], Action::None, vec![]));
}

#[test]
fn an_edit_in_the_files_is_pushed() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").price = Field::Set(Price(27_000));
    let plan = story.plan();
    assert_eq!(told(&plan), ["edit set items/NG/price 25000 → 27000 pushed"]);
    assert_eq!((plan.action, held(&plan)), (Action::Put, vec![]));
    story.publish();
    assert_eq!(story.plan().action, Action::None);
}

#[test]
fn an_edit_made_elsewhere_is_told_and_never_undone() {
    let mut story = Story::in_sync(warung());
    story.live_item("NG").price = Field::Set(Price(26_000));
    assert_eq!(told(&story.plan()), ["drift set items/NG/price 26000 → 25000"]);
    assert_eq!(story.plan().action, Action::None);
    // Another edit goes out and carries the drifted value along.
    story.desired_item("D1").price = Field::Set(Price(9_000));
    assert_eq!(story.sent("NG").unwrap().price, Field::Set(Price(26_000)));
    story.publish();
    assert_eq!(told(&story.plan()), ["drift set items/NG/price 26000 → 25000"], "the base has not followed");
    assert_eq!(story.plan().action, Action::None, "kept drift is no reason to push again");
}

#[test]
fn both_sides_moving_apart_is_a_conflict_and_live_is_kept() {
    let mut story = Story::in_sync(warung());
    story.live_item("NG").price = Field::Set(Price(26_000));
    story.desired_item("NG").price = Field::Set(Price(27_000));
    story.desired_item("D1").price = Field::Set(Price(9_000));
    let plan = story.plan();
    assert_eq!(
        told(&plan),
        ["edit set items/D1/price 8500 → 9000 pushed", "conflict set items/NG/price 26000 → 27000"]
    );
    assert_eq!(story.sent("NG").unwrap().price, Field::Set(Price(26_000)));
}

#[test]
fn both_sides_moving_to_the_same_value_only_moves_the_base() {
    let mut story = Story::in_sync(warung());
    story.live_item("NG").price = Field::Set(Price(27_000));
    story.desired_item("NG").price = Field::Set(Price(27_000));
    let plan = story.plan();
    assert_eq!((told(&plan), plan.action), (vec![], Action::None));
    assert_eq!(plan.next_base.catalog.item(&"NG".into()).unwrap().price, Field::Set(Price(27_000)));
}

#[test]
fn reverting_pushes_what_the_files_say_over_drift_and_conflict() {
    for by_policy in [true, false] {
        let mut story = Story::in_sync(warung());
        story.live_item("NG").price = Field::Set(Price(26_000));
        story.revert = !by_policy;
        story.policy.drift = if by_policy { DriftPolicy::Revert } else { DriftPolicy::Report };
        assert_eq!(told(&story.plan()), ["drift set items/NG/price 26000 → 25000 pushed"]);
    }
}

#[test]
fn what_no_file_ever_said_is_copied_from_live() {
    let mut story = Story::in_sync(warung());
    let hours = Hours::new(std::array::from_fn(|_| vec![]));
    story.live_item("D1").description = set("Diseduh segar");
    story.live_item("D1").operational_hours = Field::Set(hours.clone());
    story.live_item("D1").image = set("https://cdn.example.net/app.jpg");
    assert_eq!(told(&story.plan()), Vec::<String>::new());
    story.desired_item("D2").price = Field::Set(Price(9_500));
    let sent = story.sent("D1").unwrap();
    assert_eq!(sent.description, set("Diseduh segar"));
    assert_eq!(sent.operational_hours, Field::Set(hours));
    assert_eq!(sent.image, set("https://cdn.example.net/app.jpg"));
}

#[test]
fn what_a_file_no_longer_says_is_cleared() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").description = Field::Unsaid;
    assert_eq!(told(&story.plan()), [r#"edit set items/NG/description "Telur mata sapi" → null pushed"#]);
    assert_eq!(story.sent("NG").unwrap().description, Field::Null);
    story.publish();
    assert_eq!(story.plan().action, Action::None);
    story.live_item("NG").description = set("Dari aplikasi");
    assert_eq!(told(&story.plan()), Vec::<String>::new(), "nobody owns it any more");
}

#[test]
fn an_explicit_null_owns_the_absence() {
    let mut story = Story::first_contact(warung());
    story.desired_item("D1").description = Field::Null;
    story.live_item("D1").description = set("Dari aplikasi");
    assert_eq!(told(&story.plan()), [r#"adopt set items/D1/description "Dari aplikasi" → null pushed"#]);
}

#[test]
fn the_image_is_compared_with_what_was_last_sent() {
    let mut story = Story::in_sync(warung());
    story.live_item("NG").image = set("https://cdn.example.net/other");
    assert_eq!(told(&story.plan()), Vec::<String>::new());
    story.desired_item("NG").image = set("https://img.example.com/ng2.png");
    assert_eq!(
        told(&story.plan()),
        [r#"edit set items/NG/image "https://img.example.com/ng.png" → "https://img.example.com/ng2.png" pushed"#]
    );
}

#[test]
fn the_kitchens_stock_survives_every_push() {
    let mut story = Story::in_sync(warung());
    story.live_item("D1").in_stock = Field::Set(false);
    story.live.variant_categories[0].variants[1].in_stock = Field::Set(false);
    story.desired_item("D1").in_stock = Field::Set(true);
    assert_eq!(story.plan().action, Action::None, "`true` in a file claims nothing");
    story.desired_item("D1").price = Field::Set(Price(9_000));
    let sold_out = |plan: &OutletPlan| {
        let items =
            plan.payload.items().filter(|(_, i)| i.in_stock == Field::Set(false)).map(|(_, i)| i.external_id.0.clone());
        let variants = plan
            .payload
            .variants()
            .filter(|(_, v)| v.in_stock == Field::Set(false))
            .map(|(_, v)| v.external_id.0.clone());
        items.chain(variants).collect::<Vec<_>>()
    };
    assert_eq!(sold_out(&story.plan()), ["D1", "LV3"]);
    // Moving the item to another menu keeps it, too.
    let moved = story.desired.menus[1].menu_items.remove(0);
    story.desired.menus[0].menu_items.push(moved);
    assert_eq!(sold_out(&story.plan()), ["D1", "LV3"]);
}

#[test]
fn a_dish_taken_off_by_a_file_is_put_back_when_the_file_stops_saying_so() {
    let mut story = Story::in_sync(warung());
    story.desired_item("D1").in_stock = Field::Set(false);
    let plan = story.plan();
    assert_eq!(told(&plan), ["edit set items/D1/in_stock true → false pushed"]);
    assert_eq!(plan.action, Action::Stock);
    story.publish();
    assert_eq!(story.plan().action, Action::None);
    story.desired_item("D1").in_stock = Field::Unsaid;
    assert_eq!(told(&story.plan()), ["edit set items/D1/in_stock false → true pushed"]);
    story.publish();
    assert_eq!(story.plan().action, Action::None);
}

#[test]
fn what_the_kitchen_took_off_is_never_put_back() {
    let mut story = Story::in_sync(warung());
    story.live_item("D1").in_stock = Field::Set(false);
    story.desired_item("D1").in_stock = Field::Set(false);
    story.base = Some(story.plan().next_base);
    story.desired_item("D1").in_stock = Field::Unsaid;
    assert_eq!((told(&story.plan()), story.plan().action), (vec![], Action::None));
    assert_eq!(story.sent("D1").unwrap().in_stock, Field::Set(false));
}

#[test]
fn a_dish_that_the_kitchen_puts_back_stays_on_and_is_told() {
    let mut story = Story::in_sync(warung());
    story.desired_item("D1").in_stock = Field::Set(false);
    story.publish();
    story.live_item("D1").in_stock = Field::Set(true);
    assert_eq!(told(&story.plan()), ["drift set items/D1/in_stock true → false"]);
    // From then on it is the kitchen's: a later "sold out" is not ours to undo.
    story.base = Some(story.plan().next_base);
    story.live_item("D1").in_stock = Field::Set(false);
    story.desired_item("D1").in_stock = Field::Unsaid;
    assert_eq!(story.plan().action, Action::None);
}

#[test]
fn new_items_are_sent_in_stock() {
    let mut story = Story::in_sync(warung());
    story.desired.menus[0].menu_items.push(item("NEW", "Nasi Kuning", 18_000));
    let plan = story.plan();
    assert_eq!(told(&plan), [r#"edit add items/NEW null → {"menu":"Nasi","name":"Nasi Kuning","price":18000} pushed"#]);
    assert_eq!(story.sent("NEW").unwrap().in_stock, Field::Set(true));
}

#[test]
fn an_item_removed_elsewhere_is_not_brought_back() {
    let mut story = Story::in_sync(warung());
    story.live.menus[1].menu_items.remove(0);
    let plan = story.plan();
    assert_eq!(plan.changes.len(), 1);
    assert_eq!((plan.changes[0].class, plan.changes[0].kind, plan.changes[0].pushed), (Class::Drift, Kind::Add, false));
    story.desired_item("NG").price = Field::Set(Price(27_000));
    assert_eq!(story.sent("D1"), None);
    story.publish();
    assert_eq!(story.plan().action, Action::None);
    assert_eq!(story.plan().changes.len(), 1, "still told");
}

#[test]
fn an_item_removed_from_the_files_leaves_unless_a_guard_says_no() {
    let mut story = Story::in_sync(warung());
    story.desired.menus[1].menu_items.remove(0);
    let plan = story.plan();
    assert_eq!(told(&plan), [r#"edit remove items/D1 {"name":"Es 1","price":8500} → null pushed"#]);
    assert_eq!(held(&plan), Vec::<&str>::new());
    story.desired.menus[0].menu_items.truncate(4);
    assert_eq!(held(&story.plan()), ["deletes"], "3 of 10 are more than 20 %");
    story.released.insert(Guard::Deletes);
    assert!(!story.plan().is_held());
}

#[test]
fn removing_what_somebody_edited_elsewhere_is_a_conflict_and_it_stays() {
    let mut story = Story::in_sync(warung());
    story.live_item("D1").price = Field::Set(Price(9_900));
    story.live_item("D2").image = set("https://cdn.example.net/other");
    story.live_item("D2").description = set("Dari aplikasi");
    story.desired.menus[1].menu_items.drain(..2);
    story.live.variant_categories[0].variants[1].price = Field::Set(Price(2_500));
    story.desired.variant_categories[0].variants.remove(1);
    let plan = story.plan();
    assert_eq!(
        told(&plan),
        [
            r#"conflict remove items/D1 {"name":"Es 1","price":9900} → null"#,
            r#"edit remove items/D2 {"name":"Es 2","price":9000} → null pushed"#,
            r#"conflict remove variants/LV3 {"name":"Pedas gila","price":2500} → null"#,
        ]
    );
    assert_eq!((story.sent("D1").is_some(), story.sent("D2").is_some()), (true, false));
    story.revert = true;
    assert!(story.plan().changes.iter().all(|change| change.pushed));
}

#[test]
fn a_category_that_was_edited_elsewhere_stays_with_all_its_variants_when_the_files_drop_it() {
    let category_edited: fn(&mut LiveCatalog) = |live| live.variant_categories[0].name = "Pedasnya".to_owned();
    let variant_edited: fn(&mut LiveCatalog) =
        |live| live.variant_categories[0].variants[1].price = Field::Set(Price(2_500));
    for edit in [category_edited, variant_edited] {
        let mut story = Story::in_sync(warung());
        edit(&mut story.live);
        story.desired_item("NG").variant_category_external_ids = Field::Unsaid;
        story.desired.variant_categories.clear();
        let live = story.live.variant_categories[0].variants.len();
        let plan = story.plan();
        let conflict = plan.changes.iter().find(|change| change.path.to_string() == "categories/VC");
        let conflict = conflict.map(|change| (change.kind, change.class, change.pushed));
        assert_eq!(conflict, Some((Kind::Remove, Class::Conflict, false)), "{:?}", told(&plan));
        assert_eq!(plan.payload.variant_categories[0].variants.len(), live, "{:?}", told(&plan));
        assert_eq!(plan.next_base.catalog.variant_categories[0].variants.len(), live);
        story.revert = true;
        assert!(story.plan().payload.variant_categories.is_empty());
    }
}

#[test]
fn an_external_id_lost_in_the_app_is_drift_and_comes_back_with_the_next_put() {
    for uuid_stays in [true, false] {
        let mut story = Story::in_sync(warung());
        let lost = story.live_item("NG");
        lost.external_id = Field::Null;
        if !uuid_stays {
            lost.uuid = "another".to_owned();
        }
        let plan = story.plan();
        assert_eq!(told(&plan), [r#"drift set items/NG/external_id null → "NG""#]);
        assert_eq!((plan.action, plan.unmanaged.len()), (Action::None, 0));
        let silent = plan.digest;
        story.desired_item("D1").price = Field::Set(Price(9_000));
        let plan = story.plan();
        assert!(told(&plan).contains(&r#"drift set items/NG/external_id null → "NG" pushed"#.to_owned()));
        assert_ne!(plan.digest, silent);
        assert!(story.sent("NG").is_some());
    }
}

#[test]
fn an_item_made_in_the_app_holds_a_push_that_would_lose_it() {
    let mut story = Story::in_sync(warung());
    let stranger = LiveItem { uuid: "u-1".into(), name: "Es Krim".into(), ..LiveItem::default() };
    story.live.menus[1].menu_items.push(stranger);
    let plan = story.plan();
    assert_eq!((plan.action, held(&plan), plan.unmanaged.len()), (Action::None, vec![], 1));
    story.desired_item("D1").price = Field::Set(Price(9_000));
    assert_eq!(held(&story.plan()), ["unmanaged"]);
    story.policy.unmanaged = UnmanagedPolicy::Delete;
    assert_eq!(held(&story.plan()), Vec::<&str>::new());
    assert!(
        told(&story.plan()).iter().any(|line| line.starts_with("drift remove items/u-1") && line.ends_with("pushed"))
    );
}

#[test]
fn a_stock_call_loses_nothing_so_that_only_guards_of_stock_speak() {
    let mut story = Story::in_sync(warung());
    let mut foreign = story.live.menus[1].clone();
    foreign.name = "Camilan".into();
    foreign.menu_items = vec![LiveItem { uuid: "u-1".into(), name: "Es Krim".into(), ..LiveItem::default() }];
    story.live.menus.push(foreign);
    story.desired_item("D1").in_stock = Field::Set(false);
    let plan = story.plan();
    let spoke: Vec<&str> = plan.guards.iter().map(|guard| guard.guard.name()).collect();
    assert_eq!((plan.action, spoke), (Action::Stock, vec!["sold-out"]));
    story.desired_item("D1").price = Field::Set(Price(9_000));
    assert_eq!(held(&story.plan()), ["emptied-menu", "unmanaged"]);
}

#[test]
fn a_category_made_in_the_app_is_copied() {
    let mut story = Story::in_sync(warung());
    let mut made = story.live.variant_categories[0].clone();
    made.uuid = "u-cat".into();
    made.name = "Topping".into();
    made.external_id = Field::Unsaid;
    made.variants.iter_mut().for_each(|variant| {
        variant.uuid = format!("u-{}", variant.name);
        variant.external_id = Field::Null;
        variant.name = format!("{} baru", variant.name);
    });
    story.live.variant_categories.push(made);
    story.live_item("D1").variant_category_uuids = vec!["u-cat".into()];
    story.desired_item("D2").price = Field::Set(Price(9_500));
    let plan = story.plan();
    assert_eq!(story.sent("D1").unwrap().variant_category_external_ids, Field::Set(vec!["u-cat".into()]));
    assert!(plan.payload.variant_categories.iter().any(|c| c.external_id.as_str() == "u-cat" && c.variants.len() == 2));
}

#[test]
fn first_contact_with_an_equal_menu_adopts_it_silently_and_with_another_is_held() {
    let mut story = Story::first_contact(warung());
    assert_eq!((story.plan().action, told(&story.plan())), (Action::None, vec![]));
    story.live_item("NG").price = Field::Set(Price(26_000));
    assert_eq!(told(&story.plan()), ["adopt set items/NG/price 26000 → 25000 pushed"]);
    assert_eq!(held(&story.plan()), ["first-contact"]);
    story.live = LiveCatalog::default();
    assert_eq!(held(&story.plan()), Vec::<&str>::new(), "an empty menu has nothing to lose");
}

#[test]
fn a_list_of_choices_is_sent_empty_only_where_there_were_some() {
    let mut story = Story::in_sync(warung());
    story.desired_item("D1").price = Field::Set(Price(11_000));
    let choices = |story: &Story, id: &str| {
        let body = story.plan().body();
        body.item(&id.into()).unwrap().variant_category_external_ids.clone()
    };
    assert_eq!(choices(&story, "NG"), Field::Set(vec!["VC".into()]));
    assert_eq!(choices(&story, "D1"), Field::Unsaid);
    // Said to be none, and it is none.
    story.desired_item("D1").variant_category_external_ids = Field::Set(Vec::new());
    assert_eq!(choices(&story, "D1"), Field::Unsaid);
    story.desired_item("NG").variant_category_external_ids = Field::Set(Vec::new());
    assert_eq!(choices(&story, "NG"), Field::Set(Vec::new()));
}

#[test]
fn an_empty_live_menu_holds_an_outlet_that_had_one() {
    let mut story = Story::in_sync(warung());
    story.live = LiveCatalog::default();
    for price in [25_000, 27_000] {
        story.desired_item("NG").price = Field::Set(Price(price));
        assert_eq!((story.plan().action, held(&story.plan())), (Action::None, vec!["empty-live"]), "{price}");
    }
    story.revert = true;
    assert!(held(&story.plan()).contains(&"empty-live"));
    story.revert = false;
    story.released.insert(Guard::EmptyLive);
    let plan = story.plan();
    assert_eq!((plan.action, plan.is_held()), (Action::None, false), "let through it is drift");
    assert!(plan.changes.iter().all(|change| matches!(change.class, Class::Drift | Class::Conflict)));
}

#[test]
fn a_slipped_decimal_is_held_at_every_factor_and_in_new_items() {
    for price in [2_500, 250, 25, 250_000, 26_000_000] {
        let mut story = Story::in_sync(warung());
        story.desired_item("NG").price = Field::Set(Price(price));
        assert_eq!(held(&story.plan()), ["price-change", "decimal-slip"], "{price}");
    }
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").price = Field::Set(Price(50_000));
    assert_eq!(held(&story.plan()), ["price-change"]);
    let mut story = Story::in_sync(warung());
    story.desired.menus[0].menu_items.push(item("NEW", "Nasi Kuning", 1_800));
    story.peers.insert("NEW".into(), BTreeMap::from([(Price(18_000), 3)]));
    assert_eq!(held(&story.plan()), ["decimal-slip"]);
}

#[test]
fn a_variants_price_is_guarded_like_an_items() {
    let mut story = Story::in_sync(warung());
    story.desired.variant_categories[0].variants[1].price = Field::Set(Price(20_000));
    assert_eq!(held(&story.plan()), ["price-change", "decimal-slip"]);
}

#[test]
fn an_emptied_menu_is_held_but_not_a_moved_one() {
    let mut story = Story::in_sync(warung());
    let drinks = story.desired.menus.remove(1);
    story.policy.guards.deletes.percent = 100.0;
    assert_eq!(held(&story.plan()), ["emptied-menu"]);
    story.desired.menus.push(menu("Es & Jus", drinks.menu_items));
    assert_eq!(held(&story.plan()), Vec::<&str>::new());
}

#[test]
fn what_a_dated_layer_brought_may_leave_with_it() {
    let mut desired = warung();
    let takjil = (0..6).map(|n| item(&format!("T{n}"), &format!("Takjil {n}"), 10_000)).collect();
    desired.menus.push(menu("Takjil", takjil));
    let mut story = Story::in_sync(desired);
    story.desired.menus.pop();
    assert_eq!(held(&story.plan()), ["deletes", "emptied-menu"]);
    story.ended = (0..6).map(|n| ExternalId(format!("T{n}"))).collect();
    assert_eq!((held(&story.plan()), story.plan().action), (vec![], Action::Put));
    // A dish that somebody takes out of its menu on the same day does not go unseen with them.
    story.ended.remove(&ExternalId::from("T5"));
    assert_eq!(held(&story.plan()), ["emptied-menu"]);
}

#[test]
fn the_same_dish_under_another_id_is_held() {
    let mut story = Story::in_sync(warung());
    story.desired_item("D1").external_id = "D1-NEW".into();
    assert_eq!(held(&story.plan()), ["re-key"]);
    story.live_item("D1").in_stock = Field::Set(false);
    let told = story.plan().held().map(|guard| guard.message.clone()).collect::<Vec<_>>();
    assert!(told[0].ends_with("sold out now, on sale then: “Es 1”"), "{told:?}");
}

#[test]
fn half_the_menu_going_out_of_stock_is_held() {
    let mut story = Story::in_sync(warung());
    for id in ["NG", "N1", "N2", "N3", "N4"] {
        story.desired_item(id).in_stock = Field::Set(false);
    }
    assert_eq!(held(&story.plan()), Vec::<&str>::new());
    story.desired_item("N5").in_stock = Field::Set(false);
    assert_eq!(held(&story.plan()), ["sold-out"]);
}

#[test]
fn small_menus_are_not_exempt() {
    let two = Catalog {
        menus: vec![menu("A", vec![item("A1", "Satu", 9_000), item("A2", "Dua", 9_000)])],
        ..Catalog::default()
    };
    let mut story = Story::in_sync(two);
    story.desired.menus[0].menu_items.remove(0);
    assert_eq!(held(&story.plan()), ["deletes"]);
}

#[test]
fn a_reorder_moves_as_little_as_possible_and_is_never_drift() {
    let mut story = Story::in_sync(warung());
    story.live.menus[0].menu_items.reverse();
    assert_eq!(told(&story.plan()), Vec::<String>::new());
    let first = story.desired.menus[0].menu_items.remove(0);
    story.desired.menus[0].menu_items.push(first);
    assert_eq!(told(&story.plan()), [r#"edit move items/NG {"after":null} → {"after":"N5"} pushed"#]);
    story.publish();
    assert_eq!(story.plan().action, Action::None);
}

#[test]
fn an_item_moved_to_another_menu_is_one_move() {
    let mut story = Story::in_sync(warung());
    let moved = story.desired.menus[0].menu_items.remove(1);
    story.desired.menus[1].menu_items.push(moved);
    assert_eq!(told(&story.plan()), [r#"edit move items/N1/menu "Nasi" → "Minuman" pushed"#]);
    story.publish();
    assert_eq!(story.plan().action, Action::None);
}

#[test]
fn ignored_fields_are_neither_compared_nor_set() {
    let mut story = Story::in_sync(warung());
    story.policy.ignore.insert(Ignorable::Description);
    story.desired_item("NG").description = set("Baru");
    story.live_item("NG").description = set("Dari aplikasi");
    assert_eq!(told(&story.plan()), Vec::<String>::new());
    story.desired_item("D1").price = Field::Set(Price(9_000));
    assert_eq!(story.sent("NG").unwrap().description, set("Dari aplikasi"));
}

#[test]
fn known_rewritings_of_the_platform_are_no_change() {
    let mut desired = warung();
    desired.menus[0].menu_items[1].name = set("Kopi Cafe\u{301}");
    desired.menus[0].menu_items[2].operational_hours = Field::Set(Hours::all_week());
    let mut story = Story::in_sync(desired);
    story.live_item("N1").name = "Kopi Café".into();
    story.live_item("N2").operational_hours = Field::Null;
    story.live_item("N3").operational_hours = Field::Set(Hours::all_week());
    story.live_item("N4").description = set("");
    story.live.variant_categories[0].internal_name = set("Level pedas");
    assert_eq!(told(&story.plan()), Vec::<String>::new());
}

#[test]
fn categories_are_found_without_their_external_id() {
    let mut story = Story::in_sync(warung());
    story.live.variant_categories[0].external_id = Field::Unsaid;
    assert_eq!(told(&story.plan()), Vec::<String>::new());
    // A new UUID as well: by its variants.
    story.live.variant_categories[0].uuid = "renewed".into();
    story.live_item("NG").variant_category_uuids = vec!["renewed".into()];
    assert_eq!(told(&story.plan()), Vec::<String>::new());
}

#[test]
fn a_choice_changes_field_by_field_and_variants_come_and_go() {
    let mut story = Story::in_sync(warung());
    let choice = &mut story.desired.variant_categories[0];
    choice.max_quantity = Field::Set(2);
    choice.variants.remove(0);
    choice.variants.push(variant("LV9", "Neraka", 3_000));
    assert_eq!(
        told(&story.plan()),
        [
            "edit set categories/VC/max_quantity 1 → 2 pushed",
            r#"edit remove variants/LV0 {"name":"Tidak pedas","price":0} → null pushed"#,
            r#"edit add variants/LV9 null → {"category":"VC","name":"Neraka","price":3000} pushed"#,
        ]
    );
    story.publish();
    assert_eq!(story.plan().action, Action::None);
}

#[test]
fn a_whole_category_is_told_once() {
    let mut story = Story::in_sync(warung());
    let mut sauce = story.desired.variant_categories[0].clone();
    sauce.external_id = "SAUS".into();
    sauce.name = set("Saus");
    sauce.variants = vec![variant("S1", "Tomat", 0), variant("S2", "Sambal", 0)];
    story.desired.variant_categories.push(sauce);
    assert_eq!(told(&story.plan()).len(), 1);
    assert!(told(&story.plan())[0].starts_with("edit add categories/SAUS"));
    assert_eq!(story.plan().payload.variants().count(), 4);
}

#[test]
fn stock_set_between_payload_and_publication_is_restored() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").price = Field::Set(Price(27_000));
    let plan = story.plan();
    let mut waiting = PushVerification::new(&plan, &story.inputs());
    story.live_item("D2").in_stock = Field::Set(false);
    assert_eq!(waiting.look(&story.live), Look::Old);
    waiting.remember_stock(&story.live);
    let new = as_published(&plan.payload);
    assert_eq!(waiting.look(&new), Look::Arrived);
    let calls = waiting.overwritten_stock(&new);
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].1[0].external_id.as_str(), calls[0].1[0].in_stock), ("D2", false));
}

#[test]
fn a_text_that_the_platform_cuts_is_rejected_until_the_file_changes() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").description = set("Telur mata sapi, kerupuk");
    story.desired_item("D1").price = Field::Set(Price(9_000));
    let plan = story.plan();
    let waiting = PushVerification::new(&plan, &story.inputs());
    story.live = as_published(&plan.payload);
    story.live_item("NG").description = set("Telur mata");
    let Look::Other(mismatches) = waiting.look(&story.live) else { panic!("live has changed into something else") };
    assert_eq!(mismatches.iter().map(|u| u.path.to_string()).collect::<Vec<_>>(), ["items/NG/description"]);
    story.base = Some(waiting.settled(&story.live, story.base.as_ref(), &mismatches));
    let plan = story.plan();
    assert_eq!(plan.action, Action::None, "not pushed again");
    assert_eq!(plan.changes.len(), 1, "but named");
    story.desired_item("NG").description = set("Telur");
    assert_eq!(story.plan().action, Action::Put);
}

#[test]
fn an_edit_elsewhere_while_a_push_is_waited_for_is_drift_and_no_failure_to_arrive() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").price = Field::Set(Price(27_000));
    let plan = story.plan();
    let waiting = PushVerification::new(&plan, &story.inputs());
    story.live_item("D1").price = Field::Set(Price(9_900));
    assert_eq!(waiting.look(&story.live), Look::Old);
    story.live = as_published(&plan.payload);
    story.live_item("D1").price = Field::Set(Price(9_900));
    assert_eq!(waiting.look(&story.live), Look::Arrived);
    story.base = Some(waiting.arrived(&story.live));
    assert_eq!(told(&story.plan()), ["drift set items/D1/price 9900 → 8500"]);
}

#[test]
fn a_push_that_only_changes_an_image_cannot_be_told_from_what_reads_the_same() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").image = set("https://img.example.com/new.png");
    let mut waiting = PushVerification::new(&story.plan(), &story.inputs());
    assert_eq!(waiting.look(&story.live), Look::Unreadable);
    story.live_item("NG").image = set("https://cdn.example.net/new");
    assert_eq!((waiting.look(&story.live), waiting.is_announced()), (Look::Unreadable, false));
    waiting.note_event();
    assert!(waiting.is_announced());
}

#[test]
fn a_waiting_push_and_a_base_survive_being_stored() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").price = Field::Set(Price(27_000));
    let waiting = PushVerification::new(&story.plan(), &story.inputs());
    let again: PushVerification = serde_json::from_value(json!(waiting)).unwrap();
    assert_eq!(again, waiting);
    story.base.as_mut().unwrap().rejected_values.insert(path("items/NG/name"), text("Nasi"));
    let base: Base = serde_json::from_value(json!(story.base)).unwrap();
    assert_eq!(Some(base), story.base);
}

#[test]
fn what_an_earlier_release_stored_is_read() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").description = set("Telur mata sapi dan kerupuk");
    let waiting = PushVerification::new(&story.plan(), &story.inputs());
    story.base.as_mut().unwrap().rejected_values.insert(path("items/NG/name"), text("Nasi"));
    let renamed = |mut stored: serde_json::Value, now: &str, then: &str| {
        let fields = stored.as_object_mut().unwrap();
        let value = fields.remove(now).unwrap();
        fields.insert(then.to_owned(), value);
        stored
    };
    let old = renamed(json!(waiting), "indistinguishable", "traceless");
    assert!(waiting.is_indistinguishable());
    assert_eq!(serde_json::from_value::<PushVerification>(old).unwrap(), waiting);
    let old = renamed(json!(story.base), "rejected_values", "stuck");
    assert_eq!(Some(serde_json::from_value::<Base>(old).unwrap()), story.base);
    let at = "2026-11-29T06:00:00Z";
    let memory: Memory = serde_json::from_value(json!({"came": {"A": at}, "left": {"B": at}})).unwrap();
    let past = memory.at(at.parse().unwrap());
    assert_eq!((past.added, past.removed), (["A".into()].into(), ["B".into()].into()));
}

#[test]
fn the_digest_covers_effects_only() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").price = Field::Set(Price(27_000));
    let digest = story.plan().digest;
    story.live_item("D1").price = Field::Set(Price(1));
    story.live_item("D2").in_stock = Field::Set(false);
    assert_eq!(story.plan().digest, digest, "kept drift and stock are not in it");
    story.live.menus[1].menu_items.push(LiveItem { uuid: "u-1".into(), name: "Es Krim".into(), ..LiveItem::default() });
    assert_ne!(story.plan().digest, digest, "the loss of an item that no file knows is");
    story.live.menus[1].menu_items.pop();
    story.desired_item("NG").price = Field::Set(Price(28_000));
    assert_ne!(story.plan().digest, digest);
}

/// A small random catalog over a fixed set of ids, so that two of them overlap.
pub(super) fn any_catalog() -> impl Strategy<Value = Catalog> {
    let one = (0..4usize, prop::option::of("[a-z]{0,4}"), 1..50i64, any::<bool>());
    (prop::collection::vec(prop::option::of(one), 8), any::<bool>()).prop_map(|(items, flip)| {
        let mut menus: Vec<Menu> = (0..4).map(|n| menu(&format!("M{n}"), vec![])).collect();
        for (n, (position, description, price, linked)) in
            items.into_iter().enumerate().filter_map(|(n, i)| Some((n, i?)))
        {
            let mut made = item(&format!("I{n}"), &format!("Item {n}"), price * 1_000);
            made.description = Field::set_or_unsaid(description);
            if linked {
                made.variant_category_external_ids = Field::Set(vec!["VC".into()]);
            }
            menus[position].menu_items.push(made);
        }
        menus.retain(|menu| !menu.menu_items.is_empty());
        if flip {
            menus.reverse();
        }
        Catalog { menus, variant_categories: warung().variant_categories, ..Catalog::default() }
    })
}

proptest! {
    #[test]
    fn pushing_any_change_leads_to_the_files(before in any_catalog(), after in any_catalog()) {
        let mut story = Story::in_sync(before);
        story.desired = after.clone();
        if !after.is_empty() {
            story.publish();
            let plan = story.plan();
            prop_assert_eq!(told(&plan), Vec::<String>::new());
            let ids = |catalog: &Catalog| -> Vec<(String, ExternalId)> {
                catalog.items().map(|(menu, item)| (menu.name.clone(), item.external_id.clone())).collect()
            };
            prop_assert_eq!(ids(&plan.payload), ids(&after));
        }
    }
}
