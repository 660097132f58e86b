//! What is said about `approvals/*.yaml`. Found while reading.

use super::Rule;

pub(super) const DIGEST: Rule = Rule::of_reading(
    "approval-digest",
    "An approval names each plan by its digest: `sha256:` and 64 hexadecimal digits",
    "Our choice: an approval is for what was looked at; one without a digest would let anything through.",
    "",
    "",
);

pub(super) const EXPIRED: Rule = Rule::of_reading(
    "approval-expired",
    "An approval has not expired",
    "Our choice: it lets nothing through any more, and would be taken for one that does.",
    "",
    "",
)
.adjustable_warning();

pub(super) const EXPIRES: Rule = Rule::of_reading(
    "approval-expires",
    "An approval expires at a date and time with an offset, at most 7 days ahead",
    "Our choice: an exception that nobody remembers is a hole.",
    "",
    "",
);

pub(super) const OUTLET: Rule = Rule::of_reading(
    "approval-outlet",
    "A file defines every outlet that an approval names",
    "Our choice: the line lets nothing through, and may have been meant for another outlet.",
    "",
    "",
)
.adjustable_warning();

pub(super) const REASON: Rule = Rule::of_reading(
    "approval-reason",
    "An approval says why",
    "Our choice: whoever reviews it, and whoever looks after an accident, needs to know.",
    "",
    "",
);
