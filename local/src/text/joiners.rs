//! The invisible characters that a normal form keeps, where they have a meaning: in an emoji, and in an Arabic word.

pub(super) const ZERO_WIDTH_NON_JOINER: char = '\u{200C}';
pub(super) const ZERO_WIDTH_JOINER: char = '\u{200D}';
