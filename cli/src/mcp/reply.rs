//! The memory tools in the words of the protocol.

use std::sync::Arc;

use lumetra_engram_tools::{Definition, Reply, ToolError};
use rmcp::model::{CallToolResult, ContentBlock, Tool, ToolAnnotations};
use serde_json::Value;

pub(super) fn tool(definition: Definition) -> Tool {
    let annotations = ToolAnnotations::with_title(definition.title)
        .read_only(definition.is_read_only)
        .destructive(definition.is_destructive)
        .idempotent(definition.is_idempotent)
        .open_world(false);
    Tool::new(definition.name, definition.description, Arc::new(definition.parameters))
        .with_title(definition.title)
        .with_raw_output_schema(Arc::new(definition.output))
        .with_annotations(annotations)
}

/// What came of a call. An error is a result too: models see the text of results only.
pub(super) fn result(called: Result<Reply, ToolError>) -> CallToolResult {
    match called {
        Ok(reply) => {
            let mut result = CallToolResult::success(vec![ContentBlock::text(reply.text)]);
            result.structured_content = Some(Value::Object(reply.structured));
            result
        }
        Err(error) => CallToolResult::error(vec![ContentBlock::text(error.to_string())]),
    }
}
