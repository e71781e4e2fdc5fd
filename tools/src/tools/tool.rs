//! What a tool is.

use std::pin::Pin;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::arguments::Arguments;
use crate::definition::{Definition, schema_of};
use crate::error::ToolError;
use crate::memory::Memory;
use crate::reply::Reply;

/// Who is told of an answer while it is written.
pub(crate) type OnText<'a> = Option<&'a mut (dyn FnMut(&str) + Send)>;

pub(crate) trait Tool: DeserializeOwned + JsonSchema + Send + 'static {
    const NAME: &'static str;
    const TITLE: &'static str;
    const EFFECT: Effect;
    /// What is returned as values.
    type Output: Serialize + JsonSchema;

    fn run(self, memory: &Memory, on_text: OnText<'_>) -> impl Future<Output = Result<Reply, ToolError>> + Send;
}

/// What a tool does to what is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Nothing,
    Adds,
    Deletes,
}

/// A tool without its type, so that all fit in one list.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) effect: Effect,
    pub(crate) definition: fn() -> Definition,
    pub(crate) call: for<'a> fn(&'a Memory, Arguments, OnText<'a>) -> Call<'a>,
}

type Call<'a> = Pin<Box<dyn Future<Output = Result<Reply, ToolError>> + Send + 'a>>;

pub(super) const fn entry<T: Tool>() -> Entry {
    Entry { name: T::NAME, effect: T::EFFECT, definition: definition::<T>, call: call::<T> }
}

fn definition<T: Tool>() -> Definition {
    let (parameters, description) = schema_of::<T>();
    Definition {
        name: T::NAME,
        title: T::TITLE,
        description,
        parameters,
        output: schema_of::<T::Output>().0,
        is_read_only: T::EFFECT == Effect::Nothing,
        is_destructive: T::EFFECT == Effect::Deletes,
        // Whether a fact that is stored twice is there once is for the server to decide.
        is_idempotent: T::EFFECT != Effect::Adds,
    }
}

fn call<'a, T: Tool>(memory: &'a Memory, arguments: Arguments, on_text: OnText<'a>) -> Call<'a> {
    Box::pin(async move {
        let reply = parse::<T>(arguments)?.run(memory, on_text).await;
        reply.map_err(|error| match T::EFFECT {
            Effect::Nothing => error.of_a_tool_that_changes_nothing(),
            Effect::Adds | Effect::Deletes => error,
        })
    })
}

fn parse<T: Tool>(Arguments(arguments): Arguments) -> Result<T, ToolError> {
    let parsed = arguments.and_then(|value| serde_json::from_value(value).map_err(|error| error.to_string()));
    parsed.map_err(|problem| {
        let schema = serde_json::Value::Object(schema_of::<T>().0);
        ToolError::Arguments(format!(
            "These arguments can't be used: {problem}. They must be JSON that matches this schema: {schema}"
        ))
    })
}
