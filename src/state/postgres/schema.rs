//! The tables and their version.

use super::{
    fault::Fault,
    pool::{Kind, Pool, SCHEMA, Transaction},
};
use crate::state::{
    StateError,
    sql::{Link as _, numbered_tables},
};

/// One step per version, in order. Never change one that was released.
const MIGRATIONS: [&str; 1] = [include_str!("schema_1.sql")];

const KNOWN: i64 = MIGRATIONS.len() as i64;

/// The lock that one process holds while it changes tables, until its transaction ends.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7883960138)";

/// Brings the tables up to date, all steps at once.
pub(super) async fn migrate(pool: &Pool, place: &str) -> Result<(), Fault> {
    if known_version(pool, place).await? == KNOWN {
        return Ok(());
    }
    let transaction = pool.begin(Kind::Write).await?;
    transaction.run(LOCK).await?;
    let version = version(&transaction).await?;
    if version == 0 {
        check_encoding(&transaction, place).await?;
        transaction.run(&format!("CREATE SCHEMA IF NOT EXISTS {SCHEMA}")).await?;
        transaction.run("CREATE TABLE version (number bigint NOT NULL); INSERT INTO version VALUES (0)").await?;
    }
    for (step, number) in MIGRATIONS.into_iter().zip(1..) {
        if number > version {
            transaction.run(step).await?;
        }
    }
    transaction.run(&format!("UPDATE version SET number = {}", KNOWN.max(version))).await?;
    transaction.commit().await
}

/// Whether there are tables; an error if they are not as this program writes them.
pub(super) async fn is_there(pool: &Pool, place: &str) -> Result<bool, Fault> {
    match known_version(pool, place).await? {
        0 => Ok(false),
        KNOWN => Ok(true),
        found => Err(StateError::Older { place: place.to_owned(), found, known: KNOWN }.into()),
    }
}

async fn known_version(pool: &Pool, place: &str) -> Result<i64, Fault> {
    let transaction = pool.begin(Kind::Read).await?;
    let found = version(&transaction).await?;
    transaction.commit().await?;
    if found > KNOWN {
        return Err(StateError::Newer { place: place.to_owned(), found, known: KNOWN }.into());
    }
    Ok(found)
}

/// 0: there are no tables.
async fn version(transaction: &Transaction) -> Result<i64, Fault> {
    let is_there = "
        SELECT count(*) AS tables FROM pg_catalog.pg_tables WHERE schemaname = ?1 AND tablename = 'version'";
    let tables = transaction.first(is_there, &[SCHEMA.into()]).await?.map(|mut row| row.number("tables"));
    if tables.transpose()?.unwrap_or_default() == 0 {
        return Ok(0);
    }
    let row = transaction.first("SELECT number FROM version", &[]).await?;
    Ok(row.map(|mut row| row.number("number")).transpose()?.unwrap_or_default())
}

/// Numbers of new rows come behind those of rows that were copied; and what was sent may have been sent just now.
pub(super) async fn count_on(transaction: &Transaction) -> Result<(), Fault> {
    let left = "
        UPDATE pushes SET left_at = extract(epoch FROM clock_timestamp()) * 1000
        WHERE sent_at IS NOT NULL AND finished_at IS NULL";
    transaction.run(left).await?;
    for (table, column) in numbered_tables() {
        let sequence = format!("pg_get_serial_sequence('{SCHEMA}.{table}', '{column}')");
        let next = format!("SELECT coalesce(max({column}), 0) + 1 FROM {table}");
        transaction.run(&format!("SELECT setval({sequence}, ({next}), false)")).await?;
    }
    Ok(())
}

/// Menus have letters that no other encoding has.
async fn check_encoding(transaction: &Transaction, place: &str) -> Result<(), Fault> {
    let sql = "SELECT count(*) AS others WHERE current_setting('server_encoding') <> 'UTF8'";
    let others = transaction.first(sql, &[]).await?.map(|mut row| row.number("others")).transpose()?;
    if others == Some(0) {
        return Ok(());
    }
    let source = "its encoding is not UTF8; make one with `createdb --encoding=UTF8 --template=template0`".into();
    Err(StateError::Failed { doing: "store menus", place: place.to_owned(), source }.into())
}
