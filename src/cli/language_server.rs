//! `language-server`: the Language Server Protocol on stdin and stdout, for editors.

use std::{io, path::Path, sync::Arc};

use super::{
    Exit,
    command_error::CommandError,
    output::Format,
    schema::schemas_of_files,
    session::{Session, block_on},
};
use crate::{
    catalog::OutletId,
    language_server::{self, Config, Ended, StoredOf},
    settings::{self, Settings},
    state::{Scope, SqliteState},
    sync::chain,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Some editors add it; stdin and stdout are all that there is
    #[arg(long, hide = true)]
    stdio: bool,
}

pub(super) fn run(Args { stdio: _ }: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text])?;
    let (flag, environment) = session.root_source();
    let find_root = move |folder: &Path| {
        let root = settings::root_of(folder, flag.as_deref(), &environment);
        settings::check_owner(&root, flag.as_deref(), &environment).map_err(|error| chain(&error))?;
        Ok(root)
    };
    let config = Config {
        find_root: Box::new(find_root),
        operator: session.operator.clone(),
        stored_of: stored_of(session),
        schemas: schemas_of_files(),
        version: env!("MENUSYNC_VERSION"),
    };
    match language_server::serve(io::stdin(), io::stdout(), config) {
        Ok(Ended::InOrder) => Ok(Exit::Done),
        Ok(Ended::Abandoned) => Ok(Exit::Failed),
        Err(error) => Err(CommandError::Failed(error.into())),
    }
}

/// A look at the state, where there is one that can be read as it is. None where the repository says which file that is: an
/// editor opens repositories of others, and SQLite writes beside a file that it reads.
fn stored_of(session: &Session) -> Arc<StoredOf> {
    let (flag, (_, environment)) = (session.named_state_dir(), session.root_source());
    Arc::new(move |settings: &Settings, root: &Path, outlet: &OutletId| {
        // A question is no reason to connect to a database.
        if settings::names_database(settings, &environment) {
            return None;
        }
        let found = settings::state_dir(flag.as_deref(), &environment, settings, root).ok();
        let dir = found.filter(|found| !found.is_of_repository)?.dir;
        let scope = Scope { platform: settings.platform(), root: settings::root_name(root) };
        let state = SqliteState::open_read_only(&dir, &scope).ok()??;
        block_on(state.outlet(outlet.as_str())).ok()?.ok()?
    })
}
