//! `when` through the binary: what comes back is shown at its moments, and once.

use tempfile::TempDir;

use super::{run, write};

const BRAND: &str = "\
menus:
  - name: Nasi
    menu_items:
      - {external_id: NG, name: Nasi Goreng, price: 25000}
      - {external_id: NU, name: Nasi Uduk, price: 20000}
";
const HAPPY: &str = "\
when: {schedule: '0 16 * * MON-FRI', duration: 2h}
items: {NG: {price: 15000}}
";
const WEEKEND: &str = "\
when: {schedule: '0 0 * * SAT', duration: 2d}
menus: [{name: Akhir Pekan, before: Nasi, menu_items: [{external_id: SOP, name: Sop Buntut, price: 45000}]}]
";
/// A Monday morning.
const MONDAY: &str = "2027-02-08T00:00:00+07:00";

fn root() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    write(root, "menusync.yaml", "target: sandbox\nrules: {image-missing: off, description-missing: off}\n");
    write(root, "catalogs/brand.yaml", BRAND);
    write(root, "catalogs/happy.yaml", HAPPY);
    write(root, "catalogs/weekend.yaml", WEEKEND);
    write(root, "catalogs/kuta.yaml", "outlet: G1\nname: Kuta\nextends: [brand.yaml, happy.yaml, weekend.yaml]\n");
    directory
}

fn shown(arguments: &[&str]) -> String {
    let (code, out, err) = run(&root(), arguments);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    out
}

#[test]
fn the_horizon_shows_each_beginning_and_end_once_and_says_that_it_comes_again() {
    insta::assert_snapshot!("horizon", shown(&["plan", "--horizon", "90d", "--at", MONDAY]));
    let json: serde_json::Value =
        serde_json::from_str(&shown(&["plan", "--horizon", "2d", "--at", MONDAY, "--output", "json"])).unwrap();
    let steps: Vec<_> = json["steps"].as_array().unwrap().iter().map(|step| (&step["at"], &step["repeats"])).collect();
    let at = |time: &str| serde_json::json!(format!("2027-02-08T{time}:00Z"));
    assert_eq!(steps, [(&at("09:00"), &true.into()), (&at("11:00"), &true.into())]);
}

#[test]
fn a_step_begins_at_what_holds_until_then() {
    let root = root();
    write(root.path(), "catalogs/happy.yaml", &HAPPY.replace("0 16 * * MON-FRI", "0 22 * * *").replace("2h", "4h"));
    write(
        root.path(),
        "catalogs/weekend.yaml",
        "when: {schedule: '0 0 25 12 *', duration: 1d}\nitems: {NU: {price: 19000}}\n",
    );
    let (_, out, _) = run(&root, &["plan", "--horizon", "366d", "--at", MONDAY, "--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let christmas = json["steps"].as_array().unwrap().iter().find(|step| step["at"] == "2027-12-24T17:00:00Z").unwrap();
    let changes = christmas["plan"]["outlets"][0]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "the late price began two hours before: {changes:#?}");
    assert_eq!(changes[0]["path"], "items/NU/price");
}

#[test]
fn guards_that_would_hold_are_named_and_the_usual_way_back_is_none() {
    let root = root();
    let season = "from: 2027-02-08T17:00\nitems: {NG: {price: 2500}}\n";
    write(root.path(), "catalogs/season.yaml", season);
    let kuta = "outlet: G1\nname: Kuta\nextends: [brand.yaml, happy.yaml, season.yaml]\n";
    write(root.path(), "catalogs/kuta.yaml", kuta);
    let held = |horizon: &str| {
        let (code, out, _) = run(&root, &["plan", "--horizon", horizon, "--at", MONDAY, "--fail-on-guard"]);
        (code, out.contains("price-change"))
    };
    assert_eq!(held("18h"), (4, true), "a season that begins in a happy hour is no end of it");
    write(root.path(), "catalogs/season.yaml", "items: {NU: {price: 21000}}\n");
    assert_eq!(held("30d"), (0, false), "+67 % at the end of each happy hour");
    write(root.path(), "catalogs/happy.yaml", &HAPPY.replace("15000", "10000"));
    assert_eq!(held("30d"), (4, true), "-60 % at the beginning of the first");
}

#[test]
fn a_preview_shows_what_comes_again_once() {
    insta::assert_snapshot!("preview", shown(&["preview", "--at", MONDAY]));
    let page = shown(&["preview", "--at", MONDAY, "--output", "html"]);
    assert!(page.contains("From Mon 2027-02-08 16:00 WIB, and again: what is different then"), "{page}");
}

#[test]
fn the_schedule_lists_every_time() {
    let told = shown(&["schedule", "--at", MONDAY, "--count", "3"]);
    let layers: Vec<&str> = told.lines().filter(|line| line.contains("catalogs/")).collect();
    assert_eq!(
        layers,
        [
            "  Mon 2027-02-08 16:00 WIB   (2027-02-08 09:00 UTC)  catalogs/happy.yaml begins",
            "  Mon 2027-02-08 18:00 WIB   (2027-02-08 11:00 UTC)  catalogs/happy.yaml ends",
            "  Tue 2027-02-09 16:00 WIB   (2027-02-09 09:00 UTC)  catalogs/happy.yaml begins",
        ]
    );
}

#[test]
fn a_value_is_rendered_with_the_place_that_it_has_then() {
    let price = |at: &str| {
        let json: serde_json::Value =
            serde_json::from_str(&shown(&["render", "--outlet", "Kuta", "--explain", "--at", at, "--output", "json"]))
                .unwrap();
        let values = json["values"].as_array().unwrap();
        let price = values.iter().find(|value| value["path"] == "items/NG/price").unwrap();
        (price["value"].as_i64().unwrap(), price["source"]["file"].as_str().unwrap().to_owned())
    };
    assert_eq!(price("2027-02-08T15:59:00+07:00"), (25_000, "catalogs/brand.yaml".to_owned()));
    assert_eq!(price("2027-02-08T16:00:00+07:00"), (15_000, "catalogs/happy.yaml".to_owned()));
    assert_eq!(price("2027-02-13T16:00:00+07:00"), (25_000, "catalogs/brand.yaml".to_owned()), "a Saturday");
}

#[test]
fn errors_of_other_times_are_found() {
    let root = root();
    write(root.path(), "catalogs/weekend.yaml", &WEEKEND.replace("45000", "0"));
    let (code, out, err) = run(&root, &["validate"]);
    assert!(code == 3 && (out + &err).contains("catalogs/weekend.yaml:2:"));
    // Only a weekday's happy hour meets what only a weekday has.
    write(root.path(), "catalogs/weekend.yaml", WEEKEND);
    write(root.path(), "catalogs/happy.yaml", &format!("{HAPPY}  # menusync: allow(price-too-low) never used\n"));
    let (code, out, err) = run(&root, &["validate"]);
    assert!(
        code == 0 && (out + &err).contains("allow-unused"),
        "what is never used is known, as all times were looked at"
    );
}

#[test]
fn it_is_formatted_beside_its_dates() {
    let root = root();
    let messy =
        "items: {NG: {price: 15000}}\nwhen: {duration: 2h, schedule: '0 16 * * *'}   # happy\nuntil: 2027-03-01\n";
    write(root.path(), "catalogs/happy.yaml", messy);
    let (code, _, err) = run(&root, &["fmt"]);
    assert_eq!(code, 0, "{err}");
    let text = std::fs::read_to_string(root.path().join("catalogs/happy.yaml")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    assert!(lines[0].starts_with("until:") && lines[1].starts_with("when:") && lines[1].ends_with("# happy"), "{text}");
}
