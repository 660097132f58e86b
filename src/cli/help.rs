//! What `--help` says below the options, exit codes and examples, and the options of all commands that one command has no use
//! for.

use clap::{CommandFactory, parser::ValueSource};

use super::{Cli, Exit};

/// What is said of one command.
struct Page {
    name: &'static str,
    /// How it may end; wrong usage is possible for all of them.
    exits: &'static [Exit],
    /// A command line, and what it is for.
    examples: &'static [(&'static str, &'static str)],
    /// Options of all commands that would change nothing here.
    without: &'static [&'static str],
}

const fn page(
    name: &'static str,
    exits: &'static [Exit],
    examples: &'static [(&'static str, &'static str)],
    without: &'static [&'static str],
) -> Page {
    Page { name, exits, examples, without }
}

const ROOT: &str = "root";
const STATE: &str = "state_dir";

use Exit::{Differences, Done, Failed, Invalid, Mixed, Refused};

const PAGES: [Page; 34] = [
    page("init", &[Done, Failed], &[("menusync init menus", "a new repository in the directory menus")], &[STATE]),
    page(
        "validate",
        &[Done, Failed, Invalid],
        &[
            ("menusync validate", "all definitions and settings"),
            ("menusync validate --images --strict", "images too, and warnings count as errors"),
            ("menusync validate - < catalogs/kuta.yaml", "one file by itself"),
        ],
        &[],
    ),
    page(
        "render",
        &[Done, Failed, Invalid],
        &[
            ("menusync render --outlet Kuta", "the menu after layering"),
            ("menusync render --outlet Kuta --explain", "with the line that gives each value"),
            ("menusync render --outlet Kuta --at '2027-02-08 00:00'", "as it will be then"),
        ],
        &[],
    ),
    page(
        "preview",
        &[Done, Failed, Invalid],
        &[
            ("menusync preview --outlet Kuta", "the menu as customers will see it"),
            ("menusync preview --output html=menus.html", "as a page with photos, for all outlets"),
        ],
        &[STATE],
    ),
    page(
        "photos",
        &[Done, Failed, Invalid],
        &[
            ("menusync photos", "what GoFood would refuse, and which dishes have which photo"),
            ("menusync photos --fix", "writes copies that it takes, beside the originals"),
            ("menusync photos --output html=photos.html", "a contact sheet"),
        ],
        &[STATE],
    ),
    page(
        "plan",
        &[Done, Failed, Differences, Invalid, Refused, Mixed],
        &[
            ("menusync plan", "all outlets"),
            ("menusync plan --outlet 'Bali*' --out plan.json", "some, to be pushed by `menusync apply plan.json`"),
            ("menusync plan --base origin/main --output markdown", "for a pull request"),
            ("menusync plan --horizon 14d", "what dated layers will change within two weeks"),
        ],
        &[],
    ),
    page(
        "diff",
        &[Done, Failed, Differences, Invalid, Mixed],
        &[
            ("menusync diff HEAD", "what is not committed yet"),
            ("menusync diff main feature --outlet Kuta", "two branches, at one outlet"),
        ],
        &[],
    ),
    page(
        "apply",
        &[Done, Failed, Invalid, Refused, Mixed],
        &[
            ("menusync apply --outlet Kuta", "shows the plan, and asks"),
            ("menusync apply plan.json --yes", "what was reviewed, or nothing"),
            ("menusync apply --allow deletes", "although many dishes go"),
            ("menusync apply --revert", "the files win over what was changed elsewhere"),
        ],
        &[],
    ),
    page(
        "approve",
        &[Done, Failed, Invalid, Refused],
        &[("menusync approve plan.json --guard deletes --reason 'no ice until April'", "then commit what it writes")],
        &[],
    ),
    page("drift", &[Done, Failed, Differences, Invalid, Mixed], &[("menusync drift --outlet Kuta", "one outlet")], &[]),
    page(
        "import",
        &[Done, Failed, Invalid, Refused],
        &[
            ("menusync import --outlet G916309315", "a file for an outlet that is live already"),
            ("menusync import --outlet Kuta --merge", "take over what was changed in the app"),
            ("menusync import --from menu.xlsx --map 'Harga GoFood=price'", "a layer from a spreadsheet"),
        ],
        &[],
    ),
    page(
        "fmt",
        &[Done, Failed, Differences, Invalid],
        &[
            ("menusync fmt", "all files"),
            ("menusync fmt --check", "only says which are not formatted"),
            ("menusync fmt - < catalogs/kuta.yaml", "from stdin to stdout"),
        ],
        &[STATE],
    ),
    page(
        "run",
        &[Done, Failed, Invalid, Refused, Mixed],
        &[
            ("menusync run", "until it is stopped"),
            ("menusync run --once", "one pass over all outlets"),
            ("menusync run --read-only", "looks and reports, and pushes nothing"),
        ],
        &[],
    ),
    page("reload", &[Done, Failed, Invalid], &[("menusync reload --wait", "and say how it went")], &[]),
    page("doctor", &[Done, Failed, Invalid], &[("menusync doctor", "when something does not work")], &[]),
    page(
        "schedule",
        &[Done, Failed, Invalid],
        &[("menusync schedule --outlet Kuta --count 10", "the next ten of each kind")],
        &[],
    ),
    page(
        "status",
        &[Done, Failed, Differences, Invalid],
        &[("menusync status", "the worst first"), ("menusync status --state held", "what waits for a person")],
        &[],
    ),
    page(
        "history",
        &[Done, Failed, Invalid],
        &[
            ("menusync history --outlet Kuta", "its pushes"),
            ("menusync history --outlet Kuta --item NG-KAMPUNG", "who set its price, and when"),
        ],
        &[],
    ),
    page(
        "rollback",
        &[Done, Failed, Invalid, Refused, Mixed],
        &[
            ("menusync rollback --outlet Kuta --to 12", "what push 12 of `menusync history` sent"),
            ("menusync rollback --outlet Kuta --to '2026-11-30 18:05 WIB'", "what was live then"),
        ],
        &[],
    ),
    page(
        "stock",
        &[Done, Failed, Invalid, Refused, Mixed],
        &[
            ("menusync stock --outlet Kuta --item RAWON off --for 3h", "sold out for three hours"),
            ("menusync stock --outlet '*' --item RAWON off --until '2026-12-01 10:00'", "until tomorrow, everywhere"),
            ("menusync stock --outlet Kuta --variant LV-3 on", "a choice is on sale again"),
            ("menusync stock --list", "what is switched back, and when"),
        ],
        &[],
    ),
    page("pause", &[Done, Failed, Invalid], &[("menusync pause --outlet Kuta --for 3h", "for three hours")], &[]),
    page("resume", &[Done, Failed, Invalid], &[("menusync resume --outlet Kuta", "before its time")], &[]),
    page("outlets", &[Done, Failed, Differences, Invalid], &[("menusync outlets", "linked against defined")], &[]),
    page("promotions", &[Done, Failed, Invalid, Mixed], &[("menusync promotions --outlet Kuta", "of one outlet")], &[]),
    page("webhook", &[Done, Failed, Invalid], &[("menusync webhook list", "our subscriptions")], &[]),
    page("forget", &[Done, Failed, Invalid, Refused], &[("menusync forget --outlet G916309315", "of one outlet")], &[]),
    page(
        "state",
        &[Done, Failed, Invalid, Refused],
        &[("menusync state copy --from file --to database", "before the first start with a database")],
        &[],
    ),
    page(
        "rule",
        &[Done],
        &[("menusync rule", "all of them"), ("menusync rule price-too-low", "one, with examples")],
        &[ROOT, STATE],
    ),
    page("schema", &[Done], &[("menusync schema layer", "for an editor")], &[ROOT, STATE]),
    page("language-server", &[Done, Failed], &[("menusync language-server", "started by an editor")], &[]),
    page(
        "completions",
        &[Done],
        &[("menusync completions bash > ~/.local/share/bash-completion/completions/menusync", "for bash")],
        &[ROOT, STATE],
    ),
    page("man", &[Done], &[("menusync man apply | man -l -", "reads the page of a command")], &[ROOT, STATE]),
    page("sandbox", &[Done, Failed], &[("menusync sandbox --any-outlet", "for rehearsals")], &[ROOT, STATE]),
    page("demo", &[Done, Failed], &[("menusync demo", "needs nothing and leaves nothing")], &[ROOT, STATE]),
];

/// The command line with its help.
pub(super) fn command() -> clap::Command {
    PAGES.iter().fold(Cli::command(), |command, page| command.mut_subcommand(page.name, |sub| page.add_to(sub)))
}

impl Page {
    fn add_to(&self, command: clap::Command) -> clap::Command {
        let command = command.after_help(self.text());
        self.without.iter().fold(command, |command, option| command.arg(unused(self.name, option)))
    }

    fn text(&self) -> String {
        let widest = self.examples.iter().map(|(line, _)| line.len()).max().unwrap_or(0);
        let examples = self.examples.iter().map(|(line, why)| format!("  {line:<widest$}  {why}\n"));
        let exits =
            self.exits.iter().chain([&Exit::Usage]).map(|exit| format!("  {:>2}  {}\n", exit.code(), words(*exit)));
        format!("Examples:\n{}\nExit codes:\n{}", examples.collect::<String>(), exits.collect::<String>())
    }
}

/// An option of all commands that one would not look at: not in its help, and refused.
fn unused(name: &'static str, option: &'static str) -> clap::Arg {
    let refuse = move |_: &str| Err::<std::path::PathBuf, String>(format!("`{name}` has no use for it"));
    let long = if option == STATE { "state-dir" } else { option };
    clap::Arg::new(option).long(long).hide(true).value_parser(refuse)
}

/// The same of one that stands before the command, where the parser takes it for the program's. What the environment says is
/// for other commands.
pub(super) fn refuse_unused(matches: clap::ArgMatches) -> Result<clap::ArgMatches, clap::Error> {
    let page = matches.subcommand_name().and_then(|name| PAGES.iter().find(|page| page.name == name));
    let is_given = |option: &&&str| matches.value_source(option) == Some(ValueSource::CommandLine);
    match page.and_then(|page| Some((page, page.without.iter().find(is_given)?))) {
        None => Ok(matches),
        Some((page, option)) => {
            let message = format!("`{}` has no use for --{}", page.name, option.replace('_', "-"));
            Err(command().error(clap::error::ErrorKind::ArgumentConflict, message))
        }
    }
}

fn words(exit: Exit) -> &'static str {
    match exit {
        Exit::Done => "done",
        Exit::Failed => "failed: network, API, disk; refused by GoFood, or not seen to arrive in time",
        Exit::Differences => "differences exist (`plan`: only with --detailed-exitcode)",
        Exit::Invalid => "definitions, settings or photos are invalid",
        Exit::Refused => "refused: a guard (`plan`: only with --fail-on-guard), a stale plan, a lock",
        Exit::Mixed => "some outlets are as wanted and some are not",
        Exit::Usage => "wrong usage",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_says_how_it_ends_and_gives_an_example() {
        let all = command();
        for known in all.get_subcommands() {
            let after = known.get_after_help().map(ToString::to_string).unwrap_or_default();
            let example = format!("  menusync {}", known.get_name());
            assert!(after.contains(&example) && after.contains("Exit codes:"), "{}: {after}", known.get_name());
        }
        all.clone().debug_assert();
    }

    #[test]
    fn an_option_that_a_command_would_not_look_at_is_refused() {
        let refused = command().try_get_matches_from(["menusync", "rule", "--root", "menus"]);
        assert!(refused.is_err_and(|error| error.to_string().contains("`rule` has no use for it")));
        let before = |arguments: [&str; 4]| command().try_get_matches_from(arguments).and_then(refuse_unused);
        for page in PAGES.iter().filter(|page| !page.without.is_empty()) {
            let name = if page.name == "completions" || page.name == "schema" { "rule" } else { page.name };
            for option in page.without.iter().map(|option| format!("--{}", option.replace('_', "-"))) {
                let refused = before(["menusync", &option, "menus", name]).unwrap_err().to_string();
                assert!(refused.contains(&format!("`{name}` has no use for {option}")), "{refused}");
            }
        }
        assert!(before(["menusync", "--root", "menus", "validate"]).is_ok());
        assert!(command().try_get_matches_from(["menusync", "validate", "--root", "menus"]).is_ok());
    }
}
