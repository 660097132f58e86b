//! What must hold for any input: no panic, and some laws that the rest of the program relies on. Fuzz targets call these with
//! what libFuzzer invents; `tests/robust` replays the corpus with them. Of the core alone, so that a fuzzer is built soon.

use menusync_core::{
    authoring::sheet::{read_csv, read_sheet, unlike_sheet},
    catalog::{Catalog, OutletId},
    definition::{self, Composed, Definitions, ImageFile},
    diagnostic::Diagnostic,
    document::{self, Node, SourceFile, Value},
    policy::Policy,
    report, rules,
    symbols::{self, Lines},
};

pub(crate) fn source(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.into(), text: text.into() }
}

/// One file: read as YAML and decoded as a definition, its diagnostics written in every format.
pub(crate) fn yaml_reader(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let file = source("catalogs/a.yaml", text);
    let parsed = document::parse(&file);
    if let Some(root) = &parsed.root {
        check_spans(root);
    }
    // An editor reads a file several times over for one question.
    if text.len() < 16_384 {
        parsed.root.iter().for_each(|root| check_names(root, &file));
        check_cursor(&file);
    }
    let mut diagnostics = parsed.diagnostics;
    diagnostics.extend(definition::parse(std::slice::from_ref(&file)).diagnostics);
    check_diagnostics(&diagnostics, &[file]);
}

/// Every name that an editor is told of stands where it is said to stand.
fn check_names(root: &Node, file: &SourceFile) {
    let lines = Lines::new(&file.text, false);
    for found in symbols::occurrences(root).into_iter().take(100) {
        let (start, end) = (lines.offset_of(found.span.start), lines.offset_of(found.span.end));
        assert!(start <= end && file.text.is_char_boundary(start) && file.text.is_char_boundary(end));
        let _ = symbols::rewritten(&file.path, &lines, &found, "NEW-ID");
        assert!(symbols::path_at(root, found.span.start).is_some());
    }
}

/// A cursor anywhere is somewhere, and the two ways of counting agree.
fn check_cursor(file: &SourceFile) {
    let lines = Lines::new(&file.text, false);
    let middle = (file.text.len() / 2..file.text.len()).find(|at| file.text.is_char_boundary(*at)).unwrap_or_default();
    let (word, _) = symbols::cursors(&file.path, &file.text, middle);
    assert!(word.start <= middle && file.text.is_char_boundary(word.start));
    let (line, unit) = lines.end();
    assert_eq!(lines.units(lines.pos(line, unit)), (line, unit));
    assert_eq!(lines.offset(line, unit), file.text.len());
}

/// Several files, separated by a line `--8<--`: read, laid over each other for every outlet, judged by all rules.
pub(crate) fn definitions(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let names = ["catalogs/a.yaml", "catalogs/b.yaml", "catalogs/sub/c.yaml", "catalogs/d.json"];
    let files: Vec<SourceFile> =
        names.iter().zip(text.split("--8<--\n")).map(|(name, text)| source(name, text)).collect();
    let definitions = definition::parse(&files);
    let mut diagnostics = definitions.diagnostics.clone();
    let outlets: Vec<OutletId> = definitions.outlets().map(|outlet| outlet.id.clone()).collect();
    for outlet in outlets {
        for at in ["2027-02-10T00:00:00Z", "2031-01-01T12:30:00Z"] {
            diagnostics.extend(compose(&definitions, &outlet, at).1);
        }
    }
    check_diagnostics(&diagnostics, &files);
}

/// A CSV file as a layer, which says what the sheet says wherever it is valid.
pub(crate) fn sheet(data: &[u8]) {
    let Ok(sheet) = read_csv("a.csv", data, &[]) else { return };
    let nothing = Catalog::default();
    let Ok(menu) = read_sheet(&sheet, None, &[], &nothing) else { return };
    let files = [
        source("catalogs/a.yaml", &menu.layer_text(&sheet)),
        source("catalogs/b.yaml", "outlet: G1\nextends: [a.yaml]\n"),
    ];
    let outlet = OutletId("G1".to_owned());
    let (composed, _) = compose(&definition::parse(&files), &outlet, "2027-02-10T00:00:00Z");
    if !composed.diagnostics.iter().any(Diagnostic::is_error) {
        assert_eq!(unlike_sheet(&composed.catalog, &nothing, &menu), None, "{}", files[0].text);
    }
}

/// An outlet and everything that is said about it.
pub(crate) fn compose(definitions: &Definitions, outlet: &OutletId, at: &str) -> (Composed, Vec<Diagnostic>) {
    let images = |path: &str| match path.len() % 2 {
        0 => ImageFile::Found { url: format!("https://example.com/{path}") },
        _ => ImageFile::Missing("it is not there".into()),
    };
    let at = at.parse().expect("a timestamp");
    let composed = definitions.compose(outlet, at, &Policy::default(), &images);
    let mut diagnostics = composed.diagnostics.clone();
    diagnostics.extend(rules::check(&composed.catalog, &|path| composed.origins.place(path)));
    rules::adjust(&mut diagnostics, &composed.policy.rules);
    if let Some(next) = composed.next_change {
        assert!(next > at, "the next change is in the future");
    }
    (composed, diagnostics)
}

/// A thing ends after it begins.
fn check_spans(node: &Node) {
    assert!(node.span.start <= node.span.end, "{:?}", node.span);
    match &node.value {
        Value::Scalar(_) => {}
        Value::Sequence(nodes) => nodes.iter().for_each(check_spans),
        Value::Mapping(entries) => entries.iter().for_each(|(key, node)| {
            assert!(key.span.start <= key.span.end, "{:?}", key.span);
            check_spans(node);
        }),
    }
}

/// Every place is a place of its file, every rule is in the table, and every format can show it.
pub(crate) fn check_diagnostics(diagnostics: &[Diagnostic], files: &[SourceFile]) {
    let file = |name: &str| files.iter().find(|file| &*file.path == name);
    for diagnostic in diagnostics {
        assert!(rules::rule(diagnostic.code).is_some(), "the code {} is not in the table", diagnostic.code);
        for place in diagnostic.place.iter().chain(diagnostic.related.iter().map(|related| &related.place)) {
            let file = file(&place.file).unwrap_or_else(|| panic!("{place} is in no file"));
            let lines = u32::try_from(file.text.split(['\n', '\r']).count()).unwrap_or(u32::MAX);
            assert!(place.line >= 1 && place.column >= 1 && place.line <= lines, "{place} of {lines} lines");
            let end = (place.end_line, place.end_column);
            assert!((place.line, place.column) <= end, "{diagnostic:?}");
        }
    }
    report::diagnostics_text(diagnostics, &|name| file(name).map(|file| file.text.clone()), false, 20);
    report::diagnostics_json(diagnostics);
    report::diagnostics_sarif(diagnostics);
    report::diagnostics_github(diagnostics);
}
