//! The project's own code, for tests about it.

use std::{fs, path::Path};

/// Every file of the three packages without tests: its path below `src` (with `sandbox/` before it for that package), and its
/// lines without comments.
pub(crate) fn sources() -> Vec<(String, Vec<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for (source, above) in [("src", ""), ("crates/core/src", ""), ("crates/sandbox/src", "sandbox/")] {
        let source = root.join(source);
        let mut folders = vec![source.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                let name = format!("{above}{}", entry.strip_prefix(&source).unwrap().to_str().unwrap());
                if entry.is_dir() {
                    folders.push(entry);
                } else if !name.split('/').any(|part| part == "tests" || part == "tests.rs") && name.ends_with(".rs") {
                    let text = fs::read_to_string(&entry).unwrap();
                    let code = text.lines().take_while(|line| !line.contains("mod tests {")).map(str::trim_start);
                    files.push((name, code.filter(|line| !line.starts_with("//")).map(str::to_owned).collect()));
                }
            }
        }
    }
    assert!(files.len() > 100, "only {} files found", files.len());
    files
}
