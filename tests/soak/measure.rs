//! What this process takes of the machine.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

/// Growth of memory that is no leak: allocators keep what they were given once.
const SLACK: u64 = 4 << 20;

/// A leak of this many bytes in every pass is found.
const PER_PASS: u64 = 1024;

/// A moment's use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measure {
    resident: u64,
    descriptors: usize,
    threads: usize,
}

impl Measure {
    pub(crate) fn take() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        let count = |directory| fs::read_dir(directory).unwrap().count();
        Self { resident: kilobytes << 10, descriptors: count("/proc/self/fd"), threads: count("/proc/self/task") }
    }

    /// No more descriptors and threads than then. What a thread still has to put away gets until `patience` is over.
    pub(crate) fn assert_nothing_is_held(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        loop {
            let now = Self::take();
            if now.descriptors <= self.descriptors && now.threads <= self.threads {
                return;
            }
            assert!(Instant::now() < deadline, "{self:?} → {now:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// No more memory than then, but for what allocators do.
    pub(crate) fn assert_memory_is_flat(&self, passes: usize) {
        let now = Self::take();
        let most = SLACK.max(PER_PASS * passes as u64);
        assert!(now.resident <= self.resident + most, "{self:?} → {now:?} in {passes} passes");
    }
}
