//! `# menusync: allow(code) reason`: what stands beside such a comment is not told. Reading the comments is `document`'s.

use std::{collections::BTreeSet, sync::Arc};

use hashbrown::HashMap;

use super::{FoundIn, adjust::wrong_code, rule};
use crate::{
    diagnostic::{Diagnostic, Place},
    document::{Allow, Spanned},
};

/// The comments of all files, ready to be asked about a place.
#[derive(Debug, Clone, Default)]
pub struct Allows {
    all: Vec<Allow>,
    /// Which of them speak for a line.
    by_line: HashMap<(Arc<str>, u32), Vec<usize>>,
}

/// The codes of comments that have excused something, by where they are written.
pub type UsedAllows = BTreeSet<Place>;

impl Allows {
    /// All of `allows` together.
    pub fn new<'a>(allows: impl IntoIterator<Item = &'a Allow>) -> Self {
        let all: Vec<Allow> = allows.into_iter().cloned().collect();
        let mut by_line: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, allow) in all.iter().enumerate() {
            // What can be excused is beside the comment or below the run of comments that it is in.
            for line in BTreeSet::from([allow.place.line, allow.last_line]) {
                by_line.entry((Arc::clone(&allow.place.file), line)).or_default().push(index);
            }
        }
        Self { all, by_line }
    }

    /// Takes out what a comment excuses, and notes in `used` which code of which comment did it. Diagnostics whose rule is
    /// not adjustable stay.
    pub fn apply(&self, diagnostics: &mut Vec<Diagnostic>, used: &mut UsedAllows) {
        if self.all.is_empty() {
            return;
        }
        diagnostics.retain(|diagnostic| {
            let place = diagnostic.place.as_ref().filter(|_| rule(diagnostic.code).is_some_and(|rule| rule.adjustable));
            let beside = place.and_then(|place| self.by_line.get(&(Arc::clone(&place.file), place.line)));
            let codes = beside.into_iter().flatten().flat_map(|index| &self.all[*index].codes);
            let mut excusing = codes.filter(|code| code.value == diagnostic.code).peekable();
            let is_allowed = excusing.peek().is_none();
            used.extend(excusing.map(|code| code.place.clone()));
            is_allowed
        });
    }

    /// What is wrong with the comments themselves: codes that no comment can excuse, and no reason.
    pub fn wrong(&self) -> Vec<Diagnostic> {
        self.all.iter().flat_map(|allow| codes_wrong(allow).chain(without_reason(allow))).collect()
    }

    /// The codes that excused nothing although they could. To be asked when every outlet has been judged, and none of
    /// them was left out because of an error.
    pub fn unused(&self, used: &UsedAllows) -> Vec<Diagnostic> {
        let unused = |code: &&Spanned<String>| {
            // Images may not have been loaded, so nothing follows from the absence of their codes.
            let could_be_known =
                rule(&code.value).is_some_and(|rule| rule.adjustable && rule.found_in != FoundIn::Image);
            could_be_known && !used.contains(&code.place)
        };
        let warning = |code: &Spanned<String>| {
            let message = format!("nothing here gives `{}`, so there is nothing to allow", code.value);
            Diagnostic::warning("allow-unused", code.place.clone(), message)
                .help("remove it, or put it on the line that the diagnostic points at")
        };
        self.all.iter().flat_map(|allow| &allow.codes).filter(unused).map(warning).collect()
    }
}

fn codes_wrong(allow: &Allow) -> impl Iterator<Item = Diagnostic> {
    allow.codes.iter().filter_map(|code| {
        wrong_code(&code.value, code.place.clone(), "fix what it is about, and remove the code here")
    })
}

fn without_reason(allow: &Allow) -> Option<Diagnostic> {
    let help = "write after the bracket why this is as it should be";
    let warning = || Diagnostic::warning("allow-without-reason", allow.place.clone(), "no reason is given").help(help);
    allow.reason.is_empty().then(warning)
}
