//! `render`: the exact catalog of one outlet after layering.

use jiff::Timestamp;

use super::{
    Exit,
    output::Format,
    session::{Session, a_moment, errors_of, moment},
    trouble::Trouble,
};
use crate::remote::put_body;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The outlet: a pattern for its id, name, file or layers that matches just one
    #[arg(long, value_name = "GLOB")]
    outlet: String,
    /// As it will be at this moment (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = a_moment)]
    at: Option<Timestamp>,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, Trouble> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    // The time zone and what images are published as stand there.
    session.settings()?;
    let loaded = session.loaded()?;
    let at = moment(args.at);
    let survey = loaded.survey(at);
    let selected = session.select(&survey, std::slice::from_ref(&args.outlet))?;
    let [member] = selected[..] else {
        let names: Vec<String> = selected.iter().map(|member| format!("{} ({})", member.id, member.name)).collect();
        return Err(Trouble::Usage(format!(
            "`{}` matches {} outlets, choose one: {}",
            args.outlet,
            names.len(),
            names.join(", ")
        )));
    };
    let Some(wanted) = loaded.wanted(&member.id, at) else {
        return Err(Trouble::Invalid(errors_of(&survey, &[member])));
    };
    let body = serde_json::to_string_pretty(&put_body(&wanted.catalog, None))?;
    session.outputs.emit(|_, _| body.clone())?;
    Ok(Exit::Done)
}
