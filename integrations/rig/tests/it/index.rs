//! The index over a bucket.

use lumetra_engram::EngramClient;
use lumetra_engram_local::LocalServer;
use rig_core::vector_store::request::{Filter, SearchFilter};
use rig_core::vector_store::{VectorSearchRequest, VectorStoreError, VectorStoreIndex};
use rig_engram::EngramIndex;
use serde_json::{Value, json};

use crate::start;

const FACTS: [&str; 3] = [
    "Ada grows tea plants in her garden.",
    "Bob keeps bees and a small garden behind the house by the river.",
    "Cleo plays chess.",
];

async fn filled() -> (LocalServer, EngramClient, Vec<String>) {
    let (server, engram) = start(LocalServer::builder()).await;
    let stored = engram.store_memories(FACTS).await.unwrap();
    assert_eq!(stored.len(), FACTS.len());
    let page = engram.list_memories().await.unwrap().memories;
    let id = |fact: &&str| page.iter().find(|memory| memory.content == *fact).unwrap().id.clone();
    (server, engram, FACTS.iter().map(id).collect())
}

fn request(query: &str, samples: u64) -> VectorSearchRequest {
    VectorSearchRequest::builder().query(query).samples(samples).build()
}

#[tokio::test]
async fn the_facts_of_the_bucket_come_best_first_with_their_ids_and_scores() {
    let (_server, engram, ids) = filled().await;
    engram.store_memory("Tea plants in a garden.").bucket("another").await.unwrap();
    let index = EngramIndex::new(engram.clone());
    let found = index.top_n::<String>(request("Who grows tea plants in a garden?", 5)).await.unwrap();
    let documents: Vec<_> = found.iter().map(|found| found.document.as_str()).collect();
    assert_eq!(documents, FACTS[..2]);
    assert_eq!(found.iter().map(|found| &found.id).collect::<Vec<_>>(), ids[..2].iter().collect::<Vec<_>>());
    assert!(found[0].score > found[1].score && found[1].score > 0.0, "{found:?}");

    let only_ids = index.top_n_ids(request("Who grows tea plants in a garden?", 5)).await.unwrap();
    let pairs: Vec<_> = only_ids.into_iter().map(|found| (found.id, found.score)).collect();
    assert_eq!(pairs, found.into_iter().map(|found| (found.id, found.score)).collect::<Vec<_>>());

    let best = index.top_n::<Value>(request("Who grows tea plants in a garden?", 1)).await.unwrap();
    assert_eq!(best.iter().map(|found| &found.document).collect::<Vec<_>>(), [&json!(FACTS[0])]);
    let other = EngramIndex::new(engram).bucket("another").top_n::<String>(request("tea", 5)).await.unwrap();
    assert_eq!(other[0].document, "Tea plants in a garden.");
}

#[tokio::test]
async fn a_bucket_without_a_match_or_without_facts_has_no_result() {
    let (_server, engram, _) = filled().await;
    let index = EngramIndex::new(engram);
    assert!(index.top_n::<String>(request("zebra", 5)).await.unwrap().is_empty());
    assert!(index.top_n::<String>(request("garden", 0)).await.unwrap().is_empty());
    assert!(index.bucket("not there").top_n_ids(request("garden", 5)).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_threshold_is_the_least_score() {
    let (_server, engram, _) = filled().await;
    let index = EngramIndex::new(engram);
    let all = index.top_n_ids(request("garden tea", 5)).await.unwrap();
    assert_eq!(all.len(), 2);
    let between = (all[0].score + all[1].score) / 2.0;
    let request = VectorSearchRequest::builder().query("garden tea").samples(5).threshold(between).build();
    assert_eq!(index.top_n_ids(request).await.unwrap(), all[..1]);
}

#[tokio::test]
async fn what_cannot_be_expressed_is_refused_and_the_error_says_what_to_do() {
    let (_server, engram, _) = filled().await;
    let index = EngramIndex::new(engram);
    let filter = Filter::eq("bucket", json!("another"));
    let filtered = VectorSearchRequest::builder().query("garden").samples(5).filter(filter).build();
    let error = index.top_n::<String>(filtered).await.unwrap_err();
    assert!(matches!(error, VectorStoreError::FilterError(_)), "{error:?}");
    assert!(
        error.to_string().contains("'filter' must be left out") && error.to_string().contains("EngramIndex::bucket")
    );
    let error = index.top_n_ids(request("garden", u64::MAX)).await.unwrap_err().to_string();
    assert!(error.contains("at most 4294967295"), "{error}");
    let error = index.top_n::<u64>(request("garden", 5)).await.unwrap_err();
    assert!(matches!(error, VectorStoreError::JsonError(_)), "{error:?}");
}

#[tokio::test]
async fn an_error_of_the_server_is_an_error_of_the_search() {
    let (server, engram, _) = filled().await;
    server.fail_next([lumetra_engram_local::Fault::Status(500)]);
    let error = EngramIndex::new(engram).top_n::<String>(request("garden", 5)).await.unwrap_err().to_string();
    assert!(error.starts_with("Datastore error: Engram API 500"), "{error}");
}
