//! `--output`: in which format a result goes where.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    io::Write,
    path::PathBuf,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{command_error::CommandError, logging, terminal::Screen};
use crate::report::{self, Look};

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum Format {
    Text,
    Json,
    Markdown,
    Github,
    Sarif,
    Html,
}

impl Format {
    const ALL: [(&str, Self); 6] = [
        ("text", Self::Text),
        ("json", Self::Json),
        ("markdown", Self::Markdown),
        ("github", Self::Github),
        ("sarif", Self::Sarif),
        ("html", Self::Html),
    ];

    /// The word for it.
    pub(super) fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

/// `FORMAT` or `FORMAT=FILE`.
#[derive(Debug, Clone)]
pub(super) struct Output {
    format: Format,
    file: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, file) = text.split_once('=').map_or((text, None), |(format, file)| (format, Some(file)));
        let known = Format::ALL.into_iter().find(|(name, _)| *name == format);
        let Some((_, format)) = known else {
            return Err("formats are text, json, markdown, html, github and sarif".to_owned());
        };
        if file == Some("") {
            return Err("a file name has to follow the `=`".to_owned());
        }
        Ok(Self { format, file: file.map(PathBuf::from) })
    }
}

/// All outputs of one run. Its clones know together whether a result has been written.
#[derive(Debug, Clone)]
pub(super) struct Outputs {
    outputs: Vec<Output>,
    stdout: Screen,
    /// Where a text names a few of many, it names all.
    verbose: bool,
    /// Whether a result has been written, so that no program gets a second one.
    emitted: Arc<AtomicBool>,
}

impl Outputs {
    /// `outputs` as given; text to stdout if there are none.
    pub(super) fn new(mut outputs: Vec<Output>, verbose: bool) -> Self {
        if outputs.is_empty() {
            outputs.push(Output { format: Format::Text, file: None });
        }
        Self { outputs, stdout: Screen::of(&std::io::stdout()), verbose, emitted: Arc::default() }
    }

    /// Those that can be made out in a command line that is wrong elsewhere.
    pub(super) fn salvaged(arguments: &[OsString]) -> Self {
        let arguments: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
        let apart = arguments.windows(2).filter(|pair| pair[0] == "--output").map(|pair| pair[1]);
        let joined = arguments.iter().filter_map(|argument| argument.strip_prefix("--output="));
        Self::new(apart.chain(joined).filter_map(|output| output.parse().ok()).collect(), false)
    }

    /// Refuses two results in one place.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        if self.outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
            let message = "only one --output can go to stdout; give the others a file: FORMAT=FILE";
            return Err(CommandError::Usage(message.to_owned()));
        }
        let mut files = BTreeSet::new();
        for file in self.outputs.iter().filter_map(|output| output.file.as_ref()) {
            if !files.insert(std::path::absolute(file).unwrap_or_else(|_| file.clone())) {
                let message = format!("two --output would overwrite each other in {}", file.display());
                return Err(CommandError::Usage(message));
            }
        }
        Ok(())
    }

    /// How a plan looks as text.
    pub(super) fn look(&self, screen: Screen) -> Look {
        Look { color: screen.color, all_names: self.verbose }
    }

    /// Whether a result is wanted in this format.
    pub(super) fn has(&self, format: Format) -> bool {
        self.outputs.iter().any(|output| output.format == format)
    }

    /// Writes `json`, which says why there is no result, to wherever a program looks for one.
    pub(super) fn tell_programs(&self, json: &str) {
        if self.emitted.swap(true, Ordering::Relaxed) {
            return;
        }
        let of_programs = self.outputs.iter().filter(|output| output.format == Format::Json);
        let places: BTreeSet<Option<&PathBuf>> = of_programs.map(|output| output.file.as_ref()).collect();
        for place in places {
            // The command has failed already, and people have been told why.
            let _ = match place {
                None => print(json).is_ok(),
                Some(file) => std::fs::write(file, json).is_ok(),
            };
        }
    }

    /// Refuses formats that a command does not have, before it does anything.
    pub(super) fn allow(&self, formats: &[Format]) -> Result<(), CommandError> {
        let Some(wrong) = self.outputs.iter().find(|output| !formats.contains(&output.format)) else { return Ok(()) };
        let known: Vec<&str> = formats.iter().map(|format| format.name()).collect();
        let message = format!("this command has no output `{}`; it has {}", wrong.format.name(), known.join(", "));
        Err(CommandError::Usage(message))
    }

    /// Writes a result in every format that was asked for. One that cannot be written keeps none of the others back.
    pub(super) fn emit(&self, render: impl Fn(Format, Screen) -> String) -> Result<(), CommandError> {
        self.emitted.store(true, Ordering::Relaxed);
        let written: Vec<_> = self.outputs.iter().map(|output| self.write(output, &render)).collect();
        written.into_iter().collect()
    }

    fn write(&self, output: &Output, render: impl Fn(Format, Screen) -> String) -> Result<(), CommandError> {
        let screen = if output.file.is_none() { self.stdout } else { Screen::default() };
        let mut text = render(output.format, screen);
        if matches!(output.format, Format::Json | Format::Sarif) {
            text = report::untrusted::json_without_orders(text);
        }
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        match &output.file {
            None => print(&text),
            Some(file) => std::fs::write(file, text)
                .map_err(|error| CommandError::failed(format!("cannot write {}", file.display()), error)),
        }
    }
}

/// Writes to stdout.
pub(super) fn print(text: &str) -> Result<(), CommandError> {
    let mut stdout = std::io::stdout().lock();
    readable(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// How writing to stdout went. A reader that has gone away is no error: it has seen what it wanted.
pub(super) fn readable(written: std::io::Result<()>) -> Result<(), CommandError> {
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(CommandError::failed("cannot write to standard output", error))
        }
        _ => Ok(()),
    }
}

/// Writes a line to stderr; if that fails there is nobody to tell.
pub(super) fn note(text: &str) {
    logging::write(format!("{text}\n"));
}
