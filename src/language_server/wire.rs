//! Messages of the base protocol: a header with a length, then JSON of so many bytes. Both have a limit, as what stands there
//! decides how much memory is taken.

use std::io::{self, BufRead, Read as _, Write};

use serde_json::Value;

/// Longer messages are refused (our choice: several times the largest file that is read, with its escapes).
const MAX_MESSAGE: usize = 64 * 1024 * 1024;
/// Longer lines of a header are refused (our choice; they have two dozen characters).
const MAX_HEADER_LINE: u64 = 1024;
/// More lines of a header are refused (our choice; there are one or two).
const MAX_HEADER_LINES: usize = 16;

/// Why there is no next message.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// What came is no message of this protocol. Where the next one begins is not known.
    #[error("what came on stdin is no message of the Language Server Protocol: {0}; an editor starts this command")]
    NoMessage(String),
    /// It could not be read.
    #[error("cannot read stdin")]
    Unreadable(#[source] io::Error),
}

/// What came.
#[derive(Debug)]
pub(super) enum Received {
    Message(Value),
    /// Its header was right, but it is no JSON.
    NoJson(String),
    /// Nobody will send any more.
    End,
}

pub(super) fn read(input: &mut dyn BufRead) -> Result<Received, WireError> {
    let Some(length) = read_header(input)? else { return Ok(Received::End) };
    let mut body = Vec::new();
    let limit = u64::try_from(length).unwrap_or(u64::MAX);
    input.take(limit).read_to_end(&mut body).map_err(WireError::Unreadable)?;
    if body.len() < length {
        return Ok(Received::End);
    }
    Ok(match serde_json::from_slice(&body) {
        Ok(message) => Received::Message(message),
        Err(error) => Received::NoJson(error.to_string()),
    })
}

/// The length that a header announces; `None` at the end of the input.
fn read_header(input: &mut dyn BufRead) -> Result<Option<usize>, WireError> {
    let mut length = None;
    for number in 0..MAX_HEADER_LINES {
        let mut line = Vec::new();
        input.take(MAX_HEADER_LINE).read_until(b'\n', &mut line).map_err(WireError::Unreadable)?;
        if line.is_empty() && number == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let Some(line) = line.strip_suffix("\r\n") else {
            return Err(WireError::NoMessage("its header does not end as one".to_owned()));
        };
        if line.is_empty() {
            return length.map(Some).ok_or_else(|| WireError::NoMessage("it has no `Content-Length`".to_owned()));
        }
        let Some((key, value)) = line.split_once(':') else {
            return Err(WireError::NoMessage("a line of its header has no colon".to_owned()));
        };
        if key.eq_ignore_ascii_case("Content-Length") {
            let known = value.trim().parse().ok().filter(|length| *length <= MAX_MESSAGE);
            let refused = || WireError::NoMessage(format!("its length is no number of at most {MAX_MESSAGE}"));
            length = Some(known.ok_or_else(refused)?);
        }
    }
    Err(WireError::NoMessage("its header has too many lines".to_owned()))
}

pub(super) fn write(output: &mut dyn Write, message: &Value) -> io::Result<()> {
    let body = message.to_string();
    write!(output, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    output.flush()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test fails by panicking
mod tests {
    use super::*;

    fn told(bytes: &str) -> String {
        match read(&mut bytes.as_bytes()) {
            Ok(Received::Message(message)) => message.to_string(),
            Ok(Received::NoJson(_)) => "no JSON".to_owned(),
            Ok(Received::End) => "end".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let mut bytes = Vec::new();
        write(&mut bytes, &serde_json::json!({"a": "é🍛"})).unwrap();
        write(&mut bytes, &serde_json::json!(2)).unwrap();
        let mut input = &bytes[..];
        let mut next = || format!("{:?}", read(&mut input).unwrap());
        assert_eq!(next(), r#"Message(Object {"a": String("é🍛")})"#);
        assert_eq!((next(), next()), ("Message(Number(2))".to_owned(), "End".to_owned()));
    }

    #[test]
    fn what_is_no_message_is_refused_whatever_it_asks_for() {
        assert_eq!(told("Content-Type: x\r\ncontent-length: 2\r\n\r\n[]"), "[]");
        assert_eq!(told("Content-Length: 3\r\n\r\n[]"), "end");
        assert_eq!(told("Content-Length: 1\r\n\r\n[]"), "no JSON");
        assert_eq!(told(""), "end");
        for garbage in [
            "hello\n",
            "hello",
            "\r\n",
            "Content-Length: 2\n\n[]",
            "Content-Length: -1\r\n\r\n",
            "Content-Length: 18446744073709551615\r\n\r\n",
            "Content-Length: 99999999999\r\n\r\n",
            "no colon\r\n\r\n",
            &"a: b\r\n".repeat(1000),
            &"a".repeat(100_000),
        ] {
            let told = told(garbage);
            assert!(told.contains("no message of the Language Server Protocol"), "{garbage:.20}: {told}");
        }
    }
}
