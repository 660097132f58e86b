//! The starter repository.

use std::fs;

use serde_json::json;

use crate::harness::World;

#[test]
fn a_new_repository_is_valid_at_once_without_a_warning() {
    let world = World::new();
    let told = world.ok(&["init", "fresh/menus"]);
    assert_eq!(told.stdout.lines().count(), 13, "{told:?}");
    // Every script that the workflow and the scripts call is among them.
    let read = |file: &str| fs::read_to_string(world.root().parent().unwrap().join(file)).unwrap();
    let texts: String = told.stdout.lines().filter(|file| file.contains(".github")).map(read).collect();
    for called in texts.split(['"', ' ', '\n']).filter(|word| word.ends_with(".sh") && word.contains('/')) {
        let name = called.rsplit('/').next().unwrap();
        assert!(told.stdout.lines().any(|file| file.ends_with(name)), "{called} is not written:\n{}", told.stdout);
    }
    let valid = world.ok(&["validate", "--strict", "--root", "fresh/menus"]);
    assert_eq!((valid.stdout.as_str(), valid.stderr.as_str()), ("1 outlet is valid\n", ""));
    let formatted = world.ok(&["fmt", "--check", "--root", "fresh/menus"]);
    assert_eq!(formatted.stdout, "", "{formatted:?}");
}

/// By the first line of each file, and by the settings of VS Code.
#[test]
fn an_editor_finds_the_schemas_and_what_was_there_is_left_as_it_is() {
    let world = World::new();
    let fresh = world.root().parent().unwrap().join("fresh");
    fs::create_dir_all(&fresh).unwrap();
    fs::write(fresh.join(".gitignore"), "mine\n").unwrap();
    let told = world.ok(&["init", "fresh"]);
    assert_eq!(fs::read_to_string(fresh.join(".gitignore")).unwrap(), "mine\n");
    assert!(told.stderr.contains(".gitignore is there already") && !told.stdout.contains(".gitignore"), "{told:?}");
    for file in ["menusync.yaml", "catalogs/menu.yaml", "catalogs/outlet.yaml"] {
        let text = fs::read_to_string(fresh.join(file)).unwrap();
        let schema = text.lines().next().unwrap().strip_prefix("# yaml-language-server: $schema=").unwrap();
        let schema = fs::read_to_string(fresh.join(file).parent().unwrap().join(schema)).unwrap();
        assert!(schema.contains("\"$id\": \"urn:menusync:schema:"), "{schema:.200}");
    }
    let settings = fs::read_to_string(fresh.join(".vscode/settings.json")).unwrap();
    let settings: serde_json::Value = serde_json::from_str(&settings).unwrap();
    for schema in settings["yaml.schemas"].as_object().unwrap().keys() {
        assert!(fresh.join(schema).is_file(), "{schema}");
    }
}

#[test]
fn what_the_settings_show_as_defaults_are_settings() {
    let world = World::new();
    world.ok(&["init", "fresh"]);
    let path = world.root().parent().unwrap().join("fresh/menusync.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let (head, defaults) = text.split_once("# What is commented out from here on").unwrap();
    let is_setting = |line: &str| {
        line.contains(": ")
            && !line.contains("$schema")
            && line.starts_with(|c: char| c.is_ascii_lowercase() || c == ' ')
    };
    let shown =
        |line: &str| line.strip_prefix("# ").filter(|rest| is_setting(rest) || *rest == "windows:").map(str::to_owned);
    let mut all: Vec<String> = head.lines().map(str::to_owned).collect();
    all.extend(defaults.lines().skip(1).map(|line| shown(line).unwrap_or_else(|| line.to_owned())));
    assert!(all.iter().any(|line| line == "windows:") && all.iter().filter(|line| is_setting(line)).count() > 6);
    fs::write(&path, all.join("\n")).unwrap();
    let valid = world.ok(&["validate", "--strict", "--root", "fresh"]);
    assert_eq!(valid.stdout, "1 outlet is valid\n");
}

/// As the first lines of the settings and the README say it.
#[test]
fn three_lines_go_live() {
    let world = World::new();
    world.ok(&["init", "fresh"]);
    let path = world.root().parent().unwrap().join("fresh/menusync.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let files: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("#   client_")).collect();
    assert_eq!(files.len(), 2, "{text}");
    let live = text.replace("target: custom", "target: production");
    let live: Vec<String> = live
        .lines()
        .map(|line| match line {
            line if line.starts_with("  api_url: ") => format!("  client_{}", files[0]),
            line if line.starts_with("  oauth_url: ") => format!("  client_{}", files[1]),
            line => line.to_owned(),
        })
        .collect();
    assert_eq!(live.iter().zip(text.lines()).filter(|(live, before)| live != before).count(), 3);
    fs::write(&path, live.join("\n")).unwrap();
    let valid = world.ok(&["validate", "--strict", "--root", "fresh"]);
    assert_eq!(valid.stdout, "1 outlet is valid\n");
}

#[test]
fn a_directory_with_menus_is_refused() {
    let world = World::new();
    let settings = world.read("menusync.yaml");
    let refused = world.run(&["init", "root"]);
    assert_eq!(refused.code, 64, "{refused:?}");
    assert_eq!(world.read("menusync.yaml"), settings);
    assert!(!world.root().join("catalogs").exists(), "nothing was begun");
}

/// The example would stand in every plan from then on.
#[test]
fn an_import_beside_the_example_names_it() {
    let world = World::new();
    world.write("catalogs/menu.yaml", include_str!("../../src/cli/init/menu.yaml"));
    world.write("catalogs/outlet.yaml", include_str!("../../src/cli/init/outlet.yaml"));
    let menu = json!({"menus": [{"name": "Nasi", "menu_items": [{"external_id": "NG", "name": "Nasi Goreng", "price": 25000}]}]});
    world.seed("G916309315", menu);
    let told = world.ok(&["import", "--outlet", "G916309315"]).stderr;
    assert!(told.contains("is still there: catalogs/menu.yaml and catalogs/outlet.yaml;"), "{told}");
    world.write("catalogs/outlet.yaml", "outlet: G916309316\nname: Kuta\nextends: [menu.yaml]\n");
    world.seed("G916309317", json!({"menus": []}));
    let told = world.ok(&["import", "--outlet", "G916309317"]).stderr;
    assert!(!told.contains("example"), "{told}");
}
