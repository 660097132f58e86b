//! What is found when an image itself is looked at, fetched or on disk. `images` looks.

use super::{
    Rule,
    example::{menu, photo},
};

/// An outlet with an image, and what its server answers when `validate --images` asks for it.
macro_rules! fetched {
    ($answer:expr) => {
        concat!(
            "# catalogs/kuta.yaml\n",
            menu!("{external_id: NG, name: Nasi Goreng, price: 25000, image: https://img.example.com/ng.png}"),
            "# https://img.example.com/ng.png: ",
            $answer,
            "\n"
        )
    };
}

/// Whether only a look at images can give this code: where nobody looked, nothing follows from its absence.
pub(super) fn needs_a_look(code: &str) -> bool {
    let fetched = [CONTENT_TYPE, NOT_FOUND, RATIO, TOO_LARGE, TOO_SMALL, TRUNCATED, UNCHECKED];
    fetched.iter().any(|rule| rule.code == code)
}

pub(super) const CONTENT_TYPE: Rule = Rule::of_reading(
    "image-content-type",
    "An image's server calls it what it is",
    "Our choice: GoFood does not say whether it trusts the server's word or the bytes, so both should say JPEG or PNG.",
    fetched!("800 × 800 pixels, sent as text/plain"),
    fetched!("800 × 800 pixels, sent as image/png"),
)
.adjustable_warning();

pub(super) const NOT_FOUND: Rule = Rule::of_reading(
    "image-not-found",
    "There is an image at an image's address",
    "Seen live: GoFood fetches images during the push, and one bad image makes it refuse the whole menu.",
    fetched!("404 Not Found"),
    fetched!("800 × 800 pixels, sent as image/png"),
)
.adjustable();

pub(super) const RATIO: Rule = Rule::of_reading(
    "image-ratio",
    "An image is square",
    "Documentation: 1:1. Our choice: up to 1 % of difference counts as square.",
    photo!(": 800 × 400 pixels"),
    photo!(": 800 × 800 pixels"),
)
.adjustable();

pub(super) const TOO_LARGE: Rule = Rule::of_reading(
    "image-too-large",
    "An image has at most 1 MB",
    "Documentation: at most 1 MB. Our choice: more than 1,048,576 bytes is an error, more than 1,000,000 a warning.",
    fetched!("800 × 800 pixels, 2 MB, sent as image/png"),
    fetched!("800 × 800 pixels, sent as image/png"),
)
.adjustable();

pub(super) const TOO_SMALL: Rule = Rule::of_reading(
    "image-too-small",
    "An image has at least 400 × 400 pixels",
    "Our choice: smaller pictures look blurred on today's phones.",
    photo!(": 200 × 200 pixels"),
    photo!(": 800 × 800 pixels"),
)
.adjustable_warning();

pub(super) const TRUNCATED: Rule = Rule::of_reading(
    "image-truncated",
    "An image is whole",
    "Our choice: a picture that breaks off shows a grey half, if GoFood takes it at all.",
    photo!(": 800 × 800 pixels, cut off"),
    photo!(": 800 × 800 pixels"),
)
.adjustable();

pub(super) const UNCHECKED: Rule = Rule::of_reading(
    "image-unchecked",
    "An image can be looked at",
    "Our choice: a server that does not answer us may answer GoFood, so this alone holds nothing back.",
    fetched!("503 Service Unavailable"),
    fetched!("800 × 800 pixels, sent as image/png"),
)
.adjustable_warning();
