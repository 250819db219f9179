//! The turns of a report, as they are seen where they are retained, without a copy of anything: either they are written from there, or a report takes
//! over what it shows.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::Row;
use super::order::Order;
use crate::compiled::Compiled;
use crate::context::{Applied, Weighed};
use crate::evidence::{Evidence, Modification};
use crate::fixed::{Milli, Score};
use crate::lexicon::TERM;
use crate::options::Detail;
use crate::report::{TurnOverlap, TurnReport, as_map};
use crate::speakers::Speaker;
use crate::transcript::Role;

/// A [`TurnReport`] in the making; it has the same keys.
#[derive(Serialize)]
pub(crate) struct TurnView<'a> {
    index: u32,
    speaker: Option<Arc<str>>,
    role: Option<Role>,
    start_ms: Option<i64>,
    end_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overlap: Option<TurnOverlap>,
    sentiment: Score,
    #[serde(serialize_with = "as_map")]
    scores: Vec<(&'a Arc<str>, Score)>,
    signals: Vec<&'a Arc<str>>,
    evidence: Vec<Piece<'a>>,
}

/// [`Evidence`] in the making; it has the same keys.
#[derive(Serialize)]
pub(crate) struct Piece<'a> {
    signal: &'a Arc<str>,
    entry: Cow<'a, Arc<str>>,
    start: Option<u32>,
    end: Option<u32>,
    quote: Option<&'a str>,
    weight: Milli,
    modifiers: Modified<'a>,
    contribution: Milli,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    turns: Vec<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a Arc<str>>,
}

/// What modified a piece of evidence.
struct Modified<'a> {
    names: &'a [Arc<str>],
    applied: &'a [Applied],
}

/// [`Modification`] in the making; it has the same keys.
#[derive(Serialize)]
struct ModificationView<'a> {
    modifier: &'a Arc<str>,
    factor: Milli,
    start: Option<u32>,
    end: Option<u32>,
}

impl<'a> Modified<'a> {
    fn iter(&self) -> impl Iterator<Item = ModificationView<'a>> {
        let names = self.names;
        self.applied.iter().map(|own| ModificationView {
            modifier: &names[usize::from(own.modifier)],
            factor: own.factor,
            start: own.cue.map(|c| c.0),
            end: own.cue.map(|c| c.1),
        })
    }
}

impl Serialize for Modified<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(self.iter())
    }
}

/// All turns, in the order of the call.
pub(super) fn turns<'a>(
    compiled: &'a Compiled,
    speakers: &[Speaker],
    rows: &'a [Row],
    order: &Order,
    detail: Detail,
) -> Vec<TurnView<'a>> {
    let ids: Vec<Option<Arc<str>>> = speakers
        .iter()
        .map(|s| Some(s.id.share()).filter(|id| !id.is_empty()))
        .collect();
    let mut hits: Vec<(u128, u16, &'a Weighed)> = Vec::new();
    let mut out = Vec::with_capacity(rows.len());
    for (index, &arrival) in (0u32..).zip(&order.arrivals) {
        let row = &rows[arrival as usize];
        let name = |signal: u16| &compiled.signal_names[usize::from(signal)];
        let mut scores = Vec::with_capacity(row.verdicts.len());
        let mut signals = Vec::with_capacity(row.fired());
        hits.clear();
        for verdict in &row.verdicts {
            let valence = Some(verdict.signal) == compiled.sentiment;
            if !valence {
                scores.push((name(verdict.signal), verdict.outcome.score()));
                if verdict.outcome.fired {
                    signals.push(name(verdict.signal));
                }
            }
            let told = match detail {
                Detail::All => true,
                Detail::Fired => valence || verdict.outcome.fired,
                Detail::None => false,
            };
            if told {
                let evidence = verdict.evidence.iter();
                hits.extend(evidence.map(|hit| (place_in_text(verdict.signal, hit), verdict.signal, hit)));
            }
        }
        hits.sort_by_key(|hit| hit.0);
        out.push(TurnView {
            index,
            speaker: ids[usize::from(row.speaker)].clone(),
            role: speakers[usize::from(row.speaker)].role,
            start_ms: row.start_ms,
            end_ms: row.end_ms,
            overlap: row.overlap.map(|o| TurnOverlap {
                kind: o.kind,
                with: order.place[o.with as usize],
                ms: o.ms.into(),
            }),
            sentiment: row.sentiment,
            scores,
            signals,
            evidence: hits
                .iter()
                .map(|(_, signal, hit)| Piece::of(compiled, name(*signal), hit, &row.text, &order.place))
                .collect(),
        });
    }
    out
}

/// What evidence is ordered by, as one number: its place, what is not of words last, then signal and entry.
fn place_in_text(signal: u16, hit: &Weighed) -> u128 {
    let place = hit
        .span
        .map_or(1 << 64, |(start, end)| u128::from(start) << 32 | u128::from(end));
    place << 48 | u128::from(signal) << 32 | u128::from(hit.entry)
}

impl<'a> TurnView<'a> {
    /// Leaves out what was said.
    pub(crate) fn leave_out_text(&mut self, compiled: &Compiled) {
        for piece in &mut self.evidence {
            piece.quote = None;
            if piece.entry.starts_with(TERM) {
                piece.entry = Cow::Owned(compiled.numbered(piece.signal, &piece.entry));
            }
        }
    }

    pub(crate) fn own(self) -> TurnReport {
        TurnReport {
            index: self.index,
            speaker: self.speaker,
            role: self.role,
            start_ms: self.start_ms,
            end_ms: self.end_ms,
            overlap: self.overlap,
            sentiment: self.sentiment,
            scores: self
                .scores
                .into_iter()
                .map(|(name, score)| (Arc::clone(name), score))
                .collect(),
            signals: self.signals.into_iter().map(Arc::clone).collect(),
            evidence: self.evidence.into_iter().map(Piece::own).collect(),
        }
    }
}

impl<'a> Piece<'a> {
    /// A counted hit as evidence.
    pub(crate) fn of(
        compiled: &'a Compiled,
        signal: &'a Arc<str>,
        hit: &'a Weighed,
        text: &'a str,
        place: &[u32],
    ) -> Self {
        let turns = hit.turns.iter();
        let mut turns: Vec<u32> = turns
            .map(|&t| place.get(t as usize).copied().unwrap_or(t))
            .collect();
        turns.sort_unstable();
        let entry = &compiled.lexicon.entries[hit.entry as usize];
        Piece {
            signal,
            entry: Cow::Borrowed(compiled.entry_names.get(hit.entry)),
            start: hit.span.map(|s| s.0),
            end: hit.span.map(|s| s.1),
            quote: hit
                .span
                .and_then(|(start, end)| text.get(start as usize..end as usize)),
            weight: entry.weight,
            modifiers: Modified {
                names: &compiled.modifier_names,
                applied: &hit.modifiers,
            },
            contribution: hit.contribution,
            turns,
            hint: entry.hint.as_ref(),
        }
    }

    pub(crate) fn own(self) -> Evidence {
        let modifiers = self.modifiers.iter().map(|own| Modification {
            modifier: Arc::clone(own.modifier),
            factor: own.factor,
            start: own.start,
            end: own.end,
        });
        Evidence {
            modifiers: modifiers.collect(),
            signal: Arc::clone(self.signal),
            entry: self.entry.into_owned(),
            start: self.start,
            end: self.end,
            quote: self.quote.map(str::to_owned),
            weight: self.weight,
            contribution: self.contribution,
            turns: self.turns,
            hint: self.hint.map(Arc::clone),
        }
    }
}
