//! A root in a git repository, and the binary run in it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::clock::clock_variables;

/// A repository with the root in a sub-directory.
pub(crate) struct Repository {
    directory: TempDir,
}

/// What a command printed and how it ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {}{}", self.out, self.err))
    }
}

impl Repository {
    pub(crate) fn new() -> Self {
        let repository = Self { directory: tempfile::tempdir().unwrap() };
        repository.git(&["init", "-q", "-b", "main"]);
        repository
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.path().join("menus")
    }

    pub(crate) fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        git.arg("-C").arg(self.path()).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(arguments);
        let output = git.env_remove("GIT_DIR").output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(crate) fn commit(&self) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs menusync in the repository; nothing of the tester's environment gets through but PATH.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_menusync"));
        command.args(arguments).current_dir(self.path()).env_clear().envs(clock_variables());
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.env("MENUSYNC_ROOT", "menus").env("MENUSYNC_STATE_DIR", self.path().join(".git/menusync-state"));
        command.env("MENUSYNC_CLIENT_ID", "sandbox").env("MENUSYNC_CLIENT_SECRET", "sandbox");
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
    }
}

/// A layer with one dish and one choice.
pub(crate) fn layer(price: u32) -> String {
    format!(
        "menus:\n  - name: Nasi\n    menu_items:\n      - external_id: NG\n        name: Nasi Goreng\n        description: Enak\n        \
         price: {price}\n        variant_category_external_ids: [VC]\n      - external_id: NU\n        name: Nasi Uduk\n        \
         description: Gurih\n        price: 20000\n        in_stock: false\nvariant_categories:\n  - external_id: VC\n    name: Level \
         pedas\n    rules: {{selection: {{min_quantity: 0, max_quantity: 1}}}}\n    variants:\n      - {{external_id: LV-1, name: Pedas, \
         price: 0}}\n      - {{external_id: LV-2, name: Gila, price: 2000}}\n"
    )
}

pub(crate) fn outlet(id: &str, name: &str, more: &str) -> String {
    format!("outlet: {id}\nname: {name}\nextends: [../layer.yaml]\n{more}")
}

pub(crate) const SETTINGS: &str = "target: sandbox\nrules: {image-missing: off}\n";

/// Five outlets over one layer, committed.
pub(crate) fn brand() -> Repository {
    let repository = Repository::new();
    repository.write("menusync.yaml", SETTINGS);
    repository.write("catalogs/layer.yaml", layer(25000));
    for (index, name) in ["Kemang", "Kuta", "Ubud", "Sanur", "Blok M"].iter().enumerate() {
        repository.write(&format!("catalogs/outlets/{index}.yaml"), outlet(&format!("G{index}"), name, ""));
    }
    repository.commit();
    repository
}
