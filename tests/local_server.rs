//! The client against the local server.
