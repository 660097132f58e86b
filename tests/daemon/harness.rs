//! A running daemon, and the service manager that it talks to: its messages say when passes have ended, so that no test
//! needs to sleep.

use std::{
    io::{Read, Write as _},
    net::TcpStream,
    os::unix::net::UnixDatagram,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::{SECRET, Stage};

/// The longest that anything may take before the test counts as failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process; killed when dropped.
pub(crate) struct Daemon<'s> {
    stage: &'s Stage,
    child: Child,
    stderr: Arc<Mutex<String>>,
    messages: Arc<Mutex<Vec<String>>>,
}

impl<'s> Daemon<'s> {
    /// `menusync run`, and its first pass over all outlets has ended.
    pub(crate) fn start(stage: &'s Stage) -> Self {
        let daemon = Self::begin(stage, &["run"], &[]);
        daemon.wait_for("the first pass", |daemon| daemon.is_idle_after(0));
        daemon
    }

    /// The process; nothing is waited for.
    pub(crate) fn begin(stage: &'s Stage, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = stage.command(arguments);
        command.envs(environment.iter().copied());
        Self::of_command(stage, command)
    }

    /// The same, started in a way of its own.
    pub(crate) fn of_command(stage: &'s Stage, mut command: Command) -> Self {
        // In a directory of its own, as its name must be short.
        let directory = tempfile::Builder::new().prefix("menusync-").tempdir().unwrap();
        let socket = UnixDatagram::bind(directory.path().join("notify")).unwrap();
        command.env("NOTIFY_SOCKET", directory.path().join("notify"));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (stderr, messages) = (Arc::default(), Arc::default());
        let pipe = child.stderr.take().unwrap();
        let sink = Arc::clone(&stderr);
        thread::spawn(move || collect(pipe, &sink));
        let inbox = Arc::clone(&messages);
        thread::spawn(move || {
            let _directory = directory; // lives as long as the socket
            receive(&socket, &inbox);
        });
        Self { stage, child, stderr, messages }
    }

    // ── what it says ──

    /// Everything on stderr so far.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// What the service manager was told so far.
    pub(crate) fn messages(&self) -> Vec<String> {
        self.messages.lock().unwrap().clone()
    }

    /// How many passes over an outlet have ended.
    pub(crate) fn passes(&self) -> usize {
        self.messages().iter().filter(|message| message.starts_with("STATUS=")).count()
    }

    /// More than `passes` passes have ended and none is under way.
    pub(crate) fn is_idle_after(&self, passes: usize) -> bool {
        let messages = self.messages();
        let last = messages.iter().rev().find(|message| message.starts_with("STATUS="));
        self.passes() > passes && last.is_some_and(|message| message.contains(" 0 in work"))
    }

    /// How an outlet stands, by the command.
    pub(crate) fn status(&self, outlet: &str) -> Value {
        let output = self.stage.run_beside_a_writer(&["status", "--output", "json"]);
        let status: Value = serde_json::from_str(&output.stdout).unwrap_or_default();
        let outlets = status["outlets"].as_array().cloned().unwrap_or_default();
        outlets.into_iter().find(|line| line["outlet"] == outlet).unwrap_or_default()
    }

    pub(crate) fn state(&self, outlet: &str) -> String {
        self.status(outlet)["state"].as_str().unwrap_or_default().to_owned()
    }

    // ── waiting ──

    /// Waits until something is true; what the daemon said is shown if it never is.
    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, is_true: impl Fn(&Self) -> bool) {
        self.wait_within(PATIENCE, what, is_true);
    }

    #[track_caller]
    pub(crate) fn wait_within(&self, patience: Duration, what: &str, is_true: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + patience;
        while !is_true(self) {
            assert!(Instant::now() < deadline, "waited in vain for {what}\n{}", self.told());
            thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    pub(crate) fn wait_for_state(&self, outlet: &str, state: &str) {
        self.wait_for(&format!("{outlet} to be {state}"), |daemon| daemon.state(outlet) == state);
    }

    #[track_caller]
    pub(crate) fn wait_for_price(&self, outlet: &str, item: &str, price: i64) {
        let is_live = |_: &Self| self.stage.live_item(outlet, item)["price"] == price;
        self.wait_for(&format!("{item} to cost {price} at {outlet}"), is_live);
        self.wait_for_state(outlet, "in_sync");
    }

    #[track_caller]
    pub(crate) fn wait_for_log(&self, text: &str) {
        self.wait_for(&format!("{text:?} in the log"), |daemon| daemon.stderr().contains(text));
    }

    fn told(&self) -> String {
        let requests: Vec<String> =
            self.stage.log().iter().map(|e| format!("{} {} {:?}", e.method, e.path, e.status)).collect();
        let status = self.stage.root().exists().then(|| self.stage.run_beside_a_writer(&["status"]));
        format!(
            "── stderr ──\n{}\n── requests ──\n{}\n── status ──\n{:?}\n── messages ──\n{:?}",
            self.stderr(),
            requests.join("\n"),
            status.map(|status| status.stdout + &status.stderr),
            self.messages()
        )
    }

    // ── signals ──

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Orders a pass over all outlets and waits until it has ended.
    #[track_caller]
    pub(crate) fn pass(&self) {
        let before = self.passes();
        self.signal("USR1");
        self.wait_for("the pass to end", |daemon| daemon.is_idle_after(before));
    }

    /// Waits for the end of the process and returns its exit code, and how long that took.
    #[track_caller]
    pub(crate) fn wait_for_exit(&mut self) -> (Option<i32>, Duration) {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), began.elapsed());
            }
            assert!(began.elapsed() < PATIENCE, "it does not end\n{}", self.told());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// SIGTERM, and it must end well within a few seconds.
    #[track_caller]
    pub(crate) fn stop(mut self) -> String {
        self.signal("TERM");
        let (code, took) = self.wait_for_exit();
        assert_eq!(code, Some(0), "{}", self.told());
        assert!(took < Duration::from_secs(5), "it took {took:?} to end\n{}", self.told());
        self.stderr()
    }

    /// SIGKILL: no chance to do anything.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !thread::panicking() {
            let stderr = self.stderr();
            assert!(!stderr.contains(SECRET), "the secret is in the log:\n{stderr}");
            assert!(!stderr.contains("panicked"), "{stderr}");
        }
    }
}

/// The answer of a daemon's status page, head and body.
pub(crate) fn get(daemon: &Daemon<'_>, path: &str) -> String {
    let log = daemon.stderr();
    let address = log.split("status page at http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn collect(mut pipe: impl Read, sink: &Mutex<String>) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = pipe.read(&mut buffer) {
        sink.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
}

/// Until the test process ends: the daemon may connect at any time.
fn receive(socket: &UnixDatagram, inbox: &Mutex<Vec<String>>) {
    let mut buffer = [0; 4096];
    while let Ok(length) = socket.recv(&mut buffer) {
        inbox.lock().unwrap().push(String::from_utf8_lossy(&buffer[..length]).into_owned());
    }
}
