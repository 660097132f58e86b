//! How a change names the thing it is about, and what it tells of things as a whole and of menus.

use super::*;

/// `subject (within): path`
fn named(plan: &OutletPlan) -> Vec<String> {
    let told = |change: &Change| {
        let Subject { within, name } = &change.subject;
        format!("{name} ({}): {}", within.as_deref().unwrap_or("–"), change.path)
    };
    plan.changes.iter().map(told).collect()
}

fn sauce() -> VariantCategory {
    VariantCategory {
        external_id: "SAUS".into(),
        name: set("Saus"),
        internal_name: set("Saus kasir"),
        variants: vec![variant("S1", "Tomat", 0)],
        ..warung().variant_categories.remove(0)
    }
}

#[test]
fn a_thing_is_told_by_its_name_and_by_what_holds_it() {
    let mut story = Story::in_sync(warung());
    story.desired_item("D1").price = Field::Set(Price(9_000));
    story.desired.menus[0].menu_items.rotate_left(1);
    story.desired.menus.reverse();
    story.desired.variant_categories[0].max_quantity = Field::Set(2);
    story.desired.variant_categories[0].variants[0].price = Field::Set(Price(500));
    story.desired.variant_categories[0].variants.reverse();
    story.desired.variant_categories.insert(0, sauce());
    assert_eq!(
        named(&story.plan()),
        [
            "Minuman (–): menus/Minuman",
            "Es 1 (Minuman): items/D1/price",
            "Nasi Goreng (Nasi): items/NG",
            "Saus (–): categories/SAUS",
            "Level pedas (–): categories/VC/max_quantity",
            "Tidak pedas (Level pedas): variants/LV0/price",
            "Pedas gila (Level pedas): variants/LV3",
        ]
    );
}

#[test]
fn what_has_no_name_is_told_by_its_id() {
    let mut story = Story::in_sync(warung());
    let mut new = sauce();
    (new.name, new.variants[0].name) = (Field::Unsaid, Field::Unsaid);
    story.desired.variant_categories.push(new);
    story.desired_item("D1").name = Field::Unsaid;
    story.desired_item("D1").price = Field::Set(Price(9_000));
    story.desired.variant_categories[0].variants[1].name = Field::Unsaid;
    let names: BTreeSet<String> = story.plan().changes.into_iter().map(|change| change.subject.name).collect();
    assert_eq!(names, ["D1", "LV3", "SAUS"].map(str::to_owned).into());
}

#[test]
fn a_whole_thing_is_told_with_what_the_files_say_of_it() {
    let mut story = Story::in_sync(warung());
    story.desired.variant_categories.push(sauce());
    let whole = concat!(
        r#"{"internal_name":"Saus kasir","max_quantity":1,"min_quantity":1,"name":"Saus","#,
        r#""variants":[{"external_id":"S1","name":"Tomat","price":0}]}"#
    );
    assert_eq!(told(&story.plan()), [format!("edit add categories/SAUS null → {whole} pushed")]);
    // Whether it is on sale is no part of that.
    story.desired.variant_categories[1].variants[0].in_stock = Field::Set(false);
    assert_eq!(told(&story.plan()), [format!("edit add categories/SAUS null → {whole} pushed")]);
    let mut story = Story::in_sync(warung());
    story.live.menus[1].menu_items.remove(0);
    story.live.variant_categories[0].variants.remove(1);
    let classes = |story: &Story| story.plan().changes.iter().map(|change| change.class).collect::<Vec<_>>();
    assert_eq!(classes(&story), [Class::Drift, Class::Drift]);
    story.desired_item("D1").in_stock = Field::Set(false);
    story.desired.variant_categories[0].variants[1].in_stock = Field::Set(false);
    assert_eq!(classes(&story), [Class::Drift, Class::Drift], "nor does it make an edit of it");
}

#[test]
fn menus_come_and_go_with_what_they_hold() {
    let menus = |story: &Story| -> Vec<String> {
        told(&story.plan()).into_iter().filter(|line| line.contains(" menus/")).collect()
    };
    // A dish moves into a menu that is new, and the files say so.
    let mut moved = warung();
    let dish = moved.menus[1].menu_items.pop().unwrap();
    moved.menus.push(menu("Es", vec![dish]));
    let mut story = Story::in_sync(warung());
    story.desired = moved.clone();
    assert_eq!(menus(&story), [r#"edit add menus/Es null → "Es" pushed"#]);
    let mut story = Story::in_sync(moved.clone());
    story.desired = warung();
    assert_eq!(menus(&story), [r#"edit remove menus/Es "Es" → null pushed"#]);
    // Somebody did that in the app.
    let mut story = Story::in_sync(warung());
    story.live = as_published(&moved);
    assert_eq!(menus(&story), [r#"drift remove menus/Es "Es" → null"#]);
    let mut story = Story::in_sync(moved.clone());
    story.live = as_published(&warung());
    assert_eq!(menus(&story), [r#"drift add menus/Es null → "Es""#]);
    story.revert = true;
    assert_eq!(menus(&story), [r#"drift add menus/Es null → "Es" pushed"#]);
    // Nobody knows who did.
    let mut story = Story::first_contact(moved);
    story.live = as_published(&warung());
    assert_eq!(menus(&story), [r#"adopt add menus/Es null → "Es" pushed"#]);
}
