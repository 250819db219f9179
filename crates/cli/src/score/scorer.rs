//! Scores calls and puts their reports into bytes.

use std::collections::BTreeMap;

use hackles::report::CallFigures;
use hackles::{Analyzer, CallReport, Detail};
use hackles_formats::{Format, Scorable};

use crate::args::{Evidence, Score, To};
use crate::compare;
use crate::read::Record;
use crate::refusal::{Place, Refusal};
use crate::render::View;
use crate::source::Source;

use super::strangers::Strangers;
use super::{Item, rows};

/// What scores, shared by all threads.
pub(super) struct Scorer {
    pub(super) analyzer: Analyzer,
    pub(super) args: Score,
    pub(super) to: To,
}

/// What has come of some records.
#[derive(Default)]
pub(super) struct Scored {
    /// The reports as bytes, the format's separator between them.
    pub(super) bytes: Vec<u8>,
    /// The reports as rows of columns.
    pub(super) columns: Option<super::columns::Rows>,
    /// How many calls were scored.
    pub(super) calls: u64,
    /// What was left out, with its bytes as far as there are any.
    pub(super) refusals: Vec<(Refusal, Option<Vec<u8>>)>,
    /// How many calls were read as what.
    pub(super) formats: BTreeMap<Format, u64>,
    /// Who in them has no role.
    pub(super) strangers: Strangers,
}

impl Scorer {
    /// A place to score at: each thread has its own.
    pub(super) fn desk(&self) -> Desk<'_> {
        Desk {
            scorer: self,
            view: View::new(self.analyzer.lexicon(), !self.args.no_text),
            keeps_raw: self.args.keeps_rejects() && !self.args.no_text,
            bytes: 0,
        }
    }

    /// What stands between two reports.
    pub(super) fn between(&self) -> &'static [u8] {
        match self.to {
            To::Json => b",\n",
            To::Text => b"\n",
            To::Jsonl | To::Csv | To::Parquet => b"",
        }
    }

    /// What stands before the first report.
    pub(super) fn before(&self) -> &'static [u8] {
        match self.to {
            To::Json => b"[\n",
            To::Csv => rows::header(self.args.rows).as_bytes(),
            To::Text | To::Jsonl | To::Parquet => b"",
        }
    }

    /// What stands behind the last one.
    pub(super) fn after(&self) -> &'static [u8] {
        if self.to == To::Json { b"\n]\n" } else { b"" }
    }
}

/// A thread's place to score at.
pub(super) struct Desk<'a> {
    scorer: &'a Scorer,
    view: View<'a>,
    keeps_raw: bool,
    /// How many bytes came of the last records: so many are made room for.
    bytes: usize,
}

impl Desk<'_> {
    /// Scores what was read.
    pub(super) fn score(&mut self, items: Vec<Item>) -> Scored {
        let mut scored = Scored {
            bytes: Vec::with_capacity(self.bytes),
            ..Scored::default()
        };
        let mut reports = Vec::new();
        for item in items {
            let (raw, read) = match item {
                Ok(record) => self.one(record),
                Err(refusal) => (None, Err(refusal)),
            };
            let written = read.and_then(|(place, found)| {
                *scored.formats.entry(found.format).or_default() += 1;
                scored.strangers.note(&found);
                self.write(&mut scored, &mut reports, &found, place)
            });
            match written {
                Ok(()) => scored.calls += 1,
                Err(refusal) => scored.refusals.push((refusal, raw)),
            }
        }
        self.bytes = scored.bytes.len();
        if self.scorer.to == To::Parquet {
            scored.columns = Some(super::columns::Rows::of(&reports, self.scorer.args.rows));
        }
        scored
    }

    fn one(&self, record: Record) -> (Option<Vec<u8>>, Result<Placed, Refusal>) {
        let place = record.place.clone();
        let raw = record.entry.raw().filter(|_| self.keeps_raw).map(<[u8]>::to_vec);
        let read = record
            .scorable(self.scorer.args.transcripts.from)
            .map(|mut found| {
                if let Some(roles) = &self.scorer.args.transcripts.roles {
                    roles.apply(&mut found.transcript.participants);
                }
                if self.scorer.args.no_text {
                    found.leave_out_names();
                }
                (place, found)
            });
        (raw, read)
    }

    fn write(
        &self,
        scored: &mut Scored,
        reports: &mut Vec<CallReport>,
        found: &Scorable,
        place: Place,
    ) -> Result<(), Refusal> {
        let out = &mut scored.bytes;
        let begin = out.len();
        if scored.calls > 0 {
            out.extend_from_slice(self.scorer.between());
        }
        let Scorer { analyzer, args, to } = self.scorer;
        let call = &found.transcript;
        let compared = |figures: &CallFigures| {
            let compare = || compare::of(figures, found.vendor.as_ref());
            args.compare.is_some().then(compare)
        };
        let done = match to {
            To::Text => {
                let report = analyzer.score(call);
                let figures = compared(&report.call);
                let lines = Source::from(found).lines();
                let text = self.view.call(call, &report, &lines, figures.as_deref());
                out.extend_from_slice(text.as_bytes());
                Ok(())
            }
            To::Csv => {
                let report = analyzer.score_as(call, Detail::None, |report| report.into_report());
                rows::write(&report, args.rows, out).map_err(|e| e.to_string())
            }
            To::Json | To::Jsonl => {
                let written = analyzer.score_as(call, self.detail(), |report| {
                    Source::from(found).write(out, &report, compared(report.figures()))
                });
                if *to == To::Jsonl {
                    out.push(b'\n');
                }
                written.map_err(|e| e.to_string())
            }
            To::Parquet => {
                reports.push(analyzer.score_as(call, self.detail(), |report| report.into_report()));
                Ok(())
            }
        };
        done.map_err(|reason| {
            scored.bytes.truncate(begin);
            Refusal { place, reason }
        })
    }

    /// The evidence that was asked for.
    fn detail(&self) -> Detail {
        match self.scorer.args.evidence {
            Evidence::All => Detail::All,
            Evidence::Fired => Detail::Fired,
            Evidence::None => Detail::None,
        }
    }
}

/// A call with the place of its record.
type Placed = (Place, Scorable);
