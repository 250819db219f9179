//! What a report is made of, gathered as turns are decided, and the report that comes of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::compiled::Compiled;
use crate::context::Weighed;
use crate::evidence::{Evidence, Modification};
use crate::fixed::Score;
use crate::options::{Options, Retention};
use crate::report::{
    Anger, CallFigures, CallReport, Interruptions, Reason, Sentiment, SignalFigure, Silence, SpeakerFigures,
    TalkFigures, Trend, TurnReport,
};
use crate::speakers::Speaker;
use crate::transcript::Role;
use crate::turns::anger::AngerCourse;
use crate::turns::talk::{SpeakerTalk, Talk};
use crate::turns::verdicts::{ClosedTurn, Verdict};

/// The sums of a call and, if they are retained, its turns.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    turns: u32,
    /// Every turn started no earlier than all before it: arrival is the place in the call.
    in_order: bool,
    latest_start: Option<i64>,
    signals: Vec<(u16, u16)>,
    interruptions: [u16; 2],
    sentiments: Vec<(u8, i32, u16)>,
    rows: Option<Vec<Row>>,
}

/// A turn that is retained.
#[derive(Clone, Debug)]
struct Row {
    speaker: u8,
    start_ms: Option<i64>,
    end_ms: Option<i64>,
    sentiment: Score,
    level: Option<Score>,
    text: String,
    verdicts: Vec<Verdict>,
}

impl Ledger {
    pub(crate) fn new(retention: Retention) -> Self {
        Ledger {
            turns: 0,
            in_order: true,
            latest_start: None,
            signals: Vec::new(),
            interruptions: [0; 2],
            sentiments: Vec::new(),
            rows: (retention == Retention::Full).then(Vec::new),
        }
    }

    /// A turn has come, in the order of arrival.
    pub(crate) fn open_turn(
        &mut self,
        arrival: u32,
        speaker: u8,
        start_ms: Option<i64>,
        end_ms: Option<i64>,
    ) {
        debug_assert_eq!(arrival, self.turns);
        self.turns += 1;
        if start_ms.is_some() {
            self.in_order &= start_ms >= self.latest_start;
            self.latest_start = self.latest_start.max(start_ms);
        }
        if let Some(rows) = &mut self.rows {
            let (sentiment, level, text, verdicts) = (Score::default(), None, String::new(), Vec::new());
            rows.push(Row {
                speaker,
                start_ms,
                end_ms,
                sentiment,
                level,
                text,
                verdicts,
            });
        }
    }

    /// A turn is decided altogether; its verdicts in the order of signals.
    pub(crate) fn close_turn(
        &mut self,
        compiled: &Compiled,
        turn: ClosedTurn,
        verdicts: Vec<Verdict>,
        level: Option<Score>,
    ) {
        let valence = verdicts.iter().find(|v| Some(v.signal) == compiled.sentiment);
        let sentiment = valence.map_or(Score::default(), |v| Score::valence(v.outcome.logit));
        let speaker = turn.past.speaker;
        match self.sentiments.iter_mut().find(|s| s.0 == speaker) {
            Some(sum) => {
                *sum = (
                    speaker,
                    sum.1.saturating_add(sentiment.0.into()),
                    sum.2.saturating_add(1),
                )
            }
            None => self.sentiments.push((speaker, sentiment.0.into(), 1)),
        }
        for verdict in verdicts.iter().filter(|v| v.outcome.fired) {
            match self.signals.iter_mut().find(|s| s.0 == verdict.signal) {
                Some(count) => count.1 = count.1.saturating_add(1),
                None => self.signals.push((verdict.signal, 1)),
            }
            if compiled
                .interruption
                .as_ref()
                .is_some_and(|(s, _)| *s == verdict.signal)
            {
                match turn.past.role {
                    Some(Role::Agent) => self.interruptions[0] += 1,
                    Some(Role::Customer) => self.interruptions[1] += 1,
                    None => {}
                }
            }
        }
        if let Some(row) = self
            .rows
            .as_mut()
            .and_then(|r| r.get_mut(turn.past.arrival as usize))
        {
            *row = Row {
                sentiment,
                level,
                text: turn.text,
                verdicts,
                ..*row
            };
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let rows = self.rows.as_ref().map_or(0, |r| r.capacity() * size_of::<Row>());
        self.signals.capacity() * size_of::<(u16, u16)>()
            + self.sentiments.capacity() * size_of::<(u8, i32, u16)>()
            + rows
    }

    /// The report.
    #[expect(clippy::too_many_arguments, reason = "the parts of a call that end together")]
    pub(crate) fn report(
        self,
        compiled: &Compiled,
        options: Options,
        speakers: &[Speaker],
        origin: Option<i64>,
        anger: &AngerCourse,
        talk: &Talk,
        end_ms: Option<i64>,
    ) -> CallReport {
        let mut missing = BTreeMap::new();
        let timed = talk.is_timed();
        let rows = self.rows.as_deref();
        let order = rows.map(Order::of);
        let place = rows
            .zip(order.as_ref())
            .map(|(rows, order)| Places::new(rows, order, timed, origin, end_ms));
        if rows.is_none() {
            for path in [
                "turns",
                "sentiment.quarters",
                "sentiment.trend",
                "anger.trend",
                "anger.levels",
                "interruptions.turns",
                "signals.turns",
            ] {
                missing.insert(path, Reason::NotRetained);
            }
        }
        let sentiment = self.sentiment(compiled, speakers, rows, place.as_ref());
        let anger = self.anger(
            compiled,
            anger,
            rows,
            order.as_ref(),
            place.as_ref(),
            &mut missing,
        );
        let mut signals = self.signal_figures(compiled, rows, order.as_ref());
        let interrupted = compiled
            .interruption
            .as_ref()
            .map(|(s, _)| &compiled.signal_names[usize::from(*s)]);
        let turns = interrupted
            .and_then(|name| signals.get(name))
            .map_or(rows.map(|_| Vec::new()), |f| f.turns.clone());
        if !timed {
            missing.insert("interruptions", Reason::NoTimes);
            missing.insert("talk", Reason::NoTimes);
        }
        let [by_agent, by_customer] = self.interruptions.map(|n| timed.then_some(u32::from(n)));
        let interruptions = Interruptions {
            by_agent,
            by_customer,
            turns: turns.filter(|_| timed),
        };
        signals.retain(|_, f| f.count > 0);
        let talk = talk_figures(speakers, talk, timed);
        let turns = rows
            .zip(order.as_ref())
            .map(|(rows, order)| turn_reports(compiled, speakers, rows, order));
        CallReport {
            id: options.id,
            lexicon: Arc::clone(&compiled.name),
            turns,
            call: CallFigures {
                turns: self.turns,
                sentiment,
                anger,
                interruptions,
                talk,
                signals,
                not_measured: missing,
            },
            meta: options.meta,
        }
    }

    fn sentiment(
        &self,
        compiled: &Compiled,
        speakers: &[Speaker],
        rows: Option<&[Row]>,
        places: Option<&Places>,
    ) -> BTreeMap<Arc<str>, Sentiment> {
        let mut sums: BTreeMap<Arc<str>, (i64, i64)> = BTreeMap::new();
        for &(speaker, sum, n) in &self.sentiments {
            let own = sums.entry(name(&speakers[usize::from(speaker)])).or_default();
            *own = (own.0 + i64::from(sum), own.1 + i64::from(n));
        }
        let course = |who: &Arc<str>| {
            let own = rows?
                .iter()
                .enumerate()
                .filter(|(_, r)| name(&speakers[usize::from(r.speaker)]) == *who);
            let values: Vec<(usize, Score)> = own.map(|(arrival, r)| (arrival, r.sentiment)).collect();
            Some((
                places?.quarters(&values),
                places?.trend(&values, compiled.lexicon.call.sentiment_trend),
            ))
        };
        let figure = |who: Arc<str>, (sum, n): (i64, i64)| {
            let (quarters, trend) = course(&who).unzip();
            (
                who,
                Sentiment {
                    overall: mean(sum, n),
                    quarters,
                    trend,
                },
            )
        };
        sums.into_iter().map(|(who, sum)| figure(who, sum)).collect()
    }

    fn anger(
        &self,
        compiled: &Compiled,
        course: &AngerCourse,
        rows: Option<&[Row]>,
        order: Option<&Order>,
        places: Option<&Places>,
        missing: &mut BTreeMap<&'static str, Reason>,
    ) -> Anger {
        if !course.measured() {
            missing.insert("anger", Reason::NoCustomer);
            missing.remove("anger.trend");
            missing.remove("anger.levels");
            return Anger {
                mean: None,
                peak: None,
                peak_turn: None,
                start: None,
                end: None,
                trend: None,
                levels: None,
            };
        }
        let rules = &compiled.lexicon.call;
        let levels: Option<Vec<(usize, Score)>> = rows.map(|rows| {
            rows.iter()
                .enumerate()
                .filter_map(|(i, r)| Some((i, r.level?)))
                .collect()
        });
        let peak = course.peak_turn(rules);
        let peak_turn = match order {
            Some(order) => peak.map(|arrival| order.place[arrival as usize]),
            None if self.in_order => peak,
            None => {
                missing.insert("anger.peak_turn", Reason::NotRetained);
                None
            }
        };
        let trend = levels
            .as_ref()
            .zip(places)
            .map(|(levels, places)| places.trend(levels, rules.anger_trend));
        let levels = levels.zip(order).map(|(levels, order)| {
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
            levels,
        }
    }

    fn signal_figures(
        &self,
        compiled: &Compiled,
        rows: Option<&[Row]>,
        order: Option<&Order>,
    ) -> BTreeMap<Arc<str>, SignalFigure> {
        let figure = |&(signal, count): &(u16, u16)| {
            let turns = rows.zip(order).map(|(rows, order)| {
                let fired = |r: &Row| r.verdicts.iter().any(|v| v.signal == signal && v.outcome.fired);
                order
                    .arrivals
                    .iter()
                    .zip(0..)
                    .filter(|(arrival, _)| fired(&rows[**arrival as usize]))
                    .map(|(_, place)| place)
                    .collect()
            });
            (
                Arc::clone(&compiled.signal_names[usize::from(signal)]),
                SignalFigure {
                    count: count.into(),
                    turns,
                },
            )
        };
        self.signals.iter().map(figure).collect()
    }
}

/// Role, else id, else "unknown".
fn name(speaker: &Speaker) -> Arc<str> {
    match speaker.role {
        Some(role) => Arc::from(role.as_str()),
        None if speaker.id.is_empty() => Arc::from("unknown"),
        None => Arc::clone(&speaker.id),
    }
}

fn mean(sum: i64, n: i64) -> Score {
    let n = n.max(1);
    let half = if sum < 0 { -n } else { n };
    Score(((2 * sum + half) / (2 * n)) as i16)
}

/// The order of the call: by start, then arrival; a turn without a start keeps its place behind the one that arrived before it.
struct Order {
    /// Arrivals in the order of the call.
    arrivals: Vec<u32>,
    /// Place by arrival.
    place: Vec<u32>,
}

impl Order {
    fn of(rows: &[Row]) -> Self {
        let mut start = i64::MIN;
        let mut keyed: Vec<(i64, u32)> = (0u32..)
            .zip(rows)
            .map(|(arrival, row)| {
                start = row.start_ms.unwrap_or(start);
                (start, arrival)
            })
            .collect();
        keyed.sort_unstable();
        let arrivals: Vec<u32> = keyed.into_iter().map(|k| k.1).collect();
        let mut place = vec![0; arrivals.len()];
        for (i, &arrival) in (0..).zip(&arrivals) {
            place[arrival as usize] = i;
        }
        Order { arrivals, place }
    }
}

/// Where in the call each turn lies, by arrival: as a part of its duration if all turns have times, else of its turns.
struct Places {
    /// Numerator by arrival, and the common denominator.
    at: Vec<i64>,
    whole: i64,
}

impl Places {
    fn new(rows: &[Row], order: &Order, timed: bool, origin: Option<i64>, end_ms: Option<i64>) -> Self {
        let by_count = || Places {
            at: order.place.iter().map(|&p| p.into()).collect(),
            whole: order.place.len().max(1) as i64,
        };
        if !timed {
            return by_count();
        }
        let first = rows
            .iter()
            .filter_map(|r| r.start_ms)
            .min()
            .or(origin)
            .unwrap_or(0);
        let last = rows
            .iter()
            .filter_map(|r| r.end_ms)
            .chain(end_ms)
            .max()
            .unwrap_or(first);
        match last.saturating_sub(first) {
            whole if whole > 0 => Places {
                at: rows
                    .iter()
                    .map(|r| r.start_ms.unwrap_or(first).saturating_sub(first))
                    .collect(),
                whole,
            },
            _ => by_count(),
        }
    }

    fn part(&self, arrival: usize, parts: i64) -> usize {
        (i128::from(self.at[arrival]) * i128::from(parts) / i128::from(self.whole))
            .clamp(0, i128::from(parts) - 1) as usize
    }

    fn means<const N: usize>(&self, values: &[(usize, Score)]) -> [Option<Score>; N] {
        let mut sums = [(0i64, 0i64); N];
        for &(arrival, value) in values {
            let sum = &mut sums[self.part(arrival, N as i64)];
            *sum = (sum.0 + i64::from(value.0), sum.1 + 1);
        }
        sums.map(|(sum, n)| (n > 0).then(|| mean(sum, n)))
    }

    fn quarters(&self, values: &[(usize, Score)]) -> [Option<Score>; 4] {
        self.means(values)
    }

    /// The last third against the first; a third without a turn is stood for by the last or first turn there is.
    fn trend(&self, values: &[(usize, Score)], least: f64) -> Trend {
        let [first, _, last] = self.means(values);
        let by_place = |v: &&(usize, Score)| (self.at[v.0], v.0);
        let first = first.or(values.iter().min_by_key(by_place).map(|v| v.1));
        let last = last.or(values.iter().max_by_key(by_place).map(|v| v.1));
        match last
            .zip(first)
            .map_or(0.0, |(last, first)| last.to_f64() - first.to_f64())
        {
            d if d >= least => Trend::Rising,
            d if d <= -least => Trend::Falling,
            _ => Trend::Flat,
        }
    }
}

fn turn_reports(compiled: &Compiled, speakers: &[Speaker], rows: &[Row], order: &Order) -> Vec<TurnReport> {
    let report = |(index, &arrival): (u32, &u32)| {
        let row = &rows[arrival as usize];
        let speaker = &speakers[usize::from(row.speaker)];
        let scored = || {
            row.verdicts
                .iter()
                .filter(|v| Some(v.signal) != compiled.sentiment)
        };
        let signal_name = |v: &Verdict| Arc::clone(&compiled.signal_names[usize::from(v.signal)]);
        let mut evidence: Vec<(&Verdict, &Weighed)> = row
            .verdicts
            .iter()
            .flat_map(|v| v.evidence.iter().map(move |e| (v, e)))
            .collect();
        evidence.sort_by_key(|(v, e)| (e.span.is_none(), e.span, v.signal, e.entry));
        TurnReport {
            index,
            speaker: (!speaker.id.is_empty()).then(|| Arc::clone(&speaker.id)),
            role: speaker.role,
            start_ms: row.start_ms,
            end_ms: row.end_ms,
            sentiment: row.sentiment,
            scores: scored().map(|v| (signal_name(v), v.outcome.score)).collect(),
            signals: scored().filter(|v| v.outcome.fired).map(signal_name).collect(),
            evidence: evidence
                .into_iter()
                .map(|(v, e)| piece(compiled, signal_name(v), e, &row.text, &order.place))
                .collect(),
        }
    };
    (0u32..).zip(&order.arrivals).map(report).collect()
}

/// A counted hit as evidence.
pub(crate) fn piece(
    compiled: &Compiled,
    signal: Arc<str>,
    hit: &Weighed,
    text: &str,
    place: &[u32],
) -> Evidence {
    let modifiers = hit.modifiers.iter().map(|m| Modification {
        modifier: Arc::clone(&compiled.modifier_names[usize::from(m.modifier)]),
        factor: m.factor,
        start: m.cue.map(|c| c.0),
        end: m.cue.map(|c| c.1),
    });
    let mut turns: Vec<u32> = hit
        .turns
        .iter()
        .map(|&t| place.get(t as usize).copied().unwrap_or(t))
        .collect();
    turns.sort_unstable();
    Evidence {
        signal,
        entry: Arc::clone(&compiled.entry_names[hit.entry as usize]),
        start: hit.span.map(|s| s.0),
        end: hit.span.map(|s| s.1),
        quote: hit
            .span
            .and_then(|(start, end)| text.get(start as usize..end as usize))
            .map(str::to_owned),
        weight: compiled.lexicon.entries[hit.entry as usize].weight,
        modifiers: modifiers.collect(),
        contribution: hit.contribution,
        turns,
    }
}

fn talk_figures(speakers: &[Speaker], talk: &Talk, timed: bool) -> TalkFigures {
    let mut sums: BTreeMap<Arc<str>, SpeakerTalk> = BTreeMap::new();
    for (number, speaker) in speakers.iter().enumerate() {
        let own = talk.speaker(number);
        let sum = sums.entry(name(speaker)).or_default();
        *sum = SpeakerTalk {
            turns: sum.turns + own.turns,
            words: sum.words + own.words,
            disfluencies: sum.disfluencies + own.disfluencies,
            talk_ms: sum.talk_ms + own.talk_ms,
            longest_ms: sum.longest_ms.max(own.longest_ms),
            answers: sum.answers + own.answers,
            answer_ms: sum.answer_ms + own.answer_ms,
        };
    }
    let words: u32 = sums.values().map(|s| s.words).sum();
    let time: i64 = sums.values().map(|s| s.talk_ms).sum();
    let figures = |s: &SpeakerTalk| SpeakerFigures {
        turns: s.turns,
        words: s.words,
        word_share: Score::nearest(ratio(s.words.into(), words.into())),
        disfluencies_per_100_words: tenths(100.0 * ratio(s.disfluencies.into(), s.words.into())),
        talk_ms: timed.then_some(s.talk_ms),
        talk_share: timed.then(|| Score::nearest(ratio(s.talk_ms as f64, time as f64))),
        words_per_minute: (timed && s.talk_ms > 0)
            .then(|| tenths(60_000.0 * f64::from(s.words) / s.talk_ms as f64)),
        longest_monologue_ms: timed.then_some(s.longest_ms),
        response_latency_ms: (timed && s.answers > 0).then(|| s.answer_ms / i64::from(s.answers)),
    };
    let silence = Silence {
        count: talk.silences,
        total_ms: talk.silence_ms,
        longest_ms: talk.longest_silence_ms,
    };
    TalkFigures {
        speakers: sums
            .iter()
            .map(|(who, sum)| (Arc::clone(who), figures(sum)))
            .collect(),
        silence: timed.then_some(silence),
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

fn tenths(x: f64) -> f64 {
    libm::round(x * 10.0) / 10.0
}
