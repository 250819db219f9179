//! Texts that are as bad as can be: twice the text takes twice the time.

use std::time::Duration;

use hackles::{Analyzer, Chunk, Options};

use crate::clock::spent;
use crate::corpus::{pathological, worst_texts};

/// How long the shorter text is, in bytes.
const BYTES: usize = 32 * 1024;

/// A kind of text.
#[derive(Clone, Debug)]
pub(crate) struct Worst {
    pub(crate) name: &'static str,
    /// Nanoseconds a byte of the longer text.
    pub(crate) ns_a_byte: f64,
    /// What doubling the text multiplies the time by.
    pub(crate) doubled: f64,
}

pub(crate) fn measure(analyzer: &Analyzer, rounds: usize) -> Vec<Worst> {
    let pathological = pathological();
    let (short, long) = (worst_texts(BYTES), worst_texts(2 * BYTES));
    let kinds = short.iter().zip(&long);
    kinds
        .map(|((name, short), (_, long))| {
            let analyzer = if *name == "pathological phrases" {
                &pathological
            } else {
                analyzer
            };
            let best = |text: &str| {
                (0..rounds)
                    .map(|_| read(analyzer, text))
                    .min()
                    .unwrap_or_default()
            };
            let (short, long) = (best(short), best(long));
            Worst {
                name,
                ns_a_byte: long.as_nanos() as f64 / (2 * BYTES) as f64,
                doubled: long.as_secs_f64() / short.as_secs_f64(),
            }
        })
        .collect()
}

fn read(analyzer: &Analyzer, text: &str) -> Duration {
    let mut session = analyzer.session(Options::default());
    let mut events = Vec::new();
    spent(|| session.push(&Chunk::whole("u", "agent", text), &mut events)).0
}
