//! `outlets`: which outlets the credential reaches, which of them files define, and which not. Writes nothing.

use std::collections::BTreeMap;

use anyhow::anyhow;

use super::{
    Exit,
    command_error::CommandError,
    output::{Format, note},
    session::{Session, block_on, moment},
};
use crate::{
    catalog::OutletId,
    remote::{LinkedOutlet, RemoteError},
    report::{self, OutletLine, untrusted::printable},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

/// What to do where the platform tells no list (documentation: linking is for facilitators only).
const DIRECT_INTEGRATION: &str = "GoBiz lists outlets only for the credential of a facilitator (a POS vendor). With a \
    direct integration, take each outlet's id (G and digits) from the GoBiz portal, write it as `outlet:` into a file, \
    and run `menusync plan`: it says of each outlet whether it can be read";

pub(super) fn run(_: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    let platform = session.settings()?.platform();
    let survey = session.survey(moment(None))?;
    let clients = session.clients(&survey)?;
    let is_one = clients.len() == 1;
    let mut lines: BTreeMap<OutletId, OutletLine> = BTreeMap::new();
    let mut failed = false;
    for (account, client) in &clients {
        let linked = match block_on(client.linked_outlets())? {
            Err(error) if is_one => return Err(CommandError::Failed(no_list(error))),
            Err(error) => {
                note(&printable(&format!("{:#}", no_list(error))));
                failed = true;
                continue;
            }
            Ok(linked) => linked,
        };
        for LinkedOutlet { id, external_id } in linked {
            let line = lines.entry(id.clone()).or_insert_with(|| blank(&id));
            let goes_by = survey.member(id.as_str()).map(|member| &member.account);
            if line.linked && goes_by != Some(account) {
                continue;
            }
            (line.linked, line.external_outlet_id) = (goes_by.is_none_or(|goes_by| goes_by == account), external_id);
            line.account = account.as_deref().map(str::to_owned);
        }
    }
    for member in &survey.members {
        let line = lines.entry(member.id.clone()).or_insert_with(|| blank(&member.id));
        (line.name, line.file) = (Some(member.name.clone()), Some(member.file.to_string()));
    }
    let lines: Vec<OutletLine> = lines.into_values().collect();
    session.outputs.emit(|format, _| match format {
        Format::Json => report::outlets_json(&platform, &lines),
        _ => report::outlets_text(&lines),
    })?;
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

fn blank(id: &OutletId) -> OutletLine {
    OutletLine {
        outlet: id.to_string(),
        linked: false,
        account: None,
        external_outlet_id: None,
        name: None,
        file: None,
    }
}

fn no_list(error: RemoteError) -> anyhow::Error {
    let is_refused = error.lacks_right() || error.status == Some(404);
    let failed = anyhow!(error).context("cannot list the outlets that are linked to this credential");
    if is_refused { anyhow!("{failed:#}\n{DIRECT_INTEGRATION}") } else { failed }
}
