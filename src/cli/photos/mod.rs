//! `photos`: what GoFood would refuse of the photos in a directory, which dishes have them, and copies that it takes.

mod copies;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use copies::Beside;
use rayon::{ThreadPoolBuilder, prelude::*};

use super::{
    Exit,
    command_error::CommandError,
    output::Format,
    progress::Progress,
    session::{Session, moment},
    signals::StopAnnouncer,
};
use crate::{
    diagnostic::Diagnostic,
    fleet::{Loaded, PhotoPlace},
    images::{self, Finding, MOST_SIDE, Squaring},
    platform::paths::{canonicalize, with_slashes},
    report::{self, FitCopy, KnownUses, PhotoLine, PhotoState, PhotoUse, PhotosReport},
    source,
    sync::chain,
};

/// The directory of a root that is looked at if none is given.
const PHOTOS: &str = "photos";
/// Photos that are looked at side by side, if there are as many cores (our choice: each may take half a gigabyte).
const MOST_AT_A_TIME: usize = 4;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Directory with photos [default: `photos` of the root]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Write a copy that GoFood takes beside every photo that it refuses: a square JPEG of at most 1 MB
    #[arg(long)]
    fix: bool,
    /// Make copies square by white beside the photo, instead of cutting off its ends
    #[arg(long, requires = "fix")]
    pad: bool,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json, Format::Html])?;
    let place = Place::find(args.dir.as_deref(), session)?;
    let uses = Uses::of(&place);
    let is_used = |path: &Path| uses.of_file.contains_key(path);
    let listed = source::list_photos(&place.dir, &is_used);
    let found = listed.map_err(|error| CommandError::failed(format!("cannot list {}", place.dir.display()), error))?;
    let look = Look {
        place: &place,
        uses: &uses,
        fix: args.fix,
        squaring: if args.pad { Squaring::Pad } else { Squaring::Crop },
        with_thumbnails: session.outputs.has(Format::Html),
    };
    let unreadable = |(name, why): (String, String)| PhotoLine {
        file: place.shown(&name),
        error: Some(why),
        ..PhotoLine::default()
    };
    let mut photos: Vec<PhotoLine> = found.refused.into_iter().map(unreadable).collect();
    let (looked, has_failed) = look.all(&found.photos, session)?;
    let left_out = found.photos.len() - looked.len();
    photos.extend(looked);
    photos.sort_by(|a, b| a.file.cmp(&b.file));
    let others = found.others.iter().map(|name| place.shown(name)).collect();
    let report = PhotosReport { directory: place.label.clone(), photos, known_uses: uses.known, others, left_out };
    let lang = place.loaded.and_then(|loaded| loaded.settings.as_ref()?.lang).unwrap_or_default();
    session.outputs.emit(|format, screen| match format {
        Format::Json => report::photos_json(&report),
        Format::Html => report::photos_html(&report, lang),
        _ => report::photos_text(&report, screen.color),
    })?;
    let has = |state| report.photos.iter().any(|photo| report.state(photo) == state);
    let failed = if has_failed || left_out > 0 || has(PhotoState::Unreadable) { Exit::Failed } else { Exit::Done };
    Ok(failed.max(if has(PhotoState::Refused) { Exit::Invalid } else { Exit::Done }))
}

/// Where the photos are.
struct Place<'s> {
    /// Without links.
    dir: PathBuf,
    /// Before the names of its files, for people.
    label: String,
    /// The root that it is in, if it is in one, and its path without links.
    loaded: Option<&'s Loaded>,
    root: PathBuf,
}

impl<'s> Place<'s> {
    fn find(given: Option<&Path>, session: &'s Session) -> Result<Self, CommandError> {
        let given = given.map_or_else(|| session.root().join(PHOTOS), Path::to_owned);
        let dir = canonicalize(&given).map_err(|error| {
            let what = "write the directory that holds the photos: `menusync photos DIR`";
            CommandError::failed(format!("cannot look into {}: {what}", given.display()), error)
        })?;
        let root = canonicalize(&session.root()).ok().filter(|root| root.join("catalogs").is_dir());
        let (root, inside) = match root.as_ref().and_then(|root| Some((root, dir.strip_prefix(root).ok()?))) {
            Some((root, inside)) => (root.clone(), inside.to_owned()),
            None => return Ok(Self { dir, label: given.display().to_string(), loaded: None, root: PathBuf::new() }),
        };
        let label = if inside.as_os_str().is_empty() { ".".to_owned() } else { with_slashes(&inside) };
        Ok(Self { dir, label, loaded: Some(session.loaded()?), root })
    }

    /// A file of the directory as people find it: relative to the root, if there is one.
    fn shown(&self, name: &str) -> String {
        if self.label == "." { name.to_owned() } else { with_slashes(&Path::new(&self.label).join(name)) }
    }

    /// Findings with the severities that the root gives.
    fn diagnostics(&self, findings: &[Finding]) -> Vec<Diagnostic> {
        match self.loaded {
            Some(loaded) => loaded.photo_findings(findings),
            None => findings.iter().map(|finding| finding.at(None)).collect(),
        }
    }
}

/// Which dishes have which file.
struct Uses {
    known: KnownUses,
    /// By the path without links to its directory.
    of_file: BTreeMap<PathBuf, Vec<(PhotoPlace, Vec<String>)>>,
}

impl Uses {
    fn of(place: &Place<'_>) -> Self {
        let Some(loaded) = place.loaded else { return Self { known: KnownUses::None, of_file: BTreeMap::new() } };
        let uses = loaded.photo_uses(moment(None));
        let known = if uses.is_incomplete { KnownUses::Some } else { KnownUses::All };
        let mut of_file: BTreeMap<PathBuf, Vec<_>> = BTreeMap::new();
        for (named, dishes) in uses.places {
            let file = place.root.join(&named.path);
            let dir = file.parent().and_then(|dir| canonicalize(dir).ok());
            // What leads nowhere is `validate`'s to say.
            if let (Some(dir), Some(name)) = (dir, file.file_name()) {
                of_file.entry(dir.join(name)).or_default().push((named, dishes.into_iter().collect()));
            }
        }
        Self { known, of_file }
    }

    /// The places that name a file, and what to write there once it has a copy.
    fn lines(&self, file: &Path, copy: Option<&Path>) -> Vec<PhotoUse> {
        let copy = copy.and_then(Path::file_name);
        let line = |(named, dishes): &(PhotoPlace, Vec<String>)| PhotoUse {
            dishes: dishes.clone(),
            place: named.place.clone(),
            instead: copy.map(|name| with_slashes(&Path::new(&named.path).with_file_name(name))),
        };
        self.of_file.get(file).into_iter().flatten().map(line).collect()
    }
}

/// What is done with every photo.
struct Look<'a> {
    place: &'a Place<'a>,
    uses: &'a Uses,
    fix: bool,
    squaring: Squaring,
    with_thumbnails: bool,
}

/// A photo, and the copy that is to be written of it.
struct Looked {
    file: PathBuf,
    line: PhotoLine,
    known: Option<PathBuf>,
    new: Option<NewCopy>,
}

struct NewCopy {
    source: String,
    bytes: Vec<u8>,
}

impl Look<'_> {
    /// A few at a time, so that memory has a limit, until a signal comes. Also says whether a copy could not be written.
    fn all(&self, names: &[String], session: &Session) -> Result<(Vec<PhotoLine>, bool), CommandError> {
        let ending = session.signals.end_in_order(StopAnnouncer::Stderr);
        let stop = ending.stop();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let at_a_time = cores.min(MOST_AT_A_TIME);
        let pool = ThreadPoolBuilder::new().num_threads(at_a_time).build()?;
        let progress = Progress::new("photos");
        let (mut lines, mut has_failed) = (Vec::new(), false);
        for batch in names.chunks(at_a_time) {
            if *stop.borrow() {
                break;
            }
            let looked: Vec<Looked> = pool.install(|| batch.par_iter().map(|name| self.one(name)).collect());
            for looked in looked {
                // One after the other, so that names do not depend on which was done first.
                let (line, is_written) = self.written(looked);
                has_failed |= !is_written;
                lines.push(line);
            }
            progress.tell(lines.len(), names.len());
        }
        Ok((lines, has_failed))
    }

    fn one(&self, name: &str) -> Looked {
        let file = self.place.dir.join(name);
        let mut line = PhotoLine { file: self.place.shown(name), ..PhotoLine::default() };
        let bytes = match source::read_photo(&self.place.dir, name) {
            Ok(bytes) => bytes,
            Err(error) => {
                line.error = Some(chain(&error));
                return Looked { file, line, known: None, new: None };
            }
        };
        let findings = images::judge(&bytes, None);
        line.bytes = bytes.len();
        line.size = images::size(&bytes);
        line.findings = self.place.diagnostics(&findings);
        if self.with_thumbnails {
            line.thumbnail = images::thumbnail(&bytes).ok();
        }
        let is_of_form = |found: &Diagnostic| images::is_of_form(found.code);
        let is_whole = findings.iter().all(|found| found.code != "image-truncated");
        let (mut known, mut new) = (None, None);
        if is_whole && line.findings.iter().any(is_of_form) {
            (known, new) = self.copy(&file, &bytes, &mut line);
        }
        Looked { file, line, known, new }
    }

    /// The copy that there is, or the one that is to be written.
    fn copy(&self, file: &Path, bytes: &[u8], line: &mut PhotoLine) -> (Option<PathBuf>, Option<NewCopy>) {
        let source = images::source_hash(bytes);
        let beside = Beside::look(file, &source);
        // A copy that is there stays, unless another kind is asked for.
        let is_wanted = |known: &copies::Known| {
            !self.fix || self.squaring == Squaring::Crop || known.mark.squaring == Some(self.squaring)
        };
        if let Some(known) = beside.known.filter(is_wanted) {
            line.copy = Some(self.fit_copy(&known.path, &known.bytes, false));
            return (Some(known.path), None);
        }
        if !self.fix {
            line.is_fixable = images::can_unpack(bytes);
            return (None, None);
        }
        match self.new_copy(bytes, &source) {
            Ok(bytes) => (None, Some(NewCopy { source, bytes })),
            Err(why) => {
                line.no_copy = Some(why);
                (None, None)
            }
        }
    }

    /// What is to be written is judged first.
    fn new_copy(&self, bytes: &[u8], source: &str) -> Result<Vec<u8>, String> {
        let copy = images::fit(bytes, self.squaring, MOST_SIDE).map_err(|error| error.to_string())?;
        let marked = images::mark(&copy, source, self.squaring).ok_or("the copy takes no mark")?;
        let wrong = self.place.diagnostics(&images::judge(&marked, None)).into_iter().find(Diagnostic::is_error);
        wrong.map_or(Ok(marked), |wrong| Err(wrong.message))
    }

    /// With its copy on disk, and what to write where the original is named.
    fn written(&self, looked: Looked) -> (PhotoLine, bool) {
        let Looked { file, mut line, known, new } = looked;
        let mut copy = known;
        let mut is_written = true;
        if let Some(NewCopy { source, bytes }) = new {
            match Beside::look(&file, &source).write(&source, &bytes) {
                Ok(path) => {
                    line.copy = Some(self.fit_copy(&path, &bytes, true));
                    copy = Some(path);
                }
                Err(error) => {
                    line.no_copy = error.diagnostics().into_iter().next().map(|told| told.message);
                    is_written = false;
                }
            }
        }
        line.uses = self.uses.lines(&file, copy.as_deref());
        (line, is_written)
    }

    fn fit_copy(&self, path: &Path, bytes: &[u8], is_new: bool) -> FitCopy {
        let name = with_slashes(path.strip_prefix(&self.place.dir).unwrap_or(path));
        FitCopy {
            file: self.place.shown(&name),
            is_new,
            size: images::size(bytes),
            bytes: bytes.len(),
            findings: self.place.diagnostics(&images::judge(bytes, None)),
        }
    }
}
