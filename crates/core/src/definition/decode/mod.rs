//! Documents to layers: one file at a time, all its errors at once. What needs other files is left to the rest of the room.

mod patches;
mod promotions;
mod read;
mod things;

use std::sync::Arc;

use hashbrown::HashSet;
use jiff::civil;
use read::{Presence, declared, said_text};

use super::{
    BrokenOutlet,
    hours::decode_week,
    layer::{Content, DecodedFile, Head, Layer, OutletHead},
    policy::take_policy,
    recurrence::{outside_dates, when},
};
use crate::{
    catalog::OutletId,
    diagnostic::{Diagnostic, Place},
    document::{self, Decoder, Fields, Key, Node, SourceFile, Spanned, Value},
    schedule::{Recurrence, Stretches},
};

/// Decodes one file, whatever others say.
pub fn decode_file(file: &SourceFile) -> DecodedFile {
    let parsed = document::parse(file);
    let mut diagnostics = parsed.diagnostics;
    let mut decoder = Decoder::new(file.path.clone());
    let layer = match &parsed.root {
        Some(root) if !root.is_null() => match answer_key(root) {
            Some(key) => {
                decoder
                    .error("unknown-key", &key.span, "this is an answer of GoFood, not a definition")
                    .help("`menusync import` writes it as files; remove this one");
                None
            }
            None => decode_layer(&mut decoder, root),
        },
        _ => {
            if !diagnostics.iter().any(Diagnostic::is_error) {
                diagnostics.push(empty_file(file));
            }
            None
        }
    };
    // What could not be read as YAML is null in the tree; that it is missing has the same cause.
    let explained: HashSet<_> = diagnostics.iter().filter_map(|wrong| wrong.place.clone()).collect();
    let is_new = |wrong: &Diagnostic| wrong.place.as_ref().is_none_or(|place| !explained.contains(place));
    diagnostics.extend(decoder.into_diagnostics().into_iter().filter(is_new));
    let broken_outlet = if layer.is_none() { broken_outlet(file) } else { None };
    DecodedFile { path: file.path.clone(), layer, diagnostics, allows: parsed.allows, broken_outlet }
}

/// A file cut short while it was written looks like this; taken as "nothing" it would remove a menu.
fn empty_file(file: &SourceFile) -> Diagnostic {
    let place = Place::start_of(&file.path);
    Diagnostic::error("empty-file", place, "the file says nothing")
        .help("write its definitions, `{}` for a layer without any, or delete the file")
}

/// The key by which a file shows that it is what the platform answered to a GET: no definition has it.
fn answer_key(root: &Node) -> Option<&Key> {
    let Value::Mapping(entries) = &root.value else { return None };
    let entry = |key: &str| entries.iter().find(|(known, _)| *known.text == *key);
    let (key, data) = entry("data")?;
    let has_menus = matches!(&data.value, Value::Mapping(data) if data.iter().any(|(key, _)| &*key.text == "menus"));
    (has_menus && entry("outlet").is_none()).then(|| entry("success").map_or(key, |(key, _)| key))
}

fn decode_layer(decoder: &mut Decoder, root: &Node) -> Option<Layer> {
    let mut fields = decoder.mapping(root, "a layer")?;
    let outlet = decode_outlet(decoder, &mut fields);
    let is_outlet = fields.has("outlet");
    // Part of every PUT body; it names one request and means nothing here.
    fields.take("request_id");
    let head = Head {
        outlet,
        extends: decode_extends(decoder, &mut fields),
        from: decode_date(decoder, &mut fields, "from", is_outlet),
        until: decode_date(decoder, &mut fields, "until", is_outlet),
        when: decode_when(decoder, &mut fields, is_outlet),
        stretches: Stretches::default(),
        policy: take_policy(decoder, &mut fields),
    };
    let content = Content {
        hours: decode_hours(decoder, &mut fields, Presence::Definition),
        menus: things::menus(decoder, &mut fields),
        variant_categories: things::variant_categories(decoder, &mut fields),
        items: patches::items(decoder, &mut fields),
        variants: patches::variants(decoder, &mut fields),
        categories: patches::categories(decoder, &mut fields),
        attach: patches::attach(decoder, &mut fields),
        pricing: patches::pricing(decoder, &mut fields),
        promotions: promotions::promotions(decoder, &mut fields),
    };
    promotions::pasted_body(decoder, &mut fields, "write it under `promotions: NAME:`");
    check_dates(decoder, &head);
    if let Some(account) = head.policy.account.as_ref().filter(|_| head.is_dated()) {
        let wrong =
            Diagnostic::error("conflicting-keys", account.place.clone(), "a dated layer cannot name an `account`");
        decoder.report(wrong.help("write it into the outlet, or into a layer without `from`, `until` and `when`"));
    }
    settings_of_the_root(decoder, &mut fields);
    decoder.finish(fields, "a layer");
    Some(Layer::new(head, content))
}

/// What stands in `menusync.yaml` and nowhere else.
fn settings_of_the_root(decoder: &mut Decoder, fields: &mut Fields<'_>) {
    const KEYS: [&str; 11] = [
        "target",
        "schedule",
        "jitter",
        "images",
        "gobiz",
        "verify",
        "state_dir",
        "database_url_file",
        "listen",
        "webhook",
        "notify",
    ];
    for key in KEYS {
        if fields.has(key)
            && let Some((at, _)) = fields.take_entry(key)
        {
            decoder
                .error("unknown-key", &at.span, format!("`{key}` is a setting of the whole root, not of a layer"))
                .help("write it into menusync.yaml");
        }
    }
}

fn decode_outlet(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Option<OutletHead> {
    let id = fields.take("outlet").and_then(|node| {
        let id = decoder.text(node, "outlet")?.map(OutletId);
        if !id.value.is_well_formed() {
            let message = format!("`{}` is not an outlet id", id.value);
            let with_letter = OutletId(format!("G{}", id.value.as_str().trim_start_matches('g')));
            let help = match with_letter.is_well_formed() {
                true => format!("write {with_letter}"),
                false => "write `G`, digits and at most one capital letter, such as G916309315, as the GoBiz portal \
                          shows it"
                    .to_owned(),
            };
            decoder.error("outlet-id", &node.span, message).help(help);
        }
        Some(id)
    });
    let is_outlet = fields.has("outlet");
    for key in ["name", "state"] {
        if let (false, Some((key, _))) = (is_outlet, fields.take_entry(key)) {
            let message = format!("`{}` is for outlets, and this file has no `outlet`", key.text);
            decoder.error("unknown-key", &key.span, message).help("remove it, or add `outlet: G…`");
        }
    }
    let name = said_text(decoder, fields, "name", Presence::Definition).and_then(|name| name.value);
    let state = declared(fields, "state", decoder, Presence::Definition, |decoder, node| {
        decoder.choice(node, "state", &[("paused", ())])
    });
    Some(OutletHead { id: id?, name, paused: state.is_some() })
}

fn decode_extends(decoder: &mut Decoder, fields: &mut Fields<'_>) -> Vec<Spanned<String>> {
    let Some(node) = fields.take("extends").filter(|node| !node.is_null()) else { return Vec::new() };
    let nodes = decoder.list(node, "extends").unwrap_or_default();
    nodes.iter().filter_map(|node| decoder.text(node, "a layer to extend")).collect()
}

fn decode_hours(
    decoder: &mut Decoder,
    fields: &mut Fields<'_>,
    presence: Presence,
) -> super::Declared<Box<super::hours::Week>> {
    declared(fields, "operational_hours", decoder, presence, |decoder, node| {
        let week = decode_week(decoder, node)?;
        Some(Spanned { value: Box::new(week), place: decoder.place(&node.span) })
    })
}

/// The entry of a key that says when a layer counts, if it may stand there.
fn dated_entry<'n>(
    decoder: &mut Decoder,
    fields: &mut Fields<'n>,
    key: &'static str,
    is_outlet: bool,
) -> Option<(&'n Key, &'n Node)> {
    let entry = fields.take_entry(key).filter(|(_, node)| !node.is_null())?;
    if is_outlet {
        let message = format!("an outlet cannot have `{key}`");
        decoder.error("dated-outlet", &entry.0.span, message).help("put what is dated into a layer and extend it");
        return None;
    }
    Some(entry)
}

/// `when`: times that come back.
fn decode_when(decoder: &mut Decoder, fields: &mut Fields<'_>, is_outlet: bool) -> Option<Spanned<Recurrence>> {
    let (_, node) = dated_entry(decoder, fields, "when", is_outlet)?;
    when(decoder, node)
}

/// `from` and `until`: a civil date, with or without a time.
fn decode_date(
    decoder: &mut Decoder,
    fields: &mut Fields<'_>,
    key: &'static str,
    is_outlet: bool,
) -> Option<Spanned<civil::DateTime>> {
    let (_, node) = dated_entry(decoder, fields, key, is_outlet)?;
    let text = decoder.text(node, key)?;
    let Some(value) = parse_date(&text.value) else {
        let message = format!("`{}` is not a date", text.value);
        let help =
            "write a date such as 2027-02-08 or 2027-02-08T00:00, without a zone: it is read in each outlet's own";
        decoder.error("date-format", &node.span, message).help(help);
        return None;
    };
    Some(Spanned { value, place: text.place })
}

/// Exactly `YYYY-MM-DD`, with `THH:MM` or `THH:MM:SS`: anything after it (a zone, an offset) would be read past silently.
fn parse_date(text: &str) -> Option<civil::DateTime> {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    match shape.as_str() {
        "0000-00-00" => text.parse::<civil::Date>().ok().map(Into::into),
        "0000-00-00T00:00" | "0000-00-00T00:00:00" => text.parse().ok(),
        _ => None,
    }
}

fn check_dates(decoder: &mut Decoder, head: &Head) {
    // Without `from` a layer with `when` has been coming for ever.
    let (Some(from), Some(until)) = (&head.from, &head.until) else { return };
    if until.value <= from.value {
        let message = format!("`until` ({}) must be after `from` ({})", until.value, from.value);
        let wrong = Diagnostic::error("date-format", until.place.clone(), message)
            .help("`until` is the first moment at which the layer no longer counts")
            .related(from.place.clone(), "`from` is here");
        decoder.report(wrong);
        return;
    }
    if let Some(wrong) = head.when.as_ref().and_then(|when| outside_dates(when, from.value, until.value)) {
        decoder.report(wrong);
    }
}

/// The outlet that an unreadable file seems to be for: a line that begins with `outlet:`, or `"outlet":` in JSON.
fn broken_outlet(file: &SourceFile) -> Option<BrokenOutlet> {
    let is_json = file.path.ends_with(".json");
    let id = file.text.lines().find_map(|line| {
        let rest = match is_json {
            true => {
                line.trim_start_matches(['{', ' ', '\t']).strip_prefix("\"outlet\"")?.trim_start().strip_prefix(':')?
            }
            false => line.strip_prefix("outlet:")?,
        };
        let id = rest.split(['#', ',', '}']).next()?.trim().trim_matches(['"', '\'']);
        (!id.is_empty()).then(|| OutletId(id.to_owned()))
    })?;
    Some(BrokenOutlet { id, file: Arc::clone(&file.path) })
}
