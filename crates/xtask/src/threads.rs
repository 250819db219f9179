//! An archive on one thread and on two.

use std::time::Instant;

use hackles::{Analyzer, Transcript, batch};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::clock::median;

/// How many times as fast two threads score calls as one does, by the clock on the wall.
pub(crate) fn two_over_one(analyzer: &Analyzer, calls: &[Transcript], rounds: usize) -> Result<f64, String> {
    let pool = |threads| ThreadPoolBuilder::new().num_threads(threads).build();
    let pools: Vec<ThreadPool> = [1, 2]
        .into_iter()
        .map(pool)
        .collect::<Result<_, _>>()
        .map_err(|e| e.to_string())?;
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (pool, times) in pools.iter().zip(&mut times) {
            let begin = Instant::now();
            let reports = pool.install(|| batch::score(analyzer, calls));
            times.push(begin.elapsed());
            if reports.len() != calls.len() {
                return Err(format!("{} reports of {} calls", reports.len(), calls.len()));
            }
        }
    }
    let [one, two] = times.map(median);
    Ok(one / two)
}
