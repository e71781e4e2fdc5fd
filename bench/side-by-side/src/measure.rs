//! What a process took, and how a run of many turns out.

use std::time::Duration;

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_gettime};

/// The processor time that this process has taken so far, in its own code and in the system's.
pub fn cpu_time() -> anyhow::Result<Duration> {
    cpu_time_of(UsageWho::RUSAGE_SELF)
}

/// The processor time that all ended processes have taken which this process started, and those which they did.
pub fn cpu_time_of_children() -> anyhow::Result<Duration> {
    cpu_time_of(UsageWho::RUSAGE_CHILDREN)
}

fn cpu_time_of(who: UsageWho) -> anyhow::Result<Duration> {
    let usage = getrusage(who)?;
    let microseconds = |usage: &Usage| usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(u64::try_from(microseconds(&usage))?))
}

/// The time in nanoseconds by a clock that all processes of this machine share.
pub fn shared_clock() -> anyhow::Result<i64> {
    Ok(clock_gettime(ClockId::CLOCK_MONOTONIC)?.num_nanoseconds())
}

/// The value that the share `q` of them, from 0 to 1, does not exceed. They must be sorted; there must be one.
pub fn quantile<T: Copy>(sorted: &[T], q: f64) -> T {
    let last = sorted.len() - 1;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let place = (q * last as f64).ceil() as usize;
    sorted[place.min(last)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let sorted: Vec<u32> = (1..=100).collect();
        assert_eq!((quantile(&sorted, 0.0), quantile(&sorted, 0.5), quantile(&sorted, 1.0)), (1, 51, 100));
        assert_eq!(quantile(&[7], 0.99), 7);
    }

    #[test]
    fn the_shared_clock_does_not_go_back() -> anyhow::Result<()> {
        let before = shared_clock()?;
        assert!(before > 0 && shared_clock()? >= before);
        Ok(())
    }

    #[test]
    fn work_takes_processor_time() -> anyhow::Result<()> {
        let before = cpu_time()?;
        while cpu_time()? == before {}
        assert!(cpu_time()? > before);
        Ok(())
    }
}
