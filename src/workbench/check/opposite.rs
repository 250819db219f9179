//! Forms that speak for a good and for a bad signal.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::same::{Meeting, is_excepted};
use super::shared_forms::{Form, Forms, Names};
use super::{Code, Finding, Subject};
use crate::lexicon::Entry;
use crate::signal::Severity;

/// Forms that speak for a good and for a bad signal of one speaker.
pub(super) fn opposites(subject: &Subject<'_>, names: &Names<'_>, all: &[Forms]) -> Vec<Finding> {
    let signals = &subject.lexicon.signals;
    let of = |severity: Severity| {
        (0..all.len()).filter(move |&s| signals[s].severity == severity && signals[s].speaker.is_some())
    };
    let mut good: Vec<(u64, usize, Form)> = of(Severity::Good)
        .flat_map(|s| all[s].exact.iter().map(move |f| (f.key, s, *f)))
        .collect();
    good.par_sort_unstable();
    let mut met: BTreeMap<(u32, u32), (usize, usize, Meeting)> = BTreeMap::new();
    for s in of(Severity::Bad) {
        for form in &all[s].exact {
            let from = good.partition_point(|g| g.0 < form.key);
            for &(_, other, of_good) in good[from..].iter().take_while(|g| g.0 == form.key) {
                let pair = (all[s].entry(form), all[other].entry(&of_good));
                let wanted = subject.wanted[s] || subject.wanted[other];
                if wanted && signals[s].speaker == signals[other].speaker && both_count(subject, pair) {
                    let meeting = met.entry(pair).or_insert_with(|| (s, other, Meeting::default()));
                    meeting.2.add((*form, of_good));
                }
            }
        }
    }
    let finding = |((bad, good), (s, other, meeting)): ((u32, u32), (usize, usize, Meeting))| {
        let excepted = |(x, y): &&(Form, Form)| {
            is_excepted(subject, names, &all[s], (bad, x))
                || is_excepted(subject, names, &all[other], (good, y))
        };
        let (form, _) = *meeting.first.iter().find(|m| !excepted(m))?;
        let entry = |e: u32| &subject.lexicon.entries[e as usize];
        let more = match meeting.forms {
            1 => String::new(),
            n => format!(" (and {} more forms)", n - 1),
        };
        let other = entry(good);
        Some(subject.of_phrase(
            Code::OppositeSignals,
            entry(bad),
            all[s].owners[form.phrase as usize].place,
            format!(
                "\"{}\"{more} is bad here and good in \"{}/{}\"",
                names.form(subject, &all[s], &form),
                signals[usize::from(other.signal)].id,
                other.id
            ),
            format!(
                "Decide for one, or say when it is which by `unless` or `near` in \"{}\" or \"{}\".",
                entry(bad).id,
                other.id
            ),
        ))
    };
    met.into_iter().filter_map(finding).collect()
}

/// Whether nothing but the words decides of these entries, and both count for their signals.
fn both_count(subject: &Subject<'_>, (a, b): (u32, u32)) -> bool {
    let (a, b) = (
        &subject.lexicon.entries[a as usize],
        &subject.lexicon.entries[b as usize],
    );
    let free = |e: &Entry, other: &Entry| {
        let excludes = |c: &crate::lexicon::Condition| c.what.any.iter().any(|s| s == other.signal);
        e.weight.0 > 0 && e.near.is_none() && e.only_if.is_empty() && !e.unless.iter().any(excludes)
    };
    free(a, b) && free(b, a)
}
