//! `cargo xtask bench`: Hackles beside its peers, in one run.

use std::process::Command;

use aho_corasick::AhoCorasick;
use hackles::text::portable_only;
use hackles::{Analyzer, Lexicon, Options, Role, Turn};
use serde_json::Value;

use crate::clock::{Case, in_turn, median, spent};
use crate::corpus::{calls, utterances};
use crate::figures::{BASELINE, BUILT_IN, Figures, OPENING, PORTABLE, SIMD, WHOLE};
use crate::literals::{self, Agreement};
use crate::peers::{Texts, searches, vaders};
use crate::python::Told;
use crate::steady::{Push, Steady};
use crate::{Asked, python, sessions, threads, worst};

/// Phrases with at most so many forms make a smaller set of literals.
const FEW_FORMS: usize = 8;

pub(crate) fn run(asked: &Asked) -> Result<(), String> {
    let figures = measure(asked)?;
    print!("{figures}");
    match &asked.json {
        Some(file) => std::fs::write(file, figures.json()).map_err(|e| format!("{file}: {e}")),
        None => Ok(()),
    }
}

fn measure(asked: &Asked) -> Result<Figures, String> {
    let usual = |quick, usual| if asked.quick { quick } else { usual };
    let rounds = asked.rounds.unwrap_or(usual(2, 31));
    let most = asked.most.unwrap_or(usual(FEW_FORMS, 256));
    let live = sessions_apart(asked.sessions.unwrap_or(usual(2000, sessions::USUAL)))?;

    let lexicon = Lexicon::builtin();
    let all = Fixed::new(&lexicon, most)?;
    let few = Fixed::new(&lexicon, FEW_FORMS)?;
    let (built, compiled) = built(&lexicon, &all.literals, rounds.min(3));
    let analyzer = Analyzer::new(lexicon).map_err(|e| e.to_string())?;
    let load = load_ns(&analyzer, rounds);

    let utterances = utterances();
    let lower: Vec<String> = utterances.iter().map(|t| t.text.to_lowercase()).collect();
    let texts = Texts {
        utterances: &utterances,
        lower: &lower,
    };
    few.compare(&utterances)?;
    let agreement = all.compare(&utterances)?;
    let pushing = |name, options, push| {
        let mut steady = Steady::new(&analyzer, options, &utterances);
        Case::new(name, move || steady.pass(push))
    };
    let mut cases = vec![
        counting(BASELINE, &all.automaton, &lower),
        matching(SIMD, &all.analyzer, &utterances, false),
        matching(PORTABLE, &all.analyzer, &utterances, true),
        matching(BUILT_IN, &analyzer, &utterances, false),
        pushing(WHOLE, Options::default(), Push::Whole),
        pushing(OPENING, Options::default(), Push::Opening),
        pushing("… that closes an open one", Options::default(), Push::Closing),
        pushing(
            "… that closes, all evidence retained",
            Options::default().full(),
            Push::Whole,
        ),
        counting(
            "aho-corasick DFA of phrases with at most 8 forms",
            &few.automaton,
            &lower,
        ),
        matching("Hackles, matching those", &few.analyzer, &utterances, false),
    ];
    cases.extend(searches(&all.literals, &all.automaton, &texts)?);
    cases.extend(vaders(&texts));
    let names: Vec<String> = cases.iter().map(|case| case.name.to_owned()).collect();
    let count = utterances.len() as f64;
    let medians = in_turn(&mut cases, rounds).into_iter().map(|ns| ns / count);
    let mut ns: Vec<(String, f64)> = names.into_iter().zip(medians).collect();
    drop(cases);

    let told = if asked.python && !asked.quick {
        python::measure(&utterances, &all.literals, rounds.min(7))
    } else {
        Told::default()
    };
    ns.extend(
        told.ns
            .into_iter()
            .map(|(name, ns)| (format!("{name} (Python)"), ns)),
    );
    Ok(Figures {
        patterns: all.literals.len(),
        few_patterns: few.literals.len(),
        utterances: utterances.len(),
        agreement,
        ns,
        built,
        compiled,
        load,
        live,
        threads2: threads::two_over_one(&analyzer, &calls(), rounds)?,
        worst: worst::measure(&analyzer, rounds.min(3)),
        missing: told.missing,
    })
}

/// Literals, and both searches for them.
struct Fixed {
    literals: Vec<String>,
    automaton: AhoCorasick,
    analyzer: Analyzer,
}

impl Fixed {
    fn new(lexicon: &Lexicon, most: usize) -> Result<Fixed, String> {
        let literals = literals::of(lexicon, most);
        Ok(Fixed {
            automaton: literals::automaton(&literals).map_err(|e| e.to_string())?,
            analyzer: Analyzer::new(literals::lexicon(&literals)).map_err(|e| e.to_string())?,
            literals,
        })
    }

    fn compare(&self, utterances: &[Turn]) -> Result<Agreement, String> {
        literals::compare(&self.automaton, &mut self.analyzer.probe(), utterances)
    }
}

/// What building the automaton of literals takes, and what compiling the lexicon does.
fn built(lexicon: &Lexicon, literals: &[String], rounds: usize) -> (f64, f64) {
    let (mut built, mut compiled) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        built.push(spent(|| literals::automaton(literals)).0);
        let copy = lexicon.clone();
        compiled.push(spent(|| Analyzer::new(copy)).0);
    }
    (median(built), median(compiled))
}

fn counting<'a>(name: &'static str, automaton: &'a AhoCorasick, lower: &'a [String]) -> Case<'a> {
    let count = |t: &String| automaton.find_overlapping_iter(t).count();
    Case::whole(name, move || lower.iter().map(count).sum::<usize>())
}

/// Live sessions in a process of their own: nothing else has used its memory.
fn sessions_apart(sessions: usize) -> Result<Value, String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let done = Command::new(program)
        .args(["sessions", "--sessions", &sessions.to_string()])
        .output();
    let done = done.map_err(|e| e.to_string())?;
    serde_json::from_slice(&done.stdout).map_err(|e| format!("sessions: {e}"))
}

fn matching<'a>(name: &'static str, analyzer: &Analyzer, utterances: &'a [Turn], portable: bool) -> Case<'a> {
    let mut probe = analyzer.probe();
    Case::new(name, move || {
        portable_only(portable);
        let time = spent(|| {
            utterances
                .iter()
                .map(|t| probe.count(Role::of_id(&t.speaker), &t.text))
                .sum::<usize>()
        })
        .0;
        portable_only(false);
        time
    })
}

/// What reading a compiled analyzer takes.
fn load_ns(analyzer: &Analyzer, rounds: usize) -> Option<f64> {
    let saved = analyzer.save();
    let times = (0..rounds).map(|_| spent(|| Analyzer::load(&saved)).0);
    Some(median(times.collect()))
}
