//! `schedule`: what comes when, on each outlet's own clocks.

use insta::assert_snapshot;

use crate::support::{KEMANG, KEMANG_FILE, KUTA, KUTA_FILE, Stage, clock::distant_schedule};

const NOW: &str = "2027-02-01T00:00:00Z";

fn stage() -> Stage {
    let stage = Stage::new().with_kemang();
    let settings = stage.read("menusync.yaml").replace("jitter: 0s", "jitter: 30s");
    stage.write("menusync.yaml", &settings.replace(&distant_schedule(), "*/30 6-22 * * *"));
    stage.append("menusync.yaml", "windows: [{kind: deny, schedule: \"0 11 * * *\", duration: 3h}]\n");
    stage.write(
        "catalogs/ramadan.yaml",
        "from: 2027-02-08\nuntil: 2027-03-10\n\
         menus: [{name: Takjil, before: Nasi, menu_items: [{external_id: KOLAK, name: Kolak, price: 12000}]}]\n",
    );
    stage.edit(KUTA_FILE, "[warung.yaml]", "[warung.yaml, ramadan.yaml]\ntimezone: Asia/Makassar");
    stage
}

#[test]
fn passes_windows_and_layers_are_told_in_local_time_and_utc() {
    let stage = stage();
    stage.append(KEMANG_FILE, "timezone: Asia/Jayapura\n");
    assert_snapshot!(stage.run(&["schedule", "--at", NOW, "--count", "3"]).expect(0).stdout);
    assert_snapshot!(
        stage
            .run(&["schedule", "--at", NOW, "--count", "1", "--outlet", KUTA, "--output", "json"])
            .expect(0)
            .transcript()
    );
    assert!(stage.log().is_empty(), "it is offline");
}

#[test]
fn a_schedule_that_comes_sooner_than_a_pass_can_end_is_said() {
    let stage = stage();
    let round =
        |stage: &Stage| stage.run(&["schedule", "--at", NOW, "--output", "json"]).expect(0).json()["round"].clone();
    assert_eq!(round(&stage)["fits"], true);
    stage.edit("menusync.yaml", "requests_per_second: 1000", "requests_per_second: 0.001");
    let words = "A pass over all 2 outlets takes 33 min or more, and the next one is due after 30 min: outlets are looked at \
                 less often than `schedule` says";
    let told = stage.run(&["schedule", "--at", NOW]).expect(0).stdout;
    let fix = "raise `gobiz.requests_per_second`, or make `schedule` rarer";
    assert!(told.contains(&format!("\nwarning: {words}; {fix}\n")), "{told}");
    let seen = round(&stage);
    assert_eq!((&seen["fits"], &seen["outlets"]), (&false.into(), &2.into()), "{seen}");
    assert_eq!(
        (seen["least_seconds"].as_f64(), seen["interval_seconds"].as_u64()),
        (Some(2_000.0), Some(1_800)),
        "{seen}"
    );
    let checks = stage.run(&["doctor", "--offline", "--output", "json"]).expect(0).json();
    let told = checks["checks"].as_array().unwrap().iter().find(|check| check["name"] == "schedule").unwrap();
    assert_eq!(
        (told["health"].as_str(), told["seen"].as_str(), told["fix"].as_str()),
        (Some("warn"), Some(words), Some(fix))
    );
    stage.append(KEMANG_FILE, "state: paused\n");
    assert_eq!(round(&stage)["fits"], true, "what is paused is not called");
}

#[test]
fn status_names_the_pass_that_the_schedule_names() {
    let stage = Stage::new();
    let schedule = stage.run(&["schedule", "--count", "1", "--output", "json"]).expect(0).json();
    let status = stage.run(&["status", "--output", "json"]).expect(2).json();
    assert!(schedule["passes"][0]["at"].is_string(), "{schedule:#}");
    assert_eq!(status["outlets"][0]["next_pass"], schedule["passes"][0]["at"]);
}

#[test]
fn outlets_for_which_the_same_comes_are_told_together_and_invalid_ones_are_named() {
    let stage = Stage::new().with_kemang();
    let told = stage.run(&["schedule", "--at", NOW]).expect(0).stdout;
    assert!(told.contains("\nKuta, Kemang: pushes may happen now\n  neither windows"), "{told}");
    stage.append(KEMANG_FILE, "from: 2027-02-08\n");
    stage.run(&["schedule", "--at", NOW, "--outlet", KEMANG]).expect(3).says(&[KEMANG_FILE]);
    stage.run(&["schedule", "--count", "0"]).expect(64);
}
