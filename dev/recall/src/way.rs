//! How memories are found.

use std::fmt;

/// What memories are ranked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    Words,
    Meaning,
    Both,
}

impl fmt::Display for Way {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Words => "words",
            Self::Meaning => "meaning",
            Self::Both => "both",
        })
    }
}
