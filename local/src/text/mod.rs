//! What text is to the server: [terms] to find it by, and [tokens] to measure it by.

mod scripts;
mod stop_words;
pub(crate) mod terms;
pub(crate) mod tokens;
