//! What changes a hit's weight: cancellations, then modifiers, all of them data.

mod expressions;
mod layout;
mod modifiers;
mod rules;

use std::cell::Cell;

use smallvec::SmallVec;

use crate::compiled::Compiled;
use crate::fixed::Milli;
use crate::lexicon::{Entry, Expression, Side};
use crate::matcher::{AskedFor, Found, MAX_SPAN, Owner, Scan, closes};
use crate::packed::{Bounds, packed};
use crate::scratch::{self, Scratch};
use crate::text::Flags;
use crate::transcript::Role;
use expressions::Able;
use layout::{Layout, Span};
pub(crate) use modifiers::Modifiers;
pub(crate) use rules::{EntryRule, Rules, SignalRule, watch_mask};

/// A modifier that was applied to a hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) modifier: u8,
    pub(crate) factor: Milli,
    /// Bytes of the cue; nothing where no words are meant.
    pub(crate) cue: Option<(u32, u32)>,
}

/// A hit with its weight in its context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weighed {
    pub(crate) entry: u32,
    /// Bytes of the hit in the utterance; empty for what is not of words.
    pub(crate) span: Option<(u32, u32)>,
    pub(crate) contribution: Milli,
    /// If evidence is wanted.
    pub(crate) modifiers: Modifiers,
    /// Other turns it rests on, by arrival.
    pub(crate) turns: Turns,
}

packed!(Applied {
    modifier,
    factor,
    cue
});
packed!(Weighed {
    entry,
    span,
    contribution,
    modifiers,
    turns,
});

/// Other turns that evidence rests on.
pub(crate) type Turns = SmallVec<[u32; 4]>;

impl Weighed {
    /// Whether it names nothing that is not there.
    pub(crate) fn is_sound(&self, bounds: &Bounds) -> bool {
        bounds.is_entry(self.entry)
            && self.span.is_none_or(|(start, end)| start <= end)
            && self.modifiers.iter().all(|m| bounds.is_modifier(m.modifier))
    }

    /// Evidence that comes of turns, with its entry's weight.
    pub(crate) fn of_turns(
        entries: &[Entry],
        entry: u32,
        span: Option<(u32, u32)>,
        turns: impl Into<Turns>,
    ) -> Self {
        Weighed {
            entry,
            span,
            contribution: entries[entry as usize].weight,
            modifiers: Modifiers::new(),
            turns: turns.into(),
        }
    }
}

/// Why a hit counts nothing, whatever other turns show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancelled {
    /// A longer phrase cancels it: its bytes.
    NotIn(u32, u32),
    /// Nothing of what must stand near does.
    NotNear,
    /// Not the end of the utterance.
    NotAtEnd,
    /// Outside its time window.
    Time,
    /// The turn has no times.
    NotMeasurable,
}

/// What is known of the utterance beside its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) role: Option<Role>,
    /// Start since the start of the call.
    pub(crate) since_start_ms: Option<i64>,
    /// The text is whole: regular expressions may take their time.
    pub(crate) is_final: bool,
    /// Hits are to tell what changed their weight.
    pub(crate) told: bool,
}

/// The longest unfinished text regular expressions run over.
const REGEX_AHEAD_BYTES: usize = 4096;
/// The most matches of one regular expression in a turn.
const REGEX_MATCHES: usize = 16;

/// What stands around hits, as it was proposed; confirmed when a hit asks for it.
#[derive(Clone, Copy, Debug)]
struct Around {
    /// Whose it is, and its last token: see [`around_of`].
    key: u64,
    /// Which of the proposals it is.
    number: u32,
    pattern: u32,
    state: Tried,
}

impl Around {
    const NOTHING: Around = Around {
        key: 0,
        number: 0,
        pattern: 0,
        state: Tried::NotYet,
    };

    fn end(&self) -> u32 {
        self.key as u32
    }
}

/// Where what this owner asks for stands, by its last token.
#[inline]
fn around_of(owner: u32, end: u32) -> u64 {
    u64::from(owner) << 32 | u64::from(end)
}

#[derive(Clone, Copy, Debug)]
enum Tried {
    NotYet,
    InVain,
    Found(Span),
}

/// Hits in the order of evaluation of their signals, then of the text: a chain of them for each signal.
#[derive(Debug, Default)]
struct Order {
    /// Signals that have hits, a bit each by their place in the order.
    ranks: Vec<u64>,
    /// The first hit of each of them, by that place.
    first: Vec<u32>,
    /// For each hit the next of its signal.
    next: Vec<u32>,
}

impl Order {
    const END: u32 = u32::MAX;

    /// Makes room for so many hits of so many signals.
    fn begin(&mut self, hits: usize, signals: usize) {
        self.ranks.clear();
        self.ranks.resize(signals.div_ceil(64), 0);
        self.first.resize(signals, Self::END);
        if self.next.len() < hits {
            self.next.resize(hits, Self::END);
        }
    }

    /// Takes a hit that stands before those of its signal that were taken.
    #[inline]
    fn take(&mut self, hit: usize, rank: u16) {
        let (word, bit) = (usize::from(rank / 64), 1 << (rank % 64));
        let first = &mut self.first[usize::from(rank)];
        let known = self.ranks[word] & bit != 0;
        self.next[hit] = if known { *first } else { Self::END };
        *first = hit as u32;
        self.ranks[word] |= bit;
    }

    fn is_empty(&self) -> bool {
        self.ranks.iter().all(|&ranks| ranks == 0)
    }

    /// The first hit at or behind this place in the order, with the place of its signal.
    #[inline]
    fn from(&self, rank: usize) -> Option<(usize, usize)> {
        let mut word = rank / 64;
        let mut left = self.ranks.get(word)? & u64::MAX << (rank % 64);
        while left == 0 {
            word += 1;
            left = *self.ranks.get(word)?;
        }
        let rank = word * 64 + left.trailing_zeros() as usize;
        Some((rank, self.first[rank] as usize))
    }

    /// The next hit of the same signal.
    #[inline]
    fn next(&self, hit: usize) -> Option<usize> {
        let next = self.next[hit];
        (next != Self::END).then_some(next as usize)
    }
}

/// What weighing works with.
#[derive(Debug, Default)]
struct Desk {
    layout: Layout,
    order: Order,
    /// Room for what may have been asked for.
    asked: Vec<AskedFor>,
    /// The first so many of `around` stand there.
    stands: usize,
    around: Vec<Around>,
}

impl Scratch for Desk {
    fn is_modest(&self) -> bool {
        self.layout.capacity() + self.order.next.capacity() + self.asked.capacity() <= 1 << 14
    }
}

thread_local! {
    static DESK: Cell<Option<Box<Desk>>> = const { Cell::new(None) };
}

/// Weighs all hits of an utterance, in the order of evaluation of their signals, then of the text; `cancelled` is told of the others.
pub(crate) fn weigh(
    compiled: &Compiled,
    scan: &Scan,
    text: &str,
    setting: Setting,
    out: &mut Vec<Weighed>,
    cancelled: &mut dyn FnMut(u32, (u32, u32), Cancelled),
) {
    out.clear();
    let role = EntryRule::for_role(setting.role);
    let able = if setting.is_final || text.len() <= REGEX_AHEAD_BYTES {
        compiled.rules.expressions.able(role, text)
    } else {
        Able::new()
    };
    if scan.hits.is_empty() && able.is_empty() {
        return;
    }
    scratch::with(&DESK, |desk| {
        let mut weighing = Weighing {
            compiled,
            scan,
            setting,
            role,
            is_plain: false,
            desk,
            out,
            cancelled,
        };
        let needed = weighing.prepare(&able);
        weighing.hits();
        for &entry in &needed {
            weighing.expression(entry, text);
        }
    });
}

/// What all weighing of an unfinished utterance and all that follows from it depends on, as a number: where it is the same, nothing of
/// what the text of a growing utterance shows has changed.
pub(crate) fn look(compiled: &Compiled, scan: &Scan, text: &str, setting: Setting) -> u64 {
    const TELLING: Flags = Flags(
        Flags::CAPITALS.0
            | Flags::NUMBER.0
            | Flags::SENTENCE_END.0
            | Flags::QUESTION.0
            | Flags::EXCLAMATION.0
            | Flags::EXCLAMATION_2.0
            | Flags::EXCLAMATION_3.0
            | Flags::MARK.0
            | Flags::EMOJI.0
            | Flags::TRANSPARENT.0
            | Flags::SEQUENCE_START.0
            | Flags::SEQUENCE_END.0
            | Flags::CONTINUED.0,
    );
    let rules = &compiled.rules;
    let role = EntryRule::for_role(setting.role);
    let mut look = Look::default();
    let able = if text.len() <= REGEX_AHEAD_BYTES {
        rules.expressions.able(role, text)
    } else {
        Able::new()
    };
    // Whether it matters what else stands in the text, and how long it is.
    let (mut proposals, mut length, mut none) = (!able.is_empty(), !able.is_empty(), able.is_empty());
    for hit in &scan.hits {
        let Owner::Entry(entry) = hit.owner() else {
            continue;
        };
        let rule = rules.entry_rule(entry);
        if rule.has(role) {
            none = false;
            proposals |= rule.has(EntryRule::NOT_IN | EntryRule::NEAR);
            length |= hit.at_end;
            look.add(u64::from(entry) << 1 | u64::from(hit.at_end));
            look.add(u64::from(hit.start) << 32 | u64::from(hit.end));
            let (start, end) = bytes(scan, hit);
            look.add(u64::from(start) << 32 | u64::from(end));
        }
    }
    if none {
        return look.0;
    }
    for mark in &scan.marks {
        let (kind, number) = match mark.owner() {
            Owner::Cue(number) => (0, number),
            Owner::Except(number) => (1, number),
            Owner::Stop(number) => (2, number),
            _ => continue,
        };
        length |= mark.at_end;
        look.add(kind << 9 | u64::from(number) << 1 | u64::from(mark.at_end));
        look.add(u64::from(mark.start) << 32 | u64::from(mark.end));
    }
    for (at, token) in (0u64..).zip(&scan.tokens) {
        if token.flags.intersects(TELLING) {
            length |= token.is(Flags::CAPITALS);
            look.add(at << 32 | u64::from((token.flags.0) & TELLING.0));
        }
    }
    if proposals {
        length = true;
        scratch::with(&DESK, |desk| {
            let count = scan.asked_for(&compiled.automaton, u64::MAX, &mut desk.asked);
            for asked in &desk.asked[..count] {
                look.add(u64::from(asked.pattern()) << 32 | u64::from(asked.end));
            }
        });
    }
    if length {
        look.add(text.len() as u64);
    }
    look.0
}

/// A number for a sequence of numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Look(pub(crate) u64);

impl Look {
    pub(crate) fn add(&mut self, number: u64) {
        let mixed =
            u128::from(self.0 ^ number ^ 0x9E37_79B9_7F4A_7C15) * u128::from(0xD6E8_FEB8_6659_FD93_u64);
        self.0 = (mixed as u64 ^ (mixed >> 64) as u64)
            .rotate_left(23)
            .wrapping_add(number);
    }
}

struct Weighing<'a> {
    compiled: &'a Compiled,
    scan: &'a Scan,
    setting: Setting,
    role: u16,
    /// Nothing in the text calls a modifier, and nothing is asked of what stands near.
    is_plain: bool,
    desk: &'a mut Desk,
    out: &'a mut Vec<Weighed>,
    cancelled: &'a mut dyn FnMut(u32, (u32, u32), Cancelled),
}

impl Weighing<'_> {
    /// Orders the hits, collects what was proposed around them, and gives the entries whose regular expression is to run.
    fn prepare(&mut self, able: &[u32]) -> Able {
        let rules = &self.compiled.rules;
        let (scan, role) = (self.scan, self.role);
        let order = &mut self.desk.order;
        order.begin(scan.hits.len(), rules.signals.len());
        self.desk.stands = 0;
        let bit = |entry: u32| 1u64 << (entry & 63);
        let (mut near, mut asking) = (false, 0);
        let mut asks = |entry: u32, rule: &EntryRule| {
            asking |= bit(entry) * u64::from(rule.has(EntryRule::NOT_IN | EntryRule::NEAR));
            near |= rule.has(EntryRule::NEAR);
        };
        for (place, hit) in scan.hits.iter().enumerate().rev() {
            let Owner::Entry(entry) = hit.owner() else {
                continue;
            };
            let rule = rules.entry_rule(entry);
            if rule.has(role) {
                order.take(place, rule.rank);
                asks(entry, rule);
            }
        }
        let mut running = 0;
        for &entry in able {
            running |= bit(entry);
            asks(entry, rules.entry_rule(entry));
        }
        let needed = if asking | running == 0 {
            Able::new()
        } else {
            self.gather(asking, running, able)
        };
        if !(self.desk.order.is_empty() && needed.is_empty()) {
            self.is_plain = !near && !modifiers::may_be_called(scan);
            if !self.is_plain {
                let modifiers = &self.compiled.lexicon.shared.modifiers;
                self.desk.layout.read(scan, rules.callers(), modifiers);
            }
        }
        needed
    }

    /// Gathers what was proposed around hits of entries whose low bits `asking` has; gives those of the entries that are able to run whose need was
    /// proposed, and is there.
    fn gather(&mut self, asking: u64, running: u64, able: &[u32]) -> Able {
        let scan = self.scan;
        let automaton = &self.compiled.automaton;
        let Desk { asked, around, .. } = &mut *self.desk;
        let count = scan.asked_for(automaton, asking | running, asked);
        // One more, for what is not kept behind them.
        if around.len() <= count {
            around.resize(2 * count + 1, Around::NOTHING);
        }
        let mut needed = Able::new();
        let mut kept = 0;
        for (number, asked) in (0..).zip(&asked[..count]) {
            let owner = automaton.patterns[asked.pattern() as usize].whose();
            let (entry, is_need) = (Owner::names(owner), Owner::is_need(owner));
            let bit = 1u64 << (entry & 63);
            around[kept] = Around {
                key: around_of(owner, asked.end),
                number,
                pattern: asked.pattern(),
                state: Tried::NotYet,
            };
            kept += usize::from(!is_need & (asking & bit != 0));
            if is_need & (running & bit != 0)
                && able.contains(&entry)
                && !needed.contains(&entry)
                && scan.confirm(automaton, asked.pattern(), asked.end).is_some()
            {
                needed.push(entry);
            }
        }
        self.desk.stands = kept;
        needed.sort_unstable();
        // A hit looks at its own alone, however many entries ask.
        if kept > FEW_AROUND {
            self.desk.around[..kept].sort_unstable_by_key(|a| (a.key, a.number));
        }
        needed
    }

    fn hits(&mut self) {
        let rules = &self.compiled.rules;
        let (hits, tokens) = (&self.scan.hits[..], &self.scan.tokens[..]);
        self.out.reserve(hits.len());
        let mut next = self.desk.order.from(0);
        while let Some((rank, mut place)) = next {
            loop {
                let hit = &hits[place];
                if let Owner::Entry(entry) = hit.owner() {
                    let own = Span {
                        start: hit.start,
                        end: hit.end,
                    };
                    let bytes = (tokens[own.start as usize].start, tokens[own.end as usize].end);
                    self.one(rules.entry_rule(entry), entry, own, bytes, hit.at_end);
                }
                match self.desk.order.next(place) {
                    Some(behind) => place = behind,
                    None => break,
                }
            }
            next = self.desk.order.from(rank + 1);
        }
    }

    #[inline(always)]
    fn one(&mut self, rule: &EntryRule, entry: u32, hit: Span, span: (u32, u32), at_end: bool) {
        if (at_end || rule.has(EntryRule::TIMED | EntryRule::NOT_IN | EntryRule::NEAR))
            && let Some(why) = self.cancellation(rule, entry, hit, at_end)
        {
            (self.cancelled)(entry, span, why);
            return;
        }
        self.out.push(Weighed {
            entry,
            span: Some(span),
            contribution: rule.weight,
            modifiers: Modifiers::new(),
            turns: SmallVec::new(),
        });
        if self.is_plain {
            return;
        }
        let called = self.desk.layout.calls(hit);
        if called != 0 {
            self.modify(rule, hit, called);
        }
    }

    /// Lets the modifiers that are called change what was added last.
    #[inline(never)]
    fn modify(&mut self, rule: &EntryRule, hit: Span, called: u64) {
        let called = called & !self.compiled.rules.ignored(rule);
        if called != 0
            && let Some(own) = self.out.last_mut()
        {
            let (lexicon, layout) = (&self.compiled.lexicon, &mut self.desk.layout);
            let applied = self.setting.told.then_some(&mut own.modifiers);
            own.contribution = modifiers::modified(lexicon, rule, self.scan, layout, hit, called, applied);
        }
    }

    /// Runs the regular expression of an entry.
    #[inline(never)]
    fn expression(&mut self, entry: u32, text: &str) {
        let expression = &self.compiled.lexicon.entries[entry as usize].regex;
        let Some(regex) = expression.as_ref().and_then(Expression::get) else {
            return;
        };
        let rules = &self.compiled.rules;
        let tokens = &self.scan.tokens;
        for found in regex
            .find_iter(text)
            .filter(|m| !m.is_empty())
            .take(REGEX_MATCHES)
        {
            let start = tokens.partition_point(|t| (t.end as usize) <= found.start());
            let end = tokens.partition_point(|t| (t.start as usize) < found.end());
            if start < end {
                let span = Span {
                    start: start as u32,
                    end: end as u32 - 1,
                };
                let hits = self.out.len();
                let bytes = (found.start() as u32, found.end() as u32);
                self.one(rules.entry_rule(entry), entry, span, bytes, false);
                if self.out.len() > hits {
                    settle(rules, self.out);
                }
            }
        }
    }

    #[inline(never)]
    fn cancellation(&mut self, rule: &EntryRule, entry: u32, hit: Span, at_end: bool) -> Option<Cancelled> {
        if at_end && !closes(&self.scan.tokens, hit.end as usize) {
            return Some(Cancelled::NotAtEnd);
        }
        if rule.has(EntryRule::TIMED) {
            let e = &self.compiled.lexicon.entries[entry as usize];
            let Some(start) = self.setting.since_start_ms else {
                return Some(Cancelled::NotMeasurable);
            };
            if e.first_ms.is_some_and(|ms| start > ms) || e.after_ms.is_some_and(|ms| start < ms) {
                return Some(Cancelled::Time);
            }
        }
        if rule.has(EntryRule::NOT_IN)
            && let Some(longer) = self.around(Owner::NotIn(entry), hit, hit.start, |_, m| m.touches(hit))
        {
            let tokens = &self.scan.tokens;
            return Some(Cancelled::NotIn(
                tokens[longer.start as usize].start,
                tokens[longer.end as usize].end,
            ));
        }
        if !rule.has(EntryRule::NEAR) {
            return None;
        }
        let near = self.compiled.lexicon.entries[entry as usize].near.as_ref()?;
        let within = |layout: &Layout, m: Span| match layout.distance(hit, m) {
            Some((Side::Before, d)) => near.side != Side::After && d <= u32::from(near.words),
            Some((_, d)) => near.side != Side::Before && d <= u32::from(near.words),
            None => false,
        };
        let from = hit.start.saturating_sub(MAX_SPAN as u32);
        self.around(Owner::Near(entry), hit, from, within)
            .is_none()
            .then_some(Cancelled::NotNear)
    }

    /// The first of what this owner has around a hit that passes a test; what ends before a token is not looked at.
    fn around(
        &mut self,
        owner: Owner,
        hit: Span,
        from: u32,
        test: impl Fn(&Layout, Span) -> bool,
    ) -> Option<Span> {
        let first = around_of(owner.number(), from);
        let last = around_of(owner.number(), hit.end + MAX_SPAN as u32);
        let around = &self.desk.around[..self.desk.stands];
        if around.len() > FEW_AROUND {
            let own = around.partition_point(|a| a.key < first)..around.partition_point(|a| a.key <= last);
            return own.into_iter().find_map(|place| {
                let span = self.confirmed(place)?;
                test(&self.desk.layout, span).then_some(span)
            });
        }
        let mut own = around.iter().rev().fold(0u64, |set, a| {
            set << 1 | u64::from((first <= a.key) & (a.key <= last))
        });
        while own != 0 {
            let place = own.trailing_zeros() as usize;
            own &= own - 1;
            if let Some(span) = self.confirmed(place)
                && test(&self.desk.layout, span)
            {
                return Some(span);
            }
        }
        None
    }

    /// Where something stands that was proposed, if it does.
    #[inline(never)]
    fn confirmed(&mut self, place: usize) -> Option<Span> {
        let scan = self.scan;
        let proposal = &mut self.desk.around[place];
        if let Tried::NotYet = proposal.state {
            let confirmed = scan.confirm(&self.compiled.automaton, proposal.pattern, proposal.end());
            let counts = |m: &Found| !m.at_end || closes(&scan.tokens, m.end as usize);
            proposal.state = confirmed.filter(counts).map_or(Tried::InVain, |m| {
                Tried::Found(Span {
                    start: m.start,
                    end: m.end,
                })
            });
        }
        match proposal.state {
            Tried::Found(span) => Some(span),
            Tried::NotYet | Tried::InVain => None,
        }
    }
}

/// So few hits are moved to their places one by one.
const FEW: usize = 16;
/// Of so few proposals all are looked at.
const FEW_AROUND: usize = 32;

/// Adds evidence behind the other evidence of its signals.
pub(crate) fn settle_all(rules: &Rules, weighed: &mut Vec<Weighed>, added: &mut Vec<Weighed>) {
    if added.len() > FEW {
        weighed.append(added);
        weighed.sort_by_key(|w| rules.rank_of(w.entry));
        return;
    }
    for own in added.drain(..) {
        weighed.push(own);
        settle(rules, weighed);
    }
}

/// Moves what was added last behind the other evidence of its signal.
fn settle(rules: &Rules, weighed: &mut [Weighed]) {
    let Some((last, before)) = weighed.split_last() else {
        return;
    };
    let rank = rules.rank_of(last.entry);
    let place = before.partition_point(|w| rules.rank_of(w.entry) <= rank);
    weighed[place..].rotate_right(1);
}

/// The bytes of what was found.
pub(crate) fn bytes(scan: &Scan, found: &Found) -> (u32, u32) {
    (
        scan.tokens[found.start as usize].start,
        scan.tokens[found.end as usize].end,
    )
}

/// Whether an entry is for speakers of this role.
pub(crate) fn applies(compiled: &Compiled, entry: &Entry, role: Option<Role>) -> bool {
    match compiled.lexicon.signals[usize::from(entry.signal)].speaker {
        None => true,
        wanted => wanted == role,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::Analyzer;

    static ANALYZER: LazyLock<Analyzer> = LazyLock::new(Analyzer::builtin);

    proptest! {
        #[test]
        fn chained_hits_come_in_the_order_of_evaluation(ranks in prop::collection::vec(0..130u16, 0..60)) {
            let mut order = Order::default();
            for ranks in [&ranks[..ranks.len() / 2], &ranks[..]] {
                order.begin(ranks.len(), 130);
                for (hit, &rank) in ranks.iter().enumerate().rev() {
                    order.take(hit, rank);
                }
                prop_assert_eq!(order.is_empty(), ranks.is_empty());
                let mut found = Vec::new();
                let mut next = order.from(0);
                while let Some((rank, first)) = next {
                    found.extend(std::iter::successors(Some(first), |&hit| order.next(hit)));
                    next = order.from(rank + 1);
                }
                let mut expected: Vec<usize> = (0..ranks.len()).collect();
                expected.sort_by_key(|&hit| ranks[hit]);
                prop_assert_eq!(found, expected);
            }
        }

        #[test]
        fn where_nothing_has_changed_hits_weigh_the_same(
            text in "(( |, |\\. |! |\\? |\\.\\.\\.)(I|I am|not|ANGRY|angry|very|but|you|you know|um|said|is|it|my|job|that|BEST|best buy|sorry|[A-Z]{2}|why|n't|'s|un|care|ful|5|cancel|the|if)){0,14}",
            agent: bool,
        ) {
            let compiled = &ANALYZER.0;
            let role = Some(if agent { Role::Agent } else { Role::Customer });
            let setting = Setting { role, since_start_ms: Some(0), is_final: false, told: false };
            let mut before = None;
            for end in (0..=text.len()).filter(|&i| text.is_char_boundary(i)) {
                let text = &text[..end];
                let mut scan = Scan::new();
                scan.read_again(compiled.tables(&[], role), text);
                let own = look(compiled, &scan, text, setting);
                let mut weighed = Vec::new();
                weigh(compiled, &scan, text, setting, &mut weighed, &mut |_, _, _| {});
                let weighed: Vec<_> = weighed.iter().map(|w| (w.entry, w.span, w.contribution)).collect();
                if let Some((look, known)) = &before
                    && *look == own
                {
                    prop_assert_eq!(&weighed, known, "{}", text);
                }
                before = Some((own, weighed));
            }
        }
    }
}
