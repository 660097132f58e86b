//! `apply` at a terminal: a person is asked, and what is typed decides.

use std::{
    ffi::OsStr,
    fs::{File, OpenOptions},
    io::{Read, Write},
    os::unix::{ffi::OsStrExt, fs::OpenOptionsExt},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use menusync::sandbox::{Endpoint, Fault, FaultKind};
use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

use serde_json::{Value, json};

use crate::{
    approvals::REMOVALS,
    support::{KEMANG, KEMANG_FILE, KUTA, KUTA_FILE, LAYER, Stage},
};

/// O_NOCTTY: the terminal of the test stays what it is.
const NOT_OURS: i32 = 0o400;

/// Runs `apply` at a terminal of its own at which these lines are typed; the exit code and what the terminal showed.
pub(crate) fn apply_at_a_terminal(stage: &Stage, typed: &str) -> (i32, String) {
    let Told { code, shown, .. } = apply_with(stage, |_| typed.to_owned());
    (code, shown)
}

/// How `apply` at a terminal ended.
pub(crate) struct Told {
    pub(crate) code: i32,
    /// On the terminal.
    pub(crate) shown: String,
    /// On stdout.
    pub(crate) json: Value,
}

/// What the terminal shows.
pub(crate) struct Screen {
    text: Arc<Mutex<String>>,
    process: u32,
}

impl Screen {
    #[track_caller]
    pub(crate) fn wait_for(&self, words: &str) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !self.text.lock().unwrap().contains(words) {
            assert!(Instant::now() < deadline, "no {words:?} in\n{}", self.text.lock().unwrap());
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A terminal for a program: who sits at it, and what opens it once more.
fn terminal() -> (File, impl Fn() -> File) {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let open = move || {
        let mut options = OpenOptions::new();
        options.read(true).write(true).custom_flags(NOT_OURS).open(OsStr::from_bytes(name.as_bytes())).unwrap()
    };
    (File::from(controller), open)
}

/// Runs `apply`; somebody looks at the screen and then types.
pub(crate) fn apply_with(stage: &Stage, person: impl FnOnce(&Screen) -> String) -> Told {
    run_at_a_terminal(stage.command(&["apply", "--output", "json"]), person)
}

/// Runs a command; somebody looks at the screen and then types.
pub(crate) fn run_at_a_terminal(command: Command, person: impl FnOnce(&Screen) -> String) -> Told {
    let (mut controller, open) = terminal();
    let mut child = {
        // It holds the terminal open, and is gone once the program runs.
        let mut command = command;
        command.stdin(Stdio::from(open())).stderr(Stdio::from(open())).stdout(Stdio::piped());
        command.spawn().unwrap()
    };
    let mut shown = controller.try_clone().unwrap();
    let screen = Screen { text: Arc::default(), process: child.id() };
    let text = Arc::clone(&screen.text);
    let reader = thread::spawn(move || {
        let mut buffer = [0; 4096];
        // A terminal that nobody has open any more ends with an error.
        while let Ok(length @ 1..) = shown.read(&mut buffer) {
            text.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
    });
    controller.write_all(person(&screen).as_bytes()).unwrap();
    let mut json = String::new();
    child.stdout.take().unwrap().read_to_string(&mut json).unwrap();
    let code = child.wait().unwrap().code().unwrap();
    reader.join().unwrap();
    let shown = screen.text.lock().unwrap().clone();
    Told { code, shown, json: serde_json::from_str(&json).unwrap_or_default() }
}

fn held() -> Stage {
    let stage = Stage::new().in_sync();
    stage.append(KUTA_FILE, REMOVALS);
    stage
}

#[test]
fn a_guard_is_released_by_typing_its_name_and_nothing_is_pushed_without_a_yes() {
    let stage = held();
    let (code, shown) = apply_at_a_terminal(&stage, "deletes\ny\n");
    assert_eq!(code, 4, "{shown}");
    assert!(shown.contains("Type deletes to release it") && shown.contains("Push to 1 of 1 outlets?"), "{shown}");
    stage.assert_nothing_written();
    let (code, shown) = apply_at_a_terminal(&stage, "deletes\nyes\n");
    assert_eq!(code, 0, "{shown}");
    assert!(stage.live_item(KUTA, "GUDEG").is_null());
}

#[test]
fn a_question_that_nobody_would_see_is_not_asked() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    let (mut person, open) = terminal();
    person.write_all(b"\n").unwrap();
    let output = stage.command(&["apply"]).stdin(open()).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64), "{told}");
    assert!(told.contains("no terminal to ask on"), "{told}");
    stage.assert_nothing_written();
}

#[test]
fn status_is_wrapped_at_the_width_of_a_terminal() {
    let stage = Stage::new().in_sync();
    let whole = stage.run(&["status"]).expect(0).stdout;
    let longest = |text: &str| text.lines().map(|line| line.chars().count()).max();
    assert!(longest(&whole) > Some(60), "{whole}");
    let (mut controller, open) = terminal();
    tcsetwinsize(&controller, Winsize { ws_row: 24, ws_col: 60, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    assert!(stage.command(&["status"]).stdout(open()).status().unwrap().success());
    let mut shown = [0; 4096];
    let length = controller.read(&mut shown).unwrap();
    let shown = String::from_utf8_lossy(&shown[..length]);
    assert!(longest(&shown) <= Some(60), "{shown}");
    assert_eq!(shown.split_whitespace().collect::<Vec<_>>(), whole.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn what_is_not_the_guards_name_releases_nothing() {
    for typed in ["\n", "yes\nyes\n", "unmanaged\nyes\n", "delete\nyes\n"] {
        let stage = held();
        let (code, shown) = apply_at_a_terminal(&stage, typed);
        assert_eq!(code, 4, "{typed:?}: {shown}");
        stage.assert_nothing_written();
    }
}

#[test]
fn a_question_that_is_broken_off_ends_the_command_at_once_and_nothing_is_pushed() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    let Told { code, shown, .. } = apply_with(&stage, |screen| {
        screen.wait_for("Push to 1 of 1 outlets?");
        assert!(Command::new("kill").args(["-INT", &screen.process.to_string()]).status().unwrap().success());
        String::new()
    });
    assert_eq!(code, 1, "{shown}");
    assert!(shown.ends_with("error: stopped by SIGINT\r\n"), "{shown}");
    stage.assert_nothing_written();
}

#[test]
fn an_outlet_that_is_left_out_is_not_pushed_with_the_one_that_is_agreed_to() {
    let stage = held().with_kemang();
    stage.run(&["apply", "--yes", "--outlet", KEMANG]).expect(0);
    stage.append(KEMANG_FILE, "items: {NG: {price: 27000}}\n");
    stage.clear_log();
    let Told { code, shown, json } = apply_with(&stage, |_| "\nyes\n".to_owned());
    assert_eq!(code, 5, "one is as wanted, the other was refused: {shown}");
    assert!(shown.contains("Push to 1 of 2 outlets?"), "{shown}");
    let results: Vec<_> = json["outlets"].as_array().unwrap().iter().map(|o| (&o["result"], &o["state"])).collect();
    assert_eq!(results, [(&json!("held"), &json!("held")), (&json!("published"), &json!("in_sync"))], "{json:#}");
    let to: Vec<_> = stage.writes().into_iter().map(|entry| entry.outlet).collect();
    assert_eq!(to, [Some(KEMANG.to_owned())]);
}

#[test]
fn an_outlet_that_is_in_sync_is_not_counted_among_those_that_are_pushed_to() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.append(KEMANG_FILE, "items: {NG: {price: 27000}}\n");
    let (code, shown) = apply_at_a_terminal(&stage, "yes\n");
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("Push to 1 of 2 outlets?"), "{shown}");
    let to: Vec<_> = stage.writes().into_iter().map(|entry| entry.outlet).collect();
    assert_eq!(to, [Some(KEMANG.to_owned())]);
}

#[test]
fn a_yes_is_to_the_plan_that_was_shown_and_to_no_other() {
    let stage = Stage::new().in_sync();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    let Told { code, shown, json } = apply_with(&stage, |screen| {
        screen.wait_for("Push to 1 of 1 outlets?");
        stage.edit_in_app(KUTA, "NG", json!({"price": 26000}));
        "yes\n".to_owned()
    });
    assert_eq!(code, 4, "{shown}");
    let line = &json["outlets"][0];
    assert_eq!(line["result"], "held", "{json:#}");
    assert!(line["error"].as_str().unwrap().contains("the plan changed after it was shown"), "{json:#}");
    stage.assert_nothing_written();
}

#[test]
fn a_plan_has_colours_on_a_terminal_where_nobody_forbids_them() {
    for (forbidden, expected) in [(None, true), (Some("1"), false)] {
        let stage = Stage::new().in_sync();
        stage.edit(LAYER, "price: 25000", "price: 27000");
        let mut command = stage.command(&["apply", "--output", "json"]);
        command.env("TERM", "xterm-256color").envs(forbidden.map(|value| ("NO_COLOR", value)));
        let Told { shown, .. } = run_at_a_terminal(command, |_| "no\n".to_owned());
        assert!(shown.contains("Nasi Goreng"), "{shown}");
        assert_eq!(shown.contains('\u{1b}'), expected, "{forbidden:?}: {shown:?}");
    }
}

/// Kuta gets a free dish in six seconds.
fn with_a_layer_that_begins_soon(stage: &Stage) {
    let zone = jiff::tz::TimeZone::get("Asia/Jakarta").unwrap();
    let from =
        (Timestamp::now() + SignedDuration::from_secs(6)).to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    stage.write("catalogs/gratis.yaml", &format!("from: {from}\nitems: {{TEH: {{price: 0}}}}\n"));
    stage.edit(KUTA_FILE, "[warung.yaml]", "[warung.yaml, gratis.yaml]");
    stage.edit(LAYER, "price: 25000", "price: 27000");
}

fn yes_after_the_layer_has_begun(screen: &Screen) -> String {
    screen.wait_for("outlets? Type `yes`");
    thread::sleep(Duration::from_secs(7));
    "yes\n".to_owned()
}

#[test]
fn a_dated_layer_that_begins_while_the_question_stands_is_an_outcome_with_its_diagnostic() {
    let stage = Stage::new().in_sync();
    with_a_layer_that_begins_soon(&stage);
    let Told { code, shown, json } = apply_with(&stage, yes_after_the_layer_has_begun);
    assert_eq!(code, 3, "{shown}");
    assert!(shown.contains("catalogs/gratis.yaml:2"), "{shown}");
    let [line] = &json["outlets"].as_array().unwrap()[..] else { panic!("{json:#}") };
    assert_eq!((&line["outlet"], &line["state"]), (&json!(KUTA), &json!("invalid")));
    let error = line["error"].as_str().unwrap();
    assert!(error.contains("invalid since the plan was shown") && error.contains("gratis.yaml:2"), "{error}");
    stage.assert_nothing_written();
}

#[test]
fn beside_an_outlet_that_became_invalid_the_other_one_is_pushed() {
    let stage = Stage::new().with_kemang().in_sync();
    with_a_layer_that_begins_soon(&stage);
    let Told { code, shown, json } = apply_with(&stage, yes_after_the_layer_has_begun);
    assert_eq!(code, 5, "{shown}");
    let states: Vec<_> = json["outlets"].as_array().unwrap().iter().map(|line| &line["state"]).collect();
    assert_eq!(states, [&json!("invalid"), &json!("in_sync")], "{json:#}");
    let to: Vec<_> = stage.writes().into_iter().map(|entry| entry.outlet).collect();
    assert_eq!(to, [Some(KEMANG.to_owned())]);
}

/// What is paused is as wanted: the files say so.
#[test]
fn an_outlet_that_became_invalid_beside_one_that_is_left_alone_is_not_all_there_is_to_tell() {
    let stage = Stage::new().with_kemang().in_sync();
    stage.append(KEMANG_FILE, "state: paused\n");
    with_a_layer_that_begins_soon(&stage);
    let Told { code, shown, json } = apply_with(&stage, yes_after_the_layer_has_begun);
    assert_eq!(code, 5, "{shown}");
    let states: Vec<_> = json["outlets"].as_array().unwrap().iter().map(|line| &line["state"]).collect();
    assert_eq!(states, [&json!("invalid"), &json!("paused")], "{json:#}");
    stage.assert_nothing_written();
}

/// A plan whose outlet takes its time to answer, at a terminal.
fn slow_plan(arguments: &[&str], term: &str) -> String {
    let stage = Stage::new().in_sync();
    stage.server().inject(Fault { delay_answer_ms: 1_500, ..Fault::new(Endpoint::Get, FaultKind::Delay) });
    let mut command = stage.command(arguments);
    command.env("TERM", term);
    let Told { code, shown, .. } = run_at_a_terminal(command, |_| String::new());
    assert_eq!(code, 0, "{shown}");
    shown
}

#[test]
fn what_takes_longer_than_a_second_says_how_far_it_is() {
    let shown = slow_plan(&["plan", "--output", "json"], "xterm");
    assert!(shown.contains("outlets 0/1") && shown.ends_with("\r\u{1b}[K"), "{shown:?}");
    for (arguments, term) in [(&["plan", "-q"][..], "xterm"), (&["plan"], "dumb")] {
        let shown = slow_plan(arguments, term);
        assert!(!shown.contains("outlets 0/1") && !shown.contains('\u{1b}'), "{shown:?}");
    }
}

#[test]
fn colours_are_as_asked_for() {
    let stage = Stage::new();
    stage.append(KUTA_FILE, "nonsense: 1\n");
    let is_colored = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = stage.command(&[&["validate"], arguments].concat());
        let output = command.envs(variables.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(3));
        output.stdout.contains(&0x1b)
    };
    assert!(!is_colored(&[], &[]) && !is_colored(&["--color", "auto"], &[]));
    assert!(is_colored(&["--color", "always"], &[]) && is_colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(is_colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!is_colored(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}
