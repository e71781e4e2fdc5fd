//! What the endpoints of models have in common, whatever they are asked for: where they are, how they are reached, and what they say.

mod address;
mod client;
mod words;

pub(crate) use address::{Address, Names};
pub(crate) use client::{Endpoint, Failure};
