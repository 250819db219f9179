//! Which words of a phrase the automaton looks for.
//!
//! Not every form of a phrase, which may be millions, but a *factor*: a run of neighbouring words of which each form has one, chosen
//! such that it is rare in talk and has few forms. Where it occurs, the phrase may; only then is the phrase walked.

use super::program::Program;
use super::{Symbol, Vocabulary};
use crate::text::Flags;

/// A factor has at most so many forms.
const MOST_FORMS: f64 = 512.0;
/// The most forms of a factor of one word: what a list may hold.
const MOST_WORDS: usize = 20_000;
/// What a form costs in memory, in proposals a token.
const FORM_COST: f64 = 1e-5;
/// The same where each proposal is kept until a hit asks for it.
const KEPT_FORM_COST: f64 = 2e-6;
/// What watching for the end of a phrase costs beside being there.
const WATCH_COST: f64 = 2.0;
/// How much likelier a word is behind the word before it in the phrase than anywhere.
const COLLOCATION: f64 = 4.0;

/// One form of a factor.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Factor {
    /// Its words: one that is transparent, or without the transparent ones.
    pub(super) words: Vec<Symbol>,
    /// It is one transparent word, which the automaton does not see.
    pub(super) transparent: bool,
    /// The phrase ends with it.
    pub(super) ends: bool,
}

/// How often each symbol occurs, as shares of all words.
pub(super) struct Frequencies(pub(super) Vec<f64>);

/// What is known of a part before its forms are made.
#[derive(Clone, Copy)]
struct Share {
    forms: f64,
    /// Of its occurring at a token.
    anywhere: f64,
    /// … behind its neighbour.
    behind: f64,
}

/// A run of parts to choose from.
struct Run<'a> {
    cost: f64,
    choice: Choice<'a>,
}

enum Choice<'a> {
    Parts(&'a [&'a Program], bool),
    /// One of several, each with a choice of its own.
    Each(&'a [Program], bool),
}

/// Chooses the factors of programs.
pub(super) struct Chooser<'a> {
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) frequencies: &'a Frequencies,
    /// What a form costs.
    form: f64,
}

impl<'a> Chooser<'a> {
    /// For patterns whose proposals are kept, or for others.
    pub(super) fn new(vocabulary: &'a Vocabulary, frequencies: &'a Frequencies, kept: bool) -> Self {
        Chooser {
            vocabulary,
            frequencies,
            form: if kept { KEPT_FORM_COST } else { FORM_COST },
        }
    }

    fn cost(&self, share: Share, ends: bool) -> f64 {
        share.anywhere * if ends { 1.0 } else { WATCH_COST } + share.forms * self.form
    }

    /// The factors of a program, and what they cost; nothing where it may have no word at all.
    pub(super) fn choose(&self, program: &Program, last: bool) -> Option<(f64, Vec<Factor>)> {
        let mut parts = Vec::new();
        flatten(program, &mut parts);
        if let [Program::Alternatives(all)] = parts[..] {
            let whole = self.whole(&parts, last);
            return better(whole, self.each(all, last));
        }
        let twice = twice(&parts);
        let shares: Vec<Option<Share>> = parts.iter().map(|p| self.share(p)).collect();
        let mut runs: Vec<Run<'_>> = Vec::new();
        for from in 0..parts.len() {
            let mut share: Option<Share> = None;
            for to in from..parts.len() {
                let Some(next) = shares[to] else { break };
                let joined = share.map_or(next, |s| s.and(next));
                share = Some(joined);
                let joined = if from == to {
                    self.alone(parts[to]).unwrap_or(next)
                } else {
                    joined
                };
                if to > from && (joined.forms > MOST_FORMS || twice.contains(&to)) {
                    break;
                }
                let ends = last && to + 1 == parts.len();
                runs.push(Run {
                    cost: self.cost(joined, ends),
                    choice: Choice::Parts(&parts[from..=to], ends),
                });
            }
            if let Program::Alternatives(all) = parts[from] {
                let ends = last && from + 1 == parts.len();
                // Looked at after those that need no closer look.
                runs.push(Run {
                    cost: shares[from].map_or(1.0, |s| self.cost(s, ends)),
                    choice: Choice::Each(all, ends),
                });
            }
        }
        runs.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        let mut best: Option<(f64, Vec<Factor>)> = None;
        for run in runs {
            let found = match run.choice {
                Choice::Parts(..) if best.as_ref().is_some_and(|(cost, _)| *cost <= run.cost) => continue,
                Choice::Parts(parts, ends) => self.whole(parts, ends),
                Choice::Each(all, ends) => self.each(all, ends),
            };
            best = better(best, found);
        }
        best
    }

    /// The forms of a run of parts as factors.
    fn whole(&self, parts: &[&Program], ends: bool) -> Option<(f64, Vec<Factor>)> {
        let alone = if let [part] = parts {
            self.alone(part)
        } else {
            None
        };
        if let (Some(share), [Program::Symbols(symbols)]) = (alone, parts) {
            let transparent = |s: Symbol| self.vocabulary.facts(s).flags.contains(Flags::TRANSPARENT);
            let factor = |&symbol: &Symbol| Factor {
                words: vec![symbol],
                transparent: transparent(symbol),
                ends,
            };
            let factors = symbols.iter().map(factor).collect();
            return (symbols.len() <= MOST_WORDS).then(|| (self.cost(share, ends), factors));
        }
        let share = parts
            .iter()
            .map(|p| self.share(p))
            .reduce(|a, b| Some(a?.and(b?)))??;
        if share.forms > MOST_FORMS {
            return None;
        }
        let mut forms = vec![Vec::new()];
        for part in parts {
            forms = append(forms, part)?;
        }
        let mut factors = forms
            .iter()
            .map(|f| self.factor(f, ends))
            .collect::<Option<Vec<Factor>>>()?;
        factors.sort();
        factors.dedup();
        Some((self.cost(share, ends), factors))
    }

    /// The best factors of each alternative.
    fn each(&self, all: &[Program], ends: bool) -> Option<(f64, Vec<Factor>)> {
        let mut cost = 0.0;
        let mut factors = Vec::new();
        for part in all {
            let (more, found) = self.choose(part, ends)?;
            cost += more;
            factors.extend(found);
        }
        factors.sort();
        factors.dedup();
        (!factors.is_empty() && factors.len() <= MOST_WORDS).then_some((cost, factors))
    }

    /// What the automaton sees of a form; nothing if that is nothing, or if it may see it otherwise.
    fn factor(&self, form: &[Symbol], ends: bool) -> Option<Factor> {
        let mut words = Vec::with_capacity(form.len());
        let mut before = None;
        for &symbol in form {
            let facts = self.vocabulary.facts(symbol);
            // A word or contraction said twice shows once if it is a stutter, and twice if "just" stands between.
            if facts.repeatable && before == Some(symbol) {
                return None;
            }
            if !facts.flags.contains(Flags::TRANSPARENT) {
                before = Some(symbol);
                words.push(symbol);
            } else if !facts.flags.contains(Flags::FILLER) {
                before = None;
            }
        }
        if form.windows(3).any(|w| w[0] == w[2] && w[0] != w[1]) {
            return None;
        }
        let ends = ends && form.last() == words.last();
        (!words.is_empty()).then_some(Factor {
            words,
            transparent: false,
            ends,
        })
    }

    /// What is known of a set of words that stands alone, transparent ones included.
    fn alone(&self, part: &Program) -> Option<Share> {
        let Program::Symbols(symbols) = part else {
            return None;
        };
        let sum: f64 = symbols.iter().map(|&s| self.frequencies.0[s as usize]).sum();
        Some(Share {
            forms: symbols.len() as f64,
            anywhere: sum.min(1.0),
            behind: 1.0,
        })
    }

    /// What is known of a part beside others; nothing where its forms cannot be written out.
    fn share(&self, part: &Program) -> Option<Share> {
        match part {
            Program::Symbols(symbols) => {
                let mut sum = 0.0;
                for &symbol in symbols {
                    if self.vocabulary.facts(symbol).flags.contains(Flags::TRANSPARENT) {
                        return Some(Share::nothing(symbols.len() as f64));
                    }
                    sum += self.frequencies.0[symbol as usize];
                }
                Some(Share {
                    forms: symbols.len() as f64,
                    anywhere: sum.min(1.0),
                    behind: (sum * COLLOCATION).min(1.0),
                })
            }
            Program::Gap(_) | Program::Start => None,
            Program::End => Some(Share::nothing(1.0)),
            Program::Sequence(all) => {
                let mut share = Share::nothing(1.0);
                for part in all {
                    share = share.and(self.share(part)?);
                }
                Some(share)
            }
            Program::Alternatives(all) => {
                let mut sum = Share {
                    forms: 0.0,
                    anywhere: 0.0,
                    behind: 0.0,
                };
                for part in all {
                    let share = self.share(part)?;
                    sum.forms += share.forms;
                    sum.anywhere = (sum.anywhere + share.anywhere).min(1.0);
                    sum.behind = (sum.behind + share.behind).min(1.0);
                }
                Some(sum)
            }
            Program::ByLast(_) => None,
        }
    }
}

impl Share {
    /// A part that may be nothing tells nothing.
    fn nothing(forms: f64) -> Self {
        Share {
            forms,
            anywhere: 1.0,
            behind: 1.0,
        }
    }

    fn and(self, next: Share) -> Share {
        Share {
            forms: self.forms * next.forms,
            anywhere: (self.anywhere * next.behind).min(next.anywhere * self.behind),
            behind: self.behind * next.behind,
        }
    }
}

fn better(a: Option<(f64, Vec<Factor>)>, b: Option<(f64, Vec<Factor>)>) -> Option<(f64, Vec<Factor>)> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.0 < a.0 { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// The parts of a sequence, those of sequences in it included; '$' is none.
fn flatten<'a>(program: &'a Program, out: &mut Vec<&'a Program>) {
    match program {
        Program::Sequence(all) => all.iter().for_each(|p| flatten(p, out)),
        Program::End => {}
        other => out.push(other),
    }
}

/// The parts that may begin a contraction said twice ("it's it's"): a stutter, before which the automaton goes back.
fn twice(parts: &[&Program]) -> Vec<usize> {
    if parts.len() < 4 {
        return Vec::new();
    }
    let symbols: Vec<Vec<Symbol>> = parts
        .iter()
        .map(|part| {
            let mut own = Vec::new();
            part.symbols(&mut own);
            own
        })
        .collect();
    let meet = |a: usize, b: usize| {
        let (a, b) = (&symbols[a], &symbols[b]);
        a.len() * b.len() > 4096 || a.iter().any(|s| b.contains(s))
    };
    (2..parts.len().saturating_sub(1))
        .filter(|&at| meet(at - 2, at) && meet(at - 1, at + 1))
        .collect()
}

/// All forms of a program, if there are few and none has a gap.
pub(super) fn forms(program: &Program, most: usize) -> Option<Vec<Vec<Symbol>>> {
    fn count(program: &Program) -> usize {
        match program {
            Program::Symbols(symbols) => symbols.len(),
            Program::Sequence(all) => all.iter().fold(1, |n, p| n.saturating_mul(count(p))),
            Program::Alternatives(all) => all.iter().fold(0, |n, p| n.saturating_add(count(p))),
            _ => 1,
        }
    }
    (count(program) <= most)
        .then(|| append(vec![Vec::new()], program))
        .flatten()
}

/// All forms, each followed by each form of a part; nothing if the part has a gap or a start.
fn append(forms: Vec<Vec<Symbol>>, part: &Program) -> Option<Vec<Vec<Symbol>>> {
    match part {
        Program::Symbols(symbols) => {
            if let [symbol] = symbols[..] {
                let with = |mut form: Vec<Symbol>| {
                    form.push(symbol);
                    form
                };
                return Some(forms.into_iter().map(with).collect());
            }
            let mut out = Vec::with_capacity(forms.len() * symbols.len());
            for form in &forms {
                out.extend(symbols.iter().map(|s| [form, std::slice::from_ref(s)].concat()));
            }
            Some(out)
        }
        Program::End => Some(forms),
        Program::Sequence(all) => all.iter().try_fold(forms, append),
        Program::Alternatives(all) => {
            let mut out = Vec::new();
            for part in all {
                out.extend(append(forms.clone(), part)?);
            }
            Some(out)
        }
        Program::Gap(_) | Program::Start | Program::ByLast(_) => None,
    }
}
