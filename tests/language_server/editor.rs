//! An editor: starts the real binary in a root of its own and speaks the Language Server Protocol with it.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::clock::clock_variables;

/// On a machine with too much to do; a test that passes waits for milliseconds.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Editor {
    pub(crate) root: TempDir,
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    last_id: i64,
    /// What was published last, by file.
    published: BTreeMap<String, Vec<Value>>,
    /// What people were shown.
    pub(crate) shown: Vec<String>,
}

pub(crate) fn command(root: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_menusync"));
    command.env_clear().envs(clock_variables()).env("PATH", root.join("bin")).env("HOME", root);
    command.arg("language-server").current_dir(root);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Editor {
    /// A root with these files, open in an editor that can do everything.
    pub(crate) fn open(files: &[(&str, &str)]) -> Self {
        let able = json!({"workspace": {
            "workspaceEdit": {"documentChanges": true, "changeAnnotationSupport": {}},
            "didChangeWatchedFiles": {"dynamicRegistration": true},
        }});
        Self::open_with(files, able)
    }

    pub(crate) fn open_with(files: &[(&str, &str)], capabilities: Value) -> Self {
        Self::start(files, capabilities, &|command| command)
    }

    /// The same, told more on the command line.
    pub(crate) fn start(
        files: &[(&str, &str)],
        capabilities: Value,
        told: &dyn Fn(&mut Command) -> &mut Command,
    ) -> Self {
        let root = tempfile::Builder::new().prefix("menusync test-").tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let mut child = told(&mut command(root.path())).spawn().unwrap();
        let (sender, messages) = channel();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            loop {
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    if output.read_line(&mut line).unwrap_or(0) == 0 {
                        return;
                    }
                    match line.trim_end().split_once(": ") {
                        Some(("Content-Length", value)) => length = value.parse().unwrap(),
                        _ => break,
                    }
                }
                let mut body = vec![0; length];
                output.read_exact(&mut body).unwrap();
                let _ = sender.send(serde_json::from_slice(&body).unwrap());
            }
        });
        let input = child.stdin.take();
        let (published, shown) = (BTreeMap::new(), Vec::new());
        let mut editor = Self { root, child, input, messages, last_id: 0, published, shown };
        let folder = json!([{"uri": editor.uri(""), "name": "menus"}]);
        let ours = editor
            .ask("initialize", json!({"processId": null, "capabilities": capabilities, "workspaceFolders": folder}));
        assert_eq!(ours["capabilities"]["positionEncoding"], "utf-16");
        editor.tell("initialized", json!({}));
        editor
    }

    pub(crate) fn uri(&self, path: &str) -> String {
        Url::from_file_path(self.root.path().join(path)).unwrap().into()
    }

    pub(crate) fn send(&mut self, message: &Value) {
        self.send_body(&message.to_string());
    }

    pub(crate) fn send_body(&mut self, body: &str) {
        let framed = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.input.as_mut().unwrap().write_all(framed.as_bytes()).unwrap();
    }

    pub(crate) fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The answer, which has to be one.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.response(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Why there is no answer.
    pub(crate) fn refused(&mut self, method: &str, params: Value) -> String {
        let answer = self.response(method, params);
        answer["error"]["message"].as_str().unwrap_or_else(|| panic!("{method}: {answer}")).to_owned()
    }

    fn response(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        self.wait(&format!("the answer to {method}"), |message, _| {
            message["id"] == id && message.get("method").is_none()
        })
    }

    /// Takes messages in until one is what is waited for.
    fn wait(&mut self, what: &str, is_it: impl Fn(&Value, &BTreeMap<String, Vec<Value>>) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let message = self.messages.recv_timeout(until.saturating_duration_since(Instant::now()));
            let message = message.unwrap_or_else(|_| panic!("no {what}; published: {:#?}", self.published));
            match message["method"].as_str() {
                Some("textDocument/publishDiagnostics") => {
                    let uri = Url::parse(message["params"]["uri"].as_str().unwrap()).unwrap();
                    let path = uri.to_file_path().unwrap();
                    let path = path.strip_prefix(self.root.path()).unwrap().to_string_lossy().into_owned();
                    self.published.insert(path, message["params"]["diagnostics"].as_array().unwrap().clone());
                }
                Some("window/showMessage") => {
                    self.shown.push(message["params"]["message"].as_str().unwrap().to_owned())
                }
                _ => {}
            }
            if is_it(&message, &self.published) {
                return message;
            }
        }
    }

    /// Waits until what is wrong in a file is just this: codes with the line and unit, from 0, at which they stand.
    pub(crate) fn wait_for(&mut self, path: &str, expected: &[&str]) {
        let is_it = |published: &BTreeMap<String, Vec<Value>>| {
            let list = published.get(path).map(Vec::as_slice).unwrap_or_default();
            let told: Vec<String> = list.iter().map(told).collect();
            told == expected
        };
        if !(is_it(&self.published) && (!expected.is_empty() || self.published.contains_key(path))) {
            self.wait(&format!("{expected:?} in {path}"), |message, published| {
                message["method"] == "textDocument/publishDiagnostics" && is_it(published)
            });
        }
    }

    /// Waits until something, or nothing, is said to be wrong at just this address.
    pub(crate) fn wait_at(&mut self, uri: &str, is_wrong: bool) {
        self.wait(&format!("word of {uri}"), |message, _| {
            let list = message["params"]["diagnostics"].as_array();
            message["params"]["uri"] == uri && list.is_some_and(|list| list.is_empty() != is_wrong)
        });
    }

    pub(crate) fn diagnostics(&self, path: &str) -> &[Value] {
        self.published.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// Waits until people are shown something.
    pub(crate) fn wait_shown(&mut self, part: &str) {
        if !self.shown.iter().any(|shown| shown.contains(part)) {
            self.wait(part, |message, _| {
                message["method"] == "window/showMessage"
                    && message["params"]["message"].as_str().unwrap().contains(part)
            });
        }
    }

    /// Opens a file as it is on disk, or with another text.
    pub(crate) fn did_open(&mut self, path: &str, text: Option<&str>) {
        let on_disk = || fs::read_to_string(self.root.path().join(path)).unwrap();
        let text = text.map_or_else(on_disk, str::to_owned);
        let document = json!({"uri": self.uri(path), "languageId": "yaml", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    pub(crate) fn did_change(&mut self, path: &str, version: i64, changes: Value) {
        let document = json!({"uri": self.uri(path), "version": version});
        self.tell("textDocument/didChange", json!({"textDocument": document, "contentChanges": changes}));
    }

    /// The question about a place, by line and unit from 0.
    pub(crate) fn at(&self, path: &str, line: u32, character: u32) -> Value {
        json!({"textDocument": {"uri": self.uri(path)}, "position": {"line": line, "character": character}})
    }

    /// The question how a file is formatted.
    pub(crate) fn formatting(&self, path: &str) -> Value {
        let options = json!({"tabSize": 2, "insertSpaces": true});
        json!({"textDocument": {"uri": self.uri(path)}, "options": options})
    }

    /// The question for all fixes of a file.
    pub(crate) fn all_fixes(&self, path: &str) -> Value {
        json!({
            "textDocument": {"uri": self.uri(path)},
            "range": {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}},
            "context": {"diagnostics": []},
        })
    }

    /// Where locations are: `catalogs/a.yaml 3:4-3:9`.
    pub(crate) fn places(&self, locations: &Value) -> Vec<String> {
        let all = match locations {
            Value::Array(all) => all.clone(),
            Value::Null => Vec::new(),
            one => vec![one.clone()],
        };
        let place = |location: &Value| {
            let uri = location["uri"].as_str().unwrap();
            let path =
                uri.strip_prefix(&format!("{}/", self.uri(""))).or_else(|| uri.strip_prefix(&self.uri(""))).unwrap();
            format!("{} {}", path.trim_start_matches('/'), range(&location["range"]))
        };
        all.iter().map(place).collect()
    }

    /// Ends in order; the exit code.
    pub(crate) fn end(mut self) -> i32 {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        self.exit_code()
    }

    /// Dies: nobody writes or reads any more.
    pub(crate) fn die(mut self) -> i32 {
        self.input = None;
        self.exit_code()
    }

    pub(crate) fn exit_code(&mut self) -> i32 {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap();
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("it runs on");
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let mut errors = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = stderr.read_to_string(&mut errors);
        }
        if !thread::panicking() {
            assert_eq!(errors, "", "stderr");
        }
    }
}

pub(crate) fn range(range: &Value) -> String {
    let at = |end: &str| format!("{}:{}", range[end]["line"], range[end]["character"]);
    format!("{}-{}", at("start"), at("end"))
}

fn told(diagnostic: &Value) -> String {
    format!("{} {}", diagnostic["code"].as_str().unwrap(), range(&diagnostic["range"]))
}
