//! The model whose vectors the database has.

use rusqlite::{Connection, OptionalExtension};

#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) generation: i64,
    pub(crate) name: String,
    pub(crate) dimension: usize,
    /// The memories up to this id have been embedded.
    pub(crate) done_to: i64,
}

/// The last model that was used.
pub(super) fn last(connection: &Connection) -> rusqlite::Result<Option<Model>> {
    let mut statement = connection.prepare_cached(
        "SELECT generation, model, dimension, done_to FROM embedding ORDER BY generation DESC LIMIT 1",
    )?;
    let model = statement.query_row([], |row| {
        let dimension: u32 = row.get(2)?;
        Ok(Model { generation: row.get(0)?, name: row.get(1)?, dimension: dimension as usize, done_to: row.get(3)? })
    });
    model.optional()
}
