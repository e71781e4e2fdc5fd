use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fastrand::Rng;
use lumetra_engram::{Bucket, EngramClient, Memory};
use lumetra_engram_local::LocalServer;
use reqwest::Method;
use serde_json::json;

use crate::wire::{Answer, http, start, start_with};

fn client(server: &LocalServer, key: &str) -> EngramClient {
    EngramClient::builder().base_url(server.base_url()).api_key(key).http_client(http()).build().unwrap()
}

#[tokio::test]
async fn a_tenant_sees_nothing_of_another_on_any_route() {
    let server = start().await;
    let (mine, theirs) = (client(&server, "mine"), client(&server, "theirs"));
    let id = mine.store_memory("my secret tea").bucket("shared").await.unwrap().id;
    mine.create_bucket("private").description("mine").await.unwrap();

    assert!(theirs.list_buckets().await.unwrap().is_empty());
    assert!(theirs.list_memories().bucket("shared").await.unwrap_err().is_not_found());
    assert!(theirs.delete_memory(&id).bucket("shared").await.unwrap_err().is_not_found());
    assert!(theirs.clear_memories("shared").await.unwrap_err().is_not_found());
    assert!(theirs.delete_bucket("shared").await.unwrap_err().is_not_found());
    assert!(theirs.get_profile().bucket("shared").await.unwrap_err().is_not_found());
    assert!(theirs.regenerate_profile().bucket("shared").await.unwrap_err().is_not_found());
    assert_eq!(theirs.query("secret tea").bucket("shared").await.unwrap().memories_found, Some(0));
    let streamed = theirs.query_stream("secret tea").bucket("shared").await.unwrap().finish().await.unwrap();
    assert_eq!(streamed.memories_found, Some(0));

    // With a bucket of the same name, and the same content in it.
    theirs.create_bucket("private").await.unwrap();
    let stored = theirs.store_memory("my secret tea").bucket("shared").await.unwrap();
    assert_ne!(stored.id, id);
    assert!(theirs.delete_memory(&id).bucket("shared").await.unwrap_err().is_not_found());
    assert_eq!(theirs.query("secret").bucket("shared").await.unwrap().memories_found, Some(1));
    assert_eq!(theirs.clear_memories("shared").await.unwrap().cleared_count, Some(1));
    theirs.delete_bucket("shared").await.unwrap();

    assert_eq!(mine.list_memories().bucket("shared").await.unwrap().memories[0].id, id);
    assert_eq!(mine.query("secret").bucket("shared").await.unwrap().memories_found, Some(1));
    assert_eq!(mine.list_buckets().await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_memories_of_others_do_not_change_a_score() {
    let server = start().await;
    let (mine, theirs) = (client(&server, "mine"), client(&server, "theirs"));
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
    client(&server, "second").list_buckets().await.unwrap();
    for key in ["local", "First", "firs", "first1"] {
        assert!(client(&server, key).list_buckets().await.unwrap_err().is_unauthorized(), "{key}");
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

const SEED: u64 = 20_260_522;

/// All that a tenant can see of their own.
async fn all_of(engram: &EngramClient) -> Vec<(Bucket, Vec<Memory>)> {
    let mut all = Vec::new();
    for bucket in engram.list_buckets().await.unwrap() {
        let page = engram.list_memories().bucket(&bucket.name).limit(1000).await.unwrap();
        all.push((bucket, page.memories));
    }
    all
}

#[tokio::test]
async fn nothing_that_one_tenant_does_shows_or_changes_anything_of_another() {
    let server = start().await;
    let mine = client(&server, "mine");
    let mut random = Rng::with_seed(SEED);
    for number in 0..30 {
        let bucket = format!("b{}", number % 4);
        mine.store_memory(format!("secret tea {number}")).bucket(bucket).await.unwrap();
    }
    let before = all_of(&mine).await;
    // By name and by id: whatever names something of mine.
    let mut names: Vec<String> = before.iter().map(|(bucket, _)| bucket.name.clone()).collect();
    let mut secrets = vec!["secret".to_owned()];
    for (bucket, memories) in &before {
        names.push(bucket.id.clone().unwrap());
        secrets.push(bucket.id.clone().unwrap());
        secrets.extend(memories.iter().map(|memory| memory.id.clone()));
    }
    let ids = secrets[1..].to_vec();

    for step in 0..400 {
        let bucket = random.choice(&names).unwrap();
        let id = random.choice(&ids).unwrap();
        let (method, path, body) = match random.u32(0..12) {
            0 => (Method::GET, "/v1/buckets".to_owned(), None),
            1 => (Method::POST, "/v1/buckets".to_owned(), Some(json!({"name": bucket}))),
            2 => (Method::DELETE, format!("/v1/buckets/{bucket}"), None),
            3 | 4 => (
                Method::POST,
                format!("/v1/buckets/{bucket}/memories"),
                Some(json!({"content": format!("tea {step}")})),
            ),
            5 => (
                Method::POST,
                format!("/v1/buckets/{bucket}/memories"),
                Some(json!({"memories": [{"content": "tea"}]})),
            ),
            6 => (Method::GET, format!("/v1/buckets/{bucket}/memories?limit=1000"), None),
            7 => (Method::DELETE, format!("/v1/buckets/{bucket}/memories"), None),
            8 => (Method::DELETE, format!("/v1/buckets/{bucket}/memories/{id}"), None),
            9 => (Method::GET, format!("/v1/buckets/{bucket}/profile"), None),
            stream => {
                let body = json!({"query": "secret tea", "buckets": names, "stream": stream == 10, "options": {"top_k": 1000}});
                (Method::POST, "/v1/query".to_owned(), Some(body))
            }
        };
        let request = http().request(method.clone(), format!("{}{path}", server.base_url())).bearer_auth("theirs");
        let answer = Answer::of(body.iter().fold(request, |request, body| request.json(body))).await;
        // A bucket of theirs may have one of my ids for its name.
        let ids_they_know = names.iter().chain([id]);
        let known: Vec<&String> = ids_they_know.collect();
        for secret in secrets.iter().filter(|secret| !known.contains(secret)) {
            assert!(!answer.text.contains(secret), "seed {SEED}, step {step}: {method} {path}: {}", answer.text);
        }
    }
    assert_eq!(all_of(&mine).await, before);
}

#[tokio::test]
async fn a_tenant_in_a_storm_does_not_bring_another_to_a_halt() {
    const STORM: usize = 60;
    let server = start_with(LocalServer::builder()).await;
    let patient =
        EngramClient::builder().timeout(Duration::from_secs(300)).base_url(server.base_url()).http_client(http());
    let greedy = patient.clone().api_key("greedy").build().unwrap();
    let modest = patient.api_key("modest").build().unwrap();
    modest.store_memory("tea").await.unwrap();
    let words = (0..100).map(|number| format!("word{number}")).collect::<Vec<_>>().join(" ");
    for writing in [true, false] {
        let done = Arc::new(AtomicUsize::new(0));
        let storm: Vec<_> = (0..STORM)
            .map(|number| {
                let (greedy, done, words) = (greedy.clone(), Arc::clone(&done), words.clone());
                tokio::spawn(async move {
                    if writing {
                        let batch = (0..20).map(|place| format!("{number} {place} {words}"));
                        greedy.store_memories(batch).await.unwrap();
                    } else {
                        greedy.query("word1 word2 word3 word4").top_k(1000).skip_synthesis(true).await.unwrap();
                    }
                    done.fetch_add(1, Ordering::SeqCst);
                })
            })
            .collect();
        // By then the others are under way.
        let begun = async {
            while done.load(Ordering::SeqCst) == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(300), begun).await.expect("the storm does not begin");
        modest.query("tea").await.unwrap();
        modest.store_memory(format!("coffee {writing}")).await.unwrap();
        let before_it = done.load(Ordering::SeqCst);
        // In the order of arrival all of them would come first.
        assert!(before_it < STORM * 3 / 4, "{before_it} of {STORM} came first");
        for request in storm {
            request.await.unwrap();
        }
    }
}
