//! What is remembered of a push for `history` and `rollback`.

use super::*;

#[test]
fn a_push_is_remembered_by_what_it_carried() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").price = Field::Set(Price(27_000));
    story.desired.menus[0].menu_items.swap(1, 2);
    story.desired.menus[1].menu_items.remove(0);
    story.desired.menus[1].menu_items.push(item("NEW", "Es Baru", 7_000));
    story.desired.variant_categories[0].variants[1].price = Field::Set(Price(2_200));
    story.live_item("D2").price = Field::Set(Price(9_900));
    let plan = story.plan();
    let carried = plan.carried();
    let paths: Vec<String> = carried.iter().map(|past| past.path.to_string()).collect();
    assert_eq!(paths, ["items/D1", "items/N2", "items/NEW", "items/NG/price", "variants/LV3/price"]);
    assert_eq!(plan.unpushed_drift().map(|change| change.path.to_string()).collect::<Vec<_>>(), ["items/D2/price"]);
    let of = |id: &str| {
        carried
            .iter()
            .flat_map(|past| past.of_item(id))
            .map(|(f, from, to)| (f.key(), json!(from), json!(to)))
            .collect::<Vec<_>>()
    };
    assert_eq!(of("NG"), [("price", json!(25_000), json!(27_000))]);
    assert_eq!(of("D1"), [("name", json!("Es 1"), json!(null)), ("price", json!(8_500), json!(null))]);
    let new = [
        ("menu", json!(null), json!("Minuman")),
        ("name", json!(null), json!("Es Baru")),
        ("price", json!(null), json!(7_000)),
    ];
    let mut told = of("NEW");
    told.sort_by_key(|(key, ..)| *key);
    assert_eq!(told, new);
    assert_eq!(of("N2"), [], "its place is no field of it");
    assert_eq!(of("LV3"), [], "a variant is no item");
    assert_eq!(of("D2"), [], "what is kept as it is live was not carried");
    story.revert = true;
    assert_eq!(story.plan().unpushed_drift().count(), 0);
}

#[test]
fn a_push_is_remembered_with_what_was_ours_and_on_sale() {
    let mut story = Story::in_sync(warung());
    story.desired_item("NG").description = set("Baru");
    story.desired_item("NG").price = Field::Set(Price(27_000));
    story.policy.ignore.insert(Ignorable::Description);
    story.live_item("D1").in_stock = Field::Set(false);
    story.live_item("D2").in_stock = Field::Unsaid;
    story.live.variant_categories[0].variants[1].in_stock = Field::Set(false);
    let plan = story.plan();
    let record = Record::new(&plan, &story.inputs());
    assert_eq!(record.sent, plan.payload);
    let nasi = record.files.item(&"NG".into()).unwrap();
    assert_eq!((&nasi.description, &nasi.price), (&Field::Unsaid, &Field::Set(Price(27_000))));
    let sold_out: Vec<String> = record.stock.iter().filter(|(_, on)| !**on).map(|(path, _)| path.to_string()).collect();
    assert_eq!((record.stock.len(), sold_out), (12, ["items/D1", "variants/LV3"].map(str::to_owned).to_vec()));
}

#[test]
fn a_quantity_is_no_price() {
    let mut story = Story::in_sync(warung());
    story.desired.variant_categories[0].max_quantity = Field::Set(10);
    assert_eq!(story.plan().guards, []);
}
