//! `demo`: the main job played with a temporary root and a stand-in server, every step checked at the server.
//!
//! It calls the same commands that a person would type, in this process, so what it shows is what they do.

mod stage;

use std::io::Write;

use serde_json::json;
use stage::{KEMANG, KUTA, LAYER, Stage};

use super::{
    Exit, apply,
    command_error::CommandError,
    drift,
    output::{self, Format},
    plan,
    session::Session,
    status, validate,
};
use crate::sandbox::Edit;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Leave everything running afterwards, to try things by hand
    #[arg(long)]
    keep: bool,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text])?;
    let mut stage = Stage::build(session.signals.clone())?;
    say("A stand-in GoBiz server is running, and two outlets have a menu in YAML:", &stage.files())?;
    first_push(&stage)?;
    stage.start_daemon()?;
    price_edit(&mut stage)?;
    behind_its_back(&mut stage)?;
    slipped_decimal(&mut stage)?;
    if args.keep {
        return keep(stage);
    }
    stage.stop_daemon()?;
    say("The daemon has stopped cleanly. Every step happened at the server as described here.", "")?;
    Ok(Exit::Done)
}

fn first_push(stage: &Stage) -> Result<(), CommandError> {
    step("1. The files are checked, compared with GoFood, pushed, and seen to arrive")?;
    command("validate", Exit::Done, || validate::run(parsed(&[]), &stage.session()))?;
    command("plan", Exit::Done, || plan::run(parsed(&[]), &stage.session()))?;
    command("apply --yes", Exit::Done, || apply::run(parsed(&["--yes"]), &stage.session()))?;
    stage.expect("the first push", || stage.price(KEMANG, "NG-KAMPUNG") == Some(25_000) && stage.puts() == 2)
}

fn price_edit(stage: &mut Stage) -> Result<(), CommandError> {
    step("2. The daemon is watching; a price changes in a file")?;
    stage.edit(LAYER, "price: 25000", "price: 27000")?;
    say(&format!("In {LAYER}: price of Nasi Goreng Kampung 25000 → 27000, saved."), "")?;
    stage.wait_for("the daemon to publish the new price", |stage| {
        [KEMANG, KUTA]
            .iter()
            .all(|outlet| stage.price(outlet, "NG-KAMPUNG") == Some(27_000) && stage.state(outlet) == "in_sync")
    })?;
    say("The daemon has pushed it to both outlets and seen it arrive:", "")?;
    command("status", Exit::Done, || status::run(parsed(&[]), &stage.session()))
}

fn behind_its_back(stage: &mut Stage) -> Result<(), CommandError> {
    step("3. Somebody edits a price in the GoBiz app")?;
    let puts = stage.puts();
    stage.edit_in_app(KUTA, Edit::item("ES-TEH", json!({"price": 9_900})))?;
    say("At Kuta, Es Teh Manis now costs Rp 9.900. The daemon looks:", "")?;
    stage.pass_now();
    stage.wait_for("the daemon to see the drift", |stage| stage.state(KUTA) == "drifted")?;
    command("drift", Exit::Differences, || drift::run(parsed(&[]), &stage.session()))?;
    stage.expect("drift is told and not undone", || stage.price(KUTA, "ES-TEH") == Some(9_900) && stage.puts() == puts)
}

fn slipped_decimal(stage: &mut Stage) -> Result<(), CommandError> {
    step("4. A slip of the finger: Rp 38.000 becomes Rp 3.800")?;
    let puts = stage.puts();
    stage.edit(LAYER, "price: 38000", "price: 3800")?;
    stage.wait_for("the daemon to hold the outlet", |stage| stage.state(KEMANG) == "held")?;
    command("plan --outlet Kemang --fail-on-guard", Exit::Refused, || {
        plan::run(parsed(&["--outlet", "Kemang", "--fail-on-guard"]), &stage.session())
    })?;
    stage.expect("nothing of it was sent", || {
        stage.price(KEMANG, "NASI-RAWON") == Some(38_000) && stage.puts() == puts
    })?;
    stage.edit(LAYER, "price: 3800", "price: 38000")?;
    stage.wait_for("the daemon to find all well again", |stage| stage.state(KEMANG) == "in_sync")?;
    say("The price in the file is put right, and Kemang is in sync again.", "")
}

fn keep(mut stage: Stage) -> Result<Exit, CommandError> {
    say("Left running; edit the files and watch. Ctrl-C ends it and removes them.", &stage.how_to_go_on())?;
    stage.wait_for_interrupt();
    stage.stop_daemon()?;
    Ok(Exit::Done)
}

/// The arguments of a command as they would come from a command line.
fn parsed<A: clap::Args>(arguments: &[&str]) -> A {
    let command = A::augment_args(clap::Command::new("menusync").no_binary_name(true));
    let matches = command.get_matches_from(arguments);
    A::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// Shows a command, runs it, and insists on how it ends.
fn command(line: &str, expected: Exit, run: impl FnOnce() -> Result<Exit, CommandError>) -> Result<(), CommandError> {
    output::print(&format!("\n$ menusync {line}\n"))?;
    let exit = run()?;
    if exit == expected {
        return Ok(());
    }
    Err(broken(&format!("`menusync {line}` ended with {} instead of {}", exit.code(), expected.code())))
}

fn broken(what: &str) -> CommandError {
    CommandError::Failed(anyhow::anyhow!("the demo did not go as it should: {what}"))
}

fn step(title: &str) -> Result<(), CommandError> {
    output::print(&format!("\n── {title} ──\n"))
}

fn say(text: &str, more: &str) -> Result<(), CommandError> {
    let more = if more.is_empty() { String::new() } else { format!("{more}\n") };
    output::print(&format!("\n{text}\n{more}"))?;
    std::io::stdout().flush()?;
    Ok(())
}
