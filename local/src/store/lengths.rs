//! How many terms each memory has.

use parking_lot::{RwLock, RwLockReadGuard};
use rusqlite::Connection;

/// The lengths of so many memories stand together.
const OF_A_BLOCK: usize = 4096;

/// The lengths of the memories, held in memory: to join them to the index would take most of a search's time.
///
/// An id is used once, and a memory doesn't change. So what is known of an id is true in every snapshot of the database. What is known of
/// a deleted memory stays; the index doesn't name it any more.
#[derive(Debug, Default)]
pub(super) struct Lengths(RwLock<Known>);

#[derive(Debug, Default)]
pub(super) struct Known {
    /// What comes after this id has not been read.
    last: i64,
    /// By id. `None` where no memory has one of the ids.
    blocks: Vec<Option<Box<[u32; OF_A_BLOCK]>>>,
}

impl Lengths {
    /// Those of every memory that the connection's snapshot has.
    pub(super) fn read(&self, connection: &Connection) -> rusqlite::Result<RwLockReadGuard<'_, Known>> {
        let known = self.0.read();
        let newest: i64 =
            connection.prepare_cached("SELECT coalesce(max(id), 0) FROM memories")?.query_row([], |row| row.get(0))?;
        if newest <= known.last {
            return Ok(known);
        }
        drop(known);
        self.0.write().catch_up(connection)?;
        Ok(self.0.read())
    }
}

impl Known {
    fn catch_up(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement =
            connection.prepare_cached("SELECT id, term_count FROM memories WHERE id > ?1 ORDER BY id")?;
        let mut rows = statement.query([self.last])?;
        while let Some(row) = rows.next()? {
            let (id, length): (i64, i64) = (row.get(0)?, row.get(1)?);
            self.insert(id, u32::try_from(length).unwrap_or(u32::MAX));
            self.last = id;
        }
        Ok(())
    }

    fn insert(&mut self, id: i64, length: u32) {
        let Some((block, place)) = position(id) else { return };
        if self.blocks.len() <= block {
            self.blocks.resize_with(block + 1, || None);
        }
        if let Some(block) = self.blocks.get_mut(block) {
            block.get_or_insert_with(|| Box::new([0; OF_A_BLOCK]))[place] = length;
        }
    }

    pub(super) fn of(&self, id: i64) -> u32 {
        let length = position(id).and_then(|(block, place)| Some(self.blocks.get(block)?.as_deref()?[place]));
        length.unwrap_or(0)
    }
}

fn position(id: i64) -> Option<(usize, usize)> {
    let id = usize::try_from(id).ok()?;
    Some((id / OF_A_BLOCK, id % OF_A_BLOCK))
}
