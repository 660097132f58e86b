//! Where a thing is defined, and where it is named.

use globset::Glob;
use serde_json::Value;

use super::{
    index::name_in,
    protocol::{About, Answer},
    question::{Here, Question},
    view::View,
};
use crate::{
    document::{Pos, Span},
    fleet::Selection,
    symbols::{Occurrence, Role, Thing},
};

/// More places are not listed (our choice).
const MOST: usize = 5000;

/// The place, its view and what is named there.
fn named<'q>(question: &'q Question, about: &About) -> Option<(Here<'q>, View, Occurrence)> {
    let here = question.here(&about.text_document.uri, about.position)?;
    let named = here.named()?;
    Some((here, question.current()?, named))
}

pub(super) fn definition(question: &Question, about: &About) -> Answer {
    let Some((here, view, named)) = named(question, about) else { return Ok(Value::Null) };
    if named.thing == Thing::Layer {
        let start = Pos { line: 1, column: 1 };
        let file = name_in(&here.path, &named);
        return Ok(question.location(&view, &file, Span { start, end: start }).into());
    }
    let means = meaning(&view, &named);
    let defined = view.index.all().filter(|(_, found)| found.role == Role::Definition && means(found));
    let defined: Vec<_> = defined.collect();
    // An id may be another dish's at outlets that have nothing to do with this file.
    let nearer = view.related_files(&here.path);
    let has_near = defined.iter().any(|(path, _)| nearer.contains(*path));
    let meant = defined.into_iter().filter(|(path, _)| !has_near || nearer.contains(*path));
    Ok(meant.take(MOST).filter_map(|(path, found)| question.location(&view, path, found.span)).collect())
}

pub(super) fn references(question: &Question, about: &About) -> Answer {
    let Some((here, view, named)) = named(question, about) else { return Ok(Value::Null) };
    let name = name_in(&here.path, &named);
    let wanted = view.index.of(named.thing, &name);
    let wanted = wanted.filter(|(_, found)| about.context.include_declaration || found.role != Role::Definition);
    Ok(wanted.take(MOST).filter_map(|(path, found)| question.location(&view, path, found.span)).collect())
}

/// Whether an occurrence is what a name or a pattern means.
fn meaning<'n>(view: &'n View, named: &'n Occurrence) -> Box<dyn Fn(&Occurrence) -> bool + 'n> {
    let is_it = |found: &Occurrence| found.thing == named.thing && found.name == named.name;
    if named.role != Role::Pattern || view.index.all().any(|(_, found)| found.role == Role::Definition && is_it(found))
    {
        return Box::new(is_it);
    }
    match named.thing {
        Thing::Outlet => {
            let Ok(selection) = Selection::new(&[named.name.to_string()]) else { return Box::new(is_it) };
            let is_meant =
                move |id: &str| view.loaded.outlet(&id.into()).is_some_and(|it| selection.matches_outlet(it));
            Box::new(move |found| found.thing == Thing::Outlet && is_meant(&found.name))
        }
        _ => match Glob::new(&named.name) {
            Ok(glob) => {
                let glob = glob.compile_matcher();
                Box::new(move |found| found.thing == named.thing && glob.is_match(&*found.name))
            }
            Err(_) => Box::new(is_it),
        },
    }
}
