//! What a pull request shows.

use super::*;

#[test]
fn the_same_changes_at_many_outlets_are_one_table() {
    insta::assert_snapshot!(plan_markdown(&fleet()), @r#"
    **Plan: 6 outlets, 4 to push (4 to change, 0 to add, 0 to remove), 1 failed.**

    - ❌ G9: GoFood did not answer within 90 s

    | Outlet | State | Changes | Elsewhere |
    |---|---|---|---|
    | Kuta (G1) | pending | ~1 |  |
    | Sanur (G2) | pending | ~1 |  |
    | Ubud (G3) | pending | ~1 |  |
    | Canggu (G4) | pending | ~1 |  |
    | G9 | failed |  |  |
    | Bangli (G10) | paused |  |  |

    <details open><summary>4 outlets: Kuta, Sanur, Ubud, Canggu</summary>

    | | What | | Change |
    |---|---|---|---|
    | \~ | Nasi › Nasi Uduk | price | Rp 12.000 → Rp 12.500 (+4 %) |

    </details>

    Digest: `sha256:b3e59b7eccb5f4e5ae399ef6c98095f80ef00b527b6fe2c23964832e7337cbb5`
    "#);
}

#[test]
fn markdown_has_a_table_for_every_outlet() {
    let report = report(vec![busy().outlet("G1", "Kuta"), drifted().outlet("G2", "Sanur")]);
    insta::assert_snapshot!(plan_markdown(&report), @r#"
    **Plan: 2 outlets, 0 to push, 1 held; 1 drifted.**

    - ✋ Kuta: **held** by `price-change`: “Tidak pedas” was free and is not any more (Rp 0 → Rp 1.000); the limit is 50 %, and 1 more beyond it; to let it through: --allow price-change:G1

    | Outlet | State | Changes | Elsewhere |
    |---|---|---|---|
    | Kuta (G1) | held | -1 +2 ~11 →2 |  |
    | Sanur (G2) | drifted |  | 5 |

    <details open><summary>Kuta</summary>

    | | What | | Change |
    |---|---|---|---|
    | - | Minuman › Es 2 | item | removed, was Rp 8.000 |
    | + | Takjil | menu | new |
    | + | Takjil › Kolak Pisang | item | new, Rp 12.000 |
    | \~ | Nasi › Nasi Goreng | name | “Nasi Goreng Kampung” → “Nasi Goreng” |
    | \~ | Nasi › Nasi Goreng | description | Nasi goreng terasi dengan telur <del>mata sapi</del><ins>dadar</ins> dan kerupuk |
    | \~ | Nasi › Nasi Goreng | price | Rp 25.000 → Rp 27.000 (+8 %) |
    | \~ | Nasi › Nasi Goreng | image | (none) → https:&#8203;//img.example.com/ng.png |
    | \~ | Nasi › Nasi Goreng | hours | Mon–Wed 10:00–22:00 → 11:00–21:30; Sun 10:00–22:00 → closed |
    | \~ | Nasi › Nasi Goreng | choices | cleared, was VC |
    | \~ | Nasi › Nasi Kuning | stock | SOLD OUT |
    | \~ | Level pedas | min quantity | becomes optional |
    | \~ | Level pedas | max quantity | 1 → 2 |
    | \~ | Level pedas › Tidak pedas | price | Rp 0 → Rp 1.000 |
    | \~ | Level pedas › Pedas gila | price | Rp 2.000 → -Rp 500 (-125 %) |
    | → | Minuman › Es 4 | order | first |
    | → | Takjil › Nasi Uduk | menu | Nasi → Takjil |

    </details>

    <details open><summary>Sanur</summary>

    **changed elsewhere, kept as it is** (undo: `menusync apply --revert`; keep: change the file, or `menusync import --merge`)

    | | What | | Change |
    |---|---|---|---|
    | - | Minuman › Es 1 | item | removed elsewhere |
    | \~ | Nasi › Nasi Goreng Kampung | price | Rp 25.000 → Rp 26.000 (+4 %) |

    **changed both in the files and elsewhere, kept as it is live** (undo: `menusync apply --revert`; keep: change the file, or `menusync import --merge`)

    | | What | | Change |
    |---|---|---|---|
    | \~ | Nasi › Nasi Uduk | price | live Rp 11.000, files Rp 13.000, last push Rp 12.000 |

    **without their external id** (orders for these will not be recognised until the next push)

    | | What | | Change |
    |---|---|---|---|
    | \~ | Nasi › Nasi Kuning | external id | NK is gone |

    **live, but no file knows them** (a push of the menu would lose them; keep: `menusync import --merge`)

    | | What | | Change |
    |---|---|---|---|
    | + | Minuman › Es Kopi | item | made elsewhere, Rp 15.000 |

    </details>

    Digest: `sha256:d240a1738bc6b0e60199d22826ce9376917ad2fa26659c635b25cb785fbd4ff0`
    "#);
}

/// As many items with as long a text as it takes.
fn large(outlets: usize, items: usize) -> PlanReport {
    let catalog = |price: i64, outlet: usize| {
        let name = |n: usize| format!("Outlet {outlet} <{n}> {}", "x".repeat(60));
        let menu_items = (0..items).map(|n| item(&format!("I{n}"), &name(n), price)).collect();
        Catalog { menus: vec![Menu { name: "Nasi".to_owned(), menu_items }], variant_categories: Vec::new() }
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
        (3000, 1, "more outlets that do not fit here."),
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
    assert!(rows.iter().all(|cells| *cells == 5), "{markdown}");
}
