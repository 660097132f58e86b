//! All places of a file at which something is named.

use std::collections::HashSet;

use super::places::{Role, Segment, Thing, named_at};
use crate::document::{Key, Node, Span, Value};

/// One place at which something is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// What.
    pub thing: Thing,
    /// What naming it there does; never [`Role::Either`].
    pub role: Role,
    /// Its id or name, as it is meant.
    pub name: Box<str>,
    /// Where, with quotes.
    pub span: Span,
    /// The name beside an id that is defined here, such as `Nasi Goreng`.
    pub label: Option<Box<str>>,
}

/// Everything that a file names, in the order of the text; what came through an alias is where it was written.
pub fn occurrences(root: &Node) -> Vec<Occurrence> {
    let mut walk = Walk { path: Vec::new(), found: Vec::new(), seen: HashSet::new() };
    walk.node(root, root);
    walk.found.sort_by_key(|occurrence| occurrence.span);
    walk.found
}

struct Walk {
    path: Vec<Segment>,
    found: Vec<Occurrence>,
    seen: HashSet<(Thing, Span)>,
}

impl Walk {
    /// `holder`: the mapping that has the node.
    fn node(&mut self, node: &Node, holder: &Node) {
        match &node.value {
            Value::Scalar(scalar) => {
                if let Some((thing, role)) = named_at(&self.path, false).filter(|_| !scalar.is_null()) {
                    self.add(thing, role, &scalar.text, node.span, holder);
                }
            }
            Value::Sequence(entries) => {
                self.path.push(Segment::Entry);
                entries.iter().for_each(|entry| self.node(entry, holder));
                self.path.pop();
            }
            Value::Mapping(entries) => {
                for (key, value) in entries.iter().filter(|(key, _)| !key.is_ignored()) {
                    self.path.push(Segment::Key(key.text.to_string()));
                    self.key(key, value);
                    self.node(value, node);
                    self.path.pop();
                }
            }
        }
    }

    fn key(&mut self, key: &Key, value: &Node) {
        if let Some((thing, role)) = named_at(&self.path, true) {
            self.add(thing, role, &key.text, key.span, value);
        }
    }

    fn add(&mut self, thing: Thing, role: Role, name: &str, span: Span, holder: &Node) {
        if name.is_empty() || !self.seen.insert((thing, span)) {
            return;
        }
        let role = match role {
            // A whole one has these; a change of one need not.
            Role::Either => {
                let is_whole = ["menu_items", "start_date"].iter().any(|key| holder.get(key).is_some());
                if is_whole { Role::Definition } else { Role::Reference }
            }
            role => role,
        };
        let has_id = matches!(thing, Thing::Item | Thing::Category | Thing::Variant | Thing::Outlet);
        let label = holder.get("name").and_then(Node::scalar).filter(|_| has_id && role == Role::Definition);
        let label = label.map(|scalar| scalar.text.clone());
        self.found.push(Occurrence { thing, role, name: name.into(), span, label });
    }
}
