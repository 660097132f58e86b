//! What the editor has been told of each file, and what it has yet to be told.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::streams::MOST_UNREAD;

/// So many files are told of before the editor has read that (our choice: far below what ends this).
const MOST_TOLD: usize = MOST_UNREAD / 10;

/// By the address of a file: one that is closed may be known by another one than it had.
pub(super) struct Published {
    told: BTreeMap<String, Value>,
    to_tell: BTreeMap<String, Value>,
    may_tell: usize,
}

impl Default for Published {
    fn default() -> Self {
        Self { told: BTreeMap::new(), to_tell: BTreeMap::new(), may_tell: MOST_TOLD }
    }
}

impl Published {
    /// What is wrong in each file now; nothing is in the others.
    pub(super) fn set(&mut self, wanted: BTreeMap<String, Value>) {
        let cured = self.told.keys().filter(|uri| !wanted.contains_key(*uri)).map(|uri| (uri.clone(), json!([])));
        self.to_tell = cured.collect();
        self.to_tell.extend(wanted.into_iter().filter(|(uri, list)| self.told.get(uri) != Some(list)));
    }

    /// What is told next, unless the editor has to read first.
    pub(super) fn next(&mut self) -> Option<Value> {
        self.may_tell = self.may_tell.checked_sub(1)?;
        let Some((uri, list)) = self.to_tell.pop_first() else {
            self.may_tell += 1;
            return None;
        };
        let params = json!({"uri": uri, "diagnostics": list});
        if list == json!([]) {
            self.told.remove(&uri);
        } else {
            self.told.insert(uri, list);
        }
        Some(params)
    }

    /// The editor has read all that it was told.
    pub(super) fn all_read(&mut self) {
        self.may_tell = MOST_TOLD;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(published: &mut Published) -> Vec<String> {
        let one = |params: Value| format!("{} {}", params["uri"], params["diagnostics"]);
        std::iter::from_fn(|| published.next()).map(one).collect()
    }

    fn files(list: &[(&str, i32)]) -> BTreeMap<String, Value> {
        list.iter().map(|(uri, wrong)| ((*uri).to_owned(), json!([wrong]))).collect()
    }

    #[test]
    fn only_what_is_new_is_told_and_what_was_mended() {
        let mut published = Published::default();
        published.set(files(&[("a", 1), ("b", 1)]));
        assert_eq!(told(&mut published), [r#""a" [1]"#, r#""b" [1]"#]);
        published.set(files(&[("a", 1), ("c", 1)]));
        assert_eq!(told(&mut published), [r#""b" []"#, r#""c" [1]"#]);
        published.set(files(&[("a", 1), ("c", 1)]));
        assert!(told(&mut published).is_empty());
    }

    #[test]
    fn an_editor_that_does_not_read_is_told_no_more_and_then_only_what_still_holds() {
        let many = |wrong: i32| -> BTreeMap<String, Value> {
            (0..MOST_TOLD + 2).map(|n| (format!("{n:06}"), json!([wrong]))).collect()
        };
        let mut published = Published::default();
        published.set(many(1));
        assert_eq!(told(&mut published).len(), MOST_TOLD);
        published.set(many(2));
        assert!(told(&mut published).is_empty());
        published.set(BTreeMap::new());
        published.all_read();
        // The last two were never told of.
        assert_eq!(told(&mut published).len(), MOST_TOLD);
        published.all_read();
        assert!(told(&mut published).is_empty());
    }
}
