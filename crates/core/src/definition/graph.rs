//! Which layers an outlet is made of, and in what order. Paths only: what the layers say is not looked at.

use std::sync::Arc;

use hashbrown::HashMap;

use super::layer::DecodedFile;
use crate::{
    diagnostic::{Diagnostic, Place},
    document::{Spanned, closest},
};

/// Who extends whom, by number of file.
#[derive(Debug)]
pub(super) struct Graph {
    edges: Vec<Vec<usize>>,
}

/// What is wrong with the graph: which files it concerns, and what to say.
pub(super) type Wrong = (Vec<usize>, Diagnostic);

impl Graph {
    /// Resolves every `extends`. Links that are no good are reported and left out.
    pub(super) fn new(files: &[Arc<DecodedFile>], wrong: &mut Vec<Wrong>) -> Self {
        let by_path: HashMap<&str, usize> = files.iter().enumerate().map(|(at, file)| (&*file.path, at)).collect();
        let mut edges = vec![Vec::new(); files.len()];
        let mut links: HashMap<(usize, usize), &Place> = HashMap::new();
        for (from, file) in files.iter().enumerate() {
            for extended in file.head().into_iter().flat_map(|head| &head.extends) {
                match resolve(&file.path, extended, &by_path) {
                    Ok(to) => {
                        links.entry((from, to)).or_insert(&extended.place);
                        edges[from].push(to);
                    }
                    Err(diagnostic) => wrong.push((vec![from], *diagnostic)),
                }
            }
        }
        let graph = Self { edges };
        for circle in graph.circles() {
            let diagnostic = describe_circle(files, &circle, &links);
            wrong.push((circle, diagnostic));
        }
        graph
    }

    /// The layers of a file in the order in which they are laid: each after what it extends, at its first place, the
    /// file itself last.
    pub(super) fn chain(&self, file: usize) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut walk = Walk::new(self.edges.len());
        walk.from(file, &self.edges, |file| chain.push(file), |_| ());
        chain
    }

    /// One circle for every link that closes one.
    fn circles(&self) -> Vec<Vec<usize>> {
        let mut circles = Vec::new();
        let mut walk = Walk::new(self.edges.len());
        for file in 0..self.edges.len() {
            walk.from(file, &self.edges, |_| (), |circle| circles.push(circle.to_vec()));
        }
        circles
    }
}

/// A walk in depth that visits every file once. Without recursion: a chain may be as long as there are files.
struct Walk {
    state: Vec<Visit>,
}

#[derive(Clone, Copy, PartialEq)]
enum Visit {
    Never,
    Open,
    Done,
}

impl Walk {
    fn new(files: usize) -> Self {
        Self { state: vec![Visit::Never; files] }
    }

    /// Calls `leave` for each file after all it leads to, and `circle` with the files of each circle.
    fn from(
        &mut self,
        start: usize,
        edges: &[Vec<usize>],
        mut leave: impl FnMut(usize),
        mut circle: impl FnMut(&[usize]),
    ) {
        if self.state[start] != Visit::Never {
            return;
        }
        let (mut path, mut next) = (vec![start], vec![0]);
        self.state[start] = Visit::Open;
        while let (Some(&file), Some(edge)) = (path.last(), next.last_mut()) {
            let target = edges[file].get(*edge).copied();
            *edge += 1;
            match target.map(|target| (target, self.state[target])) {
                Some((target, Visit::Never)) => {
                    self.state[target] = Visit::Open;
                    path.push(target);
                    next.push(0);
                }
                Some((target, Visit::Open)) => {
                    let begin = path.iter().position(|file| *file == target).unwrap_or(0);
                    circle(&path[begin..]);
                }
                Some((_, Visit::Done)) => {}
                None => {
                    self.state[file] = Visit::Done;
                    leave(file);
                    path.pop();
                    next.pop();
                }
            }
        }
    }
}

fn describe_circle(
    files: &[Arc<DecodedFile>],
    circle: &[usize],
    links: &HashMap<(usize, usize), &Place>,
) -> Diagnostic {
    let (first, last) = (circle[0], circle[circle.len() - 1]);
    let mut names: Vec<&str> = circle.iter().map(|at| &*files[*at].path).collect();
    names.push(&files[first].path);
    let message = match circle.len() {
        1 => "the layer extends itself".to_owned(),
        _ => format!("layers extend each other in a loop: {}", names.join(" → ")),
    };
    let place = links.get(&(last, first)).map(|place| (*place).clone());
    let mut wrong = Diagnostic::error("extends-loop", place, message).help("remove one `extends` of the loop");
    for pair in circle.windows(2) {
        if let Some(place) = links.get(&(pair[0], pair[1])) {
            wrong = wrong.related((*place).clone(), "this is part of the loop");
        }
    }
    wrong
}

/// The file that `extended`, written in the file `from`, means.
fn resolve(from: &str, extended: &Spanned<String>, by_path: &HashMap<&str, usize>) -> Result<usize, Box<Diagnostic>> {
    let Some(path) = join(from, &extended.value) else {
        let message = format!("`{}` leads out of the definitions", extended.value);
        let last = extended.value.rsplit('/').next().unwrap_or_default();
        let mut namesakes = by_path.keys().filter(|path| path.rsplit('/').next() == Some(last) && **path != from);
        let wrong = Diagnostic::error("outside-root", extended.place.clone(), message);
        return Err(Box::new(match (namesakes.next(), namesakes.next()) {
            (Some(only), None) => wrong.did_you_mean(&relative(from, only)),
            _ => wrong.help("name a file under `catalogs/`, relative to this one"),
        }));
    };
    if let Some(file) = by_path.get(path.as_str()) {
        return Ok(*file);
    }
    let slashed = extended.value.replace('\\', "/");
    if slashed != extended.value && join(from, &slashed).is_some_and(|path| by_path.contains_key(path.as_str())) {
        let message = format!("there is no layer `{}`: folders are separated by `/` on every system", extended.value);
        return Err(Box::new(
            Diagnostic::error("unknown-layer", extended.place.clone(), message).did_you_mean(&slashed),
        ));
    }
    let message = format!("there is no layer `{path}`");
    let mut known: Vec<&str> = by_path.keys().copied().collect();
    known.sort_unstable();
    let wrong = Diagnostic::error("unknown-layer", extended.place.clone(), message);
    Err(Box::new(match nearest(&path, from, &known) {
        Some(near) => wrong.did_you_mean(&relative(from, near)),
        None => wrong.help("correct the path; it is relative to this file"),
    }))
}

/// The known path that is meant: the only one of that file name, else one that is written nearly so.
fn nearest<'p>(path: &str, from: &str, known: &[&'p str]) -> Option<&'p str> {
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let others = || known.iter().copied().filter(|other| *other != from);
    let is_named = |other: &&str| name(other) == name(path) || without_ending(other) == path;
    let named: Vec<&str> = others().filter(is_named).collect();
    match named[..] {
        [only] => Some(only),
        _ => closest(path, others()),
    }
}

fn without_ending(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(stem, _)| stem)
}

/// `path` as seen from the file `from`; `None` if it leaves the folder at the top of `from`.
pub fn join(from: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    let top = parts.first().copied();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    (top.is_none() || parts.first().copied() == top).then(|| parts.join("/"))
}

/// How to write `path` in the file `from`.
pub fn relative(from: &str, path: &str) -> String {
    let (from, path): (Vec<&str>, Vec<&str>) = (from.split('/').collect(), path.split('/').collect());
    let shared = from.iter().zip(&path).take_while(|(a, b)| a == b).count().min(from.len() - 1).min(path.len() - 1);
    let up = "../".repeat(from.len() - 1 - shared);
    format!("{up}{}", path[shared..].join("/"))
}

/// The chains of all outlets, as paths.
pub(super) fn paths(files: &[Arc<DecodedFile>], chain: &[usize]) -> Vec<Arc<str>> {
    chain.iter().map(|at| Arc::clone(&files[*at].path)).collect()
}
