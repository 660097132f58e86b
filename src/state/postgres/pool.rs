//! Connections to a database, and transactions on them. A connection whose transaction did not end well is closed, which
//! undoes all of it; the pool makes another one.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use deadpool::managed::{self, Metrics, Object, PoolError, RecycleResult, Timeouts};
use tokio_postgres::{
    Client,
    types::{ToSql, Type},
};

use super::{
    address::Address,
    fault::{Fault, is_going_away, words},
    tls::Tls,
};
use crate::state::sql::{Link, Parameter, Row, Value};

/// The most connections of a process (our choice; `gobiz.concurrency` is 8).
const CONNECTIONS: usize = 8;

/// How long a connection is waited for; below what a call may take.
const CONNECTED_WITHIN: Duration = Duration::from_secs(6);

/// Once a connection has failed, others do not try for this long: a queue of them would hold up the fleet.
const KNOWN_AWAY: Duration = Duration::from_secs(1);

/// The schema of all tables, whatever else is in the database.
pub(super) const SCHEMA: &str = "menusync";

/// What every transaction is bounded by, on the server: locks are waited for as long as with SQLite; a process that was
/// stopped blocks nobody. Nothing outlives the transaction, as a pooler may give the connection to others then.
const BOUNDS: &str = "
    SET LOCAL search_path = menusync, pg_temp; SET LOCAL statement_timeout = 8000; SET LOCAL lock_timeout = 6000;
    SET LOCAL idle_in_transaction_session_timeout = 10000;";

/// What is acknowledged is on disk, also of a synchronous standby, where the server is told otherwise for others.
const DURABLE: &str = "
    SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write');";

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Sees one moment.
    Read,
    Write,
}

/// Connections to one database.
pub(super) struct Pool {
    connections: managed::Pool<Connector>,
    /// When a connection failed last, and why.
    away: Mutex<Option<(Instant, String)>>,
}

impl Pool {
    pub(super) fn new(address: &Address) -> Result<Self, String> {
        let tls = match address.is_encrypted {
            true => Tls::checked_by(address.authorities.as_deref())?,
            false => Tls::none(),
        };
        let timeouts =
            Timeouts { wait: Some(CONNECTED_WITHIN), create: Some(CONNECTED_WITHIN), recycle: Some(CONNECTED_WITHIN) };
        let connections = managed::Pool::builder(Connector { config: address.config.clone(), tls })
            .max_size(CONNECTIONS)
            .timeouts(timeouts)
            .runtime(deadpool::Runtime::Tokio1)
            .build();
        Ok(Self { connections: connections.map_err(|error| error.to_string())?, away: Mutex::default() })
    }

    /// Begins a transaction. A connection that the server has closed meanwhile is replaced.
    pub(super) async fn begin(&self, kind: Kind) -> Result<Transaction, Fault> {
        let begin = match kind {
            Kind::Read => format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {BOUNDS}"),
            Kind::Write => format!("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {BOUNDS} {DURABLE}"),
        };
        let mut tries = 0;
        loop {
            let transaction = Transaction(Some(self.connection().await?));
            tries += 1;
            match transaction.client()?.batch_execute(&begin).await {
                Ok(()) => return Ok(transaction),
                Err(error) if tries <= CONNECTIONS && is_going_away(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn connection(&self) -> Result<Object<Connector>, Fault> {
        // Connections that are there are used all the same: it may be that there are no more to be had.
        if let Some(why) = self.known_away().filter(|_| self.connections.status().available == 0) {
            return Err(Fault::Away(why));
        }
        let got = self.connections.get().await;
        let why = match got {
            Ok(connection) => {
                *self.away.lock().unwrap_or_else(PoisonError::into_inner) = None;
                return Ok(connection);
            }
            Err(PoolError::Backend(error)) => words(&error),
            Err(PoolError::Timeout(managed::TimeoutType::Wait)) => {
                return Err(Fault::Away("all connections are in use".to_owned()));
            }
            Err(PoolError::Timeout(_)) => format!("no answer within {} s", CONNECTED_WITHIN.as_secs()),
            Err(error) => error.to_string(),
        };
        *self.away.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), why.clone()));
        Err(Fault::Away(why))
    }

    fn known_away(&self) -> Option<String> {
        let away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.as_ref().filter(|(at, _)| at.elapsed() < KNOWN_AWAY).map(|(_, why)| why.clone())
    }
}

struct Connector {
    config: tokio_postgres::Config,
    tls: Tls,
}

impl managed::Manager for Connector {
    type Type = Client;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = self.config.connect(self.tls.clone()).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = words(&error), "a connection to the database has ended");
            }
        });
        Ok(client)
    }

    async fn recycle(&self, client: &mut Client, _: &Metrics) -> RecycleResult<tokio_postgres::Error> {
        if client.is_closed() { Err(managed::RecycleError::message("closed")) } else { Ok(()) }
    }
}

/// An open transaction. Dropped before [`Self::commit`], all of it is undone.
pub(in crate::state) struct Transaction(Option<Object<Connector>>);

impl Transaction {
    fn client(&self) -> Result<&Client, Fault> {
        self.0.as_deref().ok_or_else(|| Fault::Away("the connection was given back".to_owned()))
    }

    pub(super) async fn run(&self, sql: &str) -> Result<(), Fault> {
        Ok(self.client()?.batch_execute(sql).await?)
    }

    pub(super) async fn commit(mut self) -> Result<(), Fault> {
        self.client()?.batch_execute("COMMIT").await?;
        drop(self.0.take());
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        drop(self.0.take().map(Object::take));
    }
}

impl Link for Transaction {
    type Error = Fault;

    async fn query(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Fault> {
        let owned: Vec<_> = parameters.iter().map(typed).collect();
        let found = self.client()?.query_typed(&numbered(sql), &borrowed(&owned)).await?;
        let Some(first) = found.first() else { return Ok(Vec::new()) };
        let columns: Arc<[String]> = first.columns().iter().map(|column| column.name().to_owned()).collect();
        found.iter().map(|row| Ok(Row::new(&columns, values(row)?))).collect()
    }

    async fn lock_for(&self, what: &str, of: &str) -> Result<(), Fault> {
        let sql = "SELECT pg_advisory_xact_lock(hashtextextended(?1, 0))";
        self.execute(sql, &[format!("{what} {of}").as_str().into()]).await.map(drop)
    }

    async fn execute(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<u64, Fault> {
        let owned: Vec<_> = parameters.iter().map(typed).collect();
        Ok(self.client()?.execute_typed(&numbered(sql), &borrowed(&owned)).await?)
    }
}

type Typed = (Box<dyn ToSql + Sync + Send>, Type);

/// PostgreSQL takes no text with the character NUL, which an answer of the platform may hold.
fn typed(parameter: &Parameter<'_>) -> Typed {
    match parameter {
        Parameter::Integer(number) => (Box::new(*number), Type::INT8),
        Parameter::Text(text) => (Box::new(text.as_ref().map(|text| text.replace('\0', "\u{fffd}"))), Type::TEXT),
        Parameter::Bytes(bytes) => (Box::new(bytes.clone()), Type::BYTEA),
    }
}

fn borrowed(parameters: &[Typed]) -> Vec<(&(dyn ToSql + Sync), Type)> {
    parameters.iter().map(|(value, of)| (&**value as &(dyn ToSql + Sync), of.clone())).collect()
}

/// `?1` is `$1` here.
fn numbered(sql: &str) -> String {
    sql.replace('?', "$")
}

fn values(row: &tokio_postgres::Row) -> Result<Vec<Value>, Fault> {
    let columns = row.columns().iter().enumerate();
    let value = |(place, column): (usize, &tokio_postgres::Column)| {
        let value = match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(place)?.map(Value::Integer),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(place)?.map(Value::Bytes),
            _ => row.try_get::<_, Option<String>>(place)?.map(Value::Text),
        };
        Ok(value.unwrap_or(Value::Null))
    };
    columns.map(value).collect()
}
