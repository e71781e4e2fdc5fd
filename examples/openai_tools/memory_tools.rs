//! Long-term memory as tools of a language model, in the form of OpenAI's chat API. Made to be copied into your project: it needs
//! `lumetra-engram`, `futures-util`, `schemars` 1, `serde` and `serde_json`.
//!
//! A tool is one type: its fields are the arguments, its documentation is what the model reads, and `run` does the work. The JSON
//! Schema that the model gets and the parser of what it sends both come from that type, so they cannot differ. To add a tool, write
//! its type and name it in [`TOOLS`].

use std::collections::HashSet;
use std::num::NonZeroU32;

use futures_util::future::{BoxFuture, join_all};
use lumetra_engram::{EngramClient, EngramError};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const TOOLS: [Entry; 4] =
    [entry::<StoreMemory>(), entry::<QueryMemory>(), entry::<ListMemories>(), entry::<DeleteMemory>()];

const DEFAULT_TOP_K: u32 = 8;
const DEFAULT_LIMIT: u32 = 20;

/// Stores one fact about the user, so that it is known in later conversations too. Not for secrets, and not for what is true only now.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StoreMemory {
    /// The fact, as one sentence that makes sense on its own, such as "The user prefers dark mode."
    content: String,
}

impl Tool for StoreMemory {
    const NAME: &'static str = "store_memory";

    async fn run(self, memory: &MemoryTools) -> Result<Output, Problem> {
        let stored = memory.engram.store_memory(self.content).await?;
        let result = json!({ "id": stored.id, "status": stored.status });
        Ok(Output { result, ids: vec![stored.id] })
    }
}

/// Searches the stored facts for those that help to answer a question. Returns them with their ids, the best one first.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct QueryMemory {
    /// What is to be known, as a question, such as "Which mode does the user prefer?"
    question: String,
    /// How many facts at most. Default: 8.
    top_k: Option<NonZeroU32>,
}

impl Tool for QueryMemory {
    const NAME: &'static str = "query_memory";

    async fn run(self, memory: &MemoryTools) -> Result<Output, Problem> {
        let top_k = self.top_k.map_or(DEFAULT_TOP_K, NonZeroU32::get);
        // The model that reads the facts writes the answer itself.
        let found = memory.engram.query(self.question).top_k(top_k).skip_synthesis(true).await?;
        let memories = found.explanation.into_iter().flat_map(|explanation| explanation.retrieved_memories);
        Ok(Output::of_memories(memories.map(|memory| (memory.memory_id, memory.content))))
    }
}

/// Lists the stored facts with their ids, the newest first, a page at a time.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListMemories {
    /// How many facts at most. Default: 20.
    limit: Option<NonZeroU32>,
    /// How many of the newest facts to skip. Default: 0.
    offset: Option<u64>,
}

impl Tool for ListMemories {
    const NAME: &'static str = "list_memories";

    async fn run(self, memory: &MemoryTools) -> Result<Output, Problem> {
        let limit = self.limit.map_or(DEFAULT_LIMIT, NonZeroU32::get);
        let page = memory.engram.list_memories().limit(limit).offset(self.offset.unwrap_or_default()).await?;
        Ok(Output::of_memories(page.memories.into_iter().map(|memory| (memory.id, memory.content))))
    }
}

/// Deletes one stored fact for good. Only for what the user wants forgotten, or for what is no longer true.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DeleteMemory {
    /// The id of the fact, as another tool has shown it in an earlier turn of this conversation.
    memory_id: String,
}

impl Tool for DeleteMemory {
    const NAME: &'static str = "delete_memory";

    async fn run(self, memory: &MemoryTools) -> Result<Output, Problem> {
        // There is no way back, and a model can make an id up, mistype it, or take it from a text that somebody else wrote. With this
        // guard it only deletes what it has been shown. Where that is not enough, ask your user here.
        if !memory.shown.contains(&self.memory_id) {
            return Err(Problem::new(
                "No tool has shown this id yet, so nothing was deleted. Search for the fact first.",
            ));
        }
        memory.engram.delete_memory(&self.memory_id).await?;
        Ok(Output { result: json!({ "deleted": self.memory_id }), ids: Vec::new() })
    }
}

/// The tools, for one conversation.
pub(crate) struct MemoryTools {
    engram: EngramClient,
    /// The ids that results have shown in this conversation.
    shown: HashSet<String>,
}

/// A call that the model asks for.
#[derive(Debug, Deserialize)]
pub(crate) struct ToolCall {
    id: String,
    function: FunctionCall,
}

#[derive(Debug, Deserialize)]
struct FunctionCall {
    name: String,
    /// JSON, if the model made no mistake.
    arguments: String,
}

impl MemoryTools {
    /// Tools that work in the default bucket of this client. It is not for the model to say whose memories it sees: give it
    /// `engram.with_bucket(user)`.
    pub(crate) fn new(engram: EngramClient) -> Self {
        Self { engram, shown: HashSet::new() }
    }

    /// What the model is told of them: `tools` of a chat request.
    pub(crate) fn definitions() -> Vec<Value> {
        TOOLS.iter().map(|tool| (tool.definition)()).collect()
    }

    /// Runs the calls of one turn, all at once, and returns their results, in their order, as messages for the model. A failure is
    /// such a message too, in words that help the model to do better.
    pub(crate) async fn run(&mut self, calls: &[ToolCall]) -> Vec<Value> {
        let outcomes = join_all(calls.iter().map(|call| self.run_one(&call.function))).await;
        let results = calls.iter().zip(outcomes).map(|(call, outcome)| {
            let content = match outcome {
                Ok(output) => {
                    // Not before all calls of the turn have ended: the model has seen nothing of it when it asks for them.
                    self.shown.extend(output.ids);
                    output.result.to_string()
                }
                Err(Problem(text)) => text,
            };
            json!({ "role": "tool", "tool_call_id": call.id, "content": content })
        });
        results.collect()
    }

    async fn run_one(&self, call: &FunctionCall) -> Result<Output, Problem> {
        match TOOLS.iter().find(|tool| tool.name == call.name) {
            Some(tool) => (tool.run)(self, &call.arguments).await,
            None => {
                let names = TOOLS.map(|tool| tool.name).join(", ");
                Err(Problem(format!("There is no tool `{}`. There are: {names}.", call.name)))
            }
        }
    }
}

/// A tool: its fields are the arguments, its documentation and theirs are what the model reads.
trait Tool: DeserializeOwned + JsonSchema + Send + 'static {
    const NAME: &'static str;

    fn run(self, memory: &MemoryTools) -> impl Future<Output = Result<Output, Problem>> + Send;
}

/// What a tool returns.
struct Output {
    /// For the model.
    result: Value,
    /// The ids of memories in it.
    ids: Vec<String>,
}

impl Output {
    fn of_memories(memories: impl Iterator<Item = (String, String)>) -> Self {
        let (ids, memories) =
            memories.map(|(id, content)| (id.clone(), json!({ "id": id, "content": content }))).unzip();
        Self { result: Value::Array(memories), ids }
    }
}

/// Why a tool did not do what it was asked to, in words for the model.
struct Problem(String);

impl Problem {
    fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<EngramError> for Problem {
    fn from(error: EngramError) -> Self {
        // It is one line, and holds no secret.
        Self(format!("The memory failed: {error}"))
    }
}

/// A tool without its type, so that tools fit in one list.
struct Entry {
    name: &'static str,
    definition: fn() -> Value,
    run: for<'a> fn(&'a MemoryTools, &'a str) -> BoxFuture<'a, Result<Output, Problem>>,
}

const fn entry<T: Tool>() -> Entry {
    Entry { name: T::NAME, definition: definition::<T>, run: parse_and_run::<T> }
}

fn definition<T: Tool>() -> Value {
    let mut parameters = parameters::<T>();
    let description = parameters.as_object_mut().and_then(|schema| schema.remove("description"));
    json!({ "type": "function", "function": { "name": T::NAME, "description": description, "parameters": parameters } })
}

/// The JSON Schema of the arguments.
fn parameters<T: Tool>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        // Many endpoints know neither of the two.
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    // The name of the Rust type, which says nothing to a model.
    schema.remove("title");
    schema.into()
}

fn parse_and_run<'a, T: Tool>(memory: &'a MemoryTools, arguments: &'a str) -> BoxFuture<'a, Result<Output, Problem>> {
    Box::pin(async move { parse::<T>(arguments)?.run(memory).await })
}

fn parse<T: Tool>(arguments: &str) -> Result<T, Problem> {
    // Some models send nothing at all where nothing is required.
    let arguments = if arguments.trim().is_empty() { "{}" } else { arguments };
    serde_json::from_str(arguments).map_err(|error| {
        let schema = parameters::<T>();
        Problem(format!(
            "These arguments cannot be used: {error}. They must be JSON that matches this schema: {schema}"
        ))
    })
}
