//! What nobody sends but somebody might: any bytes, made into calls, lexicons, transcripts and saved analyzers, and what must hold of them.
//!
//! A [`Target`] takes bytes and panics where something does not hold. The fuzzer (`fuzz/`) looks for such bytes; `tests/replay.rs` runs those that
//! were found once, and the seeds from which it starts. All inputs are text, so that one that was found can be read and explained.
#![forbid(unsafe_code)]

mod calls;
mod changes;
mod lexicons;
mod messages;
mod phrases;
mod report;
mod saved;
mod script;
mod seeds;
mod snapshots;
mod transcripts;
mod twins;

/// What any bytes are made into, and what must hold of it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Target {
    /// What it is called: `calls`.
    pub name: &'static str,
    /// What it sends and what must hold, in a line.
    pub about: &'static str,
    /// Takes an input.
    ///
    /// # Panics
    /// Where something does not hold.
    pub run: fn(&[u8]),
    /// Inputs to start from: of the examples and fixtures of the project.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that its inputs are made of.
    pub words: fn() -> Vec<String>,
    /// The longest input that is worth trying, in bytes.
    pub most_bytes: usize,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "calls",
        about: "chunks of a call in any order, with any times: the report is that of its turns, its evidence adds up",
        run: calls::run,
        seeds: calls::seeds,
        words: calls::words,
        most_bytes: 4096,
    },
    Target {
        name: "lexicons",
        about: "lexicon files over a small one: what loads and compiles scores calls and can be saved",
        run: lexicons::run,
        seeds: lexicons::seeds,
        words: lexicons::words,
        most_bytes: 4096,
    },
    Target {
        name: "phrases",
        about: "the grammar of phrases: the automaton finds what trying every phrase at every token finds",
        run: phrases::run,
        seeds: phrases::seeds,
        words: phrases::words,
        most_bytes: 512,
    },
    Target {
        name: "transcripts",
        about: "files of every format: a call or a problem",
        run: transcripts::run,
        seeds: transcripts::seeds,
        words: transcripts::words,
        most_bytes: 8192,
    },
    Target {
        name: "messages",
        about: "live messages of every vendor: chunks or a problem, and calls gathered from them",
        run: messages::run,
        seeds: messages::seeds,
        words: transcripts::words,
        most_bytes: 8192,
    },
    Target {
        name: "saved",
        about: "a saved analyzer with other bytes in it and a checksum that fits: it is refused, or reads calls",
        run: saved::run,
        seeds: saved::seeds,
        words: changes::words,
        most_bytes: 256,
    },
    Target {
        name: "snapshots",
        about: "a saved session with other bytes in it and a checksum that fits: it is refused, or goes on",
        run: snapshots::run,
        seeds: snapshots::seeds,
        words: changes::words,
        most_bytes: 256,
    },
    Target {
        name: "twins",
        about: "texts by the vector instructions and without, whole and in pieces: the same",
        run: twins::run,
        seeds: twins::seeds,
        words: calls::words,
        most_bytes: 1024,
    },
];

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
