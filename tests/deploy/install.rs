//! How a check gets menusync: the script that fetches a release or builds, the action and the hooks that call it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::{
    tools::are_here,
    workflow::{parse, shell},
    world::{git, project_file},
};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const SOURCE: &str = "https://forge.example/sari/menusync";

/// Stands in for the network: what lies on the shelf is there, and every address that was asked for is noted. What goes to a
/// stand-in on this machine gets there.
const CURL: &str = r#"#!/usr/bin/env bash
[[ $* != *http://127.0.0.1* ]] || exec "$REAL_CURL" "$@"
[[ $* == *"--proto =https "* && $* == *"--fail "* && $* == *"--max-time "* ]] || { echo "curl: without $*" >&2; exit 2; }
while [ $# -gt 1 ]; do
    [ "$1" != --output ] || output=$2
    shift
done
echo "$1" >>"$SHELF/../asked"
[ ! -e "$SHELF/away" ] || { printf 000; echo "curl: (6) Could not resolve host" >&2; exit 6; }
cp "$SHELF/${1##*/}" "$output" 2>/dev/null && { printf 200; exit; }
printf 404
echo "curl: (22) The requested URL returned error: 404" >&2
exit 22
"#;

/// Stands in for a build of minutes.
const CARGO: &str = r#"#!/usr/bin/env bash
echo "$*" >>"$SHELF/../built"
while [ $# -gt 1 ]; do
    [ "$1" != --root ] || root=$2
    shift
done
mkdir -p "$root/bin"
printf '#!/bin/sh\necho built\n' >"$root/bin/menusync"
"#;

/// A machine without menusync, and a release to fetch.
pub(crate) struct Machine {
    top: TempDir,
    name: &'static str,
}

impl Machine {
    /// On x86_64 Linux, whatever this is.
    pub(crate) fn new() -> Option<Self> {
        Self::of("Linux", "x86_64", "x86_64-unknown-linux-musl")
    }

    fn of(system: &str, machine: &str, name: &'static str) -> Option<Self> {
        if !are_here(&["bash", "git", "tar", "gzip", "sha256sum"]) {
            return None;
        }
        let this = Self { top: TempDir::new().unwrap(), name };
        for room in ["tools", "shelf", "home"] {
            fs::create_dir(this.path(room)).unwrap();
        }
        this.tool("curl", CURL);
        this.tool("cargo", CARGO);
        this.tool("uname", &format!("#!/bin/sh\ncase $1 in -s) echo {system} ;; *) echo {machine} ;; esac\n"));
        Some(this)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.top.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn tool(&self, name: &str, text: &str) {
        fs::write(self.path("tools").join(name), text).unwrap();
        make_executable(&self.path("tools").join(name));
    }

    fn archive(&self) -> String {
        format!("menusync-{VERSION}-{}.tar.gz", self.name)
    }

    fn room(&self) -> PathBuf {
        self.path("pack").join(format!("menusync-{VERSION}-{}", self.name))
    }

    /// Puts a file into the archive of [`Self::release`].
    pub(crate) fn pack(&self, file: &str, text: &str) {
        let path = self.room().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        make_executable(&self.room().join(file));
    }

    /// Puts an archive with a file onto the shelf; the checksum that it has.
    pub(crate) fn release(&self, file: &str, text: &str) -> String {
        self.pack(file, text);
        let room = self.room();
        let archive = self.path("shelf").join(self.archive());
        let mut tar = Command::new("tar");
        tar.arg("-czf").arg(&archive).arg("-C").arg(self.path("pack")).arg(room.file_name().unwrap());
        assert!(tar.status().unwrap().success());
        Sha256::digest(fs::read(archive).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn sums(&self, sum: &str) {
        fs::write(self.path("shelf/SHA256SUMS"), format!("{}  other\n{sum}  {}\n", "0".repeat(64), self.archive()))
            .unwrap();
    }

    fn environment(&self, with: &[(&str, &str)]) -> BTreeMap<String, String> {
        let path = format!("{}:{}", self.path("tools").display(), std::env::var("PATH").unwrap());
        let set = [
            ("PATH", path),
            ("HOME", self.path("home").display().to_string()),
            ("SHELF", self.path("shelf").display().to_string()),
            ("MENUSYNC_BIN", self.path("bin").display().to_string()),
            ("MENUSYNC_SOURCE", SOURCE.to_owned()),
            ("MENUSYNC_VERSION", VERSION.to_owned()),
        ];
        let set = set.map(|(name, value)| (name.to_owned(), value));
        set.into_iter().chain(with.iter().map(|(name, value)| (name.to_string(), value.to_string()))).collect()
    }

    /// Exit code and log of the script.
    fn install(&self, arguments: &str, with: &[(&str, &str)]) -> (i32, String) {
        let script = format!("bash {}/deploy/ci/install.sh {arguments}", env!("CARGO_MANIFEST_DIR"));
        shell(&script, self.top.path(), &self.environment(with))
    }

    /// What the installed program prints; nothing if nothing was installed.
    fn installed(&self) -> Option<String> {
        let program = self.path("bin/menusync");
        program.exists().then(|| String::from_utf8(Command::new(program).output().unwrap().stdout).unwrap())
    }

    fn assert_nothing_done(&self, log: &str) {
        assert_eq!(self.installed(), None, "{log}");
        assert_eq!(self.text("built"), "", "{log}");
        assert_eq!(fs::read_dir(self.path("home")).unwrap().count(), 0);
    }
}

fn make_executable(path: &Path) {
    assert!(Command::new("chmod").arg("+x").arg(path).status().unwrap().success());
}

/// The program that the stand-in is before.
pub(crate) fn real_curl() -> String {
    let path = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&path).map(|room| room.join("curl")).find(|file| file.is_file());
    found.unwrap().display().to_string()
}

const RELEASED: &str = "#!/bin/sh\necho released\n";

#[test]
fn a_release_is_fetched_by_its_checksum() {
    let Some(machine) = Machine::new() else { return };
    let sum = machine.release("menusync", RELEASED);
    let (code, log) = machine.install("", &[("MENUSYNC_SHA256", &sum)]);
    assert_eq!((code, machine.installed().as_deref()), (0, Some("released\n")), "{log}");
    let address = format!("{SOURCE}/releases/download/v{VERSION}/{}\n", machine.archive());
    assert_eq!(machine.text("asked"), address, "the checksum that was given is the one that counts");

    machine.sums(&sum);
    fs::remove_dir_all(machine.path("bin")).unwrap();
    let (code, log) = machine.install("fetch", &[]);
    assert_eq!((code, machine.installed().as_deref()), (0, Some("released\n")), "{log}");
}

#[test]
fn what_is_not_what_it_should_be_is_refused_and_nothing_is_built_instead() {
    let Some(machine) = Machine::new() else { return };
    let sum = machine.release("menusync", RELEASED);
    machine.sums(&"1".repeat(64));
    for with in [vec![], vec![("MENUSYNC_SHA256", "2222222222222222222222222222222222222222222222222222222222222222")]]
    {
        let (code, log) = machine.install("", &with);
        assert_eq!(code, 1, "{log}");
        assert!(log.contains(&format!("its SHA-256 is {sum}, expected ")), "{log}");
        machine.assert_nothing_done(&log);
    }

    fs::write(machine.path("shelf/SHA256SUMS"), "").unwrap();
    let (code, log) = machine.install("", &[]);
    assert!(code == 1 && log.contains("SHA256SUMS has no checksum of"), "{log}");
    machine.assert_nothing_done(&log);

    fs::remove_dir_all(machine.path("pack")).unwrap();
    let sum = machine.release("something-else", RELEASED);
    let (code, log) = machine.install("", &[("MENUSYNC_SHA256", &sum)]);
    assert!(code == 1 && log.contains("nothing was installed"), "{log}");
    machine.assert_nothing_done(&log);
}

#[test]
fn where_no_release_is_it_is_built() {
    let Some(machine) = Machine::new() else { return };
    let (code, log) = machine.install("", &[]);
    assert_eq!((code, machine.installed().as_deref()), (0, Some("built\n")), "{log}");
    assert!(log.contains(&format!("there is no {SOURCE}/releases/download/")), "{log}");
    let built = machine.text("built");
    assert!(built.starts_with(&format!("install --locked --git {SOURCE} --tag v{VERSION} --root ")), "{built}");

    // Nobody asked for a release.
    let (code, log) = machine.install("", &[("MENUSYNC_VERSION", "")]);
    assert_eq!(code, 0, "{log}");
    assert!(
        machine.text("built").lines().last().unwrap().starts_with(&format!("install --locked --git {SOURCE} --root "))
    );
}

#[test]
fn a_network_that_does_not_work_builds_nothing() {
    let Some(machine) = Machine::new() else { return };
    fs::write(machine.path("shelf/away"), "").unwrap();
    for arguments in ["", "fetch"] {
        let (code, log) = machine.install(arguments, &[]);
        assert!(code == 1 && log.contains(&format!("could not fetch {SOURCE}/releases/")), "{log}");
        machine.assert_nothing_done(&log);
    }
}

#[test]
fn the_address_of_a_clone_is_understood() {
    for source in
        ["https://forge.example/sari/menusync.git", "git@forge.example:sari/menusync.git", &format!("{SOURCE}/")]
    {
        let Some(machine) = Machine::new() else { return };
        let sum = machine.release("menusync", RELEASED);
        machine.sums(&sum);
        let (code, log) = machine.install("fetch", &[("MENUSYNC_SOURCE", source)]);
        assert_eq!((code, machine.installed().as_deref()), (0, Some("released\n")), "{log}");
        assert!(machine.text("asked").starts_with(&format!("{SOURCE}/releases/download/")), "{log}");
        assert!(log.contains(&format!("of the same place; MENUSYNC_SHA256={sum} pins it")), "{log}");
    }
}

#[test]
fn what_does_not_run_here_is_not_installed() {
    let Some(machine) = Machine::new() else { return };
    let sum = machine.release("menusync", "#!/bin/sh\nexit 1\n");
    let (code, log) = machine.install("", &[("MENUSYNC_SHA256", &sum)]);
    assert!(code == 1 && log.contains("does not run on this machine"), "{log}");
    machine.assert_nothing_done(&log);
}

#[test]
fn where_no_release_is_and_one_must_be_nothing_is_built() {
    let Some(machine) = Machine::new() else { return };
    let (code, log) = machine.install("fetch", &[]);
    assert_eq!(code, 3, "{log}");
    let (code, log) = machine.install("", &[("MENUSYNC_SHA256", &"1".repeat(64))]);
    assert!(code == 1 && log.contains("MENUSYNC_SHA256 is set"), "{log}");
    machine.assert_nothing_done(&log);
}

#[test]
fn a_machine_that_no_release_is_for_is_named() {
    let Some(machine) = Machine::of("SunOS", "sun4v", "sun4v-solaris") else { return };
    let (code, log) = machine.install("fetch", &[]);
    assert!(code == 3 && log.contains("no release is for this machine (SunOS sun4v)"), "{log}");
    assert_eq!(machine.text("asked"), "");
    machine.assert_nothing_done(&log);
}

#[test]
fn every_machine_gets_the_archive_of_its_kind() {
    for (system, kind, name) in [
        ("Linux", "aarch64", "aarch64-unknown-linux-musl"),
        ("Darwin", "arm64", "aarch64-apple-darwin"),
        ("Darwin", "x86_64", "x86_64-apple-darwin"),
    ] {
        let Some(machine) = Machine::of(system, kind, name) else { return };
        let sum = machine.release("menusync", RELEASED);
        let (code, log) = machine.install("", &[("MENUSYNC_SHA256", &sum)]);
        assert_eq!((code, machine.installed().as_deref()), (0, Some("released\n")), "{log}");
    }
}

#[test]
fn words_that_are_none_are_refused_before_anything_is_asked() {
    let Some(machine) = Machine::new() else { return };
    for (name, value) in [
        ("MENUSYNC_VERSION", "../../x"),
        ("MENUSYNC_VERSION", "v0.1.0"),
        ("MENUSYNC_SHA256", "abc"),
        ("MENUSYNC_SOURCE", ""),
        ("MENUSYNC_SOURCE", "http://forge.example/sari/menusync"),
    ] {
        let (code, log) = machine.install("", &[(name, value)]);
        assert!(code == 64 && log.contains(name), "{name}={value}: {log}");
        machine.assert_nothing_done(&log);
    }
    assert_eq!(machine.text("asked"), "");
}

/// The steps of `action.yml`, in a checkout of it; what they wrote for the runner, and their log.
fn act(machine: &Machine, with: &[(&str, &str)]) -> (i32, String) {
    let action = machine.path("action");
    for file in ["Cargo.toml", "deploy/ci/install.sh"] {
        fs::create_dir_all(action.join(file).parent().unwrap()).unwrap();
        fs::write(action.join(file), project_file(file)).unwrap();
    }
    let bin = machine.path("bin").display().to_string();
    let mut environment = machine.environment(&[
        ("GITHUB_ACTION_PATH", &action.display().to_string()),
        ("GITHUB_OUTPUT", &machine.path("output").display().to_string()),
        ("GITHUB_PATH", &machine.path("path").display().to_string()),
        ("GIVEN_VERSION", ""),
        ("GIVEN_SOURCE", SOURCE),
        ("MENUSYNC_SHA256", ""),
        ("SERVER", "https://forge.example"),
        ("REPOSITORY", "sari/menusync"),
        ("REF", "main"),
        ("BIN", &bin),
    ]);
    environment.remove("MENUSYNC_SOURCE");
    environment.remove("MENUSYNC_VERSION");
    environment.extend(with.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    let mut whole = String::new();
    for step in parse(&project_file("action.yml"))["runs"]["steps"].as_array().unwrap() {
        let found = machine.text("output").contains("found=yes");
        let Some(script) = step["run"].as_str() else { continue };
        if step["name"] == "Build it" && found {
            continue;
        }
        let (code, log) = shell(script, machine.top.path(), &environment);
        whole += &log;
        if code != 0 {
            return (code, whole);
        }
    }
    (0, whole)
}

#[test]
fn the_action_installs_the_release_that_is_named_else_itself() {
    let tag = format!("v{VERSION}");
    for with in
        [vec![("REF", tag.as_str())], vec![("GIVEN_VERSION", VERSION)], vec![("MENUSYNC_SHA256", "of the release")]]
    {
        let Some(machine) = Machine::new() else { return };
        let sum = machine.release("menusync", RELEASED);
        machine.sums(&sum);
        let with: Vec<_> = with
            .into_iter()
            .map(|(name, value)| (name, if name == "MENUSYNC_SHA256" { &*sum } else { value }))
            .collect();
        let (code, log) = act(&machine, &with);
        assert_eq!((code, machine.installed().as_deref()), (0, Some("released\n")), "{log}");
        assert_eq!(machine.text("path").lines().last(), machine.path("bin").to_str());
    }

    // A commit has the version of the release before it. What a tag is of is not known on every forge.
    for with in [vec![("REF", "main")], vec![("REF", tag.as_str()), ("GIVEN_SOURCE", "")]] {
        let Some(machine) = Machine::new() else { return };
        let sum = machine.release("menusync", RELEASED);
        machine.sums(&sum);
        let (code, log) = act(&machine, &with);
        assert_eq!((code, machine.installed().as_deref()), (0, Some("built\n")), "{log}");
        let built = machine.text("built");
        let from = format!("install --locked --path {}/action --root ", machine.top.path().display());
        assert!(built.starts_with(&from), "{built}");
        assert_eq!(machine.text("asked"), "");
    }

    // A wrong checksum, one without a release, another version than that of the checkout, and a release of nobody knows where.
    let one = "1".repeat(64);
    for (is_released, with) in [
        (true, vec![("MENUSYNC_SHA256", one.as_str())]),
        (false, vec![("MENUSYNC_SHA256", &one)]),
        (false, vec![("GIVEN_VERSION", "9.9.9")]),
        (true, vec![("GIVEN_VERSION", VERSION), ("GIVEN_SOURCE", "")]),
    ] {
        let Some(machine) = Machine::new() else { return };
        if is_released {
            let sum = machine.release("menusync", RELEASED);
            machine.sums(&sum);
        }
        let (code, log) = act(&machine, &with);
        assert_ne!(code, 0, "{log}");
        machine.assert_nothing_done(&log);
    }
}

#[test]
fn no_input_of_the_action_becomes_part_of_a_script() {
    let action = parse(&project_file("action.yml"));
    let steps = action["runs"]["steps"].as_array().unwrap();
    assert!(steps.len() >= 4);
    for step in steps {
        assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{step}");
        if let Some(uses) = step["uses"].as_str() {
            assert_eq!(uses.split_once('@').unwrap().1.len(), 40, "{uses}");
        }
    }
}

#[test]
fn a_hook_fetches_once_from_where_its_clone_is_from() {
    let Some(machine) = Machine::new() else { return };
    let sum = machine.release("menusync", "#!/bin/sh\necho \"released: $*\"\n");
    machine.sums(&sum);
    let clone = machine.path("clone");
    for file in ["Cargo.toml", "deploy/ci/install.sh", "deploy/git-hooks/fetched.sh"] {
        fs::create_dir_all(clone.join(file).parent().unwrap()).unwrap();
        fs::write(clone.join(file), project_file(file)).unwrap();
    }
    git(&clone, &["init", "-q"]);
    git(&clone, &["remote", "add", "origin", SOURCE]);
    git(&clone, &["add", "."]);
    git(&clone, &["commit", "-q", "-m", "a release"]);
    git(&clone, &["tag", &format!("v{VERSION}")]);
    let mut environment = machine.environment(&[("GIT_DIR", "/nonexistent")]);
    environment.retain(|name, _| !name.starts_with("MENUSYNC"));
    for _ in 0..2 {
        let script = format!("bash {}/deploy/git-hooks/fetched.sh fmt --check", clone.display());
        let (code, log) = shell(&script, machine.top.path(), &environment);
        assert!(code == 0 && log.contains("released: fmt --check\n"), "{log}");
    }
    assert_eq!(machine.text("asked").matches(".tar.gz").count(), 1);

    // A commit after the release is other code with the same version.
    fs::remove_dir_all(clone.join(".bin")).unwrap();
    git(&clone, &["commit", "-q", "--allow-empty", "-m", "later"]);
    let script = format!("bash {}/deploy/git-hooks/fetched.sh fmt", clone.display());
    let (code, log) = shell(&script, machine.top.path(), &environment);
    assert!(code == 0 && log.contains("built\n"), "{log}");
    let from = format!("install --locked --path {} --root ", clone.display());
    assert!(machine.text("built").starts_with(&from), "{}", machine.text("built"));
    assert_eq!(machine.text("asked").matches(".tar.gz").count(), 1);
}
