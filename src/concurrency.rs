//! How many requests of a client are under way at once. The service caps them, and the client learns the cap from its refusals.

mod gate;
mod limit;
mod pace;
mod queue;
#[cfg(test)]
mod simulation;

pub(crate) use gate::{Gate, Place, Stalled};
pub(crate) use queue::Ticket;
