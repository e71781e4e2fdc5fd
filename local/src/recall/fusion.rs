//! What a match by words and one by meaning amount to together.

use super::words::{Match, Matches};

/// How much meaning counts beside words.
const MEANING: f64 = 0.7;
/// A memory whose score is lower does not answer the question.
const LEAST_SCORE: f64 = 0.35;
/// Without vectors: a memory that holds less than this part of what the question looks for does not answer it. Otherwise a word that the
/// memory shares with the question by chance would make an answer that looks certain.
const LEAST_COVERAGE: f64 = 0.3;

/// The scores of a memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scores {
    /// What the search itself gives: the cosine where there is one, from 0 to 1.
    pub(crate) raw: f64,
    /// What the memories are ranked by, from 0 to 1.
    pub(crate) fused: f64,
    /// To compare the memories of one question: twice as much is twice as relevant.
    pub(crate) relevance: f64,
    /// Whether an answer may be made from the memory.
    pub(crate) answers: bool,
}

impl Scores {
    pub(super) fn by_words(found: &Match, matches: &Matches) -> Self {
        // From 0 to 1, in the same order.
        let score = found.bm25 / (1.0 + found.bm25);
        let coverage = found.held / matches.asked;
        Self { raw: score, fused: score, relevance: found.bm25, answers: coverage >= LEAST_COVERAGE }
    }

    /// The words are measured by the best that the question could reach, not by the best that was found: where it has no good match by
    /// words, the least bad one would else count as much as a good one.
    pub(super) fn by_both(found: Option<&Match>, cosine: Option<f64>, matches: &Matches) -> Self {
        let words = found.map_or(0.0, |found| (found.bm25 / matches.full_score).min(1.0));
        let Some(cosine) = cosine else {
            // It is not embedded yet.
            let raw = found.map_or(0.0, |found| found.bm25 / (1.0 + found.bm25));
            return Self { raw, fused: words, relevance: words, answers: words >= LEAST_SCORE };
        };
        let cosine = cosine.clamp(0.0, 1.0);
        let fused = MEANING * cosine + (1.0 - MEANING) * words;
        Self { raw: cosine, fused, relevance: fused, answers: fused >= LEAST_SCORE }
    }
}
