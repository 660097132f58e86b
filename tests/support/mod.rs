//! The stage of every test that drives the real binary: a root with files, a state directory, a stand-in GoBiz server of
//! its own, and an environment in which nothing else is set.
//!
//! Whatever the binary prints is taken as a whole ([`Output::transcript`]); what differs from run to run (addresses, paths,
//! ids, times, digests) is replaced by a word first. **Every command that only reads is watched**: if it sends anything but
//! GET and a token request, or asks for a scope that can write, the test fails. What is tested is no business of this file.

#![allow(dead_code, unreachable_pub)] // each test target uses a part
#![allow(clippy::unwrap_used)] // a test fails by panicking

pub mod clock;
pub mod fleet;
mod normal;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use menusync::sandbox::{self, Control, Edit, Endpoint, Entry, Options, Sandbox, StockToggle};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The outlet that every stage has.
pub const KUTA: &str = "G1001";
/// The outlet of [`Stage::with_kemang`].
pub const KEMANG: &str = "G1002";
/// The layer that both extend.
pub const LAYER: &str = "catalogs/warung.yaml";
/// The file of [`KUTA`].
pub const KUTA_FILE: &str = "catalogs/kuta.yaml";
/// The file of [`KEMANG`].
pub const KEMANG_FILE: &str = "catalogs/kemang.yaml";
/// The client secret: long and odd enough to be looked for in everything that is written.
pub const SECRET: &str = "s3cret-Wk7rJq2ZtXv9";

const LAYER_TEXT: &str = include_str!("warung.yaml");
const KUTA_TEXT: &str = "outlet: G1001\nname: Kuta\nextends: [warung.yaml]\n";
const KEMANG_TEXT: &str = "outlet: G1002\nname: Kemang\nextends: [warung.yaml]\n";

/// A time zone of Indonesia where it is not shortly before midnight: then no promotion is made.
pub fn zone_away_from_midnight() -> &'static str {
    let hour = jiff::Timestamp::now().in_tz("Asia/Jakarta").unwrap().hour();
    if hour == 23 { "Asia/Jayapura" } else { "Asia/Jakarta" }
}

/// The only commands that may write to GoFood; `run` not with `--read-only`, `stock` not with `--list`.
const WRITING: [&str; 4] = ["apply", "rollback", "run", "stock"];

/// Root, state, server and environment of one test.
pub struct Stage {
    directory: TempDir,
    runtime: Runtime,
    server: Sandbox,
    secret: String,
}

impl Stage {
    /// One outlet (Kuta, [`KUTA`]) that extends one layer of six items; its live menu is empty.
    pub fn new() -> Self {
        let stage = Self::with_outlets(vec![KUTA.to_owned(), KEMANG.to_owned()]);
        stage.write(LAYER, LAYER_TEXT);
        stage.write(KUTA_FILE, KUTA_TEXT);
        stage
    }

    /// A server that knows these outlets; their live menus are empty, and so is the root.
    pub fn with_outlets(outlets: Vec<String>) -> Self {
        let directory = tempfile::Builder::new().prefix("menusync-test-").tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = Options { client_secret: SECRET.to_owned(), outlets, ..Options::default() };
        let server = runtime.block_on(sandbox::start(options)).unwrap();
        let stage = Self { directory, runtime, server, secret: SECRET.to_owned() };
        stage.settings("");
        stage
    }

    /// A second outlet, Kemang, with the same menu.
    pub fn with_kemang(self) -> Self {
        self.write(KEMANG_FILE, KEMANG_TEXT);
        self
    }

    /// Everything pushed, verified and in sync; the server's log is empty.
    pub fn in_sync(self) -> Self {
        let output = self.run(&["apply", "--yes"]);
        assert_eq!(output.code, 0, "{}", output.transcript());
        self.clear_log();
        self
    }

    /// Comes with this client secret instead of the right one.
    pub fn with_secret(mut self, secret: &str) -> Self {
        self.secret = secret.to_owned();
        self
    }

    // ── files ──

    /// The directory that holds `menusync.yaml` and `catalogs/`.
    pub fn root(&self) -> PathBuf {
        self.directory.path().join("root")
    }

    /// Where what is remembered is kept.
    pub fn state_dir(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    /// Writes a file of the root, with its directories.
    pub fn write(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The text of a file of the root.
    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.root().join(file)).unwrap()
    }

    /// Replaces a text that stands just once in a file of the root.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.read(file);
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {file}:\n{text}");
        self.write(file, &text.replace(from, to));
    }

    /// Adds lines at the end of a file of the root.
    pub fn append(&self, file: &str, text: &str) {
        self.write(file, &format!("{}{text}", self.read(file)));
    }

    /// Removes a file of the root.
    pub fn remove(&self, file: &str) {
        fs::remove_file(self.root().join(file)).unwrap();
    }

    /// Settings for this stage's server with `more` lines at their end; patient, but quick to look. Images are not fetched.
    pub fn settings(&self, more: &str) {
        self.settings_with_verify("{timeout: 20s, interval: 50ms}", more);
    }

    /// The same with another `verify`.
    pub fn settings_with_verify(&self, verify: &str, more: &str) {
        let (api, oauth) = (self.server.url(), self.server.oauth_url());
        let schedule = clock::distant_schedule();
        let images = if more.contains("images:") { "" } else { "images: {check: false}\n" };
        let text = format!(
            "target: custom\nstate_dir: ../state\nlisten: \"off\"\nschedule: \"{schedule}\"\njitter: 0s\n\
             gobiz: {{api_url: \"{api}\", oauth_url: \"{oauth}\", requests_per_second: 1000, timeout: 5s}}\n\
             verify: {verify}\n{more}\n{images}"
        );
        self.write("menusync.yaml", &text);
    }

    // ── the binary ──

    /// The binary, in this stage's environment and no other, in the root as working directory.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_menusync"));
        command.args(arguments).current_dir(self.root()).env_clear().stdin(Stdio::null());
        command.envs(clock::clock_variables());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.directory.path().join("home"));
        command.env("MENUSYNC_CLIENT_ID", "sandbox").env("MENUSYNC_CLIENT_SECRET", &self.secret);
        command
    }

    /// Runs the binary to its end. If the command only reads, the server must have seen nothing but reading.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Output {
        let before = self.last_request();
        let output = self.run_beside_a_writer(arguments);
        if is_read_only(arguments) {
            self.assert_only_reads_since(before, arguments);
        }
        output
    }

    /// Everything after the request of this number was reading.
    #[track_caller]
    pub fn assert_only_reads_since(&self, before: u64, arguments: &[&str]) {
        for entry in self.log().iter().filter(|entry| entry.number > before) {
            assert!(only_reads(entry), "{arguments:?} sent {entry:?}");
        }
    }

    /// The same while another process may write, so that the server's log tells nothing about this one.
    pub fn run_beside_a_writer(&self, arguments: &[&str]) -> Output {
        self.finish(&mut self.command(arguments))
    }

    /// Runs a command of [`Stage::command`] that was changed further.
    pub fn finish(&self, command: &mut Command) -> Output {
        let done = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        self.output(text(done.stdout), text(done.stderr), done.status.code().unwrap_or(-1))
    }

    /// What a command of this stage printed.
    pub fn output(&self, stdout: String, stderr: String, code: i32) -> Output {
        let (server, directory) = (self.server.address().to_string(), self.directory.path().to_owned());
        Output { stdout, stderr, code, server, directory }
    }

    /// Replaces what differs from run to run.
    pub fn normal(&self, text: &str) -> String {
        normal::normal(text, &self.server.address().to_string(), self.directory.path())
    }

    // ── the server ──

    /// Orders for the server.
    pub fn server(&self) -> &Control {
        self.server.control()
    }

    /// Address of the API.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The requests since the log was cleared, oldest first. Without those of strangers, such as a test elsewhere that asks for
    /// a server whose port this one has taken: every call of menusync has an id.
    pub fn log(&self) -> Vec<Entry> {
        let is_ours = |entry: &Entry| entry.endpoint != Endpoint::Any || entry.x_request_id.is_some();
        self.server().log().into_iter().filter(is_ours).collect()
    }

    /// Empties the log.
    pub fn clear_log(&self) {
        self.server().clear_log();
    }

    fn last_request(&self) -> u64 {
        self.log().last().map_or(0, |entry| entry.number)
    }

    /// The PUTs in the log.
    pub fn puts(&self) -> Vec<Entry> {
        self.logged(Endpoint::Put)
    }

    /// The reads of catalogs in the log.
    pub fn gets(&self) -> Vec<Entry> {
        self.logged(Endpoint::Get)
    }

    /// The stock calls in the log.
    pub fn patches(&self) -> Vec<Entry> {
        self.logged(Endpoint::Stock)
    }

    /// Everything in the log but reads and token requests.
    pub fn writes(&self) -> Vec<Entry> {
        let is_write = |entry: &Entry| match entry.endpoint {
            Endpoint::Get | Endpoint::Token => false,
            Endpoint::Promo => entry.method != "GET",
            _ => true,
        };
        self.log().into_iter().filter(is_write).collect()
    }

    fn logged(&self, endpoint: Endpoint) -> Vec<Entry> {
        self.log().into_iter().filter(|entry| entry.endpoint == endpoint).collect()
    }

    /// Nothing was written since the log was cleared.
    #[track_caller]
    pub fn assert_nothing_written(&self) {
        assert!(self.writes().is_empty(), "{:#?}", self.writes());
    }

    /// The live menu of an outlet as a PUT body.
    pub fn live(&self, outlet: &str) -> Value {
        json!(self.server().outlet(outlet).unwrap().published)
    }

    /// A live item, or `null`.
    pub fn live_item(&self, outlet: &str, id: &str) -> Value {
        let live = self.live(outlet);
        let items = live["menus"].as_array().unwrap().iter().flat_map(|menu| menu["menu_items"].as_array().unwrap());
        items.into_iter().find(|item| item["external_id"] == id).cloned().unwrap_or_default()
    }

    /// Changes fields of a live item as someone in the GoBiz app would; the item keeps its external_id.
    pub fn edit_in_app(&self, outlet: &str, item: &str, set: Value) {
        self.server().edit(outlet, Edit::item(item, set)).unwrap();
    }

    /// Makes an item in the GoBiz app.
    pub fn add_in_app(&self, outlet: &str, menu: &str, name: &str, price: i64) {
        let item = serde_json::from_value(json!({"name": name, "price": price, "in_stock": true})).unwrap();
        self.server().edit(outlet, Edit::AddItem { menu: menu.to_owned(), item }).unwrap();
    }

    /// Toggles the stock of an item as the kitchen would.
    pub fn kitchen(&self, outlet: &str, item: &str, in_stock: bool) {
        self.server().toggle_stock(outlet, StockToggle::Item { item: item.to_owned(), in_stock }).unwrap();
    }

    /// Fills an outlet with a live menu, given as a PUT body, as if it had always been there.
    pub fn seed(&self, outlet: &str, body: Value) {
        self.server().seed(outlet, serde_json::from_value(body).unwrap());
    }

    /// Sends a PUT body as another program would; the status of the answer.
    pub fn put_by_hand(&self, outlet: &str, body: &Value) -> u16 {
        // Another test may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        self.runtime.block_on(async {
            let client = reqwest::Client::new();
            let form = [("grant_type", "client_credentials"), ("scope", "gofood:catalog:write")];
            let request = client.post(self.server.oauth_url()).basic_auth("sandbox", Some(SECRET)).form(&form);
            let token: Value = request.send().await.unwrap().json().await.unwrap();
            let url = format!("{}/integrations/gofood/outlets/{outlet}/v1/catalog", self.url());
            let request = client.put(url).bearer_auth(token["access_token"].as_str().unwrap()).json(body);
            request.send().await.unwrap().status().as_u16()
        })
    }

    /// Time between an accepted PUT and its menu being live.
    pub fn publish_after(&self, delay: Duration) {
        let delay = u64::try_from(delay.as_millis()).unwrap();
        self.server().change_settings(|settings| settings.publish_delay_ms = delay);
    }
}

fn is_read_only(arguments: &[&str]) -> bool {
    let only_looks = ["--read-only", "--list"].iter().any(|option| arguments.contains(option));
    only_looks || !arguments.iter().any(|argument| WRITING.contains(argument))
}

fn only_reads(entry: &Entry) -> bool {
    match entry.endpoint {
        Endpoint::Get | Endpoint::Subscription | Endpoint::LinkedOutlets | Endpoint::Promo => entry.method == "GET",
        Endpoint::Token => entry.scope.as_deref().is_none_or(|scope| !scope.contains("write")),
        _ => false,
    }
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Output {
    /// The result.
    pub stdout: String,
    /// Everything else.
    pub stderr: String,
    /// The exit code; -1 if a signal ended it.
    pub code: i32,
    server: String,
    directory: PathBuf,
}

impl Output {
    /// Exit code, stdout and stderr, without what differs from run to run: for snapshots.
    pub fn transcript(&self) -> String {
        let part = |title: &str, text: &str| {
            let text = normal::normal(text, &self.server, &self.directory);
            if text.is_empty() {
                String::new()
            } else {
                format!("── {title} ──\n{}\n", text.trim_end_matches('\n'))
            }
        };
        format!("exit {}\n{}{}", self.code, part("stdout", &self.stdout), part("stderr", &self.stderr))
    }

    /// Fails unless the command ended with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.transcript());
        self
    }

    /// stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}", self.transcript()))
    }

    /// Fails unless stdout or stderr holds all of this.
    #[track_caller]
    pub fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stdout.contains(part) || self.stderr.contains(part), "no {part:?} in\n{}", self.transcript());
        }
        self
    }
}

/// All bytes of all files under a directory.
pub fn bytes_under(directory: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            bytes.extend(bytes_under(&path));
        } else {
            bytes.extend(fs::read(path).unwrap());
        }
    }
    bytes
}
