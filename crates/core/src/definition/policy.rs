//! The policy keys of `menusync.yaml`, layers and outlets: what each file says, laid one over the other.
//!
//! What the values mean is `crate::policy`'s; which rule codes exist is `rules`' to say, see [`PolicyPatch::rule_codes`].

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::recurrence::{START_OF_A_YEAR, recurrence};
use crate::{
    diagnostic::{Replacement, Severity},
    document::{Decoder, Fields, Key, Node, Spanned, Value, closest},
    policy::{DeletesLimit, DriftPolicy, Guard, Ignorable, Policy, PromotionPolicy, UnmanagedPolicy},
    schedule::{Gate, Window, WindowKind, gate},
};

/// What one file says about policy; `None` and absent entries say nothing.
#[derive(Debug, Clone, Default)]
pub struct PolicyPatch {
    /// `timezone`
    pub timezone: Option<TimeZone>,
    /// `account`, for a check that there is one.
    pub account: Option<Spanned<String>>,
    /// `drift`
    pub drift: Option<DriftPolicy>,
    /// `unmanaged`
    pub unmanaged: Option<UnmanagedPolicy>,
    /// `promotions`, or `policy` in it.
    pub promotions: Option<PromotionPolicy>,
    /// Whether the file declares promotions.
    pub declares_promotions: bool,
    /// `minimum_discount` of `promotions`
    pub least_discounts: Option<[u32; 2]>,
    /// `ignore`; replaces the list of the file before.
    pub ignore: Option<BTreeSet<Ignorable>>,
    /// `guards`; each limit for itself.
    pub guards: GuardsPatch,
    /// `rules`; each code for itself. `None` = off.
    pub rules: Vec<(Spanned<String>, Option<Severity>)>,
    /// `windows`; replaces the list of the file before.
    pub windows: Option<Vec<Window>>,
    /// The patterns under `outlets` of these windows, for a check that they mean somebody.
    pub window_outlets: Vec<Spanned<String>>,
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
    /// `promotion-depth`, in percent.
    pub promotion_depth: Option<f64>,
}

impl PolicyPatch {
    /// Lays this over `policy`: what is said here wins, guards and rules one by one, lists as a whole.
    pub fn apply(&self, policy: &mut Policy) {
        let Self { timezone, account, drift, unmanaged, promotions, declares_promotions: _, least_discounts, .. } =
            self;
        let Self { ignore, guards, rules, windows, .. } = self;
        let GuardsPatch { deletes, price_change, sold_out, promotion_depth } = guards;
        replace(&mut policy.timezone, timezone);
        if let Some(account) = account {
            policy.account = Some(account.value.as_str().into());
        }
        replace(&mut policy.drift, drift);
        replace(&mut policy.unmanaged, unmanaged);
        replace(&mut policy.promotions, promotions);
        replace(&mut policy.least_discounts, least_discounts);
        replace(&mut policy.ignore, ignore);
        replace(&mut policy.windows, windows);
        replace(&mut policy.guards.deletes, deletes);
        replace(&mut policy.guards.price_change, price_change);
        replace(&mut policy.guards.sold_out, sold_out);
        replace(&mut policy.guards.promotion_depth, promotion_depth);
        policy.rules.extend(rules.iter().map(|(code, severity)| (code.value.clone(), *severity)));
    }

    /// Both as one: what is said here wins over what is said `below`, guards and rules one by one, lists as a whole.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        let limits = |upper: GuardsPatch, lower: GuardsPatch| GuardsPatch {
            deletes: upper.deletes.or(lower.deletes),
            price_change: upper.price_change.or(lower.price_change),
            sold_out: upper.sold_out.or(lower.sold_out),
            promotion_depth: upper.promotion_depth.or(lower.promotion_depth),
        };
        Self {
            timezone: self.timezone.or(below.timezone),
            account: self.account.or(below.account),
            drift: self.drift.or(below.drift),
            unmanaged: self.unmanaged.or(below.unmanaged),
            promotions: self.promotions.or(below.promotions),
            declares_promotions: self.declares_promotions || below.declares_promotions,
            least_discounts: self.least_discounts.or(below.least_discounts),
            ignore: self.ignore.or(below.ignore),
            guards: limits(self.guards, below.guards),
            rules: below.rules.into_iter().chain(self.rules).collect(),
            window_outlets: if self.windows.is_some() { self.window_outlets } else { below.window_outlets },
            windows: self.windows.or(below.windows),
        }
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
    let mut window_outlets = Vec::new();
    let promotions = promotions(decoder, fields);
    PolicyPatch {
        timezone: fields.take("timezone").and_then(|node| timezone(decoder, node)),
        account: fields.take("account").and_then(|node| decoder.text(node, "account")),
        drift: fields.take("drift").and_then(|node| decoder.choice(node, "drift", &DRIFT)).map(|d| d.value),
        unmanaged: fields.take("unmanaged").and_then(|n| decoder.choice(n, "unmanaged", &UNMANAGED)).map(|u| u.value),
        promotions: promotions.0,
        declares_promotions: promotions.1,
        least_discounts: promotions.2,
        ignore: fields.take("ignore").and_then(|node| ignore(decoder, node)),
        guards: fields.take("guards").and_then(|node| guards(decoder, node)).unwrap_or_default(),
        rules: fields.take("rules").and_then(|node| rules(decoder, node)).unwrap_or_default(),
        windows: fields.take("windows").and_then(|node| windows(decoder, node, &mut window_outlets)),
        window_outlets,
    }
}

/// `off`, `watch` or `manage`: as `promotions` itself, or as `policy` in it, beside the promotions of a file. Those are left to
/// who knows promotions.
fn promotions(decoder: &mut Decoder, fields: &mut Fields<'_>) -> (Option<PromotionPolicy>, bool, Option<[u32; 2]>) {
    const WORDS: [(&str, PromotionPolicy); 3] =
        [("off", PromotionPolicy::Off), ("watch", PromotionPolicy::Watch), ("manage", PromotionPolicy::Manage)];
    let Some(node) = fields.peek("promotions").filter(|node| !node.is_null()) else { return (None, false, None) };
    let Value::Mapping(entries) = &node.value else {
        fields.take("promotions");
        return (decoder.choice(node, "promotions", &WORDS).map(|policy| policy.value), false, None);
    };
    let find = |key: &str| entries.iter().find(|(known, _)| *known.text == *key).map(|(_, node)| node);
    let policy = find(PROMOTION_POLICY).and_then(|node| decoder.choice(node, "policy", &WORDS));
    let least = find(LEAST_DISCOUNT).and_then(|node| least_discounts(decoder, node));
    let declares = entries.iter().any(|(key, _)| ![PROMOTION_POLICY, LEAST_DISCOUNT].contains(&&*key.text));
    (policy.map(|policy| policy.value), declares, least)
}

/// Takes `promotions` where it can only be a policy: in the settings.
pub fn take_promotion_policy(decoder: &mut Decoder, fields: &mut Fields<'_>) {
    let Some(node) = fields.take("promotions").filter(|node| matches!(node.value, Value::Mapping(_))) else { return };
    let Some(mut entries) = decoder.mapping(node, "promotions") else { return };
    entries.take(PROMOTION_POLICY);
    entries.take(LEAST_DISCOUNT);
    for (key, _) in entries.entries() {
        decoder
            .error("unknown-key", &key.span, format!("the promotion `{}` belongs to no outlet here", key.text))
            .help("declare it in an outlet, or in a layer that outlets extend");
    }
}

/// The keys of `promotions` that are no promotions.
pub(super) const PROMOTION_POLICY: &str = "policy";
pub(super) const LEAST_DISCOUNT: &str = "minimum_discount";

/// `[5%, 30%]`
fn least_discounts(decoder: &mut Decoder, node: &Node) -> Option<[u32; 2]> {
    let limits = match &node.value {
        Value::Sequence(limits) => <&[Node; 2]>::try_from(&**limits).ok(),
        _ => None,
    };
    let Some(limits) = limits else {
        decoder
            .error("wrong-type", &node.span, "`minimum_discount` must be a list of two")
            .help("write the least by dates or days and the least by times, such as `[5%, 30%]`");
        return None;
    };
    let mut read = |node| {
        let percent = limit(decoder, node, "minimum_discount", 100.0)?;
        if percent.fract() != 0.0 {
            decoder
                .error("out-of-range", &node.span, format!("`minimum_discount` cannot be {percent}%"))
                .help("write whole percents");
            return None;
        }
        Some(percent as u32)
    };
    let (by_dates, by_times) = (read(&limits[0]), read(&limits[1]));
    Some([by_dates?, by_times?])
}

/// What people call the three time zones of Indonesia, and large places and islands in them.
const INDONESIAN_ZONES: [(&str, &[&str]); 3] = [
    (
        "Asia/Jakarta",
        &["WIB", "Bandung", "Surabaya", "Medan", "Semarang", "Yogyakarta", "Jogja", "Palembang", "Java", "Jawa"],
    ),
    (
        "Asia/Makassar",
        &["WITA", "Bali", "Denpasar", "Lombok", "Mataram", "Manado", "Kupang", "Banjarmasin", "Balikpapan"],
    ),
    ("Asia/Jayapura", &["WIT", "Papua", "Ambon", "Sorong", "Manokwari"]),
];

fn timezone(decoder: &mut Decoder, node: &Node) -> Option<TimeZone> {
    let name = decoder.text(node, "timezone")?.value;
    if let Ok(zone) = TimeZone::get(&name) {
        if let Some(hours) = hours_behind(&name) {
            let message = format!("`{name}` is {hours} h behind UTC: the sign in these names is the other way round");
            let meant = match hours {
                7 => "write `Asia/Jakarta` for UTC+7".to_owned(),
                8 => "write `Asia/Makassar` for UTC+8".to_owned(),
                9 => "write `Asia/Jayapura` for UTC+9".to_owned(),
                _ => "write the name of a place, such as `Asia/Jakarta`".to_owned(),
            };
            decoder.warning("timezone-sign", &node.span, message).help(meant);
        }
        return Some(zone);
    }
    // By the last part: `Bali`, `Asia/Bali`.
    let place = name.rsplit('/').next().unwrap_or(&name);
    let wrong = decoder.error("timezone", &node.span, format!("`{name}` is no known time zone"));
    match INDONESIAN_ZONES.iter().find(|(_, known)| known.iter().any(|n| n.eq_ignore_ascii_case(place))) {
        Some((zone, _)) => wrong.propose(Replacement::Text((*zone).to_owned()), format!("write `{zone}`")),
        None => {
            let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
            match closest(&name, known.iter().map(String::as_str)) {
                Some(zone) => wrong.did_you_mean(zone),
                None => {
                    wrong.help("write an IANA name: `Asia/Jakarta`, `Asia/Makassar` or `Asia/Jayapura` in Indonesia")
                }
            }
        }
    };
    None
}

/// `Etc/GMT+7` is not seven hours ahead.
fn hours_behind(name: &str) -> Option<u8> {
    let name = name.strip_prefix("Etc/").unwrap_or(name);
    name.strip_prefix("GMT+")?.parse().ok().filter(|hours| *hours > 0)
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
        promotion_depth: fields.take("promotion-depth").and_then(|node| limit(decoder, node, "promotion-depth", 100.0)),
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
            .help(format!("remove it; a plan that `{guard}` holds is released with `--allow {guard}`"));
        return;
    }
    let wrong = decoder.error("unknown-key", &key.span, format!("there is no guard `{}`", key.text));
    match closest(&key.text, ["deletes", "price-change", "sold-out", "promotion-depth"]) {
        Some(name) => wrong.did_you_mean(name),
        None => wrong.help("limits can be set for `deletes`, `price-change`, `sold-out` and `promotion-depth`"),
    };
}

fn deletes(decoder: &mut Decoder, node: &Node) -> Option<DeletesLimit> {
    const HELP: &str = "write a number of items and a share of the menu, such as `[5, 20%]`";
    let Value::Sequence(limits) = &node.value else {
        let given = node.scalar().map(|scalar| (&*scalar.text, scalar.text.ends_with('%')));
        let help = match given {
            Some((share, true)) => format!("write `[5, {share}]`: a number of items and a share of the menu"),
            Some((count, false)) if count.parse::<u32>().is_ok() => {
                format!("write `[{count}, 20%]`: a number of items and a share of the menu")
            }
            _ => HELP.to_owned(),
        };
        decoder.error("wrong-type", &node.span, "`deletes` must be a list of two").help(help);
        return None;
    };
    let [count, share] = &**limits else {
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

fn windows(decoder: &mut Decoder, node: &Node, outlets: &mut Vec<Spanned<String>>) -> Option<Vec<Window>> {
    let nodes = decoder.list(node, "windows")?;
    let read = nodes.iter().filter_map(|node| Some((node, window(decoder, node, outlets)?)));
    let read: Vec<(&Node, Window)> = read.collect();
    tell_never_open(decoder, &read);
    Some(read.into_iter().map(|(_, window)| window).collect())
}

/// Tells windows that let nothing through at any time. Judged in a year of its own and without a zone: what a file says is
/// wrong on all days or on none.
fn tell_never_open(decoder: &mut Decoder, windows: &[(&Node, Window)]) {
    let now = START_OF_A_YEAR;
    let never_open = |windows: &[&Window]| {
        let gate = gate(windows.iter().copied(), now, &TimeZone::UTC);
        matches!(gate, Gate::Closed { opens_at: None })
    };
    let denies = || windows.iter().filter(|(_, window)| window.kind == WindowKind::Deny);
    let endless: Vec<_> = denies().filter(|(_, window)| never_open(&[window])).collect();
    for (node, _) in &endless {
        decoder
            .warning("window-never-opens", &node.span, "this window never ends, so that nothing is ever pushed")
            .help("give it a `duration` shorter than the time from one start to the next");
    }
    if !endless.is_empty() {
        return;
    }
    for (node, allow) in windows.iter().filter(|(_, window)| window.kind == WindowKind::Allow) {
        let same = |other: &Window| other.outlets.is_empty() || other.outlets == allow.outlets;
        let hidden: Vec<&Window> = denies().map(|(_, deny)| deny).filter(|deny| same(deny)).chain([allow]).collect();
        if hidden.len() > 1 && never_open(&hidden) {
            decoder
                .warning(
                    "window-never-opens",
                    &node.span,
                    "this window lies inside of what others deny, and allows nothing",
                )
                .help("move it, or shorten the window that denies");
        }
    }
}

fn window(decoder: &mut Decoder, node: &Node, named: &mut Vec<Spanned<String>>) -> Option<Window> {
    const KINDS: [(&str, WindowKind); 2] = [("allow", WindowKind::Allow), ("deny", WindowKind::Deny)];
    let mut fields = decoder.mapping(node, "a window")?;
    let kind = decoder.require(&mut fields, "kind", "the window");
    let kind = kind.and_then(|node| decoder.choice(node, "kind", &KINDS));
    let times = recurrence(decoder, &mut fields, "the window");
    let outlets = fields.take("outlets").map_or_else(|| Some(Vec::new()), |node| outlet_globs(decoder, node));
    decoder.finish(fields, "a window");
    let globs = outlets?;
    let outlets = globs.iter().map(|glob| glob.value.clone()).collect();
    named.extend(globs);
    Some(Window { kind: kind?.value, times: times?, outlets })
}

/// Patterns that mean outlets.
pub fn outlet_globs(decoder: &mut Decoder, node: &Node) -> Option<Vec<Spanned<String>>> {
    let mut globs = Vec::new();
    for node in decoder.list(node, "outlets")? {
        let glob = decoder.text(node, "outlets")?;
        if let Err(error) = globset::Glob::new(&glob.value) {
            decoder
                .error("glob", &node.span, format!("`{}` is not a pattern: {}", glob.value, error.kind()))
                .help("write an outlet's id, name or file, with `*` for any characters");
        }
        globs.push(glob);
    }
    if globs.is_empty() {
        decoder
            .error("out-of-range", &node.span, "`outlets` names none, so this window would not be one")
            .help("name outlets, or remove `outlets` for all of them");
        return None;
    }
    Some(globs)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{
        diagnostic::Diagnostic,
        document::{SourceFile, parse},
    };

    fn read(text: &str) -> (PolicyPatch, Vec<Diagnostic>) {
        let parsed = parse(&SourceFile { path: "x.yaml".into(), text: text.into() });
        assert_eq!(parsed.diagnostics, []);
        let mut decoder = Decoder::new("x.yaml".into());
        let root = parsed.root.unwrap();
        let mut fields = decoder.mapping(&root, "x").unwrap();
        let patch = take_policy(&mut decoder, &mut fields);
        decoder.finish(fields, "x");
        (patch, decoder.into_diagnostics())
    }

    fn complaints(text: &str) -> Vec<String> {
        let brief = |d: &Diagnostic| format!("{}: {} ({})", d.code, d.message, d.help.as_deref().unwrap_or("-"));
        read(text).1.iter().map(brief).collect()
    }

    #[test]
    fn the_nearest_wins_key_by_key_and_lists_are_replaced() {
        let mut policy = Policy::default();
        let far = "drift: revert\nignore: [image, description]\nguards: {deletes: [1, 2%], sold-out: 3%}\nrules: {a: off, b: error}\n";
        let near = "timezone: Asia/Jayapura\nignore: []\nguards: {sold-out: 4%}\nrules: {b: warning}\n";
        for text in [far, near] {
            read(text).0.apply(&mut policy);
        }
        assert_eq!(policy.timezone.iana_name(), Some("Asia/Jayapura"));
        assert_eq!((policy.drift, policy.unmanaged), (DriftPolicy::Revert, UnmanagedPolicy::Hold));
        assert!(policy.ignore.is_empty());
        assert_eq!(policy.guards.deletes, DeletesLimit { count: 1, percent: 2.0 });
        assert_eq!((policy.guards.sold_out, policy.guards.price_change), (4.0, 50.0));
        assert_eq!((policy.rules["a"], policy.rules["b"]), (None, Some(Severity::Warning)));
    }

    #[test]
    fn a_file_that_says_nothing_changes_nothing() {
        let mut policy = Policy::default();
        read("x-a: 1").0.apply(&mut policy);
        assert_eq!(format!("{policy:?}"), format!("{:?}", Policy::default()));
    }

    #[test]
    fn rule_codes_are_given_with_their_places() {
        let (patch, diagnostics) = read("rules:\n  image-missing: off\n");
        let codes: Vec<String> = patch.rule_codes().map(|code| format!("{} {}", code.value, code.place)).collect();
        assert_eq!((codes, diagnostics.len()), (vec!["image-missing x.yaml:2:3".to_owned()], 0));
    }

    #[test]
    fn wrong_guards_are_told_apart() {
        assert_eq!(
            complaints("guards: {delets: [5, 20%], emptied-menu: 5, deletes: 5, price-change: 50, sold-out: 101%}"),
            [
                "wrong-type: `deletes` must be a list of two (write `[5, 20%]`: a number of items and a share of the menu)",
                "wrong-type: `price-change` must be a percentage, found `50` (add the percent sign: `50%`)",
                "out-of-range: `sold-out` cannot be 101% (write at most 100%)",
                "unknown-key: there is no guard `delets` (did you mean `deletes`?)",
                "unknown-key: the guard `emptied-menu` has no limit that could be set (remove it; a plan that \
                 `emptied-menu` holds is released with `--allow emptied-menu`)",
            ]
        );
        for text in ["[5]", "[5, 20%, 1]", "[20%, 5]", "[-1, 20%]", "[5, -1%]", "[5000000000, 1%]", "{a: 1}"] {
            assert!(!complaints(&format!("guards: {{deletes: {text}}}")).is_empty(), "{text}");
        }
    }

    #[test]
    fn time_zones_are_iana_names() {
        assert_eq!(complaints("timezone: WIB"), ["timezone: `WIB` is no known time zone (write `Asia/Jakarta`)"]);
        assert_eq!(
            complaints("timezone: Asia/Bali"),
            ["timezone: `Asia/Bali` is no known time zone (write `Asia/Makassar`)"]
        );
        assert_eq!(
            complaints("timezone: Asia/Jakata"),
            ["timezone: `Asia/Jakata` is no known time zone (did you mean `Asia/Jakarta`?)"]
        );
        assert_eq!(
            complaints("timezone: Etc/GMT+7"),
            ["timezone-sign: `Etc/GMT+7` is 7 h behind UTC: the sign in these names is the other way round \
                 (write `Asia/Jakarta` for UTC+7)"]
        );
        assert_eq!(complaints("timezone: Etc/GMT-7"), [""; 0]);
        for text in ["'+07:00'", "''", "../../etc/passwd", "[]", "~"] {
            assert_eq!(complaints(&format!("timezone: {text}")).len(), 1, "{text}");
        }
    }

    #[test]
    fn windows_are_complete_or_refused() {
        let (patch, diagnostics) = read("windows: [{kind: allow, schedule: '0 9 * * 7', duration: 90m}]");
        let windows = patch.windows.unwrap();
        assert_eq!((windows.len(), diagnostics.len()), (1, 0));
        assert!(windows[0].outlets.is_empty());
        assert_eq!(complaints("windows: [{}]").len(), 3);
        let nobody = "windows: [{kind: deny, schedule: '0 11 * * *', duration: 3h, outlets: []}]";
        assert_eq!(
            complaints(nobody),
            [
                "out-of-range: `outlets` names none, so this window would not be one (name outlets, or remove `outlets` for all of them)"
            ]
        );
        let wrong = "windows: [{kind: open, schedule: '61 * * * *', duration: 0s, outlets: ['[']}, 5]";
        let codes: Vec<&str> = read(wrong).1.iter().map(|d| d.code).collect();
        assert_eq!(codes, ["unknown-value", "cron", "out-of-range", "glob", "wrong-type"]);
    }
}
