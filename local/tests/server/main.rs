//! What the server promises, through real HTTP: with the SDK's client, and without it where the bytes matter.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bad_days;
mod buckets;
mod durability;
mod errors;
mod large;
mod listing;
#[cfg(unix)]
mod program;
mod querying;
mod storing;
mod streaming;
mod tenants;
mod wire;
