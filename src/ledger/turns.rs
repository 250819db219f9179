//! The turns of a report.

use std::sync::Arc;

use super::Row;
use super::order::Order;
use crate::compiled::Compiled;
use crate::context::Weighed;
use crate::evidence::{Evidence, Modification};
use crate::report::{TurnOverlap, TurnReport};
use crate::speakers::Speaker;
use crate::turns::verdicts::Verdict;

/// All turns, in the order of the call.
pub(super) fn turn_reports(
    compiled: &Compiled,
    speakers: &[Speaker],
    rows: &[Row],
    order: &Order,
) -> Vec<TurnReport> {
    let ids: Vec<Option<Arc<str>>> = speakers
        .iter()
        .map(|s| Some(s.id.share()).filter(|id| !id.is_empty()))
        .collect();
    let report = |(index, &arrival): (u32, &u32)| {
        let row = &rows[arrival as usize];
        let speaker = &speakers[usize::from(row.speaker)];
        let scored = || {
            row.verdicts
                .iter()
                .filter(|v| Some(v.signal) != compiled.sentiment)
        };
        let signal_name = |v: &Verdict| Arc::clone(&compiled.signal_names[usize::from(v.signal)]);
        let mut evidence: Vec<(&Verdict, &Weighed)> = row
            .verdicts
            .iter()
            .flat_map(|v| v.evidence.iter().map(move |e| (v, e)))
            .collect();
        evidence.sort_by_key(|(v, e)| (e.span.is_none(), e.span, v.signal, e.entry));
        TurnReport {
            index,
            speaker: ids[usize::from(row.speaker)].clone(),
            role: speaker.role,
            start_ms: row.start_ms,
            end_ms: row.end_ms,
            overlap: row.overlap.map(|o| TurnOverlap {
                kind: o.kind,
                with: order.place[o.with as usize],
                ms: o.ms.into(),
            }),
            sentiment: row.sentiment,
            scores: scored().map(|v| (signal_name(v), v.outcome.score())).collect(),
            signals: scored().filter(|v| v.outcome.fired).map(signal_name).collect(),
            evidence: evidence
                .into_iter()
                .map(|(v, e)| piece(compiled, signal_name(v), e, &row.text, &order.place))
                .collect(),
        }
    };
    (0u32..).zip(&order.arrivals).map(report).collect()
}

/// A counted hit as evidence.
pub(crate) fn piece(
    compiled: &Compiled,
    signal: Arc<str>,
    hit: &Weighed,
    text: &str,
    place: &[u32],
) -> Evidence {
    let modifiers = hit.modifiers.iter().map(|m| Modification {
        modifier: Arc::clone(&compiled.modifier_names[usize::from(m.modifier)]),
        factor: m.factor,
        start: m.cue.map(|c| c.0),
        end: m.cue.map(|c| c.1),
    });
    let mut turns: Vec<u32> = hit
        .turns
        .iter()
        .map(|&t| place.get(t as usize).copied().unwrap_or(t))
        .collect();
    turns.sort_unstable();
    Evidence {
        signal,
        entry: compiled.entry_names.get(hit.entry),
        start: hit.span.map(|s| s.0),
        end: hit.span.map(|s| s.1),
        quote: hit
            .span
            .and_then(|(start, end)| text.get(start as usize..end as usize))
            .map(str::to_owned),
        weight: compiled.lexicon.entries[hit.entry as usize].weight,
        modifiers: modifiers.collect(),
        contribution: hit.contribution,
        turns,
        hint: compiled.lexicon.entries[hit.entry as usize].hint.clone(),
    }
}
