//! A report that is written where it is made is the one that stands by itself.

#[path = "../benches/common/mod.rs"]
mod corpus;

use std::sync::LazyLock;

use hackles::{Analyzer, CallReport, Detail, Transcript};

static BUILTIN: LazyLock<Analyzer> = LazyLock::new(Analyzer::builtin);

fn json(report: &impl serde::Serialize) -> String {
    serde_json::to_string(report).expect("serializable")
}

/// The report with evidence of that detail, told piece by piece.
fn reduced(mut report: CallReport, detail: Detail) -> CallReport {
    for turn in report.turns.iter_mut().flatten() {
        let signals = &turn.signals;
        turn.evidence.retain(|piece| match detail {
            Detail::All => true,
            Detail::Fired => signals.contains(&piece.signal) || *piece.signal == *"sentiment",
            Detail::None => false,
        });
    }
    report
}

fn is_the_same(analyzer: &Analyzer, call: &Transcript) {
    let whole = analyzer.score(call);
    for detail in [Detail::All, Detail::Fired, Detail::None] {
        let report = reduced(whole.clone(), detail);
        let written = analyzer.score_as(call, detail, |view| json(&view));
        assert_eq!(written, json(&report), "{detail:?}");
        assert_eq!(analyzer.score_as(call, detail, |view| view.into_report()), report);
    }
    assert_eq!(
        analyzer.score_as(call, Detail::None, |view| view.figures().clone()),
        whole.call
    );
}

#[test]
fn what_is_written_is_the_report() {
    let calls = corpus::calls();
    let kinds = |whole: &CallReport| {
        let pieces = || whole.turns.iter().flatten().flat_map(|turn| &turn.evidence);
        [
            pieces().any(|piece| !piece.modifiers.is_empty()),
            pieces().any(|piece| !piece.turns.is_empty()),
            pieces().any(|piece| piece.quote.is_none()),
            pieces().any(|piece| piece.hint.is_some()),
            whole.turns.iter().flatten().any(|turn| turn.overlap.is_some()),
        ]
    };
    let mut seen = [false; 5];
    let silent = BUILTIN.clone().without_text();
    for (number, call) in calls.iter().enumerate() {
        is_the_same(&BUILTIN, call);
        if number % 8 == 0 {
            is_the_same(&silent, call);
        }
        let own = kinds(&BUILTIN.score(call));
        seen.iter_mut().zip(own).for_each(|(seen, own)| *seen |= own);
    }
    assert_eq!(seen, [true; 5]);
}

#[test]
fn evidence_stands_in_the_order_of_the_text() {
    for call in corpus::calls() {
        for turn in BUILTIN.score(&call).turns.expect("kept") {
            let places = turn
                .evidence
                .iter()
                .map(|piece| (piece.start.is_none(), piece.start, piece.end, &piece.signal));
            assert!(places.is_sorted(), "{turn:?}");
        }
    }
}
