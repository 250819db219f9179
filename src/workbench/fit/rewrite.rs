//! Writes what was fitted into the files it came from, so that a person can read the difference.

use std::collections::HashMap;
use std::sync::Arc;

use toml_edit::{DocumentMut, Item, Value};

use super::Fit;
use crate::lexicon::{Lexicon, TERM};

/// A lexicon file with new weights.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rewritten {
    /// The name it was loaded under.
    pub name: Arc<str>,
    /// Its new text.
    pub text: String,
}

impl Fit {
    /// The files of a lexicon that change by this fit, in the order in which they are laid over each other. Everything but weights, bias and
    /// threshold stays as it was written, comments too; learned terms that are left out go.
    ///
    /// # Errors
    /// A file that is not what the lexicon was loaded from.
    pub fn rewrite(&self, lexicon: &Lexicon) -> Result<Vec<Rewritten>, String> {
        let lexicon = lexicon.whole();
        let new: HashMap<&str, f64> = self.weights.iter().map(|w| (w.entry.as_str(), w.new)).collect();
        let number = lexicon.signals.iter().position(|s| s.id == self.signal);
        let own = lexicon
            .entries
            .iter()
            .filter(|e| Some(usize::from(e.signal)) == number);
        // By file: ids of entries and phrases of terms.
        let mut changes: HashMap<usize, Vec<(&str, f64)>> = HashMap::new();
        for entry in own {
            if let Some(&weight) = new.get(entry.id.as_str()) {
                changes
                    .entry(entry.file.into())
                    .or_default()
                    .push((&entry.id, weight));
            }
        }
        let header = [("bias", self.bias), ("threshold", self.threshold)];
        let moved: Vec<(&str, f64)> = header
            .into_iter()
            .filter(|(_, [old, new])| old != new)
            .map(|(k, v)| (k, v[1]))
            .collect();
        let mut documents: Vec<Option<DocumentMut>> = Vec::new();
        for (number, (name, text)) in lexicon.files.iter().enumerate() {
            let concerned =
                changes.contains_key(&number) || (!moved.is_empty() && text.contains(&self.signal));
            documents.push(if concerned {
                Some(text.parse().map_err(|e| format!("{name}: {e}"))?)
            } else {
                None
            });
        }
        for (number, weights) in changes {
            let document = documents[number].as_mut().ok_or("a file has gone")?;
            for (entry, weight) in weights {
                let is_before = |text: &str| {
                    let phrase = entry.strip_prefix(TERM);
                    phrase.is_some_and(|p| text.contains(&format!("{p:?} =")))
                };
                let hides = lexicon.files[..number].iter().any(|(_, text)| is_before(text));
                set_weight(document, entry, weight, hides);
            }
        }
        for (key, value) in moved {
            set_header(&mut documents, &self.signal, key, value);
        }
        let files = lexicon.files.iter().zip(documents);
        let rewritten = files.filter_map(|((name, text), document)| {
            let new = document?.to_string();
            (new != **text).then(|| Rewritten {
                name: Arc::clone(name),
                text: new,
            })
        });
        Ok(rewritten.collect())
    }
}

/// Sets a weight. A term that is left out goes, unless it `hides` the same term of an earlier file: then it gets a weight of 0.
fn set_weight(document: &mut DocumentMut, entry: &str, weight: f64, hides: bool) {
    if let Some(phrase) = entry.strip_prefix(TERM) {
        let terms = document.get_mut("fitted").and_then(|f| f.get_mut("terms"));
        let Some(terms) = terms.and_then(Item::as_table_like_mut) else {
            return;
        };
        if weight == 0.0 && !hides {
            terms.remove(phrase);
        } else if let Some(item) = terms.get_mut(phrase) {
            replace(item, weight);
        }
        return;
    }
    for kind in ["entry", "feature"] {
        let tables = document.get_mut(kind).and_then(Item::as_array_of_tables_mut);
        let named = tables.into_iter().flat_map(|t| t.iter_mut());
        for table in named.filter(|t| t.get("id").and_then(Item::as_str) == Some(entry)) {
            if let Some(item) = table.get_mut("weight") {
                replace(item, weight);
            }
        }
    }
}

/// Sets a key of the header: in the last file that has it, else in the first that is about the signal.
fn set_header(documents: &mut [Option<DocumentMut>], signal: &str, key: &str, value: f64) {
    let headers = documents.iter_mut().flatten().filter_map(|d| {
        let header = d.get_mut("signal")?.as_table_like_mut()?;
        (header.get("id").and_then(Item::as_str) == Some(signal)).then_some(header)
    });
    let mut headers: Vec<_> = headers.collect();
    // What stands before a header that begins the signal anew does not hold.
    let anew = |h: &&mut dyn toml_edit::TableLike| h.get("replace").and_then(Item::as_bool) == Some(true);
    let from = headers.iter().rposition(anew).unwrap_or(0);
    let at = headers
        .iter()
        .rposition(|h| h.contains_key(key))
        .unwrap_or(from)
        .max(from);
    let Some(header) = headers.get_mut(at) else { return };
    match header.get_mut(key) {
        Some(item) => replace(item, value),
        None => {
            header.insert(key, toml_edit::value(value));
        }
    }
}

/// Replaces a number and keeps what stands around it.
fn replace(item: &mut Item, number: f64) {
    if let Some(value) = item.as_value_mut() {
        let around = value.decor().clone();
        *value = Value::from(number);
        *value.decor_mut() = around;
    }
}
