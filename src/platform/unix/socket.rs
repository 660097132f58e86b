//! A socket that is a file, so that the file system says who may connect.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::{fd::AsRawFd as _, unix::fs::OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use rustix::fs::OFlags;

/// Why commands do not reach a daemon of this system, ever; `None`: they do.
pub const NONE_HERE: Option<&str> = None;

/// A connection, for who may wait.
pub type Stream = std::os::unix::net::UnixStream;
/// A connection.
pub type AsyncStream = tokio::net::UnixStream;

/// Takes connections.
pub struct Listener(tokio::net::UnixListener);

/// The name of a socket in a directory.
pub struct Address {
    directory: File,
    path: PathBuf,
}

impl Address {
    /// The socket `name` in `directory`. Anything else in that place, such as a pipe, could take for ever to be opened.
    pub fn open(directory: &Path, name: &str) -> io::Result<Self> {
        let only_directories = i32::try_from(OFlags::DIRECTORY.bits()).unwrap_or_default();
        let opened = OpenOptions::new().read(true).custom_flags(only_directories).open(directory)?;
        Ok(Self { directory: opened, path: directory.join(name) })
    }

    /// Connects, and may wait for it.
    pub fn connect(&self) -> io::Result<Stream> {
        Stream::connect(self.short())
    }

    /// Connects.
    pub async fn connect_async(&self) -> io::Result<AsyncStream> {
        AsyncStream::connect(self.short()).await
    }

    /// Listens, in the place of whoever did before; needs a runtime.
    pub fn listen(&self) -> io::Result<Listener> {
        match fs::remove_file(self.short()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        tokio::net::UnixListener::bind(self.short()).map(Listener)
    }

    /// By a name that is short enough for the system (108 bytes) however deep the directory lies, where there is one: on
    /// Linux.
    fn short(&self) -> PathBuf {
        let opened = PathBuf::from(format!("/proc/self/fd/{}", self.directory.as_raw_fd()));
        match (cfg!(target_os = "linux"), self.path.file_name()) {
            (true, Some(name)) => opened.join(name),
            _ => self.path.clone(),
        }
    }
}

impl Listener {
    /// The next connection.
    pub async fn accept(&self) -> io::Result<AsyncStream> {
        self.0.accept().await.map(|(stream, _)| stream)
    }
}
