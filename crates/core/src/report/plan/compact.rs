//! Changes that people know as one thing, told as one line: a new order, many items that move together, a menu that gets
//! another name. Programs get every change of its own.

use super::{
    line::{Line, Mark, Telling},
    words::{plain, some_in},
};
use crate::{
    catalog::{ItemField, Path},
    plan::{Change, Kind, Risk},
};

/// Up to so many moves are told one by one (our choice).
const ONE_BY_ONE: usize = 3;
/// So many dishes of a new menu are told with it, each with its price (our choice); more have a line each.
const IN_A_LINE: usize = 12;
/// So many names stand for a new order.
const NAMED: usize = 5;

/// Changes that are told in one line.
pub(super) enum Folded<'a> {
    One(&'a Change),
    /// Things of one menu or category, or menus, that stand elsewhere than before.
    Order(Vec<&'a Change>),
    /// Items that go from one menu to another.
    Moved {
        from: &'a str,
        to: &'a str,
        items: Vec<&'a Change>,
    },
    /// Items whose hours change in the same way.
    Hours(Vec<&'a Change>),
    /// A menu that comes or goes as a whole, with its items.
    Whole {
        menu: &'a Change,
        items: Vec<&'a Change>,
    },
    /// A menu that goes, one that comes, and the items that it takes along.
    Renamed {
        from: &'a str,
        to: &'a str,
        items: usize,
    },
}

/// Folds what a push does, but for items that have words of their own.
pub(super) fn fold<'a>(
    changes: &[&'a Change],
    has_own_words: impl Fn(&Change) -> bool,
) -> Vec<(&'a Change, Folded<'a>)> {
    let mut folded: Vec<(&'a Change, Folded<'a>)> = Vec::new();
    let renames = renames(changes);
    let whole = |kind: Kind, name: &str| {
        let menu = changes.iter().find(|menu| menu.kind == kind && matches!(&menu.path, Path::Menu(n) if n == name));
        menu.copied().filter(|menu| !renames.iter().any(|(from, to, _)| belongs(menu, from, to)))
    };
    for change in changes {
        let route = route(change);
        if let Some((from, to, items)) = renames.iter().find(|(from, to, _)| belongs(change, from, to)) {
            if change.kind == Kind::Add {
                folded.push((change, Folded::Renamed { from, to, items: *items }));
            }
            continue;
        }
        let of_whole = match (&change.path, change.kind) {
            (Path::Menu(name), Kind::Add | Kind::Remove) => whole(change.kind, name),
            (Path::Item(_, None), Kind::Add | Kind::Remove) if !has_own_words(change) => {
                change.subject.within.as_deref().and_then(|menu| whole(change.kind, menu))
            }
            _ => None,
        };
        if let Some(menu) = of_whole {
            let known = folded.iter_mut().find_map(|(_, folded)| match folded {
                Folded::Whole { menu: known, items } if std::ptr::eq(*known, menu) => Some(items),
                _ => None,
            });
            let item = (!std::ptr::eq(*change, menu)).then_some(*change);
            match known {
                Some(items) => items.extend(item),
                None => folded.push((menu, Folded::Whole { menu, items: item.into_iter().collect() })),
            }
            continue;
        }
        let may_join = route.is_some() || is_order(change) || is_hours(change);
        let known = folded.iter_mut().filter(|_| may_join).find_map(|(first, folded)| match folded {
            Folded::Order(moves) if is_order(change) && in_one_list(first, change) => Some(moves),
            Folded::Moved { from, to, items } if route == Some((*from, *to)) => Some(items),
            Folded::Hours(items) if is_hours(change) && (&first.from, &first.to) == (&change.from, &change.to) => {
                Some(items)
            }
            _ => None,
        });
        match (known, route) {
            (Some(others), _) => others.push(change),
            (None, Some((from, to))) => folded.push((change, Folded::Moved { from, to, items: vec![change] })),
            (None, None) if is_order(change) => folded.push((change, Folded::Order(vec![change]))),
            (None, None) if is_hours(change) => folded.push((change, Folded::Hours(vec![change]))),
            (None, None) => folded.push((change, Folded::One(change))),
        }
    }
    folded.into_iter().flat_map(unfold).collect()
}

/// What is told one by one after all.
fn unfold<'a>((first, folded): (&'a Change, Folded<'a>)) -> Vec<(&'a Change, Folded<'a>)> {
    let single = |changes: Vec<&'a Change>| changes.into_iter().map(|change| (change, Folded::One(change))).collect();
    match folded {
        Folded::Order(moves) if moves.len() == 1 => single(moves),
        Folded::Whole { menu, items } if items.is_empty() || menu.kind == Kind::Add && items.len() > IN_A_LINE => {
            single(std::iter::once(menu).chain(items).collect())
        }
        Folded::Moved { items, .. } | Folded::Hours(items) if items.len() <= ONE_BY_ONE => single(items),
        folded => vec![(first, folded)],
    }
}

fn is_order(change: &Change) -> bool {
    change.kind == Kind::Move && change.path.field_key().is_none()
}

fn is_hours(change: &Change) -> bool {
    matches!(change.path, Path::Item(_, Some(ItemField::OperationalHours)))
}

/// Whether two moves are of the same menu, of the same category, or both of menus.
fn in_one_list(a: &Change, b: &Change) -> bool {
    std::mem::discriminant(&a.path) == std::mem::discriminant(&b.path) && a.subject.within == b.subject.within
}

/// From which menu to which an item goes, where it is one each.
fn route(change: &Change) -> Option<(&str, &str)> {
    let is_menu = matches!(change.path, Path::Item(_, Some(ItemField::Menu)));
    is_menu.then(|| Some((change.from.as_ref()?.as_text()?, change.to.as_ref()?.as_text()?))).flatten()
}

/// Whether this is the going of a menu whose items a new menu takes over.
pub(super) fn is_renamed(change: &Change, all: &[Change]) -> bool {
    let (Path::Menu(name), Kind::Remove) = (&change.path, change.kind) else { return false };
    let pushed: Vec<&Change> = all.iter().filter(|change| change.pushed).collect();
    renames(&pushed).iter().any(|(from, ..)| from == name)
}

/// Menus that go, of which every item goes to one menu that comes; with the number of items.
fn renames<'a>(changes: &[&'a Change]) -> Vec<(&'a str, &'a str, usize)> {
    let menus = |kind: Kind| -> Vec<&'a str> {
        let whole = changes.iter().filter(move |change| change.kind == kind);
        whole
            .filter_map(|change| if let Path::Menu(name) = &change.path { Some(name.as_str()) } else { None })
            .collect()
    };
    let coming = menus(Kind::Add);
    let renamed = menus(Kind::Remove).into_iter().filter_map(|from| {
        let loses = |change: &&&Change| {
            change.kind == Kind::Remove
                && matches!(change.path, Path::Item(..))
                && change.subject.within.as_deref() == Some(from)
        };
        let goals: Vec<&str> =
            changes.iter().filter_map(|change| route(change)).filter(|route| route.0 == from).map(|r| r.1).collect();
        let to = *goals.first()?;
        let whole = goals.iter().all(|goal| *goal == to) && changes.iter().find(loses).is_none();
        (whole && coming.contains(&to)).then_some((from, to, goals.len()))
    });
    renamed.collect()
}

fn belongs(change: &Change, from: &str, to: &str) -> bool {
    match (&change.path, change.kind) {
        (Path::Menu(name), Kind::Remove) => name == from,
        (Path::Menu(name), Kind::Add) => name == to,
        _ => route(change) == Some((from, to)),
    }
}

/// The line of changes that are told together.
pub(super) fn line(folded: &Folded<'_>, telling: &Telling<'_>, is_unmanaged: impl Fn(&Change) -> bool) -> Line {
    let lang = telling.lang;
    let line = |mark, subject: &str, label, words: String| Line {
        mark,
        risk: Risk::Visible,
        about: format!("{label} {subject}"),
        subject: vec![subject.to_owned()],
        label,
        kind: None,
        words: plain(words),
    };
    let names = |changes: &[&Change]| changes.iter().map(|change| change.subject.name.clone()).collect::<Vec<_>>();
    match folded {
        Folded::One(change) => telling.pushed(change, is_unmanaged(change)),
        Folded::Renamed { from, to, items } => line(Mark::Set, to, "menu", lang.new_menu_name(from, *items)),
        Folded::Moved { from, to, items } => {
            let words = lang.items_moved(items.len(), from, &some_in(&names(items), NAMED, lang));
            line(Mark::Move, to, "menu", words)
        }
        Folded::Hours(items) => hours_line(items, telling),
        Folded::Whole { menu, items } => whole_line(menu, items, telling),
        Folded::Order(moves) => {
            let list = moves.first().and_then(|change| change.subject.within.as_deref()).unwrap_or(lang.menus());
            line(Mark::Move, list, "order", order_words(moves, telling))
        }
    }
}

/// A menu with all its dishes, in the order of the menu; what they cost only where they come.
fn whole_line(menu: &Change, items: &[&Change], telling: &Telling<'_>) -> Line {
    let mut items = items.to_vec();
    items.sort_by_key(|item| telling.place(item));
    let one = telling.pushed(menu, false);
    let risk = items.iter().map(|item| telling.plan.risk(&item.step(true))).chain([one.risk]).min().unwrap_or(one.risk);
    let words = match menu.kind {
        Kind::Remove => {
            let names: Vec<String> = items.iter().map(|item| item.subject.name.clone()).collect();
            telling.lang.removed_with(items.len(), &some_in(&names, IN_A_LINE, telling.lang))
        }
        _ => {
            let named: Vec<String> = items.iter().map(|item| telling.named(item)).collect();
            telling.lang.new_with(items.len(), &named.join(", "))
        }
    };
    Line { risk, words: plain(words), ..one }
}

/// One line for the hours of many items: of one menu, or of several.
fn hours_line(items: &[&Change], telling: &Telling<'_>) -> Line {
    let (one, lang) = (telling.pushed(items[0], false), telling.lang);
    let menus: Vec<&str> = items.iter().filter_map(|change| change.subject.within.as_deref()).collect();
    let subject = match menus.as_slice() {
        [first, others @ ..] if others.iter().all(|menu| menu == first) => (*first).to_owned(),
        _ => lang.menus().to_owned(),
    };
    let names: Vec<String> = items.iter().map(|change| change.subject.name.clone()).collect();
    let named = lang.items_named(items.len(), &some_in(&names, NAMED, lang));
    let words = one.words.into_iter().chain(plain(named)).collect();
    Line { subject: vec![subject], words, ..one }
}

/// `Es 4 to the front, Es 2 after Es 1`; of many only how it looks afterwards.
fn order_words(moves: &[&Change], telling: &Telling<'_>) -> String {
    let lang = telling.lang;
    if moves.len() <= ONE_BY_ONE {
        let places = moves.iter().map(|change| format!("{} {}", change.subject.name, telling.spot(change)));
        return lang.moved_places(&places.collect::<Vec<_>>().join(", "));
    }
    let now = telling.list_of(moves[0]);
    lang.moved_now(moves.len(), &some_in(&now, NAMED, lang))
}
