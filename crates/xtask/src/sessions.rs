//! Many live sessions, interleaved: how large each is, and how long a push takes among them.

use std::time::Duration;

use hackles::event::Event;
use hackles::{Analyzer, Options, Session, Turn};
use serde_json::{Value, json};

use crate::clock::{median, spent};
use crate::corpus::{TURNS, ids, utterances};
use crate::machine::resident;
use crate::steady::{Push, chunk};

/// So many sessions, if nobody asks for more.
pub(crate) const USUAL: usize = 100_000;
/// Turns that are timed.
const TIMED: usize = 2;
/// A prime: it scatters the order in which sessions have their turn.
const STRIDE: usize = 999_983;

/// Figures of so many sessions. Memory is what the second half of them adds, so that holes which compiling left do not hide it.
pub(crate) fn measure(sessions: usize) -> Value {
    let analyzer = Analyzer::builtin();
    let utterances = utterances();
    let mut all = Pool {
        utterances: &utterances,
        ids: ids(),
        sessions: Vec::with_capacity(sessions),
        events: Vec::new(),
    };
    let mut memory = Vec::new();
    for half in [0..sessions / 2, sessions / 2..sessions] {
        let new = half.clone().map(|_| analyzer.session(Options::default()));
        all.sessions.extend(new);
        for turn in 0..TURNS {
            all.turn(turn, half.clone(), |push| push());
        }
        memory.push(resident());
    }
    let grown = memory[0]
        .zip(memory[1])
        .map(|(half, all)| all.saturating_sub(half));
    let state: usize = all.sessions.iter().map(Session::state_bytes).sum();

    let clock = median((0..10_001).map(|_| spent(|| ()).0).collect());
    let mut times: Vec<Duration> = Vec::with_capacity(TIMED * sessions);
    for turn in TURNS..TURNS + TIMED {
        all.turn(turn, 0..sessions, |push| times.push(spent(push).0));
    }
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_nanos() as f64 - clock;
    json!({
        "sessions": sessions,
        "bytes_per_session": grown.map(|grown| grown / (sessions - sessions / 2)),
        "state_bytes": state / sessions,
        "p50_ns": at(0.5),
        "p99_ns": at(0.99),
        "p999_ns": at(0.999),
    })
}

struct Pool<'a> {
    utterances: &'a [Turn],
    ids: Vec<String>,
    sessions: Vec<Session>,
    events: Vec<Event>,
}

impl Pool<'_> {
    /// A turn to each of some sessions, in a scattered order; `take` runs each push.
    fn turn(&mut self, turn: usize, of: std::ops::Range<usize>, mut take: impl FnMut(&mut dyn FnMut())) {
        for place in 0..of.len() {
            let number = of.start + place * STRIDE % of.len();
            let said = &self.utterances[(number + turn) % self.utterances.len()];
            let chunk = chunk(said, &self.ids[turn], turn, Push::Whole);
            let (session, events) = (&mut self.sessions[number], &mut self.events);
            take(&mut || session.push(&chunk, events));
            events.clear();
        }
    }
}
