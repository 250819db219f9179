//! Reads the corpus that a workbench command is measured on.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use hackles::workbench::{Corpus, Labels, Observed, observe};
use hackles::{Analyzer, Lexicon};
use hackles_formats::Reading;

use crate::args::workbench;
use crate::failure::Failure;
use crate::inputs;
use crate::progress::Progress;
use crate::read::{self, Record};

/// A corpus, and how many rows were left out.
pub(super) struct Read {
    pub(super) corpus: Corpus,
    pub(super) left_out: usize,
}

/// Reads everything the arguments name; a row that cannot be read is named on standard error and left out. `signals` are those asked for: calm rows
/// show none of them.
pub(super) fn read(
    args: &workbench::Corpus,
    lexicons: &[&Lexicon],
    signals: &[String],
) -> Result<Read, Failure> {
    let mut read = Read {
        corpus: Corpus::new(lexicons.iter().copied()),
        left_out: 0,
    };
    let mut labels = Labels::default();
    labels.speaker = Some(args.speaker.role());
    for label in &args.label {
        known(lexicons, &label.signal)?;
        labels.keys.push(label.clone());
    }
    for signal in signals {
        known(lexicons, signal)?;
    }
    read.add(&args.corpus, &labels);
    if !args.calm.is_empty() {
        let of_labels = labels.keys.iter().map(|k| k.signal.clone());
        labels.calm = if signals.is_empty() {
            of_labels.collect()
        } else {
            signals.to_vec()
        };
        if labels.calm.is_empty() {
            return Err(Failure::of_usage(
                "--calm needs signals: name those that calm calls do not show",
            ));
        }
        labels.keys.clear();
        read.add(&args.calm, &labels);
    }
    if read.corpus.calls.is_empty() {
        return Err(Failure::of_usage("the corpus is empty"));
    }
    Ok(read)
}

/// What is said in some transcripts or rows, whatever their labels.
pub(super) fn texts(paths: &[PathBuf], lexicon: &Lexicon) -> Result<Vec<String>, Failure> {
    let mut read = Read {
        corpus: Corpus::new([lexicon]),
        left_out: 0,
    };
    read.add(paths, &Labels::default());
    if !paths.is_empty() && read.corpus.calls.is_empty() {
        return Err(Failure::of_usage("--also-in: nothing is said there"));
    }
    let turns = read.corpus.calls.into_iter().flat_map(|c| c.call.turns);
    Ok(turns.map(|t| t.text).collect())
}

/// One of the lexicons must have the signal.
fn known(lexicons: &[&Lexicon], signal: &str) -> Result<(), Failure> {
    let mut last = Ok(());
    for lexicon in lexicons {
        match lexicon.signal(signal) {
            Ok(_) => return Ok(()),
            Err(error) => last = Err(Failure::of_usage(&error)),
        }
    }
    last
}

impl Read {
    fn add(&mut self, paths: &[PathBuf], labels: &Labels) {
        let mut problems = Vec::new();
        for input in inputs::find(paths, &mut |refusal| problems.push(refusal.to_string())) {
            match read::records(&input, &Reading::default(), &Arc::default()) {
                Ok(records) => {
                    problems.extend(records.filter_map(|record| self.record(record, labels).err()))
                }
                Err(refusal) => problems.push(refusal.to_string()),
            }
        }
        self.left_out += problems.len();
        problems.iter().for_each(|line| crate::complain(line));
    }

    /// Adds a record. Of our own JSON any row counts that has labels; all else is a transcript.
    fn record(&mut self, record: Record, labels: &Labels) -> Result<(), String> {
        let place = record.place.to_string();
        let failed = |message| format!("{place}: {message}");
        match record.entry.row() {
            Some(row) => self.corpus.add_json(&place, row, labels).map_err(failed),
            None => {
                let found = record.scorable(None).map_err(|refusal| refusal.to_string())?;
                self.corpus.add(&place, found.transcript, labels).map_err(failed)
            }
        }
    }
}

/// Scores the corpus and shows how far it has come.
pub(super) fn watch(analyzer: &Analyzer, corpus: &Corpus) -> Observed {
    let progress = Mutex::new(Progress::new(false));
    let observed = observe(analyzer, corpus, |calls| {
        if let Ok(mut progress) = progress.lock() {
            progress.add(calls, 0);
        }
    });
    if let Ok(mut progress) = progress.into_inner() {
        progress.clear();
    }
    observed
}
