//! `cargo xtask bench burst`: many stores at once, at a server that takes eight at a time and refuses the others. This client, and
//! the official Python client with the threads that its users would give it, do the same work at the same server, in turns.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use super::figures::{Turn, Turns};
use super::runner::{Programs, python, turns};
use crate::project::json;
use crate::server::Server;

/// How many calls the server takes at once.
const PERMITS: u32 = 8;
/// What it tells those that it refuses, in seconds.
const RETRY_AFTER: f64 = 1.0;
/// The longest that this client may take, as a multiple of the ideal.
const BAR: f64 = 1.2;
const TASKS: &str = "this client, a task a call";
const ONE_TASK: &str = "this client, one `join_all`";
const PYTHON: &str = "Python 0.5.1, 64 threads";
const CLIENTS: [&str; 3] = [TASKS, ONE_TASK, PYTHON];

struct Burst {
    calls: u32,
    work_ms: u32,
}

const BURSTS: [Burst; 2] = [Burst { calls: 1000, work_ms: 5 }, Burst { calls: 400, work_ms: 250 }];

impl Burst {
    /// The seconds that it takes if no permit is ever free. One wait is granted, since the permits of a server are not known before
    /// its first refusal.
    fn ideal(&self) -> f64 {
        f64::from(self.calls) * f64::from(self.work_ms) / 1000.0 / f64::from(PERMITS) + RETRY_AFTER
    }

    /// None failed, in any round, and the median is fast enough.
    fn is_met(&self, measured: &Turns, client: &str) -> bool {
        measured.values(client, "failed").iter().all(|failed| *failed == 0.0)
            && measured.median(client, "seconds") <= BAR * self.ideal()
    }
}

pub(super) fn measure(rounds: u32) -> Result<()> {
    let programs = Programs::build()?;
    let mut missed = 0;
    for burst in BURSTS {
        let mut measured = Turns::default();
        for round in 1..=rounds {
            for name in CLIENTS {
                eprintln!("round {round} of {rounds}: {} stores of {} ms: {name}", burst.calls, burst.work_ms);
                measured.add([(name.to_owned(), play(&programs, &burst, name)?)].into());
            }
        }
        println!("\n{} stores of {} ms at once; the ideal is {:.2} s\n", burst.calls, burst.work_ms, burst.ideal());
        println!(
            "| client | time, s | of the ideal | failed | refused | most at once | bar |\n|---|---:|---:|---:|---:|---:|---|"
        );
        for name in CLIENTS {
            let median = |measure| measured.median(name, measure);
            let is_missed = name != PYTHON && !burst.is_met(&measured, name);
            missed += usize::from(is_missed);
            println!(
                "| {name} | {:.2} | {:.2} | {:.0} | {:.0} | {:.0} | {} |",
                median("seconds"),
                median("seconds") / burst.ideal(),
                median("failed"),
                median("refused"),
                median("most_at_once"),
                if is_missed { "missed" } else { "" }
            );
        }
    }
    ensure!(missed == 0, "this client misses its bar, {BAR} times the ideal and no failure, {missed} times: see above");
    Ok(())
}

/// Each burst has a server of its own, so that it begins with no connections and no counts, and nothing of the burst before.
fn play(programs: &Programs, burst: &Burst, client: &str) -> Result<BTreeMap<String, f64>> {
    let (calls, permits, work) = (burst.calls.to_string(), PERMITS.to_string(), burst.work_ms.to_string());
    let server = Server::run(programs.command("server").args(["--permits", &permits, "--work-ms", &work]))?;
    let mut command = if client == PYTHON { python("burst.py")? } else { programs.command("burst") };
    command
        .args(["--base-url", &server.base_url, "--calls", &calls])
        .args((client == ONE_TASK).then_some("--one-task"));
    let mut measures: BTreeMap<_, _> = turns(&mut command)?.into_iter().flat_map(Turn::into_values).flatten().collect();
    measures.extend(json::<BTreeMap<String, f64>>(server.get("/counts")?.as_bytes())?);
    let done = f64::from(burst.calls) - measures["failed"];
    ensure!(measures["stored"] >= done, "{done} stores succeeded, and the server has {}", measures["stored"]);
    Ok(measures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_missed_by_one_failure_or_a_slow_median() {
        let burst = Burst { calls: 80, work_ms: 100 };
        assert_eq!(burst.ideal(), 2.0, "no permit ever free, and one wait");
        let is_met = |outcomes: &[(f64, f64)]| {
            let mut measured = Turns::default();
            for (failed, seconds) in outcomes {
                let measures = [("failed".to_owned(), *failed), ("seconds".to_owned(), *seconds)].into();
                measured.add([(TASKS.to_owned(), measures)].into());
            }
            burst.is_met(&measured, TASKS)
        };
        assert!(is_met(&[(0.0, 2.4)]) && is_met(&[(0.0, 2.0), (0.0, 9.0), (0.0, 2.1)]));
        assert!(!is_met(&[(0.0, 2.41)]) && !is_met(&[(0.0, 2.0), (0.0, 2.0), (1.0, 2.0)]));
    }
}
