//! The server's HTTP side: which route does what, and what every request goes through.

mod auth;
mod body;
#[cfg(feature = "docs")]
mod docs;
#[cfg(any(feature = "docs", feature = "page"))]
mod document;
pub(crate) mod error;
mod extract;
mod faults;
mod guard;
mod health;
mod limits;
#[cfg(feature = "page")]
mod page;
mod router;
mod routes;
pub(crate) mod serve;
pub(crate) mod sse;
pub(crate) mod state;
