//! The five fields of a cron expression: what may stand in each, and what to write instead of a mistake.
//!
//! Stricter than the cron crate, whose messages name no field and which accepts `*/90`. Which moments an expression
//! means is `cron`'s.

/// Why a cron expression was refused. `Display` gives both parts, separated by `: `.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {help}")]
pub struct CronError {
    /// What is wrong, naming the field; no full stop at the end.
    pub message: String,
    /// What to write instead, in the imperative.
    pub help: String,
}

impl CronError {
    pub(super) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

/// What may stand in one field.
struct Field {
    name: &'static str,
    min: u8,
    max: u8,
    /// Words for numbers; the first stands for `first_name`.
    names: &'static [&'static str],
    first_name: u8,
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// In the order of the expression (POSIX `crontab`).
const FIELDS: [Field; 5] = [
    Field { name: "minute", min: 0, max: 59, names: &[], first_name: 0 },
    Field { name: "hour", min: 0, max: 23, names: &[], first_name: 0 },
    Field { name: "day of month", min: 1, max: 31, names: &[], first_name: 0 },
    Field { name: "month", min: 1, max: 12, names: &MONTHS, first_name: 1 },
    Field { name: "day of week", min: 0, max: 7, names: &DAYS, first_name: 0 },
];

/// Abbreviations of other crons and what they stand for.
const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// Checks `text` and returns it with numbers for names and one space between fields.
pub(super) fn normalise(text: &str) -> Result<String, CronError> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    if parts.len() != FIELDS.len() {
        return Err(wrong_number_of_fields(&parts));
    }
    let fields: Vec<String> =
        FIELDS.iter().zip(&parts).map(|(field, part)| field.normalise(part)).collect::<Result<_, _>>()?;
    Ok(fields.join(" "))
}

fn wrong_number_of_fields(parts: &[&str]) -> CronError {
    const FIVE: &str = "minute, hour, day of month, month, day of week, such as `*/15 * * * *`";
    match parts {
        [] => CronError::new("the cron expression is empty", format!("write {FIVE}")),
        [nickname] if nickname.starts_with('@') => {
            let meaning = NICKNAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(nickname));
            let help = meaning.map_or_else(|| format!("write {FIVE}"), |(_, fields)| format!("write `{fields}`"));
            CronError::new(format!("cron abbreviations like `{nickname}` are not understood"), help)
        }
        [_, rest @ ..] if rest.len() == FIELDS.len() => CronError::new(
            "the cron expression has 6 fields, not 5",
            format!("leave out seconds and years: {FIVE} (perhaps `{}`)", rest.join(" ")),
        ),
        [_] => CronError::new("the cron expression has 1 field, not 5", format!("write {FIVE}")),
        _ => CronError::new(format!("the cron expression has {} fields, not 5", parts.len()), format!("write {FIVE}")),
    }
}

impl Field {
    fn normalise(&self, text: &str) -> Result<String, CronError> {
        if text == "*" {
            return Ok(text.to_owned());
        }
        let items: Vec<String> = text.split(',').map(|item| self.item(item)).collect::<Result<_, _>>()?;
        if items.len() > 1 && items.iter().any(|item| item == "*") {
            return Err(self.error(text, "mixes `*` with other values", "write `*` alone, or only the values"));
        }
        Ok(items.join(","))
    }

    /// One of the parts between commas: `*`, `*/n`, `a`, `a-b`, `a-b/n`.
    fn item(&self, text: &str) -> Result<String, CronError> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (text, None),
        };
        let (start, end) = self.range(text, range, step)?;
        let step = step.map(|step| self.step(text, step, start, end)).transpose()?;
        let range = match range {
            "*" => "*".to_owned(),
            _ if start == end => start.to_string(),
            _ => format!("{start}-{end}"),
        };
        Ok(step.map_or_else(|| range.clone(), |step| format!("{range}/{step}")))
    }

    fn range(&self, item: &str, range: &str, step: Option<&str>) -> Result<(u8, u8), CronError> {
        if range == "*" {
            // 7 is only another name for day 0.
            return Ok((self.min, if self.max == 7 { 6 } else { self.max }));
        }
        let Some((start, end)) = range.split_once('-') else {
            let value = self.value(item, range)?;
            return match step {
                None => Ok((value, value)),
                Some(step) => Err(self.error(
                    item,
                    "has a step but no range",
                    &format!("write `{value}-{}/{step}` or `*/{step}`", self.max),
                )),
            };
        };
        let (start, mut end) = (self.value(item, start)?, self.value(item, end)?);
        if self.max == 7 && end == 0 && start > 0 {
            end = 7; // `fri-sun`
        }
        if start > end {
            let help = format!("write the two parts `{start}-{},{}-{end}`", self.max, self.min);
            return Err(self.error(item, "is a range that runs backwards", &help));
        }
        Ok((start, end))
    }

    fn step(&self, item: &str, step: &str, start: u8, end: u8) -> Result<u8, CronError> {
        let longest = end - start;
        match number(step) {
            Some(step) if step >= 1 && step <= u32::from(longest.max(1)) && longest > 0 => {
                Ok(u8::try_from(step).unwrap_or(longest))
            }
            Some(step) if step > u32::from(longest) => {
                let help = format!("write `{start}` for that one value, or a step from 1 to {}", longest.max(1));
                Err(self.error(item, &format!("has a step of {step}, longer than its range of {longest}"), &help))
            }
            _ => Err(self.error(
                item,
                &format!("has the step `{step}`"),
                &format!("write a whole number from 1 to {longest}"),
            )),
        }
    }

    fn value(&self, item: &str, text: &str) -> Result<u8, CronError> {
        if let Some(index) = self.names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
            return Ok(self.first_name + u8::try_from(index).unwrap_or_default());
        }
        number(text)
            .and_then(|value| u8::try_from(value).ok())
            .filter(|value| (self.min..=self.max).contains(value))
            .ok_or_else(|| self.error(item, "is not understood", &self.allowed()))
    }

    fn allowed(&self) -> String {
        let names = match (self.names.first(), self.names.last()) {
            (Some(first), Some(last)) => format!(" or names from `{first}` to `{last}`"),
            _ => String::new(),
        };
        format!("write `*`, numbers from {} to {}{names}, ranges `a-b` or steps `*/n`", self.min, self.max)
    }

    fn error(&self, text: &str, what: &str, help: &str) -> CronError {
        CronError::new(format!("the {} field `{text}` {what}", self.name), help)
    }
}

/// A whole number of digits only, so that `+5` is refused; what is longer than any field allows is too big, not invalid.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u32::MAX))
}
