//! Imports run downwards, in the order of the rooms in the documentation of `src/lib.rs`. Test code is not judged.
#![allow(clippy::unwrap_used)]

#[path = "support/sources.rs"]
mod sources;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, mem,
    path::Path,
};

use sources::sources;

/// What the standard library and jiff offer to everybody; the rest is kept out of the core by its `Cargo.toml`.
const WORLD: [&str; 6] = ["fs::", "net::Tcp", "net::Udp", "::now()", "SystemTime", "process::"];
const PRINTS: [&str; 5] = ["print!(", "println!(", "dbg!(", "io::stdout", "io::stderr"];

/// Rooms whose code runs on the few threads of a runtime, which everything else waits for.
const ASYNC: [&str; 7] = ["daemon", "web", "sync", "remote", "images", "notify", "watch"];
/// What may take as long as a disk, a mount, another program or another process likes.
const BLOCKS: [&str; 28] = [
    "fs::",
    "File::",
    "OpenOptions",
    "canonicalize(",
    ".metadata()",
    "read_dir(",
    "read_to_string(",
    "process::Command",
    "process::{",
    "thread::",
    "recv_timeout(",
    "rusqlite",
    "SqliteState::open",
    "PostgresState::open",
    "Store::open",
    "adopt_shared(",
    "lock_daemon(",
    "try_lock_outlet(",
    "check_writable(",
    "daemon_lock_holder(",
    "webhook_secrets(",
    "sink_url(",
    "fleet::load",
    "Watcher::start(",
    "rights::",
    "free_bytes(",
    "Address::open(",
    "identity_of(",
];
/// Where that is right, and why.
const MAY_BLOCK: [(&str, &str); 6] = [
    ("watch/", "has a thread of its own, and begins in a load"),
    ("daemon/loader.rs", "is the body of a load, which has a thread of its own"),
    ("daemon/control.rs", "makes the socket at the start; else asks for what is in memory, or on a blocking thread"),
    ("notify/deliver.rs", "starts programs by tokio; secrets are read at the start and in a load"),
    ("web/health.rs", "looks on a blocking thread"),
    ("web/webhook/keys.rs", "is called on a blocking thread"),
];

/// Every file of the three crates, as `room/…`: its name, its room and its lines without comments and tests.
fn files() -> Vec<(String, String, Vec<String>)> {
    let with_room = |(name, code): (String, Vec<String>)| {
        let room = name.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        (name, room, code)
    };
    sources().into_iter().map(with_room).collect()
}

/// The rooms in the order of the documentation, which must name every module.
fn order() -> Vec<String> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let doc: String = text.lines().filter(|line| line.starts_with("//!")).collect();
    let order: Vec<String> = doc.split("[`").skip(1).map(|rest| rest.split('`').next().unwrap().to_owned()).collect();
    for module in text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')) {
        assert!(order.iter().any(|room| room == module), "`{module}` is not on the map in lib.rs");
    }
    order
}

/// `a`, `b::C`, `b::D` of `use crate::{a, b::{C, D}};`, and of every other path that begins with `start`.
fn imports(code: &str, start: &str) -> Vec<String> {
    let mut found = Vec::new();
    for rest in code.split(start).skip(1) {
        let (mut prefixes, mut import) = (Vec::new(), String::new());
        for c in rest.chars().filter(|c| !c.is_whitespace()) {
            match c {
                '{' => prefixes.push(import.clone()),
                ',' if !prefixes.is_empty() => {
                    found.push(mem::replace(&mut import, prefixes[prefixes.len() - 1].clone()))
                }
                '}' if prefixes.pop().is_some() => found.push(mem::take(&mut import)),
                c if c.is_alphanumeric() || "_:".contains(c) => import.push(c),
                _ => break,
            }
        }
        found.push(import);
    }
    found
}

#[test]
fn rooms_import_only_rooms_below_them() {
    let order = order();
    let rank = |room: &str| order.iter().position(|other| other == room);
    let mut wrong = Vec::new();
    for (name, room, code) in files().iter().filter(|(_, room, _)| rank(room).is_some()) {
        for import in imports(&code.join(" "), "crate::") {
            let target = import.split("::").next().unwrap();
            let stand_in = target == "sandbox" && room != "cli";
            if room != "sandbox" && (stand_in || rank(target).is_some_and(|target| Some(target) > rank(room))) {
                wrong.push(format!("{name} imports {import}"));
            }
        }
    }
    assert_eq!(wrong, [] as [String; 0], "the order is {order:?}");
}

/// What imports each other can only be understood together. What a `mod.rs` imports for its children counts as theirs.
#[test]
fn files_and_folders_side_by_side_do_not_import_each_other() {
    let mut modules = BTreeMap::new();
    for (name, _, code) in files() {
        let path = name.trim_end_matches(".rs").trim_end_matches("/mod").trim_end_matches("/lib").replace('/', "::");
        let parent = path.rsplit_once("::").map_or("", |(parent, _)| parent);
        let above = parent.rsplit_once("::").map_or("", |(above, _)| above);
        let code = code.join(" ").replace("super::super::", &format!("crate::{above}::"));
        modules.insert(path.clone(), code.replace("super::", &format!("crate::{parent}::")));
    }
    // Where a folder has `folder::Thing` from: `use file::Thing`.
    let origin = |path: &str| {
        let (folder, thing) = path.rsplit_once("::")?;
        let own = imports(modules.get(folder)?, "use ").into_iter().map(|import| format!("{folder}::{import}"));
        own.filter(|own| own.ends_with(&format!("::{thing}")))
            .find(|own| own.rsplit_once("::").is_some_and(|(file, _)| modules.contains_key(file)))
    };
    let mut edges = BTreeSet::new();
    for (from, code) in &modules {
        for to in imports(code, "crate::").into_iter().map(|to| origin(&to).unwrap_or(to)) {
            let common = from.split("::").zip(to.split("::")).take_while(|(from, to)| from == to).count();
            let cut = |path: &str| path.split("::").take(common + 1).collect::<Vec<_>>().join("::");
            let (from, to) = (cut(from), cut(&to));
            if common > 0 && from.matches("::").count() == common && modules.contains_key(&to) {
                edges.insert((from, to));
            }
        }
    }
    let all = edges.len();
    while let (from, to) = edges.iter().cloned().unzip::<_, _, BTreeSet<_>, BTreeSet<_>>()
        && from != to
    {
        edges.retain(|(one, other)| to.contains(one) && from.contains(other));
    }
    assert!(all > 100, "only {all} imports found");
    assert!(edges.is_empty(), "these import each other: {edges:#?}");
}

#[test]
fn the_world_is_touched_only_where_it_is_owned() {
    let order = order();
    let pure = &order[..=order.iter().position(|room| room == "report").unwrap()];
    for (name, room, code) in files() {
        for line in code {
            let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
            assert!(
                ["settings", "main", "platform"].contains(&&*room) || !has(&["env::"]),
                "{name} reads the environment: {line}"
            );
            assert!(room == "cli" || !has(&PRINTS), "{name} prints: {line}");
            assert!(!pure.contains(&room) || !has(&WORLD), "{name} is not pure: {line}");
        }
    }
}

/// What only one system has. What differs between them is decided once, in `platform`.
const SYSTEM: [&str; 12] = [
    "cfg(unix",
    "cfg(windows",
    "cfg(not(",
    "cfg!(unix",
    "cfg!(windows",
    "target_os",
    "target_family",
    "std::os::",
    "os::unix",
    "os::fd",
    "rustix",
    ".canonicalize(",
];

#[test]
fn systems_are_told_apart_in_one_room() {
    let has = |line: &String| SYSTEM.iter().any(|word| line.contains(word)) || line.starts_with("os::");
    let (within, elsewhere): (Vec<_>, Vec<_>) = files().into_iter().partition(|(_, room, _)| room == "platform");
    let found = |files: Vec<(String, String, Vec<String>)>| -> Vec<String> {
        let lines = files.into_iter().flat_map(|(name, _, code)| {
            code.into_iter().filter(|line| has(line)).map(move |line| format!("{name}: {line}")).collect::<Vec<_>>()
        });
        lines.collect()
    };
    assert_eq!(found(elsewhere), [""; 0], "a function of `platform` tells what is meant");
    assert!(found(within).len() > 20);
}

/// Both sides have the same files, and each the same public names: the checks for other systems are not run everywhere.
#[test]
fn both_systems_offer_the_same() {
    let names = |side: &str| -> BTreeMap<String, BTreeSet<String>> {
        let of_side = files().into_iter().filter_map(|(name, _, code)| {
            let file = name.strip_prefix(&format!("platform/{side}/"))?.to_owned();
            let public = |line: String| {
                let rest = line.strip_prefix("pub ")?.trim_start_matches("async ").to_owned();
                let (kind, rest) = rest.split_once(' ')?;
                let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').next()?;
                let name = rest.split_once(" as ").map_or(name, |(_, name)| name.trim_end_matches(';'));
                Some(format!("{kind} {name}"))
            };
            Some((file, code.into_iter().filter_map(public).collect()))
        });
        of_side.collect()
    };
    let (unix, windows) = (names("unix"), names("windows"));
    assert_eq!(unix, windows);
    assert!(unix.values().flatten().count() > 30, "{unix:?}");
}

#[test]
fn nothing_blocks_the_threads_that_everything_else_waits_for() {
    let mut blocking = Vec::new();
    let mut excused = BTreeSet::new();
    for (name, _, code) in files().iter().filter(|(_, room, _)| ASYNC.contains(&&**room)) {
        for line in code {
            if !BLOCKS.iter().any(|word| line.contains(word)) {
                continue;
            }
            let excuse = MAY_BLOCK.iter().find(|(place, _)| name.starts_with(place));
            if let Some((place, _)) = excuse {
                excused.insert(*place);
            } else {
                blocking.push(format!("{name}: {line}"));
            }
        }
    }
    assert_eq!(blocking, [""; 0], "use `spawn_blocking`, a thread, or tokio's own");
    let unused: Vec<_> = MAY_BLOCK.iter().filter(|(place, _)| !excused.contains(place)).collect();
    assert!(unused.is_empty(), "these exceptions are of no use: {unused:?}");
}

#[test]
fn the_documentation_has_the_same_map() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md")).unwrap();
    let (_, rooms) = page.split_once("## The rooms").unwrap();
    let rooms = rooms.split("\n## ").next().unwrap();
    let told: Vec<&str> = rooms.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(told, order());
}

/// A harness that clears the environment would run the program under another clock than its test.
#[test]
fn every_harness_lets_a_moved_clock_through() {
    let (mut folders, mut harnesses) = (vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")], 0);
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("architecture.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let clears = text.matches("env_clear()").count();
                // Either the variables themselves, or all that a harness has set already.
                let lets = text.matches("clock_variables())").count() + text.matches("get_envs()").count();
                assert!(clears <= lets, "{} clears the environment without `clock_variables`", path.display());
                harnesses += clears;
            }
        }
    }
    assert!(harnesses > 8, "only {harnesses} found");
}

/// Names that say nothing to whoever looks for a thing. What stands there instead is the trade's noun, or verb and object.
const FORBIDDEN: [&str; 52] = [
    "struct Book",
    "struct Desk",
    "struct Errand",
    "struct Given",
    "struct Laying",
    "struct Leave",
    "struct Mandate",
    "struct Nudges",
    "struct Patience",
    "struct Pen",
    "struct Photos",
    "struct Pick",
    "struct Said",
    "struct Seats",
    "struct Seldom",
    "struct Sheet",
    "struct Stood",
    "struct Takes",
    "struct Told",
    "struct Unlanded",
    "struct Waiting",
    "struct Ways",
    "enum Awaited",
    "enum Doubtful",
    "enum Manner",
    "enum Misfit",
    "enum Occasion",
    "enum Standing",
    "enum Stuck",
    "enum Take",
    "enum Told",
    "enum Trouble",
    "enum Voice",
    "type Said",
    "fn alone(",
    "fn came(",
    "fn conclude(",
    "fn go_on(",
    "fn heed(",
    "fn kept(",
    "fn lay_over(",
    "fn left(",
    "fn lingering(",
    "fn said(",
    "fn see_through(",
    "fn stood(",
    "fn told(",
    "mod book",
    "mod desk",
    "mod laying",
    "mod seldom",
    "mod takes",
];

#[test]
fn names_are_words_that_people_search_for() {
    let mut found = Vec::new();
    for (name, _, code) in files() {
        for line in code {
            let is_name = |word: &&&str| {
                let mut rests = line.split(**word).skip(1);
                rests.any(|rest| word.ends_with('(') || !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
            };
            found.extend(FORBIDDEN.iter().find(is_name).map(|word| format!("{name}: {word}")));
        }
    }
    assert_eq!(found, [""; 0], "CONTRIBUTING.md says how things are named");
}
