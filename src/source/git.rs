//! Asking git about a repository: reading only, no hooks, no filters, no network, and never for long.
//!
//! git may hang, on a dead mount or behind a wrapper. A call that takes longer than [`LONGEST_CALL`] is killed with
//! everything that it has started, and so are all calls when the process shall stop ([`end_all_calls`]). What the answers
//! mean is decided by `revision` and `committed`.

use std::{
    collections::BTreeSet,
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use crate::platform::process;

/// The longest that one call may take (our choice: the largest fleets take well under a second).
const LONGEST_CALL: Duration = Duration::from_secs(10);

/// How long the pipes of a killed git may stay open before they are left to themselves: something that it started may have
/// left its process group.
const PIPES_CLOSE_WITHIN: Duration = Duration::from_millis(500);

/// Variables that would make git look at another repository, as inside of a git hook, or run programs.
const NOT_OURS: [&str; 13] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_PREFIX",
    "GIT_TRACE",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
];

/// Whether a directory is what a git server has of a repository: everything but files.
pub(super) fn is_bare(directory: &Path) -> bool {
    let has = |name: &str| directory.join(name).exists();
    has("HEAD") && has("objects") && has("refs") && !has(".git")
}

/// What to do where a root should be.
pub(super) fn words_for_bare(directory: &Path) -> String {
    let directory = directory.display();
    format!(
        "{directory} is a bare git repository, which has no files; `git -C {directory} worktree add DIR REVISION` makes a \
         directory with those of a revision, to give as --root"
    )
}

/// git in one directory. After a call that hung, its clones fail at once: the next call would hang as well.
#[derive(Debug, Clone)]
pub(super) struct Git {
    root: PathBuf,
    /// When the last of its calls has to have ended.
    until: Option<Instant>,
    hung: Arc<AtomicBool>,
}

impl Git {
    /// Each call may take [`LONGEST_CALL`].
    pub(super) fn in_directory(root: &Path) -> Self {
        Self { root: root.to_owned(), until: None, hung: Arc::default() }
    }

    /// All calls together may take [`LONGEST_CALL`].
    pub(super) fn in_directory_once(root: &Path) -> Self {
        Self { until: Some(Instant::now() + LONGEST_CALL), ..Self::in_directory(root) }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// What a git that must succeed wrote to its standard output.
    pub(super) fn ask(&self, arguments: &[&str]) -> io::Result<Vec<u8>> {
        self.ask_with(arguments, None)
    }

    /// The same for a git that reads `input`.
    pub(super) fn ask_with(&self, arguments: &[&str], input: Option<&[u8]>) -> io::Result<Vec<u8>> {
        if self.hung.load(Ordering::Relaxed) {
            return Err(no_answer());
        }
        let until = Instant::now() + LONGEST_CALL;
        let until = self.until.map_or(until, |all| all.min(until));
        let answer = Call::start(command(&self.root, arguments), input)?.finish(until);
        if matches!(&answer, Err(error) if is_no_answer(error)) {
            self.hung.store(true, Ordering::Relaxed);
        }
        answer
    }
}

/// Whether git did not answer in time, so that nothing is known of what it was asked.
pub(super) fn is_no_answer(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::TimedOut
}

fn no_answer() -> io::Error {
    let words = format!("git gave no answer within {} s and was ended", LONGEST_CALL.as_secs());
    io::Error::new(io::ErrorKind::TimedOut, words)
}

/// git in the directory `root`. Objects that a partial clone lacks are not fetched.
fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args(["-c", "protocol.allow=never", "--literal-pathspecs", "--no-pager"]).args(arguments);
    for name in NOT_OURS {
        git.env_remove(name);
    }
    git.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    git.env("GIT_NO_REPLACE_OBJECTS", "1").env("GIT_NO_LAZY_FETCH", "1").env("LC_ALL", "C");
    git.stdout(Stdio::piped()).stderr(Stdio::piped());
    process::lead_a_group(&mut git);
    git
}

/// The process groups of the calls under way; `None` once the process shall stop.
static RUNNING: Mutex<Option<BTreeSet<u32>>> = Mutex::new(Some(BTreeSet::new()));

fn running() -> MutexGuard<'static, Option<BTreeSet<u32>>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends all calls under way and lets no other begin, as the process shall stop: git is no child of the terminal's group, so
/// nobody else ends it.
pub fn end_all_calls() {
    running().take().into_iter().flatten().for_each(process::kill_group);
}

/// A git that was started.
struct Call {
    child: Child,
    stdout: Receiver<io::Result<Vec<u8>>>,
    stderr: Receiver<io::Result<Vec<u8>>>,
}

impl Call {
    fn start(mut command: Command, input: Option<&[u8]>) -> io::Result<Self> {
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        // The lock is held until the child is listed: nobody may stop the process between the two.
        let mut child = match &mut *running() {
            None => return Err(io::Error::new(io::ErrorKind::Interrupted, "menusync is stopping")),
            Some(running) => {
                let child = command.spawn()?;
                running.insert(child.id());
                child
            }
        };
        // git answers while it is still being asked: whoever does both in turn waits for ever. If it stops reading, its
        // exit code says why.
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
            let input = input.to_vec();
            thread::spawn(move || stdin.write_all(&input));
        }
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        Ok(Self { child, stdout, stderr })
    }

    fn finish(mut self, until: Instant) -> io::Result<Vec<u8>> {
        let stdout = received(&self.stdout, until)?;
        let stderr = received(&self.stderr, until)?;
        if self.wait(until)?.success() {
            return Ok(stdout);
        }
        if running().is_none() {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "menusync is stopping"));
        }
        let message = String::from_utf8_lossy(&stderr);
        let message = message.lines().next().unwrap_or("git failed without a word");
        Err(io::Error::other(message.trim_start_matches("fatal: ").to_owned()))
    }

    /// The exit of a git that has closed its pipes, which is a matter of microseconds.
    fn wait(&mut self, until: Instant) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.reap()? {
                return Ok(status);
            }
            if Instant::now() >= until {
                return Err(no_answer());
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Its exit, if it has ended. It is taken off the list under the same lock, as its number may be another's from then on.
    fn reap(&mut self) -> io::Result<Option<ExitStatus>> {
        let mut running = running();
        let status = self.child.try_wait()?;
        if let (Some(_), Some(running)) = (status, &mut *running) {
            running.remove(&self.child.id());
        }
        Ok(status)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if matches!(self.reap(), Ok(Some(_))) {
            return;
        }
        process::kill_group(self.child.id());
        // One that the kernel does not let go, as on a dead mount, stays behind.
        let until = Instant::now() + PIPES_CLOSE_WITHIN;
        while !matches!(self.reap(), Ok(Some(_))) && Instant::now() < until {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Reads a pipe to its end, on a thread of its own.
fn collect(pipe: Option<impl Read + Send + 'static>) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = pipe.map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut bytes));
        // Who asked may have given up.
        let _ = sender.send(read.map(|_| bytes));
    });
    receiver
}

fn received(pipe: &Receiver<io::Result<Vec<u8>>>, until: Instant) -> io::Result<Vec<u8>> {
    match pipe.recv_timeout(until.saturating_duration_since(Instant::now())) {
        Ok(read) => read,
        Err(RecvTimeoutError::Timeout) => Err(no_answer()),
        Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("git's answer was lost")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a test fails by panicking

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdout(Stdio::piped()).stderr(Stdio::piped());
        process::lead_a_group(&mut command);
        command
    }

    fn call(script: &str, input: Option<&[u8]>, patience: Duration) -> io::Result<Vec<u8>> {
        Call::start(shell(script), input)?.finish(Instant::now() + patience)
    }

    const PATIENCE: Duration = Duration::from_secs(20);

    #[test]
    fn what_it_writes_is_the_answer_however_long() {
        let input = vec![b'x'; 1 << 20];
        assert_eq!(call("cat", Some(&input), PATIENCE).unwrap(), input);
    }

    #[test]
    fn its_first_words_are_the_error() {
        let error = call("echo 'fatal: not a repository' >&2; echo more >&2; exit 128", None, PATIENCE).unwrap_err();
        assert_eq!(error.to_string(), "not a repository");
    }

    #[test]
    fn one_that_hangs_is_killed_with_what_it_has_started() {
        let directory = tempfile::tempdir().unwrap();
        let alive = directory.path().join("alive");
        let script = format!("(sleep 3; touch {}) & sleep 300", alive.display());
        let began = Instant::now();
        let error = call(&script, None, Duration::from_millis(300)).unwrap_err();
        assert!(is_no_answer(&error), "{error}");
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        thread::sleep(Duration::from_millis(3500));
        assert!(!alive.exists());
    }

    #[test]
    fn one_that_closes_its_pipes_and_hangs_is_killed() {
        let error = call("exec >&- 2>&-; sleep 300", None, Duration::from_millis(300)).unwrap_err();
        assert!(is_no_answer(&error), "{error}");
    }

    #[test]
    fn pipes_that_something_else_keeps_open_are_not_waited_for() {
        let began = Instant::now();
        let error = call("setsid sleep 5 & exit 0", None, Duration::from_millis(300)).unwrap_err();
        assert!(is_no_answer(&error), "{error}");
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    }
}
