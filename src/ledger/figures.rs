//! The figures of a report, from what the call has come to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::order::{Order, Places, mean};
use super::turns::turns;
use super::{Ledger, Row};
use crate::compiled::Compiled;
use crate::fixed::Score;
use crate::lexicon::Figure;
use crate::options::{Detail, Options};
use crate::practices::Practices;
use crate::report::{
    Anger, CallFigures, CallScore, Interruptions, Language, OverlapFigure, OverlapKind, PracticeFigure,
    PracticeState, PromiseFigure, Reason, ReportView, ScorePart, Sentiment, SignalFigure, Silence,
    SpeakerFigures, StoryFigure, TalkFigures, Trend, TurningPoint,
};
use crate::speakers::Speaker;
use crate::transcript::Role;
use crate::turns::anger::AngerCourse;
use crate::turns::promises::Promises;
use crate::turns::story::Story;
use crate::turns::style::Style;
use crate::turns::talk::{Silences, SpeakerTalk, Talk};

/// A call at its end.
pub(crate) struct Ending<'a> {
    pub(crate) compiled: &'a Compiled,
    pub(crate) ledger: Ledger,
    pub(crate) speakers: &'a [Speaker],
    pub(crate) origin: Option<i64>,
    pub(crate) end_ms: Option<i64>,
    pub(crate) anger: &'a AngerCourse,
    pub(crate) talk: &'a Talk,
    pub(crate) style: &'a Style,
    pub(crate) story: &'a Story,
    pub(crate) promises: &'a Promises,
    pub(crate) practices: &'a Practices,
    pub(crate) name_known: bool,
}

/// The report of a call.
pub(crate) fn report<'a>(call: &'a Ending<'a>, options: Options, detail: Detail) -> ReportView<'a> {
    Making::new(call).report(options, detail)
}

/// A report in the making.
struct Making<'a> {
    call: &'a Ending<'a>,
    rows: Option<&'a [Row]>,
    order: Option<Order>,
    places: Option<Places>,
    timed: bool,
    missing: BTreeMap<&'static str, Reason>,
}

/// What is null because the turns were not retained.
const NOT_RETAINED: [&str; 11] = [
    "anger.levels",
    "anger.trend",
    "anger.turned",
    "interruptions.turns",
    "practices.turns",
    "promises.quote",
    "promises.when",
    "sentiment.quarters",
    "sentiment.trend",
    "signals.turns",
    "turns",
];

impl<'a> Making<'a> {
    fn new(call: &'a Ending<'a>) -> Self {
        let timed = call.talk.is_timed();
        let rows = call.ledger.kept.as_ref().map(|k| k.rows.as_slice());
        let order = rows.map(Order::of);
        let places = rows
            .zip(order.as_ref())
            .map(|(rows, order)| Places::new(rows, order, timed, call.origin, call.end_ms));
        let missing = if rows.is_none() {
            NOT_RETAINED.map(|path| (path, call.ledger.lacks())).into()
        } else {
            BTreeMap::new()
        };
        Making {
            call,
            rows,
            order,
            places,
            timed,
            missing,
        }
    }

    /// The place in the call of a turn that arrived so; nothing if that cannot be told.
    fn place(&self, arrival: u32) -> Option<u32> {
        match &self.order {
            Some(order) => Some(order.place[arrival as usize]),
            None => self.call.ledger.in_order.then_some(arrival),
        }
    }

    /// The sums of the speakers of a role.
    fn talk_of(&self, role: Role) -> impl Iterator<Item = SpeakerTalk> {
        let own = self.call.speakers.iter();
        own.filter(move |s| s.role == Some(role)).map(|s| s.talk)
    }

    fn lack(&mut self, path: &'static str, reason: Reason) {
        self.missing.insert(path, reason);
    }

    fn report(mut self, options: Options, detail: Detail) -> ReportView<'a> {
        let compiled = self.call.compiled;
        if !self.timed {
            for path in ["interruptions", "overlaps", "talk"] {
                self.lack(path, Reason::NoTimes);
            }
        }
        let sentiment = self.sentiment();
        let anger = self.anger();
        let mut signals = self.signal_figures();
        let interruptions = self.interruptions(&signals);
        signals.retain(|_, f| f.count > 0);
        let talk = talk_figures(self.call.speakers, self.call.talk, self.timed);
        let language = self.language();
        let story = self.story();
        let practices = self.practices(&language);
        let score = call_score(compiled, &practices);
        let promises = self.promises();
        if promises.is_none() {
            self.lack("promises", self.call.ledger.lacks());
        }
        let overlaps = self.overlaps();
        let turns = self
            .rows
            .zip(self.order.as_ref())
            .map(|(rows, order)| turns(compiled, self.call.speakers, rows, order, detail));
        ReportView {
            id: options.id,
            lexicon: &compiled.name,
            turns,
            call: CallFigures {
                turns: self.call.ledger.turns,
                sentiment,
                anger,
                interruptions,
                overlaps,
                talk,
                language,
                story,
                signals,
                practices,
                promises,
                score,
                not_measured: self.missing,
            },
            meta: options.meta,
        }
    }

    fn interruptions(&self, signals: &BTreeMap<Arc<str>, SignalFigure>) -> Interruptions {
        let compiled = self.call.compiled;
        let name = compiled
            .overlap()
            .map(|(s, _)| &compiled.signal_names[usize::from(s)]);
        let turns = name
            .and_then(|name| signals.get(name))
            .map_or(self.rows.map(|_| Vec::new()), |f| f.turns.clone());
        let counts = self.call.ledger.interruptions;
        let [by_agent, by_customer] = counts.map(|n| self.timed.then_some(u32::from(n)));
        Interruptions {
            by_agent,
            by_customer,
            turns: turns.filter(|_| self.timed),
        }
    }

    fn overlaps(&self) -> Option<BTreeMap<OverlapKind, OverlapFigure>> {
        let sums = OverlapKind::ALL.iter().zip(&self.call.ledger.overlaps.0);
        let figure = |(kind, sums): (&OverlapKind, &super::OverlapSums)| {
            let [by_agent, by_customer, by_others] = sums.by.map(u32::from);
            let total_ms = sums.ms.into();
            let figure = OverlapFigure {
                by_agent,
                by_customer,
                by_others,
                total_ms,
            };
            (*kind, figure)
        };
        self.timed.then(|| sums.map(figure).collect())
    }

    fn sentiment(&self) -> BTreeMap<Arc<str>, Sentiment> {
        let speakers = self.call.speakers;
        let names: Vec<Arc<str>> = speakers.iter().map(name).collect();
        let mut sums: BTreeMap<Arc<str>, (i64, i64)> = BTreeMap::new();
        let heard = speakers.iter().zip(&names);
        for (speaker, name) in heard.filter(|(s, _)| s.sentiment.turns > 0) {
            let own = sums.entry(Arc::clone(name)).or_default();
            own.0 += i64::from(speaker.sentiment.sum);
            own.1 += i64::from(speaker.sentiment.turns);
        }
        let course = |who: &Arc<str>| {
            let own = self
                .rows?
                .iter()
                .enumerate()
                .filter(|(_, r)| names[usize::from(r.speaker)] == *who);
            let values: Vec<(usize, Score)> = own.map(|(arrival, r)| (arrival, r.sentiment)).collect();
            let places = self.places.as_ref()?;
            let least = self.call.compiled.lexicon.call.sentiment_trend;
            Some((places.quarters(&values), places.trend(&values, least, 0.0)))
        };
        let figure = |who: Arc<str>, (sum, n): (i64, i64)| {
            let (quarters, trend) = course(&who).unzip();
            let overall = mean(sum, n);
            (
                who,
                Sentiment {
                    overall,
                    quarters,
                    trend,
                },
            )
        };
        sums.into_iter().map(|(who, sum)| figure(who, sum)).collect()
    }

    fn anger(&mut self) -> Anger {
        let course = self.call.anger;
        if !course.measured() {
            self.lack("anger", Reason::NoCustomer);
            for path in ["anger.trend", "anger.levels", "anger.turned"] {
                self.missing.remove(path);
            }
            return Anger {
                mean: None,
                peak: None,
                peak_turn: None,
                start: None,
                end: None,
                trend: None,
                levels: None,
                turned: None,
            };
        }
        let rules = &self.call.compiled.lexicon.call;
        let levels: Option<Vec<(usize, Score)>> = self.rows.map(|rows| {
            let level = |(i, r): (usize, &Row)| Some((i, r.level?));
            rows.iter().enumerate().filter_map(level).collect()
        });
        let peak = course.peak_turn(rules);
        let peak_turn = peak.and_then(|arrival| self.place(arrival));
        if peak.is_some() && peak_turn.is_none() {
            self.lack("anger.peak_turn", self.call.ledger.lacks());
        }
        let trend = levels
            .as_ref()
            .zip(self.places.as_ref())
            .map(|(levels, places)| places.trend(levels, rules.anger_trend, rules.end_share));
        let levels = levels.zip(self.order.as_ref()).map(|(levels, order)| {
            let mut levels: Vec<(u32, Score)> = levels
                .into_iter()
                .map(|(arrival, level)| (order.place[arrival], level))
                .collect();
            levels.sort_unstable_by_key(|l| l.0);
            levels
        });
        Anger {
            mean: Some(course.mean()),
            peak: Some(course.peak()),
            peak_turn,
            start: Some(course.start()),
            end: Some(course.end()),
            trend,
            turned: levels
                .as_ref()
                .and_then(|levels| self.turned(levels, rules.turned)),
            levels,
        }
    }

    /// The split of the course into two parts of two turns or more whose means differ most, if they differ enough.
    fn turned(&self, levels: &[(u32, Score)], least: f64) -> Option<TurningPoint> {
        let whole: i64 = levels.iter().map(|l| i64::from(l.1.0)).sum();
        let n = levels.len();
        let mut sum = 0;
        let splits = levels.iter().enumerate().filter_map(|(i, level)| {
            let (before, after) = (mean(sum, i as i64), mean(whole - sum, (n - i) as i64));
            sum += i64::from(level.1.0);
            (i >= 2 && n - i >= 2).then_some((i, before, after))
        });
        let (i, before, after) =
            splits.max_by_key(|(i, before, after)| ((after.0 - before.0).abs(), std::cmp::Reverse(*i)))?;
        let by = after.0 - before.0;
        if by.abs() < Score::nearest(least).0 {
            return None;
        }
        let turn = levels[i].0;
        let (rows, order) = (self.rows?, self.order.as_ref()?);
        let is_agent = |place: &u32| rows[order.arrivals[*place as usize] as usize].role == Some(Role::Agent);
        Some(TurningPoint {
            turn,
            direction: if by > 0 { Trend::Rising } else { Trend::Falling },
            before,
            after,
            agent_turn: (0..turn).rev().find(is_agent),
        })
    }

    fn language(&mut self) -> Language {
        let ledger = &self.call.ledger;
        let rules = self.call.compiled.lexicon.call.language;
        let words = |role: Role| {
            self.talk_of(role).fold((0u32, 0i64), |sum, s| {
                (sum.0.saturating_add(s.words), sum.1 + i64::from(s.talk_ms))
            })
        };
        let ((agent_words, agent_ms), (customer_words, customer_ms)) =
            (words(Role::Agent), words(Role::Customer));
        let style = self.call.style;
        let style_match = style.matching(&self.call.compiled.lexicon.call.words);
        let pace = |words: u32, ms: i64| f64::from(words) / ms as f64;
        let pace_match =
            (self.timed && agent_ms > 0 && customer_ms > 0 && style_match.is_some()).then(|| {
                let (a, b) = (pace(agent_words, agent_ms), pace(customer_words, customer_ms));
                Score::nearest(1.0 - (a - b).abs() / (a + b))
            });
        let (name_uses, formal) = (ledger.count(rules.name), u32::from(ledger.formal));
        let jargon = ledger.count(rules.jargon);
        if style_match.is_none() {
            self.lack("language.style_match", Reason::TooFewWords);
            self.lack("language.pace_match", Reason::TooFewWords);
        } else if pace_match.is_none() {
            self.lack("language.pace_match", Reason::NoTimes);
        }
        let (we, me) = (f64::from(style.we), f64::from(style.me));
        Language {
            jargon_per_100_words: (agent_words > 0)
                .then(|| tenths(100.0 * ratio(jargon.into(), agent_words.into()))),
            name_uses,
            formal_addresses: formal,
            we_share: (we + me > 0.0).then(|| Score::nearest(ratio(we, we + me))),
            style_match,
            pace_match,
        }
    }

    fn story(&mut self) -> Option<StoryFigure> {
        let told = self.call.story.told()?;
        if !self.timed {
            self.lack("story.heard_out", Reason::NoTimes);
        }
        if self.place(told.first).is_none() {
            for path in ["story.first_turn", "story.last_turn", "story.cut_by"] {
                self.lack(path, self.call.ledger.lacks());
            }
        }
        Some(StoryFigure {
            words: told.words,
            heard_out: self.timed.then_some(told.cut_by.is_none()),
            first_turn: self.place(told.first),
            last_turn: self.place(told.last),
            cut_by: told.cut_by.and_then(|t| self.place(t)),
        })
    }

    /// A figure that practices ask for.
    fn figure(&self, figure: Figure, language: &Language) -> Option<f64> {
        let told = self.call.story.told();
        let turns = |role: Role| self.talk_of(role).map(|s| u64::from(s.turns)).sum::<u64>() as f64;
        let flag = |b: bool| if b { 1.0 } else { 0.0 };
        match figure {
            Figure::NameKnown => Some(flag(self.call.name_known)),
            Figure::StoryWords => Some(told.map_or(0.0, |t| t.words.into())),
            Figure::StoryHeard => told.filter(|_| self.timed).map(|t| flag(t.cut_by.is_none())),
            Figure::AgentTurns => Some(turns(Role::Agent)),
            Figure::CustomerTurns => Some(turns(Role::Customer)),
            Figure::StyleMatch => language.style_match.map(Score::to_f64),
            Figure::PaceMatch => language.pace_match.map(Score::to_f64),
            Figure::AngerPeak => self
                .call
                .anger
                .measured()
                .then(|| self.call.anger.peak().to_f64()),
            Figure::AngryTurns => Some(self.call.anger.angry_turns().into()),
            Figure::Holds => self.timed.then(|| self.call.talk.holds.count.into()),
            Figure::Promises => Some(self.call.promises.made.into()),
        }
    }

    fn practices(&self, language: &Language) -> Vec<PracticeFigure> {
        let compiled = self.call.compiled;
        let figures = |figure: Figure| self.figure(figure, language);
        let marks = self.call.ledger.kept.as_ref().map(|k| k.marks.as_slice());
        let figure = |(number, practice): (usize, &crate::lexicon::Practice)| {
            let outcome = self.call.practices.outcome(number, practice, &figures);
            let met = outcome.state == PracticeState::Met;
            let own = |m: &&crate::practices::Mark| usize::from(m.practice) == number && m.good == met;
            let turns = marks.map(|marks| {
                let mut turns: Vec<u32> = marks
                    .iter()
                    .filter(own)
                    .filter_map(|m| self.place(m.arrival))
                    .collect();
                turns.sort_unstable();
                turns.dedup();
                turns
            });
            let advice = met && practice.weight.0 == 0;
            let told = outcome.state == PracticeState::Missed || advice;
            PracticeFigure {
                id: Arc::clone(&compiled.practice_names[number]),
                state: outcome.state,
                score: outcome.score,
                good: outcome.good,
                bad: outcome.bad,
                missing: outcome.missing,
                turns,
                hint: told.then(|| Arc::clone(&compiled.practice_hints[number])),
            }
        };
        compiled
            .lexicon
            .practices
            .iter()
            .enumerate()
            .map(figure)
            .collect()
    }

    fn promises(&self) -> Option<Vec<PromiseFigure>> {
        let compiled = self.call.compiled;
        let figure = |p: &crate::turns::promises::Promise| {
            let text = self.rows.map(|rows| rows[p.arrival as usize].text.as_str());
            let words = |(start, end): (u32, u32)| Some(text?.get(start as usize..end as usize)?.to_owned());
            Some(PromiseFigure {
                turn: self.place(p.arrival)?,
                signal: Arc::clone(&compiled.signal_names[usize::from(p.signal)]),
                broken: p.broken,
                start: p.what.0,
                end: p.what.1,
                quote: words(p.what),
                when: p.when().and_then(words),
            })
        };
        let mut all: Vec<PromiseFigure> = self.call.promises.iter().map(figure).collect::<Option<_>>()?;
        all.sort_by_key(|p| (p.turn, p.start));
        Some(all)
    }

    fn signal_figures(&self) -> BTreeMap<Arc<str>, SignalFigure> {
        let figure = |(signal, count): (u16, u16)| {
            let turns = self.rows.zip(self.order.as_ref()).map(|(rows, order)| {
                let fired = |r: &Row| r.verdicts.iter().any(|v| v.signal == signal && v.outcome.fired);
                let places = order.arrivals.iter().zip(0..);
                let mut turns = Vec::with_capacity(usize::from(count).min(rows.len()));
                turns.extend(
                    places
                        .filter(|(arrival, _)| fired(&rows[**arrival as usize]))
                        .map(|(_, place)| place),
                );
                turns
            });
            let count = count.into();
            let name = &self.call.compiled.signal_names[usize::from(signal)];
            (Arc::clone(name), SignalFigure { count, turns })
        };
        self.call.ledger.signals().map(figure).collect()
    }
}

/// The mean of the practices that had an opportunity, by their weights.
fn call_score(compiled: &Compiled, practices: &[PracticeFigure]) -> CallScore {
    let rules = compiled.lexicon.practices.iter();
    let parts: Vec<ScorePart> = practices
        .iter()
        .zip(rules)
        .filter(|(_, rule)| rule.weight.0 > 0)
        .filter_map(|(figure, rule)| {
            Some(ScorePart {
                practice: Arc::clone(&figure.id),
                weight: rule.weight,
                score: figure.score?,
            })
        })
        .collect();
    let weights: i64 = parts.iter().map(|p| i64::from(p.weight.0)).sum();
    let sum: i64 = parts
        .iter()
        .map(|p| i64::from(p.weight.0) * i64::from(p.score.0))
        .sum();
    let value = (weights > 0).then(|| mean(sum, weights));
    CallScore { value, parts }
}

/// Role, else id, else "unknown".
fn name(speaker: &Speaker) -> Arc<str> {
    match speaker.role {
        Some(role) => Arc::from(role.as_str()),
        None if speaker.id.as_bytes().is_empty() => Arc::from("unknown"),
        None => speaker.id.share(),
    }
}

fn talk_figures(speakers: &[Speaker], talk: &Talk, timed: bool) -> TalkFigures {
    let mut sums: BTreeMap<Arc<str>, SpeakerTalk> = BTreeMap::new();
    // Who was only taken to speak for a while does not show.
    for speaker in speakers.iter().filter(|s| s.talk.turns > 0) {
        let own = speaker.talk;
        let sum = sums.entry(name(speaker)).or_default();
        *sum = SpeakerTalk {
            turns: sum.turns.saturating_add(own.turns),
            words: sum.words.saturating_add(own.words),
            disfluencies: sum.disfluencies.saturating_add(own.disfluencies),
            talk_ms: sum.talk_ms.saturating_add(own.talk_ms),
            longest_ms: sum.longest_ms.max(own.longest_ms),
            answers: sum.answers.saturating_add(own.answers),
            answer_ms: sum.answer_ms.saturating_add(own.answer_ms),
        };
    }
    let words: i64 = sums.values().map(|s| i64::from(s.words)).sum();
    let time: i64 = sums.values().map(|s| i64::from(s.talk_ms)).sum();
    let figures = |s: &SpeakerTalk| SpeakerFigures {
        turns: s.turns,
        words: s.words,
        word_share: Score::nearest(ratio(s.words.into(), words as f64)),
        disfluencies_per_100_words: tenths(100.0 * ratio(s.disfluencies.into(), s.words.into())),
        talk_ms: timed.then_some(s.talk_ms.into()),
        talk_share: timed.then(|| Score::nearest(ratio(s.talk_ms.into(), time as f64))),
        words_per_minute: (timed && s.talk_ms > 0)
            .then(|| tenths(60_000.0 * f64::from(s.words) / f64::from(s.talk_ms))),
        longest_monologue_ms: timed.then_some(s.longest_ms.into()),
        response_latency_ms: (timed && s.answers > 0).then(|| i64::from(s.answer_ms) / i64::from(s.answers)),
    };
    let silences = |s: Silences| Silence {
        count: s.count,
        total_ms: s.total_ms.into(),
        longest_ms: s.longest_ms.into(),
    };
    TalkFigures {
        speakers: sums
            .iter()
            .map(|(who, sum)| (Arc::clone(who), figures(sum)))
            .collect(),
        silence: timed.then(|| silences(talk.silences)),
        holds: timed.then(|| silences(talk.holds)),
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

fn tenths(x: f64) -> f64 {
    libm::round(x * 10.0) / 10.0
}
