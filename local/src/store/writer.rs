//! The one thread that writes. Writes that wait together are committed together, and each is acknowledged after that.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::StoreError;

/// How many writes one commit holds at most.
const MOST_WRITES_OF_A_COMMIT: usize = 256;

/// Does its work inside the transaction and says how to acknowledge it once the commit is known.
type Job = Box<dyn FnOnce(&mut rusqlite::Transaction<'_>) -> Acknowledge + Send>;
type Acknowledge = Box<dyn FnOnce(Result<(), StoreError>)>;

enum Message {
    Write(Job),
    Close,
}

#[derive(Debug)]
pub(super) struct Writer {
    queue: Sender<Message>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(connection: Arc<Mutex<Connection>>) -> std::io::Result<Self> {
        let (queue, messages) = mpsc::channel();
        let thread =
            thread::Builder::new().name("engram-writer".to_owned()).spawn(move || run(&connection, &messages))?;
        Ok(Self { queue, thread: Mutex::new(Some(thread)) })
    }

    /// Does the work, all of it or nothing, and returns once it is on the disk.
    pub(super) async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |transaction| {
            let outcome = within_savepoint(transaction, work);
            Box::new(move |committed| {
                // Who asked may have gone; the write stands nevertheless.
                let _ = answer.send(committed.and(outcome));
            })
        });
        self.queue.send(Message::Write(job)).map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// Does what is in the queue, and stops. Blocks until then.
    pub(super) fn close(&self) {
        // The thread may have ended before.
        let _ = self.queue.send(Message::Close);
        let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the writer failed");
        }
    }
}

fn run(connection: &Mutex<Connection>, messages: &Receiver<Message>) {
    let mut open = true;
    while open && let Ok(Message::Write(first)) = messages.recv() {
        let mut jobs = vec![first];
        while jobs.len() < MOST_WRITES_OF_A_COMMIT && open {
            match messages.try_recv() {
                Ok(Message::Write(job)) => jobs.push(job),
                Ok(Message::Close) => open = false,
                Err(_) => break,
            }
        }
        let Ok(mut connection) = connection.lock() else { return };
        commit(&mut connection, jobs);
    }
    if let Ok(connection) = connection.lock() {
        // Only to leave one file behind in place of three; it does not matter if a reader is in the way.
        let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
    }
}

fn commit(connection: &mut Connection, jobs: Vec<Job>) {
    let mut done = Vec::with_capacity(jobs.len());
    let committed = transact(connection, jobs, &mut done);
    if let Err(error) = &committed {
        tracing::error!(error = error as &dyn std::error::Error, "writes could not be committed");
    }
    for acknowledge in done {
        acknowledge(committed.clone());
    }
}

fn transact(connection: &mut Connection, jobs: Vec<Job>, done: &mut Vec<Acknowledge>) -> Result<(), StoreError> {
    let mut transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for job in jobs {
        done.push(job(&mut transaction));
        // A full disk, for example, makes SQLite undo the whole transaction. Nothing may be written outside of one: the jobs
        // left are dropped, which their callers see as a failure.
        if transaction.is_autocommit() {
            return Err(StoreError::Failed);
        }
    }
    Ok(transaction.commit()?)
}

fn within_savepoint<T>(
    transaction: &mut rusqlite::Transaction<'_>,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let savepoint = transaction.savepoint()?;
    // Dropped without a commit, it takes back what this work did, and no other.
    let value = work(&savepoint)?;
    savepoint.commit()?;
    Ok(value)
}
