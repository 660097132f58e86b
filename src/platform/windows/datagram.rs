//! Sockets that take whole messages, systemd's and its journal's: there are none here.

use std::{convert::Infallible, ffi::OsStr, io, time::Duration};

/// A connection to such a socket.
#[derive(Debug)]
pub struct Datagram(Infallible);

impl Datagram {
    /// Always refused.
    pub fn connect(_name: &OsStr, _patience: Option<Duration>) -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "Windows has no systemd"))
    }

    /// Sends one message.
    pub fn send(&self, _message: &[u8]) -> io::Result<()> {
        match self.0 {}
    }
}

/// The time of the clock that systemd compares with: it is not here.
pub fn monotonic_usec() -> i64 {
    0
}
