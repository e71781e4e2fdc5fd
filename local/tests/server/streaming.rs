use std::time::Duration;

use lumetra_engram::{QueryStreamEvent, ReturnFormat};
use lumetra_engram_local::LocalServer;
use reqwest::Method;
use serde_json::json;

use crate::wire::{Answer, NEVER, advance, post, request, start, start_and_connect, start_with, stop_the_clock};

#[tokio::test]
async fn a_stream_is_deltas_then_the_final_frame_then_the_sentinel() {
    let server = start().await;
    server.client().unwrap().store_memory("The user  prefers\ndark mode.").await.unwrap();
    let options = json!({"return_explanation": false});
    let answer = post(&server, "/v1/query", json!({"query": "dark mode", "stream": true, "options": options})).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    let expected = concat!(
        r#"data: {"choices":[{"delta":{"content":"From "}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"delta":{"content":"memory: "}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"delta":{"content":"The "}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"delta":{"content":"user  "}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"delta":{"content":"prefers\n"}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"delta":{"content":"dark "}}]}"#,
        "\n\n",
        r#"data: {"choices":[{"delta":{"content":"mode."}}]}"#,
        "\n\n",
        r#"data: {"answer":"From memory: The user  prefers\ndark mode.","memories_found":1,"success":true,"#,
        r#""usage":{"actual_input_tokens":7,"actual_output_tokens":7,"context_tokens":5,"input_tokens":2,"output_tokens":7}}"#,
        "\n\n",
        "data: [DONE]\n\n",
    );
    assert_eq!(answer.text, expected);
}

#[tokio::test]
async fn a_streamed_answer_is_the_whole_answer_in_pieces() {
    let (_server, engram) = start_and_connect().await;
    engram.store_memories(["green tea", "black tea 🍵"]).await.unwrap();
    for format in [ReturnFormat::Prose, ReturnFormat::Json] {
        let whole = engram.query("tea").return_format(format).await.unwrap();
        let mut stream = engram.query_stream("tea").return_format(format).await.unwrap();
        let mut pieces = String::new();
        let mut done = None;
        while let Some(event) = stream.next().await {
            match event.unwrap() {
                QueryStreamEvent::Delta { content } => pieces.push_str(&content),
                QueryStreamEvent::Done(result) => done = Some(*result),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(pieces, whole.answer);
        assert_eq!(done, Some(whole));
    }
}

#[tokio::test]
async fn without_synthesis_a_stream_is_only_the_final_frame() {
    let server = start_with(LocalServer::builder().synthesis_latency(NEVER).delta_latency(NEVER)).await;
    server.client().unwrap().store_memory("tea").await.unwrap();
    let body = json!({"query": "tea", "stream": true, "options": {"skip_synthesis": true}});
    let answer = Answer::of(request(&server, Method::POST, "/v1/query").json(&body)).await;
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    assert!(answer.text.starts_with(r#"data: {"answer":"","explanation":{"#), "{}", answer.text);
    assert!(answer.text.ends_with("}\n\ndata: [DONE]\n\n"), "{}", answer.text);
    assert_eq!(answer.text.matches("data: ").count(), 2);
}

#[tokio::test]
async fn errors_before_a_stream_are_ordinary_errors() {
    let server = start_with(LocalServer::builder().missing_model_key(true)).await;
    let answer = post(&server, "/v1/query", json!({"query": "tea", "stream": true})).await;
    assert_eq!(answer.error().0, 412);
    let answer = post(&server, "/v1/query", json!({"query": "", "stream": true})).await;
    assert_eq!(answer.error().0, 422);
    assert_eq!(server.open_streams(), 0);
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_stream() {
    // Neither stream would end on its own.
    for builder in [LocalServer::builder().synthesis_latency(NEVER), LocalServer::builder().delta_latency(NEVER)] {
        let server = start_with(builder).await;
        let engram = server.client().unwrap();
        engram.store_memory("tea").await.unwrap();
        let one = engram.query_stream("tea").await.unwrap();
        let two = engram.query_stream("tea").await.unwrap();
        assert_eq!(server.open_streams(), 2);
        drop((one, two));
        tokio::time::timeout(Duration::from_secs(10), server.streams_closed()).await.expect("the streams go on");
        assert_eq!(server.open_streams(), 0);
    }
}

#[tokio::test]
async fn a_delta_arrives_before_the_next_one_is_written() {
    const PAUSE: Duration = Duration::from_secs(100);
    let server = start_with(LocalServer::builder().delta_latency(PAUSE)).await;
    let engram = server.client().unwrap();
    engram.store_memory("tea").await.unwrap();
    stop_the_clock();
    let begin = tokio::time::Instant::now();
    let mut stream = engram.query_stream("tea").await.unwrap();
    for (delta, pauses) in [("From ", 1), ("memory: ", 2), ("tea", 3)] {
        let mut next = std::pin::pin!(stream.next());
        let event = loop {
            tokio::select! {
                event = &mut next => break event.unwrap().unwrap(),
                () = advance(PAUSE / 10) => {}
            }
        };
        assert!(matches!(event, QueryStreamEvent::Delta { content } if content == delta));
        assert!((PAUSE * pauses..PAUSE * (pauses + 1)).contains(&begin.elapsed()), "{delta} {:?}", begin.elapsed());
    }
    assert_eq!(stream.finish().await.unwrap().answer, "From memory: tea");
}

#[tokio::test]
async fn shutting_down_waits_for_a_stream_and_breaks_off_an_endless_one() {
    let server = start_with(LocalServer::builder().delta_latency(Duration::from_millis(30))).await;
    let engram = server.client().unwrap();
    engram.store_memory("tea").await.unwrap();
    let stream = engram.query_stream("tea").await.unwrap();
    let ((), result) = tokio::join!(server.shutdown(), stream.finish());
    assert_eq!(result.unwrap().answer, "From memory: tea");

    let builder = LocalServer::builder().delta_latency(NEVER).shutdown_timeout(Duration::from_millis(50));
    let server = start_with(builder).await;
    let engram = server.client().unwrap();
    engram.store_memory("tea").await.unwrap();
    let stream = engram.query_stream("tea").await.unwrap();
    let ((), result) = tokio::join!(server.shutdown(), stream.finish());
    result.unwrap_err();
    assert!(engram.list_buckets().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn dropping_the_server_ends_its_connections() {
    let server = start_with(LocalServer::builder().delta_latency(NEVER)).await;
    let engram = server.client().unwrap();
    engram.store_memory("tea").await.unwrap();
    let stream = engram.query_stream("tea").await.unwrap();
    drop(server);
    stream.finish().await.unwrap_err();
    assert!(engram.list_buckets().await.unwrap_err().is_connect());
}
