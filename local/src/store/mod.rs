//! The memories, in SQLite. One connection writes, a few read, and all of it happens off the async threads.

mod buckets;
mod erase;
mod error;
mod files;
mod index;
mod memories;
mod open;
mod search;
mod upgrade;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::thread;

use jiff::Timestamp;
use lumetra_engram::api::types::{Bucket, CreateBucketRequest, Dedup, ListMemoriesResult, StoreMemoryResult};
use parking_lot::Mutex as FairMutex;
use rusqlite::Connection;
use uuid::Uuid;

pub(crate) use error::StoreError;
pub(crate) use search::{Hit, Search};

use crate::LocalServerError;
use crate::page::Page;
use crate::pool::Pool;
use crate::tenant::Tenant;
use writer::Writer;

/// More readers than this would only wait for the disk.
const READERS: usize = 4;

/// In memory the writer and the readers share one connection. With a mutex of the standard library a busy writer might never let a
/// reader have it.
type SharedConnection = Arc<FairMutex<Connection>>;

#[derive(Debug)]
pub(crate) struct Store {
    writer: Writer,
    readers: Pool<SharedConnection>,
    /// For work without the database. One for each processor: more would only slow each other down.
    workers: Pool<()>,
}

impl Store {
    /// Opens the database at the path, or one in memory. Blocks.
    ///
    /// In memory there is one connection, for the writer and the readers alike: a second one would see another database, and
    /// connections that share a cache get in each other's way with locks that no timeout waits for.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, LocalServerError> {
        let connection = Arc::new(FairMutex::new(open::writer(path)?));
        let readers = match path {
            Some(path) => {
                (0..READERS).map(|_| Ok(Arc::new(FairMutex::new(open::reader(path)?)))).collect::<Result<_, _>>()?
            }
            None => vec![Arc::clone(&connection)],
        };
        let files = path.map(open::files).transpose()?;
        let writer = Writer::start(connection, files).map_err(|source| LocalServerError::Thread { source })?;
        let workers = vec![(); thread::available_parallelism().map_or(1, usize::from)];
        Ok(Self { writer, readers: Pool::new(readers), workers: Pool::new(workers) })
    }

    /// Fails where no write could succeed: the store is closed, or its file is gone. Blocks.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        self.writer.check()
    }

    /// Finishes the writes under way, erases what was deleted, and lets go of the writer. Blocks.
    pub(crate) fn close(&self) {
        self.writer.close();
    }

    pub(crate) async fn list_buckets(&self, tenant: Tenant, page: Option<Page>) -> Result<Vec<Bucket>, StoreError> {
        self.read(tenant, move |connection| buckets::list(connection, tenant, page)).await
    }

    pub(crate) async fn create_bucket(&self, tenant: Tenant, new: CreateBucketRequest) -> Result<Bucket, StoreError> {
        self.writer.write(tenant, move |connection| buckets::create(connection, tenant, &new)).await
    }

    pub(crate) async fn delete_bucket(&self, tenant: Tenant, bucket: String) -> Result<(), StoreError> {
        self.writer.write(tenant, move |connection| buckets::delete(connection, tenant, &bucket)).await
    }

    /// The id by which clients know the bucket.
    pub(crate) async fn bucket_uuid(&self, tenant: Tenant, bucket: String) -> Result<String, StoreError> {
        self.read(tenant, move |connection| Ok(buckets::require(connection, tenant, &bucket)?.uuid)).await
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
        let prepare = move || contents.into_iter().map(memories::NewMemory::prepare).collect::<Vec<_>>();
        let new = self.work(tenant, prepare).await?;
        self.writer.write(tenant, move |connection| memories::store(connection, tenant, &bucket, &new, dedup)).await
    }

    /// What `answer` makes of the page.
    pub(crate) async fn list_memories<T: Send + 'static>(
        &self,
        tenant: Tenant,
        bucket: String,
        page: Page,
        answer: impl FnOnce(ListMemoriesResult) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        self.read(tenant, move |connection| Ok(answer(memories::list(connection, tenant, &bucket, page)?))).await
    }

    pub(crate) async fn delete_memory(&self, tenant: Tenant, bucket: String, id: String) -> Result<(), StoreError> {
        self.writer.write(tenant, move |connection| memories::delete(connection, tenant, &bucket, &id)).await
    }

    /// Deletes every memory of the bucket and says how many there were.
    pub(crate) async fn clear(&self, tenant: Tenant, bucket: String) -> Result<i64, StoreError> {
        self.writer.write(tenant, move |connection| memories::clear(connection, tenant, &bucket)).await
    }

    /// What `answer` makes of the question and of the memories that match, best first.
    pub(crate) async fn search<T: Send + 'static>(
        &self,
        tenant: Tenant,
        search: Search,
        answer: impl FnOnce(&str, Vec<Hit>) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        self.read(tenant, move |connection| {
            let hits = search::search(connection, tenant, &search)?;
            Ok(answer(search.question(), hits))
        })
        .await
    }

    /// Does work that takes long, off the async threads. The tenants take turns.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        tenant: Tenant,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let worker = self.workers.take(tenant).await;
        blocking(move || {
            let _worker = worker;
            Ok(work())
        })
        .await
    }

    async fn read<T, R>(&self, tenant: Tenant, read: R) -> Result<T, StoreError>
    where
        T: Send + 'static,
        R: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let reader = self.readers.take(tenant).await.ok_or(StoreError::Closed)?;
        blocking(move || {
            let connection = reader.get().ok_or(StoreError::Closed)?;
            let connection = connection.lock();
            // One snapshot for all that is read. It ends when it is dropped.
            let _snapshot = connection.unchecked_transaction()?;
            read(&connection)
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Failed)?
}

/// Now, as clients are told: RFC 3339, in UTC.
fn now() -> String {
    format!("{:.6}", Timestamp::now())
}

/// A new id. Its beginning is the time, so that new ids are neighbours in the database's index.
fn new_uuid() -> String {
    Uuid::now_v7().to_string()
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;
    use crate::api_error::ApiError;

    #[tokio::test]
    async fn a_full_disk_fails_writes_with_507_spares_reads_and_is_got_over() {
        let store = Store::open(None).unwrap();
        let tenant = Tenant::of_key("key");
        let page = Page { limit: 1000, offset: 0 };
        let fill = async |content: String| store.store(tenant, "b".to_owned(), vec![content], None).await;
        let total = async || store.list_memories(tenant, "b".to_owned(), page, |list| list.total).await.unwrap();
        // To SQLite a file that may not grow is the same as a full disk.
        let may_have = async |pages: u32| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            store
                .writer
                .write(tenant, move |connection| Ok(connection.query_row(&sql, [], |_| Ok(()))?))
                .await
                .unwrap();
        };
        fill("tea".to_owned()).await.unwrap();
        may_have(40).await;
        for _ in 0..3 {
            let error = ApiError::from(fill("x".repeat(1_000_000)).await.unwrap_err());
            assert_eq!(error.into_response().status(), 507);
            assert_eq!(total().await, Some(1));
        }
        may_have(1_000_000).await;
        fill("x".repeat(1_000_000)).await.unwrap();
        assert_eq!(total().await, Some(2));
    }
}
