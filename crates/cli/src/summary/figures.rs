//! The figures of a group of calls: sums of whole numbers, so that they come out the same in any order and add up.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::report::{Report, State, Text, Trend};

/// The signal that cannot fire where times are missing.
const INTERRUPTION: &str = "interruption";
/// Scores have four decimals.
const UNIT: f64 = 10_000.0;
/// Groups of fewer calls are not compared …
const LEAST_COMPARED: u64 = 10;
/// … and differ from so many standard errors on.
const STANDARD_ERRORS: f64 = 3.0;

/// A mean in the making, with the number of calls it is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mean {
    pub(super) n: u64,
    sum: i64,
    squares: i64,
}

/// A figure of a report in ten-thousandths. No figure of a report is beyond ±1.
fn units(x: f64) -> i64 {
    (x.clamp(-1.0, 1.0) * UNIT).round() as i64
}

impl Mean {
    fn add(&mut self, x: Option<f64>) {
        if let Some(x) = x.map(units) {
            self.n += 1;
            self.sum += x;
            self.squares += x * x;
        }
    }

    fn merge(&mut self, other: &Mean) {
        self.n += other.n;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    fn without(&self, other: &Mean) -> Mean {
        Mean {
            n: self.n - other.n,
            sum: self.sum - other.sum,
            squares: self.squares - other.squares,
        }
    }

    /// The mean; none of nothing.
    pub(super) fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum as f64 / self.n as f64 / UNIT)
    }

    /// The variance of a sample.
    fn variance(&self) -> Option<f64> {
        let n = (self.n > 1).then_some(self.n as f64)?;
        let deviations = self.squares as f64 - self.sum as f64 * (self.sum as f64 / n);
        Some((deviations / (n - 1.0)).max(0.0) / (UNIT * UNIT))
    }

    /// The standard deviation of a sample.
    pub(super) fn deviation(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }

    /// Whether the mean is below or above that of all other calls by more than chance explains (Welch's statistic).
    pub(super) fn differs(&self, all: &Mean) -> Option<Ordering> {
        let rest = all.without(self);
        if self.n < LEAST_COMPARED || rest.n < LEAST_COMPARED {
            return None;
        }
        let difference = self.mean()? - rest.mean()?;
        let error = (self.variance()? / self.n as f64 + rest.variance()? / rest.n as f64).sqrt();
        (difference.abs() > STANDARD_ERRORS * error).then(|| difference.total_cmp(&0.0))
    }
}

/// A count over the calls in which it was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) n: u64,
    pub(super) count: u64,
}

impl Count {
    fn add(&mut self, count: Option<u64>) {
        if let Some(count) = count {
            self.n += 1;
            self.count += count;
        }
    }

    fn merge(&mut self, other: &Count) {
        self.n += other.n;
        self.count += other.count;
    }

    /// By call; none if it was measured in none.
    pub(super) fn by_call(&self) -> Option<f64> {
        (self.n > 0).then(|| self.count as f64 / self.n as f64)
    }

    /// By 100 calls.
    pub(super) fn per_100(&self) -> Option<f64> {
        self.by_call().map(|x| x * 100.0)
    }
}

/// How often a signal fired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fired {
    pub(super) turns: u64,
    pub(super) calls: u64,
}

/// How often a practice came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Practised {
    pub(super) met: u64,
    pub(super) missed: u64,
    pub(super) no_opportunity: u64,
}

impl Practised {
    /// The share of those met in those that had an opportunity.
    pub(super) fn rate(&self) -> Option<f64> {
        let of = self.met + self.missed;
        (of > 0).then(|| self.met as f64 / of as f64)
    }
}

/// The calls in which the course of anger rises, falls and stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Courses {
    pub(super) rising: u64,
    pub(super) falling: u64,
    pub(super) flat: u64,
}

/// A call to look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named {
    /// Such that the worst is the least: the score, then the peak from above, then the id.
    score: i64,
    less_peak: i64,
    pub(super) id: String,
    /// Its place among the groups.
    pub(super) group: usize,
}

impl Named {
    pub(super) fn score(&self) -> f64 {
        self.score as f64 / UNIT
    }

    pub(super) fn peak(&self) -> Option<f64> {
        (self.less_peak <= 0).then(|| -self.less_peak as f64 / UNIT)
    }
}

/// The first of an order, so many and no more.
#[derive(Clone, Debug, Default)]
struct Ends {
    worst: Vec<Named>,
    best: Vec<Named>,
}

impl Ends {
    fn add(&mut self, top: usize, call: Named) {
        let at = self.worst.partition_point(|c| c <= &call);
        if at < top {
            self.worst.insert(at, call.clone());
            self.worst.truncate(top);
        }
        let at = self.best.partition_point(|c| c >= &call);
        if at < top {
            self.best.insert(at, call);
            self.best.truncate(top);
        }
    }
}

/// The figures of a group.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    pub(super) calls: u64,
    pub(super) turns: Count,
    pub(super) score: Mean,
    pub(super) angry: Count,
    pub(super) start: Mean,
    pub(super) mean: Mean,
    pub(super) peak: Mean,
    pub(super) end: Mean,
    pub(super) courses: Courses,
    pub(super) customer: Mean,
    pub(super) agent: Mean,
    pub(super) interruptions: Count,
    pub(super) silence_ms: Count,
    /// Of turns, silences and holds of the calls whose silence was measured.
    all_ms: u64,
    /// Calls that say what fired.
    heard: u64,
    signals: BTreeMap<Box<str>, Fired>,
    /// In the order of the reports.
    pub(super) practices: Vec<(Box<str>, Practised)>,
    ends: Ends,
}

/// What is the same for all groups.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// The level from which on a peak is angry, if there is such a band.
    pub(super) angry: Option<f64>,
    /// How many calls are named.
    pub(super) top: usize,
}

impl Figures {
    /// Adds a call of the group with this number; `place` names it if it has no id.
    pub(super) fn add(
        &mut self,
        rules: Rules,
        report: &Report<'_>,
        group: usize,
        place: impl FnOnce() -> String,
    ) {
        let call = &report.call;
        self.calls += 1;
        self.turns.add(call.turns.map(u64::from));
        let score = call.score.as_ref().and_then(|s| s.value);
        self.score.add(score);
        let peak = call.anger.as_ref().and_then(|a| a.peak);
        if let Some(anger) = &call.anger {
            self.start.add(anger.start);
            self.mean.add(anger.mean);
            self.peak.add(anger.peak);
            self.end.add(anger.end);
            match anger.trend {
                Some(Trend::Rising) => self.courses.rising += 1,
                Some(Trend::Falling) => self.courses.falling += 1,
                Some(Trend::Flat) => self.courses.flat += 1,
                Some(Trend::Other) | None => {}
            }
            if let (Some(peak), Some(from)) = (peak, rules.angry) {
                self.angry.add(Some(u64::from(units(peak) >= units(from))));
            }
        }
        for (who, sentiment) in call.sentiment.iter().flat_map(|s| &s.0) {
            match &*who.0 {
                "agent" => self.agent.add(sentiment.overall),
                "customer" => self.customer.add(sentiment.overall),
                _ => {}
            }
        }
        let interruptions = call.interruptions.as_ref().and_then(|i| i.by_agent);
        self.interruptions.add(interruptions.map(u64::from));
        self.silence(report);
        if let Some(signals) = &call.signals {
            self.heard += 1;
            for (id, signal) in signals.0.iter().filter(|(_, s)| s.count > 0) {
                let fired = self.signal_mut(&id.0);
                fired.turns += u64::from(signal.count);
                fired.calls += 1;
            }
        }
        for (place, practice) in call.practices.iter().flatten().enumerate() {
            let practised = self.practice_mut(place, &practice.id.0);
            match practice.state {
                State::Met => practised.met += 1,
                State::Missed => practised.missed += 1,
                State::NoOpportunity => practised.no_opportunity += 1,
                State::Other => {}
            }
        }
        if let Some(score) = score {
            let named = Named {
                score: units(score),
                less_peak: peak.map_or(1, |p| -units(p)),
                id: report
                    .id
                    .as_ref()
                    .map_or_else(place, |Text(id)| id.clone().into_owned()),
                group,
            };
            self.ends.add(rules.top, named);
        }
    }

    fn silence(&mut self, report: &Report<'_>) {
        let Some(talk) = &report.call.talk else { return };
        let Some(silence) = talk.silence.as_ref().and_then(|s| s.total_ms) else {
            return;
        };
        let ms = |ms: Option<i64>| ms.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0);
        let spoken = talk.speakers.iter().flat_map(|s| &s.0);
        let spoken: u64 = spoken.map(|(_, s)| ms(s.talk_ms)).sum();
        let held = ms(talk.holds.as_ref().and_then(|h| h.total_ms));
        self.silence_ms.add(Some(ms(Some(silence))));
        self.all_ms += ms(Some(silence)) + spoken + held;
    }

    fn signal_mut(&mut self, id: &str) -> &mut Fired {
        if !self.signals.contains_key(id) {
            self.signals.insert(id.into(), Fired::default());
        }
        self.signals.get_mut(id).expect("just put there")
    }

    /// The practice, first looked for where it stood in other reports.
    fn practice_mut(&mut self, place: usize, id: &str) -> &mut Practised {
        let known = |p: &(Box<str>, Practised)| &*p.0 == id;
        let at = match self.practices.get(place) {
            Some(practice) if known(practice) => place,
            _ => self.practices.iter().position(known).unwrap_or_else(|| {
                self.practices.push((id.into(), Practised::default()));
                self.practices.len() - 1
            }),
        };
        &mut self.practices[at].1
    }

    /// Adds the calls of another group.
    pub(super) fn merge(&mut self, top: usize, other: &Figures) {
        self.calls += other.calls;
        self.turns.merge(&other.turns);
        self.score.merge(&other.score);
        self.angry.merge(&other.angry);
        self.start.merge(&other.start);
        self.mean.merge(&other.mean);
        self.peak.merge(&other.peak);
        self.end.merge(&other.end);
        self.courses.rising += other.courses.rising;
        self.courses.falling += other.courses.falling;
        self.courses.flat += other.courses.flat;
        self.customer.merge(&other.customer);
        self.agent.merge(&other.agent);
        self.interruptions.merge(&other.interruptions);
        self.silence_ms.merge(&other.silence_ms);
        self.all_ms += other.all_ms;
        self.heard += other.heard;
        for (id, fired) in &other.signals {
            let own = self.signal_mut(id);
            own.turns += fired.turns;
            own.calls += fired.calls;
        }
        for (place, (id, practised)) in other.practices.iter().enumerate() {
            let own = self.practice_mut(place, id);
            own.met += practised.met;
            own.missed += practised.missed;
            own.no_opportunity += practised.no_opportunity;
        }
        for call in &other.ends.worst {
            let at = self.ends.worst.partition_point(|c| c <= call);
            self.ends.worst.insert(at, call.clone());
        }
        for call in &other.ends.best {
            let at = self.ends.best.partition_point(|c| c >= call);
            self.ends.best.insert(at, call.clone());
        }
        self.ends.worst.truncate(top);
        self.ends.best.truncate(top);
    }

    /// The share of silence in the time of turns, silences and holds.
    pub(super) fn silence_share(&self) -> Option<f64> {
        (self.all_ms > 0).then(|| self.silence_ms.count as f64 / self.all_ms as f64)
    }

    /// The signals that fired, by id.
    pub(super) fn signals(&self) -> impl Iterator<Item = (&str, Fired)> {
        self.signals.iter().map(|(id, fired)| (&**id, *fired))
    }

    /// How often a signal fired, and the calls in which it could.
    pub(super) fn signal(&self, id: &str) -> (Fired, u64) {
        let n = if id == INTERRUPTION {
            self.interruptions.n
        } else {
            self.heard
        };
        (self.signals.get(id).copied().unwrap_or_default(), n)
    }

    /// How a practice came out.
    pub(super) fn practice(&self, id: &str) -> Practised {
        let own = self.practices.iter().find(|(own, _)| **own == *id);
        own.map_or_else(Practised::default, |(_, practised)| *practised)
    }

    /// The worst calls, the worst first. Of few calls the worse half is among the worst, the better half among the best.
    pub(super) fn worst(&self) -> &[Named] {
        let half = usize::try_from(self.score.n.div_ceil(2)).unwrap_or(usize::MAX);
        &self.ends.worst[..self.ends.worst.len().min(half)]
    }

    /// The best calls, the best first.
    pub(super) fn best(&self) -> &[Named] {
        let half = usize::try_from(self.score.n / 2).unwrap_or(usize::MAX);
        &self.ends.best[..self.ends.best.len().min(half)]
    }
}

/// So many of so many; none of none.
pub(super) fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(values: &[f64]) -> Mean {
        let mut mean = Mean::default();
        values.iter().for_each(|x| mean.add(Some(*x)));
        mean
    }

    #[test]
    fn means_and_deviations() {
        let m = mean(&[0.2, 0.4, 0.9]);
        assert_eq!((m.n, m.mean()), (3, Some(0.5)));
        // ((0.3² + 0.1² + 0.4²) / 2)^½
        assert!((m.deviation().expect("of three") - 0.13_f64.sqrt()).abs() < 1e-12);
        assert_eq!(
            (
                mean(&[]).mean(),
                mean(&[0.4]).deviation(),
                mean(&[0.4, 0.4]).deviation()
            ),
            (None, None, Some(0.0))
        );
    }

    #[test]
    fn a_difference_is_one_only_if_chance_does_not_explain_it() {
        let low = mean(&[0.1, 0.2].repeat(5));
        let high = mean(&[0.8, 0.9].repeat(5));
        let mut all = low;
        all.merge(&high);
        assert_eq!(low.differs(&all), Some(Ordering::Less));
        assert_eq!(high.differs(&all), Some(Ordering::Greater));
        let mut few = mean(&[0.0; 9]);
        let small = few;
        few.merge(&high);
        assert_eq!(small.differs(&few), None);
        let wide = mean(&[0.0, 1.0].repeat(5));
        let mut alike = wide;
        alike.merge(&mean(&[0.1, 1.0].repeat(5)));
        assert_eq!(wide.differs(&alike), None);
    }
}
