//! `doctor`: looks at everything that menusync stands on, and says what to do about what is not right. Changes nothing.

mod here;
mod there;

use super::{
    Exit,
    command_error::CommandError,
    output::Format,
    session::{Session, block_on, moment},
};
use crate::report::{self, Finding, Health};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only the checks that need no network
    #[arg(long)]
    offline: bool,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text, Format::Json])?;
    let mut findings = here::files(session)?;
    let invalid = findings.iter().any(|finding| finding.health == Health::Fail);
    findings.push(here::git(session));
    if let Ok(settings) = session.settings() {
        let survey = session.survey(moment(None))?;
        findings.extend(here::operator(session, settings));
        findings.push(here::zones(session, &survey));
        findings.extend(here::schedule(session, settings, &survey));
        findings.extend(here::state(session)?);
        findings.push(here::listen(session, settings));
        findings.extend(here::webhook(session, settings));
        findings.extend(here::notify(session, settings));
        findings.extend(here::secrets(session, settings));
        findings.extend(there::proxy(settings));
        let client = session.client();
        if let Err(CommandError::Failed(error)) = &client {
            // What the checks of credentials and proxy do not say by themselves.
            findings.push(Finding::fail("api", format!("{error:#}"), "the message says what is missing"));
        }
        for account in session.accounts(&survey)? {
            let credentials = here::credentials(session, settings, account.as_deref()).of(account.as_ref());
            let can_ask = credentials.health != Health::Fail && !args.offline;
            findings.push(credentials);
            if let Some(client) = client.as_ref().ok().filter(|_| can_ask) {
                let client = client.of_account(account.as_deref());
                let found = block_on(there::platform(session, &client, account.as_ref(), &survey))??;
                findings.extend(found.into_iter().map(|finding| finding.of(account.as_ref())));
            }
        }
        if !args.offline {
            findings.extend(block_on(there::images(settings))?);
            findings.extend(block_on(there::public_url(settings))?);
        }
    }
    session.outputs.emit(|format, _| match format {
        Format::Json => report::doctor_json(&findings),
        _ => report::doctor_text(&findings),
    })?;
    let failed = findings.iter().any(|finding| finding.health == Health::Fail);
    Ok(if invalid {
        Exit::Invalid
    } else if failed {
        Exit::Failed
    } else {
        Exit::Done
    })
}
