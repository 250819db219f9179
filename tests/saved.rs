//! Saved analyzers: what is loaded says what was saved, and nothing else is loaded.

mod common;

use std::sync::LazyLock;

use hackles::error::ErrorKind;
use hackles::{Analyzer, Chunk, Lexicon, Options, Role, Transcript};

static BUILTIN: LazyLock<Analyzer> = LazyLock::new(Analyzer::builtin);
static SAVED: LazyLock<Vec<u8>> = LazyLock::new(|| BUILTIN.save());

fn calls() -> Vec<Transcript> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/calls");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("there")
        .map(|f| f.expect("readable").path())
        .filter(|p| p.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    files.sort();
    let texts = files
        .iter()
        .map(|f| std::fs::read_to_string(f).expect("readable"));
    let lines: Vec<String> = texts
        .flat_map(|t| t.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    lines
        .iter()
        .map(|l| serde_json::from_str(l).expect("a call"))
        .collect()
}

/// The report of a call and all events of it as it grows.
fn told(analyzer: &Analyzer, call: &Transcript) -> String {
    let mut options = Options::default();
    options.participants.clone_from(&call.participants);
    let mut session = analyzer.session(options);
    let mut events = Vec::new();
    for (number, turn) in call.turns.iter().enumerate() {
        let id = number.to_string();
        let half = turn.text.rfind(' ').unwrap_or(0);
        for (text, is_final) in [(&turn.text[..half], false), (&*turn.text, true)] {
            let mut chunk = Chunk::whole(&id, &turn.speaker, text);
            (chunk.start_ms, chunk.end_ms, chunk.is_final) = (turn.start_ms, turn.end_ms, is_final);
            session.push(&chunk, &mut events);
        }
    }
    let report = session.finish(call.end_ms, &mut events);
    let whole = analyzer.score(call);
    serde_json::to_string(&(events, report, whole)).expect("JSON")
}

fn refused(bytes: &[u8], part: &str) {
    let error = Analyzer::load(bytes).expect_err(part);
    assert_eq!(error.kind(), ErrorKind::Saved);
    assert!(error.to_string().contains(part), "{error}");
}

#[test]
fn what_is_loaded_says_the_same() {
    let loaded = Analyzer::load(&SAVED).expect("saved just now");
    let calls = calls();
    assert!(!calls.is_empty());
    for call in &calls {
        assert_eq!(told(&loaded, call), told(&BUILTIN, call));
    }
    assert_eq!(loaded.save(), *SAVED);
    assert_eq!(loaded.size(), BUILTIN.size());
}

#[test]
fn what_was_left_out_is_read_again() {
    let loaded = Analyzer::load(&SAVED).expect("saved just now");
    for text in [
        "well that's um really not my job",
        "I'm not angry, I am furious",
        "let me look into that for",
    ] {
        for role in [None, Some(Role::Agent), Some(Role::Customer)] {
            assert_eq!(loaded.explain(text, role), BUILTIN.explain(text, role));
        }
    }
    let (a, b) = (loaded.lexicon(), BUILTIN.lexicon());
    assert_eq!(
        (a.name(), a.signals(), a.entries()),
        (b.name(), b.signals(), b.entries())
    );
    assert_eq!(a.phrases(), b.phrases());
    let sources = |l: &Lexicon| l.sources("refusal").expect("a signal").len();
    assert_eq!(sources(a), sources(b));
    let again = Analyzer::new(a.clone()).expect("compiles");
    assert_eq!(again.save(), *SAVED);
}

#[test]
fn lexicons_of_ones_own_are_saved_with_their_files() {
    let own = common::analyzer(&[
        &common::signal(
            "mine",
            "any",
            "above my [own] pay grade",
            3.0,
            "note = \"n\"\nhint = \"h\"",
        ),
        &format!(
            "{}[[entry]]\nid = \"r\"\nregex = 'order (no|number) \\d+'\nneeds = [\"order\"]\nweight = 3.0\n",
            common::header("other", "any")
        ),
    ]);
    let loaded = Analyzer::load(&own.save()).expect("saved just now");
    assert_eq!(loaded.lexicon().name(), own.lexicon().name());
    assert_eq!(loaded.lexicon().phrases(), own.lexicon().phrases());
    assert_eq!(loaded.run_examples(&[]), own.run_examples(&[]));
    let said = [
        "agent: that is above my pay grade",
        "customer: it is order number 42",
    ];
    let call = common::call(&said);
    assert_eq!(told(&loaded, &call), told(&own, &call));
    assert_eq!(loaded.explain(said[1], None), own.explain(said[1], None));
    for call in &calls() {
        assert_eq!(told(&loaded, call), told(&own, call));
    }
}

#[test]
fn damage_is_told() {
    refused(b"", "no saved analyzer");
    refused(b"schema = 1", "no saved analyzer");
    refused(&SAVED[..5], "cut off");
    refused(&SAVED[..SAVED.len() - 1], "cut off");
    refused(&[&SAVED[..], b"\n"].concat(), "too long");
    let changed = |at: usize, to: u8| {
        let mut bytes = SAVED.clone();
        bytes[at] = to;
        bytes
    };
    refused(&changed(8, 200), "newer version");
    refused(&changed(8, 0), "older version");
    refused(&changed(12, 1), "order of bytes");
    let last = SAVED.len() - 1;
    refused(&changed(last, !SAVED[last]), "checksum");
    let saved = common::analyzer(&[]).save();
    let mut at = 0;
    while at < saved.len() {
        let mut bytes = saved.clone();
        bytes[at] ^= 1 << (at % 8);
        assert!(Analyzer::load(&bytes).is_err(), "byte {at}");
        assert!(Analyzer::load(&saved[..at]).is_err(), "{at} bytes");
        at = at * 17 / 16 + 1;
    }
}
