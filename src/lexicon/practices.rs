//! The rules that make practices of signals: `practices.toml`, read and resolved.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::conditions::{self, Fault};
use super::model::*;
use super::schema::{OneOrMany, StepTable};
use crate::error::{ErrorKind, did_you_mean};
use crate::fixed::{Milli, Score};

/// The most practices of one lexicon.
pub(crate) const MAX_PRACTICES: usize = 64;

/// The most marks a practice may need or forgive.
const MAX_MARKS: u32 = 100;

/// One practice: what gives the opportunity, what shows it met or missed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Practice {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) hint: String,
    /// Its weight in the score of the call, in thousandths.
    pub(crate) weight: Milli,
    /// Any of these gives the opportunity; none: every call does.
    pub(crate) opportunity: Vec<Clause>,
    /// Takes the opportunity back, if it comes after what gave it.
    pub(crate) closed_by: Option<Step>,
    pub(crate) good: Option<Step>,
    pub(crate) bad: Option<Step>,
    pub(crate) answer: Option<Answering>,
    /// Figures of the call: a mark each, for or against.
    pub(crate) figures: Vec<FigureAtLeast>,
    /// So many good marks are expected where there is an opportunity.
    pub(crate) needs: u32,
    /// So many bad marks are forgiven.
    pub(crate) allows: u32,
    /// The score from which it is met.
    pub(crate) met_from: Score,
}

/// What those who read a report need to know of a practice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PracticeHeader<'a> {
    /// The name in files and reports.
    pub id: &'a str,
    /// A few words for tables; empty if the lexicon gives none.
    pub title: &'a str,
    /// What to do; empty if the lexicon gives none.
    pub hint: &'a str,
    /// Its weight in the score of the call, 0 to 100; with 0 it is advice only.
    pub weight: Milli,
}

impl Lexicon {
    /// The practices in the order of the files, which is that of
    /// [`CallFigures::practices`](crate::report::CallFigures::practices).
    ///
    /// ```
    /// let lexicon = hackles::Lexicon::builtin();
    /// assert!(lexicon.practices().any(|p| p.id == "stay_calm" && !p.hint.is_empty()));
    /// ```
    pub fn practices(&self) -> impl Iterator<Item = PracticeHeader<'_>> {
        self.practices.iter().map(|p| PracticeHeader {
            id: &p.id,
            title: &p.title,
            hint: &p.hint,
            weight: p.weight,
        })
    }
}

/// What gives an opportunity.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Clause {
    Turns { what: Step, at_least: u32 },
    Figure(FigureAtLeast),
}

/// Something must be answered within the next turns of the other side.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Answering {
    pub(crate) to: Step,
    pub(crate) with: Step,
    pub(crate) within_turns: u8,
}

/// A figure of the call that must reach a value.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct FigureAtLeast {
    pub(crate) figure: Figure,
    pub(crate) at_least: f64,
}

/// Figures of the call that practices may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Figure {
    /// 1 if a name of the customer is known, else 0.
    NameKnown,
    /// Words of the customer's opening story.
    StoryWords,
    /// 1 if the opening story was heard out, 0 if it was cut off.
    StoryHeard,
    AgentTurns,
    CustomerTurns,
    /// How alike the two use function words, 0 to 1.
    StyleMatch,
    /// How alike their paces are, 0 to 1.
    PaceMatch,
    /// The highest level of anger.
    AngerPeak,
    /// Customer turns whose level is in the third band or above.
    AngryTurns,
    /// Holds.
    Holds,
    /// What agents promised.
    Promises,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PracticeTable {
    pub(crate) id: Spanned<String>,
    title: Option<String>,
    hint: Option<String>,
    #[serde(default = "one")]
    weight: Spanned<f64>,
    #[serde(default)]
    opportunity: Vec<ClauseTable>,
    closed_by: Option<StepTable>,
    good: Option<StepTable>,
    bad: Option<StepTable>,
    answer: Option<AnsweringTable>,
    #[serde(default)]
    figures: Vec<FigureTable>,
    #[serde(default)]
    needs: u32,
    #[serde(default)]
    allows: u32,
    #[serde(default = "half")]
    met_from: f64,
    #[serde(default)]
    pub(crate) off: bool,
    /// For those who read the file.
    #[serde(default, rename = "note")]
    _note: Option<String>,
}

fn one() -> Spanned<f64> {
    Spanned::new(0..0, 1.0)
}

fn half() -> f64 {
    0.5
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct ClauseTable {
    signal: Option<OneOrMany<String>>,
    by: Option<String>,
    figure: Option<String>,
    at_least: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AnsweringTable {
    to: StepTable,
    with: StepTable,
    within_turns: u8,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FigureTable {
    figure: String,
    at_least: f64,
}

fn figure(name: &str, at_least: f64) -> Result<FigureAtLeast, Fault> {
    const NAMES: [&str; 11] = [
        "name-known",
        "story-words",
        "story-heard",
        "agent-turns",
        "customer-turns",
        "style-match",
        "pace-match",
        "anger-peak",
        "angry-turns",
        "holds",
        "promises",
    ];
    let read = toml::Value::String(name.to_owned()).try_into::<Figure>();
    read.map(|figure| FigureAtLeast { figure, at_least })
        .map_err(|_| {
            (
                ErrorKind::UnknownName,
                format!("unknown figure \"{name}\"{}", did_you_mean(name, NAMES)),
            )
        })
}

impl PracticeTable {
    /// Resolves the names. Signals that are switched `off` are left out.
    ///
    /// # Errors
    /// Unknown names; numbers out of range.
    pub(crate) fn resolve(
        &self,
        numbers: &HashMap<String, u16>,
        off: &HashSet<String>,
    ) -> Result<Practice, Fault> {
        let known = |t: &StepTable| -> Result<Option<Step>, Fault> {
            let signal = OneOrMany(
                t.signal
                    .0
                    .iter()
                    .filter(|id| !off.contains(*id))
                    .cloned()
                    .collect(),
            );
            if signal.0.is_empty() {
                return Ok(None);
            }
            let by = t.by.clone();
            conditions::step(&StepTable { signal, by }, numbers).map(Some)
        };
        let step = |t: &Option<StepTable>| t.as_ref().map_or(Ok(None), &known);
        let range = |ok: bool, message: &str| {
            if ok {
                Ok(())
            } else {
                Err((ErrorKind::Range, message.to_owned()))
            }
        };
        range(
            (0.0..=100.0).contains(self.weight.get_ref()),
            "weight must lie between 0 and 100",
        )?;
        range(
            (0.0..=1.0).contains(&self.met_from),
            "met-from must lie between 0 and 1",
        )?;
        range(
            self.needs <= MAX_MARKS && self.allows <= MAX_MARKS,
            "needs and allows are at most 100",
        )?;
        let counts =
            |c: &ClauseTable| c.signal.is_none() || c.at_least.is_none_or(|n| (1.0..=100.0).contains(&n));
        range(
            self.opportunity.iter().all(counts),
            "at-least of a signal is 1 to 100",
        )?;
        let opportunity = self.opportunity.iter().map(|c| match (&c.signal, &c.figure) {
            (Some(signal), None) => {
                let table = StepTable {
                    signal: signal.clone(),
                    by: c.by.clone(),
                };
                let at_least = c.at_least.map_or(1, |n| n.max(1.0) as u32);
                Ok(known(&table)?.map(|what| Clause::Turns { what, at_least }))
            }
            (None, Some(name)) => {
                let at_least = c.at_least.unwrap_or(1.0);
                Ok(Some(Clause::Figure(figure(name, at_least)?)))
            }
            _ => Err((
                ErrorKind::Schema,
                "an opportunity names either a signal or a figure".to_owned(),
            )),
        });
        let answer = self.answer.as_ref().map(|a| -> Result<Option<Answering>, Fault> {
            range(
                (1..=8).contains(&a.within_turns),
                "within-turns of an answer is 1 to 8",
            )?;
            let within_turns = a.within_turns;
            let both = known(&a.to)?.zip(known(&a.with)?);
            Ok(both.map(|(to, with)| Answering {
                to,
                with,
                within_turns,
            }))
        });
        Ok(Practice {
            id: self.id.get_ref().clone(),
            title: self.title.clone().unwrap_or_default(),
            hint: self.hint.clone().unwrap_or_default(),
            weight: Milli::nearest(*self.weight.get_ref()),
            opportunity: opportunity
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .flatten()
                .collect(),
            closed_by: step(&self.closed_by)?,
            good: step(&self.good)?,
            bad: step(&self.bad)?,
            answer: answer.transpose()?.flatten(),
            figures: self
                .figures
                .iter()
                .map(|f| figure(&f.figure, f.at_least))
                .collect::<Result<_, _>>()?,
            needs: self.needs,
            allows: self.allows,
            met_from: Score::nearest(self.met_from),
        })
    }
}
