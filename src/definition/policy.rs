//! The policy keys of `menusync.yaml`, layers and outlets: what each file says, laid one over the other.
//!
//! What the values mean is `crate::policy`'s; which rule codes exist is `rules`' to say, see [`PolicyPatch::rule_codes`].

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use crate::{
    diagnostic::Severity,
    document::{Decoder, Fields, Key, Node, Spanned, closest},
    policy::{DeletesLimit, DriftPolicy, Guard, Ignorable, Policy, UnmanagedPolicy, Window, WindowKind},
    schedule::Cron,
};

/// What one file says about policy; `None` and absent entries say nothing.
#[derive(Debug, Clone, Default)]
pub struct PolicyPatch {
    /// `timezone`
    pub timezone: Option<TimeZone>,
    /// `drift`
    pub drift: Option<DriftPolicy>,
    /// `unmanaged`
    pub unmanaged: Option<UnmanagedPolicy>,
    /// `ignore`; replaces the list of the file before.
    pub ignore: Option<BTreeSet<Ignorable>>,
    /// `guards`; each limit for itself.
    pub guards: GuardsPatch,
    /// `rules`; each code for itself. `None` = off.
    pub rules: Vec<(Spanned<String>, Option<Severity>)>,
    /// `windows`; replaces the list of the file before.
    pub windows: Option<Vec<Window>>,
}

/// The limits that one file sets.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct GuardsPatch {
    /// `deletes`
    pub deletes: Option<DeletesLimit>,
    /// `price-change`, in percent.
    pub price_change: Option<f64>,
    /// `sold-out`, in percent.
    pub sold_out: Option<f64>,
}

impl PolicyPatch {
    /// Lays this over `policy`: what is said here wins, guards and rules one by one, lists as a whole.
    pub fn apply(&self, policy: &mut Policy) {
        let Self { timezone, drift, unmanaged, ignore, guards, rules, windows } = self;
        let GuardsPatch { deletes, price_change, sold_out } = guards;
        replace(&mut policy.timezone, timezone);
        replace(&mut policy.drift, drift);
        replace(&mut policy.unmanaged, unmanaged);
        replace(&mut policy.ignore, ignore);
        replace(&mut policy.windows, windows);
        replace(&mut policy.guards.deletes, deletes);
        replace(&mut policy.guards.price_change, price_change);
        replace(&mut policy.guards.sold_out, sold_out);
        policy.rules.extend(rules.iter().map(|(code, severity)| (code.value.clone(), *severity)));
    }

    /// The codes under `rules`, for a check that they exist.
    pub fn rule_codes(&self) -> impl Iterator<Item = &Spanned<String>> {
        self.rules.iter().map(|(code, _)| code)
    }
}

fn replace<T: Clone>(value: &mut T, said: &Option<T>) {
    if let Some(said) = said {
        value.clone_from(said);
    }
}

/// Takes the policy keys out of `fields`.
pub fn take_policy(decoder: &mut Decoder, fields: &mut Fields<'_>) -> PolicyPatch {
    const DRIFT: [(&str, DriftPolicy); 2] = [("report", DriftPolicy::Report), ("revert", DriftPolicy::Revert)];
    const UNMANAGED: [(&str, UnmanagedPolicy); 2] =
        [("hold", UnmanagedPolicy::Hold), ("delete", UnmanagedPolicy::Delete)];
    PolicyPatch {
        timezone: fields.take("timezone").and_then(|node| timezone(decoder, node)),
        drift: fields.take("drift").and_then(|node| decoder.choice(node, "drift", &DRIFT)).map(|d| d.value),
        unmanaged: fields.take("unmanaged").and_then(|n| decoder.choice(n, "unmanaged", &UNMANAGED)).map(|u| u.value),
        ignore: fields.take("ignore").and_then(|node| ignore(decoder, node)),
        guards: fields.take("guards").and_then(|node| guards(decoder, node)).unwrap_or_default(),
        rules: fields.take("rules").and_then(|node| rules(decoder, node)).unwrap_or_default(),
        windows: fields.take("windows").and_then(|node| windows(decoder, node)),
    }
}

fn timezone(decoder: &mut Decoder, node: &Node) -> Option<TimeZone> {
    let name = decoder.text(node, "timezone")?.value;
    if let Ok(zone) = TimeZone::get(&name) {
        return Some(zone);
    }
    let indonesian = [("WIB", "Asia/Jakarta"), ("WITA", "Asia/Makassar"), ("WIT", "Asia/Jayapura")];
    let help = match indonesian.iter().find(|(short, _)| short.eq_ignore_ascii_case(&name)) {
        Some((_, zone)) => format!("write `{zone}`"),
        None => {
            let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
            match closest(&name, known.iter().map(String::as_str)) {
                Some(zone) => format!("did you mean `{zone}`?"),
                None => "write an IANA name: `Asia/Jakarta`, `Asia/Makassar` or `Asia/Jayapura` in Indonesia".into(),
            }
        }
    };
    decoder.error("timezone", &node.span, format!("`{name}` is no known time zone")).help(help);
    None
}

fn ignore(decoder: &mut Decoder, node: &Node) -> Option<BTreeSet<Ignorable>> {
    let nodes = decoder.list(node, "ignore")?;
    Some(nodes.iter().filter_map(|n| decoder.choice(n, "ignore", &Ignorable::ALL)).map(|field| field.value).collect())
}

fn guards(decoder: &mut Decoder, node: &Node) -> Option<GuardsPatch> {
    let mut fields = decoder.mapping(node, "guards")?;
    let patch = GuardsPatch {
        deletes: fields.take("deletes").and_then(|node| deletes(decoder, node)),
        price_change: fields.take("price-change").and_then(|node| limit(decoder, node, "price-change", f64::MAX)),
        sold_out: fields.take("sold-out").and_then(|node| limit(decoder, node, "sold-out", 100.0)),
    };
    for (key, _) in fields.entries() {
        unknown_guard(decoder, key);
    }
    Some(patch)
}

fn unknown_guard(decoder: &mut Decoder, key: &Key) {
    if let Some(guard) = Guard::from_name(&key.text) {
        decoder
            .error("unknown-key", &key.span, format!("the guard `{guard}` has no limit that could be set"))
            .help(format!("remove it; a plan that `{guard}` holds is released with `--allow {guard}` or an approval"));
        return;
    }
    let help = match closest(&key.text, ["deletes", "price-change", "sold-out"]) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "limits can be set for `deletes`, `price-change` and `sold-out`".into(),
    };
    decoder.error("unknown-key", &key.span, format!("there is no guard `{}`", key.text)).help(help);
}

fn deletes(decoder: &mut Decoder, node: &Node) -> Option<DeletesLimit> {
    const HELP: &str = "write a number of items and a share of the menu, such as `[5, 20%]`";
    let [count, share] = decoder.list(node, "deletes")? else {
        decoder.error("wrong-type", &node.span, "`deletes` must be a list of two").help(HELP);
        return None;
    };
    let whole = decoder.integer(count, "deletes");
    let percent = limit(decoder, share, "deletes", 100.0);
    let whole = whole?.value;
    let Ok(whole) = u32::try_from(whole) else {
        decoder.error("out-of-range", &count.span, format!("`deletes` cannot be {whole} items")).help(HELP);
        return None;
    };
    Some(DeletesLimit { count: whole, percent: percent? })
}

fn limit(decoder: &mut Decoder, node: &Node, what: &str, max: f64) -> Option<f64> {
    let percent = decoder.percent(node, what)?.value;
    if (0.0..=max).contains(&percent) {
        return Some(percent);
    }
    let help = if percent < 0.0 { "write 0% or more" } else { "write at most 100%" };
    decoder.error("out-of-range", &node.span, format!("`{what}` cannot be {percent}%")).help(help);
    None
}

fn rules(decoder: &mut Decoder, node: &Node) -> Option<Vec<(Spanned<String>, Option<Severity>)>> {
    const SEVERITIES: [(&str, Option<Severity>); 3] =
        [("error", Some(Severity::Error)), ("warning", Some(Severity::Warning)), ("off", None)];
    let mut fields = decoder.mapping(node, "rules")?;
    let mut rules = Vec::new();
    for (key, node) in fields.entries() {
        let code = Spanned { value: key.text.to_string(), place: decoder.place(&key.span) };
        if let Some(severity) = decoder.choice(node, &code.value, &SEVERITIES) {
            rules.push((code, severity.value));
        }
    }
    Some(rules)
}

fn windows(decoder: &mut Decoder, node: &Node) -> Option<Vec<Window>> {
    let nodes = decoder.list(node, "windows")?;
    Some(nodes.iter().filter_map(|node| window(decoder, node)).collect())
}

fn window(decoder: &mut Decoder, node: &Node) -> Option<Window> {
    const KINDS: [(&str, WindowKind); 2] = [("allow", WindowKind::Allow), ("deny", WindowKind::Deny)];
    let mut fields = decoder.mapping(node, "a window")?;
    let kind = decoder.require(&mut fields, "kind", "the window");
    let kind = kind.and_then(|node| decoder.choice(node, "kind", &KINDS));
    let schedule =
        decoder.require(&mut fields, "schedule", "the window").and_then(|node| cron(decoder, node, "schedule"));
    let duration = decoder.require(&mut fields, "duration", "the window");
    let duration = duration.and_then(|node| positive_duration(decoder, node));
    let outlets = fields.take("outlets").map_or_else(|| Some(Vec::new()), |node| globs(decoder, node));
    decoder.finish(fields, "a window");
    Some(Window { kind: kind?.value, schedule: schedule?, duration: duration?, outlets: outlets? })
}

/// A cron expression; `what` is its key.
pub(crate) fn cron(decoder: &mut Decoder, node: &Node, what: &str) -> Option<Cron> {
    let text = decoder.text(node, what)?.value;
    match Cron::parse(&text) {
        Ok(cron) => Some(cron),
        Err(error) => {
            decoder.error("cron", &node.span, format!("`{what}`: {}", error.message)).help(error.help);
            None
        }
    }
}

fn positive_duration(decoder: &mut Decoder, node: &Node) -> Option<std::time::Duration> {
    let duration = decoder.duration(node, "duration")?.value;
    if duration.is_zero() {
        decoder.error("out-of-range", &node.span, "a window of no length never opens").help("write 1m or more");
        return None;
    }
    Some(duration)
}

fn globs(decoder: &mut Decoder, node: &Node) -> Option<Vec<String>> {
    let mut globs = Vec::new();
    for node in decoder.list(node, "outlets")? {
        let glob = decoder.text(node, "outlets")?.value;
        if let Err(error) = globset::Glob::new(&glob) {
            decoder
                .error("glob", &node.span, format!("`{glob}` is not a pattern: {}", error.kind()))
                .help("write an outlet's id, name or file, with `*` for any characters");
        }
        globs.push(glob);
    }
    Some(globs)
}
