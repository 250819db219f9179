//! Phrases to patterns over symbols.
//!
//! The automaton holds the factors of each phrase ([`factors`](super::factors)); the phrase itself is compiled to a [`Program`] that an occurrence
//! is walked by.

use super::automaton::{Automaton, Builder, Proposal};
use super::bits::Bits;
use super::factors::{Chooser, Factor, Frequencies};
use super::outline::{Outline, Shares};
use super::program::{Pattern, Program, Roles, Writer};
use super::singles::Single;
use super::{Owner, Symbol, Vocabulary};
use crate::error::{Error, ErrorKind, Problem};
use crate::lexicon::phrase::{Item, Phrase};
use crate::lexicon::{Lexicon, Shared};
use crate::text::{self, Flags, Sink, normal_into};

/// The most runs of words one automaton looks for.
const MAX_PROPOSALS: usize = 4_000_000;
/// So often a word counts as seen that no example has.
const UNSEEN: f64 = 0.3;
/// … and for each time that a phrase names it.
const NAMED: f64 = 0.05;
/// Of fewer words in examples than this, shares say little.
const FEW_WORDS: f64 = 50_000.0;

/// Builds vocabulary and automaton of a lexicon.
pub(crate) fn compile(lexicon: &Lexicon) -> Result<(Vocabulary, Automaton), Error> {
    let phrases = all(lexicon);
    let vocabulary = vocabulary(lexicon);
    let frequencies = frequencies(lexicon, &vocabulary, &phrases);
    let preparation = Preparation {
        vocabulary: &vocabulary,
        shared: &lexicon.shared,
        frequencies: &frequencies,
    };
    let mut prepared = Vec::with_capacity(phrases.len());
    for (owner, phrase) in phrases {
        preparation.prepare(owner, roles(lexicon, owner), phrase, &mut prepared);
    }
    // What is proposed often lies together, so that caches hold it.
    prepared.sort_by(|a, b| b.cost.total_cmp(&a.cost));
    let bits = Bits::assign(&frequencies, prepared.iter().map(|p| &p.program));
    let mut compilation = Compilation {
        shares: Shares::of(&frequencies, &bits),
        bits,
        builder: Builder::new(vocabulary.symbols()),
        writer: Writer::default(),
    };
    for prepared in prepared {
        let owner = prepared.owner;
        if !compilation.add(prepared) {
            return Err(too_large(lexicon, owner));
        }
    }
    let fills = |symbol| {
        let sequences = vocabulary.sequences(symbol);
        sequences.begin || sequences.end
    };
    let automaton = compilation
        .builder
        .build(&frequencies.0, &compilation.bits, fills);
    Ok((vocabulary, automaton))
}

fn too_large(lexicon: &Lexicon, owner: Owner) -> Error {
    let place = match owner {
        Owner::Entry(e) | Owner::NotIn(e) | Owner::Near(e) | Owner::Need(e) => {
            let entry = &lexicon.entries[e as usize];
            let signal = &lexicon.signals[usize::from(entry.signal)].id;
            format!("entry \"{}\" of signal \"{signal}\"", entry.id)
        }
        Owner::Cue(m) | Owner::Except(m) | Owner::Stop(m) => {
            format!("modifier \"{}\"", lexicon.shared.modifiers[usize::from(m)].id)
        }
    };
    let message = format!("{place}: the lexicons expand to more than {MAX_PROPOSALS} runs of words");
    Error::new(vec![Problem {
        kind: ErrorKind::Range,
        place: None,
        message,
    }])
}

/// Builds the vocabulary of a lexicon: the same each time.
pub(crate) fn vocabulary(lexicon: &Lexicon) -> Vocabulary {
    let mut items = Vec::new();
    let phrases = all(lexicon).into_iter().map(|(_, p)| p);
    let listed = lexicon.shared.lists.iter().flat_map(|l| &l.longer);
    phrases
        .chain(listed)
        .for_each(|p| p.items(&mut |i| items.push(i)));
    Vocabulary::build(&lexicon.shared, items.into_iter())
}

fn all(lexicon: &Lexicon) -> Vec<(Owner, &Phrase)> {
    let mut out = Vec::new();
    for (e, entry) in (0..).zip(&lexicon.entries) {
        out.extend(entry.phrases.iter().map(|p| (Owner::Entry(e), p)));
        out.extend(entry.not_in.iter().map(|p| (Owner::NotIn(e), p)));
        out.extend(
            entry
                .near
                .iter()
                .flat_map(|n| &n.phrases)
                .map(|p| (Owner::Near(e), p)),
        );
        out.extend(entry.needs.iter().map(|p| (Owner::Need(e), p)));
    }
    for (m, modifier) in (0..).zip(&lexicon.shared.modifiers) {
        out.extend(modifier.cues.iter().map(|p| (Owner::Cue(m), p)));
        out.extend(modifier.except.iter().map(|p| (Owner::Except(m), p)));
        out.extend(modifier.stops.iter().map(|p| (Owner::Stop(m), p)));
    }
    out
}

/// A phrase as a program.
pub(super) fn program(vocabulary: &Vocabulary, shared: &Shared, phrase: &Phrase) -> Program {
    let symbols =
        |run: Vec<Symbol>| Program::Sequence(run.into_iter().map(|s| Program::Symbols(vec![s])).collect());
    match phrase {
        Phrase::Start => Program::Start,
        Phrase::End => Program::End,
        Phrase::Item(Item::Gap(n)) => Program::Gap(*n),
        Phrase::Item(Item::Word(word)) => match *vocabulary.look_up(word, Flags::NONE).as_slice() {
            [symbol] => Program::Symbols(vec![symbol]),
            ref several => symbols(several.to_vec()),
        },
        Phrase::Item(item) => {
            let (mut singles, mut longer) = (Vec::new(), Vec::new());
            for run in vocabulary.choices(item) {
                if let [symbol] = run[..] {
                    singles.push(symbol)
                } else {
                    longer.push(symbols(run))
                }
            }
            if let Item::List(number) = item {
                longer.extend(
                    shared.lists[*number]
                        .longer
                        .iter()
                        .map(|p| program(vocabulary, shared, p)),
                );
            }
            singles.sort_unstable();
            singles.dedup();
            match (singles.is_empty(), longer.len()) {
                (false, 0) => Program::Symbols(singles),
                (true, 1) => longer.swap_remove(0),
                (true, _) => Program::Alternatives(longer),
                _ => {
                    longer.push(Program::Symbols(singles));
                    Program::Alternatives(longer)
                }
            }
        }
        Phrase::Sequence(all) => {
            Program::Sequence(all.iter().map(|p| program(vocabulary, shared, p)).collect())
        }
        Phrase::Alternatives(all) => {
            let (mut singles, mut others) = (Vec::new(), Vec::new());
            for part in all.iter().map(|p| program(vocabulary, shared, p)) {
                match part {
                    Program::Symbols(mut s) => singles.append(&mut s),
                    Program::Sequence(mut one) if one.len() == 1 && matches!(one[0], Program::Symbols(_)) => {
                        if let Some(Program::Symbols(mut s)) = one.pop() {
                            singles.append(&mut s);
                        }
                    }
                    other => others.push(other),
                }
            }
            singles.sort_unstable();
            singles.dedup();
            if !singles.is_empty() {
                others.push(Program::Symbols(singles));
            }
            if others.len() == 1 {
                others.swap_remove(0)
            } else {
                Program::Alternatives(others)
            }
        }
    }
}

/// Whether [`ending`] has nothing to part: no form ends with the utterance, and none is missing.
fn is_plain(program: &Program) -> bool {
    match program {
        Program::End => false,
        Program::Sequence(all) => all.iter().all(is_plain),
        Program::Alternatives(all) => !all.is_empty() && all.iter().all(is_plain),
        _ => true,
    }
}

/// The forms of a program that end with the utterance, or those that need not; none if there are none.
fn ending(program: &Program, at_end: bool) -> Option<Program> {
    match program {
        Program::End => at_end.then_some(Program::End),
        Program::Sequence(all) if at_end => {
            // '$' stands last, so the last part with one decides; what follows it is empty.
            let last = all.iter().rposition(|p| ending(p, true).is_some())?;
            let parts = all[..last].iter().cloned().chain(ending(&all[last], true));
            Some(Program::Sequence(parts.collect()))
        }
        Program::Sequence(all) => all
            .iter()
            .map(|p| ending(p, false))
            .collect::<Option<_>>()
            .map(Program::Sequence),
        Program::Alternatives(all) => {
            let kept: Vec<Program> = all.iter().filter_map(|p| ending(p, at_end)).collect();
            (!kept.is_empty()).then_some(Program::Alternatives(kept))
        }
        other => (!at_end).then(|| other.clone()),
    }
}

/// Alternatives that stand alone are patterns of their own: what is proposed is then all that is walked.
fn split(program: Option<Program>, at_end: bool, out: &mut Vec<(Program, bool)>) {
    match program {
        None => {}
        Some(Program::Alternatives(all)) => all.into_iter().for_each(|p| split(Some(p), at_end, out)),
        Some(Program::Sequence(mut all)) if all.len() == 1 => split(all.pop(), at_end, out),
        Some(other) => out.push((other, at_end)),
    }
}

/// Whether every form begins with the utterance.
fn must_start(program: &Program) -> bool {
    match program {
        Program::Start => true,
        Program::Sequence(all) => all.iter().any(must_start),
        Program::Alternatives(all) => all.iter().all(must_start),
        _ => false,
    }
}

/// In whose turns a phrase is of use.
fn roles(lexicon: &Lexicon, owner: Owner) -> Roles {
    match owner {
        Owner::Entry(e) | Owner::NotIn(e) | Owner::Near(e) | Owner::Need(e) => {
            let signal = lexicon.entries[e as usize].signal;
            lexicon.signals[usize::from(signal)]
                .speaker
                .map_or(Roles::ALL, |role| Roles::only(Some(role)))
        }
        Owner::Cue(_) | Owner::Except(_) | Owner::Stop(_) => Roles::ALL,
    }
}

/// How often symbols occur in talk, as the lexicons' examples show it; what phrases name often is taken to be commoner.
fn frequencies(lexicon: &Lexicon, vocabulary: &Vocabulary, phrases: &[(Owner, &Phrase)]) -> Frequencies {
    struct Counter<'a> {
        vocabulary: &'a Vocabulary,
        counts: Vec<f64>,
        word: String,
    }
    impl Sink for Counter<'_> {
        fn word(&mut self, text: &str, _: usize, flags: Flags) {
            normal_into(text, &mut self.word);
            for &symbol in self.vocabulary.look_up(&self.word, flags).as_slice() {
                self.counts[symbol as usize] += 1.0;
            }
        }
        fn punctuation(&mut self, _: Flags) {}
    }
    let mut counter = Counter {
        vocabulary,
        counts: vec![UNSEEN; vocabulary.symbols()],
        word: String::new(),
    };
    for example in &lexicon.examples {
        for turn in &example.turns {
            text::read(&lexicon.shared.rules, &turn.text, &mut counter);
        }
    }
    for (_, phrase) in phrases {
        phrase.items(&mut |item| {
            if let Item::Word(word) = item {
                for &symbol in vocabulary.look_up(word, Flags::NONE).as_slice() {
                    counter.counts[symbol as usize] += NAMED;
                }
            }
        });
    }
    let all = counter.counts.iter().sum::<f64>().max(FEW_WORDS);
    counter.counts.iter_mut().for_each(|n| *n /= all);
    Frequencies(counter.counts)
}

/// What the preparation of phrases looks things up in.
struct Preparation<'a> {
    vocabulary: &'a Vocabulary,
    shared: &'a Shared,
    frequencies: &'a Frequencies,
}

/// A pattern before it is written.
struct Prepared {
    owner: Owner,
    program: Program,
    at_end: bool,
    roles: Roles,
    /// In proposals a token.
    cost: f64,
    factors: Vec<Factor>,
}

impl Preparation<'_> {
    fn prepare(&self, owner: Owner, roles: Roles, phrase: &Phrase, out: &mut Vec<Prepared>) {
        let whole = program(self.vocabulary, self.shared, phrase);
        let chooser = Chooser::new(self.vocabulary, self.frequencies, owner.is_asked_for());
        let mut parts = Vec::new();
        if is_plain(&whole) {
            split(Some(whole), false, &mut parts);
        } else {
            for at_end in [false, true] {
                split(ending(&whole, at_end), at_end, &mut parts);
            }
        }
        for (program, at_end) in parts {
            // A phrase without words never occurs.
            let Some((cost, factors)) = chooser.choose(&program, true) else {
                continue;
            };
            out.push(Prepared {
                owner,
                program,
                at_end,
                roles,
                cost,
                factors,
            });
        }
    }
}

/// How many words a pattern is, if it is one word a place and its factors are all of it: then what is proposed needs no walk.
fn words(program: &Program, factors: &[Factor]) -> u8 {
    let parts = match program {
        Program::Symbols(_) => return 1,
        Program::Sequence(all) => all.strip_suffix(&[Program::End]).unwrap_or(all),
        _ => return 0,
    };
    let places = parts.iter().all(|p| matches!(p, Program::Symbols(_)));
    let all = |f: &Factor| f.ends && !f.transparent && f.words.len() == parts.len();
    if places && parts.len() <= Pattern::MOST_WORDS && factors.iter().all(all) {
        parts.len() as u8
    } else {
        0
    }
}

/// What patterns are written to.
struct Compilation {
    bits: Bits,
    shares: Shares,
    builder: Builder,
    writer: Writer,
}

impl Compilation {
    /// Whether there was room for it.
    fn add(&mut self, prepared: Prepared) -> bool {
        let Prepared {
            owner,
            program,
            at_end,
            roles,
            factors,
            ..
        } = prepared;
        let outline = Outline::of(&program, &factors, &self.bits, &self.shares);
        let within = if must_start(&program) {
            u16::try_from(program.longest()).unwrap_or(Pattern::ANYWHERE)
        } else {
            Pattern::ANYWHERE
        };
        let words = words(&program, &factors);
        let builder = &mut self.builder;
        let number = builder.patterns.len() as u32;
        let mut pattern =
            self.writer
                .pattern(&mut builder.code, &self.bits, &program.indexed(), owner, at_end);
        pattern.outline = outline;
        pattern.within = within;
        pattern.words = words;
        builder.patterns.push(pattern);
        for factor in &factors {
            let proposal = Proposal::new(number, &pattern, roles, factor.ends);
            match factor.words[..] {
                [symbol] if factor.transparent => builder.add_hidden(symbol, proposal),
                [symbol] if pattern.is_single() => builder.add_single(Single {
                    symbol,
                    roles,
                    whose: pattern.whose(),
                }),
                ref words => builder.add(words, proposal),
            }
        }
        builder.proposals() <= MAX_PROPOSALS && builder.patterns.len() < Proposal::MOST
    }
}

#[cfg(test)]
mod tests {
    use super::super::occurrence;
    use super::super::reader::{Scan, Tables};
    use super::super::{Found, find_all, in_order};
    use super::*;
    use proptest::prelude::*;

    const SHARED: &str = r##"
schema = 1
[transparent]
fillers = ["um", "uh"]
soft = ["just", "really"]
sequences = ["you know", "i mean"]
[contractions]
cannot = "can not"
notjust = "not just"
"can't" = "can not"
[endings]
"n't" = "not"
"'s" = "is"
[classes]
number = ["one", "two"]
name = ["anna", "tom"]
[lists]
things = ["job", "a big job", "one", "#number (cat|dog)", "pay*"]
"##;

    fn lexicon(phrases: &[String]) -> Result<Lexicon, Error> {
        let list: Vec<String> = phrases.iter().map(|p| format!("{p:?}")).collect();
        let file = format!(
            "schema = 1\n[signal]\nid = \"x\"\nspeaker = \"any\"\nseverity = \"info\"\ntitle = \"t\"\nsummary = \"s\"\n[[entry]]\nid = \"e\"\nweight = 1.0\nphrases = [{}]\n",
            list.join(", ")
        );
        Lexicon::builder()
            .file("shared.toml", SHARED)
            .file("x.toml", &file)
            .build()
    }

    fn scan(lexicon: &Lexicon, text: &str) -> (Scan, Vocabulary, Automaton) {
        let (vocabulary, automaton) = compile(lexicon).expect("small");
        let mut scan = Scan::new();
        let tables = Tables {
            rules: &lexicon.shared.rules,
            vocabulary: &vocabulary,
            automaton: &automaton,
            names: &[],
            role: Roles::ALL,
        };
        scan.advance(tables, text);
        scan.finish(tables, text);
        (scan, vocabulary, automaton)
    }

    fn quotes(phrases: &[&str], text: &str) -> Vec<String> {
        let phrases: Vec<String> = phrases.iter().map(|p| (*p).to_owned()).collect();
        let lexicon = lexicon(&phrases).expect("valid");
        let (scan, ..) = scan(&lexicon, text);
        let quote = |f: &Found| {
            text[scan.tokens[f.start as usize].start as usize..scan.tokens[f.end as usize].end as usize]
                .to_owned()
        };
        scan.hits.iter().map(quote).collect()
    }

    #[test]
    fn finds_what_the_grammar_says() {
        for (phrase, text, want) in [
            (
                "not my job",
                "well that's, um, really not my job",
                vec!["not my job"],
            ),
            (
                "not my job",
                "not, um, really my [noise] job",
                vec!["not, um, really my [noise] job"],
            ),
            ("not my job", "it isn't my job", vec!["isn't my job"]),
            ("not my job", "not my you know job", vec!["not my you know job"]),
            ("not my job", "not my my m-my job", vec!["not my my m-my job"]),
            (
                "well that is not",
                "well that's that's not it",
                vec!["well that's that's not"],
            ),
            ("not my job", "not my. job", vec![]),
            ("not my job", "not my big job", vec![]),
            (
                "do you know",
                "do you know you know it",
                vec!["do you know", "do you know you know"],
            ),
            ("know it", "do you know it", vec!["know it"]),
            ("just my job", "my job just my um job", vec!["just my um job"]),
            ("my job just", "my job um just", vec!["my job um just"]),
            ("really", "no really", vec!["really"]),
            ("no no", "no um no", vec!["no um no"]),
            ("no no", "no", vec![]),
            ("no just no", "no just no", vec!["no just no"]),
            ("well no no it", "well no just no it", vec!["well no just no it"]),
            ("no you a", "no you you know a", vec!["no you you know a"]),
            ("you know just", "you know no just no at", vec![]),
            (
                "can't do",
                "we cannot do, can't do, can not do",
                vec!["cannot do", "can't do", "can not do"],
            ),
            ("my ..2 job", "my one two job", vec!["my one two job"]),
            ("my ..2 job", "my a b c job", vec![]),
            ("my ..2 job", "my um uh a um b job", vec!["my um uh a um b job"]),
            ("no ..3 no ..1 x", "no a no b x", vec!["no a no b x"]),
            ("(a|b c) (d|e) [(f|g)] (h|i) $", "b c e g i", vec!["b c e g i"]),
            (
                "[(x|y|z) (x|y|z) (x|y|z) (x|y|z) (x|y|z) (x|y|z)] a b",
                "z y x a b, x x y z z y a b",
                vec!["a b", "x x y z z y a b"],
            ),
            ("^ ..2 sorry", "oh i am sorry um", vec![]),
            ("^ ..2 sorry", "oh i am so sorry", vec![]),
            ("^ ..2 sorry", "i do sorry", vec!["i do sorry"]),
            (
                "thanks (a lot|$)",
                "thanks a lot and thanks",
                vec!["thanks", "thanks a lot", "thanks"],
            ),
            (
                "not my <things>",
                "not my a big job not my one",
                vec!["not my a big job", "not my one"],
            ),
            (
                "not my <things>",
                "not my 3 dog, not my payments",
                vec!["not my 3 dog", "not my payments"],
            ),
            ("thanks #name", "thanks anna thanks bob", vec!["thanks anna"]),
            (
                "#number jobs",
                "25 jobs two jobs 3.5 jobs",
                vec!["25 jobs", "two jobs", "3.5 jobs"],
            ),
            (
                "canc* it",
                "cancel it cancelled it can it",
                vec!["cancel it", "cancelled it"],
            ),
            ("^ my job", "um my job my job", vec!["my job"]),
            ("(^|but|well so) my job", "my job well my job", vec!["my job"]),
            ("my job $", "my job my job um", vec!["my job", "my job"]),
            ("i can do", "i i i can do", vec!["i can do"]),
        ] {
            let want: Vec<String> = want.into_iter().map(String::from).collect();
            assert_eq!(quotes(&[phrase], text), want, "{phrase} in {text}");
        }
    }

    /// So many words are looked at together.
    #[test]
    fn what_the_last_of_many_words_proposes_is_found() {
        for before in 60..66 {
            let text = format!("{}notjust ", &"b c ".repeat(before)[..2 * before]);
            assert_eq!(quotes(&["just"], &text), ["notjust"], "{before}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        /// The automaton proposes every occurrence that trying every pattern at every token finds.
        #[test]
        fn agrees_with_a_naive_search(
            phrases in prop::collection::vec("(a|b|c|just|you know|no)( (a|b|c|no|just|you|know|it's|\\.\\.2 a|\\[b\\]|\\[just\\]|\\(a b\\|c\\))){0,4}", 1..6),
            words in prop::collection::vec("a|b|c|no|just|um|you|know|you know|i mean|it's|it|is|a\\.|d|\\[x\\]", 0..24),
        ) {
            let Ok(lexicon) = lexicon(&phrases) else { return Ok(()) };
            let text = words.join(" ");
            let (scan, _, automaton) = scan(&lexicon, &text);
            for end in 0..scan.tokens.len() {
                for pattern in &automaton.patterns {
                    // Whether the automaton proposes the pattern here is what is tested.
                    let start = occurrence::find(&automaton.code, pattern, &scan.tokens, &[], end);
                    let by_steps = occurrence::find_by_steps(&automaton.code, pattern, &scan.tokens, end);
                    prop_assert_eq!(start, by_steps);
                    let by_bits = occurrence::find(&automaton.code, pattern, &scan.tokens, scan.texts(), end);
                    prop_assert_eq!(start, by_bits);
                }
            }
            let naive = find_all(&automaton, &scan.tokens);
            prop_assert_eq!(in_order(scan.hits), naive, "{} in {}", phrases.join(" / "), text);
        }
    }
}
