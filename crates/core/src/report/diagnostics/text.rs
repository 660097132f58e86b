//! Diagnostics for people: the offending text underlined, further places, and what to do.

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use super::{
    Summary,
    source::{Files, Sources, Window},
};
use crate::{
    diagnostic::{Diagnostic, Place, Related, Severity},
    report::untrusted::{printable, printable_lines},
};

/// Further places so near in the same file are shown together with the first.
const NEAR: u32 = 100;

/// Every diagnostic with its source, then a line that counts them all; empty if there are none. No more than `limit` are
/// shown, errors before warnings, and how many are not is said. `sources` gives the text of a file by its path; without
/// it only the place is told. Harmful characters (escapes, direction controls) are shown, not obeyed.
pub fn diagnostics_text(diagnostics: &[Diagnostic], sources: Sources<'_>, color: bool, limit: usize) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let files = Files::new(sources);
    let (mut shown, hidden) = selected(diagnostics, limit);
    // Whoever cuts the text short keeps what matters.
    shown.sort_by_key(|diagnostic| diagnostic.severity);
    let mut out = String::new();
    for diagnostic in shown {
        out.push_str(&renderer.render(&report(diagnostic, &files)));
        out.push_str("\n\n");
    }
    if !hidden.is_empty() {
        out.push_str(&format!("… and {} more ({}) not shown\n", hidden.len(), Summary::of(hidden)));
    }
    out.push_str(&format!("{}\n", Summary::of(diagnostics)));
    out
}

/// The diagnostics to show and the rest, both in the order given. An error is never left out for a warning.
fn selected(diagnostics: &[Diagnostic], limit: usize) -> (Vec<&Diagnostic>, Vec<&Diagnostic>) {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
    let (mut room_for_errors, mut room_for_warnings) = (limit, limit.saturating_sub(errors));
    diagnostics.iter().partition(|diagnostic| {
        let room = if diagnostic.is_error() { &mut room_for_errors } else { &mut room_for_warnings };
        let fits = *room > 0;
        *room = room.saturating_sub(1);
        fits
    })
}

fn report<'a>(diagnostic: &'a Diagnostic, files: &Files<'_>) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(printable(&diagnostic.message)).id(diagnostic.code);
    let mut groups = vec![Group::with_title(title).elements(elements(diagnostic, files))];
    if let Some(help) = &diagnostic.help {
        groups.push(Group::with_title(Level::HELP.secondary_title(printable_lines(help))));
    }
    groups
}

/// The place with what is near it, then the places that are elsewhere.
fn elements<'a>(diagnostic: &'a Diagnostic, files: &Files<'_>) -> Vec<Element<'a>> {
    let is_near = |related: &&Related| {
        let place = diagnostic.place.as_ref();
        place.is_some_and(|p| p.file == related.place.file && p.line.abs_diff(related.place.line) <= NEAR)
    };
    let (near, far): (Vec<_>, Vec<_>) = diagnostic.related.iter().partition(is_near);
    let mut elements = Vec::new();
    match diagnostic.place.as_ref().map(|place| (place, snippet(Some(place), &near, files))) {
        Some((_, Some(snippet))) => elements.push(snippet.into()),
        Some((place, None)) => {
            elements.push(origin(place).into());
            elements.extend(near.into_iter().map(note));
        }
        None => {}
    }
    elements.extend(far.into_iter().map(|r| snippet(None, &[r], files).map_or_else(|| note(r), Element::from)));
    elements
}

/// The lines around `primary` and `related`, all in one file, with both marked; `None` if the text is not at hand or does
/// not have such places.
fn snippet<'a>(
    primary: Option<&'a Place>,
    related: &[&'a Related],
    files: &Files<'_>,
) -> Option<Snippet<'a, Annotation<'a>>> {
    let places = || primary.into_iter().chain(related.iter().map(|related| &related.place));
    let lines = files.get(&places().next()?.file)?;
    let (first, last) = (places().map(|p| p.line).min()?, places().map(|p| p.line).max()?);
    let window = Window::new(&lines, first, last)?;
    let mut annotations = Vec::new();
    if let Some(place) = primary {
        annotations.push(AnnotationKind::Primary.span(window.span(place)?));
    }
    for related in related {
        let span = window.span(&related.place)?;
        annotations.push(AnnotationKind::Context.span(span).label(printable(&related.message)));
    }
    let path = printable(&places().next()?.file);
    let line_start = usize::try_from(window.first).ok()?;
    Some(Snippet::source(window.text).path(path).line_start(line_start).annotations(annotations))
}

fn origin(place: &Place) -> Origin<'_> {
    let number = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    Origin::path(printable(&place.file)).line(number(place.line)).char_column(number(place.column))
}

/// A further place whose text cannot be shown.
fn note(related: &Related) -> Element<'_> {
    let text = format!("{}: {}", related.place, related.message);
    Level::NOTE.message(printable(&text).into_owned()).into()
}
