//! `validate`: what is wrong with the definitions, offline.

use std::{path::PathBuf, sync::Arc};

use super::{
    Exit,
    output::Format,
    session::{MOST_DIAGNOSTICS, Session, moment},
    trouble::Trouble,
};
use crate::{
    diagnostic::{Diagnostic, Severity},
    report,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only tell what is wrong in these files or directories
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Warnings count as errors
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, Trouble> {
    session.outputs.allow(&[Format::Text, Format::Json, Format::Github, Format::Sarif])?;
    let loaded = session.loaded()?;
    let mut diagnostics = loaded.survey_ahead(moment(None)).diagnostics;
    let wanted = args.paths.iter().map(|path| relative(path, session)).collect::<Result<Vec<_>, _>>()?;
    diagnostics.retain(|diagnostic| concerns(diagnostic, &wanted));
    if args.strict {
        diagnostics.iter_mut().for_each(|diagnostic| diagnostic.severity = Severity::Error);
    }
    let outlets = loaded.outlets();
    let texts = |file: &str| -> Option<Arc<str>> { session.text(file) };
    session.outputs.emit(|format, color| match format {
        Format::Json => report::diagnostics_json(&diagnostics),
        Format::Github => report::diagnostics_github(&diagnostics),
        Format::Sarif => report::diagnostics_sarif(&diagnostics),
        _ if diagnostics.is_empty() => match outlets {
            1 => "1 outlet is valid".to_owned(),
            _ => format!("{outlets} outlets are valid"),
        },
        _ => report::diagnostics_text(&diagnostics, &texts, color, MOST_DIAGNOSTICS),
    })?;
    Ok(if diagnostics.iter().any(Diagnostic::is_error) { Exit::Invalid } else { Exit::Done })
}

/// A path of the command line as diagnostics name it: relative to the root.
fn relative(path: &std::path::Path, session: &Session) -> Result<String, Trouble> {
    let unknown = || Trouble::Usage(format!("{} is not a file or directory of the root", path.display()));
    let root = session.root().canonicalize()?;
    let full = path.canonicalize().or_else(|_| root.join(path).canonicalize()).map_err(|_| unknown())?;
    let inside = full.strip_prefix(&root).map_err(|_| unknown())?;
    Ok(inside.to_string_lossy().into_owned())
}

/// Whether a diagnostic stands in one of these files; what stands nowhere concerns everybody.
fn concerns(diagnostic: &Diagnostic, wanted: &[String]) -> bool {
    let Some(place) = &diagnostic.place else { return true };
    let under = |path: &String| path.is_empty() || *place.file == **path || place.file.starts_with(&format!("{path}/"));
    wanted.is_empty() || wanted.iter().any(under)
}
