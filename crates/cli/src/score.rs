//! `hackles score`: reads, scores and writes calls, many at once, in their order.

use std::io::IsTerminal as _;

use hackles::{Analyzer, CallReport};
use rayon::prelude::*;

use crate::args::{Evidence, Score, To};
use crate::failure::{Failure, Outcome};
use crate::inputs::{self, Input};
use crate::output::Output;
use crate::progress::Progress;
use crate::read::{self, Record};
use crate::render::View;

/// Calls that are scored at once …
const BATCH_CALLS: usize = 256;
/// … as long as they are no larger than this.
const BATCH_BYTES: usize = 8 << 20;

/// Runs the command.
pub(crate) fn run(args: &Score) -> Result<Outcome, Failure> {
    if args.paths.is_empty() && std::io::stdin().is_terminal() {
        return Err(Failure::of_usage(
            "no transcript is given: name a file or a folder, or pipe one in (try --help)",
        ));
    }
    let analyzer = crate::layers::analyzer(&args.reading)?;
    let mut unreadable = Vec::new();
    let inputs = match args.paths.as_slice() {
        [] => vec![Input::standard()],
        paths => inputs::find(paths, &mut |line| unreadable.push(line)),
    };
    let to = args.to.unwrap_or_else(|| implied(args));
    let mut output = Output::open(args.out.as_deref(), to == To::Text)?;
    let mut progress = Progress::new(output.on_terminal());
    unreadable.iter().for_each(|line| progress.complain(line));
    let from = args.from;
    let records = inputs
        .into_iter()
        .flat_map(move |input| read::records(&input, from));
    let writer = Writer {
        analyzer: &analyzer,
        args,
        to,
        view: View::new(analyzer.lexicon(), !args.no_text),
    };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(args.jobs.map_or(0, usize::from))
        .build();
    let pool = pool.map_err(|e| Failure::of_usage(format_args!("cannot start threads: {e}")))?;
    let mut batches = Batches(records);
    let mut tally = Tally {
        scored: 0,
        left_out: unreadable.len(),
    };
    let mut batch = batches.next_batch();
    while !batch.is_empty() {
        // The next batch is read while this one is scored.
        let (done, following) = pool.install(|| rayon::join(|| writer.all(batch), || batches.next_batch()));
        tally.take(done, to, &mut output, &mut progress)?;
        batch = following;
    }
    progress.clear();
    if tally.scored == 0 {
        return Err(Failure::of_usage("nothing was scored"));
    }
    output.write(if to == To::Json { b"\n]\n" } else { b"" })?;
    output.finish()?;
    Ok(Outcome::unless(tally.left_out > 0))
}

/// The format that the ending of the output file asks for.
fn implied(args: &Score) -> To {
    let ending = args
        .out
        .as_deref()
        .and_then(|p| p.extension())
        .unwrap_or_default();
    match ending.to_string_lossy().as_ref() {
        "json" => To::Json,
        "jsonl" => To::Jsonl,
        "csv" => To::Csv,
        _ => To::Text,
    }
}

/// Records in portions that fit into memory.
struct Batches<I>(I);

impl<I: Iterator<Item = Record>> Batches<I> {
    fn next_batch(&mut self) -> Vec<Record> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while batch.len() < BATCH_CALLS && bytes < BATCH_BYTES {
            let Some(record) = self.0.next() else { break };
            bytes += record.bytes();
            batch.push(record);
        }
        batch
    }
}

/// What has come of the calls so far.
struct Tally {
    scored: usize,
    left_out: usize,
}

impl Tally {
    fn take(
        &mut self,
        done: Vec<Result<Vec<u8>, String>>,
        to: To,
        output: &mut Output,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        let before = self.scored;
        for call in done {
            match call {
                Ok(bytes) => {
                    let between: &[u8] = match (to, self.scored) {
                        (To::Json, 0) => b"[\n",
                        (To::Json, _) => b",\n",
                        (To::Csv, 0) => CSV_HEADER.as_bytes(),
                        (To::Text, 1..) => b"\n",
                        _ => b"",
                    };
                    self.scored += 1;
                    output.write(between)?;
                    output.write(&bytes)?;
                }
                Err(line) => {
                    self.left_out += 1;
                    output.flush()?;
                    progress.complain(&line);
                }
            }
        }
        progress.add(self.scored - before);
        Ok(())
    }
}

const CSV_HEADER: &str = "call_id,index,speaker,start_ms,end_ms,sentiment,signals,scores\n";

/// Scores calls and puts their reports into words.
struct Writer<'a> {
    analyzer: &'a Analyzer,
    args: &'a Score,
    to: To,
    view: View<'a>,
}

impl Writer<'_> {
    fn all(&self, records: Vec<Record>) -> Vec<Result<Vec<u8>, String>> {
        records.into_par_iter().map(|r| self.one(r)).collect()
    }

    fn one(&self, record: Record) -> Result<Vec<u8>, String> {
        let mut call = record.transcript()?;
        if let Some(roles) = &self.args.roles {
            roles.apply(&mut call.participants);
        }
        let report = self.analyzer.score(&call);
        let failed = |e: &dyn std::fmt::Display| format!("{}: {e}", call.id.as_deref().unwrap_or_default());
        match self.to {
            To::Text => Ok(self.view.call(&call, &report).into_bytes()),
            To::Csv => table(&report).map_err(|e| failed(&e)),
            To::Json | To::Jsonl => {
                let mut bytes = serde_json::to_vec(&self.reduced(report)).map_err(|e| failed(&e))?;
                if self.to == To::Jsonl {
                    bytes.push(b'\n');
                }
                Ok(bytes)
            }
        }
    }

    /// The report without what was not asked for.
    fn reduced(&self, mut report: CallReport) -> CallReport {
        for turn in report.turns.iter_mut().flatten() {
            match self.args.evidence {
                Evidence::All => {}
                Evidence::None => turn.evidence.clear(),
                Evidence::Fired => {
                    let fired = &turn.signals;
                    turn.evidence
                        .retain(|e| fired.contains(&e.signal) || *e.signal == *crate::SENTIMENT);
                }
            }
            if self.args.no_text {
                turn.evidence.iter_mut().for_each(|e| e.quote = None);
            }
        }
        if self.args.no_text {
            for promise in report.call.promises.iter_mut().flatten() {
                (promise.quote, promise.when) = (None, None);
            }
        }
        report
    }
}

/// A row a turn.
fn table(report: &CallReport) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(Vec::new());
    let ms = |ms: Option<i64>| ms.map_or_else(String::new, |ms| ms.to_string());
    for turn in report.turns.iter().flatten() {
        let scores: Vec<String> = turn
            .scores
            .iter()
            .map(|(s, score)| format!("{s}={}", score.to_f64()))
            .collect();
        writer.write_record([
            report.id.as_deref().unwrap_or_default(),
            &turn.index.to_string(),
            turn.speaker.as_deref().unwrap_or_default(),
            &ms(turn.start_ms),
            &ms(turn.end_ms),
            &turn.sentiment.to_f64().to_string(),
            &turn.signals.join(";"),
            &scores.join(";"),
        ])?;
    }
    writer.into_inner().map_err(|e| csv::Error::from(e.into_error()))
}
