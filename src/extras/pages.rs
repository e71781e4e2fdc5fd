//! [`MemoryStream`]: every memory of a bucket, page by page.

use std::collections::HashSet;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;

use futures_core::{FusedStream, Stream};

use super::tasks::as_task;
use crate::error::EngramError;
use crate::generated::types::{ListMemoriesResult, Memory};
use crate::operations::ListMemories;
use crate::request::{Async, Request};

/// The page size of a list that is read whole. 100 is the most that the service's own tools ask for.
const DEFAULT_PAGE_SIZE: u32 = 100;

/// How many pages in a row may hold nothing new, of a bucket that has not grown, before the list counts as ended. Servers that ignore
/// `offset` send the same page forever.
const BARREN_PAGES: u8 = 2;

/// How often in a row the list goes back because the total has fallen, without anything new in between. A total that only wavers must not
/// keep it from ending.
const MOST_STEPS_BACK: u8 = 100;

/// Every memory of a bucket, once, newest first: from [`Request::stream`]. A `Stream`, or with the blocking client an
/// `Iterator`, that ends after the first error.
///
/// Pages are fetched as they are needed, each with the options of the request, by a task that ends with the list: a page that is on its way
/// keeps no permit from other requests of yours. The next page begins where the last one ended,
/// however many memories the server sent. You may delete memories while you read: where the server's `total` has fallen, the list goes
/// back by as many, so that what moved up is not passed over. A memory that is stored meanwhile may be missing; so may one that moved up
/// where the server counts none, or as many were stored as were deleted. The ids of all memories are kept to tell which came already,
/// some 100 bytes for each.
///
/// ```no_run
/// # async fn example(engram: lumetra_engram::EngramClient) -> Result<(), lumetra_engram::EngramError> {
/// let mut memories = engram.list_memories().bucket("user-123").stream();
/// while let Some(memory) = memories.next().await {
///     println!("{}", memory?.content);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing until it is read"]
pub struct MemoryStream<Mode = Async> {
    /// `None` once the list has ended.
    next_page: Option<PageFuture>,
    page: vec::IntoIter<Memory>,
    #[cfg_attr(not(feature = "blocking"), expect(dead_code, reason = "only the blocking mode has anything to do"))]
    pub(super) mode: Mode,
}

type PageFuture = Pin<Box<dyn Future<Output = Result<(ListMemoriesResult, Reader), EngramError>> + Send>>;

impl<Mode> fmt::Debug for MemoryStream<Mode> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemoryStream").field("ended", &self.next_page.is_none()).finish_non_exhaustive()
    }
}

/// Reads one page after the other.
struct Reader {
    request: Request<ListMemories>,
    position: Position,
}

impl Reader {
    fn read(self) -> PageFuture {
        Box::pin(async move {
            let request = self.request.clone().offset(self.position.offset);
            Ok((as_task(request.run()).await?, self))
        })
    }
}

/// How far a list has been read.
struct Position {
    offset: u64,
    page_size: u32,
    /// How many memories the bucket holds, by the page before.
    total: Option<u64>,
    seen: HashSet<String>,
    barren_pages: u8,
    /// How far the list has been read, whatever it went back since.
    furthest: u64,
    /// How often it went back since it last found anything new.
    steps_back: u8,
}

impl Position {
    fn new(offset: u64, page_size: u32) -> Self {
        Self { offset, page_size, total: None, seen: HashSet::new(), barren_pages: 0, furthest: offset, steps_back: 0 }
    }

    /// By how much the total has fallen. A server that counts only its page has no total that could.
    fn fallen(&self, total: Option<u64>) -> Option<u64> {
        let before = self.total.filter(|before| *before >= self.offset && self.steps_back < MOST_STEPS_BACK)?;
        before.checked_sub(total?).filter(|fallen| *fallen > 0)
    }

    /// What is new in a page, and whether another page is to be fetched.
    fn advance(&mut self, page: ListMemoriesResult) -> Result<(Vec<Memory>, bool), EngramError> {
        let received = page.memories.len() as u64;
        let total = page.total.and_then(|total| u64::try_from(total).ok());
        if let Some(fallen) = self.fallen(total) {
            // What came after the deleted memories has moved up, some of it perhaps before this page.
            (self.total, self.offset) = (total, self.offset.saturating_sub(fallen));
            self.steps_back += 1;
            return Ok((Vec::new(), true));
        }
        if received == 0 {
            return end(total, self.offset);
        }
        let is_read_again = self.offset < self.furthest;
        self.offset = self.offset.saturating_add(received);
        self.furthest = self.furthest.max(self.offset);
        let mut memories = page.memories;
        memories.retain(|memory| self.seen.insert(memory.id.clone()));
        self.steps_back = if memories.is_empty() { self.steps_back } else { 0 };
        // Where the bucket has grown, all that came may have moved down.
        let has_grown = total > self.total && self.steps_back < MOST_STEPS_BACK;
        let is_barren = memories.is_empty() && !has_grown && !is_read_again;
        self.barren_pages = if is_barren { self.barren_pages + 1 } else { 0 };
        self.total = total;
        if self.barren_pages >= BARREN_PAGES {
            return end(total, self.seen.len() as u64);
        }
        // Neither alone says that the list has ended: a server may send less than was asked for, and count its page only.
        let is_short = match page.limit.and_then(|limit| u64::try_from(limit).ok()) {
            Some(limit) => received < limit,
            None => received < self.page_size.into() && total.is_some_and(|total| total > received),
        };
        let is_last = is_short && total.is_some_and(|total| total <= self.offset);
        Ok((memories, !is_last))
    }
}

/// The end of the list, unless the server itself counts more memories than these.
fn end(total: Option<u64>, memories: u64) -> Result<(Vec<Memory>, bool), EngramError> {
    match total {
        Some(total) if total > memories => Err(cut_short(memories, total)),
        _ => Ok((Vec::new(), false)),
    }
}

fn cut_short(sent: u64, total: u64) -> EngramError {
    let problem = format!("the server counts {total} memories in the bucket, but sent none after the first {sent}");
    EngramError::decode(http::StatusCode::OK, &problem)
}

impl<Mode: Clone> Request<ListMemories, Mode> {
    /// Every memory of the bucket from the [`offset`](Self::offset) on, fetched page by page as it is read. [`limit`](Self::limit)
    /// is the size of a page then, 100 where none is set; the server may send smaller ones.
    pub fn stream(self) -> MemoryStream<Mode> {
        let (offset, page_size) = (self.operation.offset, self.operation.limit.unwrap_or(DEFAULT_PAGE_SIZE));
        let mode = self.mode.clone();
        let reader =
            Reader { request: self.limit(page_size).with_mode(|_| Async), position: Position::new(offset, page_size) };
        MemoryStream { next_page: Some(reader.read()), page: Vec::new().into_iter(), mode }
    }
}

impl Request<ListMemories> {
    /// Every memory of the bucket, as [`stream`](Self::stream) has them, in one list.
    ///
    /// # Errors
    ///
    /// Any error of a page. The memories read before it are discarded.
    pub async fn all(self) -> Result<Vec<Memory>, EngramError> {
        self.stream().collect().await
    }
}

impl<Mode> MemoryStream<Mode> {
    fn poll_memory(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Memory, EngramError>>> {
        loop {
            if let Some(memory) = self.page.next() {
                return Poll::Ready(Some(Ok(memory)));
            }
            let Some(next_page) = &mut self.next_page else { return Poll::Ready(None) };
            let outcome = ready!(next_page.as_mut().poll(context));
            self.next_page = None;
            match outcome.and_then(|(page, mut reader)| Ok((reader.position.advance(page)?, reader))) {
                Ok(((memories, goes_on), reader)) => {
                    self.page = memories.into_iter();
                    self.next_page = goes_on.then(|| reader.read());
                }
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }

    /// Ends the list where it is.
    #[cfg(feature = "blocking")]
    pub(super) fn end(&mut self) {
        (self.next_page, self.page) = (None, Vec::new().into_iter());
    }

    pub(super) fn has_ended(&self) -> bool {
        self.next_page.is_none() && self.page.len() == 0
    }

    pub(super) async fn next_memory(&mut self) -> Option<Result<Memory, EngramError>> {
        poll_fn(|context| self.poll_memory(context)).await
    }

    /// All that is left.
    pub(super) async fn collect(mut self) -> Result<Vec<Memory>, EngramError> {
        let mut memories = Vec::new();
        while let Some(memory) = self.next_memory().await {
            memories.push(memory?);
        }
        Ok(memories)
    }
}

impl MemoryStream {
    /// The next memory, or `None` after the last one. The same as `StreamExt::next`, without the import. Nothing is lost where the
    /// future is dropped before it is ready.
    ///
    /// # Errors
    ///
    /// An item is any error of a page; [`EngramError::Decode`] also where the server ends the list before the number
    /// of memories that it names itself.
    pub async fn next(&mut self) -> Option<Result<Memory, EngramError>> {
        self.next_memory().await
    }
}

impl Stream for MemoryStream {
    type Item = Result<Memory, EngramError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_memory(context)
    }
}

impl FusedStream for MemoryStream {
    fn is_terminated(&self) -> bool {
        self.has_ended()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(ids: &[u64], total: Option<i64>) -> ListMemoriesResult {
        let memory = |id: &u64| Memory { id: id.to_string(), ..Memory::default() };
        ListMemoriesResult { memories: ids.iter().map(memory).collect(), total, ..ListMemoriesResult::default() }
    }

    fn position() -> Position {
        position_after(0)
    }

    fn position_after(offset: u64) -> Position {
        Position::new(offset, 3)
    }

    /// What is new in each page, and whether another one is fetched.
    fn advance(position: &mut Position, ids: &[u64], total: Option<i64>) -> (Vec<u64>, bool) {
        let (memories, goes_on) = position.advance(page(ids, total)).expect("a page");
        (memories.iter().map(|memory| memory.id.parse().expect("a number")).collect(), goes_on)
    }

    #[test]
    fn a_short_page_is_the_last_one_only_by_the_servers_own_count() {
        assert_eq!(advance(&mut position_after(3), &[1, 2], Some(5)), (vec![1, 2], false));
        // Some servers send less than was asked for, and count the memories of the page.
        assert_eq!(advance(&mut position(), &[1, 2], Some(2)), (vec![1, 2], true));
        assert_eq!(advance(&mut position(), &[1, 2], Some(3)), (vec![1, 2], true));
        assert_eq!(advance(&mut position(), &[1, 2], None), (vec![1, 2], true));
        assert_eq!(advance(&mut position(), &[1, 2, 3], Some(3)), (vec![1, 2, 3], true));
    }

    #[test]
    fn memories_that_moved_down_come_once_and_the_offset_advances_by_what_came() {
        let mut position = position();
        assert_eq!(advance(&mut position, &[1, 2, 3], None), (vec![1, 2, 3], true));
        assert_eq!(advance(&mut position, &[2, 3, 4], None), (vec![4], true));
        assert_eq!(position.offset, 6);
        assert_eq!(advance(&mut position, &[], Some(6)), (vec![], false));
    }

    #[test]
    fn a_server_without_offsets_ends_the_list_with_its_second_repetition() {
        let mut position = position();
        assert_eq!(advance(&mut position, &[1, 2, 3], None), (vec![1, 2, 3], true));
        assert_eq!(advance(&mut position, &[1, 2, 3], None), (vec![], true));
        assert_eq!(advance(&mut position, &[1, 2, 3], None), (vec![], false));
    }

    #[test]
    fn a_server_without_offsets_that_counts_more_than_it_sends_is_an_error() {
        let mut position = position();
        assert_eq!(advance(&mut position, &[1, 2, 3], Some(5)), (vec![1, 2, 3], true));
        assert_eq!(advance(&mut position, &[1, 2, 3], Some(5)), (vec![], true));
        assert!(position.advance(page(&[1, 2, 3], Some(5))).is_err());
    }

    #[test]
    fn a_bucket_that_grows_by_whole_pages_is_read_on() {
        let mut position = position();
        assert_eq!(advance(&mut position, &[4, 5, 6], Some(6)), (vec![4, 5, 6], true));
        assert_eq!(advance(&mut position, &[4, 5, 6], Some(9)), (vec![], true));
        assert_eq!(advance(&mut position, &[4, 5, 6], Some(12)), (vec![], true));
        assert_eq!(advance(&mut position, &[1, 2, 3], Some(12)), (vec![1, 2, 3], true));
    }

    #[test]
    fn an_empty_page_before_the_servers_own_count_is_an_error() {
        let mut position = position();
        advance(&mut position, &[1, 2, 3], Some(5));
        let error = position.advance(page(&[], Some(5))).expect_err("an error");
        assert!(error.to_string().contains("5 memories") && error.to_string().contains("first 3"), "{error}");
    }
}
