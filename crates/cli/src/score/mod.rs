//! `hackles score`: reads, scores and writes calls, many at once.

mod checkpoint;
mod columns;
mod part;
mod pipeline;
mod rejects;
mod results;
mod rows;
mod scorer;
mod strangers;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::args::{Score, To};
use crate::failure::{Failure, Outcome};
use crate::inputs::Input;
use crate::progress::Progress;
use crate::read::{self, Record};
use crate::refusal::Refusal;
use checkpoint::Checkpoint;
use pipeline::Plan;
use results::Results;
use scorer::Scorer;

/// A record, or why there is none.
type Item = Result<Record, Refusal>;

/// Runs the command.
pub(crate) fn run(args: &Score) -> Result<Outcome, Failure> {
    let start = Instant::now();
    let to = args.to.unwrap_or_else(|| implied(args));
    let (inputs, missing) = args.transcripts.inputs()?;
    let inputs = results::without_own(inputs, args);
    let analyzer = crate::layers::analyzer(&args.reading, !args.no_text)?;
    let begun = Checkpoint::new(args, to, analyzer.lexicon().name(), &missing, &inputs);
    let scorer = Arc::new(Scorer {
        analyzer,
        args: args.clone(),
        to,
    });
    let Some(mut results) = Results::open(&scorer, begun, &inputs)? else {
        return Ok(Outcome::Done);
    };
    let mut progress = Progress::new(results.on_terminal());
    let read = Arc::new(AtomicU64::new(0));
    progress.expect(total(&inputs), &read);
    let stop = Arc::new(AtomicBool::new(false));
    watch_for_interrupts(&stop)?;
    let plan = Plan {
        jobs: args.jobs.map_or_else(processors, usize::from),
        ordered: !args.unordered,
        stop: Arc::clone(&stop),
    };
    let skip = results.skip();
    let items = items(missing, inputs, args, &read);
    let ran = pipeline::run(items, skip, &scorer, &plan, |done| {
        if let Some(done) = done {
            results.take(done, &mut progress)?;
        }
        progress.tick();
        results.keep(false)
    });
    progress.clear();
    if let Err(failure) = ran {
        return Err(results.broken(failure));
    }
    if stop.load(Ordering::Relaxed) {
        return results.interrupted();
    }
    results.finish(start.elapsed())
}

/// All records of all inputs, and what of them cannot be opened.
fn items(
    missing: Vec<Refusal>,
    inputs: Vec<Input>,
    args: &Score,
    read: &Arc<AtomicU64>,
) -> impl Iterator<Item = Item> + Send + 'static {
    let reading = args.transcripts.reading();
    let read = Arc::clone(read);
    let records = inputs.into_iter().flat_map(move |input| {
        let records: Box<dyn Iterator<Item = Item> + Send> = match read::records(&input, &reading, &read) {
            Ok(records) => Box::new(records.map(Ok)),
            Err(refusal) => Box::new(std::iter::once(Err(refusal))),
        };
        records
    });
    missing.into_iter().map(Err).chain(records)
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
        "parquet" => To::Parquet,
        _ => To::Text,
    }
}

/// The bytes of all inputs, if all are files.
fn total(inputs: &[Input]) -> Option<u64> {
    inputs.iter().map(Input::size).sum()
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// An interrupt lets what was read be finished; a second one ends the program where it is. Hanging up is no interrupt: runs go on under `nohup`.
fn watch_for_interrupts(stop: &Arc<AtomicBool>) -> Result<(), Failure> {
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, INTERRUPTED.into(), Arc::clone(stop))
            .and_then(|_| flag::register(signal, Arc::clone(stop)))
            .map_err(|e| Failure::of_usage(format_args!("cannot watch for interrupts: {e}")))?;
    }
    Ok(())
}

/// The exit status of a run that was interrupted, as shells have it.
pub(crate) const INTERRUPTED: u8 = 130;

/// How long the run took and how fast it was, for people.
fn pace(took: Duration, calls: u64) -> String {
    let seconds = took.as_secs_f64();
    let rate = calls as f64 / seconds.max(1e-9);
    format!("{seconds:.1} s, {rate:.0} calls a second")
}

/// The default place of what is left out of a run into a file.
fn rejects_beside(out: &std::path::Path) -> PathBuf {
    part::beside(out, ".rejects.jsonl")
}
