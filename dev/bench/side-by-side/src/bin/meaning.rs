//! What a query by words and by meaning takes while the number of memories grows, beside a bare scan of the same vectors. The vectors are
//! random, and so is that of each question: what they mean makes no difference to the time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, ensure};
use axum::routing::post;
use axum::{Json, Router};
use clap::Parser;
use fastrand::Rng;
use lumetra_engram_local::{Embeddings, LocalServer, LocalServerBuilder};
use lumetra_engram_side_by_side::clients::bare;
use lumetra_engram_side_by_side::local::{Load, Memories};
use lumetra_engram_side_by_side::measure::{Measures, percentile, print, us};
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const DIMENSION: usize = 384;
const BATCH: usize = 1_000;
const MODEL: &str = "random";
const TOP: usize = 8;

#[derive(Parser)]
struct Arguments {
    /// The server's file, which must not exist
    #[arg(long)]
    file: PathBuf,
    /// How many memories there are when queries are measured, one number for each time
    #[arg(long, value_delimiter = ',')]
    sizes: Vec<usize>,
    #[arg(long, default_value_t = 500)]
    queries: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let url = endpoint().await?;
    let (mut load, mut memories) = (Load::new(1), 0);
    let builder = || LocalServer::builder().database(&arguments.file);
    let embeddings = Embeddings::endpoint(&url, MODEL);
    // The first server with embeddings makes the tables for them.
    builder().embeddings(embeddings.clone()).start().await?.shutdown().await;
    for &size in &arguments.sizes {
        store(builder(), &mut load, size - memories).await?;
        memories = size;
        let vectors = embed(&arguments.file)?;
        let questions: Vec<String> = (0..arguments.queries).map(|_| load.question().join(" ")).collect();
        print(&BTreeMap::from([
            ("served", served(builder().embeddings(embeddings.clone()), &questions).await?),
            ("bare", scanned(&vectors, arguments.queries)),
        ]))?;
    }
    Ok(())
}

/// An endpoint that answers at once.
async fn endpoint() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/v1", listener.local_addr()?);
    let embed = async |Json(request): Json<Value>| {
        let count = request["input"].as_array().map_or(0, Vec::len);
        let data: Vec<Value> = (0..count).map(|_| json!({"embedding": vector(&mut Rng::new())})).collect();
        Json(json!({"data": data}))
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/embeddings", post(embed))).await });
    Ok(url)
}

async fn store(builder: LocalServerBuilder, load: &mut Load, count: usize) -> Result<()> {
    let server = builder.start().await?;
    let mut client = bare(server.base_url())?;
    for first in (0..count).step_by(BATCH) {
        client.store(1, &load.facts(BATCH.min(count - first))).await?;
    }
    server.shutdown().await;
    Ok(())
}

/// Gives each memory without one a vector, in place of the server, and returns those of all.
fn embed(file: &Path) -> Result<Vec<f32>> {
    let mut connection = Connection::open(file)?;
    let transaction = connection.transaction()?;
    transaction.execute("DELETE FROM embedding", [])?;
    transaction.execute(
        "INSERT INTO embedding (model, dimension, done_to) SELECT ?1, ?2, max(id) FROM memories",
        (MODEL, i64::try_from(DIMENSION)?),
    )?;
    let mut random = Rng::with_seed(1);
    let without: Vec<(i64, i64)> = transaction
        .prepare("SELECT id, bucket_id FROM memories WHERE id NOT IN (SELECT memory_id FROM vectors) ORDER BY id")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    {
        let mut insert =
            transaction.prepare("INSERT INTO vectors (bucket_id, memory_id, vector) VALUES (?1, ?2, ?3)")?;
        for (memory, bucket) in without {
            let bytes: Vec<u8> = vector(&mut random).iter().flat_map(|number| number.to_le_bytes()).collect();
            insert.execute((bucket, memory, bytes))?;
        }
    }
    transaction.commit()?;
    let mut numbers = Vec::new();
    let mut select = connection.prepare("SELECT vector FROM vectors ORDER BY id")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (chunks, _) = row.get_ref(0)?.as_blob()?.as_chunks();
        numbers.extend(chunks.iter().map(|chunk| f32::from_le_bytes(*chunk)));
    }
    Ok(numbers)
}

fn vector(random: &mut Rng) -> Vec<f32> {
    let numbers: Vec<f32> = (0..DIMENSION).map(|_| random.f32() - 0.5).collect();
    let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
    numbers.into_iter().map(|number| number / length).collect()
}

async fn served(builder: LocalServerBuilder, questions: &[String]) -> Result<Measures> {
    let server = builder.start().await?;
    let mut client = bare(server.base_url())?;
    let ask = async |client: &mut _, question: &String| {
        let start = Instant::now();
        let found = Memories::query(client, 1, std::slice::from_ref(question)).await?;
        ensure!(found == TOP, "{found} memories are found");
        anyhow::Ok(start.elapsed())
    };
    // The first one reads the vectors.
    let first = ask(&mut client, &questions[0]).await?;
    let mut latencies = Vec::with_capacity(questions.len());
    for question in questions {
        latencies.push(ask(&mut client, question).await?);
    }
    server.shutdown().await;
    let ms = |time| us(time) / 1e3;
    Ok(Measures::from([
        ("first_ms", ms(first)),
        ("p50_ms", ms(percentile(&mut latencies, 50))),
        ("p99_ms", ms(percentile(&mut latencies, 99))),
    ]))
}

/// The eight nearest of the vectors, by a plain loop.
fn scanned(vectors: &[f32], queries: usize) -> Measures {
    let mut latencies = Vec::with_capacity(queries);
    for _ in 0..queries.min(100) {
        let wanted = vector(&mut Rng::new());
        let start = Instant::now();
        let mut products: Vec<(f32, usize)> = vectors
            .chunks_exact(DIMENSION)
            .enumerate()
            .map(|(place, vector)| (vector.iter().zip(&wanted).map(|(one, other)| one * other).sum(), place))
            .collect();
        products.select_nth_unstable_by(TOP, |one, other| other.0.total_cmp(&one.0));
        std::hint::black_box(&products[..TOP]);
        latencies.push(start.elapsed());
    }
    let ms = |time| us(time) / 1e3;
    Measures::from([("p50_ms", ms(percentile(&mut latencies, 50))), ("p99_ms", ms(percentile(&mut latencies, 99)))])
}
