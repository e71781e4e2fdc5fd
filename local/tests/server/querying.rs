use lumetra_engram::{Dedup, EngramClient, QueryResult, ReturnFormat};
use lumetra_engram_local::LocalServer;
use serde_json::{Value, json};

use crate::wire::{post, start_and_connect, start_with};

const PREFERENCE: &str = "The user prefers dark mode in every UI.";

async fn start_with_memories(contents: &[&str]) -> (LocalServer, EngramClient) {
    let (server, engram) = start_and_connect().await;
    engram.store_memories(contents.iter().copied()).await.unwrap();
    (server, engram)
}

fn found(result: &QueryResult) -> Vec<&str> {
    let explanation = result.explanation.as_ref().unwrap();
    explanation.retrieved_memories.iter().map(|memory| memory.content.as_str()).collect()
}

fn scores(result: &QueryResult) -> Vec<f64> {
    let explanation = result.explanation.as_ref().unwrap();
    explanation.retrieved_memories.iter().map(|memory| memory.raw_score.unwrap()).collect()
}

#[tokio::test]
async fn a_question_finds_the_memory_that_answers_it() {
    let memories = ["The user lives in Lisbon.", PREFERENCE, "The user has a cat."];
    let (_server, engram) = start_with_memories(&memories).await;
    let result = engram.query("What are this user's UI preferences?").await.unwrap();
    assert_eq!(found(&result)[0], PREFERENCE);
    assert_eq!(result.answer, format!("From memory: {PREFERENCE}"));
    assert_eq!(result.success, Some(true));
    assert_eq!(result.memories_found, Some(3));
    // "user" is in all three, and still counts for something.
    assert!(scores(&result)[1] > 0.01, "{:?}", scores(&result));
}

#[tokio::test]
async fn an_explanation_tells_everything_about_a_memory() {
    let (server, engram) = start_with_memories(&[PREFERENCE]).await;
    let bucket = engram.list_buckets().await.unwrap().remove(0);
    let memory = engram.list_memories().await.unwrap().memories.remove(0);
    let answer = post(&server, "/v1/query", json!({"query": "dark mode"})).await.json();
    let score = &answer["explanation"]["retrieved_memories"][0]["raw_score"];
    assert!((0.0..=1.0).contains(&score.as_f64().unwrap()));
    let expected = json!({
        "answer": format!("From memory: {PREFERENCE}"),
        "success": true,
        "memories_found": 1,
        "explanation": {
            "retrieved_memories": [{
                "memory_id": memory.id,
                "bucket_id": bucket.id,
                "bucket_name": "default",
                "content": PREFERENCE,
                "raw_score": score,
                "weight": 1.0,
                "weighted_score": score,
                "metadata": {},
            }],
            "graph_facts": [],
            "entity_matches": [],
            "context_tokens": 8,
        },
        "usage": {
            "input_tokens": 2,
            "output_tokens": 10,
            "context_tokens": 8,
            "actual_input_tokens": 10,
            "actual_output_tokens": 10,
        },
    });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn nothing_found_is_said_in_the_words_that_clients_know() {
    const NOTHING_FOUND: &str = "No relevant memories found.";
    let (server, engram) = start_with_memories(&[PREFERENCE]).await;
    let result = engram.query("favourite food").await.unwrap();
    assert_eq!((result.answer.as_str(), result.memories_found), (NOTHING_FOUND, Some(0)));
    let answer = post(&server, "/v1/query", json!({"query": "food"})).await.json();
    assert_eq!(answer["explanation"]["retrieved_memories"], json!([]));
    // Function words alone, no words at all, too little of the question, a score too low, a bucket that isn't there.
    for query in [
        engram.query("What is it?"),
        engram.query("?!"),
        engram.query("What is the user's favourite food?"),
        engram.query("dark mode").min_weighted_score(1.0),
        engram.query("dark mode").bucket("fresh"),
    ] {
        let question = format!("{query:?}");
        assert_eq!(query.await.unwrap().answer, NOTHING_FOUND, "{question}");
    }
    let streamed = engram.query_stream("favourite food").await.unwrap().finish().await.unwrap();
    assert_eq!(streamed.answer, NOTHING_FOUND);
}

#[tokio::test]
async fn a_bucket_that_does_not_exist_is_empty_to_a_query() {
    let (_server, engram) = start_with_memories(&[PREFERENCE]).await;
    assert_eq!(engram.query("dark mode").bucket("fresh").await.unwrap().memories_found, Some(0));
    assert_eq!(engram.query("dark mode").buckets(["fresh", "default"]).await.unwrap().memories_found, Some(1));
    assert_eq!(engram.list_buckets().await.unwrap().len(), 1, "asking made a bucket");
}

#[tokio::test]
async fn buckets_are_the_default_one_unless_they_are_named_in_the_plural() {
    let (server, engram) = start_with_memories(&["in the default bucket"]).await;
    engram.store_memory("in another bucket").bucket("other").await.unwrap();
    for (body, expected) in [
        (json!({"query": "bucket"}), "in the default bucket"),
        (json!({"query": "bucket", "buckets": []}), "in the default bucket"),
        (json!({"query": "bucket", "buckets": null, "options": null}), "in the default bucket"),
        (json!({"query": "bucket", "bucket": "other"}), "in the default bucket"),
        (json!({"query": "bucket", "buckets": ["other", "other"]}), "in another bucket"),
    ] {
        let answer = post(&server, "/v1/query", body.clone()).await.json();
        assert_eq!(answer["memories_found"], 1, "{body}");
        assert_eq!(answer["explanation"]["retrieved_memories"][0]["content"], expected, "{body}");
    }
}

#[tokio::test]
async fn memories_of_several_buckets_are_ranked_together() {
    let (_server, engram) = start_with_memories(&["tea and cake and bread and butter"]).await;
    engram.store_memories(["green tea", "coffee"]).bucket("drinks").await.unwrap();
    let result = engram.query("tea").buckets(["default", "drinks"]).await.unwrap();
    assert_eq!(found(&result), ["green tea", "tea and cake and bread and butter"]);
    assert!(scores(&result).is_sorted_by(|one, other| one > other));
    let buckets = &result.explanation.unwrap().retrieved_memories;
    assert_eq!((buckets[0].bucket_name.as_str(), buckets[1].bucket_name.as_str()), ("drinks", "default"));
}

#[tokio::test]
async fn of_memories_that_match_as_well_the_newest_comes_first() {
    let (_server, engram) = start_with_memories(&["tea one", "tea two", "tea three"]).await;
    assert_eq!(found(&engram.query("tea").await.unwrap()), ["tea three", "tea two", "tea one"]);
    assert_eq!(found(&engram.query("tea").top_k(2).await.unwrap()), ["tea three", "tea two"]);
}

#[tokio::test]
async fn top_k_holds_for_each_bucket_and_can_be_set_for_each() {
    let (server, engram) = start_and_connect().await;
    for bucket in ["one", "two"] {
        engram.store_memories((0..12).map(|number| format!("tea {number} of {bucket}"))).bucket(bucket).await.unwrap();
    }
    let count = async |setting: Value| {
        let body = json!({"query": "tea", "buckets": ["one", "two"], "options": setting});
        let answer = post(&server, "/v1/query", body).await.json();
        let memories = answer["explanation"]["retrieved_memories"].as_array().unwrap().clone();
        assert_eq!(answer["memories_found"], memories.len());
        ["one", "two"].map(|bucket| memories.iter().filter(|memory| memory["bucket_name"] == bucket).count())
    };
    assert_eq!(count(json!({})).await, [8, 8]);
    assert_eq!(count(json!({"top_k": 3})).await, [3, 3]);
    assert_eq!(count(json!({"top_k": 3, "top_k_per_bucket": 5})).await, [5, 5]);
    assert_eq!(count(json!({"top_k": 3, "top_k_per_bucket": {"one": 1, "none": 9}})).await, [1, 3]);
    assert_eq!(count(json!({"top_k": 2_000_000_000})).await, [12, 12]);
}

#[tokio::test]
async fn thresholds_leave_out_what_scores_less() {
    let (_server, engram) = start_with_memories(&["green tea", "tea with milk and sugar and more"]).await;
    let all = engram.query("tea").await.unwrap();
    let [high, low] = scores(&all)[..] else { panic!("two memories") };
    assert!(high > low);
    let between = f64::midpoint(high, low);
    assert_eq!(found(&engram.query("tea").min_similarity_threshold(between).await.unwrap()), ["green tea"]);
    assert_eq!(found(&engram.query("tea").min_weighted_score(between).await.unwrap()), ["green tea"]);
    // What is as high as the threshold stays.
    assert_eq!(engram.query("tea").min_similarity_threshold(low).await.unwrap().memories_found, Some(2));
    assert_eq!(engram.query("tea").min_weighted_score(1.0).await.unwrap().memories_found, Some(0));
}

#[tokio::test]
async fn a_rare_word_counts_more_than_a_common_one() {
    let memories =
        ["user likes tea", "user likes jam", "user likes pie", "zebra in the user's garden today and tomorrow"];
    let (_server, engram) = start_with_memories(&memories).await;
    assert_eq!(found(&engram.query("Does the user like a zebra?").await.unwrap())[0], memories[3]);
}

#[tokio::test]
async fn a_question_is_never_search_syntax() {
    let (server, engram) = start_with_memories(&["O'Brien said \"tea\" at the bar"]).await;
    for question in [
        "\"",
        "'",
        "*",
        "tea*",
        "\"tea",
        "NEAR(tea bar, 2)",
        "tea AND NOT tea",
        "tea OR",
        "terms:tea",
        "-tea",
        "^tea",
        "tea)",
        "tea + bar",
        "{tea}",
        "1xtea",
        "'; DROP TABLE memories; --",
        "tea\0bar",
        "\0",
        "%",
        "_",
        "\\",
        "?1",
    ] {
        let answer = post(&server, "/v1/query", json!({"query": question})).await;
        assert_eq!(answer.status, 200, "{question}: {}", answer.text);
        let finds = question.contains("tea") && question != "1xtea";
        assert_eq!(answer.json()["memories_found"], u8::from(finds), "{question}");
    }
    assert_eq!(engram.query("o'brien").await.unwrap().memories_found, Some(1));
    assert_eq!(engram.list_memories().await.unwrap().total, Some(1));
}

const TRANSCRIPT: [&str; 4] = [
    "It rained all day.",
    "Which dish did you try in Porto?",
    "A francesinha. It was wonderful!",
    "How is your sister?",
];

#[tokio::test]
async fn in_a_transcript_an_answer_is_found_by_the_question_before_it() {
    let question = "What did she eat in Porto?";
    let (_server, engram) = start_with_memories(&TRANSCRIPT).await;
    assert_eq!(found(&engram.query(question).await.unwrap()), [TRANSCRIPT[1]]);
    let server = start_with(LocalServer::builder().neighbours(0.5)).await;
    let engram = server.client().unwrap();
    for turn in TRANSCRIPT {
        engram.store_memory(turn).await.unwrap();
        // What is between them in the database, in another bucket, is no neighbour.
        engram.store_memory("Nothing of note.").bucket("other").dedup(Dedup::Off).await.unwrap();
    }
    let result = engram.query(question).buckets(["default", "other"]).await.unwrap();
    assert_eq!(found(&result), [TRANSCRIPT[1], TRANSCRIPT[2], TRANSCRIPT[0]]);
    let bm25: Vec<f64> = scores(&result).iter().map(|score| score / (1.0 - score)).collect();
    assert!(bm25[1..].iter().all(|gained| (gained - bm25[0] / 2.0).abs() < 1e-6), "a neighbour gains half: {bm25:?}");
}

#[tokio::test]
async fn skip_synthesis_retrieves_without_an_answer() {
    let (_server, engram) = start_with_memories(&[PREFERENCE]).await;
    let result = engram.query("dark").skip_synthesis(true).await.unwrap();
    assert_eq!(result.answer, "");
    assert_eq!(found(&result), [PREFERENCE]);
    let json = engram.query("dark").skip_synthesis(true).return_format(ReturnFormat::Json).await.unwrap();
    assert_eq!((json.answer.as_str(), json.answer_json), ("", None));
}

#[tokio::test]
async fn an_answer_quotes_the_best_memories() {
    let memories =
        ["tea one", "tea two", "tea three", "tea four", "tea five", "tea six", "a long story with tea in it"];
    let (_server, engram) = start_with_memories(&memories).await;
    let result = engram.query("tea").await.unwrap();
    assert_eq!(result.memories_found, Some(7));
    assert_eq!(result.answer, "From memory:\n- tea six\n- tea five\n- tea four\n- tea three\n- tea two");
    assert_eq!(engram.query("tea").await.unwrap().answer, result.answer, "an answer is the same every time");
    assert_eq!(engram.query("tea").max_tokens(5).await.unwrap().answer, "From memory:\n- tea six");
}

#[tokio::test]
async fn an_answer_in_json_is_parsed_and_fills_the_schema() {
    let (_server, engram) = start_with_memories(&["green tea", "black tea"]).await;
    let ask = || engram.query("tea").return_format(ReturnFormat::Json);
    let result = ask().await.unwrap();
    let expected = json!({"memories": ["black tea", "green tea"]});
    assert_eq!(result.answer_json, Some(expected.clone()));
    assert_eq!(serde_json::from_str::<Value>(&result.answer).unwrap(), expected);
    assert_eq!(ask().max_tokens(3).await.unwrap().answer_json, Some(json!({"memories": ["black tea", "green"]})));

    let schema = json!({"type": "object", "properties": {
        "best": {"type": "string"}, "all": {"type": "array", "items": {"type": "string"}}, "cups": {"type": "integer"},
    }});
    let result = ask().response_schema(schema.clone()).await.unwrap();
    let expected = json!({"best": "black tea", "all": ["black tea", "green tea"], "cups": null});
    assert_eq!(result.answer_json, Some(expected));
    let nothing = engram.query("cake").return_format(ReturnFormat::Json).response_schema(schema).await.unwrap();
    assert_eq!(nothing.answer_json, Some(json!({"best": null, "all": [], "cups": null})));
}
