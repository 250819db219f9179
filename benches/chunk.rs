//! What a chunk, a turn, a call and an analyzer cost. The corpus is `examples/calls`; counts are asserted before anything is timed.
//!
//! `cargo bench` prints the figures; `benches/README.md` says what they mean.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hackles::{Analyzer, Chunk, Lexicon, Mode, Options, Retention, Transcript};

/// The example calls in JSON lines.
fn calls() -> Vec<Transcript> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/calls");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("shipped")
        .map(|f| f.expect("readable").path())
        .collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "jsonl"));
    files.sort();
    let texts = files
        .iter()
        .map(|f| std::fs::read_to_string(f).expect("readable"));
    texts
        .flat_map(|t| {
            t.lines()
                .map(|l| serde_json::from_str(l).expect("a transcript"))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn benches(c: &mut Criterion) {
    let analyzer = Analyzer::builtin();
    let calls = calls();
    let turns: Vec<_> = calls.iter().flat_map(|c| &c.turns).collect();
    assert!(
        calls.len() >= 6 && turns.len() >= 100,
        "the corpus is {} calls, {} turns",
        calls.len(),
        turns.len()
    );
    let fired: usize = calls
        .iter()
        .map(|c| {
            analyzer
                .score(c)
                .call
                .signals
                .values()
                .map(|s| s.count as usize)
                .sum::<usize>()
        })
        .sum();
    assert!(fired > 100, "{fired} signals fire in the corpus");
    let bytes: usize = turns.iter().map(|t| t.text.len()).sum();
    let size = analyzer.size();
    println!(
        "{} turns of {} bytes on average; {fired} signals fire; {size:?}",
        turns.len(),
        bytes / turns.len()
    );

    let mut session = analyzer.session(Options::default());
    for (i, turn) in turns.iter().take(20).enumerate() {
        session.push(
            &Chunk::whole(&i.to_string(), &turn.speaker, &turn.text),
            &mut Vec::new(),
        );
    }
    println!(
        "{} bytes a session after twenty turns, none open, retention none",
        session.state_bytes()
    );

    let mut group = c.benchmark_group("turn");
    group.throughput(Throughput::Elements(turns.len() as u64));
    group.bench_function("closed at once", |b| {
        b.iter(|| {
            let mut session = analyzer.session(Options::default());
            let mut events = Vec::new();
            for (i, turn) in turns.iter().enumerate() {
                session.push(
                    &Chunk::whole(IDS[i % IDS.len()], &turn.speaker, &turn.text),
                    &mut events,
                );
                events.clear();
            }
            black_box(session.state_bytes())
        });
    });
    group.finish();

    let words: usize = turns.iter().map(|t| t.text.split_inclusive(' ').count()).sum();
    let mut group = c.benchmark_group("chunk");
    group.throughput(Throughput::Elements(words as u64));
    group.bench_function("appended word by word", |b| {
        b.iter(|| {
            let mut session = analyzer.session(Options::default());
            let mut events = Vec::new();
            for (i, turn) in turns.iter().enumerate() {
                for (n, word) in turn.text.split_inclusive(' ').enumerate() {
                    let is_final = n + 1 == turn.text.split_inclusive(' ').count();
                    let whole = Chunk::whole(IDS[i % IDS.len()], &turn.speaker, word);
                    session.push(
                        &Chunk {
                            mode: Mode::Append,
                            is_final,
                            ..whole
                        },
                        &mut events,
                    );
                    events.clear();
                }
            }
            black_box(session.state_bytes())
        });
    });
    group.finish();

    let mut group = c.benchmark_group("call");
    group.throughput(Throughput::Elements(calls.len() as u64));
    group.bench_function("scored with all evidence", |b| {
        b.iter(|| calls.iter().map(|c| analyzer.score(c).call.turns).sum::<u32>())
    });
    group.bench_function("report as JSON", |b| {
        let reports: Vec<_> = calls.iter().map(|c| analyzer.score(c)).collect();
        b.iter(|| {
            reports
                .iter()
                .map(|r| serde_json::to_string(r).expect("plain").len())
                .sum::<usize>()
        });
    });
    group.finish();

    let mut group = c.benchmark_group("analyzer");
    group.sample_size(10);
    group.bench_function("load the built-in files", |b| {
        b.iter(|| Lexicon::builtin().entries())
    });
    let lexicon = Lexicon::builtin();
    group.bench_function("compile", |b| {
        b.iter(|| Analyzer::new(lexicon.clone()).expect("compiles").size())
    });
    group.finish();
    assert_eq!(Retention::default(), Retention::None);
}

/// Utterance ids: more than a session remembers of the closed ones.
const IDS: [&str; 64] = {
    let mut ids = [""; 64];
    let digits = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849505152535455565758596061626364";
    let mut i = 0;
    while i < 64 {
        ids[i] = digits.split_at(2 * i).1.split_at(2).0;
        i += 1;
    }
    ids
};

criterion_group!(chunk, benches);
criterion_main!(chunk);
