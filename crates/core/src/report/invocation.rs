//! Which commands let through what a guard holds, as people would type them next.

use std::path::Path;

use super::{
    release::{PlanFile, Push, ReleaseHints},
    shell::shell_word,
};

/// Stands for the branch that a pull request is merged into, where the revision that was given says that for this checkout
/// alone.
const TARGET: &str = "TARGET-BRANCH";

/// From a plan: what was given shapes what has to be given again.
#[derive(Debug, Default)]
pub struct PlanInvocation<'a> {
    /// The globs that select outlets; none where all are meant.
    pub outlets: &'a [String],
    /// The revision that stands in for what is stored.
    pub base: Option<&'a str>,
    /// What was changed elsewhere is to be undone.
    pub revert: bool,
    /// The file that the plan stands in.
    pub file: Option<&'a Path>,
    /// The options of all commands that were given.
    pub flags: String,
}

impl PlanInvocation<'_> {
    /// From a plan that was only looked at.
    pub fn hints_of_plan(&self) -> ReleaseHints {
        let push = match self.file {
            Some(file) => format!("menusync apply {}{}", shell_word(&file.to_string_lossy()), self.flags),
            None => format!("menusync apply{}", self.outlets()),
        };
        ReleaseHints { push: Some(Push::Command(push + self.revert())), plan: Some(self.plan()), ..self.looked() }
    }

    /// From a push that was asked for.
    pub fn pushed(&self) -> ReleaseHints {
        ReleaseHints { push: Some(Push::Again), ..self.compared() }
    }

    /// From two states of the files, which nothing can push.
    pub fn compared(&self) -> ReleaseHints {
        ReleaseHints { plan: Some(self.plan()), ..self.looked() }
    }

    /// From a look that nothing is pushed from.
    pub fn looked(&self) -> ReleaseHints {
        ReleaseHints {
            outlets: self.outlets(),
            flags: self.flags.clone(),
            reverts: self.revert,
            stands_in: self.base.is_some(),
            ..ReleaseHints::default()
        }
    }

    fn plan(&self) -> PlanFile {
        let Some(file) = self.file else {
            let base = self.base.map(|base| format!(" --base {}", shared(base))).unwrap_or_default();
            let (outlets, revert) = (self.outlets(), self.revert());
            return PlanFile::By(format!("menusync plan{base}{outlets}{revert} --out {}", PlanFile::DEFAULT));
        };
        PlanFile::Written(shell_word(&file.to_string_lossy()))
    }

    fn outlets(&self) -> String {
        let globs = self.outlets.iter().map(|glob| format!(" --outlet {}", shell_word(glob)));
        std::iter::once(self.flags.clone()).chain(globs).collect()
    }

    fn revert(&self) -> &'static str {
        if self.revert { " --revert" } else { "" }
    }
}

/// A revision that means the same in every checkout; `HEAD^1` is the target branch only where a merge is checked out.
fn shared(revision: &str) -> String {
    let is_relative = revision.contains(['^', '~', '@', ':']) || revision.contains("HEAD");
    if is_relative { TARGET.to_owned() } else { shell_word(revision) }
}

/// Options that were given to a command, as they are given to another.
pub fn command_flags(root: Option<&Path>, state_dir: Option<&Path>, operator: Option<&Path>) -> String {
    let flag =
        |name: &str, path: Option<&Path>| path.map(|path| format!(" --{name} {}", shell_word(&path.to_string_lossy())));
    let flags = [flag("root", root), flag("state-dir", state_dir), flag("operator", operator)];
    flags.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_written_as_it_was_asked_for_and_against_a_branch_that_everybody_has() {
        let outlets = ["Ku*".to_owned()];
        let plan = |from: PlanInvocation<'_>| match from.plan() {
            PlanFile::By(command) => command,
            PlanFile::Written(file) => file,
        };
        assert_eq!(plan(PlanInvocation::default()), "menusync plan --out plan.json");
        let from =
            PlanInvocation { outlets: &outlets, base: Some("origin/main"), revert: true, ..PlanInvocation::default() };
        assert_eq!(plan(from), "menusync plan --base origin/main --outlet 'Ku*' --revert --out plan.json");
        let from = PlanInvocation { base: Some("HEAD^1"), ..PlanInvocation::default() };
        assert_eq!(plan(from), "menusync plan --base TARGET-BRANCH --out plan.json");
        let from = PlanInvocation { file: Some(Path::new("my plan.json")), ..PlanInvocation::default() };
        assert_eq!(plan(from), "'my plan.json'");
        let flags = command_flags(Some(Path::new("my menus")), None, None);
        let from = PlanInvocation { flags, ..PlanInvocation::default() };
        assert_eq!(plan(from), "menusync plan --root 'my menus' --out plan.json");
    }
}
