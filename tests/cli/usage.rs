//! Wrong usage is 64 and does nothing; exit codes that were asked for; commands that explain.

use insta::assert_snapshot;

use crate::support::{KEMANG, KUTA, KUTA_FILE, LAYER, Stage};

/// What every test relies on that runs a command which only reads.
#[test]
#[should_panic(expected = "[\"plan\"] sent Entry")]
fn a_write_by_a_reading_command_would_be_seen() {
    let stage = Stage::new();
    let body = stage.run(&["render", "--outlet", KUTA, "--output", "json"]).json();
    assert_eq!(stage.put_by_hand(KUTA, &body), 200);
    stage.assert_only_reads_since(0, &["plan"]);
}

#[test]
fn an_outlet_pattern_that_matches_nothing() {
    let stage = Stage::new().with_kemang();
    assert_snapshot!(stage.run(&["plan", "--outlet", "Ubud*"]).expect(64).transcript());
    // Every file is below `catalogs/`, and still this is about outlets with a C.
    stage.run(&["plan", "--outlet", "C*"]).expect(64);
    for command in ["drift", "status", "render"] {
        stage.run(&[command, "--outlet", "Ubud*"]).expect(64);
    }
    stage.run(&["apply", "--yes", "--outlet", "Ubud*"]).expect(64);
    assert!(stage.log().is_empty());
}

#[test]
fn an_outlet_pattern_that_is_none() {
    let stage = Stage::new();
    assert_snapshot!(stage.run(&["plan", "--outlet", "[kuta"]).expect(64).transcript());
}

#[test]
fn outlets_are_chosen_by_id_name_file_or_layer() {
    let stage = Stage::new().with_kemang();
    for (pattern, outlets) in [
        (KUTA, vec![KUTA]),
        ("Kem*", vec![KEMANG]),
        ("catalogs/kuta.yaml", vec![KUTA]),
        (LAYER, vec![KUTA, KEMANG]),
        ("kuta.yaml", vec![KUTA]),
        ("./catalogs/kuta.yaml", vec![KUTA]),
        ("warung.yaml", vec![KUTA, KEMANG]),
        ("G*", vec![KUTA, KEMANG]),
        ("*/KUTA.*", vec![KUTA]),
    ] {
        let plan = stage.run(&["plan", "--outlet", pattern, "--output", "json"]).expect(0).json();
        let found: Vec<_> = plan["outlets"].as_array().unwrap().iter().map(|outlet| &outlet["outlet"]).collect();
        assert_eq!(found, outlets, "{pattern}");
    }
}

#[test]
fn words_of_other_tools() {
    let stage = Stage::new();
    let mut said = String::new();
    for arguments in [["undo", "-v"], ["push", "-v"], ["apply", "--dry-run"], ["rule", "deletes"]] {
        let run = stage.run(&arguments).expect(64);
        let lines = run.stderr.lines().filter(|line| line.contains("error:") || line.contains("tip:"));
        said += &format!("{}\n{}\n", arguments.join(" "), lines.collect::<Vec<_>>().join("\n"));
    }
    assert_snapshot!(said, @r"
    undo -v
    error: unrecognized subcommand 'undo'
      tip: a similar subcommand exists: 'rollback'
    push -v
    error: unrecognized subcommand 'push'
      tip: a similar subcommand exists: 'apply'
    apply --dry-run
    error: unexpected argument '--dry-run' found
      tip: `menusync plan` shows what `apply` would do, and sends nothing
    rule deletes
    error: `deletes` is a guard, not a rule: `menusync plan` shows what it holds and why; docs/understand.md lists all
    ");
}

#[test]
fn a_flag_that_does_not_exist() {
    let stage = Stage::new();
    assert_snapshot!(stage.run(&["plan", "--outlets", "x"]).expect(64).transcript());
    assert_snapshot!(stage.run(&["plan", "--outlets", "x", "--output", "json"]).expect(64).transcript());
    assert_snapshot!(stage.run(&["paln"]).expect(64).transcript());
    assert_snapshot!(stage.run(&[]).expect(64).transcript());
}

#[test]
fn a_time_that_is_none() {
    let stage = Stage::new();
    assert_snapshot!(stage.run(&["plan", "--at", "tomorrow"]).expect(64).transcript());
}

#[test]
fn a_render_that_matches_two_outlets() {
    let stage = Stage::new().with_kemang();
    assert_snapshot!(stage.run(&["render", "--outlet", "K*"]).expect(64).transcript());
}

#[test]
fn credentials_that_are_missing() {
    let stage = Stage::new();
    let mut command = stage.command(&["plan"]);
    assert_snapshot!(stage.finish(command.env_remove("MENUSYNC_CLIENT_SECRET")).expect(1).transcript());
}

#[test]
fn exit_codes_of_plan() {
    let stage = Stage::new().in_sync();
    stage.run(&["plan"]).expect(0);
    stage.run(&["plan", "--detailed-exitcode"]).expect(0);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage.run(&["plan"]).expect(0);
    stage.run(&["plan", "--detailed-exitcode"]).expect(2);
    stage.run(&["plan", "--fail-on-guard"]).expect(0);
    stage.edit(LAYER, "price: 27000", "price: 250000");
    stage.run(&["plan"]).expect(0);
    stage.run(&["plan", "--detailed-exitcode"]).expect(2);
    stage.run(&["plan", "--detailed-exitcode", "--fail-on-guard"]).expect(4);
}

#[test]
fn status_before_and_after_the_first_push() {
    let stage = Stage::new().with_kemang();
    assert_snapshot!(stage.run(&["status"]).expect(2).transcript());
    let stage = stage.in_sync();
    assert_snapshot!(stage.run(&["status"]).expect(0).transcript());
    assert!(stage.log().is_empty());
}

#[test]
fn a_rule_is_explained() {
    let stage = Stage::new();
    assert_snapshot!(stage.run(&["rule", "number-format"]).expect(0).transcript());
    assert_snapshot!(stage.run(&["rule", "number-formats"]).expect(64).transcript());
    let all = stage.run(&["rule"]).expect(0);
    assert_eq!(all.stdout.lines().count(), menusync::rules::RULES.len());
}

#[test]
fn completions_are_scripts() {
    let stage = Stage::new();
    for (shell, part) in [("bash", "complete -"), ("zsh", "#compdef menusync"), ("fish", "complete --")] {
        stage.run(&["completions", shell]).expect(0).says(&[part, "MENUSYNC_COMPLETE"]);
    }
}

/// What a shell is answered as somebody types.
fn completions(stage: &Stage, words: &[&str]) -> String {
    let mut command = stage.command(&[&["--", "menusync"], words].concat());
    command.env("MENUSYNC_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    command.env("_CLAP_IFS", "\n").env("_CLAP_COMPLETE_COMP_TYPE", "9").env("_CLAP_COMPLETE_SPACE", "true");
    let output = command.output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

#[test]
fn what_a_root_has_is_completed() {
    let stage = Stage::new().with_kemang();
    stage.edit(KUTA_FILE, "name: Kuta", "name: \"Kuta \\e[2J\"");
    let complete = |words: &[&str]| completions(&stage, words);
    let outlets = complete(&["plan", "--outlet", ""]);
    assert!(outlets.contains("G1001") && outlets.contains("Kemang") && !outlets.contains('\u{1b}'), "{outlets:?}");
    assert!(complete(&["history", "--item", "RAW"]).contains("RAWON"));
    assert!(complete(&["rule", "price-too"]).contains("price-too-low"));
    assert!(complete(&["apply", "--allow", ""]).contains("decimal-slip"));
}

/// The shell inserts a value without quotes, and runs the line.
#[test]
fn a_name_that_a_shell_would_run_is_not_completed() {
    let stage = Stage::new().with_kemang();
    stage.edit(LAYER, "external_id: RAWON", "external_id: \"RAWON;id\"");
    for name in
        ["Kuta;id", "Kuta$(id)", "Kuta Beach", "Kuta`id`", "Kuta|id", "Kuta&id", "Kuta>id", "~Kuta", "Kuta'", "*"]
    {
        stage.edit(KUTA_FILE, "name: Kuta", &format!("name: {}", serde_json::json!(name)));
        let outlets = completions(&stage, &["plan", "--outlet", ""]);
        let names: Vec<&str> = outlets.lines().filter(|line| !line.starts_with('-')).collect();
        assert_eq!(names, [KUTA, KEMANG, "Kemang"], "{name}");
        stage.edit(KUTA_FILE, &format!("name: {}", serde_json::json!(name)), "name: Kuta");
    }
    assert!(!completions(&stage, &["history", "--item", ""]).contains("RAWON"));
}

#[test]
fn every_command_has_a_manual_page() {
    let stage = Stage::new();
    let all = stage.run(&["man"]).expect(0).stdout;
    assert!(all.starts_with(".ie") && all.contains("\n.TH menusync 1 "), "{all}");
    // roff writes `-` as `\-`.
    let name = |line: &str| Some(line.strip_prefix("menusync\\-")?.strip_suffix("(1)")?.replace("\\-", "-"));
    let listed: Vec<String> = all.lines().filter_map(name).collect();
    let has = |command: &str| listed.iter().any(|listed| listed == command);
    assert!(has("apply") && has("language-server") && !has("help"), "{listed:?}");
    for command in &listed {
        let title = format!(".TH menusync-{command} 1 ");
        stage.run(&["man", command]).expect(0).says(&[&title, ".SH SYNOPSIS", "EXIT STATUS"]);
    }
    stage.run(&["man", "appply"]).expect(64);
}

#[test]
fn help_and_version_are_no_errors() {
    let stage = Stage::new();
    assert_snapshot!(stage.run(&["--help"]).expect(0).transcript());
    assert_snapshot!(stage.run(&["apply", "--help"]).expect(0).transcript());
    stage.run(&["--version"]).expect(0).says(&[concat!("menusync ", env!("CARGO_PKG_VERSION"))]);
}

#[test]
fn a_root_and_a_state_directory_come_from_flags_or_environment() {
    let stage = Stage::new();
    let mut command = stage.command(&["apply", "--yes"]);
    command.current_dir("/").env("MENUSYNC_ROOT", stage.root());
    stage.finish(command.env("MENUSYNC_STATE_DIR", stage.state_dir())).expect(0);
    let root = stage.root();
    let mut command = stage.command(&["status", "--root", root.to_str().unwrap()]);
    stage.finish(command.current_dir("/")).expect(0);
}

/// Where all may write, such as in `/tmp`, whoever was there first would choose where credentials are sent.
#[test]
fn a_root_of_another_user_has_to_be_named() {
    let stage = Stage::new();
    let settings = stage.root().join("menusync.yaml");
    if std::os::unix::fs::chown(&settings, Some(4711), None).is_err() {
        return; // only root can give files away
    }
    let wrong = stage.run(&["plan"]).expect(1);
    wrong.says(&["the working directory is not taken as the root by itself", "give --root ."]);
    assert!(stage.log().is_empty());
    assert!(!completions(&stage, &["plan", "--outlet", ""]).contains(KUTA));
    stage.run(&["plan", "--root", "."]).expect(0);
    let mut command = stage.command(&["plan"]);
    stage.finish(command.env("MENUSYNC_ROOT", ".")).expect(0);
    std::os::unix::fs::chown(&settings, Some(0), None).unwrap();
    std::os::unix::fs::chown(stage.root(), Some(4711), None).unwrap();
    stage.run(&["plan"]).expect(1).says(&["belongs to another user"]);
}

#[test]
fn options_that_would_be_of_no_effect_are_refused() {
    let stage = Stage::new().in_sync();
    for arguments in [["completions", "bash"], ["sandbox", "--publish-delay=0"], ["demo", "--keep"]] {
        stage.run_beside_a_writer(&[&arguments[..], &["--output", "json"]].concat()).expect(64);
    }
    // It would say that nothing was ever pushed.
    stage.run(&["history", "--limit", "0"]).expect(64);
    stage.run(&["history", "--limit", "1"]).expect(0).says(&["published"]);
}

#[test]
fn a_manual_page_lists_the_options_of_its_command_first() {
    let page = Stage::new().run(&["man", "plan"]).expect(0).stdout;
    let at = |option: &str| page.find(option).unwrap_or_else(|| panic!("no {option} in {page}"));
    assert!(at("\\-\\-revert") < at("\\-\\-root"), "{page}");
}
