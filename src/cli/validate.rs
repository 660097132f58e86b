//! `validate`: what is wrong with the definitions; offline, unless images are to be looked at.

use std::{path::PathBuf, sync::Arc};

use jiff::Timestamp;

use super::{
    Exit,
    command_error::CommandError,
    output::Format,
    progress::Progress,
    session::{MOST_DIAGNOSTICS, Session, block_on, moment},
};
use crate::{
    diagnostic::{self, Diagnostic, Place, Severity},
    document::SourceFile,
    fleet::{self, ImageUses},
    images::{self, Remembered},
    platform::paths::{canonicalize, with_slashes},
    report,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only report problems in these files or directories; `-` checks one definition from stdin by itself
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Download the images and check them as well
    #[arg(long)]
    images: bool,
    /// Warnings count as errors
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json, Format::Github, Format::Sarif])?;
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        return of_stdin(&args, session);
    }
    let loaded = session.loaded()?;
    let now = moment(None);
    let progress = Progress::new("checking outlets");
    let mut diagnostics = loaded.survey_ahead(now).diagnostics;
    drop(progress);
    let wanted = args.paths.iter().map(|path| relative(path, session)).collect::<Result<Vec<_>, _>>()?;
    diagnostics.retain(|diagnostic| diagnostic.place.as_ref().is_none_or(|place| is_wanted(place, &wanted)));
    if args.images {
        let mut uses = loaded.image_uses(now);
        uses.retain(|_, uses| uses.iter().any(|used| is_wanted(&used.place, &wanted)));
        let fetched = fetched(&uses, now, session)?;
        // That an address is private may have been seen by its form already.
        let same = |a: &Diagnostic, b: &Diagnostic| a.code == b.code && a.place == b.place;
        let new: Vec<_> = fetched.into_iter().filter(|new| !diagnostics.iter().any(|old| same(old, new))).collect();
        diagnostics.extend(new);
        diagnostic::sort(&mut diagnostics);
    }
    let valid = match loaded.outlets() {
        1 => "1 outlet is valid".to_owned(),
        outlets => format!("{outlets} outlets are valid"),
    };
    tell(&args, session, diagnostics, &valid, &|file| session.text(file))
}

/// What is wrong with one file of which no path is known: nothing that it extends, and nobody that extends it, is looked at.
fn of_stdin(args: &Args, session: &Session) -> Result<Exit, CommandError> {
    if args.paths.len() > 1 || args.images {
        let message = "`-` is given alone: what comes from stdin is one file, and its images are not fetched";
        return Err(CommandError::Usage(message.to_owned()));
    }
    let text =
        std::io::read_to_string(std::io::stdin()).map_err(|error| CommandError::failed("cannot read stdin", error))?;
    let file = SourceFile { path: "stdin".into(), text: text.into() };
    let diagnostics = fleet::of_one_file(&file, session.loaded().ok(), moment(None));
    tell(args, session, diagnostics, "stdin is valid by itself", &|_| Some(Arc::clone(&file.text)))
}

fn tell(
    args: &Args,
    session: &Session,
    mut diagnostics: Vec<Diagnostic>,
    valid: &str,
    texts: &dyn Fn(&str) -> Option<Arc<str>>,
) -> Result<Exit, CommandError> {
    if args.strict {
        diagnostics.iter_mut().for_each(|diagnostic| diagnostic.severity = Severity::Error);
    }
    session.outputs.emit(|format, screen| match format {
        Format::Json => report::diagnostics_json(&diagnostics),
        Format::Github => report::diagnostics_github(&diagnostics),
        Format::Sarif => report::diagnostics_sarif(&diagnostics),
        _ if diagnostics.is_empty() => valid.to_owned(),
        _ => report::diagnostics_text(&diagnostics, texts, screen.color, MOST_DIAGNOSTICS),
    })?;
    Ok(if diagnostics.iter().any(Diagnostic::is_error) { Exit::Invalid } else { Exit::Done })
}

/// A path of the command line as diagnostics name it: relative to the root.
pub(super) fn relative(path: &std::path::Path, session: &Session) -> Result<String, CommandError> {
    let unknown = || CommandError::Usage(format!("{} is not a file or directory of the root", path.display()));
    let root = canonicalize(&session.root())?;
    let full = canonicalize(path).or_else(|_| canonicalize(&root.join(path))).map_err(|_| unknown())?;
    let inside = full.strip_prefix(&root).map_err(|_| unknown())?;
    Ok(with_slashes(inside))
}

/// Whether a place is in one of these files.
fn is_wanted(place: &Place, wanted: &[String]) -> bool {
    is_among(&place.file, wanted)
}

/// Whether a file is one of these, or below one of these directories; without any all are meant.
pub(super) fn is_among(file: &str, wanted: &[String]) -> bool {
    let under = |path: &String| path.is_empty() || *file == **path || file.starts_with(&format!("{path}/"));
    wanted.is_empty() || wanted.iter().any(under)
}

/// What is wrong with the images at these addresses.
fn fetched(uses: &ImageUses, now: Timestamp, session: &Session) -> Result<Vec<Diagnostic>, CommandError> {
    let settings = session.loaded()?.settings.as_ref().map(|settings| settings.images.clone()).unwrap_or_default();
    let remembered = Remembered { state: session.memory(), now };
    let progress = Progress::new("images");
    let mut tell = |done, of| progress.tell(done, of);
    let urls = uses.keys().cloned().collect();
    let checked = block_on(images::check(urls, &settings, images::system_lookup(), &remembered, &mut tell))?;
    drop(progress);
    Ok(session.loaded()?.image_diagnostics(uses, &checked))
}
