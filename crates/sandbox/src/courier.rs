//! Carries events to subscribers: signed, at least once, and tried again as the platform does it.
//!
//! After which answers and pauses a delivery is tried again is documented; the settings can make it worse (copies,
//! disorder) and quicker. One task looks after publications that fall due, and hands every event to a task of its own.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, redirect::Policy};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use tokio::time::{sleep, sleep_until};
use uuid::Uuid;

use super::{
    events::Event,
    state::{Shared, State},
};

/// How long a subscriber may take to answer (documentation).
const PATIENCE: Duration = Duration::from_secs(15);

/// Pauses before the tries after the first (documentation: 2 min, 10 min, 30 min, 1.5 h, 3.5 h).
const PAUSES: [Duration; 5] = [
    Duration::from_secs(120),
    Duration::from_secs(600),
    Duration::from_secs(1_800),
    Duration::from_secs(5_400),
    Duration::from_secs(12_600),
];

/// Older deliveries are forgotten.
const CAPACITY: usize = 10_000;

/// One try to deliver an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The event's name.
    pub event: String,
    /// The outlet that it is about.
    pub outlet: String,
    /// Where it was sent.
    pub url: String,
    /// `X-Go-Idempotency-Key`: the same for all tries and copies.
    pub idempotency_key: Uuid,
    /// 1 for the first try of a copy.
    pub attempt: usize,
    /// Status of the answer; `None` = there was none.
    pub status: Option<u16>,
}

/// Events that wait to be carried, and what became of those that were.
#[derive(Debug, Default)]
pub(super) struct Post {
    waiting: Vec<Event>,
    carried: VecDeque<Delivery>,
    /// How many deliveries were begun.
    begun: u64,
}

impl Post {
    /// Gives an event to the courier.
    pub(super) fn hand_in(&mut self, event: Event) {
        self.waiting.push(event);
    }

    pub(super) fn carried(&self) -> Vec<Delivery> {
        self.carried.iter().cloned().collect()
    }

    pub(super) fn forget(&mut self) {
        self.carried.clear();
    }

    fn note(&mut self, delivery: Delivery) {
        if self.carried.len() == CAPACITY {
            self.carried.pop_front();
        }
        self.carried.push_back(delivery);
    }
}

/// Carries until the server stops.
pub(super) async fn work(shared: Arc<Shared>) {
    let client = client();
    loop {
        let next_due = {
            let mut state = shared.state();
            let next_due = state.settle_all();
            let waiting = std::mem::take(&mut state.post.waiting);
            waiting.iter().for_each(|event| begin(&shared, &mut state, &client, event));
            next_due
        };
        let due = async {
            match next_due {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = shared.touched() => {}
            () = due => {}
            () = shared.stopped() => return,
        }
    }
}

fn client() -> Client {
    // Fails only if somebody has installed one already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || Client::builder().no_proxy().redirect(Policy::none()).timeout(PATIENCE);
    // A machine without certificates can still call itself.
    builder().build().or_else(|_| builder().tls_certs_only([]).build()).unwrap_or_default()
}

/// Starts a task for every copy to every subscriber.
fn begin(shared: &Arc<Shared>, state: &mut State, client: &Client, event: &Event) {
    let body = event.message(state.settings.event_key);
    let urls: Vec<String> = state.subscribers(event).map(str::to_owned).collect();
    for url in urls {
        let idempotency_key = Uuid::new_v4();
        for _ in 0..state.settings.event_copies {
            state.post.begun += 1;
            let held = if state.post.begun % 2 == 1 { state.settings.hold_every_other_event_ms } else { 0 };
            let letter = Letter {
                shared: Arc::clone(shared),
                client: client.clone(),
                event: event.name,
                outlet: event.outlet.clone(),
                url: url.clone(),
                idempotency_key,
                body: body.clone(),
            };
            tokio::spawn(async move { letter.carry(Duration::from_millis(held)).await });
        }
    }
}

/// One copy of an event on its way to one subscriber.
struct Letter {
    shared: Arc<Shared>,
    client: Client,
    event: &'static str,
    outlet: String,
    url: String,
    idempotency_key: Uuid,
    body: Vec<u8>,
}

impl Letter {
    /// Delivers, and tries again until the answer says that it is enough or the server stops.
    async fn carry(self, first_pause: Duration) {
        let deliver = async {
            sleep(first_pause).await;
            for attempt in 1.. {
                let status = self.deliver().await;
                let speed = {
                    let mut state = self.shared.state();
                    state.post.note(self.told(attempt, status));
                    state.settings.event_retry_speed
                };
                let Some(pause) = PAUSES.get(attempt - 1).filter(|_| attempt <= repetitions(status)) else { return };
                sleep(*pause / speed.max(1)).await;
            }
        };
        tokio::select! {
            () = deliver => {}
            () = self.shared.stopped() => {}
        }
    }

    /// Signed with the secret of this moment.
    async fn deliver(&self) -> Option<u16> {
        let secret = self.shared.state().settings.relay_secret.clone();
        let request = (self.client.post(&self.url))
            .header("Content-Type", "application/json")
            .header("X-Go-Signature", signature(&secret, &self.body))
            .header("X-Go-Idempotency-Key", self.idempotency_key.to_string())
            .body(self.body.clone());
        request.send().await.ok().map(|answer| answer.status().as_u16())
    }

    fn told(&self, attempt: usize, status: Option<u16>) -> Delivery {
        let Self { event, outlet, url, idempotency_key, .. } = self;
        Delivery {
            event: (*event).into(),
            outlet: outlet.clone(),
            url: url.clone(),
            idempotency_key: *idempotency_key,
            attempt,
            status,
        }
    }
}

/// How often a delivery is repeated after this answer (documentation).
fn repetitions(status: Option<u16>) -> usize {
    match status {
        Some(200..=299 | 301..=303) => 0,
        Some(500) => 1,
        Some(400 | 404) => 2,
        Some(503) => 4,
        _ => PAUSES.len(),
    }
}

/// Lower-case hex HMAC-SHA256 over the raw body (documentation).
fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_repeated_as_often_as_documented() {
        let statuses = [200, 204, 301, 303, 500, 503, 400, 404, 401, 413, 429, 302, 308];
        let expected = [0, 0, 0, 0, 1, 4, 2, 2, 5, 5, 5, 0, 5];
        assert_eq!(statuses.map(|status| repetitions(Some(status))), expected);
        assert_eq!(repetitions(None), 5);
    }

    #[test]
    fn a_signature_is_the_one_of_the_standard() {
        // RFC 4231, test case 2.
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signature("Jefe", b"what do ya want for nothing?"), expected);
    }
}
