//! One way of writing, comments kept, nothing else changed.

use std::{fs, path::Path};

use menusync::{
    authoring::{FileKind, Formatted, format},
    document::SourceFile,
};
use proptest::prelude::*;

use crate::{clock::clock_variables, harness::World};

fn file(text: &str) -> SourceFile {
    SourceFile { path: "catalogs/a.yaml".into(), text: text.into() }
}

fn formatted(text: &str) -> Formatted {
    format(&file(text), FileKind::Definition).unwrap()
}

#[test]
fn files_are_put_in_order_and_comments_go_with_what_they_stand_beside() {
    let text = r#"# About this file.

# The dishes.
menus:
- menu_items:   # all of them
    # The best one.
    - price: 25000 # until May
      name: 'Nasi "Goreng"'
      external_id: 007
      # Two lines
      # about hours.
      operational_hours: {monday: closed,daily: 10:00-22:00}

      variant_category_external_ids: [ VC , "VC-2" ]
      # There was a soup here.
    -   external_id: "TEH"
        name: Teh
        price: 5000
        description: >-
            Teh melati,
            dengan es
        image: |-
          https://img.example.com/a.jpg
      # Between the dashes.
    - {price: 6000,   external_id: ES, name: no}
  name: "Nasi"


  # At the end of menus.
outlet: G1
extends:
- a.yaml # first
- 'b.yaml'

variant_categories: [
  {external_id: VC, # kept
   name: Pedas}
  ]
# The end.
"#;
    let Formatted::New(new) = formatted(text) else { panic!("{:?}", formatted(text)) };
    insta::assert_snapshot!(new);
    assert_eq!(formatted(&new), Formatted::Same);
}

#[test]
fn what_is_bound_together_is_left_alone() {
    let texts = [
        "outlet: &a G1\n",
        "x-base: &b {price: 1}\nmenus: [{name: A, menu_items: [{<<: *b, external_id: A, name: A}]}]\n",
        "outlet: !!str G1\n",
        "---\noutlet: G1\n",
        "{outlet: G1}\n",
        "outlet: G1\nextends:\n  -\n    a.yaml\n  - # why\n    b.yaml\n",
        "? outlet\n: G1\n",
    ];
    for text in texts {
        assert!(matches!(formatted(text), Formatted::Left(_)), "{text:?}: {:?}", formatted(text));
    }
    assert!(format(&file("outlet: [\n"), FileKind::Definition).is_err());
}

#[test]
fn settings_keep_their_order_and_their_quotes() {
    let text =
        "target:   sandbox\nschedule:  '*/15 * * * *' # often\ntimezone: Asia/Jakarta\nrules: { image-missing: off }\n";
    let new = format(&file(text), FileKind::Settings).unwrap();
    let expected =
        "target: sandbox\nschedule: \"*/15 * * * *\" # often\ntimezone: Asia/Jakarta\nrules: {image-missing: off}\n";
    assert_eq!(new, Formatted::New(expected.into()));
}

/// Every YAML file of the example and of the demo.
fn examples() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("catalogs"), root.join("src/cli/demo/menus"), root.join("src/cli/init")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() >= 8);
    found
}

#[test]
fn the_examples_are_formatted() {
    for (path, text) in examples() {
        assert_eq!(formatted(&text), Formatted::Same, "{path}");
    }
}

#[test]
fn the_command_writes_files_once_and_checks_without_writing() {
    let world = World::new();
    let crooked = "menus:\n- name: A\n  menu_items:\n  - {name: A, external_id: A, price: 5000} # a\noutlet: G1\n";
    world.write("catalogs/a.yaml", crooked);
    world.write("catalogs/broken.yaml", "menus: [\n");
    world.write("catalogs/anchors.yaml", "outlet: &o G2\nmenus: []\n");
    let checked = world.run(&["fmt", "--check"]);
    assert_eq!((checked.code, checked.stdout.as_str()), (3, "catalogs/a.yaml\n"), "{checked:?}");
    assert!(checked.stderr.contains("catalogs/anchors.yaml is left as it is: it has anchors"), "{checked:?}");
    assert_eq!(world.read("catalogs/a.yaml"), crooked);
    fs::remove_file(world.root().join("catalogs/broken.yaml")).unwrap();
    assert_eq!(world.run(&["fmt", "--check"]).code, 2);
    world.ok(&["fmt"]);
    let straight =
        "outlet: G1\nmenus:\n  - name: A\n    menu_items:\n      - {external_id: A, name: A, price: 5000} # a\n";
    assert_eq!(world.read("catalogs/a.yaml"), straight);
    assert_eq!(world.ok(&["fmt", "--check"]).stdout, "");
}

#[test]
fn line_ends_of_windows_are_kept() {
    let straight =
        "outlet: G1\nmenus:\n  - name: A\n    menu_items:\n      - {external_id: A, name: A, price: 5000} # a\n";
    let windows = straight.replace('\n', "\r\n");
    assert_eq!(formatted(&windows), Formatted::Same);
    let crooked = windows.replace("{external_id", "{  external_id");
    assert_eq!(formatted(&crooked), Formatted::New(windows));
}

#[test]
fn one_file_or_what_comes_from_stdin_is_formatted_alone() {
    let world = World::new();
    let crooked = |id: &str| {
        format!("menus:\n- name: A\n  menu_items:\n  - {{name: A, external_id: A, price: 5000}}\noutlet: {id}\n")
    };
    world.write("catalogs/a.yaml", &crooked("G1"));
    world.write("catalogs/b.yaml", &crooked("G2"));
    assert_eq!(world.ok(&["fmt", "catalogs/a.yaml"]).stdout, "catalogs/a.yaml\n");
    assert_eq!(world.read("catalogs/b.yaml"), crooked("G2"));
    assert_eq!(world.run(&["fmt", "catalogs/c.yaml"]).code, 64);
    let fmt = |text: &str, check: bool| {
        let mut command = assert_cmd::Command::cargo_bin("menusync").unwrap();
        command
            .env_clear()
            .envs(clock_variables())
            .arg("fmt")
            .arg("-")
            .args(check.then_some("--check"))
            .write_stdin(text.to_owned());
        let output = command.output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(fmt(&crooked("G1"), false), (0, world.read("catalogs/a.yaml")));
    assert_eq!(fmt(&crooked("G1"), true), (2, String::new()));
    assert_eq!(fmt("menus: [", false).0, 3);
}

/// Turns a tidy file into a crooked one that means the same.
fn crooked(text: &str, seed: u64) -> String {
    let mut state = seed | 1;
    let mut dice = move |sides: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % sides
    };
    let mut lines = Vec::new();
    for line in text.lines() {
        let indentation = line.len() - line.trim_start().len();
        if dice(6) == 0 && !line.trim().is_empty() {
            lines.push(format!("{}# remark {}", " ".repeat(indentation), lines.len()));
        }
        let ends = line.trim_end();
        let is_open = ends.is_empty() || ends.contains('#') || ends.ends_with(['|', '>', '-']);
        let mut line = if dice(4) == 0 { line.replace(", ", " ,   ").replacen('{', "{ ", 1) } else { line.to_owned() };
        if line.matches(['"', '\'']).count() > 0 || line.contains(": ") && !line.contains('{') {
            line = text
                .lines()
                .nth(lines.iter().filter(|l: &&String| !l.trim_start().starts_with("# remark")).count())
                .map_or(line, str::to_owned);
        }
        if dice(5) == 0 && !is_open {
            line = format!("{}  # note {}", line.trim_end(), lines.len());
        }
        lines.push(line);
        if dice(8) == 0 && !is_open {
            lines.push(String::new());
            lines.push(String::new());
        }
    }
    // Every level twice as deep.
    let doubled = |line: &String| " ".repeat(line.len() - line.trim_start().len()) + line;
    if dice(2) == 0 { lines.iter().map(doubled).collect::<Vec<_>>().join("\n") } else { lines.join("\n") }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// That what is written means the same is judged by `format` itself, which else leaves the file alone; here it must not.
    #[test]
    fn crooked_examples_become_straight_once(seed in any::<u64>(), which in any::<prop::sample::Index>()) {
        let examples = examples();
        let (path, text) = which.get(&examples);
        let text = crooked(text, seed);
        prop_assume!(format(&file(&text), FileKind::Definition).is_ok());
        match formatted(&text) {
            Formatted::New(new) => prop_assert_eq!(formatted(&new), Formatted::Same),
            Formatted::Same => {}
            Formatted::Left(why) => prop_assert!(false, "{path} is left: {why}\n{text}"),
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[ab:#\\-\\[\\]{},'\"|> \n&*!?]{0,60}") {
        if let Ok(Formatted::New(new)) = format(&file(&text), FileKind::Definition) {
            prop_assert_eq!(formatted(&new), Formatted::Same);
        }
    }
}
