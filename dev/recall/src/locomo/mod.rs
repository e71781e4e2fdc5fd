//! LoCoMo: long conversations between two people, and questions with their evidence. What is stored is each turn, or each fact that
//! was observed in the turns.

mod data;
mod table;

use std::collections::HashMap;
use std::io::{Write, stdout};
use std::path::Path;

use anyhow::Result;
use lumetra_engram_local::LocalServerBuilder;

use crate::memory::{Found, MOST, Memory};
use crate::way::Way;
use data::{Conversation, Question};
use table::{CUTS, Table};

/// So many memories are retrieved by words and by both.
const RETRIEVED: usize = CUTS[CUTS.len() - 1];

/// Prints the tables of facts and of turns, in servers that find by words, and by both.
pub(crate) async fn measure(file: &Path, words: &LocalServerBuilder, both: &LocalServerBuilder) -> Result<()> {
    let samples = data::read(file)?;
    for (what, conversations) in [("Facts", samples.facts()?), ("Turns", samples.turns()?)] {
        let table = measure_all(&conversations, words, both).await?;
        writeln!(stdout().lock(), "{what}: the mean share of a question's evidence among the first k\n{table}")?;
    }
    Ok(())
}

async fn measure_all(
    conversations: &[Conversation],
    words: &LocalServerBuilder,
    both: &LocalServerBuilder,
) -> Result<Table> {
    let mut table = Table::default();
    Stage::set(conversations, words).await?.by_words(&mut table).await?;
    let stage = Stage::set(conversations, both).await?;
    stage.wait_for_vectors().await?;
    stage.by_meaning(&mut table).await?;
    Ok(table)
}

/// A server that has the conversations, each in a bucket of its own.
struct Stage<'a> {
    memory: Memory,
    buckets: Vec<Bucket<'a>>,
}

struct Bucket<'a> {
    name: String,
    conversation: &'a Conversation,
    /// Which text each memory's id is of.
    places: HashMap<String, usize>,
}

impl<'a> Stage<'a> {
    async fn set(conversations: &'a [Conversation], server: &LocalServerBuilder) -> Result<Self> {
        let memory = Memory::start(server).await?;
        let mut buckets = Vec::new();
        for (number, conversation) in conversations.iter().enumerate() {
            let name = format!("conversation-{number}");
            let texts: Vec<&str> = conversation.texts.iter().map(|text| text.content.as_str()).collect();
            let places = memory.store(&name, &texts).await?;
            buckets.push(Bucket { name, conversation, places });
        }
        Ok(Self { memory, buckets })
    }

    async fn wait_for_vectors(&self) -> Result<()> {
        for bucket in &self.buckets {
            self.memory.embedded(&bucket.name, bucket.conversation.texts.len()).await?;
        }
        Ok(())
    }

    async fn by_words(&self, table: &mut Table) -> Result<()> {
        for (bucket, question) in self.questions() {
            let found = self.memory.find(&bucket.name, &question.text, RETRIEVED).await?;
            table.add(question.category, Way::Words, bucket.shares(question, &found));
        }
        Ok(())
    }

    async fn by_meaning(&self, table: &mut Table) -> Result<()> {
        for (bucket, question) in self.questions() {
            let found = self.memory.find(&bucket.name, &question.text, RETRIEVED).await?;
            table.add(question.category, Way::Both, bucket.shares(question, &found));
            // The raw score is the cosine. Every memory has one, so the best are among all.
            let mut all = self.memory.find(&bucket.name, &question.text, MOST).await?;
            all.sort_by(|one, other| other.raw_score.total_cmp(&one.raw_score));
            table.add(question.category, Way::Meaning, bucket.shares(question, &all));
        }
        Ok(())
    }

    fn questions(&self) -> impl Iterator<Item = (&Bucket<'a>, &'a Question)> {
        self.buckets
            .iter()
            .flat_map(|bucket| bucket.conversation.questions.iter().map(move |question| (bucket, question)))
    }
}

impl Bucket<'_> {
    /// The shares of the question's evidence among the first that were found.
    fn shares(&self, question: &Question, found: &[Found]) -> [f64; CUTS.len()] {
        let places = found.iter().filter_map(|found| self.places.get(&found.id));
        let texts: Vec<_> = places.filter_map(|place| self.conversation.texts.get(*place)).collect();
        CUTS.map(|count| question.share(texts.iter().take(count).copied()))
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::post;
    use axum::{Json, Router};
    use lumetra_engram_local::{Embeddings, LocalServer};
    use serde_json::{Value, json};
    use tokio::net::TcpListener;

    use super::*;

    /// A model that takes what is baked for a boat.
    async fn vectors(Json(request): Json<Value>) -> Json<Value> {
        let vector = |text: &Value| {
            let has = |words: [&str; 2]| f32::from(words.iter().any(|word| text.as_str().unwrap().contains(word)));
            json!([has(["bread", "loaf"]), has(["parrot", "sounds"]), has(["boat", "bake?"]), 0.1])
        };
        let vectors = request["input"].as_array().unwrap().iter().map(|text| json!({ "embedding": vector(text) }));
        Json(json!({ "data": vectors.collect::<Vec<_>>() }))
    }

    async fn endpoint() -> Embeddings {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/embeddings", post(vectors));
        tokio::spawn(async { axum::serve(listener, router).await });
        Embeddings::endpoint(url, "scripted")
    }

    #[tokio::test]
    async fn each_way_is_measured_by_what_it_ranks_first() {
        let samples: data::Samples = serde_json::from_str(include_str!("tiny.json")).unwrap();
        let words = LocalServer::builder();
        let both = words.clone().embeddings(endpoint().await);
        let table = measure_all(&samples.turns().unwrap(), &words, &both).await.unwrap().to_string();
        let row = |way: &str| {
            let row = table.lines().find(|line| line.starts_with("all ") && line.contains(way)).unwrap();
            row.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(row("words"), ["3", "words", "0.833", "1.000", "1.000", "1.000"]);
        assert_eq!(row("meaning"), ["3", "meaning", "0.500", "1.000", "1.000", "1.000"]);
        assert_eq!(row("both")[3..], ["1.000", "1.000", "1.000"]);
        let single_hop = table.lines().find(|line| line.starts_with("single-hop") && line.contains("meaning")).unwrap();
        assert!(single_hop.contains("  2  meaning   0.500"), "{single_hop}");
    }
}
