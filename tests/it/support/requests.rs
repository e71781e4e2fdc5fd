//! A request of every operation, for tests of what all of them can do.

/// The operation's name, and what is made of its request, for every operation whose answer comes whole.
// rustfmt moves the inner macro far to the right.
#[rustfmt::skip]
macro_rules! every_whole_request {
    ($engram:expr, |$request:ident| $made:expr) => {{
        macro_rules! of {
            ($operation:ident $arguments:tt) => {{
                let $request = $engram.$operation $arguments;
                (stringify!($operation), $made)
            }};
        }
        vec![
            of!(store_memory("a fact")),
            of!(store_memories(["a fact"])),
            of!(list_memories()),
            of!(delete_memory("m1")),
            of!(clear_memories("b1")),
            of!(query("a question")),
            of!(list_buckets()),
            of!(create_bucket("b1")),
            of!(delete_bucket("b1")),
            of!(get_profile()),
            of!(regenerate_profile()),
        ]
    }};
}

/// The same for every operation.
macro_rules! every_request {
    ($engram:expr, |$request:ident| $made:expr) => {{
        let mut all = every_whole_request!($engram, |$request| $made);
        let $request = $engram.query_stream("a question");
        all.push(("query_stream", $made));
        all
    }};
}
