use lumetra_engram::{Dedup, MergeReason, StoreStatus};
use lumetra_engram_local::LocalServer;
use reqwest::Method;
use serde_json::json;

use crate::wire::{Answer, get, post, request, start, start_and_connect, start_with};

#[tokio::test]
async fn a_stored_memory_is_described_and_listed_verbatim() {
    let (_server, engram) = start_and_connect().await;
    let stored = engram.store_memory("  The user prefers\ndark mode. ").await.unwrap();
    assert_eq!(stored.status, Some(StoreStatus::Stored));
    assert_eq!(stored.memory_id.as_ref(), Some(&stored.id));
    assert_eq!(stored.bucket_name.as_deref(), Some("default"));
    assert_eq!(stored.token_count, Some(5));
    assert_eq!((stored.deduped_into, stored.similarity_score, stored.merge_reason), (None, None, None));

    let page = engram.list_memories().await.unwrap();
    assert_eq!(page.total, Some(1));
    let memory = &page.memories[0];
    assert_eq!((memory.id.as_str(), memory.content.as_str()), (stored.id.as_str(), "  The user prefers\ndark mode. "));
    assert_eq!((memory.bucket_name.as_deref(), memory.token_count), (Some("default"), Some(5)));
    let created_at = memory.created_at.as_deref().unwrap();
    assert!(created_at.ends_with('Z') && created_at.as_bytes()[10] == b'T', "{created_at}");
}

#[tokio::test]
async fn the_same_content_is_merged_unless_dedup_is_off() {
    let (_server, engram) = start_and_connect().await;
    let first = engram.store_memory("The user prefers dark mode.").await.unwrap();
    for dedup in [None, Some(Dedup::Loose), Some(Dedup::Strict)] {
        let again = engram.store_memory(" the USER prefers  dark\tmode.");
        let again = match dedup {
            Some(dedup) => again.dedup(dedup).await.unwrap(),
            None => again.await.unwrap(),
        };
        assert_eq!(again.status, Some(StoreStatus::Merged), "{dedup:?}");
        assert_eq!(again.id, first.id);
        assert_eq!(again.memory_id.as_ref(), Some(&first.id));
        assert_eq!(again.deduped_into.as_ref(), Some(&first.id));
        assert_eq!(again.similarity_score, Some(1.0));
        assert_eq!(again.merge_reason, Some(MergeReason::ContentHash));
        assert_eq!(again.bucket_name.as_deref(), Some("default"));
        assert_eq!(again.token_count, Some(5));
    }
    let apart = engram.store_memory("The user prefers dark mode.").dedup(Dedup::Off).await.unwrap();
    assert_eq!(apart.status, Some(StoreStatus::Stored));
    assert_ne!(apart.id, first.id);
    assert_eq!(engram.list_memories().await.unwrap().total, Some(2));
    // Of two memories with the content, the older takes in the next one.
    assert_eq!(engram.store_memory("The user prefers dark mode.").await.unwrap().deduped_into, Some(first.id));
}

#[tokio::test]
async fn merging_stays_within_a_bucket_and_ends_with_the_memory() {
    let (_server, engram) = start_and_connect().await;
    let one = engram.store_memory("tea").bucket("one").await.unwrap();
    let two = engram.store_memory("tea").bucket("two").await.unwrap();
    assert_eq!(two.status, Some(StoreStatus::Stored));
    engram.delete_memory(&one.id).bucket("one").await.unwrap();
    let again = engram.store_memory("tea").bucket("one").await.unwrap();
    assert_eq!(again.status, Some(StoreStatus::Stored));
    assert_ne!(again.id, one.id);
}

#[tokio::test]
async fn a_batch_keeps_its_order_and_merges_within_itself() {
    let (_server, engram) = start_and_connect().await;
    let old = engram.store_memory("old").await.unwrap();
    let results = engram.store_memories(["new", "OLD", "New", "last"]).await.unwrap();
    let statuses: Vec<_> = results.iter().map(|result| result.status.clone().unwrap()).collect();
    assert_eq!(statuses, [StoreStatus::Stored, StoreStatus::Merged, StoreStatus::Merged, StoreStatus::Stored]);
    assert_eq!(results[1].id, old.id);
    assert_eq!(results[2].id, results[0].id);
    let listed: Vec<_> =
        engram.list_memories().await.unwrap().memories.into_iter().map(|memory| memory.content).collect();
    assert_eq!(listed, ["last", "new", "old"]);
}

#[tokio::test]
async fn a_batch_is_stored_whole_or_not_at_all() {
    let server = start().await;
    let path = "/v1/buckets/default/memories";
    let answer = post(&server, path, json!({"memories": [{"content": "a"}, {"content": " \n"}]})).await;
    assert_eq!(answer.error().0, 422);
    assert!(answer.error().1.contains("memories[1].content"), "{}", answer.text);
    let answer = post(&server, path, json!({"memories": [{"content": "a"}, {"content": 5}]})).await;
    assert_eq!(answer.error().0, 422);
    assert!(answer.error().1.starts_with("memories[1].content: "), "{}", answer.text);
    // Not even the bucket was made.
    assert_eq!(get(&server, "/v1/buckets").await.json(), json!({"buckets": []}));
}

#[tokio::test]
async fn what_is_empty_is_refused() {
    let server = start().await;
    for body in [
        json!({"content": ""}),
        json!({"content": " \t\n\u{3000}"}),
        json!({"content": null}),
        json!({"memories": []}),
        json!({"memories": [{"content": ""}]}),
        json!({"memories": [{}]}),
        json!({}),
        json!({"content": "a", "memories": [{"content": "b"}]}),
    ] {
        let answer = post(&server, "/v1/buckets/default/memories", body.clone()).await;
        assert_eq!(answer.error().0, 422, "{body}");
    }
}

#[tokio::test]
async fn any_text_comes_back_as_it_was() {
    let (_server, engram) = start_and_connect().await;
    let texts = ["a\0b", "\0", "🦀 e\u{301} \u{202e}", "用户喜欢深色模式", "\u{feff}x", "\u{10ffff}", "\"'\\%_*"];
    let bucket = "名前 / 🗂 \0 100% ?#&+é";
    for text in texts {
        engram.store_memory(text).bucket(bucket).dedup(Dedup::Off).await.unwrap();
    }
    let page = engram.list_memories().bucket(bucket).await.unwrap();
    let listed: Vec<_> = page.memories.iter().rev().map(|memory| memory.content.as_str()).collect();
    assert_eq!(listed, texts);
    assert!(page.memories.iter().all(|memory| memory.bucket_name.as_deref() == Some(bucket)));
    assert_eq!(engram.list_buckets().await.unwrap()[0].name, bucket);
}

#[tokio::test]
async fn unknown_fields_and_other_content_types_are_no_error() {
    let server = start().await;
    let body = r#"{"content":"tea","dedup":null,"tags":["x"],"agent_id":7}"#;
    for content_type in [None, Some("text/plain"), Some("application/json; charset=utf-8")] {
        let mut request = request(&server, Method::POST, "/v1/buckets/default/memories").body(body);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        assert_eq!(Answer::of(request).await.status, 200);
    }
}

#[tokio::test]
async fn a_memory_that_is_too_large_is_refused_and_its_batch_with_it() {
    let path = "/v1/buckets/default/memories";
    // The limit is in bytes, whatever the characters.
    let server = start_with(LocalServer::builder().max_memory_bytes(12)).await;
    for (body, message) in [
        (json!({"content": "thirteen char"}), "content has 13 bytes; the limit for one memory is 12"),
        (json!({"content": "日本語日本"}), "content has 15 bytes; the limit for one memory is 12"),
        (
            json!({"memories": [{"content": "tea"}, {"content": "thirteen char"}]}),
            "memories[1].content has 13 bytes; the limit for one memory is 12",
        ),
    ] {
        let error = post(&server, path, body.clone()).await.error();
        assert_eq!(error, (422, message.to_owned(), Some("INVALID_REQUEST".to_owned())), "{body}");
    }
    assert!(server.client().unwrap().list_buckets().await.unwrap().is_empty());
    for content in ["twelve chars", "日本語日"] {
        assert_eq!(post(&server, path, json!({"content": content})).await.status, 200, "{content}");
        assert_eq!(post(&server, path, json!({"memories": [{"content": content}]})).await.status, 200, "{content}");
    }
    let server = start().await;
    let (most, more) = ("x".repeat(256 * 1024), "x".repeat(256 * 1024 + 1));
    assert_eq!(post(&server, path, json!({"content": most})).await.status, 200);
    assert_eq!(post(&server, path, json!({"content": more})).await.status, 422);
}

#[tokio::test]
async fn a_request_that_would_hold_up_the_others_for_long_is_refused() {
    let path = "/v1/buckets/default/memories";
    let server = start().await;
    let batch = |facts: usize| json!({"memories": vec![json!({"content": "tea"}); facts]});
    let error = post(&server, path, batch(10_001)).await.error();
    let message = "memories has 10001 elements; the limit is 10000".to_owned();
    assert_eq!(error, (422, message, Some("INVALID_REQUEST".to_owned())));
    let large = "x".repeat(200 * 1024);
    assert_eq!(post(&server, path, json!({"memories": vec![json!({"content": large}); 21]})).await.status, 413);
    assert!(server.client().unwrap().list_buckets().await.unwrap().is_empty());
    assert_eq!(post(&server, path, batch(10_000)).await.status, 200);
}

/// RFC 8259, section 8.1.
#[tokio::test]
async fn a_byte_order_mark_before_the_json_of_a_request_is_passed_over() {
    let server = start().await;
    let request =
        request(&server, Method::POST, "/v1/buckets/default/memories").header("content-type", "application/json");
    let answer = Answer::of(request.body("\u{FEFF}{\"content\":\"tea\"}")).await;
    assert_eq!((answer.status.as_u16(), answer.json()["status"].clone()), (200, json!("stored")));
}
