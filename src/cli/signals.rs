//! What asks a process to end (SIGINT and SIGTERM; Ctrl-C on Windows), heard on a thread of their own from the first moment on, whatever the command waits for.
//!
//! A command ends at once on the first signal, unless it has said that it ends in order ([`Signals::end_in_order`]): `run`,
//! and `apply` while it pushes. The second signal ends every command at once, and [`GONE_WITHIN`] after the first the process
//! is gone whatever hangs. Nothing is lost by that: a push is recorded before it is sent.

use std::{
    io::Write as _,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::channel,
    },
    time::Duration,
};

use tokio::{
    runtime::{Builder, Runtime},
    sync::{mpsc, watch},
};

use super::{Exit, logging, output::Outputs};
use crate::{
    catalog::OutletId,
    daemon::{Order, Reply, STOP_WITHIN},
    diagnostic::Diagnostic,
    platform::{
        signals::{Ends, Request, Requests},
        terminal,
    },
    report::{self, untrusted::printable},
    source,
    sync::InFlight,
};

/// How long after the first signal the process is gone, whatever hangs (documented: 20 s).
const GONE_WITHIN: Duration = Duration::from_millis(19_950);

/// How long words may take to be written when the process ends at once: whoever reads them may hang as well.
const LAST_WORDS_WITHIN: Duration = Duration::from_millis(500);

/// Where it is said that a stop has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopAnnouncer {
    /// On stderr, for the person who waits.
    Stderr,
    /// In the log.
    Log,
}

/// What signals do to this process. Its clones are the same.
#[derive(Clone)]
pub(super) struct Signals(Arc<Shared>);

struct Shared {
    /// How the command ends if it is stopped where it cannot end in order.
    exit: Mutex<Exit>,
    in_order: Mutex<Option<InOrder>>,
    /// Whether the process ends whatever the command does.
    ends_at_once: AtomicBool,
    stop: watch::Sender<bool>,
    in_flight: InFlight,
    outputs: Outputs,
}

#[derive(Debug, Clone, Copy)]
struct InOrder {
    voice: StopAnnouncer,
}

impl Signals {
    /// Listens from now on. A program that waits for the result in `outputs` is told of an end as well.
    pub(super) fn listen(outputs: Outputs) -> std::io::Result<Self> {
        let (exit, in_order) = (Mutex::new(Exit::Failed), Mutex::new(None));
        let (stop, in_flight) = (watch::Sender::new(false), InFlight::default());
        let ends_at_once = AtomicBool::new(false);
        let signals = Self(Arc::new(Shared { exit, in_order, ends_at_once, stop, in_flight, outputs }));
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let heard = {
            let _inside = runtime.enter();
            Ends::listen()?
        };
        let shared = Arc::clone(&signals.0);
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || shared.obey(&runtime, heard))?;
        Ok(signals)
    }

    /// How the command ends if it is stopped; without this it has failed.
    pub(super) fn stopped_is(&self, exit: Exit) {
        *lock(&self.0.exit) = exit;
    }

    /// From now until the answer is dropped, the first signal is passed on, and the command ends by itself.
    pub(super) fn end_in_order(&self, voice: StopAnnouncer) -> Ending {
        *lock(&self.0.in_order) = Some(InOrder { voice });
        Ending(self.clone())
    }

    /// Waits for the end of the process if a signal is ending it: what the command has come to since, such as that git was
    /// broken off, is neither told nor its exit.
    pub(super) fn leave_to_them(&self) {
        if self.0.ends_at_once.load(Ordering::SeqCst) {
            std::thread::sleep(2 * LAST_WORDS_WITHIN);
        }
    }

    /// Where pushes have to be listed.
    pub(super) fn in_flight(&self) -> InFlight {
        self.0.in_flight.clone()
    }
}

/// A command that ends in order.
pub(super) struct Ending(Signals);

impl Ending {
    /// Becomes true when the command shall stop.
    pub(super) fn stop(&self) -> watch::Receiver<bool> {
        self.0.0.stop.subscribe()
    }

    /// Returns when the command shall stop.
    pub(super) async fn asked(&self) {
        // The sender is part of `self`.
        let _ = self.stop().wait_for(|stop| *stop).await;
    }

    /// Returns when what is under way has had its time after that.
    pub(super) async fn overdue(&self) {
        self.asked().await;
        tokio::time::sleep(STOP_WITHIN).await;
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        *lock(&self.0.0.in_order) = None;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// The life of the thread. It must not wait for anything but signals: what may hang is done by others.
    fn obey(&self, runtime: &Runtime, mut heard: Ends) {
        let first = runtime.block_on(heard.next());
        let Some(InOrder { voice }) = *lock(&self.in_order) else {
            self.end_at_once(None, &format!("stopped by {first}"));
        };
        let flights = self.in_flight.close();
        if !flights.is_empty() {
            let words = format!(
                "stopping; {}, up to {} s; a second signal ends at once",
                name_flights(&flights, "is in flight", "are in flight"),
                STOP_WITHIN.as_secs()
            );
            within(LAST_WORDS_WITHIN, move || say(voice, &words));
        }
        self.stop.send_replace(true);
        within(LAST_WORDS_WITHIN, source::end_all_calls);
        let second = runtime.block_on(async { tokio::time::timeout(GONE_WITHIN, heard.next()).await });
        let why = if second.is_ok() { "stopped at once" } else { "stopped at once, as something hangs" };
        let broken_off = match self.in_flight.list() {
            flights if flights.is_empty() => String::new(),
            flights => {
                let flights = name_flights(&flights, "was broken off", "were broken off");
                format!("; {flights}; looked for at the next run before anything else is sent")
            }
        };
        self.end_at_once(Some(voice), &format!("{why}{broken_off}"));
    }

    /// Ends the process; `words` are said if they can be.
    fn end_at_once(&self, voice: Option<StopAnnouncer>, words: &str) -> ! {
        self.ends_at_once.store(true, Ordering::SeqCst);
        let exit = *lock(&self.exit);
        let (outputs, words) = (self.outputs.clone(), words.to_owned());
        within(LAST_WORDS_WITHIN, move || {
            source::end_all_calls();
            match voice {
                Some(voice) => say(voice, &words),
                None if exit == Exit::Done => say(StopAnnouncer::Log, &words),
                None => say(StopAnnouncer::Stderr, &format!("error: {words}")),
            }
            if exit != Exit::Done {
                outputs.tell_programs(&report::diagnostics_json(&[Diagnostic::error("failed", None, words)]));
            }
        });
        std::process::exit(exit.code().into());
    }
}

/// Does something that may hang; it is waited for so long and no longer.
fn within(patience: Duration, what: impl FnOnce() + Send + 'static) {
    let (done, is_done) = channel::<()>();
    let started = std::thread::Builder::new().spawn(move || {
        what();
        drop(done);
    });
    if started.is_ok() {
        // Nothing is ever sent: the channel closes, or the time is over.
        let _ = is_done.recv_timeout(patience);
    }
}

/// stderr is written to past its lock, which whoever hangs in writing to it or asks there may hold.
fn say(voice: StopAnnouncer, words: &str) {
    match voice {
        StopAnnouncer::Log => {
            tracing::warn!("{words}");
            // The log is written by a thread of its own, which ends with the process.
            logging::flush();
        }
        StopAnnouncer::Stderr => {
            if let Ok(mut stderr) = terminal::past_its_lock(&std::io::stderr()) {
                // If that fails there is nobody to tell.
                let _ = stderr.write_all(format!("{words}\n").as_bytes());
            }
        }
    }
}

/// `the push of G1 is in flight`, `the pushes of G1, G2 and 3 more are in flight`.
fn name_flights(outlets: &[OutletId], one: &str, many: &str) -> String {
    let named = match outlets {
        [outlet] => return printable(&format!("the push of {outlet} {one}")).into_owned(),
        [first, second] => format!("{first} and {second}"),
        [first, second, more @ ..] => format!("{first}, {second} and {} more", more.len()),
        [] => String::new(),
    };
    printable(&format!("the pushes of {named} {many}")).into_owned()
}

/// The daemon's orders, such as those that come by signals. The sender is for others who may order.
pub(super) fn orders() -> std::io::Result<(mpsc::Sender<Order>, mpsc::Receiver<Order>)> {
    let (sender, receiver) = mpsc::channel(4);
    let order = |request| match request {
        Request::Reload => Order::Reload(Reply::nobody()),
        Request::Pass => Order::Pass,
    };
    for (request, mut signal) in Requests::listen()? {
        let sender = sender.clone();
        tokio::spawn(async move { while signal.next().await && sender.send(order(request)).await.is_ok() {} });
    }
    Ok((sender, receiver))
}

/// Has the daemon stop when the command shall.
pub(super) fn pass_on_stop(ending: &Ending, orders: mpsc::Sender<Order>) {
    let mut stop = ending.stop();
    tokio::spawn(async move {
        if stop.wait_for(|stop| *stop).await.is_ok() {
            // The daemon may have ended.
            let _ = orders.send(Order::Stop).await;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushes_in_flight_are_named_as_far_as_that_is_short() {
        let words = |ids: &[&str]| {
            let outlets: Vec<OutletId> = ids.iter().map(|id| OutletId::from(*id)).collect();
            name_flights(&outlets, "is in flight", "are in flight")
        };
        assert_eq!(words(&["G1"]), "the push of G1 is in flight");
        assert_eq!(words(&["G1", "G2"]), "the pushes of G1 and G2 are in flight");
        assert_eq!(words(&["G1", "G2", "G3", "G4", "G5"]), "the pushes of G1, G2 and 3 more are in flight");
    }
}
