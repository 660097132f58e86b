//! Names that try to be more than text, in comments on GitHub and GitLab; and plans of every size.

use super::*;

/// What must not stand in a comment as it is, where a name has it.
const NAMES: [&str; 22] = [
    "@team",
    "owner/name#12",
    "#123",
    "!123",
    "~label",
    "%milestone",
    "&12",
    "$12",
    "GH-12",
    "https://evil.example",
    "www.evil.example",
    "sari@evil.example",
    "4a1b2c3d4e",
    "`code`",
    "```",
    "<img src=x onerror=y>",
    "</table>",
    "<!-- hidden",
    "[x](y)",
    "**bold**",
    ":tada:",
    "{+x+}",
];

fn named(name: &str) -> PlanReport {
    let mut story = Story::in_sync();
    story.item("NG").name = set(name);
    story.item("NU").description =
        set(&format!("{name} {name} and more text than fits on a line, so that words differ"));
    story.live_item("NK").name = name.to_owned();
    story.desired.menus.push(Menu { name: name.to_owned(), menu_items: vec![item("X", name, 1_000)] });
    story.desired.variant_categories[0].variants[0].name = set(name);
    let failed = OutletReport { plan: None, error: Some(name.to_owned()), ..story.outlet("G2", name) };
    report(vec![story.outlet("G1", name), failed])
}

#[test]
fn no_name_does_more_than_to_be_read() {
    for name in NAMES {
        let markdown = plan_markdown(&named(name));
        assert!(!markdown.contains(name), "{name}: {markdown}");
        assert_form(&markdown, name);
    }
}

#[test]
fn no_name_begins_a_line() {
    for name in ["/merge", "\n/merge", "\n# Heading", "\n---", "a\r\n\r\n> quote", "| a | b |\n|---|---|"] {
        let markdown = plan_markdown(&named(name));
        assert_form(&markdown, name);
        let starts = |line: &str| ["/", "# ", "---", ">"].iter().any(|start| line.starts_with(start));
        assert!(!markdown.lines().any(starts), "{name:?}: {markdown}");
    }
}

/// Whole tables, whole blocks, no fence.
fn assert_form(markdown: &str, why: &str) {
    assert_eq!(markdown.matches("<details").count(), markdown.matches("</details>").count(), "{why}: {markdown}");
    assert!(!markdown.contains("```"), "{why}");
    let mut cells = 0;
    for line in markdown.lines() {
        let bars = line.replace(r"\|", "").matches('|').count();
        assert!(bars == 0 || cells == 0 || bars == cells, "{why}: {line}");
        assert!(bars == 0 || line.ends_with('|'), "{why}: {line}");
        cells = bars;
    }
}

/// Outlets of which each has other items, with names that take as much room as names can.
fn fleet_of(outlets: usize, items: usize) -> PlanReport {
    let name = format!("{}\u{202e}|@#`<", "&\u{200b}".repeat(70));
    let outlet = |n: usize| {
        let list = |price| (0..items).map(|i| item(&format!("I{n}-{i}"), &format!("{n} {i} {name}"), price)).collect();
        let catalog =
            |price| Catalog { menus: vec![Menu { name: name.clone(), menu_items: list(price) }], ..Catalog::default() };
        let mut story = Story::of(catalog(10_000));
        story.desired = catalog(100_000);
        story.outlet(&format!("G{n}"), &format!("{n} {name}"))
    };
    report((0..outlets).map(outlet).collect())
}

#[test]
fn a_comment_of_any_plan_fits_and_keeps_its_form() {
    for (outlets, items) in [(1, 1), (1, 600), (40, 20), (300, 2)] {
        let (report, why) = (fleet_of(outlets, items), format!("{outlets} × {items}"));
        let markdown = plan_markdown(&report);
        assert!(markdown.chars().count() <= 60_000, "{why}: {}", markdown.chars().count());
        assert_form(&markdown, &why);
        assert!(markdown.contains(&format!("\nDigest: `{}`", report.digest())), "{why}");
        let whole = outlets * items == 1;
        assert!(whole != markdown.contains("… and ") || markdown.contains("do not fit here"), "{why}");
    }
}
