//! The end of a switch of stock: the daemon wakes for it, also after it was killed.

use crate::{
    harness::{Daemon, get},
    support::{KUTA, Stage},
};

#[test]
fn a_switch_goes_back_at_its_end_although_the_daemon_was_killed_meanwhile() {
    let stage = Stage::new().in_sync();
    let off = ["stock", "--outlet", KUTA, "--item", "RAWON", "off", "--yes", "--for", "4s"];
    stage.run(&off).expect(0).says(&["no daemon runs here"]);
    Daemon::start(&stage).kill();
    let daemon = Daemon::begin(&stage, &["run", "--listen", "127.0.0.1:0"], &[]);
    daemon.wait_for("the dish to be on sale", |_| stage.live_item(KUTA, "RAWON")["in_stock"] == true);
    assert_eq!((stage.puts().len(), stage.patches().len()), (0, 2));
    daemon.wait_for_state(KUTA, "in_sync");
    let beside = ["stock", "--outlet", KUTA, "--item", "TEH", "off", "--yes", "--for", "3h"];
    stage.run_beside_a_writer(&beside).expect(0);
    let page = get(&daemon, "/outlets/G1001");
    for words in ["Es Teh Manis (items/TEH): sold out until", "Nasi Rawon (items/RAWON): back on sale"] {
        assert!(page.contains(words), "no {words:?} in\n{page}");
    }
    daemon.stop();
    let watcher = Daemon::begin(&stage, &["run", "--read-only", "--listen", "127.0.0.1:0"], &[]);
    watcher.wait_for_state(KUTA, "in_sync");
    let beside = ["stock", "--outlet", KUTA, "--item", "RAWON", "off", "--yes", "--for", "3h"];
    stage.run_beside_a_writer(&beside).expect(0).says(&["does not switch back"]);
    watcher.stop();
}
