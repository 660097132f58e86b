//! Rollouts: a change of many outlets goes out in waves. Which outlet goes in which wave, what the end of a pass means for
//! a rollout, when the next wave opens, and who may send meanwhile. Pure: what is remembered is given, and so is the time.
//!
//! ```text
//! first look at all ─▶ waves are made, wave 1 opens ─▶ its outlets are sent and seen ─▶ bake ─▶ wave 2 opens ─▶ … ─▶ end
//! ```

mod advance;
mod member;
#[cfg(test)]
mod tests;
mod waves;

pub use advance::{Advance, Evidence, Head, advance, is_stuck};
pub use member::{Gate, Member, MemberChange, MemberState, PassEnd, PushEnd, Rest, Wait, after_pass, gate};
pub use waves::{Candidate, Rollout, WaveOf, WaveSize};
