//! How far something is that makes a person wait: a line on a terminal, which goes when it is done.

use std::{
    io::{IsTerminal, Write},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// What is done sooner than this needs no line (our choice).
const SOON: Duration = Duration::from_millis(500);
/// How often the line is written anew.
const AGAIN: Duration = Duration::from_millis(200);
/// Begins the line anew and empties it.
const CLEAR: &str = "\r\x1b[K";

/// Whether a person looks who wants to see it.
static IS_WANTED: AtomicBool = AtomicBool::new(false);
/// Whether a line stands on the terminal.
static IS_SHOWN: AtomicBool = AtomicBool::new(false);

/// Shows progress from now on if stderr is a terminal that can take a line back.
pub(super) fn allow(is_dumb: bool, is_quiet: bool) {
    let is_wanted = !is_dumb && !is_quiet && std::io::stderr().is_terminal();
    IS_WANTED.store(is_wanted, Ordering::Relaxed);
}

/// Whether a person looks at what is done.
pub(super) fn is_wanted() -> bool {
    IS_WANTED.load(Ordering::Relaxed)
}

/// Takes the line back, if one stands there: something else is to be written. To be called by who holds stderr.
pub(super) fn clear(stderr: &mut impl Write) {
    if IS_SHOWN.swap(false, Ordering::Relaxed) {
        let _ = stderr.write_all(CLEAR.as_bytes());
    }
}

/// Something that takes its time. It ends when it is dropped.
pub(super) struct Progress {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<()>>,
}

struct Shared {
    what: &'static str,
    begun: Instant,
    done: AtomicUsize,
    /// 0 where nobody knows how much it is.
    of: AtomicUsize,
    is_over: Mutex<bool>,
    over: Condvar,
}

impl Progress {
    /// `what` stands before the numbers: `outlets`, or `reading files` where there are none.
    pub(super) fn new(what: &'static str) -> Self {
        let shared = Arc::new(Shared {
            what,
            begun: Instant::now(),
            done: AtomicUsize::new(0),
            of: AtomicUsize::new(0),
            is_over: Mutex::new(false),
            over: Condvar::new(),
        });
        let of_thread = Arc::clone(&shared);
        // A thread of its own: what makes people wait may be one long step.
        let writer = is_wanted().then(|| thread::spawn(move || of_thread.write()));
        Self { shared, writer }
    }

    /// How far it is.
    pub(super) fn tell(&self, done: usize, of: usize) {
        self.shared.done.store(done, Ordering::Relaxed);
        self.shared.of.store(of, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        *self.shared.is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.over.notify_all();
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
            clear(&mut std::io::stderr().lock());
        }
    }
}

impl Shared {
    fn write(&self) {
        let mut is_over = self.is_over.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wait = SOON;
        while !*is_over {
            is_over = self.over.wait_timeout(is_over, wait).unwrap_or_else(PoisonError::into_inner).0;
            if *is_over {
                return;
            }
            let (done, of) = (self.done.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed));
            let line = line(self.what, done, of, self.begun.elapsed());
            let mut stderr = std::io::stderr().lock();
            IS_SHOWN.store(true, Ordering::Relaxed);
            let _ = write!(stderr, "{CLEAR}{line}").and_then(|()| stderr.flush());
            wait = AGAIN;
        }
    }
}

/// `outlets 120/300, 12/s, 15 s left`
fn line(what: &str, done: usize, of: usize, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    if of == 0 {
        return format!("{what} … {seconds:.0} s");
    }
    if done == 0 {
        return format!("{what} {done}/{of}");
    }
    let rate = done as f64 / seconds;
    let left = of.saturating_sub(done) as f64 / rate;
    let rate = if rate < 1.0 { format!("{:.0}/min", rate * 60.0) } else { format!("{rate:.0}/s") };
    let left = if left < 100.0 { format!("{left:.0} s") } else { format!("{:.0} min", left / 60.0) };
    format!("{what} {done}/{of}, {rate}, {left} left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is_how_fast_and_how_long_still() {
        let line = |done, of, seconds| line("outlets", done, of, Duration::from_secs(seconds));
        assert_eq!(line(120, 300, 10), "outlets 120/300, 12/s, 15 s left");
        assert_eq!(line(1, 300, 4), "outlets 1/300, 15/min, 20 min left");
        assert_eq!(line(0, 300, 4), "outlets 0/300");
        assert_eq!(line(0, 0, 4), "outlets … 4 s");
    }
}
