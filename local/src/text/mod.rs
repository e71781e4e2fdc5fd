//! What text is to the server: [terms] to find it by, [tokens] to measure it by, and the [normal] form, in which two texts are
//! the same.

mod devanagari;
mod joiners;
mod letters;
mod marks;
pub(crate) mod mention;
pub(crate) mod normal;
pub(crate) mod phrases;
mod pieces;
mod roots;
mod scripts;
mod stop_words;
mod symbols;
pub(crate) mod terms;
pub(crate) mod tokens;
