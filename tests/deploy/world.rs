//! A repository of menus with the files of `deploy/` in it, the forge it is at, and the GoBiz it is for.

use std::{
    cell::{Cell, OnceCell},
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    forge::{Forge, REPOSITORY, TOKEN},
    support::{SECRET, Stage},
    tools::are_here,
    workflow::{self, Contexts, Ran},
};

/// The number of every pull request here.
pub(crate) const NUMBER: u64 = 12;
/// The repository of a pull request that is none of ours.
pub(crate) const FORK: &str = "mallory/menus";

pub(crate) struct World {
    pub(crate) stage: Stage,
    pub(crate) forge: Forge,
    runs: Cell<usize>,
    default_branch: OnceCell<PathBuf>,
}

/// A file of the project.
pub(crate) fn project_file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

impl World {
    /// Kuta in sync, everything committed on `main`; `None` on a machine that lacks what the scripts need.
    pub(crate) fn new() -> Option<Self> {
        if !are_here(&["bash", "git", "curl", "jq", "unzip", "iconv"]) {
            return None;
        }
        let world = Self {
            stage: Stage::new().in_sync(),
            forge: Forge::start(),
            runs: Cell::new(0),
            default_branch: OnceCell::new(),
        };
        for name in ["menus", "menus-fork", "menus-fork-comment"] {
            world.ship(&format!("deploy/github/{name}.yml"), ".github/workflows");
        }
        for script in ["ci/install.sh", "ci/check.sh", "ci/compose.sh", "github/comment.sh", "github/fork-comment.sh"] {
            world.ship(&format!("deploy/{script}"), ".github/menusync");
        }
        for file in ["ci/install.sh", "ci/check.sh", "ci/compose.sh", "gitlab/note.sh", "gitlab/code-quality.sh"] {
            world.ship(&format!("deploy/{file}"), ".gitlab/menusync");
        }
        world.ship("deploy/gitlab/menus.gitlab-ci.yml", ".gitlab/menusync");
        world.git(&["init", "-q", "-b", "main"]);
        world.commit();
        Some(world)
    }

    fn ship(&self, file: &str, to: &str) {
        let name = Path::new(file).file_name().unwrap().to_str().unwrap();
        self.stage.write(&format!("{to}/{name}"), &project_file(file));
    }

    // ── git ──

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(&self.stage.root(), arguments)
    }

    pub(crate) fn commit(&self) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Pushes a change to the branch `proposal`, which is made if it is not there.
    pub(crate) fn propose(&self, change: impl FnOnce(&Stage)) -> String {
        let is_there = !self.git(&["branch", "--list", "proposal"]).is_empty();
        self.git(if is_there { &["checkout", "-q", "proposal"] } else { &["checkout", "-q", "-b", "proposal"] });
        change(&self.stage);
        let head = self.commit();
        self.git(&["checkout", "-q", "main"]);
        head
    }

    /// A checkout of its own: the proposal merged into `main`, as GitHub has it tested.
    fn merged(&self) -> PathBuf {
        let checkout = self.checkout();
        git(&checkout, &["merge", "-q", "--no-ff", "-m", "merge", "origin/proposal"]);
        checkout
    }

    /// A checkout of `main`.
    pub(crate) fn checkout(&self) -> PathBuf {
        self.runs.set(self.runs.get() + 1);
        let top = self.stage.root().parent().unwrap().join(format!("run-{}", self.runs.get()));
        fs::create_dir(&top).unwrap();
        git(&top, &["clone", "-q", self.stage.root().to_str().unwrap(), "work"]);
        top.join("work")
    }

    // ── the forge's runs ──

    /// What every run finds in its environment.
    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        let bin = Path::new(env!("CARGO_BIN_EXE_menusync")).parent().unwrap().display().to_string();
        let set = [
            ("PATH", format!("{bin}:{}", std::env::var("PATH").unwrap())),
            ("HOME", self.stage.root().display().to_string() + "-home"),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_REPOSITORY", REPOSITORY.to_owned()),
            ("GITHUB_API_URL", self.forge.url()),
        ];
        set.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// The pull request's own workflow, with its head in this repository.
    pub(crate) fn run(&self, file: &str, head: &str) -> Ran {
        let checkout = self.merged();
        let mut contexts = Contexts::from([
            ("github.repository", REPOSITORY.to_owned()),
            ("github.token", TOKEN.to_owned()),
            ("github.event.pull_request.number", NUMBER.to_string()),
            ("github.event.pull_request.head.repo.full_name", head.to_owned()),
        ]);
        if head == REPOSITORY {
            contexts.insert("vars.MENUSYNC_SOURCE", "https://forge.invalid/menusync".to_owned());
            contexts.insert("vars.MENUSYNC_VERSION", env!("CARGO_PKG_VERSION").to_owned());
            contexts.insert("vars.MENUSYNC_SHA256", String::new());
            contexts.insert("secrets.MENUSYNC_CLIENT_ID", "sandbox".to_owned());
            contexts.insert("secrets.MENUSYNC_CLIENT_SECRET", SECRET.to_owned());
        }
        workflow::run(&fs::read_to_string(checkout.join(file)).unwrap(), &checkout, &contexts, &self.environment())
    }

    /// The second stage for a fork, after its run has uploaded.
    pub(crate) fn comment_on_fork(&self, sha: &str) -> Ran {
        let checkout = self.default_branch.get_or_init(|| self.checkout());
        let contexts = Contexts::from([
            ("github.token", TOKEN.to_owned()),
            ("github.event.workflow_run.event", "pull_request".to_owned()),
            ("github.event.workflow_run.conclusion", "success".to_owned()),
            ("github.event.workflow_run.id", "77".to_owned()),
            ("github.event.workflow_run.head_sha", sha.to_owned()),
            ("github.event.workflow_run.head_repository.full_name", FORK.to_owned()),
        ]);
        let text = project_file("deploy/github/menus-fork-comment.yml");
        workflow::run(&text, checkout, &contexts, &self.environment())
    }
}

/// git as a person without settings of his own.
pub(crate) fn git(directory: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.arg("-C").arg(directory).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(arguments);
    git.env_remove("GIT_DIR").env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = git.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
