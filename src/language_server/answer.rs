//! Which question is answered by what.

use serde_json::Value;

use super::{
    completion, fixes, format, hover, navigate,
    protocol::{About, Answer, Refusal, code},
    question::Question,
    rename,
};

/// What is answered, and how.
type Answers = fn(&Question, &About) -> Answer;

/// The one that takes longest.
pub(super) const RENAME: &str = "textDocument/rename";

const METHODS: [(&str, Answers); 8] = [
    ("textDocument/completion", completion::answer),
    ("textDocument/hover", hover::answer),
    ("textDocument/definition", navigate::definition),
    ("textDocument/references", navigate::references),
    ("textDocument/prepareRename", rename::prepare),
    (RENAME, rename::answer),
    ("textDocument/formatting", format::answer),
    ("textDocument/codeAction", fixes::answer),
];

/// Whether a method is one of ours.
pub(super) fn is_known(method: &str) -> bool {
    METHODS.iter().any(|(known, _)| *known == method)
}

/// Answers a question; takes as long as it takes.
pub(super) fn answer(method: &str, params: Value, question: &Question) -> Answer {
    let Some((_, answers)) = METHODS.iter().find(|(known, _)| *known == method) else {
        let message = format!("menusync does not answer {method}");
        return Err(Refusal { code: code::METHOD_NOT_FOUND, message });
    };
    let about: About = serde_json::from_value(params)
        .map_err(|error| Refusal { code: code::INVALID_PARAMS, message: format!("{method}: {error}") })?;
    answers(question, &about)
}
