//! A question.

use crate::failure::Failure;

/// The words of a question, which may come without quotes.
pub(super) fn question(words: &[String]) -> Result<String, Failure> {
    let question = words.join(" ");
    match question.trim().is_empty() {
        true => Err(Failure::usage("the question is empty").hint("Put it in quotes, as in 'What does Ana drink?'")),
        false => Ok(question),
    }
}
