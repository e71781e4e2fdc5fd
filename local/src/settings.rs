//! The settings that the running server needs, and which values can work.

use std::time::Duration;

use tokio::sync::Semaphore;

use crate::error::LocalServerError;
use crate::host::{Host, Origin};

/// The API key to use where none is set.
pub(crate) const DEFAULT_API_KEY: &str = "local";
const SMALLEST_STORE: &str = r#"{"content":"a"}"#;
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(1);
/// The clock can't count on from here without end.
const LONGEST_TIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) max_concurrent_requests: Option<usize>,
    pub(crate) retry_after: Duration,
    pub(crate) missing_model_key: bool,
    pub(crate) synthesis_latency: Duration,
    pub(crate) delta_latency: Duration,
    /// Beside loopback, and the address that a connection came to.
    pub(crate) allowed_hosts: Vec<Host>,
    /// Beside the server's own.
    pub(crate) allowed_origins: Vec<Origin>,
    pub(crate) max_body_bytes: usize,
    pub(crate) max_memory_bytes: usize,
    pub(crate) max_connections: usize,
    pub(crate) header_timeout: Duration,
    pub(crate) body_timeout: Duration,
    pub(crate) write_timeout: Duration,
    pub(crate) shutdown_timeout: Duration,
    /// What part of a memory's match its neighbours gain.
    pub(crate) neighbours: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_concurrent_requests: None,
            retry_after: Duration::from_secs(1),
            missing_model_key: false,
            synthesis_latency: Duration::ZERO,
            delta_latency: Duration::ZERO,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            // Ample for any batch of facts, and little enough that the writes of others wait for about a second at worst.
            max_body_bytes: 4 * 1024 * 1024,
            // Ample for a fact or a chapter of text, and a quarter of a second of work at worst.
            max_memory_bytes: 256 * 1024,
            max_connections: 512,
            header_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(30),
            shutdown_timeout: Duration::from_secs(5),
            neighbours: 0.0,
        }
    }
}

impl Settings {
    pub(crate) fn check(&self) -> Result<(), LocalServerError> {
        self.check_numbers()?;
        self.check_times()
    }

    fn check_numbers(&self) -> Result<(), LocalServerError> {
        let &Self { max_concurrent_requests, max_connections, max_body_bytes, max_memory_bytes, .. } = self;
        if max_concurrent_requests == Some(0) {
            return Err(LocalServerError::setting(
                "max_concurrent_requests",
                "must be at least 1, or no request could succeed",
            ));
        }
        if !(1..=Semaphore::MAX_PERMITS).contains(&max_connections) {
            let message = format!("must be from 1 to {}, or nobody could connect", Semaphore::MAX_PERMITS);
            return Err(LocalServerError::setting("max_connections", message));
        }
        if max_body_bytes < SMALLEST_STORE.len() {
            let message = format!("must be at least {}, or no memory could be stored", SMALLEST_STORE.len());
            return Err(LocalServerError::setting("max_body_bytes", message));
        }
        if max_memory_bytes == 0 {
            return Err(LocalServerError::setting(
                "max_memory_bytes",
                "must be at least 1, or no memory could be stored",
            ));
        }
        if !(0.0..=1.0).contains(&self.neighbours) {
            return Err(LocalServerError::setting("neighbours", "must be from 0 to 1"));
        }
        Ok(())
    }

    fn check_times(&self) -> Result<(), LocalServerError> {
        let timeouts = [
            ("header_timeout", self.header_timeout),
            ("body_timeout", self.body_timeout),
            ("write_timeout", self.write_timeout),
        ];
        if let Some((setting, _)) = timeouts.iter().find(|(_, timeout)| *timeout < SHORTEST_TIMEOUT) {
            return Err(LocalServerError::setting(
                setting,
                format!("must be at least {SHORTEST_TIMEOUT:?}, or no request could succeed"),
            ));
        }
        let waits = [
            ("retry_after", self.retry_after),
            ("synthesis_latency", self.synthesis_latency),
            ("delta_latency", self.delta_latency),
            ("shutdown_timeout", self.shutdown_timeout),
        ];
        match timeouts.iter().chain(&waits).find(|(_, time)| *time > LONGEST_TIME) {
            Some((setting, _)) => Err(LocalServerError::setting(setting, "must be at most 365 days")),
            None => Ok(()),
        }
    }
}
