//! What settings files mean, who wins, where credentials come from.

use std::{fs, path::Path};

use secrecy::ExposeSecret as _;

use super::*;
use crate::{
    document::SourceFile,
    policy::{DriftPolicy, Policy},
    schedule::WindowKind,
};

fn file(text: &str) -> SourceFile {
    SourceFile { path: FILE.into(), text: text.into() }
}

#[track_caller]
fn good(text: &str) -> Settings {
    let (settings, diagnostics) = decode(&file(text));
    assert_eq!(diagnostics, [], "{text}");
    settings.unwrap()
}

/// `code line:column` of everything that is wrong; wrong settings are none.
#[track_caller]
fn bad(text: &str) -> Vec<String> {
    let (settings, diagnostics) = decode(&file(text));
    assert!(settings.is_none());
    let brief = diagnostics.iter().map(|d| {
        assert!(d.help.is_some(), "{d:?}");
        let place = d.place.as_ref().unwrap();
        format!("{} {}:{}", d.code, place.line, place.column)
    });
    brief.collect()
}

const CUSTOM: &str =
    "target: custom\ngobiz:\n  api_url: http://127.0.0.1:8080/\n  oauth_url: http://localhost:8080/oauth2/token\n";

#[test]
fn only_the_target_is_required_and_the_rest_has_defaults() {
    let settings = good("target: production");
    assert_eq!(settings.gobiz.api_url, "https://api.gobiz.co.id");
    assert_eq!(settings.gobiz.oauth_url, "https://accounts.go-jek.com/oauth2/token");
    assert_eq!(settings.schedule.as_str(), "*/15 * * * *");
    assert_eq!(settings.jitter, Duration::from_secs(30));
    assert_eq!((settings.gobiz.concurrency, settings.gobiz.timeout), (8, Duration::from_secs(90)));
    assert!((settings.gobiz.requests_per_second - 5.0).abs() < f64::EPSILON);
    assert_eq!(settings.gobiz.stock_key, StockKey::ExternalId);
    assert_eq!(settings.gobiz.accept, "application/json");
    assert_eq!(settings.verify, Verify { timeout: Duration::from_secs(600), interval: Duration::from_secs(15) });
    assert_eq!(settings.listen, Listen::On("127.0.0.1:8717".parse().unwrap()));
    assert_eq!(
        settings.images,
        Images {
            base_url: None,
            check: true,
            timeout: Duration::from_secs(10),
            allow_private_hosts: false,
            proxy: None
        }
    );
    assert_eq!(good("target: sandbox").gobiz.api_url, "https://api.partner-sandbox.gobiz.co.id");
}

#[test]
fn every_key_is_read() {
    let settings = good(
        "target: custom\ntimezone: Asia/Makassar\nschedule: '0 * * * *'\njitter: 0s\n\
         windows:\n  - {kind: deny, schedule: '0 11 * * *', duration: 3h, outlets: ['*']}\n\
         drift: revert\nunmanaged: delete\nignore: [image, description]\n\
         guards: {deletes: [3, 10%], price-change: 150%, sold-out: 25%}\nrules: {image-missing: off, hours-missing-day: error}\n\
         images: {base_url: 'https://img.example.com/menu', check: false, timeout: 3s, allow_private_hosts: true}\n\
         gobiz:\n  api_url: https://proxy.example.com/gobiz/\n  oauth_url: https://proxy.example.com/token\n\
         \x20 client_id_file: id\n  client_secret_file: /run/secret\n  requests_per_second: 0.5\n  concurrency: 64\n\
         \x20 timeout: 2m\n  stock_key: id\nverify: {timeout: 5m, interval: 5s}\nstate_dir: state\nlisten: off\n\
         external_url: https://menus.example.com\nlang: id\nx-note: mine\n",
    );
    let mut policy = Policy::default();
    settings.policy.apply(&mut policy);
    assert_eq!(policy.timezone.iana_name(), Some("Asia/Makassar"));
    assert_eq!((policy.drift, policy.ignore.len()), (DriftPolicy::Revert, 2));
    assert_eq!((policy.guards.deletes.count, policy.guards.price_change), (3, 150.0));
    assert_eq!(policy.rules["image-missing"], None);
    assert_eq!(
        (policy.windows[0].kind, policy.windows[0].times.duration),
        (WindowKind::Deny, Duration::from_secs(10_800))
    );
    assert_eq!(settings.images.base_url.as_deref(), Some("https://img.example.com/menu/"));
    assert_eq!(settings.gobiz.api_url, "https://proxy.example.com/gobiz");
    assert_eq!((settings.gobiz.concurrency, settings.gobiz.stock_key), (64, StockKey::Id));
    assert_eq!((settings.listen, settings.state_dir), (Listen::Off, Some("state".into())));
    assert_eq!(settings.external_url.as_deref(), Some("https://menus.example.com/"));
    assert_eq!(settings.lang, Some(crate::report::Lang::Id));
}

#[test]
fn a_language_is_english_or_indonesian() {
    assert_eq!(good("target: sandbox\n").lang, None);
    assert_eq!(bad("target: sandbox\nlang: in\n"), ["unknown-value 2:7"]);
}

#[test]
fn a_status_page_below_a_path_is_refused() {
    for text in ["https://menus.example.com/status", "https://menus.example.com/status/", "http://localhost:8717/a/b"] {
        assert_eq!(bad(&format!("target: sandbox\nexternal_url: {text}\n")), ["wrong-url 2:15"], "{text}");
    }
    for text in ["https://menus.example.com/", "http://localhost:8717"] {
        good(&format!("target: sandbox\nexternal_url: {text}\n"));
    }
}

#[test]
fn empty_settings_ask_for_a_target() {
    assert_eq!(bad(""), ["missing-key 1:1"]);
    assert_eq!(bad("jitter: 1s"), ["missing-key 1:1"]);
    assert_eq!(bad("target: prod"), ["unknown-value 1:9"]);
    assert_eq!(bad("[1]"), ["wrong-type 1:1"]);
}

#[test]
fn all_errors_come_at_once() {
    assert_eq!(
        bad(
            "target: sandbox\nschedule: '* * * *'\njitter: 30\ngobiz: {concurrency: 65, requests_per_second: 0, timeout: 10ms}\n\
             verify: {timeout: 10s, interval: 20s}\nlisten: here\nimages: {base_url: 'ftp://x', chekc: true}\ntimezone: WITA\nzzz: 1\n"
        ),
        [
            "timezone 8:11",
            "cron 2:11",
            "wrong-type 3:9",
            "wrong-url 7:20",
            "unknown-key 7:31",
            "out-of-range 4:47",
            "out-of-range 4:22",
            "out-of-range 4:59",
            "out-of-range 5:34",
            "wrong-type 6:9",
            "unknown-key 9:1",
        ]
    );
}

#[test]
fn a_receiver_of_events_needs_a_secret_or_must_say_that_it_only_monitors() {
    let hook = |text: &str| good(&format!("target: sandbox\nwebhook: {text}\n")).webhook.unwrap();
    let enforced = hook("{secret_file: relay}");
    assert_eq!(enforced.listen, "127.0.0.1:8718".parse().unwrap());
    assert_eq!((enforced.signature, enforced.secret_file), (Signature::Enforce, Some("relay".into())));
    let monitored = hook("{signature: monitor, listen: '[::1]:80', public_url: 'https://hooks.example.com:80/gobiz'}");
    assert_eq!((monitored.signature, monitored.listen), (Signature::Monitor, "[::1]:80".parse().unwrap()));
    assert_eq!(monitored.public_url.as_deref(), Some("https://hooks.example.com:80/gobiz"));
    assert_eq!(good("target: sandbox").webhook, None);
    assert_eq!(bad("target: sandbox\nwebhook: {}\n"), ["missing-key 2:1"]);
    assert_eq!(
        bad("target: sandbox\nwebhook: {secret: abc, listen: 'off', signature: no}\n"),
        ["wrong-type 2:32", "unknown-value 2:50", "missing-key 2:1", "unknown-key 2:11",]
    );
}

#[test]
fn the_platform_must_be_able_to_reach_the_public_url() {
    let of = |target: &str, url: &str| format!("{target}webhook: {{signature: monitor, public_url: '{url}'}}\n");
    for wrong in [
        "http://hooks.example.com/gobiz",
        "https://hooks.example.com:8443/gobiz",
        "https://hooks.example.com",
        "http://127.0.0.1:8718/gobiz",
        "https://me:pw@hooks.example.com/gobiz",
        "hooks.example.com/gobiz",
    ] {
        assert_eq!(bad(&of("target: sandbox\n", wrong)).len(), 1, "{wrong}");
    }
    good(&of(CUSTOM, "http://127.0.0.1:8718/gobiz"));
    assert_eq!(bad(&of(CUSTOM, "http://hooks.example.com/gobiz")).len(), 1);
}

#[test]
fn secrets_stand_one_a_line() {
    let root = tempfile::tempdir().unwrap();
    let secrets = |text: &str| {
        fs::write(root.path().join("relay"), text).unwrap();
        let settings = good("target: sandbox\nwebhook: {secret_file: relay}\n");
        let read = webhook_secrets(&settings, root.path()).map_err(|error| error.to_string())?;
        Ok::<_, String>(
            read.iter().map(|known| known.secret.as_ref().unwrap().expose_secret().to_owned()).collect::<Vec<_>>(),
        )
    };
    assert_eq!(secrets("one\r\n\n two \n").unwrap(), ["one", "two"]);
    for wrong in ["", " \n\n", "1\n2\n3\n4\n5\n", "a\u{7}bcdefgh"] {
        let error = secrets(wrong).unwrap_err();
        assert!(error.contains("relay") && !error.contains("bcdefgh"), "{error}");
    }
}

#[test]
fn who_is_told_stands_in_a_list_and_addresses_in_files() {
    let settings = good(
        "target: sandbox\nnotify:\n  - {kind: slack, url_file: slack, events: [failed, digest]}\n  \
         - {kind: webhook, url_file: url, secret_file: secret}\n  - {kind: command, command: [/bin/tell, --now]}\n",
    );
    let kinds: Vec<_> = settings.notify.iter().map(|sink| (sink.kind.as_str(), sink.events.len())).collect();
    assert_eq!(kinds, [("slack", 2), ("webhook", 13), ("command", 13)]);
    assert_eq!(good("target: sandbox\nnotify: []").notify, []);
    assert_eq!(bad("target: sandbox\nnotify: [{kind: slack, url_file: slack, events: []}]"), ["wrong-type 2:49"]);
    assert_eq!(
        bad(
            "target: sandbox\nnotify:\n  - {kind: slack, url: https://x}\n  - {kind: mail}\n  - {kind: command, command: []}\n  \
             - {kind: command, command: tell}\n  - {kind: webhook, url_file: u, events: [fail]}\n  - {url_file: u}\n"
        ),
        [
            "missing-key 3:5",
            "unknown-key 3:19",
            "unknown-value 4:12",
            "wrong-type 5:30",
            "wrong-type 6:30",
            "unknown-value 7:43",
            "missing-key 8:5"
        ]
    );
}

#[test]
fn an_address_that_is_told_things_is_encrypted_and_never_shown() {
    let root = tempfile::tempdir().unwrap();
    let url = |text: &str| {
        fs::write(root.path().join("url"), text).unwrap();
        sink_url(Path::new("url"), root.path()).map_err(|error| error.to_string())
    };
    assert_eq!(url("https://hooks.example.com/T0/s3cr3t?x=1\n").unwrap().path(), "/T0/s3cr3t");
    assert!(url("http://127.0.0.1:9/x").is_ok());
    for wrong in [
        "http://hooks.example.com/s3cr3t",
        "s3cr3t",
        "",
        "https://",
        "ftp://127.0.0.1/s3cr3t",
        "https://a/s3cr3t\nhttps://b",
    ] {
        let error = url(wrong).unwrap_err();
        assert!(error.contains("url") && !error.contains("s3cr3t"), "{wrong}: {error}");
    }
}

#[test]
fn a_custom_target_needs_both_addresses_and_others_take_none() {
    good(CUSTOM);
    assert_eq!(bad("target: custom"), ["missing-key 1:1"]);
    assert_eq!(bad("target: custom\ngobiz: {api_url: 'https://x.example/'}"), ["missing-key 2:8"]);
    assert_eq!(bad("target: sandbox\ngobiz: {api_url: 'https://x.example/'}"), ["out-of-range 2:9"]);
}

#[test]
fn credentials_travel_encrypted_or_stay_on_this_machine() {
    let with = |url: &str| decode(&file(&CUSTOM.replace("http://127.0.0.1:8080/", url)));
    for url in ["http://127.9.9.9:1", "http://[::1]:8080", "http://localhost", "https://api.example.com/base/"] {
        assert!(with(url).0.is_some(), "{url}");
    }
    let refused = [
        ("http://api.gobiz.co.id", "insecure-url"),
        ("http://localhost.example.com", "insecure-url"),
        ("http://128.0.0.1", "insecure-url"),
        ("https://user:pass@example.com", "wrong-url"),
        ("https://localhost@example.com", "wrong-url"),
        ("https://example.com/?a=b", "wrong-url"),
        ("https://example.com/#a", "wrong-url"),
        ("file:///etc/passwd", "wrong-url"),
        ("api.gobiz.co.id", "wrong-url"),
        ("https://", "wrong-url"),
    ];
    for (url, code) in refused {
        let (settings, diagnostics) = with(url);
        assert!(settings.is_none() && diagnostics.len() == 1, "{url}");
        assert_eq!(diagnostics[0].code, code, "{url}");
        assert_eq!(diagnostics[0].place.as_ref().unwrap().line, 3);
    }
}

#[test]
fn flags_win_over_environment_over_file_over_defaults() {
    let settings = good("target: sandbox\nstate_dir: state\nlisten: 127.0.0.1:1");
    let plain = good("target: sandbox");
    let environment = Environment::of([
        ("MENUSYNC_ROOT", "/env"),
        ("MENUSYNC_STATE_DIR", "/env/state"),
        ("MENUSYNC_LISTEN", "127.0.0.1:2"),
        ("HOME", "/home/sari"),
    ]);
    let nothing = Environment::default();
    let dir = |flag: Option<&str>, environment, settings| {
        state_dir(flag.map(Path::new), environment, settings, Path::new("/root")).unwrap().dir.display().to_string()
    };
    assert_eq!(dir(Some("/flag"), &environment, &settings), "/flag");
    assert_eq!(dir(None, &environment, &settings), "/env/state");
    assert_eq!(dir(None, &nothing, &settings), "/root/state");
    let systemd =
        Environment::of([("STATE_DIRECTORY", "/var/lib/menusync:/var/lib/other"), ("XDG_STATE_HOME", "/xdg")]);
    assert_eq!(dir(None, &systemd, &plain), "/var/lib/menusync");
    let xdg = Environment::of([("XDG_STATE_HOME", "/xdg"), ("HOME", "/home/sari")]);
    let own = dir(None, &xdg, &plain);
    assert!(own.starts_with("/xdg/menusync/root-") && own.len() == "/xdg/menusync/root-".len() + 12, "{own}");
    let of = |root: &str| state_dir(None, &xdg, &plain, Path::new(root)).unwrap();
    assert_eq!(of("/root").shared, Some("/xdg/menusync".into()));
    assert_ne!(of("/srv/menus").dir, of("/opt/menus").dir, "two roots of one name");
    let home = Environment::of([("XDG_STATE_HOME", "relative"), ("HOME", "/home/sari"), ("MENUSYNC_STATE_DIR", "")]);
    assert!(dir(None, &home, &plain).starts_with("/home/sari/.local/state/menusync/root-"));
    assert!(matches!(state_dir(None, &nothing, &plain, Path::new("/root")), Err(SettingsError::NoStateDir)));

    let on = |port: u16| Listen::On(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    assert_eq!(listen(Some("off"), &environment, &settings).unwrap(), Listen::Off);
    assert_eq!(listen(None, &environment, &settings).unwrap(), on(2));
    assert_eq!(listen(None, &nothing, &settings).unwrap(), on(1));
    assert!(matches!(listen(Some("x"), &nothing, &settings), Err(SettingsError::Listen { origin: "--listen", .. })));

    assert_eq!(root(Some(Path::new("/flag")), &environment), Path::new("/flag"));
    assert_eq!(root(None, &environment), Path::new("/env"));
    assert_eq!(root(None, &nothing), Path::new("."));
}

/// Loads credentials with these variables and files below a temporary root, which `{}` stands for.
fn load(settings: &str, variables: &[(&str, &str)], files: &[(&str, &[u8])]) -> Result<(String, String), String> {
    let root = tempfile::tempdir().unwrap();
    let here = root.path().to_str().unwrap();
    for (name, bytes) in files {
        fs::write(root.path().join(name), bytes).unwrap();
    }
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.replace("{}", here))).collect();
    let environment = Environment::of(variables.iter().map(|(name, value)| (*name, value.as_str())));
    let settings = good(&format!("target: sandbox\n{settings}"));
    let loaded = credentials(&settings, None, &environment, root.path()).map_err(|error| error.to_string())?;
    Ok((loaded.client_id.expose_secret().to_owned(), loaded.client_secret.expose_secret().to_owned()))
}

#[test]
fn accept_is_a_media_type() {
    for fine in ["application/vnd.eim.v1+json", "application/json, */*;q=0.1", "application/json; charset=utf-8"] {
        assert_eq!(good(&format!("target: sandbox\ngobiz: {{accept: '{fine}'}}")).gobiz.accept, fine);
    }
    for wrong in ["json", "application/", "a b/c", "application/jsön", ","] {
        assert_eq!(bad(&format!("target: sandbox\ngobiz: {{accept: '{wrong}'}}")), ["wrong-type 2:17"], "{wrong}");
    }
}

const FILES: &str = "gobiz: {client_id_file: id, client_secret_file: secret}";

#[test]
fn credentials_come_from_the_first_place_that_has_them() {
    let files: [(&str, &[u8]); 4] = [
        ("id", b"file-id\r\n"),
        ("secret", b"file secret\n\n"),
        ("client-id", b"systemd-id"),
        ("client-secret", b"systemd-secret\n"),
    ];
    let pair = |id: &str, secret: &str| Ok((id.to_owned(), secret.to_owned()));
    let variables = [("MENUSYNC_CLIENT_ID", "env-id"), ("MENUSYNC_CLIENT_SECRET", "env-secret")];
    assert_eq!(load(FILES, &variables, &files), pair("env-id", "env-secret"));
    assert_eq!(load(FILES, &variables[..1], &files), pair("env-id", "file secret"));
    assert_eq!(load(FILES, &[("CREDENTIALS_DIRECTORY", "{}")], &files), pair("file-id", "file secret"));
    assert_eq!(load("", &[("CREDENTIALS_DIRECTORY", "{}")], &files), pair("systemd-id", "systemd-secret"));
}

#[test]
fn missing_credentials_name_every_place() {
    assert_eq!(
        load("", &[], &[]).unwrap_err(),
        "no client id; looked at MENUSYNC_CLIENT_ID (not set), `gobiz.client_id_file` in menusync.yaml (not given), \
         $CREDENTIALS_DIRECTORY/client-id (no such variable)"
    );
    let error = load("", &[("MENUSYNC_CLIENT_ID", "x"), ("CREDENTIALS_DIRECTORY", "/nowhere")], &[]).unwrap_err();
    assert!(error.contains("/nowhere/client-secret (does not exist)"), "{error}");
}

#[test]
fn unusable_credentials_are_refused_without_being_shown() {
    let with = |secret: &[u8]| load(FILES, &[], &[("id", b"id"), ("secret", secret)]).unwrap_err();
    assert!(with(b"\n").contains("it is empty"));
    assert!(with(&[b'x'; 5000]).contains("4096"));
    assert!(with(b"\xff").contains("UTF-8"));
    let error = with(b"hunter2\nsecond");
    assert!(error.contains("more than one line") && !error.contains("hunter2"), "{error}");
    assert!(load(FILES, &[], &[("id", b"id")]).unwrap_err().starts_with("cannot read the client secret from "));
    assert!(load(FILES, &[("MENUSYNC_CLIENT_ID", "a\nb")], &[]).unwrap_err().contains("MENUSYNC_CLIENT_ID"));
}

#[test]
fn secrets_are_not_in_debug_output() {
    let environment = Environment::of([("MENUSYNC_CLIENT_SECRET", "hunter2"), ("MENUSYNC_CLIENT_ID", "someone")]);
    let loaded = credentials(&good("target: sandbox"), None, &environment, Path::new("/")).unwrap();
    let shown = format!("{environment:?} {loaded:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("someone"), "{shown}");
}

#[test]
fn secrets_have_no_place_in_settings() {
    for (section, key) in [
        ("gobiz: {client_secret: abc}", "2:9"),
        ("gobiz: {accounts: {sari: {webhook_secret: abc}}}", "2:27"),
        ("gobiz: {client_id: abc}", "2:9"),
        ("webhook: {secret: abc, secret_file: relay}", "2:11"),
        ("notify: [{url: 'https://hooks.example.com/abc', kind: slack, url_file: slack}]", "2:11"),
    ] {
        let text = format!("target: sandbox\n{section}\n");
        assert_eq!(bad(&text), [format!("unknown-key {key}")]);
        let help = decode(&file(&text)).1[0].help.clone().unwrap();
        assert!(help.starts_with("write it into a file outside of version control"), "{help}");
    }
}

#[test]
fn paths_are_no_shell_words() {
    assert_eq!(bad("target: sandbox\nstate_dir: ~/menusync\n"), ["wrong-type 2:12"]);
    assert_eq!(bad("target: sandbox\ngobiz: {client_id_file: ~/id}\n"), ["wrong-type 2:25"]);
    assert_eq!(good("target: sandbox\nstate_dir: ~menus\n").state_dir, Some("~menus".into()));
}

#[test]
fn the_status_page_and_events_need_an_address_each() {
    let hook = "target: sandbox\nwebhook: {signature: monitor, listen: '127.0.0.1:8717'}\n";
    assert_eq!(bad(hook), ["out-of-range 2:39"]);
    let both = "target: sandbox\nlisten: 127.0.0.1:8718\nwebhook: {signature: monitor}\n";
    assert_eq!(bad(both), ["out-of-range 3:1"]);
    let told = decode(&file(&format!("listen: 127.0.0.1:8717\n{hook}"))).1.remove(0);
    let lines = told.related.iter().map(|other| other.place.line).chain(told.place.map(|place| place.line));
    assert_eq!(lines.collect::<Vec<_>>(), [1, 3]);
    good(&format!("{hook}listen: 127.0.0.1:8719\n"));
    good(&format!("{hook}listen: off\n"));
    good("target: sandbox\nlisten: 127.0.0.1:0\nwebhook: {signature: monitor, listen: '127.0.0.1:0'}\n");
}

/// What the settings of an operator and those of a repository come to.
fn both(operator: &str, repository: &str) -> (Option<Settings>, Vec<String>) {
    let operator = SourceFile { path: "/etc/menusync/operator.yaml".into(), text: operator.into() };
    let (settings, diagnostics) = decode_under(&file(repository), Some(&operator));
    (settings, diagnostics.iter().map(|found| format!("{} {}", found.place.as_ref().unwrap(), found.message)).collect())
}

#[test]
fn what_the_operator_says_wins_key_by_key() {
    let operator = "gobiz: {client_secret_file: secret, proxy: off}\nlisten: off\nguards: {price-change: 20%}\n";
    let repository = "target: sandbox\ngobiz: {client_secret_file: theirs, requests_per_second: 9}\n\
                      listen: 127.0.0.1:1\nguards: {price-change: 90%, deletes: [7, 7%]}\njitter: 5s\n";
    let (settings, found) = both(operator, repository);
    assert_eq!(found, [""; 0]);
    let settings = settings.unwrap();
    // A path is one from the directory of the file that names it, and a section is taken whole.
    assert_eq!(settings.gobiz.client_secret_file, Some("/etc/menusync/secret".into()));
    assert_eq!(settings.gobiz.requests_per_second, Gobiz::default().requests_per_second);
    assert_eq!((settings.listen, settings.jitter), (Listen::Off, Duration::from_secs(5)));
    let mut policy = Policy::default();
    settings.policy.apply(&mut policy);
    assert_eq!((policy.guards.price_change, policy.guards.deletes.count), (20.0, 7));
}

#[test]
fn what_the_operator_reserves_has_no_place_in_the_repository() {
    let reserve = "reserve: [gobiz, notify]\ngobiz: {client_secret_file: /run/secret}\n";
    let repository = "target: custom\ngobiz:\n  api_url: https://evil.example\n  oauth_url: https://evil.example\n\
                      notify: [{kind: command, command: [rm]}]\n";
    let (settings, found) = both(reserve, repository);
    assert!(settings.is_none());
    let place = |key, at| {
        format!("menusync.yaml:{at} `{key}` has no place here: the operator reserves it in /etc/menusync/operator.yaml")
    };
    assert!(found.contains(&place("gobiz", "2:1")) && found.contains(&place("notify", "5:1")), "{found:?}");
    // Reserved is reserved, whether the operator says anything or not.
    assert!(both("reserve: [listen]\n", "target: sandbox\nlisten: off\n").0.is_none());
    let (settings, found) = both("reserve: [gobiz]\n", "target: sandbox\n");
    assert_eq!((settings.unwrap().reserved, found), (vec!["gobiz"], Vec::new()));
    // Nobody reserves anything from within.
    assert_eq!(bad("target: sandbox\nreserve: [listen]\n"), ["unknown-key 2:1"]);
}

#[test]
fn mistakes_are_told_in_the_file_that_has_them() {
    let (settings, found) = both(
        "listn: off\nreserve: [guards]\nwebhook: {listen: 127.0.0.1:1}\n",
        "target: sandbox\nlisten: 127.0.0.1:1\njiter: 5s\n",
    );
    assert!(settings.is_none());
    let places: Vec<&str> = found.iter().map(|words| words.split(' ').next().unwrap()).collect();
    for place in [
        "/etc/menusync/operator.yaml:1:1",
        "/etc/menusync/operator.yaml:2:11",
        "/etc/menusync/operator.yaml:3:19",
        "menusync.yaml:3:1",
    ] {
        assert!(places.contains(&place), "{place}: {found:#?}");
    }
    let (settings, found) = both("a: [\n", "target: sandbox\n");
    assert!(
        settings.is_none() && found.iter().all(|words| words.starts_with("/etc/menusync/operator.yaml:")),
        "{found:?}"
    );
    assert!(both("", "target: sandbox\n").0.is_some());
}

#[test]
fn a_command_that_is_merged_does_not_run_before_a_restart() {
    let with = |command: &str| format!("target: sandbox\nnotify: [{{kind: command, command: [{command}]}}]\n");
    let started = good(&with("known"));
    let is_new = |settings: &Settings| settings.without_new_commands(&started).notify.is_empty();
    assert!(!is_new(&good(&with("known"))) && is_new(&good(&with("other"))));
    assert!(!is_new(&good("target: sandbox\nnotify: [{kind: slack, url_file: x}]\n")));
    let (of_operator, _) = both("notify: [{kind: command, command: [other]}]\n", "target: sandbox\n");
    assert!(!is_new(&of_operator.unwrap()));
}

#[test]
fn the_url_of_a_database_is_in_the_environment_or_in_a_file_and_is_never_shown() {
    let root = tempfile::tempdir().unwrap();
    let nothing = Environment::default();
    let environment = Environment::of([("MENUSYNC_DATABASE_URL", "postgres://m:hunter2@one/menus")]);
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("url");
    let named = |file: &Path| good(&format!("target: sandbox\ndatabase_url_file: {}\n", file.display()));
    let (none, in_root, named) = (good("target: sandbox\n"), named(&root.path().join("url")), named(&file));
    let url = |settings: &Settings, environment: &Environment| {
        let url = database_url(settings, environment, root.path());
        url.map(|url| url.map(|url| secrecy::ExposeSecret::expose_secret(&url).to_owned()))
    };
    assert_eq!(url(&none, &nothing).unwrap(), None);
    assert_eq!(url(&none, &environment).unwrap().as_deref(), Some("postgres://m:hunter2@one/menus"));
    let missing = url(&named, &nothing).unwrap_err().to_string();
    assert!(missing.starts_with("cannot read the database URL from "), "{missing}");
    std::fs::write(&file, "postgres://m:hunter2@two/menus\n").unwrap();
    std::fs::copy(&file, root.path().join("url")).unwrap();
    let refused = url(&in_root, &nothing).unwrap_err().to_string();
    assert!(refused.contains("a file of the repository"), "{refused}");
    let relative = bad("target: sandbox\ndatabase_url_file: url\n");
    assert_eq!(relative, ["wrong-type 2:20"]);
    assert_eq!(url(&named, &nothing).unwrap().as_deref(), Some("postgres://m:hunter2@two/menus"));
    assert_eq!(url(&named, &environment).unwrap().as_deref(), Some("postgres://m:hunter2@one/menus"));
    std::fs::write(&file, "postgres://m:hunter2@two/menus\nmore\n").unwrap();
    let long = url(&named, &nothing).unwrap_err().to_string();
    assert!(long.contains("more than one line") && !long.contains("hunter2"), "{long}");
    assert!(!format!("{environment:?}").contains("hunter2"));
    assert_eq!(named.secret_files(), [&*file]);
    assert!(both("reserve: [database_url_file]\n", "target: sandbox\ndatabase_url_file: /run/url\n").0.is_none());
}
