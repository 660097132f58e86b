//! What only others can tell: GoBiz, and the hosts of images and of events.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;

use crate::{
    fleet::{Member, Survey},
    policy::PromotionPolicy,
    remote::{Client, Probe, Read, RemoteError},
    report::Finding,
    settings::{self, Settings},
};

use super::super::{
    command_error::CommandError,
    session::{Session, moment},
};

/// Clocks that differ by more are worth a word; by more than the second, dates of layers and approvals go wrong (our choice).
const WORTH_A_WORD: SignedDuration = SignedDuration::from_secs(30);
const TOO_MUCH: SignedDuration = SignedDuration::from_secs(300);

/// How long a host may take to answer (our choice).
const DIAL_FOR: Duration = Duration::from_secs(10);

/// The token endpoint, the rights, the clock, and one outlet.
pub(super) async fn platform(
    session: &Session,
    client: &Client,
    account: Option<&Arc<str>>,
    survey: &Survey,
) -> Result<Vec<Finding>, CommandError> {
    let theirs: Vec<&Member> = survey.members.iter().filter(|member| member.account.as_ref() == account).collect();
    let probes = client.probe_rights().await;
    let mut findings = rights(&probes);
    findings.extend(probes.iter().find_map(|probe| probe.ahead).map(clock));
    if probes.iter().any(|probe| probe.granted.is_ok()) {
        findings.push(outlet(client, &theirs).await);
        let policy = strongest_promotion_policy(session, &theirs)?;
        if policy.watches() {
            findings.extend(client.probe_promotions(policy.may_write()).await.iter().map(promotions));
        }
    }
    Ok(findings)
}

/// What any of these outlets needs most.
fn strongest_promotion_policy(session: &Session, theirs: &[&Member]) -> Result<PromotionPolicy, CommandError> {
    let (loaded, now) = (session.loaded()?, moment(None));
    let policies = theirs.iter().map(|member| loaded.policy(&member.id, now).promotions);
    let strongest = policies.filter(|policy| policy.watches()).max_by_key(|policy| policy.may_write());
    Ok(strongest.unwrap_or(PromotionPolicy::Off))
}

/// Without the rights, menus are pushed all the same, and promotions are not watched, or not made.
fn promotions(probe: &Probe) -> Finding {
    let fix = match probe.scope.contains("write") {
        true => {
            "ask GoBiz to add the scope to the credential (a facilitator's never has it), or write `promotions: watch`; \
             until then no promotion is made or ended"
        }
        false => {
            "ask GoBiz to add the scope to the credential (a facilitator's never has it), or write `promotions: off`; \
             until then no push is held for a promotion"
        }
    };
    match &probe.granted {
        Ok(granted) if granted.missing.is_empty() => Finding::ok("promotions", format!("granted: {}", probe.scope)),
        Ok(_) => Finding::warn("promotions", format!("granted without {}", probe.scope), fix),
        Err(error) if error.is_final() => {
            Finding::warn("promotions", format!("refused: {}: {error}", probe.scope), fix)
        }
        Err(error) => Finding::warn(
            "promotions",
            error.to_string(),
            fix_of(error, "check network, name server and firewall of this machine, and `gobiz.oauth_url`"),
        ),
    }
}

fn rights(probes: &[Probe]) -> Vec<Finding> {
    let finding = |probe: &Probe| match &probe.granted {
        Ok(granted) if granted.missing.is_empty() => {
            Finding::ok("token", format!("granted for {} s: {}", granted.life.as_secs(), probe.scope))
        }
        Ok(granted) => Finding::fail(
            "token",
            format!("granted without {}: {} was requested", granted.missing.join(" "), probe.scope),
            "ask GoBiz to add the missing scope to the credential",
        ),
        Err(error) if error.status == Some(401) => Finding::fail(
            "token",
            format!("refused: {error}"),
            "write the client id and secret that the GoBiz portal shows, of this target",
        ),
        Err(error) if error.is_final() => Finding::fail(
            "token",
            format!("refused: {}: {error}", probe.scope),
            "ask GoBiz to grant these rights to the credential, or check that it belongs to this target",
        ),
        Err(error) => {
            let fix = "check network, name server and firewall of this machine, and `gobiz.oauth_url`";
            Finding::fail("token", error.to_string(), fix_of(error, fix))
        }
    };
    let is_whole = |probe: &Probe| probe.granted.as_ref().is_ok_and(|granted| granted.missing.is_empty());
    // Who is refused everything, or cannot be reached, need not be told twice.
    match probes {
        [read, ..] if !is_whole(read) => vec![finding(read)],
        [_, both] => vec![finding(both)],
        probes => probes.iter().map(finding).collect(),
    }
}

/// What helps when GoBiz itself answered that it cannot; else `fix`.
fn fix_of(error: &RemoteError, fix: &'static str) -> &'static str {
    match error.status {
        Some(429) => "GoBiz wants fewer calls: lower `gobiz.requests_per_second`, or ask again later",
        Some(500..) => "GoBiz has a fault; ask again later",
        _ => fix,
    }
}

fn clock(ahead: SignedDuration) -> Finding {
    let off = ahead.abs();
    let word = if ahead.is_negative() { "behind" } else { "ahead of" };
    let seen = format!("{} s {word} GoBiz", off.as_secs());
    match off {
        off if off > TOO_MUCH => Finding::fail("clock", seen, "set the machine's clock (systemd-timesyncd, chrony)"),
        off if off > WORTH_A_WORD => {
            Finding::warn("clock", seen, "set the machine's clock (systemd-timesyncd, chrony)")
        }
        _ => Finding::ok("clock", "within 30 s of GoBiz's clock"),
    }
}

/// One read is enough to know the way; which outlets are linked, `plan` tells.
async fn outlet(client: &Client, theirs: &[&Member]) -> Finding {
    let Some(member) = theirs.iter().find(|member| member.valid && !member.paused) else {
        return Finding::ok("api", "no outlet to look at");
    };
    match client.reader().fetch(&member.id).await {
        Ok(live) => {
            Finding::ok("api", format!("{} ({}) can be read: {} menus", member.name, member.id, live.menus.len()))
        }
        Err(error) => {
            let fix = "check `gobiz.api_url`, and that the outlet is linked to this integration in GoBiz";
            Finding::fail("api", error.to_string(), fix_of(&error, fix))
        }
    }
}

/// The way to other machines, where that is not the direct one.
pub(super) fn proxy(settings: &Settings) -> Option<Finding> {
    let fix = "set HTTPS_PROXY to an address such as http://proxy.example:3128, or write `gobiz: {proxy: off}`";
    match settings::proxy(settings.gobiz.proxy.as_ref()) {
        Ok(None) => settings.gobiz.proxy.as_ref().map(|_| Finding::ok("proxy", "none (gobiz.proxy)")),
        Ok(Some(proxy)) => {
            let except = if proxy.except.is_empty() { String::new() } else { format!(", but for {}", proxy.except) };
            Some(Finding::ok("proxy", format!("{} ({}){except}", proxy.shown(), proxy.named_by)))
        }
        Err(error) => Some(Finding::fail("proxy", error.to_string(), fix)),
    }
}

/// Whether the host of the root's own images is there.
pub(super) async fn images(settings: &Settings) -> Option<Finding> {
    let base_url = settings.images.base_url.as_deref()?;
    dial("images", base_url, settings.images.timeout, "check `images.base_url`; GoFood fetches the images from there")
        .await
}

/// Whether the host that GoBiz sends events to is there, as far as this machine can see.
pub(super) async fn public_url(settings: &Settings) -> Option<Finding> {
    let url = settings.webhook.as_ref()?.public_url.as_deref()?;
    let fix = "check `webhook.public_url` and the proxy behind it; GoBiz sends events there. \
               This is how it looks from here: some networks do not reach their own public address";
    dial("public_url", url, DIAL_FOR, fix).await
}

/// Whether somebody answers at the host and port of `url`; nothing is said to him.
async fn dial(name: &'static str, url: &str, patience: Duration, fix: &str) -> Option<Finding> {
    let url = reqwest::Url::parse(url).ok()?;
    let (host, port) = (url.host_str()?.to_owned(), url.port_or_known_default().unwrap_or(443));
    let connect = tokio::net::TcpStream::connect((host.trim_matches(['[', ']']), port));
    Some(match tokio::time::timeout(patience, connect).await {
        Ok(Ok(_)) => Finding::ok(name, format!("{host} answers")),
        Ok(Err(error)) => Finding::fail(name, format!("{host}: {error}"), fix),
        Err(_) => Finding::fail(name, format!("{host} does not answer"), fix),
    })
}
