//! The steps of a page that a person can follow: each is a sentence, with the code block that comes after it.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::project::{failure, output, run};

/// What to do with the text of a code block.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Write it to this new file.
    Make { file: String, text: String },
    /// Put it in a file at this place.
    Edit { file: String, place: Place, text: String },
    /// Run it, a command a line.
    Run { commands: Vec<String>, outcome: Outcome },
}

/// Where a text goes. A line is named without the space around it, and must be there once.
#[derive(Debug, PartialEq)]
pub(super) enum Place {
    End,
    Before(String),
    After(String),
    InPlaceOf(String),
}

/// How commands must end.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    Success,
    Prints(String),
    FailsWith(String),
}

/// The steps of the section, in order. Every code block must be one.
pub(super) fn steps_of(page: &str, section: &str) -> Result<Vec<Step>> {
    let heading = format!("\n## {section}\n");
    let (_, text) = page.split_once(&heading).with_context(|| format!("there is no section {section:?}"))?;
    let text = text.split("\n## ").next().unwrap_or_default();
    let (mut sentence, mut block) = (Sentence::default(), None);
    let mut steps = Vec::new();
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Paragraph) => sentence = Sentence::default(),
            Event::Start(Tag::CodeBlock(_)) => block = Some(String::new()),
            Event::End(TagEnd::CodeBlock) => steps.push(sentence.step(block.take().unwrap_or_default())?),
            Event::Text(text) => block.as_mut().unwrap_or(&mut sentence.words).push_str(&text),
            Event::SoftBreak => sentence.words.push(' '),
            Event::Code(code) => sentence.code(code.into_string()),
            _ => {}
        }
    }
    Ok(steps)
}

/// A paragraph, with a backtick for each code in it.
#[derive(Default)]
struct Sentence {
    words: String,
    codes: Vec<String>,
}

impl Sentence {
    fn code(&mut self, code: String) {
        self.words.push('`');
        self.codes.push(code);
    }

    /// The last sentence of the paragraph says what to do with the block.
    fn step(&self, text: String) -> Result<Step> {
        let mut codes = self.codes.iter().rev().cloned();
        let (last, last_but_one) = (codes.next().unwrap_or_default(), codes.next().unwrap_or_default());
        let does = |words: &str| self.words.ends_with(words);
        let commands = || text.lines().map(str::to_owned).collect();
        Ok(if does("Make the file `:") {
            Step::Make { file: last, text }
        } else if does("At the end of `, add:") {
            Step::Edit { file: last, place: Place::End, text }
        } else if does("In `, before the line `, add:") {
            Step::Edit { file: last_but_one, place: Place::Before(last), text }
        } else if does("In `, after the line `, add:") {
            Step::Edit { file: last_but_one, place: Place::After(last), text }
        } else if does("In `, put in place of the line `:") {
            Step::Edit { file: last_but_one, place: Place::InPlaceOf(last), text }
        } else if does("Run:") {
            Step::Run { commands: commands(), outcome: Outcome::Success }
        } else if does("Run, to see that it prints `:") {
            Step::Run { commands: commands(), outcome: Outcome::Prints(last) }
        } else if does("Run, to see that it fails with `:") {
            Step::Run { commands: commands(), outcome: Outcome::FailsWith(last) }
        } else {
            bail!("it is not said in known words what to do with a code block: {}", self.words)
        })
    }
}

impl Step {
    /// Does it in the copy of the project.
    pub(super) fn follow(&self, project: &Path, target: &Path) -> Result<()> {
        match self {
            Self::Make { file, text } => {
                ensure!(!project.join(file).exists(), "{file} is there already");
                Ok(fs::write(project.join(file), text)?)
            }
            Self::Edit { file, place, text } => {
                let before = fs::read_to_string(project.join(file)).with_context(|| format!("cannot read {file}"))?;
                Ok(fs::write(project.join(file), place.edited(&before, text)?)?)
            }
            Self::Run { commands, outcome } => {
                commands.iter().try_for_each(|command| outcome.expect(&mut shell(command, project, target)))
            }
        }
    }
}

fn shell(line: &str, project: &Path, target: &Path) -> Command {
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).current_dir(project).env("CARGO_TARGET_DIR", target);
    command
}

impl Place {
    fn edited(&self, before: &str, text: &str) -> Result<String> {
        let line = match self {
            Self::End => return Ok(format!("{before}{text}")),
            Self::Before(line) | Self::After(line) | Self::InPlaceOf(line) => line,
        };
        let lines: Vec<&str> = before.split_inclusive('\n').collect();
        let matching: Vec<usize> = (0..lines.len()).filter(|index| lines[*index].trim() == line).collect();
        let &[index] = matching.as_slice() else {
            bail!("the line is there {} times: {line}", matching.len());
        };
        let (kept_before, kept_after) = match self {
            Self::Before(_) => (index, index),
            Self::After(_) => (index + 1, index + 1),
            _ => (index, index + 1),
        };
        Ok([&lines[..kept_before].concat(), text, &lines[kept_after..].concat()].concat())
    }
}

impl Outcome {
    fn expect(&self, command: &mut Command) -> Result<()> {
        match self {
            Self::Success => run(command),
            Self::Prints(text) => {
                let printed = String::from_utf8_lossy(&output(command)?.stdout).into_owned();
                ensure!(printed.contains(text), "{text:?} is not in what it prints:\n{printed}");
                Ok(())
            }
            Self::FailsWith(text) => {
                let printed = failure(command)?;
                ensure!(printed.contains(text), "{text:?} is not in what it prints:\n{printed}");
                Ok(())
            }
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Make { file, .. } => write!(formatter, "make the file {file}"),
            Self::Edit { file, place: Place::End, .. } => write!(formatter, "add to the end of {file}"),
            Self::Edit { file, place: Place::Before(line), .. } => write!(formatter, "in {file}, before: {line}"),
            Self::Edit { file, place: Place::After(line), .. } => write!(formatter, "in {file}, after: {line}"),
            Self::Edit { file, place: Place::InPlaceOf(line), .. } => {
                write!(formatter, "in {file}, in place of: {line}")
            }
            Self::Run { commands, .. } => write!(formatter, "{}", commands.join("\n    ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "
# Page

```sh
not a step
```

## Example

Words first. In `a.txt`, before the
line `two`, add:

```text
  1.5
```

### Part of it

Run, to see that it fails with `no: such`:

```sh
a b
c
```

## Another

Run:

```sh
not a step
```
";

    #[test]
    fn a_sentence_and_its_block_are_a_step() {
        let edit = Step::Edit { file: "a.txt".into(), place: Place::Before("two".into()), text: "  1.5\n".into() };
        let commands = vec!["a b".to_owned(), "c".to_owned()];
        let run = Step::Run { commands, outcome: Outcome::FailsWith("no: such".into()) };
        assert_eq!(steps_of(PAGE, "Example").expect("steps"), [edit, run]);
    }

    #[test]
    fn a_block_that_nothing_is_said_of_is_an_error() {
        let error = steps_of("\n## Example\n\nLook:\n\n```sh\na\n```\n", "Example").expect_err("no step");
        assert!(error.to_string().contains("Look:"), "{error}");
        assert!(steps_of(PAGE, "Missing").is_err());
    }

    #[test]
    fn a_text_goes_to_its_place() {
        let edited = |place: Place| place.edited("one\n  two\nthree\n", "new\n").expect("the line is there");
        assert_eq!(edited(Place::Before("two".into())), "one\nnew\n  two\nthree\n");
        assert_eq!(edited(Place::After("two".into())), "one\n  two\nnew\nthree\n");
        assert_eq!(edited(Place::InPlaceOf("two".into())), "one\nnew\nthree\n");
        assert_eq!(edited(Place::End), "one\n  two\nthree\nnew\n");
    }

    #[test]
    fn a_line_that_is_not_there_once_is_no_place() {
        for text in ["one\n", "two\ntwo\n"] {
            assert!(Place::After("two".into()).edited(text, "new\n").is_err(), "{text}");
        }
    }
}
