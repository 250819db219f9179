//! Rules that make a verdict of a comparison: `refusal.f1 drops`, `*.precision drops by 0.02 surely`, `cost.time rises by 10%`.

use std::fmt;

use super::diff::{Change, Difference, SignalChange};
use crate::error::did_you_mean;

/// When a comparison fails.
///
/// `SUBJECT.FIGURE drops|rises [by AMOUNT[%]] [surely]`, or `SUBJECT.FIGURE < AMOUNT` (or `>`), which looks at the new lexicon alone. The subject is a
/// signal, `*` for any, `macro` (figure `f1`), `size` or `cost`. *Surely* means that the interval of the difference lies to one side of nought.
///
/// ```
/// use hackles::workbench::Rule;
///
/// let rule: Rule = "refusal.f1 drops by 0.01 surely".parse()?;
/// assert!("refusal.f2 drops".parse::<Rule>().is_err_and(|e| e.contains("did you mean \"f1\"?")));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    text: String,
    subject: String,
    figure: &'static str,
    test: Test,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Moves {
        up: bool,
        by: f64,
        percent: bool,
        surely: bool,
    },
    Below(f64),
    Above(f64),
}

/// The figures of a signal.
const SIGNAL: &[&str] = &[
    "precision",
    "recall",
    "f1",
    "auc",
    "calibration_error",
    "rate",
    "gained",
    "lost",
];
/// Those of which resamples give an interval.
const RESAMPLED: &[&str] = &["precision", "recall", "f1", "auc", "rate"];
const MACRO: &[&str] = &["f1"];
const SIZE: &[&str] = &["phrases", "patterns", "bytes"];
const COST: &[&str] = &["time", "load"];

impl std::str::FromStr for Rule {
    type Err = String;

    /// # Errors
    /// What is wrong with the rule, with the nearest name; whether the signal exists shows only against a comparison.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let subject = words
            .next()
            .ok_or("a rule is SIGNAL.FIGURE drops, rises, < or >")?;
        let (subject, figure) = subject
            .rsplit_once('.')
            .ok_or_else(|| format!("\"{subject}\": a rule begins with SIGNAL.FIGURE, as in refusal.f1"))?;
        let known = match subject {
            "macro" => MACRO,
            "size" => SIZE,
            "cost" => COST,
            _ => SIGNAL,
        };
        let figure = known.iter().find(|k| **k == figure).ok_or_else(|| {
            format!(
                "unknown figure \"{figure}\"{}: {}",
                did_you_mean(figure, known.iter().copied()),
                known.join(", ")
            )
        })?;
        let mut test = match words.next() {
            Some(verb @ ("drops" | "rises")) => Test::Moves {
                up: verb == "rises",
                by: 0.0,
                percent: false,
                surely: false,
            },
            Some("<") => Test::Below(amount(words.next())?.0),
            Some(">") => Test::Above(amount(words.next())?.0),
            other => {
                let hint = other.map_or_else(String::new, |o| did_you_mean(o, ["drops", "rises", "<", ">"]));
                return Err(format!(
                    "{subject}.{figure}: drops, rises, < or > is missing{hint}"
                ));
            }
        };
        while let Some(word) = words.next() {
            match (&mut test, word) {
                (Test::Moves { by, percent, .. }, "by") => (*by, *percent) = amount(words.next())?,
                (Test::Moves { surely, .. }, "surely") => *surely = true,
                _ => return Err(format!("\"{word}\" is too much in \"{text}\"")),
            }
        }
        let has_interval = subject == "macro" || RESAMPLED.contains(figure);
        if matches!(test, Test::Moves { surely: true, .. }) && !has_interval {
            return Err(format!(
                "{subject}.{figure} is not resampled, so nothing of it is sure: leave \"surely\" out"
            ));
        }
        Ok(Rule {
            text: text.trim().to_owned(),
            subject: subject.to_owned(),
            figure,
            test,
        })
    }
}

/// A number, and whether it is meant as per cent.
fn amount(word: Option<&str>) -> Result<(f64, bool), String> {
    let word = word.ok_or("an amount is missing")?;
    let (number, percent) = word.strip_suffix('%').map_or((word, false), |n| (n, true));
    let number = number.parse::<f64>().ok().filter(|x| x.is_finite());
    Ok((number.ok_or_else(|| format!("\"{word}\" is no amount"))?, percent))
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Rule {
    /// Where a comparison breaks the rule: one line each, none if it holds.
    ///
    /// # Errors
    /// A signal that neither lexicon has, or a figure that was not measured (no labels, no clock): a rule that cannot be told is not kept.
    pub fn broken(&self, difference: &Difference) -> Result<Vec<String>, String> {
        let unmeasured = || format!("{self}: {}.{} was not measured", self.subject, self.figure);
        let named = |name: &str, change: Option<Change>| -> Result<Option<String>, String> {
            let change = change.filter(|c| c.new.is_some()).ok_or_else(unmeasured)?;
            if self.is_surely() && change.interval.is_none() && change.old != change.new {
                return Err(format!(
                    "{self}: {name}.{} has no interval: resample, or leave \"surely\" out",
                    self.figure
                ));
            }
            Ok(self
                .breaks(&change)
                .map(|why| format!("{name}.{} {why}", self.figure)))
        };
        let one = |change: Option<Change>| -> Result<Vec<String>, String> {
            Ok(named(&self.subject, change)?.into_iter().collect())
        };
        match self.subject.as_str() {
            "macro" => one(Some(difference.macro_f1)),
            "size" => one(Some(match self.figure {
                "phrases" => difference.size.phrases,
                "patterns" => difference.size.patterns,
                _ => difference.size.bytes,
            })),
            "cost" => one(difference.cost.map(|c| {
                if self.figure == "time" {
                    c.turn_ns
                } else {
                    c.load_ms
                }
            })),
            "*" => {
                let all = difference.signals.iter();
                // Signals without labels cannot break a rule about labels.
                let measured = all
                    .map(|s| (s, figure(s, self.figure)))
                    .filter(|(_, c)| c.is_some_and(|c| c.new.is_some()));
                let broken: Result<Vec<Option<String>>, String> =
                    measured.map(|(s, c)| named(&s.signal, c)).collect();
                Ok(broken?.into_iter().flatten().collect())
            }
            id => {
                let signal = difference
                    .signals
                    .iter()
                    .find(|s| s.signal == id)
                    .ok_or_else(|| {
                        let known = difference.signals.iter().map(|s| s.signal.as_str());
                        format!("{self}: unknown signal \"{id}\"{}", did_you_mean(id, known))
                    })?;
                one(figure(signal, self.figure))
            }
        }
    }

    fn is_surely(&self) -> bool {
        matches!(self.test, Test::Moves { surely: true, .. })
    }

    fn breaks(&self, change: &Change) -> Option<String> {
        let new = change.new?;
        match self.test {
            Test::Below(least) => (new < least).then(|| format!("is {new:.3}, below {least}")),
            Test::Above(most) => (new > most).then(|| format!("is {new:.3}, above {most}")),
            Test::Moves {
                up,
                by,
                percent,
                surely,
            } => {
                let old = change.old?;
                let moved = if up { new - old } else { old - new };
                let least = if percent { old.abs() * by / 100.0 } else { by };
                // Figures are quotients: what differs in the last bit only has not moved.
                let breaks = moved > 1e-9 && moved >= least - 1e-9 && (!surely || change.is_sure());
                let verb = if up { "rises" } else { "drops" };
                breaks.then(|| format!("{verb} from {old:.3} to {new:.3}"))
            }
        }
    }
}

fn figure(signal: &SignalChange, figure: &str) -> Option<Change> {
    let count = |n: u32| Change::of(Some(0.0), Some(n.into()));
    Some(match figure {
        "precision" => signal.precision,
        "recall" => signal.recall,
        "f1" => signal.f1,
        "auc" => signal.auc,
        "calibration_error" => signal.calibration_error,
        "rate" => signal.rate,
        "gained" => count(signal.gained),
        _ => count(signal.lost),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference() -> Difference {
        let f1 = |old, new, interval| Change {
            interval,
            ..Change::of(Some(old), Some(new))
        };
        let signal = |id: &str, f1| SignalChange {
            signal: id.into(),
            f1,
            rate: Change::of(Some(2.0), Some(2.2)),
            lost: 3,
            ..SignalChange::default()
        };
        Difference {
            old: String::new(),
            new: String::new(),
            calls: 1,
            turns: 1,
            macro_f1: Change::of(Some(0.8), Some(0.8)),
            signals: vec![
                signal("anger", f1(0.70, 0.75, Some([0.01, 0.09]))),
                signal("refusal", f1(0.80, 0.78, Some([-0.05, 0.01]))),
                signal("rude", f1(0.80, 0.60, Some([-0.3, -0.1]))),
            ],
            size: super::super::diff::SizeChange::default(),
            cost: None,
        }
    }

    #[test]
    fn rules_break_where_they_say() {
        for (rule, broken) in [
            ("refusal.f1 drops", vec!["refusal.f1 drops from 0.800 to 0.780"]),
            (
                "refusal.f1 drops by 0.02",
                vec!["refusal.f1 drops from 0.800 to 0.780"],
            ),
            ("refusal.f1 drops by 0.021", vec![]),
            (
                "refusal.f1 drops by 2%",
                vec!["refusal.f1 drops from 0.800 to 0.780"],
            ),
            ("refusal.f1 drops by 3%", vec![]),
            ("refusal.f1 drops surely", vec![]),
            ("*.f1 drops surely", vec!["rude.f1 drops from 0.800 to 0.600"]),
            ("anger.f1 drops", vec![]),
            ("anger.f1 rises", vec!["anger.f1 rises from 0.700 to 0.750"]),
            ("*.f1 < 0.7", vec!["rude.f1 is 0.600, below 0.7"]),
            ("anger.rate > 2", vec!["anger.rate is 2.200, above 2"]),
            ("anger.lost > 2", vec!["anger.lost is 3.000, above 2"]),
            ("macro.f1 drops", vec![]),
            ("*.auc drops", vec![]),
        ] {
            let parsed: Rule = rule.parse().expect(rule);
            assert_eq!(parsed.broken(&difference()).expect(rule), broken, "{rule}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_an_error() {
        for (rule, part) in [
            ("refusal.auc drops", "was not measured"),
            ("cost.time rises by 10%", "was not measured"),
            ("refusl.f1 drops", "did you mean \"refusal\"?"),
        ] {
            let parsed: Rule = rule.parse().expect(rule);
            let error = parsed.broken(&difference()).expect_err(rule);
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_wrong_rule_says_what_was_meant() {
        for (rule, part) in [
            ("", "SIGNAL.FIGURE"),
            ("refusal drops", "refusal.f1"),
            ("refusal.f1 drop", "did you mean \"drops\"?"),
            ("refusal.precison drops", "did you mean \"precision\"?"),
            ("refusal.f1 < x", "no amount"),
            ("refusal.f1 drops by", "an amount is missing"),
            ("refusal.f1 < 0.5 surely", "too much"),
            ("cost.f1 drops", "time, load"),
        ] {
            let error = rule.parse::<Rule>().expect_err(rule);
            assert!(error.contains(part), "{rule}: {error}");
        }
    }
}
