//! What people have saved, approved or stored must mean the same to the next release: digests and stored shapes, literally.

use super::*;
use crate::{
    catalog::{Day, TimeRange},
    plan::fingerprint::Fingerprint,
};

/// Every kind of value on both sides of a plan.
fn everything() -> Story {
    let mut story = Story::in_sync(warung());
    let mut hours = Hours::all_week();
    *hours.day_mut(Day::Monday) = vec![TimeRange { start: 600, end: 720 }, TimeRange { start: 900, end: 1_320 }];
    hours.day_mut(Day::Sunday).clear();
    let nasi = story.desired_item("NG");
    nasi.description = Field::Null;
    nasi.internal_name = set("NG \"pedas\" & <b>");
    nasi.price = Field::Set(Price(26_000));
    nasi.image = set("https://img.example.com/ng.png?a=1&b=2");
    nasi.operational_hours = Field::Set(hours.clone());
    nasi.variant_category_external_ids = Field::Set(vec!["V2".into(), "VC".into()]);
    let moved = story.desired.menus[1].menu_items.remove(3);
    story.desired.menus[0].menu_items.insert(0, moved);
    story.desired.menus[0].menu_items.swap(2, 4);
    story.desired.menus[1].menu_items.remove(0);
    story.desired.menus[1].menu_items[0].in_stock = Field::Set(false);
    let new = Item { operational_hours: Field::Set(hours), description: Field::Null, ..item("a/b~c", "Baru", 7_000) };
    story.desired.menus.push(menu("Paket", vec![new]));
    let choice = &mut story.desired.variant_categories[0];
    choice.internal_name = set("Pedas");
    choice.min_quantity = Field::Set(0);
    choice.max_quantity = Field::Null;
    choice.variants[1].price = Field::Set(Price(-500));
    choice.variants.push(variant("LV4", "Gila", 3_000));
    choice.variants.remove(0);
    let added = VariantCategory {
        external_id: "V2".into(),
        name: set("Topping"),
        internal_name: Field::Unsaid,
        min_quantity: Field::Set(0),
        max_quantity: Field::Set(2),
        variants: vec![variant("T1", "Keju", 4_000), variant("T2", "Telur", 5_000)],
    };
    story.desired.variant_categories.push(added);
    story.live_item("D3").name = "Es Tiga".to_owned();
    story.live_item("N3").external_id = Field::Null;
    story.live.menus[0].menu_items.push(LiveItem { uuid: "u-1".into(), name: "Es Krim".into(), ..LiveItem::default() });
    story
}

#[test]
fn a_digest_that_was_agreed_to_is_still_the_digest_of_the_same_plan() {
    let plan = everything().plan();
    insta::assert_snapshot!(plan.digest, @"sha256:cf9a72ae6e2ba598a2fc9a8a1a83a35b24918b207aef899a57faa85d49b4a412");
    insta::assert_snapshot!(plan.approvable(Guard::SoldOut), @"sha256:560944ae9cbda47fd3013d382c0fbc1e0baef464dbba066329e40862d6fe5e99");
}

#[test]
fn a_live_menu_is_recognised_by_what_was_stored_of_it() {
    let fingerprint = Fingerprint::of(&everything().live);
    insta::assert_snapshot!(json!(fingerprint), @r#""2:3c60d3d8bd567d9df70d685d975c9073b0c1b181c969969f3305be849ecc8b2a""#);
}

#[test]
fn stored_values_keep_their_shape() {
    let mut story = everything();
    story.memory = story.memory_after_a_look();
    let plan = story.plan();
    let record = Record::new(&plan, &story.inputs());
    let mut waiting = PushVerification::new(&plan, &story.inputs());
    waiting.note_landed(&story.live, &waiting.mismatches(&story.live)[1..]);
    let base = waiting.settled(&story.live, story.base.as_ref(), &waiting.mismatches(&story.live));
    let pins = Pins::between(
        &Goal {
            to: 3,
            of: jiff::Timestamp::UNIX_EPOCH,
            now: jiff::Timestamp::UNIX_EPOCH,
            ignore: &BTreeSet::new(),
            was_sold_out: &|path| path.to_string() == "items/D1",
        },
        &story.desired,
        &Record::new(&Story::in_sync(warung()).plan(), &Story::in_sync(warung()).inputs()),
    );
    fn is_read_back<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(stored: &T) {
        assert_eq!(serde_json::from_value::<T>(json!(stored)).unwrap(), *stored);
    }
    is_read_back(&plan.carried());
    is_read_back(&record);
    is_read_back(&waiting);
    is_read_back(&base);
    is_read_back(&story.memory);
    is_read_back(&pins);
    is_read_back(&pins.pinned_paths());
    let stored = json!({
        "changes": plan.carried(), "record": record, "waiting": waiting, "base": base, "memory": story.memory,
        "pins": pins, "told": pins.pinned_paths(),
    });
    let lines = stored.as_object().unwrap().iter().flat_map(|(kind, value)| match value {
        serde_json::Value::Object(parts) => parts.iter().map(|(key, part)| format!("{kind}.{key} {part}\n")).collect(),
        value => vec![format!("{kind} {value}\n")],
    });
    insta::assert_snapshot!("stored", lines.collect::<String>());
}

impl Story {
    fn memory_after_a_look(&self) -> Memory {
        let mut memory = Memory::default();
        let plan = self.plan();
        memory.note(&plan, jiff::Timestamp::UNIX_EPOCH);
        let mut undoing = Story {
            desired: self.desired.clone(),
            base: self.base.clone(),
            live: self.live.clone(),
            ..Story::first_contact(warung())
        };
        undoing.revert = true;
        memory.arrived(
            &PushVerification::new(&undoing.plan(), &undoing.inputs()).effects(&[]),
            jiff::Timestamp::UNIX_EPOCH,
        );
        memory
    }
}
