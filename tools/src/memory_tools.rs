//! [`MemoryTools`].

use lumetra_engram::EngramClient;

use crate::arguments::Arguments;
use crate::definition::Definition;
use crate::error::ToolError;
use crate::memory::Memory;
use crate::reply::Reply;
use crate::tools::{CLEAR, Effect, Entry, OnText, TOOLS};

/// The tools, over a client. Cheap to clone.
#[derive(Clone, Debug)]
#[must_use]
pub struct MemoryTools {
    memory: Memory,
    read_only: bool,
    allow_clear: bool,
}

impl MemoryTools {
    /// Tools that use the client's default bucket if the model names none. The model may name any bucket.
    pub fn new(client: EngramClient) -> Self {
        Self { memory: Memory::new(client), read_only: false, allow_clear: false }
    }

    /// The bucket for calls without one. Default: that of the client.
    pub fn bucket(mut self, name: impl Into<String>) -> Self {
        self.memory.engram = self.memory.engram.with_bucket(name);
        self
    }

    /// Whether the model may use no other bucket than the default one: neither name one nor list them. It is for an agent with many users,
    /// where the model must not say whose memories it sees. Default: `false`.
    pub fn only_this_bucket(mut self, only: bool) -> Self {
        self.memory.only_this_bucket = only;
        self
    }

    /// Whether only what changes nothing is offered: `query_memory`, `recall_memories`, `list_memories` and `list_buckets`. Calls of the
    /// others are refused. Default: `false`.
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Whether `clear_memories` is offered. It deletes all of a bucket for good, so it is not by default.
    pub fn allow_clear(mut self, allow: bool) -> Self {
        self.allow_clear = allow;
        self
    }

    /// How many tokens a reply may take at most, by an estimate on the high side. What does not fit is counted and named in the reply.
    /// Default: 8,000.
    pub fn max_reply_tokens(mut self, tokens: usize) -> Self {
        self.memory.max_tokens = tokens;
        self
    }

    /// The bucket for calls without one.
    pub fn default_bucket(&self) -> &str {
        self.memory.engram.default_bucket()
    }

    /// The tools that are offered, for the model.
    pub fn definitions(&self) -> Vec<Definition> {
        self.offered().map(|tool| self.definition(tool)).collect()
    }

    fn definition(&self, tool: &Entry) -> Definition {
        let mut definition = (tool.definition)();
        if self.memory.only_this_bucket
            && tool.name != CLEAR
            && let Some(properties) =
                definition.parameters.get_mut("properties").and_then(|value| value.as_object_mut())
        {
            properties.remove("bucket");
        }
        definition
    }

    /// Runs a tool. Dropping the future ends its request.
    ///
    /// ```no_run
    /// # async fn example(tools: lumetra_engram_tools::MemoryTools) -> Result<(), lumetra_engram_tools::ToolError> {
    /// let reply = tools.call("store_memory", r#"{ "content": "The user prefers dark mode." }"#).await?;
    /// println!("{}", reply.text);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Whatever it is, tell the model its text: it says what to do.
    pub async fn call(&self, name: &str, arguments: impl Into<Arguments>) -> Result<Reply, ToolError> {
        self.run(name, arguments.into(), None).await
    }

    /// Runs a tool, and tells of the answer of `query_memory` while it is written, a piece at a time. Other tools write none.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub async fn call_streamed(
        &self,
        name: &str,
        arguments: impl Into<Arguments>,
        mut on_text: impl FnMut(&str) + Send,
    ) -> Result<Reply, ToolError> {
        self.run(name, arguments.into(), Some(&mut on_text)).await
    }

    async fn run<'a>(&'a self, name: &str, arguments: Arguments, on_text: OnText<'a>) -> Result<Reply, ToolError> {
        match self.offered().find(|tool| tool.name == name) {
            Some(tool) => (tool.call)(&self.memory, arguments, on_text).await,
            None => Err(self.not_offered(name)),
        }
    }

    fn offered(&self) -> impl Iterator<Item = &'static Entry> {
        TOOLS.iter().filter(|tool| self.may(tool))
    }

    fn may(&self, tool: &Entry) -> bool {
        (!self.read_only || tool.effect == Effect::Nothing)
            && (self.allow_clear || tool.name != CLEAR)
            && !(self.memory.only_this_bucket && tool.name == "list_buckets")
    }

    fn not_offered(&self, name: &str) -> ToolError {
        let names: Vec<_> = self.offered().map(|tool| tool.name).collect();
        let why = match TOOLS.iter().find(|tool| tool.name == name) {
            Some(_) if self.read_only => "This memory is read-only, so there is",
            Some(_) => "Here is",
            None => "There is",
        };
        ToolError::UnknownTool(format!(
            "{why} no tool {name:?}, and nothing was done. There are: {}.",
            names.join(", ")
        ))
    }
}
