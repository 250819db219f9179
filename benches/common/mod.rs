//! What figures are made on: the corpora that are shipped, in the order of their files.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each bench uses its part, the program of comparisons another"
)]

use std::fs;
use std::path::{Path, PathBuf};

use hackles::{Analyzer, Lexicon, Transcript, Turn};
use serde::Deserialize as _;

/// Utterances of this length are what figures a push are made on.
pub const BYTES: std::ops::RangeInclusive<usize> = 72..=88;
/// The turns of a call in the steady state, before which it is warmed up by as many.
pub const TURNS: usize = 20;

/// A file or folder of the repository.
pub fn path(name: &str) -> PathBuf {
    let mut folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let root = folders.find(|folder| folder.join("corpora").is_dir());
    root.expect("a folder of the repository").join(name)
}

fn lines<T: for<'a> serde::Deserialize<'a>>(file: &Path) -> Vec<T> {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().expect("follows its schema")
}

/// The example calls, and those of `corpora`.
pub fn calls() -> Vec<Transcript> {
    let examples = fs::read_dir(path("examples/calls")).expect("shipped");
    let mut files: Vec<PathBuf> = examples.map(|f| f.expect("readable").path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "jsonl"));
    files.sort();
    files.push(path("corpora/calls.dev.jsonl"));
    files.iter().flat_map(|file| lines(file)).collect()
}

/// All utterances of 72 to 88 bytes, those of calls first; a multiple of [`TURNS`].
pub fn utterances() -> Vec<Turn> {
    let turns = calls().into_iter().flat_map(|call| call.turns);
    let single = lines::<serde_json::Value>(&path("corpora/utterances.dev.jsonl"));
    let single = single.iter().map(|row| Turn::deserialize(row).expect("a turn"));
    let mut all: Vec<Turn> = turns.chain(single).collect();
    all.retain(|turn| BYTES.contains(&turn.text.len()));
    all.truncate(all.len() / TURNS * TURNS);
    all
}

/// Ids of utterances: more than a session remembers of the closed ones.
pub fn ids() -> Vec<String> {
    (0..64).map(|i| format!("u{i}")).collect()
}

/// Texts of so many bytes that are as bad as can be, by what is bad about them.
pub fn worst_texts(bytes: usize) -> [(&'static str, String); 5] {
    let repeated = |piece: &str| piece.repeat(bytes.div_ceil(piece.len()));
    [
        ("one long word", repeated("a")),
        ("nothing but hits", repeated("that's not my job, you idiot. ")),
        ("nothing but fillers", repeated("um you know i mean uh ")),
        ("nothing but emoji", repeated("😡🤬 👍")),
        ("pathological phrases", repeated("aa bb aa cc ")),
    ]
}

/// Phrases that fit in many ways almost everywhere in the last of [`worst_texts`].
pub fn pathological() -> Analyzer {
    let file = r#"
        schema = 1
        [signal]
        id = "pathological"
        speaker = "any"
        severity = "info"
        title = "t"
        summary = "s"
        why = "w"
        hint = "h"
        [[entry]]
        id = "gaps"
        weight = 1.0
        phrases = [
            "aa ..12 aa ..12 aa ..12 aa ..12 aa ..12 dd",
            "(aa|aa bb|bb aa) ..12 (aa|bb aa|cc) ..12 (aa cc|cc) [aa] [bb] cc",
        ]
        [[entry]]
        id = "optional"
        weight = 1.0
        phrases = ["[aa] [bb] [aa] [cc] [aa] [bb] [aa] [cc] aa", "aa* bb* aa* cc* ..12 aa* bb* dd"]
        not-in = ["aa ..12 bb ..12 cc ..12 dd"]
    "#;
    let lexicon = Lexicon::builder().file("pathological.toml", file).build();
    Analyzer::new(lexicon.expect("loads")).expect("compiles")
}
