//! How requests are sent: the last type parameter of every request.

/// Requests of an [`EngramClient`](crate::EngramClient) are awaited.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Async;
