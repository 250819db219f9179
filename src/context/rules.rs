//! What scoring asks of entries and signals, in flat tables.

use bytemuck::{Pod, Zeroable};
use serde::{Deserialize, Serialize};

use super::expressions::Expressions;
use super::layout::Callers;
use crate::fixed::{Milli, Score};
use crate::lexicon::{AnyOf, Condition, Entry, Lexicon, ModifierKind, OverTurns, Within};
use crate::signal::Signal;
use crate::transcript::Role;
use crate::turns::history::Asked;

/// What scoring asks of an entry.
#[derive(Clone, Copy, Debug, Pod, Zeroable, Serialize, Deserialize)]
#[repr(C)]
pub(crate) struct EntryRule {
    pub(crate) weight: Milli,
    pub(crate) signal: u16,
    facts: u16,
    /// Place of its signal in the order of evaluation.
    pub(crate) rank: u16,
    /// Bytes without a meaning.
    room: u16,
    /// Place of its terms in [`Rules::terms`].
    terms: u32,
}

impl EntryRule {
    pub(crate) const ADDITIVE: u16 = 1;
    pub(crate) const FLIPS: u16 = 1 << 1;
    pub(crate) const FITTED: u16 = 1 << 2;
    pub(crate) const YIELDS: u16 = 1 << 3;
    pub(crate) const NOT_IN: u16 = 1 << 4;
    pub(crate) const NEAR: u16 = 1 << 5;
    pub(crate) const TIMED: u16 = 1 << 6;
    /// Counts over several turns.
    pub(crate) const OVER: u16 = 1 << 7;
    /// Counts under conditions.
    pub(crate) const CONDITIONS: u16 = 1 << 11;
    /// Whose turns it is looked for in: of agents, customers, others.
    const ROLES: [u16; 3] = [1 << 8, 1 << 9, 1 << 10];

    pub(crate) fn has(&self, facts: u16) -> bool {
        self.facts & facts != 0
    }

    /// The fact that an entry is for speakers of this role.
    pub(crate) fn for_role(role: Option<Role>) -> u16 {
        Self::ROLES[match role {
            Some(Role::Agent) => 0,
            Some(Role::Customer) => 1,
            None => 2,
        }]
    }

    pub(crate) fn has_conditions(&self) -> bool {
        self.has(Self::CONDITIONS)
    }
}

/// What scoring asks of a signal.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[repr(C)]
pub(crate) struct SignalRule {
    /// The watched signals one of which must fire in a turn if its entries over several turns are to count in it.
    triggers: u64,
    pub(crate) bias: Milli,
    /// The least sum that reaches the threshold.
    pub(crate) fires_at: i32,
    pub(crate) ahead_ms: u32,
    pub(crate) rank: u16,
    facts: u16,
    /// Whose turns it is scored in, as in [`EntryRule::for_role`].
    roles: u16,
    pub(crate) ahead_turns: u8,
    watch_bit: u8,
    /// Its entries over several turns in [`Rules::over`].
    over_from: u32,
    over_to: u32,
}

impl SignalRule {
    /// Others ask whether it fired.
    pub(crate) const WATCHED: u16 = 1;
    /// None of the signals it asks about looks ahead itself.
    pub(crate) const DIRECT: u16 = 1 << 1;
    /// Has entries over several turns, which may count where no word was hit.
    pub(crate) const OVER: u16 = 1 << 2;
    /// Has entries that count beside others.
    pub(crate) const BESIDE: u16 = 1 << 3;
    /// Without a trigger it is decided at once, and silent.
    const TRIGGERED: u16 = 1 << 4;
    /// A figure that does not fire.
    pub(crate) const FIGURE: u16 = 1 << 5;
    /// Promises are read from its words.
    pub(crate) const PROMISES: u16 = 1 << 6;

    pub(crate) fn has(&self, facts: u16) -> bool {
        self.facts & facts != 0
    }

    /// Its bit among the signals that conditions name.
    pub(crate) fn watched(&self) -> u64 {
        if self.has(Self::WATCHED) {
            1 << self.watch_bit
        } else {
            0
        }
    }
}

/// The conditions of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Conditions {
    pub(crate) unless: Box<[Asked]>,
    pub(crate) only_if: Box<[Asked]>,
}

/// What few entries have of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Terms {
    /// Modifiers that do not apply, a bit each.
    ignored: u64,
    conditions: Conditions,
}

/// The tables.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Rules {
    #[serde(with = "crate::saved::pod")]
    pub(crate) entries: Vec<EntryRule>,
    pub(crate) signals: Vec<SignalRule>,
    terms: Vec<Terms>,
    pub(super) expressions: Expressions,
    /// Modifiers that listen to no words alone, a bit each.
    question: u64,
    capitals: u64,
    exclamation: u64,
    /// Signals with entries over several turns, in the order of evaluation.
    over_turns: Vec<u16>,
    /// Entries over several turns and those that count beside others, by signal.
    #[serde(with = "crate::saved::pod")]
    over: Vec<u32>,
}

impl Rules {
    /// The tables of a lexicon; `watch_bits` gives each signal that conditions name its bit.
    pub(crate) fn new(lexicon: &Lexicon, watch_bits: &[u8], figure: Option<u16>) -> Self {
        let of_kind = |kind: ModifierKind| {
            let all = (0u8..).zip(&lexicon.shared.modifiers);
            all.filter(|(_, m)| m.kind == kind)
                .fold(0u64, |bits, (number, _)| bits | 1 << number)
        };
        let mut rules = Rules {
            entries: Vec::with_capacity(lexicon.entries.len()),
            signals: Vec::with_capacity(lexicon.signals.len()),
            terms: Vec::new(),
            expressions: Expressions::default(),
            question: of_kind(ModifierKind::Question),
            capitals: of_kind(ModifierKind::Capitals),
            exclamation: of_kind(ModifierKind::Exclamation),
            over_turns: Vec::new(),
            over: Vec::new(),
        };
        let mask = |any: &AnyOf| watch_mask(watch_bits, any.iter());
        let mut rank = vec![0u16; lexicon.signals.len()];
        for (place, &signal) in (0..).zip(&lexicon.order) {
            rank[usize::from(signal)] = place;
        }
        for (number, entry) in (0u32..).zip(&lexicon.entries) {
            let roles = roles(&lexicon.signals[usize::from(entry.signal)]);
            let rank = rank[usize::from(entry.signal)];
            let rule = EntryRule {
                rank,
                ..rules.entry(entry, roles, mask)
            };
            rules.entries.push(rule);
            if let Some(regex) = &entry.regex {
                rules.expressions.add(number, rule, regex.text());
            }
        }
        for (number, signal) in (0u16..).zip(&lexicon.signals) {
            let own = lexicon.traits[usize::from(number)].entries.clone();
            let over_from = rules.over.len() as u32;
            let entries = &rules.entries;
            rules
                .over
                .extend(own.filter(|&e| entries[e as usize].has(EntryRule::OVER)));
            let rule = SignalRule {
                over_from,
                over_to: rules.over.len() as u32,
                rank: rank[usize::from(number)],
                watch_bit: watch_bits[usize::from(number)],
                ..signal_rule(lexicon, number, signal, figure == Some(number), mask)
            };
            rules.signals.push(rule);
        }
        rules.over_turns = lexicon.order.clone();
        let signals = &rules.signals;
        rules
            .over_turns
            .retain(|&s| signals[usize::from(s)].has(SignalRule::OVER));
        rules
    }

    fn entry(&mut self, entry: &Entry, roles: u16, mask: impl Fn(&AnyOf) -> u64) -> EntryRule {
        let facts = [
            (entry.additive, EntryRule::ADDITIVE),
            (entry.flips, EntryRule::FLIPS),
            (entry.fitted, EntryRule::FITTED),
            (entry.yields, EntryRule::YIELDS),
            (!entry.not_in.is_empty(), EntryRule::NOT_IN),
            (entry.near.is_some(), EntryRule::NEAR),
            (
                entry.first_ms.is_some() || entry.after_ms.is_some(),
                EntryRule::TIMED,
            ),
            (entry.over.is_some(), EntryRule::OVER),
            (
                !(entry.unless.is_empty() && entry.only_if.is_empty()),
                EntryRule::CONDITIONS,
            ),
        ];
        let asked = |conditions: &[Condition]| conditions.iter().map(|c| Asked::new(c, &mask)).collect();
        let terms = Terms {
            ignored: entry.ignore,
            conditions: Conditions {
                unless: asked(&entry.unless),
                only_if: asked(&entry.only_if),
            },
        };
        EntryRule {
            weight: entry.weight,
            signal: entry.signal,
            facts: facts
                .iter()
                .filter(|(is_so, _)| *is_so)
                .fold(roles, |facts, (_, fact)| facts | fact),
            rank: 0,
            room: 0,
            terms: place(&mut self.terms, terms),
        }
    }

    /// Whether tables that were saved name nothing that is not there.
    pub(crate) fn is_sound(&self) -> bool {
        let is_signal = |s: u16| usize::from(s) < self.signals.len();
        let entry =
            |e: &EntryRule| is_signal(e.signal) && is_signal(e.rank) && (e.terms as usize) < self.terms.len();
        let signal = |s: &SignalRule| {
            s.over_from <= s.over_to
                && s.over_to as usize <= self.over.len()
                && is_signal(s.rank)
                && (s.watch_bit < 64 || !s.has(SignalRule::WATCHED))
        };
        self.entries.iter().all(entry)
            && self.expressions.are_sound(self.entries.len())
            && self.signals.iter().all(signal)
            && self.over_turns.iter().all(|&s| is_signal(s))
            && self.over.iter().all(|&e| (e as usize) < self.entries.len())
    }

    pub(crate) fn entry_rule(&self, entry: u32) -> &EntryRule {
        &self.entries[entry as usize]
    }

    pub(crate) fn signal(&self, signal: u16) -> &SignalRule {
        &self.signals[usize::from(signal)]
    }

    /// The entries of a signal over several turns, and those that count beside others.
    pub(crate) fn over(&self, signal: u16) -> &[u32] {
        let rule = self.signal(signal);
        &self.over[rule.over_from as usize..rule.over_to as usize]
    }

    /// The place of an entry's signal in the order of evaluation.
    pub(crate) fn rank_of(&self, entry: u32) -> u16 {
        self.entry_rule(entry).rank
    }

    /// Modifiers that listen to no words alone.
    pub(super) fn callers(&self) -> Callers {
        Callers {
            question: self.question,
            capitals: self.capitals,
            exclamation: self.exclamation,
        }
    }

    pub(super) fn ignored(&self, rule: &EntryRule) -> u64 {
        self.terms[rule.terms as usize].ignored
    }

    pub(crate) fn conditions(&self, rule: &EntryRule) -> &Conditions {
        &self.terms[rule.terms as usize].conditions
    }

    /// The signals that may score in a turn with hits of these entries (in the order of evaluation), each behind those its conditions
    /// name.
    pub(crate) fn in_order(&self, entries: impl Iterator<Item = u32>, role: u16, out: &mut Vec<u16>) {
        out.clear();
        let mut over = self.over_turns.iter().copied().peekable();
        let mut may_fire = 0u64;
        let mut add = |signal: u16, out: &mut Vec<u16>, has_hits: bool| {
            let rule = self.signal(signal);
            let triggered = || !rule.has(SignalRule::TRIGGERED) || rule.triggers & may_fire != 0;
            if has_hits || rule.roles & role != 0 && triggered() {
                may_fire |= rule.watched();
                out.push(signal);
            }
        };
        let mut last = None;
        for entry in entries {
            let &EntryRule { signal, rank, .. } = self.entry_rule(entry);
            if last == Some(signal) {
                continue;
            }
            last = Some(signal);
            while let Some(before) = over.next_if(|&s| self.signal(s).rank <= rank) {
                if before != signal {
                    add(before, out, false);
                }
            }
            add(signal, out, true);
        }
        over.for_each(|signal| add(signal, out, false));
    }
}

/// The roles a signal is for, as in [`EntryRule::for_role`].
fn roles(signal: &Signal) -> u16 {
    match signal.speaker {
        Some(_) => EntryRule::for_role(signal.speaker),
        None => EntryRule::ROLES.iter().sum(),
    }
}

/// The bits of watched signals.
pub(crate) fn watch_mask(watch_bits: &[u8], signals: impl Iterator<Item = u16>) -> u64 {
    signals.fold(0, |mask, s| mask | 1 << (watch_bits[usize::from(s)] & 63))
}

/// The place of a value in a table that holds each once.
fn place<T: PartialEq>(table: &mut Vec<T>, value: T) -> u32 {
    let known = table.iter().position(|v| *v == value);
    known.unwrap_or_else(|| {
        table.push(value);
        table.len() - 1
    }) as u32
}

fn signal_rule(
    lexicon: &Lexicon,
    number: u16,
    signal: &Signal,
    is_figure: bool,
    mask: impl Fn(&AnyOf) -> u64,
) -> SignalRule {
    let traits = &lexicon.traits[usize::from(number)];
    let own = &lexicon.entries[traits.entries.start as usize..traits.entries.end as usize];
    let over = || own.iter().filter_map(|e| Some((e, e.over.as_ref()?)));
    let triggers = over().fold(0, |bits, (_, over)| match over {
        OverTurns::Sequence { steps, .. } => bits | steps.last().map_or(0, |s| mask(&s.any)),
        OverTurns::Count { what, .. } => bits | mask(&what.any),
        OverTurns::Absent { after, .. } => bits | mask(&after.any),
        OverTurns::Beside => bits,
    });
    let looks_ahead = |e: &Entry| {
        let mut all = e.unless.iter().chain(&e.only_if);
        all.any(|c| matches!(c.within, Within::TurnsAfter(_) | Within::MsAfter(_)))
    };
    let at_once = traits.ahead_turns == 0 && traits.ahead_ms == 0
        || traits.direct && !over().any(|(e, _)| looks_ahead(e));
    let facts = [
        (traits.watched, SignalRule::WATCHED),
        (traits.direct, SignalRule::DIRECT),
        (traits.over_turns, SignalRule::OVER),
        (traits.beside, SignalRule::BESIDE),
        (at_once, SignalRule::TRIGGERED),
        (is_figure, SignalRule::FIGURE),
        (lexicon.call.promises.asks(number), SignalRule::PROMISES),
    ];
    SignalRule {
        triggers,
        bias: signal.bias,
        fires_at: fires_at(signal.threshold),
        ahead_ms: traits.ahead_ms,
        rank: 0,
        facts: facts
            .iter()
            .filter(|(is_so, _)| *is_so)
            .fold(0, |facts, (_, fact)| facts | fact),
        roles: roles(signal),
        ahead_turns: traits.ahead_turns,
        watch_bit: u8::MAX,
        over_from: 0,
        over_to: 0,
    }
}

/// The least sum in thousandths whose score reaches a threshold.
fn fires_at(threshold: Score) -> i32 {
    const MOST: i32 = 50_000;
    let reaches = |sum: i32| Score::logistic(sum.into()) >= threshold;
    if reaches(-MOST) {
        return i32::MIN;
    }
    if !reaches(MOST) {
        return i32::MAX;
    }
    let (mut below, mut at) = (-MOST, MOST);
    while at - below > 1 {
        let middle = i32::midpoint(below, at);
        if reaches(middle) {
            at = middle;
        } else {
            below = middle;
        }
    }
    at
}

#[cfg(test)]
impl EntryRule {
    /// A rule of which nothing but these facts is known.
    pub(crate) fn with(facts: u16) -> Self {
        EntryRule {
            weight: Milli::ZERO,
            signal: 0,
            facts,
            rank: 0,
            room: 0,
            terms: 0,
        }
    }
}

#[cfg(test)]
impl SignalRule {
    /// A rule of which nothing but this is known.
    pub(crate) fn with(bias: Milli, fires_at: i32) -> Self {
        SignalRule {
            triggers: 0,
            bias,
            fires_at,
            ahead_ms: 0,
            rank: 0,
            facts: 0,
            roles: 0,
            ahead_turns: 0,
            watch_bit: 0,
            over_from: 0,
            over_to: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_sum_that_fires_is_where_the_score_reaches_the_threshold() {
        for threshold in (0..=10_000).step_by(7).map(Score) {
            let at = fires_at(threshold);
            if at == i32::MIN {
                assert_eq!(threshold, Score(0));
                continue;
            }
            assert!(Score::logistic(at.into()) >= threshold);
            assert!(Score::logistic(i64::from(at) - 1) < threshold);
        }
        assert_eq!(fires_at(Score(10_001)), i32::MAX);
        for sum in -12_000..12_000 {
            assert!(Score::logistic(sum) <= Score::logistic(sum + 1));
        }
    }
}
