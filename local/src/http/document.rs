//! What a browser is given to show, and the headers that all of it has.

use axum::body::Body;
use axum::http::HeaderName;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};

/// An answer that a browser asks for anew each time, since another version of the server may listen at the same address. The policy should
/// hold `frame-ancestors 'none'`: no page of another host can then put it into a frame of its own, to have requests sent from it.
pub(super) fn document(
    content_type: &'static str,
    policy: &'static str,
    text: impl Into<Body>,
) -> ([(HeaderName, &'static str); 5], Body) {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CACHE_CONTROL, "no-cache"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (CONTENT_SECURITY_POLICY, policy),
    ];
    (headers, text.into())
}
