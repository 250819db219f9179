//! Live sessions to bytes and back: twenty turns into a call and in the middle of the next one, with and without what retention keeps.

mod common;

use common::{TURNS, calls, ids};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hackles::{Analyzer, Chunk, Mode, Options, Session, Transcript};

fn benches(c: &mut Criterion) {
    let analyzer = Analyzer::builtin();
    let ids = ids();
    let mut calls = calls();
    calls.retain(|call| call.turns.len() > TURNS);
    assert!(calls.len() >= 20, "{} calls", calls.len());
    let mut group = c.benchmark_group("snapshot");
    group.throughput(Throughput::Elements(calls.len() as u64));
    for (name, options, is_open, most) in [
        ("at rest", Options::default(), false, 2048),
        ("while somebody speaks", Options::default(), true, 2048),
        ("with full retention", Options::default().full(), false, 1 << 15),
    ] {
        let session = |call| twenty_turns(&analyzer, options.clone(), call, &ids, is_open);
        let sessions: Vec<Session> = calls.iter().map(session).collect();
        let saved: Vec<Vec<u8>> = sessions.iter().map(Session::save).collect();
        for bytes in &saved {
            assert!(bytes.len() < most, "{name}: {} bytes", bytes.len());
            assert_eq!(restored(&analyzer, bytes).save(), *bytes, "{name}");
        }
        let bytes: usize = saved.iter().map(Vec::len).sum();
        println!("{name}: {} bytes", bytes / saved.len());
        group.bench_function(format!("save {name}"), |b| {
            b.iter(|| sessions.iter().map(|s| s.save().len()).sum::<usize>());
        });
        group.bench_function(format!("restore {name}"), |b| {
            b.iter(|| {
                saved
                    .iter()
                    .map(|bytes| restored(&analyzer, bytes))
                    .collect::<Vec<_>>()
            });
        });
    }
    group.finish();
}

/// A session after its first turns; the next one may have begun.
fn twenty_turns(
    analyzer: &Analyzer,
    options: Options,
    call: &Transcript,
    ids: &[String],
    is_open: bool,
) -> Session {
    let mut session = analyzer.session(options.participants(call.participants.clone()));
    for (number, turn) in call.turns.iter().take(TURNS + usize::from(is_open)).enumerate() {
        let mut chunk = Chunk::whole(&ids[number], &turn.speaker, &turn.text);
        (chunk.start_ms, chunk.end_ms) = (turn.start_ms, turn.end_ms);
        if number == TURNS {
            (chunk.mode, chunk.is_final) = (Mode::Append, false);
        }
        session.push(&chunk, &mut Vec::new());
    }
    session
}

fn restored(analyzer: &Analyzer, bytes: &[u8]) -> Session {
    analyzer.restore(bytes).expect("saved just now")
}

criterion_group!(snapshot, benches);
criterion_main!(snapshot);
