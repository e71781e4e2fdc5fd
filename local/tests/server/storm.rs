//! `kill -9` in a storm of writes, again and again on the same file.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use lumetra_engram::{EngramClient, EngramError};
use tokio::sync::Semaphore;

use crate::program::start_on;
use crate::wire::database;

const ROUNDS: usize = 20;
const WRITERS: usize = 8;
/// What is written, and when the program is killed, follows from it.
const SEED: u64 = 20_260_522;

#[tokio::test]
async fn every_acknowledged_write_survives_kill_9_twenty_times_over() {
    let (_directory, path) = database();
    let mut random = Rng::with_seed(SEED);
    let mut writers: Vec<_> = (0..WRITERS).map(|number| Writer::new(number, random.fork())).collect();
    let mut acknowledged = 0;
    let mut program = start_on(&path).await;
    for _ in 1..=ROUNDS {
        let count = Arc::new(Semaphore::new(0));
        let storm: Vec<_> =
            writers.drain(..).map(|writer| tokio::spawn(writer.write(program.client(), Arc::clone(&count)))).collect();
        let enough = tokio::time::timeout(Duration::from_secs(120), count.acquire_many(random.u32(1..40)));
        enough.await.expect("the storm does not begin").unwrap().forget();
        // Any moment will do.
        tokio::time::sleep(Duration::from_micros(random.u64(0..3000))).await;
        program.child.kill().await.unwrap();
        for writer in storm {
            writers.push(writer.await.unwrap());
        }

        // The program starts only on a database whose memories, index and counts agree.
        program = start_on(&path).await;
        let engram = program.client();
        for writer in &mut writers {
            acknowledged += std::mem::take(&mut writer.acknowledged);
            let stored = stored(&engram, &writer.bucket).await;
            writer.check(stored);
            writer.ask(&engram).await;
        }
    }
    assert!(acknowledged > ROUNDS, "hardly anything was written");
}

/// A client with a bucket of its own, which does one thing after the other.
struct Writer {
    random: Rng,
    bucket: String,
    /// What the bucket holds as far as it was acknowledged: contents by id.
    held: BTreeMap<String, String>,
    /// What was asked for and not acknowledged.
    open: Option<Step>,
    written: usize,
    acknowledged: usize,
}

#[derive(Debug)]
enum Step {
    Store(Vec<String>),
    Delete(String),
    Clear,
}

impl Writer {
    fn new(number: usize, random: Rng) -> Self {
        let bucket = format!("writer{number}");
        Self { random, bucket, held: BTreeMap::new(), open: None, written: 0, acknowledged: 0 }
    }

    /// Goes on until the server is gone.
    async fn write(mut self, engram: EngramClient, count: Arc<Semaphore>) -> Self {
        loop {
            let step = self.choose();
            let done = self.take(&engram, &step).await;
            self.open = Some(step);
            match done {
                Ok(()) => {
                    self.open = None;
                    self.acknowledged += 1;
                    count.add_permits(1);
                }
                Err(error) => {
                    assert_eq!(error.status().map(u16::from), None, "the server refused a write: {error}");
                    return self;
                }
            }
        }
    }

    fn choose(&mut self) -> Step {
        match self.random.u32(0..20) {
            0 if !self.held.is_empty() => Step::Clear,
            1..6 if !self.held.is_empty() => {
                let place = self.random.usize(0..self.held.len());
                Step::Delete(self.held.keys().nth(place).unwrap().clone())
            }
            6..10 => Step::Store((0..self.random.usize(2..20)).map(|_| self.content()).collect()),
            _ => Step::Store(vec![self.content()]),
        }
    }

    /// Two terms, which the index holds as they are.
    fn content(&mut self) -> String {
        self.written += 1;
        format!("tea fact{}of{}", self.written, self.bucket)
    }

    async fn take(&mut self, engram: &EngramClient, step: &Step) -> Result<(), EngramError> {
        match step {
            Step::Store(contents) => {
                let results = match contents.as_slice() {
                    [content] => vec![engram.store_memory(content).bucket(&self.bucket).await?],
                    contents => engram.store_memories(contents).bucket(&self.bucket).await?,
                };
                self.held.extend(results.into_iter().map(|result| result.id).zip(contents.iter().cloned()));
            }
            Step::Delete(id) => {
                engram.delete_memory(id).bucket(&self.bucket).await?;
                self.held.remove(id);
            }
            Step::Clear => {
                engram.clear_memories(&self.bucket).await?;
                self.held.clear();
            }
        }
        Ok(())
    }

    /// All that was acknowledged is so; what was not is done or not, but not half.
    fn check(&mut self, stored: BTreeMap<String, String>) {
        let done = match self.open.take() {
            Some(Step::Store(mut new)) => {
                let mut held = self.held.clone();
                held.extend(stored.clone().into_iter().filter(|(_, content)| new.contains(content)));
                new.retain(|content| !stored.values().any(|stored| stored == content));
                // Only a batch that is there as a whole counts.
                new.is_empty().then_some(held)
            }
            Some(Step::Delete(id)) => {
                let mut held = self.held.clone();
                held.remove(&id);
                Some(held)
            }
            Some(Step::Clear) => Some(BTreeMap::new()),
            None => None,
        };
        assert!(
            stored == self.held || Some(&stored) == done.as_ref(),
            "{}: {:?} is {stored:?}",
            self.bucket,
            self.held
        );
        self.held = stored;
    }

    /// The index finds the oldest and the newest memory, and nothing that is gone.
    async fn ask(&self, engram: &EngramClient) {
        for (_, content) in [self.held.first_key_value(), self.held.last_key_value()].into_iter().flatten() {
            let answer = engram.query(content.trim_start_matches("tea ")).bucket(&self.bucket).await.unwrap().answer;
            assert_eq!(answer, format!("From memory: {content}"));
        }
        let found = engram.query("tea").bucket(&self.bucket).top_k(1000).await.unwrap().memories_found;
        assert_eq!(found, i64::try_from(self.held.len().min(1000)).ok());
    }
}

/// What the bucket holds, contents by id.
async fn stored(engram: &EngramClient, bucket: &str) -> BTreeMap<String, String> {
    match engram.list_memories().bucket(bucket).limit(1000).all().await {
        Ok(memories) => memories.into_iter().map(|memory| (memory.id, memory.content)).collect(),
        // Its first write was never acknowledged.
        Err(error) if error.is_not_found() => BTreeMap::new(),
        Err(error) => panic!("{error}"),
    }
}
