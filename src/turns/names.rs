//! The customer's name: given with the participants, or learned from what is said.
//!
//! A customer says it after an introduction ("my name is", "this is … speaking") or in answer to the agent's question; it may be spelled out. What is learned
//! reads as `#name` in the turns that arrive later, so a name that no list knows is found when the agent uses it.

use std::cell::Cell;

use smallvec::SmallVec;

use super::said::{Lent, normal_form};
use super::words::{CallWords, Phrases, is_single};
use crate::lexicon::{Known, NameRules};
use crate::matcher::{Scan, Token};
use crate::packed::{Packed, Parcel, Reader};
use crate::privacy::wipe;
use crate::text::{Flags, normal};

/// So many words are learned at most: four names of two words.
const MOST: usize = 8;
/// A name has at most so many words.
const NAME_WORDS: usize = 3;
/// Room for more words is not kept.
const MOST_ROOM: usize = 1 << 12;
/// Longer words are no names.
const NAME_BYTES: usize = 32;
/// An agent's question is answered within so many of the customer's turns.
const ANSWERS: u8 = 2;

/// The words of names in a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// In normal form, sorted.
    words: Vec<String>,
    /// Where the words that were learned went, in the order in which they were.
    learned: SmallVec<[u32; MOST]>,
    customer_known: bool,
    /// So many of the customer's next turns may answer the agent's question.
    asked: u8,
    /// Memory of words of other calls.
    spares: Vec<String>,
}

impl Packed for Names {
    fn pack(&self, out: &mut Parcel) {
        let Names {
            words,
            learned,
            customer_known,
            asked,
            spares: _,
        } = self;
        let facts = u32::from(*asked) << 1 | u32::from(*customer_known);
        out.counts([facts, words.len() as u32, learned.len() as u32]);
        out.all_counts(learned);
        for word in words {
            out.len(word.len());
            out.bytes(word.as_bytes());
        }
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let [facts, words, learned] = from.counts();
        (self.customer_known, self.asked) = (facts & 1 != 0, (facts >> 1) as u8);
        self.learned.clear();
        self.learned.extend_from_slice(from.all_counts(learned as usize));
        let lens = from.all_counts(words as usize);
        while self.words.len() > lens.len() {
            let mut spare = self.words.pop().filter(|_| self.spares.len() < MOST);
            spare.iter_mut().for_each(wipe);
            self.spares.extend(spare);
        }
        while self.words.len() < lens.len() {
            let word = self.blank();
            self.words.push(word);
        }
        for (word, len) in self.words.iter_mut().zip(lens) {
            wipe(word);
            let own = from.bytes(*len as usize);
            word.push_str(str::from_utf8(own).unwrap_or_default());
        }
    }
}

impl Names {
    /// The names of participants; whether one of them is the customer's.
    pub(crate) fn given<'a>(names: impl Iterator<Item = (&'a str, bool)>) -> Self {
        let mut own = Names::default();
        for (name, customer) in names {
            own.words.extend(name.split_whitespace().map(normal));
            own.customer_known |= customer && !name.trim().is_empty();
        }
        own.words.sort_unstable();
        own.words.dedup();
        own
    }

    /// The words that read as names.
    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }

    /// How often the words have changed: an utterance read before is read again.
    pub(crate) fn version(&self) -> u8 {
        self.learned.len() as u8
    }

    /// The words as they were at some version.
    pub(crate) fn words_at(&self, version: u8) -> Vec<String> {
        let mut words = self.words.clone();
        let since = &self.learned[usize::from(version).min(self.learned.len())..];
        for &place in since.iter().rev() {
            if (place as usize) < words.len() {
                words.remove(place as usize);
            }
        }
        words
    }

    /// Whether no more words were learned than can be.
    pub(crate) fn is_sound(&self) -> bool {
        self.learned.len() <= MOST
    }

    /// Whether a name of the customer is known.
    pub(crate) fn customer_known(&self) -> bool {
        self.customer_known
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let all = self.words.iter().chain(&self.spares);
        let text: usize = all.map(String::capacity).sum();
        text + (self.words.capacity() + self.spares.capacity()) * size_of::<String>()
    }

    /// Takes a turn of an agent.
    pub(crate) fn agent(&mut self, heard: &Heard<'_>) {
        if !heard.rules.asking.may_stand(heard.bits()) {
            return;
        }
        let words = Words::of(heard);
        if (0..words.all.len()).any(|at| words.starts(at, &heard.rules.asking).is_some()) {
            self.asked = ANSWERS;
        }
    }

    /// Takes a turn of a customer.
    pub(crate) fn customer(&mut self, rules: &NameRules, heard: &Heard<'_>) {
        if self.asked == 0 {
            let said = heard.bits();
            if !heard.rules.introductions.may_stand(said) && !heard.rules.openings.may_stand(said) {
                return;
            }
        }
        let words = Words::of(heard);
        let mut found: SmallVec<[usize; 8]> = SmallVec::new();
        let mut at = 0;
        while at < words.all.len() {
            let sure = words.starts(at, &heard.rules.introductions);
            let maybe = words.starts(at, &heard.rules.openings);
            if let Some(length) = sure.or(maybe) {
                let name = words.name(rules, at + length, sure.is_some());
                found.extend(name.clone());
                at = name.end.max(at + length);
            } else {
                at += 1;
            }
        }
        if self.asked > 0 && found.is_empty() {
            let from = words.all.iter().take_while(|w| rules.not.has(w.known)).count();
            found.extend(words.name(rules, from, true));
        }
        if !found.is_empty() || self.asked > 0 {
            let spelled = words.spelled(&found);
            let mut buffer = Lent::new();
            for &i in &found {
                self.learn(words.normal(i, &mut buffer));
            }
            if let Some(word) = &spelled {
                self.learn(word);
            }
            if !found.is_empty() || spelled.is_some() {
                self.asked = 1;
            }
        }
        self.asked = self.asked.saturating_sub(1);
    }

    fn learn(&mut self, word: &str) {
        self.customer_known = true;
        if word.len() > NAME_BYTES {
            return;
        }
        if self.learned.len() < MOST
            && let Err(place) = self.words.binary_search_by(|w| (**w).cmp(word))
        {
            let mut own = self.blank();
            own.clear();
            own.push_str(word);
            self.words.insert(place, own);
            self.learned.push(place as u32);
        }
    }

    /// Memory for a word.
    fn blank(&mut self) -> String {
        let spare = self.spares.pop();
        spare.unwrap_or_else(|| String::with_capacity(NAME_BYTES))
    }
}

/// A turn as it was heard.
#[derive(Clone, Copy)]
pub(crate) struct Heard<'a> {
    pub(crate) rules: &'a CallWords,
    pub(crate) scan: &'a Scan,
    /// The numbers of its tokens.
    pub(crate) known: &'a [Known],
    pub(crate) text: &'a str,
}

impl Heard<'_> {
    /// The words that stand in it, as [`Facts::bits`](super::words::Facts::bits) has them.
    fn bits(&self) -> u64 {
        let all = self.known.iter().map(|&k| self.rules.facts(k).bits);
        all.fold(0, |said, bits| said | bits)
    }
}

/// A word that is no filler and no mark, without "'s".
#[derive(Clone, Copy)]
struct Word {
    known: Known,
    /// Bytes of the token, "'s" included.
    start: u32,
    end: u32,
    flags: Flags,
    /// First of its sentence.
    first: bool,
    /// The "is" that "'s" stands for.
    stands_apart: bool,
}

struct Words<'a> {
    heard: Heard<'a>,
    all: Vec<Word>,
    /// Both capitals and small letters begin words, so that capitals mean something.
    mixed_case: bool,
}

thread_local! {
    /// Room for words, used again.
    static ROOM: Cell<Vec<Word>> = const { Cell::new(Vec::new()) };
}

impl Drop for Words<'_> {
    fn drop(&mut self) {
        let all = std::mem::take(&mut self.all);
        if all.capacity() <= MOST_ROOM {
            ROOM.set(all);
        }
    }
}

impl<'a> Words<'a> {
    fn of(heard: &Heard<'a>) -> Self {
        let (rules, text) = (heard.rules, heard.text);
        let mut first = true;
        let mut all = ROOM.take();
        all.clear();
        let mut buffer = Lent::new();
        for (token, &known) in heard.scan.tokens.iter().zip(heard.known) {
            // A letter said twice is no stutter where letters are spelled.
            let letter = token.end - token.start == 1;
            let is_word = |t: &Token| {
                !t.flags
                    .intersects(Flags(Flags::MARK.0 | Flags::CONTINUED.0 | Flags::FILLER.0))
                    && (letter || !t.flags.intersects(Flags::STUTTER))
            };
            if is_word(token) {
                let bytes = &text.as_bytes()[token.start as usize..token.end as usize];
                let mut is = false;
                let mut word = Word {
                    known,
                    start: token.start,
                    end: token.end,
                    flags: token.flags,
                    first: std::mem::take(&mut first),
                    stands_apart: false,
                };
                if matches!(bytes.last(), Some(b's' | b'S')) || bytes.last().is_some_and(|b| !b.is_ascii()) {
                    let normal = normal_form(&text[token.start as usize..token.end as usize], &mut buffer);
                    if let Some(base) = normal.strip_suffix("'s") {
                        is = !base.is_empty();
                        word.known = rules.look_up(base);
                    }
                }
                all.push(word);
                if is {
                    // "my name's Kim" is "my name is Kim".
                    all.push(Word {
                        known: rules.is,
                        first: false,
                        stands_apart: true,
                        ..word
                    });
                }
            }
            first |= token.flags.intersects(Flags::SENTENCE_END);
        }
        let title = |w: &Word| w.flags.intersects(Flags::TITLE);
        let mut words = Words {
            heard: *heard,
            all,
            mixed_case: false,
        };
        words.mixed_case = words.all.iter().any(|w| w.first && title(w))
            || words.all.iter().any(title)
                && (0..words.all.len())
                    .any(|i| !title(&words.all[i]) && words.normal(i, &mut buffer).len() > 1);
        words
    }

    /// A word in normal form.
    fn normal<'b>(&self, at: usize, buffer: &'b mut String) -> &'b str
    where
        'a: 'b,
    {
        let word = &self.all[at];
        if word.stands_apart {
            return "is";
        }
        let normal = normal_form(&self.heard.text[word.start as usize..word.end as usize], buffer);
        normal.strip_suffix("'s").unwrap_or(normal)
    }

    /// The length of the longest of these phrases that stands here.
    fn starts(&self, at: usize, phrases: &Phrases) -> Option<usize> {
        let here = &self.all[at..];
        phrases.longest(here.iter().map(|w| w.known), here[0].known)
    }

    /// The words of a name that begins here. If an introduction says that one comes, any word that can be one is; else it must
    /// be a known given name, or written as a name.
    fn name(&self, rules: &NameRules, from: usize, sure: bool) -> std::ops::Range<usize> {
        let mixed = self.mixed_case;
        let mut buffer = Lent::new();
        let mut given = |at: usize| rules.given.has(self.normal(at, &mut buffer));
        let mut letters = Lent::new();
        let mut to = from;
        while to < self.all.len() && to - from < NAME_WORDS {
            let word = &self.all[to];
            let normal = self.normal(to, &mut letters);
            let letters = normal.chars().all(|c| c.is_alphabetic() || c == '\'' || c == '-');
            let title = word.flags.intersects(Flags::TITLE);
            let possible =
                letters && !is_single(normal) && !rules.not.has(word.known) && !self.is_redacted(word);
            let honorific = rules.titles.has(word.known);
            let is_name = if mixed {
                // Where capitals mean something, a name has one.
                possible && title && (sure || !word.first || given(to))
            } else if to == from {
                possible && (sure || given(to))
            } else {
                possible
            };
            if !(is_name || honorific && to == from) {
                break;
            }
            to += 1;
            if word
                .flags
                .intersects(Flags(Flags::SENTENCE_END.0 | Flags::PAUSE.0))
                && !honorific
            {
                break;
            }
        }
        let behind = || self.all.get(to).is_some_and(|w| rules.closings.has(w.known));
        if sure || mixed || behind() || (from..to).any(given) {
            from..to
        } else {
            from..from
        }
    }

    /// Whether a word stands for what was taken out: `{{NAME}}`, `XXXX`. Other marks are no words.
    fn is_redacted(&self, word: &Word) -> bool {
        let (before, rest) = self.heard.text.split_at(word.start as usize);
        let (own, behind) = rest.split_at((word.end - word.start) as usize);
        let crossed_out = own.len() > 2 && own.bytes().all(|b| b.eq_ignore_ascii_case(&b'x'));
        crossed_out || before.ends_with(['{', '[', '<']) || behind.starts_with(['}', ']', '>'])
    }

    /// Names spelled in single letters: they must begin like one that was found, or stand alone.
    fn spelled(&self, found: &[usize]) -> Option<Lent> {
        let mut buffer = Lent::new();
        let mut single = |at: usize| {
            let mut letters = self.normal(at, &mut buffer).chars();
            letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
        };
        let digits = |w: Option<&Word>| w.is_some_and(|w| w.flags.intersects(Flags::NUMBER));
        let mut at = 0;
        while at < self.all.len() {
            let length = (at..self.all.len()).take_while(|&i| single(i)).count();
            let alone = !digits(self.all.get(at + length)) && (at == 0 || !digits(self.all.get(at - 1)));
            if length >= 3 && alone {
                let mut letter = Lent::new();
                let mut word = Lent::new();
                word.clear();
                for i in at..at + length {
                    word.push_str(self.normal(i, &mut letter));
                }
                let initial = &word[..word.chars().next().map_or(0, char::len_utf8)];
                let like = |i: &usize| self.normal(*i, &mut Lent::new()).starts_with(initial);
                if found.is_empty() && length == self.all.len() || found.iter().any(like) {
                    return Some(word);
                }
            }
            at += length.max(1);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Analyzer;
    use crate::transcript::Role;
    use crate::turns::said::Said;

    fn learned(analyzer: &Analyzer, turns: &[(&str, &str)]) -> Vec<String> {
        let rules = &analyzer.0.lexicon.call.names;
        let mut names = Names::default();
        for (speaker, text) in turns {
            let mut scan = Scan::new();
            scan.read_again(analyzer.0.tables(&[], Role::of_id(speaker)), text);
            let mut said = Said::default();
            said.read(&analyzer.0.words, &scan, text);
            let heard = Heard {
                rules: &analyzer.0.words,
                scan: &scan,
                known: &said.known,
                text,
            };
            match *speaker {
                "agent" => names.agent(&heard),
                _ => names.customer(rules, &heard),
            }
        }
        names.words().iter().map(|w| w.to_string()).collect()
    }

    #[test]
    fn names_are_learned_where_they_are_said() {
        let analyzer = Analyzer::builtin();
        for (turns, expected) in [
            (
                vec![("customer", "hi my name is kwabena and my router is dead")],
                vec!["kwabena"],
            ),
            (
                vec![("customer", "My name's Oluwaseun Grant, if that's easier.")],
                vec!["grant", "oluwaseun"],
            ),
            (
                vec![("customer", "hello this is erin mccall calling about my flight")],
                vec!["erin", "mccall"],
            ),
            (
                vec![
                    ("agent", "What's your name?"),
                    ("customer", "Fine. Burt Kowalski."),
                ],
                vec!["burt", "kowalski"],
            ),
            (
                vec![
                    ("agent", "who am i speaking with"),
                    ("customer", "it's uh wendell pruitt july nineteenth"),
                ],
                vec!["pruitt", "wendell"],
            ),
            (
                vec![
                    ("agent", "can i get your name please"),
                    ("customer", "yeah it's siobhan o'dowd"),
                ],
                vec!["o'dowd", "siobhan"],
            ),
            (
                vec![
                    ("agent", "Can you spell your last name?"),
                    ("customer", "q u i l l"),
                ],
                vec!["quill"],
            ),
            (
                vec![("customer", "This is ridiculous, I have been waiting for weeks.")],
                vec![],
            ),
            (
                vec![("customer", "i'm sick of this and it's broken again")],
                vec![],
            ),
            (vec![("customer", "this is the third time i'm calling")], vec![]),
            (
                vec![
                    ("agent", "what's your confirmation code"),
                    ("customer", "q four t r w w"),
                ],
                vec![],
            ),
            (
                vec![
                    ("agent", "What's your name?"),
                    ("customer", "Why do you need that?"),
                ],
                vec![],
            ),
            (
                vec![("agent", "what's your name"), ("customer", "i don't want to say")],
                vec![],
            ),
            (
                vec![
                    (
                        "customer",
                        "Hi, my name is [NAME] [SURNAME], or {{NAME}}, or {first_name}.",
                    ),
                    ("customer", "my name is XXXX XXXX"),
                    ("customer", "my name is **** and this is <PERSON> speaking"),
                    ("customer", "My name is A*** #### [PII]."),
                    ("agent", "what's your name"),
                    ("customer", "[PII]"),
                ],
                vec![],
            ),
            (
                vec![("customer", "Hi, it's about the bill you sent me in May.")],
                vec![],
            ),
        ] {
            let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(learned(&analyzer, &turns), expected, "{turns:?}");
        }
    }
}
