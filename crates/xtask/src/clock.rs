//! Time as figures are made of it: what the thread has spent on a processor, in medians of cases that take turns.

use std::time::Duration;

use cpu_time::ThreadTime;

/// The processor time of some work.
pub(crate) fn spent<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begin = ThreadTime::now();
    let done = std::hint::black_box(work());
    (begin.elapsed(), done)
}

/// What is measured: a name, and a pass that tells its time (and may do more than is timed).
pub(crate) struct Case<'a> {
    pub(crate) name: &'static str,
    pass: Box<dyn FnMut() -> Duration + 'a>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(name: &'static str, pass: impl FnMut() -> Duration + 'a) -> Self {
        let pass = Box::new(pass);
        Case { name, pass }
    }

    /// A case that is timed as a whole.
    pub(crate) fn whole<T>(name: &'static str, mut pass: impl FnMut() -> T + 'a) -> Self {
        Case::new(name, move || spent(&mut pass).0)
    }
}

/// Passes of a case that are not timed, before one that is.
const WARM: usize = 3;

/// The medians of all cases in nanoseconds. Every round gives each case its turn: some passes that are not timed, so that none pays for
/// what the one before left in the caches and in the memory of branches, and one that is.
pub(crate) fn in_turn(cases: &mut [Case<'_>], rounds: usize) -> Vec<f64> {
    let mut times = vec![Vec::new(); cases.len()];
    for _ in 0..rounds {
        for (case, times) in cases.iter_mut().zip(&mut times) {
            for _ in 0..WARM {
                (case.pass)();
            }
            times.push((case.pass)());
        }
    }
    times.into_iter().map(median).collect()
}

/// The median in nanoseconds.
pub(crate) fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_nanos() as f64
}
