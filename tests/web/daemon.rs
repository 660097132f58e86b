//! The real binary: a daemon that pushes to the stand-in and is watched over HTTP.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use menusync::{
    remote::install_crypto,
    sandbox::{self, Options, Sandbox},
};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    clock::{clock_variables, distant_schedule},
    metrics::parse,
};

/// The longest that anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

struct Stage {
    directory: TempDir,
    server: Sandbox,
}

/// A daemon that is ended with its test.
struct Daemon {
    child: Child,
    address: String,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Stage {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = Options { outlets: vec!["G1".to_owned()], publish_delay: Duration::ZERO, ..Options::default() };
        let server = sandbox::start(options).await.unwrap();
        fs::create_dir_all(directory.path().join("root/catalogs")).unwrap();
        let settings = format!(
            "target: custom\nstate_dir: ../state\nschedule: \"{}\"\njitter: 0s\ngobiz: {{api_url: \"{}\", oauth_url: \"{}\", \
             requests_per_second: 100}}\nverify: {{interval: 50ms, timeout: 20s}}\n",
            distant_schedule(),
            server.url(),
            server.oauth_url()
        );
        let write = |file: &str, text: &str| fs::write(directory.path().join("root").join(file), text).unwrap();
        write("menusync.yaml", &settings);
        write(
            "catalogs/kuta.yaml",
            "outlet: G1\nname: Kuta\nmenus: [{name: Nasi, menu_items: [{external_id: NG, name: Nasi Goreng, description: Telur, price: 25000}]}]\n",
        );
        Self { directory, server }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_menusync"));
        command.args(arguments).current_dir(self.directory.path().join("root")).env_clear().stdin(Stdio::null());
        command.envs(clock_variables());
        command.env("MENUSYNC_CLIENT_ID", "sandbox").env("MENUSYNC_CLIENT_SECRET", "sandbox");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// A daemon that listens on a free port, which its log tells.
    fn daemon(&self) -> Daemon {
        let arguments = ["run", "--listen", "127.0.0.1:0"];
        let mut child = self.command(&arguments).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        let mut daemon = Daemon { child, address: String::new() };
        while daemon.address.is_empty() {
            let line = lines.recv_timeout(PATIENCE).expect("the log tells the address");
            daemon.address = line
                .split_once("status page at ")
                .map(|(_, url)| url.trim_end_matches('/').to_owned())
                .unwrap_or_default();
        }
        daemon
    }
}

impl Daemon {
    async fn read(&self, path: &str) -> (u16, String) {
        install_crypto();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let response = client.get(format!("{}{path}", self.address)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Asks until the answer is the wanted one.
    async fn wait_for(&self, path: &str, wanted: impl Fn(u16, &str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let (status, text) = self.read(path).await;
            if wanted(status, &text) {
                return text;
            }
            assert!(begun.elapsed() < PATIENCE, "{path}: {status} {text}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_is_seen_pushing() {
    let stage = Stage::new().await;
    let daemon = stage.daemon();
    let status = daemon.wait_for("/api/v1/status", |_, text| text.contains("\"in_sync\"")).await;
    assert_eq!(String::from_utf8(stage.run(&["status", "--output", "json"]).stdout).unwrap(), status);
    daemon.wait_for("/readyz", |status, _| status == 200).await;
    let (_, checks) = daemon.read("/readyz?verbose").await;
    assert!(checks.contains("ok   api: last answered well") && !checks.contains("warn"), "{checks}");
    let metrics =
        daemon.wait_for("/metrics", |_, text| text.contains("menusync_pushes_total{result=\"published\"} 1\n")).await;
    let metrics = parse(&metrics);
    assert_eq!(metrics.value("menusync_passes_total{result=\"published\"}"), 1.0);
    assert_eq!(metrics.value("menusync_api_requests_total{method=\"PUT\",endpoint=\"catalog\",code=\"200\"}"), 1.0);
    assert!(metrics.value("menusync_last_success_timestamp_seconds") > 1.7e9);
    assert!(metrics.value("menusync_last_reload_success_timestamp_seconds") > 1.7e9);
    let page = daemon.wait_for("/outlets/G1", |_, page| page.contains("published")).await;
    assert!(page.contains("Kuta") && page.contains("GoFood shows what the files say."), "{page}");
    assert_eq!(stage.server.control().log().iter().filter(|entry| entry.method == "PUT").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_settings_are_seen_until_they_are_put_right() {
    let stage = Stage::new().await;
    let daemon = stage.daemon();
    daemon.wait_for("/api/v1/status", |_, text| text.contains("\"in_sync\"")).await;
    let file = stage.directory.path().join("root/menusync.yaml");
    let good = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{good}nonsense: 1\n")).unwrap();
    let metrics = daemon.wait_for("/metrics", |_, text| text.contains("menusync_last_reload_successful 0\n")).await;
    assert_eq!(parse(&metrics).value("menusync_outlets{state=\"in_sync\"}"), 1.0);
    let (status, checks) = daemon.read("/readyz?verbose").await;
    assert!(status == 200 && checks.contains("warn settings: "), "{status} {checks}");
    assert!(daemon.read("/").await.1.contains("The new settings are wrong; the old ones still hold."));
    fs::write(&file, good).unwrap();
    daemon.wait_for("/metrics", |_, text| text.contains("menusync_last_reload_successful 1\n")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_in_use_ends_the_daemon_before_it_pushes() {
    let stage = Stage::new().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = stage.run(&["run", "--listen", &address]);
    let words = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{words}");
    assert!(
        words.contains(&format!("cannot listen on {address} for the status page; is another daemon running?")),
        "{words}"
    );
    assert_eq!(stage.server.control().log().len(), 0, "GoFood was asked");
    let wrong = stage.run(&["run", "--listen", "everywhere"]);
    assert_eq!(wrong.status.code(), Some(64), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_pass_and_no_daemon_needs_no_address() {
    let stage = Stage::new().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = stage.command(&["run", "--once", "--output", "json"]);
    let done = command.env("MENUSYNC_LISTEN", taken.local_addr().unwrap().to_string()).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let json: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(json["outlets"][0]["result"], "published");
    assert!(Path::new(&stage.directory.path().join("state")).exists());
}
