//! Making the index of a database anew.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::Stop;
use crate::LocalServerError;
use crate::store::{graph, open, optional, profiles, upgrade, vectors};

#[derive(Debug)]
pub(crate) struct Reindexed {
    pub(crate) memories: i64,
    /// How many vectors are forgotten.
    pub(crate) vectors: i64,
    /// Whether the facts are forgotten.
    pub(crate) facts: bool,
}

/// Indexes all memories anew, and forgets their vectors, which a server then makes anew, and the profiles that cannot be right. So it does with
/// the memories' facts where these are damaged. Nothing is changed where the database is damaged in another way.
pub(crate) fn reindex(database: &Path, stop: &Stop) -> Result<Reindexed, LocalServerError> {
    let fail = |error| open::explain(database, error);
    let mut connection = super::write(database, stop)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(fail)?;
    let reindexed = index_anew(&transaction).map_err(fail)?;
    open::check_content(&transaction, database)?;
    transaction.commit().map_err(fail)?;
    Ok(reindexed)
}

fn index_anew(connection: &Connection) -> rusqlite::Result<Reindexed> {
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get(0));
    // The indexes of the tables first: a row that is missing there can't be changed.
    connection.execute_batch("REINDEX")?;
    upgrade::index_anew(connection)?;
    let mut vectors = 0;
    if optional::has_vectors(connection)? {
        vectors = number("SELECT count(*) FROM vectors")?;
        vectors::forget_all(connection)?;
    }
    let mut facts = false;
    if optional::has_written(connection)? {
        profiles::forget_wrong(connection)?;
        facts = graph::forget_if_wrong(connection)?;
    }
    Ok(Reindexed { memories: number("SELECT count(*) FROM memories")?, vectors, facts })
}
