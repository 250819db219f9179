//! Word lists: items that stand twice, lists that nobody names or that hide others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use toml::Spanned;

use super::places::phrases;
use super::{Code, Finding, Subject};
use crate::lexicon::phrase::{self, ListItem, Phrase};
use crate::text::TextRules;

pub(super) fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let files = &subject.places.files;
    // Lists of files with a signal are their own; all others are shared.
    let mut shared: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, file) in files.iter().enumerate().filter(|(_, f)| f.signal.is_none()) {
        for name in file.lists.keys() {
            shared.entry(name).or_insert(number);
        }
    }
    let named: Vec<BTreeSet<&str>> = files
        .iter()
        .map(|f| phrases(f).flat_map(|p| lists_in(p.get_ref())).collect())
        .collect();
    let mut findings = Vec::new();
    for (number, file) in files.iter().enumerate().filter(|(n, _)| subject.wants_file(*n)) {
        for (name, items) in &file.lists {
            let at = items.first().map_or(0, |i| i.span().start);
            let own = file.signal.is_some();
            let used = if own {
                named[number].contains(name.as_str())
            } else {
                let sees = |n: usize| files[n].signal.is_none() || !files[n].lists.contains_key(name);
                (0..files.len()).any(|n| sees(n) && named[n].contains(name.as_str()))
            };
            if !used {
                let here = if own { " of this file" } else { "" };
                findings.push(subject.of_file(
                    Code::UnusedList,
                    number,
                    at,
                    format!("no phrase{here} names <{name}>"),
                    format!("Remove the list, or write <{name}> where it is meant."),
                ));
            }
            if own && shared.contains_key(name.as_str()) {
                findings.push(subject.of_file(
                    Code::HiddenList,
                    number,
                    at,
                    format!("this <{name}> hides the shared list of the same name"),
                    "Give it a name of its own, unless the shared list should not be seen here.".into(),
                ));
            }
            twice(subject, number, name, items, &mut findings);
        }
    }
    findings
}

fn twice(
    subject: &Subject<'_>,
    file: usize,
    name: &str,
    items: &[Spanned<String>],
    findings: &mut Vec<Finding>,
) {
    let mut seen: HashMap<Phrase, &str> = HashMap::new();
    for item in items {
        let Some(normal) = normal_item(item.get_ref(), &subject.lexicon.shared.rules) else {
            continue;
        };
        let Some(first) = seen.insert(normal, item.get_ref()) else {
            continue;
        };
        let written = if first == item.get_ref() {
            String::new()
        } else {
            format!(" (as \"{first}\")")
        };
        findings.push(subject.of_file(
            Code::ItemTwice,
            file,
            item.span().start,
            format!("\"{}\" stands twice in <{name}>{written}", item.get_ref()),
            "Remove one of them (--fix does), or write what was meant.".into(),
        ));
    }
}

/// An item of a list in normal form.
pub(super) fn normal_item(item: &str, rules: &TextRules) -> Option<Phrase> {
    match phrase::parse_item(item, rules).ok()? {
        ListItem::Word(word) => Some(Phrase::Item(phrase::Item::Word(word))),
        ListItem::Phrase(phrase) => Some(phrase),
    }
}

/// The lists that a phrase names.
fn lists_in(phrase: &str) -> impl Iterator<Item = &str> {
    phrase
        .split('<')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('>')?.0))
}
