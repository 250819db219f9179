//! What holds of every report and of all events.

use hackles::event::{Event, State};
use hackles::{Analyzer, CallReport, Transcript};

/// Scores have four decimals.
const ROUNDING: f64 = 0.6e-4;

/// Evidence adds up to the scores, and quotes what stands where it says.
pub(crate) fn check(analyzer: &Analyzer, call: &Transcript, report: &CallReport) {
    let texts: Vec<&str> = call.turns.iter().map(|turn| turn.text.as_str()).collect();
    for turn in report.turns.iter().flatten() {
        for (id, score) in &turn.scores {
            let signal = analyzer.lexicon().signal(id).expect("a signal of the lexicon");
            let sum: f64 = turn.evidence_of(id).map(|e| e.contribution.to_f64()).sum();
            let expected = 1.0 / (1.0 + (-(signal.bias.to_f64() + sum)).exp());
            let apart = (expected - score.to_f64()).abs();
            assert!(
                apart < ROUNDING,
                "{id}: {sum} gives {expected}, not {}",
                score.to_f64()
            );
            assert_eq!(turn.fired(id), *score >= signal.threshold, "{id}");
        }
        let valence: f64 = turn
            .evidence_of("sentiment")
            .map(|e| e.contribution.to_f64())
            .sum();
        assert!(((valence / 2.0).tanh() - turn.sentiment.to_f64()).abs() < ROUNDING);
        for e in &turn.evidence {
            let mut product = e.weight;
            e.modifiers.iter().for_each(|m| product = product.times(m.factor));
            assert_eq!(product, e.contribution, "{e:?}");
            let place = e
                .start
                .zip(e.end)
                .map(|(start, end)| start as usize..end as usize);
            assert_eq!(place.is_some(), e.quote.is_some(), "{e:?}");
            if let Some(place) = place {
                let quoted = |text: &&str| text.get(place.clone()) == e.quote.as_deref();
                assert!(!place.is_empty() && texts.iter().any(quoted), "{e:?}");
            }
        }
    }
    serde_json::to_string(report).expect("a report is JSON");
}

/// The events that hold, whatever the chunks were.
pub(crate) fn settled(events: &[Event]) -> Vec<&Event> {
    let holds = |event: &&Event| match event {
        Event::Signal(e) => e.state == State::Confirmed,
        Event::Silence(e) => e.state == State::Confirmed,
        Event::Anger(_) | Event::Practice(_) => true,
        _ => false,
    };
    events.iter().filter(holds).collect()
}

/// Every provisional event is confirmed or retracted, once.
pub(crate) fn provisional_are_settled(events: &[Event]) {
    let mut open: Vec<(&str, &str)> = Vec::new();
    for event in events {
        let Event::Signal(e) = event else { continue };
        let key = (&*e.signal, &*e.utterance);
        if e.state == State::Provisional {
            assert!(!open.contains(&key), "{key:?} is announced twice");
            open.push(key);
        } else {
            open.retain(|k| *k != key);
        }
    }
    assert!(open.is_empty(), "{open:?} stay provisional");
}
