//! A server of a few lines that answers from a script, byte for byte, so that it can also break off.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    remote::{Client, Endpoint, Login},
    settings::StockKey,
};

pub(super) const ID: &str = "app-id-1";
pub(super) const SECRET: &str = "s3cr3t-of-the-app";

/// As whom the tests come.
pub(super) fn login() -> Login {
    Login { client_id: ID.to_owned(), client_secret: SECRET.into(), requests_per_second: None }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// `GET /path`
    pub(super) line: String,
    /// Header lines in lower case, as sent.
    pub(super) head: String,
    pub(super) body: String,
}

#[derive(Default)]
struct Script {
    seen: Vec<Seen>,
    tokens: VecDeque<Vec<u8>>,
    answers: VecDeque<Vec<u8>>,
    granted: u32,
}

#[derive(Clone)]
pub(super) struct Fake {
    script: Arc<Mutex<Script>>,
    port: u16,
}

/// An answer.
pub(super) fn reply(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
        .into_bytes()
}

pub(super) fn catalog(name: &str) -> Vec<u8> {
    reply("200 OK", "", &format!(r#"{{"success":true,"data":{{"menus":[{{"name":"{name}"}}]}}}}"#))
}

impl Fake {
    pub(super) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let fake = Self { script: Arc::default(), port };
        let serving = fake.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        fake
    }

    /// A server whose API gives these answers, then catalogs.
    pub(super) async fn answering(answers: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let fake = Self::new().await;
        fake.script.lock().unwrap().answers.extend(answers);
        fake
    }

    /// The next answers of the token endpoint; afterwards it grants `token-1`, `token-2`, …
    pub(super) fn tokens(self, answers: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.script.lock().unwrap().tokens.extend(answers);
        self
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        Endpoint {
            api_url: format!("http://127.0.0.1:{}/base/", self.port),
            oauth_url: format!("http://127.0.0.1:{}/oauth2/token", self.port),
            requests_per_second: 1000.0,
            timeout: Duration::from_secs(20),
            stock_key: StockKey::ExternalId,
            accept: "application/json".to_owned(),
            proxy: None,
        }
    }

    pub(super) fn client(&self) -> Client {
        Self::connect(&self.endpoint())
    }

    pub(super) fn connect(endpoint: &Endpoint) -> Client {
        Client::connect(endpoint, Arc::new(|_| Ok(login())), None).unwrap()
    }

    /// `text` with the port, which differs from run to run, replaced.
    pub(super) fn settled(&self, text: impl ToString) -> String {
        let text = text.to_string().replace(&self.port.to_string(), "PORT");
        // What is made anew for each call.
        let mut parts = text.split("(X-Request-ID ");
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |text, part| text + "(X-Request-ID ID)" + part.split_once(')').unwrap().1)
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.script.lock().unwrap().seen.clone()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }

    async fn serve(self, mut stream: TcpStream) {
        let Some(seen) = read(&mut stream).await else { return };
        let answer = self.script.lock().unwrap().answer(seen);
        // A client may leave before it has everything.
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
    }
}

impl Script {
    fn answer(&mut self, seen: Seen) -> Vec<u8> {
        let is_token = seen.line.starts_with("POST /oauth2/token");
        self.seen.push(seen);
        if is_token {
            return self.tokens.pop_front().unwrap_or_else(|| {
                self.granted += 1;
                let body =
                    format!(r#"{{"access_token":"token-{}","expires_in":3599,"token_type":"Bearer"}}"#, self.granted);
                reply("200 OK", "", &body)
            });
        }
        self.answers.pop_front().unwrap_or_else(|| catalog("Nasi"))
    }
}

async fn read(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let (line, head) = head.split_once("\r\n")?;
            let head = head.to_owned();
            let length = head.to_lowercase().lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                let line = line.trim_end_matches(" HTTP/1.1").to_owned();
                return Some(Seen { line, head, body: body.to_owned() });
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
