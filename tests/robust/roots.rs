//! Roots with files that are hostile, broken or no files at all: `validate` answers each with a diagnostic, soon.
//!
//! "Soon" is judged with much room, because tests run unoptimised and beside others: what these tests are after takes hours, or
//! all memory. How long things really take is measured in `benches/`.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::Command as Process,
    time::Duration,
};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const DEADLINE: Duration = Duration::from_secs(300);

const GOOD: &str = "outlet: G916309315\nmenus:\n  - name: Nasi\n    menu_items:\n      - {external_id: NG, name: Nasi Goreng, \
                    description: Enak, price: 25000, image: https://img.example.com/ng.png}\n";

struct Root {
    folder: TempDir,
}

/// What `validate --output json` said.
struct Said {
    code: i32,
    diagnostics: Vec<(String, String)>,
}

impl Root {
    /// A root that is valid without what a test adds.
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("catalogs")).unwrap();
        let root = Self { folder };
        root.write("menusync.yaml", "target: sandbox\n");
        root.write("catalogs/good.yaml", GOOD);
        root
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    fn validate(&self) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_menusync"));
        let command =
            command.args(["validate", "--output", "json", "--root"]).arg(self.folder.path()).timeout(DEADLINE);
        let output = command.output().unwrap();
        let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let diagnostics = json["diagnostics"].as_array().unwrap();
        let diagnostics = diagnostics.iter().map(|d| (text(&d["code"]), text(&d["message"]))).collect();
        Said { code: output.status.code().unwrap(), diagnostics }
    }
}

impl Said {
    fn has(&self, code: &str) -> bool {
        self.diagnostics.iter().any(|(said, _)| said == code)
    }
}

/// A root in which only `catalogs/bad.yaml` is bad is refused with this code.
fn is_refused_with(code: &str, content: impl AsRef<[u8]>) -> Said {
    let root = Root::new();
    root.write("catalogs/bad.yaml", content);
    let said = root.validate();
    assert!(
        said.code == 3 && said.has(code),
        "not {code} but {:?}",
        &said.diagnostics[..said.diagnostics.len().min(5)]
    );
    said
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (of, name) in ('a'..='y').zip('b'..='z') {
        let aliases = vec![format!("*{of}"); 10].join(", ");
        bomb += &format!("{name}: &{name} [{aliases}]\n");
    }
    is_refused_with("alias-expansion", bomb);
}

#[test]
fn one_long_text_under_many_aliases_is_refused() {
    let text = format!("x-text: &t {}\nx-list: [{}]\n", "x".repeat(100_000), "*t, ".repeat(20_000));
    is_refused_with("alias-expansion", text);
}

#[test]
fn nesting_without_end_is_refused() {
    is_refused_with("too-deep", "[".repeat(4_000_000));
    is_refused_with("too-deep", "{a: ".repeat(1_000_000));
    is_refused_with("too-deep", "- ".repeat(1_000_000));
    let blocks: String = (0..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    is_refused_with("too-deep", blocks);
}

#[test]
fn files_over_8_mib_are_refused() {
    is_refused_with("file-too-large", vec![b'#'; 8 * 1024 * 1024 + 1]);
}

#[test]
fn four_million_values_are_refused() {
    is_refused_with("file-too-large", format!("[{}]", "1,".repeat(4_000_000)));
    is_refused_with("file-too-large", format!("a: &a {{b: 1}}\nc: [{}]", "*a,".repeat(2_000_000)));
}

#[test]
fn a_hundred_thousand_unknown_keys_give_a_thousand_diagnostics_and_a_count() {
    let text: String = (0..100_000).map(|i| format!("key{i}: {i}\n")).collect();
    let said = is_refused_with("unknown-key", text);
    assert_eq!(said.diagnostics.len(), 10_001);
    assert!(
        said.diagnostics.iter().any(|(code, message)| code == "too-many-diagnostics" && message.contains("90000 more"))
    );
}

#[test]
fn two_hundred_thousand_duplicate_keys_give_a_thousand_diagnostics_and_a_count() {
    let said = is_refused_with("duplicate-key", "x-a: 1\n".repeat(200_001));
    assert_eq!(said.diagnostics.len(), 10_001);
    assert!(said.diagnostics.iter().any(|(_, message)| message.contains("190000 more")));
}

#[test]
fn thousands_of_patches_for_nothing_among_thousands_of_items_are_told_soon() {
    let items: String =
        (0..20_000).map(|i| format!("  {{external_id: ITEM-{i:06}, name: Dish {i}, price: 25000}},\n")).collect();
    let patches: String = (0..20_000).map(|i| format!("  ITEN-{i:06}: {{price: 1000}}\n")).collect();
    let said = is_refused_with(
        "unknown-patch-target",
        format!("outlet: G2\nmenus: [{{name: Nasi, menu_items: [\n{items}]}}]\nitems:\n{patches}"),
    );
    assert!(said.has("too-many-diagnostics"));
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    is_refused_with("file-encoding", b"name: caf\xe9\n");
    is_refused_with("file-encoding", b"\xff\xfen\0a\0m\0e\0");
    is_refused_with("file-encoding", b"\xed\xa0\x80");
    is_refused_with("control-character", b"name: a\0b\n");
    is_refused_with("control-character", vec![0; 1_000_000]);
    is_refused_with("control-character", "name: \u{1b}[31m\n");
}

#[test]
fn tabs_and_nothing_are_refused() {
    is_refused_with("tab-indentation", "menus:\n\t- name: Nasi\n");
    is_refused_with("empty-file", "");
    is_refused_with("empty-file", "\u{feff}");
    is_refused_with("empty-file", "# only words\n");
    is_refused_with("multiple-documents", "x-a: 1\n---\nx-b: 2\n");
}

#[test]
fn byte_order_marks_and_every_line_end_are_read() {
    for (what, content) in [
        ("a byte order mark", format!("\u{feff}{GOOD}")),
        ("CRLF", GOOD.replace('\n', "\r\n")),
        ("CR", GOOD.replace('\n', "\r")),
    ] {
        let root = Root::new();
        root.write("catalogs/good.yaml", content);
        let said = root.validate();
        assert_eq!((said.code, said.diagnostics), (0, Vec::new()), "{what}");
    }
}

/// The code, what it is, and how it is made.
type Case = (&'static str, &'static str, fn(&Path));

#[test]
fn what_is_no_file_is_refused_without_waiting() {
    let cases: [Case; 7] = [
        ("outside-root", "a link out of the root", |path| symlink("/etc/hostname", path).unwrap()),
        ("outside-root", "a link to a device", |path| symlink("/dev/zero", path).unwrap()),
        ("file-unreadable", "a link to nothing", |path| symlink("gone.yaml", path).unwrap()),
        ("file-unreadable", "a link to itself", |path| symlink("bad.yaml", path).unwrap()),
        ("file-unreadable", "a pipe", |path| assert!(Process::new("mkfifo").arg(path).status().unwrap().success())),
        ("file-unreadable", "a directory", |path| fs::create_dir(path).unwrap()),
        ("file-unreadable", "a socket", |path| drop(std::os::unix::net::UnixListener::bind(path).unwrap())),
    ];
    for (code, what, make) in cases {
        let root = Root::new();
        make(&root.path("catalogs/bad.yaml"));
        let said = root.validate();
        assert!(said.code == 3 && said.has(code), "{what}: {:?}", said.diagnostics);
    }
}

#[test]
fn links_of_directories_that_lead_out_or_in_a_circle_are_refused() {
    for (code, target) in [("outside-root", "/etc"), ("file-unreadable", "."), ("outside-root", "..")] {
        let root = Root::new();
        symlink(target, root.path("catalogs/sub")).unwrap();
        let said = root.validate();
        // The root itself is inside; what it holds is not definitions.
        let code = if target == ".." { "file-unreadable" } else { code };
        assert!(said.code == 3 && said.has(code), "{target}: {:?}", said.diagnostics);
    }
}

#[test]
fn a_file_that_may_not_be_read_is_told() {
    let root = Root::new();
    root.write("catalogs/bad.yaml", GOOD);
    let path = root.path("catalogs/bad.yaml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let everything_is_readable_to_us = fs::read(&path).is_ok();
    let said = root.validate();
    let expected = if everything_is_readable_to_us { "duplicate-outlet" } else { "file-unreadable" };
    assert!(said.code == 3 && said.has(expected), "{:?}", said.diagnostics);
}

#[test]
fn eight_mib_are_read() {
    let line = |i: usize| {
        let id = format!("ITEM-{i:06}");
        format!("  - {{external_id: {id}, name: Nasi {i}, description: {}, price: 25000}}\n", "enak ".repeat(20))
    };
    let mut text = "menus: [{name: Nasi, menu_items: []}]\nx-note:\n".to_owned();
    for i in 0.. {
        let line = line(i);
        if text.len() + line.len() > 8 * 1024 * 1024 {
            break;
        }
        text += &line;
    }
    let root = Root::new();
    root.write("catalogs/large.yaml", text);
    root.write("catalogs/good.yaml", GOOD.replacen('\n', "\nextends: [large.yaml]\n", 1).replace("Nasi\n", "Lauk\n"));
    let said = root.validate();
    assert!(!said.diagnostics.iter().any(|(code, _)| code != "empty-menu"), "{:?}", said.diagnostics);
}

#[test]
fn a_line_of_eight_mib_is_shown_in_part() {
    let root = Root::new();
    root.write("catalogs/bad.yaml", format!("x-a: \"{}\", wrong: [\n", "é".repeat(4_000_000)));
    let mut command = Command::new(env!("CARGO_BIN_EXE_menusync"));
    let output = command.args(["validate", "--root"]).arg(root.folder.path()).timeout(DEADLINE).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.len() + output.stderr.len() < 100_000, "{} bytes", output.stdout.len() + output.stderr.len());
}
