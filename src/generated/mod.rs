//! The API, generated from `openapi/engram.yaml`.
//!
//! With the feature `codegen`, what the spec says now; without it, what it said when `cargo xtask regen` last ran.
#![allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, clippy::restriction)]

#[cfg(not(feature = "codegen"))]
#[rustfmt::skip]
pub mod client;
#[cfg(not(feature = "codegen"))]
#[rustfmt::skip]
pub mod types;

#[cfg(feature = "codegen")]
pub mod client {
    include!(concat!(env!("OUT_DIR"), "/client.rs"));
}
#[cfg(feature = "codegen")]
pub mod types {
    include!(concat!(env!("OUT_DIR"), "/types.rs"));
}
