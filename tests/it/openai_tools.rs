//! The example `openai_tools`: what the model's endpoint is sent, and what becomes of the memories.
#![allow(clippy::expect_used, clippy::panic)]

#[path = "../../examples/openai_tools/agent.rs"]
mod agent;
#[path = "../../examples/openai_tools/chat_rules.rs"]
mod chat_rules;
#[path = "../../examples/openai_tools/memory_tools.rs"]
mod memory_tools;
#[path = "../../examples/openai_tools/scripted_model.rs"]
mod scripted_model;

use lumetra_engram::EngramClient;
use lumetra_engram_faults::{Answer, Gate, Server};
use lumetra_engram_local::{LocalServer, LocalServerBuilder};
use serde_json::{Value, json};

use agent::{Agent, AgentError, Endpoint, MAX_TURNS};
use memory_tools::MemoryTools;
use scripted_model::{ScriptedModel, Turn};

/// A conversation, and both of the servers that it needs.
struct Stage {
    agent: Agent,
    model: ScriptedModel,
    engram: EngramClient,
    _server: LocalServer,
}

impl Stage {
    async fn set(turns: impl IntoIterator<Item = Turn>) -> Self {
        Self::set_with(LocalServer::builder(), turns).await
    }

    async fn set_with(server: LocalServerBuilder, turns: impl IntoIterator<Item = Turn>) -> Self {
        let server = server.start().await.expect("a server");
        let engram = server.client().expect("a client");
        let model = ScriptedModel::start(turns).await.expect("an endpoint");
        let agent = Agent::new(model.endpoint(), MemoryTools::new(engram.clone())).expect("an agent");
        Self { agent, model, engram, _server: server }
    }

    async fn answer(&mut self, text: &str) -> String {
        self.agent.ask(text).await.expect("an answer")
    }

    /// What the memories hold, in the order of the alphabet.
    async fn stored(&self) -> Vec<String> {
        let page = match self.engram.list_memories().await {
            // The first store makes the bucket.
            Err(error) if error.is_not_found() => return Vec::new(),
            page => page.expect("a page"),
        };
        let mut contents: Vec<_> = page.memories.into_iter().map(|memory| memory.content).collect();
        contents.sort();
        contents
    }

    /// What the last turn of tools told the model, as this request says; counted from 0.
    fn told(&self, request: usize) -> Vec<String> {
        let requests = self.model.requests();
        let messages = requests[request]["messages"].as_array().expect("messages").clone();
        let told = messages.iter().rev().take_while(|message| message["role"] == "tool");
        let mut told: Vec<_> = told.map(|message| message["content"].as_str().expect("a text").to_owned()).collect();
        told.reverse();
        told
    }

    /// The endpoint had no complaint, and was asked for every turn.
    fn assert_as_scripted(&self) {
        assert_eq!(self.model.complaints(), Vec::<String>::new());
    }
}

fn roles(request: &Value) -> Vec<&str> {
    let messages = request["messages"].as_array().expect("messages");
    messages.iter().map(|message| message["role"].as_str().expect("a role")).collect()
}

fn store(content: &str) -> (&'static str, Value) {
    ("store_memory", json!({ "content": content }))
}

#[tokio::test]
async fn an_answer_without_tools_is_the_answer() {
    let mut stage = Stage::set([Turn::says("Hello!")]).await;
    assert_eq!(stage.answer("Hi.").await, "Hello!");
    stage.assert_as_scripted();
    let requests = stage.model.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(roles(&requests[0]), ["system", "user"]);
    assert_eq!(requests[0]["messages"][1]["content"], "Hi.");
    assert_eq!(requests[0]["model"], "scripted");
    assert_eq!(stage.stored().await, Vec::<String>::new());
}

#[tokio::test]
async fn both_tools_that_one_turn_calls_are_run_and_answered() {
    let calls = Turn::calls([store("The user is tall."), store("The user drinks tea.")]);
    let mut stage = Stage::set([calls, Turn::says("Noted.")]).await;
    assert_eq!(stage.answer("I am tall, and drink tea.").await, "Noted.");
    stage.assert_as_scripted();
    assert_eq!(stage.stored().await, ["The user drinks tea.", "The user is tall."]);

    let requests = stage.model.requests();
    assert_eq!(roles(&requests[1]), ["system", "user", "assistant", "tool", "tool"]);
    let page = stage.engram.list_memories().await.expect("a page");
    for (place, content) in [(3, "The user is tall."), (4, "The user drinks tea.")] {
        let (call, result) = (&requests[1]["messages"][2]["tool_calls"][place - 3], &requests[1]["messages"][place]);
        assert_eq!(result["tool_call_id"], call["id"]);
        let result: Value = serde_json::from_str(result["content"].as_str().expect("a text")).expect("JSON");
        let memory = page.memories.iter().find(|memory| memory.content == content).expect("the memory");
        assert_eq!(result, json!({ "id": memory.id, "status": "stored" }));
    }
}

#[tokio::test]
async fn the_calls_of_one_turn_run_at_once() {
    // The memory answers neither before both have come.
    let gate = Gate::new();
    let held = || Answer::raw("").wait(&gate).then_answer(Answer::json(200, &json!({ "id": "m1" })));
    let memory = Server::start([held(), held()]).await;
    let model = ScriptedModel::start([Turn::calls([store("One."), store("Two.")]), Turn::says("Noted.")]);
    let model = model.await.expect("an endpoint");
    let tools = MemoryTools::new(memory.builder().build().expect("a client"));
    let mut agent = Agent::new(model.endpoint(), tools).expect("an agent");
    let both_came = async {
        memory.requested(2).await;
        gate.open();
        gate.open();
    };
    let (answer, ()) = tokio::join!(agent.ask("One, two."), both_came);
    assert_eq!(answer.expect("an answer"), "Noted.");
    assert_eq!(model.complaints(), Vec::<String>::new());
}

#[tokio::test]
async fn arguments_that_cannot_be_used_are_explained_and_can_be_corrected() {
    let wrong = [
        ("{\"content\": ", "EOF while parsing"),
        ("{}", "missing field `content`"),
        ("{\"content\": 7}", "invalid type: integer `7`, expected a string"),
        ("{\"content\": \"x\", \"bucket\": \"another\"}", "unknown field `bucket`"),
    ];
    let turns = wrong.iter().map(|(arguments, _)| Turn::calls([("store_memory", arguments)]));
    let right = [Turn::calls([store("The user is tall.")]), Turn::says("Noted.")];
    let mut stage = Stage::set(turns.chain(right)).await;
    assert_eq!(stage.answer("I am tall.").await, "Noted.");
    stage.assert_as_scripted();
    for (turn, (_, problem)) in wrong.iter().enumerate() {
        let told = stage.told(turn + 1);
        assert!(told[0].contains(problem), "{told:?}");
        assert!(told[0].contains("\"required\":[\"content\"]"), "the schema shows what is right: {told:?}");
    }
    assert_eq!(stage.stored().await, ["The user is tall."]);
}

#[tokio::test]
async fn numbers_out_of_range_are_refused_by_the_parser_as_the_schema_says() {
    let calls = [("list_memories", json!({ "limit": 0 })), ("query_memory", json!({ "question": "?", "top_k": 0 }))];
    let mut stage = Stage::set([Turn::calls(calls), Turn::says("Sorry.")]).await;
    stage.answer("Nothing, please.").await;
    for told in stage.told(1) {
        assert!(told.starts_with("These arguments cannot be used: ") && told.contains("\"minimum\":1"), "{told}");
    }
}

#[tokio::test]
async fn a_tool_that_needs_nothing_can_be_called_with_nothing() {
    let turns = [Turn::calls([("list_memories", "")]), Turn::says_with(|found| format!("I found {found}"))];
    let mut stage = Stage::set(turns).await;
    let id = stage.engram.store_memory("The user is tall.").await.expect("stored").id;
    let expected = format!("I found [{{\"content\":\"The user is tall.\",\"id\":\"{id}\"}}]");
    assert_eq!(stage.answer("What do you know?").await, expected);
    stage.assert_as_scripted();
}

#[tokio::test]
async fn the_name_of_no_tool_is_explained() {
    let mut stage = Stage::set([Turn::calls([("forget_all", json!({}))]), Turn::says("I cannot.")]).await;
    assert_eq!(stage.answer("Forget all.").await, "I cannot.");
    stage.assert_as_scripted();
    let expected =
        "There is no tool `forget_all`. There are: store_memory, query_memory, list_memories, delete_memory.";
    assert_eq!(stage.told(1), [expected]);
}

#[tokio::test]
async fn a_failure_of_the_memory_is_told_to_the_model_and_the_conversation_goes_on() {
    let turns = [Turn::calls([store("The user is tall.")]), Turn::says("I could not store that."), Turn::says("Yes?")];
    let mut stage = Stage::set_with(LocalServer::builder().missing_model_key(true), turns).await;
    assert_eq!(stage.answer("I am tall.").await, "I could not store that.");
    assert_eq!(stage.answer("Still there?").await, "Yes?");
    stage.assert_as_scripted();
    assert!(stage.told(1)[0].starts_with("The memory failed: Engram API 412: "), "{:?}", stage.told(1));
    assert_eq!(stage.stored().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_memory_that_was_shown_in_an_earlier_turn_can_be_deleted() {
    let turns = [
        Turn::calls([("query_memory", json!({ "question": "How does the user take tea?", "top_k": 1 }))]),
        Turn::calls_with("delete_memory", |found| {
            let found: Value = serde_json::from_str(found).expect("JSON");
            assert_eq!(found.as_array().map(Vec::len), Some(1));
            json!({ "memory_id": found[0]["id"] })
        }),
        Turn::says("Forgotten."),
    ];
    let mut stage = Stage::set(turns).await;
    stage.engram.store_memories(["The user takes tea with milk.", "The user is tall."]).await.expect("stored");
    assert_eq!(stage.answer("I take no milk any more.").await, "Forgotten.");
    stage.assert_as_scripted();
    assert_eq!(stage.stored().await, ["The user is tall."]);
}

#[tokio::test]
async fn a_memory_that_was_not_shown_before_the_turn_is_not_deleted() {
    let server = LocalServer::builder().start().await.expect("a server");
    let engram = server.client().expect("a client");
    let stored = engram.store_memory("The user is tall.").await.expect("stored");
    let delete = || ("delete_memory", json!({ "memory_id": stored.id }));
    // The second call that lists ends before or after the one that deletes; the model has seen neither.
    let turns =
        [Turn::calls([delete()]), Turn::calls([("list_memories", json!({})), delete()]), Turn::says("I cannot.")];
    let model = ScriptedModel::start(turns).await.expect("an endpoint");
    let mut agent = Agent::new(model.endpoint(), MemoryTools::new(engram.clone())).expect("an agent");
    assert_eq!(agent.ask("Forget me.").await.expect("an answer"), "I cannot.");
    assert_eq!(model.complaints(), Vec::<String>::new());

    let results: Vec<_> = agent.messages().iter().filter(|message| message["role"] == "tool").collect();
    for refused in [results[0], results[2]] {
        assert!(refused["content"].as_str().is_some_and(|text| text.contains("nothing was deleted")), "{refused}");
    }
    assert_eq!(engram.list_memories().await.expect("a page").memories.len(), 1);
}

#[tokio::test]
async fn a_model_that_calls_tools_without_end_is_stopped() {
    let turns = (0..MAX_TURNS).map(|number| Turn::calls([store(&format!("Fact number {number}."))]));
    let mut stage = Stage::set(turns.chain([Turn::says("That was a lot.")])).await;
    let outcome = stage.agent.ask("Remember everything.").await;
    assert!(matches!(outcome, Err(AgentError::TooManyTurns)), "{outcome:?}");
    assert_eq!(stage.model.requests().len(), MAX_TURNS);
    assert_eq!(stage.stored().await.len(), MAX_TURNS);
    assert_eq!(stage.answer("Enough.").await, "That was a lot.");
    stage.assert_as_scripted();
}

#[tokio::test]
async fn an_error_of_the_endpoint_is_an_error_after_which_the_conversation_goes_on() {
    let turns = [
        Turn::calls([store("The user is tall.")]),
        Turn::fails(503, "the model is overloaded"),
        Turn::says("You are tall; I have noted it."),
    ];
    let mut stage = Stage::set(turns).await;
    let error = stage.agent.ask("I am tall.").await.expect_err("an error");
    assert!(matches!(&error, AgentError::Endpoint { status: 503, .. }), "{error:?}");
    assert!(error.to_string().contains("503") && error.to_string().contains("the model is overloaded"), "{error}");
    assert_eq!(stage.answer("And?").await, "You are tall; I have noted it.");
    stage.assert_as_scripted();
    assert_eq!(stage.stored().await, ["The user is tall."], "it is stored once");
}

#[tokio::test]
async fn an_endpoint_that_refuses_the_key_or_says_nothing_of_use_is_an_error() {
    let model = ScriptedModel::start([]).await.expect("an endpoint");
    let page = Server::always(Answer::text(200, "text/html", "<html>")).await;
    let engram = page.builder().build().expect("a client");
    let outcome = async |endpoint: Endpoint| {
        let agent = Agent::new(endpoint, MemoryTools::new(engram.clone()));
        agent.expect("an agent").ask("Hi.").await.expect_err("an error")
    };
    let refused = outcome(Endpoint { api_key: Some("sk-wrong".to_owned()), ..model.endpoint() }).await;
    assert!(matches!(refused, AgentError::Endpoint { status: 401, .. }), "{refused:?}");
    let unreadable = outcome(Endpoint { base_url: page.url(), ..model.endpoint() }).await;
    assert!(matches!(unreadable, AgentError::Unreadable(_)), "{unreadable:?}");
    let empty = Server::always(Answer::json(200, &json!({ "choices": [{ "message": { "content": null } }] }))).await;
    let silent = outcome(Endpoint { base_url: empty.url(), ..model.endpoint() }).await;
    assert!(matches!(silent, AgentError::NoAnswer), "{silent:?}");
    let unreached = outcome(Endpoint { base_url: "http://127.0.0.1:1/v1".to_owned(), ..model.endpoint() }).await;
    assert!(matches!(unreached, AgentError::Transport(_)), "{unreached:?}");
}

#[tokio::test]
async fn a_conversation_can_run_in_a_task_of_its_own() {
    let mut stage = Stage::set([Turn::calls([store("The user is tall.")]), Turn::says("Noted.")]).await;
    let answer = tokio::spawn(async move { stage.answer("I am tall.").await }).await;
    assert_eq!(answer.expect("the task ended"), "Noted.");
}

#[test]
fn each_tool_is_defined_by_its_type() {
    let definitions = MemoryTools::definitions();
    let names: Vec<_> = definitions.iter().map(|tool| tool["function"]["name"].as_str().expect("a name")).collect();
    assert_eq!(names, ["store_memory", "query_memory", "list_memories", "delete_memory"]);
    assert_eq!(
        definitions[3],
        json!({
            "type": "function",
            "function": {
                "name": "delete_memory",
                "description":
                    "Deletes one stored fact for good. Only for what the user wants forgotten, or for what is no longer true.",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "memory_id": {
                            "type": "string",
                            "description":
                                "The id of the fact, as another tool has shown it in an earlier turn of this conversation.",
                        },
                    },
                    "required": ["memory_id"],
                    "additionalProperties": false,
                },
            },
        })
    );
}

/// The rules of the scripted endpoint are worth something only if they find what is wrong.
#[test]
fn the_scripted_endpoint_finds_what_a_real_one_refuses() {
    let (system, user) = (json!({ "role": "system", "content": "Help." }), json!({ "role": "user", "content": "Hi." }));
    let calls = |ids: &[&str]| {
        let calls: Vec<_> = ids.iter().map(|id| json!({ "id": id, "type": "function" })).collect();
        json!({ "role": "assistant", "content": null, "tool_calls": calls })
    };
    let result = |id: &str| json!({ "role": "tool", "tool_call_id": id, "content": "done" });
    let said = json!({ "role": "assistant", "content": "Hello." });
    let check = |messages: &[&Value], before: &[Value]| {
        let request = json!({ "model": "m", "tools": MemoryTools::definitions(), "messages": messages });
        chat_rules::check(&request, before)
    };

    assert_eq!(check(&[&system, &user, &calls(&["a", "b"]), &result("b"), &result("a")], &[]), Ok(()));
    assert_eq!(check(&[&system, &user, &said, &user], &[system.clone(), user.clone(), said.clone()]), Ok(()));
    let wrong: [(&[&Value], &str); 9] = [
        (&[&user], "instructions come first"),
        (&[&system, &system, &user], "instructions come first"),
        (&[&system, &user, &said], "nothing for the model to say"),
        (&[&system, &user, &result("a")], "answers the call `a`, which is not open"),
        (&[&system, &user, &calls(&["a", "b"]), &result("a")], "the call `b` is not answered"),
        (&[&system, &user, &calls(&["a"]), &result("a"), &result("a")], "answers the call `a`, which is not open"),
        (&[&system, &user, &calls(&["a"]), &user, &result("a")], "before the call `a` is answered"),
        (&[&system, &user, &calls(&["a"]), &result("x")], "answers the call `x`, which is not open"),
        (&[&system, &json!({ "role": "nobody", "content": "Hi." })], "of nobody"),
    ];
    for (messages, problem) in wrong {
        let found = check(messages, &[]).expect_err(problem);
        assert!(found.contains(problem), "{found}");
    }
    let forgot = check(&[&system, &user], &[system.clone(), user.clone(), said]).expect_err("a forgotten answer");
    assert!(forgot.contains("what was said before"), "{forgot}");

    let wrong_tools = [
        json!([]),
        json!([{ "type": "function", "function": { "name": "two words", "description": "?", "parameters": { "type": "object" } } }]),
        json!([{ "type": "function", "function": { "name": "store", "description": "?", "parameters": { "type": "string" } } }]),
        json!([{ "type": "function", "function": { "name": "store", "parameters": { "type": "object" } } }]),
    ];
    for tools in wrong_tools {
        let request = json!({ "model": "m", "tools": tools, "messages": [&system, &user] });
        assert!(chat_rules::check(&request, &[]).is_err(), "{tools}");
    }
}
