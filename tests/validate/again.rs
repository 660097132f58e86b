//! A root that is loaded knowing what was loaded before says exactly what a fresh look says, whatever became another thing
//! between: nothing that is kept may outlive what it came from.

use std::fs;

use jiff::Timestamp;
use menusync::{
    catalog::FlatCatalog,
    fleet::{self, Loaded},
};

use crate::harness::Root;

const SETTINGS: &str =
    "target: sandbox\nimages: {base_url: https://img.example.com/}\nrules: {description-missing: off}\n";
const BASE: &str = "extends: [hours.yaml]\nmenus: [{name: Mie, menu_items: [{external_id: MA, name: Mie Ayam, price: 18000, \
                    image: photos/mie.png}, {external_id: MB, name: Mie Baso, price: 20000}]}]\n";
const HOURS: &str = "operational_hours: {daily: \"10:00-22:00\"}\n";
const KUTA: &str = "outlet: G1\nname: Kuta\nextends: [base.yaml]\nitems: {MA: {price: 19000}}\n";
const UBUD: &str = "outlet: G2\nname: Ubud\ntimezone: Asia/Makassar\nmenus: [{name: Soto, menu_items: [{external_id: SA, name: \
                    Soto Ayam, price: 15000}]}]\noperational_hours: {daily: \"10:00-22:00\"}\nextends: [season.yaml]\n";
/// An outlet that one file makes: what it comes to is held, not what it says.
const WARUNG: &str = "outlet: G4
name: Warung
windows: [{kind: deny, schedule: \"0 11 * * *\", duration: 2h}]
rules: {image-missing: error}
menus:
  - name: Nasi
    menu_items:
      - {external_id: NG, name: Nasi Goreng, description: Pedas sekali, price: 25000, image: photos/mie.png, variant_category_external_ids: [VC]}
      # menusync: allow(image-missing) the photographer comes in May
      - {external_id: NU, name: Nasi Uduk, internal_name: uduk, description: x, price: 15000, in_stock: false, variant_category_external_ids: []}
      - {external_id: NK, name: Nasi Kuning, description: null, price: 16000, image: https://img.example.com/nk.jpg, operational_hours: {daily: closed, monday: \"08:00-09:30\"}}
  - {name: Lain, platform: true}
variant_categories:
  - {external_id: VC, name: Pedas, rules: {selection: {min_quantity: 1, max_quantity: 1}}, variants: [{external_id: V0, name: Tidak, price: 0}, {external_id: V1, name: Sangat, price: 1000, in_stock: false}]}
items: {NG: {price: 26000}}
pricing: [{markup: 10%, round_to: 500, ids: [NG]}]
operational_hours: {daily: \"10:00-22:00\"}
";
const SEASON: &str = "from: 2027-02-08\nuntil: 2027-03-10\nmenus: [{name: Takjil, menu_items: [{external_id: KP, name: Kolak, price: 9000}]}]\n";

/// Before the season begins at Ubud, which is an hour before it would begin in Jakarta.
const BEFORE: &str = "2027-02-07T15:59:59Z";

fn root() -> Root {
    let files = [
        ("menusync.yaml", SETTINGS),
        ("catalogs/base.yaml", BASE),
        ("catalogs/hours.yaml", HOURS),
        ("catalogs/kuta.yaml", KUTA),
        ("catalogs/ubud.yaml", UBUD),
        ("catalogs/season.yaml", SEASON),
        ("catalogs/warung.yaml", WARUNG),
    ];
    files.iter().fold(Root::empty(), |root, (path, text)| root.with(path, text)).with("photos/mie.png", PNG)
}

/// As much of a PNG of 800 × 800 pixels as is looked at.
const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x03\x20\0\0\x03\x20\x08\x02\0\0\0\0\0\0\0IDAT\0\0\0\0IEND\xaeB`\x82";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Everything that a look says: of the fleet, and what each outlet should be.
fn said(loaded: &Loaded, at: Timestamp) -> String {
    let survey = loaded.survey(at);
    let mut said = format!("next change {:?}\npeers {:?}\n", survey.next_change, survey.peers);
    for diagnostic in &survey.diagnostics {
        said += &format!("{diagnostic:?}\n");
    }
    for member in &survey.members {
        said += &format!("{member:?}\n");
        match loaded.desired(&member.id, at) {
            Ok(desired) => {
                let menusync::sync::Desired {
                    catalog,
                    policy,
                    windows,
                    ended,
                    recurring,
                    paused,
                    approvals,
                    places,
                    ..
                } = desired;
                let composed = loaded.compose(&member.id, at);
                assert_eq!((&catalog, &ended), (&composed.catalog, &composed.ended));
                assert_eq!(recurring, composed.recurring);
                assert_eq!(format!("{policy:?}"), format!("{:?}", composed.policy));
                for path in FlatCatalog::of(&catalog).things.keys() {
                    assert_eq!(places(path), composed.origins.places(path), "{path}");
                }
                said += &format!(
                    "{catalog:?}\n{policy:?}\n{windows:?}\n{ended:?}\n{recurring:?}\n{paused}\n{approvals:?}\n"
                );
            }
            Err(wrong) => said += &format!("{wrong:?}\n"),
        }
    }
    said
}

/// What an edit of a root leads to, asked with and without what was known before it.
fn differs_after(edit: impl FnOnce(&Root), then: &str) -> bool {
    let root = root();
    let before = fleet::load(root.path()).unwrap();
    let first = said(&before, at(BEFORE));
    assert_eq!(first, said(&before, at(BEFORE)), "a second look at the same");
    edit(&root);
    let again = fleet::load_under(root.path(), None, &Default::default(), Some(&before)).unwrap();
    let fresh = said(&fleet::load(root.path()).unwrap(), at(then));
    assert_eq!(said(&again, at(then)), fresh, "what is kept is not what a fresh look says");
    assert_eq!(said(&again, at(then)), fresh, "a second look at what is kept");
    for member in again.survey(at(then)).members {
        let basis = again.basis(&member.id, at(then));
        if basis.is_some() && basis == before.basis(&member.id, at(BEFORE)) {
            assert_eq!(wanted(&before, &member.id, at(BEFORE)), wanted(&again, &member.id, at(then)), "{}", member.id);
        }
    }
    first != fresh
}

fn wanted(loaded: &Loaded, id: &menusync::catalog::OutletId, at: Timestamp) -> String {
    let desired = loaded.desired(id, at).unwrap();
    let menusync::sync::Desired { catalog, policy, windows, ended, recurring, low_prices, paused, approvals, .. } =
        desired;
    assert!(approvals.is_empty());
    format!("{catalog:?}\n{policy:?}\n{windows:?}\n{ended:?}\n{recurring:?}\n{low_prices:?}\n{paused}")
}

#[test]
fn what_an_outlet_comes_from_is_the_same_until_one_of_its_files_or_the_settings_is_another() {
    let root = root();
    let no_photo = |text: &'static str| text.replace("photos/mie.png", "https://img.example.com/mie.png");
    write("catalogs/base.yaml", no_photo(BASE))(&root);
    write("catalogs/warung.yaml", no_photo(WARUNG))(&root);
    let before = fleet::load(root.path()).unwrap();
    said(&before, at(BEFORE));
    let is_same = || {
        let again = fleet::load_under(root.path(), None, &Default::default(), Some(&before)).unwrap();
        said(&again, at(BEFORE));
        ["G2", "G4"].map(|id| {
            let (was, is) = (before.basis(&id.into(), at(BEFORE)), again.basis(&id.into(), at(BEFORE)));
            was.is_some() && was == is
        })
    };
    assert_eq!(is_same(), [true, true]);
    write("catalogs/warung.yaml", WARUNG)(&root);
    assert_eq!(is_same(), [true, false], "its only file is another one");
    write("catalogs/warung.yaml", no_photo(WARUNG))(&root);
    assert_eq!(is_same(), [true, true]);
    write("catalogs/ubud.yaml", UBUD.replace("15000", "15500"))(&root);
    assert_eq!(is_same(), [false, true]);
    write("catalogs/ubud.yaml", UBUD)(&root);
    write("menusync.yaml", format!("{SETTINGS}drift: revert\n"))(&root);
    assert_eq!(is_same(), [false, false]);
}

fn write(path: &'static str, text: impl AsRef<[u8]> + 'static) -> impl FnOnce(&Root) {
    move |root| fs::write(root.path().join(path), text).unwrap()
}

fn remove(path: &'static str) -> impl FnOnce(&Root) {
    move |root| fs::remove_file(root.path().join(path)).unwrap()
}

#[test]
fn nothing_edited_is_nothing_different() {
    assert!(!differs_after(|_| (), BEFORE));
    assert!(!differs_after(write("catalogs/kuta.yaml", KUTA), BEFORE));
}

#[test]
fn files_of_an_outlet() {
    assert!(differs_after(write("catalogs/kuta.yaml", KUTA.replace("19000", "21000")), BEFORE));
    assert!(differs_after(
        write("catalogs/base.yaml", BASE.replace("18000", "18500").replace("20000", "21000")),
        BEFORE
    ));
    assert!(differs_after(write("catalogs/hours.yaml", "operational_hours: {daily: \"09:00-22:00\"}\n"), BEFORE));
    assert!(differs_after(write("catalogs/kuta.yaml", "outlet: G1\n# menusync: allow(image-missing) soon\n"), BEFORE));
    assert!(differs_after(write("catalogs/hours.yaml", "operational_hours: {daily: 25}\n"), BEFORE));
    assert!(differs_after(remove("catalogs/hours.yaml"), BEFORE));
    assert!(differs_after(remove("catalogs/kuta.yaml"), BEFORE));
}

#[test]
fn the_only_file_of_an_outlet() {
    let other = |from: &'static str, to: &'static str| {
        assert!(WARUNG.contains(from), "{from}");
        differs_after(write("catalogs/warung.yaml", WARUNG.replace(from, to)), BEFORE)
    };
    let loaded = fleet::load(root().path()).unwrap();
    assert!(loaded.desired(&"G4".into(), at(BEFORE)).is_ok());
    assert!(other("26000", "27000"));
    assert!(other("allow(image-missing)", "allow(description-missing)"));
    assert!(other("image-missing: error", "image-missing: off"));
    assert!(other("duration: 2h", "duration: 3h"));
    assert!(other("V1, name", "V2, name"));
    assert!(other("variant_category_external_ids: [VC]", "variant_category_external_ids: [VX]"));
    assert!(other("name: Warung", "name: Warung\nextends: [hours.yaml]"));
    assert!(other("outlet: G4", "outlet: G1"), "two files for one outlet");
    assert!(differs_after(remove("catalogs/warung.yaml"), BEFORE));
    assert!(differs_after(write("catalogs/more.yaml", "outlet: G9\nextends: [warung.yaml]\n"), BEFORE));
}

#[test]
fn what_rules_let_through_is_wanted_also_when_it_was_judged_before() {
    let twice = BASE.replace(
        "price: 20000}]}]",
        "price: 20000}]}, {name: Favorit, menu_items: [{external_id: MB, name: Mie Baso, price: 20000}]}]",
    );
    let root = root();
    write("catalogs/base.yaml", format!("{twice}rules: {{item-in-two-menus: warning}}\n"))(&root);
    let loaded = fleet::load(root.path()).unwrap();
    assert!(loaded.desired(&"G1".into(), at(BEFORE)).is_ok(), "not judged yet");
    loaded.survey(at(BEFORE));
    assert!(loaded.desired(&"G1".into(), at(BEFORE)).is_ok(), "judged");
}

#[test]
fn files_beside_an_outlet() {
    assert!(differs_after(write("catalogs/twice.yaml", KUTA), BEFORE));
    assert!(differs_after(write("catalogs/new.yaml", KUTA.replace("G1", "G3")), BEFORE));
    assert!(differs_after(write("catalogs/hours.yaml", format!("extends: [base.yaml]\n{HOURS}")), BEFORE));
}

#[test]
fn settings_and_severities() {
    assert!(differs_after(write("menusync.yaml", SETTINGS.replace("off", "error")), BEFORE));
    assert!(differs_after(write("menusync.yaml", SETTINGS.replace("img.", "cdn.")), BEFORE));
    assert!(differs_after(write("menusync.yaml", format!("{SETTINGS}drift: revert\n")), BEFORE));
    assert!(differs_after(write("menusync.yaml", format!("{SETTINGS}nonsense: 1\n")), BEFORE));
    assert!(differs_after(write("catalogs/base.yaml", format!("{BASE}rules: {{image-missing: error}}\n")), BEFORE));
    assert!(differs_after(write("catalogs/base.yaml", format!("{BASE}rules: {{no-such-rule: off}}\n")), BEFORE));
}

#[test]
fn approvals() {
    let approval =
        "outlets: {G1: 0000000000000000000000000000000000000000000000000000000000000000}\nguards: [deletes]\n";
    let edit = |root: &Root| {
        fs::create_dir(root.path().join("approvals")).unwrap();
        fs::write(root.path().join("approvals/a.yaml"), approval).unwrap();
    };
    assert!(differs_after(edit, BEFORE));
}

#[test]
fn the_bytes_of_a_photo() {
    let mut other = PNG.to_vec();
    other[19] += 1;
    assert!(differs_after(write("photos/mie.png", other), BEFORE));
    assert!(differs_after(remove("photos/mie.png"), BEFORE));
}

/// One second later it is midnight at the outlet that says so, and not yet in the zone of the settings.
#[test]
fn a_layer_that_begins_at_midnight_in_the_zone_of_the_outlet() {
    assert!(differs_after(|_| (), "2027-02-07T16:00:00Z"));
    assert!(differs_after(|_| (), "2027-03-09T16:00:00Z"));
    assert!(!differs_after(|_| (), "2027-02-07T15:00:00Z"), "a clock that is set back");
}

/// Every day from four to six in Jakarta.
#[test]
fn a_layer_that_comes_back_by_when() {
    let root = root();
    write("catalogs/happy.yaml", "when: {schedule: '0 16 * * *', duration: 2h}\nitems: {MA: {price: 12000}}\n")(&root);
    write("catalogs/kuta.yaml", KUTA.replace("[base.yaml]", "[base.yaml, happy.yaml]").replace("{MA", "{MB"))(&root);
    write("catalogs/base.yaml", BASE.replace("photos/mie.png", "https://img.example.com/mie.png"))(&root);
    let kept = fleet::load(root.path()).unwrap();
    let price = |time: &str| {
        let desired = kept.desired(&"G1".into(), at(time)).unwrap();
        desired.catalog.item(&"MA".into()).unwrap().price.value().unwrap().0
    };
    let mut known: Vec<(i64, menusync::sync::Basis)> = Vec::new();
    for (time, expected) in [
        ("2027-01-04T08:59:59Z", 18_000),
        ("2027-01-04T09:00:00Z", 12_000),
        ("2027-01-04T10:59:59Z", 12_000),
        ("2027-01-04T11:00:00Z", 18_000),
        ("2027-01-05T09:00:00Z", 12_000),
        ("2027-01-05T11:00:00Z", 18_000),
        ("2027-01-05T10:00:00Z", 12_000),
    ] {
        let again = fleet::load_under(root.path(), None, &Default::default(), Some(&kept)).unwrap();
        let fresh = said(&fleet::load(root.path()).unwrap(), at(time));
        assert_eq!([said(&kept, at(time)), said(&again, at(time))], [fresh.clone(), fresh], "{time}");
        assert_eq!(price(time), expected, "{time}");
        let basis = kept.basis(&"G1".into(), at(time)).unwrap();
        let of_other_price = known.iter().find(|(price, known)| *known == basis && *price != expected);
        assert_eq!(of_other_price, None, "the short way would take one menu for the other at {time}");
        known.push((expected, basis));
    }
    let same: Vec<bool> = known.windows(2).map(|pair| pair[0].1 == pair[1].1).collect();
    assert_eq!(same, [false, true, false, false, false, false], "from edge to edge, and no longer");
    assert!(!kept.photo_uses(at(BEFORE)).is_incomplete, "each beginning and end is looked at once");
}

/// A date is judged however many other beginnings and ends there are, in other outlets or in its own.
#[test]
fn a_date_among_many_layers_that_come_back() {
    let layer = |n: usize| {
        format!("when: {{schedule: '{n} 16 * * *', duration: 2h}}\nitems: {{MA: {{price: {}}}}}\n", 12_000 + n)
    };
    let names: Vec<String> = (0..55).map(|n| format!("l{n}.yaml")).collect();
    for is_one_outlet in [false, true] {
        let root = root();
        write("catalogs/cheap.yaml", "from: 2027-06-01\nitems: {MB: {price: 100}}\n")(&root);
        for (n, name) in names.iter().enumerate() {
            fs::write(root.path().join(format!("catalogs/{name}")), layer(n)).unwrap();
            if !is_one_outlet {
                let outlet = KUTA.replace("G1", &format!("H{n}")).replace("base.yaml", &format!("base.yaml, {name}"));
                fs::write(root.path().join(format!("catalogs/h{n}.yaml")), outlet).unwrap();
            }
        }
        let layers = if is_one_outlet { names.join(", ") } else { "l0.yaml".to_owned() };
        write("catalogs/kuta.yaml", KUTA.replace("base.yaml", &format!("base.yaml, {layers}, cheap.yaml")))(&root);
        let loaded = fleet::load(root.path()).unwrap();
        let found = loaded.survey_ahead(at(BEFORE)).diagnostics;
        assert!(found.iter().any(|diagnostic| diagnostic.code == "price-too-low"), "{is_one_outlet}: {found:?}");
    }
}
