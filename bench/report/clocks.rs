//! The two clocks, and how their readings become one number.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::Outcome;

/// What `work` costs the calling thread in CPU time, the kernel's part included. What other threads and other
/// programs do meanwhile does not count.
pub fn cpu<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let read = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default();
    let begun = read();
    let result = work();
    (read().saturating_sub(begun), result)
}

/// Wall time, where somebody waits for it.
#[expect(clippy::disallowed_methods, reason = "durations belong here")]
pub fn now() -> Instant {
    Instant::now()
}

/// Takes one sample a call.
pub type Contender<'a> = &'a mut dyn FnMut() -> Outcome<Duration>;

/// One median for each contender. They take turns, so that whatever the machine does meanwhile meets all of them.
pub fn medians<const N: usize>(rounds: usize, mut contenders: [Contender<'_>; N]) -> Outcome<[Duration; N]> {
    let mut samples = [const { Vec::new() }; N];
    // The first turn fills caches and opens connections.
    for turn in 0..=rounds {
        for (contender, samples) in contenders.iter_mut().zip(&mut samples) {
            let sample = contender()?;
            if turn > 0 {
                samples.push(sample);
            }
        }
    }
    Ok(samples.map(median))
}

pub fn median(mut samples: Vec<Duration>) -> Duration {
    samples.sort_unstable();
    samples.get(samples.len() / 2).copied().unwrap_or_default()
}

/// With three digits.
pub fn shown(time: Duration) -> String {
    let microseconds = time.as_secs_f64() * 1e6;
    let (number, unit) = if microseconds < 1e3 { (microseconds, "µs") } else { (microseconds / 1e3, "ms") };
    let decimals = if number < 10.0 { 2 } else { usize::from(number < 100.0) };
    format!("{number:.decimals$} {unit}")
}
