//! Puts a lexicon file in order without changing what it means.

use std::collections::HashSet;

use toml_edit::{Array, DocumentMut, Item, TableLike, Value};

use super::lists::normal_item;
use crate::error::{Error, ErrorKind, Place, Problem};
use crate::lexicon::phrase::{self, Lists, Phrase};
use crate::lexicon::{Entry, Lexicon, Particulars, Shared};
use crate::text::TextRules;

/// The keys of an entry in the order of the schema.
const KEYS: [&str; 21] = [
    "id", "phrases", "regex", "needs", "weight", "additive", "flips", "ignore", "not-in", "near", "first-ms",
    "after-ms", "unless", "only-if", "sequence", "absent", "count", "hint", "note", "fixed", "off",
];
/// The keys of an entry that hold phrases.
const PHRASES: [&str; 3] = ["phrases", "needs", "not-in"];

/// The text of a lexicon file in order: the keys of entries as the schema has them, no superfluous spaces in
/// phrases, no phrase or item of a list twice, one line end at its end. Comments stay.
///
/// The lexicon is one that the file is part of: it says how words are read. Whether the meaning stayed the same, [`same_meaning`] tells
/// of the lexicons with the file before and after.
///
/// # Errors
/// A text that is no TOML.
pub fn fixed(name: &str, text: &str, lexicon: &Lexicon) -> Result<String, Error> {
    let rules = &lexicon.shared.rules;
    let mut document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| {
        let at = e.span().map_or(0, |s| s.start);
        Error::new(vec![Problem {
            kind: ErrorKind::Schema,
            place: Some(Place::at(&name.into(), text, at)),
            message: e.message().replace('\n', "; "),
        }])
    })?;
    if let Some(lists) = document.get_mut("lists").and_then(Item::as_table_like_mut) {
        for (_, list) in lists.iter_mut() {
            if let Some(items) = list.as_array_mut() {
                tidy(items, |item| normal_item(item, rules));
            }
        }
    }
    if let Some(entries) = document.get_mut("entry").and_then(Item::as_array_of_tables_mut) {
        for entry in entries.iter_mut() {
            for key in PHRASES {
                phrases(entry, key, rules);
            }
            if let Some(near) = entry.get_mut("near").and_then(Item::as_table_like_mut) {
                phrases(near, "phrases", rules);
            }
            // Keys that the schema does not know stay last; loading complains of them.
            let place = |key: &str| KEYS.iter().position(|k| *k == key).unwrap_or(KEYS.len());
            let sorted = entry.iter().map(|(k, _)| place(k)).is_sorted();
            if !sorted {
                entry.sort_values_by(|a, _, b, _| place(a.get()).cmp(&place(b.get())));
            }
        }
    }
    let text = document.to_string();
    Ok(format!("{}\n", text.trim_end()))
}

fn phrases(table: &mut dyn TableLike, key: &str, rules: &TextRules) {
    if let Some(array) = table.get_mut(key).and_then(Item::as_array_mut) {
        tidy(array, |text| phrase::parse(text, &AnyList, rules).ok());
    }
}

/// Names of lists stand for themselves here: whatever they mean, the same name means the same in one file.
struct AnyList;

impl Lists for AnyList {
    fn find(&self, name: &str) -> Option<usize> {
        Some(
            name.bytes()
                .fold(0, |n: usize, b| n.wrapping_mul(257).wrapping_add(b.into())),
        )
    }
    fn names(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// Collapses spaces in strings and drops those whose normal form came before. A comment before one that is dropped stays.
fn tidy(array: &mut Array, normal: impl Fn(&str) -> Option<Phrase>) {
    for value in array.iter_mut() {
        if let Value::String(text) = value {
            let words: Vec<&str> = text.value().split_whitespace().collect();
            let collapsed = words.join(" ");
            if collapsed != *text.value() {
                let decor = text.decor().clone();
                *value = Value::from(collapsed);
                *value.decor_mut() = decor;
            }
        }
    }
    let mut seen = HashSet::new();
    let mut at = 0;
    while at < array.len() {
        let known = array.get(at).and_then(Value::as_str).and_then(&normal);
        if known.is_some_and(|phrase| !seen.insert(phrase)) {
            let dropped = array.remove(at);
            keep_comment(array, at, &dropped);
        } else {
            at += 1;
        }
    }
}

/// Puts the comment that stood before a dropped value before what follows it.
fn keep_comment(array: &mut Array, at: usize, dropped: &Value) {
    let raw =
        |raw: Option<&toml_edit::RawString>| raw.and_then(|r| r.as_str()).unwrap_or_default().to_owned();
    let before = raw(dropped.decor().prefix());
    let behind = raw(dropped.decor().suffix());
    let comment = format!("{before}{behind}");
    if !comment.contains('#') {
        return;
    }
    let comment = comment.trim_end();
    match array.get_mut(at) {
        Some(next) => {
            let own = raw(next.decor().prefix());
            next.decor_mut()
                .set_prefix(format!("{comment}\n{}", own.trim_start_matches('\n')));
        }
        None => {
            let own = raw(Some(array.trailing()));
            array.set_trailing(format!("{comment}\n{}", own.trim_start_matches('\n')));
        }
    }
}

/// Whether two lexicons look for the same in the same way: signals, entries, phrases, lists, modifiers, examples. What stands twice counts
/// once, places do not count.
pub fn same_meaning(a: &Lexicon, b: &Lexicon) -> bool {
    let (a, b) = (a.whole(), b.whole());
    let examples = |l: &Lexicon| -> Vec<String> {
        let told = l
            .examples
            .iter()
            .map(|e| format!("{} {:?} {} {:?} {:?}", e.signal, e.turns, e.at, e.fires, e.entry));
        told.collect()
    };
    a.signals == b.signals
        && a.entries.len() == b.entries.len()
        && a.entries
            .iter()
            .zip(&b.entries)
            .all(|(a, b)| plain(a) == plain(b))
        && lists(&a.shared) == lists(&b.shared)
        && format!("{:?}", a.shared.modifiers) == format!("{:?}", b.shared.modifiers)
        && examples(a) == examples(b)
}

/// An entry as text, without its place and what stands twice in it.
fn plain(entry: &Entry) -> String {
    let mut entry = entry.clone();
    (entry.file, entry.at) = (0, 0);
    let more: &mut Particulars = &mut entry;
    for phrases in [&mut more.phrases, &mut more.needs, &mut more.not_in] {
        once(phrases);
    }
    if let Some(near) = &mut more.near {
        once(&mut near.phrases);
    }
    format!("{entry:?}")
}

fn lists(shared: &Shared) -> Vec<(Vec<String>, Vec<Phrase>)> {
    let plain = |list: &phrase::List| {
        let mut list = list.clone();
        once(&mut list.singles);
        once(&mut list.longer);
        (list.singles, list.longer)
    };
    shared.lists.iter().map(plain).collect()
}

fn once<T: Clone + Eq + std::hash::Hash>(all: &mut Vec<T>) {
    let mut seen = HashSet::new();
    all.retain(|x| seen.insert(x.clone()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::schema::EntryTable;

    #[test]
    fn keys_are_those_of_the_schema() {
        let unknown = toml::from_str::<EntryTable>("nothing = 1").expect_err("unknown");
        let known: Vec<&str> = unknown.message().split('`').skip(3).step_by(2).collect();
        assert_eq!(known, KEYS);
    }

    #[test]
    fn files_are_put_in_order_and_keep_their_comments() {
        let text = r#"# A file.
schema = 1

[lists]
dept = ["team", "Team", "department"] # who

[[entry]]
weight = 2.0   # strong
id = "no"
# why
phrases = [
  "no  way ",
  # said often
  "no way",
  "never", # last
]
near = { phrases = ["a", " a"], words = 3 }


"#;
        let want = r#"# A file.
schema = 1

[lists]
dept = ["team", "department"] # who

[[entry]]
id = "no"
# why
phrases = [
  "no way",
  # said often
  "never", # last
]
weight = 2.0   # strong
near = { phrases = ["a"], words = 3 }
"#;
        let lexicon = Lexicon::builder().build().expect("empty");
        let got = fixed("x.toml", text, &lexicon).expect("TOML");
        assert_eq!(got, want);
        assert_eq!(fixed("x.toml", &got, &lexicon).expect("TOML"), want);
        assert!(fixed("x.toml", "a = ", &lexicon).is_err());
    }
}
