//! Plain word sequences of phrases: what a search for fixed strings could look for.

use super::model::Lexicon;
use super::phrase::{Item, List, Phrase};

impl Lexicon {
    /// The plain word sequences that entries' phrases stand for, sorted, each once: words in normal form as they are written
    /// (contractions not opened), a space between them. Phrases with gaps, word classes or prefixes are left out, and those with
    /// more than `most` forms; anchors are not shown. For comparisons with searches for fixed strings.
    ///
    /// ```
    /// let lexicon = hackles::Lexicon::builtin();
    /// assert!(lexicon.literals(8).binary_search(&"above my pay grade".to_owned()).is_ok());
    /// ```
    pub fn literals(&self, most: usize) -> Vec<String> {
        let phrases = self.entries.iter().flat_map(|e| &e.phrases);
        let mut all: Vec<String> = phrases
            .filter_map(|p| forms(p, &self.shared.lists, most))
            .flatten()
            .filter(|form| !form.is_empty())
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// All forms of a phrase, unless there are too many or some are not plain.
fn forms(phrase: &Phrase, lists: &[List], most: usize) -> Option<Vec<String>> {
    let all = match phrase {
        Phrase::Start | Phrase::End => vec![String::new()],
        Phrase::Item(Item::Word(word)) => vec![word.clone()],
        Phrase::Item(Item::List(number)) => {
            let list = &lists[*number];
            alternatives(list.singles.clone(), &list.longer, lists, most)?
        }
        Phrase::Item(_) => return None,
        Phrase::Sequence(parts) => {
            let mut all = vec![String::new()];
            for part in parts {
                let behind = forms(part, lists, most)?;
                if all.len() * behind.len() > most {
                    return None;
                }
                let join = |a: &String| behind.iter().map(|b| joined(a, b)).collect::<Vec<_>>();
                all = all.iter().flat_map(join).collect();
            }
            all
        }
        Phrase::Alternatives(parts) => alternatives(Vec::new(), parts, lists, most)?,
    };
    Some(all)
}

/// `all`, and all forms of some phrases.
fn alternatives(
    mut all: Vec<String>,
    phrases: &[Phrase],
    lists: &[List],
    most: usize,
) -> Option<Vec<String>> {
    for phrase in phrases {
        all.extend(forms(phrase, lists, most)?);
    }
    (all.len() <= most).then_some(all)
}

fn joined(a: &str, b: &str) -> String {
    let space = if a.is_empty() || b.is_empty() { "" } else { " " };
    format!("{a}{space}{b}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_written_out_and_what_is_not_plain_is_left_out() {
        let file = r#"
            schema = 1
            [signal]
            id = "refusal"
            speaker = "agent"
            severity = "bad"
            title = "t"
            summary = "s"
            why = "w"
            hint = "h"
            [lists]
            dept = ["team", "side of the house"]
            [[entry]]
            id = "a"
            weight = 1.0
            phrases = ["^ don't [you] <dept>", "call ..3 me", "times #number", "cancel* it", "(a|b|c) (d|e|f)"]
        "#;
        let lexicon = Lexicon::builder().file("a.toml", file).build().expect("loads");
        let most_eight = [
            "don't side of the house",
            "don't team",
            "don't you side of the house",
            "don't you team",
        ];
        assert_eq!(lexicon.literals(8), most_eight);
        assert_eq!(lexicon.literals(9).len(), 13);
        assert!(lexicon.literals(9).is_sorted());
    }
}
