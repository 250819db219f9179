//! Phrases to patterns over symbols.
//!
//! The automaton does not hold every form of a phrase, which may be millions, but the last words of each form, as many as
//! stay few ([`TAILS`]). Where those are the whole form the path through the automaton is the proof; else the phrase is compiled to
//! a [`Program`] that an occurrence is walked by.

use super::automaton::{Automaton, Builder};
use super::program::{Gate, Program, Roles, required};
use super::{Owner, Symbol, Vocabulary};
use crate::error::{Error, ErrorKind, Problem};
use crate::lexicon::phrase::{Item, Phrase};
use crate::lexicon::{Lexicon, Shared};
use crate::text::Flags;

/// Up to so many endings of a phrase go into the automaton; longer endings are rarer, so fewer proposals are in vain.
const TAILS: usize = 48;
/// The most endings of one word: what a list at the end of a phrase may hold.
const MOST_TAILS: usize = 20_000;
/// The most patterns of one automaton.
const MAX_PATTERNS: usize = 4_000_000;

/// Builds vocabulary and automaton of a lexicon.
pub(crate) fn compile(lexicon: &Lexicon) -> Result<(Vocabulary, Automaton), Error> {
    let phrases = all(lexicon);
    let mut items = Vec::new();
    phrases.iter().for_each(|(_, p)| p.items(&mut |i| items.push(i)));
    lexicon
        .shared
        .lists
        .iter()
        .flat_map(|l| &l.longer)
        .for_each(|p| p.items(&mut |i| items.push(i)));
    let vocabulary = Vocabulary::build(&lexicon.shared, items.into_iter());
    let commonness = commonness(&vocabulary, &phrases);
    let mut builder = Builder::new(vocabulary.symbols());
    for (owner, phrase) in phrases {
        let tables = PhraseTables {
            vocabulary: &vocabulary,
            shared: &lexicon.shared,
            commonness: &commonness,
        };
        if let Err(message) = add(&mut builder, tables, owner, roles(lexicon, owner), phrase) {
            let place = match owner {
                Owner::Entry(e) | Owner::NotIn(e) | Owner::Near(e) | Owner::Need(e) => {
                    let entry = &lexicon.entries[e as usize];
                    format!(
                        "entry \"{}\" of signal \"{}\"",
                        entry.id,
                        lexicon.signals[usize::from(entry.signal)].id
                    )
                }
                Owner::Cue(m) | Owner::Except(m) | Owner::Stop(m) => {
                    format!("modifier \"{}\"", lexicon.shared.modifiers[usize::from(m)].id)
                }
            };
            let message = format!("{place}: {message}");
            return Err(Error::new(vec![Problem {
                kind: ErrorKind::Range,
                place: None,
                message,
            }]));
        }
    }
    Ok((vocabulary, builder.build()))
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

fn program(vocabulary: &Vocabulary, shared: &Shared, phrase: &Phrase) -> Program {
    let symbols =
        |run: Vec<Symbol>| Program::Sequence(run.into_iter().map(|s| Program::Symbols(vec![s])).collect());
    match phrase {
        Phrase::Start => Program::Start,
        Phrase::End => Program::End,
        Phrase::Item(Item::Gap(n)) => Program::Gap(*n),
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

/// The last words of some forms of a phrase, last first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Tail {
    words: Vec<Symbol>,
    /// More stands before it: a gap, or more than the automaton should hold.
    cut: bool,
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

/// Extends tails backwards by a part of a program.
fn extend(part: &Program, tails: Vec<Tail>) -> Result<Vec<Tail>, String> {
    let mut out = match part {
        // (Programs are indexed later.)
        Program::Start | Program::End | Program::ByLast(_) => tails,
        Program::Gap(_) => tails.into_iter().map(|t| Tail { cut: true, ..t }).collect(),
        Program::Symbols(symbols) => {
            let open = tails.iter().filter(|t| !t.cut).count();
            let many = tails.len() - open + open * symbols.len() > TAILS;
            let mut out = Vec::new();
            for tail in tails {
                if tail.cut || (many && !tail.words.is_empty()) {
                    out.push(Tail { cut: true, ..tail });
                    continue;
                }
                out.extend(symbols.iter().map(|&s| {
                    let mut longer = tail.clone();
                    longer.words.push(s);
                    longer
                }));
            }
            out
        }
        Program::Sequence(all) => {
            let mut tails = tails;
            for part in all.iter().rev() {
                tails = extend(part, tails)?;
            }
            return Ok(tails);
        }
        Program::Alternatives(all) => {
            let mut out = Vec::new();
            for part in all {
                out.extend(extend(part, tails.clone())?);
            }
            out
        }
    };
    if out.len() > MOST_TAILS {
        return Err(format!("a phrase has more than {MOST_TAILS} last words"));
    }
    out.sort();
    out.dedup();
    Ok(out)
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

/// How often phrases name each symbol: the words of a language that are common in phrases are common in talk.
fn commonness(vocabulary: &Vocabulary, phrases: &[(Owner, &Phrase)]) -> Vec<u32> {
    let mut named = vec![0u32; vocabulary.symbols()];
    for (_, phrase) in phrases {
        phrase.items(&mut |item| {
            if matches!(item, Item::Word(_)) {
                vocabulary
                    .choices(item)
                    .iter()
                    .flatten()
                    .for_each(|&s| named[s as usize] += 1);
            }
        });
    }
    named
}

/// What the compilation of a phrase looks things up in.
#[derive(Clone, Copy)]
struct PhraseTables<'a> {
    vocabulary: &'a Vocabulary,
    shared: &'a Shared,
    commonness: &'a [u32],
}

fn add(
    builder: &mut Builder,
    tables: PhraseTables<'_>,
    owner: Owner,
    roles: Roles,
    phrase: &Phrase,
) -> Result<(), String> {
    let PhraseTables {
        vocabulary,
        shared,
        commonness,
    } = tables;
    let whole = program(vocabulary, shared, phrase);
    for at_end in [false, true] {
        let Some(program) = ending(&whole, at_end) else {
            continue;
        };
        let mut number = None;
        let mut required = required(&program);
        // A set is as common as its words together.
        required.sort_by_key(|set| {
            set.iter()
                .map(|&s| u64::from(commonness[s as usize]) + 1)
                .sum::<u64>()
        });
        let within = if must_start(&program) {
            program.longest()
        } else {
            u32::MAX
        };
        for tail in extend(&program, vec![Tail::default()])? {
            let mut shown: Vec<Symbol> = Vec::with_capacity(tail.words.len());
            let mut hidden = false;
            let mut before = None;
            let mut doubled = false;
            for (i, &symbol) in tail.words.iter().enumerate().rev() {
                let facts = vocabulary.facts(symbol);
                let again = facts.repeatable && before == Some(symbol);
                if !facts.flags.contains(Flags::TRANSPARENT) {
                    before = Some(symbol);
                } else if !facts.flags.contains(Flags::FILLER) {
                    before = None;
                }
                doubled |= again;
                if !facts.flags.contains(Flags::TRANSPARENT) {
                    shown.push(symbol);
                    continue;
                }
                hidden = true;
                if i == 0 {
                    shown.clear();
                }
            }
            let Some(&last) = tail.words.first() else { continue };
            // A word or contraction said twice shows once if it is a stutter, and twice if "just" stands between: too rare for the automaton.
            if doubled || tail.words.windows(4).any(|w| w[..2] == w[2..] && w[0] != w[1]) {
                hidden = true;
                shown.clear();
            }
            let whole = !tail.cut && !hidden && !phrase.has_start();
            let program =
                (!whole).then(|| *number.get_or_insert_with(|| builder.program(program.clone().indexed())));
            let gate = Gate::new(&required, &tail.words, roles, within);
            match program {
                Some(program) if shown.is_empty() => {
                    builder.add_triggered(owner, last, program, at_end, gate)
                }
                _ => builder.add(owner, &shown, program, at_end, gate),
            }
        }
    }
    if builder.patterns() > MAX_PATTERNS {
        return Err(format!(
            "the lexicons expand to more than {MAX_PATTERNS} patterns"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::occurrence;
    use super::super::reader::{Scan, Tables};
    use super::super::{Found, Owner};
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
                vec!["a b", "x x y z z y a b", "a b"],
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
            ("my job $", "my job my job um", vec!["my job", "my job"]),
            ("i can do", "i i i can do", vec!["i can do"]),
        ] {
            let want: Vec<String> = want.into_iter().map(String::from).collect();
            assert_eq!(quotes(&[phrase], text), want, "{phrase} in {text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        /// The automaton proposes every occurrence that trying every pattern at every token finds.
        #[test]
        fn agrees_with_a_naive_search(
            phrases in prop::collection::vec("(a|b|c|just|you know|no)( (a|b|c|no|just|you|know|it's|\\.\\.2 a|\\[b\\])){0,4}", 1..6),
            words in prop::collection::vec("a|b|c|no|just|um|you|know|you know|i mean|it's|it|is|a\\.|d|\\[x\\]", 0..24),
        ) {
            let Ok(lexicon) = lexicon(&phrases) else { return Ok(()) };
            let text = words.join(" ");
            let (scan, _, automaton) = scan(&lexicon, &text);
            let mut naive = Vec::new();
            for end in 0..scan.tokens.len() {
                for pattern in &automaton.patterns {
                    // Whether the automaton proposes the pattern here is what is tested.
                    if let Some(start) = occurrence::find(&automaton, pattern, &scan.tokens, end) {
                        naive.push(Found { owner: pattern.owner, start: start as u32, end: end as u32, at_end: pattern.at_end });
                    }
                }
            }
            let hits = |list: &[Found]| {
                let mut list: Vec<Found> = list.iter().filter(|f| matches!(f.owner, Owner::Entry(_))).copied().collect();
                list.sort();
                list.dedup();
                list
            };
            prop_assert_eq!(hits(&scan.hits), hits(&naive), "{} in {}", phrases.join(" / "), text);
        }
    }
}
