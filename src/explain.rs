//! Why an utterance scores what it scores: every token, every hit, what changed or cancelled it, and what was nearly said.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::analyzer::Analyzer;
use crate::context::{self, Cancelled, Modifiers, Setting, Turns, Weighed};
use crate::evidence::Evidence;
use crate::fixed::{Milli, Score};
use crate::ledger::Piece;
use crate::lexicon::{Condition, Within};
use crate::matcher::{self, NearMiss, Scan, near_misses, wholes};
use crate::privacy::Unsaid;
use crate::score::{Standing, Tally};
use crate::text::normal;
use crate::transcript::Role;
use crate::turns::history::{At, History, Past, Shows};
use crate::turns::verdicts::{Blocked, Judged, of_signal};

/// What became of a hit.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", content = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// It is part of the sum.
    Counted,
    /// A stronger hit of the signal stands over some of its words.
    Covered,
    /// A stronger occurrence of the same entry counts.
    Repeated,
    /// It was learned, and would silence what written entries alone make fire.
    Yielded,
    /// Its modifiers left nothing of it.
    Neutral,
    /// It does not hold here, and why.
    Cancelled(String),
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Counted => f.write_str("Counted"),
            Status::Covered => f.write_str("Covered"),
            Status::Repeated => f.write_str("Repeated"),
            Status::Yielded => f.write_str("Yielded"),
            Status::Neutral => f.write_str("Neutral"),
            Status::Cancelled(why) => f.debug_tuple("Cancelled").field(&Unsaid(why)).finish(),
        }
    }
}

/// A token: a word, or one part of a contraction.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExplainedToken {
    /// As written.
    pub text: String,
    /// In normal form.
    pub normal: String,
    /// First byte.
    pub start: u32,
    /// Byte behind it.
    pub end: u32,
    /// Whether any phrase knows the word.
    pub known: bool,
    /// What else it is.
    pub flags: Vec<&'static str>,
}

/// A hit, counted or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExplainedHit {
    /// The hit as evidence.
    #[serde(flatten)]
    pub evidence: Evidence,
    /// What became of it.
    #[serde(flatten)]
    pub status: Status,
    /// What the entry's author wants remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A phrase that was nearly said.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExplainedNearMiss {
    /// The signal.
    pub signal: Arc<str>,
    /// The entry.
    pub entry: Arc<str>,
    /// The words of the text that fit.
    pub quote: String,
    /// The phrase, as far as its words have names.
    pub phrase: String,
    /// What keeps it from being a hit.
    pub short_of: String,
}

/// The sum of one signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ExplainedScore {
    /// The signal.
    pub signal: Arc<str>,
    /// Log-odds when nothing is said.
    pub bias: Milli,
    /// Bias and contributions together.
    pub logit: Milli,
    /// The score; for `sentiment` the valence.
    pub score: Score,
    /// Whether it fires.
    pub fired: bool,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The tokens.
    pub tokens: Vec<ExplainedToken>,
    /// All hits, in the order of the text.
    pub hits: Vec<ExplainedHit>,
    /// Phrases that were nearly said.
    pub near_misses: Vec<ExplainedNearMiss>,
    /// The signals with a contribution.
    pub scores: Vec<ExplainedScore>,
}

crate::debug_unsaid! {
    ExplainedToken { start, end, known, flags } without { text, normal }
    ExplainedNearMiss { signal } without { entry, quote, phrase, short_of }
}

impl Analyzer {
    /// Explains one utterance by itself. `role` is the speaker's; without one only signals of anybody are scored.
    pub fn explain(&self, text: &str, role: Option<Role>) -> Explanation {
        let compiled = &self.0;
        let mut scan = Scan::new();
        scan.advance(compiled.tables(&[], role), text);
        scan.finish(compiled.tables(&[], role), text);
        let tokens = scan.tokens.iter().map(|t| {
            let word = &text[t.start as usize..t.end as usize];
            ExplainedToken {
                text: word.to_owned(),
                normal: normal(word),
                start: t.start,
                end: t.end,
                known: t.symbol != crate::matcher::UNKNOWN,
                flags: t.flags.names().collect(),
            }
        });
        let tokens = tokens.collect();

        let setting = Setting {
            role,
            since_start_ms: None,
            is_final: true,
            told: true,
        };
        let mut weighed = Vec::new();
        let mut hits: Vec<ExplainedHit> = Vec::new();
        context::weigh(
            compiled,
            &scan,
            text,
            setting,
            &mut weighed,
            &mut |entry, span, why| {
                let contribution = compiled.lexicon.entries[entry as usize].weight;
                let hit = Weighed {
                    entry,
                    span: Some(span),
                    contribution,
                    modifiers: Modifiers::new(),
                    turns: Turns::new(),
                };
                hits.push(self.hit(&hit, text, Status::Cancelled(cancelled(why, text))));
            },
        );
        let mut history = History::default();
        let none = At::new(None, 0);
        history.push(
            Past {
                fired: 0,
                arrival: 0,
                start: none,
                end: none,
                words: 0,
                speaker: 0,
                role,
                shows: Shows::default(),
            },
            &[],
        );
        let mut scores = Vec::new();
        let (mut signals, mut tally, mut judged) = (Vec::new(), Tally::default(), 0);
        compiled.in_order(weighed.iter().map(|w| w.entry), role, &mut signals);
        for signal in signals {
            let Some(past) = history.get(0) else { break };
            let turn = Judged {
                past: &past,
                hits: of_signal(compiled, &weighed, &mut judged, signal),
                history: &history,
                end: None,
                retained: false,
            };
            let verdict = turn.judge(compiled, &mut tally, signal, |hit, standing| {
                let status = match standing {
                    Ok(Standing::Counted) => Status::Counted,
                    Ok(Standing::Covered) => Status::Covered,
                    Ok(Standing::Repeated) => Status::Repeated,
                    Ok(Standing::Yielded) => Status::Yielded,
                    Ok(Standing::Neutral) => Status::Neutral,
                    Err(why) => Status::Cancelled(self.blocked(why)),
                };
                hits.push(self.hit(hit, text, status));
            });
            let Some(verdict) = verdict else { continue };
            if verdict.outcome.fired && compiled.lexicon.traits[usize::from(signal)].watched {
                history.set_fired(0, compiled.watch_bit(signal));
            }
            let valence = Some(signal) == compiled.sentiment;
            scores.push(ExplainedScore {
                signal: Arc::clone(&compiled.signal_names[usize::from(signal)]),
                bias: compiled.lexicon.signals[usize::from(signal)].bias,
                logit: Milli(verdict.outcome.logit),
                score: if valence {
                    Score::valence(verdict.outcome.logit.into())
                } else {
                    verdict.outcome.score()
                },
                fired: verdict.outcome.fired,
            });
        }
        scores.sort_by(|a, b| a.signal.cmp(&b.signal));
        hits.sort_by(|a, b| {
            (a.evidence.start, &a.evidence.signal, &a.evidence.entry).cmp(&(
                b.evidence.start,
                &b.evidence.signal,
                &b.evidence.entry,
            ))
        });
        Explanation {
            tokens,
            hits,
            near_misses: self.near_misses(&scan, text, role),
            scores,
        }
    }

    fn hit(&self, hit: &Weighed, text: &str, status: Status) -> ExplainedHit {
        let entry = &self.0.lexicon.entries[hit.entry as usize];
        let signal = &self.0.signal_names[usize::from(entry.signal)];
        ExplainedHit {
            evidence: Piece::of(&self.0, signal, hit, text, &[]).own(),
            status,
            note: self.0.lexicon.whole().entries[hit.entry as usize].note.clone(),
        }
    }

    fn blocked(&self, why: Blocked) -> String {
        let name = |c: Condition| {
            let names: Vec<String> = c
                .what
                .any
                .iter()
                .map(|s| format!("\"{}\"", self.0.signal_names[usize::from(s)]))
                .collect();
            names.join(" or ")
        };
        match why {
            Blocked::Unless(c) => format!("{} fired {}", name(c), place(c.within)),
            Blocked::OnlyIf(c) => format!("{} did not fire {}", name(c), place(c.within)),
            Blocked::NotMeasurable(c) => format!(
                "whether {} fired {} cannot be measured without times",
                name(c),
                place(c.within)
            ),
        }
    }

    fn near_misses(&self, scan: &Scan, text: &str, role: Option<Role>) -> Vec<ExplainedNearMiss> {
        let compiled = &self.0;
        let own =
            |m: &NearMiss| context::applies(compiled, &compiled.lexicon.entries[m.entry as usize], role);
        let wholes = compiled.wholes.get_or_init(|| {
            let lexicon = compiled.lexicon.whole();
            wholes(lexicon, &matcher::vocabulary(lexicon))
        });
        let misses = near_misses(wholes, &compiled.vocabulary, scan);
        let explain = |m: NearMiss| {
            let entry = &compiled.lexicon.entries[m.entry as usize];
            let (start, end) = (
                scan.tokens[m.start].start as usize,
                scan.tokens[m.end].end as usize,
            );
            ExplainedNearMiss {
                signal: Arc::clone(&compiled.signal_names[usize::from(entry.signal)]),
                entry: Arc::clone(compiled.entry_names.get(m.entry)),
                quote: text[start..end].to_owned(),
                phrase: m.phrase,
                short_of: m.short_of,
            }
        };
        misses.into_iter().filter(own).map(explain).take(8).collect()
    }
}

fn place(within: Within) -> String {
    match within {
        Within::Turn => "in the same turn".into(),
        Within::Previous => "in the other speaker's last turn".into(),
        Within::TurnsBefore(n) => format!("in the last {n} turns"),
        Within::TurnsAfter(n) => format!("in the next {n} turns"),
        Within::MsBefore(ms) => format!("in the {ms} ms before"),
        Within::MsAfter(ms) => format!("in the {ms} ms after"),
        Within::Call => "earlier in the call".into(),
    }
}

fn cancelled(why: Cancelled, text: &str) -> String {
    match why {
        Cancelled::NotIn(start, end) => format!("it is part of \"{}\"", &text[start as usize..end as usize]),
        Cancelled::NotNear => "nothing of what must stand near does".into(),
        Cancelled::NotAtEnd => "it does not end the utterance".into(),
        Cancelled::Time => "it is outside its time window".into(),
        Cancelled::NotMeasurable => "its time window cannot be measured without times".into(),
    }
}
