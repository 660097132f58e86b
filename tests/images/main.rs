//! Images fetched from a real server: `validate --images` and the daemon's look before a push, through the binary.

#![allow(clippy::unwrap_used)]

mod apply;
#[path = "../support/clock.rs"]
mod clock;
mod daemon;
#[path = "../support/example_files.rs"]
mod example_files;
mod harness;
mod local;
mod photos;

use harness::{Answer, Bench};
use menusync::rules::RULES;

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn good_images_give_nothing_and_are_fetched_once_each() {
    let bench = Bench::new();
    bench.serve("/a.png", Answer::good());
    bench.outlet(&["/a.png", "/a.png", "/a.png"]);
    let ran = bench.validate(&["--images"]);
    assert_eq!(
        (ran.code, ran.errors(), ran.warnings()),
        (0, vec![], strings(&["image-not-https", "image-private-host"]))
    );
    assert_eq!(bench.asked("/a.png"), 1);
}

/// Serves and writes an example of a rule, and returns what is said about it beyond the address of this machine.
fn codes_of(example: &str) -> Vec<String> {
    let bench = Bench::new();
    for part in example_files::parts(example) {
        let Some(path) = part.path.strip_prefix("https://img.example.com") else {
            bench.write(&part.path, part.text.replace("https://img.example.com", bench.url()));
            continue;
        };
        let note = part.note.unwrap();
        let answer = match note.split_once(", sent as ") {
            Some((picture, kind)) => Answer::of(&example_files::picture_of(picture).unwrap(), kind),
            None => Answer::status(note.split(' ').next().unwrap().parse().unwrap()),
        };
        bench.serve(path, answer);
    }
    let mut codes = bench.validate(&["--images"]).codes();
    codes.retain(|code| !["image-not-https", "image-private-host"].contains(&code.as_str()));
    codes
}

#[test]
fn the_examples_of_rules_about_what_servers_answer_give_their_codes() {
    let rules: Vec<_> = RULES.iter().filter(|rule| rule.bad.contains("\n# https://")).collect();
    assert_eq!(rules.len(), 4);
    for rule in rules {
        assert_eq!((codes_of(&rule.bad), codes_of(&rule.good)), (vec![rule.code.to_owned()], vec![]), "{}", rule.code);
    }
}

#[test]
fn nothing_is_fetched_unless_it_is_asked_for() {
    let bench = Bench::new();
    bench.outlet(&["/a.png"]);
    assert_eq!(bench.validate(&[]).code, 0);
    assert_eq!(bench.asked("/a.png"), 0);
}

#[test]
fn what_is_wrong_is_told_once_at_the_first_place_with_the_others_beside_it() {
    let bench = Bench::new();
    bench.serve("/a.webp.png", Answer::of(b"RIFF....WEBPVP8 ", "image/png"));
    bench.outlet(&["/a.webp.png", "/a.webp.png"]);
    let ran = bench.validate(&["--images"]);
    assert_eq!((ran.code, ran.errors()), (3, strings(&["image-type"])));
    let told = ran.told("image-type");
    assert_eq!((&told["file"], &told["line"]), (&"catalogs/outlet.yaml".into(), &7.into()));
    assert_eq!((told["related"].as_array().unwrap().len(), &told["related"][0]["line"]), (1, &11.into()));
    assert!(told["message"].as_str().unwrap().contains("is a WebP"), "{told}");
}

#[test]
fn every_kind_of_bad_image_has_its_code() {
    let small = harness::png(100, 100);
    let wide = harness::png(800, 400);
    let good = harness::png(400, 400);
    let cases: [(&str, Answer, &str); 8] = [
        ("/missing.png", Answer::status(404), "image-not-found"),
        ("/gone.png", Answer::status(410), "image-not-found"),
        ("/small.png", Answer::of(&small, "image/png"), "image-too-small"),
        ("/wide.png", Answer::of(&wide, "image/png"), "image-ratio"),
        ("/cut.png", Answer::of(&good[..good.len() - 8], "image/png"), "image-truncated"),
        ("/page.png", Answer::of(b"<html>not found</html>", "text/html"), "image-type"),
        ("/octets.png", Answer::of(&good, "application/octet-stream"), "image-content-type"),
        ("/large.png", Answer::of(&vec![0xff; 1_048_577], "image/png"), "image-too-large"),
    ];
    for (path, answer, code) in cases {
        let bench = Bench::new();
        bench.serve(path, answer);
        bench.outlet(&[path]);
        let mut all = bench.validate(&["--images"]).codes();
        all.retain(|code| !["image-not-https", "image-private-host"].contains(&code.as_str()));
        assert_eq!(all, [code], "{path}");
    }
}

#[test]
fn an_endless_image_is_left_at_the_limit() {
    let bench = Bench::new();
    bench.serve("/endless.png", Answer::Endless);
    bench.outlet(&["/endless.png"]);
    assert_eq!(bench.validate(&["--images"]).errors(), ["image-too-large"]);
    assert!(bench.sent() < 64 * 1024 * 1024, "{} bytes were taken", bench.sent());
}

#[test]
fn what_cannot_be_looked_at_is_a_warning_unless_strict() {
    let bench = Bench::new();
    bench.serve("/guarded.png", Answer::status(403));
    bench.serve("/broken.png", Answer::status(500));
    bench.serve("/slow.png", Answer::Never);
    bench.serve("/loop.png", Answer::redirect("/loop.png"));
    bench.serve("/nowhere.png", Answer::redirect("file:///etc/passwd"));
    bench.serve("/secret.png", Answer::redirect("http://user:pass@127.0.0.1/a.png"));
    bench.outlet(&["/guarded.png", "/broken.png", "/slow.png", "/loop.png", "/nowhere.png", "/secret.png"]);
    let ran = bench.validate(&["--images"]);
    assert_eq!((ran.code, ran.errors()), (0, vec![]));
    assert_eq!(ran.codes().iter().filter(|code| *code == "image-unchecked").count(), 6);
    assert_eq!(bench.validate(&["--images", "--strict"]).code, 3);
    // The first request and three redirects, twice.
    assert_eq!(bench.asked("/loop.png"), 8);
}

#[test]
fn a_server_that_is_not_there_is_a_warning() {
    let bench = Bench::new();
    bench.outlet(&["http://127.0.0.1:1/a.png", "http://127.0.0.1:1/b.png", "http://127.0.0.1:1/c.png"]);
    let ran = bench.validate(&["--images"]);
    assert_eq!((ran.code, ran.codes().iter().filter(|code| *code == "image-unchecked").count()), (0, 1));
    let told = ran.told("image-unchecked");
    let message = told["message"].as_str().unwrap();
    assert!(message.ends_with("; the same for 2 other images of 127.0.0.1:1"), "{message}");
}

#[test]
fn three_redirects_are_followed() {
    let bench = Bench::new();
    bench.serve("/1.png", Answer::redirect("/2.png"));
    bench.serve("/2.png", Answer::redirect("3.png"));
    let third = format!("{}/4.png", bench.url());
    bench.serve("/3.png", Answer::redirect(&third));
    bench.serve("/4.png", Answer::good());
    bench.outlet(&["/1.png"]);
    assert!(!bench.validate(&["--images"]).codes().contains(&"image-unchecked".to_owned()));
    assert_eq!(bench.asked("/4.png"), 1);
}

#[test]
fn private_hosts_are_not_asked_unless_allowed() {
    let bench = Bench::with_settings("images: {allow_private_hosts: false, timeout: 2s}\n");
    bench.serve("/a.png", Answer::of(b"<secret>", "text/html"));
    let port = bench.url().rsplit_once(':').unwrap().1.to_owned();
    let disguises =
        ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::ffff:127.0.0.1]", "0.0.0.0"];
    for host in disguises {
        bench.outlet(&[&format!("http://{host}:{port}/a.png")]);
        let ran = bench.validate(&["--images"]);
        assert_eq!(ran.errors(), [] as [&str; 0], "{host}");
        assert!(ran.codes().contains(&"image-private-host".to_owned()), "{host}: {:?}", ran.codes());
        assert_eq!(bench.asked("/a.png"), 0, "{host}");
    }
}

#[test]
fn an_address_is_told_as_private_once() {
    let bench = Bench::with_settings("images: {allow_private_hosts: false}\n");
    bench.outlet(&["/a.png"]);
    let codes = bench.validate(&["--images"]).codes();
    assert_eq!(codes.iter().filter(|code| *code == "image-private-host").count(), 1);
}

#[test]
fn an_unchanged_image_is_asked_for_and_not_sent_again() {
    let bench = Bench::new();
    bench.serve("/a.png", Answer::good().with_etag("\"1\""));
    bench.serve("/small.png", Answer::of(&harness::png(100, 100), "image/png").with_etag("\"s\""));
    bench.outlet(&["/a.png", "/small.png"]);
    bench.make_state();
    let first = bench.validate(&["--images"]).codes();
    let sent = bench.sent();
    let second = bench.validate(&["--images"]).codes();
    assert_eq!(first, second);
    assert!(first.contains(&"image-too-small".to_owned()));
    assert_eq!((bench.asked("/a.png"), bench.sent()), (2, sent));
    bench.serve("/small.png", Answer::good().with_etag("\"t\""));
    assert!(!bench.validate(&["--images"]).codes().contains(&"image-too-small".to_owned()));
}

#[test]
fn without_a_state_nothing_is_remembered_nor_made() {
    let bench = Bench::new();
    bench.serve("/a.png", Answer::good().with_etag("\"1\""));
    bench.outlet(&["/a.png"]);
    bench.validate(&["--images"]);
    assert!(!bench.state_dir().exists());
}

#[test]
fn rules_change_what_is_made_of_it() {
    let bench = Bench::with_settings(
        "images: {allow_private_hosts: true}\nrules: {description-missing: off, image-too-small: error, image-ratio: off, image-private-host: off, image-not-https: off}\n",
    );
    bench.serve("/a.png", Answer::of(&harness::png(200, 100), "image/png"));
    bench.outlet(&["/a.png"]);
    let ran = bench.validate(&["--images"]);
    assert_eq!((ran.code, ran.errors(), ran.warnings()), (3, strings(&["image-too-small"]), vec![]));
}

#[test]
fn only_images_of_the_files_that_are_asked_for_are_fetched() {
    let bench = Bench::new();
    bench.serve("/a.png", Answer::good());
    bench.outlet(&["/a.png"]);
    bench.write(
        "catalogs/other.yaml",
        "outlet: G2\nmenus: [{name: Nasi, menu_items: [{external_id: X, name: X Y, price: 9000}]}]\n",
    );
    bench.validate(&["--images", "catalogs/other.yaml"]);
    assert_eq!(bench.asked("/a.png"), 0);
    bench.validate(&["--images", "catalogs/outlet.yaml"]);
    assert_eq!(bench.asked("/a.png"), 1);
}

#[test]
fn an_image_of_a_layer_that_begins_later_is_looked_at_too() {
    let bench = Bench::new();
    bench.serve("/later.png", Answer::status(404));
    bench.outlet(&["/a.png"]);
    bench.serve("/a.png", Answer::good());
    let later = format!(
        "from: 2999-01-01T00:00\nmenus: [{{name: Takjil, menu_items: [{{external_id: K, name: Kolak, price: 9000, image: '{}/later.png'}}]}}]\n",
        bench.url()
    );
    bench.write("catalogs/later.yaml", &later);
    bench.extend("later.yaml");
    assert_eq!(bench.validate(&["--images"]).told("image-not-found")["file"], "catalogs/later.yaml");
}
