//! Reads, scores and writes at the same time: one thread reads, some score, the caller's takes what is done.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::failure::Failure;

use super::Item;
use super::scorer::{Scored, Scorer};

/// So many calls are handed to a thread at once …
const BATCH_CALLS: usize = 256;
/// … as long as they are no larger than this.
const BATCH_BYTES: usize = 64 << 10;
/// How often the caller hears that nothing has happened.
const TICK: Duration = Duration::from_millis(100);

/// Records that were read together, and where they stand among all.
struct Batch {
    number: u64,
    /// The numbers of the records in the run; some between them may have been skipped.
    first: u64,
    last: u64,
    items: Vec<Item>,
}

/// What has come of a batch: of the records from `first` to before `last`.
pub(super) struct Done {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) scored: Scored,
}

/// How the work is done.
pub(super) struct Plan {
    /// How many threads score.
    pub(super) jobs: usize,
    /// Whether results come in the order of the records.
    pub(super) ordered: bool,
    /// Set by whoever wants the run to stop early: what is read by then is still scored.
    pub(super) stop: Arc<AtomicBool>,
}

/// Scores all items whose numbers are not to be skipped, and hands what is done to `take`; now and then it gets nothing, and can look at the
/// clock. What is in memory is bounded by the number of threads, not by the input.
///
/// # Errors
/// What `take` fails with: nothing more is scored then.
pub(super) fn run(
    items: impl Iterator<Item = Item> + Send + 'static,
    skip: impl Fn(u64) -> bool + Send + 'static,
    scorer: &Arc<Scorer>,
    plan: &Plan,
    mut take: impl FnMut(Option<Done>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let window = plan.jobs * 2 + 2;
    let (permits, permitted) = mpsc::sync_channel::<()>(window);
    for _ in 0..window {
        let _ = permits.send(());
    }
    let (todo, waiting) = mpsc::sync_channel::<Batch>(window);
    let (results, done) = mpsc::channel::<(u64, Done)>();
    let waiting = Arc::new(Mutex::new(waiting));
    for _ in 0..plan.jobs {
        let (scorer, waiting, results) = (Arc::clone(scorer), Arc::clone(&waiting), results.clone());
        thread::spawn(move || work(&scorer, &waiting, &results));
    }
    drop(results);
    let handed = Arc::new(AtomicU64::new(0));
    let (stop, count) = (Arc::clone(&plan.stop), Arc::clone(&handed));
    thread::spawn(move || feed(items, skip, &permitted, &todo, &stop, &count));
    let mut pending = BTreeMap::new();
    let mut taken = 0;
    loop {
        match done.recv_timeout(TICK) {
            Ok((number, result)) => {
                pending.insert(if plan.ordered { number } else { taken }, result);
                while let Some(next) = pending.remove(&taken) {
                    taken += 1;
                    take(Some(next))?;
                    let _ = permits.send(());
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                take(None)?;
                // Whoever reads may wait for input that never comes: what was read is all that is scored.
                if plan.stop.load(Ordering::Relaxed) && handed.load(Ordering::SeqCst) == taken {
                    return Ok(());
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

/// Hands the items on in batches, which `handed` counts.
fn feed(
    items: impl Iterator<Item = Item>,
    skip: impl Fn(u64) -> bool,
    permitted: &Receiver<()>,
    todo: &SyncSender<Batch>,
    stop: &AtomicBool,
    handed: &AtomicU64,
) {
    let _alarm = Alarm;
    let mut items = (0..).zip(items).filter(|(number, _)| !skip(*number)).peekable();
    for number in 0.. {
        if permitted.recv().is_err() || stop.load(Ordering::Relaxed) {
            return;
        }
        let mut batch = Batch {
            number,
            first: 0,
            last: 0,
            items: Vec::new(),
        };
        let mut bytes = 0;
        while batch.items.len() < BATCH_CALLS && bytes < BATCH_BYTES {
            // The records of a batch follow on each other, so that it can be told what is done by its two ends.
            let follows = |(n, _): &(u64, Item)| batch.items.is_empty() || *n == batch.last;
            let Some((number, item)) = items.next_if(follows) else {
                break;
            };
            if batch.items.is_empty() {
                batch.first = number;
            }
            batch.last = number + 1;
            bytes += item.as_ref().map_or(0, |record| record.entry.size());
            batch.items.push(item);
        }
        if batch.items.is_empty() || stop.load(Ordering::Relaxed) {
            return;
        }
        handed.store(number + 1, Ordering::SeqCst);
        if todo.send(batch).is_err() {
            return;
        }
    }
}

/// Ends the program if a thread is lost: the others would wait for it forever, or take what it has read for all there is.
struct Alarm;

impl Drop for Alarm {
    fn drop(&mut self) {
        if thread::panicking() {
            std::process::exit(101);
        }
    }
}

fn work(scorer: &Scorer, waiting: &Mutex<Receiver<Batch>>, results: &mpsc::Sender<(u64, Done)>) {
    let _alarm = Alarm;
    let mut desk = scorer.desk();
    loop {
        let Ok(batch) = waiting.lock().map(|waiting| waiting.recv()) else {
            return;
        };
        let Ok(batch) = batch else { return };
        let done = Done {
            first: batch.first,
            last: batch.last,
            scored: desk.score(batch.items),
        };
        if results.send((batch.number, done)).is_err() {
            return;
        }
    }
}
