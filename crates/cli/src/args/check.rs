//! The arguments of `hackles lexicon check`.

use std::path::PathBuf;

use hackles::workbench::check::Code;

use super::Layers;

const HELP: &str = "\
A finding is an error, a warning or a note, and has a code; --allow leaves findings of a code out, --deny makes errors of them:
  errors    example-fails
  warnings  untested zero-weight contradiction empty-window other-speaker own-exclusion unreadable conflicting-weights
            near-duplicate opposite-signals probable-slip item-twice unused-list
  notes     shadowed needs-filler phrase-twice same-phrase large-phrase not-compared hidden-list

--fix puts the files of --lexicon in order first, comments kept: keys of entries as the schema has them, no superfluous spaces in phrases, no phrase or item of a
list twice, one line end at the end. A file that would mean something else afterwards is left as it is.

Examples:
  hackles lexicon check                                     the built-in set
  hackles lexicon check refusal --allow untested            one signal of it
  hackles lexicon check --lexicon mine.toml my_signal       your own words, with what they meet in the built-in set
  hackles lexicon check --lexicon mine.toml --corpus calls/ whether your calls ever say them
  hackles lexicon check --lexicon mine.toml --fix --deny shadowed

Exit status: 0 neither warning nor error, 1 some, 2 usage or nothing done.";

/// `hackles lexicon check`
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Check {
    /// Only what is about these signals
    #[arg(value_name = "SIGNAL")]
    pub(crate) signals: Vec<String>,
    /// Transcripts, or rows with a speaker and a text: an entry that they fire is not untested; any number
    #[arg(long, value_name = "PATH")]
    pub(crate) corpus: Vec<PathBuf>,
    /// Put the files of --lexicon in order first
    #[arg(long, requires = "lexicon")]
    pub(crate) fix: bool,
    /// Write a JSON array: code, severity, signal, entry, file, line, column, text, reason, proposal
    #[arg(long)]
    pub(crate) json: bool,
    /// Leave findings of this code out; any number
    #[arg(long, value_name = "CODE")]
    pub(crate) allow: Vec<Code>,
    /// Make errors of findings of this code; any number
    #[arg(long, value_name = "CODE")]
    pub(crate) deny: Vec<Code>,
    #[command(flatten)]
    pub(crate) layers: Layers,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_names_every_code_under_its_severity() {
        for (heading, next) in [
            ("errors ", "warnings "),
            ("warnings ", "notes "),
            ("notes ", "--fix "),
        ] {
            let from = HELP.find(&format!("  {heading}")).expect("heading");
            let to = HELP[from..].find(next).expect("next") + from;
            for name in HELP[from..to].split_whitespace().skip(1) {
                let code: Code = name.parse().expect("a code");
                assert!(
                    heading.starts_with(code.severity().as_str()),
                    "{name} is no {heading}"
                );
            }
        }
        for code in Code::all() {
            assert!(HELP.contains(code.as_str()), "{code} is missing");
        }
    }
}
