//! Facts that a model takes from memories, with a scripted endpoint of chat completions.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lumetra_engram::EngramClient;
use lumetra_engram::api::types::{EntityMatch, GraphFact, ProfileStatus, QueryExplanation};
use lumetra_engram_local::{LocalServer, LocalServerBuilder};
use parking_lot::Mutex;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::answers::HOSTILE;
#[cfg(unix)]
use crate::care;
use crate::chat::{self, Endpoint, Reply, messages, whole};
use crate::embeddings;
use crate::endpoint::nowhere;
#[cfg(unix)]
use crate::profiles::until_text;
#[cfg(unix)]
use crate::program::{self, Program};
use crate::wire::{LONG, advance, client, database, post, start_with, stop_the_clock};

/// By this, requests for facts are told from those for answers.
const BEGIN_OF_RULES: &str = "You take facts from the memories of an assistant.";
const MOST: &str = "100000";

/// A model that takes "Ana drinks green tea." for the fact that Ana drinks green tea, and so on with each sentence.
#[derive(Default)]
struct Model {
    /// What it does with its next requests.
    replies: VecDeque<Reply>,
    /// What it does with all requests while it is there.
    down: Option<fn() -> Reply>,
    /// It writes nonsense about texts with this in them.
    refused: Option<&'static str>,
    /// The texts that it was asked about, for each request.
    asked: Vec<Vec<String>>,
    /// How many texts it has written the facts of.
    written: watch::Sender<usize>,
}

impl Model {
    fn reply(&mut self, request: &Value) -> Option<Reply> {
        let (system, data) = messages(request);
        if !system.starts_with(BEGIN_OF_RULES) {
            return None;
        }
        let memories = data["memories"].as_array().unwrap();
        let texts: Vec<String> = memories.iter().map(|memory| memory["text"].as_str().unwrap().to_owned()).collect();
        self.asked.push(texts.clone());
        if let Some(reply) = self.replies.pop_front().or_else(|| self.down.map(|down| down())) {
            return Some(reply);
        }
        if self.refused.is_some_and(|refused| texts.iter().any(|text| text.contains(refused))) {
            return Some(Reply::Text("I see no facts here.".to_owned()));
        }
        self.written.send_modify(|count| *count += texts.len());
        let memories: Vec<Value> =
            texts.iter().enumerate().map(|(place, text)| memory(place + 1, &facts_of(text))).collect();
        Some(Reply::Text(json!({"memories": memories}).to_string()))
    }
}

fn memory(number: usize, facts: &[Value]) -> Value {
    json!({"number": number, "facts": facts})
}

fn facts_of(text: &str) -> Vec<Value> {
    let fact = |sentence: &str| {
        let (subject, rest) = sentence.trim_end_matches('.').split_once(' ')?;
        let (predicate, object) = rest.split_once(' ')?;
        Some(fact(subject, predicate, object))
    };
    text.split(". ").filter_map(fact).collect()
}

fn fact(subject: &str, predicate: &str, object: &str) -> Value {
    json!({"subject": subject, "predicate": predicate, "object": object})
}

struct World {
    endpoint: Endpoint,
    model: Arc<Mutex<Model>>,
    path: PathBuf,
    _directory: TempDir,
}

impl World {
    async fn new() -> Self {
        let endpoint = Endpoint::start().await;
        let model = Arc::new(Mutex::new(Model::default()));
        let behaviour = Arc::clone(&model);
        *endpoint.script.behaviour.lock() = Some(Box::new(move |request| behaviour.lock().reply(request)));
        let (directory, path) = database();
        Self { endpoint, model, path, _directory: directory }
    }

    fn builder(&self) -> LocalServerBuilder {
        self.endpoint.builder().database(&self.path).extract(true).extract_per_minute(100_000)
    }

    async fn server(&self) -> (LocalServer, EngramClient) {
        let server = start_with(self.builder()).await;
        let engram = server.client().unwrap();
        (server, engram)
    }

    /// The same, once it has the facts of these memories.
    async fn server_that_knows(&self, memories: &[&str]) -> (LocalServer, EngramClient) {
        let (server, engram) = self.server().await;
        engram.store_memories(memories.iter().copied()).await.unwrap();
        self.all_done().await;
        (server, engram)
    }

    /// A process with the same database and the model at this address.
    #[cfg(unix)]
    async fn program(&self, model_url: &str) -> Program {
        let file = self.path.to_str().unwrap();
        let options = ["--listen", "127.0.0.1:0", "--database", file, "--model", "tea-1", "--model-url", model_url];
        let more = ["--extract", "--extract-per-minute", MOST];
        program::start(&[&options[..], &more].concat()).await
    }

    fn counts(&self) -> Counts {
        counts(&self.path)
    }

    async fn all_done(&self) {
        let done = || self.counts().waiting == 0;
        eventually(done, || format!("{:?}", self.counts())).await;
    }

    /// Moves the clock, which stands still, until it is so.
    async fn in_time(&self, is_so: impl Fn() -> bool) {
        let begin = Instant::now();
        while !is_so() {
            assert!(begin.elapsed() < LONG, "{:?}", self.counts());
            advance(Duration::from_millis(200)).await;
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn asked(&self) -> Vec<Vec<String>> {
        self.model.lock().asked.clone()
    }
}

async fn eventually(is_so: impl Fn() -> bool, state: impl Fn() -> String) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < LONG, "{}", state());
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

#[derive(Debug, Eq, PartialEq)]
struct Counts {
    facts: usize,
    names: usize,
    entities: usize,
    waiting: usize,
    failed: usize,
}

fn counts(path: &Path) -> Counts {
    let connection = Connection::open(path).unwrap();
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap() as usize;
    Counts {
        facts: count("SELECT count(*) FROM facts"),
        names: count("SELECT count(*) FROM names"),
        entities: count("SELECT count(DISTINCT entity) FROM names"),
        waiting: count(
            "SELECT count(*) FROM memories LEFT JOIN extraction USING (bucket_id) WHERE memories.id > coalesce(done_to, 0)",
        ),
        failed: count("SELECT count(*) FROM unextracted"),
    }
}

async fn explained(engram: &EngramClient, question: &str, top_k: u32) -> QueryExplanation {
    engram.query(question).top_k(top_k).skip_synthesis(true).await.unwrap().explanation.unwrap()
}

/// "Ana drinks green tea (0)", with the depth.
fn said(facts: &[GraphFact]) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap();
    let said = |fact: &GraphFact| {
        let (subject, predicate, object) = (text(&fact.subject), text(&fact.predicate), text(&fact.object));
        format!("{subject} {predicate} {object} ({})", fact.depth.unwrap())
    };
    facts.iter().map(said).collect()
}

async fn facts(engram: &EngramClient, question: &str, top_k: u32) -> Vec<String> {
    said(&explained(engram, question, top_k).await.graph_facts)
}

fn names(matches: &[EntityMatch]) -> Vec<&str> {
    matches.iter().map(|matched| matched.entity.as_deref().unwrap()).collect()
}

#[tokio::test]
async fn facts_are_taken_from_memories_and_stand_in_the_explanation_and_in_the_prompt() {
    let world = World::new().await;
    let (_server, engram) = world.server_that_knows(&["Ana drinks green tea.", "Ben plays chess."]).await;
    let stored = engram.list_memories().await.unwrap().memories;
    let bucket = engram.list_buckets().await.unwrap().remove(0);
    let result = engram.query("What does Ana drink?").await.unwrap();
    let explanation = result.explanation.unwrap();
    let [fact] = explanation.graph_facts.as_slice() else { panic!("{explanation:?}") };
    let memory = &stored[1];
    // Of the memory, and of the fact that the model was given.
    assert_eq!(explanation.context_tokens, Some(4 + 4));
    assert_eq!(
        serde_json::to_value(fact).unwrap(),
        json!({
            "subject": "Ana", "predicate": "drinks", "object": "green tea", "depth": 0,
            "memory_id": memory.id, "bucket_id": bucket.id, "bucket_name": "default",
            "weight": explanation.retrieved_memories[0].weighted_score, "timestamp": memory.created_at,
        })
    );
    assert_eq!(memory.content, "Ana drinks green tea.");
    let matched = serde_json::to_value(&explanation.entity_matches).unwrap();
    assert_eq!(matched, json!([{"entity": "Ana", "bucket_name": "default", "score": 1.0}]));
    let (_, data) = messages(&world.endpoint.last_request());
    assert_eq!(data["facts"], json!([{"subject": "Ana", "predicate": "drinks", "object": "green tea"}]));
}

#[tokio::test]
async fn a_request_for_facts_holds_a_few_memories_as_data_and_asks_for_json() {
    let world = World::new().await;
    let memories: Vec<String> = (0..20).map(|number| format!("Ana knows fact{number}.")).collect();
    world.server_that_knows(&memories.iter().map(String::as_str).collect::<Vec<_>>()).await;
    assert_eq!(world.asked().iter().map(Vec::len).collect::<Vec<_>>(), [8, 8, 4]);
    assert_eq!(world.asked().concat(), memories);
    let request = world.endpoint.requests().remove(0);
    let (system, data) = messages(&request);
    assert_eq!(data["memories"][1], json!({"number": 2, "text": "Ana knows fact1."}));
    assert_eq!(data.as_object().unwrap().len(), 1);
    assert_eq!((&request["stream"], &request["max_tokens"]), (&json!(false), &json!(8192)));
    let format = &request["response_format"];
    assert_eq!(format["type"], "json_schema");
    let memories = &format["json_schema"]["schema"]["properties"]["memories"];
    assert_eq!((&memories["minItems"], &memories["maxItems"]), (&json!(8), &json!(8)));
    let fact = &memories["items"]["properties"]["facts"]["items"];
    assert_eq!(fact["required"], json!(["subject", "predicate", "object"]));
    let page = include_str!("../../docs/facts.md");
    assert!(page.contains(&system), "docs/facts.md has another prompt than this: {system}");
}

#[tokio::test]
async fn hostile_memories_reach_the_model_as_data_alone() {
    let world = World::new().await;
    // Something to end with: white space around a memory is no part of it.
    let hostile = HOSTILE.map(|memory| format!("{memory}!"));
    let (_server, _) = world.server_that_knows(&hostile.each_ref().map(String::as_str)).await;
    let requests = world.endpoint.requests();
    let mut texts = Vec::new();
    for request in &requests {
        let (system, data) = messages(request);
        assert!(system.starts_with(BEGIN_OF_RULES) && !system.contains("PWNED"));
        assert_eq!(system, messages(&requests[0]).0);
        let memories = data["memories"].as_array().unwrap();
        texts.extend(memories.iter().map(|memory| memory["text"].as_str().unwrap().to_owned()));
    }
    assert_eq!(texts, hostile);
}

#[tokio::test]
async fn facts_one_step_away_come_after_those_of_the_memories_and_weigh_half() {
    let world = World::new().await;
    let memories = [
        "Ana employs Bo.",
        "Acme employs Ana.",
        "Acme occupies Lisbon.",
        "Lisbon borders Sintra.",
        "Cleo likes chess.",
    ];
    let (_server, engram) = world.server_that_knows(&memories).await;
    let explanation = explained(&engram, "Who works with Bo?", 1).await;
    let expected = ["Ana employs Bo (0)", "Acme employs Ana (1)"];
    assert_eq!(said(&explanation.graph_facts), expected);
    let weights: Vec<f64> = explanation.graph_facts.iter().map(|fact| fact.weight.unwrap()).collect();
    assert_eq!(weights[0], explanation.retrieved_memories[0].weighted_score.unwrap());
    // It is an entity of the question that leads there, or of the fact before.
    assert!(weights[1] == weights[0] / 2.0 || weights[1] == 0.5, "{weights:?}");
    assert_eq!(facts(&engram, "occupies", 1).await[1..], ["Acme employs Ana (1)", "Lisbon borders Sintra (1)"]);
}

#[tokio::test]
async fn where_no_memory_is_found_there_are_no_facts() {
    let world = World::new().await;
    let (_server, engram) = world.server_that_knows(&["Ana employs Bo."]).await;
    let query = engram.query("Ana").min_similarity_threshold(1.0);
    let result = query.await.unwrap();
    let explanation = result.explanation.unwrap();
    assert_eq!((result.memories_found, explanation.graph_facts.len()), (Some(0), 0));
    assert_eq!(names(&explanation.entity_matches), ["Ana"]);
    assert_eq!(result.answer, "No relevant memories found.");
}

#[tokio::test]
async fn facts_are_bounded_and_one_entity_gives_no_more_than_its_share() {
    let world = World::new().await;
    let of_hub: Vec<String> =
        (0..60).map(|number| format!("User likes thing{number}. User owns item{number}.")).collect();
    let mut memories: Vec<&str> = of_hub.iter().map(String::as_str).collect();
    memories.push("Zoe met User. Zoe visited Rome.");
    let (_server, engram) = world.server_that_knows(&memories).await;
    let near = |facts: &[String]| facts.iter().filter(|fact| fact.ends_with("(1)")).count();
    let some = facts(&engram, "Zoe", 1).await;
    assert_eq!((some.len(), near(&some)), (6, 4), "{some:?}");
    assert_eq!(
        some[2..],
        ["User owns item59 (1)", "User likes thing59 (1)", "User owns item58 (1)", "User likes thing58 (1)"]
    );
    let all = facts(&engram, "likes owns Zoe", 100).await;
    assert_eq!(all.len() - near(&all), 32);
    assert!(near(&all) <= 16, "{all:?}");
}

#[tokio::test]
async fn facts_leave_room_for_the_memories_in_the_prompt_and_a_warning_says_so() {
    let world = World::new().await;
    let hostile: Vec<Value> =
        (0..16).map(|number| fact(&format!("{number}{}", "<".repeat(190)), "is", "tea")).collect();
    let memories = json!([memory(1, &hostile)]);
    world.model.lock().replies.push_back(Reply::Text(json!({"memories": memories}).to_string()));
    let (_server, engram) = world.server_that_knows(&["Ana drinks tea."]).await;
    let explanation = engram.query("tea").await.unwrap().explanation.unwrap();
    assert_eq!(explanation.graph_facts.len(), 16);
    let (_, data) = messages(&world.endpoint.last_request());
    let given = data["facts"].as_array().unwrap().len();
    assert!((10..16).contains(&given) && data["memories"][0]["text"] == "Ana drinks tea.", "{data}");
    let expected = format!("The model was sent {given} of 16 facts; the limit is 16384 bytes.");
    assert_eq!(explanation.extra["warning"], expected);
}

#[tokio::test]
async fn names_that_a_search_takes_for_the_same_are_one_entity_with_the_first_name() {
    let world = World::new().await;
    let memories = ["Łódź hosts Ana.", "ANA likes tea.", "LODZ makes films.", "ana likes chess."];
    let (_server, engram) = world.server_that_knows(&memories).await;
    let known = explained(&engram, "What about lodz and aNa?", 10).await;
    assert_eq!(names(&known.entity_matches), ["Łódź", "Ana"]);
    let mut facts = said(&known.graph_facts);
    facts.sort();
    let expected = ["Ana likes chess (0)", "Ana likes tea (0)", "Łódź hosts Ana (0)", "Łódź makes films (0)"];
    assert_eq!(facts, expected);
    assert_eq!(world.counts().entities, 5);
    // The name goes with the memory that it was in.
    let first = engram.list_memories().all().await.unwrap().pop().unwrap();
    engram.delete_memory(&first.id).await.unwrap();
    let known = explained(&engram, "lodz and ana", 10).await;
    assert_eq!(names(&known.entity_matches), ["LODZ", "ANA"]);
}

#[tokio::test]
async fn names_that_mean_the_same_are_one_entity_and_those_with_other_digits_are_not() {
    let world = World::new().await;
    let meanings = embeddings::Endpoint::start().await;
    let server = start_with(world.builder().embeddings(meanings.embeddings())).await;
    let engram = server.client().unwrap();
    let memories =
        ["Ana loves tea.", "Beverage soothes Bo.", "Puppy fears Cleo.", "Dora bought puppy 1.", "Emil bought puppy 2."];
    engram.store_memories(memories).await.unwrap();
    world.all_done().await;
    // Ana, tea, Bo, puppy, Cleo, Dora, puppy 1, Emil, puppy 2
    let merged = || world.counts().entities == 9;
    eventually(merged, || format!("{:?}", world.counts())).await;
    assert_eq!(world.counts().names, 10);
    let begin = Instant::now();
    let known = loop {
        let known = explained(&engram, "Which drink?", 1).await;
        // The memories have their vectors.
        if !known.graph_facts.is_empty() {
            break known;
        }
        assert!(begin.elapsed() < LONG);
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let mut facts = said(&known.graph_facts);
    facts.sort_by_key(|fact| fact.contains("loves"));
    assert!(facts[0].starts_with("tea soothes Bo (") && facts[1].starts_with("Ana loves tea ("), "{facts:?}");
    // The question names it by what it means.
    assert_eq!(names(&known.entity_matches), ["tea"]);
    assert!(known.entity_matches[0].score.unwrap() > 0.5);
}

#[tokio::test]
async fn names_are_merged_by_meaning_once_there_are_embeddings_and_anew_with_another_model() {
    let world = World::new().await;
    let meanings = embeddings::Endpoint::start().await;
    let (server, _) = world.server_that_knows(&["Ana loves tea.", "Beverage soothes Bo."]).await;
    assert_eq!(world.counts().entities, 4);
    server.shutdown().await;
    let server = start_with(world.builder().embeddings(meanings.embeddings())).await;
    eventually(|| world.counts().entities == 3, || format!("{:?}", world.counts())).await;
    server.shutdown().await;
    let generations = || {
        let sql = "SELECT group_concat(DISTINCT generation) FROM names";
        Connection::open(&world.path).unwrap().query_row(sql, [], |row| row.get::<_, String>(0)).unwrap()
    };
    assert_eq!(generations(), "1");
    let _server = start_with(world.builder().embeddings(meanings.embeddings().passage_prefix("text: "))).await;
    eventually(|| generations() == "2", generations).await;
    assert_eq!(world.asked().len(), 1);
}

/// Replies that are of no use.
fn failures() -> Vec<fn() -> Reply> {
    fn json(text: &str) -> Reply {
        Reply::Body("application/json", text.to_owned())
    }
    fn text(text: &str) -> Reply {
        Reply::Text(text.to_owned())
    }
    vec![
        || Reply::Status(500, "out of memory"),
        || Reply::Status(503, "loading"),
        || Reply::Status(429, "slow down"),
        || Reply::Status(401, "no key"),
        || Reply::Status(404, "no model"),
        || Reply::Status(302, ""),
        || Reply::Body("text/html", "<html>".to_owned()),
        || json("{}"),
        || json("{"),
        || json(r#"{"choices": []}"#),
        || json(r#"{"error": {"message": "overloaded"}}"#),
        || json(r#"{"choices": [{"message": {"content": null, "refusal": "I won't."}}]}"#),
        || json(&whole(" ").to_string()),
        || json(&whole(r#"{"memories": [{"number": 1, "facts": []}]}"#).to_string().replace("stop", "length")),
        || text("Ana drinks tea."),
        || text("[]"),
        || text("{}"),
        || text(r#"{"memories": {}}"#),
        || text(r#"{"memories": []}"#),
        || text(r#"{"memories": [{"number": "one", "facts": []}]}"#),
        || text(r#"{"memories": [{"number": 1, "facts": "none"}]}"#),
        || text(r#"{"memories": [{"number": 7, "facts": [{"subject": "x", "predicate": "is", "object": "y"}]}]}"#),
        || text(r#"{"memories": [{"number": 1, "facts": [{"subject""#),
    ]
}

#[tokio::test]
async fn after_any_failure_the_facts_are_taken_and_none_is_lost_or_twice() {
    stop_the_clock();
    for failure in failures() {
        let world = World::new().await;
        world.model.lock().replies.push_back(failure());
        let (_server, engram) = world.server().await;
        engram.store_memories(["Ana drinks tea.", "Ben plays chess."]).await.unwrap();
        world.in_time(|| world.counts().waiting == 0).await;
        let counts = world.counts();
        assert_eq!((counts.facts, counts.failed), (2, 0), "{:?}", world.asked());
    }
}

#[tokio::test]
async fn an_endpoint_that_is_down_for_long_gives_no_memory_up_and_is_asked_less_and_less() {
    stop_the_clock();
    let failures: [fn() -> Reply; 3] = [
        || Reply::Status(503, "loading"),
        || Reply::Status(401, "no key"),
        || Reply::Text("Ana drinks tea.".to_owned()),
    ];
    for failure in failures {
        let world = World::new().await;
        world.model.lock().down = Some(failure);
        let (_server, engram) = world.server().await;
        engram.store_memories(["Ana drinks tea.", "Ben plays chess."]).await.unwrap();
        let asked = || world.asked().len();
        world.in_time(|| asked() >= 8).await;
        let (before, begin) = (asked(), tokio::time::Instant::now());
        world.in_time(|| begin.elapsed() > Duration::from_secs(240)).await;
        assert!(asked() - before <= 24, "{}", asked() - before);
        let counts = world.counts();
        assert_eq!((counts.facts, counts.waiting, counts.failed), (0, 2, 0));
        world.model.lock().down = None;
        world.in_time(|| world.counts().waiting == 0).await;
        assert_eq!(world.counts().facts, 2);
        // It answers all the while.
        assert_eq!(engram.query("tea").await.unwrap().answer, "Green tea.");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn an_endpoint_that_cannot_be_reached_at_the_start_is_used_once_it_can() {
    let world = World::new().await;
    let (socket, nowhere) = nowhere();
    let mut program = world.program(&format!("http://{nowhere}/v1")).await;
    program.client().store_memory("Ana drinks tea.").await.unwrap();
    let mut log = BufReader::new(program.child.stderr.take().unwrap()).lines();
    let has_tried = async {
        while !log.next_line().await.unwrap().expect("it ended").contains("facts can't be taken from memories for now")
        {
        }
    };
    timeout(LONG, has_tried).await.expect("it does not say that it has tried");
    assert_eq!(world.counts().waiting, 1);
    let _served = world.endpoint.also_on(socket.listen(16).unwrap());
    world.all_done().await;
    assert_eq!(world.counts().facts, 1);
    assert!(program.terminate().await.success());
}

#[tokio::test]
async fn a_request_that_hangs_is_given_up_and_made_again() {
    let world = World::new().await;
    world.model.lock().replies.push_back(Reply::Hang);
    let (_server, engram) = world.server().await;
    stop_the_clock();
    engram.store_memory("Ana drinks tea.").await.unwrap();
    world.in_time(|| world.asked().len() == 1).await;
    for _ in 0..60 {
        assert_eq!(world.asked().len(), 1);
        advance(Duration::from_secs(10)).await;
    }
    world.in_time(|| world.counts().waiting == 0).await;
    assert_eq!(world.counts().facts, 1);
}

#[tokio::test]
async fn a_memory_that_the_model_can_do_nothing_with_is_given_up_and_keeps_no_other_waiting() {
    stop_the_clock();
    let world = World::new().await;
    world.model.lock().refused = Some("riddle");
    let (server, engram) = world.server().await;
    let memories =
        ["Ana drinks tea.", "Bo has a riddle.", "Cleo plays chess.", "Dora owns a riddle.", "Emil likes jazz."];
    engram.store_memories(memories).await.unwrap();
    world.in_time(|| world.counts().waiting == 0).await;
    let counts = world.counts();
    assert_eq!((counts.facts, counts.failed), (3, 2));
    let alone = |text: &str| world.asked().iter().filter(|texts| texts.as_slice() == [text]).count();
    assert_eq!((alone(memories[1]), alone(memories[3])), (3, 3), "{:?}", world.asked());
    // It isn't tried for ever.
    server.shutdown().await;
    let before = world.asked().len();
    let (_server, engram) = world.server().await;
    engram.store_memory("Flo likes tea.").await.unwrap();
    world.in_time(|| world.counts().waiting == 0).await;
    assert_eq!(world.asked()[before..], [["Flo likes tea."]]);
    let riddle = engram.list_memories().all().await.unwrap().into_iter().find(|memory| memory.content == memories[1]);
    engram.delete_memory(&riddle.unwrap().id).await.unwrap();
    assert_eq!(world.counts().failed, 1);
}

#[tokio::test]
async fn what_a_reply_says_beyond_what_it_was_asked_is_left_out() {
    let world = World::new().await;
    let tea = fact("Ana", "drinks", "tea");
    let mut many: Vec<Value> = (0..1000).map(|number| fact("Ben", "has", &format!("thing {number}"))).collect();
    many.insert(0, fact("Ben", "has", &"x".repeat(300_000)));
    many.insert(0, fact(" ", "has", "nothing"));
    let memories = json!([
        memory(7, &[fact("Eve", "stole", "all")]),
        memory(0, &[]),
        memory(2, &many),
        memory(1, &[tea.clone(), tea])
    ]);
    world.model.lock().replies.push_back(Reply::Text(json!({"memories": memories}).to_string()));
    let (_server, engram) = world.server_that_knows(&["Ana drinks tea.", "Ben has things."]).await;
    assert_eq!(world.asked().len(), 1);
    assert_eq!(facts(&engram, "drinks", 1).await, ["Ana drinks tea (0)"]);
    let of_ben = facts(&engram, "Ben", 1).await;
    assert_eq!(
        (of_ben.len(), of_ben[0].as_str(), of_ben[15].as_str()),
        (16, "Ben has thing 0 (0)", "Ben has thing 15 (0)")
    );
}

#[tokio::test]
async fn facts_of_one_memory_that_are_given_for_another_are_left_out_and_those_in_other_words_are_kept() {
    let world = World::new().await;
    let tea = fact("Ana", "drinks", "green tea");
    let chess = fact("Ana", "plays", "chess");
    let jazz = fact("Ben", "likes", "jazz");
    let memories = json!([
        memory(1, &[tea.clone(), chess.clone(), jazz.clone(), fact("Ana", "is fond of", "hot beverages")]),
        memory(2, &[tea.clone(), chess.clone(), jazz.clone(), fact("she", "is", "a strategist")]),
        memory(3, &[tea, chess, jazz, fact("Zoe", "lives in", "Rome")]),
    ]);
    world.model.lock().replies.push_back(Reply::Text(json!({"memories": memories}).to_string()));
    let memories = ["Ana drinks green tea.", "Ana plays chess.", "Ben likes jazz."];
    let (_server, engram) = world.server_that_knows(&memories).await;
    let known = explained(&engram, "Ana Ben drinks plays likes", 3).await;
    let id = |content: &str| {
        known.retrieved_memories.iter().find(|memory| memory.content == content).unwrap().memory_id.as_str()
    };
    for (content, expected) in [
        (memories[0], &["Ana drinks green tea (0)", "Ana is fond of hot beverages (0)"][..]),
        (memories[1], &["Ana plays chess (0)", "she is a strategist (0)"]),
        (memories[2], &["Ben likes jazz (0)"]),
    ] {
        let own = known.graph_facts.iter().filter(|fact| fact.memory_id.as_deref() == Some(id(content))).cloned();
        assert_eq!(said(&own.collect::<Vec<_>>()), expected);
    }
    assert_eq!((world.asked().len(), world.counts().facts), (1, 5));
}

#[tokio::test]
async fn a_memory_that_the_model_leaves_out_is_asked_about_again() {
    let world = World::new().await;
    let memories = json!([memory(1, &[fact("Ana", "drinks", "tea")])]);
    world.model.lock().replies.push_back(Reply::Text(json!({"memories": memories}).to_string()));
    world.server_that_knows(&["Ana drinks tea.", "Ben plays chess.", "Cleo likes jazz."]).await;
    assert_eq!(world.counts().facts, 3);
    let first: Vec<String> = world.asked().into_iter().map(|mut texts| texts.remove(0)).collect();
    assert_eq!(first, ["Ana drinks tea.", "Ben plays chess.", "Cleo likes jazz."]);
}

#[tokio::test]
async fn a_long_memory_is_asked_about_in_parts_and_none_of_it_is_left_out() {
    let world = World::new().await;
    let long: String = (0..2000).map(|number| format!("Ana knows fact{number}. ")).collect();
    let (_server, _) = world.server_that_knows(&["Ben plays chess.", &long, "Cleo likes jazz."]).await;
    let asked = world.asked();
    assert!(asked.iter().flatten().all(|text| text.len() <= 8192));
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let parts: Vec<String> = asked.into_iter().filter(|texts| texts[0].contains("fact")).flatten().collect();
    assert_eq!(parts.iter().flat_map(|part| words(part)).collect::<Vec<_>>(), words(&long));
    assert_eq!(world.counts().facts, 2 + parts.len() * 16);
}

#[tokio::test]
async fn there_are_no_more_requests_in_a_minute_than_the_budget_has() {
    let world = World::new().await;
    stop_the_clock();
    let server = start_with(world.builder().extract_per_minute(2)).await;
    let engram = server.client().unwrap();
    let memories: Vec<String> = (0..40).map(|number| format!("Ana knows fact{number}.")).collect();
    let begin = tokio::time::Instant::now();
    engram.store_memories(memories).await.unwrap();
    let mut times = Vec::new();
    while world.counts().waiting > 0 {
        let asked = world.asked().len();
        times.resize(asked, begin.elapsed());
        advance(Duration::from_secs(1)).await;
        std::thread::sleep(Duration::from_millis(1));
        assert!(times.len() < 6 && begin.elapsed() < Duration::from_secs(600));
    }
    assert_eq!(world.asked().len(), 5);
    assert!(times.iter().zip(&times[2..]).all(|(one, next)| *next - *one >= Duration::from_secs(58)), "{times:?}");
    // Answers cost nothing of it.
    assert_eq!(engram.query("fact1").await.unwrap().answer, "Green tea.");
}

#[tokio::test]
async fn a_question_goes_before_the_facts_which_are_taken_after_it() {
    let world = World::new().await;
    let (gate, pieces) = tokio::sync::mpsc::unbounded_channel();
    let mut gone = world.endpoint.script.gone.subscribe();
    world.model.lock().replies.extend([Reply::Hang, Reply::Hang, Reply::Hang, Reply::Gate(pieces)]);
    let (_server, engram) = world.server().await;
    engram.store_memories(["Ana drinks tea.", "Ben plays chess."]).await.unwrap();
    for number in 0..3 {
        world.endpoint.saw(2 * number + 1).await;
        let result = match number {
            0 => engram.query("tea").await.unwrap(),
            _ => engram.query_stream("tea").await.unwrap().finish().await.unwrap(),
        };
        assert_eq!(result.answer, "Green tea.");
        timeout(LONG, gone.wait_for(|gone| *gone > number)).await.expect("the model still writes facts").unwrap();
    }
    // Where there are always questions the facts have their turn all the same.
    world.endpoint.saw(7).await;
    assert_eq!(engram.query("tea").await.unwrap().answer, "Green tea.");
    gate.send(both_facts()).unwrap();
    drop(gate);
    world.all_done().await;
    assert_eq!((world.counts().facts, world.asked().len()), (2, 4));
}

#[tokio::test]
async fn two_tenants_share_no_request_and_see_nothing_of_each_others_facts() {
    let world = World::new().await;
    let server = start_with(world.builder()).await;
    let (one, other) = (client(server.base_url(), "one"), client(server.base_url(), "other"));
    world.model.lock().down = Some(|| Reply::Status(503, ""));
    for number in 0..10 {
        one.store_memory(format!("Ana hides secret{number}.")).await.unwrap();
        other.store_memory(format!("Ana shows picture{number}.")).await.unwrap();
    }
    world.model.lock().down = None;
    world.all_done().await;
    for texts in world.asked() {
        let secrets = texts.iter().filter(|text| text.contains("secret")).count();
        assert!(secrets == 0 || secrets == texts.len(), "{texts:?}");
    }
    for (engram, own, others) in [(&one, "secret", "picture"), (&other, "picture", "secret")] {
        for question in ["Ana", "hides shows secret1 picture1", "picture2 secret2"] {
            let known = explained(engram, question, 3).await;
            let text = serde_json::to_string(&known).unwrap();
            assert!(text.contains(own) && !text.contains(others), "{text}");
        }
    }
    assert_eq!(world.counts().facts, 20);
}

#[tokio::test]
async fn a_bucket_with_many_memories_holds_up_no_other() {
    let world = World::new().await;
    world.model.lock().down = Some(|| Reply::Status(503, ""));
    let (_server, engram) = world.server().await;
    engram.store_memories((0..200).map(|number| format!("Ana knows fact{number}."))).await.unwrap();
    engram.store_memory("Ben plays chess.").bucket("other").await.unwrap();
    let before = world.asked().len();
    world.model.lock().down = None;
    world.all_done().await;
    let asked = world.asked().split_off(before);
    let place = asked.iter().position(|texts| texts[0].contains("chess"));
    assert!(place.is_some_and(|place| place <= 3), "{place:?}");
}

#[tokio::test]
async fn facts_and_entities_go_with_their_memories() {
    let world = World::new().await;
    let (_server, engram) = world.server_that_knows(&["Ana drinks tea.", "Ben drinks tea.", "Ben plays chess."]).await;
    engram.store_memories(["Cleo likes jazz.", "Dora likes jazz."]).bucket("other").await.unwrap();
    world.all_done().await;
    let of = |facts, entities| Counts { facts, names: entities, entities, waiting: 0, failed: 0 };
    assert_eq!(world.counts(), of(5, 4 + 3));
    let memories = engram.list_memories().all().await.unwrap();
    engram.delete_memory(&memories[1].id).await.unwrap();
    assert_eq!(world.counts(), of(4, 4 + 3), "Ben and tea are in other facts");
    engram.delete_memory(&memories[2].id).await.unwrap();
    assert_eq!(world.counts(), of(3, 2 + 3));
    assert_eq!(facts(&engram, "Ana drinks tea and chess", 10).await, ["Ben plays chess (0)"]);
    engram.clear_memories("default").await.unwrap();
    assert_eq!(world.counts(), of(2, 3));
    engram.delete_bucket("other").await.unwrap();
    assert_eq!(world.counts(), of(0, 0));
    let rows =
        Connection::open(&world.path).unwrap().query_row("SELECT count(*) FROM extraction", [], |row| row.get(0));
    assert_eq!(rows, Ok(1), "the bucket that is still there");
    // What is stored again has its facts again.
    engram.store_memory("Ana drinks tea.").await.unwrap();
    world.all_done().await;
    assert_eq!(world.counts(), of(1, 2));
}

#[tokio::test]
async fn a_memory_that_is_deleted_while_the_model_reads_it_leaves_no_fact() {
    let world = World::new().await;
    let (gate, pieces) = tokio::sync::mpsc::unbounded_channel();
    world.model.lock().replies.push_back(Reply::Gate(pieces));
    let (_server, engram) = world.server().await;
    let ids = engram.store_memories(["Ana drinks tea.", "Ben plays chess."]).await.unwrap();
    world.endpoint.saw(1).await;
    engram.delete_memory(&ids[0].id).await.unwrap();
    gate.send(both_facts()).unwrap();
    drop(gate);
    world.all_done().await;
    assert_eq!((world.counts().facts, world.counts().names), (1, 2));
    assert_eq!(facts(&engram, "chess", 1).await, ["Ben plays chess (0)"]);
}

#[tokio::test]
async fn memories_of_an_earlier_time_have_their_facts_taken_and_none_is_asked_about_twice() {
    let world = World::new().await;
    let server = start_with(LocalServer::builder().database(&world.path)).await;
    let memories: Vec<String> = (0..100).map(|number| format!("Ana knows fact{number}.")).collect();
    server.client().unwrap().store_memories(&memories).await.unwrap();
    server.shutdown().await;
    for _ in 0..2 {
        let (server, _) = world.server().await;
        world.all_done().await;
        server.shutdown().await;
    }
    assert_eq!(world.asked().concat(), memories);
    assert_eq!(world.counts().facts, 100);
}

#[cfg(unix)]
#[tokio::test]
async fn a_database_has_tables_of_what_models_make_once_one_has_been_used_and_goes_on_without_them() {
    let world = World::new().await;
    let tables = || {
        let connection = Connection::open(&world.path).unwrap();
        let sql = "SELECT count(*) FROM sqlite_schema WHERE tbl_name IN ('vectors', 'embedding', 'facts', 'names', 'extraction', 'unextracted', 'profiles')";
        connection.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap()
    };
    let care = async |command| care::ok(&world.path, &[command]).await;
    let without = async || {
        let server = start_with(LocalServer::builder().database(&world.path)).await;
        let engram = server.client().unwrap();
        (server, engram)
    };
    let (server, engram) = without().await;
    engram.store_memories(["Ana drinks tea.", "Ben plays chess."]).await.unwrap();
    let profile = engram.get_profile().await.unwrap();
    assert_eq!(profile.status, Some(ProfileStatus::NotInstalled));
    engram.clear_memories("other").await.unwrap_err();
    engram.store_memory("gone").bucket("other").await.unwrap();
    engram.delete_bucket("other").await.unwrap();
    server.shutdown().await;
    assert!(care("check").await.ends_with(" is sound: 2 memories in 1 bucket, 0 vectors.\n"));
    care("reindex").await;
    care("stats").await;
    assert_eq!(tables(), 0);
    let (server, engram) = world.server().await;
    engram.regenerate_profile().await.unwrap();
    world.all_done().await;
    until_text(&engram, "default", "Green tea.").await;
    server.shutdown().await;
    assert_eq!(world.counts().facts, 2);
    let (server, engram) = without().await;
    engram.clear_memories("default").await.unwrap();
    server.shutdown().await;
    assert!(tables() > 0);
    assert_eq!((world.counts().facts, world.counts().names), (0, 0));
    assert!(care("stats").await.contains("0 ready, 0 waiting"));
}

#[tokio::test]
async fn two_servers_of_one_database_keep_no_fact_twice() {
    let world = World::new().await;
    let (gate, pieces) = tokio::sync::mpsc::unbounded_channel();
    world.model.lock().replies.push_back(Reply::Gate(pieces));
    let (_one, engram) = world.server().await;
    engram.store_memories(["Ana drinks tea.", "Ben plays chess."]).await.unwrap();
    world.endpoint.saw(1).await;
    // The other one asks about the same memories, and is first.
    let (_other, _) = world.server().await;
    world.all_done().await;
    assert_eq!(world.asked()[0], world.asked()[1]);
    gate.send(both_facts()).unwrap();
    drop(gate);
    engram.store_memory("Cleo likes jazz.").await.unwrap();
    world.all_done().await;
    assert_eq!(world.counts().facts, 3);
}

/// What the endpoint writes of these two memories.
fn both_facts() -> String {
    let both = json!({"memories": [memory(1, &facts_of("Ana drinks tea.")), memory(2, &facts_of("Ben plays chess."))]});
    chat::piece(&both.to_string()) + &chat::finish("stop") + chat::SENTINEL
}

#[tokio::test]
async fn without_the_option_no_memory_is_sent_and_the_lists_are_empty() {
    let world = World::new().await;
    let (server, _) = world.server_that_knows(&["Ana drinks tea."]).await;
    server.shutdown().await;
    let server = start_with(world.builder().extract(false)).await;
    let engram = server.client().unwrap();
    engram.store_memory("Ben drinks tea.").await.unwrap();
    let lists = async |server: &LocalServer| {
        let mut answer = post(server, "/v1/query", json!({"query": "tea"})).await.json();
        let explanation = answer["explanation"].take();
        (
            explanation["retrieved_memories"].as_array().unwrap().len(),
            explanation["graph_facts"].clone(),
            explanation["entity_matches"].clone(),
        )
    };
    assert_eq!(lists(&server).await, (2, json!([]), json!([])));
    assert!(messages(&world.endpoint.last_request()).1.get("facts").is_none());
    assert_eq!(world.asked().len(), 1);
    // In memory it works too, and where nothing is found the lists are empty.
    let server = start_with(world.endpoint.builder().extract(true).extract_per_minute(100_000)).await;
    assert_eq!(lists(&server).await, (0, json!([]), json!([])));
    server.client().unwrap().store_memory("Ana drinks tea.").await.unwrap();
    let begin = Instant::now();
    while facts(&server.client().unwrap(), "tea", 1).await.is_empty() {
        assert!(begin.elapsed() < LONG);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn without_a_model_or_a_budget_it_does_not_start_and_says_what_to_write() {
    let endpoint = Endpoint::start().await;
    for (builder, expected) in [
        (LocalServer::builder().extract(true), "extract needs a language model; set `chat_model`"),
        (endpoint.builder().extract(true).extract_per_minute(0), "extract_per_minute must be at least 1"),
    ] {
        let error = builder.start().await.unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn kill_9_while_facts_are_taken_from_1000_memories_loses_none_and_keeps_none_twice_twenty_times_over() {
    let world = World::new().await;
    let mut written = world.model.lock().written.subscribe();
    let mut random = fastrand::Rng::with_seed(20_261_126);
    for round in 0..20 {
        let mut program = world.program(&world.endpoint.url).await;
        let memories = (0..50).map(|number| format!("Ana{round} knows fact{number}of{round}."));
        program.client().store_memories(memories).await.unwrap();
        let before = *written.borrow_and_update();
        let begun = written.wait_for(|count| *count > before);
        timeout(LONG, begun).await.expect("no facts are taken").unwrap();
        tokio::time::sleep(Duration::from_micros(random.u64(0..10_000))).await;
        program.child.kill().await.unwrap();
    }
    let mut program = world.program(&world.endpoint.url).await;
    world.all_done().await;
    assert!(program.terminate().await.success());
    assert_eq!(world.counts(), Counts { facts: 1000, names: 1020, entities: 1020, waiting: 0, failed: 0 });
    let connection = Connection::open(&world.path).unwrap();
    let mut statement = connection
        .prepare(
            "SELECT content, subject.name || ' ' || predicate || ' ' || object.name || '.' FROM memories
             JOIN facts ON memory_id = memories.id
             JOIN names AS subject ON subject.id = subject_id JOIN names AS object ON object.id = object_id",
        )
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let facts: HashMap<String, String> = rows.map(|row| row.unwrap()).collect();
    assert_eq!(facts.len(), 1000, "a memory has the facts of another one, or none");
    assert!(facts.iter().all(|(content, fact)| content == fact));
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_of_facts_of_deleted_memories_is_in_any_file_after_the_stop() {
    let mut random = fastrand::Rng::with_seed(9);
    let mut word = || crate::files::word(&mut random);
    let world = World::new().await;
    let (server, engram) = world.server().await;
    let words: Vec<[String; 3]> = (0..120).map(|_| [word(), word(), word()]).collect();
    // These words of the facts are in no memory.
    for (place, words) in words.iter().enumerate() {
        let subject = format!("memory {}", words[0]);
        let memories = json!([memory(1, &[fact(&subject, &words[1], &words[2])])]);
        world.model.lock().replies.push_back(Reply::Text(json!({"memories": memories}).to_string()));
        engram.store_memory(format!("memory {place}")).await.unwrap();
        world.all_done().await;
    }
    for memory in engram.list_memories().all().await.unwrap().iter().step_by(2) {
        engram.delete_memory(&memory.id).await.unwrap();
    }
    // The newest memory comes first.
    let (gone, kept): (Vec<_>, Vec<_>) = words.into_iter().rev().enumerate().partition(|(place, _)| place % 2 == 0);
    let words = |some: Vec<(usize, [String; 3])>| some.into_iter().flat_map(|(_, words)| words).collect::<Vec<_>>();
    let (gone, kept) = (words(gone), words(kept));
    let directory = world.path.parent().unwrap();
    assert!(!crate::files::left(directory, &gone).is_empty(), "the search finds nothing at all");
    server.shutdown().await;
    assert_eq!(crate::files::left(directory, &gone), Vec::<&String>::new());
    assert_eq!(crate::files::left(directory, &kept).len(), kept.len());
}
