//! A socket that is a file, so that the file system says who may connect: there is none here. A port of the machine or a
//! named pipe would be open to every user unless their rights are set, which needs `unsafe`.

use std::{convert::Infallible, io, path::Path};

/// Why commands do not reach a daemon of this system, ever; `None`: they do.
pub const NONE_HERE: Option<&str> = Some(
    "on Windows commands do not reach a running daemon: it reads changed files by itself, its status page says how it \
     stands, and Ctrl-C stops it",
);

/// A connection, for who may wait.
pub type Stream = std::net::TcpStream;
/// A connection.
pub type AsyncStream = tokio::net::TcpStream;

/// Takes connections.
pub struct Listener(Infallible);

/// The name of a socket in a directory.
pub struct Address(Infallible);

impl Address {
    /// Always refused.
    pub fn open(_directory: &Path, _name: &str) -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, NONE_HERE.unwrap_or_default()))
    }

    /// Connects, and may wait for it.
    pub fn connect(&self) -> io::Result<Stream> {
        match self.0 {}
    }

    /// Connects.
    pub async fn connect_async(&self) -> io::Result<AsyncStream> {
        match self.0 {}
    }

    /// Listens, in the place of whoever did before.
    pub fn listen(&self) -> io::Result<Listener> {
        match self.0 {}
    }
}

impl Listener {
    /// The next connection.
    pub async fn accept(&self) -> io::Result<AsyncStream> {
        match self.0 {}
    }
}
