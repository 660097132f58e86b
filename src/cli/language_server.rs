//! `language-server`: the Language Server Protocol on stdin and stdout, for editors.

use std::io;

use super::{Exit, command_error::CommandError, output::Format, schema::schemas_of_files, session::Session};
use crate::{
    language_server::{self, Config, Ended},
    settings,
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
    let find_root = move |folder: &std::path::Path| {
        let root = settings::root_of(folder, flag.as_deref(), &environment);
        settings::check_owner(&root, flag.as_deref(), &environment).map_err(|error| chain(&error))?;
        Ok(root)
    };
    let config = Config {
        find_root: Box::new(find_root),
        operator: session.operator.clone(),
        schemas: schemas_of_files(),
        version: env!("MENUSYNC_VERSION"),
    };
    match language_server::serve(io::stdin(), io::stdout(), config) {
        Ok(Ended::InOrder) => Ok(Exit::Done),
        Ok(Ended::Abandoned) => Ok(Exit::Failed),
        Err(error) => Err(CommandError::Failed(error.into())),
    }
}
