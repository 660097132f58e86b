//! Files that are broken, missing or unreadable: what is said, and that nothing is pushed for what they concern.

use insta::assert_snapshot;

use crate::support::{KEMANG, KEMANG_FILE, KUTA, KUTA_FILE, LAYER, Stage};

/// Kuta's own file is broken, Kemang's is fine, and the layer of both has an edit.
fn half_broken() -> Stage {
    let stage = Stage::new().with_kemang().in_sync();
    stage.append(KUTA_FILE, "items:\n  NG: {price: 27.000}\n  NASI-RAWON: {prise: 1}\n");
    stage.edit(LAYER, "price: 36000", "price: 37000");
    stage
}

#[test]
fn a_broken_file_is_shown_with_its_lines() {
    let stage = half_broken();
    assert_snapshot!(stage.run(&["validate"]).expect(3).transcript());
    assert!(stage.log().is_empty());
}

#[test]
fn a_plan_shows_the_outlets_that_are_fine() {
    let stage = half_broken();
    assert_snapshot!(stage.run(&["plan"]).expect(3).transcript());
}

#[test]
fn apply_does_nothing_while_a_selected_outlet_is_broken() {
    let stage = half_broken();
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(3).transcript());
    assert!(stage.log().is_empty());
}

#[test]
fn apply_to_another_outlet_is_not_kept_by_a_broken_one() {
    let stage = half_broken();
    assert_snapshot!(stage.run(&["apply", "--yes", "--outlet", KEMANG]).expect(0).transcript());
    assert_eq!(stage.live_item(KEMANG, "RAWON")["price"], 37000);
    assert_eq!(stage.live_item(KUTA, "RAWON")["price"], 36000);
}

#[test]
fn one_pass_leaves_out_only_the_broken_outlet() {
    let stage = half_broken();
    assert_snapshot!(stage.run(&["run", "--once"]).expect(3).transcript());
    assert_eq!(stage.live_item(KEMANG, "RAWON")["price"], 37000);
    assert_snapshot!(stage.run(&["status"]).expect(2).transcript());
}

#[test]
fn text_that_is_no_yaml_is_shown_with_its_line() {
    let stage = Stage::new();
    stage.write(KUTA_FILE, "outlet: G1001\nname: Kuta\n\textends: [warung.yaml]\n");
    assert_snapshot!(stage.run(&["validate"]).expect(3).transcript());
    stage.run(&["apply", "--yes"]).expect(3);
    assert!(stage.log().is_empty());
}

#[test]
fn a_layer_that_is_broken_breaks_all_its_outlets() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.edit(LAYER, "price: 25000", "price: mahal");
    assert_snapshot!(stage.run(&["plan"]).expect(3).transcript());
    stage.run(&["apply", "--yes"]).expect(3);
    stage.assert_nothing_written();
}

#[test]
fn a_layer_that_is_gone_pushes_nothing() {
    let stage = Stage::new().in_sync();
    stage.remove(LAYER);
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(3).transcript());
    assert!(stage.log().is_empty());
}

#[test]
fn a_layer_that_is_empty_pushes_nothing() {
    let stage = Stage::new().in_sync();
    stage.write(LAYER, "");
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(3).transcript());
    stage.assert_nothing_written();
}

#[test]
fn an_outlet_whose_file_is_gone_is_missing_and_left_alone() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.remove(KUTA_FILE);
    let plan = stage.run(&["plan", "--out", "plan.json", "--detailed-exitcode"]).expect(0);
    assert_snapshot!(plan.transcript());
    stage.run(&["plan", "--output", "markdown"]).expect(0).says(&["| Kuta (G1001) | missing, in no file any more"]);
    for arguments in [&["apply", "--yes"][..], &["apply", "plan.json", "--yes"]] {
        stage.run(arguments).expect(0);
    }
    let apply = stage.run(&["apply", "--yes"]).expect(0).stdout;
    assert!(apply.contains("Kuta (G1001)     unchanged   missing, in no file any more"), "{apply}");
    assert!(!stage.run(&["plan", "--outlet", KEMANG]).expect(0).stdout.contains("Kuta"));
    stage.assert_nothing_written();
    assert_snapshot!(stage.run(&["status"]).expect(2).transcript());
}

#[test]
fn names_of_files_and_outlets_steer_nothing_wherever_they_are_told() {
    let stage = Stage::new();
    let file = "catalogs/a\n::error::b\u{1b}[31m.yaml";
    stage.write(file, "menus:    [{name: Es, menu_items: [{external_id: TEH, name: Teh, price: 5000}]}]\n");
    stage.append(KUTA_FILE, "x-a:   1\n");
    stage.edit(KUTA_FILE, "name: Kuta", "name: \"Kuta\\u202e\"");
    stage.edit(KUTA_FILE, "extends: [", "extends: [\"a\\n::error::b\\e[31m.yaml\", ");
    for arguments in [
        &["validate"][..],
        &["render", "--outlet", KUTA, "--explain"],
        &["plan"],
        &["plan", "--outlet", "nowhere"],
        &["apply", "--yes"],
        &["history"],
        &["status"],
        &["schedule"],
        &["pause", "--outlet", KUTA],
        &["import", "--outlet", KUTA, "--merge"],
        &["fmt", "--check"],
        &["fmt"],
    ] {
        let told = stage.run(arguments);
        let text = told.stdout.clone() + &told.stderr;
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{}", told.transcript());
        assert!(!text.lines().any(|line| line.starts_with("::")), "{}", told.transcript());
    }
}

#[test]
fn settings_that_are_missing() {
    let stage = Stage::new();
    stage.remove("menusync.yaml");
    assert_snapshot!(stage.run(&["validate"]).expect(3).transcript());
    assert_snapshot!(stage.run(&["plan"]).expect(3).transcript());
}

#[test]
fn settings_with_an_unknown_key() {
    let stage = Stage::new();
    stage.settings("gaurds: {deletes: [5, 20%]}\nverfiy: 3");
    assert_snapshot!(stage.run(&["plan"]).expect(3).transcript());
    stage.run(&["apply", "--yes"]).expect(3);
    assert!(stage.log().is_empty());
}

#[test]
fn a_root_that_is_not_there() {
    let stage = Stage::new();
    assert_snapshot!(stage.run(&["--root", "elsewhere", "plan"]).expect(1).transcript());
    stage.run(&["--root", "elsewhere", "apply", "--yes"]).expect(1);
}

#[test]
fn a_root_that_is_a_file() {
    let stage = Stage::new();
    assert_snapshot!(stage.run(&["--root", "menusync.yaml", "validate"]).expect(1).transcript());
}

#[test]
fn catalogs_that_are_empty_push_nothing() {
    let stage = Stage::new().in_sync();
    stage.remove(LAYER);
    stage.remove(KUTA_FILE);
    assert_snapshot!(stage.run(&["validate"]).transcript());
    assert_snapshot!(stage.run(&["plan"]).transcript());
    assert_snapshot!(stage.run(&["apply", "--yes"]).transcript());
    stage.assert_nothing_written();
    assert_snapshot!(stage.run(&["status"]).transcript());
}

#[test]
fn catalogs_that_are_not_there_push_nothing() {
    let stage = Stage::new().in_sync();
    std::fs::remove_dir_all(stage.root().join("catalogs")).unwrap();
    assert_snapshot!(stage.run(&["apply", "--yes"]).expect(1).transcript());
    assert!(stage.log().is_empty());
}

#[test]
fn a_file_that_is_no_text_is_named() {
    let stage = Stage::new();
    std::fs::write(stage.root().join(KEMANG_FILE), b"outlet: G1002\nname: \xff\xfe\n").unwrap();
    assert_snapshot!(stage.run(&["validate"]).expect(3).transcript());
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_named() {
    let stage = Stage::new();
    std::os::unix::fs::symlink("gone.yaml", stage.root().join(KEMANG_FILE)).unwrap();
    assert_snapshot!(stage.run(&["validate"]).expect(3).transcript());
}

#[test]
fn only_what_is_wrong_in_a_named_file_is_told() {
    let stage = half_broken();
    stage.append(KEMANG_FILE, "items: {NG: {price: 0}}\n");
    assert_snapshot!(stage.run(&["validate", KEMANG_FILE]).expect(3).transcript());
    stage.run(&["validate", LAYER]).expect(0);
    assert_snapshot!(stage.run(&["validate", "catalogs/nowhere.yaml"]).expect(64).transcript());
}

#[test]
fn strict_makes_warnings_errors() {
    let stage = Stage::new();
    stage.append(KUTA_FILE, "items: {NG: {price: 25000}}\n");
    assert_snapshot!(stage.run(&["validate"]).expect(0).transcript());
    stage.run(&["validate", "--strict"]).expect(3);
}

#[test]
fn an_outlet_is_not_pushed_while_its_files_name_a_rule_that_there_is_not() {
    for wrong in
        ["rules: {image-mising: off}\n", "items: {NG: {price: 26000}} # menusync: allow(image-mising) reason\n"]
    {
        let stage = Stage::new().with_kemang().in_sync();
        stage.edit(LAYER, "price: 36000", "price: 37000");
        stage.append(KUTA_FILE, wrong);
        stage.run(&["run", "--once"]).expect(3).says(&["unknown-rule", "invalid"]);
        assert_eq!(stage.live_item(KUTA, "RAWON")["price"], 36000, "{wrong}");
        assert_eq!(stage.live_item(KEMANG, "RAWON")["price"], 37000, "{wrong}");
    }
}

#[test]
fn settings_that_name_a_rule_that_there_is_not_are_no_settings() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 36000", "price: 37000");
    stage.settings("rules: {image-mising: error}");
    assert_snapshot!(stage.run(&["run", "--once"]).expect(3).transcript());
    stage.run(&["plan"]).expect(3);
    assert!(stage.log().is_empty());
}

/// For editors, and for what is not in a root yet.
#[test]
fn one_file_is_checked_from_stdin() {
    let stage = Stage::new();
    let validate = |text: &str, more: &[&str]| {
        let path = stage.root().join("typed");
        std::fs::write(&path, text).unwrap();
        let mut command = stage.command(&[&["validate", "-"], more].concat());
        let output = command.stdin(std::fs::File::open(path).unwrap()).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), text)
    };
    let whole = "outlet: G7\nname: Ubud\nmenus:\n  - name: Nasi\n    menu_items: [{external_id: NG, name: Nasi, description: Enak, image: 'https://img.example.com/a.jpg', price: 25000}]\n";
    assert_eq!(validate(whole, &[]), (Some(0), "stdin is valid by itself\n".to_owned()));
    let (code, told) = validate(&whole.replace("25000", "25K"), &[]);
    assert!(code == Some(3) && told.contains("stdin:5:") && told.contains("write 25000"), "{told}");
    let (code, told) = validate(&whole.replace("25000", "500"), &["--strict"]);
    assert!(code == Some(3) && told.contains("price-too-low"), "{told}");
    // Nothing is known of what it extends, or who extends it.
    assert_eq!(validate("outlet: G7\nextends: [../base.yaml]\nitems: {NG: {price: 1}}\n", &[]).0, Some(0));
    assert_eq!(validate(whole, &["catalogs"]).0, Some(64));
}
