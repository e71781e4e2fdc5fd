//! What each operation sends, and what is never sent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, HashMap};

use crate::support::{Answer, Request, Server, answer_for_all, every_operation};
use lumetra_engram::{Dedup, EngramClient, EngramError, Query, ReturnFormat, TopKPerBucket, api};
use lumetra_engram_spec::Spec;
use serde_json::{Value, json};

async fn server(answers: usize) -> Server {
    Server::start(vec![Answer::json(200, &answer_for_all()); answers]).await
}

/// Runs a call against a server of its own and returns what was sent.
async fn sent<T>(call: impl AsyncFnOnce(EngramClient) -> Result<T, EngramError>) -> Request {
    let server = server(1).await;
    call(server.client()).await.map(drop).unwrap();
    server.request()
}

/// A query's body without what every query sends.
async fn options_sent(query: lumetra_engram::Request<Query>, server: &Server) -> Value {
    query.await.unwrap();
    server.requests().last().unwrap().json()["options"].clone()
}

#[tokio::test]
async fn every_operation_sends_its_method_path_and_query() {
    let server = Server::always(Answer::json(200, &answer_for_all())).await;
    let engram = server.client();
    for (line, call) in every_operation(&engram) {
        call.await.unwrap();
        assert_eq!(server.requests().last().unwrap().line(), line);
    }
}

/// Whether by name, place or type, nothing is sent that the spec does not have.
#[tokio::test]
async fn every_operation_sends_what_the_spec_says_and_nothing_else() {
    let spec = Spec::of_engram().unwrap();
    let server = Server::always(Answer::json(200, &answer_for_all())).await;
    for (line, call) in every_operation(&server.client()) {
        call.await.unwrap();
        let sent = server.requests().pop().unwrap();
        let mut request = http::Request::builder().method(sent.method.as_str()).uri(&sent.target);
        for (name, value) in &sent.headers {
            request = request.header(name, value);
        }
        let request = request.body(sent.body.into()).unwrap();
        let operation = spec.operation(request.method(), request.uri().path()).unwrap();
        assert_eq!(operation.check_request(&request), [], "{line}");
    }
}

#[tokio::test]
async fn every_operation_sends_these_headers_and_no_others() {
    let server = Server::always(Answer::json(200, &answer_for_all())).await;
    let host = server.url().replace("http://", "");
    let own_agent = concat!("lumetra-engram/", env!("CARGO_PKG_VERSION"));
    for (index, (line, call)) in every_operation(&server.client()).into_iter().enumerate() {
        call.await.unwrap();
        let request = server.requests().pop().unwrap();
        let mut expected = BTreeMap::from([
            ("authorization", "Bearer eng_live_secret".to_owned()),
            ("accept", if index == 6 { "text/event-stream" } else { "application/json" }.to_owned()),
            ("user-agent", own_agent.to_owned()),
            ("host", host.clone()),
        ]);
        if !request.body.is_empty() {
            expected.insert("content-type", "application/json".to_owned());
        }
        if !request.body.is_empty() || request.header("content-length") == ["0"] {
            expected.insert("content-length", request.body.len().to_string());
        }
        let sent: BTreeMap<_, _> = request.headers.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        assert_eq!(sent, expected, "{line}");
        assert_eq!(sent.len(), request.headers.len(), "{line}: a header twice in {:?}", request.headers);
        assert_eq!(line.starts_with("POST") && !line.ends_with("regenerate"), !request.body.is_empty(), "{line}");
    }
}

#[tokio::test]
async fn the_applications_name_comes_before_the_clients_own() {
    let server = server(1).await;
    let engram = server.builder().user_agent(" myapp/1.0 ").build().unwrap();
    engram.list_buckets().await.unwrap();
    let expected = concat!("myapp/1.0 lumetra-engram/", env!("CARGO_PKG_VERSION"));
    assert_eq!(server.request().header("user-agent"), [expected]);
}

#[tokio::test]
async fn default_headers_are_sent_with_every_request() {
    let server = server(2).await;
    let engram = server.builder().default_header("X-Gateway", "a").default_header("x-gateway", "b").build().unwrap();
    engram.list_buckets().await.unwrap();
    engram.query("q").await.unwrap();
    for request in server.requests() {
        assert_eq!(request.header("x-gateway"), ["a", "b"]);
    }
}

#[tokio::test]
async fn bodies_hold_what_is_set_and_nothing_else() {
    let default_query = json!({
        "query": "q",
        "buckets": ["default"],
        "options": { "top_k": 8, "return_explanation": true, "skip_synthesis": false },
    });
    let mut streamed_query = default_query.clone();
    streamed_query["stream"] = json!(true);
    let cases = [
        (sent(async |engram| engram.store_memory("é \"x\"\n").await).await, json!({ "content": "é \"x\"\n" })),
        (
            sent(async |engram| engram.store_memory("x").dedup(Dedup::Off).await).await,
            json!({ "content": "x", "dedup": "off" }),
        ),
        (
            sent(async |engram| engram.store_memory("x").dedup(Dedup::Loose).await).await,
            json!({ "content": "x", "dedup": "loose" }),
        ),
        (
            sent(async |engram| engram.store_memory("x").dedup(Dedup::Strict).await).await,
            json!({ "content": "x", "dedup": "strict" }),
        ),
        (sent(async |engram| engram.store_memories(["a"]).await).await, json!({ "memories": [{ "content": "a" }] })),
        (sent(async |engram| engram.create_bucket("b").await).await, json!({ "name": "b" })),
        (
            sent(async |engram| engram.create_bucket("b").description("d").await).await,
            json!({ "name": "b", "description": "d" }),
        ),
        (sent(async |engram| engram.query("q").await).await, default_query),
        (sent(async |engram| engram.query_stream("q").await).await, streamed_query),
    ];
    for (request, expected) in cases {
        assert_eq!(request.json(), expected, "{}", request.line());
    }
}

#[tokio::test]
async fn bodies_are_compact_json() {
    let request = sent(async |engram| engram.store_memory("x").await).await;
    assert_eq!(request.body, br#"{"content":"x"}"#);
}

#[tokio::test]
async fn a_query_sends_every_option_that_is_set() {
    let request = sent(async |engram| {
        engram
            .query("q")
            .buckets(["a", "b"])
            .top_k(4)
            .top_k_per_bucket([("a", 20), ("b", 2)])
            .skip_synthesis(true)
            .return_explanation(false)
            .max_tokens(512)
            .min_similarity_threshold(0.0)
            .min_weighted_score(0.25)
            .return_format(ReturnFormat::Json)
            .response_schema(json!({ "type": "object" }))
            .await
    });
    let expected = json!({
        "query": "q",
        "buckets": ["a", "b"],
        "options": {
            "top_k": 4,
            "top_k_per_bucket": { "a": 20, "b": 2 },
            "skip_synthesis": true,
            "return_explanation": false,
            "max_tokens": 512,
            "min_similarity_threshold": 0.0,
            "min_weighted_score": 0.25,
            "return_format": "json",
            "response_schema": { "type": "object" },
        },
    });
    assert_eq!(request.await.json(), expected);
}

#[tokio::test]
async fn a_streamed_query_takes_the_same_options() {
    let request = sent(async |engram| engram.query_stream("q").bucket("a").top_k(1).max_tokens(9).await).await;
    let expected = json!({
        "query": "q",
        "buckets": ["a"],
        "stream": true,
        "options": { "top_k": 1, "return_explanation": true, "skip_synthesis": false, "max_tokens": 9 },
    });
    assert_eq!(request.json(), expected);
}

#[tokio::test]
async fn top_k_per_bucket_is_a_number_or_a_map() {
    let server = server(4).await;
    let query = || server.client().query("q");
    let numbers = || [("a".to_owned(), 3)];
    let map = json!({ "a": 3 });
    assert_eq!(options_sent(query().top_k_per_bucket(20), &server).await["top_k_per_bucket"], 20);
    assert_eq!(options_sent(query().top_k_per_bucket(numbers()), &server).await["top_k_per_bucket"], map);
    let sorted = BTreeMap::from(numbers());
    assert_eq!(options_sent(query().top_k_per_bucket(sorted), &server).await["top_k_per_bucket"], map);
    let hashed = TopKPerBucket::from(HashMap::from(numbers()));
    assert_eq!(options_sent(query().top_k_per_bucket(hashed), &server).await["top_k_per_bucket"], map);
}

#[tokio::test]
async fn prose_can_be_asked_for_by_name() {
    let server = server(1).await;
    let options = options_sent(server.client().query("q").return_format(ReturnFormat::Prose), &server).await;
    assert_eq!(options["return_format"], "prose");
}

#[tokio::test]
async fn setters_change_the_bucket_and_the_page() {
    let server = server(6).await;
    let engram = server.client();
    engram.store_memory("x").bucket("b").await.unwrap();
    engram.store_memories(["x"]).bucket("b").await.unwrap();
    engram.list_memories().bucket("b").limit(1).offset(5_000_000_000).await.unwrap();
    engram.delete_memory("m").bucket("b").await.unwrap();
    engram.get_profile().bucket("b").await.unwrap();
    engram.regenerate_profile().bucket("b").await.unwrap();
    let lines: Vec<_> = server.requests().iter().map(Request::line).collect();
    assert_eq!(
        lines,
        [
            "POST /v1/buckets/b/memories",
            "POST /v1/buckets/b/memories",
            "GET /v1/buckets/b/memories?limit=1&offset=5000000000",
            "DELETE /v1/buckets/b/memories/m",
            "GET /v1/buckets/b/profile",
            "POST /v1/buckets/b/profile/regenerate",
        ]
    );
}

#[tokio::test]
async fn default_buckets_are_used_where_none_is_named_but_never_to_destroy() {
    let server = Server::always(Answer::json(200, &answer_for_all())).await;
    let built = server.builder().default_bucket("mine").build().unwrap();
    for engram in [built, server.client().with_bucket("mine"), server.client().with_bucket("other").with_bucket("mine")]
    {
        let before = server.requests().len();
        for (line, call) in every_operation(&engram) {
            call.await.unwrap();
            let request = server.requests().pop().unwrap();
            assert_eq!(request.line(), line.replace("default", "mine"));
            if line.ends_with("query") {
                assert_eq!(request.json()["buckets"], json!(["mine"]));
            }
        }
        let destroyed = ["DELETE /v1/buckets/b1/memories", "DELETE /v1/buckets/b1"];
        let lines: Vec<_> = server.requests()[before..].iter().map(Request::line).collect();
        assert!(destroyed.iter().all(|line| lines.iter().any(|sent| sent == line)), "{lines:?}");
    }
}

#[tokio::test]
async fn default_buckets_of_queries_can_be_several() {
    let server = server(4).await;
    let engram = server.builder().default_bucket("one").default_buckets(["a", "b"]).build().unwrap();
    engram.query("q").await.unwrap();
    let _ = engram.query_stream("q").await.unwrap();
    engram.query("q").bucket("c").await.unwrap();
    engram.store_memory("x").await.unwrap();
    let requests = server.requests();
    let buckets: Vec<_> = requests[..3].iter().map(|request| request.json()["buckets"].clone()).collect();
    assert_eq!(buckets, [json!(["a", "b"]), json!(["a", "b"]), json!(["c"])]);
    assert_eq!(requests[3].target, "/v1/buckets/one/memories");
}

async fn assert_path_of_base_url_is_kept(suffix: &str, prefix: &str) {
    let server = server(2).await;
    let engram = server.builder().base_url(server.url() + suffix).build().unwrap();
    let stored = engram.store_memory("x").await;
    assert!(stored.is_ok(), "with the base URL's path {suffix:?}: {stored:?}");
    engram.list_memories().await.unwrap();
    let targets: Vec<_> = server.requests().into_iter().map(|request| request.target).collect();
    let path = format!("{prefix}/v1/buckets/default/memories");
    assert_eq!(targets, [path.clone(), path + "?limit=20&offset=0"]);
}

#[tokio::test]
async fn the_base_url_may_end_in_a_slash_and_have_a_path() {
    for (suffix, prefix) in [("", ""), ("/", ""), ("//", ""), ("/api", "/api"), ("/a/b%20c/", "/a/b%20c")] {
        assert_path_of_base_url_is_kept(suffix, prefix).await;
    }
}

#[tokio::test]
async fn a_lone_exclamation_mark_in_the_base_urls_path_is_no_refused_segment() {
    assert_path_of_base_url_is_kept("/!/x", "/!/x").await;
}

#[tokio::test]
async fn names_and_ids_are_encoded_as_one_segment() {
    for (name, encoded) in [
        ("user 123/spaces%", "user%20123%2Fspaces%25"),
        ("a\\b", "a%5Cb"),
        ("..\\..", "..%5C.."),
        ("../x", "..%2Fx"),
        ("%2e%2e", "%252e%252e"),
        ("é\u{1F9E0}", "%C3%A9%F0%9F%A7%A0"),
        ("a#b?c&d=e+f", "a%23b%3Fc%26d%3De%2Bf"),
        ("...", "..."),
        ("-._~aZ09", "-._~aZ09"),
        ("!", "%21"),
        ("\r\n\t\0", "%0D%0A%09%00"),
        (" ", "%20"),
    ] {
        let server = server(7).await;
        let engram = server.client().with_bucket(name);
        engram.store_memory("x").await.unwrap();
        engram.list_memories().await.unwrap();
        engram.delete_memory(name).await.unwrap();
        engram.clear_memories(name).await.unwrap();
        engram.delete_bucket(name).await.unwrap();
        engram.regenerate_profile().await.unwrap();
        engram.api().delete_memory(name, name).await.unwrap();
        let lines: Vec<_> = server.requests().iter().map(Request::line).collect();
        assert_eq!(
            lines,
            [
                format!("POST /v1/buckets/{encoded}/memories"),
                format!("GET /v1/buckets/{encoded}/memories?limit=20&offset=0"),
                format!("DELETE /v1/buckets/{encoded}/memories/{encoded}"),
                format!("DELETE /v1/buckets/{encoded}/memories"),
                format!("DELETE /v1/buckets/{encoded}"),
                format!("POST /v1/buckets/{encoded}/profile/regenerate"),
                format!("DELETE /v1/buckets/{encoded}/memories/{encoded}"),
            ]
        );
    }
}

fn assert_refused<T>(outcome: Result<T, EngramError>) {
    let error = outcome.err().expect("the request is refused");
    assert!(matches!(error, EngramError::InvalidRequest(_)), "{error:?}");
    assert_eq!(error.status().map(u16::from), None);
    crate::support::assert_one_short_line(&error);
}

#[tokio::test]
async fn what_would_name_another_route_is_refused_before_anything_is_sent() {
    let server = server(0).await;
    let engram = server.client();
    for bad in ["", ".", ".."] {
        assert_refused(engram.store_memory("x").bucket(bad).await);
        assert_refused(engram.store_memories(["x"]).bucket(bad).await);
        assert_refused(engram.store_memories(Vec::<String>::new()).bucket(bad).await);
        assert_refused(engram.list_memories().bucket(bad).await);
        assert_refused(engram.delete_memory(bad).await);
        assert_refused(engram.delete_memory("m").bucket(bad).await);
        assert_refused(engram.clear_memories(bad).await);
        assert_refused(engram.query("q").bucket(bad).await);
        assert_refused(engram.query("q").buckets(["a", bad]).await);
        assert_refused(engram.query_stream("q").bucket(bad).await);
        assert_refused(engram.create_bucket(bad).await);
        assert_refused(engram.delete_bucket(bad).await);
        assert_refused(engram.get_profile().bucket(bad).await);
        assert_refused(engram.regenerate_profile().bucket(bad).await);
        let unusable = engram.with_bucket(bad);
        assert_refused(unusable.store_memory("x").await);
        assert_refused(unusable.query("q").await);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn the_generated_client_refuses_them_too() {
    fn assert_refused<T>(outcome: Result<T, api::Error<()>>) {
        let error = outcome.err().expect("the request is refused");
        assert!(matches!(error, api::Error::InvalidRequest(_)), "{error:?}");
    }
    let server = server(0).await;
    let engram = server.client();
    let api = engram.api();
    let one = api::types::StoreMemoryRequest { content: "x".to_owned(), dedup: None, extra: Default::default() };
    let many = api::types::StoreMemoriesRequest { memories: Vec::new(), extra: Default::default() };
    for bad in ["", ".", ".."] {
        assert_refused(api.store_memory(bad, &one).await);
        assert_refused(api.store_memories(bad, &many).await);
        assert_refused(api.list_memories(bad, None, None).await);
        assert_refused(api.delete_memory(bad, "m").await);
        assert_refused(api.delete_memory("b", bad).await);
        assert_refused(api.clear_memories(bad).await);
        assert_refused(api.delete_bucket(bad).await);
        assert_refused(api.get_profile(bad).await);
        assert_refused(api.regenerate_profile(bad).await);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn the_errors_of_the_generated_client_hold_what_came() {
    let refused = Answer::json(404, &json!({ "error": "no such thing" })).header("x-other", "other");
    let broken = Answer::open("application/json").piece("{").close();
    let server =
        Server::start([refused, Answer::text(200, "text/html", "<p>"), broken, Answer::silence().close()]).await;
    let engram = server.client();
    let call = async || engram.api().list_buckets(None, None).await.unwrap_err();
    let api::Error::UnexpectedResponse(response) = call().await else { panic!("no response") };
    assert_eq!((response.status().as_u16(), response.url().path()), (404, "/v1/buckets"));
    assert_eq!(response.headers()["x-other"], "other");
    assert_eq!(response.json::<Value>().await.unwrap(), json!({ "error": "no such thing" }));
    let api::Error::InvalidResponsePayload(body, _) = call().await else { panic!("no body") };
    assert_eq!(body, "<p>");
    assert!(matches!(call().await, api::Error::CommunicationError(_)), "a body that breaks off");
    assert!(matches!(call().await, api::Error::CommunicationError(_)), "no response");
}

#[tokio::test]
async fn the_generated_client_sends_the_same_headers() {
    let server = server(2).await;
    let engram = server.client();
    engram.list_buckets().await.unwrap();
    engram.api().list_buckets(None, None).await.unwrap();
    let [ours, generated] = <[Request; 2]>::try_from(server.requests()).unwrap();
    assert_eq!(ours.headers, generated.headers);
}

#[tokio::test]
async fn values_that_the_service_cannot_take_are_refused() {
    let server = server(0).await;
    let engram = server.client();
    let query = || engram.query("q");
    for not_finite in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_refused(query().min_similarity_threshold(not_finite).await);
        assert_refused(query().min_weighted_score(not_finite).await);
        assert_refused(engram.query_stream("q").min_weighted_score(not_finite).await);
    }
    assert_refused(query().top_k(0).await);
    assert_refused(query().top_k_per_bucket(0).await);
    assert_refused(query().top_k_per_bucket([("a", 1), ("b", 0)]).await);
    assert_refused(query().max_tokens(0).await);
    assert_refused(query().buckets(Vec::<String>::new()).await);
    assert_refused(engram.query_stream("q").buckets(Vec::<String>::new()).await);
    for schema in [json!({}), json!([]), json!("text"), json!(true), Value::Null] {
        assert_refused(query().response_schema(schema).await);
    }
    assert_refused(engram.list_memories().limit(0).await);
    assert_refused(engram.list_memories().offset(u64::MAX).await);
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn nothing_is_sent_for_no_facts_or_for_a_request_that_is_dropped() {
    let server = server(0).await;
    let engram = server.client();
    assert_eq!(engram.store_memories(Vec::<String>::new()).await.unwrap(), []);
    drop(engram.clear_memories("b"));
    drop(engram.delete_bucket("b").into_future());
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn extra_fields_are_sent_beside_the_others_and_the_last_of_a_name_wins() {
    let store = sent(async |engram| engram.store_memory("x").extra("run_id", 1).extra("run_id", "r2").await).await;
    assert_eq!(store.body, br#"{"content":"x","run_id":"r2"}"#);
    let many = sent(async |engram| engram.store_memories(["x"]).extra("tags", json!(["a"])).await).await;
    assert_eq!(many.json(), json!({ "memories": [{ "content": "x" }], "tags": ["a"] }));
    let create = sent(async |engram| engram.create_bucket("b").extra("top_k", Value::Null).await).await;
    assert_eq!(create.json(), json!({ "name": "b", "top_k": null }));
    let query = sent(async |engram| {
        let query = engram.query("q").extra("agent_id", "a1").extra_option("rerank", false).top_k(3);
        query.extra("agent_id", "a2").extra_option("rerank", true).await
    });
    let options = json!({ "top_k": 3, "return_explanation": true, "skip_synthesis": false, "rerank": true });
    assert_eq!(
        query.await.json(),
        json!({ "query": "q", "buckets": ["default"], "agent_id": "a2", "options": options })
    );
    let stream = sent(async |engram| engram.query_stream("q").extra("agent_id", "a1").await).await.json();
    assert_eq!((&stream["agent_id"], &stream["stream"]), (&json!("a1"), &json!(true)));
}

fn properties(schema: &str) -> Vec<String> {
    let spec: Value = serde_saphyr::from_str(include_str!("../../openapi/engram.yaml")).unwrap();
    let properties = spec["components"]["schemas"][schema]["properties"].as_object().unwrap().keys();
    properties.cloned().collect()
}

fn assert_refused_in_favour<T: std::fmt::Debug>(outcome: Result<T, EngramError>, field: &str, instead: &str) {
    let error = outcome.unwrap_err();
    assert!(matches!(error, EngramError::InvalidRequest(_)), "{field}: {error:?}");
    let text = error.to_string();
    assert_eq!(text, format!("invalid Engram request: `{field}` is not an extra field: use {instead}"));
    crate::support::assert_one_short_line(&error);
}

/// Whatever the spec has, so that a field it gains is refused as well.
#[tokio::test]
async fn a_field_of_the_spec_is_refused_as_an_extra_one_and_the_error_names_what_sets_it() {
    let server = server(0).await;
    let engram = server.client();
    let instead = |field: &str| match field {
        "content" => "the argument of `store_memory`".to_owned(),
        "memories" => "the argument of `store_memories`".to_owned(),
        "name" => "the argument of `create_bucket`".to_owned(),
        "query" => "the argument of `query`".to_owned(),
        "stream" => "`query_stream`".to_owned(),
        "options" => "the setters of the options, or `extra_option`".to_owned(),
        "dedup" | "description" | "buckets" => format!("the setter `{field}`"),
        other => panic!("a test is missing for {other}"),
    };
    for field in properties("StoreMemoryRequest") {
        assert_refused_in_favour(engram.store_memory("x").extra(&field, 1).await, &field, &instead(&field));
    }
    for field in properties("StoreMemoriesRequest") {
        assert_refused_in_favour(engram.store_memories(["x"]).extra(&field, 1).await, &field, &instead(&field));
    }
    for field in properties("CreateBucketRequest") {
        assert_refused_in_favour(engram.create_bucket("b").extra(&field, 1).await, &field, &instead(&field));
    }
    for field in properties("QueryRequest") {
        assert_refused_in_favour(engram.query("q").extra(&field, 1).await, &field, &instead(&field));
        assert_refused_in_favour(engram.query_stream("q").extra(&field, 1).await, &field, &instead(&field));
    }
    for field in properties("QueryOptions") {
        let setter = format!("the setter `{field}`");
        assert_refused_in_favour(engram.query("q").extra_option(&field, 1).await, &field, &setter);
    }
    assert_eq!(server.connections(), 0);
}
