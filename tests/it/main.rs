//! The tests at the level of a caller and of the wire, as one program, which links once. `memory.rs` and
//! `logged/` need a process of their own.

#[macro_use]
mod support;

mod answers;
mod auto_traits;
#[cfg(feature = "blocking")]
mod blocking;
mod concurrency;
mod config;
mod connections;
mod effect;
mod errors;
mod guarantees;
mod ingest;
mod local_server;
mod options;
mod pager;
mod query_result;
mod request_properties;
mod requests;
#[cfg(feature = "http2")]
mod retirement;
mod retry;
mod runtime;
#[cfg(feature = "schemars")]
mod schemas;
mod secrets;
// reqwest prefers the operating system's TLS where there are both.
#[cfg(all(feature = "http2", feature = "rustls", not(feature = "native-tls")))]
mod silent_peers;
mod streaming;
mod streaming_properties;
mod tolerance;
mod transient;
#[cfg(feature = "schemars")]
mod typed;
#[cfg(feature = "http2")]
mod unsent;
