//! `menusync-pull`: a checkout that is new as a whole or stays as it was.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::{
    support::{LAYER, clock::clock_variables},
    tools::are_here,
    world::git,
};

/// What a run may leave that was killed.
const HALF: &str = "trees/0123456789ab.halfed";

/// A repository and the directory that the script keeps.
struct Pulled {
    directory: TempDir,
}

impl Pulled {
    fn new() -> Option<Self> {
        if !are_here(&["bash", "git", "flock", "timeout"]) {
            return None;
        }
        let pulled = Self { directory: tempfile::tempdir().unwrap() };
        fs::create_dir(pulled.kept()).unwrap();
        fs::create_dir(pulled.origin()).unwrap();
        git(&pulled.origin(), &["init", "-q", "-b", "main"]);
        Some(pulled)
    }

    fn origin(&self) -> PathBuf {
        self.directory.path().join("origin")
    }

    fn kept(&self) -> PathBuf {
        self.directory.path().join("kept")
    }

    fn commit(&self, text: &str) -> String {
        fs::create_dir_all(self.origin().join("catalogs")).unwrap();
        fs::write(self.origin().join(LAYER), text).unwrap();
        git(&self.origin(), &["add", "-A"]);
        git(&self.origin(), &["commit", "-q", "-m", "x"]);
        git(&self.origin(), &["rev-parse", "HEAD"])
    }

    fn command(&self) -> Command {
        let mut command = Command::new("bash");
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/systemd/menusync-pull")).env_clear();
        command.envs(clock_variables());
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("STATE_DIRECTORY", self.kept());
        command.env("MENUSYNC_PULL_URL", self.origin()).env("GIT_CONFIG_GLOBAL", "/dev/null").stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self) -> (bool, String) {
        told(self.command().output().unwrap())
    }

    #[track_caller]
    fn pull(&self) -> String {
        let (done, told) = self.run();
        assert!(done, "{told}");
        told
    }

    /// What a daemon whose root is `current` reads.
    fn current(&self) -> String {
        fs::read_to_string(self.kept().join("current").join(LAYER)).unwrap()
    }

    fn revision(&self) -> String {
        git(&self.kept().join("current"), &["rev-parse", "HEAD"])
    }

    fn trees(&self) -> usize {
        fs::read_dir(self.kept().join("trees")).unwrap().count()
    }
}

fn told(output: Output) -> (bool, String) {
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn the_newest_commit_is_turned_to_and_three_trees_stay() {
    let Some(pulled) = Pulled::new() else { return };
    let mut commits = Vec::new();
    for number in 1..=5 {
        commits.push(pulled.commit(&format!("# {number}\n")));
        assert!(pulled.pull().contains(&format!("turned to {}", commits.last().unwrap())));
        assert_eq!((pulled.current(), pulled.revision()), (format!("# {number}\n"), commits.last().unwrap().clone()));
        assert_eq!(pulled.trees(), number.min(3));
        let listed = git(&pulled.kept().join("repository"), &["worktree", "list"]);
        assert_eq!(listed.lines().count(), 1 + number.min(3), "{listed}");
    }
    assert!(fs::symlink_metadata(pulled.kept().join("current")).unwrap().is_symlink());

    // Nothing new: nothing happens, not even to the link.
    let link = || fs::symlink_metadata(pulled.kept().join("current")).unwrap().ino();
    let before = link();
    assert_eq!(pulled.pull(), "");
    assert_eq!((link(), pulled.trees()), (before, 3));

    // A branch that was set back is followed too.
    git(&pulled.origin(), &["reset", "-q", "--hard", &commits[2]]);
    pulled.pull();
    assert_eq!((pulled.current(), pulled.trees()), ("# 3\n".to_owned(), 3));
}

#[test]
fn a_repository_that_cannot_be_reached_changes_nothing() {
    let Some(pulled) = Pulled::new() else { return };
    let nothing = pulled.run();
    assert!(!nothing.0, "a branch without a commit: {}", nothing.1);
    assert!(!pulled.kept().join("current").exists());
    let first = pulled.commit("# 1\n");
    pulled.pull();
    fs::rename(pulled.origin(), pulled.directory.path().join("away")).unwrap();
    let (done, told) = pulled.run();
    assert!(!done && told.contains("fatal"), "{told}");
    assert_eq!((pulled.current(), pulled.revision(), pulled.trees()), ("# 1\n".to_owned(), first, 1));
    fs::rename(pulled.directory.path().join("away"), pulled.origin()).unwrap();
    // The objects are broken on the way.
    pulled.commit("# 2\n");
    let blob = git(&pulled.origin(), &["rev-parse", &format!("HEAD:{LAYER}")]);
    let object = pulled.origin().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    let whole = fs::read(&object).unwrap();
    fs::remove_file(&object).unwrap();
    assert!(!pulled.run().0);
    assert_eq!((pulled.current(), pulled.trees()), ("# 1\n".to_owned(), 1));
    fs::write(&object, whole).unwrap();
    pulled.pull();
    assert_eq!(pulled.current(), "# 2\n");
}

#[test]
fn what_a_run_left_that_was_broken_off_is_swept() {
    let Some(pulled) = Pulled::new() else { return };
    pulled.commit("# 1\n");
    pulled.pull();
    // As if it had been killed while it filled a tree, and before it turned a link.
    let half = pulled.kept().join(HALF);
    fs::create_dir_all(half.join("catalogs")).unwrap();
    std::os::unix::fs::symlink(HALF, pulled.kept().join("current.new")).unwrap();
    assert_eq!(pulled.pull(), "");
    assert!(!half.exists() && pulled.current() == "# 1\n");
    // What somebody else put there, such as a state that is told to be beside the root, is none of its business.
    fs::create_dir(pulled.kept().join("trees/state")).unwrap();
    // Killed after it had noted the new tree, before it turned to it: that tree is not taken for the current one.
    fs::create_dir(&half).unwrap();
    let turned = fs::read_to_string(pulled.kept().join("turned")).unwrap();
    fs::write(pulled.kept().join("turned"), format!("{turned}{HALF}\n")).unwrap();
    pulled.commit("# 2\n");
    pulled.pull();
    assert_eq!(pulled.current(), "# 2\n");
    assert!(pulled.kept().join("trees/state").exists());
}

#[test]
fn a_checkout_that_is_not_brought_up_to_date_any_more_is_told() {
    let Some(pulled) = Pulled::new() else { return };
    fs::write(pulled.origin().join("menusync.yaml"), "target: sandbox\n").unwrap();
    pulled.commit("price: 1\n");
    pulled.pull();
    let status = || {
        let mut status = Command::new(env!("CARGO_BIN_EXE_menusync"));
        status.args(["status", "--state-dir"]).arg(pulled.directory.path().join("state"));
        status.args(["--root"]).arg(pulled.kept().join("current")).env_clear().envs(clock_variables());
        String::from_utf8(status.env("PATH", std::env::var_os("PATH").unwrap()).output().unwrap().stderr).unwrap()
    };
    let told = "menusync-pull has not reached its repository since";
    assert!(!status().contains(told), "{}", status());
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let checked = fs::File::options().write(true).open(pulled.kept().join("checked")).unwrap();
    checked.set_modified(old).unwrap();
    assert!(status().contains(told), "{}", status());
    pulled.pull();
    assert!(!status().contains(told), "reaching it is enough, nothing need be new");
}

#[test]
fn what_a_power_cut_left_is_mended() {
    let Some(pulled) = Pulled::new() else { return };
    let first = pulled.commit("price: 1\n");
    pulled.pull();
    let repository = pulled.kept().join("repository");
    let damage: [(&str, &dyn Fn()); 5] = [
        ("a lock of a ref", &|| fs::write(repository.join("refs/heads/main.lock"), "").unwrap()),
        ("a lock of the configuration", &|| fs::write(repository.join("config.lock"), "").unwrap()),
        ("an empty ref", &|| fs::write(repository.join("refs/heads/main"), "").unwrap()),
        ("nothing in it", &|| {
            fs::remove_dir_all(&repository).unwrap();
            fs::create_dir(&repository).unwrap();
        }),
        ("objects that are gone", &|| {
            fs::remove_dir_all(repository.join("objects")).unwrap();
            fs::create_dir_all(repository.join("objects/pack")).unwrap();
        }),
    ];
    let mut before = first;
    for (number, (what, damage)) in damage.iter().enumerate() {
        damage();
        assert!(pulled.kept().join("current").join(LAYER).exists(), "{what}");
        let newest = pulled.commit(&format!("price: {}\n", number + 2));
        assert_ne!(newest, before);
        let (done, told) = pulled.run();
        assert!(done, "{what}: {told}");
        assert_eq!(pulled.revision(), newest, "{what}");
        before = newest;
    }
}

#[test]
fn of_several_runs_at_a_time_one_works_and_readers_always_see_a_whole_tree() {
    let Some(pulled) = Pulled::new() else { return };
    pulled.commit("# 0\n");
    pulled.pull();
    for number in 1..=3 {
        let text = format!("# {number}\n");
        pulled.commit(&text);
        let mut runs: Vec<Child> = (0..4).map(|_| pulled.command().spawn().unwrap()).collect();
        let old = format!("# {}\n", number - 1);
        while runs.iter_mut().any(|run| run.try_wait().unwrap().is_none()) {
            let seen = pulled.current();
            assert!(seen == old || seen == text, "{seen:?}");
        }
        let all: Vec<(bool, String)> = runs.into_iter().map(|run| told(run.wait_with_output().unwrap())).collect();
        assert!(all.iter().all(|(done, _)| *done), "{all:?}");
        assert_eq!(all.iter().filter(|(_, told)| told.contains("turned to")).count(), 1, "{all:?}");
        assert_eq!(pulled.current(), text);
    }
    // Whoever holds the lock makes others leave.
    let mut holder = Command::new("flock");
    holder.arg(pulled.kept().join("lock")).args(["bash", "-c"]).arg("echo held; read -r _ || true");
    let mut holder = holder.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut word = [0; 4];
    std::io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut word).unwrap();
    pulled.commit("# 4\n");
    assert_eq!(pulled.pull(), "another one is under way\n");
    drop(holder.stdin.take());
    holder.wait().unwrap();
    pulled.pull();
    assert_eq!(pulled.current(), "# 4\n");
}
