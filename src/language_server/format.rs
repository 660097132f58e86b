//! The text of a document as `fmt` writes it.

use serde_json::{Value, json};

use super::{
    protocol::{About, Answer, Refusal},
    question::Question,
    view::View,
};
use crate::{
    authoring::{FileKind, Formatted, format},
    source::{Kind, Texts, kind_of},
};

pub(super) fn answer(question: &Question, about: &About) -> Answer {
    let Some(here) = question.here(&about.text_document.uri, None) else { return Ok(Value::Null) };
    let kind = match kind_of(&here.path) {
        Some(Kind::Definition) if !here.path.ends_with(".json") => FileKind::Definition,
        Some(Kind::Settings) => FileKind::Settings,
        _ => return Ok(Value::Null),
    };
    let new = match format(&here.source(), kind) {
        Ok(Formatted::New(new)) => new,
        // What is wrong is shown where it stands.
        Ok(Formatted::Same) | Err(_) => return Ok(Value::Null),
        Ok(Formatted::Left(why)) => return Err(Refusal::failed(format!("this file is left as it is: {why}"))),
    };
    let texts = Texts::from([(here.path.clone(), new.as_str().into())]);
    let now = jiff::Timestamp::now();
    let is_known = |view: &View| view.loaded.text(&here.path).is_some_and(|known| known == here.document.text);
    if kind == FileKind::Definition {
        let unread =
            "this file is left as it is: the files of the root cannot be read, so nothing says what it changes";
        let view = question.current().filter(is_known).ok_or_else(|| Refusal::failed(unread))?;
        if !view.loaded.means_the_same_with(&texts, now) {
            return Err(Refusal::failed("this file is left as it is: it would change what an outlet sells"));
        }
    }
    let (line, character) = here.document.lines().end();
    let start = json!({"line": 0, "character": u8::from(here.document.has_mark)});
    Ok(json!([{"range": {"start": start, "end": {"line": line, "character": character}}, "newText": new}]))
}
