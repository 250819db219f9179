//! Whole calls with what must be found in them, sent in every way. The tables are in `tests/cases`.

mod common;

use common::*;
use hackles::{Analyzer, Transcript, Turn};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    turns: Vec<Line>,
    #[serde(default)]
    end_ms: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    by: String,
    text: String,
    #[serde(default)]
    at: Option<[i64; 2]>,
    /// Signals that must fire, each with the words that it must quote ("" for none).
    #[serde(default)]
    fires: std::collections::BTreeMap<String, String>,
    /// Signals that must not.
    #[serde(default)]
    silent: Vec<String>,
}

#[test]
fn calls_show_what_they_must() {
    let analyzer = Analyzer::builtin();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");
    let mut wrong = Vec::new();
    let mut run = 0;
    for file in std::fs::read_dir(folder).expect("shipped") {
        let path = file.expect("readable").path();
        let table: Table = toml::from_str(&std::fs::read_to_string(&path).expect("readable"))
            .unwrap_or_else(|e| panic!("{path:?}: {e}"));
        for case in table.case {
            run += 1;
            let turns = case.turns.iter().map(|l| Turn {
                speaker: l.by.clone(),
                start_ms: l.at.map(|a| a[0]),
                end_ms: l.at.map(|a| a[1]),
                text: l.text.clone(),
                words: Vec::new(),
            });
            let call = Transcript {
                turns: turns.collect(),
                end_ms: case.end_ms,
                ..Transcript::default()
            };
            let report = send_every_way(&analyzer, &call);
            for (line, turn) in case.turns.iter().zip(report.turns.as_ref().expect("kept")) {
                for (signal, quote) in &line.fires {
                    let quotes: Vec<&str> = turn
                        .evidence_of(signal)
                        .map(|e| e.quote.as_deref().unwrap_or(""))
                        .collect();
                    if !turn.fired(signal) || !quotes.contains(&quote.as_str()) {
                        wrong.push(format!(
                            "{}: {signal} should fire on {quote:?} in {:?}; found {quotes:?}",
                            case.name, line.text
                        ));
                    }
                }
                for signal in line.silent.iter().filter(|s| turn.fired(s)) {
                    let quotes: Vec<_> = turn.evidence_of(signal).map(|e| e.quote.clone()).collect();
                    wrong.push(format!(
                        "{}: {signal} should be silent in {:?}; found {quotes:?}",
                        case.name, line.text
                    ));
                }
            }
        }
    }
    assert!(run >= 12, "{run} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
