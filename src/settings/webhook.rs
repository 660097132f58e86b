//! `webhook`: where events of the platform are received, and by what they are known to be genuine.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use secrecy::SecretString;

use super::{
    Settings, SettingsError, Target,
    address::{self, Refused},
    fields::{decode_path, decode_socket_address, refuse_secret},
    secret_file,
};
use crate::document::{Decoder, Fields};

/// Secrets at a time: the new and the old one, and room for a mistake (our choice).
const MOST_SECRETS: usize = 4;

/// What secrets are called in errors.
const WHAT: &str = "webhook secret";

/// `webhook`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// `listen`: where events are received.
    pub listen: SocketAddr,
    /// `public_url`: the whole address under which GoBiz reaches that.
    pub public_url: Option<String>,
    /// `secret_file` as written: relative to the root. There whenever signatures are enforced.
    pub secret_file: Option<PathBuf>,
    /// `signature`
    pub signature: Signature,
}

/// What becomes of an event whose signature is missing or wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// It is refused.
    Enforce,
    /// It hastens a look, and the log says so; nothing is remembered of it.
    Monitor,
}

/// Port 8718 of this machine.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8718);

/// Reads the section; `None` if there is none.
pub(super) fn webhook(decoder: &mut Decoder, fields: &mut Fields<'_>, target: Option<Target>) -> Option<Webhook> {
    const SIGNATURES: [(&str, Signature); 2] = [("enforce", Signature::Enforce), ("monitor", Signature::Monitor)];
    let (key, node) = fields.take_entry("webhook")?;
    let mut inner = decoder.mapping(node, "webhook")?;
    let listen = inner.take("listen").and_then(|node| decode_socket_address(decoder, node));
    let secret_file = decode_path(decoder, &mut inner, "secret_file");
    let signature = inner.take("signature").and_then(|node| decoder.choice(node, "signature", &SIGNATURES));
    let signature = signature.map_or(Signature::Enforce, |signature| signature.value);
    let public_url = public_url(decoder, &mut inner, target);
    if signature == Signature::Enforce && !inner.has("secret_file") {
        decoder
            .error("missing-key", &key.span, "`webhook` has no `secret_file`, so forged events could not be recognised")
            .help("add `secret_file: …`, a file with the Relay Secret of the GoBiz portal");
    }
    refuse_secret(decoder, &mut inner, "secret", "secret_file");
    decoder.finish(inner, "webhook");
    Some(Webhook { listen: listen.unwrap_or(LISTEN), public_url, secret_file, signature })
}

fn public_url(decoder: &mut Decoder, fields: &mut Fields<'_>, target: Option<Target>) -> Option<String> {
    let node = fields.take("public_url")?;
    let text = decoder.text(node, "public_url")?.value;
    match address::public(&text, target == Some(Target::Custom)) {
        Ok(url) => Some(url.into()),
        Err(Refused { code, problem, help }) => {
            decoder.error(code, &node.span, format!("`public_url`: {problem}")).help(help);
            None
        }
    }
}

/// What an event may be signed with.
#[derive(Debug, Clone)]
pub struct EventSecret {
    /// Of `gobiz.accounts`: it vouches for the outlets of this one. `None`: for those of accounts without a secret of their own.
    pub account: Option<Arc<str>>,
    /// The secret, or why it cannot be read: nobody vouches for the outlets of such an account.
    pub secret: Result<SecretString, String>,
}

/// The secrets that events may be signed with, one a line of `secret_file` (relative to `root`), and those of accounts; none
/// without a file. An error is about `secret_file` alone.
pub fn webhook_secrets(settings: &Settings, root: &Path) -> Result<Vec<EventSecret>, SettingsError> {
    let Some(webhook) = &settings.webhook else { return Ok(Vec::new()) };
    let own = webhook.secret_file.as_ref().map(|file| secrets(WHAT, &root.join(file))).transpose()?;
    let own = own.into_iter().flatten().map(|secret| EventSecret { account: None, secret: Ok(secret) });
    let mut all: Vec<EventSecret> = own.collect();
    for (name, account) in &settings.gobiz.accounts {
        let Some(file) = &account.webhook_secret_file else { continue };
        let account: Option<Arc<str>> = Some(name.as_str().into());
        match secrets(WHAT, &root.join(file)) {
            Ok(read) => {
                all.extend(read.into_iter().map(|secret| EventSecret { account: account.clone(), secret: Ok(secret) }));
            }
            Err(error) => {
                let why = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
                all.push(EventSecret { account, secret: Err(format!("account `{name}`: {error}{why}")) });
            }
        }
    }
    Ok(all)
}

/// One secret a line; at least one.
pub(super) fn secrets(what: &'static str, path: &Path) -> Result<Vec<SecretString>, SettingsError> {
    let text = secret_file::read(what, path)?;
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let problem = if lines.is_empty() {
        Some("it is empty")
    } else if lines.len() > MOST_SECRETS {
        Some("it has more than 4 lines; write one secret a line, the old and the new one while you change it")
    } else if lines.iter().any(|line| line.chars().any(char::is_control)) {
        Some("it holds control characters")
    } else {
        None
    };
    match problem {
        Some(problem) => Err(secret_file::bad(what, path, problem)),
        None => Ok(lines.into_iter().map(SecretString::from).collect()),
    }
}
