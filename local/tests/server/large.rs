use lumetra_engram_local::LocalServer;

use crate::wire::{database, start_and_connect, start_with};

const MANY: usize = 5000;

#[tokio::test]
async fn a_bucket_of_thousands_of_memories_is_searched_listed_and_cleared() {
    let (_server, engram) = start_and_connect().await;
    let notes = (0..MANY).map(|number| format!("note {number}"));
    assert_eq!(engram.store_memories(notes).await.unwrap().len(), MANY);
    engram.store_memory("The user prefers dark mode in every UI.").await.unwrap();

    let ask = async |question: &str| engram.query(question).await.unwrap().answer;
    assert_eq!(
        ask("What are this user's UI preferences?").await,
        "From memory: The user prefers dark mode in every UI."
    );
    // One word is in nearly all of them.
    assert_eq!(ask("note 4711").await, "From memory: note 4711");
    let page = engram.list_memories().limit(1).offset(4999).await.unwrap();
    assert_eq!((page.memories[0].content.as_str(), page.total), ("note 1", Some(5001)));
    assert_eq!(engram.clear_memories("default").await.unwrap().cleared_count, Some(5001));
    assert_eq!(ask("note 4711").await, "No relevant memories found.");
}

#[tokio::test]
async fn a_memory_of_many_rows_in_the_index_is_found_by_all_its_words_and_goes_with_all_its_rows() {
    let (_directory, path) = database();
    let server = start_with(LocalServer::builder().database(&path).max_memory_bytes(300_000)).await;
    let engram = server.client().unwrap();
    // Of 20,000 characters, each beside many others: 70,000 pairs.
    let content: String =
        (0..70_000_u32).filter_map(|place| char::from_u32(0x4E00 + place.wrapping_mul(place | 1) % 20_000)).collect();
    let stored = engram.store_memory(content.clone()).await.unwrap();
    assert_eq!(engram.list_memories().await.unwrap().memories[0].content, content);
    let characters: Vec<char> = content.chars().collect();
    let ask = async |question: String| engram.query(question).top_k(1).return_explanation(false).await.unwrap();
    for place in (0..characters.len() - 1).step_by(10_000).chain([characters.len() - 2]) {
        let pair: String = characters[place..place + 2].iter().collect();
        assert_eq!(ask(pair.clone()).await.memories_found, Some(1), "{pair}");
        assert_eq!(ask(characters[place].to_string()).await.memories_found, Some(1), "{}", characters[place]);
    }
    let rows = || {
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.query_row("SELECT count(*) FROM memory_terms_docsize", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert!(rows() > 1);
    engram.delete_memory(&stored.id).await.unwrap();
    assert_eq!(rows(), 0);
    assert_eq!(ask(characters[..2].iter().collect()).await.memories_found, Some(0));
    server.shutdown().await;
    // It checks the index against the memories.
    start_with(LocalServer::builder().database(&path)).await;
}
