use lumetra_engram::EngramClient;
use serde_json::json;

use crate::wire::{get, start, start_and_connect};

async fn contents(engram: &EngramClient, limit: u32, offset: u64) -> Vec<String> {
    let page = engram.list_memories().limit(limit).offset(offset).await.unwrap();
    page.memories.into_iter().map(|memory| memory.content).collect()
}

#[tokio::test]
async fn pages_go_from_the_newest_to_the_oldest() {
    let (server, engram) = start_and_connect().await;
    engram.store_memories((1..=25).map(|number| format!("note {number}"))).await.unwrap();
    assert_eq!(contents(&engram, 2, 0).await, ["note 25", "note 24"]);
    assert_eq!(contents(&engram, 20, 23).await, ["note 2", "note 1"]);
    assert!(contents(&engram, 20, 25).await.is_empty());

    let page = get(&server, "/v1/buckets/default/memories").await.json();
    assert_eq!((&page["limit"], &page["offset"], &page["total"]), (&json!(20), &json!(0), &json!(25)));
    assert_eq!(page["memories"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn a_limit_over_the_largest_is_clamped_and_said_so() {
    let server = start().await;
    server.client().unwrap().store_memory("tea").await.unwrap();
    let page = get(&server, "/v1/buckets/default/memories?limit=1001").await.json();
    assert_eq!(page["limit"], 1000);
}

#[tokio::test]
async fn a_limit_or_offset_that_is_no_such_number_is_refused() {
    let server = start().await;
    server.client().unwrap().store_memory("tea").await.unwrap();
    for parameter in
        ["limit=0", "limit=-1", "limit=many", "limit=", "limit=1.5", "limit=2147483648", "offset=-1", "offset=x"]
    {
        for list in ["/v1/buckets", "/v1/buckets/default/memories"] {
            let (status, message, _) = get(&server, &format!("{list}?{parameter}")).await.error();
            assert_eq!(status, 422, "{parameter}");
            assert!(message.contains(parameter.split('=').next().unwrap()), "{message}");
        }
    }
    let huge = "limit=99999999999999999999999&offset=99999999999999999999999";
    assert_eq!(get(&server, &format!("/v1/buckets/default/memories?{huge}")).await.status, 422);
}

#[tokio::test]
async fn deleting_and_clearing_take_memories_away_and_leave_the_bucket() {
    let (_server, engram) = start_and_connect().await;
    let results = engram.store_memories(["green tea", "black tea", "coffee"]).await.unwrap();
    engram.delete_memory(&results[0].id).await.unwrap();
    assert_eq!(engram.query("tea").await.unwrap().answer, "From memory: black tea");
    assert_eq!(contents(&engram, 20, 0).await, ["coffee", "black tea"]);

    let cleared = engram.clear_memories("default").await.unwrap();
    assert_eq!((cleared.success, cleared.cleared_count), (Some(true), Some(2)));
    assert_eq!(engram.list_memories().await.unwrap().total, Some(0));
    assert_eq!(engram.query("coffee").await.unwrap().memories_found, Some(0));
    assert_eq!(engram.clear_memories("default").await.unwrap().cleared_count, Some(0));
    assert_eq!(engram.list_buckets().await.unwrap()[0].memory_count, Some(0));
}
