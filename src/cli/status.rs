//! `status`: what is live, since when, from which commit. Read from what is remembered; GoFood is not asked.

use super::{
    Exit,
    output::Format,
    session::{Session, moment},
    trouble::Trouble,
};
use crate::{
    fleet::{self, Selection},
    report,
    sync::chain,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only outlets whose id, name, file or layer matches (repeatable)
    #[arg(long, value_name = "GLOB")]
    outlet: Vec<String>,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, Trouble> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    let settings = session.settings()?;
    let now = moment(None);
    let survey = session.loaded()?.survey(now);
    let selection = Selection::new(&args.outlet).map_err(|error| Trouble::Usage(chain(&error)))?;
    let lines = match session.remembered()? {
        Some(store) => store.with(|store| fleet::status(settings, &survey, Some(store), &selection, now))?,
        None => fleet::status(settings, &survey, None, &selection, now)?,
    };
    if lines.is_empty() {
        session.select(&survey, &args.outlet)?;
    }
    session.outputs.emit(|format, _| match format {
        Format::Json => report::status_json(&lines),
        _ => report::status_text(&lines),
    })?;
    let in_sync = lines.iter().all(|line| line.state == "in_sync");
    Ok(if in_sync { Exit::Done } else { Exit::Differences })
}
