//! One outlet of a rollout: what the end of a pass makes of it, and whether it may be sent.

use jiff::Timestamp;

use super::Head;

/// How an outlet of a rollout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberState {
    /// It was not looked at yet.
    Awaited,
    /// It waits for its wave, or in it for its turn.
    Waiting,
    /// It was sent, and not seen yet.
    OnItsWay,
    /// Its wave opened and it was not sent: held, failed, paused, or waiting for a window. It may be sent later.
    Missed,
    /// It was seen to be as the files want it.
    Seen,
}

impl MemberState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Awaited, Self::Waiting, Self::OnItsWay, Self::Missed, Self::Seen];

    /// The word that it is stored and shown as.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Awaited => "awaited",
            Self::Waiting => "waiting",
            Self::OnItsWay => "on_its_way",
            Self::Missed => "missed",
            Self::Seen => "seen",
        }
    }

    /// The state of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// An outlet of a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Its wave, counted from 1; `None`: waves are not made yet.
    pub wave: Option<usize>,
    /// How it stands.
    pub state: MemberState,
    /// Whether a look has shown that there was something to send.
    pub known: bool,
}

impl Member {
    fn is_open(&self, head: Head) -> bool {
        self.wave.is_some_and(|wave| wave <= head.wave)
    }
}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushEnd {
    /// It was seen to arrive.
    Seen,
    /// It is on its way, or nobody knows.
    OnItsWay,
    /// Refused, not as it was sent, or never shown.
    Bad,
    /// The live menu is not as an earlier push was sent, and nothing was sent now.
    StillBad,
    /// The menu reads empty. That is bad news of an outlet that was sent something.
    Vanished,
    /// A person has gone back to an earlier push.
    RolledBack,
}

/// What is left to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Nothing, as the outlet is as the files want it.
    Nothing,
    /// Nothing, although it is not: what was changed elsewhere is kept.
    Kept,
    /// Something.
    Something,
    /// That is not known: the look failed, a guard holds what was seen, or nobody looks at a paused outlet.
    Unknown,
}

/// How a pass over an outlet ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassEnd {
    /// What became of a push, if there was one.
    pub push: Option<PushEnd>,
    /// What is left to send.
    pub rest: Rest,
}

/// What a pass makes of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberChange {
    /// It stays as it is.
    Keep,
    /// It stands so from now on.
    Set(Member),
    /// The rollout does not concern it.
    Leave,
    /// It stands so, and the rollout stops.
    Stop(Member),
}

/// What the end of a pass makes of a member.
pub fn after_pass(member: Member, head: Head, end: PassEnd) -> MemberChange {
    use MemberState::{Awaited, Missed, OnItsWay, Seen, Waiting};
    let set = |state, known| MemberChange::Set(Member { state, known, ..member });
    // What an earlier rollout has sent is in no wave of this one: there is no turn for it to come back to.
    let stop = |known| {
        let state = if member.wave.is_some() { Missed } else { member.state };
        MemberChange::Stop(Member { state, known, ..member })
    };
    let was_sent = matches!(member.state, OnItsWay | Seen);
    let push = match end.push {
        Some(PushEnd::Vanished) if !was_sent => None,
        // Of a push that was sent in its turn; else GoFood has not shown something for long, and this change is none of it.
        Some(PushEnd::StillBad) => (member.state == OnItsWay).then_some(PushEnd::Bad),
        push => push,
    };
    match (member.state, push, end.rest) {
        // Whatever was sent before it belongs to others.
        (Awaited, _, Rest::Nothing) => MemberChange::Leave,
        (Awaited, _, rest) => set(Waiting, rest == Rest::Something),
        (_, Some(PushEnd::RolledBack), _) if was_sent || member.is_open(head) => stop(member.known),
        (_, Some(PushEnd::RolledBack), _) => MemberChange::Keep,
        (Seen, Some(PushEnd::Bad), _) | (_, Some(PushEnd::Vanished), _) => stop(true),
        (Seen, ..) => MemberChange::Keep,
        // That was a push of older files.
        (_, Some(PushEnd::Seen), Rest::Something) => set(Waiting, true),
        (_, Some(PushEnd::Seen), _) => set(Seen, true),
        (_, Some(PushEnd::Bad), _) if member.is_open(head) => stop(true),
        (_, Some(PushEnd::OnItsWay), _) if member.is_open(head) => set(OnItsWay, true),
        // It was sent by hand, before its turn.
        (_, Some(PushEnd::Bad | PushEnd::OnItsWay), _) => MemberChange::Keep,
        (_, None, Rest::Nothing) if member.known => set(Seen, true),
        (_, None, Rest::Nothing) => MemberChange::Leave,
        (OnItsWay, None, Rest::Unknown) => MemberChange::Keep,
        (_, None, rest) if member.is_open(head) => set(Missed, member.known || rest == Rest::Something),
        // What is kept for now may be sent any time: its turn has not come all the same.
        (_, None, Rest::Something | Rest::Kept) => set(Waiting, true),
        (_, None, Rest::Unknown) => MemberChange::Keep,
        // Told by what it is of above.
        (_, Some(PushEnd::StillBad), _) => MemberChange::Keep,
    }
}

/// What an outlet waits for that may not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// A rollout of these files, which nobody has begun.
    Begin,
    /// A look at all outlets that the change concerns.
    FirstLook,
    /// Its wave.
    Wave(usize),
}

/// Whether an outlet may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// It may.
    Open,
    /// Not yet, and until when at least, where that is known.
    Closed(Wait, Option<Timestamp>),
    /// The rollout was stopped.
    Stopped,
}

/// Whether an outlet may be sent. `None`: the rollout does not concern it.
pub fn gate(head: Head, member: Option<Member>) -> Gate {
    let Some(member) = member.filter(|member| !head.ended && member.state != MemberState::Seen) else {
        return Gate::Open;
    };
    match member.wave {
        _ if head.stopped => Gate::Stopped,
        Some(wave) if wave <= head.wave && member.state != MemberState::Awaited => Gate::Open,
        Some(wave) => Gate::Closed(Wait::Wave(wave), head.baking_until.filter(|_| wave == head.wave + 1)),
        None => Gate::Closed(Wait::FirstLook, None),
    }
}
