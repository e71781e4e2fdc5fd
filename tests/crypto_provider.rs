//! With `rustls-no-provider` and no provider installed, building a client is an error that says what to do, and no panic.

#![cfg(all(feature = "rustls-no-provider", not(feature = "rustls")))]
#![allow(clippy::expect_used)]

use lumetra_engram::{EngramClient, EngramError};

#[test]
fn a_missing_crypto_provider_is_a_config_error() {
    let error = EngramClient::new("eng_live_key").expect_err("no provider is installed");
    assert!(matches!(error, EngramError::Config(_)));
    assert!(error.to_string().contains("install_default"), "{error}");
}
