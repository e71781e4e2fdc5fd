//! English words that say nothing about what a question asks for.

/// In the order of the alphabet, for the search below. What an apostrophe leaves behind ("user's", "don't") is among them.
#[rustfmt::skip]
const STOP_WORDS: [&str; 112] = [
    "a", "about", "again", "ain", "all", "also", "am", "an", "and", "any", "anything", "are", "aren", "as", "at",
    "be", "been", "being", "but", "by", "can", "could", "d", "did", "didn", "do", "does", "doesn", "doing", "don",
    "for", "from", "had", "has", "have", "having", "he", "her", "here", "him", "his", "how", "i", "if", "in", "into",
    "is", "isn", "it", "its", "just", "know", "ll", "m", "may", "me", "might", "must", "my", "no", "not", "of", "on",
    "or", "our", "please", "re", "s", "shall", "she", "should", "so", "some", "something", "t", "tell", "than",
    "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "to", "too", "us", "ve",
    "very", "was", "we", "were", "what", "when", "where", "which", "while", "who", "whom", "whose", "why", "will",
    "with", "would", "you", "your", "yours", "yourself", "yourselves",
];

pub(super) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stop_word_is_found() {
        assert!(STOP_WORDS.iter().all(|word| is_stop_word(word)));
    }
}
