//! Quick fixes: what the help of a diagnostic proposes to write, as an edit.

use serde_json::{Value, json};

use super::{
    diagnostics::diagnostic_json,
    documents::Range,
    protocol::{About, Answer},
    question::{Here, Question},
    view::range,
};
use crate::{
    diagnostic::{Diagnostic, Replacement},
    document::Span,
    report::untrusted::printable,
    symbols,
};

const QUICK_FIX: &str = "quickfix";
/// More are not offered at once: each is tried on the whole file (our choice).
const MOST_FIXES: usize = 50;

pub(super) fn answer(question: &Question, about: &About) -> Answer {
    let wants = |kinds: &Vec<String>| kinds.iter().any(|kind| kind == QUICK_FIX);
    let here = question.here(&about.text_document.uri, None);
    let (Some(here), Some(wanted)) = (here, about.range) else { return Ok(Value::Null) };
    // What was found in another text stands elsewhere now.
    let is_same = question.found.texts.get(&here.path).is_some_and(|text| *text == here.document.text);
    if !is_same || !about.context.only.as_ref().is_none_or(wants) {
        return Ok(json!([]));
    }
    let of_here = question.found.diagnostics.iter();
    let of_here = of_here.filter(|wrong| wrong.place.as_ref().is_some_and(|place| place.file == here.path));
    Ok(of_here.filter_map(|wrong| fix(question, &here, wrong, wanted)).take(MOST_FIXES).collect())
}

fn fix(question: &Question, here: &Here<'_>, wrong: &Diagnostic, wanted: Range) -> Option<Value> {
    let (place, replacement) = (wrong.place.as_ref()?, wrong.replacement.as_ref()?);
    let (lines, span) = (here.document.lines(), Span::of_place(place));
    let units = |pos| lines.units(pos);
    let (start, end) = (units(span.start), units(span.end));
    let overlaps =
        (wanted.start.line, wanted.start.character) <= end && start <= (wanted.end.line, wanted.end.character);
    let text = match replacement {
        Replacement::Text(text) => symbols::scalar(&here.path, text),
        Replacement::Literal(text) => text.clone(),
    };
    if !overlaps || !symbols::changes_only_word(&here.source(), span, &text) {
        return None;
    }
    let diagnostic = diagnostic_json(wrong, &lines, &|place| {
        let view = question.view.as_ref()?;
        question.location(view, &place.file, Span::of_place(place))
    });
    let edit = json!({"range": range(&lines, span), "newText": text});
    Some(json!({
        "title": format!("Write `{}`", printable(&text)),
        "kind": QUICK_FIX,
        "diagnostics": [diagnostic],
        "edit": {"changes": {(here.document.uri.clone()): [edit]}},
    }))
}
