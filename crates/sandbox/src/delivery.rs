//! Delivers events to subscribers: signed, at least once, and retried as the platform does it.
//!
//! After which answers and delays a delivery is retried is documented; the settings can make it worse (copies, disorder)
//! and quicker. One task publishes what is due and starts a task of its own for every copy of an event.

use std::{future, mem, sync::Arc, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, redirect::Policy};
use sha2::Sha256;
use tokio::time::{sleep, sleep_until};
use uuid::Uuid;

use super::{
    events::Event,
    log::Delivery,
    state::{Shared, State},
};

/// How long a subscriber may take to answer (documentation).
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// Delays before the tries after the first (documentation: 2 min, 10 min, 30 min, 1.5 h, 3.5 h).
const RETRY_DELAYS: [Duration; 5] = [
    Duration::from_secs(120),
    Duration::from_secs(600),
    Duration::from_secs(1_800),
    Duration::from_secs(5_400),
    Duration::from_secs(12_600),
];

/// Publishes what is due and delivers events until the server stops.
pub(super) async fn run(shared: Arc<Shared>) {
    let client = build_client(ANSWER_TIMEOUT);
    loop {
        let next_due = {
            let mut state = shared.state();
            let next_due = state.publish_due();
            let events = mem::take(&mut state.undelivered);
            events.iter().for_each(|event| start_deliveries(&shared, &mut state, &client, event));
            next_due
        };
        let wait_until_due = async {
            match next_due {
                Some(due) => sleep_until(due).await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            () = shared.wait_for_change() => {}
            () = wait_until_due => {}
            () = shared.wait_for_stop() => return,
        }
    }
}

pub(super) fn build_client(timeout: Duration) -> Client {
    // Fails only if somebody has installed one already, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || Client::builder().no_proxy().redirect(Policy::none()).timeout(timeout);
    // A machine without certificates can still call itself.
    builder().build().or_else(|_| builder().tls_certs_only([]).build()).unwrap_or_default()
}

/// Starts a task for every copy to every subscriber.
fn start_deliveries(shared: &Arc<Shared>, state: &mut State, client: &Client, event: &Event) {
    let body = event.encode(state.settings.event_key);
    let urls: Vec<String> = state.subscribers(event).map(str::to_owned).collect();
    for url in urls {
        let delivery = Delivery {
            event: event.name.into(),
            outlet: event.outlet.clone(),
            url,
            idempotency_key: Uuid::new_v4(),
            ..Delivery::default()
        };
        for _ in 0..state.settings.event_copies {
            state.started_deliveries += 1;
            let is_odd = state.started_deliveries % 2 == 1;
            let delay = Duration::from_millis(if is_odd { state.settings.hold_every_other_event_ms } else { 0 });
            let copy = EventCopy {
                shared: Arc::clone(shared),
                client: client.clone(),
                body: body.clone(),
                delivery: delivery.clone(),
            };
            tokio::spawn(async move { copy.deliver(delay).await });
        }
    }
}

/// One copy of an event for one subscriber.
struct EventCopy {
    shared: Arc<Shared>,
    client: Client,
    body: Vec<u8>,
    /// What is logged of every try, but attempt and status.
    delivery: Delivery,
}

impl EventCopy {
    /// Sends it, and again until the answer says that it is enough or the server stops.
    async fn deliver(self, first_delay: Duration) {
        let send_with_retries = async {
            sleep(first_delay).await;
            for attempt in 1.. {
                let status = self.send().await;
                let speed = {
                    let mut state = self.shared.state();
                    state.deliveries.add(Delivery { attempt, status, ..self.delivery.clone() });
                    state.settings.event_retry_speed
                };
                let delay = RETRY_DELAYS.get(attempt - 1).filter(|_| attempt <= count_retries(status));
                let Some(delay) = delay else { return };
                sleep(*delay / speed.max(1)).await;
            }
        };
        tokio::select! {
            () = send_with_retries => {}
            () = self.shared.wait_for_stop() => {}
        }
    }

    /// Signed with the secret of this moment.
    async fn send(&self) -> Option<u16> {
        let secret = self.shared.state().settings.relay_secret.clone();
        let request = (self.client.post(&self.delivery.url))
            .header("Content-Type", "application/json")
            .header("X-Go-Signature", sign(&secret, &self.body))
            .header("X-Go-Idempotency-Key", self.delivery.idempotency_key.to_string())
            .body(self.body.clone());
        request.send().await.ok().map(|answer| answer.status().as_u16())
    }
}

/// How often a delivery is retried after this answer (documentation).
fn count_retries(status: Option<u16>) -> usize {
    match status {
        Some(200..=299 | 301..=303) => 0,
        Some(500) => 1,
        Some(400 | 404) => 2,
        Some(503) => 4,
        _ => RETRY_DELAYS.len(),
    }
}

/// Lower-case hex HMAC-SHA256 over the raw body (documentation).
fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deliveries_are_retried_as_often_as_documented() {
        let statuses = [200, 204, 301, 303, 500, 503, 400, 404, 401, 413, 429, 302, 308];
        let expected = [0, 0, 0, 0, 1, 4, 2, 2, 5, 5, 5, 0, 5];
        assert_eq!(statuses.map(|status| count_retries(Some(status))), expected);
        assert_eq!(count_retries(None), 5);
    }

    #[test]
    fn a_signature_is_the_one_of_the_standard() {
        // RFC 4231, test case 2.
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(sign("Jefe", b"what do ya want for nothing?"), expected);
    }
}
