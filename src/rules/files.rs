//! What is said about files as a whole, about settings and about an outlet's own keys. Found while reading.

use super::{Rule, example::menu};

pub(super) const FILE_TOO_LARGE: Rule = Rule::of_reading(
    "file-too-large",
    "A file has at most 8 MiB",
    "Our choice: the largest believable menu is a hundredth of that.",
    "",
    "",
);

pub(super) const FILE_UNREADABLE: Rule = Rule::of_reading(
    "file-unreadable",
    "A file can be read",
    "Our choice: what cannot be read is never taken as empty; absence is never deletion.",
    "",
    "",
);

pub(super) const FILE_ENCODING: Rule = Rule::of_reading(
    "file-encoding",
    "A file is UTF-8 text",
    "Documentation: YAML is Unicode text; guessing another encoding would spoil names.",
    "",
    "",
);

pub(super) const OUTSIDE_ROOT: Rule = Rule::of_reading(
    "outside-root",
    "A file stands inside the root",
    "Our choice: a link or a path that leaves the root would publish what was never reviewed.",
    "",
    "",
);

pub(super) const OUTLET_ID: Rule = Rule::of_reading(
    "outlet-id",
    "An outlet's id is G, digits and at most one capital letter",
    "Documentation: as in G916309315. Seen live: also with a letter at the end; the restaurant's UUID is refused.",
    "outlet: '916309315'\nmenus:\n  - name: Nasi\n    menu_items:\n      - {external_id: NG, name: Nasi Goreng, price: 25000}\n",
    "outlet: G916309315\nmenus:\n  - name: Nasi\n    menu_items:\n      - {external_id: NG, name: Nasi Goreng, price: 25000}\n",
);

pub(super) const DUPLICATE_OUTLET: Rule = Rule::of_reading(
    "duplicate-outlet",
    "An outlet has one file",
    "Our choice: two files would take turns in replacing one menu.",
    "",
    "",
);

pub(super) const UNKNOWN_RULE: Rule = Rule::of_reading(
    "unknown-rule",
    "`rules:` names rules that exist",
    "Our choice: a mistyped code would switch nothing off.",
    concat!("rules: {image-mising: off}\n", menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")),
    concat!("rules: {image-missing: off}\n", menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")),
);

pub(super) const TIMEZONE: Rule = Rule::of_reading(
    "timezone",
    "A time zone is an IANA name",
    "Documentation: hours are in the outlet's local time; WIB, WITA and WIT are Asia/Jakarta, Asia/Makassar and Asia/Jayapura.",
    concat!("timezone: WITA\n", menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")),
    concat!("timezone: Asia/Makassar\n", menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")),
);

pub(super) const HOURS_FORMAT: Rule = Rule::of_reading(
    "hours-format",
    "Hours are written HH:MM",
    "Documentation: `hh:mm`.",
    menu!("{external_id: NG, name: Nasi Goreng, price: 25000, operational_hours: {daily: '10.00-22.00'}}"),
    menu!("{external_id: NG, name: Nasi Goreng, price: 25000, operational_hours: {daily: '10:00-22:00'}}"),
);

pub(super) const HOURS_MISSING_DAY: Rule = Rule::of_reading(
    "hours-missing-day",
    "Hours say something about every day",
    "Our choice: a missing day is closed, which is rarely meant.",
    menu!("{external_id: NG, name: Nasi Goreng, price: 25000, operational_hours: {monday: '10:00-22:00'}}"),
    menu!(
        "{external_id: NG, name: Nasi Goreng, price: 25000, operational_hours: {daily: closed, monday: '10:00-22:00'}}"
    ),
)
.adjustable_warning();

pub(super) const IMAGE_FILE: Rule = Rule::of_reading(
    "image-file",
    "An image under the root exists, is a JPEG or PNG of at most 1 MB, and `images.base_url` says where it is published",
    "Documentation: JPEG or PNG of at most 1 MB. Seen live: one bad image makes GoFood refuse the whole menu.",
    "",
    "",
);
