//! The socket in the state directory through which a command on the same machine, of the same user, asks the daemon for
//! something and hears the answer. Signals ask for the same without an answer.
//!
//! One JSON document in, on a line, and one out. Who asks names its root: a daemon answers for its own alone. Who may
//! connect is the file system's to say: the socket is in a directory of mode 0700.

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    sync::{mpsc, oneshot},
};

use super::{
    Order, View,
    parts::{Reloaded, Reply},
};
use crate::{
    fleet::{self, Selection},
    platform::{
        paths::canonicalize,
        rights,
        socket::{self, Address, AsyncStream, Stream},
    },
    report::StatusLine,
    state::SharedState,
    sync::Clock,
};

/// In the state directory, for its owner only.
const DIRECTORY: &str = "control";
/// In that directory.
const SOCKET: &str = "socket";
/// The longest line that is read (our choice).
const LONGEST_LINE: u64 = 64 << 10;
/// The longest answer that is read (our choice: a large fleet in which everything drifted).
const LONGEST_ANSWER: u64 = 64 << 20;
/// How long a line may take to come.
const LINE_WITHIN: Duration = Duration::from_secs(5);
/// How long links may take to be followed (our choice); who asks for the status waits for two seconds.
const RESOLVE_WITHIN: Duration = Duration::from_secs(1);

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    /// The root that is meant, as [`Control::root`] has it.
    root: String,
    what: Asked,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Asked {
    /// Read everything again; with `wait`, say how that ended.
    Reload { wait: bool },
    /// How outlets that match these globs stand.
    Status { outlets: Vec<String> },
}

/// What is answered.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Reload(Reloaded),
    Status {
        lines: Vec<StatusAnswer>,
        after_restart: Option<String>,
        /// A release that knows nothing of it does not.
        #[serde(default)]
        switches_back: bool,
    },
    /// Another root is served here.
    OtherRoot(String),
}

/// How a daemon stands.
pub struct DaemonStatus {
    /// Its outlets.
    pub lines: Vec<StatusLine>,
    /// What waits for its restart, in a sentence.
    pub after_restart: Option<String>,
    /// Whether it switches stock back.
    pub switches_back: bool,
}

/// Why nothing was heard.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// No daemon of this system can be asked.
    #[error("{0}")]
    Unsupported(&'static str),
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
    /// The daemon of this state serves another root.
    #[error(
        "the daemon that uses this state serves another root, {root}; give that one with --root, or start a daemon for this root with a state_dir of its own"
    )]
    OtherRoot {
        /// That root.
        root: String,
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

/// Asks the daemon of `state_dir` to read the files of `root` again; with `wait`, how that ended is waited for, at most
/// `patience`.
pub fn ask_reload(state_dir: &Path, root: &str, wait: bool, patience: Duration) -> Result<Reloaded, AskError> {
    can_be_asked()?;
    let path = state_dir.join(DIRECTORY).join(SOCKET);
    let nobody = |source| AskError::Nobody { path: path.clone(), source };
    let stream = Address::open(&state_dir.join(DIRECTORY), SOCKET).and_then(|at| at.connect()).map_err(nobody)?;
    let request = Request { root: root.to_owned(), what: Asked::Reload { wait } };
    match converse(stream, &request, patience) {
        Ok(Answer::Reload(how)) => Ok(how),
        Ok(Answer::OtherRoot(root)) => Err(AskError::OtherRoot { root }),
        Ok(Answer::Status { .. }) => Err(AskError::NoAnswer { path, source: io::ErrorKind::InvalidData.into() }),
        Err(source) => Err(AskError::NoAnswer { path, source }),
    }
}

fn can_be_asked() -> Result<(), AskError> {
    socket::NONE_HERE.map_or(Ok(()), |why| Err(AskError::Unsupported(why)))
}

fn converse(mut stream: Stream, request: &Request, patience: Duration) -> io::Result<Answer> {
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    stream.write_all(&line(request))?;
    let mut answer = Vec::new();
    stream.take(LONGEST_ANSWER).read_to_end(&mut answer)?;
    serde_json::from_slice(&answer).map_err(io::Error::other)
}

/// What the daemon of `state_dir` says of the outlets of `root` that match `globs`, within `patience` whatever happens. The
/// answer comes from whoever holds the lock of that directory and from nobody else, as only its owner can put a socket there.
/// Beside them: what among the settings waits for a restart.
pub async fn ask_status(
    state_dir: &Path,
    root: &str,
    globs: &[String],
    patience: Duration,
) -> Result<DaemonStatus, AskError> {
    can_be_asked()?;
    let path = state_dir.join(DIRECTORY).join(SOCKET);
    let nobody = |source| AskError::Nobody { path: path.clone(), source };
    let address = Address::open(&state_dir.join(DIRECTORY), SOCKET).map_err(nobody)?;
    let heard = tokio::time::timeout(patience, async {
        let mut stream = address.connect_async().await?;
        let request = Request { root: root.to_owned(), what: Asked::Status { outlets: globs.to_owned() } };
        stream.write_all(&line(&request)).await?;
        let mut answer = Vec::new();
        stream.take(LONGEST_ANSWER).read_to_end(&mut answer).await?;
        serde_json::from_slice::<Answer>(&answer).map_err(io::Error::other)
    });
    match heard.await.unwrap_or_else(|late| Err(late.into())) {
        Ok(Answer::Status { lines, after_restart, switches_back }) => {
            let lines = lines.into_iter().map(StatusAnswer::line).collect();
            Ok(DaemonStatus { lines, after_restart, switches_back })
        }
        Ok(Answer::OtherRoot(root)) => Err(AskError::OtherRoot { root }),
        Ok(Answer::Reload(_)) => Err(AskError::NoAnswer { path, source: io::ErrorKind::InvalidData.into() }),
        Err(source) => Err(AskError::NoAnswer { path, source }),
    }
}

/// A document on a line.
fn line(request: &Request) -> Vec<u8> {
    let mut line = json(request);
    line.push(b'\n');
    line
}

/// An outlet on its way through the socket, with what its public form leaves out.
#[derive(Serialize, Deserialize)]
struct StatusAnswer {
    line: StatusLine,
    pause: Option<String>,
}

impl StatusAnswer {
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
    /// What is stored, to read.
    pub reader: SharedState,
    /// Where the socket is.
    pub state_dir: PathBuf,
    /// The root that is served, as its [`crate::state::Scope`] has it.
    pub root: String,
    /// The time.
    pub clock: Clock,
    /// Whether it switches stock back.
    pub switches_back: bool,
}

/// Listens from now on. Only who holds the daemon lock of the state directory may call this: a socket that lies there is
/// left over. On systems where nobody can ask, the log says so.
pub fn listen(control: Control) -> io::Result<()> {
    if let Some(why) = socket::NONE_HERE {
        tracing::info!("{why}");
        return Ok(());
    }
    let path = control.state_dir.join(DIRECTORY);
    rights::create_private_dir(&path)?;
    let listener = Address::open(&path, SOCKET)?.listen()?;
    tokio::spawn(async move {
        // An error of accepting, such as no file descriptors left, passes; it must not make a busy loop.
        loop {
            match listener.accept().await {
                Ok(stream) => drop(tokio::spawn(serve(stream, control.clone()))),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    });
    Ok(())
}

async fn serve(stream: AsyncStream, control: Control) {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut reader = BufReader::new(read.take(LONGEST_LINE));
    if !matches!(tokio::time::timeout(LINE_WITHIN, reader.read_line(&mut line)).await, Ok(Ok(_))) {
        return;
    }
    let Ok(request) = serde_json::from_str::<Request>(&line) else { return };
    let answer = match request.what {
        _ if !is_same_root(&request.root, &control.root).await => Some(Answer::OtherRoot(control.root.clone())),
        Asked::Status { outlets } => control.status(&outlets).await,
        Asked::Reload { wait } => control.reload(wait).await.map(Answer::Reload),
    };
    if let Some(answer) = answer {
        // Who asked may have left.
        let _ = write.write_all(&json(&answer)).await;
        let _ = write.shutdown().await;
    }
}

/// Also by another name: a person may come by a link, or from where a link leads.
async fn is_same_root(asked: &str, own: &str) -> bool {
    let (asked, own) = (PathBuf::from(asked), PathBuf::from(own));
    if asked == own {
        return true;
    }
    let look = tokio::task::spawn_blocking(
        move || matches!((canonicalize(&asked), canonicalize(&own)), (Ok(a), Ok(b)) if a == b),
    );
    matches!(tokio::time::timeout(RESOLVE_WITHIN, look).await, Ok(Ok(true)))
}

fn json(answer: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(answer).expect("words, numbers and JSON always serialise")
}

impl Control {
    /// `None`: not known at the moment.
    async fn status(&self, globs: &[String]) -> Option<Answer> {
        let (shown, now) = (self.view.shown(), self.clock.now());
        let (loaded, survey) = shown.files.clone()?;
        let selection = Selection::new(globs).ok()?;
        let settings = loaded.settings.as_ref()?;
        let overview = self.reader.overview(now).await.ok()?;
        let mut lines = fleet::status(settings, &survey, Some(&overview), &selection, now);
        shown.overlay(&mut lines);
        Some(Answer::Status {
            lines: lines.into_iter().map(StatusAnswer::new).collect(),
            after_restart: shown.after_restart,
            switches_back: self.switches_back,
        })
    }

    /// `None`: the daemon is ending.
    async fn reload(&self, wait: bool) -> Option<Reloaded> {
        if !wait {
            self.orders.send(Order::Reload(Reply::nobody())).await.ok()?;
            return Some(Reloaded::Asked { after_restart: self.view.read(|shown| shown.after_restart.clone()) });
        }
        let (answer, heard) = oneshot::channel();
        self.orders.send(Order::Reload(Reply::to(answer))).await.ok()?;
        heard.await.ok()
    }
}
