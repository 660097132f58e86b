//! A PostgreSQL for tests: one cluster for each test binary, which ends with it, and a database for each test.
//!
//! It listens on a socket in its own directory only. Its programs refuse to be run by root and are then run by `nobody`.
//! Where there is no PostgreSQL, tests are left out; where none may be left out (`ALL_TOOLS`, which `.ci/run` sets), they
//! fail.

#![allow(dead_code, unreachable_pub)] // each test target uses a part
#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::{
    fs,
    io::Write as _,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// User and group `nobody`.
const NOBODY: u32 = 65_534;

/// Runs a program until the standard input of this script ends, which it does with the test binary.
const UNTIL_THE_END: &str = r#"
    "$@" >"$LOG" 2>&1 & child=$!
    read -r _
    kill -"$END_BY" "$child"; wait "$child"
    rm -rf "$DIRECTORY"
"#;

/// A running program of a cluster.
struct Running {
    directory: PathBuf,
    /// The end of its standard input is that of the program.
    _alive: Mutex<Child>,
}

/// A database of a test.
pub struct Database {
    pub name: String,
    directory: PathBuf,
}

impl Database {
    /// A new database, on the cluster of this test binary; `None`: there is no PostgreSQL here.
    pub fn create() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let cluster = cluster()?;
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::SeqCst));
        let database = Self { name, directory: cluster.directory.clone() };
        sql(&cluster.directory, "postgres", &format!("CREATE DATABASE {} TEMPLATE template0", database.name));
        Some(database)
    }

    /// Its URL.
    pub fn url(&self) -> String {
        self.url_at(&self.directory)
    }

    /// Its URL behind a pooler that hands connections out by transaction; `None`: there is no pgbouncer here.
    pub fn pooled_url(&self) -> Option<String> {
        Some(self.url_at(&pooler()?.directory))
    }

    fn url_at(&self, socket: &Path) -> String {
        format!("postgres://menusync@{}/{}", socket.display().to_string().replace('/', "%2F"), self.name)
    }

    /// Runs a statement, and gives what it prints.
    pub fn sql(&self, statement: &str) -> String {
        sql(&self.directory, &self.name, statement)
    }

    /// Lets nobody connect any more, and closes what is open.
    pub fn go_away(&self) {
        self.allow_connections(false);
        let name = &self.name;
        let close = format!("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'");
        sql(&self.directory, "postgres", &close);
    }

    /// Lets everybody connect again.
    pub fn come_back(&self) {
        self.allow_connections(true);
    }

    fn allow_connections(&self, are_allowed: bool) {
        let statement = format!("ALTER DATABASE {} ALLOW_CONNECTIONS {are_allowed}", self.name);
        sql(&self.directory, "postgres", &statement);
    }
}

fn sql(directory: &Path, database: &str, statement: &str) -> String {
    let mut psql = Command::new(program("psql").unwrap());
    psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "menusync", "-d", database, "-c", statement]);
    let output = psql.arg("-h").arg(directory).output().unwrap();
    assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Started once; `None`: there is no PostgreSQL here.
fn cluster() -> Option<&'static Running> {
    static CLUSTER: OnceLock<Option<Running>> = OnceLock::new();
    CLUSTER.get_or_init(|| all_there(&["initdb", "postgres", "psql"]).then(start_cluster)).as_ref()
}

fn start_cluster() -> Running {
    let directory = own_directory("menusync-postgres-");
    let data = directory.join("data");
    let mut initdb = as_nobody(&program("initdb").unwrap());
    initdb.args(["-U", "menusync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"]).arg(&data);
    let made = initdb.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut postgres = vec![program("postgres").unwrap().into_os_string(), "-D".into(), data.clone().into()];
    for setting in ["listen_addresses=", "fsync=off", "max_connections=300", "shared_buffers=16MB", "autovacuum=off"] {
        postgres.extend(["-c".into(), setting.into()]);
    }
    postgres.extend(["-k".into(), directory.clone().into()]);
    let running = run(directory, &postgres, "QUIT");
    let is_ready = || fs::read_to_string(data.join("postmaster.pid")).is_ok_and(|text| text.contains("ready"));
    wait_for(&running.directory, is_ready);
    running
}

fn pooler() -> Option<&'static Running> {
    static POOLER: OnceLock<Option<Running>> = OnceLock::new();
    POOLER.get_or_init(|| all_there(&["pgbouncer"]).then(start_pooler)).as_ref()
}

fn start_pooler() -> Running {
    let directory = own_directory("menusync-pgbouncer-");
    let (here, behind) = (directory.display().to_string(), cluster().unwrap().directory.display().to_string());
    let settings = format!(
        "[databases]\n* = host={behind} user=menusync\n[pgbouncer]\nlisten_port = 5432\nunix_socket_dir = {here}\n\
         pool_mode = transaction\nauth_type = any\ndefault_pool_size = 2\nmax_client_conn = 300\n"
    );
    let file = directory.join("pgbouncer.ini");
    fs::write(&file, settings).unwrap();
    let pgbouncer = [program("pgbouncer").unwrap().into_os_string(), file.into_os_string()];
    let running = run(directory, &pgbouncer, "TERM");
    wait_for(&running.directory, || running.directory.join(".s.PGSQL.5432").exists());
    running
}

fn run(directory: PathBuf, command: &[std::ffi::OsString], end_by: &str) -> Running {
    let mut shell = as_nobody(Path::new("/bin/sh"));
    shell.args(["-c", UNTIL_THE_END, "sh"]).args(command).stdin(Stdio::piped());
    shell.env("LOG", directory.join("log")).env("END_BY", end_by).env("DIRECTORY", &directory);
    let child = shell.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    Running { directory, _alive: Mutex::new(child) }
}

fn wait_for(directory: &Path, is_ready: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_ready() {
        let log = || fs::read_to_string(directory.join("log")).unwrap_or_default();
        assert!(began.elapsed() < Duration::from_secs(60), "it does not start: {}", log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// As whom the programs are run.
enum Runner {
    /// Whoever runs the tests.
    Oneself,
    Nobody,
    /// Where nobody but root may use `/dev/null`: root, who sees itself as nobody.
    NobodyByName,
}

fn runner() -> Runner {
    let is_for_all = fs::metadata("/dev/null").unwrap().permissions().mode() & 0o002 != 0;
    match rustix::process::geteuid().is_root() {
        false => Runner::Oneself,
        true if is_for_all => Runner::Nobody,
        true => Runner::NobodyByName,
    }
}

fn as_nobody(program: &Path) -> Command {
    let mut command = match runner() {
        Runner::NobodyByName => Command::new("unshare"),
        _ => Command::new(program),
    };
    match runner() {
        Runner::Oneself => &mut command,
        Runner::Nobody => command.uid(NOBODY).gid(NOBODY),
        Runner::NobodyByName => {
            let of = [format!("--map-user={NOBODY}"), format!("--map-group={NOBODY}")];
            command.arg("--user").args(of).arg("--").arg(program)
        }
    };
    command.current_dir("/");
    command
}

/// The path of a socket is short, so it lies in `/tmp`. The script removes the directory.
fn own_directory(prefix: &str) -> PathBuf {
    let directory = tempfile::Builder::new().prefix(prefix).tempdir_in("/tmp").unwrap().keep();
    if matches!(runner(), Runner::Nobody) {
        chown(&directory, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    directory
}

/// Debian keeps the programs of the server out of `PATH`.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    versions.sort();
    let folders = std::env::split_paths(&path).chain(versions.into_iter().rev()).chain(["/usr/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn all_there(programs: &[&str]) -> bool {
    let missing: Vec<_> = programs.iter().filter(|name| program(name).is_none()).collect();
    assert!(missing.is_empty() || std::env::var_os("ALL_TOOLS").is_none(), "there is no {missing:?}");
    if !missing.is_empty() {
        let _ = writeln!(std::io::stderr(), "left out: there is no {missing:?}");
    }
    missing.is_empty()
}
