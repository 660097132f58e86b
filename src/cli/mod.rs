//! The command line: arguments in, one library call, a result on stdout and an exit code out.
//!
//! One file a command, each with `Args` and `run`. Only this room prints: results to stdout, everything else to stderr.

mod apply;
mod approve;
mod atomic;
mod command_error;
mod completion;
mod demo;
mod diff;
mod doctor;
mod drift;
mod exit;
mod fmt;
mod forget;
mod help;
mod history;
mod import;
mod init;
mod language_server;
mod logging;
mod man;
mod new_images;
mod outlets;
mod output;
mod pause;
mod photos;
mod plan;
mod preview;
mod preview_menu;
mod progress;
mod promotions;
mod push;
mod reload;
mod render;
mod rollback;
mod rollout;
mod rule;
mod run;
mod sandbox;
mod saved;
mod schedule;
mod schema;
mod session;
mod signals;
mod state;
mod status;
mod stock;
mod store;
mod terminal;
mod validate;
mod webhook;
mod when;

use std::{ffi::OsString, path::PathBuf};

use clap::{FromArgMatches, Parser, Subcommand};
use command_error::CommandError;
pub use exit::Exit;
use output::{Format, Output, Outputs};
use session::Session;
use signals::Signals;

use crate::{
    diagnostic::Diagnostic,
    report::{self, untrusted::printable_lines},
    settings::{self, Environment},
};

/// Keeps GoFood menus equal to YAML files in version control.
#[derive(Debug, Parser)]
#[command(name = "menusync", version = env!("MENUSYNC_VERSION"), max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of all commands")]
struct Common {
    /// Directory that holds `menusync.yaml` and `catalogs/` [env: MENUSYNC_ROOT] [default: . or the nearest one above]
    #[arg(long, global = true, value_name = "DIR", display_order = 900)]
    root: Option<PathBuf>,
    /// Directory of the stored state [env: MENUSYNC_STATE_DIR] [default: $STATE_DIRECTORY, else one for this root in ~/.local/state/menusync]
    #[arg(long, global = true, value_name = "DIR", display_order = 901)]
    state_dir: Option<PathBuf>,
    /// Settings of whoever runs menusync here, outside of the repository [env: MENUSYNC_OPERATOR] [default: /etc/menusync/operator.yaml if it exists]
    #[arg(long, global = true, value_name = "FILE", display_order = 901)]
    operator: Option<PathBuf>,
    /// text, json, markdown, html, github or sarif, or FORMAT=FILE (repeatable) [default: text]
    #[arg(long, global = true, value_name = "FORMAT[=FILE]", display_order = 902)]
    output: Vec<Output>,
    /// Log more on stderr (-vv: even more)
    #[arg(short, long, global = true, action = clap::ArgAction::Count, display_order = 903)]
    verbose: u8,
    /// Log errors only, and show no progress
    #[arg(short, long, global = true, conflicts_with = "verbose", display_order = 904)]
    quiet: bool,
    /// Colours: on a terminal, always or never [default: auto, as NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM say]
    #[arg(long, global = true, value_enum, value_name = "WHEN", display_order = 905)]
    color: Option<terminal::Color>,
    /// Format of the log on stderr [default: journal if stderr is the journal, else text]
    #[arg(long, global = true, value_enum, display_order = 906)]
    log_format: Option<logging::LogFormat>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create a repository to start with: settings, one layer, one outlet
    Init(init::Args),
    /// Check the definitions, offline
    Validate(validate::Args),
    /// Print the exact catalog of an outlet after layering (with --output json the body of a PUT)
    Render(render::Args),
    /// Show the menus that the files give as customers will see them, offline
    Preview(preview_menu::Args),
    /// Check local photos, and write copies that GoFood takes
    Photos(photos::Args),
    /// Fetch, compare, and show what a push would do
    Plan(plan::Args),
    /// Compare two states of the files, offline
    Diff(diff::Args),
    /// Show the plan, ask, push, and wait until GoFood shows it
    Apply(apply::Args),
    /// Release a guard for reviewed plans, by a file under `approvals/`
    Approve(approve::Args),
    /// Show what was changed outside the files since the last verified push
    Drift(drift::Args),
    /// Write YAML files from live menus or a spreadsheet
    Import(import::Args),
    /// Format definitions and settings, keeping comments
    Fmt(fmt::Args),
    /// Run the daemon: push on change and on schedule, report drift
    Run(run::Args),
    /// Make the running daemon reload settings and definitions
    Reload(reload::Args),
    /// Check settings, credentials, state and network, and suggest fixes
    Doctor(doctor::Args),
    /// Show when passes run, windows open and dated layers begin, offline
    Schedule(schedule::Args),
    /// Show what is live, since when, and from which commit
    Status(status::Args),
    /// Show what was pushed, when, and from which commit
    History(history::Args),
    /// Go back to what an earlier push sent
    Rollback(rollback::Args),
    /// Switch dishes and choices on or off sale at once, until a time or for good
    Stock(stock::Args),
    /// Push nothing to outlets, for a while or until `resume`
    Pause(pause::Args),
    /// End the pause of outlets
    Resume(pause::ResumeArgs),
    /// List the outlets that the credential reaches, against those in the files
    Outlets(outlets::Args),
    /// List the promotions that run or wait at each outlet
    Promotions(promotions::Args),
    /// Manage our subscriptions to events of GoBiz
    Webhook(webhook::Args),
    /// Delete the stored state of an outlet
    Forget(forget::Args),
    /// Copy the stored state from a file into a database, or back
    State(state::Args),
    /// Explain a rule, or list all
    Rule(rule::Args),
    /// Print the JSON Schema of the files, for editors
    Schema(schema::Args),
    /// Answer an editor over the Language Server Protocol, on stdin and stdout
    LanguageServer(language_server::Args),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print a manual page, for man(1)
    Man(man::Args),
    /// Run a stand-in GoBiz server, for rehearsals and tests
    Sandbox(sandbox::Args),
    /// Run a demonstration with a temporary root and a stand-in server
    Demo(demo::Args),
}

/// Runs the command line and says how it ended. Everything has been printed.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    completion::answer();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let parsed = help::command().try_get_matches_from(&arguments).and_then(help::refuse_unused);
    match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => {
            let exit = dispatch(cli);
            logging::flush();
            exit
        }
        Err(error) => wrong_usage(&with_tip(error), &arguments),
    }
}

/// What other tools call our commands.
const OTHER_NAMES: [(&str, &str); 15] = [
    ("push", "apply"),
    ("deploy", "apply"),
    ("sync", "apply"),
    ("undo", "rollback"),
    ("revert", "rollback"),
    ("check", "validate"),
    ("lint", "validate"),
    ("test", "validate"),
    ("format", "fmt"),
    ("daemon", "run"),
    ("log", "history"),
    ("pull", "import"),
    ("snooze", "stock"),
    ("86", "stock"),
    ("lsp", "language-server"),
];

/// With the command that is meant by a word of other tools.
fn with_tip(mut error: clap::Error) -> clap::Error {
    use clap::error::{ContextKind::*, ContextValue};
    let word = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => word.clone(),
        _ => String::new(),
    };
    if let Some((_, ours)) = OTHER_NAMES.iter().find(|(other, _)| *other == word(InvalidSubcommand)) {
        error.insert(SuggestedSubcommand, ContextValue::String((*ours).to_owned()));
    } else if word(InvalidArg) == "--dry-run" {
        let tip = "`menusync plan` shows what `apply` would do, and sends nothing";
        error.insert(Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// clap's words, to programs too. `--help` and `--version` are no error.
fn wrong_usage(error: &clap::Error, arguments: &[OsString]) -> Exit {
    let printed = error.print();
    if !error.use_stderr() {
        let printed = output::readable(printed);
        return printed.map_or_else(|trouble| tell(&trouble, None), |()| Exit::Done);
    }
    let text = error.to_string();
    let mut parts = text.trim_start_matches("error: ").split("\n\n");
    let mut next = || parts.next().map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
    let usage = Diagnostic::error("usage", None, next().unwrap_or_default());
    let tip = next().and_then(|part| part.strip_prefix("tip: ").map(str::to_owned));
    let usage = tip.into_iter().fold(usage, Diagnostic::help);
    Outputs::salvaged(arguments).tell_programs(&report::diagnostics_json(&[usage]));
    Exit::Usage
}

fn dispatch(cli: Cli) -> Exit {
    let Cli { common, command } = cli;
    let environment = Environment::of_process();
    settings::take_proxy_of(&environment);
    common.color.unwrap_or_default().apply();
    progress::allow(environment.has_dumb_terminal(), common.quiet);
    let level = logging::level(common.verbose, common.quiet, matches!(command, Command::Run(_)));
    logging::start(level, common.log_format, matches!(command, Command::Run(_)), &environment);
    let outputs = Outputs::new(common.output, common.verbose > 0);
    let signals = match Signals::listen(outputs.clone()) {
        Ok(signals) => signals,
        Err(error) => return tell(&CommandError::failed("cannot listen to signals", error), None),
    };
    let operator = settings::operator(common.operator.as_deref(), &environment);
    let session = Session::new(common.root, common.state_dir, operator, environment, outputs, signals);
    if let Err(trouble) = session.outputs.check() {
        return tell(&trouble, Some(&session));
    }
    let done = match command {
        Command::Init(args) => init::run(args, &session),
        Command::Validate(args) => validate::run(args, &session),
        Command::Render(args) => render::run(args, &session),
        Command::Preview(args) => preview_menu::run(args, &session),
        Command::Photos(args) => photos::run(args, &session),
        Command::Plan(args) => plan::run(args, &session),
        Command::Diff(args) => diff::run(args, &session),
        Command::Apply(args) => apply::run(args, &session),
        Command::Approve(args) => approve::run(args, &session),
        Command::Drift(args) => drift::run(args, &session),
        Command::Import(args) => import::run(args, &session),
        Command::Fmt(args) => fmt::run(args, &session),
        Command::Run(args) => run::run(args, &session),
        Command::Reload(args) => reload::run(args, &session),
        Command::Doctor(args) => doctor::run(args, &session),
        Command::Schedule(args) => schedule::run(args, &session),
        Command::Status(args) => status::run(args, &session),
        Command::History(args) => history::run(args, &session),
        Command::Rollback(args) => rollback::run(args, &session),
        Command::Stock(args) => stock::run(args, &session),
        Command::Pause(args) => pause::run(args, &session),
        Command::Resume(args) => pause::resume(args, &session),
        Command::Outlets(args) => outlets::run(args, &session),
        Command::Promotions(args) => promotions::run(args, &session),
        Command::Webhook(args) => webhook::run(args, &session),
        Command::Forget(args) => forget::run(args, &session),
        Command::State(args) => state::run(args, &session),
        Command::Rule(args) => rule::run(args, &session),
        Command::Schema(args) => schema::run(args, &session),
        Command::LanguageServer(args) => language_server::run(args, &session),
        Command::Completions { shell } => {
            session.outputs.allow(&[Format::Text]).and_then(|()| completion::register(shell))
        }
        Command::Man(args) => man::run(args, &session),
        Command::Sandbox(args) => sandbox::run(args, &session),
        Command::Demo(args) => demo::run(args, &session),
    };
    session.signals.leave_to_them();
    done.unwrap_or_else(|trouble| tell(&trouble, Some(&session)))
}

/// Says what went wrong to people, and to programs if one listens.
fn tell(trouble: &CommandError, session: Option<&Session>) -> Exit {
    match trouble {
        CommandError::Invalid(diagnostics) => {
            let texts = |file: &str| session.and_then(|session| session.text(file));
            output::note(&report::diagnostics_text(diagnostics, &texts, false, session::MOST_DIAGNOSTICS));
        }
        CommandError::Failed(error) => output::note(&format!("error: {}", printable_lines(&format!("{error:#}")))),
        CommandError::Usage(message) | CommandError::Refused(message) => {
            output::note(&format!("error: {}", printable_lines(message)))
        }
    }
    if let Some(session) = session {
        session.outputs.tell_programs(&report::diagnostics_json(&trouble.diagnostics()));
    }
    trouble.exit()
}
