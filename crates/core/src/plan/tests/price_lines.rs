//! Which line a price that moved is traced to, where markups stand between what is written and what is asked.

use super::*;
use crate::{
    definition::{Composed, ImageFile, parse},
    document::SourceFile,
};

/// A brand with one dish, a layer of its region and the outlet itself, all of which may have a word on the price.
#[derive(Clone, Copy)]
struct Files {
    price: &'static str,
    region: &'static str,
    outlet: &'static str,
}

const BEFORE: Files = Files { price: "20000", region: "{markup: 10%, round_to: 500}", outlet: "{markup: 1000}" };

impl Files {
    fn compose(self) -> Composed {
        let Self { price, region, outlet } = self;
        let pricing = |entry: &str| if entry.is_empty() { String::new() } else { format!("pricing:\n  - {entry}\n") };
        let texts = [
            (
                "brand",
                format!(
                    "menus:\n- name: Nasi\n  menu_items:\n  - external_id: NG\n    name: Nasi\n    price: {price}\n"
                ),
            ),
            ("region", format!("extends: [brand.yaml]\n{}", pricing(region))),
            ("own", format!("outlet: G1\nextends: [region.yaml]\n{}", pricing(outlet))),
        ];
        let file = |(name, text): (&str, String)| SourceFile {
            path: format!("catalogs/{name}.yaml").into(),
            text: text.into(),
        };
        let found = |path: &str| ImageFile::Found { url: path.to_owned() };
        let files: Vec<_> = texts.map(file).into();
        let composed = parse(&files).compose(&"G1".into(), jiff::Timestamp::UNIX_EPOCH, &Policy::default(), &found);
        assert!(!composed.diagnostics.iter().any(|found| found.is_error()), "{:?}", composed.diagnostics);
        composed
    }
}

/// The plan of a push of `after` where `before` was pushed last.
fn plan_between(before: Files, after: Files) -> OutletPlan {
    let mut story = Story::in_sync(before.compose().catalog);
    // Stored and read again.
    story.base = story.base.map(|base| serde_json::from_value(serde_json::to_value(base).unwrap()).unwrap());
    let Composed { catalog, origins, .. } = after.compose();
    story.desired = catalog;
    plan(&Inputs { places: &|path| origins.places(path), ..story.inputs() })
}

/// `brand:6, own:4`
fn lines(plan: &OutletPlan) -> String {
    let prices = plan.changes.iter().filter(|change| change.is_price());
    let places = prices.flat_map(|change| &change.sources);
    let words = places.map(|place| format!("{}:{}", place.file.trim_start_matches("catalogs/"), place.line));
    words.collect::<Vec<_>>().join(", ").replace(".yaml", "")
}

#[test]
fn a_moved_price_is_traced_to_the_lines_that_moved() {
    let before = BEFORE;
    let table = [
        (Files { price: "2000", ..before }, "brand:6"),
        (Files { region: "{markup: 100%, round_to: 500}", ..before }, "region:3"),
        (Files { region: "{markup: 10%, round_to: 50000, round: up}", ..before }, "region:3"),
        (Files { outlet: "{markup: 100000}", ..before }, "own:4"),
        (Files { price: "2000", region: "{markup: 100%}", ..before }, "brand:6, region:3"),
        (Files { price: "2000", outlet: "{markup: 5%}", ..before }, "brand:6, own:4"),
        (Files { region: "{markup: 90%}", outlet: "{markup: 5%}", ..before }, "region:3, own:4"),
        (Files { price: "2000", region: "{markup: 90%}", outlet: "{markup: 5%}" }, "brand:6, region:3, own:4"),
        (Files { price: "2000", outlet: "", ..before }, "brand:6"),
        (Files { outlet: "", ..before }, "brand:6, region:3"),
        (Files { region: "", outlet: "", ..before }, "brand:6"),
    ];
    for (after, expected) in table {
        let Files { price, region, outlet } = after;
        assert_eq!(lines(&plan_between(before, after)), expected, "{price} {region} {outlet}");
    }
    // A markup that is new is what moved the price; one that only stands elsewhere is not.
    let bare = Files { region: "", outlet: "", ..before };
    assert_eq!(lines(&plan_between(bare, Files { region: "{markup: 80%}", ..bare })), "region:3");
    let moved = Files { price: "30000", region: "", outlet: "{markup: 10%, round_to: 500}" };
    assert_eq!(lines(&plan_between(Files { outlet: "", ..before }, moved)), "brand:6");
}

#[test]
fn what_was_pushed_before_steps_were_stored_is_traced_to_every_line() {
    let mut story = Story::in_sync(BEFORE.compose().catalog);
    story.base.as_mut().unwrap().catalog.price_steps.clear();
    let Composed { catalog, origins, .. } = Files { price: "2000", ..BEFORE }.compose();
    story.desired = catalog;
    let plan = plan(&Inputs { places: &|path| origins.places(path), ..story.inputs() });
    assert_eq!(lines(&plan), "brand:6, region:3, own:4");
}

#[test]
fn an_unmoved_price_keeps_its_steps_and_an_edited_markup_gets_new_ones() {
    let mut story = Story::in_sync(BEFORE.compose().catalog);
    let steps = |story: &Story| story.plan().next_base.catalog.price_steps;
    assert_eq!(Some(steps(&story)), story.base.as_ref().map(|base| base.catalog.price_steps.clone()));
    // The same price in another way.
    story.desired = Files { price: "23000", region: "", outlet: "{markup: 0}" }.compose().catalog;
    assert_eq!(story.plan().action, Action::None);
    assert_eq!(steps(&story)[&ExternalId::from("NG")].markups, ["0, 1 nearest"]);
}

#[test]
fn a_pinned_price_is_no_slip_of_what_the_files_say_meanwhile() {
    let mut story = Story::in_sync(BEFORE.compose().catalog);
    story.desired = Files { price: "2000", ..BEFORE }.compose().catalog;
    // As a rollback leaves it: 23.000 → 24.000, whatever the files give.
    story.desired.menus[0].menu_items[0].price = Field::Set(Price(24_000));
    assert_eq!(held(&story.plan()), [""; 0]);
}

#[test]
fn a_slipped_decimal_is_seen_before_markups() {
    // 23.000 → 3.000, which no factor leads to; 23.000 → 221.000, which one nearly does.
    for (price, to) in [("2000", "Rp 3.000"), ("200", "Rp 1.000"), ("20000000", "Rp 22.001.000")] {
        let mut story = Story::in_sync(BEFORE.compose().catalog);
        story.policy.guards.price_change = 1e9;
        story.desired = Files { price, ..BEFORE }.compose().catalog;
        let plan = story.plan();
        assert_eq!(held(&plan), ["decimal-slip"], "{price}");
        assert!(plan.guards.iter().any(|guard| guard.message.contains(to)), "{:?}", plan.guards);
    }
    let plan = plan_between(BEFORE, Files { price: "2000", ..BEFORE });
    let slip = plan.guards.iter().find(|guard| guard.guard == Guard::DecimalSlip).unwrap();
    insta::assert_snapshot!(slip.message, @"a factor of 10, 100 or 1000 looks like a slipped decimal: “Nasi” Rp 23.000 → Rp 3.000 (written Rp 20.000 → Rp 2.000, before markups)");
    // What a markup does is no slip of what is written.
    assert_eq!(held(&plan_between(BEFORE, Files { outlet: "{markup: -10000}", ..BEFORE })), Vec::<&str>::new());
    // A new dish of an outlet with markups, where others sell it without.
    let mut story = Story::in_sync(warung());
    story.desired = Files { price: "2000", ..BEFORE }.compose().catalog;
    story.desired.menus.extend(warung().menus);
    story.desired.menus[1].menu_items.retain(|item| item.external_id.as_str() != "NG");
    story.desired.menus[0].menu_items[0].external_id = "NEW".into();
    let steps = story.desired.price_steps.remove(&ExternalId::from("NG")).unwrap();
    story.desired.price_steps.insert("NEW".into(), steps);
    story.peers.insert("NEW".into(), BTreeMap::from([(Price(20_000), 3)]));
    let plan = story.plan();
    let slip = plan.guards.iter().find(|guard| guard.guard == Guard::DecimalSlip).unwrap();
    insta::assert_snapshot!(slip.message, @"a factor of 10, 100 or 1000 looks like a slipped decimal: “Nasi” Rp 2.000 before markups, but Rp 20.000 at 3 other outlets");
    // A markup slips: what is written is what the others write.
    let price = story.desired.menus[0].menu_items[0].price.value().copied().unwrap();
    let steps = story.desired.price_steps.get_mut(&ExternalId::from("NEW")).unwrap();
    steps.written = Price(price.0 * 10);
    story.peers.insert("NEW".into(), BTreeMap::from([(Price(price.0 * 10), 3)]));
    let plan = story.plan();
    let slip = plan.guards.iter().find(|guard| guard.guard == Guard::DecimalSlip).unwrap();
    assert!(slip.message.contains(" after markups, but "), "{}", slip.message);
}
