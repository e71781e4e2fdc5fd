//! What a program takes, and how it says so.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use futures_util::future::BoxFuture;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_gettime};

/// Numbers by the name of what they measure, with its unit.
pub type Measures = BTreeMap<&'static str, f64>;

/// One of the ways to do the same, and how to measure one turn of it.
pub type Way = (&'static str, Box<dyn Fn() -> BoxFuture<'static, Result<Measures>>>);

/// Each way has a turn to warm up and one in every round, the first of a round being the last of the round before.
pub async fn in_turns(mut ways: Vec<Way>, rounds: usize) -> Result<()> {
    for (_, turn) in &ways {
        turn().await?;
    }
    for _ in 0..rounds {
        ways.reverse();
        let mut round = BTreeMap::new();
        for (name, turn) in &ways {
            round.insert(*name, turn().await?);
        }
        print(&round)?;
    }
    Ok(())
}

/// Prints the measures of each way as a line of JSON, which `cargo xtask bench` reads.
pub fn print(round: &BTreeMap<&str, Measures>) -> Result<()> {
    println!("{}", serde_json::to_string(round)?);
    Ok(())
}

/// The processor time that this process has taken so far, in its own code and in the system's, in µs.
pub fn cpu_us() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok(float(usage.user_time().num_microseconds() + usage.system_time().num_microseconds()))
}

/// The time in nanoseconds by a clock that all processes of this machine share.
pub fn shared_clock() -> Result<i64> {
    Ok(clock_gettime(ClockId::CLOCK_MONOTONIC)?.num_nanoseconds())
}

pub fn us(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

#[expect(clippy::cast_precision_loss, reason = "no measurement comes to so many")]
pub fn float(number: i64) -> f64 {
    number as f64
}

pub fn count(number: usize) -> f64 {
    float(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The value that so many percent do not exceed; there must be one.
pub fn percentile<T: Copy + Ord>(values: &mut [T], percent: usize) -> T {
    values.sort_unstable();
    values[((values.len() - 1) * percent).div_ceil(100)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let mut values: Vec<u32> = (1..=100).rev().collect();
        let found = [0, 50, 99, 100].map(|percent| percentile(&mut values, percent));
        assert_eq!(found, [1, 51, 100, 100]);
        assert_eq!(percentile(&mut [7], 99), 7);
    }
}
