//! Telling the service manager how the daemon is: `sd_notify(3)` over one datagram socket.
//!
//! Does nothing where no service manager asked for it. When to say what is `daemon`'s; the environment is read by
//! `settings`.

use std::{ffi::OsString, time::Duration};

use crate::platform::datagram::{Datagram, monotonic_usec};

/// The variables a service manager sets, as they are.
#[derive(Debug, Clone, Default)]
pub struct ServiceManager {
    /// `NOTIFY_SOCKET`: a path, or a name in the abstract namespace after `@`.
    pub notify_socket: Option<OsString>,
    /// `WATCHDOG_USEC`: microseconds after which a silent service is killed.
    pub watchdog_usec: Option<String>,
    /// `WATCHDOG_PID`: the process that is meant.
    pub watchdog_pid: Option<String>,
}

/// The way to the service manager, if there is one. A message that cannot be delivered is logged, never an error.
#[derive(Debug)]
pub struct Notifier {
    socket: Option<Datagram>,
    watchdog: Option<Duration>,
}

/// How long a message may wait for the service manager to read (our choice): the daemon must not hang on it.
const PATIENCE: Duration = Duration::from_secs(1);

impl Notifier {
    /// Connects to the socket that `manager` names, if any.
    pub fn new(manager: &ServiceManager) -> Self {
        let socket = manager.notify_socket.as_deref().and_then(|name| {
            Datagram::connect(name, Some(PATIENCE))
                .map_err(|error| tracing::warn!(?name, %error, "cannot reach the service manager"))
                .ok()
        });
        Self { socket, watchdog: watchdog_limit(manager) }
    }

    /// The daemon works; `status` is one line for people.
    pub fn ready(&self, status: &str) {
        self.send(&format!("READY=1\n{}", line(status)));
    }

    /// One line for people, shown by `systemctl status`.
    pub fn status(&self, status: &str) {
        self.send(&line(status));
    }

    /// Settings are being read again; [`Self::ready`] must follow.
    pub fn reloading(&self) {
        // Without the time systemd takes the reload for failed (documentation, version 253).
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={}\n", monotonic_usec()));
    }

    /// The daemon ends what it is doing and exits.
    pub fn stopping(&self, status: &str) {
        self.send(&format!("STOPPING=1\n{}", line(status)));
    }

    /// The daemon is alive; due every [`Self::watchdog_interval`].
    pub fn alive(&self) {
        self.send("WATCHDOG=1\n");
    }

    /// How often [`Self::alive`] must be called: half of what the service manager allows (its documentation's advice);
    /// `None` if it does not watch.
    pub fn watchdog_interval(&self) -> Option<Duration> {
        self.socket.as_ref().and(self.watchdog).map(|limit| limit / 2)
    }

    fn send(&self, message: &str) {
        let Some(socket) = &self.socket else { return };
        if let Err(error) = socket.send(message.as_bytes()) {
            tracing::warn!(%error, "cannot tell the service manager");
        }
    }
}

/// Only if this process is meant: children inherit the variables.
fn watchdog_limit(manager: &ServiceManager) -> Option<Duration> {
    let limit = manager.watchdog_usec.as_deref()?.parse().ok().filter(|usec| *usec > 0).map(Duration::from_micros)?;
    let meant = manager.watchdog_pid.as_deref().is_none_or(|pid| pid.parse() == Ok(std::process::id()));
    meant.then_some(limit)
}

/// A line break would begin another message.
fn line(status: &str) -> String {
    format!("STATUS={}\n", status.replace(char::is_control, " "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use std::os::unix::net::UnixDatagram;

    use super::*;

    /// A service manager's socket and a notifier connected to it.
    fn listening() -> (tempfile::TempDir, UnixDatagram, Notifier) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        (dir, socket, connected(path.into_os_string()))
    }

    fn connected(name: OsString) -> Notifier {
        Notifier::new(&ServiceManager { notify_socket: Some(name), ..watched("30000000", None) })
    }

    fn watched(usec: &str, pid: Option<u32>) -> ServiceManager {
        ServiceManager {
            notify_socket: None,
            watchdog_usec: Some(usec.into()),
            watchdog_pid: pid.map(|pid| pid.to_string()),
        }
    }

    fn received(socket: &UnixDatagram) -> String {
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut buffer = [0; 1000];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn messages_reach_the_service_manager() {
        let (_dir, socket, notifier) = listening();
        notifier.ready("watching 3 outlets");
        assert_eq!(received(&socket), "READY=1\nSTATUS=watching 3 outlets\n");
        notifier.alive();
        assert_eq!(received(&socket), "WATCHDOG=1\n");
        notifier.stopping("finishing a push");
        assert_eq!(received(&socket), "STOPPING=1\nSTATUS=finishing a push\n");
        assert_eq!(notifier.watchdog_interval(), Some(Duration::from_secs(15)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_after_an_at_sign_is_an_abstract_socket() {
        use std::os::{linux::net::SocketAddrExt as _, unix::net::SocketAddr};
        let name = format!("menusync-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        connected(format!("@{name}").into()).alive();
        assert_eq!(received(&socket), "WATCHDOG=1\n");
    }

    #[test]
    fn a_reload_carries_its_time() {
        let (_dir, socket, notifier) = listening();
        notifier.reloading();
        let message = received(&socket);
        let time = message.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap();
        assert!(time.trim_end().parse::<u64>().unwrap() > 0);
    }

    #[test]
    fn a_status_is_one_line() {
        let (_dir, socket, notifier) = listening();
        notifier.status("2 held\nSTOPPING=1");
        assert_eq!(received(&socket), "STATUS=2 held STOPPING=1\n");
    }

    #[test]
    fn without_a_service_manager_nothing_happens() {
        let nobody = Notifier::new(&ServiceManager::default());
        nobody.ready("nobody listens");
        assert_eq!(nobody.watchdog_interval(), None);
        let gone = ServiceManager { notify_socket: Some("/nonexistent/notify".into()), ..ServiceManager::default() };
        Notifier::new(&gone).ready("the socket is gone");
    }

    #[test]
    fn the_watchdog_is_only_for_the_process_it_means() {
        let own = std::process::id();
        assert_eq!(watchdog_limit(&watched("2000000", Some(own))), Some(Duration::from_secs(2)));
        assert_eq!(watchdog_limit(&watched("2000000", Some(own + 1))), None);
        assert_eq!(watchdog_limit(&watched("0", None)), None);
        assert_eq!(watchdog_limit(&watched("soon", None)), None);
    }
}
