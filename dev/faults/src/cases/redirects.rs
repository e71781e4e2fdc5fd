//! Redirects. They are not followed: the key is for the host that the user chose.

use super::common::*;

pub(super) fn cases() -> Vec<Case> {
    let to = |status: u16, place: &str| Answer::empty(status).header("location", place);
    let stranger = "{stranger}/v1/buckets";
    let get = |name, status: u16, place| case(name, ListBuckets, to(status, place), api(status, "not followed"));
    vec![
        get("301 to another host", 301, stranger),
        get("302 to another host", 302, stranger),
        get("303 to another host", 303, stranger),
        get("307 to another host", 307, stranger),
        get("308 to another host", 308, stranger),
        store("302 of a store to another host", to(302, stranger), api(302, "not followed")),
        store("307 of a store to another host", to(307, stranger), api(307, "not followed")),
        case("302 of a delete to another host", DeleteMemory("m1"), to(302, stranger), api(302, "not followed")),
        case("302 of a stream to another host", QueryStream, to(302, stranger), api(302, "not followed")),
        get("302 to itself", 302, "/v1/buckets"),
        get("302 to a file", 302, "file:///etc/passwd"),
        case("302 to nowhere", ListBuckets, Answer::empty(302), api(302, "Engram API 302: Found")),
        case("304", ListBuckets, Answer::empty(304), api(304, "Not Modified")),
        case("300", ListBuckets, Answer::empty(300), api(300, "Multiple Choices")),
    ]
}
