//! What leaves the context window, kept as facts.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use lumetra_engram::{EngramClient, EngramError};
use rig_core::id::ConversationId;
use rig_core::memory::{DemotionHook, MemoryError};
use rig_core::message::{AssistantContent, Message, UserContent};
use rig_core::wasm_compat::WasmBoxedFuture;

/// Stores what leaves the context window in a bucket, a fact for each message: the hook of
/// [`DemotingPolicyMemory`](https://docs.rs/rig-memory/0.44/rig_memory/struct.DemotingPolicyMemory.html).
///
/// A fact says who said it: `The user said: My sister visits in May.` Only what user and assistant said in words is stored. Tool calls and
/// their results, reasoning and system messages are not; a picture, a sound, a film or a document beside words is named in brackets.
///
/// A message that is delivered twice, as after a restart, is merged by Engram into the fact that is there.
///
/// **What fails is never silent.** rig waits for the archive before it asks the model. By default a fact that can't be stored fails the
/// prompt, with nothing dropped: the next prompt delivers the same messages again. With [`on_failure`](Self::on_failure) you are told, and the
/// conversation goes on.
#[derive(Clone)]
#[must_use]
pub struct EngramArchive {
    engram: EngramClient,
    on_failure: Option<Arc<OnFailure>>,
}

type OnFailure = dyn Fn(ArchiveError) + Send + Sync;

impl EngramArchive {
    /// An archive in the client's default bucket.
    pub fn new(engram: EngramClient) -> Self {
        Self { engram, on_failure: None }
    }

    /// The bucket to store in. It takes the conversations of every user of the agent, so build an agent for each user.
    pub fn bucket(mut self, name: impl Into<String>) -> Self {
        self.engram = self.engram.with_bucket(name);
        self
    }

    /// Takes what could not be stored, and lets the conversation go on without it. The messages are not delivered again: keep the error's
    /// [`facts`](ArchiveError::facts), and store them later.
    pub fn on_failure(mut self, report: impl Fn(ArchiveError) + Send + Sync + 'static) -> Self {
        self.on_failure = Some(Arc::new(report));
        self
    }

    async fn store(&self, conversation: &ConversationId, messages: &[Message]) -> Result<(), ArchiveError> {
        let facts: Vec<_> = messages.iter().filter_map(fact).collect();
        if facts.is_empty() {
            return Ok(());
        }
        let count = facts.len();
        let report = match self.engram.ingest(facts.clone()).await {
            Ok(report) => report,
            Err(error) => {
                return Err(ArchiveError { conversation: conversation.clone(), facts, count, error: Arc::new(error) });
            }
        };
        let Some(error) = report.stopped.or_else(|| report.failures.first().map(|failure| failure.error.clone()))
        else {
            return Ok(());
        };
        let failed = report.failures.into_iter().map(|failure| failure.content);
        let facts = failed.chain(report.not_attempted).collect();
        Err(ArchiveError { conversation: conversation.clone(), facts, count, error })
    }
}

impl DemotionHook for EngramArchive {
    fn on_demote<'a>(
        &'a self,
        conversation: &'a ConversationId,
        messages: Vec<Message>,
    ) -> WasmBoxedFuture<'a, Result<(), MemoryError>> {
        Box::pin(async move {
            match (self.store(conversation, &messages).await, &self.on_failure) {
                (Err(error), Some(report)) => report(error),
                (Err(error), None) => return Err(MemoryError::backend(error)),
                (Ok(()), _) => {}
            }
            Ok(())
        })
    }
}

impl fmt::Debug for EngramArchive {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("EngramArchive").field("engram", &self.engram).finish_non_exhaustive()
    }
}

/// The message as a fact that can be understood alone; none where nobody said anything.
fn fact(message: &Message) -> Option<String> {
    let (who, parts): (_, Vec<_>) = match message {
        Message::User { content } => ("user", content.iter().filter_map(said_by_user).collect()),
        Message::Assistant(turn) => ("assistant", turn.content.iter().filter_map(said_by_assistant).collect()),
        Message::System { .. } => return None,
    };
    let has_words = parts.iter().any(|part| matches!(part, Part::Words(_)));
    let text = parts.iter().map(Part::text).collect::<Vec<_>>().join(" ");
    has_words.then(|| format!("The {who} said: {text}"))
}

enum Part<'a> {
    Words(&'a str),
    Other(&'static str),
}

impl Part<'_> {
    fn words(text: &str) -> Option<Part<'_>> {
        let text = text.trim();
        (!text.is_empty()).then_some(Part::Words(text))
    }

    fn text(&self) -> &str {
        match self {
            Self::Words(text) | Self::Other(text) => text,
        }
    }
}

fn said_by_user(content: &UserContent) -> Option<Part<'_>> {
    match content {
        UserContent::Text(text) => Part::words(&text.text),
        UserContent::Image(_) => Some(Part::Other("[image]")),
        UserContent::Audio(_) => Some(Part::Other("[audio]")),
        UserContent::Video(_) => Some(Part::Other("[video]")),
        UserContent::Document(_) => Some(Part::Other("[document]")),
        UserContent::ToolResult(_) => None,
    }
}

fn said_by_assistant(content: &AssistantContent) -> Option<Part<'_>> {
    match content {
        AssistantContent::Text(text) => Part::words(&text.text),
        AssistantContent::Image(_) => Some(Part::Other("[image]")),
        _ => None,
    }
}

/// Messages that left the context window and are not known to be in the archive.
#[derive(Clone)]
#[non_exhaustive]
pub struct ArchiveError {
    /// Whose messages they are.
    pub conversation: ConversationId,
    /// The facts that failed, in the order in which they were said. Storing them again is safe.
    pub facts: Vec<String>,
    /// How many facts were to be stored, these among them.
    pub count: usize,
    /// Why the first of them failed.
    pub error: Arc<EngramError>,
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { facts, count, error, .. } = self;
        write!(
            formatter,
            "{} of {count} messages that left the context window could not be archived: {error}",
            facts.len()
        )
    }
}

// Without the messages, which people wrote.
impl fmt::Debug for ArchiveError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("ArchiveError");
        shown.field("facts", &self.facts.len()).field("count", &self.count).field("error", &self.error);
        shown.finish_non_exhaustive()
    }
}

impl Error for ArchiveError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The error's own text is in this one's.
        self.error.source()
    }
}
