//! The order in which "this before that" is done, so that the order of writing does not matter.

use std::hash::Hash;

use hashbrown::HashMap;

/// Numbers of moves.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PlacingOrder {
    /// Each after the move of what it is placed before.
    pub(super) sorted: Vec<usize>,
    /// Moves that go round in circles; they are not in `sorted`.
    pub(super) circles: Vec<Vec<usize>>,
}

/// Sorts moves `(what, before what)`; among equals the order of writing holds.
pub(super) fn placing_order<K: Copy + Eq + Hash>(moves: &[(K, K)]) -> PlacingOrder {
    let by_subject: HashMap<K, usize> = moves.iter().enumerate().map(|(at, (subject, _))| (*subject, at)).collect();
    let mut order = PlacingOrder { sorted: Vec::new(), circles: Vec::new() };
    let mut met = vec![false; moves.len()];
    for start in 0..moves.len() {
        let mut chain = Vec::new();
        let mut next = Some(start);
        while let Some(at) = next.filter(|at| !met[*at]) {
            met[at] = true;
            chain.push(at);
            next = by_subject.get(&moves[at].1).copied();
        }
        if let Some(begin) = next.and_then(|next| chain.iter().position(|at| *at == next)) {
            order.circles.push(chain.split_off(begin));
        }
        order.sorted.extend(chain.into_iter().rev());
    }
    order
}
