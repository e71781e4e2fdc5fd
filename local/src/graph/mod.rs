//! Taking facts from the memories, in the background, with a language model.

mod budget;
mod entities;
mod own;
mod reply;
mod request;
mod worker;

pub(crate) use worker::Extraction;
