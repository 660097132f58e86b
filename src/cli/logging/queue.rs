//! Lines on their way to stderr or to the journal. Whoever reads them may be slow, or hang: the lines of a daemon then wait in a
//! queue with a bound, and those that find no room are lost and counted. Work never waits for a log.

use std::{
    io::{ErrorKind, Write},
    sync::{
        Arc, Condvar, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, TryRecvError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use super::{super::progress, journal::Record};

/// Lines that wait (our choice: about a minute of a busy log).
const ROOM: usize = 4096;

/// At the end of the process, the longest wait for a reader that does not read (our choice)…
const STALLED: Duration = Duration::from_secs(1);
/// …and for one that reads slowly.
const SLOW: Duration = Duration::from_secs(5);

/// Between two tries to write to a stderr that does not block.
const AGAIN_AFTER: Duration = Duration::from_millis(20);

/// The queue of this process, if it has one.
static QUEUE: OnceLock<Queue> = OnceLock::new();

/// Is told of every lost line.
static ON_LOST: OnceLock<Box<dyn Fn() + Send + Sync>> = OnceLock::new();

/// How the loss of some lines is said.
pub(super) type Notice = Box<dyn Fn(u64) -> Entry + Send>;

/// A line, and what the journal gets in its place if it listens.
pub(in crate::cli) struct Entry {
    pub(super) line: String,
    pub(super) record: Option<Record>,
}

impl From<String> for Entry {
    fn from(line: String) -> Self {
        Self { line, record: None }
    }
}

impl Entry {
    /// What is left to write to stderr: nothing if the journal has taken it. Where it has not, stderr leads there as well.
    fn left_for_stderr(&self) -> &[u8] {
        match &self.record {
            Some(record) if record.send().is_ok() => &[],
            _ => self.line.as_bytes(),
        }
    }
}

/// From now on lines wait in a queue. For a daemon: a command ends when all has been read.
pub(super) fn start(notice: Notice) {
    let _ = QUEUE.set(Queue::start(std::io::stderr(), notice));
}

/// `count` is called for every line that is lost.
pub(in crate::cli) fn on_lost(count: impl Fn() + Send + Sync + 'static) {
    let _ = ON_LOST.set(Box::new(count));
}

/// Writes a line, or has it written.
pub(in crate::cli) fn write(entry: impl Into<Entry>) {
    let entry = entry.into();
    match QUEUE.get() {
        Some(queue) => queue.push(entry),
        // In one piece, so that lines of two processes do not mix. Who reads stderr may have gone.
        None => {
            let mut stderr = std::io::stderr().lock();
            progress::clear(&mut stderr);
            let _ = stderr.write_all(entry.left_for_stderr());
        }
    }
}

/// Waits, not for long, until what was written has been read.
pub(in crate::cli) fn flush() {
    if let Some(queue) = QUEUE.get() {
        queue.flush();
    }
}

struct Queue {
    entries: SyncSender<Entry>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Not yet said.
    lost: AtomicU64,
    /// Lines that were put into the queue, and lines that were written.
    pushed: AtomicU64,
    written: Mutex<u64>,
    progress: Condvar,
}

impl Queue {
    /// The thread owns `sink`: nobody else may wait for it. It ends with the process.
    fn start(sink: impl Write + Send + 'static, notice: Notice) -> Self {
        let (entries, waiting) = sync_channel(ROOM);
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let run = move || of_thread.write_all(&waiting, sink, &notice);
        // Without a thread every line is lost, and counted.
        let _ = thread::Builder::new().name("log".to_owned()).spawn(run);
        Self { entries, shared }
    }

    fn push(&self, entry: Entry) {
        // First, so that a flush waits for it.
        self.shared.pushed.fetch_add(1, Ordering::SeqCst);
        if self.entries.try_send(entry).is_err() {
            self.shared.pushed.fetch_sub(1, Ordering::SeqCst);
            self.shared.lost.fetch_add(1, Ordering::SeqCst);
            if let Some(count) = ON_LOST.get() {
                count();
            }
        }
    }

    fn flush(&self) {
        let end = Instant::now() + SLOW;
        let mut written = self.shared.written.lock().unwrap_or_else(PoisonError::into_inner);
        while *written < self.shared.pushed.load(Ordering::SeqCst) || self.shared.lost.load(Ordering::SeqCst) > 0 {
            let wait = STALLED.min(end.saturating_duration_since(Instant::now()));
            let waited = self.shared.progress.wait_timeout(written, wait).unwrap_or_else(PoisonError::into_inner);
            if waited.1.timed_out() {
                return;
            }
            written = waited.0;
        }
    }
}

impl Shared {
    fn write_all(&self, waiting: &Receiver<Entry>, mut sink: impl Write, notice: &Notice) {
        loop {
            let entry = match waiting.try_recv() {
                Ok(entry) => entry,
                Err(TryRecvError::Empty) => {
                    // Behind all that was not lost.
                    let lost = self.lost.load(Ordering::SeqCst);
                    if lost > 0 {
                        write_patiently(&mut sink, notice(lost).left_for_stderr());
                        self.lost.fetch_sub(lost, Ordering::SeqCst);
                        self.advance(0);
                        continue;
                    }
                    match waiting.recv() {
                        Ok(entry) => entry,
                        Err(_) => return,
                    }
                }
                Err(TryRecvError::Disconnected) => return,
            };
            write_patiently(&mut sink, entry.left_for_stderr());
            self.advance(1);
        }
    }

    /// Under the lock, so that whoever has just looked does not miss it.
    fn advance(&self, lines: u64) {
        *self.written.lock().unwrap_or_else(PoisonError::into_inner) += lines;
        self.progress.notify_all();
    }
}

/// Who reads stderr may have gone: then there is nobody to tell. A stderr that somebody has set not to block is waited for.
fn write_patiently(sink: &mut impl Write, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match sink.write(bytes) {
            Ok(0) => return,
            Ok(length) => bytes = &bytes[length..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(AGAIN_AFTER),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use std::io;

    use super::{
        super::{fields::Fields, journal::tests::FakeJournald},
        *,
    };

    /// Takes a write only when it is let to; shows what it took.
    struct Gated {
        gate: Receiver<()>,
        taken: Arc<Mutex<String>>,
    }

    impl Write for Gated {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // An open gate, which nobody guards any more, lets everything through.
            let _ = self.gate.recv();
            self.taken.lock().unwrap().push_str(std::str::from_utf8(bytes).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn gated() -> (Queue, SyncSender<()>, Arc<Mutex<String>>) {
        let (guard, gate) = sync_channel(0);
        let taken = Arc::default();
        let sink = Gated { gate, taken: Arc::clone(&taken) };
        (Queue::start(sink, Box::new(|lost| format!("{lost} lost\n").into())), guard, taken)
    }

    #[test]
    fn lines_without_room_are_lost_and_their_number_is_written_once_there_is_room() {
        let (queue, guard, taken) = gated();
        // The thread holds one line, in whose middle it waits.
        queue.push("0\n".to_owned().into());
        for _ in 0..2 {
            while queue.entries.try_send(String::new().into()).is_ok() {
                queue.shared.pushed.fetch_add(1, Ordering::SeqCst);
            }
            thread::sleep(Duration::from_millis(50));
        }
        let lost = (0..5).map(|_| queue.push("gone\n".to_owned().into())).count();
        assert!(taken.lock().unwrap().is_empty());
        drop(guard);
        queue.flush();
        queue.push("last\n".to_owned().into());
        queue.flush();
        let taken = taken.lock().unwrap();
        assert!(taken.starts_with("0\n") && taken.ends_with("last\n"), "{taken}");
        assert!(taken.contains(&format!("{lost} lost\n")) && !taken.contains("gone"), "{taken}");
    }

    #[test]
    fn what_the_journal_takes_is_not_on_stderr_and_what_it_cannot_take_is() {
        let journald = FakeJournald::start();
        let journal = journald.connect();
        let entry = |message: &str| Entry {
            line: format!("<6>{message}\n"),
            record: Some(journal.record(6, message, &Fields::default())),
        };
        let (queue, guard, taken) = gated();
        drop(guard);
        let large = "x".repeat(10 << 20);
        [entry("small"), entry(&large)].into_iter().for_each(|entry| queue.push(entry));
        queue.flush();
        assert_eq!(journald.receive().unwrap()["MESSAGE"], "small");
        drop(journald);
        queue.push(entry("gone"));
        queue.flush();
        assert_eq!(*taken.lock().unwrap(), format!("<6>{large}\n<6>gone\n"));
    }

    #[test]
    fn a_reader_that_does_not_read_is_waited_for_a_second() {
        let (queue, guard, _) = gated();
        queue.push("0\n".to_owned().into());
        let begun = Instant::now();
        queue.flush();
        assert!((900..4000).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
        drop(guard);
        queue.flush();
        assert_eq!(*queue.shared.written.lock().unwrap(), 1);
    }
}
