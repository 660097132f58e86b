//! One root in every format, through the binary.

use serde_json::Value;

use super::harness::Root;

/// Something of everything: a place with further places, one without, names that mean something to the formats.
fn root() -> Root {
    Root::new(&[
        (
            "catalogs/bali, timur/kuta: satu%.yaml",
            "outlet: G1\nextends: [../sari.yaml]\nitems:\n  NG: {prise: 27000}\n  XX: {price: 1}\n",
        ),
        (
            "catalogs/sari.yaml",
            "menus:\n  - name: 'Nasi ::error::% , <b>'\n    menu_items:\n      \
             - {external_id: NG, name: \"Nasi\\tGoreng 100%\", price: 0, image: 'http://img.example.com/a.jpg', description: Enak}\n",
        ),
        (
            "catalogs/ubud.yaml",
            "outlet: G2\nextends: [sari.yaml]\nmenus:\n  - name: Mie\n    menu_items:\n      \
             - {external_id: NG, name: Mie, price: 25000, image: 'https://img.example.com/a.jpg', description: Enak}\n",
        ),
        ("catalogs/ende.yaml", "outlet: G3\nextends: [sari.yaml]\n"),
    ])
}

fn output(format: &str) -> String {
    let run = root().run(&["validate", "--output", format]);
    assert_eq!((run.code, run.stderr.as_str()), (3, ""));
    run.stdout
}

macro_rules! assert_kept {
    ($name:literal, $text:expr) => {
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "formats"}, {
            insta::assert_snapshot!($name, $text);
        })
    };
}

#[test]
fn text_is_as_kept() {
    assert_kept!("text", output("text"));
}

#[test]
fn json_is_as_kept() {
    assert_kept!("json", output("json"));
}

#[test]
fn github_is_as_kept_and_one_command_a_diagnostic() {
    let text = output("github");
    assert_kept!("github", &text);
    for line in text.lines() {
        let (properties, data) = line.strip_prefix("::").and_then(|rest| rest.split_once("::")).unwrap();
        assert!(properties.starts_with("error ") || properties.starts_with("warning "), "{line}");
        let escapes = ["%25", "%0A", "%3A", "%2C"];
        let (raw, escaped): (usize, usize) =
            (line.matches('%').count(), escapes.iter().map(|escape| line.matches(escape).count()).sum());
        assert_eq!(raw, escaped, "{line}");
        assert!(!data.contains(['\r', '\u{1b}']), "{line}");
    }
    let told: Value = serde_json::from_str(&output("json")).unwrap();
    assert_eq!(text.lines().count(), told["diagnostics"].as_array().unwrap().len());
}

#[test]
fn sarif_is_as_kept_and_valid_by_the_official_schema() {
    let text = output("sarif");
    assert_kept!(
        "sarif",
        text.replace(concat!("\"version\": \"", env!("CARGO_PKG_VERSION"), "\""), "\"version\": \"…\"")
    );
    // From the package @microsoft/jest-sarif (MIT): version 2.1.0-rtm.5, which OASIS published.
    let mut schema: Value = serde_json::from_str(include_str!("sarif-2.1.0.json")).unwrap();
    // An expression that is no valid one, on a key that we do not write.
    for owner in ["run", "toolComponent"] {
        schema["definitions"][owner]["properties"]["language"].as_object_mut().unwrap().remove("pattern").unwrap();
    }
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("sarif.json", schema).unwrap();
    let schema = compiler.compile("sarif.json", &mut schemas).unwrap();
    let wrong = |log: &Value| schemas.validate(log, schema).err().map(|error| error.to_string());
    let log: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(wrong(&log), None);
    let empty: Value = serde_json::from_str(&menusync::report::diagnostics_sarif(&[])).unwrap();
    assert_eq!(wrong(&empty), None);
    let mut broken = log;
    broken["runs"][0]["results"][0]["level"] = "fatal".into();
    assert!(wrong(&broken).is_some(), "the schema judges");
}

#[test]
fn a_file_takes_one_format_while_the_terminal_takes_another() {
    let root = root();
    let file = root.path().join("out.sarif");
    let run = root.run(&["validate", "--output", "github", "--output", &format!("sarif={}", file.display())]);
    assert_eq!((run.code, run.stdout), (3, output("github")));
    assert_eq!(std::fs::read_to_string(file).unwrap(), output("sarif"));
}

#[test]
fn ten_thousand_errors_do_not_flood_a_terminal_and_json_has_them_all() {
    let items: String =
        (0..10_000).map(|n| format!("      - {{external_id: I{n}, name: Item {n}, price: mahal}}\n")).collect();
    let text = format!("outlet: G1\nmenus:\n  - name: Nasi\n    menu_items:\n{items}");
    let root = Root::brief(&[("catalogs/a.yaml", &text)]);
    let shown = root.run(&["validate"]).stdout;
    assert_eq!(shown.matches("error[wrong-type]").count(), 50);
    assert!(
        shown.ends_with("\n… and 9950 more (9950 errors) not shown\n10000 errors\n"),
        "{}",
        &shown[shown.len() - 200..]
    );
    let told: Value = serde_json::from_str(&root.run(&["validate", "--output", "json"]).stdout).unwrap();
    assert_eq!(told["diagnostics"].as_array().unwrap().len(), 10_000);
    assert_eq!(told["summary"]["errors"], 10_000);
    assert_eq!(root.run(&["validate", "--output", "github"]).stdout.lines().count(), 10_000);
}

#[test]
fn json_is_written_whatever_the_end() {
    let valid = Root::brief(&[(
        "catalogs/a.yaml",
        "outlet: G1\nmenus: [{name: Nasi, menu_items: [{external_id: NG, name: Nasi, price: 25000}]}]\n",
    )]);
    for (arguments, code, errors) in
        [(&["validate"][..], 0, 0), (&["validate", "no-such-file"], 64, 1), (&["validate", "--no-such-flag"], 64, 1)]
    {
        let run = valid.run(&[arguments, &["--output", "json"]].concat());
        let told: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!((run.code, &told["schema"]), (code, &"menusync.diagnostics/1".into()), "{arguments:?}");
        assert_eq!(told["summary"]["errors"], errors, "{arguments:?}");
    }
}
