//! A root to validate, by the library or by the binary.

use std::{fs, path::Path, sync::Arc};

use assert_cmd::Command;
use menusync::{catalog::OutletId, diagnostic::Diagnostic, fleet, report};
use tempfile::TempDir;

use crate::clock::clock_variables;

/// A directory with `menusync.yaml` and definitions.
pub(crate) struct Root {
    dir: TempDir,
}

/// What the binary did.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Root {
    /// A root without any file.
    pub(crate) fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("catalogs")).unwrap();
        Self { dir }
    }

    /// A root with settings that say nothing about rules, and these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let root = Self::empty().with("menusync.yaml", "target: sandbox\n");
        files.iter().fold(root, |root, (path, text)| root.with(path, text))
    }

    /// The same where nothing is said about what examples leave out for brevity.
    pub(crate) fn brief(files: &[(&str, &str)]) -> Self {
        let settings = "target: sandbox\nrules: {image-missing: off, description-missing: off}\n";
        let root = Self::empty().with("menusync.yaml", settings);
        files.iter().fold(root, |root, (path, text)| root.with(path, text))
    }

    /// The same with one more file.
    pub(crate) fn with(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let full = self.path().join(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, text).unwrap();
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Everything that is wrong, at a fixed time.
    pub(crate) fn diagnostics(&self) -> Vec<Diagnostic> {
        let at = "2027-01-01T00:00:00Z".parse().unwrap();
        fleet::load(self.path()).unwrap().survey_ahead(at).diagnostics
    }

    /// What is wrong with one outlet that is asked for.
    pub(crate) fn composed(&self, outlet: &OutletId) -> Vec<Diagnostic> {
        let at = "2027-01-01T00:00:00Z".parse().unwrap();
        fleet::load(self.path()).unwrap().compose(outlet, at).diagnostics
    }

    pub(crate) fn codes(&self) -> Vec<&'static str> {
        self.diagnostics().iter().map(|diagnostic| diagnostic.code).collect()
    }

    /// What was found, as people read it.
    pub(crate) fn told(&self, diagnostics: &[Diagnostic]) -> String {
        let sources = |file: &str| fs::read_to_string(self.path().join(file)).ok().map(Arc::from);
        report::diagnostics_text(diagnostics, &sources, false, 50)
    }

    /// Runs the binary on it.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let mut command = Command::cargo_bin("menusync").unwrap();
        command.env_clear().envs(clock_variables());
        // `rule` has no use for a root, and says so.
        if arguments.first() != Some(&"rule") {
            command.args(["--root", self.path().to_str().unwrap()]);
        }
        command.args(arguments);
        let output = command.output().unwrap();
        Run {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// `(code, line)` of every diagnostic of a root.
pub(crate) fn lines(root: &Root) -> Vec<(&'static str, u32)> {
    root.diagnostics().iter().map(|d| (d.code, d.place.as_ref().map_or(0, |place| place.line))).collect()
}
