//! Where turns stand in the call, and what follows from it: quarters, thirds, trends.

use super::Row;
use crate::fixed::Score;
use crate::report::Trend;

/// The order of the call: by start, then arrival; a turn without a start keeps its place behind the one that arrived before it.
pub(super) struct Order {
    /// Arrivals in the order of the call.
    pub(super) arrivals: Vec<u32>,
    /// Place by arrival.
    pub(super) place: Vec<u32>,
}

impl Order {
    pub(super) fn of(rows: &[Row]) -> Self {
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
pub(super) struct Places {
    /// Numerator by arrival, and the common denominator.
    at: Vec<i64>,
    whole: i64,
}

impl Places {
    pub(super) fn new(
        rows: &[Row],
        order: &Order,
        timed: bool,
        origin: Option<i64>,
        end_ms: Option<i64>,
    ) -> Self {
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

    pub(super) fn quarters(&self, values: &[(usize, Score)]) -> [Option<Score>; 4] {
        self.means(values)
    }

    /// The last third against the first, the last value counting for `end_share` of the last third; a third without a turn is stood for by the last or first turn there is.
    pub(super) fn trend(&self, values: &[(usize, Score)], least: f64, end_share: f64) -> Trend {
        let [first, _, last] = self.means(values);
        let by_place = |v: &&(usize, Score)| (self.at[v.0], v.0);
        let first = first.or(values.iter().min_by_key(by_place).map(|v| v.1));
        let end = values.iter().max_by_key(by_place).map(|v| v.1.to_f64());
        let last = last.map(Score::to_f64).or(end);
        let last = last
            .zip(end)
            .map(|(last, end)| end_share * end + (1.0 - end_share) * last);
        match last.zip(first).map_or(0.0, |(last, first)| last - first.to_f64()) {
            d if d >= least => Trend::Rising,
            d if d <= -least => Trend::Falling,
            _ => Trend::Flat,
        }
    }
}

/// The mean of a sum, rounded half away from zero.
pub(super) fn mean(sum: i64, n: i64) -> Score {
    let n = n.max(1);
    let half = if sum < 0 { -n } else { n };
    Score(((2 * sum + half) / (2 * n)) as i16)
}
