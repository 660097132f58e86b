//! Ids for things that have none: readable, made from the name, the same at every import of the same menu.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;

/// Longest part of a name that goes into a proposed id (our choice; the platform allows 200).
const LONGEST: usize = 48;

/// A thing that wants an id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Nameless {
    /// `ITEM`, `CHOICE` or `VARIANT`: for names that leave no letters.
    pub(super) kind: &'static str,
    /// The menu of an item, the category of a variant.
    pub(super) within: String,
    /// Its name.
    pub(super) name: String,
    /// The platform's id: decides where names cannot.
    pub(super) uuid: String,
}

/// One id for each of `things`, in their order. None is in `taken`, not even in another case, and none is given twice: where
/// names are the same, that of the menu or category is put in front, then numbers are put behind.
pub(super) fn propose(things: &[Nameless], taken: &BTreeSet<String>) -> Vec<String> {
    let mut taken: BTreeSet<String> = taken.iter().map(|id| id.to_uppercase()).collect();
    let mut proposed: Vec<Option<String>> = vec![None; things.len()];
    let plain = |thing: &Nameless| slug(&thing.name, thing);
    let qualified = |thing: &Nameless| match slug_of(&thing.within) {
        within if within.is_empty() => plain(thing),
        within => shortened(&format!("{within}-{}", plain(thing))),
    };
    settle(things, &mut proposed, &mut taken, &plain);
    settle(things, &mut proposed, &mut taken, &qualified);
    // The order of the answer is arbitrary, so it must not decide who is number 2.
    let mut rest: Vec<usize> = (0..things.len()).filter(|at| proposed[*at].is_none()).collect();
    rest.sort_by(|a, b| things[*a].cmp(&things[*b]));
    for at in rest {
        let base = qualified(&things[at]);
        let numbered = std::iter::once(base.clone()).chain((2_u64..).map(|number| format!("{base}-{number}")));
        let free = numbered.into_iter().find(|id| taken.insert(id.clone()));
        proposed[at] = free;
    }
    proposed.into_iter().flatten().collect()
}

/// Gives every thing without an id the one that `make` makes, where no other wants the same.
fn settle(
    things: &[Nameless],
    proposed: &mut [Option<String>],
    taken: &mut BTreeSet<String>,
    make: &dyn Fn(&Nameless) -> String,
) {
    let mut wanted: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, thing) in things.iter().enumerate().filter(|(at, _)| proposed[*at].is_none()) {
        wanted.entry(make(thing)).or_default().push(at);
    }
    for (id, wanting) in wanted {
        if let [at] = wanting[..]
            && taken.insert(id.clone())
        {
            proposed[at] = Some(id);
        }
    }
}

fn slug(name: &str, thing: &Nameless) -> String {
    let slug = slug_of(name);
    if !slug.is_empty() {
        return slug;
    }
    // A name in another script: what is left of it are the platform's first letters for it.
    let uuid: String = thing.uuid.chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    format!("{}-{}", thing.kind, if uuid.is_empty() { "1".to_owned() } else { uuid.to_uppercase() })
}

/// `Nasi Goreng (Jumbo)` → `NASI-GORENG-JUMBO`: letters and digits that every system takes, words joined by dashes.
pub(super) fn slug_of(name: &str) -> String {
    let ascii: String = name.nfkd().filter(|c| c.is_ascii() || c.is_alphanumeric() || c.is_whitespace()).collect();
    let words = ascii.split(|c: char| !c.is_ascii_alphanumeric() && c != '\'').map(|word| word.replace('\'', ""));
    let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
    shortened(&words.join("-").to_ascii_uppercase())
}

fn shortened(slug: &str) -> String {
    if slug.len() <= LONGEST {
        return slug.to_owned();
    }
    let cut = &slug[..LONGEST];
    cut.rsplit_once('-').map_or(cut, |(words, _)| words).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thing(within: &str, name: &str, uuid: &str) -> Nameless {
        Nameless { kind: "ITEM", within: within.into(), name: name.into(), uuid: uuid.into() }
    }

    #[test]
    fn an_id_is_made_of_the_words_of_the_name() {
        assert_eq!(slug_of("Nasi Goreng (Jumbo), 2 porsi"), "NASI-GORENG-JUMBO-2-PORSI");
        assert_eq!(slug_of("Café Mie Jum'at"), "CAFE-MIE-JUMAT");
        assert_eq!(slug_of("  "), "");
        assert!(slug_of(&"panjang ".repeat(40)).len() <= LONGEST);
    }

    #[test]
    fn equal_names_are_told_apart_in_the_same_way_in_any_order() {
        let things = [
            thing("Gula", "Normal", "b"),
            thing("Es", "Normal", "a"),
            thing("Es", "Normal", "c"),
            thing("", "素", "1f"),
        ];
        let mut backwards = things.to_vec();
        backwards.reverse();
        let taken = BTreeSet::from(["es-normal".to_owned()]);
        let ids = propose(&things, &taken);
        assert_eq!(ids, ["GULA-NORMAL", "ES-NORMAL-2", "ES-NORMAL-3", "ITEM-1F"]);
        let mut again = propose(&backwards, &taken);
        again.reverse();
        assert_eq!(again, ids);
    }
}
