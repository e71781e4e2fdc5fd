//! The one thread that writes. Writes that wait together are committed together, and each is acknowledged after that.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::files::Files;
use super::{FairMutex, SharedConnection, StoreError, erase};
use crate::tenant::Tenant;
use crate::turns::Turns;

/// How many writes one commit holds at most.
const MOST_WRITES_OF_A_COMMIT: usize = 256;
/// No write joins a commit after this time: the writes that are in it wait to be acknowledged. A large batch is alone in its commit.
const LONGEST_COMMIT: Duration = Duration::from_millis(10);

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

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: Turns<Job>,
    closed: bool,
}

pub(super) struct Writer {
    queue: Arc<Queue>,
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
        let queue = Arc::new(Queue::default());
        let files = files.map(Arc::new);
        let (jobs, watched) = (Arc::clone(&queue), files.clone());
        let thread = thread::Builder::new()
            .name("engram-writer".to_owned())
            .spawn(move || run(&connection, watched.as_deref(), &jobs))?;
        Ok(Self { queue, files, thread: Mutex::new(Some(thread)) })
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
        self.queue.push(tenant, job)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// Fails where no write could succeed.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.queue.lock().closed {
            return Err(StoreError::Closed);
        }
        self.files.as_deref().map_or(Ok(()), Files::check)
    }

    /// Does what is in the queue, and stops. Blocks until then.
    pub(super) fn close(&self) {
        self.queue.close();
        let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the writer failed");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Queue {
    /// The queue is whole at all times, whatever else failed.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, tenant: Tenant, job: Job) -> Result<(), StoreError> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(StoreError::Closed);
        }
        waiting.jobs.push(tenant, job);
        self.changed.notify_one();
        Ok(())
    }

    fn next(&self) -> Option<Job> {
        self.lock().jobs.next()
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// Blocks until there is a job. False where there will never be one again.
    fn wait(&self) -> bool {
        let idle = |waiting: &mut Waiting| waiting.jobs.is_empty() && !waiting.closed;
        let waiting = self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        !waiting.jobs.is_empty()
    }
}

/// Refuses what comes after the thread has ended, however it came to that.
struct CloseAtEnd<'a>(&'a Queue);

impl Drop for CloseAtEnd<'_> {
    fn drop(&mut self) {
        self.0.close();
        // What still waits is dropped, which its requesters see as a failure.
        while self.0.next().is_some() {}
    }
}

fn run(connection: &FairMutex<Connection>, files: Option<&Files>, queue: &Queue) {
    let _close = CloseAtEnd(queue);
    while queue.wait() {
        commit(&mut connection.lock(), files, queue);
    }
    let Some(files) = files else { return };
    let connection = connection.lock();
    // It also leaves one file behind in place of three.
    let erase = || Ok(erase::erase(&connection).and_then(|()| erase::empty_wal(&connection))?);
    if let Err(error) = files.check().and_then(|()| erase()) {
        tracing::error!(error = &error as &dyn std::error::Error, "deleted text may still be in the files");
    }
}

fn commit(connection: &mut Connection, files: Option<&Files>, queue: &Queue) {
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
    queue: &Queue,
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
fn refuse(queue: &Queue, error: StoreError, done: &mut Vec<Done>) -> StoreError {
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
    use std::pin::Pin;
    use std::task::{Context, Waker};

    use super::*;

    fn is_waiting<F: Future>(future: Pin<&mut F>) -> bool {
        future.poll(&mut Context::from_waker(Waker::noop())).is_pending()
    }

    #[tokio::test]
    async fn a_write_waits_for_two_of_a_busier_tenant_at_most() {
        let connection = Arc::new(FairMutex::new(Connection::open_in_memory().unwrap()));
        let (greedy, modest) = (Tenant::of_key("greedy"), Tenant::of_key("modest"));
        let begun = Arc::new(Mutex::new(0));
        let writer = Writer::start(Arc::clone(&connection), None).unwrap();
        let mut storm: Vec<_> = (0..100)
            .map(|_| {
                let begun = Arc::clone(&begun);
                Box::pin(writer.write(greedy, move |_| {
                    *begun.lock().unwrap() += 1;
                    // As slow as a large batch: no other write joins its commit.
                    thread::sleep(LONGEST_COMMIT);
                    Ok(())
                }))
            })
            .collect();
        let seen = Arc::clone(&begun);
        let mut one = Box::pin(writer.write(modest, move |_| Ok(*seen.lock().unwrap())));
        {
            // Nothing is written until all are in the queue.
            let _held = connection.lock();
            assert!(storm.iter_mut().all(|write| is_waiting(write.as_mut())));
            assert!(is_waiting(one.as_mut()));
        }
        assert!(one.await.unwrap() <= 1, "the other tenant's writes came first");
        // One more may have joined its commit, which its acknowledgement waits for.
        assert!(*begun.lock().unwrap() < 20, "its acknowledgement waited for the others");
    }

    #[tokio::test]
    async fn a_write_whose_requester_has_gone_before_its_turn_is_not_done() {
        let connection = Arc::new(FairMutex::new(Connection::open_in_memory().unwrap()));
        let tenant = Tenant::of_key("key");
        let done = Arc::new(Mutex::new(0));
        let writer = Writer::start(Arc::clone(&connection), None).unwrap();
        let write = || {
            let done = Arc::clone(&done);
            Box::pin(writer.write(tenant, move |_| {
                *done.lock().unwrap() += 1;
                Ok(())
            }))
        };
        let (mut gone, mut last) = (write(), write());
        {
            let _held = connection.lock();
            assert!(is_waiting(gone.as_mut()));
            assert!(is_waiting(last.as_mut()));
            drop(gone);
        }
        last.await.unwrap();
        assert_eq!(*done.lock().unwrap(), 1);
    }

    #[tokio::test]
    async fn a_writer_that_is_closed_finishes_its_queue_and_takes_no_more() {
        let connection = Arc::new(FairMutex::new(Connection::open_in_memory().unwrap()));
        let tenant = Tenant::of_key("key");
        let writer = Writer::start(Arc::clone(&connection), None).unwrap();
        let mut last = Box::pin(writer.write(tenant, |_| Ok(7)));
        {
            let _held = connection.lock();
            assert!(is_waiting(last.as_mut()));
        }
        writer.close();
        assert_eq!(last.await.unwrap(), 7);
        assert!(matches!(writer.write(tenant, |_| Ok(())).await, Err(StoreError::Closed)));
    }

    #[tokio::test]
    async fn a_write_that_fails_leaves_nothing_behind_and_takes_nothing_else_back() {
        let connection = Arc::new(FairMutex::new(Connection::open_in_memory().unwrap()));
        connection.lock().execute_batch("CREATE TABLE t (c)").unwrap();
        let tenant = Tenant::of_key("key");
        let writer = Writer::start(Arc::clone(&connection), None).unwrap();
        let write = |number: i64, fails: bool| {
            Box::pin(writer.write(tenant, move |connection| {
                connection.execute("INSERT INTO t VALUES (?1)", [number])?;
                if fails { Err(StoreError::Failed) } else { Ok(()) }
            }))
        };
        let mut writes: Vec<_> = (0..6).map(|number| write(number, number % 3 != 1)).collect();
        {
            let _held = connection.lock();
            assert!(writes.iter_mut().all(|write| is_waiting(write.as_mut())));
        }
        for (number, write) in writes.into_iter().enumerate() {
            assert_eq!(write.await.is_ok(), number % 3 == 1, "{number}");
        }
        let kept = connection.lock().query_row("SELECT group_concat(c) FROM t", [], |row| row.get::<_, String>(0));
        assert_eq!(kept.unwrap(), "1,4");
    }

    #[tokio::test]
    async fn what_fails_a_commit_is_told_to_each_write_in_it() {
        let connection = Arc::new(FairMutex::new(Connection::open_in_memory().unwrap()));
        connection.lock().execute_batch("CREATE TABLE t (c); PRAGMA max_page_count = 20").unwrap();
        let tenant = Tenant::of_key("key");
        let writer = Writer::start(Arc::clone(&connection), None).unwrap();
        let insert = |bytes: i64| {
            move |connection: &Connection| Ok(connection.execute("INSERT INTO t VALUES (zeroblob(?1))", [bytes])?)
        };
        let mut small = Box::pin(writer.write(tenant, insert(10)));
        let mut large = Box::pin(writer.write(tenant, insert(1_000_000)));
        {
            let _held = connection.lock();
            assert!(is_waiting(small.as_mut()));
            assert!(is_waiting(large.as_mut()));
        }
        let outcomes = [small.await, large.await];
        let rows: i64 = connection.lock().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), usize::try_from(rows).unwrap());
        for outcome in outcomes {
            let code = match &outcome {
                Ok(_) => None,
                Err(StoreError::Sqlite(error)) => error.sqlite_error_code(),
                Err(_) => panic!("{outcome:?}"),
            };
            assert!(matches!(code, None | Some(rusqlite::ErrorCode::DiskFull)), "{outcome:?}");
        }
        assert_eq!(writer.write(tenant, insert(10)).await.unwrap(), 1);
    }
}
