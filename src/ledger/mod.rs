//! What a report is made of, gathered as turns are decided. [`figures`] makes the figures of the call, [`turns`] the turns, [`order`]
//! knows where in the call each turn stands.

mod figures;
mod order;
mod turns;

use crate::compiled::Compiled;
use crate::fixed::Score;
use crate::options::{Options, Retention};
use crate::packed::{Bounds, Packed, Parcel, Reader, ZIPPED_FIRST, bits, packed, unzipped, zipped};
use crate::practices::Mark;
use crate::report::{OverlapKind, Reason};
use crate::speakers::SentimentSum;
use crate::transcript::Role;
use crate::turns::overlap::Overlap;
use crate::turns::verdicts::{ClosedTurn, Verdict};

pub(crate) use figures::{Ending, report};
pub(crate) use turns::{Piece, TurnView};

/// No call has more turns.
const MOST_TURNS: u32 = u32::MAX / 2;
/// Room for signals that fire is made in such steps.
const SIGNALS_STEP: usize = 4;

/// The sums of a call and, if they are retained, its turns.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    turns: u32,
    /// Every turn started no earlier than all before it: arrival is the place in the call.
    in_order: bool,
    latest_start: i64,
    /// Signals, and how often they fired: both zipped.
    signals: Vec<u32>,
    interruptions: [u16; 2],
    overlaps: Overlaps,
    formal: u16,
    /// More turns have come than are retained.
    is_over: bool,
    kept: Option<Box<Kept>>,
}

/// Overlaps by kind.
#[derive(Clone, Copy, Debug, Default)]
struct Overlaps([OverlapSums; OverlapKind::ALL.len()]);

/// Overlaps of one kind: by agents, customers, others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct OverlapSums {
    by: [u16; 3],
    ms: u32,
}

impl Packed for OverlapSums {
    fn pack(&self, out: &mut Parcel) {
        out.counts(self.by.map(u32::from));
        out.amounts([self.ms]);
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        self.by = from.counts().map(|n| n as u16);
        [self.ms] = from.amounts();
    }
}

/// What is kept of turns that are retained is packed by itself.
impl Packed for Ledger {
    fn pack(&self, out: &mut Parcel) {
        let Ledger {
            turns,
            in_order,
            latest_start,
            signals,
            interruptions,
            overlaps,
            formal,
            is_over,
            kept: _,
        } = self;
        let [by_agent, by_customer] = interruptions.map(u32::from);
        let started = *latest_start != i64::MIN;
        let there = |sums: &OverlapSums| *sums != OverlapSums::default();
        let facts = bits([started, *is_over, *in_order]);
        let mut kinds = overlaps.0.map(|sums| there(&sums));
        kinds.reverse();
        out.counts([
            *turns,
            bits(kinds) << 3 | facts,
            by_agent,
            by_customer,
            (*formal).into(),
            signals.len() as u32,
        ]);
        if started {
            latest_start.pack(out);
        }
        out.all_amounts(signals);
        let said = overlaps.0.iter().filter(|sums| there(sums));
        said.for_each(|sums| sums.pack(out));
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let [turns, facts, by_agent, by_customer, formal, signals] = from.counts();
        self.turns = turns;
        [self.in_order, self.is_over] = [facts & 1 != 0, facts & 2 != 0];
        self.interruptions = [by_agent as u16, by_customer as u16];
        self.formal = formal as u16;
        self.latest_start = i64::MIN;
        if facts & 4 != 0 {
            self.latest_start.unpack(from);
        }
        self.signals.clear();
        self.signals.extend_from_slice(from.all_amounts(signals as usize));
        for (kind, sums) in self.overlaps.0.iter_mut().enumerate() {
            *sums = OverlapSums::default();
            if facts >> 3 >> kind & 1 != 0 {
                sums.unpack(from);
            }
        }
    }
}

packed!(Kept { rows, marks, bytes } without { most });
packed!(Row {
    speaker,
    role,
    start_ms,
    end_ms,
    overlap,
    sentiment,
    level,
    text,
    verdicts,
});

/// What is kept of all turns, if they are retained.
#[derive(Clone, Debug, Default)]
struct Kept {
    rows: Vec<Row>,
    marks: Vec<Mark>,
    bytes: usize,
    most: usize,
}

/// A turn that is retained.
#[derive(Clone, Debug, Default)]
struct Row {
    speaker: u8,
    role: Option<Role>,
    start_ms: Option<i64>,
    end_ms: Option<i64>,
    overlap: Option<Overlap>,
    sentiment: Score,
    level: Option<Score>,
    text: String,
    verdicts: Vec<Verdict>,
}

impl Row {
    /// How many signals fired.
    fn fired(&self) -> usize {
        self.verdicts.iter().filter(|v| v.outcome.fired).count()
    }

    fn bytes(&self) -> usize {
        let modifiers = |v: &Verdict| {
            v.evidence
                .iter()
                .map(|e| size_of_val(&*e.modifiers))
                .sum::<usize>()
        };
        let verdict = |v: &Verdict| size_of::<Verdict>() + size_of_val(&*v.evidence) + modifiers(v);
        size_of::<Self>() + self.text.len() + self.verdicts.iter().map(verdict).sum::<usize>()
    }
}

impl Ledger {
    pub(crate) fn new(options: &Options) -> Self {
        Ledger {
            turns: 0,
            in_order: true,
            latest_start: i64::MIN,
            signals: Vec::new(),
            interruptions: [0; 2],
            overlaps: Overlaps::default(),
            formal: 0,
            is_over: false,
            kept: (options.retention == Retention::Full).then(|| {
                Box::new(Kept {
                    most: options.retained_bytes,
                    ..Kept::default()
                })
            }),
        }
    }

    pub(crate) fn pack_retained(&self, out: &mut Parcel) {
        self.kept.iter().for_each(|kept| kept.pack(out));
    }

    /// Beyond the limit nothing is retained any more.
    pub(crate) fn hold_to_limit(&mut self) {
        if self.kept.as_ref().is_some_and(|kept| kept.bytes > kept.most) {
            self.is_over = true;
        }
        if self.is_over {
            self.kept = None;
        }
    }

    pub(crate) fn unpack_retained(&mut self, from: &mut Reader<'_>) {
        self.kept.iter_mut().for_each(|kept| kept.unpack(from));
    }

    /// Whether it names nothing that is not there, and has a row for each turn if they are retained.
    pub(crate) fn is_sound(&self, bounds: &Bounds) -> bool {
        let in_range = |least: Score, score: Score| (least..=Score::ONE).contains(&score);
        let row = |row: &Row| {
            bounds.is_speaker(row.speaker)
                && row.overlap.is_none_or(|o| o.is_sound(bounds))
                && in_range(Score(-Score::ONE.0), row.sentiment)
                && row.level.is_none_or(|level| in_range(Score::default(), level))
                && row.verdicts.iter().all(|v| v.is_sound(bounds))
        };
        let mark = |mark: &Mark| bounds.is_practice(mark.practice) && bounds.is_turn(mark.arrival);
        let kept = |kept: &Kept| {
            kept.rows.len() == self.turns as usize && kept.rows.iter().all(row) && kept.marks.iter().all(mark)
        };
        self.turns <= MOST_TURNS
            && self.signals().all(|(signal, _)| bounds.is_signal(signal))
            && self.kept.as_deref().is_none_or(kept)
    }

    /// How many turns have come.
    pub(crate) fn turns(&self) -> u32 {
        self.turns
    }

    /// Whether the turns are retained.
    pub(crate) fn retains(&self) -> bool {
        self.kept.is_some()
    }

    /// Why there are no turns, if there are none.
    fn lacks(&self) -> Reason {
        if self.is_over {
            Reason::RetainedLimit
        } else {
            Reason::NotRetained
        }
    }

    /// A turn has come, in the order of arrival.
    pub(crate) fn open_turn(
        &mut self,
        arrival: u32,
        speaker: u8,
        start_ms: Option<i64>,
        end_ms: Option<i64>,
    ) {
        debug_assert_eq!(arrival, self.turns);
        self.turns += 1;
        if let Some(start) = start_ms {
            self.in_order &= start >= self.latest_start;
            self.latest_start = self.latest_start.max(start);
        }
        if let Some(kept) = &mut self.kept {
            kept.rows.push(Row {
                speaker,
                start_ms,
                end_ms,
                ..Row::default()
            });
        }
    }

    /// A turn gave a practice a mark.
    pub(crate) fn mark(&mut self, mark: Mark) {
        if let Some(kept) = &mut self.kept {
            kept.bytes += size_of::<Mark>();
            kept.marks.push(mark);
        }
    }

    /// A turn is decided altogether; its verdicts in the order of signals. What is retained is taken from it.
    pub(crate) fn close_turn(
        &mut self,
        compiled: &Compiled,
        turn: &mut ClosedTurn,
        verdicts: &mut Vec<Verdict>,
        level: Option<Score>,
        sums: &mut SentimentSum,
    ) {
        let valence = verdicts.iter().find(|v| Some(v.signal) == compiled.sentiment);
        let sentiment = valence.map_or(Score::default(), |v| Score::valence(v.outcome.logit.into()));
        sums.add(sentiment);
        if let Some(overlap) = turn.overlap {
            let sums = &mut self.overlaps.0[overlap.kind as usize];
            let by = match turn.past.role {
                Some(Role::Agent) => 0,
                Some(Role::Customer) => 1,
                None => 2,
            };
            sums.by[by] = sums.by[by].saturating_add(1);
            sums.ms = sums.ms.saturating_add(u32::try_from(overlap.ms).unwrap_or(0));
        }
        let formal = compiled.lexicon.call.language.formal;
        self.formal = self
            .formal
            .saturating_add(verdicts.iter().any(|v| Some(v.signal) == formal).into());
        for verdict in verdicts.iter().filter(|v| v.outcome.fired) {
            let own = zipped(verdict.signal, 0);
            match self.signals.iter_mut().find(|s| **s & ZIPPED_FIRST == own) {
                Some(both) => *both = zipped(verdict.signal, unzipped(*both).1.saturating_add(1)),
                None => {
                    if self.signals.len() == self.signals.capacity() {
                        self.signals.reserve_exact(SIGNALS_STEP);
                    }
                    self.signals.push(zipped(verdict.signal, 1));
                }
            }
            if compiled.overlap().is_some_and(|(s, _)| s == verdict.signal) {
                match turn.past.role {
                    Some(Role::Agent) => self.interruptions[0] = self.interruptions[0].saturating_add(1),
                    Some(Role::Customer) => self.interruptions[1] = self.interruptions[1].saturating_add(1),
                    None => {}
                }
            }
        }
        if let Some(kept) = &mut self.kept
            && let Some(row) = kept.rows.get_mut(turn.past.arrival as usize)
        {
            let mut own = Vec::with_capacity(verdicts.len());
            own.append(verdicts);
            *row = Row {
                role: turn.past.role,
                overlap: turn.overlap,
                sentiment,
                level,
                text: std::mem::take(&mut turn.text),
                verdicts: own,
                ..*row
            };
            kept.bytes += row.bytes();
        }
        self.hold_to_limit();
    }

    /// How often a signal fired.
    fn count(&self, signal: Option<u16>) -> u32 {
        let own = self.signals().find(|s| Some(s.0) == signal);
        own.map_or(0, |s| s.1.into())
    }

    /// Signals that fired, and how often.
    fn signals(&self) -> impl Iterator<Item = (u16, u16)> {
        self.signals.iter().map(|both| unzipped(*both))
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let kept = self.kept.as_ref().map_or(0, |k| {
            k.rows.capacity() * size_of::<Row>() + k.marks.capacity() * size_of::<Mark>()
        });
        self.signals.capacity() * size_of::<u32>() + kept
    }
}
