//! Where the facts of an ingest come from.

use std::fmt;
use std::future::poll_fn;
use std::iter::FusedIterator;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;

/// Texts that are pulled one by one: [`Contents`] or a [`ContentStream`]. Only this crate implements it.
pub trait Source: Send {
    /// The next text; `Ready(None)` where there is certainly none left, now and later.
    #[doc(hidden)]
    fn poll_text(&mut self, context: &mut Context<'_>) -> Poll<Option<String>>;
}

/// What is left of an iterator of facts: an `Iterator` itself. See [`IngestReport::not_attempted`](super::IngestReport).
pub struct Contents<'a> {
    /// `None` at the end. Never locked: the mutex makes this, and the report that holds it, `Sync`, which iterators need not be.
    iterator: Mutex<Option<Box<dyn Iterator<Item = String> + Send + 'a>>>,
}

impl<'a> Contents<'a> {
    pub(super) fn new<I>(contents: I) -> Self
    where
        I: IntoIterator<Item: Into<String> + 'a, IntoIter: Send + 'a>,
    {
        Self { iterator: Mutex::new(Some(Box::new(contents.into_iter().map(Into::into)))) }
    }
}

impl Iterator for Contents<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let iterator = self.iterator.get_mut().unwrap_or_else(PoisonError::into_inner);
        let next = iterator.as_mut()?.next();
        if next.is_none() {
            *iterator = None;
        }
        next
    }
}

impl FusedIterator for Contents<'_> {}

impl Source for Contents<'_> {
    fn poll_text(&mut self, _: &mut Context<'_>) -> Poll<Option<String>> {
        Poll::Ready(self.next())
    }
}

impl fmt::Debug for Contents<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Contents").finish_non_exhaustive()
    }
}

/// What is left of a stream of facts: a `Stream` itself. See [`IngestReport::not_attempted`](super::IngestReport).
#[must_use = "a stream does nothing until it is read"]
pub struct ContentStream<'a> {
    /// `None` at the end. Never locked: the mutex makes this, and the report that holds it, `Sync`, which streams need not be.
    stream: Mutex<Option<Pin<Box<dyn Stream<Item = String> + Send + 'a>>>>,
}

impl<'a> ContentStream<'a> {
    pub(super) fn new<S>(contents: S) -> Self
    where
        S: Stream<Item: Into<String>> + Send + 'a,
    {
        Self { stream: Mutex::new(Some(Box::pin(Texts(Box::pin(contents))))) }
    }

    /// The next text, or `None` after the last one.
    pub async fn next(&mut self) -> Option<String> {
        poll_fn(|context| self.poll_text(context)).await
    }

    /// All texts that are left.
    pub async fn collect(mut self) -> Vec<String> {
        let mut all = Vec::new();
        while let Some(text) = self.next().await {
            all.push(text);
        }
        all
    }
}

impl Source for ContentStream<'_> {
    fn poll_text(&mut self, context: &mut Context<'_>) -> Poll<Option<String>> {
        let stream = self.stream.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(left) = stream else { return Poll::Ready(None) };
        let next = left.as_mut().poll_next(context);
        if let Poll::Ready(None) = next {
            *stream = None;
        }
        next
    }
}

impl Stream for ContentStream<'_> {
    type Item = String;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<String>> {
        self.poll_text(context)
    }
}

impl fmt::Debug for ContentStream<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ContentStream").finish_non_exhaustive()
    }
}

/// A stream of what becomes texts, as texts.
struct Texts<S>(Pin<Box<S>>);

impl<S: Stream<Item: Into<String>>> Stream for Texts<S> {
    type Item = String;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<String>> {
        self.0.as_mut().poll_next(context).map(|item| item.map(Into::into))
    }
}
