//! Making profiles in the background, one request at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::parts::{Part, Parts};
use super::prompt;
use super::waits::{Next, Waits};
use crate::chat::{Chat, ChatError, Completion};
use crate::store::profiles::{self, Snapshot, Step};
use crate::store::{Database, Store, StoreError};
use crate::tenant::Tenant;

/// A longer profile, in bytes, is none: some five times as long as what is asked for.
const LONGEST_PROFILE: usize = 8 * 1024;
/// Other programs may change the same database.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// While memories are stored or deleted it is not looked more often than this whether there is something to do. Who asks does not wait.
const REST: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(crate) struct Profiler {
    chat: Arc<Chat>,
    store: Arc<Store>,
    /// How many new memories make a new profile due. 0 where only a request does.
    after: u32,
    waits: Arc<Waits>,
    asked: Notify,
    changed: Notify,
}

impl Profiler {
    pub(crate) fn new(chat: Arc<Chat>, store: Arc<Store>, after: u32) -> Self {
        Self { chat, store, after, waits: Arc::default(), asked: Notify::new(), changed: Notify::new() }
    }

    /// Has a profile made, and answers with what there is so far.
    pub(crate) async fn ask(&self, tenant: Tenant, bucket: String) -> Result<Snapshot, StoreError> {
        let waits = Arc::clone(&self.waits);
        // Before the wish can be seen: what becomes of it must not be forgotten.
        let ask = move |database: &Database<'_>| {
            profiles::ask(database, &bucket).inspect(|snapshot| waits.forget(snapshot.bucket_id))
        };
        let snapshot = self.store.write(tenant, ask).await?;
        self.asked.notify_one();
        Ok(snapshot)
    }

    /// To be called when memories have been stored or deleted.
    pub(crate) fn notice_change(&self) {
        self.changed.notify_one();
    }

    /// Why the bucket's profile could not be made, where that was so the last time.
    pub(crate) fn problem(&self, bucket_id: i64) -> Option<String> {
        self.waits.problem(bucket_id)
    }

    /// Makes what is due, and what comes. It never ends by itself.
    pub(crate) async fn run(&self) {
        let mut has_failed = false;
        loop {
            let begin = Instant::now();
            match self.work().await {
                Ok(Next::Make(_)) => has_failed = false,
                Ok(Next::Wait(until)) => {
                    has_failed = false;
                    let look_again = begin + LOOK_AGAIN;
                    let until = until.map_or(look_again, |until| until.min(look_again));
                    self.rest(begin, until).await;
                }
                Err(error) => {
                    if !has_failed {
                        tracing::warn!(%error, "no profiles are made: the database fails");
                    }
                    has_failed = true;
                    sleep(LOOK_AGAIN).await;
                }
            }
        }
    }

    /// Returns at this time, or when there may be something to do. What came since the beginning has left its permit.
    async fn rest(&self, begin: Instant, until: Instant) {
        let changed = async {
            let _ = timeout_at(until, self.changed.notified()).await;
            sleep_until(begin + REST).await;
        };
        tokio::select! {
            () = self.asked.notified() => {}
            () = changed => {}
        }
    }

    /// Does one step of a profile that is due, if there is one.
    async fn work(&self) -> Result<Next, StoreError> {
        let after = self.after;
        let due = self.store.read(Tenant::SERVER, move |database| profiles::due(database, after)).await?;
        let next = self.waits.next(&due);
        let Next::Make(bucket_id) = next else { return Ok(next) };
        let read = move |database: &Database<'_>| {
            let (mut all, mut part) = (Parts::new(), Part::new());
            profiles::next_step(database, bucket_id, |content| all.takes(content), |content| part.takes(content))
        };
        // It is due no more where its memories are gone by now.
        let Some(step) = self.store.read(Tenant::SERVER, read).await? else { return Ok(Next::Wait(None)) };
        match self.write(&step).await {
            Ok(text) => {
                let keep = move |database: &Database<'_>| profiles::keep(database, &step, &text);
                match self.store.write(Tenant::SERVER, keep).await {
                    Ok(true) => self.waits.succeed(bucket_id),
                    // What was written of memories that are deleted by now is not kept.
                    Ok(false) => {}
                    // It has cost a request, so it counts.
                    Err(error) => self.fail(bucket_id, &ChatError::Failed(format!("it could not be stored: {error}"))),
                }
            }
            Err(error) => self.fail(bucket_id, &error),
        }
        Ok(next)
    }

    /// The profile that tells of the step's memories too.
    async fn write(&self, step: &Step) -> Result<String, ChatError> {
        if let (Some(text), []) = (&step.text, step.memories.as_slice()) {
            return Ok(text.clone());
        }
        let request = prompt::request(step).map_err(|error| ChatError::Failed(error.to_string()))?;
        let Completion { text, end } = self.chat.in_background(&request).await?;
        if end.cut {
            return Err(ChatError::Failed("the model reached its token limit in the middle of it".to_owned()));
        }
        if text.len() > LONGEST_PROFILE {
            let problem = format!("the model wrote {} bytes; the limit is {LONGEST_PROFILE}", text.len());
            return Err(ChatError::Failed(problem));
        }
        Ok(text)
    }

    /// Says it once.
    fn fail(&self, bucket_id: i64, error: &ChatError) {
        let problem = error.without_words();
        match self.waits.fail(bucket_id, error) {
            (_, true) => tracing::warn!(problem, "gave up on a profile until it is requested"),
            (true, false) => tracing::warn!(problem, "a profile cannot be made; it will be tried again"),
            (false, false) => {}
        }
    }
}
