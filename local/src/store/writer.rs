//! The one thread that writes. Writes that wait together are committed together, and each is acknowledged after that.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::files::Files;
use super::open::BUSY_TIMEOUT;
use super::turns::Turns;
use super::{StoreError, erase};
use crate::tenant::Tenant;

/// In memory the writer and the readers share one connection. With a mutex of the standard library a busy writer might never let a
/// reader have it.
pub(super) type SharedConnection = Arc<Mutex<Connection>>;

/// How many writes one commit holds at most.
const MOST_WRITES_OF_A_COMMIT: usize = 256;
/// No write joins a commit after this time: the writes that are in it wait to be acknowledged. A large batch is alone in its commit.
const LONGEST_COMMIT: Duration = Duration::from_millis(10);
/// Emptying the -wal file waits so long for reads that have begun, and where that isn't enough, it is tried again after a while.
const LONGEST_WAIT_FOR_READS: Duration = Duration::from_secs(1);
const REST_OF_LONG_READS: Duration = Duration::from_secs(30);

/// Does its work inside the transaction, or learns why there is none.
type Job = Box<dyn FnOnce(Result<Begun<'_, '_>, StoreError>) -> Done + Send>;

/// A transaction, and whether it holds anything yet.
struct Begun<'a, 'c> {
    transaction: &'a mut Transaction<'c>,
    is_new: bool,
}

/// What became of a job, whose requester learns of it once the commit is known.
struct Done {
    failure: Option<StoreError>,
    acknowledge: Box<dyn FnOnce(Result<(), StoreError>)>,
}

pub(super) struct Writer {
    /// `None` once it is closed.
    jobs: Mutex<Option<mpsc::UnboundedSender<(Tenant, Job)>>>,
    files: Option<Arc<Files>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Writer")
    }
}

impl Writer {
    /// The files are those of the connection, where it has any.
    pub(super) fn start(connection: SharedConnection, files: Option<Files>) -> std::io::Result<Self> {
        let (jobs, arriving) = mpsc::unbounded_channel();
        let files = files.map(Arc::new);
        let watched = files.clone();
        let queue = Queue { arriving, waiting: Turns::default() };
        let thread = thread::Builder::new()
            .name("engram-writer".to_owned())
            .spawn(move || run(&connection, watched.as_deref(), queue))?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), files, thread: Mutex::new(Some(thread)) })
    }

    /// Does the work, all of it or nothing, and returns once it is on the disk. The tenants take turns.
    pub(super) async fn write<T, W>(&self, tenant: Tenant, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |transaction| {
            // Who asked has gone, and made room for others. What nobody learns of is not done, or such writes could pile up.
            if answer.is_closed() {
                return Done { failure: None, acknowledge: Box::new(drop) };
            }
            let outcome = transaction.and_then(|begun| begun.within(work));
            let failure = outcome.as_ref().err().cloned();
            // Who asked may have gone; the write stands nevertheless.
            let acknowledge = move |committed: Result<(), StoreError>| {
                let _ = answer.send(outcome.and_then(|value| committed.map(|()| value)));
            };
            Done { failure, acknowledge: Box::new(acknowledge) }
        });
        let sent = self.jobs.lock().as_ref().is_some_and(|jobs| jobs.send((tenant, job)).is_ok());
        if !sent {
            return Err(StoreError::Closed);
        }
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// Fails where no write could succeed.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.jobs.lock().as_ref().is_none_or(mpsc::UnboundedSender::is_closed) {
            return Err(StoreError::Closed);
        }
        self.files.as_deref().map_or(Ok(()), Files::check)
    }

    /// Does what is in the queue, and stops. Blocks until then.
    pub(super) fn close(&self) {
        drop(self.jobs.lock().take());
        let thread = self.thread.lock().take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the writer failed");
        }
    }
}

/// What waits for the thread. It is gone with the thread: what still waits then fails, and so does what comes later.
struct Queue {
    arriving: mpsc::UnboundedReceiver<(Tenant, Job)>,
    waiting: Turns<Job>,
}

impl Queue {
    /// Blocks until there is a job. False where there will never be one again.
    fn wait(&mut self) -> bool {
        if self.waiting.is_empty()
            && let Some((tenant, job)) = self.arriving.blocking_recv()
        {
            self.waiting.push(tenant, job);
        }
        !self.waiting.is_empty()
    }

    fn next(&mut self) -> Option<Job> {
        while let Ok((tenant, job)) = self.arriving.try_recv() {
            self.waiting.push(tenant, job);
        }
        self.waiting.next()
    }
}

fn run(connection: &Mutex<Connection>, files: Option<&Files>, mut queue: Queue) {
    let mut look_again = Instant::now();
    while queue.wait() {
        commit(&mut connection.lock(), files, &mut queue);
        if files.is_some_and(Files::have_long_wal) && Instant::now() >= look_again {
            look_again = shorten_wal(&connection.lock());
        }
    }
    let Some(files) = files else { return };
    let connection = connection.lock();
    // It also leaves one file behind in place of three.
    let erase = || Ok(erase::erase(&connection).and_then(|()| erase::empty_wal(&connection))?);
    if let Err(error) = files.check().and_then(|()| erase()) {
        tracing::error!(error = &error as &dyn std::error::Error, "deleted text may still be in the files");
    }
}

/// Empties the -wal file: where reads overlap all the time, SQLite never begins it anew by itself. Returns when this may be tried next.
fn shorten_wal(connection: &Connection) -> Instant {
    let emptied = connection.busy_timeout(LONGEST_WAIT_FOR_READS).and_then(|()| erase::try_to_empty_wal(connection));
    let restored = connection.busy_timeout(BUSY_TIMEOUT);
    if let Err(error) = emptied.as_ref().map(drop).and(restored.as_ref().map(drop)) {
        tracing::warn!(%error, "the -wal file can't be made shorter");
    }
    // Somebody reads for long, such as a backup.
    let rest = if matches!(emptied, Ok(true)) { Duration::ZERO } else { REST_OF_LONG_READS };
    Instant::now() + rest
}

fn commit(connection: &mut Connection, files: Option<&Files>, queue: &mut Queue) {
    let mut done = Vec::new();
    let committed = transact(connection, files, queue, &mut done);
    if let Err(error) = &committed {
        tracing::error!(error = error as &dyn std::error::Error, "writes could not be committed");
    }
    for job in done {
        (job.acknowledge)(committed.clone());
    }
}

fn transact(
    connection: &mut Connection,
    files: Option<&Files>,
    queue: &mut Queue,
    done: &mut Vec<Done>,
) -> Result<(), StoreError> {
    if let Some(Err(error)) = files.map(|files| files.check_with(connection)) {
        return Err(refuse(queue, error, done));
    }
    let mut transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => return Err(refuse(queue, error.into(), done)),
    };
    let begin = Instant::now();
    while done.len() < MOST_WRITES_OF_A_COMMIT
        && (done.is_empty() || begin.elapsed() < LONGEST_COMMIT)
        && let Some(job) = queue.next()
    {
        let is_new = done.is_empty();
        let job = job(Ok(Begun { transaction: &mut transaction, is_new }));
        let failure = job.failure.clone();
        done.push(job);
        // A full disk, for example, makes SQLite undo the whole transaction. Nothing may be written outside of one.
        if transaction.is_autocommit() {
            return Err(failure.unwrap_or(StoreError::Failed));
        }
        if is_new && failure.is_some() {
            return Ok(transaction.rollback()?);
        }
    }
    transaction.commit()?;
    // What was written to a file that is gone by now is lost.
    files.map_or(Ok(()), Files::check)
}

/// All that wait learn of it at once: each would otherwise wait for a lock in vain, one after the other.
fn refuse(queue: &mut Queue, error: StoreError, done: &mut Vec<Done>) -> StoreError {
    done.extend(std::iter::from_fn(|| queue.next()).map(|job| job(Err(error.clone()))));
    error
}

impl Begun<'_, '_> {
    /// Does the work so that it can be taken back, if it fails, without anything else: with the transaction where it is the first in
    /// it, else with a savepoint, for which SQLite keeps a copy of every page that the work changes.
    fn within<T>(self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if self.is_new {
            return work(self.transaction);
        }
        let savepoint = self.transaction.savepoint()?;
        let value = work(&savepoint)?;
        savepoint.commit()?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use futures_util::FutureExt;
    use futures_util::future::BoxFuture;

    use super::*;

    type Write<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

    /// A writer whose connection the test can hold, with a table.
    fn writer() -> (Writer, SharedConnection) {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (c)").unwrap();
        let connection = Arc::new(Mutex::new(connection));
        (Writer::start(Arc::clone(&connection), None).unwrap(), connection)
    }

    /// Puts all of them into the queue before the first one begins.
    fn queue<T>(connection: &Mutex<Connection>, writes: &mut [Write<'_, T>]) {
        let _held = connection.lock();
        assert!(writes.iter_mut().all(|write| write.now_or_never().is_none()));
    }

    #[tokio::test]
    async fn a_write_waits_for_two_of_a_busier_tenant_at_most() {
        let (writer, connection) = writer();
        let (greedy, modest) = (Tenant::of_key("greedy"), Tenant::of_key("modest"));
        let begun = Arc::new(AtomicUsize::new(0));
        let (open, gate) = mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        let mut writes: Vec<Write<'_, usize>> = Vec::new();
        for _ in 0..100 {
            let (begun, gate) = (Arc::clone(&begun), Arc::clone(&gate));
            writes.push(Box::pin(writer.write(greedy, move |_| {
                let before = begun.fetch_add(1, Ordering::SeqCst);
                // As slow as a large batch: no other write joins its commit. One may have joined the modest one's.
                thread::sleep(LONGEST_COMMIT);
                if before > 1 {
                    let _ = gate.lock().recv();
                }
                Ok(before)
            })));
        }
        let seen = Arc::clone(&begun);
        writes.push(Box::pin(writer.write(modest, move |_| Ok(seen.load(Ordering::SeqCst)))));
        queue(&connection, &mut writes);
        let before_it = writes.pop().unwrap().await.unwrap();
        assert_eq!(before_it, 1, "the other tenant's writes came first");
        drop(open);
    }

    #[tokio::test]
    async fn writes_that_wait_together_are_committed_together() {
        let (writer, connection) = writer();
        let tenant = Tenant::of_key("key");
        let roll_back = |connection: &Connection| Ok(connection.execute_batch("ROLLBACK").map(|()| 0)?);
        // A machine that is busy may take too long for the second to join.
        for _ in 0..1000 {
            let mut writes: [Write<'_, usize>; 2] =
                [Box::pin(writer.write(tenant, insert(1))), Box::pin(writer.write(tenant, roll_back))];
            queue(&connection, &mut writes);
            let [one, other] = writes;
            // What ends the transaction of one ends that of the other, which learns of it.
            if one.await.is_err() && other.await.is_err() && count(&connection) == 0 {
                return;
            }
            connection.lock().execute_batch("DELETE FROM t").unwrap();
        }
        panic!("each is in a commit of its own");
    }

    fn count(connection: &Mutex<Connection>) -> usize {
        let rows: u16 = connection.lock().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        rows.into()
    }

    fn insert(bytes: i64) -> impl FnOnce(&Connection) -> Result<usize, StoreError> {
        move |connection| Ok(connection.execute("INSERT INTO t VALUES (zeroblob(?1))", [bytes])?)
    }

    #[test]
    fn the_wal_file_is_emptied_once_nobody_reads() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Connection::open(folder.path().join("engram.db")).unwrap();
        let length = || std::fs::metadata(folder.path().join("engram.db-wal")).unwrap().len();
        let (writer, reader) = (open(), open());
        writer
            .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (c); INSERT INTO t VALUES (zeroblob(100000))")
            .unwrap();
        assert!(length() > 100_000);
        reader.execute_batch("BEGIN; SELECT count(*) FROM t").unwrap();
        writer.execute_batch("INSERT INTO t VALUES (1)").unwrap();
        assert!(shorten_wal(&writer) > Instant::now(), "it is not tried at once again while somebody reads");
        reader.execute_batch("END").unwrap();
        assert!(shorten_wal(&writer) <= Instant::now());
        assert_eq!(length(), 0);
    }

    #[tokio::test]
    async fn a_write_whose_requester_has_gone_before_its_turn_is_not_done() {
        let (writer, connection) = writer();
        let tenant = Tenant::of_key("key");
        let mut writes: Vec<Write<'_, usize>> =
            (0..2).map(|_| -> Write<'_, usize> { Box::pin(writer.write(tenant, insert(1))) }).collect();
        {
            let _held = connection.lock();
            assert!(writes.iter_mut().all(|write| write.now_or_never().is_none()));
            drop(writes.remove(0));
        }
        writes.remove(0).await.unwrap();
        assert_eq!(count(&connection), 1);
    }

    #[tokio::test]
    async fn a_writer_that_is_closed_finishes_its_queue_and_takes_no_more() {
        let (writer, connection) = writer();
        let tenant = Tenant::of_key("key");
        let mut writes: [Write<'_, usize>; 1] = [Box::pin(writer.write(tenant, insert(1)))];
        queue(&connection, &mut writes);
        writer.close();
        let [last] = writes;
        assert_eq!(last.await.unwrap(), 1);
        assert!(matches!(writer.check(), Err(StoreError::Closed)));
        assert!(matches!(writer.write(tenant, insert(1)).await, Err(StoreError::Closed)));
    }

    #[tokio::test]
    async fn a_write_that_fails_leaves_nothing_behind_and_takes_nothing_else_back() {
        let (writer, connection) = writer();
        let tenant = Tenant::of_key("key");
        let mut writes: Vec<Write<'_, usize>> = Vec::new();
        for number in 0..6 {
            writes.push(Box::pin(writer.write(tenant, move |connection| {
                let inserted = connection.execute("INSERT INTO t VALUES (?1)", [number])?;
                if number % 3 == 1 { Ok(inserted) } else { Err(StoreError::Failed) }
            })));
        }
        queue(&connection, &mut writes);
        for (number, write) in writes.into_iter().enumerate() {
            assert_eq!(write.await.is_ok(), number % 3 == 1, "{number}");
        }
        let kept = connection.lock().query_row("SELECT group_concat(c) FROM t", [], |row| row.get::<_, String>(0));
        assert_eq!(kept.unwrap(), "1,4");
    }

    #[tokio::test]
    async fn a_write_that_was_acknowledged_is_there_whatever_failed_beside_it() {
        let (writer, connection) = writer();
        let tenant = Tenant::of_key("key");
        connection.lock().execute_batch("PRAGMA max_page_count = 20").unwrap();
        let mut writes: Vec<Write<'_, usize>> =
            vec![Box::pin(writer.write(tenant, insert(10))), Box::pin(writer.write(tenant, insert(1_000_000)))];
        queue(&connection, &mut writes);
        let outcomes = futures_util::future::join_all(writes).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), count(&connection));
        let Err(StoreError::Sqlite(error)) = &outcomes[1] else { panic!("{outcomes:?}") };
        assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::DiskFull));
        assert_eq!(writer.write(tenant, insert(10)).await.unwrap(), 1);
    }
}
