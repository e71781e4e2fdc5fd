//! Arguments that must not reach the wire.

use serde_json::json;

use crate::answer::Answer;
use crate::call::Call;
use crate::case::{Case, Failure};

pub(super) fn cases() -> Vec<Case> {
    let refused = |name, call| {
        let expected = Failure::new("InvalidRequest", "").into();
        Case::answered(name, call, Answer::json(200, &json!({ "success": true })), expected).requests(0)
    };
    vec![
        refused("an empty memory id", Call::DeleteMemory("")),
        refused("the memory id `.`", Call::DeleteMemory(".")),
        refused("the memory id `..`", Call::DeleteMemory("..")),
        refused("clearing an empty bucket name", Call::ClearMemories("")),
        refused("clearing the bucket `..`", Call::ClearMemories("..")),
        refused("deleting an empty bucket name", Call::DeleteBucket("")),
        refused("deleting the bucket `..`", Call::DeleteBucket("..")),
        Case::answered(
            "a key with a line break",
            Call::NewClient("eng_live_secret\r\nx: y"),
            Answer::json(200, &json!([])),
            Failure::new("Config", "").into(),
        )
        .requests(0),
        Case::answered(
            "a memory id with a slash, a percent sign and a question mark",
            Call::DeleteMemory("a/../b%2e?c#d"),
            Answer::empty(204),
            super::nothing(),
        ),
    ]
}
