//! `cargo xtask soak`: an hour of live calls at full speed. Memory must not grow, and what comes of the shipped calls must be what is recorded.

use std::time::Instant;

use hackles::event::Event;
use hackles::{Analyzer, Chunk, Mode, Options, Session, Turn};
use rayon::prelude::*;

use crate::Asked;
use crate::corpus::calls;
use crate::fingerprint;
use crate::machine::resident;

/// Lines on which people talk, unless it is said how many.
const USUAL: usize = 5_000;
/// With `--quick`.
const QUICK: usize = 100;
/// The time that passes on each line: an hour, a chunk a second.
const MINUTES: usize = 60;
const SECONDS: i64 = 60;
/// Calls last three to twelve minutes; then the next begins on the line.
const CALL_SECONDS: std::ops::Range<u64> = 180..720;
/// Words of a chunk.
const WORDS: usize = 3;
/// Memory may be so much larger in the last quarter of the hour than in the second: a percentage, and what an allocator may hold back.
const GROWTH_PERCENT: usize = 2;
const GROWTH_BYTES: usize = 2 << 20;

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    calls: usize,
    turns: usize,
    chunks: usize,
    events: usize,
}

impl Sums {
    fn and(self, other: Sums) -> Sums {
        Sums {
            calls: self.calls + other.calls,
            turns: self.turns + other.turns,
            chunks: self.chunks + other.chunks,
            events: self.events + other.events,
        }
    }
}

/// A line: one call after the other.
struct Line<'a> {
    analyzer: &'a Analyzer,
    turns: &'a [Turn],
    session: Session,
    number: u64,
    /// The turn that is spoken, and how much of it has been sent.
    turn: usize,
    sent: usize,
    utterance: String,
    /// Seconds that the call has lasted, and will.
    now: i64,
    end: i64,
    events: Vec<Event>,
    sums: Sums,
}

impl<'a> Line<'a> {
    fn new(analyzer: &'a Analyzer, turns: &'a [Turn], number: usize) -> Self {
        let mut line = Line {
            analyzer,
            turns,
            session: analyzer.session(Options::default()),
            number: number as u64,
            turn: number,
            sent: 0,
            utterance: String::new(),
            now: 0,
            end: 0,
            events: Vec::new(),
            sums: Sums::default(),
        };
        line.begin();
        line
    }

    /// Begins the next call, and ends the one before.
    fn begin(&mut self) {
        let fresh = self.analyzer.session(Options::default());
        let before = std::mem::replace(&mut self.session, fresh);
        before.finish(Some(self.now * 1000), &mut self.events);
        // The same lengths each time, spread over the range.
        self.number = self
            .number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let length = CALL_SECONDS.start + (self.number >> 33) % (CALL_SECONDS.end - CALL_SECONDS.start);
        (self.now, self.end, self.sent) = (0, length as i64, 0);
        self.sums.calls += 1;
    }

    /// Sends the chunk of one second.
    fn second(&mut self) {
        let said = &self.turns[self.turn % self.turns.len()];
        let rest = &said.text[self.sent..];
        let spaces = rest.match_indices(' ').map(|(at, _)| at + 1);
        let end = spaces.take(WORDS).nth(WORDS - 1).unwrap_or(rest.len());
        if self.sent == 0 {
            self.utterance = format!("u{}", self.turn);
        }
        let is_final = end == rest.len();
        let chunk = Chunk {
            mode: Mode::Append,
            is_final,
            ..Chunk::whole(&self.utterance, &said.speaker, &rest[..end])
                .at(self.now * 1000, self.now * 1000 + 900)
        };
        self.session.push(&chunk, &mut self.events);
        self.now += 1;
        self.session.advance(self.now * 1000, &mut self.events);
        self.sums.chunks += 1;
        self.sums.turns += usize::from(is_final);
        self.sums.events += self.events.len();
        self.events.clear();
        (self.turn, self.sent) = if is_final {
            (self.turn + 1, 0)
        } else {
            (self.turn, self.sent + end)
        };
        if self.now >= self.end {
            self.begin();
        }
    }
}

/// Memory at the end of a minute: of the process, and of the sessions as they tell it.
#[derive(Clone, Copy, Debug)]
struct Sample {
    resident: Option<usize>,
    sessions: usize,
}

/// Fails if what is recorded does not come out, or if memory grows.
pub(crate) fn run(asked: &Asked) -> Result<(), String> {
    let lines = asked.sessions.unwrap_or(if asked.quick { QUICK } else { USUAL });
    let analyzer = Analyzer::builtin();
    let calls = calls();
    fingerprint::check(&fingerprint::of(&analyzer, &calls))?;
    let turns: Vec<Turn> = calls.into_iter().flat_map(|call| call.turns).collect();
    let mut all: Vec<Line<'_>> = (0..lines).map(|n| Line::new(&analyzer, &turns, n)).collect();
    let begin = Instant::now();
    let mut samples = Vec::with_capacity(MINUTES);
    for _ in 0..MINUTES {
        all.par_chunks_mut(64).for_each(|lines| {
            for _ in 0..SECONDS {
                lines.iter_mut().for_each(Line::second);
            }
        });
        samples.push(Sample {
            resident: resident(),
            sessions: all.iter().map(|line| line.session.state_bytes()).sum(),
        });
    }
    let took = begin.elapsed();
    let sums = all.iter().fold(Sums::default(), |sums, line| sums.and(line.sums));
    println!(
        "{lines} lines for an hour: {} calls, {} turns, {} chunks, {} events in {took:.1?}",
        sums.calls, sums.turns, sums.chunks, sums.events
    );
    println!("minute, resident bytes, bytes of all sessions:");
    for (minute, sample) in samples.iter().enumerate().skip(4).step_by(5) {
        let resident = sample
            .resident
            .map_or("unknown".to_owned(), |bytes| bytes.to_string());
        println!("{:>3} {resident:>12} {:>12}", minute + 1, sample.sessions);
    }
    let resident: Option<Vec<usize>> = samples.iter().map(|s| s.resident).collect();
    let sessions: Vec<usize> = samples.iter().map(|s| s.sessions).collect();
    if let Some(resident) = resident {
        is_flat("the process", &resident)?;
    }
    is_flat("the sessions", &sessions)
}

/// Fails if the last quarter is larger than the second.
fn is_flat(of: &str, samples: &[usize]) -> Result<(), String> {
    let quarter = samples.len() / 4;
    let mean = |samples: &[usize]| samples.iter().sum::<usize>() / samples.len().max(1);
    let (before, after) = (
        mean(&samples[quarter..2 * quarter]),
        mean(&samples[samples.len() - quarter..]),
    );
    if after > before + before / 100 * GROWTH_PERCENT + GROWTH_BYTES {
        return Err(format!("memory of {of} has grown from {before} to {after} bytes"));
    }
    Ok(())
}
