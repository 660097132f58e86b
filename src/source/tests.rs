//! Roots as people, git checkouts and Kubernetes make them, and as they should not be.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use tempfile::TempDir;

use super::*;

/// A root with `catalogs/` and these files.
fn root(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("catalogs")).unwrap();
    for (name, text) in files {
        write(root.path(), name, text.as_bytes());
    }
    root
}

fn write(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn paths(files: &[SourceFile]) -> Vec<&str> {
    files.iter().map(|file| &*file.path).collect()
}

fn definitions(files: &Files) -> Vec<&str> {
    files.catalogs.iter().map(|file| &*file.path).collect()
}

/// `code line:column` of each diagnostic and the names of what is unreadable.
fn refused(files: &Files) -> (Vec<String>, Vec<&str>) {
    let brief = |d: &crate::diagnostic::Diagnostic| {
        let place = d.place.as_ref().unwrap();
        assert!(d.help.is_some(), "{d:?}");
        format!("{} {}:{}", d.code, place.line, place.column)
    };
    (files.diagnostics.iter().map(brief).collect(), files.unreadable.iter().map(|name| &**name).collect())
}

#[test]
fn all_files_are_read_in_order() {
    let root = root(&[
        ("menusync.yaml", "target: sandbox"),
        ("catalogs/b.yml", "b"),
        ("catalogs/a/z.json", "{}"),
        ("catalogs/a/b/deep.yaml", "deep"),
        ("catalogs/c.yaml", "c"),
        ("catalogs/notes.txt", "no"),
        ("catalogs/.hidden.yaml", "no"),
        ("catalogs/.git/x.yaml", "no"),
        ("approvals/one.yaml", "one"),
        ("approvals/sub/two.yaml", "no"),
        ("other/x.yaml", "no"),
    ]);
    let files = load(root.path()).unwrap();
    assert_eq!(
        definitions(&files),
        ["catalogs/a/b/deep.yaml", "catalogs/a/z.json", "catalogs/b.yml", "catalogs/c.yaml"]
    );
    assert_eq!(paths(&files.approvals), ["approvals/one.yaml"]);
    assert_eq!(&*files.settings.as_ref().unwrap().text, "target: sandbox");
    assert_eq!(refused(&files), (vec![], vec![]));
}

#[test]
fn a_missing_root_and_missing_catalogs_are_no_empty_menus() {
    let root = tempfile::tempdir().unwrap();
    assert!(matches!(load(&root.path().join("nowhere")), Err(SourceError::Root { .. })));
    assert!(matches!(load(root.path()), Err(SourceError::NoCatalogs { above: None, .. })));
    let inside = root.path().join("deploy/scripts");
    fs::create_dir_all(&inside).unwrap();
    fs::create_dir(root.path().join("catalogs")).unwrap();
    fs::write(root.path().join("menusync.yaml"), "target: sandbox").unwrap();
    let error = load(&inside).unwrap_err().to_string();
    let above = format!("give {} as --root", root.path().canonicalize().unwrap().display());
    assert!(error.contains(&above), "{error}");
    fs::remove_dir(root.path().join("catalogs")).unwrap();
    write(root.path(), "catalogs", b"a file");
    assert!(matches!(load(root.path()), Err(SourceError::Catalogs { .. })));
}

/// As in a hook of a server.
#[test]
fn a_bare_repository_is_named_for_what_it_is() {
    let root = tempfile::tempdir().unwrap();
    for name in ["objects", "refs"] {
        fs::create_dir(root.path().join(name)).unwrap();
    }
    fs::write(root.path().join("HEAD"), "ref: refs/heads/main\n").unwrap();
    let error = load(root.path()).unwrap_err().to_string();
    assert!(error.contains("is a bare git repository") && error.contains("worktree add DIR REVISION"), "{error}");
    fs::create_dir(root.path().join("catalogs")).unwrap();
    assert!(load(root.path()).is_ok(), "whatever else is there");
}

#[test]
fn an_empty_catalogs_directory_is_reported() {
    assert_eq!(refused(&load(root(&[]).path()).unwrap()).0, ["no-definitions 1:1"]);
}

#[test]
fn catalogs_that_lead_out_of_the_root_are_an_error() {
    let elsewhere = root(&[("catalogs/a.yaml", "a")]);
    let root = tempfile::tempdir().unwrap();
    symlink(elsewhere.path().join("catalogs"), root.path().join("catalogs")).unwrap();
    assert!(matches!(load(root.path()), Err(SourceError::Catalogs { .. })));
}

#[test]
fn links_out_of_the_root_are_refused_and_links_inside_are_followed() {
    let elsewhere = root(&[("secret.yaml", "secret")]);
    let root = root(&[("shared/menu.yaml", "shared")]);
    let catalogs = root.path().join("catalogs");
    symlink("../shared/menu.yaml", catalogs.join("inside.yaml")).unwrap();
    symlink("../shared", catalogs.join("linked")).unwrap();
    symlink(elsewhere.path().join("secret.yaml"), catalogs.join("outside.yaml")).unwrap();
    symlink(elsewhere.path(), catalogs.join("outside")).unwrap();
    let files = load(root.path()).unwrap();
    assert_eq!(definitions(&files), ["catalogs/inside.yaml", "catalogs/linked/menu.yaml"]);
    let (diagnostics, unreadable) = refused(&files);
    assert_eq!(diagnostics, ["outside-root 1:1"; 2]);
    assert_eq!(unreadable, ["catalogs/outside", "catalogs/outside.yaml"]);
}

/// An editor has them open with a text.
#[test]
fn a_text_mends_what_is_wrong_with_a_text_and_nothing_else() {
    let elsewhere = root(&[("secret.yaml", "secret")]);
    let root = root(&[("catalogs/kept.yaml", "kept"), ("catalogs/nul.yaml", "a\0")]);
    let catalogs = root.path().join("catalogs");
    std::fs::write(catalogs.join("latin.yaml"), b"\xe9").unwrap();
    std::fs::create_dir(catalogs.join("folder.yaml")).unwrap();
    symlink(elsewhere.path().join("secret.yaml"), catalogs.join("outside.yaml")).unwrap();
    symlink(elsewhere.path(), catalogs.join("outside")).unwrap();
    let names = ["folder", "latin", "new", "nul", "outside", "outside/secret"];
    let texts = names.map(|name| (format!("catalogs/{name}.yaml").into(), "mended".into())).into();
    let files = load(root.path()).unwrap().with_texts(&texts);
    assert_eq!(
        definitions(&files),
        ["catalogs/kept.yaml", "catalogs/latin.yaml", "catalogs/new.yaml", "catalogs/nul.yaml"]
    );
    let (diagnostics, unreadable) = refused(&files);
    assert_eq!(diagnostics, ["file-unreadable 1:1", "outside-root 1:1", "outside-root 1:1"]);
    assert_eq!(unreadable, ["catalogs/folder.yaml", "catalogs/outside", "catalogs/outside.yaml"]);
}

#[test]
fn links_in_a_circle_end() {
    let root = root(&[("catalogs/a/menu.yaml", "a")]);
    let catalogs = root.path().join("catalogs");
    symlink("loop.yaml", catalogs.join("loop.yaml")).unwrap();
    symlink("..", catalogs.join("a/up")).unwrap();
    symlink("nowhere.yaml", catalogs.join("dangling.yaml")).unwrap();
    let files = load(root.path()).unwrap();
    assert_eq!(definitions(&files), ["catalogs/a/menu.yaml"]);
    let (diagnostics, unreadable) = refused(&files);
    assert_eq!(diagnostics, ["file-unreadable 1:1"; 3]);
    assert_eq!(unreadable, ["catalogs/a/up", "catalogs/dangling.yaml", "catalogs/loop.yaml"]);
}

#[test]
fn a_kubernetes_volume_is_read_through_its_links_and_after_a_swap() {
    let root = root(&[("catalogs/..2027_1/kuta.yaml", "old"), ("catalogs/..2027_2/kuta.yaml", "new")]);
    let catalogs = root.path().join("catalogs");
    symlink("..2027_1", catalogs.join("..data")).unwrap();
    symlink("..data/kuta.yaml", catalogs.join("kuta.yaml")).unwrap();
    let texts = || load(root.path()).unwrap().catalogs.iter().map(|f| f.open().text.to_string()).collect::<Vec<_>>();
    assert_eq!(texts(), ["old"]);
    symlink("..2027_2", catalogs.join("..next")).unwrap();
    fs::rename(catalogs.join("..next"), catalogs.join("..data")).unwrap();
    assert_eq!(texts(), ["new"]);
}

#[test]
fn the_root_itself_may_be_a_link() {
    let real = root(&[("catalogs/a.yaml", "a")]);
    let outer = tempfile::tempdir().unwrap();
    symlink(real.path(), outer.path().join("current")).unwrap();
    assert_eq!(definitions(&load(&outer.path().join("current")).unwrap()), ["catalogs/a.yaml"]);
}

#[test]
fn what_is_no_regular_file_is_refused_without_waiting() {
    let root = root(&[]);
    let catalogs = root.path().join("catalogs");
    fs::create_dir(catalogs.join("dir.yaml")).unwrap();
    assert!(Command::new("mkfifo").arg(catalogs.join("pipe.yaml")).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(catalogs.join("socket.yaml")).unwrap();
    let files = load(root.path()).unwrap();
    let (diagnostics, unreadable) = refused(&files);
    assert_eq!(diagnostics, ["file-unreadable 1:1"; 3]);
    assert_eq!(unreadable, ["catalogs/dir.yaml", "catalogs/pipe.yaml", "catalogs/socket.yaml"]);
}

#[test]
fn texts_in_other_encodings_are_refused_at_the_first_bad_byte() {
    let root = root(&[("catalogs/bom.yaml", "\u{feff}name: x")]);
    write(root.path(), "catalogs/latin.yaml", b"a: 1\nb: \xc3\xa9 caf\xe9\n");
    write(root.path(), "catalogs/nul.yaml", b"a: 1\nb\0\n");
    write(root.path(), "catalogs/utf16.yaml", b"\xff\xfea\0");
    let files = load(root.path()).unwrap();
    assert_eq!(&*files.catalogs[0].open().text, "name: x");
    let mut diagnostics = refused(&files).0;
    diagnostics.sort();
    assert_eq!(diagnostics, ["control-character 2:2", "file-encoding 1:1", "file-encoding 2:9"]);
    assert_eq!(files.unreadable.len(), 3);
}

#[test]
fn a_file_over_8_mib_is_refused_before_it_is_read() {
    let root = root(&[]);
    let file = fs::File::create(root.path().join("catalogs/big.yaml")).unwrap();
    file.set_len(1 << 40).unwrap();
    assert_eq!(refused(&load(root.path()).unwrap()).0, ["file-too-large 1:1"]);
}

#[test]
fn files_with_endings_that_are_not_read_are_told() {
    let root = root(&[
        ("catalogs/kuta.YAML", "a"),
        ("catalogs/b.yaml", "b"),
        ("catalogs/README.md", "c"),
        ("approvals/a.yml", "d"),
        ("approvals/b.Yaml", "e"),
        ("approvals/c.yaml", "f"),
        ("approvals/notes.txt", "g"),
    ]);
    let files = load(root.path()).unwrap();
    assert_eq!((definitions(&files), paths(&files.approvals)), (vec!["catalogs/b.yaml"], vec!["approvals/c.yaml"]));
    let told: Vec<_> = files.diagnostics.iter().map(|told| (told.code, told.help.as_deref().unwrap_or(""))).collect();
    let renamed =
        ["catalogs/kuta.yaml", "approvals/a.yaml", "approvals/b.yaml"].map(|to| format!("rename it to `{to}`"));
    assert_eq!(told, renamed.each_ref().map(|help| ("file-ignored", &**help)));
}

#[test]
fn images_are_hashed_within_the_root_only() {
    let elsewhere = root(&[("x.png", "x")]);
    let root = root(&[("photos/abc.jpg", "abc")]);
    symlink(elsewhere.path().join("x.png"), root.path().join("photos/out.png")).unwrap();
    fs::File::create(root.path().join("photos/big.png")).unwrap().set_len(MAX_IMAGE_BYTES + 1).unwrap();
    let hash = |path| read_image(root.path(), path).map(|bytes| image_hash(&bytes));
    // SHA-256 of "abc" as published in FIPS 180-2.
    assert_eq!(hash("photos/abc.jpg").unwrap(), "ba7816bf8f01");
    assert!(matches!(hash("photos/nowhere.jpg"), Err(ImageError::Missing)));
    assert!(matches!(hash("photos/out.png"), Err(ImageError::OutsideRoot)));
    assert!(matches!(hash("../x.png"), Err(ImageError::OutsideRoot)));
    assert!(matches!(hash("/etc/hostname"), Err(ImageError::OutsideRoot)));
    assert!(matches!(hash("photos"), Err(ImageError::NotAFile)));
    assert!(matches!(hash("photos/big.png"), Err(ImageError::TooLarge)));
}

#[test]
fn the_revision_is_that_of_the_work_tree_that_holds_the_root() {
    let root = root(&[("catalogs/a.yaml", "a")]);
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(root.path()).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(args);
        let output = git.env_remove("GIT_DIR").output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    let now = || revision(root.path(), &load(root.path()).unwrap()).commit;
    assert_eq!(now(), None);
    git(&["init", "-q"]);
    git(&["add", "catalogs"]);
    assert_eq!(now(), None);
    git(&["commit", "-q", "-m", "first"]);
    let head = git(&["rev-parse", "HEAD"]);
    assert_eq!(now(), Some(head.clone()));
    // What was edited or added since is in no commit; what is no definition does not matter.
    fs::write(root.path().join("notes.txt"), "x").unwrap();
    assert_eq!(now(), Some(head.clone()));
    fs::write(root.path().join("catalogs/a.yaml"), "b").unwrap();
    assert_eq!(now(), None);
    fs::write(root.path().join("catalogs/a.yaml"), "a").unwrap();
    fs::write(root.path().join("catalogs/b.yaml"), "b").unwrap();
    assert_eq!(now(), None);
}
