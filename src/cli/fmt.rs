//! `fmt`: definitions and settings in one way of writing, comments kept.
//!
//! A file is written only if every outlet comes out of the formatted files exactly as before.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use jiff::Timestamp;
use serde_json::json;

use super::{
    Exit, atomic,
    command_error::CommandError,
    output::{self, Format, note},
    session::{MOST_DIAGNOSTICS, Session},
    validate::{is_among, relative},
};
use crate::{
    authoring::{FileKind, Formatted, format},
    diagnostic::{self, Diagnostic},
    document::SourceFile,
    fleet::Loaded,
    report::{self, untrusted::printable},
    source::Texts,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only these files or directories; `-` formats a definition from stdin to stdout
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write nothing; exit with 2 if a file is not formatted
    #[arg(long)]
    check: bool,
}

/// What became of the files.
#[derive(Default)]
struct Outcome {
    definitions: Texts,
    settings: Texts,
    left: BTreeMap<Arc<str>, String>,
    wrong: Vec<Diagnostic>,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    if args.paths.iter().any(|path| path.as_os_str() == "-") {
        return stdin_to_stdout(&args);
    }
    let loaded = session.loaded()?;
    let wanted = args.paths.iter().map(|path| relative(path, session)).collect::<Result<Vec<_>, _>>()?;
    let definitions = || loaded.catalogs().iter().filter(|file| !file.path.ends_with(".json"));
    let formatted: Vec<_> =
        definitions().map(|file| &file.path).chain(loaded.settings_file().map(|file| &file.path)).collect();
    let is_unmet = |path: &&String| !formatted.iter().any(|file| is_among(file, std::slice::from_ref(*path)));
    if let Some(path) = wanted.iter().find(is_unmet) {
        let message = format!("`{path}` is nothing to format: fmt is for YAML definitions and the settings");
        return Err(CommandError::Usage(message));
    }
    let mut outcome = Outcome::default();
    for file in definitions().filter(|file| is_among(&file.path, &wanted)) {
        outcome.format(&file.open(), FileKind::Definition);
    }
    for file in loaded.settings_file().into_iter().filter(|file| is_among(&file.path, &wanted)) {
        outcome.format(file, FileKind::Settings);
    }
    outcome.drop_changed(loaded);
    let files: Texts =
        outcome.definitions.iter().chain(&outcome.settings).map(|(file, text)| (file.clone(), text.clone())).collect();
    if !args.check {
        for (file, text) in &files {
            let old = loaded.text(file).unwrap_or_default();
            atomic::replace(&session.root().join(&**file), &old, text)?;
        }
    }
    session.outputs.emit(|format, _| match format {
        Format::Json => told_json(&files, &outcome, args.check),
        _ => files.keys().map(|file| printable(file)).collect::<Vec<_>>().join("\n"),
    })?;
    Ok(tell(session, &files, &mut outcome, args.check))
}

/// For editors: nothing is known of a root.
fn stdin_to_stdout(args: &Args) -> Result<Exit, CommandError> {
    if args.paths.len() > 1 {
        return Err(CommandError::Usage("`-` is given alone: what comes from stdin is one file".to_owned()));
    }
    let text =
        std::io::read_to_string(std::io::stdin()).map_err(|error| CommandError::failed("cannot read stdin", error))?;
    let file = SourceFile { path: "stdin".into(), text: text.into() };
    let (formatted, exit) = match format(&file, FileKind::Definition) {
        Ok(Formatted::New(new)) if args.check => (new, Exit::Differences),
        Ok(Formatted::New(new)) => (new, Exit::Done),
        Ok(Formatted::Same) => (file.text.to_string(), Exit::Done),
        Ok(Formatted::Left(why)) => {
            note(&format!("stdin is left as it is: {why}"));
            (file.text.to_string(), Exit::Done)
        }
        Err(wrong) => return Err(CommandError::Invalid(wrong)),
    };
    if !args.check {
        output::print(&formatted)?;
    }
    Ok(exit)
}

impl Outcome {
    fn format(&mut self, file: &SourceFile, kind: FileKind) {
        let texts = if kind == FileKind::Settings { &mut self.settings } else { &mut self.definitions };
        match format(file, kind) {
            Ok(Formatted::Same) => {}
            Ok(Formatted::New(text)) => drop(texts.insert(Arc::clone(&file.path), text.into())),
            Ok(Formatted::Left(why)) => drop(self.left.insert(Arc::clone(&file.path), why.to_owned())),
            Err(wrong) => self.wrong.extend(wrong),
        }
    }

    /// Leaves out files that would change an outlet.
    fn drop_changed(&mut self, loaded: &Loaded) {
        let now = Timestamp::now();
        if loaded.means_the_same_with(&self.definitions, now) {
            return;
        }
        self.definitions.retain(|file, text| {
            let only_this = BTreeMap::from([(Arc::clone(file), Arc::clone(text))]);
            let same = loaded.means_the_same_with(&only_this, now);
            if !same {
                self.left.insert(Arc::clone(file), "it would change what an outlet sells".to_owned());
            }
            same
        });
    }
}

fn tell(session: &Session, files: &Texts, outcome: &mut Outcome, check: bool) -> Exit {
    for (file, why) in &outcome.left {
        note(&printable(&format!("{file} is left as it is: {why}")));
    }
    diagnostic::sort(&mut outcome.wrong);
    if !outcome.wrong.is_empty() {
        let texts = |file: &str| session.text(file);
        note(&report::diagnostics_text(&outcome.wrong, &texts, false, MOST_DIAGNOSTICS));
        return Exit::Invalid;
    }
    if check && !files.is_empty() {
        let count = match files.len() {
            1 => "1 file is".to_owned(),
            count => format!("{count} files are"),
        };
        note(&format!("{count} not formatted; `menusync fmt` does it"));
        return Exit::Differences;
    }
    Exit::Done
}

fn told_json(files: &Texts, outcome: &Outcome, check: bool) -> String {
    let left: Vec<_> = outcome.left.iter().map(|(file, why)| json!({"file": file, "why": why})).collect();
    let files: Vec<_> = files.keys().collect();
    json!({"schema": "menusync.fmt/1", "written": !check, "files": files, "left": left}).to_string()
}
