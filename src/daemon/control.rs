//! The socket in the state directory through which a command on the same machine, of the same user, asks the daemon for
//! something and hears the answer. Signals ask for the same without an answer.
//!
//! One line in, one JSON document out: `reload`, `reload --wait`, or `status` with a JSON list of globs. Who may connect is the file system's to say: the socket is in a directory of mode
//! 0700.

use std::{
    fs::{DirBuilder, File},
    io::{self, Read, Write},
    os::{
        fd::AsRawFd,
        unix::{fs::DirBuilderExt, net::UnixStream},
    },
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::UnixListener,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{Order, View, parts::Reply};
use crate::{
    fleet::{self, Selection},
    report::StatusLine,
    state::Store,
    sync::Clock,
};

/// In the state directory, for its owner only.
const DIRECTORY: &str = "control";
/// In that directory.
const SOCKET: &str = "socket";
/// What is asked.
const RELOAD: &str = "reload";
const RELOAD_AND_SAY: &str = "reload --wait";
const STATUS: &str = "status ";
/// The longest line that is read (our choice).
const LONGEST_LINE: u64 = 64 << 10;
/// The longest answer that is read (our choice: a large fleet in which everything drifted).
const LONGEST_ANSWER: u64 = 64 << 20;
/// How long a line may take to come.
const LINE_WITHIN: Duration = Duration::from_secs(5);

/// How a reload ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Reloaded {
    /// The daemon knows that it shall; nobody waited for more.
    Asked,
    /// Everything is in use, or will be.
    Taken {
        /// How many outlets there are.
        outlets: usize,
        /// Whether the addresses among the settings wait for a restart.
        after_restart: bool,
    },
    /// Bad settings: all is as it was. Errors in definitions: the outlets they concern are left out, the rest is in use. A
    /// file with a secret that cannot be read: the old one holds, the rest is in use.
    Refused {
        /// What became of it, in a sentence.
        words: String,
        /// The errors for people.
        text: String,
        /// The same as `menusync.diagnostics/1`.
        diagnostics: Value,
    },
    /// The files cannot be read; all is as it was.
    Unreadable {
        /// Why.
        error: String,
    },
}

/// Why nothing was heard.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody listens.
    #[error(
        "no daemon answers at {}; is `menusync run` at work with this state directory, under the same user?",
        path.display()
    )]
    Nobody {
        /// The socket.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Somebody listens, and gave no answer in time, or none that makes sense.
    #[error("the daemon at {} gave no answer; its log says more", path.display())]
    NoAnswer {
        /// The socket.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
}

/// Asks the daemon of `state_dir` to read its files again; with `wait`, how that ended is waited for, at most `patience`.
pub fn ask_reload(state_dir: &Path, wait: bool, patience: Duration) -> Result<Reloaded, AskError> {
    let path = state_dir.join(DIRECTORY).join(SOCKET);
    let nobody = |source| AskError::Nobody { path: path.clone(), source };
    let directory = File::open(state_dir.join(DIRECTORY)).map_err(nobody)?;
    let stream = UnixStream::connect(short(&directory)).map_err(nobody)?;
    let line = if wait { RELOAD_AND_SAY } else { RELOAD };
    converse(stream, line, patience).map_err(|source| AskError::NoAnswer { path, source })
}

fn converse(mut stream: UnixStream, line: &str, patience: Duration) -> io::Result<Reloaded> {
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    writeln!(stream, "{line}")?;
    let mut answer = Vec::new();
    stream.take(LONGEST_ANSWER).read_to_end(&mut answer)?;
    serde_json::from_slice(&answer).map_err(io::Error::other)
}

/// What the daemon of `state_dir` says of its outlets that match `globs`, within `patience` whatever happens. The answer
/// comes from whoever holds the lock of that directory and from nobody else, as only its owner can put a socket there.
pub async fn ask_status(state_dir: &Path, globs: &[String], patience: Duration) -> Result<Vec<StatusLine>, AskError> {
    let path = state_dir.join(DIRECTORY).join(SOCKET);
    let nobody = |source| AskError::Nobody { path: path.clone(), source };
    let directory = File::open(state_dir.join(DIRECTORY)).map_err(nobody)?;
    let heard = tokio::time::timeout(patience, async {
        let mut stream = tokio::net::UnixStream::connect(short(&directory)).await?;
        stream.write_all(format!("{STATUS}{}\n", Value::from(globs)).as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(LONGEST_ANSWER).read_to_end(&mut answer).await?;
        serde_json::from_slice::<Vec<Told>>(&answer).map_err(io::Error::other)
    });
    let heard = heard.await.unwrap_or_else(|late| Err(late.into()));
    heard.map(|told| told.into_iter().map(Told::line).collect()).map_err(|source| AskError::NoAnswer { path, source })
}

/// The socket by a name that is short enough for the system (108 bytes) however deep the state directory lies.
fn short(directory: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}/{SOCKET}", directory.as_raw_fd()))
}

/// An outlet on its way through the socket, with what its public form leaves out.
#[derive(Serialize, Deserialize)]
struct Told {
    line: StatusLine,
    pause: Option<String>,
}

impl Told {
    fn new(line: StatusLine) -> Self {
        Self { pause: line.pause.as_ref().map(|pause| pause.words.clone()), line }
    }

    fn line(mut self) -> StatusLine {
        if let (Some(pause), Some(words)) = (&mut self.line.pause, self.pause) {
            pause.words = words;
        }
        self.line
    }
}

/// What commands are answered with.
#[derive(Clone)]
pub struct Control {
    /// The daemon takes orders here.
    pub orders: mpsc::Sender<Order>,
    /// How it stands.
    pub view: Arc<View>,
    /// Where what is remembered is kept, and the socket.
    pub state_dir: PathBuf,
    /// The time.
    pub clock: Clock,
}

/// Listens from now on. Only who holds the daemon lock of the state directory may call this: a socket that lies there is
/// left over.
pub fn listen(control: Control) -> io::Result<JoinHandle<()>> {
    let path = control.state_dir.join(DIRECTORY);
    DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
    match std::fs::remove_file(path.join(SOCKET)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(short(&File::open(&path)?))?;
    Ok(tokio::spawn(async move {
        // An error of accepting, such as no file descriptors left, passes; it must not make a busy loop.
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(serve(stream, control.clone()))),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }))
}

async fn serve(stream: tokio::net::UnixStream, control: Control) {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut reader = BufReader::new(read.take(LONGEST_LINE));
    if !matches!(tokio::time::timeout(LINE_WITHIN, reader.read_line(&mut line)).await, Ok(Ok(_))) {
        return;
    }
    let line = line.trim();
    let answer = match line.strip_prefix(STATUS) {
        Some(globs) => control.status(globs).await.as_ref().map(json),
        None => obey(line, &control.orders).await.as_ref().map(json),
    };
    if let Some(answer) = answer {
        // Who asked may have left.
        let _ = write.write_all(&answer).await;
        let _ = write.shutdown().await;
    }
}

fn json(answer: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(answer).expect("words, numbers and JSON always serialise")
}

impl Control {
    /// `None`: not understood, or not known at the moment.
    async fn status(self, globs: &str) -> Option<Vec<Told>> {
        let globs: Vec<String> = serde_json::from_str(globs).ok()?;
        tokio::task::spawn_blocking(move || self.lines(&globs)).await.ok()?
    }

    fn lines(&self, globs: &[String]) -> Option<Vec<Told>> {
        let shown = self.view.shown();
        let (loaded, survey) = shown.files.as_ref()?;
        let selection = Selection::new(globs).ok()?;
        let store = Store::open_read_only(&self.state_dir).ok()?;
        let settings = loaded.settings.as_ref()?;
        let mut lines = fleet::status(settings, survey, store.as_ref(), &selection, self.clock.now()).ok()?;
        shown.tell_next(&mut lines);
        Some(lines.into_iter().map(Told::new).collect())
    }
}

/// `None`: not understood, or the daemon is ending.
async fn obey(line: &str, orders: &mpsc::Sender<Order>) -> Option<Reloaded> {
    match line {
        RELOAD => {
            orders.send(Order::Reload(Reply::nobody())).await.ok()?;
            Some(Reloaded::Asked)
        }
        RELOAD_AND_SAY => {
            let (answer, heard) = oneshot::channel();
            orders.send(Order::Reload(Reply::to(answer))).await.ok()?;
            heard.await.ok()
        }
        _ => None,
    }
}
