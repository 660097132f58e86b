//! A server on a port of its own, with a root, a state directory and a view that no daemon writes.

use std::{fs, path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use menusync::{
    catalog::{Field, Price},
    daemon::{Share, View},
    fleet,
    plan::Base,
    remote::install_crypto,
    state::{
        DaemonLock, NewPush, NewRecord, OutletUpdate, PushKind, PushOutcome, PushStep, Scope, SharedState, SqliteState,
        StatusUpdate, lock_daemon,
    },
    sync::Clock,
    web::{self, Metrics, Server, Site},
};
use reqwest::{Client, Method, RequestBuilder, Response};
use tempfile::TempDir;
use uuid::Uuid;

/// A name that does harm wherever it is not escaped.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202e}";

pub(crate) struct Served {
    directory: TempDir,
    pub(crate) view: Arc<View>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) server: Server,
    client: Client,
    pub(crate) state: SharedState,
    _lock: DaemonLock,
}

impl Served {
    /// Four outlets: G1 in sync, G2 held, G3 with errors in its file, G4 with a hostile name that no pass has seen.
    pub(crate) async fn start() -> Self {
        let served = Self::start_empty().await;
        served.write("menusync.yaml", "target: sandbox\nschedule: \"0 * * * *\"\n");
        served.write("catalogs/a.yaml", &outlet("G1", "Kuta"));
        served.write("catalogs/b.yaml", &outlet("G2", "Kemang"));
        served.write("catalogs/c.yaml", &outlet("G3", "Ubud").replace("price: 25000", "price: -1"));
        served.write("catalogs/d.yaml", &outlet("G4", &HOSTILE.replace('"', "\\\"").replace('\u{202e}', "\\u202e")));
        served.take_files();
        served
    }

    /// So many outlets over one layer, that no pass has seen: G0, G1, ….
    pub(crate) async fn start_fleet(outlets: usize) -> Self {
        let served = Self::start_empty().await;
        served.write("menusync.yaml", "target: sandbox\nrules: {image-missing: off}\n");
        let dishes: String = (0..40)
            .map(|n| {
                format!(
                    "      - {{external_id: D{n}, name: Dish {n}, description: Telur, price: {}}}\n",
                    10_000 + n * 500
                )
            })
            .collect();
        served.write("catalogs/layer.yaml", &format!("menus:\n  - name: Nasi\n    menu_items:\n{dishes}"));
        for id in 0..outlets {
            let file = format!("outlet: G{id}\nname: Warung {id}\nextends: [layer.yaml]\n");
            served.write(&format!("catalogs/{id}.yaml"), &file);
        }
        served.take_files();
        served
    }

    /// A daemon that has not taken over any files yet.
    pub(crate) async fn start_empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let state_dir = directory.path().join("state");
        let lock = lock_daemon(&state_dir).unwrap();
        let state = SqliteState::open(&state_dir, &scope()).unwrap();
        let reader = SqliteState::open_read_only(&state_dir, &scope()).unwrap().unwrap();
        let (view, metrics) = (Arc::new(View::default()), Arc::new(Metrics::new(Clock::System)));
        let (shown, counted) = (Arc::clone(&view), Arc::clone(&metrics));
        let shared = SharedState::clone(&state);
        let (flags, clock) = (String::new(), Clock::System);
        let site = Site { view: shown, metrics: counted, state: shared, reader, state_dir, flags, clock };
        let server = web::serve("127.0.0.1:0".parse().unwrap(), site).await.unwrap();
        install_crypto();
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().unwrap();
        Self { directory, view, metrics, server, client, state, _lock: lock }
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.directory.path().join("root").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Shows the files as a daemon does that has begun to work with them.
    pub(crate) fn take_files(&self) {
        let loaded = fleet::load(&self.directory.path().join("root")).unwrap();
        let survey = loaded.survey(Timestamp::now());
        self.view.update(|shown| {
            (shown.files, shown.passing) = (Some((Arc::new(loaded), Arc::new(survey))), true);
            shown.share = Some(Share { ours: 1, daemons: vec![("warung-1, process 1".to_owned(), true)] });
        });
    }

    /// Puts the files into a git repository with this remote, and shows them from there.
    pub(crate) fn commit(&self, remote: &str) {
        let root = self.directory.path().join("root");
        for arguments in [
            &["init", "-q"][..],
            &["remote", "add", "origin", remote],
            &["add", "-A"],
            &["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", "x"],
        ] {
            let git =
                std::process::Command::new("git").arg("-C").arg(&root).args(arguments).env_remove("GIT_DIR").status();
            assert!(git.unwrap().success(), "{arguments:?}");
        }
        self.take_files();
    }

    pub(crate) fn state_dir(&self) -> std::path::PathBuf {
        self.directory.path().join("state")
    }

    /// Remembers that an outlet is held by a guard and that something was changed elsewhere.
    pub(crate) async fn hold(&self, id: &str, message: &str) {
        let held = serde_json::json!([{"guard": "price-change", "limit": 50.0, "actual": 92.0, "verdict": "held",
            "items": ["items/NG/price"], "message": message, "names": ["Nasi Goreng"], "places": ["catalogs/b.yaml:2"]}]);
        let drift = serde_json::json!([{"path": "items/ET/price", "class": "drift", "from": 9900, "to": 5000, "name": message}]);
        self.set_held(id, message, held, drift).await;
    }

    /// Remembers that a guard holds a dish of these outlets for a line of the files.
    pub(crate) async fn hold_at(&self, ids: &[&str], guard: &str, place: &str) {
        let held = serde_json::json!([{"guard": guard, "limit": 50.0, "actual": 92.0, "verdict": "held",
            "items": ["items/NG/price"], "message": "by 92 %", "names": ["Nasi Goreng"], "places": [place]}]);
        for id in ids {
            self.set_held(id, "by 92 %", held.clone(), serde_json::json!([])).await;
        }
    }

    async fn set_held(&self, id: &str, message: &str, held: serde_json::Value, drift: serde_json::Value) {
        let status = StatusUpdate {
            state: "held".to_owned(),
            error: Some(message.to_owned()),
            held: Some(held.to_string()),
            drift: Some(drift.to_string()),
            ..StatusUpdate::default()
        };
        self.set_status(id, status).await;
    }

    /// Remembers that an outlet stands so.
    pub(crate) async fn stand(&self, id: &str, state: &str, error: Option<&str>) {
        let revision = Some("0123456789abcdef0123456789abcdef01234567".to_owned());
        let (state, error) = (state.to_owned(), error.map(str::to_owned));
        let name = self.view.shown().files.and_then(|(_, survey)| Some(survey.member(id)?.name.clone()));
        self.set_status(id, StatusUpdate { state, name, error, revision, ..StatusUpdate::default() }).await;
    }

    /// Remembers that the menu of a file of these tests was pushed with this price, and arrived.
    pub(crate) async fn base(&self, id: &str, price: i64) {
        let shown = self.view.shown();
        let (loaded, _) = shown.files.unwrap();
        let mut catalog = loaded.desired(&id.into(), Timestamp::now()).unwrap().catalog;
        catalog.menus[0].menu_items[0].price = Field::Set(Price(price));
        let base = serde_json::to_string(&Base { catalog, ..Base::default() }).unwrap();
        let update = OutletUpdate { base: Some(base), ..OutletUpdate::default() };
        self.state.update_outlet(id, update, Timestamp::now()).await.unwrap();
    }

    /// Remembers something that the live menu of an outlet says.
    pub(crate) async fn note(&self, id: &str, note: &str) {
        let memory = Some(serde_json::json!({"notes": [note]}).to_string());
        let update = OutletUpdate { memory, ..OutletUpdate::default() };
        self.state.update_outlet(id, update, Timestamp::now()).await.unwrap();
    }

    async fn set_status(&self, id: &str, status: StatusUpdate) {
        let update = OutletUpdate { status: Some(status), ..OutletUpdate::default() };
        self.state.update_outlet(id, update, Timestamp::now()).await.unwrap();
    }

    /// Remembers a push that ended.
    pub(crate) async fn push(&self, outlet: &str, outcome: PushOutcome, error: Option<&str>) -> Uuid {
        let request_id = Uuid::new_v4();
        let now = Timestamp::now();
        let push = NewPush {
            outlet: outlet.to_owned(),
            request_id,
            kind: PushKind::Put,
            digest: "sha256:00".to_owned(),
            revision: None,
            files: None,
            author: None,
            back_to: None,
            wave: None,
            tool: "0".to_owned(),
            plan: "{}".to_owned(),
            record: NewRecord { changes: "[]".to_owned(), record: "{}".to_owned() },
            outlet_update: OutletUpdate::default(),
            prepared_at: now,
            sent_at: Some(now),
        };
        let id = self.state.begin_push(push).await.unwrap();
        let end = Some((outcome, error.map(str::to_owned)));
        self.state.record_push_step(id, PushStep { end, ..PushStep::default() }, now).await.unwrap();
        request_id
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.server.address()))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// Status and body.
    pub(crate) async fn read(&self, path: &str) -> (u16, String) {
        let response = self.get(path).await;
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

pub(crate) fn outlet(id: &str, name: &str) -> String {
    format!(
        "outlet: {id}\nname: \"{name}\"\nmenus:\n  - name: Nasi\n    menu_items:\n      - {{external_id: NG, name: Nasi Goreng, \
         description: Telur, price: 25000}}\n"
    )
}

/// Moves tokio's clock without waiting.
pub(crate) async fn advance(duration: Duration) {
    tokio::time::pause();
    tokio::time::advance(duration).await;
    tokio::time::resume();
}

/// A file of the project.
pub(crate) fn project_file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

fn scope() -> Scope {
    Scope { platform: "https://api.partner-sandbox.gobiz.co.id".to_owned(), root: "/srv/menus".to_owned() }
}
