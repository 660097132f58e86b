//! Statements on a connection to a SQLite file. They are done when they return: nothing here waits for anything.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use rusqlite::{
    Connection,
    functions::FunctionFlags,
    types::{ToSql, ToSqlOutput, Type, ValueRef},
};

use crate::state::sql::{BadValue, Link, Parameter, Row, Value, pack};

/// A connection within a transaction.
pub(in crate::state) struct SqliteLink<'c>(pub(super) &'c Connection);

impl Link for SqliteLink<'_> {
    type Error = rusqlite::Error;

    async fn query(&self, sql: &str, parameters: &[Parameter<'_>]) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.0.prepare_cached(sql)?;
        let columns: Arc<[String]> = statement.column_names().map(str::to_owned).collect();
        let mut found = statement.query(rusqlite::params_from_iter(parameters))?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            let values = (0..columns.len()).map(|place| value(row.get_ref(place)?)).collect::<rusqlite::Result<_>>()?;
            rows.push(Row::new(&columns, values));
        }
        Ok(rows)
    }

    /// Whoever writes to a file is alone.
    async fn lock_for(&self, _what: &str, _of: &str) -> rusqlite::Result<()> {
        Ok(())
    }

    async fn execute(&self, sql: &str, parameters: &[Parameter<'_>]) -> rusqlite::Result<u64> {
        let changed = self.0.prepare_cached(sql)?.execute(rusqlite::params_from_iter(parameters))?;
        Ok(changed.try_into().unwrap_or(u64::MAX))
    }
}

fn value(value: ValueRef<'_>) -> rusqlite::Result<Value> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Text(_) => Value::Text(value.as_str()?.to_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_owned()),
        ValueRef::Real(_) => Err(BadValue { column: "?".to_owned(), problem: "a broken number".to_owned() })?,
    })
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self {
            Self::Integer(number) => number.map(ValueRef::Integer),
            Self::Text(text) => text.as_ref().map(|text| ValueRef::Text(text.as_bytes())),
            Self::Bytes(bytes) => bytes.as_ref().map(|bytes| ValueRef::Blob(bytes)),
        };
        Ok(ToSqlOutput::Borrowed(value.unwrap_or(ValueRef::Null)))
    }
}

impl From<BadValue> for rusqlite::Error {
    fn from(bad: BadValue) -> Self {
        Self::FromSqlConversionFailure(0, Type::Null, Box::new(bad))
    }
}

/// What a call gives that waits for nothing.
pub(super) fn at_once<T>(call: impl Future<Output = rusqlite::Result<T>>) -> rusqlite::Result<T> {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => Err(rusqlite::Error::InvalidQuery),
    }
}

/// Lets the steps of a migration say `packed(column)`.
pub(super) fn register_functions(connection: &Connection) -> rusqlite::Result<()> {
    connection.create_scalar_function("packed", 1, FunctionFlags::SQLITE_UTF8, |arguments| {
        let text: Option<String> = arguments.get(0)?;
        let packed = text.map(|text| pack(&text)).transpose();
        packed.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
    })
}
