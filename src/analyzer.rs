//! The analyzer: a lexicon, compiled. Immutable, cheap to share.

use std::fmt;
use std::sync::Arc;

use crate::compiled::Compiled;
use crate::error::Error;
use crate::lexicon::Lexicon;
use crate::saved;

/// Scores calls by a lexicon: compile once, share between threads, clone for the price of a counter.
///
/// ```
/// use hackles::{Analyzer, Transcript};
///
/// let analyzer = Analyzer::builtin();
/// let call: Transcript = serde_json::from_str(
///     r#"{"turns":[{"speaker":"agent","text":"well that's, um, really not my job"}]}"#,
/// )?;
/// let report = analyzer.score(&call);
/// let turn = &report.turns.as_ref().expect("retained")[0];
/// assert!(turn.fired("refusal"));
/// assert_eq!(turn.evidence_of("refusal").next().expect("one").quote.as_deref(), Some("not my job"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct Analyzer(pub(crate) Arc<Compiled>, pub(crate) Telling);

/// What reports and events tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// Quotes as well.
    Text,
    /// Where it stands, not what was said.
    Places,
}

impl fmt::Debug for Analyzer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Analyzer")
            .field(&self.0.name)
            .field(&self.1)
            .finish()
    }
}

impl Analyzer {
    /// Compiles a lexicon.
    ///
    /// # Errors
    /// Phrases that expand beyond the bounds of the schema; conditions that name more than 64 signals.
    pub fn new(lexicon: Lexicon) -> Result<Self, Error> {
        Ok(Analyzer(Arc::new(Compiled::new(lexicon)?), Telling::Text))
    }

    /// Compiles the built-in lexicons for spoken English.
    ///
    /// # Panics
    /// Never: a test compiles the lexicons this library was built with.
    pub fn builtin() -> Self {
        Analyzer::new(Lexicon::builtin())
            .unwrap_or_else(|e| panic!("the built-in lexicons do not compile:\n{e}"))
    }

    /// The same analyzer, whose reports and events tell nothing of what was said: no quotes, no names, and of learned entries their numbers. The
    /// scores and places are the same. [`privacy`](crate::privacy) says what else is promised.
    ///
    /// ```
    /// use hackles::{Analyzer, Transcript};
    ///
    /// let analyzer = Analyzer::builtin().without_text();
    /// let call: Transcript = serde_json::from_str(r#"{"turns":[{"speaker":"agent","text":"not my job"}]}"#)?;
    /// let report = analyzer.score(&call);
    /// let turn = &report.turns.as_ref().expect("retained")[0];
    /// let evidence = turn.evidence_of("refusal").next().expect("one");
    /// assert_eq!((evidence.start, evidence.end, &evidence.quote), (Some(0), Some(10), &None));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn without_text(self) -> Self {
        Analyzer(self.0, Telling::Places)
    }

    /// Whether reports and events tell what was said.
    pub fn tells_text(&self) -> bool {
        self.1 == Telling::Text
    }

    /// The analyzer as bytes, which [`Analyzer::load`] makes an analyzer of at once.
    pub fn save(&self) -> Vec<u8> {
        saved::save(&self.0)
    }

    /// The analyzer that was saved as these bytes by this version of the library. Its phrases, examples and notes are
    /// read again from its lexicon's files when something asks for them, as [`Analyzer::explain`] does.
    ///
    /// ```
    /// use hackles::Analyzer;
    ///
    /// let bytes = Analyzer::builtin().save();
    /// let analyzer = Analyzer::load(&bytes)?;
    /// assert_eq!(analyzer.lexicon().name(), hackles::Lexicon::builtin().name());
    /// # Ok::<(), hackles::Error>(())
    /// ```
    ///
    /// # Errors
    /// Bytes that are no saved analyzer, that are incomplete or damaged, or that another version of the library saved:
    /// the message says which.
    pub fn load(bytes: &[u8]) -> Result<Self, Error> {
        Ok(Analyzer(Arc::new(saved::load(bytes)?), Telling::Text))
    }

    /// The lexicon.
    pub fn lexicon(&self) -> &Lexicon {
        &self.0.lexicon
    }

    /// How large the compiled tables are.
    pub fn size(&self) -> Size {
        Size {
            phrases: self.0.lexicon.phrases(),
            patterns: self.0.automaton.patterns.len(),
            nodes: self.0.automaton.nodes(),
            words: self.0.vocabulary.words(),
            symbols: self.0.vocabulary.symbols(),
            automaton_bytes: self.0.automaton.bytes(),
        }
    }
}

/// How large an analyzer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Size {
    /// Plain phrases of all entries.
    pub phrases: usize,
    /// Patterns over symbols, those of modifiers and exclusions included.
    pub patterns: usize,
    /// Nodes of the automaton.
    pub nodes: usize,
    /// Words of the vocabulary.
    pub words: usize,
    /// Symbols they share.
    pub symbols: usize,
    /// Bytes of the automaton's tables.
    pub automaton_bytes: usize,
}
