//! What people and service managers say to a process.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What asks a process to end.
pub struct Ends {
    interrupt: Signal,
    terminate: Signal,
}

impl Ends {
    /// Listens from now on; needs a runtime.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// The name of the next one.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

/// What a signal asks a daemon for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// To read everything again (SIGHUP).
    Reload,
    /// To pass over all outlets now (SIGUSR1).
    Pass,
}

/// A signal that asks for something.
pub struct Requests(Signal);

impl Requests {
    /// Listens from now on; needs a runtime.
    pub fn listen() -> io::Result<Vec<(Request, Self)>> {
        let kinds = [(Request::Reload, SignalKind::hangup()), (Request::Pass, SignalKind::user_defined1())];
        kinds.into_iter().map(|(request, kind)| Ok((request, Self(signal(kind)?)))).collect()
    }

    /// Waits for the next; whether another may come.
    pub async fn next(&mut self) -> bool {
        self.0.recv().await.is_some()
    }
}
