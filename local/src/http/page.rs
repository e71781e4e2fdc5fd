//! The page that shows what is remembered. Its files need no key: what they show, they get through the API, with the key of who looks.

use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

use super::document::document;
use super::routes;
use super::state::App;

/// The page uses this server alone. Nothing in it is a script or a style but its own files, whatever the memories that it shows hold.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const IMAGE: &str = "image/svg+xml";
const TEXT: &str = "text/plain; charset=utf-8";

/// A file of the page: where it is served, as what, and what it holds.
struct File(&'static str, &'static str, &'static [u8]);

const FILES: [File; 26] = [
    File("/", HTML, include_bytes!("../../page/index.html")),
    File("/page/style.css", STYLE, include_bytes!("../../page/style.css")),
    File("/page/icon.svg", IMAGE, include_bytes!("../../page/icon.svg")),
    File("/page/api.mjs", SCRIPT, include_bytes!("../../page/api.mjs")),
    File("/page/app.mjs", SCRIPT, include_bytes!("../../page/app.mjs")),
    File("/page/ask.mjs", SCRIPT, include_bytes!("../../page/ask.mjs")),
    File("/page/buckets.mjs", SCRIPT, include_bytes!("../../page/buckets.mjs")),
    File("/page/dialogs.mjs", SCRIPT, include_bytes!("../../page/dialogs.mjs")),
    File("/page/dom.mjs", SCRIPT, include_bytes!("../../page/dom.mjs")),
    File("/page/errors.mjs", SCRIPT, include_bytes!("../../page/errors.mjs")),
    File("/page/format.mjs", SCRIPT, include_bytes!("../../page/format.mjs")),
    File("/page/graph.mjs", SCRIPT, include_bytes!("../../page/graph.mjs")),
    File("/page/key.mjs", SCRIPT, include_bytes!("../../page/key.mjs")),
    File("/page/layout.mjs", SCRIPT, include_bytes!("../../page/layout.mjs")),
    File("/page/list.mjs", SCRIPT, include_bytes!("../../page/list.mjs")),
    File("/page/memories.mjs", SCRIPT, include_bytes!("../../page/memories.mjs")),
    File("/page/pages.mjs", SCRIPT, include_bytes!("../../page/pages.mjs")),
    File("/page/profile.mjs", SCRIPT, include_bytes!("../../page/profile.mjs")),
    File("/page/results.mjs", SCRIPT, include_bytes!("../../page/results.mjs")),
    File("/page/shapes.mjs", SCRIPT, include_bytes!("../../page/shapes.mjs")),
    File("/page/stream.mjs", SCRIPT, include_bytes!("../../page/stream.mjs")),
    File("/page/vendor/d3-dispatch.min.js", SCRIPT, include_bytes!("../../page/vendor/d3-dispatch.min.js")),
    File("/page/vendor/d3-force.min.js", SCRIPT, include_bytes!("../../page/vendor/d3-force.min.js")),
    File("/page/vendor/d3-quadtree.min.js", SCRIPT, include_bytes!("../../page/vendor/d3-quadtree.min.js")),
    File("/page/vendor/d3-timer.min.js", SCRIPT, include_bytes!("../../page/vendor/d3-timer.min.js")),
    File("/page/vendor/LICENSE", TEXT, include_bytes!("../../page/vendor/LICENSE")),
];

pub(super) fn routes() -> Router<Arc<App>> {
    let router = FILES.iter().fold(Router::new(), |router, file| {
        router.route(file.0, get(async move |headers: HeaderMap| file.answer(&headers)))
    });
    router.method_not_allowed_fallback(routes::no_such_method)
}

impl File {
    /// The file, unless the browser has it already.
    fn answer(&self, headers: &HeaderMap) -> Response {
        let &Self(_, content_type, content) = self;
        let tag = tag(content);
        if is_known(headers, &tag) {
            return (StatusCode::NOT_MODIFIED, [(ETAG, tag)], document(content_type, POLICY, "")).into_response();
        }
        ([(ETAG, tag)], document(content_type, POLICY, content)).into_response()
    }
}

fn tag(content: &[u8]) -> String {
    let mut tag = String::from("\"");
    for byte in Sha256::digest(content).iter().take(16) {
        // Nothing that is written to a `String` fails.
        let _ = write!(tag, "{byte:02x}");
    }
    tag + "\""
}

/// RFC 9110, section 13.1.2.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|known| known.trim().trim_start_matches("W/") == tag)
}
