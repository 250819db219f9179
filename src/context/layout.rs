//! Where words, sentences and cues stand in an utterance: laid out once, so that what stands around a hit is looked up.

use crate::lexicon::{Modifier, ModifierKind, Side};
use crate::matcher::{Found, MAX_SPAN, Owner, Scan, Token, closes};
use crate::text::Flags;

/// No window reaches further, in words.
const WORDS: u32 = 16;
/// Nor further in tokens.
const SPAN: u32 = MAX_SPAN as u32;
/// Marks of so few are looked through rather than searched.
const FEW: usize = 16;
/// No token.
const NONE: u32 = u32::MAX;

/// Tokens of a hit, of a cue, of what stands near: both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    pub(super) fn touches(self, other: Span) -> bool {
        self.start <= other.end && self.end >= other.start
    }
}

/// What stands before a token.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Words that are not transparent.
    solid: u32,
    /// Sentences that have ended.
    sentence: u32,
    /// Modifiers that a cue before it may call for a hit that begins with the token, a bit each.
    behind_cue: u64,
    /// Those that a cue behind it may call for a hit that ends with the token.
    before_cue: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Sentence {
    begin: u32,
    /// Its first word that is not transparent.
    first: u32,
    /// Its last token, if it has ended.
    end: u32,
    /// Of the last token.
    flags: Flags,
    /// Modifiers that its capitals or its end may call, a bit each.
    calls: u64,
}

impl Sentence {
    fn at(begin: u32) -> Self {
        Sentence {
            begin,
            first: NONE,
            end: NONE,
            flags: Flags::NONE,
            calls: 0,
        }
    }
}

/// Modifiers that listen to no words alone, a bit each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Callers {
    pub(super) question: u64,
    pub(super) capitals: u64,
    pub(super) exclamation: u64,
}

impl Callers {
    /// Those that the end of a sentence calls.
    pub(super) fn at_end(self, end: Flags) -> u64 {
        const EXCLAMATION: Flags =
            Flags(Flags::EXCLAMATION.0 | Flags::EXCLAMATION_2.0 | Flags::EXCLAMATION_3.0);
        let when = |shows: bool, all: u64| if shows { all } else { 0 };
        when(end.contains(Flags::QUESTION), self.question)
            | when(end.intersects(EXCLAMATION), self.exclamation)
    }
}

/// What a modifier listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listens {
    Cue,
    Except,
    Stop,
}

fn listens(owner: Owner) -> Option<(Listens, u8)> {
    match owner {
        Owner::Cue(number) => Some((Listens::Cue, number)),
        Owner::Except(number) => Some((Listens::Except, number)),
        Owner::Stop(number) => Some((Listens::Stop, number)),
        _ => None,
    }
}

/// Place of the marks of a modifier among the others'.
fn class(what: Listens, number: u8) -> u32 {
    u32::from(number) * 3 + what as u32
}

/// Whether a mark that counts only at the end stands there.
fn counts(scan: &Scan, mark: &Found) -> bool {
    !mark.at_end || closes(&scan.tokens, mark.end as usize)
}

fn is_solid(token: &Token) -> bool {
    !token.flags.intersects(Flags::TRANSPARENT)
}

/// Where something that a modifier listens to stands.
#[derive(Clone, Copy, Debug)]
struct Mark {
    class: u32,
    span: Span,
}

/// An utterance laid out.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// One for each token, and one behind them.
    places: Vec<Place>,
    sentences: Vec<Sentence>,
    /// In the order of their ends; by class before that, if they are many. Once they are gathered.
    marks: Vec<Mark>,
    /// Where the marks of each class begin, and where those of the last end, if they are many.
    classes: Vec<u32>,
    is_gathered: bool,
    /// Modifiers that have a cue, a bit each.
    cued: u64,
    /// Modifiers that capitals or ends of any sentence may call, a bit each.
    calls: u64,
    mixed_case: Option<bool>,
}

impl Layout {
    pub(super) fn capacity(&self) -> usize {
        self.places.capacity() + self.sentences.capacity() + self.marks.capacity()
    }

    /// Lays out an utterance.
    #[inline(never)]
    pub(super) fn read(&mut self, scan: &Scan, callers: Callers, modifiers: &[Modifier]) {
        self.places.clear();
        self.sentences.clear();
        self.is_gathered = false;
        (self.cued, self.calls) = (0, 0);
        self.mixed_case = None;
        let mut place = Place {
            solid: 0,
            sentence: 0,
            behind_cue: 0,
            before_cue: 0,
        };
        let mut sentence = Sentence::at(0);
        self.places.reserve(scan.tokens.len() + 1);
        for (at, token) in (0u32..).zip(&scan.tokens) {
            self.places.push(place);
            let solid = is_solid(token);
            sentence.first = sentence.first.min(if solid { at } else { NONE });
            place.solid += u32::from(solid);
            if token
                .flags
                .intersects(Flags(Flags::CAPITALS.0 | Flags::SENTENCE_END.0))
            {
                if token.is(Flags::CAPITALS) {
                    sentence.calls |= callers.capitals;
                }
                if token.is(Flags::SENTENCE_END) {
                    sentence.end = at;
                    sentence.flags = token.flags;
                    sentence.calls |= callers.at_end(token.flags);
                    self.calls |= sentence.calls;
                    self.sentences.push(sentence);
                    place.sentence += 1;
                    sentence = Sentence::at(at + 1);
                }
            }
        }
        self.calls |= sentence.calls;
        self.places.push(place);
        self.sentences.push(sentence);
        for mark in &scan.marks {
            if let Owner::Cue(number) = mark.owner()
                && counts(scan, mark)
            {
                self.lay(number, &modifiers[usize::from(number)], mark);
            }
        }
    }

    /// Notes which tokens a cue is in reach of. It may be further from some of them than it seems; none is left out.
    fn lay(&mut self, number: u8, modifier: &Modifier, cue: &Found) {
        let bit = 1 << number;
        self.cued |= bit;
        let own = self.places[cue.start as usize].sentence;
        let sentence = &self.sentences[own as usize];
        let (on, back, words) = match modifier.kind {
            ModifierKind::Scope => (
                modifier.side != Side::After,
                modifier.side != Side::Before,
                modifier.words.into(),
            ),
            ModifierKind::Contrast => (true, true, modifier.words.into()),
            ModifierKind::Question => (cue.start == sentence.first, false, WORDS),
            ModifierKind::Capitals | ModifierKind::Exclamation => (false, false, 0),
        };
        let (before, behind) = self.places.split_at_mut(cue.end as usize + 1);
        if on {
            let solid = behind[0].solid;
            let near = behind.iter_mut().take(MAX_SPAN);
            near.take_while(|p| p.sentence == own && p.solid - solid < words)
                .for_each(|p| p.behind_cue |= bit);
        }
        if back {
            let (before, cue) = before.split_at_mut(cue.start as usize);
            let solid = cue[0].solid;
            let mut next = solid;
            for place in before.iter_mut().rev().take(MAX_SPAN) {
                if place.sentence != own || solid - next >= words {
                    break;
                }
                place.before_cue |= bit;
                next = place.solid;
            }
        }
    }

    /// Gathers the marks that count of modifiers that have a cue; there are so many modifiers. Most utterances do without.
    #[inline(never)]
    pub(super) fn gather(&mut self, scan: &Scan, modifiers: usize) {
        self.is_gathered = true;
        self.classes.clear();
        self.marks.clear();
        for mark in &scan.marks {
            let Some((what, number)) = listens(mark.owner()) else {
                continue;
            };
            if self.cued >> number & 1 == 1 && counts(scan, mark) {
                let (start, end) = (mark.start, mark.end);
                self.marks.push(Mark {
                    class: class(what, number),
                    span: Span { start, end },
                });
            }
        }
        if self.marks.len() > FEW {
            self.sort(modifiers);
        }
    }

    /// Sorts the marks by class, keeping the order of their ends.
    #[cold]
    fn sort(&mut self, modifiers: usize) {
        self.classes.resize(3 * modifiers + 1, 0);
        for mark in &self.marks {
            self.classes[mark.class as usize] += 1;
        }
        let mut sum = 0;
        for count in &mut self.classes {
            sum += *count;
            *count = sum;
        }
        // From behind: each class ends up at its beginning. They go behind the others, which then go.
        let unsorted = self.marks.len();
        self.marks.extend_from_within(..);
        for at in (0..unsorted).rev() {
            let mark = self.marks[at];
            let next = &mut self.classes[mark.class as usize];
            *next -= 1;
            self.marks[unsorted + *next as usize] = mark;
        }
        self.marks.drain(..unsorted);
    }

    pub(super) fn is_gathered(&self) -> bool {
        self.is_gathered
    }

    /// The marks of a modifier that may matter to a hit, in the order of their ends, once they are gathered.
    #[inline]
    pub(super) fn marks(&self, what: Listens, number: u8, hit: Span) -> impl Iterator<Item = Span> {
        let class = class(what, number);
        let marks = if self.classes.is_empty() {
            &self.marks[..]
        } else {
            self.of_class(class, hit)
        };
        marks.iter().filter(move |m| m.class == class).map(|m| m.span)
    }

    /// The marks of a class that may matter to a hit, if they are many.
    #[cold]
    fn of_class(&self, class: u32, hit: Span) -> &[Mark] {
        let (from, to) = (self.classes[class as usize], self.classes[class as usize + 1]);
        let marks = &self.marks[from as usize..to as usize];
        let from = marks.partition_point(|m| m.span.end + SPAN < hit.start);
        let to = marks.partition_point(|m| m.span.end <= hit.end + 2 * SPAN);
        &marks[from..to.max(from)]
    }

    /// Whether the window of a hit reaches back to a token before it.
    #[inline]
    pub(super) fn reaches_back(&self, hit: Span, token: u32) -> bool {
        let (own, behind) = (self.places[hit.start as usize], self.places[token as usize + 1]);
        self.places[token as usize].sentence == own.sentence
            && own.solid - behind.solid < WORDS
            && hit.start - token <= SPAN
    }

    /// Whether the window of a hit reaches a token behind it.
    #[inline]
    fn reaches_on(&self, hit: Span, token: u32) -> bool {
        let (own, there) = (self.places[hit.end as usize], self.places[token as usize]);
        there.sentence == own.sentence
            && there.solid - self.places[hit.end as usize + 1].solid < WORDS
            && token - hit.end <= SPAN
    }

    /// On which side of the hit a mark stands and how many words away, 1 being the next; nothing if it touches the hit or
    /// stands outside its window.
    #[inline]
    pub(super) fn distance(&self, hit: Span, mark: Span) -> Option<(Side, u32)> {
        self.apart(hit, mark).filter(|_| self.reaches(hit, mark))
    }

    /// As [`Layout::distance`] of a mark whose window holds the hit: on which side it stands, and how many words away.
    #[inline]
    pub(super) fn apart(&self, hit: Span, mark: Span) -> Option<(Side, u32)> {
        let words =
            |from: u32, to: u32| self.places[to as usize].solid - self.places[from as usize].solid + 1;
        if mark.end < hit.start {
            Some((Side::Before, words(mark.end + 1, hit.start)))
        } else if mark.start > hit.end {
            Some((Side::After, words(hit.end + 1, mark.start)))
        } else {
            None
        }
    }

    /// Whether the window of a hit reaches a mark that does not touch it.
    #[inline]
    pub(super) fn reaches(&self, hit: Span, mark: Span) -> bool {
        if mark.end < hit.start {
            self.reaches_back(hit, mark.start)
        } else {
            self.reaches_on(hit, mark.end)
        }
    }

    #[inline]
    fn sentence(&self, token: u32) -> &Sentence {
        &self.sentences[self.places[token as usize].sentence as usize]
    }

    /// Modifiers that something may call for a hit, some of them in vain, a bit each.
    #[inline]
    pub(super) fn calls(&self, hit: Span) -> u64 {
        let (first, last) = (&self.places[hit.start as usize], &self.places[hit.end as usize]);
        let own = if first.sentence == last.sentence {
            self.sentences[last.sentence as usize].calls
        } else {
            self.calls
        };
        first.behind_cue | last.before_cue | own
    }

    /// The flags of the end of the hit's sentence, if it is near enough.
    #[inline]
    pub(super) fn sentence_end(&self, hit: Span) -> Option<Flags> {
        let sentence = self.sentence(hit.end);
        (sentence.end != NONE && sentence.end - hit.end < SPAN).then_some(sentence.flags)
    }

    /// The first word of the hit's sentence, if it is near enough.
    pub(super) fn sentence_start(&self, hit: Span) -> Option<u32> {
        let sentence = self.sentence(hit.start);
        (hit.start - sentence.begin <= SPAN).then_some(sentence.first.min(hit.start))
    }

    /// Whether the text has both capitals and small letters, so that capitals mean something.
    pub(super) fn mixed_case(&mut self, scan: &Scan) -> bool {
        let small = |t: &Token| {
            t.end - t.start > 1
                && !t
                    .flags
                    .intersects(Flags::CAPITALS | Flags::NUMBER | Flags::MARK | Flags::EMOJI)
        };
        *self
            .mixed_case
            .get_or_insert_with(|| scan.tokens.iter().any(small))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::modifiers::{self, Modifiers};
    use super::*;
    use crate::Analyzer;
    use std::sync::LazyLock;

    static ANALYZER: LazyLock<Analyzer> = LazyLock::new(Analyzer::builtin);

    /// The tokens around a hit that a cue may lie in, walked from the hit: within its sentence, so many words, so many tokens.
    fn window(tokens: &[Token], hit: Span) -> (u32, u32) {
        let mut from = hit.start as usize;
        let mut words = 0;
        while from > 0
            && words < WORDS
            && hit.start as usize - from < MAX_SPAN
            && !tokens[from - 1].is(Flags::SENTENCE_END)
        {
            from -= 1;
            words += u32::from(is_solid(&tokens[from]));
        }
        let mut to = hit.end as usize;
        words = 0;
        while to + 1 < tokens.len()
            && words < WORDS
            && to - (hit.end as usize) < MAX_SPAN
            && !tokens[to].is(Flags::SENTENCE_END)
        {
            to += 1;
            words += u32::from(is_solid(&tokens[to]));
        }
        (from as u32, to as u32)
    }

    fn walked(tokens: &[Token], hit: Span, mark: Span) -> Option<(Side, u32)> {
        let (from, to) = window(tokens, hit);
        let count = |a: u32, b: u32| {
            let between = tokens[a as usize..b as usize].iter();
            between.filter(|t| is_solid(t)).count() as u32 + 1
        };
        if mark.end < hit.start && mark.start >= from {
            Some((Side::Before, count(mark.end + 1, hit.start)))
        } else if mark.start > hit.end && mark.end <= to {
            Some((Side::After, count(hit.end + 1, mark.start)))
        } else {
            None
        }
    }

    fn token(flags: Flags) -> Token {
        Token {
            start: 0,
            end: 1,
            symbol: 0,
            flags,
        }
    }

    fn scan() -> impl Strategy<Value = Scan> {
        let flags = prop_oneof![
            40 => Just(Flags::NONE),
            20 => Just(Flags::TRANSPARENT),
            1 => Just(Flags::SENTENCE_END),
            1 => Just(Flags::SENTENCE_END | Flags::QUESTION),
            1 => Just(Flags::SENTENCE_END | Flags::EXCLAMATION),
            1 => Just(Flags::CAPITALS),
        ];
        let tokens = prop::collection::vec(flags.prop_map(token), 1..260);
        let marks = prop::collection::vec((0..260usize, 0..4u32, 0..3u8, 0..12u8), 0..60);
        (tokens, marks).prop_map(|(tokens, marks)| {
            let mut scan = Scan::new();
            for (end, len, what, number) in marks {
                let end = (end % tokens.len()) as u32;
                let start = end.saturating_sub(len);
                // A phrase lies in one sentence.
                if tokens[start as usize..end as usize]
                    .iter()
                    .any(|t| t.is(Flags::SENTENCE_END))
                {
                    continue;
                }
                let owner = [Owner::Cue(number), Owner::Except(number), Owner::Stop(number)];
                scan.marks.push(Found {
                    whose: owner[usize::from(what)].number(),
                    start,
                    end,
                    at_end: false,
                });
            }
            scan.marks.sort_by_key(|m| m.end);
            scan.tokens = tokens;
            scan
        })
    }

    proptest! {
        #[test]
        fn what_stands_around_a_hit_is_what_walking_finds(scan in scan(), at in 0..260usize, len in 0..5usize) {
            let tokens = &scan.tokens;
            let start = at % tokens.len();
            let hit = Span { start: start as u32, end: (start + len).min(tokens.len() - 1) as u32 };
            let mut layout = Layout::default();
            let modifiers = &ANALYZER.0.lexicon.shared.modifiers;
            layout.read(&scan, Callers::default(), modifiers);
            layout.gather(&scan, modifiers.len());
            let end = tokens[hit.end as usize..].iter().take(MAX_SPAN).find(|t| t.is(Flags::SENTENCE_END));
            prop_assert_eq!(layout.sentence_end(hit), end.map(|t| t.flags));
            for at in 0..hit.start {
                prop_assert_eq!(layout.reaches_back(hit, at), at >= window(tokens, hit).0);
            }
            let is_cued = |number: &u8| scan.marks.iter().any(|m| m.owner() == Owner::Cue(*number));
            for number in (0..12u8).filter(is_cued) {
                for (what, owner) in [
                    (Listens::Cue, Owner::Cue(number)),
                    (Listens::Except, Owner::Except(number)),
                    (Listens::Stop, Owner::Stop(number)),
                ] {
                    let all = scan.marks.iter().filter(|m| m.owner() == owner);
                    let near = |m: &Span| Some((*m, walked(tokens, hit, *m)?));
                    let expected: Vec<_> = all
                        .map(|m| Span { start: m.start, end: m.end })
                        .filter_map(|m| near(&m))
                        .collect();
                    let found: Vec<_> = layout
                        .marks(what, number, hit)
                        .filter_map(|m| Some((m, layout.distance(hit, m)?)))
                        .collect();
                    prop_assert_eq!(found, expected);
                }
            }
        }

        #[test]
        fn modifiers_that_are_not_called_change_nothing(scan in scan(), at in 0..260usize, len in 0..5usize) {
            let start = at % scan.tokens.len();
            let hit = Span { start: start as u32, end: (start + len).min(scan.tokens.len() - 1) as u32 };
            let (lexicon, rules) = (&ANALYZER.0.lexicon, &ANALYZER.0.rules);
            let modifiers = &lexicon.shared.modifiers;
            let mut layout = Layout::default();
            layout.read(&scan, rules.callers(), modifiers);
            layout.gather(&scan, modifiers.len());
            let mut weigh = |called: u64| {
                let mut applied = Modifiers::new();
                let rule = &rules.entries[0];
                let weight = modifiers::modified(lexicon, rule, &scan, &mut layout, hit, called, Some(&mut applied));
                (weight, applied)
            };
            let all = u64::MAX >> (64 - modifiers.len());
            prop_assert_eq!(weigh(all), weigh(layout_calls(&scan, hit)));
        }
    }

    fn layout_calls(scan: &Scan, hit: Span) -> u64 {
        let compiled = &ANALYZER.0;
        let mut layout = Layout::default();
        layout.read(scan, compiled.rules.callers(), &compiled.lexicon.shared.modifiers);
        layout.calls(hit)
    }
}
