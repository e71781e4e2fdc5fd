//! The file, and what is stored and asked of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A conversation as it is stored, and what is asked of it.
#[derive(Debug, PartialEq)]
pub(super) struct Conversation {
    pub(super) texts: Vec<Text>,
    /// Those whose evidence is among the texts.
    pub(super) questions: Vec<Question>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Text {
    pub(super) content: String,
    /// The turns that it is, or was observed in.
    turns: BTreeSet<Turn>,
}

#[derive(Debug, PartialEq)]
pub(super) struct Question {
    pub(super) text: String,
    pub(super) category: u8,
    /// The turns that answer it, of those which a text has.
    evidence: BTreeSet<Turn>,
}

/// A turn by the numbers of its session and of itself, which the file writes as `D8:6`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn(u32, u32);

/// All conversations of the file.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Samples(Vec<Sample>);

#[derive(Deserialize)]
struct Sample {
    /// `session_1`, `session_1_date_time` and so on, beside others.
    conversation: Map<String, Value>,
    /// `session_1_observation` and so on.
    observation: Map<String, Value>,
    qa: Vec<Asked>,
}

#[derive(Deserialize)]
struct Said {
    dia_id: String,
    speaker: String,
    text: String,
    /// What a picture shows that is shared with it.
    blip_caption: Option<String>,
}

/// The facts of each speaker, each with the turns that it was observed in.
type Observations = BTreeMap<String, Vec<(String, Named)>>;

#[derive(Deserialize)]
#[serde(untagged)]
enum Named {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct Asked {
    question: String,
    category: u8,
    evidence: Vec<String>,
}

/// Reads the file.
pub(super) fn read(path: &Path) -> Result<Samples> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_reader(BufReader::new(file))
        .with_context(|| format!("{} is not LoCoMo's locomo10.json", path.display()))
}

impl Samples {
    pub(super) fn turns(&self) -> Result<Vec<Conversation>> {
        self.stored_as(Sample::turns)
    }

    pub(super) fn facts(&self) -> Result<Vec<Conversation>> {
        self.stored_as(Sample::facts)
    }

    fn stored_as(&self, texts: fn(&Sample) -> Result<Vec<Text>>) -> Result<Vec<Conversation>> {
        self.0.iter().map(|sample| Ok(Conversation::new(texts(sample)?, &sample.qa))).collect()
    }
}

impl Sample {
    fn turns(&self) -> Result<Vec<Text>> {
        let mut texts = Vec::new();
        for (session, date) in self.sessions() {
            for said in field::<Vec<Said>>(&self.conversation, &session)?.unwrap_or_default() {
                let picture = said.blip_caption.map(|caption| format!(" [shares a picture of {caption}]"));
                let content = format!("[{date}] {}: {}{}", said.speaker, said.text, picture.unwrap_or_default());
                texts.push(Text { content, turns: turns(&said.dia_id).collect() });
            }
        }
        Ok(texts)
    }

    fn facts(&self) -> Result<Vec<Text>> {
        let mut texts = Vec::new();
        for (session, date) in self.sessions() {
            let observations: Option<Observations> = field(&self.observation, &format!("{session}_observation"))?;
            for (fact, named) in observations.unwrap_or_default().into_values().flatten() {
                texts.push(Text { content: format!("[{date}] {fact}"), turns: named.turns() });
            }
        }
        Ok(texts)
    }

    /// The keys of the sessions, in order, with their dates.
    fn sessions(&self) -> impl Iterator<Item = (String, &str)> {
        (1..).map_while(|number| {
            let session = format!("session_{number}");
            let date = self.conversation.get(&format!("{session}_date_time"))?.as_str()?;
            Some((session, date))
        })
    }
}

fn field<T: DeserializeOwned>(object: &Map<String, Value>, name: &str) -> Result<Option<T>> {
    let value = object.get(name).cloned();
    value.map(serde_json::from_value).transpose().with_context(|| format!("cannot read `{name}`"))
}

impl Named {
    fn turns(&self) -> BTreeSet<Turn> {
        match self {
            Self::One(text) => turns(text).collect(),
            Self::Several(texts) => texts.iter().flat_map(|text| turns(text)).collect(),
        }
    }
}

/// The turns that the text names: `D8:6; D9:17` are two.
fn turns(text: &str) -> impl Iterator<Item = Turn> {
    text.split(|character: char| character != ':' && !character.is_alphanumeric()).filter_map(|name| {
        let (session, turn) = name.strip_prefix('D')?.split_once(':')?;
        Some(Turn(session.parse().ok()?, turn.parse().ok()?))
    })
}

impl Conversation {
    fn new(texts: Vec<Text>, asked: &[Asked]) -> Self {
        let held: BTreeSet<Turn> = texts.iter().flat_map(|text| &text.turns).copied().collect();
        let questions = asked.iter().map(|asked| Question {
            text: asked.question.clone(),
            category: asked.category,
            evidence: asked.evidence.iter().flat_map(|text| turns(text)).filter(|turn| held.contains(turn)).collect(),
        });
        Self { questions: questions.filter(|question| !question.evidence.is_empty()).collect(), texts }
    }
}

impl Question {
    /// The share of its evidence that these texts have.
    pub(super) fn share<'a>(&self, texts: impl Iterator<Item = &'a Text>) -> f64 {
        let found: BTreeSet<&Turn> = texts.flat_map(|text| self.evidence.intersection(&text.turns)).collect();
        found.len() as f64 / self.evidence.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Samples {
        serde_json::from_str(include_str!("tiny.json")).unwrap()
    }

    fn contents(conversation: &Conversation) -> Vec<&str> {
        conversation.texts.iter().map(|text| text.content.as_str()).collect()
    }

    fn questions(conversation: &Conversation) -> Vec<(&str, usize)> {
        conversation.questions.iter().map(|question| (question.text.as_str(), question.evidence.len())).collect()
    }

    #[test]
    fn turns_are_dated_and_say_what_their_pictures_show() {
        let conversations = samples().turns().unwrap();
        let expected = [
            "[9:00 am on 3 March, 2031] Mira: My parrot can whistle.",
            "[9:00 am on 3 March, 2031] Otto: Let me hear it! [shares a picture of a green whistle]",
            "[6:15 pm on 9 March, 2031] Otto: I baked bread on Sunday.",
            "[6:15 pm on 9 March, 2031] Mira: I painted my boat blue.",
        ];
        assert_eq!(contents(&conversations[0]), expected);
        // The evidence of one has a leading zero, that of another several turns in one text; two name no turn that there is.
        let expected =
            [("What did Otto bake?", 1), ("What of Mira's makes sounds or swims?", 2), ("What was shared?", 1)];
        assert_eq!(questions(&conversations[0]), expected);
    }

    #[test]
    fn facts_are_dated_and_have_the_turns_that_they_were_observed_in() {
        let conversations = samples().facts().unwrap();
        let expected = [
            "[9:00 am on 3 March, 2031] Mira has a parrot that whistles.",
            "[6:15 pm on 9 March, 2031] Mira owns a parrot and a blue boat.",
            "[6:15 pm on 9 March, 2031] Otto bakes bread.",
        ];
        assert_eq!(contents(&conversations[0]), expected);
        assert_eq!(questions(&conversations[0])[1..], [("What of Mira's makes sounds or swims?", 2)]);
    }

    #[test]
    fn a_question_is_measured_by_the_share_of_its_evidence() {
        let conversations = samples().facts().unwrap();
        let [parrot, both, bread] = &conversations[0].texts[..] else { panic!("three facts") };
        let question = &conversations[0].questions[1];
        for (texts, share) in
            [(vec![], 0.0), (vec![bread, parrot], 0.5), (vec![parrot, parrot], 0.5), (vec![both], 1.0)]
        {
            assert_eq!(question.share(texts.into_iter()), share);
        }
    }

    #[test]
    fn another_file_is_refused_with_its_name() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("facts.jsonl");
        let error = read(&path).err().unwrap();
        assert!(format!("{error:#}").contains("facts.jsonl is not LoCoMo's locomo10.json: "), "{error:#}");
    }
}
