//! Texts that the platform shows in another spelling: escaped for HTML, trimmed, with collapsed spaces, decomposed.

use unicode_normalization::UnicodeNormalization;

use super::*;

/// A menu full of signs that are escaped, with spaces and accents that may be lost.
fn signs() -> Catalog {
    let mut catalog = warung();
    catalog.menus[0].name = "Nasi & Mie".to_owned();
    let nasi = &mut catalog.menus[0].menu_items[0];
    nasi.name = set("Nasi \"Goreng\"  Café ");
    nasi.description = set("Telur <mata> & 'sapi'");
    nasi.internal_name = set("NG & co");
    let category = &mut catalog.variant_categories[0];
    (category.name, category.internal_name) = (set("Level & pedas"), set("LP & é"));
    category.variants[1].name = set("Pedas \"gila\"");
    catalog
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#x27;")
}

fn respelled(mut live: LiveCatalog, spell: fn(&str) -> String) -> LiveCatalog {
    let all = |field: &mut Field<String>| *field = std::mem::take(field).map(|text| spell(&text));
    for menu in &mut live.menus {
        menu.name = spell(&menu.name);
        for item in &mut menu.menu_items {
            item.name = spell(&item.name);
            all(&mut item.internal_name);
            all(&mut item.description);
        }
    }
    for category in &mut live.variant_categories {
        category.name = spell(&category.name);
        all(&mut category.internal_name);
        category.variants.iter_mut().for_each(|variant| variant.name = spell(&variant.name));
    }
    live
}

const SPELLINGS: [fn(&str) -> String; 5] = [
    escaped,
    |text| text.split_whitespace().collect::<Vec<_>>().join(" "),
    |text| text.nfd().collect(),
    |text| text.replace(' ', "\u{a0}"),
    |text| escaped(&text.nfd().collect::<String>()).trim().to_owned(),
];

#[test]
fn a_text_in_another_spelling_is_ours_in_a_plan_and_when_a_push_is_looked_for() {
    for (index, spell) in SPELLINGS.into_iter().enumerate() {
        let mut story = Story::in_sync(signs());
        story.live = respelled(story.live, spell);
        let plan = story.plan();
        assert_eq!((told(&plan), plan.action, plan.unmanaged.len()), (vec![], Action::None, 0), "{index}");
        assert_eq!(plan.next_base.catalog, story.desired, "{index}: the base follows the files");
        story.desired_item("NG").price = Field::Set(Price(26_000));
        let plan = story.plan();
        assert_eq!(plan.payload.items().next().unwrap().1.name, signs().items().next().unwrap().1.name);
        let waiting = PushVerification::new(&plan, &story.inputs());
        assert_eq!(waiting.look(&story.live), Look::Old, "{index}");
        let live = respelled(as_published(&plan.payload), spell);
        assert_eq!((waiting.look(&live), waiting.mismatches(&live)), (Look::Arrived, vec![]), "{index}");
    }
}

#[test]
fn things_without_ids_are_found_by_a_name_in_another_spelling() {
    for (index, spell) in SPELLINGS.into_iter().enumerate() {
        let mut story = Story::in_sync(signs());
        story.base.as_mut().unwrap().uuids = Uuids::default();
        story.live = respelled(story.live, spell);
        story.live_item("NG").external_id = Field::Null;
        story.live.variant_categories[0].external_id = Field::Unsaid;
        story.live.variant_categories[0].variants.iter_mut().for_each(|variant| variant.external_id = Field::Null);
        let lost: Vec<_> = story.plan().changes.iter().map(|change| change.path.to_string()).collect();
        assert_eq!(
            lost,
            ["items/NG/external_id", "variants/LV0/external_id", "variants/LV3/external_id"],
            "{index}: nothing but the ids is gone"
        );
    }
}

#[test]
fn a_dish_that_the_app_removed_is_drift_however_its_file_is_spelled_by_now() {
    let mut story = Story::in_sync(signs());
    story.live.menus[0].menu_items.retain(|item| item.uuid != "NG");
    story.live.variant_categories.clear();
    story.desired.menus[0].menu_items[0].name = set("Nasi \"Goreng\" Cafe\u{301}");
    story.desired.variant_categories[0].name = set("Level  &amp; pedas");
    let classes: BTreeSet<_> = story.plan().changes.iter().map(|change| format!("{:?}", change.class)).collect();
    assert_eq!(classes, BTreeSet::from(["Drift".to_owned()]));
}

#[test]
fn a_file_that_corrects_how_a_text_is_escaped_is_pushed_if_live_shows_just_what_was_sent() {
    let mut story = Story::in_sync(warung());
    story.desired_item("N1").name = set("Nasi &amp; Telur");
    story.publish();
    story.desired_item("N1").name = set("Nasi & Telur");
    let plan = story.plan();
    assert_eq!((plan.action, plan.changes.len(), plan.changes[0].class), (Action::Put, 1, Class::Edit));
    let waiting = PushVerification::new(&plan, &story.inputs());
    assert_eq!(waiting.look(&as_published(&plan.payload)), Look::Unreadable, "the two read the same");
    // A platform that escapes shows what it showed before: nothing is pushed then, and nothing ever again.
    story.live = respelled(story.live, |text| text.replace(" & ", " &amp; "));
    story.base = Some(waiting.arrived(&story.live));
    assert_eq!(story.plan().action, Action::None);
    story.desired_item("N1").name = set("Nasi  & Telur ");
    let plan = story.plan();
    assert_eq!((plan.action, told(&plan)), (Action::None, vec![]), "spaces are no reason");
}

#[test]
fn what_is_copied_from_a_platform_that_is_known_to_escape_is_sent_as_it_is_stored() {
    for (ours, copied) in
        [("Nasi & Telur", "Dari \"aplikasi\" & kasir"), ("Nasi Telur", "Dari &quot;aplikasi&quot; &amp; kasir")]
    {
        let mut catalog = warung();
        catalog.menus[0].menu_items[1].name = set(ours);
        let mut story = Story::in_sync(catalog);
        story.live_item("D1").description = set("Dari \"aplikasi\" & kasir");
        story.live = respelled(story.live, escaped);
        story.desired_item("NG").price = Field::Set(Price(26_000));
        assert_eq!(story.plan().payload.item(&"D1".into()).unwrap().description, set(copied), "{ours}");
    }
}
