//! What people and service managers say to a process.

use std::io;

use tokio::signal::windows::{
    CtrlBreak, CtrlC, CtrlClose, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown,
};

/// What asks a process to end. After the last two the system gives it a few seconds.
pub struct Ends {
    interrupt: CtrlC,
    interrupt_hard: CtrlBreak,
    close: CtrlClose,
    shutdown: CtrlShutdown,
}

impl Ends {
    /// Listens from now on; needs a runtime.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: ctrl_c()?,
            interrupt_hard: ctrl_break()?,
            close: ctrl_close()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    /// The name of the next one.
    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "Ctrl-C",
            _ = self.interrupt_hard.recv() => "Ctrl-Break",
            _ = self.close.recv() => "the end of its console",
            _ = self.shutdown.recv() => "the end of Windows",
        }
    }
}

/// What a signal asks a daemon for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// To read everything again.
    Reload,
    /// To pass over all outlets now.
    Pass,
}

/// A signal that asks for something: Windows has none.
pub struct Requests(std::convert::Infallible);

impl Requests {
    /// There is nothing to listen for.
    pub fn listen() -> io::Result<Vec<(Request, Self)>> {
        Ok(Vec::new())
    }

    /// Waits for the next; whether another may come.
    pub async fn next(&mut self) -> bool {
        match self.0 {}
    }
}
