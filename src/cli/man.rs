//! `man`: manual pages, made of the same words as `--help`.

use clap::CommandFactory;

use super::{
    Cli, Exit,
    command_error::CommandError,
    output::{self, Format},
    session::Session,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The command whose page to print; none = menusync(1), which lists all
    command: Option<String>,
}

/// The codes of [`Exit`], of every command.
const EXIT_STATUS: &str = r#".SH "EXIT STATUS"
.IP 0 4
done; warnings, kept drift and queued work too
.IP 1
failed: network, API, disk; refused by GoFood, or not seen to arrive in time
.IP 2
differences exist (plan \-\-detailed\-exitcode, drift, diff, fmt \-\-check, status)
.IP 3
definitions, settings or photos are invalid
.IP 4
refused: a guard, a window, a plan that is out of date, a lock
.IP 5
some outlets are as wanted and some are not
.IP 64
wrong usage
"#;

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text])?;
    let page = page(args.command.as_deref())?;
    let mut roff = Vec::new();
    let source = concat!("menusync ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(page).source(source).manual("menusync manual").render(&mut roff)?;
    output::print(&format!("{}{EXIT_STATUS}", String::from_utf8_lossy(&roff)))?;
    Ok(Exit::Done)
}

/// The command line that a page is about.
fn page(name: Option<&str>) -> Result<clap::Command, CommandError> {
    // `help` is there for the command line; pages are what stands in for it here.
    let mut all = Cli::command().disable_help_subcommand(true);
    all.build();
    let Some(name) = name else { return Ok(all) };
    let known: Vec<&str> = all.get_subcommands().map(clap::Command::get_name).collect();
    let unknown = || CommandError::Usage(format!("there is no command `{name}`; commands are {}", known.join(", ")));
    all.find_subcommand(name).cloned().ok_or_else(unknown)
}
