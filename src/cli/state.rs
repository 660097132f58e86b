//! `state copy`: the state from a file into a database, or back.

use super::{
    Exit,
    command_error::CommandError,
    output::Format,
    session::{SHARED_ROOT, Session},
};
use crate::{
    settings,
    state::{Copied, Direction, PostgresState, copy, lock_daemon},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Copy all that is stored from the file into the database, or back, and compare
    Copy {
        /// What is copied; it stays as it is
        #[arg(long, value_name = "PLACE")]
        from: Place,
        /// Where to; nothing may be stored there yet
        #[arg(long, value_name = "PLACE")]
        to: Place,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Place {
    /// The file in the state directory
    File,
    /// The database that MENUSYNC_DATABASE_URL or `database_url_file` names
    Database,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text])?;
    let Command::Copy { from, to } = args.command;
    let direction = match (from, to) {
        (Place::File, Place::Database) => Direction::IntoDatabase,
        (Place::Database, Place::File) => Direction::IntoFile,
        _ => {
            return Err(CommandError::Usage(
                "write --from file --to database, or --from database --to file".to_owned(),
            ));
        }
    };
    let (settings, dir, root) = (session.settings()?, session.state_dir()?, session.root());
    let url = settings::database_url(settings, &session.environment, &session.loaded()?.root)?.ok_or_else(|| {
        CommandError::Usage(
            "no database is named: set MENUSYNC_DATABASE_URL, or `database_url_file` in the settings".to_owned(),
        )
    })?;
    // Who writes meanwhile would write into the one that is left behind.
    let lock = lock_daemon(&dir).map_err(|error| match error {
        error if error.is_held() => CommandError::Refused(format!("{error}; stop the daemon first")),
        error => error.into(),
    })?;
    let path = settings::root_name(&root);
    let root_of = |known: &str| match direction {
        Direction::IntoDatabase if known == path => SHARED_ROOT.to_owned(),
        Direction::IntoFile if known == SHARED_ROOT => path.clone(),
        _ => known.to_owned(),
    };
    let copied = copy(direction, &dir, &url, root_of, &lock)?;
    let next = match direction {
        Direction::IntoDatabase => format!("The state is in the {} from now on.", PostgresState::place(&url)?),
        Direction::IntoFile => {
            "Remove MENUSYNC_DATABASE_URL or `database_url_file`: the state is in the file then.".to_owned()
        }
    };
    session.outputs.emit(|_, _| format!("{}{next}\n", text(&copied)))?;
    Ok(Exit::Done)
}

fn text(Copied { rows, digest }: &Copied) -> String {
    let of = |table: &str| rows.iter().find(|(name, _)| *name == table).map_or(0, |(_, count)| *count);
    let all: u64 = rows.iter().map(|(_, count)| count).sum();
    let (outlets, pushes) = (of("outlets"), of("pushes"));
    format!("copied and compared: {all} rows, of them outlets: {outlets}, pushes: {pushes}\n{digest}\n")
}
