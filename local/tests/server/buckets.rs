use lumetra_engram::ProfileStatus;
use reqwest::Method;
use serde_json::{Value, json};

use crate::wire::{Answer, delete, get, post, request, start, start_and_connect};

#[tokio::test]
async fn a_bucket_is_made_listed_and_deleted() {
    let (_server, engram) = start_and_connect().await;
    let made = engram.create_bucket("user-123").description("What we know.").await.unwrap();
    assert_eq!((made.name.as_str(), made.bucket_name.as_deref()), ("user-123", Some("user-123")));
    assert_eq!(made.description.as_deref(), Some("What we know."));
    engram.store_memories(["a", "b"]).bucket("user-123").await.unwrap();
    engram.store_memory("c").bucket("other").await.unwrap();

    let listed = engram.list_buckets().await.unwrap();
    assert_eq!(listed.iter().map(|bucket| bucket.name.as_str()).collect::<Vec<_>>(), ["user-123", "other"]);
    assert_eq!((&listed[0].id, &listed[0].created_at), (&made.id, &made.created_at));
    assert_eq!(listed[0].memory_count, Some(2));
    assert_eq!(listed[1].description, None);

    engram.delete_bucket("user-123").await.unwrap();
    assert_eq!(engram.list_buckets().await.unwrap().len(), 1);
    // Its memories are gone too, also from the index, when a bucket of the name is made again.
    engram.create_bucket("user-123").await.unwrap();
    assert_eq!(engram.query("a b c").buckets(["user-123", "other"]).await.unwrap().memories_found, Some(1));
    assert_eq!(engram.list_memories().bucket("user-123").await.unwrap().total, Some(0));
}

#[tokio::test]
async fn a_bucket_that_exists_is_not_made_again() {
    let (server, engram) = start_and_connect().await;
    engram.store_memory("a").bucket("here").await.unwrap();
    let error = engram.create_bucket("here").await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert_eq!(post(&server, "/v1/buckets", json!({"name": "here"})).await.error().1, "Bucket already exists");
}

#[tokio::test]
async fn buckets_are_listed_whole_unless_a_page_is_asked_for() {
    let (server, engram) = start_and_connect().await;
    for number in 0..25 {
        engram.create_bucket(format!("b{number}")).await.unwrap();
    }
    let count = |answer: Value| answer["buckets"].as_array().unwrap().len();
    assert_eq!(count(get(&server, "/v1/buckets").await.json()), 25);
    assert_eq!(count(get(&server, "/v1/buckets?limit=2").await.json()), 2);
    let page = get(&server, "/v1/buckets?offset=24").await.json();
    assert_eq!(page["buckets"][0]["name"], "b24");
    assert_eq!(count(page), 1);
}

#[tokio::test]
async fn names_that_no_url_can_hold_and_endless_names_are_refused() {
    let server = start().await;
    for name in ["", ".", "..", &"x".repeat(513)] {
        assert_eq!(post(&server, "/v1/buckets", json!({"name": name})).await.error().0, 422, "{name}");
    }
    let long = "é".repeat(256);
    assert_eq!(post(&server, "/v1/buckets", json!({"name": long})).await.status, 200);
    let path = format!("/v1/buckets/{}/memories", "x".repeat(513));
    assert_eq!(post(&server, &path, json!({"content": "a"})).await.error().0, 422);
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let (server, engram) = start_and_connect().await;
    engram.store_memory("a").bucket("here").await.unwrap();
    let id = engram.store_memory("a").bucket("there").await.unwrap().id;
    let bucket = |answer: Answer| assert_eq!(answer.error(), (404, "Bucket not found".to_owned(), None));
    bucket(get(&server, "/v1/buckets/none/memories").await);
    bucket(delete(&server, "/v1/buckets/none/memories").await);
    bucket(delete(&server, "/v1/buckets/none").await);
    bucket(delete(&server, &format!("/v1/buckets/none/memories/{id}")).await);
    bucket(get(&server, "/v1/buckets/none/profile").await);
    bucket(post(&server, "/v1/buckets/none/profile/regenerate", Value::Null).await);
    // A memory is deleted through its own bucket only.
    for id in [id.as_str(), "no-such-id", "%00"] {
        let answer = delete(&server, &format!("/v1/buckets/here/memories/{id}")).await;
        assert_eq!(answer.error(), (404, "Memory not found".to_owned(), None));
    }
    assert_eq!(engram.list_memories().bucket("there").await.unwrap().total, Some(1));
}

#[tokio::test]
async fn an_empty_id_never_clears_the_bucket() {
    let (server, engram) = start_and_connect().await;
    engram.store_memory("a").await.unwrap();
    assert_eq!(delete(&server, "/v1/buckets/default/memories/").await.error().0, 404);
    assert_eq!(delete(&server, "/v1/buckets/").await.error().0, 404);
    assert_eq!(engram.list_memories().await.unwrap().total, Some(1));
}

#[tokio::test]
async fn deletions_are_acknowledged() {
    let server = start().await;
    let id = server.client().unwrap().store_memory("a").await.unwrap().id;
    let memory = delete(&server, &format!("/v1/buckets/default/memories/{id}")).await;
    assert_eq!((memory.status.as_u16(), memory.text.as_str()), (200, r#"{"success":true}"#));
    let bucket = delete(&server, "/v1/buckets/default").await;
    assert_eq!((bucket.status.as_u16(), bucket.text.as_str()), (200, r#"{"success":true}"#));
}

#[tokio::test]
async fn there_is_no_profiler_and_the_answers_say_so() {
    let (server, engram) = start_and_connect().await;
    engram.store_memory("a").await.unwrap();
    let id = engram.list_buckets().await.unwrap().remove(0).id.unwrap();
    assert_eq!(engram.get_profile().await.unwrap().status, Some(ProfileStatus::NotInstalled));
    let profile = get(&server, "/v1/buckets/default/profile").await.json();
    assert_eq!(profile, json!({"profile": null, "bucket_id": id, "status": "not_installed"}));
    let error = engram.regenerate_profile().await.unwrap_err();
    assert!(error.is_profiler_not_installed(), "{error}");
    let answer = Answer::of(request(&server, Method::POST, "/v1/buckets/default/profile/regenerate")).await;
    assert_eq!((answer.status.as_u16(), answer.error().2.as_deref()), (412, Some("BUCKET_PROFILER_NOT_INSTALLED")));
}
