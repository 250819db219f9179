//! What a check can find: stable names, each with how bad it is.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::error::did_you_mean;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing need be done.
    Note,
    /// Does not do what it seems to do.
    Warning,
    /// Broken.
    Error,
}

impl Severity {
    /// `error`, `warning` or `note`.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// What was found; the table of this module's documentation says more of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Code {
    /// An example does not do what it says.
    ExampleFails,
    /// Neither an example nor the corpus fires an entry.
    Untested,
    /// An entry weighs nothing.
    ZeroWeight,
    /// Conditions of an entry exclude each other.
    Contradiction,
    /// A time window is empty.
    EmptyWindow,
    /// A condition asks for a signal of the other speaker in the same turn.
    OtherSpeaker,
    /// Every form of a phrase is cancelled by the entry's own `not-in`.
    OwnExclusion,
    /// A phrase needs words that reading never yields.
    Unreadable,
    /// Every form of a phrase is covered by a stronger entry.
    Shadowed,
    /// A phrase fails without a transparent word that it names.
    NeedsFiller,
    /// A phrase says nothing that another of the same entry does not say.
    PhraseTwice,
    /// Two entries of one weight share forms.
    SamePhrase,
    /// Two entries of different weights share forms.
    ConflictingWeights,
    /// Two entries have nearly the same forms and weights that differ much.
    NearDuplicate,
    /// A good and a bad signal of one speaker share forms.
    OppositeSignals,
    /// A word that looks like a slip for a common one.
    ProbableSlip,
    /// A phrase stands for very many forms.
    LargePhrase,
    /// A phrase has too many forms to be compared.
    NotCompared,
    /// An item stands twice in a list.
    ItemTwice,
    /// No phrase names a list.
    UnusedList,
    /// A file's own list hides a shared one.
    HiddenList,
}

impl Code {
    /// All codes with their names and severities.
    pub(super) const ALL: [(Code, &'static str, Severity); 21] = [
        (Code::ExampleFails, "example-fails", Severity::Error),
        (Code::Untested, "untested", Severity::Warning),
        (Code::ZeroWeight, "zero-weight", Severity::Warning),
        (Code::Contradiction, "contradiction", Severity::Warning),
        (Code::EmptyWindow, "empty-window", Severity::Warning),
        (Code::OtherSpeaker, "other-speaker", Severity::Warning),
        (Code::OwnExclusion, "own-exclusion", Severity::Warning),
        (Code::Unreadable, "unreadable", Severity::Warning),
        (Code::Shadowed, "shadowed", Severity::Note),
        (Code::NeedsFiller, "needs-filler", Severity::Note),
        (Code::PhraseTwice, "phrase-twice", Severity::Note),
        (Code::SamePhrase, "same-phrase", Severity::Note),
        (Code::ConflictingWeights, "conflicting-weights", Severity::Warning),
        (Code::NearDuplicate, "near-duplicate", Severity::Warning),
        (Code::OppositeSignals, "opposite-signals", Severity::Warning),
        (Code::ProbableSlip, "probable-slip", Severity::Warning),
        (Code::LargePhrase, "large-phrase", Severity::Note),
        (Code::NotCompared, "not-compared", Severity::Note),
        (Code::ItemTwice, "item-twice", Severity::Warning),
        (Code::UnusedList, "unused-list", Severity::Warning),
        (Code::HiddenList, "hidden-list", Severity::Note),
    ];

    /// Every code there is.
    pub fn all() -> impl Iterator<Item = Code> {
        Code::ALL.iter().map(|c| c.0)
    }

    /// The name in files, on the command line and in JSON.
    pub fn as_str(self) -> &'static str {
        Code::ALL.iter().find(|c| c.0 == self).map_or("unknown", |c| c.1)
    }

    /// How bad it is unless somebody denies it.
    pub fn severity(self) -> Severity {
        Code::ALL
            .iter()
            .find(|c| c.0 == self)
            .map_or(Severity::Error, |c| c.2)
    }
}

impl FromStr for Code {
    type Err = String;

    /// The code of this name; an unknown one is an error that names the nearest.
    fn from_str(name: &str) -> Result<Code, String> {
        let known = Code::ALL.iter().find(|c| c.1 == name).map(|c| c.0);
        known.ok_or_else(|| {
            let hint = did_you_mean(name, Code::ALL.iter().map(|c| c.1));
            format!("unknown code \"{name}\"{hint}")
        })
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}
