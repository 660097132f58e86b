//! `sandbox`: a stand-in GoBiz server.

use std::{net::SocketAddr, time::Duration};

use super::{
    Exit,
    command_error::CommandError,
    output::{self, Format},
    session::{Session, block_on},
    signals::StopAnnouncer,
};
use crate::sandbox::{self, Options};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8719")]
    listen: SocketAddr,
    /// How many seconds a new menu takes to show
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    publish_delay: f64,
    /// Every well-formed outlet id exists, without a menu; else only those that were seeded do
    #[arg(long)]
    any_outlet: bool,
}

pub(super) fn run(args: Args, session: &Session) -> Result<Exit, CommandError> {
    session.outputs.allow(&[Format::Text])?;
    let publish_delay = Duration::try_from_secs_f64(args.publish_delay)
        .map_err(|error| CommandError::Usage(format!("--publish-delay {}: {error}", args.publish_delay)))?;
    if !args.listen.ip().is_loopback() {
        return Err(CommandError::Usage(format!(
            "{} is not an address of this machine only; the stand-in has no real access control",
            args.listen
        )));
    }
    session.signals.stopped_is(Exit::Done);
    let ending = session.signals.end_in_order(StopAnnouncer::Stderr);
    block_on(async {
        let options = Options {
            listen: args.listen,
            publish_delay,
            register_unknown_outlets: args.any_outlet,
            ..Options::default()
        };
        let (id, secret) = (options.client_id.clone(), options.client_secret.clone());
        let server = sandbox::start(options)
            .await
            .map_err(|error| CommandError::failed(format!("cannot listen on {}", args.listen), error))?;
        output::print(&instructions(&server, &id, &secret))?;
        ending.asked().await;
        server.stop().await;
        Ok(Exit::Done)
    })?
}

/// What to put into `menusync.yaml` and the environment to use the server.
fn instructions(server: &sandbox::Sandbox, id: &str, secret: &str) -> String {
    format!(
        "A stand-in GoBiz server listens on {url}. In menusync.yaml:\n\n  target: custom\n  gobiz:\n    api_url: {url}\n    \
         oauth_url: {oauth}\n\nand in the environment:\n\n  MENUSYNC_CLIENT_ID={id} MENUSYNC_CLIENT_SECRET={secret}\n\n\
         Ctrl-C stops it.\n",
        url = server.url(),
        oauth = server.oauth_url(),
    )
}
