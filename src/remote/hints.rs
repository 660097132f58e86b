//! What a refusal most likely means and which setting to change: one table for every call.
//!
//! The platform says little about a refusal (no field paths; a missing scope may answer 401 as well as 403). What other
//! integrators learnt about it is here and nowhere else.

use std::ops::RangeInclusive;

use super::{Destination, call::Call};

/// The media type that one production integration sent (seen live, 2022).
const VENDOR_TYPE: &str = "application/vnd.eim.v1+json";

/// What is known of a refused call.
struct Refusal<'a> {
    to: Destination,
    /// The platform's words in lower case.
    words: &'a str,
    /// Whether the token was granted with fewer scopes than were asked for.
    lacks_scope: bool,
}

impl Refusal<'_> {
    fn is_menu(&self) -> bool {
        self.to == Destination::Catalog
    }

    fn says(&self, word: &str) -> bool {
        self.words.contains(word)
    }
}

/// One line of the table. `text` may hold `{host}`, `{setting}`, `{scopes}`, `{missing}`, `{accept}` and `{other_accept}`.
struct Hint {
    statuses: RangeInclusive<u16>,
    applies: fn(&Refusal<'_>) -> bool,
    text: &'static str,
}

const fn hint(statuses: RangeInclusive<u16>, applies: fn(&Refusal<'_>) -> bool, text: &'static str) -> Hint {
    Hint { statuses, applies, text }
}

/// The first line that applies is shown.
const HINTS: &[Hint] = &[
    hint(
        401..=401,
        |refusal| refusal.to == Destination::Token,
        "{host} does not know this client id and secret (`gobiz.client_id_file`, `gobiz.client_secret_file`): are they \
         right, and are they of this environment (`target`; a sandbox credential does not work on production, nor the \
         other way round)?",
    ),
    hint(
        400..=403,
        |refusal| refusal.to == Destination::Token,
        "is the credential (`gobiz.client_id_file`) allowed the scope {scopes}?",
    ),
    hint(
        401..=403,
        |refusal| refusal.lacks_scope,
        "the token was granted without the scope {missing}: ask GoBiz to add it to the credential \
         (`gobiz.client_id_file`)",
    ),
    hint(
        401..=401,
        |_| true,
        "{host} refused a fresh token too: does the credential (`gobiz.client_id_file`) belong to this host (`target`), \
         and is it allowed the scope {scopes}?",
    ),
    hint(
        403..=403,
        |refusal| refusal.to == Destination::Subscription,
        "is the credential (`gobiz.client_id_file`) allowed the scope {scopes}? `--scope` asks for another one",
    ),
    hint(
        403..=403,
        |refusal| refusal.to == Destination::Outlets,
        "only the credential of a facilitator is allowed the scope {scopes}",
    ),
    hint(
        403..=403,
        |refusal| refusal.to == Destination::Promotions,
        "is the credential (`gobiz.client_id_file`) allowed the scope {scopes}? A facilitator's never is",
    ),
    hint(
        403..=403,
        |_| true,
        "is `outlet` in the file the id with the G (not the restaurant's UUID), and is the credential \
         (`gobiz.client_id_file`) allowed the scope {scopes}?",
    ),
    hint(
        404..=404,
        |refusal| refusal.says("not yet registered"),
        "link the outlet to this integration in GoBiz first, or correct `outlet` in its file",
    ),
    hint(
        404..=415,
        |refusal| refusal.says("unsupportedaccepttype"),
        "{host} does not answer in {accept}: write `gobiz.accept: {other_accept}`",
    ),
    hint(406..=406, |_| true, "{host} does not answer in {accept}: write `gobiz.accept: {other_accept}`"),
    hint(415..=415, |_| true, "{host} refuses a media type of this call: write `gobiz.accept: {other_accept}`"),
    // Token answers of a wrong host have no other sign than these.
    hint(300..=399, |_| true, "is {host} the right host ({setting}, or `target`)?"),
    hint(405..=405, |refusal| refusal.to == Destination::Token, "is {host} the right host ({setting}, or `target`)?"),
    hint(
        409..=409,
        |_| true,
        "another program may be changing the same thing at this moment: two menusyncs of one outlet need the same \
         `state_dir`",
    ),
    hint(
        200..=422,
        |refusal| refusal.to == Destination::Stock,
        "the platform may know dishes by another id: try the other value of `gobiz.stock_key` (`external_id` or `id`)",
    ),
    hint(404..=404, |_| true, "is {host} the right host ({setting}, or `target`)?"),
    hint(
        422..=422,
        |refusal| refusal.is_menu() && refusal.says("image"),
        "`menusync validate --images` looks at the images (`images.base_url`); `ignore: [image]` pushes without them",
    ),
    hint(
        422..=422,
        |refusal| refusal.is_menu() && refusal.says("price"),
        "the platform may refuse a price that moves by more than 15 % at once: push the change in smaller steps",
    ),
    hint(
        422..=422,
        |refusal| {
            refusal.is_menu()
                && ["operational_hours", "description", "internal_name"].iter().any(|key| refusal.says(key))
        },
        "`ignore: [operational_hours, description, internal_name]` leaves out such a field",
    ),
    hint(
        422..=422,
        |refusal| refusal.is_menu() && ["duplicate", "taken", "unique"].iter().any(|word| refusal.says(word)),
        "is a rule about duplicates switched off (`rules`)? This platform wants every id once",
    ),
];

/// `; what to look at`, or nothing.
pub(super) fn hint_of(call: &Call<'_>, status: u16, words: &str) -> String {
    let words = words.to_lowercase();
    let missing = call.key.missing_scopes();
    let refusal = Refusal { to: call.destination(), words: &words, lacks_scope: !missing.is_empty() };
    let known = HINTS.iter().find(|hint| hint.statuses.contains(&status) && (hint.applies)(&refusal));
    known.map_or_else(String::new, |hint| {
        let other_accept = if call.accept == VENDOR_TYPE { "application/json" } else { VENDOR_TYPE };
        let text = hint
            .text
            .replace("{host}", call.url.host_str().unwrap_or_default())
            .replace("{setting}", call.setting)
            .replace("{scopes}", &call.scopes.replace(' ', " and "))
            .replace("{missing}", &missing.join(" and "))
            .replace("{accept}", call.accept)
            .replace("{other_accept}", other_accept);
        // The files of an account have names of their own.
        let text = match call.account {
            Some(account) => text.replace("`gobiz.client_", &format!("`gobiz.accounts.{account}.client_")),
            None => text,
        };
        let as_whom = match call.account {
            Some(account) if (401..=404).contains(&status) => format!(" (as the account `{account}`)"),
            _ => String::new(),
        };
        format!("{as_whom}; {text}")
    })
}
