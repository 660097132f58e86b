//! `diff` and `plan --base`: two states of the files compared, through the binary, with real git repositories.

#![allow(clippy::unwrap_used)]

#[path = "../support/clock.rs"]
mod clock;
mod harness;
mod later;
mod platform;

use std::{fs, os::unix::fs::symlink};

use harness::{Repository, SETTINGS, brand, layer, outlet};

#[test]
fn equal_states_have_no_differences() {
    let ran = brand().run(&["diff", "HEAD"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "No differences.\n", ""));
}

#[test]
fn the_same_change_at_many_outlets_is_told_once_and_the_odd_one_apart() {
    let repository = brand();
    repository.write("catalogs/layer.yaml", layer(27000));
    repository.write("catalogs/outlets/0.yaml", outlet("G0", "Kemang", "items: {NG: {price: 30000}}\n"));
    let ran = repository.run(&["diff", "HEAD"]);
    assert_eq!((ran.code, ran.err.as_str()), (2, ""));
    insta::assert_snapshot!(ran.out);
}

#[test]
fn a_page_has_the_menus_of_both_sides_with_the_photos_that_each_had() {
    let repository = brand();
    let photo = |size: u32| {
        let mut png = include_bytes!("../images/good.png").to_vec();
        png[16..20].copy_from_slice(&size.to_be_bytes());
        png[20..24].copy_from_slice(&size.to_be_bytes());
        png
    };
    repository.write("menusync.yaml", format!("{SETTINGS}images: {{base_url: 'https://img.example.com/'}}\n"));
    repository.write("photos/a.png", photo(400));
    let with_photo =
        |price| layer(price).replace("description: Enak", "description: Enak\n        image: photos/a.png");
    repository.write("catalogs/layer.yaml", with_photo(25000));
    repository.commit();
    repository.write("photos/a.png", photo(500));
    repository.write("catalogs/layer.yaml", with_photo(27000));
    let ran = repository.run(&["diff", "HEAD", "--output", "html"]);
    let photos = ran.out.matches("data:image/png;base64,").count();
    assert!(ran.out.contains("<ins>Rp 27.000</ins>") && photos == 2, "{photos}: {}{}", ran.out, ran.err);
}

#[test]
fn two_revisions_are_compared_without_a_look_at_the_work_tree() {
    let repository = brand();
    repository.write("catalogs/layer.yaml", layer(27000));
    repository.commit();
    fs::remove_dir_all(repository.root().join("catalogs")).unwrap();
    let ran = repository.run(&["diff", "HEAD~1", "HEAD", "--outlet", "Kuta", "--output", "json"]);
    let json = ran.json();
    assert_eq!((ran.code, json["schema"].as_str()), (2, Some("menusync.plan/1")));
    assert_eq!(json["revision"], repository.git(&["rev-parse", "HEAD"]));
    let changes = json["outlets"][0]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(
        (&changes[0]["path"], &changes[0]["from"], &changes[0]["to"]),
        (&"items/NG/price".into(), &25000.into(), &27000.into())
    );
    assert_eq!(changes[0]["source"]["file"], "catalogs/layer.yaml");
}

#[test]
fn the_other_way_round_is_the_opposite() {
    let repository = brand();
    let first = repository.git(&["rev-parse", "HEAD"]);
    repository.write("catalogs/outlets/4.yaml", outlet("G4", "Blok M", "items: {NU: {remove: true}}\n"));
    let second = repository.commit();
    let signs = |from: &str, to: &str| repository.run(&["diff", from, to]).out.contains("  + visible  Blok M");
    assert!(!signs(&first, &second) && signs(&second, &first));
}

#[test]
fn directories_are_compared_without_git() {
    let (old, new) = (brand(), brand());
    new.write("catalogs/layer.yaml", layer(26000));
    fs::remove_dir_all(old.path().join(".git")).unwrap();
    let ran = old.run(&["diff", "menus", new.root().to_str().unwrap()]);
    assert_eq!((ran.code, ran.err.as_str()), (2, ""));
    assert!(ran.out.contains("5 outlets › "), "{}", ran.out);
}

#[test]
fn outlets_that_come_and_go_are_told_as_a_whole() {
    let repository = brand();
    fs::remove_file(repository.root().join("catalogs/outlets/1.yaml")).unwrap();
    repository.write("catalogs/outlets/9.yaml", outlet("G9", "Canggu", ""));
    let ran = repository.run(&["diff", "HEAD"]);
    assert_eq!(ran.code, 2);
    insta::assert_snapshot!(ran.out);
    let json = repository.run(&["diff", "HEAD", "--output", "json"]).json();
    let states: Vec<_> = json["outlets"].as_array().unwrap().iter().map(|o| o["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["in_sync", "missing", "in_sync", "in_sync", "in_sync", "pending"]);
}

const DRINKS: &str = "\
menus:
  - name: Minuman
    menu_items:
      - {external_id: ES, name: Es Teh, description: Manis, price: 5000}
      - {external_id: KO, name: Kopi, description: Pahit, price: 8000}
";

/// The brand, whose outlets have drinks of a layer of their own, one of them with a markup.
fn with_drinks() -> Repository {
    let repository = brand();
    repository.write("catalogs/drinks.yaml", DRINKS);
    for number in 0..5 {
        let markup = if number == 3 { "pricing: [{markup: 10%}]\n" } else { "" };
        let text = outlet(&format!("G{number}"), &format!("Warung {number}"), markup);
        let text = text.replace("../layer.yaml", "../layer.yaml, ../drinks.yaml");
        repository.write(&format!("catalogs/outlets/{number}.yaml"), text);
    }
    repository
}

#[test]
fn a_menu_that_comes_is_one_event_with_its_dishes() {
    let repository = with_drinks();
    insta::assert_snapshot!(repository.run(&["diff", "HEAD", "--output", "markdown"]).out);
}

#[test]
fn a_lost_menu_is_told_once_with_the_file_that_gave_it() {
    let repository = with_drinks();
    repository.commit();
    fs::remove_file(repository.root().join("catalogs/drinks.yaml")).unwrap();
    for number in 0..5 {
        let file = format!("catalogs/outlets/{number}.yaml");
        let text = fs::read_to_string(repository.root().join(&file)).unwrap();
        repository.write(&file, text.replace(", ../drinks.yaml", ""));
    }
    let told = |text: &str| repository.run(&["diff", text]).out;
    assert!(
        told("HEAD").contains("it came from catalogs/drinks.yaml (deleted, not committed yet)"),
        "{}",
        told("HEAD")
    );
    let commit = repository.commit();
    let ran = repository.run(&["diff", "HEAD~1", "--output", "markdown"]);
    let masked = ran.out.replace(&commit[..8], "COMMIT");
    let (before, after) = masked.split_once("COMMIT`, t, ").unwrap();
    insta::assert_snapshot!(format!("{before}{}", masked[before.len()..].replace(&after[..10], "TODAY")));
    repository.write("catalogs/drinks.yaml", DRINKS);
    let told = told("HEAD~1");
    assert!(told.contains("it came from catalogs/drinks.yaml (deleted, edited or no longer extended)"), "{told}");
}

#[test]
fn an_outlet_that_only_vanished_is_a_difference() {
    let repository = brand();
    fs::remove_file(repository.root().join("catalogs/outlets/1.yaml")).unwrap();
    assert_eq!(repository.run(&["diff", "HEAD"]).code, 2);
}

#[test]
fn what_is_no_revision_is_wrong_usage_and_tells_programs_too() {
    let repository = brand();
    for wrong in ["nowhere", "--output", "HEAD:menus", "HEAD~7"] {
        let ran = repository.run(&["diff", "--output", "json", "--", wrong]);
        assert_eq!(ran.code, 64, "{wrong}: {}", ran.err);
        assert_eq!(ran.json()["diagnostics"][0]["code"], "usage", "{wrong}");
    }
    let ran = repository.run(&["diff", "HEAD..HEAD"]);
    assert!(ran.code == 64 && ran.err.contains("write `HEAD HEAD`"), "{}", ran.err);
    assert_eq!(repository.run(&["diff", "HEAD", "--outlet", "Nowhere"]).code, 64);
}

#[test]
fn a_name_that_is_a_directory_and_a_revision_has_to_be_said_clearly() {
    let repository = brand();
    repository.git(&["branch", "menus"]);
    let ran = repository.run(&["diff", "menus"]);
    assert!(ran.code == 64 && ran.err.contains("write `./menus`"), "{}", ran.err);
    assert_eq!(repository.run(&["diff", "./menus"]).code, 0);
}

#[test]
fn invalid_definitions_on_either_side_are_told_with_their_lines() {
    let repository = brand();
    repository.write("catalogs/outlets/2.yaml", outlet("G2", "Ubud", "items: {XX: {price: 1}}\n"));
    let now = repository.run(&["diff", "HEAD"]);
    assert_eq!(now.code, 3);
    assert!(now.err.contains("in the files:") && now.err.contains("outlets/2.yaml:4:9"), "{}", now.err);
    repository.commit();
    repository.write("catalogs/outlets/2.yaml", outlet("G2", "Ubud", ""));
    let then = repository.run(&["diff", "HEAD"]);
    assert_eq!(then.code, 3);
    assert!(then.err.contains("in HEAD:") && then.out.contains("its older definition is invalid"), "{}", then.out);
}

#[test]
fn a_revision_before_there_were_menus_is_refused() {
    let repository = Repository::new();
    repository.git(&["commit", "-q", "--allow-empty", "-m", "first"]);
    repository.write("menusync.yaml", SETTINGS);
    repository.write("catalogs/a.yaml", "outlet: G1\nmenus: []\n");
    let ran = repository.run(&["diff", "HEAD"]);
    assert!(ran.code == 64 && ran.err.contains("there is no `catalogs`"), "{}", ran.err);
}

#[test]
fn links_of_a_revision_are_followed_within_the_root_only() {
    let repository = brand();
    fs::write(repository.path().join("outside.yaml"), "x-y: 1\n").unwrap();
    repository.write("shared/extra.yaml", "items: {NG: {price: 26000}}\n");
    symlink("../shared/extra.yaml", repository.root().join("catalogs/extra.yaml")).unwrap();
    symlink("../shared", repository.root().join("catalogs/linked")).unwrap();
    let more = "items: {NU: {price: 21000}}\n";
    let extends = outlet("G0", "Kemang", more).replace("[../layer.yaml]", "[../layer.yaml, ../extra.yaml]");
    repository.write("catalogs/outlets/0.yaml", &extends);
    repository.write(
        "catalogs/outlets/1.yaml",
        outlet("G1", "Kuta", "").replace("[../layer.yaml]", "[../layer.yaml, ../linked/extra.yaml]"),
    );
    repository.commit();
    let same = repository.run(&["diff", "HEAD"]);
    assert_eq!((same.code, same.out.as_str()), (0, "No differences.\n"), "{}", same.err);
    let json = repository.run(&["diff", "HEAD~1", "HEAD", "--output", "json"]).json();
    assert_eq!(json["outlets"][0]["changes"][0]["to"], 26000);
    assert_eq!(json["outlets"][1]["changes"][0]["to"], 26000);
    symlink("../../outside.yaml", repository.root().join("catalogs/out.yaml")).unwrap();
    repository.commit();
    let out = repository.run(&["diff", "HEAD~1", "HEAD"]);
    assert!(out.code == 3 && out.err.contains("leads out of the root"), "{}", out.err);
}

#[test]
fn image_files_of_a_revision_are_hashed_as_they_were() {
    let repository = brand();
    repository.write("menusync.yaml", format!("{SETTINGS}images: {{base_url: 'https://img.example.com/'}}\n"));
    repository.write("photos/ng.png", include_bytes!("../images/good.png"));
    repository.write("catalogs/outlets/0.yaml", outlet("G0", "Kemang", "items: {NG: {image: photos/ng.png}}\n"));
    repository.commit();
    let mut other = include_bytes!("../images/good.png").to_vec();
    other.push(b'\n');
    repository.write("photos/ng.png", other);
    let json = repository.run(&["diff", "HEAD", "--output", "json"]).json();
    let change = &json["outlets"][0]["changes"][0];
    assert_eq!(change["path"], "items/NG/image");
    assert_ne!(change["from"], change["to"]);
}

#[test]
fn nothing_that_git_is_configured_with_is_run_and_the_environment_does_not_mislead() {
    let repository = brand();
    repository.write("catalogs/layer.yaml", layer(27000));
    repository.git(&["config", "core.pager", "false"]);
    repository.git(&["config", "core.fsmonitor", "false"]);
    let elsewhere = Repository::new();
    let mut command = assert_cmd::Command::cargo_bin("menusync").unwrap();
    command.args(["diff", "HEAD"]).current_dir(repository.path()).env("MENUSYNC_ROOT", "menus");
    command.env("GIT_DIR", elsewhere.path().join(".git")).assert().code(2);
}

#[test]
fn approvals_count_as_the_same_state_of_the_files_has_them() {
    let repository = brand();
    repository.write("catalogs/outlets/0.yaml", outlet("G0", "Kemang", "items: {NG: {price: 90000}}\n"));
    let held = repository.run(&["diff", "HEAD", "--outlet", "Kemang", "--output", "json"]).json();
    let digest = held["outlets"][0]["digest"].as_str().unwrap();
    assert_eq!(held["outlets"][0]["guards"][0]["verdict"], "held");
    let expires = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    let approval = format!("guard: price-change\nreason: emas\nexpires: {expires}\noutlets: {{G0: '{digest}'}}\n");
    repository.write("approvals/emas.yaml", approval);
    repository.commit();
    fs::remove_dir_all(repository.root().join("approvals")).unwrap();
    let committed = repository.run(&["diff", "HEAD~1", "HEAD"]);
    assert!(committed.out.contains("released by approvals/emas.yaml (emas)"), "{}", committed.out);
    assert!(repository.run(&["diff", "HEAD~1"]).out.contains("would be HELD by price-change"));
    let without = repository.run(&["diff", "HEAD", "--output", "json"]).json();
    assert_eq!(without["stale_approvals"], serde_json::json!([]), "of the newer state only");
}
