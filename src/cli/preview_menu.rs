//! `preview`: the menu that the files give, as customers would see it. Offline.

use super::{
    Exit,
    command_error::CommandError,
    output::Format,
    preview::find_photo,
    session::{Session, errors_of},
    when::When,
};
use crate::{
    fleet::look_ahead,
    report::{self, html::PhotoAlbum},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only outlets whose id, name, file or layer matches (repeatable)
    #[arg(long, value_name = "GLOB")]
    outlet: Vec<String>,
    /// As it will be at this moment, such as 2027-02-08T00:00:00+07:00
    #[arg(long, value_name = "TIME")]
    at: Option<When>,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Html])?;
    // The language, the time zone and what images are published as stand there.
    let lang = session.settings()?.lang.unwrap_or_default();
    let loaded = session.loaded()?;
    let at = session.moment(args.at.as_ref())?;
    let survey = session.survey(at)?;
    let selected = session.select(&survey, &args.outlet)?;
    let (valid, invalid): (Vec<_>, Vec<_>) = selected.iter().copied().partition(|member| member.valid);
    if valid.is_empty() && !invalid.is_empty() {
        return Err(CommandError::Invalid(errors_of(&survey, &selected)));
    }
    let previews = loaded.menus(&valid, at, look_ahead(at));
    session.outputs.emit(|format, screen| match format {
        Format::Html => report::preview_html(&previews, &mut PhotoAlbum::new(&|url| find_photo(&[loaded], url)), lang),
        _ => report::preview_text(&previews, screen.color, lang),
    })?;
    session.tell_errors(&survey, &selected);
    let of_outlets = if invalid.is_empty() { Exit::Done } else { Exit::Invalid };
    Ok(session.exit_of_files(&survey).max(of_outlets))
}
