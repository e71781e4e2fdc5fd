//! [`AnswerError`]: an answer that is not of the type that was asked for.

use std::fmt;

use super::detail::ErrorDetail;
use crate::generated::types::QueryResult;

/// An answer that does not fit the type you asked for with `json`.
///
/// Its `Display` says where and why in one line, and may repeat a value of the answer. Its `Debug` leaves the answer out.
#[non_exhaustive]
pub struct AnswerError {
    /// The answer as the server sent it.
    pub result: QueryResult,
    /// Where in the answer it does not fit, such as `[2].year`. Empty if it is the answer as a whole, or if the answer is not JSON.
    pub path: String,
    pub(super) detail: ErrorDetail,
}

impl AnswerError {
    pub(crate) fn new(result: QueryResult, path: String, detail: ErrorDetail) -> Self {
        Self { result, path, detail }
    }
}

/// A server may repeat the API key in an answer, so the answer is not shown.
impl fmt::Debug for AnswerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AnswerError")
            .field("path", &self.path)
            .field("detail", &self.detail)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for AnswerError {}

impl fmt::Display for AnswerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.detail.fmt(formatter)
    }
}
