//! One word for one outlet at one moment: whatever state it is in, every command, the page, the API and the metrics name the
//! same.

use std::{
    os::unix::fs::symlink,
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use menusync::sandbox::{Endpoint, Fault, FaultKind};
use serde_json::{Value, json};

use crate::{
    harness::{Daemon, get},
    support::{KEMANG_FILE, KUTA, KUTA_FILE, LAYER, Stage},
};

/// How an outlet comes to stand so, and who does not say it.
struct Scene {
    word: &'static str,
    /// What is returned ends with the scene.
    set: fn(&Stage) -> Option<Process>,
    /// Whether `apply` and `run --once` leave it as it is.
    acting: Acting,
    /// Whether `run --once` has a line for it.
    is_passed: bool,
}

/// What `apply` and `run --once` do in a scene.
#[derive(PartialEq)]
enum Acting {
    /// They would change the state: not asked.
    Changes,
    /// Nothing, and they name it.
    Leaves,
    /// `apply` refuses to begin, with diagnostics instead of a list of outlets; `run --once` names it.
    Refuses,
}

const SCENES: [Scene; 21] = [
    Scene { word: "in_sync", set: |_| None, acting: Acting::Leaves, is_passed: true },
    Scene { word: "pending", set: edited, acting: Acting::Changes, is_passed: true },
    Scene { word: "pushing", set: pushing, acting: Acting::Leaves, is_passed: true },
    // `apply` and `run --once` would look for it for `verify.timeout`.
    Scene { word: "unknown", set: killed_while_pushing, acting: Acting::Leaves, is_passed: true },
    Scene { word: "verifying", set: verifying, acting: Acting::Changes, is_passed: true },
    Scene { word: "unknown", set: unknown, acting: Acting::Leaves, is_passed: true },
    // A push on its way says more than that no other will follow.
    Scene { word: "verifying", set: paused_while_verifying, acting: Acting::Changes, is_passed: true },
    Scene { word: "unknown", set: paused_while_unknown, acting: Acting::Leaves, is_passed: true },
    Scene { word: "drifted", set: drifted, acting: Acting::Leaves, is_passed: true },
    Scene { word: "held", set: held, acting: Acting::Leaves, is_passed: true },
    Scene { word: "queued", set: queued, acting: Acting::Leaves, is_passed: true },
    Scene { word: "paused", set: paused_by_file, acting: Acting::Leaves, is_passed: true },
    Scene { word: "paused", set: paused_by_command, acting: Acting::Leaves, is_passed: true },
    Scene { word: "invalid", set: invalid, acting: Acting::Refuses, is_passed: true },
    // Nothing of these files says whose they are: what is remembered does.
    Scene { word: "invalid", set: emptied_file, acting: Acting::Refuses, is_passed: true },
    Scene { word: "invalid", set: link_to_nowhere, acting: Acting::Refuses, is_passed: true },
    Scene { word: "invalid", set: misspelt_outlet, acting: Acting::Refuses, is_passed: true },
    Scene { word: "invalid", set: renamed_and_broken, acting: Acting::Refuses, is_passed: true },
    // No file defines it, so no pass looks at it: `run --once` has lines for passes only.
    Scene { word: "missing", set: missing, acting: Acting::Leaves, is_passed: false },
    Scene { word: "nonconvergent", set: nonconvergent, acting: Acting::Leaves, is_passed: true },
    Scene { word: "failed", set: failed, acting: Acting::Leaves, is_passed: true },
];

fn edited(stage: &Stage) -> Option<Process> {
    stage.edit(LAYER, "price: 25000", "price: 27000");
    None
}

fn pushing(stage: &Stage) -> Option<Process> {
    stage.edit("menusync.yaml", "timeout: 5s", "timeout: 90s");
    stage.server().inject(Fault { delay_ms: 60_000, ..Fault::new(Endpoint::Put, FaultKind::Delay) });
    edited(stage);
    let apply = Process::begin(stage, &["apply", "--yes"]);
    wait_until("the push to be under way", || !stage.puts().is_empty());
    Some(apply)
}

fn killed_while_pushing(stage: &Stage) -> Option<Process> {
    stage.settings_with_verify("{timeout: 1s, interval: 50ms}", "");
    drop(pushing(stage));
    None
}

fn verifying(stage: &Stage) -> Option<Process> {
    push_that_does_not_show(stage, "600s");
    None
}

fn unknown(stage: &Stage) -> Option<Process> {
    push_that_does_not_show(stage, "1s");
    thread::sleep(Duration::from_secs(1));
    None
}

fn paused_while_verifying(stage: &Stage) -> Option<Process> {
    verifying(stage);
    stage.run(&["pause", "--outlet", KUTA]).expect(0);
    None
}

fn paused_while_unknown(stage: &Stage) -> Option<Process> {
    unknown(stage);
    stage.run(&["pause", "--outlet", KUTA]).expect(0);
    None
}

/// A push was accepted, and the process that waited for it was killed.
fn push_that_does_not_show(stage: &Stage, timeout: &str) {
    stage.settings_with_verify(&format!("{{timeout: {timeout}, interval: 50ms}}"), "");
    stage.server().change_settings(|settings| settings.hold_publication = true);
    edited(stage);
    let apply = Process::begin(stage, &["apply", "--yes"]);
    wait_until("the push to be recorded as accepted", || {
        ["verifying", "unknown"].contains(&&*word(stage, &["status"]))
    });
    drop(apply);
}

fn drifted(stage: &Stage) -> Option<Process> {
    stage.edit_in_app(KUTA, "TEH", json!({"price": 7_500}));
    None
}

fn held(stage: &Stage) -> Option<Process> {
    stage.append(KUTA_FILE, "items: {GUDEG: {remove: true}, PECEL: {remove: true}}\n");
    None
}

fn queued(stage: &Stage) -> Option<Process> {
    stage.settings("windows: [{kind: deny, schedule: \"* * * * *\", duration: 2h}]");
    edited(stage)
}

fn paused_by_file(stage: &Stage) -> Option<Process> {
    stage.append(KUTA_FILE, "state: paused\n");
    edited(stage)
}

fn paused_by_command(stage: &Stage) -> Option<Process> {
    stage.run(&["pause", "--outlet", KUTA]).expect(0);
    edited(stage)
}

fn invalid(stage: &Stage) -> Option<Process> {
    stage.append(KUTA_FILE, "items: {NG: {price: 27.000}}\n");
    None
}

fn emptied_file(stage: &Stage) -> Option<Process> {
    stage.write(KUTA_FILE, "");
    None
}

fn link_to_nowhere(stage: &Stage) -> Option<Process> {
    stage.remove(KUTA_FILE);
    symlink("kuta-new.yaml", stage.root().join(KUTA_FILE)).unwrap();
    None
}

fn misspelt_outlet(stage: &Stage) -> Option<Process> {
    stage.edit(KUTA_FILE, "outlet: G1001", "oulet: G1001");
    None
}

fn renamed_and_broken(stage: &Stage) -> Option<Process> {
    stage.remove(KUTA_FILE);
    stage.write("catalogs/bali/kuta.yaml", "<<<<<<< HEAD\noutlet: G1001\n=======\n");
    stage.edit("catalogs/bali/kuta.yaml", "outlet: G1001", "  outlet : G1001");
    None
}

fn missing(stage: &Stage) -> Option<Process> {
    stage.write(KEMANG_FILE, "outlet: G1002\nname: Kemang\nextends: [warung.yaml]\n");
    stage.run(&["apply", "--yes"]).expect(0);
    stage.remove(KUTA_FILE);
    None
}

fn nonconvergent(stage: &Stage) -> Option<Process> {
    // What settles on something else does so after a minute.
    stage.settings_with_verify("{timeout: 62s, interval: 50ms}", "");
    stage.server().change_settings(|settings| settings.ignore_price_changes = vec!["NG".to_owned()]);
    edited(stage);
    stage.edit(LAYER, "price: 36000", "price: 37000");
    stage.run(&["apply", "--yes"]).expect(1).says(&["items/NG/price"]);
    None
}

fn failed(stage: &Stage) -> Option<Process> {
    stage.server().inject(Fault { times: None, ..Fault::status(Endpoint::Get, 403) });
    None
}

// ── asking ──

/// A process that is killed when dropped.
struct Process(Child);

impl Process {
    fn begin(stage: &Stage, arguments: &[&str]) -> Self {
        Self(stage.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[track_caller]
fn wait_until(what: &str, is_true: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_true() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// What a command names as Kuta's state, as JSON.
fn word(stage: &Stage, command: &[&str]) -> String {
    let output = stage.run_beside_a_writer(&[command, &["--output", "json"]].concat());
    state_of_kuta(&serde_json::from_str(&output.stdout).unwrap_or_default())
}

fn state_of_kuta(document: &Value) -> String {
    let outlets = document["outlets"].as_array().into_iter().flatten();
    let kuta = outlets.into_iter().find(|line| line["outlet"] == KUTA);
    kuta.map_or("nothing", |line| line["state"].as_str().unwrap()).to_owned()
}

/// What a command names as Kuta's state, as text.
fn text_says(stage: &Stage, command: &str, word: &str) -> Result<(), String> {
    let told = stage.run_beside_a_writer(&[command]);
    let expected = match (command, word) {
        // Nothing is to be said of anything.
        ("plan", "in_sync") => "No changes. GoFood shows what the files say.".to_owned(),
        ("plan", word) => format!("Kuta (G1001): {}", word.replace('_', " ")),
        (_, word) => format!("Kuta (G1001) {word}"),
    };
    let lines = told.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    match lines.into_iter().any(|line| line.starts_with(&expected)) {
        true => Ok(()),
        false => Err(format!("{command} as text does not say {expected:?}:\n{}", told.transcript())),
    }
}

/// What the daemon's page, API and metrics say.
fn words_of_a_daemon(stage: &Stage) -> Vec<(&'static str, String)> {
    let daemon = Daemon::begin(stage, &["run", "--read-only", "--listen", "127.0.0.1:0"], &[]);
    daemon.wait_for("the first pass", |daemon| daemon.is_idle_after(0) || daemon.stderr().contains("pass ended"));
    let page = get(&daemon, "/");
    let row = page.split("<th scope=\"row\">").find(|row| row.contains("Kuta")).unwrap_or_default();
    let badge =
        row.split("class=\"state ").nth(1).and_then(|badge| badge.split(['>', '<']).nth(1)).unwrap_or("nothing");
    let api = get(&daemon, "/api/v1/status");
    let api = api.split_once("\r\n\r\n").unwrap().1;
    let metrics = get(&daemon, "/metrics");
    let counted: Vec<&str> = metrics
        .lines()
        .filter_map(|line| line.strip_prefix("menusync_outlets{state=\"")?.strip_suffix("\"} 1"))
        .filter(|word| *word != "in_sync" || !metrics.contains("menusync_outlets{state=\"missing\"} 1"))
        .collect();
    let words = vec![
        ("the page", badge.replace(' ', "_")),
        ("the API", state_of_kuta(&serde_json::from_str(api).unwrap())),
        ("the metrics", counted.join(" and ")),
        ("status beside the daemon", word(stage, &["status"])),
    ];
    daemon.stop();
    words
}

fn play(scene: &Scene) {
    let stage = Stage::new().in_sync();
    let process = (scene.set)(&stage);
    let sent = stage.writes().len();
    // A look, so that what is asked without asking GoFood knows it too.
    let once = word(&stage, &["run", "--once", "--read-only"]);
    let mut words = vec![
        ("status", word(&stage, &["status"])),
        ("plan", word(&stage, &["plan"])),
        ("status after plan", word(&stage, &["status"])),
    ];
    if scene.is_passed {
        words.push(("run --once --read-only", once));
    }
    words.extend(words_of_a_daemon(&stage));
    let mut wrong: Vec<String> =
        ["plan", "status"].iter().filter_map(|command| text_says(&stage, command, scene.word).err()).collect();
    assert_eq!(stage.writes().len(), sent, "asking has sent something");
    if scene.acting != Acting::Changes {
        if scene.acting == Acting::Leaves {
            words.push(("apply", word(&stage, &["apply", "--yes"])));
        }
        if scene.is_passed {
            words.push(("run --once", word(&stage, &["run", "--once"])));
        }
        words.push(("status after acting", word(&stage, &["status"])));
        assert_eq!(stage.writes().len(), sent, "acting has sent something");
    }
    wrong.extend(words.iter().filter(|(_, word)| word != scene.word).map(|(who, word)| format!("{who} says {word}")));
    drop(process);
    assert!(wrong.is_empty(), "an outlet that is {}:\n{}", scene.word, wrong.join("\n"));
}

#[test]
fn whoever_is_asked_names_the_same_state() {
    let told: Vec<String> = thread::scope(|scope| {
        let begun: Vec<_> = SCENES
            .iter()
            .enumerate()
            .map(|(number, scene)| {
                let named = thread::Builder::new().name(format!("{number}: {}", scene.word));
                (number, scene.word, named.spawn_scoped(scope, || play(scene)).unwrap())
            })
            .collect();
        let failed = begun.into_iter().filter_map(|(number, word, scene)| {
            scene.join().err().map(|panic| {
                let why = panic.downcast_ref::<String>().map_or("", |why| why.as_str());
                format!("── {number}: {word} ──\n{why}")
            })
        });
        failed.collect()
    });
    assert!(told.is_empty(), "{}", told.join("\n"));
}
