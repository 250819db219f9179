//! Forms that several phrases share: in one entry, in two entries of a signal.
//!
//! Each form, as symbols, becomes a number; phrases that have a number in common are told apart only then.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::opposite::opposites;
use super::read_back::excepts;
use super::shared_forms::{Form, Forms, Names};
use super::{Code, Finding, Subject, weight};
use crate::lexicon::Entry;

/// Weights of nearly the same forms may differ by so much, in thousandths.
const MUCH: u32 = 1000;
/// Of phrases that share a form so many are compared.
const MOST_SHARING: usize = 24;
/// So many of the forms by which two entries meet are said, to see whether both count.
const MOST_SAID: usize = 8;

/// The forms by which two entries meet: how many, and the first of them.
#[derive(Default)]
pub(super) struct Meeting {
    pub(super) forms: usize,
    pub(super) first: Vec<(Form, Form)>,
}

impl Meeting {
    pub(super) fn add(&mut self, forms: (Form, Form)) {
        self.forms += 1;
        if self.first.len() < MOST_SAID {
            self.first.push(forms);
        }
    }
}

/// Meetings by the numbers of their entries, the smaller first.
type Meetings = BTreeMap<(u32, u32), Meeting>;

pub(super) fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let names = Names::of(subject);
    let signals: Vec<u16> = (0..subject.lexicon.signals.len() as u16).collect();
    let all: Vec<Forms> = signals
        .par_iter()
        .map(|&s| Forms::of(subject, &names, s))
        .collect();
    let wanted = all.par_iter().zip(&subject.wanted).filter(|(_, wanted)| **wanted);
    let mut findings: Vec<Finding> = wanted
        .flat_map_iter(|(forms, _)| within_signal(subject, &names, forms))
        .collect();
    findings.extend(opposites(subject, &names, &all));
    findings
}

fn within_signal(subject: &Subject<'_>, names: &Names<'_>, forms: &Forms) -> Vec<Finding> {
    let kinds = kinds(subject, forms);
    let entry = |e: u32| &subject.lexicon.entries[e as usize];
    let comparable = |a: u32, b: u32| kinds[&a] == kinds[&b];
    let same = meetings(forms, &forms.exact, |a, b| comparable(a.0, b.0));
    let nearly = meetings(forms, &forms.near, |a, b| {
        let apart = (entry(a.0).weight.0 - entry(b.0).weight.0).unsigned_abs();
        a.1 != b.1 && apart > MUCH && comparable(a.0, b.0)
    });
    let mut findings = twice(subject, forms);
    let others = nearly.iter().filter(|(pair, _)| !same.contains_key(pair));
    for (&(a, b), meeting) in same.iter().chain(others) {
        // What one of the two excepts it leaves to the other.
        let excepted = |(x, y): &&(Form, Form)| {
            is_excepted(subject, names, forms, (a, x)) || is_excepted(subject, names, forms, (b, y))
        };
        let Some(&first) = meeting.first.iter().find(|m| !excepted(m)) else {
            continue;
        };
        let tell = if same.contains_key(&(a, b)) { shared } else { near };
        findings.push(tell(
            subject,
            names,
            forms,
            (entry(a), entry(b)),
            (meeting.forms, first),
        ));
    }
    findings
}

/// Entries that may be compared have the same number: what they count for beside their words is the same.
fn kinds(subject: &Subject<'_>, forms: &Forms) -> HashMap<u32, usize> {
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut kinds = HashMap::new();
    for owner in &forms.owners {
        let e = &subject.lexicon.entries[owner.entry as usize];
        let kind = format!(
            "{} {:?} {:?} {:?} {:?} {:?}",
            e.additive, e.near, e.first_ms, e.after_ms, e.unless, e.only_if
        );
        let next = known.len();
        kinds.insert(owner.entry, *known.entry(kind).or_insert(next));
    }
    kinds
}

/// Where different entries have forms of one key; `wanted` is asked with the entries and the exact forms.
fn meetings(forms: &Forms, sorted: &[Form], wanted: impl Fn((u32, u64), (u32, u64)) -> bool) -> Meetings {
    let mut out = Meetings::new();
    for group in sorted.chunk_by(|a, b| a.key == b.key) {
        let group = &group[..group.len().min(MOST_SHARING)];
        for (i, a) in group.iter().enumerate() {
            for b in &group[i + 1..] {
                let (x, y) = (forms.entry(a), forms.entry(b));
                if x == y || !wanted((x, a.exact), (y, b.exact)) {
                    continue;
                }
                let (pair, first) = if x < y {
                    ((x, y), (*a, *b))
                } else {
                    ((y, x), (*b, *a))
                };
                out.entry(pair).or_default().add(first);
            }
        }
    }
    out
}

/// Phrases of an entry all forms of which are forms of another.
fn twice(subject: &Subject<'_>, forms: &Forms) -> Vec<Finding> {
    let mut shared: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    for group in forms.exact.chunk_by(|a, b| a.key == b.key) {
        for a in group.iter().filter(|a| a.counts).take(MOST_SHARING) {
            let others = group
                .iter()
                .filter(|b| b.phrase != a.phrase && forms.entry(a) == forms.entry(b));
            for b in others.take(MOST_SHARING) {
                *shared.entry((a.phrase, b.phrase)).or_default() += 1;
            }
        }
    }
    let whole = |a: u32, b: u32| shared.get(&(a, b)).copied() == Some(forms.owners[a as usize].forms);
    let mut findings = Vec::new();
    for &(a, b) in shared.keys().filter(|(a, b)| whole(*a, *b)) {
        // Of two that say the same the later goes.
        if whole(b, a) && a < b {
            continue;
        }
        let (own, other) = (&forms.owners[a as usize], &forms.owners[b as usize]);
        let entry = &subject.lexicon.entries[own.entry as usize];
        let written = subject.places.entry(entry.file, entry.at);
        let other = written.and_then(|t| t.phrases.get(other.place));
        let other = other.map_or("another phrase", |p| p.get_ref().as_str());
        findings.push(subject.of_phrase(
            Code::PhraseTwice,
            entry,
            own.place,
            format!("all this phrase says \"{other}\" says too"),
            "Remove it (--fix does where both are written alike).".into(),
        ));
    }
    // One reason is enough for each phrase.
    findings.dedup_by(|b, a| a.place == b.place);
    findings
}

fn shared(
    subject: &Subject<'_>,
    names: &Names<'_>,
    forms: &Forms,
    (a, b): (&Entry, &Entry),
    (met, (first, second)): (usize, (Form, Form)),
) -> Finding {
    let more = match met {
        1 => String::new(),
        n => format!(" (and {} more forms)", n - 1),
    };
    let said = names.form(subject, forms, &second);
    if a.weight == b.weight {
        return subject.of_phrase(
            Code::SamePhrase,
            b,
            forms.owners[second.phrase as usize].place,
            format!(
                "\"{said}\"{more} stands in \"{}\" too, with the same weight",
                a.id
            ),
            format!("Leave it to \"{}\" or to \"{}\".", a.id, b.id),
        );
    }
    let (weak, strong, at) = if a.weight.magnitude() < b.weight.magnitude() {
        (a, b, first)
    } else {
        (b, a, second)
    };
    subject.of_phrase(
        Code::ConflictingWeights,
        weak,
        forms.owners[at.phrase as usize].place,
        format!(
            "\"{said}\"{more} weighs {} here and {} in \"{}\", so it never counts here",
            weight(weak),
            weight(strong),
            strong.id
        ),
        format!("Leave it to \"{}\" or to \"{}\".", weak.id, strong.id),
    )
}

fn near(
    subject: &Subject<'_>,
    names: &Names<'_>,
    forms: &Forms,
    (a, b): (&Entry, &Entry),
    (met, (first, second)): (usize, (Form, Form)),
) -> Finding {
    let more = match met {
        1 => String::new(),
        n => format!(" (and {} more)", n - 1),
    };
    subject.of_phrase(
        Code::NearDuplicate,
        b,
        forms.owners[second.phrase as usize].place,
        format!(
            "\"{}\"{more} weighs {}, but nearly the same \"{}\" in \"{}\" {}",
            names.form(subject, forms, &second),
            weight(b),
            names.form(subject, forms, &first),
            a.id,
            weight(a)
        ),
        format!(
            "Give both one weight, or say by a note why \"{}\" weighs otherwise.",
            b.id
        ),
    )
}

/// Whether an entry's own `not-in` cancels a form of it.
pub(super) fn is_excepted(
    subject: &Subject<'_>,
    names: &Names<'_>,
    forms: &Forms,
    (entry, form): (u32, &Form),
) -> bool {
    !subject.lexicon.entries[entry as usize].not_in.is_empty()
        && names
            .said(subject, forms, form)
            .is_some_and(|text| excepts(subject, entry, &text))
}
