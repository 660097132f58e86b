//! systemd's journal: a line is one datagram with its values as fields, so that `journalctl OUTLET=G1` finds it. The protocol is
//! <https://systemd.io/JOURNAL_NATIVE_PROTOCOL>.

use std::{io, path::Path, sync::Arc};

use serde_json::Value;

use super::fields::Fields;
use crate::platform::datagram::Datagram;

/// Where journald listens.
pub(super) const SOCKET: &str = "/run/systemd/journal/socket";

/// A connection to journald.
#[derive(Clone)]
pub(super) struct Journal(Arc<Datagram>);

/// One line for journald.
pub(super) struct Record {
    journal: Journal,
    datagram: Vec<u8>,
}

impl Journal {
    pub(super) fn connect(socket: impl AsRef<Path>) -> io::Result<Self> {
        Datagram::connect(socket.as_ref().as_os_str(), None).map(Arc::new).map(Self)
    }

    /// `message` is for people, and has the values of `fields` as well.
    pub(super) fn record(&self, priority: u8, message: &str, fields: &Fields) -> Record {
        let mut datagram = Vec::new();
        put(&mut datagram, "PRIORITY", &priority.to_string());
        // What journald itself takes from stderr: the name of the program.
        put(&mut datagram, "SYSLOG_IDENTIFIER", "menusync");
        put(&mut datagram, "MESSAGE", message);
        for (name, value) in &fields.values {
            match value {
                Value::String(text) => put(&mut datagram, name, text),
                other => put(&mut datagram, name, &other.to_string()),
            }
        }
        Record { journal: self.clone(), datagram }
    }
}

impl Record {
    /// Waits while journald is slow. Fails where it is gone, or where the record is larger than a datagram may be.
    pub(super) fn send(&self) -> io::Result<()> {
        self.journal.0.send(&self.datagram)
    }
}

/// The form with a length, in which no value can pretend to be another field.
fn put(datagram: &mut Vec<u8>, name: &str, value: &str) {
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    datagram.extend(name.chars().map(allowed).collect::<String>().into_bytes());
    datagram.push(b'\n');
    datagram.extend((value.len() as u64).to_le_bytes());
    datagram.extend(value.as_bytes());
    datagram.push(b'\n');
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use std::{collections::BTreeMap, os::unix::net::UnixDatagram};

    use super::*;

    /// A journald that only listens.
    pub(in crate::cli::logging) struct FakeJournald {
        directory: tempfile::TempDir,
        socket: UnixDatagram,
    }

    impl FakeJournald {
        pub(in crate::cli::logging) fn start() -> Self {
            let directory = tempfile::tempdir().unwrap();
            let socket = UnixDatagram::bind(directory.path().join("socket")).unwrap();
            socket.set_nonblocking(true).unwrap();
            Self { directory, socket }
        }

        pub(in crate::cli::logging) fn connect(&self) -> Journal {
            Journal::connect(self.directory.path().join("socket")).unwrap()
        }

        /// The fields of what has arrived next, if anything has.
        pub(in crate::cli::logging) fn receive(&self) -> Option<BTreeMap<String, String>> {
            let mut datagram = vec![0; 1 << 20];
            let length = self.socket.recv(&mut datagram).ok()?;
            datagram.truncate(length);
            let (mut rest, mut fields) = (&datagram[..], BTreeMap::new());
            while !rest.is_empty() {
                let name_ends = rest.iter().position(|byte| *byte == b'\n').unwrap();
                let (name, value) = (&rest[..name_ends], &rest[name_ends + 1..]);
                let (length, value) = value.split_at(8);
                let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
                assert_eq!(value[length], b'\n');
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                fields.insert(text(name), text(&value[..length]));
                rest = &value[length + 1..];
            }
            Some(fields)
        }
    }

    #[test]
    fn a_value_stays_one_field_whatever_it_holds() {
        let journald = FakeJournald::start();
        let mut fields = Fields::default();
        fields.set("name", "Warung\nPRIORITY=0\n".into());
        fields.set("log.target", 7_u64.into());
        journald.connect().record(4, "held", &fields).send().unwrap();
        let pairs = [
            ("LOG_TARGET", "7"),
            ("MESSAGE", "held"),
            ("NAME", "Warung\nPRIORITY=0\n"),
            ("PRIORITY", "4"),
            ("SYSLOG_IDENTIFIER", "menusync"),
        ];
        assert_eq!(journald.receive().unwrap(), pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }
}
