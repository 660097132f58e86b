//! The threads that read the files and judge them.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, Sender},
    },
    thread,
};

use super::{
    diagnostics::by_file,
    documents::{Documents, Root},
    event::Event,
    view::{Found, View},
};
use crate::{
    fleet::{self, Loaded},
    source::Doing,
    sync::chain,
};

/// Finds the root that a folder of the editor is in.
pub(super) type FindRoot = Box<dyn Fn(&Path) -> Result<PathBuf, String> + Send>;

/// Reads the files from disk whenever it is asked to.
pub(super) fn load(
    folder: PathBuf,
    find_root: FindRoot,
    operator: Option<PathBuf>,
    (orders, events, doing): (Receiver<()>, Sender<Event>, Doing),
) -> std::io::Result<()> {
    let read = move || {
        let _watched = Watched { events: events.clone(), what: "reading files" };
        let mut found: Option<Root> = None;
        let mut before: Option<Arc<Loaded>> = None;
        while orders.recv().is_ok() {
            while orders.try_recv().is_ok() {}
            doing.set("the folder of the editor");
            let root = match found.clone().map_or_else(|| find_root(&folder).map(|root| Root::new(&root)), Ok) {
                Ok(root) => found.insert(root).clone(),
                Err(why) => {
                    let _ = events.send(Event::NoRoot(why));
                    continue;
                }
            };
            let loaded = fleet::load_uncommitted(&root.path, operator.as_deref(), &doing, before.as_deref());
            let loaded = loaded.map(Arc::new).map_err(|error| chain(&error).to_string());
            before = loaded.as_ref().ok().cloned().or(before);
            if events.send(Event::Loaded(root, loaded)).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("read".to_owned()).spawn(read).map(drop)
}

/// What is to be judged.
pub(super) struct Job {
    pub(super) root: Root,
    pub(super) disk: Arc<Loaded>,
    pub(super) documents: Documents,
    pub(super) version: u64,
}

/// Judges what it is given.
pub(super) fn judge(jobs: Receiver<Job>, events: Sender<Event>, doing: Doing) -> std::io::Result<()> {
    let work = move || {
        let _watched = Watched { events: events.clone(), what: "judging menus" };
        let mut before: Option<View> = None;
        for job in jobs {
            let texts = job.documents.texts();
            let view = View::new(&job.disk, &texts, before.as_ref(), &doing, job.version);
            if events.send(Event::Viewed(view.clone())).is_err() {
                return;
            }
            doing.set("images");
            let diagnostics = view.loaded.survey_ahead(jiff::Timestamp::now()).diagnostics;
            let by_file = by_file(&job.root, &job.documents, &view.loaded, &diagnostics);
            let found = Found { diagnostics: Arc::new(diagnostics), texts: Arc::new(texts) };
            before = Some(view);
            if events.send(Event::Found { found, by_file }).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("judge".to_owned()).spawn(work).map(drop)
}

/// Tells the loop when a thread that it counts on has died.
struct Watched {
    events: Sender<Event>,
    what: &'static str,
}

impl Drop for Watched {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.events.send(Event::Died(self.what));
        }
    }
}
