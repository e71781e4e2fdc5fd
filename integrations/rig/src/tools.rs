//! The memory tools, as rig has tools.

use lumetra_engram::EngramError;
use lumetra_engram_tools::{Definition, MemoryTools, ToolError};
use rig_core::message::ToolName;
use rig_core::tool::{DynamicTool, ToolErrorKind, ToolExecutionError, ToolOutput};
use serde_json::Value;

/// All tools that `tools` offers, for [`AgentBuilder::dynamic_tools`](https://docs.rs/rig-agent/0.44/rig_agent/struct.AgentBuilder.html#method.dynamic_tools).
///
/// What fails is told to the model as text that says what to do instead. Your hooks see a [`ToolExecutionError`], whose
/// [`downcast_ref`](ToolExecutionError::downcast_ref) gives the [`ToolError`].
pub fn engram_tools(tools: MemoryTools) -> Vec<DynamicTool> {
    tools.definitions().into_iter().filter_map(|definition| tool(&tools, definition)).collect()
}

/// rig refuses nothing but an empty name, which none of them has.
fn tool(tools: &MemoryTools, definition: Definition) -> Option<DynamicTool> {
    let Definition { name, description, parameters, .. } = definition;
    let tools = tools.clone();
    let call = move |arguments: Value| -> Call {
        let tools = tools.clone();
        Box::pin(async move {
            let reply = tools.call(name, arguments).await.map_err(for_the_model)?;
            Ok(ToolOutput::text(reply.text))
        })
    };
    Some(DynamicTool::new(ToolName::new(name).ok()?, description, Value::Object(parameters), call))
}

type Call = rig_core::wasm_compat::WasmBoxedFuture<'static, Result<ToolOutput, ToolExecutionError>>;

/// An error whose text the model reads.
fn for_the_model(error: ToolError) -> ToolExecutionError {
    let shown = ToolExecutionError::new(kind(&error), error.to_string());
    let shown = match &error {
        ToolError::Memory(error) | ToolError::Reading(error) => {
            with_status(shown.with_retryable(error.is_retryable()), error)
        }
        _ => shown,
    };
    shown.with_source(error)
}

fn with_status(shown: ToolExecutionError, error: &EngramError) -> ToolExecutionError {
    match error.status() {
        Some(status) => shown.with_http_status(status.as_u16()),
        None => shown,
    }
}

fn kind(error: &ToolError) -> ToolErrorKind {
    let error = match error {
        ToolError::UnknownTool(_) => return ToolErrorKind::NotFound,
        ToolError::Arguments(_) => return ToolErrorKind::InvalidArgs,
        ToolError::Memory(error) | ToolError::Reading(error) => error,
        _ => return ToolErrorKind::Provider,
    };
    match error {
        EngramError::InvalidRequest(_) => ToolErrorKind::InvalidArgs,
        _ if error.is_rate_limited() => ToolErrorKind::RateLimited,
        _ if error.is_unauthorized() => ToolErrorKind::PermissionDenied,
        _ if error.is_not_found() => ToolErrorKind::NotFound,
        _ if error.status().is_none() => ToolErrorKind::Network,
        _ => ToolErrorKind::Provider,
    }
}
