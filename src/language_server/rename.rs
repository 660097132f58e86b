//! Another id or name for a thing, in all files at once. The files are read anew for it, and what the edit would make of every
//! outlet is compared with what is meant, before the editor is told of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::{
    protocol::{About, Answer, Refusal},
    question::Question,
    view::{View, range},
};
use crate::{
    catalog::OutletId,
    definition::Outlet,
    diagnostic::Diagnostic,
    document::Span,
    fleet,
    report::untrusted::printable,
    source::{Doing, Texts},
    symbols::{self, Lines, Occurrence, RenameError, Role, Thing},
    sync::chain,
};

/// The edits of each file in the order of its text: where, and what stands there then.
type Edits = BTreeMap<Arc<str>, Vec<(Span, String)>>;

pub(super) fn prepare(question: &Question, about: &About) -> Answer {
    let Some(here) = question.here(&about.text_document.uri, about.position) else { return Ok(Value::Null) };
    let nothing = "there is no id or name here that can be renamed";
    let named = here.named().ok_or_else(|| Refusal::failed(nothing))?;
    check(&named)?;
    Ok(json!({"range": here.range(named.span), "placeholder": &*named.name}))
}

fn check(named: &Occurrence) -> Result<(), Refusal> {
    if named.role == Role::Pattern && named.name.contains(['*', '?', '[', '{']) {
        return Err(Refusal::failed("this is a pattern of ids: rename one of the ids that it means"));
    }
    symbols::check_ours(named.thing).map_err(|error| Refusal::failed(error.to_string()))
}

pub(super) fn answer(question: &Question, about: &About) -> Answer {
    let here = question.here(&about.text_document.uri, about.position);
    let named = here.as_ref().and_then(|here| here.named()).ok_or_else(|| Refusal::failed("there is no id here"))?;
    check(&named)?;
    let new = about.new_name.as_deref().unwrap_or_default();
    if new.is_empty() {
        return Err(Refusal::failed("the new name is empty"));
    }
    if *new == *named.name {
        return Ok(Value::Null);
    }
    let view = read_anew(question)?;
    check_free(&view, named.thing, new)?;
    let edits = edits(&view, &named, new)?;
    check_known(question, &edits)?;
    let texts = texts(&view, &edits);
    check_outlets(&view, &texts, &named, new)?;
    Ok(workspace_edit(question, &view, &edits, &warning(&named, new)))
}

/// The files as they are on disk and in the editor at this moment: an edit of what they were would end up elsewhere.
fn read_anew(question: &Question) -> Result<View, Refusal> {
    let unreadable = || Refusal::failed("the files cannot be read: see the message that was shown");
    let before = question.disk.as_deref().ok_or_else(unreadable)?;
    let disk =
        fleet::load_uncommitted(&question.root.path, question.operator.as_deref(), &Doing::default(), Some(before));
    let disk = Arc::new(disk.map_err(|error| Refusal::failed(chain(&error)))?);
    let texts = question.documents.texts();
    let view = View::new(&disk, &texts, question.view.as_ref(), &Doing::default(), question.version);
    if let Some(unread) = view.loaded.unread_files().next() {
        return Err(Refusal::failed(format!("mend {unread} first: it cannot be read, and may name it too")));
    }
    match view.index.stale_file() {
        Some(file) => {
            Err(Refusal::failed(format!("mend {file} first: not all of it can be read, and it may name it too")))
        }
        None => Ok(view),
    }
}

/// Two things would be one.
fn check_free(view: &View, thing: Thing, new: &str) -> Result<(), Refusal> {
    let Some((file, taken)) = view.index.of(thing, new).next() else { return Ok(()) };
    let (noun, line) = (thing.noun(), taken.span.start.line);
    Err(Refusal::failed(format!("`{}` is the name of another {noun}: {file}:{line}", printable(new))))
}

/// An edit of the text on disk would end up elsewhere in what the editor has.
fn check_known(question: &Question, edits: &Edits) -> Result<(), Refusal> {
    let Some(lost) = edits.keys().find(|path| question.documents.is_lost(path)) else { return Ok(()) };
    Err(Refusal::failed(format!(
        "what stands in {lost} in the editor is not known: open it, closing it first if it is open"
    )))
}

fn edits(view: &View, named: &Occurrence, new: &str) -> Result<Edits, Refusal> {
    let mut by_file: BTreeMap<&Arc<str>, Vec<&Occurrence>> = BTreeMap::new();
    for (path, found) in view.index.of(named.thing, &named.name) {
        by_file.entry(path).or_default().push(found);
    }
    let edits_of = |(path, found): (&Arc<str>, Vec<&Occurrence>)| {
        let text = view.loaded.text(path).ok_or_else(|| Refusal::failed(format!("{path} is gone")))?;
        let lines = Lines::new(&text, false);
        let edit = |found: &Occurrence| Ok((found.span, symbols::rewritten(path, &lines, found, new)?));
        let edits: Result<Vec<_>, RenameError> = found.into_iter().map(edit).collect();
        Ok((Arc::clone(path), edits.map_err(|error| Refusal::failed(format!("{path}: {error}")))?))
    };
    by_file.into_iter().map(edits_of).collect()
}

/// The files as they would be.
fn texts(view: &View, edits: &Edits) -> Texts {
    let edited = |(path, edits): (&Arc<str>, &Vec<(Span, String)>)| {
        let old = view.loaded.text(path)?;
        let lines = Lines::new(&old, false);
        let mut new = old.to_string();
        for (span, written) in edits.iter().rev() {
            new.replace_range(lines.offset_of(span.start)..lines.offset_of(span.end), written);
        }
        Some((Arc::clone(path), new.into()))
    };
    edits.iter().filter_map(edited).collect()
}

/// Every outlet has to be valid, and to be what it was but for the name: an id that a pattern means and the new one does not,
/// or a limit that it breaks, would change a menu by a rename.
fn check_outlets(view: &View, texts: &Texts, named: &Occurrence, new: &str) -> Result<(), Refusal> {
    let now = Timestamp::now();
    let after = view.loaded.with_texts(texts);
    let concerned: BTreeSet<&OutletId> =
        texts.keys().flat_map(|file| view.loaded.outlets_made_of(file)).map(|outlet: &Outlet| &outlet.id).collect();
    let check_at = |id: &OutletId, at: Timestamp| {
        let (was, is) = (view.loaded.compose(id, at), after.compose(id, at));
        if let Some(wrong) = was.diagnostics.iter().find(|wrong| wrong.is_error()) {
            return Err(format!("mend what is wrong at outlet {id} first: {}", words(wrong)));
        }
        if let Some(wrong) = is.diagnostics.iter().find(|wrong| wrong.is_error()) {
            return Err(format!("with this name the files would be wrong: {}", words(wrong)));
        }
        let meant = symbols::renamed(was.catalog.without_makings(), named.thing, &named.name, new);
        if meant != is.catalog.without_makings() {
            let old = printable(&named.name);
            return Err(format!(
                "with this name the menu of outlet {id} would be another one: a pattern, such as one under `attach`, means `{old}` and not the new name; name it there first"
            ));
        }
        Ok(())
    };
    // A dated layer that does not count now has its say later.
    let check = |id: &&OutletId| view.loaded.moments(id, now).into_iter().try_for_each(|at| check_at(id, at));
    concerned.par_iter().map(check).collect::<Result<(), String>>().map_err(Refusal::failed)
}

fn words(wrong: &Diagnostic) -> String {
    let place = wrong.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    printable(&format!("{place}{}", wrong.message)).into_owned()
}

/// What a person has to know before this is pushed.
fn warning(named: &Occurrence, new: &str) -> String {
    let (noun, old, new) = (named.thing.noun(), printable(&named.name), printable(new));
    match named.thing {
        Thing::Menu => {
            format!("to GoFood, the menu `{new}` is another one than `{old}`: a menu has no id but its name")
        }
        _ => format!(
            "once it has been pushed, `{old}` is known to GoFood: `{new}` will be another {noun} there, without its stock and orders; the guard `re-key` holds the push of a renamed item"
        ),
    }
}

fn workspace_edit(question: &Question, view: &View, edits: &Edits, warning: &str) -> Value {
    let asks = question.abilities.confirmation && question.abilities.document_changes;
    let documents = &question.documents;
    let mut by_uri = Map::new();
    let mut changes: Vec<Value> = Vec::new();
    for (path, edits) in edits {
        let uri = documents.uri(&question.root, path);
        let (Some(uri), Some((text, has_mark))) = (uri, documents.text(&view.loaded, path)) else { continue };
        let lines = Lines::new(&text, has_mark);
        let edits = edits.iter().map(|(span, written)| {
            let mut edit = json!({"range": range(&lines, *span), "newText": written});
            if asks {
                edit["annotationId"] = "rename".into();
            }
            edit
        });
        let edits: Vec<Value> = edits.collect();
        let version = documents.get(path).map(|document| document.version);
        changes.push(json!({"textDocument": {"uri": uri, "version": version}, "edits": edits}));
        by_uri.insert(uri, edits.into());
    }
    if !asks {
        (question.show)(warning.to_owned());
    }
    if !question.abilities.document_changes {
        return json!({"changes": by_uri});
    }
    let mut edit = json!({"documentChanges": changes});
    if asks {
        let annotation = json!({"label": "Rename in all files", "description": warning, "needsConfirmation": true});
        edit["changeAnnotations"] = json!({"rename": annotation});
    }
    edit
}
