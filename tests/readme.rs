//! `README.md` has the defaults of the settings, and all Markdown files have links that resolve. What commands print is tested
//! in `readme_outputs.rs`.

#![allow(clippy::unwrap_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use menusync::{
    definition::{self, ImageFile},
    diagnostic::Diagnostic,
    document::SourceFile,
    policy::Policy,
    rules,
    settings::{self, Settings},
};

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

fn decode(text: &str) -> Settings {
    let (settings, diagnostics) =
        settings::decode(&SourceFile { path: settings::FILE.into(), text: text.to_owned().into() });
    settings.unwrap_or_else(|| panic!("{text}\n{diagnostics:?}"))
}

/// Everything that settings say, with their policy laid over the default one.
fn told(settings: &Settings) -> String {
    let Settings {
        target,
        policy,
        schedule,
        jitter,
        images,
        gobiz,
        verify,
        rollout,
        state_dir,
        listen,
        external_url,
        lang,
        webhook,
        notify,
        notify_is_operators: _,
        reserved: _,
        state_dir_is_operators: _,
        wave_outlets: _,
        database_url_file,
    } = settings;
    let mut resolved = Policy::default();
    policy.apply(&mut resolved);
    format!(
        "{target:?} {resolved:?} {schedule:?} {jitter:?} {images:?} {gobiz:?} {verify:?} {rollout:?} {state_dir:?} {database_url_file:?} {listen:?} {external_url:?} {lang:?} {webhook:?} {notify:?}"
    )
}

#[test]
fn the_defaults_of_the_settings_are_those_of_the_table() {
    let readme = read("README.md");
    let table =
        readme.split("<!-- settings -->").nth(1).and_then(|rest| rest.split("<!-- /settings -->").next()).unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    let mut sections: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut written = "target: sandbox\n".to_owned();
    let mut count = 0;
    for (key, rest) in rows {
        count += 1;
        let Some(default) = rest.strip_prefix('`').and_then(|rest| rest.split('`').next()) else { continue };
        let value = if key == "schedule" { format!("\"{default}\"") } else { default.to_owned() };
        match key.split_once('.') {
            Some((section, key)) => sections.entry(section).or_default().push(format!("{key}: {value}")),
            None => written += &format!("{key}: {value}\n"),
        }
    }
    assert!(count > 25, "{count} rows");
    for (section, keys) in sections {
        written += &format!("{section}: {{{}}}\n", keys.join(", "));
    }
    assert_eq!(told(&decode(&written)), told(&decode("target: sandbox\n")), "{written}");
}

/// The Markdown files of the repository, relative to its root.
fn markdown_files() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["", "docs", "crates/core", "crates/core/src/rules/pages", "crates/sandbox"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|end| end == "md") {
                found.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The lines outside of fenced code, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    // The backticks that opened a block: as many close it, and fewer are part of it.
    let mut open = 0;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let line = line.trim_start();
        let backticks = line.len() - line.trim_start_matches('`').len();
        let was_open = open > 0;
        if backticks >= 3 && (open == 0 || (backticks >= open && line.trim_end().len() == backticks)) {
            open = if was_open { 0 } else { backticks };
        }
        !was_open && open == 0
    })
}

/// The anchor that GitHub gives to a heading.
fn anchor(heading: &str) -> String {
    let is_kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars().filter(is_kept).collect::<String>().replace(' ', "-")
}

fn anchors(text: &str) -> BTreeSet<String> {
    prose(text).filter(|(_, line)| line.starts_with('#')).map(|(_, line)| anchor(line)).collect()
}

/// The targets of the links in a line.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).map(|rest| rest.split(')').next().unwrap())
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut broken, mut count) = (Vec::new(), 0);
    for file in markdown_files() {
        let text = read(&file);
        for (number, line) in prose(&text) {
            for link in links(line).filter(|link| !link.starts_with("https://")) {
                count += 1;
                let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
                let folder = root.join(&file).parent().unwrap().to_owned();
                let target = if path.is_empty() { root.join(&file) } else { folder.join(path) };
                let resolves = target.exists()
                    && (anchor.is_empty() || anchors(&fs::read_to_string(&target).unwrap()).contains(anchor));
                if !resolves {
                    broken.push(format!("{file}:{number}: {link}"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "broken links: {broken:#?}");
    assert!(count > 200, "only {count} links found");
}

#[test]
fn the_index_links_to_every_page() {
    let index = read("docs/README.md");
    let linked: BTreeSet<&str> =
        index.lines().flat_map(links).map(|link| link.split('#').next().unwrap().trim_start_matches("../")).collect();
    let pages = markdown_files().into_iter().filter(|file| !file.starts_with("crates/") && file != "docs/README.md");
    let missing: Vec<_> = pages.filter(|file| !linked.contains(file.trim_start_matches("docs/"))).collect();
    assert!(missing.is_empty(), "docs/README.md has no link to {missing:?}");
}

/// Tables, headings, code and the addresses of links cannot be wrapped. `docs/rules.md` is generated.
#[test]
fn markdown_is_wrapped_at_100_columns() {
    let mut too_long = Vec::new();
    for file in markdown_files().iter().filter(|file| *file != "docs/rules.md") {
        let text = read(file);
        for (number, line) in prose(&text).filter(|(_, line)| !line.trim_start().starts_with(['|', '#'])) {
            let columns = line.chars().count() - links(line).map(|link| link.chars().count()).sum::<usize>();
            if columns > 100 {
                too_long.push(format!("{file}:{number}: {columns} columns"));
            }
        }
    }
    assert!(too_long.is_empty(), "wrap these lines at 100 columns: {too_long:#?}");
}

/// Everything that is said about the definitions and their outlets.
fn judge(files: &BTreeMap<String, String>) -> Vec<Diagnostic> {
    let catalogs: Vec<SourceFile> = files
        .iter()
        .filter(|(path, _)| path.starts_with("catalogs/"))
        .map(|(path, text)| SourceFile { path: path.as_str().into(), text: text.as_str().into() })
        .collect();
    let definitions = definition::parse(&catalogs);
    let mut found = definitions.diagnostics.clone();
    for outlet in definitions.outlets() {
        let at = "2027-01-15T05:00:00Z".parse().unwrap();
        let composed = definitions.compose(&outlet.id, at, &Policy::default(), &|_| ImageFile::Missing(String::new()));
        found.extend(composed.diagnostics.clone());
        found.extend(rules::check(&composed.catalog, &|path| composed.origins.place(path)));
    }
    menusync::diagnostic::sort(&mut found);
    found
}

#[test]
fn the_files_of_the_quick_start_are_good_but_for_the_one_that_is_said_to_be_bad() {
    let readme = read("README.md");
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut first = BTreeMap::new();
    let mut verdicts = Vec::new();
    for block in readme.split("<!-- ").skip(1) {
        if let Some((path, rest)) = block.strip_prefix("file: ").and_then(|block| block.split_once(" -->")) {
            let text = rest.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
            first.entry(path.to_owned()).or_insert_with(|| text.to_owned());
            files.insert(path.to_owned(), text.to_owned());
        } else if let Some((path, _)) = block.strip_prefix("again: ").and_then(|block| block.split_once(" -->")) {
            files.insert(path.to_owned(), first[path].clone());
        } else if block.starts_with("output: ") {
            verdicts.push(judge(&files).iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>());
        }
    }
    decode(&files["menusync.yaml"]);
    assert_eq!(verdicts[..3], [vec![], vec!["number-format"], vec![]], "{verdicts:?}");
}
