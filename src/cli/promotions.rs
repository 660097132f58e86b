//! `promotions`: what runs and waits at each outlet, whoever made it. Writes nothing.

use jiff::Timestamp;

use super::{
    Exit,
    command_error::CommandError,
    output::Format,
    session::{Session, block_on, moment},
};
use crate::{
    catalog::{ExternalId, PromotionPhase},
    fleet::Member,
    remote::{Read, Reader},
    report::{self, OutletPromotions, PromotionLine},
    state::SharedState,
    sync::recall,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only outlets whose id, name, file or layer matches (repeatable)
    #[arg(long, value_name = "GLOB")]
    outlet: Vec<String>,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    let platform = session.settings()?.platform();
    let at = moment(None);
    let survey = session.survey(at)?;
    let selected = session.select(&survey, &args.outlet)?;
    let reader = session.client()?.reader();
    let state = session.remembered()?;
    let outlets = block_on(async {
        let mut outlets = Vec::new();
        for member in selected {
            let reader = reader.as_account(member.account.as_deref());
            outlets.push(list(session, &reader, state.as_ref(), member, at).await?);
        }
        Ok::<_, CommandError>(outlets)
    })??;
    session.outputs.emit(|format, _| match format {
        Format::Json => report::promotions_json(&platform, at, &outlets),
        _ => report::promotions_text(&outlets),
    })?;
    let has_failed = outlets.iter().any(|outlet| outlet.error.is_some());
    Ok(if has_failed { Exit::Failed } else { session.exit_of_files(&survey) })
}

async fn list(
    session: &Session,
    reader: &Reader,
    state: Option<&SharedState>,
    member: &Member,
    at: Timestamp,
) -> Result<OutletPromotions, CommandError> {
    let composed = session.loaded()?.compose(&member.id, at);
    let now = at.to_zoned(composed.policy.timezone.clone()).datetime();
    let blank = OutletPromotions {
        outlet: member.id.to_string(),
        name: member.name.clone(),
        promotions: Vec::new(),
        has_unread: false,
        error: None,
    };
    let listed = match reader.promotions(&member.id).await {
        Ok(listed) => listed,
        Err(error) => return Ok(OutletPromotions { error: Some(error.to_string()), ..blank }),
    };
    let (known, has_unread) = match state {
        Some(state) => match recall(state, &member.id, at).await {
            Ok(known) => (known.promotions, !known.unread_promotions.is_empty()),
            Err(_) => (Vec::new(), true),
        },
        None => (Vec::new(), false),
    };
    let name_of = |id: &ExternalId| composed.catalog.item(id).and_then(|item| item.name.value().cloned());
    let mut promotions: Vec<PromotionLine> = listed
        .into_iter()
        .map(|promotion| {
            let record = known.iter().find(|record| record.promotion_id.as_ref() == Some(&promotion.promotion_id));
            PromotionLine {
                phase: promotion.phase(now),
                item_name: promotion.external_menu_id.as_ref().and_then(name_of),
                ours: record.map(|record| record.name.clone()),
                source: record.and_then(|record| composed.origins.place(&record.path())),
                promotion,
            }
        })
        .filter(|line| line.phase != PromotionPhase::Over)
        .collect();
    promotions.sort_by_key(|line| (line.phase, line.promotion.start_date));
    Ok(OutletPromotions { promotions, has_unread, ..blank })
}
