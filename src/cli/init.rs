//! `init`: a starter repository that is valid as it stands.

use std::path::{Path, PathBuf};

use super::{
    Exit, atomic,
    command_error::CommandError,
    output::{Format, note},
    schema,
    session::Session,
};
use crate::platform::paths::with_slashes;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Directory; created if it does not exist [default: the root]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

const WORKFLOW: &str = ".github/workflows/menus.yml";

const FILES: [(&str, &str); 8] = [
    ("menusync.yaml", include_str!("init/menusync.yaml")),
    ("catalogs/menu.yaml", include_str!("init/menu.yaml")),
    ("catalogs/outlet.yaml", include_str!("init/outlet.yaml")),
    (WORKFLOW, include_str!("../../deploy/github/menus.yml")),
    (".github/menusync/install.sh", include_str!("../../deploy/ci/install.sh")),
    (".github/menusync/check.sh", include_str!("../../deploy/ci/check.sh")),
    (".github/menusync/compose.sh", include_str!("../../deploy/ci/compose.sh")),
    (".github/menusync/comment.sh", include_str!("../../deploy/github/comment.sh")),
];

/// What others may have a file of already, which is then left as it is.
const BESIDE: [(&str, &str); 2] =
    [(".gitignore", include_str!("init/gitignore")), (".vscode/settings.json", include_str!("init/vscode.json"))];

/// Where editors find the schemas: the files above say so in their first line, and the settings of VS Code for all.
const SCHEMAS: &str = ".schema";

/// The example that `init` wrote, where it stands as it was written: its outlet is nobody's, and shows in every plan.
pub(super) fn untouched_example(root: &Path) -> Option<String> {
    let is_as_written = |(name, text): &&(&str, &str)| {
        name.starts_with("catalogs/") && std::fs::read_to_string(root.join(name)).is_ok_and(|known| known == *text)
    };
    let names: Vec<&str> = FILES.iter().filter(is_as_written).map(|(name, _)| *name).collect();
    names.contains(&"catalogs/outlet.yaml").then(|| names.join(" and "))
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text])?;
    let dir = args.dir.unwrap_or_else(|| session.new_root());
    for name in ["menusync.yaml", "catalogs", WORKFLOW, ".github/menusync", SCHEMAS] {
        let path = dir.join(name);
        if path.symlink_metadata().is_ok() {
            let message =
                format!("{} already exists; `init` creates a new repository and overwrites nothing", path.display());
            return Err(CommandError::Usage(message));
        }
    }
    let schemas = schema::texts_of_files().map(|(kind, text)| (format!("{SCHEMAS}/{kind}.json"), text));
    let is_missing = |(name, _): &(&str, &str)| dir.join(name).symlink_metadata().is_err();
    let (new, there): (Vec<_>, Vec<_>) = BESIDE.into_iter().partition(is_missing);
    let texts = FILES.into_iter().chain(new).map(|(name, text)| (name.to_owned(), text.to_owned()));
    let mut paths = Vec::new();
    for (name, text) in texts.chain(schemas) {
        let path = dir.join(name);
        atomic::create(&path, text)?;
        paths.push(with_slashes(&path));
    }
    for (name, _) in there {
        note(&format!("{} is there already and is left as it is", dir.join(name).display()));
    }
    session.outputs.emit(|_, _| paths.join("\n"))?;
    let at = if dir == session.new_root() { String::new() } else { format!(" --root {}", dir.display()) };
    note(&format!(
        "Next: menusync{at} validate; the first lines of {} say how to rehearse and how to go live. For a menu that is already live, delete the example in catalogs/ and run menusync{at} import --outlet G…",
        dir.join("menusync.yaml").display()
    ));
    Ok(Exit::Done)
}
