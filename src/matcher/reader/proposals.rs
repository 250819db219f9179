//! What the automaton proposes, on its way to hits: for whom it is, whether the text meets its outline, whether it must be waited for, and whether its words
//! are there.

use super::{Reader, Scan, Tables};
use crate::matcher::automaton::{Automaton, Proposal};
use crate::matcher::program::Pattern;
use crate::matcher::{MAX_SPAN, Owner, Symbol, occurrence};

/// So many are looked at together.
pub(super) const AT_ONCE: usize = 8;

/// A pattern a factor of which has occurred: it may end with any token from there on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched {
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
}

impl Reader<'_> {
    /// Takes what the automaton proposes at the last token.
    #[inline]
    pub(super) fn matched(&mut self) {
        self.proposed(0);
        for track in 1..self.scan.state.tracks.len {
            self.proposed(track);
        }
    }

    #[inline]
    fn proposed(&mut self, track: u8) {
        let state = self.scan.state.tracks.states[usize::from(track)];
        self.tables.automaton.ending(state, |looked_at, kept| {
            if track > 0 {
                kept.iter().for_each(|p| self.keep_later(*p));
            } else if !kept.is_empty() {
                self.keep_all(kept);
            }
            looked_at.chunks(AT_ONCE).for_each(|some| self.propose(some));
        });
    }

    /// Takes what a transparent token proposes, the last.
    #[inline]
    pub(super) fn transparent(&mut self, symbol: Symbol) {
        for &proposal in self.tables.automaton.hidden(symbol) {
            if proposal.is_kept() {
                self.keep_later(proposal);
            } else {
                self.propose(&[proposal]);
            }
        }
    }

    /// Keeps a proposal until a hit asks for it.
    fn keep_later(&mut self, proposal: Proposal) {
        if proposal.is_for(self.tables.role) {
            let end = self.scan.tokens.len() as u32 - 1;
            self.scan.later(proposal.pattern(), end);
        }
    }

    /// Keeps the first proposals at the last token, each of which comes once. Which of them are for this role cannot be
    /// guessed: they are gathered without a branch.
    fn keep_all(&mut self, proposals: &[Proposal]) {
        let end = self.scan.tokens.len() as u32 - 1;
        let from = self.scan.proposed.len();
        self.scan.proposed.resize(from + proposals.len(), (0, 0));
        let room = &mut self.scan.proposed[from..];
        let mut count = 0;
        for proposal in proposals {
            room[count] = (proposal.pattern(), end);
            count += usize::from(proposal.is_for(self.tables.role));
        }
        self.scan.proposed.truncate(from + count);
    }

    /// Looks at some of what is proposed at the last token: first which are for this role, then whose outlines the text meets.
    /// Neither can be guessed, so both are gathered without a branch.
    fn propose(&mut self, proposals: &[Proposal]) {
        let Tables { automaton, role, .. } = self.tables;
        let mut mine = [Proposal::default(); AT_ONCE];
        let mut count = 0;
        for &proposal in proposals {
            mine[count % AT_ONCE] = proposal;
            count += usize::from(proposal.is_for(role));
        }
        let end = self.scan.tokens.len() as u32 - 1;
        let solid = self.scan.state.solid;
        let mut met = [0; AT_ONCE];
        let mut meet = 0;
        for &proposal in &mine[..count] {
            let number = proposal.pattern();
            let pattern = &automaton.patterns[number as usize];
            let early = pattern.within == Pattern::ANYWHERE || solid <= u32::from(pattern.within);
            if proposal.ends() {
                let text = &self.scan.texts[end as usize];
                met[meet % AT_ONCE] = number;
                meet += usize::from(early & pattern.outline.meets(text));
            } else if early {
                self.scan
                    .watch(Watched { proposal, at: end }, pattern.outline.last);
            }
        }
        for &number in &met[..meet] {
            self.scan.keep(automaton, number, end);
        }
    }

    /// Takes what may end at the last token, transparent or not.
    #[inline]
    pub(super) fn watched(&mut self) {
        if (self.scan.state.watched as usize) < self.scan.watched.len() {
            self.watched_for();
        }
    }

    fn watched_for(&mut self) {
        let end = self.scan.tokens.len() - 1;
        let mut from = self.scan.state.watched as usize;
        while let Some(watched) = self.scan.watched.get(from)
            && watched.at as usize + MAX_SPAN <= end
        {
            from += 1;
        }
        self.scan.state.watched = from as u32;
        let last = self.scan.texts[end].last();
        let mut fit = u8::MAX << (from % AT_ONCE);
        for block in from / AT_ONCE..self.scan.watched_for.len() {
            for (i, words) in self.scan.watched_for[block].iter().enumerate() {
                fit &= !(u8::from(words & last == 0) << i);
            }
            while fit != 0 {
                self.ended(block * AT_ONCE + fit.trailing_zeros() as usize, end as u32);
                fit &= fit - 1;
            }
            fit = u8::MAX;
        }
    }

    /// Takes what is watched for, and ends at the last token.
    fn ended(&mut self, at: usize, end: u32) {
        let automaton = self.tables.automaton;
        let proposal = self.scan.watched[at].proposal;
        let number = proposal.pattern();
        if proposal.later() {
            self.scan.later(number, end);
        } else if automaton.patterns[number as usize]
            .outline
            .meets(&self.scan.texts[end as usize])
        {
            self.scan.keep(automaton, number, end);
        }
    }
}

impl Scan {
    /// Keeps a proposal until a hit asks for it.
    fn later(&mut self, p: u32, end: u32) {
        let mut here = self.proposed.iter().rev().take_while(|x| x.1 == end);
        if !here.any(|x| x.0 == p) {
            self.proposed.push((p, end));
        }
    }

    /// Watches for the end of a pattern, which is one of these words.
    fn watch(&mut self, watched: Watched, words: u64) {
        let at = self.watched.len() % AT_ONCE;
        self.watched.push(watched);
        if at == 0 {
            self.watched_for.push([0; AT_ONCE]);
        }
        if let Some(block) = self.watched_for.last_mut() {
            block[at] = words;
        }
    }

    /// Takes the proposal that pattern `p` ends at token `end`, the last: keeps it if it is confirmed, once.
    fn keep(&mut self, automaton: &Automaton, p: u32, end: u32) {
        let pattern = &automaton.patterns[p as usize];
        let behind = self.texts[end as usize].behind;
        let start = if pattern.words > 0 && behind.is_plain(pattern.words) || pattern.is_word() {
            Some((end + 1).saturating_sub(u32::from(pattern.words)))
        } else if (self.walked.program, self.walked.end) == (pattern.program(), end) {
            self.walked.start
        } else {
            let at = end as usize;
            let start =
                occurrence::find_behind(&automaton.code, pattern, &self.tokens, &self.texts, at, behind);
            let start = start.map(|s| s as u32);
            self.walked = Walked {
                program: pattern.program(),
                end,
                start,
            };
            start
        };
        let Some(start) = start else { return };
        let found = pattern.found(start, end);
        let list = if matches!(found.owner, Owner::Entry(_)) {
            &mut self.hits
        } else {
            &mut self.marks
        };
        let owner = 1 << (found.owner.number() / 8 % 64);
        let before = self.found;
        self.found |= owner;
        if before & owner != 0
            && list
                .iter()
                .rev()
                .take_while(|f| f.end == end)
                .any(|f| *f == found)
        {
            return;
        }
        list.push(found);
    }
}
