//! Watching real directories. Nothing here sleeps: every wait is for a change, and ends as soon as it comes.
#![allow(clippy::unwrap_used)] // a test fails by panicking

use std::{fs, os::unix::fs::symlink, path::Path};

use tempfile::TempDir;

use super::*;

/// Far longer than any change takes, also on a busy machine.
const LONG: Duration = Duration::from_secs(60);

const PACE: Pace = Pace {
    quiet: Duration::from_millis(20),
    at_most: Duration::from_millis(200),
    poll: Duration::from_millis(20),
    full: Duration::from_secs(600), // so that only events can be what wakes
};

struct Fixture {
    top: TempDir,
    root: PathBuf,
}

impl Fixture {
    /// A root with two files, one directory below a directory of its own.
    fn new() -> Self {
        let top = tempfile::tempdir().unwrap();
        let root = top.path().join("menus");
        fill(&root, "1");
        Self { top, root }
    }

    fn watch(&self) -> Watcher {
        watch(self.root.clone())
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn watch(root: PathBuf) -> Watcher {
    Watcher::with_pace(root, Others::default(), PACE, Box::new(Subscription::open)).unwrap()
}

/// The system gives no events, as when it has none left to give.
fn no_events() -> Open {
    Box::new(|_, _| Err(notify::Error::new(notify::ErrorKind::MaxFilesWatch)))
}

fn fill(root: &Path, text: &str) {
    fs::create_dir_all(root.join("catalogs")).unwrap();
    fs::write(root.join("menusync.yaml"), "target: sandbox\n").unwrap();
    fs::write(root.join("catalogs/a.yaml"), text).unwrap();
}

async fn changed(watcher: &mut Watcher) -> Vec<String> {
    let changed = tokio::time::timeout(LONG, watcher.changed()).await.expect("a change is noticed");
    changed.paths.into_iter().collect()
}

/// Collects changes until `last` is among them: a burst may be told in several parts, as a write may be seen half done.
async fn changed_until(watcher: &mut Watcher, last: &str) -> Vec<String> {
    let mut all = BTreeSet::new();
    while !all.contains(last) {
        all.extend(changed(watcher).await);
    }
    all.into_iter().collect()
}

#[tokio::test]
async fn a_plain_write_is_noticed() {
    let fixture = Fixture::new();
    let mut watcher = fixture.watch();
    fixture.write("catalogs/a.yaml", "2");
    assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml"]);
    fixture.write("menusync.yaml", "target: production\n");
    changed_until(&mut watcher, "menusync.yaml").await;
}

#[tokio::test]
async fn an_atomic_rename_is_noticed_under_the_final_name_only() {
    let fixture = Fixture::new();
    let mut watcher = fixture.watch();
    fixture.write("catalogs/a.yaml~", "2");
    fs::rename(fixture.root.join("catalogs/a.yaml~"), fixture.root.join("catalogs/a.yaml")).unwrap();
    assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml"]);
}

#[tokio::test]
async fn a_directory_made_later_is_watched() {
    let fixture = Fixture::new();
    let mut watcher = fixture.watch();
    fixture.write("catalogs/bali/south/kuta.yaml", "1");
    assert_eq!(changed(&mut watcher).await, ["catalogs/bali/south/kuta.yaml"]);
    fixture.write("catalogs/bali/south/kuta.yaml", "2");
    assert_eq!(changed(&mut watcher).await, ["catalogs/bali/south/kuta.yaml"]);
    fixture.write("approvals/deletes.yaml", "1");
    changed_until(&mut watcher, "approvals/deletes.yaml").await;
}

#[tokio::test]
async fn a_deleted_file_is_noticed_and_so_is_its_return() {
    let fixture = Fixture::new();
    let mut watcher = fixture.watch();
    fs::remove_file(fixture.root.join("catalogs/a.yaml")).unwrap();
    assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml"]);
    fixture.write("catalogs/a.yaml", "1");
    assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml"]);
}

#[tokio::test]
async fn a_directory_deleted_and_made_again_is_still_watched() {
    let fixture = Fixture::new();
    let mut watcher = fixture.watch();
    fs::remove_dir_all(fixture.root.join("catalogs")).unwrap();
    assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml"]);
    for text in ["2", "3"] {
        fixture.write("catalogs/a.yaml", text);
        assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml"]);
    }
}

#[tokio::test]
async fn what_does_not_change_a_definition_is_not_told() {
    let fixture = Fixture::new();
    let mut watcher = fixture.watch();
    fixture.write("catalogs/a.yaml", "1"); // as it was
    fixture.write("catalogs/.hidden.yaml", "1");
    fixture.write("catalogs/.git/config.yaml", "1");
    fixture.write("catalogs/notes.txt", "1");
    fixture.write("catalogs/#a.yaml#", "1");
    fixture.write("other/b.yaml", "1");
    fixture.write("catalogs/last.yaml", "1");
    assert_eq!(changed_until(&mut watcher, "catalogs/last.yaml").await, ["catalogs/last.yaml"]);
}

#[tokio::test]
async fn a_burst_is_told_completely() {
    let fixture = Fixture::new();
    let mut watcher = fixture.watch();
    let names: Vec<String> = (0..300).map(|n| format!("catalogs/{}/{n:03}.yaml", n % 7)).collect();
    names.iter().for_each(|name| fixture.write(name, "1"));
    fixture.write("catalogs/a.yaml", "2");
    let mut all = BTreeSet::new();
    while all.len() < 301 {
        all.extend(changed(&mut watcher).await);
    }
    assert!(names.iter().all(|name| all.contains(name)));
}

#[tokio::test]
async fn a_root_that_is_a_link_is_followed_when_it_turns() {
    let fixture = Fixture::new();
    let second = fixture.top.path().join("second");
    fill(&second, "2");
    let link = fixture.top.path().join("current");
    symlink(&fixture.root, &link).unwrap();
    let mut watcher = watch(link.clone());
    turn(&link, &second);
    assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml"]);
    fs::write(second.join("catalogs/a.yaml"), "3").unwrap();
    assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml"]);
}

#[tokio::test]
async fn a_link_on_the_way_to_the_root_is_followed_when_it_turns() {
    let top = tempfile::tempdir().unwrap();
    for release in ["1", "2"] {
        fill(&top.path().join("releases").join(release).join("menus"), release);
    }
    let link = top.path().join("current");
    symlink("releases/1", &link).unwrap();
    let mut watcher = watch(link.join("menus"));
    turn(&link, Path::new("releases/2"));
    assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml"]);
}

#[tokio::test]
async fn a_mounted_config_map_is_followed_when_it_turns() {
    let fixture = Fixture::new();
    let root = fixture.top.path().join("mount");
    for (data, text) in [("..1", "1"), ("..2", "2")] {
        fill(&root.join(data), text);
    }
    symlink("..1", root.join("..data")).unwrap();
    symlink("..data/menusync.yaml", root.join("menusync.yaml")).unwrap();
    symlink("..data/catalogs", root.join("catalogs")).unwrap();
    let mut watcher = watch(root.clone());
    turn(&root.join("..data"), Path::new("..2"));
    assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml"]);
}

/// Points `link` elsewhere at once, as deployments do.
fn turn(link: &Path, target: &Path) {
    let new = link.with_file_name("new-link");
    symlink(target, &new).unwrap();
    fs::rename(new, link).unwrap();
}

#[tokio::test]
async fn a_root_that_is_replaced_is_watched_again() {
    let fixture = Fixture::new();
    let mut watcher = fixture.watch();
    fs::rename(&fixture.root, fixture.top.path().join("old")).unwrap();
    assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml", "menusync.yaml"]);
    fill(&fixture.root, "2");
    changed_until(&mut watcher, "catalogs/a.yaml").await;
    fixture.write("catalogs/b.yaml", "3");
    changed_until(&mut watcher, "catalogs/b.yaml").await;
}

#[tokio::test]
async fn a_link_out_of_the_root_is_not_read() {
    let fixture = Fixture::new();
    let outside = fixture.top.path().join("outside.yaml");
    fs::write(&outside, "1").unwrap();
    symlink(&outside, fixture.root.join("catalogs/out.yaml")).unwrap();
    symlink("/", fixture.root.join("catalogs/everything")).unwrap();
    symlink(".", fixture.root.join("catalogs/loop")).unwrap();
    let mut watcher = fixture.watch();
    fs::write(&outside, "2").unwrap();
    fixture.write("catalogs/a.yaml", "2");
    assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml"]);
}

#[tokio::test]
async fn a_lock_that_git_left_behind_does_not_block_for_ever() {
    let fixture = Fixture::new();
    fixture.write(".git/index.lock", "");
    let mut watcher = fixture.watch();
    fixture.write("catalogs/a.yaml", "2");
    assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml"]);
}

#[tokio::test]
async fn without_events_changes_are_found_by_looking() {
    let fixture = Fixture::new();
    let mut watcher = Watcher::with_pace(fixture.root.clone(), Others::default(), PACE, no_events()).unwrap();
    fixture.write("catalogs/a.yaml", "2");
    assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml"]);
}

#[tokio::test]
async fn events_are_asked_for_again_when_the_system_had_none_to_give() {
    let fixture = Fixture::new();
    let (mut refusals, (opened, mut is_open)) = (2, tokio::sync::mpsc::unbounded_channel());
    let open: Open = Box::new(move |root, signal| {
        if refusals > 0 {
            refusals -= 1;
            return Err(notify::Error::new(notify::ErrorKind::MaxFilesWatch));
        }
        opened.send(()).unwrap();
        Subscription::open(root, signal)
    });
    let pace = Pace { full: Duration::from_millis(20), ..PACE };
    let mut watcher = Watcher::with_pace(fixture.root.clone(), Others::default(), pace, open).unwrap();
    tokio::time::timeout(LONG, is_open.recv()).await.expect("events are asked for again").unwrap();
    fixture.write("catalogs/a.yaml", "2");
    assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml"]);
}

/// A subscription that lives and hears nothing of the root, as on many network file systems.
#[tokio::test]
async fn what_events_miss_is_found_by_the_slow_look() {
    let fixture = Fixture::new();
    let elsewhere = fixture.top.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let open: Open = Box::new(move |_, signal| Subscription::open(&elsewhere, signal));
    let pace = Pace { full: Duration::from_millis(20), ..PACE };
    let mut watcher = Watcher::with_pace(fixture.root.clone(), Others::default(), pace, open).unwrap();
    fixture.write("catalogs/new/b.yaml", "2");
    assert_eq!(changed(&mut watcher).await, ["catalogs/new/b.yaml"]);
}

#[tokio::test]
async fn images_that_definitions_use_are_watched_wherever_they_are_and_others_are_not() {
    let fixture = Fixture::new();
    fixture.write("photos/ng.png", "1");
    fixture.write("photos/other.png", "1");
    let others = Others::default();
    others.set(seen(&[("photos/ng.png", true), ("photos/late/es.png", false), ("../outside.png", false)]));
    let mut watcher =
        Watcher::with_pace(fixture.root.clone(), others.clone(), PACE, Box::new(Subscription::open)).unwrap();
    fs::write(fixture.top.path().join("outside.png"), "2").unwrap();
    fixture.write("photos/other.png", "2");
    fixture.write("photos/ng.png", "2");
    assert_eq!(changed(&mut watcher).await, ["photos/ng.png"]);
    fixture.write("photos/late/es.png", "1");
    assert_eq!(changed_until(&mut watcher, "photos/late/es.png").await, ["photos/late/es.png"]);
    fs::remove_file(fixture.root.join("photos/ng.png")).unwrap();
    assert_eq!(changed(&mut watcher).await, ["photos/ng.png"]);
    others.set(BTreeMap::new());
    fixture.write("photos/ng.png", "3");
    fixture.write("catalogs/a.yaml", "2");
    assert_eq!(changed_until(&mut watcher, "catalogs/a.yaml").await, ["catalogs/a.yaml"]);
}

fn seen(files: &[(&str, bool)]) -> BTreeMap<String, bool> {
    files.iter().map(|(path, was_there)| ((*path).to_owned(), *was_there)).collect()
}

/// It came or went while the definitions that name it were read: no event will say so any more.
#[tokio::test]
async fn an_image_that_came_or_went_before_it_was_watched_is_told_at_once() {
    let fixture = Fixture::new();
    fixture.write("photos/came.png", "1");
    let others = Others::default();
    let mut watcher =
        Watcher::with_pace(fixture.root.clone(), others.clone(), PACE, Box::new(Subscription::open)).unwrap();
    others.set(seen(&[("photos/came.png", false), ("photos/went.png", true), ("photos/never.png", false)]));
    assert_eq!(changed(&mut watcher).await, ["photos/came.png", "photos/went.png"]);
    // The next reading sees them as they are, and nothing more is told of them.
    others.set(seen(&[("photos/came.png", true), ("photos/went.png", false), ("photos/never.png", false)]));
    fixture.write("catalogs/a.yaml", "2");
    assert_eq!(changed_until(&mut watcher, "catalogs/a.yaml").await, ["catalogs/a.yaml"]);
}

#[tokio::test]
async fn nothing_is_told_while_git_holds_its_lock() {
    let fixture = Fixture::new();
    fixture.write(".git/index.lock", "");
    let pace = Pace { at_most: Duration::from_secs(600), ..PACE };
    let mut watcher =
        Watcher::with_pace(fixture.root.clone(), Others::default(), pace, Box::new(Subscription::open)).unwrap();
    // A checkout writes one file, then another.
    fixture.write("catalogs/a.yaml", "2");
    let told = tokio::time::timeout(Duration::from_millis(300), watcher.changed()).await;
    assert!(told.is_err(), "half a checkout is told: {told:?}");
    fixture.write("catalogs/b.yaml", "2");
    fs::remove_file(fixture.root.join(".git/index.lock")).unwrap();
    assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml", "catalogs/b.yaml"]);
}

#[tokio::test]
async fn waiting_may_be_given_up_without_losing_a_change() {
    let fixture = Fixture::new();
    let mut watcher = fixture.watch();
    fixture.write("catalogs/a.yaml", "2");
    while tokio::time::timeout(Duration::ZERO, watcher.outbox.filled.notified()).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(changed(&mut watcher).await, ["catalogs/a.yaml"]);
}

#[test]
fn a_missing_root_is_an_error_that_names_it() {
    let top = tempfile::tempdir().unwrap();
    let error = Watcher::start(top.path().join("absent"), Others::default(), QUIET, AT_MOST).unwrap_err();
    assert!(error.to_string().contains("absent"), "{error}");
}
