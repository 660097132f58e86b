//! `render`: the exact catalog of one outlet after layering.

use serde::Serialize;

use super::{
    Exit,
    command_error::CommandError,
    output::Format,
    session::{Session, errors_of},
    when::When,
};
use crate::{
    authoring::block_text,
    definition::Composed,
    diagnostic::Diagnostic,
    document::{self, SourceFile},
    remote::{promotion_body, put_body},
    report,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The outlet: a pattern for its id, name, file or layers that matches just one
    #[arg(long, value_name = "GLOB")]
    outlet: String,
    /// As it will be at this moment, such as `2027-02-08 00:00` or `2027-02-08 00:00 WITA`
    #[arg(long, value_name = "TIME")]
    at: Option<When>,
    /// Show where every value was written and what it overrode, instead of the values alone
    #[arg(long)]
    explain: bool,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    // The time zone and what images are published as stand there.
    session.settings()?;
    let loaded = session.loaded()?;
    let at = session.moment(args.at.as_ref())?;
    let survey = session.survey(at)?;
    let selected = session.select(&survey, std::slice::from_ref(&args.outlet))?;
    let [member] = selected[..] else {
        let names: Vec<String> = selected.iter().map(|member| format!("{} ({})", member.id, member.name)).collect();
        return Err(CommandError::Usage(format!(
            "`{}` matches {} outlets, choose one: {}",
            args.outlet,
            names.len(),
            names.join(", ")
        )));
    };
    let composed = loaded.compose(&member.id, at);
    if !member.valid || composed.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(CommandError::Invalid(errors_of(&survey, &[member])));
    }
    if args.explain {
        return explain(&composed, session);
    }
    let promotions = composed.catalog.promotions.iter().filter(|promotion| !promotion.is_over);
    let promotions = promotions.map(|promotion| promotion_body(&promotion.detail)).collect();
    let body = Rendered { body: put_body(&composed.catalog, None), promotions };
    let body = serde_json::to_string_pretty(&body)?;
    session.outputs.emit(|format, _| if format == Format::Json { body.clone() } else { yaml(&body) })?;
    Ok(Exit::Done)
}

/// The body of the PUT; and, as no part of it, the bodies of the calls that make promotions, by name and dish.
#[derive(Serialize)]
struct Rendered<B, P> {
    #[serde(flatten)]
    body: B,
    #[serde(rename = "x-promotions", skip_serializing_if = "Vec::is_empty")]
    promotions: Vec<P>,
}

/// The same body as YAML, in the same order.
fn yaml(json: &str) -> String {
    let parsed = document::parse(&SourceFile { path: "body.json".into(), text: json.into() });
    parsed.root.map_or_else(|| json.to_owned(), |root| block_text(&root))
}

fn explain(composed: &Composed, session: &Session) -> Result<Exit, CommandError> {
    let texts = |file: &str| session.text(file);
    let explained = report::explain(&composed.catalog, &composed.origins, &texts);
    session.outputs.emit(|format, _| match format {
        Format::Json => report::explain_json(composed.outlet.id.as_str(), &explained),
        _ => report::explain_text(&explained),
    })?;
    Ok(Exit::Done)
}
