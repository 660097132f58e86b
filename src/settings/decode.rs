//! `menusync.yaml` to [`Settings`], with every error at its place.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc, time::Duration};

use super::{
    Account, Gobiz, Images, Listen, Settings, StockKey, Target, Verify,
    address::{self, Refused},
    fields::{decode_path, refuse_secret},
    notify::notify,
    proxy,
    rollout::rollout,
    webhook::webhook,
};
use crate::{
    definition::{
        cron,
        policy::{PolicyPatch, take_policy, take_promotion_policy},
    },
    diagnostic::{Diagnostic, Place},
    document::{self, Decoder, Fields, Node, Parsed, SourceFile, Spanned, Value},
    report::Lang,
    schedule::Cron,
};

/// Reads the settings file; `None` if anything in it is wrong.
///
/// Whether the rule codes exist is left to whoever knows the rules ([`crate::definition::policy::PolicyPatch::rule_codes`]).
pub fn decode(file: &SourceFile) -> (Option<Settings>, Vec<Diagnostic>) {
    decode_under(file, None)
}

/// The same below the settings of the operator: a key that these say is not read from `file`.
pub fn decode_under(file: &SourceFile, operator: Option<&SourceFile>) -> (Option<Settings>, Vec<Diagnostic>) {
    let mut decoder = Decoder::new(Arc::clone(&file.path));
    let parsed: Vec<Parsed> = operator.into_iter().chain([file]).map(document::parse).collect();
    let unreadable = parsed.iter().any(|parsed| !parsed.diagnostics.is_empty());
    let mut roots = Vec::new();
    for (source, parsed) in operator.into_iter().chain([file]).zip(parsed) {
        for diagnostic in parsed.diagnostics {
            decoder.report(diagnostic);
        }
        roots.extend(parsed.root.map(|root| (&source.path, root)));
    }
    let is_there = roots.last().is_some_and(|(path, _)| **path == file.path);
    if !is_there && !unreadable {
        let place = Place::start_of(&file.path);
        decoder
            .report(Diagnostic::error("missing-key", place, "the settings are empty"))
            .help("write `target: sandbox` or `target: production`");
    }
    let settings = if is_there { settings(&mut decoder, &roots) } else { None };
    (settings.filter(|_| !decoder.has_errors()), decoder.into_diagnostics())
}

/// The fields of the operator's settings, if there are any, then those of the repository.
struct Both<'n>(Vec<(&'n Arc<str>, Fields<'n>)>);

impl<'n> Both<'n> {
    /// The fields that a key is read from: the operator's if they have it.
    fn of(&mut self, decoder: &mut Decoder, key: &'static str) -> &mut Fields<'n> {
        let at = self.0.iter().position(|(_, fields)| fields.has(key)).unwrap_or(self.0.len() - 1);
        for (_, overruled) in &mut self.0[at + 1..] {
            overruled.take_entry(key);
        }
        let (file, fields) = &mut self.0[at];
        decoder.go_on_in(file);
        fields
    }

    fn take(&mut self, decoder: &mut Decoder, key: &'static str) -> Option<&'n Node> {
        self.of(decoder, key).take(key)
    }

    fn policy(&mut self, decoder: &mut Decoder) -> PolicyPatch {
        let patches = self.0.iter_mut().map(|(file, fields)| {
            decoder.go_on_in(file);
            let patch = take_policy(decoder, fields);
            take_promotion_policy(decoder, fields);
            patch
        });
        patches.reduce(PolicyPatch::over).unwrap_or_default()
    }

    /// Refuses what the operator keeps out of the repository.
    fn reserved(&mut self, decoder: &mut Decoder) -> Vec<&'static str> {
        let [(operator, fields), repository] = self.0.as_mut_slice() else { return Vec::new() };
        decoder.go_on_in(operator);
        let reserved = fields.take("reserve").map(|node| reserve(decoder, node)).unwrap_or_default();
        decoder.go_on_in(repository.0);
        for key in &reserved {
            let Some((at, _)) = repository.1.take_entry(key) else { continue };
            decoder
                .error(
                    "unknown-key",
                    &at.span,
                    format!("`{key}` has no place here: the operator reserves it in {operator}"),
                )
                .help("remove it; who runs menusync sets it there");
        }
        reserved
    }

    fn finish(self, decoder: &mut Decoder) {
        for (file, fields) in self.0 {
            decoder.go_on_in(file);
            decoder.finish(fields, "the settings");
        }
    }
}

/// What can be reserved: where secrets are sent, what runs as the daemon, and what it opens.
const RESERVABLE: [&str; 6] = ["database_url_file", "gobiz", "listen", "notify", "state_dir", "webhook"];

fn reserve(decoder: &mut Decoder, node: &Node) -> Vec<&'static str> {
    let keys = RESERVABLE.map(|key| (key, key));
    let nodes = decoder.list(node, "reserve").unwrap_or_default();
    nodes.iter().filter_map(|node| decoder.choice(node, "reserve", &keys)).map(|key| key.value).collect()
}

/// Whoever may merge must not choose where the state is kept, so it names no file of the repository.
fn database_url_file(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Option<std::path::PathBuf> {
    const KEY: &str = "database_url_file";
    let node = fields.take(KEY)?;
    let path = decode_path(decoder, fields, KEY)?;
    if path.is_relative() {
        let words =
            format!("`{KEY}` is no absolute path: a file of the repository must not say where the state is kept");
        decoder.error("wrong-type", &node.span, words).help(
            "name a file outside of the repository by its whole path, or set MENUSYNC_DATABASE_URL where menusync runs",
        );
        return None;
    }
    Some(path)
}

fn settings<'n>(decoder: &mut Decoder, roots: &'n [(&'n Arc<str>, Node)]) -> Option<Settings> {
    let mut both = Vec::new();
    for (file, root) in roots {
        decoder.go_on_in(file);
        both.push((*file, decoder.mapping(root, "the settings")?));
    }
    let mut both = Both(both);
    let reserved = both.reserved(decoder);
    let target = target(decoder, &mut both);
    let policy = both.policy(decoder);
    let is_operators = |key| both.0.len() > 1 && both.0[0].1.has(key);
    let (notify_is_operators, state_dir_is_operators) = (is_operators("notify"), is_operators("state_dir"));
    let (rollout, wave_outlets) = {
        let fields = both.of(decoder, "rollout");
        rollout(decoder, fields).unzip()
    };
    let mut settings = Settings {
        target: target.unwrap_or(Target::Custom),
        policy,
        schedule: both
            .take(decoder, "schedule")
            .and_then(|n| cron(decoder, n, "schedule"))
            .or_else(default_schedule)?,
        jitter: {
            let fields = both.of(decoder, "jitter");
            duration(decoder, fields, "jitter", Duration::from_secs(30), Duration::ZERO)
        },
        images: section(decoder, &mut both, "images", images),
        gobiz: gobiz(decoder, &mut both, target),
        verify: section(decoder, &mut both, "verify", verify),
        rollout,
        wave_outlets: wave_outlets.unwrap_or_default(),
        state_dir: {
            let fields = both.of(decoder, "state_dir");
            decode_path(decoder, fields, "state_dir")
        },
        state_dir_is_operators,
        database_url_file: {
            let fields = both.of(decoder, "database_url_file");
            database_url_file(decoder, fields)
        },
        listen: both.take(decoder, "listen").and_then(|node| listen(decoder, node)).unwrap_or_default(),
        external_url: both
            .take(decoder, "external_url")
            .and_then(|node| url(decoder, node, "external_url", address::page)),
        lang: both.take(decoder, "lang").and_then(|node| lang(decoder, node)),
        webhook: {
            let fields = both.of(decoder, "webhook");
            webhook(decoder, fields, target)
        },
        notify: {
            let fields = both.of(decoder, "notify");
            notify(decoder, fields)
        },
        notify_is_operators,
        reserved,
    };
    settings.images.proxy.clone_from(&settings.gobiz.proxy);
    two_addresses(decoder, &mut both, &settings);
    both.finish(decoder);
    target.map(|_| settings)
}

fn lang(decoder: &mut Decoder, node: &Node) -> Option<Lang> {
    decoder.choice(node, "lang", &Lang::ALL.map(|lang| (lang.tag(), lang))).map(|lang| lang.value)
}

/// The status page and the receiver of events are two servers.
fn two_addresses(decoder: &mut Decoder, both: &mut Both<'_>, settings: &Settings) {
    let Some(webhook) = &settings.webhook else { return };
    let same = settings.listen == Listen::On(webhook.listen) && webhook.listen.port() != 0;
    let listen = both.take(decoder, "listen").map(|node| decoder.place(&node.span));
    let Some((key, node)) = both.of(decoder, "webhook").take_entry("webhook").filter(|_| same) else { return };
    let own = entry(node, "listen").map_or(&key.span, |listen| &listen.span);
    let error = decoder
        .error("out-of-range", own, format!("`webhook.listen` and `listen` are both {}", webhook.listen))
        .help("give one of them another port");
    if let Some(listen) = listen {
        error.related_place(listen, "the status page listens here");
    }
}

/// A value of a mapping that was read already.
fn entry<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Value::Mapping(entries) = &node.value else { return None };
    entries.iter().find(|(known, _)| &*known.text == key).map(|(_, value)| value)
}

fn target(decoder: &mut Decoder, both: &mut Both<'_>) -> Option<Target> {
    const TARGETS: [(&str, Target); 3] =
        [("sandbox", Target::Sandbox), ("production", Target::Production), ("custom", Target::Custom)];
    let fields = both.of(decoder, "target");
    let Some(node) = fields.take("target") else {
        let start = document::Span { end: fields.span.start, ..fields.span };
        decoder
            .error("missing-key", &start, "these settings have no `target`")
            .help("add `target: sandbox` or `target: production`");
        return None;
    };
    decoder.choice(node, "target", &TARGETS).map(|target| target.value)
}

/// Every quarter of an hour.
fn default_schedule() -> Option<Cron> {
    Cron::parse("*/15 * * * *").ok()
}

/// A section of its own keys, or its default.
fn section<T: Default>(
    decoder: &mut Decoder,
    both: &mut Both<'_>,
    key: &'static str,
    read: fn(&mut Decoder, &mut Fields<'_>) -> T,
) -> T {
    let Some(mut inner) = both.take(decoder, key).and_then(|node| decoder.mapping(node, key)) else {
        return T::default();
    };
    let value = read(decoder, &mut inner);
    decoder.finish(inner, key);
    value
}

fn images(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Images {
    let default = Images::default();
    Images {
        base_url: fields.take("base_url").and_then(|node| directory_url(decoder, node, "base_url")),
        check: boolean(decoder, fields, "check", default.check),
        timeout: duration(decoder, fields, "timeout", default.timeout, SECOND),
        allow_private_hosts: boolean(decoder, fields, "allow_private_hosts", default.allow_private_hosts),
        proxy: None,
    }
}

/// An address to which more is added; ends in `/`.
fn directory_url(decoder: &mut Decoder, node: &Node, key: &str) -> Option<String> {
    let url = url(decoder, node, key, address::http_url)?;
    Some(format!("{}/", url.trim_end_matches('/')))
}

fn verify(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Verify {
    let default = Verify::default();
    let timeout = duration(decoder, fields, "timeout", default.timeout, SECOND);
    let written = fields.take("interval");
    let interval = written.and_then(|node| decoder.duration(node, "interval"));
    let interval = interval.map_or(default.interval.min(timeout), |interval| interval.value);
    if let Some(node) = written.filter(|_| interval.is_zero() || interval > timeout) {
        decoder
            .error("out-of-range", &node.span, "`interval` must be more than 0 and at most `timeout`")
            .help("write an interval such as 15s");
    }
    Verify { timeout, interval }
}

fn gobiz(decoder: &mut Decoder, both: &mut Both<'_>, target: Option<Target>) -> Gobiz {
    let fields = both.of(decoder, "gobiz");
    let node = fields.take("gobiz");
    let inner = node.and_then(|node| decoder.mapping(node, "gobiz"));
    let Some(mut inner) = inner else {
        if target == Some(Target::Custom) && node.is_none() {
            missing_addresses(decoder, fields);
        }
        return with_addresses(Gobiz::default(), target);
    };
    let mut gobiz = gobiz_keys(decoder, &mut inner);
    gobiz = with_addresses(gobiz, target);
    addresses(decoder, &mut inner, target, &mut gobiz);
    refuse_secret(decoder, &mut inner, "client_id", "client_id_file");
    refuse_secret(decoder, &mut inner, "client_secret", "client_secret_file");
    decoder.finish(inner, "gobiz");
    gobiz
}

fn gobiz_keys(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Gobiz {
    const STOCK_KEYS: [(&str, StockKey); 2] = [("external_id", StockKey::ExternalId), ("id", StockKey::Id)];
    let default = Gobiz::default();
    let stock_key = fields.take("stock_key").and_then(|node| decoder.choice(node, "stock_key", &STOCK_KEYS));
    Gobiz {
        client_id_file: decode_path(decoder, fields, "client_id_file"),
        client_secret_file: decode_path(decoder, fields, "client_secret_file"),
        accounts: accounts(decoder, fields),
        requests_per_second: rate(decoder, fields).unwrap_or(default.requests_per_second),
        concurrency: concurrency(decoder, fields, 1..=64).unwrap_or(default.concurrency),
        timeout: duration(decoder, fields, "timeout", default.timeout, SECOND),
        stock_key: stock_key.map_or(default.stock_key, |key| key.value),
        proxy: proxy::decode(decoder, fields),
        accept: accept(decoder, fields).unwrap_or(default.accept),
        ..default
    }
}

/// The name of an account is part of the names of files that systemd gives a service.
const ACCOUNT_NAME: &str = "write 1 to 64 letters, digits, `-` and `_`, beginning with a letter or digit";

fn accounts(decoder: &mut Decoder, fields: &mut Fields<'_>) -> BTreeMap<String, Account> {
    let mut accounts = BTreeMap::new();
    let Some(mut inner) = fields.take("accounts").and_then(|node| decoder.mapping(node, "accounts")) else {
        return accounts;
    };
    for (key, node) in inner.entries() {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let begins_well = key.text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if !begins_well || key.text.len() > 64 || !key.text.bytes().all(is_word) {
            decoder
                .error("out-of-range", &key.span, format!("`{}` cannot be the name of an account", key.text))
                .help(ACCOUNT_NAME);
            continue;
        }
        accounts.insert(key.text.to_string(), account(decoder, node));
    }
    accounts
}

/// Without any key, both credentials are in `$CREDENTIALS_DIRECTORY`.
fn account(decoder: &mut Decoder, node: &Node) -> Account {
    let Some(mut fields) = (if node.is_null() { None } else { decoder.mapping(node, "an account") }) else {
        return Account::default();
    };
    let account = Account {
        client_id_file: decode_path(decoder, &mut fields, "client_id_file"),
        client_secret_file: decode_path(decoder, &mut fields, "client_secret_file"),
        webhook_secret_file: decode_path(decoder, &mut fields, "webhook_secret_file"),
        requests_per_second: rate(decoder, &mut fields),
    };
    refuse_secret(decoder, &mut fields, "client_id", "client_id_file");
    refuse_secret(decoder, &mut fields, "client_secret", "client_secret_file");
    refuse_secret(decoder, &mut fields, "webhook_secret", "webhook_secret_file");
    decoder.finish(fields, "an account");
    account
}

fn with_addresses(gobiz: Gobiz, target: Option<Target>) -> Gobiz {
    let Some((api_url, oauth_url)) = target.and_then(Target::addresses) else { return gobiz };
    Gobiz { api_url: api_url.to_owned(), oauth_url: oauth_url.to_owned(), ..gobiz }
}

/// `api_url` and `oauth_url`: both with `target: custom`, neither without.
fn addresses(decoder: &mut Decoder, fields: &mut Fields<'_>, target: Option<Target>, gobiz: &mut Gobiz) {
    for (key, address) in [("api_url", &mut gobiz.api_url), ("oauth_url", &mut gobiz.oauth_url)] {
        if target == Some(Target::Custom) {
            let node = decoder.require(fields, key, "gobiz (with `target: custom`)");
            let url = node.and_then(|node| url(decoder, node, key, address::server));
            *address = url.unwrap_or_default().trim_end_matches('/').to_owned();
        } else if let (Some((at, _)), Some(target)) = (fields.take_entry(key), target) {
            decoder
                .error("out-of-range", &at.span, format!("`{key}` is not used with `target: {}`", target.name()))
                .help(format!("remove `{key}`, or write `target: custom`"));
        }
    }
}

fn missing_addresses(decoder: &mut Decoder, fields: &Fields<'_>) {
    let start = document::Span { end: fields.span.start, ..fields.span };
    decoder
        .error("missing-key", &start, "`target: custom` needs `gobiz.api_url` and `gobiz.oauth_url`")
        .help("add `gobiz: {api_url: …, oauth_url: …}`, or write `target: sandbox` or `target: production`");
}

const SECOND: Duration = Duration::from_secs(1);

fn duration(
    decoder: &mut Decoder,
    fields: &mut Fields<'_>,
    key: &'static str,
    default: Duration,
    min: Duration,
) -> Duration {
    let Some(node) = fields.take(key) else { return default };
    let Some(Spanned { value, .. }) = decoder.duration(node, key) else { return default };
    if value < min {
        decoder.error("out-of-range", &node.span, format!("`{key}` must be at least 1s")).help("write 1s or more");
    }
    value
}

fn boolean(decoder: &mut Decoder, fields: &mut Fields<'_>, key: &'static str, default: bool) -> bool {
    fields.take(key).and_then(|node| decoder.boolean(node, key)).map_or(default, |value| value.value)
}

fn rate(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Option<f64> {
    let node = fields.take("requests_per_second")?;
    let rate = decoder.decimal(node, "requests_per_second")?.value;
    if rate <= 0.0 {
        decoder
            .error("out-of-range", &node.span, "`requests_per_second` must be more than 0")
            .help("write a number such as 5 or 0.5");
    }
    Some(rate)
}

/// A media type, or several separated by commas (RFC 9110, section 12.5.1).
fn accept(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Option<String> {
    let node = fields.take("accept")?;
    let text = decoder.text(node, "accept")?.value;
    let is_token = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    let is_range = |range: &str| {
        let kind = range.split(';').next().unwrap_or_default().trim();
        kind.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
    };
    let is_plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if !is_plain || !text.split(',').all(is_range) {
        decoder
            .error("wrong-type", &node.span, format!("`{text}` is no media type"))
            .help("write `application/json`, or what GoBiz names; one integration used `application/vnd.eim.v1+json`");
        return None;
    }
    Some(text)
}

fn concurrency(decoder: &mut Decoder, fields: &mut Fields<'_>, range: RangeInclusive<i64>) -> Option<usize> {
    let node = fields.take("concurrency")?;
    let count = decoder.integer(node, "concurrency")?.value;
    if !range.contains(&count) {
        let (min, max) = range.into_inner();
        decoder
            .error("out-of-range", &node.span, format!("`concurrency` is {count}, it must be {min} to {max}"))
            .help("write a number such as 8");
    }
    usize::try_from(count).ok()
}

fn url(
    decoder: &mut Decoder,
    node: &Node,
    key: &str,
    read: fn(&str) -> Result<reqwest::Url, Refused>,
) -> Option<String> {
    let text = decoder.text(node, key)?.value;
    match read(&text) {
        Ok(url) => Some(url.into()),
        Err(Refused { code, problem, help }) => {
            decoder.error(code, &node.span, format!("`{key}`: {problem}")).help(help);
            None
        }
    }
}

fn listen(decoder: &mut Decoder, node: &Node) -> Option<Listen> {
    let text = decoder.text(node, "listen")?.value;
    match Listen::parse(&text) {
        Ok(listen) => Some(listen),
        Err(help) => {
            decoder.error("wrong-type", &node.span, format!("`{text}` is no address to listen on")).help(help);
            None
        }
    }
}
