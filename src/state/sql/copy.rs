//! All rows of a state into another one, page by page, and a digest over them.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::{Link, Parameter, Row, Value};
use crate::state::StateError;

/// So many rows are held and written at a time (our choice; the most parameters of a statement are 32,766).
const PAGE: u32 = 100;

/// How long one statement is waited for.
const STATEMENT_WITHIN: Duration = Duration::from_secs(20);

/// A table as every backend has it.
struct Table {
    name: &'static str,
    /// How many of the columns, from the first on, name a row.
    key: usize,
    columns: &'static [&'static str],
    /// Whether the first column is a number that is given to new rows.
    is_numbered: bool,
}

const fn table(name: &'static str, key: usize, columns: &'static [&'static str]) -> Table {
    Table { name, key, columns, is_numbered: false }
}

const fn numbered(name: &'static str, columns: &'static [&'static str]) -> Table {
    Table { name, key: 1, columns, is_numbered: true }
}

/// What is stored; not what is of one place only (`probe`, leases, the version).
const TABLES: [Table; 16] = [
    table(
        "outlets",
        2,
        &[
            "platform",
            "id",
            "root",
            "name",
            "file",
            "state",
            "since",
            "error",
            "held",
            "drift",
            "last_verified",
            "revision",
            "base",
            "base_updated_at",
        ],
    ),
    numbered(
        "pushes",
        &[
            "id",
            "platform",
            "number",
            "outlet",
            "request_id",
            "kind",
            "digest",
            "revision",
            "author",
            "back_to",
            "tool",
            "prepared_at",
            "sent_at",
            "answered_at",
            "finished_at",
            "outcome",
            "error",
            "plan",
            "verification",
            "wave",
            "waves",
        ],
    ),
    table("records", 1, &["push", "changes", "record"]),
    table("pins", 2, &["platform", "outlet", "pins"]),
    table("pauses", 2, &["platform", "outlet", "since", "until"]),
    table("memories", 2, &["platform", "outlet", "memory", "notes"]),
    numbered("events", &["rowid", "mark", "taken_at"]),
    table("alarms", 2, &["platform", "outlet", "raised_at", "what"]),
    table("notices", 2, &["platform", "outlet", "occasion", "since", "told_at"]),
    table("images", 1, &["url", "etag", "last_modified", "checked_at", "judgement", "findings"]),
    table("promotions", 3, &["platform", "outlet", "key", "promotion"]),
    table("switches", 3, &["platform", "outlet", "key", "until", "switch"]),
    numbered("promotion_events", &["id", "platform", "outlet", "at", "event"]),
    numbered("switch_events", &["id", "platform", "outlet", "at", "event"]),
    table(
        "rollouts",
        2,
        &["platform", "root", "files", "revision", "began", "wave", "waves", "baking_until", "stopped", "why", "ended"],
    ),
    table("rollout_members", 3, &["platform", "root", "outlet", "named", "wants", "wave", "state", "known"]),
];

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// How many rows, by table.
    pub rows: Vec<(&'static str, u64)>,
    /// Over all rows, as they are in both places.
    pub digest: String,
}

/// One of the two places, within a transaction.
pub(in crate::state) struct Side<'s, L: Link> {
    pub(in crate::state) link: &'s L,
    pub(in crate::state) place: String,
    /// What a failed statement is for people: what was done, where, and what went wrong.
    pub(in crate::state) error: fn(&'static str, &str, L::Error) -> StateError,
}

impl<L: Link> Side<'_, L> {
    async fn wait<T>(
        &self,
        doing: &'static str,
        statement: impl Future<Output = Result<T, L::Error>>,
    ) -> Result<T, StateError> {
        match tokio::time::timeout(STATEMENT_WITHIN, statement).await {
            Ok(done) => done.map_err(|error| (self.error)(doing, &self.place, error)),
            Err(_) => Err(StateError::Silent { place: self.place.clone(), seconds: STATEMENT_WITHIN.as_secs() }),
        }
    }

    async fn page(&self, table: &Table, last: Option<Vec<Value>>) -> Result<Vec<Vec<Value>>, StateError> {
        self.wait("read what is stored", page(self.link, table, last)).await
    }

    /// All rows, page by page.
    async fn each_page(
        &self,
        table: &Table,
        mut take: impl AsyncFnMut(Vec<Vec<Value>>) -> Result<(), StateError>,
    ) -> Result<(), StateError> {
        let mut last = None;
        loop {
            let rows = self.page(table, last).await?;
            let Some(end) = rows.last() else { return Ok(()) };
            last = Some(end[..table.key].to_vec());
            take(rows).await?;
        }
    }
}

/// Copies all rows into an empty place; `root_of` gives the name by which a root is known there. What was written is read
/// back and compared.
pub(in crate::state) async fn copy<A: Link, B: Link>(
    from: &Side<'_, A>,
    to: &Side<'_, B>,
    root_of: impl Fn(&str) -> String,
) -> Result<Copied, StateError> {
    for table in &TABLES {
        if !to.page(table, None).await?.is_empty() {
            return Err(StateError::NotEmpty { place: to.place.clone(), table: table.name });
        }
    }
    let (mut written, mut read, mut counts) = (Sha256::new(), Sha256::new(), Vec::new());
    for table in &TABLES {
        let mut count = 0;
        let copied = from.each_page(table, async |mut rows| {
            rows.iter_mut().for_each(|row| translate(table, row, &root_of));
            add_to(&mut written, table, &rows);
            count += rows.len() as u64;
            to.wait("write a copy", insert(to.link, table, &rows)).await
        });
        copied.await?;
        counts.push((table.name, count));
    }
    for table in &TABLES {
        let compared = to.each_page(table, async |rows| {
            add_to(&mut read, table, &rows);
            Ok(())
        });
        compared.await?;
    }
    let (written, read) = (hex(written), hex(read));
    if written != read {
        return Err(StateError::CopyDiffers { from: from.place.clone(), to: to.place.clone() });
    }
    Ok(Copied { rows: counts, digest: format!("sha256:{read}") })
}

/// Tables whose first column counts on by itself.
pub(in crate::state) fn numbered_tables() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLES.iter().filter(|table| table.is_numbered).map(|table| (table.name, table.columns[0]))
}

/// The rows behind the one with the key `last`.
async fn page<L: Link>(link: &L, table: &Table, last: Option<Vec<Value>>) -> Result<Vec<Vec<Value>>, L::Error> {
    let (columns, key) = (table.columns.join(", "), table.columns[..table.key].join(", "));
    let values: Vec<Parameter<'_>> = last.iter().flatten().map(parameter).collect();
    let behind = match last {
        Some(_) => format!("WHERE ({key}) > ({})", places(1, table.key)),
        None => String::new(),
    };
    let sql = format!("SELECT {columns} FROM {} {behind} ORDER BY {key} LIMIT {PAGE}", table.name);
    Ok(link.query(&sql, &values).await?.into_iter().map(Row::into_values).collect())
}

async fn insert<L: Link>(link: &L, table: &Table, rows: &[Vec<Value>]) -> Result<(), L::Error> {
    let width = table.columns.len();
    let places: Vec<String> = (0..rows.len()).map(|row| format!("({})", places(row * width + 1, width))).collect();
    let sql = format!("INSERT INTO {} ({}) VALUES {}", table.name, table.columns.join(", "), places.join(", "));
    let typed = rows.iter().flat_map(|row| row.iter().zip(table.columns)).map(|(value, column)| match value {
        Value::Null => nothing_in(column),
        value => parameter(value),
    });
    link.execute(&sql, &typed.collect::<Vec<_>>()).await.map(drop)
}

/// Nothing has a type as well.
fn nothing_in(column: &str) -> Parameter<'static> {
    match column {
        "base" | "verification" => Parameter::Bytes(None),
        "back_to" | "wave" | "waves" | "named" => Parameter::Integer(None),
        _ => Parameter::Text(None),
    }
}

/// `?1, ?2, ?3`
fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|place| format!("?{place}")).collect::<Vec<_>>().join(", ")
}

fn parameter(value: &Value) -> Parameter<'_> {
    match value {
        Value::Null => Parameter::Text(None),
        Value::Integer(number) => (*number).into(),
        Value::Text(text) => text.into(),
        Value::Bytes(bytes) => bytes.clone().into(),
    }
}

/// As the row is in the other place, where roots have other names and text has no NUL.
fn translate(table: &Table, row: &mut [Value], root_of: impl Fn(&str) -> String) {
    for value in row.iter_mut() {
        if let Value::Text(text) = value
            && text.contains('\0')
        {
            *text = text.replace('\0', "\u{fffd}");
        }
    }
    if let Some(place) = table.columns.iter().position(|column| *column == "root")
        && let Some(Value::Text(root)) = row.get_mut(place)
    {
        *root = root_of(root);
    }
}

fn add_to(digest: &mut Sha256, table: &Table, rows: &[Vec<Value>]) {
    for row in rows {
        digest.update(table.name);
        for value in row {
            let (kind, bytes): (u8, &[u8]) = match value {
                Value::Null => (0, &[]),
                Value::Integer(number) => (1, &number.to_be_bytes()),
                Value::Text(text) => (2, text.as_bytes()),
                Value::Bytes(bytes) => (3, bytes),
            };
            digest.update([kind]);
            digest.update((bytes.len() as u64).to_be_bytes());
            digest.update(bytes);
        }
    }
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
