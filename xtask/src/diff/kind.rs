//! What a change means to callers, and on which side it is.

/// What a change means to callers of the old spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Their programs may fail with a new server, or not compile with a new SDK.
    Breaking,
    /// They can go on as they are.
    Additive,
    /// Only people notice.
    Documentation,
}

/// Where a schema is used. A server that accepts more breaks no caller; one that sends more does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Request,
    Response,
}
