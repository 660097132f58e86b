//! Diagnostics as the protocol has them.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use super::{
    documents::{Documents, Root},
    view::range,
};
use crate::{
    diagnostic::{Diagnostic, Place, Severity},
    document::Span,
    fleet::Loaded,
    report::untrusted::printable_lines,
    rules, settings,
    symbols::Lines,
};

/// What is to be published of each file.
pub(super) fn by_file(
    root: &Root,
    documents: &Documents,
    loaded: &Loaded,
    diagnostics: &[Diagnostic],
) -> BTreeMap<Arc<str>, Value> {
    let settings: Arc<str> = settings::FILE.into();
    let mut grouped: BTreeMap<&Arc<str>, Vec<&Diagnostic>> = BTreeMap::new();
    for wrong in diagnostics {
        // What is about the root as a whole is about its settings most often, such as that there are none.
        let file = wrong.place.as_ref().map_or(&settings, |place| &place.file);
        grouped.entry(file).or_default().push(wrong);
    }
    let location = |place: &Place| documents.location(root, loaded, &place.file, Span::of_place(place));
    let published = grouped.into_iter().map(|(file, wrong)| {
        let (text, has_mark) = documents.text(loaded, file).unwrap_or_else(|| ("".into(), false));
        let lines = Lines::new(&text, has_mark);
        let list: Vec<Value> = wrong.iter().map(|wrong| diagnostic_json(wrong, &lines, &location)).collect();
        (Arc::clone(file), list.into())
    });
    published.collect()
}

/// A diagnostic as the protocol has it.
pub(super) fn diagnostic_json(
    wrong: &Diagnostic,
    lines: &Lines<'_>,
    location: &dyn Fn(&Place) -> Option<Value>,
) -> Value {
    let place = wrong.place.clone().unwrap_or_else(|| Place::start_of(&settings::FILE.into()));
    let help = wrong.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let related = wrong.related.iter().filter_map(|related| {
        Some(json!({"location": location(&related.place)?, "message": printable_lines(&related.message)}))
    });
    let mut published = json!({
        "range": range(lines, Span::of_place(&place)),
        "severity": if wrong.severity == Severity::Error { 1 } else { 2 },
        "code": wrong.code,
        "source": "menusync",
        "message": printable_lines(&format!("{}{help}", wrong.message)),
        "relatedInformation": related.collect::<Vec<_>>(),
    });
    if let Some(page) = rules::page_address(wrong.code) {
        published["codeDescription"] = json!({"href": page});
    }
    published
}
