//! What the demo plays on: a temporary root, a stand-in server, a daemon.

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::TempDir;
use tokio::{runtime::Runtime, sync::mpsc, task::JoinHandle};

use super::{
    super::{
        Exit,
        output::Outputs,
        signals::{Signals, StopAnnouncer},
    },
    CommandError, Session, broken,
};
use crate::{
    daemon::{self, Control, DaemonError, Order, Parts, Pusher},
    fleet,
    notify::Notices,
    remote::unfenced,
    sandbox::{self, Edit, Options, Sandbox},
    settings::Environment,
    state::{DaemonLock, SharedState, lock_daemon},
    sync::{Clock, InFlight},
    systemd::{Notifier, ServiceManager},
};

pub(super) const KEMANG: &str = "G916309315";
pub(super) const KUTA: &str = "G1898453S";
pub(super) const LAYER: &str = "catalogs/warung-sari.yaml";

const FILES: [(&str, &str); 3] = [
    (LAYER, include_str!("menus/warung-sari.yaml")),
    ("catalogs/kemang.yaml", include_str!("menus/kemang.yaml")),
    ("catalogs/kuta.yaml", include_str!("menus/kuta.yaml")),
];

/// The longest that anything may take before the demo counts as broken.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) struct Stage {
    directory: TempDir,
    runtime: Runtime,
    server: Sandbox,
    daemon: Option<Running>,
    signals: Signals,
}

struct Running {
    task: JoinHandle<Result<(), DaemonError>>,
    orders: mpsc::Sender<Order>,
    _lock: DaemonLock,
}

impl Stage {
    pub(super) fn build(signals: Signals) -> Result<Self, CommandError> {
        let directory = tempfile::Builder::new().prefix("menusync-demo-").tempdir()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let options = Options {
            publish_delay: Duration::from_secs(1),
            outlets: vec![KEMANG.to_owned(), KUTA.to_owned()],
            ..Options::default()
        };
        let server = runtime
            .block_on(sandbox::start(options))
            .map_err(|error| CommandError::failed("cannot start the stand-in server", error))?;
        let stage = Self { directory, runtime, server, daemon: None, signals };
        for (file, text) in FILES {
            stage.write(file, text)?;
        }
        stage.write("menusync.yaml", &stage.settings())?;
        Ok(stage)
    }

    fn settings(&self) -> String {
        let (api, oauth) = (self.server.url(), self.server.oauth_url());
        format!(
            "target: custom\ngobiz: {{api_url: \"{api}\", oauth_url: \"{oauth}\", requests_per_second: 50}}\n\
             verify: {{interval: 200ms, timeout: 30s}}\nlisten: \"off\"\nimages: {{check: false}}\n"
        )
    }

    fn root(&self) -> PathBuf {
        self.directory.path().join("root")
    }

    fn state_dir(&self) -> PathBuf {
        self.directory.path().join("state")
    }

    fn environment(&self) -> Environment {
        Environment::of([("MENUSYNC_CLIENT_ID", "sandbox"), ("MENUSYNC_CLIENT_SECRET", "sandbox")])
    }

    fn write(&self, file: &str, text: &str) -> Result<(), CommandError> {
        let path = self.root().join(file);
        path.parent().map(std::fs::create_dir_all).transpose()?;
        Ok(std::fs::write(path, text)?)
    }

    /// Changes a text in a file of the root.
    pub(super) fn edit(&self, file: &str, from: &str, to: &str) -> Result<(), CommandError> {
        let text = std::fs::read_to_string(self.root().join(file))?;
        self.write(file, &text.replacen(from, to, 1))
    }

    pub(super) fn files(&self) -> String {
        let names = FILES.iter().map(|(file, _)| format!("  {}", self.root().join(file).display()));
        names.collect::<Vec<_>>().join("\n")
    }

    /// A session of the command line on this root.
    pub(super) fn session(&self) -> Session {
        let outputs = Outputs::new(Vec::new(), false);
        let signals = self.signals.clone();
        Session::new(Some(self.root()), Some(self.state_dir()), None, self.environment(), outputs, signals)
    }

    // ── the daemon ──

    pub(super) fn start_daemon(&mut self) -> Result<(), CommandError> {
        let client = self.session().client()?;
        let (orders, receiver) = mpsc::channel(4);
        let lock = lock_daemon(&self.state_dir())?;
        let loaded = Arc::new(fleet::load(&self.root())?);
        let state = self.session().state()?;
        let parts = Parts {
            settings: self.session().settings()?.clone(),
            survey: Arc::new(loaded.survey(Clock::System.now())),
            loaded,
            load: Arc::new(|root, doing, before| fleet::load_under(root, None, doing, before)),
            in_flight: InFlight::default(),
            worker: Pusher(client.writer(unfenced())),
            state: SharedState::clone(&state),
            state_dir: self.state_dir(),
            only: Default::default(),
            clock: Clock::System,
            notifier: Notifier::new(&ServiceManager::default()),
            orders: receiver,
            hints: Arc::default(),
            notices: Notices::none(),
            view: Arc::default(),
        };
        // `status` and `reload` reach it as they reach any other.
        let control = Control {
            orders: orders.clone(),
            view: Arc::clone(&parts.view),
            reader: state,
            root: self.session().root_name(),
            state_dir: self.state_dir(),
            clock: parts.clock,
            switches_back: true,
        };
        let entered = self.runtime.enter();
        daemon::listen(control)?;
        drop(entered);
        let task = self.runtime.spawn(daemon::run(parts));
        self.daemon = Some(Running { task, orders, _lock: lock });
        let before = self.log_len();
        // Its first pass looks at both outlets; then it is watching.
        self.wait_for("the daemon's first pass", |stage| stage.log_len() >= before + 2)
    }

    pub(super) fn pass_now(&self) {
        if let Some(daemon) = &self.daemon {
            let _ = daemon.orders.blocking_send(Order::Pass);
        }
    }

    pub(super) fn stop_daemon(&mut self) -> Result<(), CommandError> {
        let Some(daemon) = self.daemon.take() else { return Ok(()) };
        let _ = daemon.orders.blocking_send(Order::Stop);
        Ok(self.runtime.block_on(daemon.task)??)
    }

    pub(super) fn wait_for_interrupt(&self) {
        self.signals.stopped_is(Exit::Done);
        let ending = self.signals.end_in_order(StopAnnouncer::Stderr);
        self.runtime.block_on(ending.asked());
    }

    // ── what is true at the server and in the state ──

    /// The published price of an item.
    pub(super) fn price(&self, outlet: &str, item: &str) -> Option<i64> {
        let dump = json!(self.server.control().outlet(outlet).ok()?);
        let menus = dump["published"]["menus"].as_array()?.iter();
        let mut items = menus.flat_map(|menu| menu["menu_items"].as_array().into_iter().flatten());
        items.find(|known| known["external_id"] == item)?["price"].as_i64()
    }

    pub(super) fn edit_in_app(&self, outlet: &str, edit: Edit) -> Result<(), CommandError> {
        Ok(self.server.control().edit(outlet, edit)?)
    }

    /// How many whole menus were sent so far.
    pub(super) fn puts(&self) -> usize {
        self.server.control().log().iter().filter(|entry| entry.method == "PUT").count()
    }

    fn log_len(&self) -> usize {
        self.server.control().log().len()
    }

    /// How an outlet stands, as it is remembered.
    pub(super) fn state(&self, outlet: &str) -> String {
        let Ok(Some(state)) = self.session().remembered() else { return String::new() };
        let row = self.runtime.block_on(state.outlet(outlet)).ok().flatten();
        row.and_then(|row| row.state).unwrap_or_default()
    }

    pub(super) fn expect(&self, what: &str, is_true: impl FnOnce() -> bool) -> Result<(), CommandError> {
        if is_true() { Ok(()) } else { Err(broken(&format!("{what}: the server says otherwise"))) }
    }

    pub(super) fn wait_for(&self, what: &str, is_true: impl Fn(&Self) -> bool) -> Result<(), CommandError> {
        let started = Instant::now();
        while !is_true(self) {
            if started.elapsed() > PATIENCE {
                return Err(broken(&format!("waited {} s in vain for {what}", PATIENCE.as_secs())));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    pub(super) fn how_to_go_on(&self) -> String {
        format!(
            "{}\n\n  server  {}  (what it knows: {}/_sandbox/outlets/{KEMANG})\n\n  export MENUSYNC_ROOT={} MENUSYNC_STATE_DIR={} \
             MENUSYNC_CLIENT_ID=sandbox MENUSYNC_CLIENT_SECRET=sandbox",
            self.files(),
            self.server.url(),
            self.server.url(),
            self.root().display(),
            self.state_dir().display()
        )
    }
}
