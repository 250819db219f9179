//! What the automaton proposes, on its way to hits: for whom it is, whether the text meets its outline, whether it must be waited for, and whether its words
//! are there. What a word says by itself ([`singles`](crate::matcher::singles)) is merged with it.
//!
//! Each step is taken for all that has been read since the last time before the next step is: what is looked at lies far apart in memory, and whether it
//! passes cannot be guessed, so what passes is gathered without a branch.

use super::{Reader, Scan, Tables};
use crate::matcher::automaton::{Automaton, Kept, Proposal, Range, State};
use crate::matcher::outline::Read;
use crate::matcher::program::{Code, Pattern, Roles};
use crate::matcher::{Found, MAX_SPAN, Symbol, Token, occurrence};

/// So many tokens at most are looked at together: a set of 64 bits has a bit for each.
const TOGETHER: usize = 64;
/// In place of a token: none has this number.
const NOWHERE: u32 = u32::MAX;
/// Bits for words.
const WORDS: usize = u64::BITS as usize;

/// A state that says what a token proposes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    state: State,
    end: u32,
    /// The token is no transparent word.
    is_solid: bool,
}

impl Pending {
    /// The state behind a token.
    #[inline]
    pub(super) fn behind(state: State, end: u32) -> Self {
        Pending {
            state,
            end,
            is_solid: true,
        }
    }
}

/// A proposal at a token.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Draft {
    proposal: Proposal,
    end: u32,
}

/// How many proposals there are.
#[derive(Clone, Copy, Debug, Default)]
struct Proposed {
    /// Of those that would end where they are proposed.
    drafts: usize,
    /// Of those that may end later.
    waiting: usize,
}

/// What a state proposes at a token, as a part of the table of all.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Segment {
    range: Range,
    end: u32,
}

/// What is kept until a hit asks for it, at a token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Later {
    what: Ways,
    end: u32,
}

#[derive(Clone, Copy, Debug)]
enum Ways {
    /// What a state proposes.
    All(Range),
    /// A pattern, for this role.
    One(Kept),
}

impl Later {
    #[inline]
    fn kept<'a>(&'a self, automaton: &'a Automaton) -> &'a [Kept] {
        match &self.what {
            Ways::All(range) => automaton.kept(*range),
            Ways::One(kept) => std::slice::from_ref(kept),
        }
    }

    /// How much it is for this role.
    pub(super) fn count(&self, automaton: &Automaton, role: Roles) -> usize {
        let kept = self.kept(automaton).iter();
        kept.filter(|k| k.is_for(role)).count()
    }
}

/// A pattern of an entry that may have been asked for, at a token.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AskedFor {
    kept: Kept,
    pub(crate) end: u32,
}

impl AskedFor {
    #[inline]
    pub(crate) fn pattern(self) -> u32 {
        self.kept.pattern()
    }
}

/// A pattern a factor of which has occurred: it may end with any token from there on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Watched {
    /// The words it may end with.
    words: u64,
    proposal: Proposal,
    /// The token that the factor ended with.
    at: u32,
}

/// The last walk: several patterns may have one program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walked {
    program: u32,
    end: u32,
    start: Option<u32>,
}

impl Walked {
    pub(super) const NONE: Walked = Walked {
        program: 0,
        end: u32::MAX,
        start: None,
    };

    /// Where a pattern begins that is proposed at a token, if its words are there.
    #[inline(always)]
    fn start(
        &mut self,
        code: &Code,
        pattern: &Pattern,
        tokens: &[Token],
        texts: &[Read],
        end: u32,
    ) -> Option<u32> {
        let Read { behind, .. } = texts[end as usize];
        if pattern.words > 0 && behind.is_plain(pattern.words) {
            return Some((end + 1).saturating_sub(u32::from(pattern.words)));
        }
        if (self.program, self.end) != (pattern.program(), end) {
            *self = Walked {
                program: pattern.program(),
                end,
                start: walked(code, pattern, tokens, texts, end),
            };
        }
        self.start
    }
}

impl Reader<'_> {
    /// Lets the states behind the last token wait.
    #[inline]
    pub(super) fn wait(&mut self) {
        let Scan {
            tokens,
            state,
            pending,
            ..
        } = &mut *self.scan;
        let end = tokens.len() as u32 - 1;
        for &state in state.tracks.as_slice() {
            pending.push(Pending::behind(state, end));
        }
    }

    /// Lets wait what the last token proposes as a transparent word.
    #[inline]
    pub(super) fn wait_hidden(&mut self, symbol: Symbol) {
        if let Some(state) = self.tables.automaton.hidden(symbol) {
            let end = self.scan.tokens.len() as u32 - 1;
            self.scan.pending.push(Pending {
                state,
                end,
                is_solid: false,
            });
        }
    }

    /// To be asked once all that a token proposes waits.
    #[inline]
    pub(super) fn settle_if_many(&mut self) {
        if self.scan.tokens.len() - self.scan.state.seen as usize >= TOGETHER {
            self.settle();
        }
    }

    /// Looks at all that waits.
    #[inline(never)]
    pub(super) fn settle(&mut self) {
        let from = self.scan.state.seen as usize;
        if from >= self.scan.tokens.len() {
            return;
        }
        self.scan.state.seen = self.scan.tokens.len() as u32;
        let proposed = self.gather();
        self.watch(proposed.waiting);
        let met = self.look(proposed.drafts);
        self.keep_all(met);
        self.watched(from);
    }

    /// Gathers what is proposed for this role, and what occurs because its word does.
    fn gather(&mut self) -> Proposed {
        let Tables { automaton, role, .. } = self.tables;
        let Scan {
            tokens,
            pending,
            drafts,
            waiting,
            single_hits,
            single_marks,
            segments,
            later,
            ..
        } = &mut *self.scan;
        single_hits.clear();
        single_marks.clear();
        segments.clear();
        let (mut last, mut most) = (NOWHERE, 0);
        for &Pending { state, end, is_solid } in pending.iter() {
            // Several states may wait behind one token.
            if is_solid & (end != last) {
                last = end;
                let symbol = tokens[end as usize].symbol;
                automaton.singles.add_hits(role, symbol, end, single_hits);
                if automaton.row(symbol).is_mark() {
                    automaton.singles.add_marks(symbol, end, single_marks);
                }
            }
            automaton.ending(state, |range, kept| {
                most += range.len();
                add_if(segments, Segment { range, end }, !range.is_empty());
                let what = Ways::All(kept);
                add_if(later, Later { what, end }, !kept.is_empty());
            });
        }
        pending.clear();
        make_room(drafts, most);
        make_room(waiting, most);
        let (drafts, waiting) = (&mut drafts[..most], &mut waiting[..most]);
        let table = automaton.proposed();
        let mut count = Proposed::default();
        // One loop over the parts of the table: how long each of them is cannot be guessed.
        segments.push(Segment::default());
        let (mut number, Segment { mut range, mut end }) = (0, segments[0]);
        for _ in 0..most {
            let proposal = table[range.from as usize];
            let draft = Draft { proposal, end };
            let is_for = usize::from(proposal.is_for(role));
            let ending = usize::from(proposal.ends()) & is_for;
            drafts[count.drafts] = draft;
            count.drafts += ending;
            waiting[count.waiting] = draft;
            count.waiting += is_for - ending;
            range.from += 1;
            let done = range.is_empty();
            number += usize::from(done);
            let next = segments[number];
            range.from = if done { next.range.from } else { range.from };
            (range.to, end) = (next.range.to, next.end);
        }
        count
    }

    /// Watches for the first so many of those that wait.
    fn watch(&mut self, count: usize) {
        let patterns = &self.tables.automaton.patterns[..];
        let Scan {
            waiting,
            texts,
            watched,
            ..
        } = &mut *self.scan;
        for &Draft { proposal, end } in &waiting[..count] {
            let pattern = &patterns[proposal.pattern() as usize];
            if pattern.is_within(texts[end as usize].solid) {
                watched.push(Watched {
                    words: pattern.outline.last,
                    proposal,
                    at: end,
                });
            }
        }
    }

    /// Looks at the first so many drafts: those whose outline the text meets come to the front. Gives how many they are.
    fn look(&mut self, count: usize) -> usize {
        let patterns = &self.tables.automaton.patterns[..];
        let Scan { drafts, texts, .. } = &mut *self.scan;
        let (drafts, texts) = (&mut drafts[..count], &texts[..]);
        let mut met = 0;
        for i in 0..count {
            let draft = drafts[i];
            let pattern = &patterns[draft.proposal.pattern() as usize];
            let text = &texts[draft.end as usize];
            drafts[met] = draft;
            met += usize::from(pattern.is_within(text.solid) & pattern.outline.meets(text));
        }
        met
    }

    /// Keeps what is confirmed of the first so many drafts, and the single words, each once.
    fn keep_all(&mut self, count: usize) {
        let automaton = self.tables.automaton;
        let Scan {
            drafts,
            tokens,
            texts,
            hits,
            marks,
            single_hits,
            single_marks,
            walked,
            ..
        } = &mut *self.scan;
        let (patterns, texts) = (&automaton.patterns[..], &texts[..]);
        let mut hits = Merged {
            list: hits,
            singles: single_hits,
            narrow: NOWHERE,
        };
        let mut marks = Merged {
            list: marks,
            singles: single_marks,
            narrow: NOWHERE,
        };
        // The owners of what was found at a token, as a set of 64 bits by hash: most come once.
        let (mut owners, mut last) = (0u64, NOWHERE);
        for &Draft { proposal, end } in &drafts[..count] {
            let pattern = &patterns[proposal.pattern() as usize];
            let Some(start) = walked.start(&automaton.code, pattern, tokens, texts, end) else {
                continue;
            };
            owners = if end == last { owners } else { 0 };
            last = end;
            let found = pattern.found(start, end);
            let into = if pattern.is_of_entry() {
                &mut hits
            } else {
                &mut marks
            };
            into.before(end);
            let owner = pattern.owner_bit();
            if owners & owner == 0 || !stands(into.list, &found) {
                into.list.push(found);
            }
            into.narrow = if start == end { end } else { into.narrow };
            owners |= owner;
        }
        hits.before(NOWHERE);
        marks.before(NOWHERE);
    }

    /// Takes what is watched for, and ends with one of the tokens from this one on, transparent or not.
    fn watched(&mut self, from: usize) {
        let Scan {
            watched,
            texts,
            state,
            ..
        } = &mut *self.scan;
        while let Some(first) = watched.get(state.watched as usize)
            && first.at as usize + MAX_SPAN <= from
        {
            state.watched += 1;
        }
        if state.watched as usize >= watched.len() || from >= texts.len() {
            return;
        }
        let first = state.watched as usize;
        // Where each word stands among these tokens.
        let mut places = [0; WORDS + 1];
        let mut said = 0;
        for (place, text) in texts[from..].iter().enumerate() {
            places[text.last().trailing_zeros() as usize % WORDS] |= 1 << place;
            said |= text.last();
        }
        let count = self.may_end(first, from, &places, said);
        let met = self.met_there(count);
        for i in 0..met {
            self.ended(self.scan.drafts[i]);
        }
    }

    /// Drafts of what is watched for, from `first` on, at the tokens with a word that it may end with; gives how many. `places` says where words
    /// stand behind token `from`, `said` which.
    fn may_end(&mut self, first: usize, from: usize, places: &[u64; WORDS + 1], said: u64) -> usize {
        let Scan { watched, drafts, .. } = &mut *self.scan;
        let mut count = 0;
        for watched in &watched[first..] {
            let mut words = watched.words & said;
            make_room(drafts, count + TOGETHER);
            // Few have more words than four, or more places than two: a word that is none stands nowhere.
            let mut ends = 0;
            for _ in 0..4 {
                ends |= places[words.trailing_zeros() as usize];
                words &= words.wrapping_sub(1);
            }
            while words != 0 {
                ends |= places[words.trailing_zeros() as usize];
                words &= words - 1;
            }
            let at = watched.at as usize;
            let after = u64::MAX << at.saturating_sub(from);
            let within = u64::MAX >> (TOGETHER - (at + MAX_SPAN - from).min(TOGETHER));
            ends &= after & within;
            let room = &mut drafts[..];
            let mut next = |ends: &mut u64| {
                room[count] = Draft {
                    proposal: watched.proposal,
                    end: from as u32 + ends.trailing_zeros(),
                };
                count += usize::from(*ends != 0);
                *ends &= ends.wrapping_sub(1);
            };
            next(&mut ends);
            next(&mut ends);
            while ends != 0 {
                next(&mut ends);
            }
        }
        count
    }

    /// Of the first so many drafts, those whose outline the text meets, or that a hit is to ask for, come to the front; gives how many.
    fn met_there(&mut self, count: usize) -> usize {
        let patterns = &self.tables.automaton.patterns[..];
        let Scan { drafts, texts, .. } = &mut *self.scan;
        let (drafts, texts) = (&mut drafts[..count], &texts[..]);
        let mut met = 0;
        for i in 0..count {
            let draft = drafts[i];
            let outline = &patterns[draft.proposal.pattern() as usize].outline;
            drafts[met] = draft;
            met += usize::from(draft.proposal.later() | outline.meets(&texts[draft.end as usize]));
        }
        met
    }

    /// Takes what is watched for, and ends with this token.
    fn ended(&mut self, Draft { proposal, end }: Draft) {
        let automaton = self.tables.automaton;
        let Scan {
            tokens,
            texts,
            hits,
            marks,
            later,
            walked,
            ..
        } = &mut *self.scan;
        let number = proposal.pattern();
        if proposal.later() {
            let what = Ways::One(Kept::of(proposal, &automaton.patterns));
            later.push(Later { what, end });
            return;
        }
        let pattern = &automaton.patterns[number as usize];
        if let Some(start) = walked.start(&automaton.code, pattern, tokens, texts, end) {
            let found = pattern.found(start, end);
            let list = if pattern.is_of_entry() { hits } else { marks };
            let place = list.iter().rposition(|f| f.end <= end).map_or(0, |last| last + 1);
            if !stands(&list[..place], &found) {
                list.insert(place, found);
            }
        }
    }
}

/// Where a pattern begins that is proposed at a token, as a walk finds it.
#[inline(never)]
fn walked(code: &Code, pattern: &Pattern, tokens: &[Token], texts: &[Read], end: u32) -> Option<u32> {
    let Read { behind, .. } = texts[end as usize];
    let start = occurrence::find_behind(code, pattern, tokens, texts, end as usize, behind)?;
    Some(start as u32)
}

/// Adds something to a list, if it is to be there: without a branch.
#[inline(always)]
fn add_if<T>(list: &mut Vec<T>, own: T, is_there: bool) {
    let len = list.len() + usize::from(is_there);
    list.push(own);
    list.truncate(len);
}

/// Makes room for so many drafts.
#[inline]
fn make_room(drafts: &mut Vec<Draft>, count: usize) {
    if drafts.len() < count {
        drafts.resize(2 * count, Draft::default());
    }
}

/// What was found, in the order of its end, with the occurrences of single words among it.
struct Merged<'a> {
    list: &'a mut Vec<Found>,
    /// Those that are not yet among it.
    singles: &'a [Found],
    /// The last token that something else was found of alone.
    narrow: u32,
}

impl Merged<'_> {
    /// Adds the single words before a token.
    fn before(&mut self, end: u32) {
        while let Some((single, behind)) = self.singles.split_first()
            && single.end < end
        {
            if single.end != self.narrow || !stands(self.list, single) {
                self.list.push(*single);
            }
            self.singles = behind;
        }
    }
}

/// Whether this stands among the last of what was found.
fn stands(list: &[Found], found: &Found) -> bool {
    let mut here = list.iter().rev().take_while(|f| f.end == found.end);
    here.any(|f| f == found)
}

impl Scan {
    /// Gathers what is confirmed only when it is asked for, of entries whose low bits `asked` has a bit for and of some others: to the front of
    /// `out`; gives how much it is. What is of one token comes in the order in which it was proposed, some more than once.
    pub(crate) fn asked_for(&self, automaton: &Automaton, asked: u64, out: &mut Vec<AskedFor>) -> usize {
        let role = self.role;
        let mut count = 0;
        for later in &self.later {
            let kept = later.kept(automaton);
            if out.len() < count + kept.len() {
                out.resize(2 * (count + kept.len()), AskedFor::default());
            }
            let room = &mut out[count..];
            let mut own = 0;
            for &kept in kept {
                room[own] = AskedFor { kept, end: later.end };
                own += usize::from(kept.is_for(role) & kept.may_be_of(asked));
            }
            count += own;
        }
        count
    }

    /// Where a pattern that was asked for begins, if its words are there.
    pub(crate) fn confirm(&self, automaton: &Automaton, p: u32, end: u32) -> Option<Found> {
        let pattern = &automaton.patterns[p as usize];
        let at = end as usize;
        let (code, tokens, texts) = (&automaton.code, &self.tokens, &self.texts);
        let start = match texts.get(at) {
            _ if pattern.is_word() => at,
            Some(text) if !pattern.outline.meets(text) => return None,
            Some(Read { behind, .. }) if pattern.words > 0 && behind.is_plain(pattern.words) => {
                (at + 1).saturating_sub(usize::from(pattern.words))
            }
            Some(Read { behind, .. }) => occurrence::find_behind(code, pattern, tokens, texts, at, *behind)?,
            None => occurrence::find(code, pattern, tokens, texts, at)?,
        };
        Some(pattern.found(start as u32, end))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::Analyzer;
    use crate::matcher::Owner;
    use crate::transcript::Role;

    static ANALYZER: LazyLock<Analyzer> = LazyLock::new(Analyzer::builtin);

    proptest! {
        #[test]
        fn what_is_asked_for_is_confirmed_as_it_is_walked(
            text in "(( |, |\\. |um |you know )(I|I'm|not|angry|very|really|but|you|you you|said|is|it|my|best|buy|sorry|why|n't|un|care|cancel|the|if|for|your|call|thank|how|can|help|again|told|manager|this|be)){0,16}",
            agent: bool,
            asked: u64,
        ) {
            let role = Some(if agent { Role::Agent } else { Role::Customer });
            let automaton = &ANALYZER.0.automaton;
            let mut scan = Scan::new();
            scan.read_again(ANALYZER.0.tables(&[], role), &text);
            let gathered = |asked: u64| {
                let mut out = Vec::new();
                let count = scan.asked_for(automaton, asked, &mut out);
                out.truncate(count);
                let row = |a: &AskedFor| (a.pattern(), a.end);
                out.iter().map(row).collect::<Vec<_>>()
            };
            let is_asked = |&(p, _): &(u32, u32)| {
                asked >> (Owner::names(automaton.patterns[p as usize].whose()) & 63) & 1 != 0
            };
            let mut some = gathered(asked);
            some.retain(is_asked);
            let mut all = gathered(u64::MAX);
            for &(p, end) in &all {
                let pattern = &automaton.patterns[p as usize];
                let walked = occurrence::find_by_steps(&automaton.code, pattern, &scan.tokens, end as usize);
                let confirmed = scan.confirm(automaton, p, end).map(|f| f.start as usize);
                prop_assert_eq!(confirmed, walked, "{} in {:?}", p, text);
            }
            all.retain(is_asked);
            prop_assert_eq!(some, all);
        }
    }
}
