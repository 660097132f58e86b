//! The photos of a directory: what GoFood would refuse, which dishes have them, and which copies it takes
//! (`menusync.photos/1`).

mod html;

use std::fmt::Write as _;

use anstyle::AnsiColor;
pub use html::photos_html;
use serde_json::{Value, json};

use super::{counted, style::Paint, untrusted::printable};
use crate::{
    authoring::{Context, text},
    diagnostic::{Diagnostic, Place},
};

/// What was looked at.
#[derive(Debug, Clone)]
pub struct PhotosReport {
    /// As it is shown.
    pub directory: String,
    /// Sorted.
    pub photos: Vec<PhotoLine>,
    /// How much is known of which dishes have them.
    pub known_uses: KnownUses,
    /// Files that are no photos.
    pub others: Vec<String>,
    /// Photos at which nobody looked any more: the command was stopped.
    pub left_out: usize,
}

/// How much is known of the dishes that have photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum KnownUses {
    /// Nothing: the directory is in no root.
    None,
    /// Some: files have errors.
    Some,
    All,
}

/// One photo.
#[derive(Debug, Clone, Default)]
pub struct PhotoLine {
    /// Relative to the root, if it is in one.
    pub file: String,
    /// Bytes.
    pub bytes: usize,
    /// Width and height, if it is a whole JPEG or PNG.
    pub size: Option<(u32, u32)>,
    /// What is wrong with it.
    pub findings: Vec<Diagnostic>,
    /// Why it could not be looked at.
    pub error: Option<String>,
    /// The dishes that have it.
    pub uses: Vec<PhotoUse>,
    /// A copy that GoFood takes.
    pub copy: Option<FitCopy>,
    /// Why there is none, where one would help.
    pub no_copy: Option<String>,
    /// A copy would help, and has not been tried.
    pub is_fixable: bool,
    /// A small JPEG of it.
    pub thumbnail: Option<Vec<u8>>,
}

/// Where a file gives a photo to dishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoUse {
    /// Their names.
    pub dishes: Vec<String>,
    /// Where.
    pub place: Place,
    /// The path of the copy, as it has to be written there.
    pub instead: Option<String>,
}

/// A copy of a photo that GoFood takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FitCopy {
    /// As [`PhotoLine::file`].
    pub file: String,
    /// It was written now; else it was there.
    pub is_new: bool,
    /// Width and height.
    pub size: Option<(u32, u32)>,
    /// Bytes.
    pub bytes: usize,
    /// What is still worth a look.
    pub findings: Vec<Diagnostic>,
}

/// What is to be said of a photo first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum PhotoState {
    Good,
    /// GoFood would refuse it.
    Refused,
    /// So it would, but no dish has it, and there is a copy.
    Replaced,
    /// It could not be looked at.
    Unreadable,
}

impl PhotoState {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Refused => "refused",
            Self::Replaced => "replaced",
            Self::Unreadable => "unreadable",
        }
    }
}

impl PhotosReport {
    /// What is to be said of one of the photos first.
    pub fn state(&self, photo: &PhotoLine) -> PhotoState {
        let is_refused = photo.findings.iter().any(Diagnostic::is_error);
        let may_be_used = !photo.uses.is_empty() || self.known_uses == KnownUses::Some;
        match is_refused {
            _ if photo.error.is_some() => PhotoState::Unreadable,
            false => PhotoState::Good,
            true if photo.copy.is_some() && !may_be_used => PhotoState::Replaced,
            true => PhotoState::Refused,
        }
    }

    fn count(&self, state: PhotoState) -> usize {
        self.photos.iter().filter(|photo| self.state(photo) == state).count()
    }

    fn is_unused(&self, photo: &PhotoLine) -> bool {
        self.known_uses == KnownUses::All && photo.uses.is_empty()
    }
}

impl PhotoUse {
    /// `image: photos/ng.jpg`
    pub fn line(&self) -> Option<String> {
        Some(format!("image: {}", text(self.instead.as_deref()?, Context::Flow)))
    }
}

/// `800 × 600 pixels, 212 kB`
fn measures(size: Option<(u32, u32)>, bytes: usize) -> String {
    let kilobytes = format!("{} kB", bytes.div_ceil(1000));
    size.map_or_else(|| kilobytes.clone(), |(width, height)| format!("{width} × {height} pixels, {kilobytes}"))
}

// ── text ──

/// For people.
pub fn photos_text(report: &PhotosReport, color: bool) -> String {
    let paint = Paint(color);
    let mut out = String::new();
    for photo in &report.photos {
        write_photo(&mut out, report, photo, paint);
    }
    if !report.photos.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{}", summary(report));
    for hint in hints(report) {
        let _ = writeln!(out, "{hint}");
    }
    out
}

/// Errors of writing into a text are none.
fn write_photo(out: &mut String, report: &PhotosReport, photo: &PhotoLine, paint: Paint) {
    let (state, name) = (report.state(photo), printable(&photo.file));
    let word = match state {
        PhotoState::Good => state.as_str().to_owned(),
        PhotoState::Replaced => paint.in_color(state.as_str(), AnsiColor::Yellow),
        _ => paint.in_color(state.as_str(), AnsiColor::Red),
    };
    let mut line = format!("{}: {word}", paint.bold(&name));
    if state != PhotoState::Unreadable {
        let _ = write!(line, ", {}", measures(photo.size, photo.bytes));
    }
    if report.is_unused(photo) {
        line += ", no dish has it";
    }
    let _ = writeln!(out, "{line}");
    for found in &photo.findings {
        write_finding(out, found, "  ");
    }
    let told = [("error", &photo.error), ("no copy", &photo.no_copy)];
    for (what, why) in told.into_iter().filter_map(|(what, why)| Some((what, why.as_ref()?))) {
        let _ = writeln!(out, "  {what}: {}", printable(why));
    }
    if let Some(copy) = &photo.copy {
        let is_new = if copy.is_new { "written" } else { "there already" };
        let _ = writeln!(out, "  copy {is_new}: {}, {}", printable(&copy.file), measures(copy.size, copy.bytes));
        for found in &copy.findings {
            write_finding(out, found, "    ");
        }
    }
    for used in &photo.uses {
        let dishes = printable(&some_of(&used.dishes)).into_owned();
        let place = used.place.to_string();
        let place = printable(&place);
        let _ = match used.line() {
            Some(line) => writeln!(out, "  {dishes}: write `{}` at {place}", printable(&line)),
            None => writeln!(out, "  {dishes}: {place}"),
        };
    }
}

fn write_finding(out: &mut String, found: &Diagnostic, indent: &str) {
    let severity = if found.is_error() { "error" } else { "warning" };
    let _ = writeln!(out, "{indent}{severity}[{}]: {}", found.code, printable(&found.message));
    if let Some(help) = &found.help {
        let _ = writeln!(out, "{indent}  {}", printable(help));
    }
}

/// `Nasi Goreng, Soto and 3 more`
fn some_of(names: &[String]) -> String {
    const MOST: usize = 3;
    let shown = names.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > MOST { format!("{shown} and {} more", names.len() - MOST) } else { shown }
}

/// `4 photos: 2 good, 1 refused, 1 unreadable; 1 that no dish has; 2 other files`
fn summary(report: &PhotosReport) -> String {
    use PhotoState::{Good, Refused, Replaced, Unreadable};
    let states = [Good, Refused, Replaced, Unreadable].map(|state| (report.count(state), state.as_str()));
    let parts: Vec<String> =
        states.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let mut line = counted(report.photos.len(), "photo");
    if !parts.is_empty() {
        line += &format!(": {}", parts.join(", "));
    }
    let unused = report.photos.iter().filter(|photo| report.is_unused(photo)).count();
    if unused > 0 {
        line += &format!("; {unused} that no dish has");
    }
    if !report.others.is_empty() {
        line += &format!("; {}", counted(report.others.len(), "other file"));
    }
    line
}

fn hints(report: &PhotosReport) -> Vec<String> {
    let mut hints = Vec::new();
    if report.left_out > 0 {
        hints.push(format!("stopped: {} not looked at", counted(report.left_out, "photo")));
    }
    match report.known_uses {
        KnownUses::None => {
            hints.push("which dishes have which photo is not known: the directory is in no root".to_owned())
        }
        KnownUses::Some => hints.push(
            "which dishes have which photo is known in part only: files have errors, see `menusync validate`"
                .to_owned(),
        ),
        KnownUses::All => {}
    }
    let fixable = report.photos.iter().filter(|photo| photo.is_fixable).count();
    if fixable > 0 {
        let photos = counted(fixable, "photo");
        hints.push(format!("`menusync photos --fix` writes a copy of {photos} that GoFood takes, beside the original"));
    }
    hints
}

// ── JSON ──

/// For programs.
pub fn photos_json(report: &PhotosReport) -> String {
    let uses = match report.known_uses {
        KnownUses::None => "none",
        KnownUses::Some => "some",
        KnownUses::All => "all",
    };
    let document = json!({
        "schema": "menusync.photos/1",
        "tool": env!("CARGO_PKG_VERSION"),
        "directory": report.directory,
        "known_uses": uses,
        "photos": report.photos.iter().map(|photo| photo_json(report, photo)).collect::<Vec<_>>(),
        "other_files": report.others,
        "not_looked_at": report.left_out,
    });
    format!("{document:#}\n")
}

fn photo_json(report: &PhotosReport, photo: &PhotoLine) -> Value {
    let uses = photo.uses.iter().map(|used| {
        let Place { file, line, column, .. } = &used.place;
        json!({ "dishes": used.dishes, "file": file, "line": line, "column": column, "instead": used.instead })
    });
    let copy = photo.copy.as_ref().map(|copy| {
        json!({
            "file": copy.file, "is_new": copy.is_new, "bytes": copy.bytes,
            "width": copy.size.map(|size| size.0), "height": copy.size.map(|size| size.1),
            "findings": findings_json(&copy.findings),
        })
    });
    json!({
        "file": photo.file,
        "state": report.state(photo).as_str(),
        "bytes": photo.bytes,
        "width": photo.size.map(|size| size.0),
        "height": photo.size.map(|size| size.1),
        "findings": findings_json(&photo.findings),
        "error": photo.error,
        "uses": uses.collect::<Vec<_>>(),
        "copy": copy,
        "no_copy": photo.no_copy,
    })
}

fn findings_json(findings: &[Diagnostic]) -> Value {
    let finding = |found: &Diagnostic| json!({ "code": found.code, "severity": found.severity, "message": found.message, "help": found.help });
    findings.iter().map(finding).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
