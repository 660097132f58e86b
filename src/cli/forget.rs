//! `forget`: drops what is remembered of an outlet. Its live menu and its files stay as they are.

use std::time::Duration;

use super::{
    Exit,
    command_error::CommandError,
    output,
    output::Format,
    session::{Session, block_on, moment},
};
use crate::{
    report,
    state::{OutletUpdate, PushRow, SharedState, StateError},
    sync::{LOST_AFTER, Recalled, recall},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The outlet's id, exactly
    #[arg(long, value_name = "ID")]
    outlet: String,
    /// Drop only what is stored of its promotions, or of it only what cannot be read: they run on, as somebody else's
    #[arg(long)]
    promotions: bool,
    /// Drop only what is stored of its switches of stock, or of it only what cannot be read: none of it is switched back
    #[arg(long, conflicts_with = "promotions")]
    switches: bool,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text])?;
    let nothing = || {
        CommandError::Usage(format!(
            "no state is stored for an outlet with the id `{}`; `menusync status` lists the ids (names and patterns do not \
             count here)",
            args.outlet
        ))
    };
    if session.remembered()?.is_none() {
        return Err(nothing());
    }
    refuse_of_other_root(session, &args.outlet)?;
    // A push under way must not find its ground gone.
    let state = session.state()?;
    let _held = block_on(state.hold(&args.outlet))?.map_err(|error| match error {
        error if error.is_held() => CommandError::Refused(error.to_string()),
        error => error.into(),
    })?;
    if args.promotions {
        return forget_promotions(&state, &args.outlet);
    }
    if args.switches {
        return forget_switches(&state, &args.outlet);
    }
    refuse_with_push(&block_on(state.pending_push(&args.outlet))??, &args.outlet)?;
    let (was_paused, promotions, was_there) = block_on(async {
        let was_paused = state.pause(&args.outlet, moment(None)).await?.is_some();
        let known = recall(&state, &args.outlet.as_str().into(), moment(None)).await;
        let open = known.map_or(0, |known| known.may_be_open());
        Ok::<_, StateError>((was_paused, open, state.forget(&args.outlet).await?))
    })??;
    if !was_there {
        return Err(nothing());
    }
    let pause = if was_paused { " It is not paused any more." } else { "" };
    let promotions = given_up(promotions);
    output::print(&format!(
        "Deleted the stored state of outlet {}. Its live menu is unchanged; the next push to it is a first contact.{pause}{promotions}\n",
        args.outlet
    ))?;
    Ok(Exit::Done)
}

/// Where some of it cannot be read, that alone: what can be read is still known to be ours.
fn forget_promotions(state: &SharedState, outlet: &str) -> Result<Exit, CommandError> {
    let (unread, stored, open) = block_on(async {
        let now = moment(None);
        let stored: Vec<String> = state.recall(outlet, now).await?.promotions.into_iter().map(|(key, _)| key).collect();
        let known = recall(state, &outlet.into(), now).await;
        let open = known.as_ref().map_or(0, Recalled::may_be_open);
        let unread = known.map(|known| known.unread_promotions).unwrap_or_default();
        let (dropped, open) = if unread.is_empty() { (&stored, open) } else { (&unread, unread.len()) };
        let promotions = dropped.iter().map(|key| (key.clone(), None)).collect();
        state.update_outlet(outlet, OutletUpdate { promotions, ..OutletUpdate::default() }, now).await?;
        Ok::<_, StateError>((unread, stored.len(), open))
    })??;
    if stored == 0 {
        return Err(CommandError::Usage(format!("nothing is stored of promotions of the outlet {outlet}")));
    }
    let what = match unread.as_slice() {
        [] => format!("what was stored of promotions of outlet {outlet}"),
        keys => format!("what was stored of {} of outlet {outlet} and could not be read", keys.join(", ")),
    };
    output::print(&format!("Deleted {what}.{}\n", given_up(open)))?;
    Ok(Exit::Done)
}

/// Where some of it cannot be read, that alone: the others still go back at their ends.
fn forget_switches(state: &SharedState, outlet: &str) -> Result<Exit, CommandError> {
    let dropped = block_on(async {
        let now = moment(None);
        let stored = state.recall(outlet, now).await?.switches.into_iter().map(|(key, _)| key);
        let unread = recall(state, &outlet.into(), now).await.map(|known| known.unread_switches).unwrap_or_default();
        let dropped: Vec<String> = if unread.is_empty() { stored.collect() } else { unread };
        let switches = dropped.iter().map(|key| (key.clone(), None)).collect();
        state.update_outlet(outlet, OutletUpdate { switches, ..OutletUpdate::default() }, now).await?;
        Ok::<_, StateError>(dropped)
    })??;
    if dropped.is_empty() {
        return Err(CommandError::Usage(format!("nothing is stored of switches of stock of the outlet {outlet}")));
    }
    let dropped = report::untrusted::printable(&dropped.join(", ")).into_owned();
    output::print(&format!(
        "Deleted what was stored of the switches of {dropped} of outlet {outlet}. They stay as they are: to switch them, use \
         `menusync stock` or the GoBiz app.\n"
    ))?;
    Ok(Exit::Done)
}

/// What becomes of promotions that are not known any more.
fn given_up(open: usize) -> String {
    match open {
        0 => String::new(),
        number => format!(
            " {} that menusync made {} somebody else's from now on: to end {}, use the GoBiz app.",
            report::counted(number, "promotion"),
            if number == 1 { "is" } else { "are" },
            if number == 1 { "it" } else { "them" }
        ),
    }
}

/// In a state directory that roots share, what another one defined last is its own. A root that is gone owns nothing.
fn refuse_of_other_root(session: &Session, outlet: &str) -> Result<(), CommandError> {
    let Some(state) = session.remembered()? else { return Ok(()) };
    let Some(row) = block_on(state.outlet(outlet))?? else { return Ok(()) };
    let Some(root) = session.other_root(&row) else { return Ok(()) };
    Err(CommandError::Refused(format!(
        "outlet {outlet} belongs to another root, {root}; run `menusync --root {root} forget --outlet {outlet}`"
    )))
}

/// A push that may still show must not be forgotten: the next one would go out beside it.
fn refuse_with_push(push: &Option<PushRow>, outlet: &str) -> Result<(), CommandError> {
    let Some(sent_at) = push.as_ref().and_then(|push| push.sent_at) else { return Ok(()) };
    let age = Duration::try_from(moment(None).duration_since(sent_at)).unwrap_or_default();
    let Some(left) = LOST_AFTER.checked_sub(age).filter(|left| !left.is_zero()) else { return Ok(()) };
    let minutes = left.as_secs().div_ceil(60);
    Err(CommandError::Refused(format!(
        "a push to outlet {outlet} was sent and GoFood has not shown it yet; run this again in {minutes} min, when it counts as lost"
    )))
}
