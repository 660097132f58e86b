//! Which question is answered by what, and how long it may take.

use std::time::Duration;

use serde_json::Value;

use super::{
    completion, fixes, format, hover, navigate,
    protocol::{About, Answer, Refusal, code},
    question::Question,
    rename,
};

/// A question that has no answer by then gets none (our choice).
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The same of a rename, for which all files are read and all outlets of a fleet composed twice (our choice).
const RENAME_WITHIN: Duration = Duration::from_secs(60);

/// A kind of question.
pub(super) struct Method {
    pub(super) name: &'static str,
    pub(super) within: Duration,
    answer: fn(&Question, &About) -> Answer,
}

static METHODS: [Method; 8] = [
    Method { name: "textDocument/completion", within: ANSWER_WITHIN, answer: completion::answer },
    Method { name: "textDocument/hover", within: ANSWER_WITHIN, answer: hover::answer },
    Method { name: "textDocument/definition", within: ANSWER_WITHIN, answer: navigate::definition },
    Method { name: "textDocument/references", within: ANSWER_WITHIN, answer: navigate::references },
    Method { name: "textDocument/prepareRename", within: ANSWER_WITHIN, answer: rename::prepare },
    Method { name: "textDocument/rename", within: RENAME_WITHIN, answer: rename::answer },
    Method { name: "textDocument/formatting", within: ANSWER_WITHIN, answer: format::answer },
    Method { name: "textDocument/codeAction", within: ANSWER_WITHIN, answer: fixes::answer },
];

/// The method of this name; `None`: it is none of ours.
pub(super) fn method(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|method| method.name == name)
}

impl Method {
    /// Answers a question; takes as long as it takes.
    pub(super) fn answer(&self, params: Value, question: &Question) -> Answer {
        let about: About = serde_json::from_value(params)
            .map_err(|error| Refusal { code: code::INVALID_PARAMS, message: format!("{}: {error}", self.name) })?;
        (self.answer)(question, &about)
    }
}
