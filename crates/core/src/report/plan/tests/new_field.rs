//! The claim of the table of fields: a field that has a row, and that nothing else knows, is compared, guarded by ownership,
//! shown, sent, remembered and gone back to. `calories` is that field; no platform has it.
//!
//! That it behaves like any other field in every situation is in `plan/tests/complete.rs`.

use jiff::Timestamp;

use super::*;
use crate::{
    authoring,
    catalog::{Catalog, FieldValue, ItemField},
    plan::{Class, Goal, Kind, Pins, Record, Uuids},
};

const FIELD: ItemField = ItemField::Calories;

fn path() -> Path {
    Path::item_field(&"NG".into(), FIELD)
}

/// The dish has 700 calories in the files, in the last push and live.
fn story() -> Story {
    let mut catalog = warung();
    catalog.menus[0].menu_items[0].calories = Field::Set(700);
    Story::of(catalog)
}

fn inputs<'a>(story: &'a Story, outlet: &'a crate::catalog::OutletId, policy: &'a Policy) -> Inputs<'a> {
    static NOTHING: BTreeSet<Guard> = BTreeSet::new();
    static NONE: Recurring = Recurring { files: BTreeSet::new(), resting: BTreeMap::new(), away: BTreeSet::new() };
    Inputs {
        outlet,
        desired: &story.desired,
        base: story.base.as_ref(),
        live: &story.live,
        policy,
        revert: false,
        released: &NOTHING,
        peers: const { &BTreeMap::new() },
        ended: const { &BTreeSet::new() },
        recurring: &NONE,
        low_prices: const { &BTreeSet::new() },
        past: crate::plan::Past::unknown(),
        places: &|_| Vec::new(),
        stock_by_put: false,
    }
}

#[test]
fn an_edit_is_planned_sent_and_shown() {
    let mut story = story();
    story.item("NG").calories = Field::Set(650);
    let plan = story.plan("G1");
    let [change] = &plan.changes[..] else { panic!("{:?}", plan.changes) };
    assert_eq!((&change.path, change.kind, change.class, change.pushed), (&path(), Kind::Set, Class::Edit, true));
    assert_eq!((&change.from, &change.to), (&Some(FieldValue::Number(700)), &Some(FieldValue::Number(650))));
    assert_eq!(plan.payload.item(&"NG".into()).unwrap().calories, Field::Set(650));
    assert_eq!(plan.next_base.catalog.item(&"NG".into()).unwrap().calories, Field::Set(650));
    let report = report(vec![story.outlet("G1", "Kuta")]);
    assert!(plan_text(&report, false).contains("Nasi › Nasi Goreng Kampung   calories  700 → 650\n"));
    assert!(plan_markdown(&report).contains("700 → 650"));
    let json: serde_json::Value = serde_json::from_str(&plan_json(&report)).unwrap();
    let told = &json["outlets"][0]["changes"][0];
    assert_eq!(told["path"], "items/NG/calories");
    assert_eq!((&told["from"], &told["to"], &told["risk"]), (&700.into(), &650.into(), &"visible".into()));
}

#[test]
fn what_somebody_else_made_of_it_is_told_and_carried_along() {
    let mut story = story();
    story.live_item("NG").calories = Field::Set(900);
    let plan = story.plan("G1");
    let told: Vec<_> = plan.changes.iter().map(|change| (&change.path, change.class, change.pushed)).collect();
    assert_eq!(told, [(&path(), Class::Drift, false)]);
    assert_eq!(plan.action, crate::plan::Action::None);
    story.item("NU").price = Field::Set(Price(12_500));
    assert_eq!(story.plan("G1").payload.item(&"NG".into()).unwrap().calories, Field::Set(900));
    // What no file says is somebody else's.
    story.item("NG").calories = Field::Unsaid;
    story.base.as_mut().unwrap().catalog.menus[0].menu_items[0].calories = Field::Unsaid;
    let plan = story.plan("G1");
    assert!(plan.changes.iter().all(|change| change.path != path()), "{:?}", plan.changes);
    assert_eq!(plan.payload.item(&"NG".into()).unwrap().calories, Field::Set(900));
}

#[test]
fn it_is_imported_into_a_file() {
    let imported = authoring::import(&story().live, &Uuids::default(), &Catalog::default(), false);
    assert_eq!(imported.catalog.item(&"NG".into()).unwrap().calories, Field::Set(700));
    assert!(authoring::file_text(&authoring::Head::Layer, &imported).contains("\n        calories: 700\n"));
}

#[test]
fn it_is_remembered_waited_for_and_gone_back_to() {
    let mut story = story();
    let (outlet, policy) = ("G1".into(), Policy::default());
    let record = Record::new(&story.plan("G1"), &inputs(&story, &outlet, &policy));
    let record: Record = serde_json::from_value(serde_json::json!(record)).unwrap();
    story.item("NG").calories = Field::Set(650);
    let plan = story.plan("G1");
    let past = plan.carried();
    assert_eq!(past[0].of_item("NG"), [(FIELD, Some(FieldValue::Number(700)), Some(FieldValue::Number(650)))]);
    let waiting = crate::plan::PushVerification::new(&plan, &inputs(&story, &outlet, &policy));
    let missing: Vec<Path> = waiting.mismatches(&story.live).into_iter().map(|mismatch| mismatch.path).collect();
    assert_eq!((missing, waiting.look(&as_published(&plan.payload))), (vec![path()], crate::plan::Look::Arrived));

    let now = Timestamp::UNIX_EPOCH;
    let goal = Goal { to: 1, of: now, now, ignore: &BTreeSet::new(), was_sold_out: &|_| false };
    let pins = Pins::between(&goal, &story.desired, &record);
    let pins: Pins = serde_json::from_value(serde_json::json!(pins)).unwrap();
    let (wanted, held) = pins.apply_to(&story.desired, now);
    assert_eq!(wanted.item(&"NG".into()).unwrap().calories, Field::Set(700));
    let told: Vec<String> = held.pinned_paths().iter().map(|pin| pin.path.to_string()).collect();
    assert_eq!(told, ["items/NG/calories"]);
}
