//! How many requests of a client are in flight at once. The service caps them, and the client learns the cap from its refusals.

mod gate;
mod limit;
mod pace;
mod queue;
#[cfg(test)]
mod simulation;

pub(crate) use gate::{Gate, Permit, Stalled};
pub(crate) use queue::Ticket;
