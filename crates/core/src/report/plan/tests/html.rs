//! A report as a page: what it shows, that it stays small, and that no text in it does anything.

use super::*;
use crate::report::{
    Moment,
    html::{Photo, PhotoAlbum},
    plan_html,
};

fn with_menus(report: PlanReport) -> PlanReport {
    let view = report.view;
    let outlets = report.outlets.into_iter().map(|outlet| {
        let menus = outlet.plan.as_ref().map(|plan| view.menus(plan));
        OutletReport { menus, ..outlet }
    });
    PlanReport { outlets: outlets.collect(), ..report }
}

fn page(report: PlanReport, later: &[Moment]) -> String {
    plan_html(Some(&with_menus(report)), later, &mut PhotoAlbum::new(&|_| Photo::Elsewhere))
}

#[test]
fn the_outline_of_a_plan_reports_what_the_plan_does() {
    let alone = |story: Story| report(vec![story.outlet("G1", "Kuta")]);
    let outlined = |report: PlanReport| {
        let outlets =
            report.outlets.into_iter().map(|one| OutletReport { plan: one.plan.map(|plan| plan.for_report()), ..one });
        PlanReport { outlets: outlets.collect(), ..report }
    };
    let told = |report: &PlanReport| {
        let page = plan_html(Some(report), &[], &mut PhotoAlbum::new(&|_| Photo::Elsewhere));
        [plan_text(report, false), plan_markdown(report), plan_json(report), page]
    };
    let stories: [&dyn Fn() -> PlanReport; 4] = [&|| alone(busy()), &|| alone(drifted()), &hostile, &fleet];
    for story in stories {
        // What a page shows of menus is taken from the whole plan.
        assert_eq!(told(&outlined(with_menus(story()))), told(&with_menus(story())));
    }
}

/// What people read of it, with a line for each element.
fn body(page: &str) -> String {
    let (_, body) = page.split_once("<body>").unwrap();
    let opened = [
        "<h1", "<h2", "<h3", "<h4", "<p", "<li", "<tr", "<section", "<article", "<details", "<nav", "<table",
        "<caption", "<div",
    ];
    opened.iter().fold(body.to_owned(), |body, tag| body.replace(tag, &format!("\n{tag}")))
}

#[test]
fn a_push_is_shown_before_and_after_with_its_changes_by_risk() {
    insta::assert_snapshot!(body(&page(report(vec![busy().outlet("G1", "Kuta")]), &[])));
}

#[test]
fn drift_is_shown_from_the_last_push_to_what_is_live() {
    let drift = PlanReport { view: View::Drift, ..report(vec![drifted().outlet("G1", "Kuta")]) };
    insta::assert_snapshot!(body(&page(drift, &[])));
}

#[test]
fn dates_are_linked_and_groups_are_told_once() {
    let mut story = Story::in_sync();
    story.desired.menus.push(Menu { name: "Takjil".to_owned(), menu_items: vec![item("KOLAK", "Kolak", 12_000)] });
    let ramadan = report(vec![story.outlet("G1", "Kuta"), story.outlet("G2", "Sanur")]);
    let at = "2027-02-08T00:00[Asia/Jakarta]".parse().unwrap();
    let later = [Moment { at, repeats: false, report: with_menus(PlanReport { view: View::Diff, ..ramadan }) }];
    insta::assert_snapshot!(body(&page(fleet(), &later)));
}

#[test]
fn a_page_about_another_moment_says_which() {
    for view in [View::Plan, View::Diff] {
        let at = Some("2027-02-08T00:00[Asia/Jakarta]".parse().unwrap());
        let page = page(PlanReport { view, at, ..report(vec![busy().outlet("G1", "Kuta")]) }, &[]);
        assert!(page.contains("<h2>At Mon 2027-02-08 00:00 WIB</h2>") && !page.contains(">Now<"), "{}", body(&page));
    }
}

#[test]
fn hundreds_of_outlets_with_equal_changes_are_one_group_and_others_leave_out_pictures_before_lines() {
    let many = |price: &dyn Fn(i64) -> i64| {
        let outlet = |n: i64| {
            let mut catalog = warung();
            catalog.menus[0].menu_items.extend((0..60).map(|i| item(&format!("I{i}"), &format!("Dish {i}"), 10_000)));
            let mut story = Story::of(catalog);
            for i in 0..60 {
                story.item(&format!("I{i}")).price = Field::Set(Price(price(n)));
            }
            story.outlet(&format!("G{n}"), &format!("Outlet {n}"))
        };
        page(report((0..300).map(outlet).collect()), &[])
    };
    let equal = many(&|_| 11_000);
    assert!(equal.len() < 90_000, "{}", equal.len());
    assert_eq!(equal.matches("<article>").count(), 1);
    assert!(equal.contains("300 outlets") && equal.contains("Outlet 299 (G299)"));
    let different = many(&|n| 11_000 + n * 500);
    assert!(different.len() < 7_000_000, "{}", different.len());
    assert_eq!(different.matches("<article>").count(), 300);
}

/// Every tag of a page, without its attributes.
fn tags(page: &str) -> BTreeSet<String> {
    let starts = page.split('<').skip(1);
    starts.map(|rest| rest.split([' ', '>']).next().unwrap().trim_start_matches('/').to_owned()).collect()
}

#[test]
fn no_text_of_a_menu_does_more_than_to_be_read() {
    let known = tags(&page(report(vec![busy().outlet("G1", "Kuta"), drifted().outlet("G2", "Sanur")]), &[]));
    let mut hostile_report = hostile();
    hostile_report.outlets[0]
        .diagnostics
        .push(std::sync::Arc::new(crate::diagnostic::Diagnostic::error("x", None, HOSTILE)));
    for name in
        [HOSTILE, "</style><script>alert(1)</script>", "\" onload=\"x", "'><iframe src=//e.id>", "</p></html><!--"]
    {
        let mut story = busy();
        story.item("NG").name = set(name);
        story.item("NG").image = set(&format!("javascript:{name}"));
        story.item("NK").image = set(&format!("https://e.id/{name}"));
        story.item("NU").description = set(name);
        story.desired.menus.push(Menu { name: name.to_owned(), menu_items: vec![item(name, name, 1)] });
        story.desired.variant_categories[0].name = set(name);
        story.desired.variant_categories[0].variants[0].name = set(name);
        let written = page(report(vec![story.outlet("G1", name)]), &[]);
        let new: Vec<String> = tags(&written).difference(&known).cloned().collect();
        assert!(new.is_empty() || new == ["a"], "{name}: {new:?}");
        assert!(!written.contains("href=\"javascript") && !written.contains("<script"), "{name}");
        assert!(!written.contains('\u{1b}') && !written.contains('\u{202e}'), "{name}");
        assert_eq!(written.matches("</html>").count(), 1);
    }
    assert!(tags(&page(hostile_report, &[])).is_subset(&known));
}

#[test]
fn a_photo_of_the_root_is_in_the_page_once_and_its_policy_lets_nothing_else_in() {
    let mut story = Story::in_sync();
    for id in ["NG", "NK"] {
        story.item(id).image = set("https://img.example.com/a.png?v=1");
    }
    story.item("NU").image = set("https://img.example.com/large.png");
    story.item("NL").image = set("https://cdn.example.org/x.jpg");
    let png = |size: usize| Photo::Local([b"\x89PNG\r\n\x1a\n".as_slice(), &vec![0; size]].concat());
    let find = |url: &str| match url {
        "https://img.example.com/a.png?v=1" => png(100),
        "https://img.example.com/large.png" => png(500_000),
        _ => Photo::Elsewhere,
    };
    let written =
        plan_html(Some(&with_menus(report(vec![story.outlet("G1", "Kuta")]))), &[], &mut PhotoAlbum::new(&find));
    assert_eq!(written.matches("data:image/png;base64,").count(), 1);
    assert!(written.contains("Photo of 501 KB, too large for this page"), "{}", body(&written));
    assert!(written.contains("rel=\"noreferrer noopener external\">Photo</a> at cdn.example.org"));
    let policy = written.split("content=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-") && policy.contains("img-src data:;"),
        "{policy}"
    );
    let style = written.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    assert_eq!(
        crate::report::html::content_policy(style, "form-action 'none'").replace('\'', "&#39;"),
        policy.replace('\'', "&#39;")
    );
    assert_eq!(written.matches("<style").count() + written.matches("style=").count(), 1);
}

/// A part of a newer page is put into an older one, whose style sheet has the photos of then.
#[test]
fn a_class_of_a_photo_means_those_bytes_whatever_else_is_in_the_page() {
    let page = |photos: &[(&str, &'static str, u8)]| {
        let mut story = Story::in_sync();
        for (id, url, _) in photos {
            story.item(id).image = set(url);
        }
        let bytes: BTreeMap<&str, u8> = photos.iter().map(|(_, url, byte)| (*url, *byte)).collect();
        let find = |url: &str| Photo::Local([b"\x89PNG\r\n\x1a\n".as_slice(), &[bytes[url]; 9]].concat());
        plan_html(Some(&with_menus(report(vec![story.outlet("G1", "Kuta")]))), &[], &mut PhotoAlbum::new(&find))
    };
    let rules = |page: &str| -> BTreeSet<String> {
        page.lines().filter(|line| line.starts_with(".photo-")).map(str::to_owned).collect()
    };
    let one = rules(&page(&[("NK", "https://img.example.com/b.png", 2)]));
    let both = page(&[("NG", "https://img.example.com/a.png", 1), ("NK", "https://img.example.com/b.png", 2)]);
    assert!(one.len() == 1 && rules(&both).len() == 2 && rules(&both).is_superset(&one), "{one:?} {:?}", rules(&both));
    let twice = page(&[("NG", "https://img.example.com/a.png", 2), ("NK", "https://img.example.com/b.png", 2)]);
    assert_eq!(rules(&twice), one, "the same bytes under two addresses are there once");
}
