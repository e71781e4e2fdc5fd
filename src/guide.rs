//! The guide, with an example on each page. These modules are empty, and exist only in the documentation.

#[doc = include_str!("guide/configuration.md")]
pub mod configuration {}

#[doc = include_str!("guide/streaming.md")]
pub mod streaming {}

#[doc = include_str!("guide/errors.md")]
pub mod errors {}

#[doc = include_str!("guide/retries.md")]
pub mod retries {}

#[doc = include_str!("guide/ingest.md")]
pub mod ingest {}

#[doc = include_str!("guide/typed_answers.md")]
pub mod typed_answers {}

#[doc = include_str!("guide/testing.md")]
pub mod testing {}

#[doc = include_str!("guide/network.md")]
pub mod network {}

#[doc = include_str!("guide/axum_sse.md")]
pub mod axum_sse {}

#[doc = include_str!("guide/tracing.md")]
pub mod tracing {}
