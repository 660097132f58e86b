//! The state is damaged, or its disk is full: nothing is sent without a record, and nothing is pushed as if nothing had
//! been known.

use std::{fs, process::Command};

use menusync::sandbox::{Endpoint, Fault, FaultKind};

use crate::{
    harness::Daemon,
    support::{KUTA, LAYER, Stage},
};

/// A stage whose state was overwritten, and whose files want a change.
fn damaged() -> Stage {
    let stage = Stage::new().in_sync();
    fs::write(database(&stage), "not a database\n".repeat(1000)).unwrap();
    stage.edit(LAYER, "price: 25000", "price: 27000");
    stage
}

fn database(stage: &Stage) -> std::path::PathBuf {
    stage.state_dir().join("menusync.sqlite3")
}

fn set_aside(stage: &Stage) -> Vec<String> {
    let names = fs::read_dir(stage.state_dir()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("menusync.sqlite3.damaged-")).collect()
}

#[test]
fn a_damaged_state_is_set_aside_and_what_follows_is_a_first_contact() {
    let stage = damaged();
    let daemon = Daemon::start(&stage);
    daemon.wait_for_log("is damaged and was set aside as");
    assert_eq!(daemon.state(KUTA), "held");
    assert_eq!(daemon.status(KUTA)["held"][0]["guard"], "first-contact");
    stage.assert_nothing_written();
    let [name] = &set_aside(&stage)[..] else { panic!("{:?}", set_aside(&stage)) };
    assert!(fs::read_to_string(stage.state_dir().join(name)).unwrap().starts_with("not a database"));
    daemon.stop();
}

#[test]
fn commands_that_only_look_say_it_and_apply_sets_it_aside_unless_a_daemon_is_at_work() {
    let stage = damaged();
    for command in ["status", "plan", "drift"] {
        stage.run(&[command]).expect(1).says(&["is damaged"]);
    }
    assert!(set_aside(&stage).is_empty());
    stage.run(&["apply", "--yes"]).expect(4).says(&["was set aside as", "first-contact"]);
    assert_eq!(set_aside(&stage).len(), 1);
    stage.assert_nothing_written();
    let _daemon = Daemon::start(&stage);
    fs::write(database(&stage), "not a database\n".repeat(1000)).unwrap();
    stage.run_beside_a_writer(&["apply", "--yes"]).expect(1).says(&["is damaged"]);
    assert_eq!(set_aside(&stage).len(), 1, "the daemon still has it open");
}

/// A daemon that is not killed by files that may not grow, but told of it, as of a full disk.
pub(crate) fn on_a_small_disk(stage: &Stage) -> Daemon<'_> {
    let binary = stage.command(&["run"]);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" run"]).arg(binary.get_program()).current_dir(stage.root());
    command.env_clear().envs(binary.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let daemon = Daemon::of_command(stage, command);
    daemon.wait_for("the first pass", |daemon| daemon.is_idle_after(0));
    daemon
}

/// How many bytes any file may have; room enough for a process id, and for no page of a database.
pub(crate) fn limit_files(daemon: &Daemon<'_>, bytes: &str) {
    let arguments = [format!("--pid={}", daemon.pid()), format!("--fsize={bytes}:")];
    assert!(Command::new("prlimit").args(arguments).status().unwrap().success());
}

#[test]
fn without_room_for_the_record_nothing_is_sent_and_with_room_it_goes_on() {
    let stage = Stage::new().in_sync();
    let daemon = on_a_small_disk(&stage);
    limit_files(&daemon, "100");
    stage.edit(LAYER, "price: 25000", "price: 27000");
    daemon.wait_for_log("disk I/O error");
    daemon.pass();
    stage.assert_nothing_written();
    limit_files(&daemon, "unlimited");
    daemon.pass();
    daemon.wait_for_price(KUTA, "NG", 27_000);
    assert_eq!(stage.puts().len(), 1);
    daemon.stop();
}

#[test]
fn a_disk_that_fills_while_a_push_is_answered_leads_to_no_second_push() {
    let stage = Stage::new().in_sync();
    let daemon = on_a_small_disk(&stage);
    let slow = Fault { delay_answer_ms: 700, ..Fault::new(Endpoint::Put, FaultKind::Delay) };
    stage.server().inject(slow);
    stage.edit(LAYER, "price: 25000", "price: 27000");
    daemon.wait_for("the push to be under way", |_| !stage.puts().is_empty());
    limit_files(&daemon, "100");
    daemon.wait_for_log("cannot record the progress of a push");
    limit_files(&daemon, "unlimited");
    daemon.pass();
    daemon.wait_for_price(KUTA, "NG", 27_000);
    assert_eq!(stage.puts().len(), 1);
    daemon.stop();
}
