//! What is said about `approvals/*.yaml`. Found while reading.

use super::{Rule, example::menu};

/// 64 hexadecimal digits.
macro_rules! DIGEST {
    () => {
        "sha256:00c1f1e0a3b47ba2b2a4e4a4b5a3f0d3c1b2a49e8d7c6b5a493827160f5e4d3c"
    };
}

/// An outlet, and an approval with this digest, end, reason and outlet.
macro_rules! approval {
    ($digest:expr, $expires:expr, $reason:expr, $outlet:expr) => {
        concat!(
            "# catalogs/kuta.yaml\n",
            menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"),
            "# approvals/winter.yaml\nguard: deletes\nreason: ",
            $reason,
            "\nexpires: ",
            $expires,
            "\noutlets:\n  ",
            $outlet,
            ": ",
            $digest,
            "\n"
        )
    };
}

pub(super) const DIGEST: Rule = Rule::of_reading(
    "approval-digest",
    "An approval names each plan by its digest: `sha256:` and 64 hexadecimal digits",
    "Our choice: an approval is for what was looked at; one without a digest would let anything through.",
    approval!("sha256:abc", "2027-01-02T00:00:00Z # on 1 January", "the menu for winter", "G1"),
    approval!(DIGEST!(), "2027-01-02T00:00:00Z # on 1 January", "the menu for winter", "G1"),
);

pub(super) const EXPIRED: Rule = Rule::of_reading(
    "approval-expired",
    "An approval has not expired",
    "Our choice: it lets nothing through any more, and would be taken for one that does.",
    approval!(DIGEST!(), "2026-12-31T00:00:00Z # on 1 January 2027", "the menu for winter", "G1"),
    approval!(DIGEST!(), "2027-01-02T00:00:00Z # on 1 January 2027", "the menu for winter", "G1"),
)
.adjustable_warning();

pub(super) const EXPIRES: Rule = Rule::of_reading(
    "approval-expires",
    "An approval expires at a date and time with an offset, at most 7 days ahead",
    "Our choice: an exception that nobody remembers is a hole.",
    approval!(DIGEST!(), "2027-02-01T00:00:00Z # on 1 January", "the menu for winter", "G1"),
    approval!(DIGEST!(), "2027-01-02T00:00:00Z # on 1 January", "the menu for winter", "G1"),
);

pub(super) const OUTLET: Rule = Rule::of_reading(
    "approval-outlet",
    "A file defines every outlet that an approval names",
    "Our choice: the line lets nothing through, and may have been meant for another outlet.",
    approval!(DIGEST!(), "2027-01-02T00:00:00Z # on 1 January", "the menu for winter", "G2"),
    approval!(DIGEST!(), "2027-01-02T00:00:00Z # on 1 January", "the menu for winter", "G1"),
)
.adjustable_warning();

pub(super) const REASON: Rule = Rule::of_reading(
    "approval-reason",
    "An approval says why",
    "Our choice: whoever reviews it, and whoever looks after an accident, needs to know.",
    approval!(DIGEST!(), "2027-01-02T00:00:00Z # on 1 January", "''", "G1"),
    approval!(DIGEST!(), "2027-01-02T00:00:00Z # on 1 January", "the menu for winter", "G1"),
);
