//! Completion in shells, also of what a root has: outlets by id and by name, items, variants, guards, rules.

use std::collections::BTreeMap;

use clap_complete::{ArgValueCandidates, CompleteEnv, CompletionCandidate, env as shells};
use jiff::Timestamp;

use super::{Exit, command_error::CommandError, help, output};
use crate::{
    catalog::{Catalog, ExternalId, Field},
    fleet::{self, Loaded},
    policy::Guard,
    report::{is_plain_word, untrusted::printable},
    rules::RULES,
    settings::{self, Environment},
};

/// By which a shell asks for completions.
const VARIABLE: &str = "MENUSYNC_COMPLETE";
/// Items are looked for at so many outlets: an answer that takes longer than a key is none (our choice).
const OUTLETS: usize = 20;

type Candidates = fn() -> Vec<CompletionCandidate>;

/// What the values of these options and arguments may be, in every command that has them.
const VALUES: [(&str, Candidates); 6] = [
    ("outlet", outlets),
    ("item", items),
    ("variant", variants),
    ("guard", guards),
    ("allow", guards),
    ("code", rules),
];

/// Answers a shell that asks, and ends then.
pub(super) fn answer() {
    CompleteEnv::with_factory(|| add_candidates(help::command())).var(VARIABLE).complete();
}

/// Prints what a shell has to read once.
pub(super) fn register(shell: clap_complete::Shell) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    if let Some(completer) = shells::Shells::builtins().completer(&shell.to_string()) {
        completer.write_registration(VARIABLE, "menusync", "menusync", "menusync", &mut script)?;
    }
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

fn add_candidates(command: clap::Command) -> clap::Command {
    let has = |command: &clap::Command, id: &str| command.get_arguments().any(|argument| argument.get_id() == id);
    command.mut_subcommands(|command| {
        VALUES.iter().fold(command, |command, (id, candidates)| match has(&command, id) {
            true => command.mut_arg(id, |argument| argument.add(ArgValueCandidates::new(*candidates))),
            false => command,
        })
    })
}

fn loaded() -> Option<Loaded> {
    let environment = Environment::of_process();
    let root = settings::root(None, &environment);
    settings::check_owner(&root, None, &environment).ok()?;
    fleet::load(&root).ok()
}

/// A value with what it is. A shell inserts it as it is and runs what it then reads, and what a menu says is only text: no
/// value that would have to be quoted. An outlet whose name is none is completed by its id.
fn named(value: &str, help: &str) -> Option<CompletionCandidate> {
    is_plain_word(value).then(|| CompletionCandidate::new(value).help(Some(printable(help).into_owned().into())))
}

fn outlets() -> Vec<CompletionCandidate> {
    let Some(loaded) = loaded() else { return Vec::new() };
    let both = |(id, name): (&str, &str)| [named(id, name), named(name, id).filter(|_| name != id)];
    loaded.outlet_names().flat_map(both).flatten().collect()
}

fn items() -> Vec<CompletionCandidate> {
    things(|catalog| catalog.items().map(|(_, item)| (&item.external_id, &item.name)).collect())
}

fn variants() -> Vec<CompletionCandidate> {
    things(|catalog| catalog.variants().map(|(_, variant)| (&variant.external_id, &variant.name)).collect())
}

fn things(of: impl Fn(&Catalog) -> Vec<(&ExternalId, &Field<String>)>) -> Vec<CompletionCandidate> {
    let Some(loaded) = loaded() else { return Vec::new() };
    let mut things: BTreeMap<String, String> = BTreeMap::new();
    for (id, _) in loaded.outlet_names().take(OUTLETS) {
        for (id, name) in of(&loaded.compose(&id.into(), Timestamp::now()).catalog) {
            things.insert(id.to_string(), name.value().cloned().unwrap_or_default());
        }
    }
    things.iter().filter_map(|(id, name)| named(id, name)).collect()
}

fn guards() -> Vec<CompletionCandidate> {
    Guard::ALL.iter().map(|guard| CompletionCandidate::new(guard.name())).collect()
}

fn rules() -> Vec<CompletionCandidate> {
    RULES.iter().filter_map(|rule| named(rule.code, rule.summary)).collect()
}
