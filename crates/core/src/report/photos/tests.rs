use super::*;
use crate::diagnostic::Severity;

fn photo(file: &str, severity: Option<Severity>) -> PhotoLine {
    let finding = |severity| Diagnostic {
        code: "image-ratio",
        severity,
        message: "it is wide".into(),
        help: None,
        place: None,
        related: Vec::new(),
        replacement: None,
    };
    PhotoLine {
        file: file.to_owned(),
        bytes: 1500,
        findings: severity.map(finding).into_iter().collect(),
        ..PhotoLine::default()
    }
}

fn report(known_uses: KnownUses, photos: Vec<PhotoLine>) -> PhotosReport {
    PhotosReport { directory: "photos".into(), photos, known_uses, others: Vec::new(), left_out: 0 }
}

#[test]
fn a_copy_stands_for_its_original_only_where_no_dish_can_have_that() {
    let copy = FitCopy { file: "a.jpg".into(), is_new: false, size: None, bytes: 1, findings: Vec::new() };
    let place = Place::start_of(&"catalogs/a.yaml".into());
    let used = PhotoUse { dishes: vec!["Soto".into()], place, instead: None };
    let refused = photo("a.webp", Some(Severity::Error));
    let copied = PhotoLine { copy: Some(copy), ..refused.clone() };
    let in_use = PhotoLine { uses: vec![used], ..copied.clone() };
    let state = |known_uses, photo: &PhotoLine| report(known_uses, Vec::new()).state(photo);
    assert_eq!(state(KnownUses::All, &refused), PhotoState::Refused);
    assert_eq!(state(KnownUses::All, &copied), PhotoState::Replaced);
    assert_eq!(state(KnownUses::All, &in_use), PhotoState::Refused);
    assert_eq!(state(KnownUses::Some, &copied), PhotoState::Refused);
    assert_eq!(state(KnownUses::None, &copied), PhotoState::Replaced);
    assert_eq!(state(KnownUses::All, &photo("b.png", Some(Severity::Warning))), PhotoState::Good);
}

#[test]
fn the_last_lines_count_and_say_what_was_left_out_and_what_can_be_done() {
    let fixable = PhotoLine { is_fixable: true, ..photo("a.webp", Some(Severity::Error)) };
    let unreadable = PhotoLine { error: Some("no".into()), ..photo("b.jpg", None) };
    let mut told = report(KnownUses::All, vec![fixable, unreadable, photo("c.jpg", None)]);
    told.left_out = 2;
    told.others.push("notes.txt".into());
    let text = photos_text(&told, false);
    let last: Vec<&str> = text.split("\n\n").last().unwrap().lines().collect();
    assert_eq!(
        last,
        [
            "3 photos: 1 good, 1 refused, 1 unreadable; 3 that no dish has; 1 other file",
            "stopped: 2 photos not looked at",
            "`menusync photos --fix` writes a copy of 1 photo that GoFood takes, beside the original",
        ]
    );
    assert!(photos_text(&report(KnownUses::Some, Vec::new()), false).contains("known in part only"));
}

#[test]
fn what_a_file_is_called_does_not_steer_a_terminal() {
    let text = photos_text(&report(KnownUses::None, vec![photo("a\u{1b}[31m\u{202e}\n.jpg", None)]), false);
    assert!(text.starts_with("a\\u{1b}[31m\\u{202e}\\u{a}.jpg: good"), "{text}");
}
