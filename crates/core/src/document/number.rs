//! Whole numbers, and the ways of writing one that people and YAML read differently.

use super::Scalar;

/// Why a scalar is no whole number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotANumber {
    /// `number-format` if a number was meant, else `wrong-type`.
    pub(super) code: &'static str,
    /// What is wrong, about the scalar as written: `"25.000" is 25 to YAML`.
    pub(super) reason: String,
    /// What to write.
    pub(super) help: String,
    /// The number that was meant, if that can be said.
    pub(super) meant: Option<String>,
}

/// The whole number that `scalar` is.
pub(super) fn whole_number(scalar: &Scalar) -> Result<i64, NotANumber> {
    let text = &*scalar.text;
    if !scalar.plain {
        return match meant(text) {
            Some(number) => {
                let help = format!("write {number}, without quotes");
                Err(NotANumber { meant: Some(number), ..trap(format!("`\"{text}\"` is a text"), help) })
            }
            None => Err(no_number(text)),
        };
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    if is_digits(digits) && (digits == "0" || !digits.starts_with('0')) {
        return text.parse().map_err(|_| too_large(text));
    }
    Err(explain(text, sign, digits))
}

/// Which trap an unquoted text fell into.
fn explain(text: &str, sign: &str, digits: &str) -> NotANumber {
    let Some(number) = meant(text) else { return fraction_or_text(text, digits) };
    let reason = if is_digits(digits) {
        format!("`{text}` begins with a zero, which some readers take for octal")
    } else if text.starts_with('+') {
        format!("`{text}` has a plus sign")
    } else if digits.contains('_') {
        format!("`{text}` is a text to YAML 1.2 and a number to YAML 1.1")
    } else if digits.starts_with("0x") || digits.starts_with("0o") || digits.starts_with("0b") {
        format!("`{text}` is not a decimal number")
    } else if digits.contains(['e', 'E']) {
        format!("`{text}` is in scientific notation")
    } else if is_grouped(digits, '.') && digits.matches('.').count() == 1 {
        let yaml = format!("{sign}{}", digits.trim_end_matches('0').trim_end_matches('.'));
        format!("`{text}` is {yaml} to YAML, {number} to people")
    } else if is_grouped(digits, '.') || is_grouped(digits, ',') {
        format!("`{text}` is a text to YAML, {number} to people")
    } else {
        format!("`{text}` is not written as a whole number")
    };
    let help = format!("write {number}");
    NotANumber { meant: Some(number), ..trap(reason, help) }
}

fn fraction_or_text(text: &str, digits: &str) -> NotANumber {
    let fraction = digits.split_once(['.', ',']).is_some_and(|(whole, rest)| is_digits(whole) && is_digits(rest));
    if fraction {
        trap(
            format!("`{text}` is not a whole number"),
            "write a whole number; prices are whole rupiah, without decimals".into(),
        )
    } else {
        no_number(text)
    }
}

/// The number that the writer of `text` meant, in the form to write, if it is a whole one and can be told.
fn meant(text: &str) -> Option<String> {
    let text = text.trim().replace('\u{a0}', " ");
    let text = without_currency(&text);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let number = meant_unsigned(digits)?;
    (number.len() <= 18).then(|| if number == "0" { number } else { format!("{sign}{number}") })
}

/// Without `Rp` or `IDR` in front, and without the `,-` that prices end with on paper.
fn without_currency(text: &str) -> &str {
    let is_currency = |word: &&str| text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word));
    let currency = ["Rp", "IDR"].into_iter().find(is_currency).map_or(0, str::len);
    let amount = if currency > 0 { text[currency..].trim_start_matches(['.', ' ']) } else { text };
    [",-", ".-", ",--"].into_iter().find_map(|end| amount.strip_suffix(end)).unwrap_or(amount)
}

/// `25` of `25k` in thousands, also `12,5rb`.
fn in_thousands(digits: &str) -> Option<String> {
    let lower = digits.to_lowercase();
    let amount = ["k", "rb", "ribu"].into_iter().find_map(|unit| lower.strip_suffix(unit))?.trim_end();
    let (whole, rest) = amount.split_once(['.', ',']).unwrap_or((amount, ""));
    let is_whole = is_digits(whole) && rest.len() <= 3 && rest.bytes().all(|b| b.is_ascii_digit());
    is_whole.then(|| unpadded(&format!("{whole}{rest:0<3}")))
}

fn meant_unsigned(digits: &str) -> Option<String> {
    let radix = |prefix, base| digits.strip_prefix(prefix).and_then(|d| i64::from_str_radix(d, base).ok());
    if let Some(number) = radix("0x", 16).or_else(|| radix("0o", 8)).or_else(|| radix("0b", 2)) {
        return (number >= 0).then(|| number.to_string());
    }
    if let Some((mantissa, exponent)) = digits.split_once(['e', 'E']) {
        return scientific(mantissa, exponent);
    }
    if let Some(number) = in_thousands(digits) {
        return Some(number);
    }
    // `25.000,00` and `25,000.00`
    let cents = digits.strip_suffix(",00").filter(|whole| is_grouped(whole, '.'));
    let digits = cents.or_else(|| digits.strip_suffix(".00").filter(|whole| is_grouped(whole, ','))).unwrap_or(digits);
    if is_grouped(digits, '.') || is_grouped(digits, ',') || is_grouped(digits, ' ') {
        return Some(unpadded(&digits.replace(['.', ',', ' '], "")));
    }
    let digits = digits.replace('_', "");
    let whole = digits.split_once(['.', ',']).filter(|(_, rest)| rest.bytes().all(|b| b == b'0')).map(|(w, _)| w);
    let whole = whole.unwrap_or(&digits);
    is_digits(whole).then(|| unpadded(whole))
}

/// `2` and `4` of `2e4`, if the number is whole and of a sane size.
fn scientific(mantissa: &str, exponent: &str) -> Option<String> {
    let exponent: usize = exponent.strip_prefix('+').unwrap_or(exponent).parse().ok().filter(|e| *e <= 18)?;
    let (whole, rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = is_digits(whole) && rest.bytes().all(|b| b.is_ascii_digit()) && rest.len() <= exponent;
    digits.then(|| unpadded(&format!("{whole}{rest}{}", "0".repeat(exponent - rest.len()))))
}

/// Whether `digits` is `1`–`3` digits followed by groups of exactly three: `25.000`, `1.250.000`.
fn is_grouped(digits: &str, separator: char) -> bool {
    let mut groups = digits.split(separator);
    let first = groups.next().unwrap_or_default();
    let mut rest = groups.peekable();
    rest.peek().is_some()
        && first.len() <= 3
        && is_digits(first)
        && rest.all(|group| group.len() == 3 && is_digits(group))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn unpadded(digits: &str) -> String {
    match digits.trim_start_matches('0') {
        "" => "0".into(),
        number => number.into(),
    }
}

fn trap(reason: String, help: String) -> NotANumber {
    NotANumber { code: "number-format", reason, help, meant: None }
}

fn too_large(text: &str) -> NotANumber {
    trap(format!("`{text}` is too large"), format!("write a number of at most {}", i64::MAX))
}

fn no_number(text: &str) -> NotANumber {
    let shown: String = text.chars().take(40).collect();
    NotANumber {
        code: "wrong-type",
        reason: format!("`{shown}` is not a number"),
        help: "write a whole number in digits only, such as 25000".into(),
        meant: None,
    }
}
