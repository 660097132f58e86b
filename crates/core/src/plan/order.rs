//! Which things a reorder moved: as few as possible, so that a person reads "moved" once and not a list of everything.
//!
//! Display order cannot be told from what is read back, so desired is compared with base: what we last sent.

/// The elements of `after` that have to move to turn the order of `before` into that of `after`, both reduced to what they
/// have in common. Each comes with its neighbour in front, before and after (`None` = first).
pub(super) fn moved<'a>(before: &[&'a str], after: &[&'a str]) -> Vec<Moved<'a>> {
    let position: hashbrown::HashMap<&str, usize> = before.iter().enumerate().map(|(i, id)| (*id, i)).collect();
    let common: Vec<(&'a str, usize)> = after.iter().filter_map(|id| Some((*id, *position.get(id)?))).collect();
    let old: Vec<&'a str> = {
        let mut old = common.clone();
        old.sort_by_key(|(_, position)| *position);
        old.into_iter().map(|(id, _)| id).collect()
    };
    let unmoved = longest_increasing(&common.iter().map(|(_, position)| *position).collect::<Vec<_>>());
    let in_front = |ids: &[&'a str], id: &str| {
        let position = ids.iter().position(|known| *known == id)?;
        position.checked_sub(1).map(|front| ids[front])
    };
    let new: Vec<&'a str> = common.iter().map(|(id, _)| *id).collect();
    let stays: hashbrown::HashSet<usize> = unmoved.into_iter().collect();
    let movers = new.iter().enumerate().filter(|(index, _)| !stays.contains(index));
    movers.map(|(_, id)| Moved { id, from: in_front(&old, id), to: in_front(&new, id) }).collect()
}

/// One thing that stands elsewhere than before.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Moved<'a> {
    pub(super) id: &'a str,
    pub(super) from: Option<&'a str>,
    pub(super) to: Option<&'a str>,
}

/// Indices of a longest strictly increasing subsequence, in O(n log n).
pub(crate) fn longest_increasing(values: &[usize]) -> Vec<usize> {
    let mut tails: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = vec![None; values.len()];
    for (index, value) in values.iter().enumerate() {
        let length = tails.partition_point(|tail| values[*tail] < *value);
        previous[index] = length.checked_sub(1).map(|last| tails[last]);
        if length == tails.len() {
            tails.push(index);
        } else {
            tails[length] = index;
        }
    }
    std::iter::successors(tails.last().copied(), |index| previous[*index]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(before: &[&'static str], after: &[&'static str]) -> Vec<&'static str> {
        moved(before, after).into_iter().map(|m| m.id).collect()
    }

    #[test]
    fn one_that_jumps_is_the_only_one_moved() {
        assert_eq!(ids(&["a", "b", "c", "d"], &["d", "a", "b", "c"]), ["d"]);
        assert_eq!(ids(&["a", "b", "c", "d"], &["b", "c", "a", "d"]), ["a"]);
    }

    #[test]
    fn additions_and_removals_move_nothing() {
        assert!(ids(&["a", "b", "c"], &["x", "a", "c", "y"]).is_empty());
    }

    #[test]
    fn neighbours_are_told() {
        assert_eq!(moved(&["a", "b", "c"], &["c", "a", "b"]), [Moved { id: "c", from: Some("b"), to: None }]);
    }
}
