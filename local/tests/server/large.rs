use std::time::{Duration, Instant};

use crate::wire::start;

const BATCHES: usize = 10;
const BATCH: usize = 10_000;

#[tokio::test]
async fn a_bucket_of_a_hundred_thousand_memories_answers_quickly() {
    let server = start().await;
    let engram = server.client().unwrap();
    for batch in 0..BATCHES {
        let notes = (0..BATCH).map(|number| format!("note {}", batch * BATCH + number));
        assert_eq!(engram.store_memories(notes).await.unwrap().len(), BATCH);
    }
    engram.store_memory("The user prefers dark mode in every UI.").await.unwrap();

    let ask = async |question: &str| {
        let begin = Instant::now();
        let result = engram.query(question).await.unwrap();
        // Without optimisation, on a busy machine; far less where it counts.
        assert!(begin.elapsed() < Duration::from_secs(3), "{question}: {:?}", begin.elapsed());
        result.answer
    };
    assert_eq!(
        ask("What are this user's UI preferences?").await,
        "From memory: The user prefers dark mode in every UI."
    );
    // One word is in nearly all of them.
    assert_eq!(ask("note 4711").await, "From memory: note 4711");
    let page = engram.list_memories().limit(1).offset(99_999).await.unwrap();
    assert_eq!((page.memories[0].content.as_str(), page.total), ("note 1", Some(100_001)));
    assert_eq!(engram.clear_memories("default").await.unwrap().cleared_count, Some(100_001));
    assert_eq!(ask("note 4711").await, "No relevant memories found.");
}
