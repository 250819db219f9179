//! The phrase grammar: alternatives, optionals, lists, endings, gaps, anchors and word classes.

use std::collections::BTreeMap;

use crate::text::{self, Flags, Sink, TextRules};

/// The most words a gap may have.
pub(crate) const MAX_GAP: u8 = 12;
/// The most words of a phrase, a gap counted as one.
pub(crate) const MAX_WORDS: usize = 32;
/// The most words all alternatives of a phrase may name together.
const MAX_LEAVES: usize = 4096;
/// How deep brackets may be nested.
const MAX_DEPTH: usize = 16;

/// A class of words that is found by its shape or its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Class {
    Number,
    Time,
    Money,
    Name,
    Masked,
}

impl Class {
    pub(crate) const ALL: [(Class, &'static str); 5] = [
        (Class::Number, "number"),
        (Class::Time, "time"),
        (Class::Money, "money"),
        (Class::Name, "name"),
        (Class::Masked, "masked"),
    ];
}

/// One place of an expanded phrase.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Item {
    /// A word in normal form, contractions not yet opened.
    Word(String),
    /// Any word that begins so.
    Prefix(String),
    Class(Class),
    /// Any single-word item of the list with this number.
    List(usize),
    Gap(u8),
}

/// A phrase as it is written: what may stand one behind the other, and what instead of each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Phrase {
    Item(Item),
    /// The start of the utterance.
    Start,
    /// The end of the utterance.
    End,
    Sequence(Vec<Phrase>),
    Alternatives(Vec<Phrase>),
}

impl Phrase {
    /// Calls `each` with every item.
    pub(crate) fn items<'a>(&'a self, each: &mut impl FnMut(&'a Item)) {
        match self {
            Phrase::Item(item) => each(item),
            Phrase::Start | Phrase::End => {}
            Phrase::Sequence(all) | Phrase::Alternatives(all) => all.iter().for_each(|p| p.items(each)),
        }
    }

    /// How many plain phrases it stands for.
    pub(crate) fn count(&self) -> usize {
        match self {
            Phrase::Item(_) | Phrase::Start | Phrase::End => 1,
            Phrase::Sequence(all) => all.iter().fold(1, |n, p| n.saturating_mul(p.count())),
            Phrase::Alternatives(all) => all.iter().fold(0, |n, p| n.saturating_add(p.count())),
        }
    }

    /// Words that it and the lists it names hold together.
    pub(crate) fn size(&self, lists: &[List]) -> usize {
        let mut size = 0usize;
        self.items(&mut |item| {
            size = size.saturating_add(match item {
                Item::List(number) => lists.get(*number).map_or(1, |list| list.size),
                _ => 1,
            });
        });
        size
    }

    /// Words of its shortest and of its longest form; gaps are words of the longest only.
    fn words(&self) -> (usize, usize) {
        match self {
            Phrase::Item(Item::Gap(_)) => (0, 1),
            Phrase::Item(_) => (1, 1),
            Phrase::Start | Phrase::End => (0, 0),
            Phrase::Sequence(all) => all
                .iter()
                .map(Phrase::words)
                .fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1)),
            Phrase::Alternatives(all) => {
                let least = all.iter().map(|p| p.words().0).min().unwrap_or(0);
                (least, all.iter().map(|p| p.words().1).max().unwrap_or(0))
            }
        }
    }

    /// The same without gaps at its beginning (`first`) or end: there they say nothing.
    fn trimmed(self, first: bool) -> Phrase {
        match self {
            Phrase::Item(Item::Gap(_)) => Phrase::Sequence(Vec::new()),
            Phrase::Alternatives(all) => {
                Phrase::Alternatives(all.into_iter().map(|p| p.trimmed(first)).collect())
            }
            Phrase::Sequence(mut all) => {
                let count = all.len();
                for i in 0..count {
                    let part = &mut all[if first { i } else { count - 1 - i }];
                    *part = std::mem::replace(part, Phrase::Start).trimmed(first);
                    // What may be left out lets a gap behind it come to the border; that one is left to the walk.
                    if part.words().1 > 0 || matches!(part, Phrase::Start | Phrase::End) {
                        break;
                    }
                }
                Phrase::Sequence(all)
            }
            other => other,
        }
    }

    fn ends_in_gap(&self) -> bool {
        match self {
            Phrase::Item(Item::Gap(_)) => true,
            Phrase::Sequence(all) => all.last().is_some_and(Phrase::ends_in_gap),
            Phrase::Alternatives(all) => all.iter().any(Phrase::ends_in_gap),
            _ => false,
        }
    }

    fn has(&self, anchor: &Phrase) -> bool {
        match self {
            Phrase::Sequence(all) | Phrase::Alternatives(all) => all.iter().any(|p| p.has(anchor)),
            other => other == anchor,
        }
    }

    pub(crate) fn has_end(&self) -> bool {
        self.has(&Phrase::End)
    }

    pub(crate) fn has_start(&self) -> bool {
        self.has(&Phrase::Start)
    }

    /// Finds an anchor where it may not stand: `^` behind a word, `$` before one, a gap before `$`.
    fn misplaced(&self) -> Option<&'static str> {
        let Phrase::Sequence(all) = self else {
            return if let Phrase::Alternatives(all) = self {
                all.iter().find_map(Phrase::misplaced)
            } else {
                None
            };
        };
        let mut behind = false;
        for part in all {
            if behind && part.has_start() {
                return Some("'^' may only stand first");
            }
            behind |= part.words().1 > 0;
        }
        let mut before = false;
        for (i, part) in all.iter().enumerate().rev() {
            if before && part.has_end() {
                return Some("'$' may only stand last");
            }
            before |= part.words().1 > 0;
            if *part == Phrase::End && i > 0 && all[i - 1].ends_in_gap() {
                return Some("a gap may not stand before '$'");
            }
        }
        all.iter().find_map(Phrase::misplaced)
    }
}

/// What is wrong with a phrase, and at which byte of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) message: String,
}

/// A word list: its single words (matched as a class) and all other items.
#[derive(Clone, Debug, Default)]
pub(crate) struct List {
    pub(crate) singles: Vec<String>,
    pub(crate) longer: Vec<Phrase>,
    /// Words of all of these.
    pub(crate) size: usize,
}

impl List {
    pub(crate) fn push(&mut self, item: ListItem) {
        match item {
            ListItem::Word(word) => {
                self.size += 1;
                self.singles.push(word);
            }
            ListItem::Phrase(phrase) => {
                self.size += phrase.size(&[]);
                self.longer.push(phrase);
            }
        }
    }
}

/// The lists a phrase may name.
pub(crate) trait Lists {
    /// The list with this name, as its number.
    fn find(&self, name: &str) -> Option<usize>;
    fn names(&self) -> Vec<&str>;
}

/// Reads a phrase.
pub(crate) fn parse(phrase: &str, lists: &dyn Lists, rules: &TextRules) -> Result<Phrase, Fault> {
    let mut parser = Parser {
        text: phrase,
        at: 0,
        lists,
        rules,
        depth: 0,
        leaves: 0,
    };
    let parsed = parser.sequence(None)?;
    let fault = |message: String| Err(Fault { at: 0, message });
    if let Some(message) = parsed.misplaced() {
        return fault(message.to_owned());
    }
    // A gap behind '^' says how far from the start; elsewhere at the border it says nothing.
    let parsed = if parsed.has_start() {
        parsed
    } else {
        parsed.trimmed(true)
    };
    let parsed = if parsed.has_end() {
        parsed
    } else {
        parsed.trimmed(false)
    };
    let (least, most) = parsed.words();
    if least == 0 {
        return fault("a phrase must hold at least one word that is not optional".into());
    }
    if most > MAX_WORDS {
        return fault(format!("a phrase may be at most {MAX_WORDS} words long"));
    }
    Ok(parsed)
}

/// An item of a list: a word, or a phrase that names no list.
pub(crate) enum ListItem {
    Word(String),
    Phrase(Phrase),
}

/// Reads an item of a list.
pub(crate) fn parse_item(item: &str, rules: &TextRules) -> Result<ListItem, Fault> {
    let none = BTreeMap::new();
    let parsed = parse(item, &ListTable::default().with(&none), rules)?;
    if parsed.has_start() || parsed.has_end() {
        return Err(Fault {
            at: 0,
            message: "'^' and '$' do not belong into a list".into(),
        });
    }
    if let Phrase::Sequence(parts) = &parsed
        && let [Phrase::Item(Item::Word(word))] = parts.as_slice()
    {
        return Ok(ListItem::Word(word.clone()));
    }
    Ok(ListItem::Phrase(parsed))
}

/// The words of a text without any grammar, in normal form: for lists and cues of `shared.toml`.
pub(crate) fn plain_words(rules: &TextRules, text: &str) -> Vec<String> {
    struct Normals(Vec<String>);
    impl Sink for Normals {
        fn word(&mut self, text: &str, _: usize, _: Flags) {
            self.0.push(text::normal(text));
        }
        fn punctuation(&mut self, _: Flags) {}
    }
    let mut out = Normals(Vec::new());
    text::read(rules, text, &mut out);
    out.0
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    lists: &'a dyn Lists,
    rules: &'a TextRules,
    depth: usize,
    leaves: usize,
}

impl Parser<'_> {
    fn fault<T>(&self, at: usize, message: impl Into<String>) -> Result<T, Fault> {
        Err(Fault {
            at,
            message: message.into(),
        })
    }

    /// Items up to `close`, `|` (inside brackets) or the end.
    fn sequence(&mut self, close: Option<char>) -> Result<Phrase, Fault> {
        let mut parts = Vec::new();
        loop {
            let Some(c) = self.text[self.at..].chars().next() else {
                return match close {
                    Some(c) => self.fault(self.at, format!("expected '{c}'")),
                    None => Ok(Phrase::Sequence(parts)),
                };
            };
            match c {
                c if c.is_whitespace() => self.at += c.len_utf8(),
                '|' if close.is_some() => return Ok(Phrase::Sequence(parts)),
                c if Some(c) == close => return Ok(Phrase::Sequence(parts)),
                ')' | ']' | '>' | '|' => return self.fault(self.at, format!("unexpected '{c}'")),
                _ => {
                    let at = self.at;
                    self.item(c, &mut parts)?;
                    self.leaves += 1;
                    if self.leaves > MAX_LEAVES {
                        return self.fault(at, format!("names more than {MAX_LEAVES} words"));
                    }
                }
            }
        }
    }

    fn item(&mut self, c: char, parts: &mut Vec<Phrase>) -> Result<(), Fault> {
        let start = self.at;
        parts.push(match c {
            '(' => self.alternatives(')')?,
            '[' => match self.alternatives(']')? {
                Phrase::Alternatives(mut all) => {
                    all.push(Phrase::Sequence(Vec::new()));
                    Phrase::Alternatives(all)
                }
                other => other,
            },
            '<' => {
                let Some(end) = self.text[start..].find('>') else {
                    return self.fault(start, "expected '>'");
                };
                let name = &self.text[start + 1..start + end];
                self.at = start + end + 1;
                match self.lists.find(name) {
                    Some(number) => Phrase::Item(Item::List(number)),
                    None => {
                        let hint = crate::error::did_you_mean(name, self.lists.names());
                        return self.fault(start, format!("unknown list <{name}>{hint}"));
                    }
                }
            }
            '#' => {
                let name = self.take(start + 1).to_owned();
                match Class::ALL.iter().find(|(_, n)| *n == name.as_str()) {
                    Some(&(class, _)) => Phrase::Item(Item::Class(class)),
                    None => {
                        let hint = crate::error::did_you_mean(&name, Class::ALL.iter().map(|c| c.1));
                        return self.fault(start, format!("unknown word class \"#{name}\"{hint}"));
                    }
                }
            }
            '^' | '$' => {
                self.at += 1;
                if c == '^' { Phrase::Start } else { Phrase::End }
            }
            '.' if self.text[start..].starts_with("..") => {
                let number = self.take(start + 2).to_owned();
                match number.parse::<u8>() {
                    Ok(n) if (1..=MAX_GAP).contains(&n) => Phrase::Item(Item::Gap(n)),
                    _ => {
                        return self.fault(start, format!("a gap is ..1 to ..{MAX_GAP}, not \"..{number}\""));
                    }
                }
            }
            _ => return self.words(start, parts),
        });
        Ok(())
    }

    /// Letters and digits from `from` on; moves behind them.
    fn take(&mut self, from: usize) -> &str {
        let end = self.text[from..]
            .find(|c: char| !c.is_alphanumeric())
            .map_or(self.text.len(), |i| from + i);
        self.at = end;
        &self.text[from..end]
    }

    fn alternatives(&mut self, close: char) -> Result<Phrase, Fault> {
        let open = self.at;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fault(open, format!("brackets may be nested {MAX_DEPTH} deep"));
        }
        self.at += 1;
        let mut all = Vec::new();
        loop {
            let before = self.at;
            let part = self.sequence(Some(close))?;
            if part == Phrase::Sequence(Vec::new()) {
                return self.fault(
                    before,
                    "an alternative is empty; write [ ] for what may be left out",
                );
            }
            all.push(part);
            let c = self.text[self.at..].chars().next();
            self.at += 1;
            if c == Some(close) {
                self.depth -= 1;
                return Ok(Phrase::Alternatives(all));
            }
        }
    }

    /// A run of characters up to white space or a sign of the grammar, read as text is read.
    fn words(&mut self, start: usize, parts: &mut Vec<Phrase>) -> Result<(), Fault> {
        let stop = |c: char| c.is_whitespace() || "()[]<>|^#".contains(c);
        let mut end = self.text[start..]
            .find(stop)
            .map_or(self.text.len(), |i| start + i);
        if self.text[start..end].ends_with('$') && end > start + 1 {
            end -= 1;
        }
        let run = &self.text[start..end];
        self.at = end;
        if let Some(gap) = run.find("..") {
            return self.fault(start + gap, "a gap must stand apart from the words");
        }
        let (run, prefix) = match run.strip_suffix('*') {
            Some(beginning) if !beginning.contains('*') => (beginning, true),
            _ => (run, false),
        };
        let mut words = plain_words(self.rules, run);
        let Some(last) = words.pop() else {
            let hint = if run == "?" {
                "; write [ ] for what may be left out"
            } else {
                ""
            };
            return self.fault(start, format!("\"{run}\" is no word{hint}"));
        };
        let last = if !prefix {
            Item::Word(last)
        } else if last.chars().count() >= 2 {
            Item::Prefix(last)
        } else {
            return self.fault(start, "a word's beginning needs at least two letters");
        };
        parts.extend(words.into_iter().map(Item::Word).chain([last]).map(Phrase::Item));
        Ok(())
    }
}

/// Lists by name; a file's own come before the shared ones.
#[derive(Debug, Default)]
pub(crate) struct ListTable {
    pub(crate) lists: Vec<List>,
    pub(crate) shared: BTreeMap<String, usize>,
}

impl ListTable {
    /// The lists as seen from a file with lists of its own.
    pub(crate) fn with<'a>(&'a self, own: &'a BTreeMap<String, usize>) -> impl Lists + 'a {
        Scope { table: self, own }
    }
}

struct Scope<'a> {
    table: &'a ListTable,
    own: &'a BTreeMap<String, usize>,
}

impl Lists for Scope<'_> {
    fn find(&self, name: &str) -> Option<usize> {
        self.own
            .get(name)
            .or_else(|| self.table.shared.get(name))
            .copied()
    }
    fn names(&self) -> Vec<&str> {
        self.own
            .keys()
            .chain(self.table.shared.keys())
            .map(String::as_str)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> ListTable {
        let list = List {
            singles: vec!["team".into()],
            size: 1,
            ..List::default()
        };
        ListTable {
            lists: vec![list],
            shared: BTreeMap::from([("dept".to_owned(), 0)]),
        }
    }

    fn parsed(phrase: &str) -> Result<Phrase, Fault> {
        let (table, own) = (table(), BTreeMap::new());
        parse(phrase, &table.with(&own), &TextRules::default())
    }

    /// All plain phrases a phrase stands for.
    fn expanded(phrase: &Phrase) -> Vec<String> {
        let item = |i: &Item| match i {
            Item::Word(w) => w.clone(),
            Item::Prefix(w) => format!("{w}*"),
            Item::Class(c) => format!("{c:?}"),
            Item::List(n) => format!("<{n}>"),
            Item::Gap(n) => format!("..{n}"),
        };
        match phrase {
            Phrase::Item(i) => vec![item(i)],
            Phrase::Start => vec!["^".into()],
            Phrase::End => vec!["$".into()],
            Phrase::Alternatives(all) => all.iter().flat_map(expanded).collect(),
            Phrase::Sequence(all) => all.iter().map(expanded).fold(vec![String::new()], |left, right| {
                let join = |a: &String, b: &String| format!("{a} {b}").trim().to_owned();
                left.iter()
                    .flat_map(|a| right.iter().map(move |b| join(a, b)))
                    .collect()
            }),
        }
    }

    #[test]
    fn means_what_it_says() {
        for (phrase, want) in [
            ("Not my  job", vec!["not my job"]),
            ("(a|b c) d", vec!["a d", "b c d"]),
            ("a [b|c] d", vec!["a b d", "a c d", "a d"]),
            ("a [(b|c) d]", vec!["a b d", "a c d", "a"]),
            ("not my <dept>", vec!["not my <0>"]),
            ("cancel* it ..3 #time", vec!["cancel* it ..3 Time"]),
            ("^ no $", vec!["^ no $"]),
            ("no$", vec!["no $"]),
            ("[^] no", vec!["^ no", "no"]),
            ("^ ..2 no", vec!["^ ..2 no"]),
            ("..3 a (b ..2|c)", vec!["a b", "a c"]),
            ("follow-up don’t", vec!["follow up don't"]),
        ] {
            let phrase_ = parsed(phrase).expect(phrase);
            assert_eq!(expanded(&phrase_), want, "{phrase}");
            assert_eq!(phrase_.count(), want.len(), "{phrase}");
        }
    }

    #[test]
    fn faults_name_the_place() {
        for (phrase, at, part) in [
            ("a (b", 4, "expected ')'"),
            ("a b)", 3, "unexpected ')'"),
            ("a <dpt>", 2, "did you mean \"dept\"?"),
            ("a #tim", 2, "did you mean \"time\"?"),
            ("a ..13 b", 2, "..1 to ..12"),
            ("a ..2 $", 0, "before '$'"),
            ("a ^ b", 0, "only stand first"),
            ("a $ b", 0, "only stand last"),
            ("[a]", 0, "not optional"),
            ("a* b", 0, "two letters"),
            ("a ()", 3, "empty"),
            ("a &", 2, "no word"),
        ] {
            let fault = parsed(phrase).expect_err(phrase);
            assert!(fault.message.contains(part), "{phrase}: {}", fault.message);
            assert_eq!(fault.at, at, "{phrase}: {}", fault.message);
        }
        let long = "(a|b) ".repeat(40);
        assert!(parsed(&long).expect_err("long").message.contains("32 words"));
        assert!(parsed(&"(a|b) ".repeat(30)).expect("many alternatives").count() > 1 << 29);
    }
}
