//! Many finished calls at once, on all cores (feature `rayon`).

use rayon::prelude::*;

use crate::analyzer::Analyzer;
use crate::report::CallReport;
use crate::transcript::Transcript;

/// Scores calls in parallel on rayon's current pool. Reports come in the order of the calls, and are the same for any number of
/// threads.
pub fn score(analyzer: &Analyzer, calls: &[Transcript]) -> Vec<CallReport> {
    calls.par_iter().map(|call| analyzer.score(call)).collect()
}
