//! What files say that looks wrong, and what dated layers will make wrong: told where it counts, by every command that pushes
//! or says how things stand.

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{KUTA, KUTA_FILE, LAYER, Stage};

/// A second name for another dish, which is a warning and no reason to hold anything.
fn with_warning() -> Stage {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "name: Es Jeruk", "name: Es Teh Manis");
    stage
}

fn codes(outlet: &Value) -> Vec<&str> {
    outlet["diagnostics"].as_array().unwrap().iter().map(|told| told["code"].as_str().unwrap()).collect()
}

#[test]
fn a_plan_tells_the_warnings_of_what_it_would_push() {
    let stage = with_warning();
    let json = stage.run(&["plan", "--output", "json"]).expect(0).json();
    assert_eq!(codes(&json["outlets"][0]), ["duplicate-name"]);
    let (text, page) = (stage.run(&["plan"]).transcript(), stage.run(&["plan", "--output", "markdown"]).transcript());
    let pushed = stage.run(&["apply", "--yes"]).expect(0).transcript();
    assert_snapshot!(format!("{text}\n{page}\n{pushed}"));
    let nothing_to_push = stage.run(&["plan", "--output", "json"]).expect(0).json();
    assert_eq!(codes(&nothing_to_push["outlets"][0]), [""; 0]);
}

#[test]
fn the_daemon_logs_the_warnings_of_what_it_pushed() {
    let stage = with_warning();
    stage.run(&["run", "--once"]).expect(0).says(&["pushed with a warning", "duplicate-name"]);
}

#[test]
fn many_warnings_of_one_cause_are_a_few_lines() {
    let stage = Stage::new().in_sync();
    let items: Vec<String> =
        (0..20).map(|n| format!("{{external_id: N{n}, name: Nasi Nomor, price: 20000}}")).collect();
    stage.append(KUTA_FILE, &format!("menus: [{{name: Nasi, menu_items: [{}]}}]\n", items.join(", ")));
    let plan = stage.run(&["plan"]).expect(0).transcript();
    assert_eq!(plan.matches("warning:").count(), 4, "{plan}");
    assert!(plan.contains("more warnings of the rule `duplicate-name`: see `menusync validate`"), "{plan}");
}

/// A layer that begins far ahead and patches a dish that only the outlet's own file has.
fn invalid_one_day() -> Stage {
    let stage = Stage::new();
    stage.edit(KUTA_FILE, "[warung.yaml]", "[warung.yaml, later.yaml]");
    stage.append(KUTA_FILE, "menus: [{name: Camilan, menu_items: [{external_id: TAHU, name: Tahu, price: 9000}]}]\n");
    stage.write("catalogs/later.yaml", "from: 2199-02-08\nitems: {TAHU: {price: 8000}}\n");
    stage
}

#[test]
fn an_outlet_that_a_dated_layer_will_make_invalid_is_told_today() {
    let stage = invalid_one_day();
    let plan = stage.run(&["plan", "--output", "json"]).expect(0).json();
    assert_eq!(plan["outlets"][0]["invalid_from"]["at"], "2199-02-07T17:00:00Z", "{plan:#}");
    let text = stage.run(&["plan"]).transcript();
    let applied = stage.run(&["apply", "--yes"]).expect(0).transcript();
    let in_sync = stage.run(&["plan"]).expect(0).transcript();
    let page = stage.run(&["plan", "--output", "markdown"]).transcript();
    let status = stage.run(&["status"]).transcript();
    assert_snapshot!(format!("{text}\n{applied}\n{in_sync}\n{page}\n{status}"));
    let status = stage.run(&["status", "--output", "json"]).json();
    assert_eq!(status["outlets"][0]["invalid_from"]["when"], "Fri 2199-02-08 00:00");
    let log = stage.run(&["run", "--once"]).expect(0).stderr;
    assert_eq!(log.matches("will be invalid from Fri 2199-02-08 00:00").count(), 1, "{log}");
}

#[test]
fn a_held_mistake_names_the_line_and_who_wrote_it() {
    let stage = Stage::new().in_sync();
    let git = |arguments: &[&str]| {
        let who =
            [("GIT_AUTHOR_DATE", "2026-11-30T08:00:00+07:00"), ("GIT_COMMITTER_DATE", "2026-11-30T08:00:00+07:00")];
        let names = ["-c", "user.name=Sari @team", "-c", "user.email=sari@example.com"];
        let mut git = std::process::Command::new("git");
        git.arg("-C").arg(stage.root()).args(names).args(arguments).envs(who);
        assert!(git.output().unwrap().status.success(), "{arguments:?}");
    };
    git(&["init", "--quiet"]);
    stage.edit(LAYER, "price: 25000", "price: 250000");
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "A slip"]);
    stage.edit(LAYER, "price: 36000", "price: 360000");
    let plan = stage.run(&["plan"]).expect(0).stdout;
    assert!(plan.contains("if this is a mistake, correct catalogs/warung.yaml:9 ("), "{plan}");
    assert!(plan.contains(", Sari @team, 2026-11-30), catalogs/warung.yaml:12 (not committed yet)\n"), "{plan}");
    let page = stage.run(&["plan", "--output", "markdown"]).expect(0).stdout;
    assert!(page.contains("`, Sari @&#8203;team, 2026-11-30)"), "{page}");
}

#[test]
fn status_shows_the_outlets_in_a_state() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.edit(LAYER, "price: 36000", "price: 360000");
    stage.run(&["run", "--once"]).expect(4);
    stage.edit(crate::support::KEMANG_FILE, "name: Kemang", "name: 5\nnot-known: 1");
    let states = |arguments: &[&str]| {
        let told = stage.run(&[&["status", "--output", "json"][..], arguments].concat()).json();
        told["outlets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line["state"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(states(&["--state", "held"]), ["held"]);
    assert_eq!(states(&["--state", "held", "--state", "invalid"]).len(), 2);
    stage.run(&["status", "--state", "hold"]).expect(64).says(&["states are in_sync, pending"]);
    let text = stage.run(&["status"]).expect(2).stdout;
    assert!(text.contains("0 of 2 outlets in sync, 1 held, 1 invalid"), "{text}");
    assert!(text.find("held").unwrap() < text.find("invalid").unwrap(), "{text}");
}

#[test]
fn the_name_of_an_outlet_selects_it_whatever_is_in_the_name() {
    let stage = Stage::new();
    stage.edit(KUTA_FILE, "name: Kuta", "name: 'Kuta [baru]'");
    let rendered = stage.run(&["render", "--outlet", "kuta [baru]", "--output", "json"]).expect(0);
    assert!(rendered.stdout.contains("Nasi Rawon"), "{}", rendered.stdout);
}

#[test]
fn drift_of_one_outlet_names_it_in_what_to_type() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.edit_in_app(KUTA, "TEH", serde_json::json!({"price": 7500}));
    stage
        .run(&["drift", "--outlet", "Kuta"])
        .expect(2)
        .says(&["`menusync apply --outlet Kuta --revert`", "`menusync import --outlet Kuta --merge`"]);
    stage.run(&["drift"]).expect(2).says(&["`menusync apply --revert`"]);
}

#[test]
fn a_push_is_gone_back_to_by_the_time_that_history_prints() {
    let stage = Stage::new().in_sync();
    let history = stage.run(&["history", "--output", "json"]).json();
    let at =
        history["outlets"][0]["pushes"][0]["finished_at"].as_str().unwrap_or_else(|| panic!("{history:#}")).to_owned();
    let at: jiff::Timestamp = at.parse().unwrap();
    let printed =
        at.to_zoned(jiff::tz::TimeZone::get("Asia/Jakarta").unwrap()).strftime("%Y-%m-%d %H:%M WIB").to_string();
    assert!(stage.run(&["history"]).stdout.contains(&printed), "{printed}");
    let utc = at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let local = printed.trim_end_matches(" WIB").to_owned();
    for to in [printed, utc, local] {
        stage.run(&["rollback", "--outlet", "Kuta", "--to", &to, "--yes"]).expect(0);
    }
    stage.run(&["rollback", "--outlet", "Kuta", "--to", "1999-01-01 08:00", "--yes"]).expect(4);
}

#[test]
fn no_text_of_a_menu_is_an_order_to_a_runner() {
    let stage = Stage::new();
    stage.edit(LAYER, "name: Es Jeruk", "name: '##[add-mask]a'");
    stage.edit(KUTA_FILE, "name: Kuta", "name: '::stop-commands::a'");
    for format in ["text", "json", "markdown"] {
        let plan = stage.run(&["plan", "--output", format]).expect(0);
        let all = format!("{}{}", plan.stdout, plan.stderr);
        assert!(all.contains("add-mask") && !all.contains("##["), "{all}");
        assert!(!all.lines().any(|line| line.trim_start().starts_with("::")), "{all}");
    }
}
