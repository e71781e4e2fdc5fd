//! Arguments that must not reach the wire.

use super::common::*;

pub(super) fn cases() -> Vec<Case> {
    let refused = |name, call| {
        let expected = Failure::new("InvalidRequest", "");
        case(name, call, Answer::json(200, &json!({ "success": true })), expected).requests(0)
    };
    vec![
        refused("an empty memory id", DeleteMemory("")),
        refused("the memory id `.`", DeleteMemory(".")),
        refused("the memory id `..`", DeleteMemory("..")),
        refused("clearing an empty bucket name", ClearMemories("")),
        refused("clearing the bucket `..`", ClearMemories("..")),
        refused("deleting an empty bucket name", DeleteBucket("")),
        refused("deleting the bucket `..`", DeleteBucket("..")),
        case(
            "a key with a line break",
            NewClient("eng_live_secret\r\nx: y"),
            Answer::json(200, &json!([])),
            Failure::new("Config", ""),
        )
        .requests(0),
        case(
            "a memory id with a slash, a percent sign and a question mark",
            DeleteMemory("a/../b%2e?c#d"),
            Answer::empty(204),
            nothing(),
        ),
    ]
}
