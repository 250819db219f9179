//! What comes of the shipped calls, as a few numbers: the same in every build, on every platform, in every thread.

use std::fmt;
use std::path::PathBuf;

use hackles::{Analyzer, Chunk, Mode, Options, Transcript};

/// Where it is recorded.
const RECORD: &str = "tests/fingerprint.txt";

/// What came of some calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    pub calls: usize,
    pub events: usize,
    /// Of the lexicons.
    pub lexicon: u64,
    /// Of all reports, finished and live, and of all events, as JSON.
    pub reports: u64,
    pub heard: u64,
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "lexicon {:016x}", self.lexicon)?;
        writeln!(f, "calls {}", self.calls)?;
        writeln!(f, "events {}", self.events)?;
        writeln!(f, "hash of reports {:016x}", self.reports)?;
        writeln!(f, "hash of events {:016x}", self.heard)
    }
}

/// FNV-1a.
fn add(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash ^ 0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Scores all calls finished, and live word by word.
pub fn of(analyzer: &Analyzer, calls: &[Transcript]) -> Fingerprint {
    let mut all = Fingerprint {
        calls: calls.len(),
        lexicon: add(0, analyzer.lexicon().name().as_bytes()),
        ..Fingerprint::default()
    };
    for call in calls {
        let report = serde_json::to_vec(&analyzer.score(call)).expect("serializable");
        all.reports = add(all.reports, &report);
        let mut session = analyzer.session(Options::default().participants(call.participants.clone()));
        let mut events = Vec::new();
        for (number, turn) in call.turns.iter().enumerate() {
            let id = format!("u{number}");
            let mut words = turn.text.split_inclusive(' ').peekable();
            while let Some(text) = words.next() {
                session.push(
                    &Chunk {
                        utterance: &id,
                        speaker: &turn.speaker,
                        start_ms: turn.start_ms,
                        end_ms: turn.end_ms,
                        text,
                        mode: Mode::Append,
                        is_final: words.peek().is_none(),
                        words: &[],
                    },
                    &mut events,
                );
            }
        }
        let report = session.finish(call.end_ms, &mut events);
        all.events += events.len();
        let events = serde_json::to_vec(&events).expect("serializable");
        all.heard = add(all.heard, &events);
        all.reports = add(all.reports, &serde_json::to_vec(&report).expect("serializable"));
    }
    all
}

fn file() -> PathBuf {
    let folders = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut files = folders.map(|folder| folder.join(RECORD));
    files
        .find(|file| file.parent().is_some_and(|f| f.join("common").is_dir()))
        .expect("the repository")
}

/// Writes it down.
pub fn record(found: &Fingerprint) -> Result<(), String> {
    std::fs::write(file(), found.to_string()).map_err(|e| format!("{RECORD}: {e}"))
}

/// Compares it with what is recorded.
pub fn check(found: &Fingerprint) -> Result<(), String> {
    let recorded = std::fs::read_to_string(file()).map_err(|e| format!("{RECORD}: {e}"))?;
    if recorded == found.to_string() {
        return Ok(());
    }
    Err(format!(
        "what comes of the shipped calls is not what {RECORD} records.\nrecorded:\n{recorded}found:\n{found}\
         If a lexicon, a call or what reports hold was meant to change, record it anew: cargo xtask fingerprint --record"
    ))
}
