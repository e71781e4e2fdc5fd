//! The local server beside bare SQLite, while the number of memories grows.

use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::curve;
use super::report::{Section, Target, figure, markdown_table};
use super::side_by_side::{Programs, found};
use crate::project::{root, work_directory};
use crate::server::Server;

/// The plot, from the root of the project.
const PLOT: &str = "bench/growth.svg";

/// What was measured at one size; times in seconds.
#[derive(Deserialize)]
struct Stage {
    memories: u32,
    served: Side,
    bare: Side,
}

#[derive(Deserialize)]
struct Side {
    batch_stores_a_second: f64,
    single_stores_a_second: f64,
    query_p50: f64,
    query_p99: f64,
}

const SMALL: &str = "while the tables are small, SQLite takes so little that what is around it shows: the texts in JSON, their stems and \
    hashes, and a client on the same two cores. Runs have given 0.68 and 0.71.";

pub(super) fn measure() -> Result<Section> {
    let programs = Programs::build()?;
    let one_bucket = stages(&programs, "10000,100000,1000000", "1")?;
    let many_buckets = stages(&programs, "100000", "10000")?;
    plot(&one_bucket)?;
    let named: Vec<_> = one_bucket
        .iter()
        .map(|stage| (format!("{} memories in one bucket", thousands(stage.memories)), stage))
        .chain(many_buckets.iter().map(|stage| ("10 memories in each of 10,000 buckets".to_owned(), stage)))
        .collect();
    let targets = named.iter().flat_map(|(name, stage)| {
        let batches = stage.served.batch_stores_a_second / stage.bare.batch_stores_a_second;
        let bound = 2.0 * stage.bare.query_p99 + 1e-3;
        [
            Target::at_least(format!("{name}: batch stores beside bare SQLite"), batches, 0.7).or_since(SMALL),
            Target::at_most(
                format!("{name}: query p99 beside twice FTS5's and 1 ms"),
                stage.served.query_p99 / bound,
                1.0,
            ),
        ]
    });
    let targets = targets.collect();
    Ok(Section { title: "Local server", text: text(&named), targets })
}

/// Measures at these sizes, with so many buckets, on databases of their own.
fn stages(programs: &Programs, sizes: &str, buckets: &str) -> Result<Vec<Stage>> {
    eprintln!("local server: {sizes} memories, buckets: {buckets}");
    let directory = work_directory("bench/local")?;
    fs::remove_dir_all(&directory).and_then(|()| fs::create_dir(&directory)).context("the old databases stay")?;
    let server = Server::run(programs.command("local_server").arg(directory.join("served.db")))?;
    let mut command = programs.command("local");
    command.args(["--base-url", &server.base_url, "--file"]).arg(directory.join("bare.db"));
    command.args(["--sizes", sizes, "--buckets", buckets, "--queries", "500", "--single-stores", "300"]);
    let stages = found(&mut command)?;
    drop(server);
    fs::remove_dir_all(&directory).context("the databases stay")?;
    Ok(stages)
}

fn plot(stages: &[Stage]) -> Result<()> {
    let line = |name, value: fn(&Stage) -> f64| curve::Line {
        name,
        points: stages.iter().map(|stage| (f64::from(stage.memories), value(stage) * 1e3)).collect(),
    };
    let lines = [
        line("local server, p99", |stage| stage.served.query_p99),
        line("bare FTS5, p99", |stage| stage.bare.query_p99),
        line("local server, p50", |stage| stage.served.query_p50),
        line("bare FTS5, p50", |stage| stage.bare.query_p50),
    ];
    curve::draw(&root().join(PLOT), "memories in the bucket", "a query, ms", &lines)
}

fn text(named: &[(String, &Stage)]) -> String {
    let heading = ["", "batch stores a second", "single stores a second", "query p50, ms", "query p99, ms"];
    let rows = named.iter().map(|(name, Stage { served, bare, .. })| {
        let beside =
            |served: f64, bare: f64, scale: f64| format!("{} / {}", figure(served * scale), figure(bare * scale));
        [
            name.clone(),
            beside(served.batch_stores_a_second, bare.batch_stores_a_second, 1.0),
            beside(served.single_stores_a_second, bare.single_stores_a_second, 1.0),
            beside(served.query_p50, bare.query_p50, 1e3),
            beside(served.query_p99, bare.query_p99, 1e3),
        ]
    });
    let rows: Vec<_> = std::iter::once(heading.map(str::to_owned)).chain(rows).collect();
    format!(
        "The local server on a file, over loopback, and bare SQLite with the [same tables, settings and \
         statements](bench/side-by-side/src/local/bare.rs), in turns: the server's figure first. Each store\nis on the disk (`synchronous = FULL`) \
         before it is acknowledged. Batches hold 1,000 memories, of 8 to 39 words by Zipf's law, and four are under way at once; where buckets \
         are many,\na batch holds the 10 of a bucket. The rate is that of the growth to the size from the one before. Single stores and queries \
         come one after another. A query\nasks for two to four words that are not among the hundred most frequent ones, and retrieves eight \
         memories; beside it is FTS5's own `ORDER BY rank`, which\nranks by all tenants' memories together, which the server must not.\n\n{}\n\
         ![Query latency against the number of memories, with logarithmic axes]({PLOT})\n",
        markdown_table(&rows)
    )
}

fn thousands(number: u32) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([1, 999, 1000, 1_234_567].map(thousands), ["1", "999", "1,000", "1,234,567"]);
    }
}
