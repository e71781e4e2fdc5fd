//! What `drift` judges: operations, parameters, bodies and statuses. It judges next to nothing of a schema, and panics where a media
//! type comes or goes, so it gets specs without either.

use anyhow::{Context, Result};
use drift::{ChangeClass, ChangeDetails, ChangeInfo, JsonPathStack};
use serde_json::{Value, json};

use super::keyed::resolved;
use super::kind::Kind;
use super::report::Changes;
use crate::codegen::openapi::{self, members};

pub(super) fn compare(old: &Value, new: &Value, changes: &mut Changes) -> Result<()> {
    let (old, new) = (skeleton(old), skeleton(new));
    for change in drift::compare(&old, &new).context("the specs cannot be compared")? {
        let Some(path) = change.paths.first() else { continue };
        // An operation that was added or removed is in one of them.
        let operation = operation_id(&new, &path.new).or_else(|| operation_id(&old, &path.old));
        for info in change.changes {
            changes.add(
                kind(&info),
                "operation",
                info.message.trim_start_matches("operation ").to_owned(),
                operation.clone(),
            );
        }
    }
    Ok(())
}

/// The name of the operation.
pub(super) fn id(operation: &openapi::Operation<'_>) -> String {
    operation.id().map_or_else(|| format!("{} {}", operation.method, operation.path), str::to_owned)
}

/// What only older servers don't know breaks no caller, but what was removed is gone from SDKs. An error that is new in the spec was
/// an error before.
fn kind(info: &ChangeInfo) -> Kind {
    let error = |class: &str| info.message.starts_with(&format!("operation added a new response code {class}"));
    match (info.class, info.details) {
        (ChangeClass::ForwardIncompatible, ChangeDetails::Added | ChangeDetails::LessStrict) => Kind::Additive,
        _ if error("4") || error("5") => Kind::Additive,
        _ => Kind::Breaking,
    }
}

fn operation_id(skeleton: &Value, place: &JsonPathStack) -> Option<String> {
    let operation = skeleton.pointer(place.endpoint_base()?.strip_prefix('#')?)?;
    operation["operationId"].as_str().map(str::to_owned)
}

fn skeleton(spec: &Value) -> Value {
    let mut paths = json!({});
    for operation in openapi::operations(spec) {
        // `drift` panics where the parameters of a path are not as declared, so it sees none.
        let path = operation.path.replace(['{', '}'], ":");
        let parameters = operation.parameters().map(|it| resolved(spec, it)).filter(|it| it["in"] != "path");
        let parameters = parameters
            .map(|it| json!({ "name": it["name"], "in": it["in"], "required": it["required"] == true, "schema": {} }));
        let statuses = members(&operation.value["responses"]).map(|(status, _)| (status, json!({ "description": "" })));
        let skeleton = &mut paths[path][operation.method];
        *skeleton = json!({
            "operationId": id(&operation),
            "parameters": parameters.collect::<Vec<_>>(),
            "responses": statuses.collect::<Value>(),
        });
        if let Some(body) = operation.value.get("requestBody") {
            skeleton["requestBody"] = json!({ "required": resolved(spec, body)["required"] == true, "content": {} });
        }
    }
    json!({ "openapi": "3.0.3", "info": { "title": "", "version": "" }, "paths": paths })
}
