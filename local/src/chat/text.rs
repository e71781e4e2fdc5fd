//! The text of an answer, as far as it is one: what a model thinks aloud before it is none.

/// Many local models think between these.
const BEGIN: &str = "<think>";
const END: &str = "</think>";

/// Takes the pieces of what a model writes, and hands out those of its answer: without thoughts at its beginning, and without white space
/// around it.
#[derive(Debug, Default)]
pub(super) struct AnswerText {
    place: Place,
    /// Of which it isn't known yet what it is.
    held: String,
}

#[derive(Debug, Default)]
enum Place {
    #[default]
    Before,
    InThought,
    InAnswer,
}

impl AnswerText {
    /// What this piece adds to the answer, which may be nothing.
    pub(super) fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        // What is held of an answer is white space, which may be long.
        if matches!(self.place, Place::InAnswer) && piece.trim().is_empty() {
            return String::new();
        }
        loop {
            match self.place {
                Place::Before => {
                    let text = self.held.trim_start();
                    if let Some(thought) = text.strip_prefix(BEGIN) {
                        (self.place, self.held) = (Place::InThought, thought.to_owned());
                    } else if BEGIN.starts_with(text) {
                        self.held = text.to_owned();
                        return String::new();
                    } else {
                        (self.place, self.held) = (Place::InAnswer, text.to_owned());
                    }
                }
                Place::InThought => match self.held.split_once(END) {
                    Some((_, text)) => (self.place, self.held) = (Place::Before, text.to_owned()),
                    None => {
                        // It may be the beginning of the end.
                        let last = self.held.rfind('<').map_or("", |last| &self.held[last..]);
                        self.held = if END.starts_with(last) { last.to_owned() } else { String::new() };
                        return String::new();
                    }
                },
                Place::InAnswer => {
                    let space = self.held.split_off(self.held.trim_end().len());
                    return std::mem::replace(&mut self.held, space);
                }
            }
        }
    }

    /// What the end adds: what looked like the beginning of a thought, and was none.
    pub(super) fn finish(&mut self) -> String {
        let held = std::mem::take(&mut self.held);
        match self.place {
            Place::Before => held.trim().to_owned(),
            Place::InThought | Place::InAnswer => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_what_comes_after_the_thoughts_however_it_is_cut() {
        for (written, answer) in [
            ("Green tea.", "Green tea."),
            (" \n Green \n tea. \n", "Green \n tea."),
            ("<think>\nHm, <tea>, </thin\n</think>\n\nGreen tea.", "Green tea."),
            ("<think></think><think>no</think> Tea.", "Tea."),
            ("Use <think> and </think>.", "Use <think> and </think>."),
            ("<thin> ice", "<thin> ice"),
            (" < \n ice \n", "< \n ice"),
            ("<thi", "<thi"),
            ("<think>It never ends, 1 < 2", ""),
            ("<think>Ünd so 🍵 </think>🍵", "🍵"),
            (" \n", ""),
        ] {
            for size in 1..=written.chars().count().max(1) {
                let characters: Vec<char> = written.chars().collect();
                let mut text = AnswerText::default();
                let mut whole: String =
                    characters.chunks(size).map(|piece| text.push(&piece.iter().collect::<String>())).collect();
                whole.push_str(&text.finish());
                assert_eq!(whole, answer, "{written:?} in pieces of {size}");
            }
        }
    }
}
