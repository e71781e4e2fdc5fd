//! What can be read off a [`QueryResult`].

use crate::generated::types::QueryResult;

/// What stands between a model's thoughts and its answer.
const FINAL_ANSWER: &str = "FINAL ANSWER:";

impl QueryResult {
    /// The answer without the thoughts that some models write before it: what follows the last `FINAL ANSWER:`, or the whole
    /// [`answer`](Self::answer) where that marker is not in it; without white space around it.
    ///
    /// The marker counts in capital letters only. It is the last one that counts, since thoughts may speak of the marker. Where nothing
    /// follows it, as where `max_tokens` cut the answer off, the text is empty.
    ///
    /// ```
    /// # fn example(mut result: lumetra_engram::QueryResult) {
    /// result.answer = "The user said so twice.\nFINAL ANSWER: Dark mode.\n".to_owned();
    /// assert_eq!(result.final_answer(), "Dark mode.");
    /// # }
    /// # example(Default::default());
    /// ```
    #[must_use]
    pub fn final_answer(&self) -> &str {
        self.answer.rsplit_once(FINAL_ANSWER).map_or(&*self.answer, |(_, answer)| answer).trim()
    }
}
