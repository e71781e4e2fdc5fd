//! The vectors of the buckets that are searched, in the compact form, held in memory.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};
use rusqlite::Connection;

use super::model::Model;
use crate::vector::{Codes, Space, Vector};

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

/// A bucket with fewer vectors has no space of its own: they are too few to tell what they have in common.
const LEAST_OF_A_SPACE: usize = 100;
/// So many of a bucket's vectors tell it.
const SAMPLE: usize = 2000;

/// How many of so many vectors, the oldest, tell the space, none where they are too few, and how many there must be for the next one. That depends on nothing else, so
/// that a question finds the same whenever others were asked before. A few more vectors change the space of few.
fn of_space(count: usize) -> (usize, usize) {
    if count < LEAST_OF_A_SPACE {
        return (0, LEAST_OF_A_SPACE);
    }
    let grown = |size: usize| if size < SAMPLE { size * 5 / 4 } else { size * 2 };
    let mut size = LEAST_OF_A_SPACE;
    while grown(size) <= count {
        size = grown(size);
    }
    (size, grown(size))
}

/// What is known of one bucket. It may have vectors that are deleted by now, and those of newer snapshots.
#[derive(Debug, Default)]
pub(super) struct BucketCodes {
    generation: i64,
    /// In which the codes are.
    space: Space,
    /// So many vectors tell it; none where it is the reference.
    tell_space: usize,
    /// The space is found anew when there are so many vectors.
    next_space: usize,
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

    /// Reads what has come since the last time. The reference is the space of a bucket that has none of its own.
    pub(super) fn catch_up(
        &mut self,
        connection: &Connection,
        bucket_id: i64,
        model: &Model,
        reference: &Space,
    ) -> rusqlite::Result<()> {
        if self.generation != model.generation {
            let codes = Codes::of_dimension(model.dimension);
            let (generation, space) = (model.generation, reference.clone());
            *self = Self { generation, space, next_space: LEAST_OF_A_SPACE, codes, ..Self::default() };
        }
        let newer = newer(connection, bucket_id, self.last)?;
        if self.ids.len() + newer >= self.next_space {
            self.find_space(connection, bucket_id, reference)?;
        }
        self.read_newer(connection, bucket_id)
    }

    fn read_newer(&mut self, connection: &Connection, bucket_id: i64) -> rusqlite::Result<()> {
        let mut statement =
            connection.prepare_cached("SELECT id, vector FROM vectors WHERE bucket_id = ?1 AND id > ?2 ORDER BY id")?;
        let mut rows = statement.query([bucket_id, self.last])?;
        while let Some(row) = rows.next()? {
            let (id, vector) = (row.get(0)?, Vector::from_bytes(row.get_ref(1)?.as_blob()?));
            self.ids.push(id);
            self.codes.push(&self.space.place(&vector));
            self.last = id;
        }
        Ok(())
    }

    /// Finds the space of the bucket, which is the reference where it has too few vectors, and forgets all codes, which were in another.
    fn find_space(&mut self, connection: &Connection, bucket_id: i64, reference: &Space) -> rusqlite::Result<()> {
        let mut ids = connection.prepare_cached("SELECT id FROM vectors WHERE bucket_id = ?1 ORDER BY id")?;
        let ids: Vec<i64> = ids.query_map([bucket_id], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let (size, next_space) = of_space(ids.len());
        let mut vector = connection.prepare_cached("SELECT vector FROM vectors WHERE id = ?1")?;
        let sample: Vec<Vector> = ids
            .iter()
            .take(size)
            .step_by(size.div_ceil(SAMPLE).max(1))
            .map(|id| vector.query_row([id], |row| Ok(Vector::from_bytes(row.get_ref(0)?.as_blob()?))))
            .collect::<Result<_, _>>()?;
        self.space = if size > 0 { Space::of(&sample) } else { reference.clone() };
        (self.tell_space, self.next_space) = (size, next_space);
        self.ids.clear();
        self.codes.clear();
        self.last = 0;
        Ok(())
    }

    /// Forgets the vectors that are deleted. One that is newer than this snapshot is not. Where fewer are left than tell the space, it is
    /// found anew.
    pub(super) fn forget_deleted(
        &mut self,
        connection: &Connection,
        bucket_id: i64,
        reference: &Space,
    ) -> rusqlite::Result<()> {
        let newest: i64 = connection
            .prepare_cached("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'vectors'")?
            .query_row([], |row| row.get(0))?;
        let mut statement = connection.prepare_cached("SELECT id FROM vectors WHERE bucket_id = ?1 ORDER BY id")?;
        let alive: Vec<i64> = statement.query_map([bucket_id], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let stays = |id: &i64| *id > newest || alive.binary_search(id).is_ok();
        let known = &self.ids;
        self.codes.retain(|place| known.get(place).is_some_and(stays));
        self.ids.retain(stays);
        if self.ids.len() < self.tell_space {
            self.find_space(connection, bucket_id, reference)?;
            self.read_newer(connection, bucket_id)?;
        }
        Ok(())
    }

    /// The vectors that are nearest to this one, `count` at most, in no order.
    pub(super) fn nearest(&self, vector: &Vector, count: usize) -> Near {
        let placed = self.space.place(vector);
        let (places, spread) = self.codes.nearest(&placed, count);
        let ids = places.into_iter().filter_map(|place| self.ids.get(place).copied()).collect();
        Near { ids, placed, spread: (self.tell_space > 0).then_some(spread), space: self.space.clone() }
    }

    /// The ids of those that are nearest, without reading what is new, and the id up to which they were looked for.
    pub(super) fn nearest_known(&self, generation: i64, vector: &Vector, count: usize) -> (Vec<i64>, i64) {
        if self.generation != generation {
            return (Vec::new(), 0);
        }
        (self.nearest(vector, count).ids, self.last)
    }
}

/// The vectors that are nearest to one.
#[derive(Debug)]
pub(super) struct Near {
    pub(super) ids: Vec<i64>,
    /// The one in the bucket's space.
    pub(super) placed: Vector,
    pub(super) space: Space,
    /// How far the cosines of all vectors of the bucket spread, if they are enough to tell.
    pub(super) spread: Option<f64>,
}

fn newer(connection: &Connection, bucket_id: i64, last: i64) -> rusqlite::Result<usize> {
    let sql = "SELECT count(*) FROM vectors WHERE bucket_id = ?1 AND id > ?2";
    let count: u32 = connection.prepare_cached(sql)?.query_row([bucket_id, last], |row| row.get(0))?;
    Ok(count as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_vectors_of_a_small_bucket_and_half_of_a_large_one_tell_its_space() {
        for count in LEAST_OF_A_SPACE..100_000 {
            let (size, next) = of_space(count);
            assert!(size <= count && count < next, "{count}");
            assert!(if count < SAMPLE { size * 5 > count * 4 - 5 } else { size * 2 > count }, "{count}: {size}");
            assert_eq!(of_space(size), (size, next));
        }
    }
}
