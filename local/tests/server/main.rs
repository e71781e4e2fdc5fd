//! What the server promises, through real HTTP: with the SDK's client, and without it where the bytes matter.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answers;
mod bad_days;
mod buckets;
#[cfg(unix)]
mod care;
mod chat;
#[cfg(unix)]
mod connections;
#[cfg(feature = "docs")]
mod docs;
mod durability;
mod embeddings;
mod endpoint;
mod errors;
mod fail_next;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(unix)]
mod files;
mod graph;
mod health;
mod large;
mod listing;
#[cfg(feature = "page")]
mod page;
mod profiles;
#[cfg(unix)]
mod program;
mod querying;
mod quotes;
mod scripts;
mod spec;
mod storing;
#[cfg(unix)]
mod storm;
mod streaming;
mod tenants;
mod upgrade;
mod web;
mod wire;
