//! `apply` looks at new images between the plan and the question.

use crate::{
    daemon::{platform, puts},
    harness::{Answer, Bench},
};

const WEBP: &[u8] = b"RIFF....WEBPVP8 ";

#[test]
fn a_bad_image_keeps_its_outlet_from_being_pushed_and_is_told_with_its_place() {
    let bench = Bench::new();
    let (_runtime, server) = platform(&bench, "check: true");
    bench.outlet(&["/a.png", "/b.png"]);
    bench.serve("/a.png", Answer::of(WEBP, "image/webp"));
    bench.serve("/b.png", Answer::good());
    let ran = bench.run(&["apply", "--yes"]);
    assert_eq!((puts(&server), ran.code), (0, 3), "{}", ran.err);
    assert!(ran.err.contains("error[image-type]") && ran.err.contains("catalogs/outlet.yaml:7:"), "{}", ran.err);
    assert!(ran.out.contains("catalogs/outlet.yaml:7:") && ran.out.contains("is a WebP"), "{}", ran.out);
    bench.serve("/a.png", Answer::good());
    let ran = bench.run(&["apply", "--yes"]);
    assert_eq!((puts(&server), ran.code), (1, 0), "{}", ran.err);
}

#[test]
fn only_the_outlet_with_the_bad_image_is_left_out() {
    let bench = Bench::new();
    let (_runtime, server) = platform(&bench, "check: true");
    bench.outlet(&["/a.png"]);
    bench.write(
        "catalogs/good.yaml",
        "outlet: G2\nmenus: [{name: Nasi, menu_items: [{external_id: A, name: A, price: 9000}]}]\n",
    );
    bench.serve("/a.png", Answer::of(WEBP, "image/webp"));
    let ran = bench.run(&["apply", "--yes", "--output", "json"]);
    assert_eq!((puts(&server), ran.code), (1, 3), "{}", ran.err);
    let told: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let results: Vec<_> = told["outlets"].as_array().unwrap().iter().map(|o| [&o["state"], &o["result"]]).collect();
    assert_eq!(results, [["invalid", "unchanged"], ["in_sync", "published"]]);
}

#[test]
fn what_a_comment_or_a_setting_excuses_holds_nothing_back() {
    let bench = Bench::new();
    let (_runtime, server) = platform(&bench, "check: true");
    bench.outlet(&["/a.png # menusync: allow(image-ratio) cropped by design"]);
    bench.serve("/a.png", Answer::of(&crate::harness::png(800, 400), "image/png"));
    let text = std::fs::read_to_string(bench.root().join("catalogs/outlet.yaml")).unwrap();
    let text = text.replace(" # menusync", "\" # menusync").replace("by design\"", "by design");
    bench.write("catalogs/outlet.yaml", &text);
    let ran = bench.run(&["run", "--once"]);
    assert_eq!(puts(&server), 1, "{}", ran.err);
}

#[test]
fn what_was_pushed_is_not_looked_at_again_and_what_cannot_be_reached_is_pushed() {
    let bench = Bench::new();
    let (_runtime, server) = platform(&bench, "check: true");
    bench.outlet(&["/a.png", "http://127.0.0.1:1/b.png"]);
    bench.serve("/a.png", Answer::good());
    let ran = bench.run(&["apply", "--yes"]);
    assert_eq!((puts(&server), ran.code, bench.asked("/a.png")), (1, 0, 1), "{}", ran.err);
    assert!(ran.err.contains("warning[image-unchecked]"), "{}", ran.err);
    let file = bench.root().join("catalogs/outlet.yaml");
    std::fs::write(&file, std::fs::read_to_string(&file).unwrap().replace("price: 9000", "price: 9500")).unwrap();
    let ran = bench.run(&["apply", "--yes"]);
    assert_eq!((puts(&server), ran.code, bench.asked("/a.png")), (2, 0, 1), "{}", ran.err);
}

#[test]
fn nothing_is_fetched_where_that_is_switched_off() {
    let bench = Bench::new();
    let (_runtime, server) = platform(&bench, "check: false");
    bench.outlet(&["/a.png"]);
    bench.run(&["apply", "--yes"]);
    assert_eq!((puts(&server), bench.asked("/a.png")), (1, 0));
}
