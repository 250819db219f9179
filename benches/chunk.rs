//! Reading, matching and chunks: what the parts of a push cost, and the whole of it, however utterances come.

mod common;

use std::hint::black_box;

use common::{calls, ids, utterances};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hackles::event::{Event, State};
use hackles::{Analyzer, Chunk, Lexicon, Mode, Options, Role, Turn};

/// How a turn is sent.
#[derive(Clone, Copy)]
enum Way {
    Whole,
    Appended,
    Revised,
}

fn benches(c: &mut Criterion) {
    let analyzer = Analyzer::builtin();
    let utterances = utterances();
    assert!(utterances.len() >= 300, "{} utterances", utterances.len());
    reading(c, &analyzer, &utterances);

    let turns: Vec<Turn> = calls().into_iter().take(24).flat_map(|call| call.turns).collect();
    let words: usize = turns.iter().map(|t| pieces(&t.text).count()).sum();
    let ids = ids();
    let fired = confirmed(&analyzer, &turns, &ids, Way::Whole);
    assert!(
        fired > turns.len() / 4,
        "{fired} signals in {} turns",
        turns.len()
    );
    let ways = [
        ("whole", Way::Whole, turns.len()),
        ("appended word by word", Way::Appended, words),
        ("revised word by word", Way::Revised, words),
    ];
    let mut group = c.benchmark_group("chunk");
    for (name, way, chunks) in ways {
        assert_eq!(confirmed(&analyzer, &turns, &ids, way), fired, "{name}");
        group.throughput(Throughput::Elements(chunks as u64));
        group.bench_function(name, |b| b.iter(|| confirmed(&analyzer, &turns, &ids, way)));
    }
    group.finish();
}

/// Texts to tokens, and tokens to phrases.
fn reading(c: &mut Criterion, analyzer: &Analyzer, utterances: &[Turn]) {
    let mut group = c.benchmark_group("reading");
    group.throughput(Throughput::Elements(utterances.len() as u64));
    let one_word = one_word();
    for (name, analyzer, least) in [
        ("tokenize (a lexicon of one word)", &one_word, 1),
        ("match (the built-in lexicons)", analyzer, utterances.len()),
    ] {
        let mut probe = analyzer.probe();
        let mut count = || {
            let found = |t: &Turn| probe.count(Role::of_id(&t.speaker), black_box(&t.text));
            utterances.iter().map(found).sum::<usize>()
        };
        let found = count();
        assert!(found >= least, "{name}: {found} phrases");
        group.bench_function(name, |b| b.iter(&mut count));
    }
    group.finish();
}

/// Sends turns to one session; gives the number of confirmed signals.
fn confirmed(analyzer: &Analyzer, turns: &[Turn], ids: &[String], way: Way) -> usize {
    let mut session = analyzer.session(Options::default());
    let (mut events, mut count) = (Vec::new(), 0);
    for (number, turn) in turns.iter().enumerate() {
        let whole = Chunk::whole(&ids[number % ids.len()], &turn.speaker, &turn.text);
        let mut send = |chunk: &Chunk<'_>| {
            session.push(chunk, &mut events);
            let confirmed = |e: &&Event| matches!(e, Event::Signal(s) if s.state == State::Confirmed);
            count += events.iter().filter(confirmed).count();
            events.clear();
        };
        let mut end = 0;
        match way {
            Way::Whole => send(&whole),
            Way::Appended => pieces(&turn.text).for_each(|piece| {
                end += piece.len();
                send(&Chunk {
                    text: piece,
                    mode: Mode::Append,
                    is_final: end == turn.text.len(),
                    ..whole
                });
            }),
            Way::Revised => pieces(&turn.text).for_each(|piece| {
                end += piece.len();
                send(&Chunk {
                    text: &turn.text[..end],
                    is_final: end == turn.text.len(),
                    ..whole
                });
            }),
        }
    }
    session.finish(None, &mut events);
    count
        + events
            .iter()
            .filter(|e| matches!(e, Event::Signal(s) if s.state == State::Confirmed))
            .count()
}

fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(' ')
}

/// An analyzer that finds next to nothing.
fn one_word() -> Analyzer {
    let file = r#"
        schema = 1
        [signal]
        id = "one"
        speaker = "any"
        severity = "info"
        title = "t"
        summary = "s"
        why = "w"
        hint = "h"
        [[entry]]
        id = "one"
        weight = 1.0
        phrases = ["refund"]
    "#;
    let lexicon = Lexicon::builder().file("one.toml", file).build();
    Analyzer::new(lexicon.expect("loads")).expect("compiles")
}

criterion_group!(chunk, benches);
criterion_main!(chunk);
