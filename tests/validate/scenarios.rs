//! The rules that definitions alone cannot show: a root for each of them.

use super::harness::Root;

const ITEM: &str = "menus: [{name: Nasi, menu_items: [{external_id: NG, name: Nasi Goreng, price: 25000}]}]\n";

fn outlet(more: &str) -> String {
    format!("outlet: G1\n{ITEM}{more}")
}

/// Every code with a root that gives it.
pub(crate) fn scenarios() -> Vec<(&'static str, Root)> {
    let brief = |files: &[(&str, &str)]| Root::brief(files);
    let digest = format!("sha256:{}", "0".repeat(64));
    let settings = |text: &str| {
        let quiet = "rules: {image-missing: off, description-missing: off}\n";
        Root::brief(&[("catalogs/a.yaml", &outlet(""))]).with("menusync.yaml", format!("{text}{quiet}"))
    };
    vec![
        ("alias-expansion", brief(&[("catalogs/a.yaml", &bomb())])),
        ("approval-digest", approval("abc", "2027-01-02T00:00:00Z", "winter", "G1")),
        ("approval-expired", approval(&digest, "2026-12-31T00:00:00Z", "winter", "G1")),
        ("approval-expires", approval(&digest, "2027-01-09T00:00:00Z", "winter", "G1")),
        ("approval-outlet", approval(&digest, "2027-01-02T00:00:00Z", "winter", "G2")),
        ("approval-reason", approval(&digest, "2027-01-02T00:00:00Z", "''", "G1")),
        ("file-encoding", brief(&[]).with("catalogs/a.yaml", b"outlet: G1\nname: Caf\xe9\n")),
        ("file-ignored", brief(&[("catalogs/a.yaml", &outlet("")), ("catalogs/b.YAML", ITEM)])),
        ("file-too-large", brief(&[("catalogs/a.yaml", &format!("# {}\n", "x".repeat(8 * 1024 * 1024)))])),
        ("file-unreadable", brief(&[("catalogs/a.yaml/b.txt", "")])),
        (
            "image-file",
            brief(&[("catalogs/a.yaml", &outlet("items: {NG: {image: photos/ng.jpg}}\n"))]).with(
                "menusync.yaml",
                "target: sandbox\nimages: {base_url: https://img.example.com/}\nrules: {description-missing: off}\n",
            ),
        ),
        ("image-ratio", photo(&png(800, 400))),
        ("image-too-small", photo(&png(200, 200))),
        ("image-truncated", photo(&png(400, 400)[..1000])),
        (
            "insecure-url",
            settings(
                "target: custom\ngobiz: {api_url: 'http://api.example.com', oauth_url: 'https://o.example.com/token'}\n",
            ),
        ),
        ("no-definitions", brief(&[])),
        (
            "settings-missing",
            Root::empty().with("catalogs/a.yaml", outlet("rules: {image-missing: off, description-missing: off}\n")),
        ),
        (
            "too-deep",
            brief(&[("catalogs/a.yaml", &format!("outlet: G1\nmenus: {}{}\n", "[".repeat(70), "]".repeat(70)))]),
        ),
        (
            "wrong-url",
            settings("target: custom\ngobiz: {api_url: api.example.com, oauth_url: 'https://o.example.com/token'}\n"),
        ),
    ]
}

/// A root with an outlet and one approval.
fn approval(digest: &str, expires: &str, reason: &str, outlet_id: &str) -> Root {
    let text = format!("guard: deletes\nreason: {reason}\nexpires: {expires}\noutlets: {{{outlet_id}: '{digest}'}}\n");
    Root::brief(&[("catalogs/a.yaml", &outlet(""))]).with("approvals/a.yaml", text)
}

/// A root whose one image is this file.
fn photo(bytes: &[u8]) -> Root {
    let settings = "target: sandbox\nimages: {base_url: https://img.example.com/}\nrules: {description-missing: off}\n";
    let definition = outlet("items: {NG: {image: photos/ng.png}}\n");
    Root::brief(&[("catalogs/a.yaml", &definition)]).with("menusync.yaml", settings).with("photos/ng.png", bytes)
}

/// A PNG that says it has this size.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut png = include_bytes!("../images/good.png").to_vec();
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    png
}

/// Three lines of aliases that would be a thousand times as long.
fn bomb() -> String {
    let ten = |name: &str| vec![format!("*{name}"); 10].join(", ");
    format!(
        "outlet: G1\nx-a: &a [one, two, three, four, five, six, seven, eight, nine, ten]\nx-b: &b [{}]\nx-c: &c [{}]\nx-d: [{}]\n",
        ten("a"),
        ten("b"),
        ten("c")
    )
}
