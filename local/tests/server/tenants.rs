use lumetra_engram_local::LocalServer;

use crate::wire::{client, start, start_with};

#[tokio::test]
async fn a_tenant_sees_nothing_of_another_on_any_route() {
    let server = start().await;
    let (mine, theirs) = (client(server.base_url(), "mine"), client(server.base_url(), "theirs"));
    let id = mine.store_memory("my secret tea").bucket("shared").await.unwrap().id;
    mine.create_bucket("private").description("mine").await.unwrap();
    let before = mine.list_buckets().await.unwrap();
    let bucket_id = before[0].id.clone().unwrap();

    assert!(theirs.list_buckets().await.unwrap().is_empty());
    for bucket in ["shared", &bucket_id] {
        assert!(theirs.list_memories().bucket(bucket).await.unwrap_err().is_not_found());
        assert!(theirs.delete_memory(&id).bucket(bucket).await.unwrap_err().is_not_found());
        assert!(theirs.clear_memories(bucket).await.unwrap_err().is_not_found());
        assert!(theirs.delete_bucket(bucket).await.unwrap_err().is_not_found());
        assert!(theirs.get_profile().bucket(bucket).await.unwrap_err().is_not_found());
        assert!(theirs.regenerate_profile().bucket(bucket).await.unwrap_err().is_not_found());
        assert_eq!(theirs.query("secret tea").bucket(bucket).await.unwrap().memories_found, Some(0));
        let streamed = theirs.query_stream("secret tea").bucket(bucket).await.unwrap().finish().await.unwrap();
        assert_eq!(streamed.memories_found, Some(0));
    }

    // With a bucket of the same name, and the same content in it.
    theirs.create_bucket("private").await.unwrap();
    let stored = theirs.store_memory("my secret tea").bucket("shared").await.unwrap();
    assert_ne!(stored.id, id);
    theirs.store_memories(["my secret tea", "my secret cake"]).bucket("shared").await.unwrap();
    assert!(theirs.delete_memory(&id).bucket("shared").await.unwrap_err().is_not_found());
    assert_eq!(theirs.query("secret").bucket("shared").await.unwrap().memories_found, Some(2));
    assert_eq!(theirs.clear_memories("shared").await.unwrap().cleared_count, Some(2));
    theirs.delete_bucket("shared").await.unwrap();

    assert_eq!(mine.list_memories().bucket("shared").await.unwrap().memories[0].id, id);
    assert_eq!(mine.query("secret").bucket("shared").await.unwrap().memories_found, Some(1));
    assert_eq!(mine.list_buckets().await.unwrap(), before);
}

#[tokio::test]
async fn the_memories_of_others_do_not_change_a_score() {
    let server = start().await;
    let (mine, theirs) = (client(server.base_url(), "mine"), client(server.base_url(), "theirs"));
    mine.store_memories(["green tea", "coffee"]).await.unwrap();
    let score = async || {
        let result = mine.query("tea").await.unwrap();
        result.explanation.unwrap().retrieved_memories[0].raw_score
    };
    let before = score().await;
    theirs.store_memories((0..50).map(|number| format!("tea {number}"))).await.unwrap();
    mine.store_memory("tea in another bucket").bucket("other").await.unwrap();
    assert_eq!(score().await, before);
}

#[tokio::test]
async fn only_the_keys_that_are_set_are_accepted() {
    let server = start_with(LocalServer::builder().api_key("first").api_key(" second ")).await;
    assert_eq!(server.api_key(), "first");
    server.client().unwrap().list_buckets().await.unwrap();
    client(server.base_url(), "second").list_buckets().await.unwrap();
    for key in ["local", "First", "firs", "first1"] {
        assert!(client(server.base_url(), key).list_buckets().await.unwrap_err().is_unauthorized(), "{key}");
    }
}

#[tokio::test]
async fn the_key_is_in_no_file_and_no_debug_text() {
    let directory = tempfile::tempdir().unwrap();
    let builder = LocalServer::builder().api_key("eng_live_secret").database(directory.path().join("e.db"));
    assert!(!format!("{builder:?}").contains("secret"));
    let server = start_with(builder).await;
    assert!(!format!("{server:?}").contains("secret"));
    server.client().unwrap().store_memory("tea").await.unwrap();
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(15).any(|window| window == b"eng_live_secret"));
    }
}
