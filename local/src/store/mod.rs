//! The memories, in SQLite. One connection writes, a few read, and all of it happens off the async threads.

pub(crate) mod buckets;
#[cfg(feature = "cli")]
pub(crate) mod care;
mod codes;
mod database;
mod erase;
mod error;
mod files;
pub(crate) mod graph;
mod held;
pub(crate) mod index;
mod lengths;
pub(crate) mod memories;
mod model;
mod open;
mod optional;
mod page;
pub(crate) mod profiles;
mod stamp;
mod turns;
mod upgrade;
pub(crate) mod vectors;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::thread;

use lumetra_engram::api::types::{Dedup, StoreMemoryResult};
use parking_lot::Mutex;

pub(crate) use database::Database;
pub(crate) use error::StoreError;
pub(crate) use optional::Needs;
pub(crate) use page::Page;

use crate::LocalServerError;
use crate::permits::FairPermits;
use crate::tenant::Tenant;
use held::Held;
use memories::NewMemory;
use vectors::Meant;
use writer::{SharedConnection, Writer};

/// More readers than this would only wait for the disk.
const READERS: usize = 4;

#[derive(Debug)]
pub(crate) struct Store {
    writer: Writer,
    readers: Arc<[SharedConnection]>,
    held: Arc<Held>,
    /// One for each reader.
    reading: FairPermits,
    /// For work without the database. One for each processor: more would only slow each other down.
    working: FairPermits,
}

impl Store {
    /// Opens the database at the path, or one in memory, with the tables that are needed. Blocks.
    ///
    /// In memory there is one connection, for the writer and the readers alike: a second one would see another database, and
    /// connections that share a cache get in each other's way with locks that no timeout waits for.
    pub(crate) fn open(path: Option<&Path>, needs: Needs) -> Result<Self, LocalServerError> {
        let connection = Arc::new(Mutex::new(open::writer(path, needs)?));
        let readers: Arc<[_]> = match path {
            Some(path) => {
                (0..READERS).map(|_| Ok(Arc::new(Mutex::new(open::reader(path)?)))).collect::<Result<_, _>>()?
            }
            None => [Arc::clone(&connection)].into(),
        };
        let files = path.map(open::files).transpose()?;
        let writer = Writer::start(connection, files).map_err(|source| LocalServerError::Thread { source })?;
        let reading = FairPermits::new(readers.len());
        let working = FairPermits::new(thread::available_parallelism().map_or(1, usize::from));
        Ok(Self { writer, readers, held: Arc::default(), reading, working })
    }

    /// Fails where no write could succeed: the store is closed, or its file is gone. Blocks.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        self.writer.check()
    }

    /// Finishes the writes under way, erases what was deleted, and lets go of the writer. Blocks.
    pub(crate) fn close(&self) {
        self.writer.close();
    }

    /// Stores all of the contents or none, and makes the bucket if it does not exist.
    pub(crate) async fn store(
        &self,
        tenant: Tenant,
        bucket: String,
        contents: Vec<String>,
        dedup: Option<Dedup>,
    ) -> Result<Vec<StoreMemoryResult>, StoreError> {
        // Finding the terms takes most of the time; here it does not hold up the writes of others.
        let prepare = move || contents.into_iter().map(NewMemory::prepare).collect::<Vec<_>>();
        let new = self.work(tenant, prepare).await?;
        self.write(tenant, move |database| memories::store(database, &bucket, &new, dedup)).await
    }

    /// Stores the content, unless the bucket has a memory that means the same.
    pub(crate) async fn store_if_new(
        &self,
        tenant: Tenant,
        bucket: String,
        content: String,
        meant: Meant,
        least_cosine: f64,
    ) -> Result<StoreMemoryResult, StoreError> {
        let new = self.work(tenant, move || NewMemory::prepare(content)).await?;
        // What takes long is done before the write, which holds up those of others.
        let ahead = (bucket.clone(), meant.clone());
        self.read(tenant, move |database| vectors::read_ahead(database, &ahead.0, &ahead.1)).await?;
        let store =
            move |database: &Database<'_>| memories::store_if_new(database, &bucket, &new, &meant.vector, least_cosine);
        self.write(tenant, store).await
    }

    /// Does the work, all of it or nothing, and returns once it is on the disk. The tenants take turns.
    pub(crate) async fn write<T, W>(&self, tenant: Tenant, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Database<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let held = Arc::clone(&self.held);
        self.writer.write(tenant, move |connection| work(&Database { connection, tenant, held: &held })).await
    }

    /// Reads one snapshot of the database, off the async threads. The tenants take turns.
    pub(crate) async fn read<T, R>(&self, tenant: Tenant, read: R) -> Result<T, StoreError>
    where
        T: Send + 'static,
        R: FnOnce(&Database<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let permit = self.reading.acquire(tenant).await.map_err(|_| StoreError::Closed)?;
        let (readers, held) = (Arc::clone(&self.readers), Arc::clone(&self.held));
        blocking(move || {
            let _permit = permit;
            // One is free for each permit, but in memory, where the writer may have it.
            let free = readers.iter().find_map(|reader| reader.try_lock());
            let connection = free.or_else(|| Some(readers.first()?.lock())).ok_or(StoreError::Closed)?;
            // It ends when it is dropped.
            let _snapshot = connection.unchecked_transaction()?;
            read(&Database { connection: &connection, tenant, held: &held })
        })
        .await
    }

    /// Does work that takes long, off the async threads. The tenants take turns.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        tenant: Tenant,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = self.working.acquire(tenant).await.map_err(|_| StoreError::Closed)?;
        blocking(move || {
            let _permit = permit;
            Ok(work())
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Failed)?
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use axum::response::IntoResponse;
    use futures_util::FutureExt;

    use super::*;
    use crate::http::error::ApiError;
    use crate::vector::Vector;

    #[tokio::test]
    async fn a_full_disk_fails_writes_with_507_spares_reads_and_is_got_over() {
        let store = Store::open(None, Needs::default()).unwrap();
        let tenant = Tenant::of_key("key");
        let page = Page { limit: 1000, offset: 0 };
        let fill = async |content: String| store.store(tenant, "b".to_owned(), vec![content], None).await;
        let total =
            async || store.read(tenant, move |database| Ok(memories::list(database, "b", page)?.total)).await.unwrap();
        // To SQLite a file that may not grow is the same as a full disk.
        let may_have = async |pages: u32| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            let limit = move |database: &Database<'_>| Ok(database.connection.query_row(&sql, [], |_| Ok(()))?);
            store.write(tenant, limit).await.unwrap();
        };
        fill("tea".to_owned()).await.unwrap();
        may_have(40).await;
        for _ in 0..3 {
            let error = ApiError::from(fill("x".repeat(200_000)).await.unwrap_err());
            assert_eq!(error.into_response().status(), 507);
            assert_eq!(total().await, Some(1));
        }
        may_have(1_000_000).await;
        fill("x".repeat(200_000)).await.unwrap();
        assert_eq!(total().await, Some(2));
    }

    #[tokio::test]
    async fn a_read_waits_for_one_of_a_busier_tenant() {
        let store = Store::open(None, Needs::default()).unwrap();
        let (done, order) = mpsc::channel();
        let read = |key: &'static str, gate: Option<mpsc::Receiver<()>>| {
            let done = done.clone();
            Box::pin(store.read(Tenant::of_key(key), move |_| {
                gate.map(|gate| gate.recv());
                done.send(key).map_err(|_| StoreError::Failed)
            }))
        };
        let (open, gate) = mpsc::channel();
        let mut reads = vec![read("greedy", Some(gate))];
        reads.extend((0..20).map(|_| read("greedy", None)));
        reads.push(read("modest", None));
        assert!(reads.iter_mut().all(|read| read.now_or_never().is_none()));
        open.send(()).unwrap();
        futures_util::future::try_join_all(reads).await.unwrap();
        assert_eq!(order.try_iter().position(|key| key == "modest"), Some(1));
    }

    #[tokio::test]
    async fn a_store_that_compares_meanings_has_the_vectors_read_before_it_writes() {
        let store = Store::open(None, Needs { vectors: true, model: false }).unwrap();
        let tenant = Tenant::of_key("key");
        store.write(tenant, |database| vectors::adopt(database, "model", 2)).await.unwrap();
        for number in 0..3_u8 {
            let vector = Vector::new(vec![f32::from(number), 1.0]).unwrap();
            let meant = Meant { vector, reference: Arc::default() };
            store.store_if_new(tenant, "b".to_owned(), format!("fact {number}"), meant, 2.0).await.unwrap();
        }
        // All but the last, which came after.
        assert!(store.held.codes.of_bucket(1).read().is_known(1, 2));
    }
}
