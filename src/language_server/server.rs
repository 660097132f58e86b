//! The loop between the editor and the threads that work: it takes messages in, keeps what is open, and sends answers out. It
//! never waits for a disk, for a menu to be judged, or for the editor to read.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    answer::{self, Method},
    busy::Busy,
    documents::{Documents, Root},
    event::Event,
    judge::{self, FindRoot, Job},
    protocol::{
        Abilities, Answer, DidChange, DidOpen, Loudness, Refusal, capabilities, code, log, notification, response,
        show, watch_files,
    },
    published::Published,
    question::{Question, Schemas, StoredOf},
    streams::{MOST_UNREAD, start_reading, start_writing},
    view::{Found, View},
    wire::{Received, WireError},
};
use crate::{fleet::Loaded, report::untrusted::printable};

/// After the last change of a text, this long nothing is judged (our choice: between two keys).
const PAUSE: Duration = Duration::from_millis(150);
/// Whoever types without a pause sees something after this (our choice).
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// An editor that has ended this has so long to read the last answers (our choice).
const LAST_WORDS: Duration = Duration::from_secs(1);
/// So many questions are answered at once (our choice: those that hang are among them).
const MOST_QUESTIONS: usize = 16;

/// What the server needs to know.
pub struct Config {
    /// Finds the root that a folder of the editor is in; may block.
    pub find_root: FindRoot,
    /// The settings of the operator.
    pub operator: Option<PathBuf>,
    /// Finds what is stored of an outlet.
    pub stored_of: Arc<StoredOf>,
    /// What the files look like.
    pub schemas: Schemas,
    /// Of the program.
    pub version: &'static str,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The editor asked for it.
    InOrder,
    /// The editor is gone, or asked for it out of order.
    Abandoned,
}

/// Serves an editor until it is done or gone. Threads that hang are left behind: they end with the process.
pub fn serve(
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    config: Config,
) -> Result<Ended, WireError> {
    let (events, received) = channel();
    start_reading(input, events.clone()).map_err(WireError::Unreadable)?;
    let (output, written) = start_writing(output, events.clone()).map_err(WireError::Unreadable)?;
    let mut server = Server::new(config, output, events).map_err(WireError::Unreadable)?;
    let ended = run(&mut server, &received);
    drop(server);
    // What was answered is still written, if somebody reads it: the thread lets go of this when it has nothing more.
    let _ = written.recv_timeout(LAST_WORDS);
    ended
}

fn run(server: &mut Server, received: &Receiver<Event>) -> Result<Ended, WireError> {
    loop {
        let event = match received.recv_timeout(server.next_wake()) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => {
                server.wake(Instant::now());
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(Ended::Abandoned),
        };
        if let Some(end) = server.take(event)? {
            return Ok(end);
        }
        server.wake(Instant::now());
    }
}

/// A question that has no answer yet.
struct Pending {
    id: Value,
    method: &'static Method,
    until: Instant,
    /// What it asks, while the files have not been read.
    waiting: Option<Value>,
}

struct Server {
    schemas: Arc<Schemas>,
    operator: Option<PathBuf>,
    stored_of: Arc<StoredOf>,
    program_version: &'static str,
    /// Until the editor has said which folder it is about.
    find_root: Option<FindRoot>,
    output: SyncSender<Value>,
    events: Sender<Event>,
    abilities: Abilities,
    is_shut_down: bool,
    root: Option<Root>,
    /// What came before the root was found.
    early: Vec<(String, Value)>,
    /// Something of that was lost.
    is_early_lost: bool,
    documents: Documents,
    /// Counts changes of documents and of files on disk.
    version: u64,
    disk: Option<Arc<Loaded>>,
    view: Option<View>,
    found: Found,
    published: Published,
    pending: BTreeMap<String, Pending>,
    /// Threads that are at an answer, also one that nobody waits for any more.
    answering: usize,
    reading: Busy,
    read_orders: Option<Sender<()>>,
    judging: Busy,
    jobs: Sender<Job>,
    /// When what was changed is judged, and when at the latest.
    judge_at: Option<(Instant, Instant)>,
    /// Something is to be judged once what is being judged is.
    judge_again: bool,
    /// What was said of the root, so that it is not said again.
    complaint: Option<String>,
}

impl Server {
    fn new(config: Config, output: SyncSender<Value>, events: Sender<Event>) -> std::io::Result<Self> {
        let (jobs, receiver) = channel();
        let judging = Busy::default();
        judge::judge(receiver, events.clone(), judging.doing.clone())?;
        let Config { find_root, operator, stored_of, schemas, version } = config;
        Ok(Self {
            schemas: Arc::new(schemas),
            operator,
            stored_of,
            program_version: version,
            find_root: Some(find_root),
            output,
            events,
            abilities: Abilities::default(),
            is_shut_down: false,
            root: None,
            early: Vec::new(),
            is_early_lost: false,
            documents: Documents::default(),
            version: 0,
            disk: None,
            view: None,
            found: Found::default(),
            published: Published::default(),
            pending: BTreeMap::new(),
            answering: 0,
            reading: Busy::default(),
            read_orders: None,
            judging,
            jobs,
            judge_at: None,
            judge_again: false,
            complaint: None,
        })
    }

    fn send(&self, message: Value) {
        // Full: the editor has not read for long; the next event ends this.
        if self.output.try_send(message).is_err() {
            let _ = self.events.send(Event::CannotWrite);
        }
    }

    /// How long nothing has to be done if nothing happens.
    fn next_wake(&self) -> Duration {
        let patience = [&self.reading, &self.judging].into_iter().filter_map(|busy| busy.tell_at());
        let answers = self.pending.values().map(|pending| pending.until);
        let judged = self.judge_at.map(|(at, _)| at);
        let next = patience.chain(answers).chain(judged).min();
        next.map_or(Duration::from_secs(3600), |next| next.saturating_duration_since(Instant::now()))
    }

    /// Does what is due.
    fn wake(&mut self, now: Instant) {
        if self.judge_at.is_some_and(|(at, _)| at <= now) {
            self.judge();
        }
        let late = self.pending.iter().filter(|(_, pending)| pending.until <= now);
        let late: Vec<(String, Duration)> = late.map(|(id, pending)| (id.clone(), pending.method.within)).collect();
        for (id, within) in late {
            let message = format!("no answer within {} s", within.as_secs());
            self.finish(&id, Err(Refusal::failed(message)));
        }
        let said: Vec<String> =
            [&mut self.reading, &mut self.judging].into_iter().filter_map(|busy| busy.tell(now)).collect();
        for what in said {
            self.send(show(Loudness::Warning, &what));
        }
    }

    fn take(&mut self, event: Event) -> Result<Option<Ended>, WireError> {
        match event {
            Event::Received(received) => match received? {
                Received::Message(message) => return Ok(self.message(message)),
                Received::NoJson(why) => {
                    let refusal = Refusal { code: code::PARSE_ERROR, message: format!("this is no JSON: {why}") };
                    self.send(response(&Value::Null, Err(refusal)));
                    // It may have been a change.
                    self.lost(None);
                }
                Received::End => return Ok(Some(if self.is_shut_down { Ended::InOrder } else { Ended::Abandoned })),
            },
            Event::Loaded(root, loaded) => self.loaded(root, loaded),
            Event::NoRoot(why) => {
                self.reading.rests();
                self.complain(why);
                let waiting: Vec<String> = self.pending.keys().cloned().collect();
                waiting.iter().for_each(|id| self.finish(id, Ok(Value::Null)));
            }
            Event::Viewed(view) => {
                self.view = Some(view);
                self.start_answers();
            }
            Event::Found { found, by_file } => {
                self.judging.rests();
                self.found = found;
                self.publish(by_file);
                if std::mem::take(&mut self.judge_again) {
                    self.judge();
                }
            }
            Event::AllWritten => {
                self.published.all_read();
                self.publish_more();
            }
            Event::Answered { id, answer } => {
                self.answering -= 1;
                self.finish(&id, answer);
            }
            Event::Notice(words) => self.send(show(Loudness::Warning, &words)),
            Event::Died(what) => {
                self.send(show(
                    Loudness::Error,
                    &format!("{what} has failed: please report it, and restart the server"),
                ));
            }
            Event::CannotWrite => return Ok(Some(Ended::Abandoned)),
        }
        Ok(None)
    }

    fn message(&mut self, message: Value) -> Option<Ended> {
        let id = message.get("id").cloned();
        let method = message.get("method").and_then(Value::as_str).map(str::to_owned);
        let params = message.get("params").cloned().unwrap_or_default();
        match (id, method) {
            (Some(id), Some(method)) => self.request(id, &method, params),
            (None, Some(method)) if method == "exit" => {
                return Some(if self.is_shut_down { Ended::InOrder } else { Ended::Abandoned });
            }
            (None, Some(method)) => self.notified(&method, params),
            // An answer to what we asked: nothing depends on it.
            (_, None) => {}
        }
        None
    }

    fn request(&mut self, id: Value, method: &str, params: Value) {
        let refuse = |code, message: &str| Err(Refusal { code, message: message.to_owned() });
        let answer = match method {
            "initialize" if self.find_root.is_some() => self.initialize(&params),
            "shutdown" => {
                self.is_shut_down = true;
                Ok(Value::Null)
            }
            _ if self.find_root.is_some() => refuse(code::NOT_INITIALIZED, "`initialize` comes first"),
            "initialize" => refuse(code::INVALID_REQUEST, "`initialize` comes once"),
            _ if self.is_shut_down => refuse(code::INVALID_REQUEST, "nothing is answered after `shutdown`"),
            name => match answer::method(name) {
                None => refuse(code::METHOD_NOT_FOUND, &format!("menusync does not answer {}", printable(name))),
                Some(_) if self.pending.len().max(self.answering) >= MOST_QUESTIONS => {
                    refuse(code::REQUEST_FAILED, "too many questions have no answer yet")
                }
                Some(method) => return self.ask(id, method, params),
            },
        };
        self.send(response(&id, answer));
    }

    fn initialize(&mut self, params: &Value) -> Answer {
        self.abilities = Abilities::of(params);
        let Some(find_root) = self.find_root.take() else { return Ok(Value::Null) };
        let folder = folder_of(params).unwrap_or_else(|| PathBuf::from("."));
        let (orders, receiver) = channel();
        let ends = (receiver, self.events.clone(), self.reading.doing.clone());
        let started = judge::load(folder, find_root, self.operator.clone(), ends);
        started.map_err(|error| Refusal::failed(format!("cannot start a thread: {error}")))?;
        self.read_orders = Some(orders);
        self.read_files();
        Ok(capabilities(self.program_version))
    }

    /// Has the files read from disk.
    fn read_files(&mut self) {
        if let Some(orders) = &self.read_orders {
            self.reading.works();
            let _ = orders.send(());
        }
    }

    fn loaded(&mut self, root: Root, loaded: Result<Arc<Loaded>, String>) {
        self.reading.rests();
        let is_first = self.root.is_none();
        self.root = Some(root);
        match loaded {
            Ok(loaded) => {
                self.disk = Some(loaded);
                self.complaint = None;
                self.version += 1;
            }
            Err(why) => self.complain(why),
        }
        if is_first {
            for (method, params) in std::mem::take(&mut self.early) {
                self.changed(&method, params);
            }
            if self.is_early_lost {
                self.lost(None);
            }
        }
        self.judge();
        self.start_answers();
    }

    /// Shows once why nothing is known.
    fn complain(&mut self, why: String) {
        if self.complaint.as_ref() != Some(&why) {
            self.send(show(Loudness::Warning, &printable(&why)));
            self.complaint = Some(why);
        }
    }

    /// Starts what has waited, once there is something to answer from.
    fn start_answers(&mut self) {
        let is_ready = self.view.is_some() || self.disk.is_none();
        if self.root.is_some() && is_ready {
            let waiting = self.pending.iter().filter(|(_, pending)| pending.waiting.is_some());
            let waiting: Vec<String> = waiting.map(|(id, _)| id.clone()).collect();
            waiting.iter().for_each(|id| self.start_answer(id));
        }
    }

    fn notified(&mut self, method: &str, params: Value) {
        match method {
            "initialized" if self.abilities.watches => self.send(watch_files()),
            "$/cancelRequest" => {
                let id = params.get("id").map(Value::to_string).unwrap_or_default();
                let refusal = Refusal { code: code::REQUEST_CANCELLED, message: "cancelled".to_owned() };
                self.finish(&id, Err(refusal));
            }
            // It is known by its place in the root.
            _ if self.root.is_none() => {
                if method.ends_with("didSave") || method.ends_with("didChangeWatchedFiles") {
                    self.read_files();
                } else if self.early.len() < MOST_UNREAD {
                    self.early.push((method.to_owned(), params));
                } else {
                    self.is_early_lost = true;
                }
            }
            method => self.changed(method, params),
        }
    }

    /// A message that could not be read, or was dropped, was about this document, or about any: what stands there now is not
    /// known, and an answer would be about an older text.
    fn lost(&mut self, uri: Option<&str>) {
        let Some(root) = &self.root else {
            self.is_early_lost = true;
            return;
        };
        let path = uri.map(|uri| root.path_of(uri));
        let (is_new, what) = match path {
            // Other files are none of ours.
            Some(None) => return,
            Some(Some(path)) => (self.documents.forget(Arc::clone(&path)), format!("`{path}`")),
            None => (self.documents.forget_all(), "the open files".to_owned()),
        };
        if !is_new {
            return;
        }
        self.send(show(
            Loudness::Warning,
            &format!(
                "a message of the editor was lost, so what stands in {} is not known: what is on disk counts; close and open \
                 again what you edit",
                printable(&what)
            ),
        ));
        self.is_changed();
    }

    /// Something is other than it was: in the editor or on disk.
    fn changed(&mut self, method: &str, params: Value) {
        // Other files are none of ours.
        let path_of = |uri: &str| self.root.as_ref().and_then(|root| root.path_of(uri));
        let uri = params.pointer("/textDocument/uri").and_then(Value::as_str).map(str::to_owned);
        match method {
            "textDocument/didOpen" => {
                let Ok(DidOpen { text_document: opened }) = serde_json::from_value(params) else {
                    return self.lost(uri.as_deref());
                };
                let Some(path) = path_of(&opened.uri) else { return };
                self.documents.open(path, opened.uri, opened.version, &opened.text);
            }
            "textDocument/didChange" => {
                let Ok(DidChange { text_document, content_changes }) = serde_json::from_value(params) else {
                    return self.lost(uri.as_deref());
                };
                let Some(path) = path_of(&text_document.uri) else { return };
                if !self.documents.change(&path, text_document.version, content_changes) {
                    return;
                }
            }
            "textDocument/didClose" => {
                let Some(uri) = uri else { return self.lost(None) };
                let Some(path) = path_of(&uri) else { return };
                self.documents.close(&path);
                // What was never saved is gone, and what was saved is on disk.
                self.read_files();
            }
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => return self.read_files(),
            _ => return,
        }
        self.is_changed();
    }

    fn is_changed(&mut self) {
        self.version += 1;
        let now = Instant::now();
        let latest = self.judge_at.map_or(now + LONGEST_PAUSE, |(_, latest)| latest);
        self.judge_at = Some((latest.min(now + PAUSE), latest));
    }

    /// Has the files judged as they are now.
    fn judge(&mut self) {
        self.judge_at = None;
        let (Some(disk), Some(root)) = (&self.disk, &self.root) else { return };
        if self.judging.is_working() {
            self.judge_again = true;
            return;
        }
        let (disk, root) = (Arc::clone(disk), root.clone());
        self.judging.works();
        let _ = self.jobs.send(Job { root, disk, documents: self.documents.clone(), version: self.version });
    }

    /// Tells the editor what is wrong in each file, and of which files nothing is wrong any more.
    fn publish(&mut self, by_file: BTreeMap<Arc<str>, Value>) {
        let Some(root) = &self.root else { return };
        let address = |(path, list): (Arc<str>, Value)| Some((self.documents.uri(root, &path)?, list));
        self.published.set(by_file.into_iter().filter_map(address).collect());
        self.publish_more();
    }

    fn publish_more(&mut self) {
        while let Some(params) = self.published.next() {
            self.send(notification("textDocument/publishDiagnostics", params));
        }
    }

    fn ask(&mut self, id: Value, method: &'static Method, params: Value) {
        if self.root.is_none() && !self.reading.is_working() {
            // No root was found, which people have been told.
            return self.send(response(&id, Ok(Value::Null)));
        }
        let key = id.to_string();
        let until = Instant::now() + method.within;
        self.pending.insert(key, Pending { id, method, until, waiting: Some(params) });
        self.start_answers();
    }

    /// Answers a question on a thread of its own.
    fn start_answer(&mut self, key: &str) {
        let (Some(root), Some(pending)) = (self.root.clone(), self.pending.get_mut(key)) else { return };
        let Some(params) = pending.waiting.take() else { return };
        let method = pending.method;
        let shown = self.events.clone();
        let question = Question {
            root,
            schemas: Arc::clone(&self.schemas),
            operator: self.operator.clone(),
            stored_of: Arc::clone(&self.stored_of),
            abilities: self.abilities,
            disk: self.disk.clone(),
            view: self.view.clone(),
            documents: self.documents.clone(),
            version: self.version,
            found: self.found.clone(),
            show: Arc::new(move |words| drop(shown.send(Event::Notice(words)))),
        };
        let (events, id) = (self.events.clone(), key.to_owned());
        let work = move || {
            // Nobody would count it as ended otherwise.
            let answer = catch_unwind(AssertUnwindSafe(|| method.answer(params, &question)));
            let answer = answer.unwrap_or_else(|_| Err(Refusal::failed("menusync has failed here: please report it")));
            let _ = events.send(Event::Answered { id, answer });
        };
        match thread::Builder::new().name("answer".to_owned()).spawn(work) {
            Ok(_) => self.answering += 1,
            Err(error) => self.finish(key, Err(Refusal::failed(format!("cannot start a thread: {error}")))),
        }
    }

    /// Sends an answer, unless the question has had one.
    fn finish(&mut self, key: &str, answer: Answer) {
        let Some(Pending { id, method, .. }) = self.pending.remove(key) else { return };
        if let Err(refusal) = &answer {
            self.send(log(&format!("{}: {}", method.name, refusal.message)));
        }
        self.send(response(&id, answer));
    }
}

/// The folder that the editor has open.
fn folder_of(params: &Value) -> Option<PathBuf> {
    let uri = params.pointer("/workspaceFolders/0/uri").or_else(|| params.get("rootUri")).and_then(Value::as_str);
    let of_uri = uri.and_then(|uri| url::Url::parse(uri).ok()?.to_file_path().ok());
    of_uri.or_else(|| params.get("rootPath").and_then(Value::as_str).map(PathBuf::from))
}
