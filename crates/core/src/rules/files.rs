//! What is said about files as a whole, about settings and about an outlet's own keys. Found while reading.

use super::{
    Rule,
    example::{brand, menu, photo},
};

pub(super) const FILE_TOO_LARGE: Rule = Rule::of_reading(
    "file-too-large",
    "A file has at most 8 MiB and a million keys and values",
    "Our choice: the largest believable menu is a hundredth of that.",
    concat!(
        "# catalogs/kuta.yaml: 9 MiB of comments follow\n",
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")
    ),
    concat!("# catalogs/kuta.yaml\n", menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")),
);

pub(super) const FILE_UNREADABLE: Rule = Rule::of_reading(
    "file-unreadable",
    "A file can be read",
    "Our choice: what cannot be read is never taken as empty; absence is never deletion.",
    concat!(
        "# catalogs/kuta.yaml\n",
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"),
        "# catalogs/bali.yaml/README.txt\n`bali.yaml` is a directory.\n"
    ),
    concat!(
        "# catalogs/kuta.yaml\n",
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"),
        "# catalogs/bali/README.txt\n`bali` is a directory.\n"
    ),
);

pub(super) const FILE_ENCODING: Rule = Rule::of_reading(
    "file-encoding",
    "A file is UTF-8 text",
    "Documentation: YAML is Unicode text; guessing another encoding would spoil names.",
    concat!(
        "# catalogs/kuta.yaml: saved as Windows-1252\n",
        menu!("{external_id: KL, name: Café Latte, price: 25000}")
    ),
    menu!("{external_id: KL, name: Café Latte, price: 25000}"),
);

pub(super) const OUTSIDE_ROOT: Rule = Rule::of_reading(
    "outside-root",
    "A file stands inside the root",
    "Our choice: a link or a path that leaves the root would publish what was never reviewed.",
    concat!("extends: [../../brand.yaml]\n", menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")),
    menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"),
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
    brand!("# catalogs/bali.yaml\noutlet: G1\nextends: [brand.yaml]\n", "extends: [brand.yaml]\n"),
    brand!("# catalogs/bali.yaml\noutlet: G2\nextends: [brand.yaml]\n", "extends: [brand.yaml]\n"),
);

pub(super) const UNKNOWN_RULE: Rule = Rule::of_reading(
    "unknown-rule",
    "`rules:` names rules that exist and that settings may change",
    "Our choice: a mistyped code would switch nothing off; and what leaves a file without meaning stays an error.",
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
    photo!(),
    photo!(": 800 × 800 pixels"),
);

pub(super) const EMPTY_FILE: Rule = Rule::of_reading(
    "empty-file",
    "A file says something",
    "Our choice: a file cut short while it was written looks like this; taken as nothing it would remove a menu.",
    brand!("# catalogs/bali.yaml\n", "extends: [brand.yaml, bali.yaml]\n"),
    brand!("# catalogs/bali.yaml\nitems: {NG: {price: 27000}}\n", "extends: [brand.yaml, bali.yaml]\n"),
);

pub(super) const NO_DEFINITIONS: Rule = Rule::of_reading(
    "no-definitions",
    "There are definitions under `catalogs`",
    "Our choice: absence is never deletion, but most often a wrong root.",
    "# menusync.yaml\ntarget: sandbox\n",
    concat!(
        "# menusync.yaml\ntarget: sandbox\n",
        "# catalogs/kuta.yaml\n",
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")
    ),
);

pub(super) const FILE_IGNORED: Rule = Rule::of_reading(
    "file-ignored",
    "The ending of a file is in small letters: .yaml, .yml or .json for definitions, .yaml for approvals",
    "Our choice: other files are not read, and this one looks as if it should be.",
    concat!("# catalogs/kuta.yaml\n", menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"), "# catalogs/bali.YAML\noutlet: G2\nmenus:\n  - name: Nasi\n    menu_items:\n      - {external_id: NG, name: Nasi Goreng, price: 27000}\n"),
    concat!("# catalogs/kuta.yaml\n", menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"), "# catalogs/bali.yaml\noutlet: G2\nmenus:\n  - name: Nasi\n    menu_items:\n      - {external_id: NG, name: Nasi Goreng, price: 27000}\n"),
)
.adjustable_warning();

pub(super) const UNKNOWN_OUTLET: Rule = Rule::of_reading(
    "unknown-outlet",
    "What is asked for is an outlet that a file defines",
    "Our choice: an outlet whose file vanished is missing, not empty.",
    concat!("# catalogs/kuta.yaml\n", menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"), "# asked for: G2\n"),
    concat!("# catalogs/kuta.yaml\n", menu!("{external_id: NG, name: Nasi Goreng, price: 25000}"), "# asked for: G1\n"),
);

pub(super) const CONFLICTING_KEYS: Rule = Rule::of_reading(
    "conflicting-keys",
    "Keys that contradict each other do not stand together",
    "Our choice: which of the two was meant cannot be known.",
    concat!(
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}", "{external_id: NU, name: Nasi Uduk, price: 20000}"),
        "items:\n  NG: {remove: true, price: 27000}\n"
    ),
    concat!(
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}", "{external_id: NU, name: Nasi Uduk, price: 20000}"),
        "items:\n  NG: {remove: true}\n"
    ),
);

pub(super) const OUT_OF_RANGE: Rule = Rule::of_reading(
    "out-of-range",
    "A number is one that its key can mean",
    "Our choice: nothing is cut or rounded to make it fit.",
    concat!("guards: {price-change: -5%}\n", menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")),
    concat!("guards: {price-change: 50%}\n", menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")),
);

pub(super) const CRON: Rule = Rule::of_reading(
    "cron",
    "A schedule is a cron expression of five fields that comes true at some time",
    "Documentation: POSIX; minute, hour, day, month, day of the week (0 and 7 are Sunday).",
    concat!(
        "windows: [{kind: deny, schedule: '0 25 * * *', duration: 3h}]\n",
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")
    ),
    concat!(
        "windows: [{kind: deny, schedule: '0 11 * * *', duration: 3h}]\n",
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")
    ),
);

pub(super) const GLOB: Rule = Rule::of_reading(
    "glob",
    "A pattern for outlets is a valid one",
    "Our choice: `*` stands for any characters, `[ab]` for one of them, `{a,b}` for one of several texts.",
    concat!(
        "windows: [{kind: deny, schedule: '0 11 * * *', duration: 3h, outlets: ['[']}]\n",
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")
    ),
    concat!(
        "windows: [{kind: deny, schedule: '0 11 * * *', duration: 3h, outlets: ['*']}]\n",
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")
    ),
);

pub(super) const WINDOW_OUTLETS: Rule = Rule::of_reading(
    "window-outlets",
    "A window names outlets that there are",
    "Our choice: a window that means nobody keeps nothing from being pushed in the lunch rush; most often a name was mistyped.",
    concat!(
        "windows: [{kind: deny, schedule: '0 11 * * *', duration: 3h, outlets: [Kuto]}]\n",
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")
    ),
    concat!(
        "windows: [{kind: deny, schedule: '0 11 * * *', duration: 3h, outlets: [G1]}]\n",
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")
    ),
)
.adjustable_warning();

pub(super) const WRONG_URL: Rule = Rule::of_reading(
    "wrong-url",
    "An address in the settings is a whole http(s) address without user, query or fragment",
    "Our choice: what stands there is put together with paths, and printed in messages.",
    concat!(
        "# menusync.yaml\ntarget: custom\ngobiz:\n  api_url: api.example.com\n  oauth_url: https://login.example.com/token\n",
        "# catalogs/kuta.yaml\n",
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")
    ),
    concat!(
        "# menusync.yaml\ntarget: custom\ngobiz:\n  api_url: https://api.example.com\n  oauth_url: https://login.example.com/token\n",
        "# catalogs/kuta.yaml\n",
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")
    ),
);

pub(super) const INSECURE_URL: Rule = Rule::of_reading(
    "insecure-url",
    "GoBiz is talked to over https",
    "Our choice: credentials would travel unencrypted. Only addresses of this machine may be http.",
    concat!(
        "# menusync.yaml\ntarget: custom\ngobiz:\n  api_url: http://api.example.com\n  oauth_url: https://login.example.com/token\n",
        "# catalogs/kuta.yaml\n",
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")
    ),
    concat!(
        "# menusync.yaml\ntarget: custom\ngobiz:\n  api_url: https://api.example.com\n  oauth_url: https://login.example.com/token\n",
        "# catalogs/kuta.yaml\n",
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")
    ),
);

pub(super) const SETTINGS_MISSING: Rule = Rule::of_reading(
    "settings-missing",
    "The root has a `menusync.yaml`",
    "Our choice: whether the sandbox or the real menus are meant is never guessed.",
    concat!(
        "# menusync.yaml: missing\n",
        "# catalogs/kuta.yaml\n",
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")
    ),
    concat!(
        "# menusync.yaml\ntarget: sandbox\n",
        "# catalogs/kuta.yaml\n",
        menu!("{external_id: NG, name: Nasi Goreng, price: 25000}")
    ),
);

pub(super) const ALLOW_FORMAT: Rule = Rule::of_reading(
    "allow-format",
    "A comment for menusync can be understood",
    "Our choice: it would excuse nothing, and nobody would notice.",
    menu!("{external_id: NG, name: Nasi Goreng, price: 500} # menusync: allow price-too-low, a sample"),
    menu!("{external_id: NG, name: Nasi Goreng, price: 500} # menusync: allow(price-too-low) a sample"),
)
.warning();

pub(super) const ALLOW_UNUSED: Rule = Rule::of_reading(
    "allow-unused",
    "A comment that allows something stands where that is given",
    "Our choice: what excuses nothing today would hide a mistake tomorrow.",
    menu!("{external_id: NG, name: Nasi Goreng, price: 25000} # menusync: allow(price-too-low) a sample"),
    menu!("{external_id: NG, name: Nasi Goreng, price: 500} # menusync: allow(price-too-low) a sample"),
)
.adjustable_warning();

pub(super) const ALLOW_WITHOUT_REASON: Rule = Rule::of_reading(
    "allow-without-reason",
    "A comment that allows something says why",
    "Our choice: whoever reads it next year can then tell whether it still holds.",
    menu!("{external_id: NG, name: Nasi Goreng, price: 500} # menusync: allow(price-too-low)"),
    menu!("{external_id: NG, name: Nasi Goreng, price: 500} # menusync: allow(price-too-low) a sample"),
)
.adjustable_warning();
