//! Pushes in the steady state: sessions that are twenty turns in, a turn to each in turn.

use std::time::Duration;

use hackles::event::Event;
use hackles::{Analyzer, Chunk, Mode, Options, Session, Turn};

use crate::clock::spent;
use crate::corpus::{TURNS, ids, utterances};

/// Which push of an utterance is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Push {
    /// One that brings the whole utterance and closes it.
    Whole,
    /// One that brings the whole utterance and leaves it open.
    Opening,
    /// One that closes it without more text.
    Closing,
}

/// Sessions, and what is said in them.
pub(crate) struct Steady<'a> {
    analyzer: &'a Analyzer,
    options: Options,
    utterances: &'a [Turn],
    ids: Vec<String>,
    sessions: Vec<Session>,
    events: Vec<Event>,
}

impl<'a> Steady<'a> {
    /// Over so many utterances that each is timed once a pass.
    pub(crate) fn new(analyzer: &'a Analyzer, options: Options, utterances: &'a [Turn]) -> Self {
        Steady {
            analyzer,
            options,
            utterances,
            ids: ids(),
            sessions: Vec::new(),
            events: Vec::new(),
        }
    }

    /// The time of one push of each utterance, among fresh sessions that were warmed up.
    pub(crate) fn pass(&mut self, push: Push) -> Duration {
        let session = || self.analyzer.session(self.options.clone());
        self.sessions = (0..self.utterances.len() / TURNS).map(|_| session()).collect();
        (0..TURNS).for_each(|turn| self.say_to_all(turn, Push::Whole));
        let mut time = Duration::ZERO;
        for turn in TURNS..2 * TURNS {
            if push == Push::Closing {
                self.say_to_all(turn, Push::Opening);
            }
            time += spent(|| self.say_to_all(turn, push)).0;
            if push == Push::Opening {
                self.say_to_all(turn, Push::Closing);
            }
        }
        time
    }

    /// A turn to each session.
    fn say_to_all(&mut self, turn: usize, push: Push) {
        for (number, session) in self.sessions.iter_mut().enumerate() {
            let said = &self.utterances[(number * TURNS + turn) % self.utterances.len()];
            session.push(&chunk(said, &self.ids[turn], turn, push), &mut self.events);
            self.events.clear();
        }
    }
}

/// The chunk of an utterance: a turn every five seconds.
pub(crate) fn chunk<'a>(said: &'a Turn, id: &'a str, turn: usize, push: Push) -> Chunk<'a> {
    let start = turn as i64 * 5000;
    let text = if push == Push::Closing { "" } else { &said.text };
    Chunk {
        mode: Mode::Append,
        is_final: push != Push::Opening,
        ..Chunk::whole(id, &said.speaker, text).at(start, start + 4000)
    }
}

/// Warms sessions up and pushes every utterance once more; gives their number. The pushes are those of [`counted`].
pub(crate) fn run() -> usize {
    let analyzer = Analyzer::builtin();
    let utterances = utterances();
    let mut steady = Steady::new(&analyzer, Options::default(), &utterances);
    steady.pass(Push::Whole);
    counted(&mut steady);
    utterances.len()
}

/// What an instruction count is collected in.
#[inline(never)]
fn counted(steady: &mut Steady<'_>) {
    for turn in 0..TURNS {
        steady.say_to_all(turn + 2 * TURNS, Push::Whole);
    }
}
