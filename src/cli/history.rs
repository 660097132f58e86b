//! `history`: what was pushed when, and by which commit. Read from what is remembered; GoFood is not asked.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    Exit,
    command_error::CommandError,
    output::Format,
    session::{Session, block_on},
};
use crate::{
    catalog::Path,
    document::closest,
    fleet,
    report::{self, ItemHistory, OutletHistory},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only outlets whose id, name, file or layer matches (repeatable)
    #[arg(long, value_name = "GLOB")]
    outlet: Vec<String>,
    /// Show which pushes changed this item, field by field
    #[arg(long, value_name = "ID")]
    item: Option<String>,
    /// Show only the newest N pushes, changes of promotions and switches of stock of each outlet
    #[arg(
        long,
        value_name = "N",
        default_value_t = 20,
        conflicts_with = "item",
        value_parser = clap::value_parser!(u16).range(1..=1000)
    )]
    limit: u16,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    session.settings()?;
    let survey = session.survey(Timestamp::now())?;
    let selection = session.selection(&args.outlet)?;
    let state = session.remembered()?;
    let mut outlets = block_on(async {
        session.tell_other_platforms(state.as_ref()).await?;
        Ok::<_, CommandError>(fleet::history(&survey, state.as_ref(), &selection, Timestamp::now()).await?)
    })??;
    if outlets.is_empty() {
        session.select(&survey, &args.outlet)?;
    }
    if let Some(item) = &args.item {
        return of_item(item, &outlets, session);
    }
    for outlet in &mut outlets {
        outlet.pushes.truncate(usize::from(args.limit));
        outlet.promotions.truncate(usize::from(args.limit));
        outlet.switches.truncate(usize::from(args.limit));
    }
    session.outputs.emit(|format, _| match format {
        Format::Json => report::history_json(&outlets),
        _ => report::history_text(&outlets, &session.zone()),
    })?;
    Ok(Exit::Done)
}

fn of_item(item: &str, outlets: &[OutletHistory], session: &Session) -> Result<Exit, CommandError> {
    let mut histories: Vec<ItemHistory> = outlets.iter().map(|outlet| outlet.of_item(item)).collect();
    histories.retain(|outlet| !outlet.fields.is_empty());
    if histories.is_empty() {
        return Err(CommandError::Usage(unknown(item, outlets)));
    }
    session.outputs.emit(|format, _| match format {
        Format::Json => report::item_history_json(&histories),
        _ => report::item_history_text(&histories, &session.zone()),
    })?;
    Ok(Exit::Done)
}

fn unknown(item: &str, outlets: &[OutletHistory]) -> String {
    let changes = outlets.iter().flat_map(|outlet| &outlet.pushes).filter_map(|push| push.changes.as_ref()).flatten();
    let known: BTreeSet<&str> = changes
        .filter_map(|change| match &change.path {
            Path::Item(id, _) => Some(id.as_str()),
            _ => None,
        })
        .collect();
    let meant = closest(item, known.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
    let help = meant.unwrap_or_else(|| match known.len() {
        0 => "; no stored push changed any item".to_owned(),
        _ => "; an item that did not change since the oldest of them is in none".to_owned(),
    });
    format!("no stored push changed an item `{item}` at the selected outlets{help}")
}
