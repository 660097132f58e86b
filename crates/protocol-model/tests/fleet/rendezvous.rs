//! Which member looks after which outlet: the one with the highest hash of both. Nothing is stored, and members that know
//! the same members agree.

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// `members` are not empty.
pub(crate) fn owner(members: &[u32], outlet: u32) -> u32 {
    let weight = |member: u32| mix(mix(u64::from(member) + 0x9e37_79b9_7f4a_7c15) ^ u64::from(outlet));
    members.iter().copied().max_by_key(|member| (weight(*member), *member)).unwrap()
}

mod laws {
    use proptest::prelude::*;

    use super::owner;

    const OUTLETS: u32 = 8_000;

    fn owners(members: &[u32]) -> Vec<u32> {
        (0..OUTLETS).map(|outlet| owner(members, outlet)).collect()
    }

    /// Six standard deviations of a fair draw, which one in 500 million exceeds.
    fn is_fair(count: usize, of: usize, shares: usize) -> bool {
        let fair = of as f64 / shares as f64;
        (count as f64 - fair).abs() <= 6.0 * fair.sqrt() + 1.0
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_death_moves_the_outlets_of_the_dead_alone_and_spreads_them(
            members in prop::collection::btree_set(any::<u32>(), 2..24),
            dead in any::<prop::sample::Index>(),
        ) {
            let members: Vec<u32> = members.into_iter().collect();
            let dead = *dead.get(&members);
            let living: Vec<u32> = members.iter().copied().filter(|member| *member != dead).collect();
            let (before, after) = (owners(&members), owners(&living));
            let moved: Vec<u32> = before.iter().zip(&after).filter(|(one, other)| one != other).map(|(_, to)| *to).collect();
            prop_assert_eq!(moved.len(), before.iter().filter(|owner| **owner == dead).count());
            for member in &members {
                prop_assert!(is_fair(before.iter().filter(|owner| *owner == member).count(), before.len(), members.len()));
            }
            for member in &living {
                prop_assert!(is_fair(moved.iter().filter(|owner| *owner == member).count(), moved.len(), living.len()));
            }
        }

        #[test]
        fn the_order_of_members_does_not_matter(members in prop::collection::hash_set(any::<u32>(), 1..24), outlet in any::<u32>()) {
            let mut members: Vec<u32> = members.into_iter().collect();
            let one = owner(&members, outlet);
            members.reverse();
            prop_assert_eq!(one, owner(&members, outlet));
        }
    }
}
