//! The life of a pull request of the own repository.

use crate::{
    forge::{BOT, REPOSITORY},
    support::{KUTA, KUTA_FILE, LAYER},
    workflow::{ARTIFACT, Ran},
    world::World,
};

const MENUS: &str = ".github/workflows/menus.yml";

/// The workflow's run after a push, and the one comment that the bot has then.
fn pushed(world: &World) -> (Ran, String) {
    let ran = world.run(MENUS, REPOSITORY);
    let comments = world.forge.of_bot();
    assert_eq!(comments.len(), 1, "{comments:#?}\n{}", ran.log);
    (ran, comments[0].body.clone())
}

fn digest(text: &str) -> &str {
    let (_, rest) = text.split_once("sha256:").unwrap_or_else(|| panic!("no digest in {text}"));
    &rest[..64]
}

#[test]
fn a_pull_request_from_the_first_push_to_the_live_menu() {
    let Some(world) = World::new() else { return };
    // Others have commented, more than a page full; one of them knows the marker.
    (0..120).for_each(|_| world.forge.comment("sari", "Nice!"));
    world.forge.comment("mallory", "<!-- menusync: . -->\nall is well");

    world.propose(|stage| stage.edit(LAYER, "price: 36000", "price: 38000"));
    let (ran, body) = pushed(&world);
    assert_eq!(ran.code, Some(0), "{}", ran.log);
    assert!(body.starts_with("<!-- menusync: . -->\n### Menus\n\n**"), "a verdict only if there is trouble: {body}");
    assert!(body.contains("Rp 36.000 → Rp 38.000") && body.contains("sha256:"), "{body}");
    let page = std::fs::read_to_string(ran.uploaded.unwrap()).unwrap();
    assert!(page.contains("<ins>Rp 38.000</ins>") && page.contains("<del>Rp 36.000</del>"), "{page}");
    assert!(body.contains(&format!("[The menus before and after, as customers see them]({ARTIFACT})")), "{body}");
    world.stage.assert_nothing_written();

    // Pushed again: the same comment, another text.
    let first = world.forge.of_bot()[0].id;
    world.propose(|stage| stage.edit(LAYER, "price: 38000", "price: 3800"));
    let (ran, body) = pushed(&world);
    assert_eq!(ran.code, Some(4), "{}", ran.log);
    assert_eq!(world.forge.of_bot()[0].id, first);
    assert!(body.contains("✋ **A guard holds something") && body.contains("decimal-slip"), "{body}");
    assert!(!body.contains("38.000"), "it is another text: {body}");

    world.propose(|stage| stage.edit(LAYER, "price: 3800", "price: 38.000"));
    let (ran, body) = pushed(&world);
    assert_eq!(ran.code, Some(3), "{}", ran.log);
    let annotation = "::error file=catalogs/warung.yaml,line=12,col=55";
    assert!(ran.log.lines().any(|line| line.starts_with(annotation)), "{}", ran.log);
    assert!(body.contains("❌ **The files have errors.") && body.contains("\nhelp: write 38000\n"), "{body}");

    world.propose(|stage| stage.edit(LAYER, "price: 38.000", "price: 39000"));
    let (_, body) = pushed(&world);
    world.git(&["merge", "-q", "--squash", "proposal"]);
    world.commit();
    let plan = world.stage.run(&["plan"]).expect(0);
    assert_eq!(digest(&plan.stdout), digest(&body), "what is pushed is what was reviewed");
    world.stage.run(&["run", "--once"]).expect(0);
    assert_eq!(world.stage.live_item(KUTA, "RAWON")["price"], 39_000);
    world.stage.run(&["plan", "--detailed-exitcode"]).expect(0);

    // The next one changes nothing.
    world.git(&["branch", "-q", "-f", "proposal", "main"]);
    world.propose(|stage| stage.write("README.md", "Our menus.\n"));
    let (ran, body) = pushed(&world);
    assert_eq!(ran.code, Some(0), "{}", ran.log);
    assert!(body.contains("No changes") && !body.contains("sha256:"), "{body}");
    let mallory = world.forge.shelf().comments.iter().find(|comment| comment.author == "mallory").cloned();
    assert_eq!(mallory.unwrap().body, "<!-- menusync: . -->\nall is well", "it belongs to somebody else");
}

#[test]
fn what_a_guard_holds_is_approved_in_the_pull_request() {
    let Some(world) = World::new() else { return };
    world.propose(|stage| stage.append(KUTA_FILE, "items: {GUDEG: {remove: true}, PECEL: {remove: true}}\n"));
    let (ran, body) = pushed(&world);
    assert!(ran.code == Some(4) && body.contains("`deletes`"), "{}\n{body}", ran.log);
    // As docs/review.md has it done.
    world.propose(|stage| {
        stage.run(&["plan", "--base", "main", "--out", "../plan.json"]).expect(0);
        stage.run(&["approve", "../plan.json", "--guard", "deletes", "--reason", "Musim hujan"]).expect(0);
    });
    let (ran, body) = pushed(&world);
    assert!(ran.code == Some(0) && body.contains("released"), "{}\n{body}", ran.log);
    world.git(&["merge", "-q", "--no-ff", "-m", "merge", "proposal"]);
    world.stage.run(&["run", "--once"]).expect(0);
    assert!(world.stage.live_item(KUTA, "GUDEG").is_null());
}

#[test]
fn hostile_names_in_menus_are_text_in_comment_and_log() {
    let Some(world) = World::new() else { return };
    let hostile = "</pre> @sari ::stop-commands::x <img src=x> | [x](http://e.id) #1";
    world.propose(|stage| {
        stage.append(LAYER, &format!("x-note: 1\nitemz: {{\"{hostile}\": 1}}\n"));
    });
    let (ran, body) = pushed(&world);
    assert_eq!(ran.code, Some(3), "{}", ran.log);
    let live = body.split("<pre>").nth(1).unwrap().split("</pre>").next().unwrap();
    assert!(live.contains("stop-commands"), "{body}");
    assert!(live.contains("&lt;/pre&gt; @&#8203;sari") && !body.contains("<img"), "{body}");
    assert!(!body.contains("@sari") && !body.contains("#1"), "{body}");
    assert!(!ran.log.lines().any(|line| line.trim_start().starts_with("::stop")), "{}", ran.log);

    world.propose(|stage| {
        stage.edit(LAYER, &format!("itemz: {{\"{hostile}\": 1}}\n"), "");
        stage.edit(LAYER, "name: Nasi Rawon", &format!("name: \"{hostile}\""));
    });
    let (ran, body) = pushed(&world);
    assert_eq!(ran.code, Some(0), "{}", ran.log);
    assert!(body.contains("stop-commands"), "{body}");
    for harm in ["@sari", "<img", "[x](", "://e", "#1"] {
        assert!(!body.contains(harm), "{harm} in {body}");
    }
}

#[test]
fn menus_may_be_in_a_sub_directory_and_new() {
    let Some(world) = World::new() else { return };
    world.propose(|stage| {
        let menus = stage.root().join("shop/menus");
        std::fs::create_dir_all(&menus).unwrap();
        for name in ["menusync.yaml", "catalogs"] {
            std::fs::rename(stage.root().join(name), menus.join(name)).unwrap();
        }
        stage.edit(MENUS, "MENUSYNC_ROOT: .", "MENUSYNC_ROOT: ./shop/menus/");
        stage.append("shop/menus/catalogs/kuta.yaml", "itemz: {}\n");
    });
    let (ran, body) = pushed(&world);
    assert_eq!(ran.code, Some(3), "{}", ran.log);
    let annotation = "::error file=shop/menus/catalogs/kuta.yaml,line=4,";
    assert!(ran.log.lines().any(|line| line.starts_with(annotation)), "{}", ran.log);
    assert!(body.contains("There are no menus on the target branch"), "{body}");
    world.propose(|stage| stage.edit("shop/menus/catalogs/kuta.yaml", "itemz: {}\n", ""));
    assert_eq!(pushed(&world).0.code, Some(0));
}

#[test]
fn without_credentials_files_are_compared_with_files() {
    let Some(world) = World::new() else { return };
    world.propose(|stage| stage.edit(LAYER, "price: 36000", "price: 38000"));
    let text = crate::world::project_file("deploy/github/menus.yml");
    let plain = text.lines().filter(|line| !line.contains("secrets.")).collect::<Vec<_>>().join("\n");
    world.stage.clear_log();
    world.git(&["checkout", "-q", "proposal"]);
    world.stage.write(MENUS, &plain);
    world.commit();
    world.git(&["checkout", "-q", "main"]);
    let (ran, body) = pushed(&world);
    assert_eq!(ran.code, Some(0), "{}", ran.log);
    assert!(body.contains("38.000") && body.contains("without asking GoFood"), "{body}");
    assert!(world.stage.log().is_empty(), "{:?}", world.stage.log());
}

#[test]
fn a_forge_that_refuses_fails_the_run_and_the_token_is_not_told() {
    let Some(world) = World::new() else { return };
    world.propose(|stage| stage.edit(LAYER, "price: 36000", "price: 38000"));
    let text = crate::world::project_file("deploy/github/comment.sh");
    world.git(&["checkout", "-q", "proposal"]);
    world.stage.write(".github/menusync/comment.sh", &text.replace("/comments?", "/gone?"));
    world.commit();
    world.git(&["checkout", "-q", "main"]);
    let ran = world.run(MENUS, REPOSITORY);
    assert_ne!(ran.code, Some(0), "{}", ran.log);
    assert!(ran.log.contains("404") && !ran.log.contains(crate::forge::TOKEN), "{}", ran.log);
    assert!(!world.forge.shelf().comments.iter().any(|comment| comment.author == BOT));
}
