//! Pull requests from forks: two stages, and between them a report that a stranger wrote.

use std::fs;

use crate::{
    archive::zip,
    forge::REPOSITORY,
    support::LAYER,
    workflow::Ran,
    world::{FORK, NUMBER, World},
};

const FIRST: &str = ".github/workflows/menus-fork.yml";

/// A pull request from a fork whose first stage has run; its report, and its newest commit.
fn proposed(world: &World, change: impl FnOnce(&crate::support::Stage)) -> (Vec<(String, Vec<u8>)>, String) {
    let sha = world.propose(change);
    world.stage.clear_log();
    let ran = world.run(FIRST, FORK);
    assert!(ran.code.is_some(), "{}", ran.log);
    assert!(world.stage.log().is_empty(), "GoFood was asked: {:?}", world.stage.log());
    assert!(world.forge.of_bot().is_empty() || ran.uploaded.is_some());
    let mut report: Vec<(String, Vec<u8>)> = fs::read_dir(ran.uploaded.unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap()))
        .collect();
    report.sort();
    world.forge.shelf().pulls = vec![(NUMBER, FORK.to_owned(), sha.clone())];
    (report, sha)
}

/// The second stage with this report.
fn second(world: &World, report: &[(String, Vec<u8>)], sha: &str) -> Ran {
    let archive = zip(report);
    let size = archive.len();
    world.forge.shelf().artifact = Some((archive, size));
    world.comment_on_fork(sha)
}

/// A report with another text in one of its files.
fn with(report: &[(String, Vec<u8>)], name: &str, content: &str) -> Vec<(String, Vec<u8>)> {
    let other = |(file, old): &(String, Vec<u8>)| {
        (file.clone(), if file == name { content.as_bytes().to_vec() } else { old.clone() })
    };
    report.iter().map(other).collect()
}

#[test]
fn a_fork_gets_its_comment_without_a_secret() {
    let Some(world) = World::new() else { return };
    let (report, sha) = proposed(&world, |stage| stage.edit(LAYER, "price: 36000", "price: 38000"));
    let ran = second(&world, &report, &sha);
    assert_eq!(ran.code, Some(0), "{}", ran.log);
    let body = world.forge.of_bot()[0].body.clone();
    let begin = "<!-- menusync: . -->\n### Menus\n\nFrom a fork, as its own run reported it";
    assert!(body.starts_with(begin) && body.contains("Rp 36.000 → Rp 38.000"), "{body}");

    // Pushed again, with a name that would do harm and an error.
    let hostile = "</pre> @sari <img src=x> | [x](http://e.id) #1 www.e.id \\\\[";
    let (report, sha) = proposed(&world, |stage| {
        stage.edit(LAYER, "name: Nasi Gudeg", &format!("name: \"{hostile}\""));
        stage.append(crate::support::KUTA_FILE, "itemz: {}\n");
    });
    let ran = second(&world, &report, &sha);
    assert_eq!(ran.code, Some(0), "{}", ran.log);
    let comments = world.forge.of_bot();
    assert_eq!(comments.len(), 1);
    assert!(comments[0].body.contains("unknown key"), "{}", comments[0].body);
    assert_eq!(world.run(FIRST, REPOSITORY).code, None, "for forks only");
    assert_eq!(world.run(".github/workflows/menus.yml", FORK).code, None, "not for forks");
}

#[test]
fn a_name_that_would_do_harm_passes_as_text() {
    let Some(world) = World::new() else { return };
    let hostile = "@sari <img src=x> | [x](http://e.id) #1 www.e.id \\\\[ `x` &#64; ! GH-12";
    let (report, sha) = proposed(&world, |stage| {
        stage.edit(LAYER, "name: Nasi Gudeg", &format!("name: \"{hostile}\""));
    });
    let ran = second(&world, &report, &sha);
    assert_eq!(ran.code, Some(0), "{}", ran.log);
    assert!(world.forge.of_bot()[0].body.contains("@&#8203;sari"), "{}", world.forge.of_bot()[0].body);
}

#[test]
fn a_report_that_is_not_what_it_should_be_is_refused() {
    let Some(world) = World::new() else { return };
    let (report, sha) = proposed(&world, |stage| stage.edit(LAYER, "price: 36000", "price: 38000"));
    world.forge.shelf().pulls.push((13, "sari/menus".to_owned(), sha.clone()));
    let plan = |text: &str| with(&report, "plan.md", text);
    let number = |text: &str| with(&report, "number", text);
    let twice = [report.as_slice(), &[("plan.md".to_owned(), b"@sari".to_vec())]].concat();
    let hostile = [
        ("of another repository", number("13\n"), "pull request 13 is not the one"),
        ("of nobody", number("14\n"), "there is no pull request 14"),
        ("no number", number("12/../13\n"), "names no pull request"),
        ("an empty number", number(""), "names no pull request"),
        ("a number with more", number("12\n13\n"), "names no pull request"),
        ("a mention", plan("**fine** @sari"), "plan.md is not as menusync writes it"),
        ("a mention by entity", plan("&#64;sari"), "plan.md is not as menusync writes it"),
        ("a mention in a second file of that name", twice, "plan.md is not as menusync writes it"),
        ("an image", plan("![x](https://e.id/x.png)"), "plan.md is not as menusync writes it"),
        ("an escaped escape", plan("\\\\[x](y)"), "plan.md is not as menusync writes it"),
        ("a reference", plan("closes GH-12"), "plan.md is not as menusync writes it"),
        ("a bare address", plan("see https://e.id"), "plan.md is not as menusync writes it"),
        ("a heading", plan("# Approved"), "plan.md is not as menusync writes it"),
        ("a tag", plan("<a href=x>y</a>"), "plan.md is not as menusync writes it"),
        ("a diagram", plan("```mermaid\ngraph TD\n```"), "plan.md is not as menusync writes it"),
        ("a diagram in a quotation", plan("  > ~~~ mermaid\ngraph TD"), "plan.md is not as menusync writes it"),
        ("a diagram in a list", plan("- ```mermaid\n  graph TD"), "plan.md is not as menusync writes it"),
        ("a short formula", plan("so $x$"), "plan.md is not as menusync writes it"),
        ("a formula", plan("$$x$$"), "plan.md is not as menusync writes it"),
        ("an end of a comment", plan("-->"), "plan.md is not as menusync writes it"),
        ("text that turns around", plan("\u{202e}fine"), "characters that cannot be seen"),
        ("an escape sequence", with(&report, "errors.txt", "\u{1b}[2J"), "characters that cannot be seen"),
        ("much text", plan(&"x".repeat(60_001)), "more than 60,000 characters"),
        ("a very long file", plan(&"x".repeat(150_000)), "more than 60,000 characters"),
        ("a huge archive", plan(&"x".repeat(300_000)), "the report has"),
    ];
    for (what, report, why) in hostile {
        let ran = second(&world, &report, &sha);
        assert_eq!(ran.code, Some(1), "{what}: {}", ran.log);
        assert!(ran.log.contains("refused: ") && ran.log.contains(why), "{what}: {}", ran.log);
        assert!(world.forge.of_bot().is_empty(), "{what}: {:?}", world.forge.of_bot());
    }
    // Larger than it said, and no archive at all.
    world.forge.shelf().artifact = Some((vec![b'x'; 300_000], 1000));
    assert!(world.comment_on_fork(&sha).log.contains("larger than it said"));
    world.forge.shelf().artifact = Some((b"no archive".to_vec(), 10));
    assert!(world.comment_on_fork(&sha).log.contains("names no pull request"));
    world.forge.shelf().artifact = None;
    assert!(world.comment_on_fork(&sha).log.contains("has not uploaded"));
    assert!(world.forge.of_bot().is_empty());
    // What cannot be told by looks is said to come from a stranger, and broken words do no harm.
    let ran = second(&world, &with(&with(&report, "exit", "0; id"), "how", "$(id)"), &sha);
    assert_eq!(ran.code, Some(0), "{}", ran.log);
    assert!(world.forge.of_bot()[0].body.contains("did not come to an end"), "{}", world.forge.of_bot()[0].body);
}

#[test]
fn a_report_of_an_older_commit_is_left_to_the_newer_run() {
    let Some(world) = World::new() else { return };
    let (report, sha) = proposed(&world, |stage| stage.edit(LAYER, "price: 36000", "price: 38000"));
    world.forge.shelf().pulls = vec![(NUMBER, FORK.to_owned(), "0".repeat(40))];
    let ran = second(&world, &report, &sha);
    assert_eq!(ran.code, Some(0), "{}", ran.log);
    assert!(ran.log.contains("has moved on") && world.forge.of_bot().is_empty(), "{}", ran.log);
}
