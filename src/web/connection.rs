//! Connections: a limited number at a time, each for a limited time. Clients that open many and send nothing, or half a
//! request, must neither use up the file descriptors that the daemon needs nor keep out the probe of a supervisor.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::{Instant, Sleep, timeout},
};

/// Connections at a time (our choice).
const MOST: usize = 64;

/// How long the head of a request may take (our choice); clients send it in one piece.
const HEAD_WITHIN: Duration = Duration::from_secs(5);

/// The longest life of a connection (our choice). Each carries one request.
const LONGEST: Duration = Duration::from_secs(20);

/// A request that has come is answered within this time as a rule, so that a connection that is older waits for its client.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);

/// After an error of the system, such as no file descriptors left; and between two looks for a connection to close.
const PAUSE: Duration = Duration::from_millis(100);

/// A listener with a limited number of connections. One more closes the one that has made least use of its time.
pub(super) struct ConnectionLimit {
    listener: TcpListener,
    free: Arc<Semaphore>,
    open: Arc<Connections>,
}

impl ConnectionLimit {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self { listener, free: Arc::new(Semaphore::new(MOST)), open: Arc::default() }
    }

    /// A place for a connection that has come. Where there is none, one is closed.
    async fn make_room(&self) -> OwnedSemaphorePermit {
        loop {
            if self.free.available_permits() == 0 {
                self.open.close_one();
            }
            if let Ok(permit) = timeout(PAUSE, Arc::clone(&self.free).acquire_owned()).await {
                return permit.expect("the semaphore is never closed");
            }
        }
    }
}

impl Listener for ConnectionLimit {
    type Io = LimitedStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (LimitedStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let permit = self.make_room().await;
                    return (LimitedStream::new(stream, permit, Arc::clone(&self.open)), peer);
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// The open connections by number; older ones have lower numbers.
#[derive(Default)]
struct Connections(Mutex<(u64, BTreeMap<u64, Connection>)>);

struct Connection {
    since: Instant,
    has_head: bool,
    /// Gone once it is told to close.
    close: Option<oneshot::Sender<()>>,
}

impl Connections {
    fn add(&self) -> (u64, oneshot::Receiver<()>) {
        let (close, closing) = oneshot::channel();
        let mut inner = self.lock();
        inner.0 += 1;
        let number = inner.0;
        inner.1.insert(number, Connection { since: Instant::now(), has_head: false, close: Some(close) });
        (number, closing)
    }

    /// The oldest without the whole head of a request, else the oldest that could have been answered.
    fn close_one(&self) {
        let mut inner = self.lock();
        let mut open: Vec<&mut Connection> = inner.1.values_mut().filter(|one| one.close.is_some()).collect();
        let without_head = open.iter().position(|one| !one.has_head);
        let place = without_head.or_else(|| open.iter().position(|one| one.since.elapsed() > ANSWERED_WITHIN));
        if let Some(close) = place.and_then(|place| open[place].close.take()) {
            // Fails if it has just ended by itself.
            let _ = close.send(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, (u64, BTreeMap<u64, Connection>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that ends in time.
pub(super) struct LimitedStream {
    stream: TcpStream,
    head: Head,
    end: Pin<Box<Sleep>>,
    closing: oneshot::Receiver<()>,
    is_closed: bool,
    number: u64,
    open: Arc<Connections>,
    _permit: OwnedSemaphorePermit,
}

impl LimitedStream {
    fn new(stream: TcpStream, permit: OwnedSemaphorePermit, open: Arc<Connections>) -> Self {
        let (number, closing) = open.add();
        let end = Box::pin(tokio::time::sleep(HEAD_WITHIN));
        Self { stream, head: Head::default(), end, closing, is_closed: false, number, open, _permit: permit }
    }

    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        self.is_closed = self.is_closed || self.end.as_mut().poll(cx).is_ready() || {
            Pin::new(&mut self.closing).poll(cx).is_ready()
        };
        if self.is_closed { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }

    /// From here on the time for the whole request counts.
    fn end_head(&mut self) {
        if let Some(connection) = self.open.lock().1.get_mut(&self.number) {
            connection.has_head = true;
            self.end.as_mut().reset(connection.since + LONGEST);
        }
    }
}

impl Drop for LimitedStream {
    fn drop(&mut self) {
        self.open.lock().1.remove(&self.number);
    }
}

impl AsyncRead for LimitedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if !self.head.is_whole && self.head.read(&buffer.filled()[before..]) {
            self.end_head();
            // The timer that was polled above is another one now.
            self.check(cx)?;
        }
        polled
    }
}

impl AsyncWrite for LimitedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Where the head of a request ends: at the first empty line after others.
#[derive(Default)]
struct Head {
    has_begun: bool,
    /// In a row, returns not counted.
    newlines: u8,
    is_whole: bool,
}

impl Head {
    /// Whether it is whole with these bytes.
    fn read(&mut self, bytes: &[u8]) -> bool {
        for byte in bytes {
            match byte {
                b'\r' => {}
                b'\n' => self.newlines += u8::from(self.has_begun),
                _ => (self.has_begun, self.newlines) = (true, 0),
            }
            if self.newlines == 2 {
                self.is_whole = true;
                break;
            }
        }
        self.is_whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_with_an_empty_line_however_it_is_cut() {
        for (pieces, is_whole) in [
            (&["GET / HTTP/1.1\r\nHost: a\r\n\r\n"][..], true),
            (&["GET / HTTP/1.1\r\n", "\r", "\nbody"], true),
            (&["GET / HTTP/1.1\n\n"], true),
            (&["\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n"], false),
            (&["GET / HTTP/1.1\r\nA: b\r\nC: d\r\n"], false),
            (&[], false),
        ] {
            let mut head = Head::default();
            for piece in pieces {
                head.read(piece.as_bytes());
            }
            assert_eq!(head.is_whole, is_whole, "{pieces:?}");
        }
    }
}
