//! `schema`: JSON Schema (2020-12) of the files that people write, for completion and hover in editors.
//!
//! The schemas are the `.json` files beside this one; what the program knows better is filled in: the policy keys that
//! settings and layers share, the codes of the rules, the names of the guards. The reader itself uses no schema: its
//! messages are better. What a schema cannot see, such as how a number was spelt, is the reader's alone.

use serde_json::{Map, Value, json};

use super::{Exit, output, output::Format, session::Session, trouble::Trouble};
use crate::{policy::Guard, rules::RULES};

const SETTINGS: &str = include_str!("settings.json");
const LAYER: &str = include_str!("layer.json");
const APPROVAL: &str = include_str!("approval.json");
const POLICY: &str = include_str!("policy.json");

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which kind of file; none = one object with all three
    #[arg(value_enum)]
    kind: Option<Kind>,
}

/// The kinds of file that people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// `menusync.yaml`
    Settings,
    /// `catalogs/**`: layers and outlets
    Layer,
    /// `approvals/*.yaml`
    Approval,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, Trouble> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    let schema = match args.kind {
        Some(kind) => schema(kind),
        None => {
            json!({"settings": schema(Kind::Settings), "layer": schema(Kind::Layer), "approval": schema(Kind::Approval)})
        }
    };
    output::print(&format!("{schema:#}\n"))?;
    Ok(Exit::Done)
}

fn schema(kind: Kind) -> Value {
    match kind {
        Kind::Settings => with_policy(parsed(SETTINGS)),
        Kind::Layer => with_policy(parsed(LAYER)),
        Kind::Approval => {
            let mut schema = parsed(APPROVAL);
            schema["properties"]["guard"]["enum"] = Guard::ALL.iter().map(|guard| guard.name()).collect();
            schema
        }
    }
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
            mine.extend(shared);
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
