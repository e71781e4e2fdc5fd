//! What an endpoint of the chat API refuses in a request.

use std::collections::BTreeSet;

use serde_json::Value;

/// Checks a request after this conversation: the messages that came before, and what was answered.
pub(crate) fn check(request: &Value, before: &[Value]) -> Result<(), String> {
    text(request, "model")?;
    check_tools(list(request, "tools")?)?;
    let messages = list(request, "messages")?;
    if !messages.starts_with(before) {
        return Err("the conversation does not begin with what was said before".to_owned());
    }
    check_messages(messages)
}

fn check_tools(tools: &[Value]) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for tool in tools {
        let function = &tool["function"];
        let name = text(function, "name")?;
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if tool["type"] != "function" || name.len() > 64 || !name.bytes().all(allowed) || !names.insert(name) {
            return Err(format!("the tool `{name}` is no function, or its name is odd or known already"));
        }
        text(function, "description")?;
        if function["parameters"]["type"] != "object" {
            return Err(format!("the parameters of `{name}` are no object"));
        }
    }
    Ok(())
}

/// Instructions first; then users and the model; and each call of a tool is answered once, before anything else is said.
fn check_messages(messages: &[Value]) -> Result<(), String> {
    let mut unanswered = BTreeSet::new();
    for (place, message) in messages.iter().enumerate() {
        let role = text(message, "role")?;
        if (role == "system") != (place == 0) {
            return Err(format!("message {place} is of `{role}`: instructions come first, and once"));
        }
        if role == "tool" {
            let id = text(message, "tool_call_id")?;
            if !unanswered.remove(id) {
                return Err(format!("message {place} answers the call `{id}`, which is not open"));
            }
        } else if let Some(id) = unanswered.first() {
            return Err(format!("message {place} is of `{role}`, before the call `{id}` is answered"));
        }
        match role {
            "assistant" => unanswered = calls(message)?,
            "system" | "user" | "tool" => drop(text(message, "content")?),
            other => return Err(format!("message {place} is of nobody: `{other}`")),
        }
    }
    match (unanswered.first(), messages.last()) {
        (Some(id), _) => Err(format!("the call `{id}` is not answered")),
        (None, Some(last)) if last["role"] != "assistant" => Ok(()),
        _ => Err("there is nothing for the model to say".to_owned()),
    }
}

/// The ids of the calls in a message of the model.
fn calls(message: &Value) -> Result<BTreeSet<&str>, String> {
    if message["tool_calls"].is_null() {
        return text(message, "content").map(|_| BTreeSet::new());
    }
    list(message, "tool_calls")?.iter().map(|call| text(call, "id")).collect()
}

fn text<'a>(object: &'a Value, name: &str) -> Result<&'a str, String> {
    let text = object[name].as_str().filter(|text| !text.is_empty());
    text.ok_or_else(|| format!("`{name}` must be a text that is not empty: {object}"))
}

fn list<'a>(object: &'a Value, name: &str) -> Result<&'a [Value], String> {
    let list = object[name].as_array().filter(|list| !list.is_empty());
    list.map(Vec::as_slice).ok_or_else(|| format!("`{name}` must be a list that is not empty"))
}
