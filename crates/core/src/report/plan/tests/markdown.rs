//! What a pull request shows.

use super::*;

#[test]
fn the_same_changes_at_many_outlets_are_one_table() {
    insta::assert_snapshot!(plan_markdown(&fleet()));
}

#[test]
fn markdown_has_a_table_for_every_outlet() {
    let report = report(vec![busy().outlet("G1", "Kuta"), drifted().outlet("G2", "Sanur")]);
    insta::assert_snapshot!(plan_markdown(&report));
}

/// As many items with as long a text as it takes.
fn large(outlets: usize, items: usize) -> PlanReport {
    let catalog = |price: i64, outlet: usize| {
        let name = |n: usize| format!("Outlet {outlet} <{n}> {}", "x".repeat(60));
        let menu_items = (0..items).map(|n| item(&format!("I{n}"), &name(n), price)).collect();
        Catalog { menus: vec![Menu { name: "Nasi".to_owned(), menu_items }], ..Catalog::default() }
    };
    let outlet = |n: usize| {
        let mut story = Story::of(catalog(10_000, n));
        story.desired = catalog(11_000, n);
        story.outlet(&format!("G{n}"), &format!("Outlet {n}"))
    };
    report((0..outlets).map(outlet).collect())
}

#[test]
fn markdown_that_would_be_too_long_is_cut_between_rows() {
    for (outlets, items, told) in [
        (1, 900, "… and 800 more changes."),
        (40, 30, "do not fit here: see `menusync plan`."),
        (3000, 1, "more rows."),
    ] {
        let markdown = plan_markdown(&large(outlets, items));
        assert!(markdown.chars().count() <= 60_000, "{outlets} × {items}: {}", markdown.chars().count());
        assert!(markdown.contains(told), "{outlets} × {items}: {told}");
        assert_eq!(markdown.matches("<details").count(), markdown.matches("</details>").count());
        assert!(markdown.lines().filter(|line| line.starts_with('|')).all(|line| line.ends_with('|')));
        assert!(markdown.contains("\nDigest: `sha256:"));
    }
}

#[test]
fn hostile_names_are_only_text_in_a_comment() {
    let markdown = plan_markdown(&hostile());
    for harmful in ["@everyone", "<img", "\n# ", "\u{1b}", "\u{202e}"] {
        assert!(!markdown.contains(harmful), "{harmful}: {markdown}");
    }
    let cells = |row: &str| row.replace(r"\|", "").matches('|').count();
    let rows: Vec<usize> = markdown.lines().filter(|line| line.starts_with("| ")).map(cells).collect();
    assert!(rows.len() >= 6, "{markdown}");
    assert!(rows.iter().all(|cells| *cells == 6), "{markdown}");
}
