//! Where the contents of an ingest come from.

use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;

/// Contents that are pulled one by one, from an iterator or a stream. It is a `Stream` of texts; [`IntoContents`] makes it.
#[must_use = "contents do nothing until they are ingested or read"]
pub struct Contents<'a> {
    /// Never locked. The mutex makes it, and the report that holds it, `Sync`, which sources need not be.
    source: Mutex<Source<'a>>,
}

enum Source<'a> {
    Iterator(Box<dyn Iterator<Item = String> + Send + 'a>),
    Stream(Pin<Box<dyn Stream<Item = String> + Send + 'a>>),
    Ended,
}

impl fmt::Debug for Contents<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Contents").finish_non_exhaustive()
    }
}

/// What [`EngramClient::ingest`](crate::EngramClient::ingest) takes: any iterator, collection or stream whose items are texts.
/// `Kind` is found by the compiler, and says which of the two it is. What is both an iterator and a stream must be wrapped in one of
/// `std::iter::from_fn` and `futures::stream::poll_fn`.
pub trait IntoContents<'a, Kind> {
    /// The contents, not pulled yet.
    fn into_contents(self) -> Contents<'a>;
}

/// The kind of [`IntoContents`] that comes from an iterator or a collection.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FromIterator;

/// The kind of [`IntoContents`] that comes from a stream.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FromStream;

impl<'a, I> IntoContents<'a, FromIterator> for I
where
    I: IntoIterator<Item: Into<String> + 'a, IntoIter: Send + 'a>,
{
    fn into_contents(self) -> Contents<'a> {
        Contents::new(Source::Iterator(Box::new(self.into_iter().map(Into::into))))
    }
}

impl<'a, S> IntoContents<'a, FromStream> for S
where
    S: Stream<Item: Into<String>> + Send + 'a,
{
    fn into_contents(self) -> Contents<'a> {
        Contents::new(Source::Stream(Box::pin(Texts(Box::pin(self)))))
    }
}

/// A stream of texts.
struct Texts<S>(Pin<Box<S>>);

impl<S: Stream<Item: Into<String>>> Stream for Texts<S> {
    type Item = String;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<String>> {
        self.0.as_mut().poll_next(context).map(|item| item.map(Into::into))
    }
}

impl<'a> Contents<'a> {
    fn new(source: Source<'a>) -> Self {
        Self { source: Mutex::new(source) }
    }

    fn source(&mut self) -> &mut Source<'a> {
        self.source.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is certainly nothing left.
    pub(crate) fn has_ended(&mut self) -> bool {
        matches!(self.source(), Source::Ended)
    }
}

impl Stream for Contents<'_> {
    type Item = String;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<String>> {
        let source = self.source();
        let next = match source {
            Source::Iterator(iterator) => Poll::Ready(iterator.next()),
            Source::Stream(stream) => stream.as_mut().poll_next(context),
            Source::Ended => Poll::Ready(None),
        };
        if let Poll::Ready(None) = next {
            *source = Source::Ended;
        }
        next
    }
}
