//! What holds for every call: spans and quotes, sums, chunks, bounds. On random calls of telling words.

mod common;

use common::*;
use hackles::{Analyzer, Role, Transcript, Turn};
use proptest::prelude::*;
use std::sync::LazyLock;

static ANALYZER: LazyLock<Analyzer> = LazyLock::new(|| {
    analyzer(&[
        &signal(
            "anger",
            "customer",
            "(angry|furious|mad)",
            2.5,
            "unless = { signal = \"sorry\", within = \"turn\" }",
        ),
        &signal(
            "refusal",
            "agent",
            "(not|isn't) my (job|problem) [at all]",
            4.0,
            "not-in = [\"not my job to\"]",
        ),
        &signal(
            "near",
            "any",
            "bill",
            2.2,
            "near = { phrases = [\"wrong\", \"too high\"], words = 3 }",
        ),
        &signal("sorry", "any", "(sorry|apologize)", 3.0, "first-ms = 20000"),
        &signal("gap", "any", "no ..3 way", 2.0, ""),
        &signal(
            "ahead",
            "agent",
            "jargon",
            3.0,
            "unless = { signal = \"sorry\", within-turns = 2, side = \"after\" }",
        ),
        &format!(
            "{}bias = 0.0\n[[entry]]\nid = \"good\"\nphrases = [\"good\", \"😀\"]\nweight = 1.3\nflips = true\n",
            header("sentiment", "any")
        ),
        &format!(
            "{}[[entry]]\nid = \"code\"\nregex = '[a-z]{{2}}-?[0-9]{{3}}'\nneeds = [\"code\"]\nweight = 2.0\n",
            header("reference", "any")
        ),
    ])
});

fn texts() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "angry",
        "ANGRY",
        "furious",
        "not",
        "isn't",
        "my",
        "job",
        "my my",
        "problem",
        "at",
        "all",
        "to",
        "bill",
        "wrong",
        "too",
        "high",
        "sorry",
        "no",
        "way",
        "jargon",
        "good",
        "very",
        "but",
        "if",
        "you",
        "know",
        "he said",
        "um",
        "[noise]",
        "I-I",
        "whi-",
        "😀",
        "caf\u{e9}",
        "don’t",
        "code",
        "ab-123",
        "?",
        "!!",
        ".",
        "i was",
        "a bit",
        "f***",
        "really",
        "\u{3000}",
        "e\u{301}",
    ]);
    let join = prop::sample::select(vec![" ", " ", " ", "", ", ", ". "]);
    prop::collection::vec((word, join), 0..14)
        .prop_map(|parts| parts.into_iter().flat_map(|(w, j)| [w, j]).collect())
}

fn calls() -> impl Strategy<Value = Transcript> {
    let speaker = prop::sample::select(vec!["agent", "customer", "ivr"]);
    let times = prop::option::weighted(0.8, (0i64..40_000, 0i64..6_000));
    let turn = (speaker, times, texts()).prop_map(|(speaker, times, text)| Turn {
        speaker: speaker.to_owned(),
        start_ms: times.map(|t| t.0),
        end_ms: times.map(|t| t.0 + t.1),
        text,
        words: Vec::new(),
    });
    (prop::collection::vec(turn, 0..8), prop::option::of(0i64..60_000)).prop_map(|(mut turns, end_ms)| {
        // Mostly in order, as calls are.
        turns.sort_by_key(|t| t.start_ms.map(|s| s / 5_000));
        Transcript {
            id: None,
            turns,
            end_ms,
            ..Transcript::default()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_way_of_sending_gives_one_report(call in calls()) {
        send_every_way(&ANALYZER, &call);
    }

    #[test]
    fn spans_slice_the_text_they_quote(call in calls()) {
        let report = ANALYZER.score(&call);
        let turns = report.turns.expect("kept");
        for turn in &turns {
            for e in &turn.evidence {
                if let (Some(start), Some(end)) = (e.start, e.end) {
                    let slice = |t: &&Turn| t.text.get(start as usize..end as usize) == e.quote.as_deref();
                    prop_assert!(start < end && call.turns.iter().any(|t| slice(&t)), "{:?}", e);
                }
                for m in &e.modifiers {
                    prop_assert_eq!(m.start.is_some(), m.end.is_some());
                }
            }
        }
    }

    #[test]
    fn contributions_sum_to_the_score(call in calls()) {
        let report = ANALYZER.score(&call);
        for turn in report.turns.expect("kept") {
            for (id, score) in &turn.scores {
                let signal = ANALYZER.lexicon().signal(id).expect("known");
                let sum: f64 = turn.evidence_of(id).map(|e| e.contribution.to_f64()).sum();
                let expected = 1.0 / (1.0 + (-(signal.bias.to_f64() + sum)).exp());
                prop_assert!((expected - score.to_f64()).abs() < 0.6e-4, "{id}: {sum} gives {expected}, not {}", score.to_f64());
                prop_assert_eq!(turn.fired(id), *score >= signal.threshold);
            }
            let valence: f64 = turn.evidence_of("sentiment").map(|e| e.contribution.to_f64()).sum();
            prop_assert!(((valence / 2.0).tanh() - turn.sentiment.to_f64()).abs() < 0.6e-4);
            for e in &turn.evidence {
                let mut product = e.weight;
                e.modifiers.iter().for_each(|m| product = product.times(m.factor));
                prop_assert_eq!(product, e.contribution);
                prop_assert_ne!(e.contribution.to_f64(), 0.0);
            }
        }
    }

    #[test]
    fn hand_written_evidence_does_not_overlap_and_counts_once(call in calls()) {
        for turn in ANALYZER.score(&call).turns.expect("kept") {
            for (i, a) in turn.evidence.iter().enumerate() {
                for b in turn.evidence[i + 1..].iter().filter(|b| b.signal == a.signal) {
                    let apart = a.end <= b.start || b.end <= a.start || a.start.is_none() || b.start.is_none();
                    prop_assert!(apart, "{:?} {:?}", a, b);
                    prop_assert_ne!(&a.entry, &b.entry);
                }
            }
        }
    }

    #[test]
    fn explain_agrees_with_the_report(text in texts()) {
        let call = Transcript { turns: vec![Turn { speaker: "agent".into(), text: text.clone(), ..Turn::default() }], ..Transcript::default() };
        let report = ANALYZER.score(&call).turns.expect("kept").remove(0);
        let explained = ANALYZER.explain(&text, Some(Role::Agent));
        for score in explained.scores.iter().filter(|s| &*s.signal != "sentiment") {
            let own = report.scores.iter().find(|(id, _)| *id == score.signal).expect("listed");
            prop_assert_eq!(own.1, score.score);
        }
        prop_assert_eq!(explained.scores.iter().filter(|s| &*s.signal != "sentiment").count(), report.scores.len());
    }

    #[test]
    fn anything_may_be_pushed(
        chunks in prop::collection::vec((0u8..4, 0u8..3, prop::option::of(-5i64..5_000), prop::option::of(any::<i64>()), texts(), any::<bool>(), any::<bool>()), 0..30),
        retention in prop::bool::ANY,
    ) {
        let options = if retention { hackles::Options::default().full() } else { hackles::Options::default() };
        let mut session = ANALYZER.session(options);
        let mut events = Vec::new();
        for (utterance, speaker, start, end, text, replace, is_final) in &chunks {
            let utterance = utterance.to_string();
            session.push(&hackles::Chunk {
                utterance: &utterance,
                speaker: ["agent", "customer", ""][usize::from(*speaker)],
                start_ms: *start,
                end_ms: *end,
                text,
                mode: if *replace { hackles::Mode::Replace } else { hackles::Mode::Append },
                is_final: *is_final,
                words: &[],
            }, &mut events);
            if let Some(ms) = end {
                session.advance(*ms, &mut events);
            }
        }
        let report = session.finish(None, &mut events);
        prop_assert!(serde_json::to_string(&report).is_ok());
    }
}

/// Ten times the text takes about ten times the time: compared as counts of what was judged, not by the clock.
#[test]
fn one_long_utterance_is_read_in_linear_time() {
    let exclusions = analyzer(&[&signal("x", "agent", "once", 3.0, "not-in = [\"no ..3 job\"]")]);
    let many_hits = "i am angry and no way not my job um um you know ".repeat(2_000);
    // One hit, and an exclusion that is proposed at every other word.
    let many_proposals = format!("once {}", "no job a b c d job ".repeat(4_000));
    for (analyzer, text) in [(&*ANALYZER, &many_hits), (&exclusions, &many_proposals)] {
        long_takes_about_as_much_longer(analyzer, text);
    }
}

fn long_takes_about_as_much_longer(analyzer: &Analyzer, text: &str) {
    let time = |n: usize| {
        let mut session = analyzer.session(hackles::Options::default());
        let begin = std::time::Instant::now();
        let mut at = 0;
        while at < n {
            let to = (at + 7).min(n);
            let part = hackles::Chunk {
                mode: hackles::Mode::Append,
                is_final: false,
                words: &[],
                ..hackles::Chunk::whole("u", "agent", &text[at..to])
            };
            session.push(&part, &mut Vec::new());
            at = to;
        }
        session.finish(None, &mut Vec::new());
        begin.elapsed()
    };
    time(1_000);
    let (short, long) = (time(8_000), time(64_000));
    // Eightfold text; quadratic time would be sixty-four-fold.
    assert!(
        long < short * 24,
        "{short:?} for 8,000 bytes, {long:?} for 64,000"
    );
}
