//! English words that say nothing about what a question asks for: pronouns, particles, auxiliaries, verbs that mean little
//! without a particle, and what questions are put in, such as "what time" and "what type of".

use std::collections::HashSet;

/// In the order of the alphabet, for the search below. What an apostrophe leaves behind ("user's", "don't") is among them.
///
/// "may", "mine", "need" and "well" are not: facts use them for a month, a pit, a want and a source of water.
#[rustfmt::skip]
const STOP_WORDS: &[&str] = &[
    "a", "about", "above", "across", "after", "again", "against", "ain", "all", "along", "already", "also",
    "although", "always", "am", "among", "an", "and", "another", "any", "anybody", "anyone", "anything", "are",
    "aren", "around", "as", "at", "away",
    "be", "because", "been", "before", "being", "below", "between", "both", "but", "by",
    "came", "can", "cannot", "come", "comes", "coming", "could", "couldn",
    "d", "did", "didn", "do", "does", "doesn", "doing", "don", "done", "down", "during",
    "each", "either", "else", "even", "ever", "every", "everybody", "everyone", "everything",
    "feel", "feeling", "feels", "felt", "few", "for", "from",
    "get", "gets", "getting", "go", "goes", "going", "gone", "got",
    "had", "hadn", "happen", "happened", "happening", "happens", "has", "hasn", "have", "haven", "having", "he",
    "her", "here", "hers", "herself", "him", "himself", "his", "how", "however",
    "i", "if", "in", "into", "is", "isn", "it", "its", "itself",
    "just",
    "kind", "know",
    "least", "less", "ll",
    "m", "many", "maybe", "me", "mention", "mentioned", "mentions", "might", "more", "most", "much", "must", "mustn",
    "my", "myself",
    "neither", "never", "no", "nobody", "none", "nor", "not", "nothing",
    "of", "off", "on", "only", "onto", "or", "other", "others", "our", "ours", "ourselves", "out", "over", "own",
    "per", "perhaps", "please",
    "quite",
    "rather", "re", "really",
    "s", "said", "same", "say", "saying", "says", "several", "shall", "she", "should", "shouldn", "since", "so",
    "some", "somebody", "someone", "something", "sort", "still", "such",
    "t", "tell", "than", "that", "the", "their", "theirs", "them", "themselves", "then", "there", "these", "they",
    "thing", "things", "this", "those", "though", "through", "till", "time", "times", "to", "too", "toward",
    "towards", "type", "types",
    "under", "unless", "until", "up", "upon", "us",
    "ve", "very", "via",
    "was", "wasn", "way", "ways", "we", "went", "were", "weren", "what", "whatever", "when", "whenever", "where",
    "wherever", "whether", "which", "whichever", "while", "who", "whoever", "whom", "whose", "why", "will", "with",
    "within", "without", "would", "wouldn",
    "yet", "you", "your", "yours", "yourself", "yourselves",
];

/// Stop words that are names in capitals.
const ACRONYMS: [&str; 3] = ["it", "us", "who"];

pub(super) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// The stop words that the text writes in capitals, and not everything else too.
pub(super) fn acronyms(text: &str) -> Vec<&'static str> {
    if !text.contains(char::is_lowercase) {
        return Vec::new();
    }
    let names: HashSet<&str> = text.split(|character: char| !character.is_alphanumeric()).collect();
    ACRONYMS.into_iter().filter(|name| names.contains(name.to_ascii_uppercase().as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stop_word_is_found() {
        assert!(STOP_WORDS.iter().all(|word| is_stop_word(word)));
    }
}
