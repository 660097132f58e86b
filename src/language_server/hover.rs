//! What an id is: its name and price, what it costs at the outlets, and which layers say what of it. For keys: what they mean.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    index::name_in,
    protocol::{About, Answer},
    question::{Here, Question},
    view::View,
};
use crate::{
    catalog::{ExternalId, Field, Path, Price},
    definition::{Composed, Outlet},
    diagnostic::Diagnostic,
    document::{self, Span},
    plan::Base,
    report::{
        self,
        untrusted::{markdown, printable},
    },
    rules,
    symbols::{self, Occurrence, Thing},
};

/// So many prices are told, and so many names of outlets of each (our choice: few lines).
const MOST_PRICES: usize = 4;
const MOST_NAMES: usize = 3;
/// So many rules are explained that what is wrong on a line breaks (our choice).
const MOST_RULES: usize = 4;
/// So many outlets are composed in search of one that has a thing (our choice: each takes milliseconds).
const MOST_COMPOSED: usize = 3;

pub(super) fn answer(question: &Question, about: &About) -> Answer {
    let Some(here) = question.here(&about.text_document.uri, about.position) else { return Ok(Value::Null) };
    let mut parts: Vec<String> = Vec::new();
    let mut span = None;
    if let (Some(named), Some(view)) = (here.named(), question.current()) {
        parts.extend(of_thing(question, &view, &here, &named));
        span = Some(named.span);
    }
    if let Some((what, at)) = of_schema(question, &here) {
        parts.push(what);
        span = span.or(Some(at));
    }
    parts.extend(of_rules(question, &here));
    let Some(span) = span.filter(|_| !parts.is_empty()) else { return Ok(Value::Null) };
    let value = parts.join("\n\n");
    Ok(json!({"contents": {"kind": "markdown", "value": value}, "range": here.range(span)}))
}

/// What the schema says of a key, also of the one whose value stands here.
fn of_schema(question: &Question, here: &Here<'_>) -> Option<(String, Span)> {
    let root = document::parse(&here.source()).root?;
    let (path, span) = symbols::path_at(&root, here.pos)?;
    Some((symbols::description(question.schema(&here.path)?, &path)?, span))
}

/// Why what is wrong here is wrong.
fn of_rules(question: &Question, here: &Here<'_>) -> Vec<String> {
    let line = here.pos.line;
    let is_here = |wrong: &&Diagnostic| {
        let place = wrong.place.as_ref().filter(|place| place.file == here.path);
        place.is_some_and(|place| place.line <= line && line <= place.end_line)
    };
    let mut codes: Vec<&str> = question.found.diagnostics.iter().filter(is_here).map(|wrong| wrong.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules = codes.into_iter().filter_map(rules::rule).take(MOST_RULES);
    rules.map(|rule| format!("`{}`: {}. {}", rule.code, rule.summary, rule.why)).collect()
}

fn of_thing(question: &Question, view: &View, here: &Here<'_>, named: &Occurrence) -> Vec<String> {
    let name = name_in(&here.path, named);
    match named.thing {
        Thing::Item | Thing::Category | Thing::Variant => of_id(question, view, here, named),
        Thing::Menu => in_outlet(question, view, here, &Path::Menu(name.to_string())).into_iter().collect(),
        Thing::Outlet => view.loaded.outlet(&(&*name).into()).map(outlet_words).into_iter().collect(),
        Thing::Layer => {
            let outlets = view.loaded.outlets_made_of(&name).count();
            vec![format!("Layer {} of {}", code(&name), report::counted(outlets, "outlet"))]
        }
        Thing::Rule => rules::rule(&name).map(|rule| format!("{}. {}", rule.summary, rule.why)).into_iter().collect(),
        Thing::Account | Thing::Promotion => Vec::new(),
    }
}

fn outlet_words(outlet: &Outlet) -> String {
    let layers: Vec<String> = outlet.chain.iter().map(|file| format!("- {}", code(file))).collect();
    format!("**{}**, its files in the order in which they are laid:\n\n{}", markdown(&outlet.name), layers.join("\n"))
}

fn of_id(question: &Question, view: &View, here: &Here<'_>, named: &Occurrence) -> Vec<String> {
    let id: ExternalId = (&*named.name).into();
    let path = match named.thing {
        Thing::Item => Path::item(&id),
        Thing::Category => Path::category(&id),
        _ => Path::variant(&id),
    };
    let label = view.index.of(named.thing, &named.name).find_map(|(_, found)| found.label.clone());
    let label = label.map(|label| format!("**{}**, ", markdown(&label))).unwrap_or_default();
    let head = format!("{label}{} {}", named.thing.noun(), code(&named.name));
    let mut parts = vec![head];
    if named.thing == Thing::Item {
        parts.extend(prices(view, &id));
    }
    parts.extend(in_outlet(question, view, here, &path));
    parts
}

/// To be copied as it is; nothing in it is Markdown.
fn code(text: &str) -> String {
    format!("`{}`", printable(text).replace('`', "'"))
}

/// What an item costs, the most common first.
fn prices(view: &View, id: &ExternalId) -> Option<String> {
    let mut by_price: BTreeMap<Price, Vec<String>> = BTreeMap::new();
    for (name, price) in view.loaded.item_prices(id) {
        by_price.entry(price).or_default().push(name);
    }
    let mut all: Vec<(Price, Vec<String>)> = by_price.into_iter().collect();
    all.sort_by_key(|(price, names)| (std::cmp::Reverse(names.len()), *price));
    let line = |(price, names): &(Price, Vec<String>)| {
        let shown: Vec<String> = names.iter().take(MOST_NAMES).map(|name| markdown(name)).collect();
        let more = names.len().saturating_sub(MOST_NAMES);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        format!("- {} at {}{more}", price.0, shown.join(", "))
    };
    let mut lines: Vec<String> = all.iter().take(MOST_PRICES).map(line).collect();
    let others = all.len().saturating_sub(MOST_PRICES);
    if others > 0 {
        lines.push(format!("- {}", report::counted(others, "other price")));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Which layers say what of a thing, at the outlet that this file is, or at the first that it has a part in.
fn in_outlet(question: &Question, view: &View, here: &Here<'_>, path: &Path) -> Option<String> {
    let mut outlets: Vec<&Outlet> = view.loaded.outlets_made_of(&here.path).collect();
    outlets.sort_by_key(|outlet| *outlet.file != *here.path);
    let texts = |file: &str| view.loaded.text(file);
    // Most often the first one has it.
    let explained = outlets.into_iter().take(MOST_COMPOSED).find_map(|outlet| {
        let Composed { catalog, origins, policy, .. } = view.loaded.compose(&outlet.id, Timestamp::now());
        let mut explained = report::explain(&catalog, &origins, &texts);
        explained.retain(|explained| explained.path == *path || explained.path.owner() == *path);
        (!explained.is_empty()).then_some((outlet, policy.account, explained))
    });
    let (outlet, account, explained) = explained?;
    let name = markdown(&outlet.name);
    let live = pushed(question, view, outlet, account.as_deref(), path).unwrap_or_default();
    Some(format!("At {name}:\n\n````text\n{}````{live}", report::explain_text(&explained)))
}

/// What we last pushed and saw arrive, as the account that pushes now.
fn pushed(question: &Question, view: &View, outlet: &Outlet, account: Option<&str>, path: &Path) -> Option<String> {
    let stored = question.stored(view, &outlet.id)?;
    let base: Base = serde_json::from_str(stored.base.as_deref()?).ok()?;
    if base.account.as_deref() != account {
        return None;
    }
    let catalog = base.catalog;
    let name = |name: &Field<String>| name.value().map(|name| markdown(name));
    let price = |price: &Field<Price>| price.value().map(|price| price.0.to_string());
    let (name, price) = match path {
        Path::Item(id, _) => catalog.item(id).map(|item| (name(&item.name), price(&item.price)))?,
        Path::Variant(id, _) => {
            let (_, variant) = catalog.variants().find(|(_, variant)| variant.external_id == *id)?;
            (name(&variant.name), price(&variant.price))
        }
        _ => return None,
    };
    let values: Vec<String> = name.into_iter().chain(price).collect();
    let seen = stored.last_verified.map(|at| format!(", seen {}", report::minute(at, &view.loaded.timezone())));
    let state = stored.state.map(|state| format!(" (the outlet is {})", markdown(&state))).unwrap_or_default();
    Some(format!("\n\nLast pushed: {}{}{state}", values.join(", "), seen.unwrap_or_default()))
}
