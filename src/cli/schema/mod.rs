//! `schema`: JSON Schema (2020-12) of the files that people write, for completion and hover in editors, and of what is
//! written for programs.
//!
//! The schemas are the `.json` files beside this one; what the program knows better is filled in: the policy keys that
//! settings and layers share, the codes of the rules, the names of the guards. The reader itself uses no schema: its
//! messages are better. What a schema cannot see, such as how a number was spelt, is the reader's alone; it only marks prices
//! that come of that.

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use super::{Exit, command_error::CommandError, output, output::Format, session::Session};
use crate::{
    language_server::Schemas,
    policy::Guard,
    rules::{MIN_LIKELY_PRICE, RULES},
};

const SETTINGS: &str = include_str!("settings.json");
const LAYER: &str = include_str!("layer.json");
const APPROVAL: &str = include_str!("approval.json");
const PLAN: &str = include_str!("plan.json");
const DIAGNOSTICS: &str = include_str!("diagnostics.json");
const APPLY: &str = include_str!("apply.json");
const STATUS: &str = include_str!("status.json");
const HISTORY: &str = include_str!("history.json");
const SCHEDULE: &str = include_str!("schedule.json");
const OUTLETS: &str = include_str!("outlets.json");
const PROMOTIONS: &str = include_str!("promotions.json");
const PHOTOS: &str = include_str!("photos.json");
const STOCK: &str = include_str!("stock.json");
const HORIZON: &str = include_str!("horizon.json");
const POLICY: &str = include_str!("policy.json");

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which kind of file or output; none = one object with all of them
    #[arg(value_enum)]
    kind: Option<Kind>,
}

/// What there are schemas of: the kinds of file that people write, and the shapes that programs read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// `menusync.yaml`
    Settings,
    /// `catalogs/**`: layers and outlets
    Layer,
    /// `approvals/*.yaml`
    Approval,
    /// `menusync.plan/1`: plans, drift, differences, plan files
    Plan,
    /// `menusync.diagnostics/1`
    Diagnostics,
    /// `menusync.apply/1`
    Apply,
    /// `menusync.status/1`
    Status,
    /// `menusync.history/1`
    History,
    /// `menusync.schedule/1`
    Schedule,
    /// `menusync.horizon/1`
    Horizon,
    /// `menusync.outlets/1`
    Outlets,
    /// `menusync.promotions/1`
    Promotions,
    /// `menusync.photos/1`
    Photos,
    /// `menusync.stock/1`
    Stock,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    let schema = match args.kind {
        Some(kind) => schema(kind),
        None => Kind::value_variants().iter().map(|kind| (name(*kind), schema(*kind))).collect(),
    };
    output::print(&format!("{schema:#}\n"))?;
    Ok(Exit::Done)
}

/// Those of the files that people write.
pub(super) fn schemas_of_files() -> Schemas {
    Schemas { settings: schema(Kind::Settings), layer: schema(Kind::Layer), approval: schema(Kind::Approval) }
}

/// The same as texts, by the word for their kind.
pub(super) fn texts_of_files() -> [(String, String); 3] {
    [Kind::Settings, Kind::Layer, Kind::Approval].map(|kind| (name(kind), format!("{:#}\n", schema(kind))))
}

/// The word for a kind on the command line.
fn name(kind: Kind) -> String {
    kind.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Editors and validators know a schema by its `$id`; it is a name, not an address.
fn schema(kind: Kind) -> Value {
    let mut schema = schema_without_id(kind);
    schema["$id"] = format!("urn:menusync:schema:{}", name(kind)).into();
    schema
}

fn schema_without_id(kind: Kind) -> Value {
    match kind {
        Kind::Settings => with_policy(parsed(SETTINGS)),
        Kind::Layer => with_likely_price(with_policy(parsed(LAYER))),
        Kind::Approval => {
            let mut schema = parsed(APPROVAL);
            schema["properties"]["guard"]["enum"] = Guard::approvable().map(Guard::name).collect();
            schema
        }
        Kind::Plan => with_guards(PLAN),
        Kind::Diagnostics => parsed(DIAGNOSTICS),
        Kind::Apply => parsed(APPLY),
        Kind::Status => with_guards(STATUS),
        Kind::History => parsed(HISTORY),
        Kind::Schedule => parsed(SCHEDULE),
        Kind::Horizon => with_plan(parsed(HORIZON)),
        Kind::Outlets => parsed(OUTLETS),
        Kind::Promotions => parsed(PROMOTIONS),
        Kind::Photos => parsed(PHOTOS),
        Kind::Stock => parsed(STOCK),
    }
}

/// A schema sees `25.000` as 25. It marks what is less than any likely price and no price that a comment would allow.
fn with_likely_price(mut schema: Value) -> Value {
    schema["$defs"]["price"]["not"]["exclusiveMaximum"] = MIN_LIKELY_PRICE.0.into();
    schema
}

/// The schema with the names of the guards.
fn with_guards(text: &str) -> Value {
    let mut schema = parsed(text);
    schema["$defs"]["guard"]["enum"] = guards();
    schema
}

/// The schema with that of a plan in it.
fn with_plan(mut schema: Value) -> Value {
    let mut plan = with_guards(PLAN);
    let mut definitions = plan["$defs"].take();
    if let Some(plan) = plan.as_object_mut() {
        plan.retain(|key, _| !key.starts_with('$'));
    }
    definitions["plan"] = plan;
    schema["$defs"] = definitions;
    schema
}

fn guards() -> Value {
    Guard::ALL.iter().map(|guard| guard.name()).collect()
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("the schemas are part of the program and tested")
}

/// The schema with the keys that settings and layers share.
fn with_policy(mut schema: Value) -> Value {
    let mut policy = parsed(POLICY);
    policy["$defs"]["rules"]["properties"] = Value::Object(rules());
    for part in ["properties", "$defs"] {
        if let (Some(mine), Value::Object(shared)) = (schema[part].as_object_mut(), policy[part].take()) {
            // What a layer says in its own way stays so.
            for (key, value) in shared {
                mine.entry(key).or_insert(value);
            }
        }
    }
    schema
}

/// The rules that settings may change, each with its summary.
fn rules() -> Map<String, Value> {
    let rules = RULES.iter().filter(|rule| rule.adjustable);
    let entry =
        |code: &str, summary| (code.to_owned(), json!({"description": summary, "enum": ["error", "warning", "off"]}));
    rules.map(|rule| entry(rule.code, rule.summary)).collect()
}
