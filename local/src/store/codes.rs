//! The vectors of the buckets that are searched, in the compact form, held in memory.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use rusqlite::Connection;

use crate::vector::{Codes, Vector};

/// So much is held in all, in bytes: the vectors of a million memories. The bucket that was not searched for longest goes first.
const MOST_HELD: usize = 512 * 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct HeldCodes(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    buckets: HashMap<i64, Entry>,
    /// Counts the searches.
    searches: u64,
}

#[derive(Debug)]
struct Entry {
    codes: Arc<RwLock<BucketCodes>>,
    last_search: u64,
}

/// What is known of one bucket. It may have vectors that are deleted by now, and those of newer snapshots.
#[derive(Debug, Default)]
pub(super) struct BucketCodes {
    generation: i64,
    /// What comes after this id has not been read.
    last: i64,
    ids: Vec<i64>,
    codes: Codes,
}

impl HeldCodes {
    pub(super) fn of_bucket(&self, bucket_id: i64) -> Arc<RwLock<BucketCodes>> {
        let mut held = self.0.lock();
        held.searches += 1;
        held.make_room(bucket_id);
        let last_search = held.searches;
        let entry = held.buckets.entry(bucket_id).or_insert_with(|| Entry { codes: Arc::default(), last_search });
        entry.last_search = last_search;
        Arc::clone(&entry.codes)
    }
}

impl Held {
    /// One whose codes are locked is in use, and its size unknown; it stays.
    fn make_room(&mut self, wanted: i64) {
        let size = |entry: &Entry| entry.codes.try_read().map_or(0, |codes| codes.size());
        while self.buckets.values().map(size).sum::<usize>() > MOST_HELD {
            let others = self.buckets.iter().filter(|(id, entry)| **id != wanted && size(entry) > 0);
            let Some((&oldest, _)) = others.min_by_key(|(_, entry)| entry.last_search) else { return };
            self.buckets.remove(&oldest);
        }
    }
}

impl BucketCodes {
    fn size(&self) -> usize {
        self.codes.size() + self.ids.len() * size_of::<i64>()
    }

    /// Whether it has the vectors of this generation up to this id.
    pub(super) fn is_known(&self, generation: i64, newest: i64) -> bool {
        self.generation == generation && self.last >= newest
    }

    /// Reads what has come since the last time.
    pub(super) fn catch_up(
        &mut self,
        connection: &Connection,
        bucket_id: i64,
        generation: i64,
        dimension: usize,
    ) -> rusqlite::Result<()> {
        if self.generation != generation {
            *self = Self { generation, codes: Codes::of_dimension(dimension), ..Self::default() };
        }
        let mut statement = connection
            .prepare_cached("SELECT id, vector FROM vectors WHERE bucket_id = ?1 AND id > ?2 ORDER BY id")?;
        let mut rows = statement.query([bucket_id, self.last])?;
        while let Some(row) = rows.next()? {
            self.last = row.get(0)?;
            self.ids.push(self.last);
            self.codes.push(&Vector::from_bytes(row.get_ref(1)?.as_blob()?));
        }
        Ok(())
    }

    /// Forgets the vectors that are deleted. One that is newer than this snapshot is not.
    pub(super) fn forget_deleted(&mut self, connection: &Connection, bucket_id: i64) -> rusqlite::Result<()> {
        let newest: i64 = connection
            .prepare_cached("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'vectors'")?
            .query_row([], |row| row.get(0))?;
        let mut statement = connection.prepare_cached("SELECT id FROM vectors WHERE bucket_id = ?1 ORDER BY id")?;
        let alive: Vec<i64> = statement.query_map([bucket_id], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let stays = |id: &i64| *id > newest || alive.binary_search(id).is_ok();
        let known = &self.ids;
        self.codes.retain(|place| known.get(place).is_some_and(stays));
        self.ids.retain(stays);
        Ok(())
    }

    /// The ids of the vectors that are nearest to this one, `count` at most, in no order.
    pub(super) fn nearest(&self, vector: &Vector, count: usize) -> Vec<i64> {
        self.codes.nearest(vector, count).into_iter().filter_map(|place| self.ids.get(place).copied()).collect()
    }

    /// Likewise, without reading what is new; and the id up to which it was looked for.
    pub(super) fn nearest_known(&self, generation: i64, vector: &Vector, count: usize) -> (Vec<i64>, i64) {
        if self.generation == generation { (self.nearest(vector, count), self.last) } else { (Vec::new(), 0) }
    }
}
