//! A root, a server of images that counts, and the binary.

use std::{
    collections::HashMap,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Command, Output},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::clock::clock_variables;

/// What the server answers for a path.
#[derive(Clone)]
pub(crate) enum Answer {
    Bytes {
        bytes: Vec<u8>,
        content_type: String,
        etag: Option<String>,
    },
    Status(u16),
    Redirect(String),
    /// A body without an end.
    Endless,
    /// No answer at all.
    Never,
}

impl Answer {
    pub(crate) fn good() -> Self {
        Self::of(&png(400, 400), "image/png")
    }

    pub(crate) fn of(bytes: &[u8], content_type: &str) -> Self {
        Self::Bytes { bytes: bytes.to_vec(), content_type: content_type.to_owned(), etag: None }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self::Status(status)
    }

    pub(crate) fn redirect(target: &str) -> Self {
        Self::Redirect(target.to_owned())
    }

    pub(crate) fn with_etag(self, tag: &str) -> Self {
        match self {
            Self::Bytes { bytes, content_type, .. } => Self::Bytes { bytes, content_type, etag: Some(tag.to_owned()) },
            other => other,
        }
    }
}

/// A PNG that says it has this size.
pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut png = include_bytes!("good.png").to_vec();
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    png
}

#[derive(Default)]
struct Server {
    answers: Mutex<HashMap<String, Answer>>,
    asked: Mutex<HashMap<String, usize>>,
    sent: AtomicUsize,
}

impl Server {
    /// Answers one request and closes the connection.
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
        let headers: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
        let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
        *self.asked.lock().unwrap().entry(path.clone()).or_default() += 1;
        let answer = self.answers.lock().unwrap().get(&path).cloned();
        let head = |status: u16, more: &str| format!("HTTP/1.1 {status} X\r\nConnection: close\r\n{more}\r\n");
        match answer.unwrap_or(Answer::Status(404)) {
            Answer::Status(status) => write!(stream, "{}", head(status, "Content-Length: 0\r\n")),
            Answer::Redirect(target) => write!(stream, "{}", head(302, &format!("Location: {target}\r\n"))),
            // Until the other side gives up.
            Answer::Never => stream.read_to_end(&mut Vec::new()).map(drop),
            Answer::Endless => {
                write!(stream, "{}", head(200, "Content-Type: image/png\r\n"))?;
                loop {
                    stream.write_all(&[0; 65536])?;
                    self.sent.fetch_add(65536, Ordering::SeqCst);
                }
            }
            Answer::Bytes { bytes, content_type, etag } => {
                let known = headers.iter().find_map(|line| line.strip_prefix("if-none-match: "));
                if etag.is_some() && known == etag.as_deref() {
                    return write!(stream, "{}", head(304, ""));
                }
                self.sent.fetch_add(bytes.len(), Ordering::SeqCst);
                let etag = etag.map(|etag| format!("ETag: {etag}\r\n")).unwrap_or_default();
                let told = format!("Content-Type: {content_type}\r\nContent-Length: {}\r\n{etag}", bytes.len());
                write!(stream, "{}", head(200, &told))?;
                stream.write_all(&bytes)
            }
        }
    }
}

/// What a command printed and how it ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    fn diagnostics(&self) -> Vec<Value> {
        let json: Value = serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.err));
        json["diagnostics"].as_array().unwrap().clone()
    }

    fn of(&self, severity: &str) -> Vec<String> {
        let mut codes: Vec<String> = self
            .diagnostics()
            .iter()
            .filter(|told| severity.is_empty() || told["severity"] == severity)
            .map(|told| told["code"].as_str().unwrap().to_owned())
            .collect();
        codes.sort();
        codes.dedup_by(|a, b| a == b && !severity.is_empty());
        codes
    }

    pub(crate) fn codes(&self) -> Vec<String> {
        self.of("")
    }

    /// Codes of errors, each once.
    pub(crate) fn errors(&self) -> Vec<String> {
        self.of("error")
    }

    /// Codes of warnings, each once.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.of("warning")
    }

    pub(crate) fn told(&self, code: &str) -> Value {
        self.diagnostics().into_iter().find(|told| told["code"] == code).unwrap_or_else(|| panic!("no {code}"))
    }
}

/// A root and a server.
pub(crate) struct Bench {
    directory: TempDir,
    server: Arc<Server>,
    url: String,
}

impl Bench {
    /// The server is on this machine, so private hosts are allowed.
    pub(crate) fn new() -> Self {
        Self::with_settings("images: {allow_private_hosts: true, timeout: 2s}\n")
    }

    pub(crate) fn with_settings(settings: &str) -> Self {
        let server = Arc::new(Server::default());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::clone(&server);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = Arc::clone(&shared);
                thread::spawn(move || server.answer(stream));
            }
        });
        let bench = Self { directory: tempfile::tempdir().unwrap(), server, url };
        let rules = if settings.contains("rules:") { "" } else { "rules: {description-missing: off}\n" };
        bench.write("menusync.yaml", format!("target: sandbox\n{settings}{rules}"));
        bench
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join("root")
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    pub(crate) fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// An outlet with one item for each image; what begins with `/` is at the server.
    pub(crate) fn outlet(&self, images: &[&str]) {
        let mut text = "outlet: G1\nmenus:\n  - name: Nasi\n    menu_items:\n".to_owned();
        for (index, image) in images.iter().enumerate() {
            let server = if image.starts_with('/') { self.url.as_str() } else { "" };
            text += &format!(
                "      - external_id: N{index}\n        name: Nasi {index}\n        image: \"{server}{image}\"\n        price: 9000\n"
            );
        }
        self.write("catalogs/outlet.yaml", text);
    }

    /// Lets the outlet extend a layer.
    pub(crate) fn extend(&self, layer: &str) {
        let path = self.root().join("catalogs/outlet.yaml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}extends: [{layer}]\n")).unwrap();
    }

    pub(crate) fn serve(&self, path: &str, answer: Answer) {
        self.server.answers.lock().unwrap().insert(path.to_owned(), answer);
    }

    /// How often a path was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.server.asked.lock().unwrap().get(path).copied().unwrap_or(0)
    }

    /// Bytes of images that were sent.
    pub(crate) fn sent(&self) -> usize {
        self.server.sent.load(Ordering::SeqCst)
    }

    pub(crate) fn make_state(&self) {
        let scope =
            menusync::state::Scope { platform: "https://api.partner-sandbox.gobiz.co.id".into(), root: "/".into() };
        menusync::state::SqliteState::open(&self.state_dir(), &scope).unwrap();
    }

    pub(crate) fn validate(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["validate", "--output", "json"], arguments].concat())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_menusync"));
        command.args(arguments).current_dir(self.root()).env_clear().envs(clock_variables());
        command.env("MENUSYNC_STATE_DIR", self.state_dir());
        command.env("MENUSYNC_CLIENT_ID", "sandbox").env("MENUSYNC_CLIENT_SECRET", "sandbox");
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
    }
}
