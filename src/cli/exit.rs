//! Exit codes, and which one wins where several would be true.

use std::process::ExitCode;

/// How a command ended. The order is the order of strength: the greatest wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0
    Done,
    /// 2: differences exist.
    Differences,
    /// 4: refused by a guard, a stale plan or a lock.
    Refused,
    /// 1: network, API, disk; rejected, not seen in time, or something else is shown than was sent.
    Failed,
    /// 5: some outlets are as wanted and some are not.
    Mixed,
    /// 3: definitions, settings or photos are invalid.
    Invalid,
    /// 64: wrong usage.
    Usage,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Differences => 2,
            Self::Invalid => 3,
            Self::Refused => 4,
            Self::Mixed => 5,
            Self::Usage => 64,
        }
    }

    /// The exit of a command over several outlets, from the exit that each alone would have given.
    pub fn of_outlets(outlets: impl IntoIterator<Item = Self>) -> Self {
        let outlets: Vec<Self> = outlets.into_iter().collect();
        let fine = |exit: &&Self| **exit <= Self::Differences;
        let worst = outlets.iter().copied().max().unwrap_or(Self::Done);
        let mixed = outlets.iter().any(|exit| fine(&exit)) && matches!(worst, Self::Refused | Self::Failed);
        if mixed { Self::Mixed } else { worst }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit::{self, *};

    #[test]
    fn one_outlet_that_failed_beside_one_that_is_fine_is_mixed() {
        assert_eq!(Exit::of_outlets([Done, Failed]), Mixed);
        assert_eq!(Exit::of_outlets([Differences, Refused]), Mixed);
        assert_eq!(Exit::of_outlets([Failed, Refused]), Failed);
        assert_eq!(Exit::of_outlets([Done, Invalid]), Invalid);
        assert_eq!(Exit::of_outlets([Done, Differences]), Differences);
        assert_eq!(Exit::of_outlets([]), Done);
    }
}
