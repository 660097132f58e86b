//! What `README.md` claims and the library can say: the defaults of the settings, files that are linked to. What commands print
//! is not judged here.

#![allow(clippy::unwrap_used)]

use std::{collections::BTreeMap, fs, path::Path};

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
    let Settings { target, policy, schedule, jitter, images, gobiz, verify, state_dir, listen, webhook, notify } =
        settings;
    let mut resolved = Policy::default();
    policy.apply(&mut resolved);
    format!(
        "{target:?} {resolved:?} {schedule:?} {jitter:?} {images:?} {gobiz:?} {verify:?} {state_dir:?} {listen:?} {webhook:?} {notify:?}"
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

#[test]
fn documents_link_to_files_that_exist() {
    for (file, folder) in [
        ("README.md", ""),
        ("CONTRIBUTING.md", ""),
        ("docs/architecture.md", "docs/"),
        ("docs/definitions.md", "docs/"),
        ("docs/operations.md", "docs/"),
        ("docs/performance.md", "docs/"),
        ("docs/safety.md", "docs/"),
        ("docs/sandbox.md", "docs/"),
    ] {
        for link in read(file).split("](").skip(1).map(|rest| rest.split([')', '#']).next().unwrap().to_owned()) {
            let target = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(&link);
            assert!(link.starts_with("https://") || target.exists(), "{file} links to {link}");
        }
    }
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
    let mut files = BTreeMap::new();
    let mut verdicts = Vec::new();
    for block in readme.split("<!-- ").skip(1) {
        if let Some((path, rest)) = block.strip_prefix("file: ").and_then(|block| block.split_once(" -->")) {
            let text = rest.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
            files.insert(path.to_owned(), text.to_owned());
        } else if block.starts_with("output: ") {
            verdicts.push(judge(&files).iter().map(|diagnostic| diagnostic.code).collect::<Vec<_>>());
        }
    }
    decode(&files["menusync.yaml"]);
    assert_eq!(verdicts[..3], [vec![], vec!["number-format"], vec![]], "{verdicts:?}");
}
