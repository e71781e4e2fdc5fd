//! A list that is read whole: every memory once, whatever pages the server makes of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashSet;

use crate::support::{Answer, Request, Server, property_config};
use futures_util::TryStreamExt;
use lumetra_engram::{EngramError, Memory};
use lumetra_engram_local::LocalServer;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

fn memories(ids: impl IntoIterator<Item = u64>) -> Value {
    ids.into_iter().map(|id| json!({ "id": id.to_string(), "content": "a fact" })).collect()
}

/// A page with its total.
fn page(ids: impl IntoIterator<Item = u64>, total: u64) -> Answer {
    Answer::json(200, &json!({ "memories": memories(ids), "total": total }))
}

fn bare_page(ids: impl IntoIterator<Item = u64>) -> Answer {
    Answer::json(200, &memories(ids))
}

fn ids(memories: &[Memory]) -> Vec<u64> {
    memories.iter().map(|memory| memory.id.parse().unwrap()).collect()
}

/// The limit and the offset that a request asks for.
fn asked(request: &Request) -> (usize, usize) {
    let query = request.target.split_once('?').unwrap().1;
    let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap().parse().unwrap();
    (value("limit="), value("offset="))
}

fn pages_asked(server: &Server) -> Vec<(usize, usize)> {
    server.requests().iter().map(asked).collect()
}

/// What comes of a list of pages of three that are scripted.
async fn read(pages: impl IntoIterator<Item = Answer>) -> Result<Vec<u64>, EngramError> {
    let server = Server::start(pages).await;
    let memories = server.client().list_memories().limit(3).all().await;
    memories.map(|memories| ids(&memories))
}

#[tokio::test]
async fn thousands_of_memories_come_once_each_newest_first() {
    let server = LocalServer::builder().in_memory().start().await.unwrap();
    let engram = server.client().unwrap();
    let facts: Vec<_> = (0..2345).map(|number| format!("fact {number}")).collect();
    for batch in facts.chunks(1000) {
        engram.store_memories(batch).await.unwrap();
    }
    let memories: Vec<_> = engram.list_memories().stream().try_collect().await.unwrap();
    assert_eq!(memories.iter().map(|memory| &memory.id).collect::<HashSet<_>>().len(), 2345);
    assert!(memories.iter().map(|memory| &memory.content).eq(facts.iter().rev()));
    assert_eq!(engram.list_memories().limit(7).all().await.unwrap(), memories);
    assert_eq!(engram.list_memories().offset(2300).all().await.unwrap(), memories[2300..]);
}

#[tokio::test]
async fn an_empty_bucket_is_one_request() {
    assert!(read([page([], 0)]).await.unwrap().is_empty());
    assert!(read([bare_page([])]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_page_has_100_memories_unless_a_limit_says_otherwise() {
    let server = Server::start([page(0..100, 150), page(100..150, 150)]).await;
    assert_eq!(server.client().list_memories().all().await.unwrap().len(), 150);
    assert_eq!(pages_asked(&server), [(100, 0), (100, 100)]);
}

#[tokio::test]
async fn limit_is_the_size_of_a_page_and_offset_where_the_list_begins() {
    let server = Server::start([page(5..8, 9), page(8..9, 9)]).await;
    let memories = server.client().list_memories().bucket("b1").limit(3).offset(5).all().await.unwrap();
    assert_eq!(ids(&memories), [5, 6, 7, 8]);
    assert_eq!(pages_asked(&server), [(3, 5), (3, 8)]);
    assert!(server.requests().iter().all(|request| request.target.starts_with("/v1/buckets/b1/memories?")));
}

#[tokio::test]
async fn every_page_has_the_options_of_the_request() {
    let server = Server::start([page(0..3, 4), page(3..4, 4)]).await;
    let list = server.client().list_memories().limit(3).header("x-gateway", "a").extra_query("shard", "7");
    assert_eq!(list.all().await.unwrap().len(), 4);
    for request in server.requests() {
        assert_eq!(request.header("x-gateway"), ["a"]);
        assert!(request.target.ends_with("&shard=7"), "{}", request.target);
    }
}

#[tokio::test]
async fn a_page_is_not_requested_before_the_one_before_it_is_read() {
    let server = Server::start([page(0..3, 4), page(3..4, 4)]).await;
    let mut list = server.client().list_memories().limit(3).stream();
    assert_eq!(server.requests().len(), 0, "nothing is sent before the stream is read");
    for _ in 0..3 {
        list.next().await.unwrap().unwrap();
        assert_eq!(server.requests().len(), 1);
    }
    assert_eq!(list.next().await.unwrap().unwrap().id, "3");
    assert_eq!(server.requests().len(), 2);
    assert!(list.next().await.is_none());
}

#[tokio::test]
async fn short_pages_do_not_end_the_list() {
    let read = read([page(0..2, 6), page(2..3, 6), page(3..6, 6), page([], 6)]).await;
    assert_eq!(read.unwrap(), [0, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_limit_that_the_server_clamps_does_not_end_the_list() {
    let clamped = |ids, total| Answer::json(200, &json!({ "memories": memories(ids), "total": total, "limit": 2 }));
    assert_eq!(read([clamped(0..2, 5), clamped(2..4, 5), clamped(4..5, 5)]).await.unwrap(), [0, 1, 2, 3, 4]);
    // This server does not say that it clamps, and its total is that of the page.
    assert_eq!(read([page(0..2, 2), page(2..4, 2), page([], 0)]).await.unwrap(), [0, 1, 2, 3]);
}

#[tokio::test]
async fn bare_arrays_are_read_to_the_first_empty_one() {
    let read = read([bare_page(0..3), bare_page(3..5), bare_page([])]).await;
    assert_eq!(read.unwrap(), [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn a_total_that_is_wrong_ends_no_list_of_full_pages() {
    for total in [json!(-1), json!(0), json!(1), json!(3), Value::Null] {
        let page = |ids| Answer::json(200, &json!({ "memories": memories(ids), "total": total }));
        let last = Answer::json(200, &json!({ "memories": [] }));
        assert_eq!(read([page(0..3), page(3..6), page(6..9), last]).await.unwrap().len(), 9, "{total}");
    }
}

#[tokio::test]
async fn a_server_that_ignores_the_offset_is_asked_no_more_than_three_times() {
    let first = || bare_page(0..3);
    assert_eq!(read([first(), first(), first()]).await.unwrap(), [0, 1, 2]);
}

#[tokio::test]
async fn a_server_that_ignores_the_offset_and_counts_more_is_an_error() {
    let first = || page(0..3, 9);
    let error = read([first(), first(), first()]).await.unwrap_err();
    assert!(matches!(error, EngramError::Decode(_)), "{error:?}");
    assert!(error.to_string().contains("9 memories"), "{error}");
}

#[tokio::test]
async fn an_empty_page_before_the_servers_own_count_is_an_error() {
    let error = read([page(0..3, 5), page([], 5)]).await.unwrap_err();
    assert!(matches!(error, EngramError::Decode(_)), "{error:?}");
    crate::support::assert_one_short_line(&error);
    assert!(error.to_string().contains("5 memories"), "{error}");
}

#[tokio::test]
async fn memories_that_move_down_while_the_list_is_read_come_once() {
    // Memory 9 is stored after the first page is read.
    assert_eq!(read([page([8, 7, 6], 5), page([6, 5, 4], 6), page([], 6)]).await.unwrap(), [8, 7, 6, 5, 4]);
}

#[tokio::test]
async fn an_error_on_a_later_page_is_an_item_and_then_the_list_ends() {
    let failure = Answer::json(500, &json!({ "error": "broken" }));
    let server = Server::start([page(0..3, 9), page(3..6, 9), failure]).await;
    let mut list = server.client().list_memories().limit(3).stream();
    for id in 0..6 {
        assert_eq!(list.next().await.unwrap().unwrap().id, id.to_string());
    }
    assert_eq!(list.next().await.unwrap().unwrap_err().status().map(u16::from), Some(500));
    assert!(list.next().await.is_none());
    assert!(list.next().await.is_none());
}

#[tokio::test]
async fn half_a_list_is_never_a_whole_one() {
    let failure = Answer::json(500, &json!({ "error": "broken" }));
    assert_eq!(read([page(0..3, 9), failure]).await.unwrap_err().status().map(u16::from), Some(500));
}

#[tokio::test]
async fn a_limit_of_zero_is_refused_before_anything_is_sent() {
    let server = Server::start([]).await;
    let error = server.client().list_memories().limit(0).all().await.unwrap_err();
    assert!(matches!(error, EngramError::InvalidRequest(_)), "{error:?}");
}

/// A server of these habits, whose bucket may grow while it is listed.
#[derive(Clone, Debug)]
struct Lister {
    stored: usize,
    /// The most memories that a page holds.
    largest_page: usize,
    says_limit: bool,
    total: Total,
    /// How many memories are stored before each page after the first.
    insertions: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Total {
    OfBucket,
    OfPage,
    None,
}

impl Lister {
    /// The page as a server makes it of all the memories, of which the newest has the highest number.
    fn page(&mut self, (limit, offset): (usize, usize)) -> Answer {
        if offset > 0 {
            self.stored += self.insertions.pop().unwrap_or(0);
        }
        let limit = limit.min(self.largest_page);
        let ids: Vec<_> = (0..self.stored as u64).rev().skip(offset).take(limit).collect();
        let total = match self.total {
            Total::OfBucket => Some(self.stored),
            Total::OfPage => Some(ids.len()),
            Total::None => None,
        };
        let limit = self.says_limit.then_some(limit);
        Answer::json(200, &json!({ "memories": memories(ids), "total": total, "limit": limit }))
    }
}

fn any_lister() -> impl Strategy<Value = Lister> {
    let total = prop_oneof![Just(Total::OfBucket), Just(Total::OfPage), Just(Total::None)];
    // Fewer than fill a page: where they fill two, a server that tells no total cannot be told from one that knows no offset.
    (0..60_usize, 3..12_usize, any::<bool>(), total, vec(0..3_usize, 0..10)).prop_map(
        |(stored, largest_page, says_limit, total, insertions)| Lister {
            stored,
            largest_page,
            says_limit,
            total,
            insertions,
        },
    )
}

#[test]
fn every_memory_comes_once_however_the_server_clamps_and_whatever_is_stored_meanwhile() {
    let runtime = Runtime::new().unwrap();
    let property = |(lister, limit): (Lister, u32)| {
        let before = lister.stored as u64;
        let mut playing = lister;
        let listed = runtime.block_on(async {
            let server = Server::by(move |request| playing.page(asked(request))).await;
            let engram = server.builder().build().unwrap();
            engram.list_memories().limit(limit).all().await.unwrap()
        });
        let listed = ids(&listed);
        let once: HashSet<_> = listed.iter().copied().collect();
        prop_assert_eq!(once.len(), listed.len(), "one came twice: {:?}", listed);
        prop_assert!((0..before).all(|id| once.contains(&id)), "one of {} is missing: {:?}", before, listed);
        Ok(())
    };
    TestRunner::new(property_config(200)).run(&(any_lister(), 3..12_u32), property).unwrap();
}

#[tokio::test]
async fn memories_that_are_deleted_while_the_list_is_read_hide_no_other() {
    for (stored, limit, deletes_every) in [(250, 100, 1), (250, 100, 2), (97, 10, 3), (40, 7, 1)] {
        let server = LocalServer::builder().in_memory().start().await.unwrap();
        let engram = server.client().unwrap();
        engram.store_memories((0..stored).map(|number| format!("fact {number}"))).await.unwrap();
        let mut memories = engram.list_memories().limit(limit).stream();
        let mut seen = HashSet::new();
        while let Some(memory) = memories.next().await {
            let memory = memory.unwrap();
            assert!(seen.insert(memory.id.clone()), "{} came twice", memory.content);
            if seen.len() % deletes_every == 0 {
                engram.delete_memory(memory.id).await.unwrap();
            }
        }
        assert_eq!(seen.len(), stored, "pages of {limit}, every {deletes_every}. one deleted");
    }
}

#[tokio::test]
async fn a_total_that_falls_by_what_was_not_read_yet_ends_no_list() {
    let pages = [page(0..3, 12), page(3..6, 9), page(0..3, 9), page(3..6, 9), page(6..9, 9), page([], 9)];
    assert_eq!(read(pages).await.unwrap(), (0..9).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_total_that_wavers_does_not_keep_the_list_from_ending() {
    const MOST: u64 = 500;
    let mut answered = 0_u64;
    let server = Server::by(move |_| {
        answered += 1;
        match answered {
            MOST.. => Answer::empty(500),
            _ => page(0..3, if answered.is_multiple_of(2) { 50 } else { 60 }),
        }
    })
    .await;
    let outcome = server.client().list_memories().limit(3).all().await;
    assert!(outcome.is_err(), "the server counts more than it sends");
    assert!((server.requests().len() as u64) < MOST, "{} requests", server.requests().len());
}
