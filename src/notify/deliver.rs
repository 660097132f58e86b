//! Carrying notifications to sinks: a task and a short queue for each, a few tries, and a word in the log if none succeeds.
//! Addresses are secrets and appear nowhere.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::{Client, Url, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use tokio::{
    io::AsyncWriteExt as _,
    process::Command,
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{message::Notification, slack};
use crate::{
    platform::process,
    remote::{install_crypto, proxied},
    report::untrusted,
    settings::{NotificationKind, Proxy, SettingsError, Sink, SinkKind, sink_secret, sink_url},
};

/// Notifications that may wait for one sink; further ones are dropped, and the log says so (our choice).
const QUEUE: usize = 32;
/// How long one try may take.
const TRY_FOR: Duration = Duration::from_secs(10);
/// Pauses before the tries after the first (our choice).
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];

#[derive(Default)]
pub(super) struct Sinks(Vec<Open>);

/// A sink with its task.
struct Open {
    of: Channel,
    name: String,
    events: Vec<NotificationKind>,
    queue: mpsc::Sender<Arc<Notification>>,
    task: JoinHandle<()>,
}

/// How a sink is reached, with all that was read for it.
#[derive(Clone)]
enum Channel {
    Webhook { url: Url, secret: Option<SecretString>, proxy: Option<Proxy> },
    Slack { url: Url, proxy: Option<Proxy> },
    Command { words: Vec<String>, root: PathBuf },
}

impl Channel {
    fn read(kind: &SinkKind, root: &Path, proxy: Option<&Proxy>) -> Result<Self, SettingsError> {
        Ok(match kind {
            SinkKind::Webhook { url_file, secret_file } => Self::Webhook {
                url: sink_url(url_file, root)?,
                secret: secret_file.as_ref().map(|file| sink_secret(file, root)).transpose()?,
                proxy: proxy.cloned(),
            },
            SinkKind::Slack { url_file } => Self::Slack { url: sink_url(url_file, root)?, proxy: proxy.cloned() },
            SinkKind::Command { command } => Self::Command { words: command.clone(), root: root.to_owned() },
        })
    }

    fn is(&self, other: &Self) -> bool {
        let exposed = |secret: &Option<SecretString>| secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        match (self, other) {
            (Self::Webhook { url: a, secret: s, proxy: p }, Self::Webhook { url: b, secret: t, proxy: q }) => {
                a == b && exposed(s) == exposed(t) && p == q
            }
            (Self::Slack { url: a, proxy: p }, Self::Slack { url: b, proxy: q }) => (a, p) == (b, q),
            (Self::Command { words: a, root: r }, Self::Command { words: b, root: s }) => (a, r) == (b, s),
            _ => false,
        }
    }
}

/// Whether all that the sinks need can be read.
pub fn check(sinks: &[Sink], root: &Path) -> Result<(), SettingsError> {
    sinks.iter().try_for_each(|sink| Channel::read(&sink.kind, root, None).map(drop))
}

impl Sinks {
    /// Reads what the sinks need and starts their tasks.
    pub(super) fn open(sinks: &[Sink], root: &Path, proxy: Option<&Proxy>) -> Result<Self, SettingsError> {
        let ways = sinks.iter().map(|sink| Channel::read(&sink.kind, root, proxy));
        let ways: Vec<Channel> = ways.collect::<Result<_, _>>()?;
        let open = |((number, sink), way): ((usize, &Sink), Channel)| {
            let name = format!("notify {} ({})", number + 1, sink.kind.as_str());
            let (queue, waiting) = mpsc::channel(QUEUE);
            let task = tokio::spawn(carry(name.clone(), way.clone(), waiting));
            Open { of: way, name, events: sink.events.clone(), queue, task }
        };
        Ok(Self(sinks.iter().enumerate().zip(ways).map(open).collect()))
    }

    /// Takes other sinks. One that is the same keeps its queue; the others deliver theirs and end.
    pub(super) fn replace_with(&mut self, new: Self) {
        let mut old = std::mem::take(&mut self.0);
        for new in new.0 {
            match old.iter().position(|old| old.of.is(&new.of)) {
                Some(same) => self.0.push(Open { events: new.events, name: new.name, ..old.swap_remove(same) }),
                None => self.0.push(new),
            }
        }
    }

    /// One that hands over what it was sent.
    #[cfg(test)]
    pub(super) fn keeping(events: &[NotificationKind]) -> (Self, mpsc::Receiver<Arc<Notification>>) {
        let (queue, kept) = mpsc::channel(QUEUE);
        let of = Channel::Command { words: Vec::new(), root: PathBuf::new() };
        let task = tokio::spawn(std::future::ready(()));
        (Self(vec![Open { of, name: "test".to_owned(), events: events.to_vec(), queue, task }]), kept)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts a notification into the queue of everybody who wants it.
    pub(super) fn enqueue(&self, notification: &Notification) {
        let notification = Arc::new(notification.clone());
        for sink in self.0.iter().filter(|sink| sink.events.contains(&notification.event)) {
            if sink.queue.try_send(Arc::clone(&notification)).is_err() {
                tracing::error!(sink = sink.name, "a notification is dropped: too many wait for this sink");
            }
        }
    }

    /// Waits until everything is delivered, at most so long; all sinks together.
    pub(super) async fn end(self, patience: Duration) {
        let deadline = Instant::now() + patience;
        for Open { queue, mut task, name, .. } in self.0 {
            drop(queue);
            if timeout_at(deadline, &mut task).await.is_err() {
                task.abort();
                tracing::warn!(sink = name, "notifications were not delivered before the end");
            }
        }
    }
}

/// Carries one after the other until nobody can send any more.
async fn carry(name: String, way: Channel, mut waiting: mpsc::Receiver<Arc<Notification>>) {
    let mut is_dead = false;
    while let Some(notification) = waiting.recv().await {
        match deliver(&way, &notification).await {
            Ok(()) if is_dead => {
                is_dead = false;
                tracing::info!(sink = name, "notifications arrive again");
            }
            Ok(()) => {}
            // Once, however long it lasts.
            Err(why) if is_dead => tracing::debug!(sink = name, why, "cannot deliver a notification"),
            Err(why) => {
                is_dead = true;
                tracing::error!(sink = name, why, "cannot deliver a notification");
            }
        }
    }
}

/// Why a try failed, and whether another one makes sense.
struct Failure {
    why: String,
    is_final: bool,
}

impl Failure {
    fn passing(why: impl Into<String>) -> Self {
        Self { why: why.into(), is_final: false }
    }
}

async fn deliver(way: &Channel, notification: &Notification) -> Result<(), String> {
    let mut pauses = PAUSES.iter();
    loop {
        let Err(Failure { why, is_final }) = attempt(way, notification).await else { return Ok(()) };
        match pauses.next().filter(|_| !is_final) {
            Some(pause) => sleep(*pause).await,
            None => return Err(why),
        }
    }
}

async fn attempt(way: &Channel, notification: &Notification) -> Result<(), Failure> {
    let now = Timestamp::now();
    let done = async {
        match way {
            Channel::Webhook { url, secret, proxy } => {
                let body = notification.json();
                let signed = secret.as_ref().map(|secret| signatures(secret, &notification.id.to_string(), now, &body));
                post((url, proxy.as_ref()), notification, now, body, signed.unwrap_or_default()).await
            }
            Channel::Slack { url, proxy } => {
                let body = slack::body(notification).to_string().into_bytes();
                post((url, proxy.as_ref()), notification, now, body, Vec::new()).await
            }
            Channel::Command { words, root } => run(words, root, &notification.json()).await,
        }
    };
    timeout(TRY_FOR, done).await.unwrap_or_else(|_| Err(Failure::passing("it took longer than 10 s")))
}

/// A client of its own for every try: they are rare, and nothing is kept open for a day.
async fn post(
    (url, proxy): (&Url, Option<&Proxy>),
    notification: &Notification,
    now: Timestamp,
    body: Vec<u8>,
    signatures: Vec<(&str, String)>,
) -> Result<(), Failure> {
    install_crypto();
    let builder =
        Client::builder().user_agent(concat!("menusync/", env!("CARGO_PKG_VERSION"))).redirect(Policy::none());
    let builder = proxied(builder, proxy).map_err(Failure::passing)?;
    let builder = if url.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
    let client = builder.build().map_err(|_| Failure::passing("encrypted connections cannot be set up"))?;
    let mut request = client.post(url.clone()).header("Content-Type", "application/json");
    let id = notification.id.to_string();
    request = request.header("webhook-id", &id).header("webhook-timestamp", now.as_second());
    request = request.header("X-Menusync-Notification", id);
    for (header, signature) in signatures {
        request = request.header(header, signature);
    }
    let sent = request.body(body).send().await;
    // Neither address nor answer is repeated: both may hold secrets.
    let answer =
        sent.map_err(|error| Failure::passing(if error.is_connect() { "cannot connect" } else { "no answer came" }))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let is_final = !(status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429));
    Err(Failure { why: format!("it was answered with {status}"), is_final })
}

/// The headers that prove who sent a body: of the Standard Webhooks scheme (<https://www.standardwebhooks.com>), and that of
/// 0.1.0, whose signature holds for ever, for one more release.
fn signatures(secret: &SecretString, id: &str, now: Timestamp, body: &[u8]) -> Vec<(&'static str, String)> {
    let signed = [format!("{id}.{}.", now.as_second()).as_bytes(), body].concat();
    let hex = hmac(secret.expose_secret().as_bytes(), body).iter().map(|byte| format!("{byte:02x}")).collect();
    let signature = format!("v1,{}", BASE64_STANDARD.encode(hmac(&signing_key(secret), &signed)));
    vec![("webhook-signature", signature), ("X-Menusync-Signature", hex)]
}

/// A secret `whsec_…` is base64 of its key; another is the key itself.
fn signing_key(secret: &SecretString) -> Vec<u8> {
    let secret = secret.expose_secret();
    let encoded = secret.strip_prefix("whsec_").and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    encoded.unwrap_or_else(|| secret.as_bytes().to_vec())
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// A program that is given up takes along what it has started.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        self.0.into_iter().for_each(process::kill_group);
    }
}

/// Runs a program in the root, with the notification on its standard input and next to nothing in its environment.
async fn run(words: &[String], root: &Path, body: &[u8]) -> Result<(), Failure> {
    let Some((program, arguments)) = words.split_first() else { return Ok(()) };
    let failed = |doing: &str, error: std::io::Error| {
        Failure::passing(format!("cannot {doing} {}: {error}", untrusted::printable(program)))
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root).env_clear().envs(process::bare_environment());
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    process::lead_a_group(command.as_std_mut());
    let mut child = command.spawn().map_err(|error| failed("start", error))?;
    // Dropped before the child, whose number nobody else has until then.
    let mut group = Group(child.id());
    if let Some(mut stdin) = child.stdin.take() {
        // It may not care to read.
        let _ = stdin.write_all(body).await;
    }
    let status = child.wait().await.map_err(|error| failed("wait for", error))?;
    // What it left behind on purpose is its own affair.
    group.0 = None;
    match status.success() {
        true => Ok(()),
        false => Err(Failure::passing(format!("{} ended with {status}", untrusted::printable(program)))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    /// The example of the scheme's own libraries.
    #[test]
    fn a_body_is_signed_as_standard_webhooks_are() {
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let now = Timestamp::from_second(1_614_265_330).unwrap();
        let signed = signatures(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", now, br#"{"test": 2432232314}"#);
        assert_eq!(signed[0], ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".to_owned()));
    }

    fn is_alive(id: &str) -> bool {
        std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    }

    #[tokio::test]
    async fn a_program_that_is_given_up_takes_along_what_it_has_started() {
        let root = tempfile::tempdir().unwrap();
        let words = ["sh", "-c", "sleep 300 & echo $! > id.new; mv id.new id; wait"].map(str::to_owned);
        let started = async {
            let deadline = Instant::now() + Duration::from_secs(20);
            while !root.path().join("id").exists() && Instant::now() < deadline {
                sleep(Duration::from_millis(5)).await;
            }
            std::fs::read_to_string(root.path().join("id")).unwrap().trim().to_owned()
        };
        let id = tokio::select! {
            _ = run(&words, root.path(), b"{}") => panic!("it waits for its child"),
            id = started => id,
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        while is_alive(&id) {
            assert!(Instant::now() < deadline, "it still runs");
            sleep(Duration::from_millis(5)).await;
        }
    }
}
