//! A call behind its utterances: what closed turns, in the order of their arrival, come to.

mod out;

use std::cell::Cell;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::alerts::Alerts;
use crate::compiled::Compiled;
use crate::context::{self, Look, Setting, SignalRule, Weighed};
use crate::event::{AngerEvent, Event, NoticeKind, State};
use crate::ledger::{self, Ending, Ledger};
use crate::limits;
use crate::options::{Detail, Options};
use crate::packed::{Bounds, Parcel, Reader, packed};
use crate::practices::Practices;
use crate::report::ReportView;
use crate::speakers::{self, Speaker};
use crate::transcript::{Participant, Role};
use crate::turns::anger::{self, AngerCourse};
use crate::turns::detect::{Memory, Scene, signal_bit};
use crate::turns::history::{At, Past, Shows};
use crate::turns::names::{Heard, Names};
use crate::turns::overlap::Pauses;
use crate::turns::promises::{self, Promises, Times};
use crate::turns::story::Story;
use crate::turns::style::Style;
use crate::turns::talk::{Gap, Spoken, Talk};
use crate::turns::verdicts::{self, TurnInProgress, Verdicts};
use crate::utterance::{Id, Utterance};
pub(crate) use out::Out;
use out::{absolute, practice_event, signal_event, silence_event, tell};

thread_local! {
    /// Room for what detectors show.
    static SHOWN: Cell<Vec<Weighed>> = const { Cell::new(Vec::new()) };
}

/// Everything behind the utterances: a function of the closed turns in the order of their arrival.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) speakers: Vec<Speaker>,
    pub(crate) origin: Option<i64>,
    verdicts: Verdicts,
    memory: Memory,
    pauses: Pauses,
    pub(crate) names: Names,
    anger: AngerCourse,
    talk: Talk,
    style: Style,
    story: Story,
    promises: Promises,
    practices: Practices,
    /// Since when the silence lasts that was told of, if one does.
    silence_told: Option<At>,
    alerts: Alerts,
    ledger: Ledger,
}

packed!(Call {
    speakers,
    origin,
    verdicts,
    memory,
    pauses,
    names,
    anger,
    talk,
    style,
    story,
    promises,
    practices,
    silence_told,
    alerts,
    ledger,
});

impl Call {
    /// A call that has not begun.
    pub(crate) fn new(options: &Options) -> Self {
        let role = |p: &Participant| Role::of_id(&p.id).or(p.role);
        let given = options
            .participants
            .iter()
            .filter_map(|p| Some((p.name.as_deref()?, role(p) == Some(Role::Customer))));
        Call {
            speakers: Vec::new(),
            origin: None,
            verdicts: Verdicts::default(),
            memory: Memory::default(),
            pauses: Pauses::default(),
            names: Names::given(given),
            anger: AngerCourse::default(),
            talk: Talk::default(),
            style: Style::default(),
            story: Story::default(),
            promises: Promises::default(),
            practices: Practices::default(),
            silence_told: None,
            alerts: Alerts::default(),
            ledger: Ledger::new(options),
        }
    }

    pub(crate) fn speaker(
        &mut self,
        id: &str,
        participants: &[Participant],
        speaks: impl Fn(u8) -> bool,
        utterance: &Id,
        out: &mut Out<'_>,
    ) -> u8 {
        let known = self.speakers.len();
        let number = speakers::number(&mut self.speakers, id, participants, speaks).unwrap_or_else(|| {
            out.notice(NoticeKind::TooManySpeakers, utterance, None);
            self.speakers.len() as u8 - 1
        });
        let speaker = &mut self.speakers[usize::from(number)];
        if known <= usize::from(number) && id.len() > limits::ID_BYTES {
            out.notice(NoticeKind::OverlongId, utterance, Some(&speaker.id));
        }
        if speaker.notice_unknown_role() {
            out.notice(NoticeKind::UnknownRole, utterance, Some(&speaker.id));
        }
        number
    }

    /// Whether the turns are retained.
    pub(crate) fn retains(&self) -> bool {
        self.ledger.retains()
    }

    /// Packs, behind the rest, what only calls have whose turns are retained.
    pub(crate) fn pack_retained(&self, out: &mut Parcel) {
        if self.retains() {
            self.verdicts.pack_retained(out);
            self.ledger.pack_retained(out);
        }
    }

    pub(crate) fn unpack_retained(&mut self, from: &mut Reader<'_>) {
        self.ledger.hold_to_limit();
        if self.retains() {
            self.verdicts.unpack_retained(from);
            self.ledger.unpack_retained(from);
        }
    }

    /// What its numbers may name.
    pub(crate) fn bounds(&self, compiled: &Compiled) -> Bounds {
        let lexicon = &compiled.lexicon;
        Bounds {
            signals: lexicon.signals.len(),
            entries: lexicon.entries.len(),
            modifiers: lexicon.shared.modifiers.len(),
            practices: lexicon.practices.len(),
            speakers: self.speakers.len(),
            turns: self.turns(),
        }
    }

    /// Whether what was read names nothing that is not there.
    pub(crate) fn is_sound(&self, bounds: &Bounds) -> bool {
        speakers::are_sound(&self.speakers)
            && self.verdicts.is_sound(bounds)
            && self.memory.is_sound(bounds)
            && self.pauses.is_sound()
            && self.names.is_sound()
            && self.anger.is_sound(bounds)
            && self.story.is_sound(bounds)
            && self.promises.is_sound(bounds)
            && self.practices.is_sound(bounds)
            && self.alerts.is_sound(bounds)
            && self.ledger.is_sound(bounds)
    }

    /// How many turns have come.
    pub(crate) fn turns(&self) -> u32 {
        self.ledger.turns()
    }

    /// The role of a speaker, by number.
    pub(crate) fn role(&self, speaker: u8) -> Option<Role> {
        self.speakers.get(usize::from(speaker)).and_then(|s| s.role)
    }

    fn setting(&self, utterance: &Utterance) -> Setting {
        let origin = self.origin.or(utterance.start_ms);
        Setting {
            role: self.role(utterance.speaker),
            since_start_ms: utterance
                .start_ms
                .zip(origin)
                .map(|(start, origin)| start.saturating_sub(origin)),
            is_final: utterance.closed,
            told: utterance.closed && self.retains(),
        }
    }

    fn past(&self, utterance: &Utterance, words: u32) -> Past {
        let origin = self.origin.or(utterance.start_ms).unwrap_or(0);
        Past {
            fired: 0,
            arrival: utterance.arrival,
            start: At::new(utterance.start_ms, origin),
            end: At::new(utterance.end_ms, origin),
            words: words.min(u32::from(u16::MAX)) as u16,
            speaker: utterance.speaker,
            role: self.role(utterance.speaker),
            shows: Shows::default(),
        }
    }

    /// Provisional events of an utterance as it stands.
    pub(crate) fn preview(&self, compiled: &Compiled, utterance: &mut Utterance, out: &mut Out<'_>) {
        let setting = self.setting(utterance);
        let mut look = Look(context::look(compiled, &utterance.scan, &utterance.text, setting));
        // When it stands, by whom, and behind which turns.
        for at in [utterance.start_ms, utterance.end_ms] {
            look.add(at.is_some().into());
            look.add(at.unwrap_or(0) as u64);
        }
        look.add(u64::from(utterance.speaker) << 32 | u64::from(self.ledger.turns()));
        if !utterance.closed && utterance.look.replace(look.0) == Some(look.0) {
            return;
        }
        verdicts::with_turn(|fresh| {
            let weighed = &mut fresh.turn.weighed;
            context::weigh(
                compiled,
                &utterance.scan,
                &utterance.text,
                setting,
                weighed,
                &mut |_, _, _| {},
            );
            self.announce(compiled, utterance, weighed, out);
        });
    }

    /// Tells what fires by these hits, and takes back what no longer does.
    fn announce(
        &self,
        compiled: &Compiled,
        utterance: &mut Utterance,
        weighed: &[Weighed],
        out: &mut Out<'_>,
    ) {
        let mut firing: SmallVec<[u16; 16]> = SmallVec::new();
        let past = self.past(utterance, 0);
        verdicts::foresee(compiled, past, weighed, &self.verdicts.history, |verdict| {
            let signal = verdict.signal;
            firing.push(signal);
            if !utterance.announced.contains(&signal) {
                utterance.announced.push(signal);
                out.send(|| {
                    signal_event(
                        compiled,
                        signal,
                        State::Provisional,
                        &utterance.id,
                        utterance.end_ms,
                        Some(&verdict),
                        |(start, end)| utterance.text.get(start as usize..end as usize),
                    )
                });
            }
        });
        let (id, end_ms) = (&utterance.id, utterance.end_ms);
        utterance.announced.retain(|&signal| {
            let fires = firing.contains(&signal);
            if !fires {
                out.send(|| signal_event(compiled, signal, State::Retracted, id, end_ms, None, |_| None));
            }
            fires
        });
    }

    /// Takes the next turn in the order of arrival.
    pub(crate) fn close(&mut self, compiled: &Compiled, mut utterance: Box<Utterance>, out: &mut Out<'_>) {
        verdicts::with_turn(|fresh| self.close_as(compiled, &mut utterance, fresh, out));
        let start_ms = utterance.start_ms;
        utterance.end();
        self.release_alerts(compiled, start_ms, out);
    }

    fn close_as(
        &mut self,
        compiled: &Compiled,
        utterance: &mut Utterance,
        fresh: &mut TurnInProgress,
        out: &mut Out<'_>,
    ) {
        if utterance
            .start_ms
            .zip(utterance.end_ms)
            .is_some_and(|(start, end)| end < start)
        {
            out.notice(NoticeKind::EndBeforeStart, &utterance.id, None);
            utterance.end_ms = None;
        }
        self.origin = self.origin.or(utterance.start_ms);
        if utterance.names != self.names.version() {
            // Names were learned since: read it as if it had come after them.
            let role = self.role(utterance.speaker);
            utterance
                .scan
                .read_again(compiled.tables(self.names.words(), role), &utterance.text);
        }
        let spoken = Spoken::of(&utterance.scan);
        let mut past = self.past(utterance, spoken.words);
        let weighed = &mut fresh.turn.weighed;
        context::weigh(
            compiled,
            &utterance.scan,
            &utterance.text,
            self.setting(utterance),
            weighed,
            &mut |_, _, _| {},
        );
        let (said, places) = (&mut utterance.said, &mut utterance.places);
        said.read(&compiled.words, &utterance.scan, &utterance.text);
        self.memory.places(compiled, past.role, said, places);
        let said = &utterance.said;
        let mut overlap = None;
        if let Some((_, rules)) = compiled.overlap() {
            past.shows = rules.shows(&utterance.scan, &said.known, &utterance.text);
            overlap = rules.overlap(&self.verdicts.history, &self.pauses, &past);
            let origin = self.origin.unwrap_or(0);
            self.pauses
                .take(rules, past.arrival, &mut utterance.words, origin);
        }
        let (mut hit, mut promises) = (0, false);
        for own in weighed.iter() {
            let signal = compiled.rules.entry_rule(own.entry).signal;
            hit |= signal_bit(signal);
            promises |= compiled.rules.signal(signal).has(SignalRule::PROMISES);
        }
        let scene = Scene {
            signals: &compiled.lexicon.signals,
            entries: &compiled.lexicon.entries,
            rules: &compiled.rules,
            history: &self.verdicts.history,
            turn: &past,
            text: &utterance.text,
            said,
            places: &utterance.places,
            overlap: overlap.as_ref(),
            weighed,
            hit,
            names: self.names.words(),
            name_known: self.names.customer_known(),
        };
        let mut shown = SHOWN.take();
        self.memory.evidence(compiled, &scene, &mut shown);
        for own in &shown {
            let signal = compiled.rules.entry_rule(own.entry).signal;
            promises |= compiled.rules.signal(signal).has(SignalRule::PROMISES);
        }
        context::settle_all(&compiled.rules, weighed, &mut shown);
        SHOWN.set(shown);
        self.memory.take(compiled, &past, said);
        self.style.take(past.role, said);
        self.story.take(&past, overlap.as_ref());
        let hold = self.is_hold(compiled);
        let own = &mut self.speakers[usize::from(past.speaker)].talk;
        let silence_ms = compiled.lexicon.call.silence_ms;
        let gap = self.talk.turn(own, &past, spoken, silence_ms, hold);
        self.silence_ends(gap, hold, out);
        let rules = &compiled.lexicon.call;
        let times = if promises {
            promises::times(rules, &utterance.scan, &said.known)
        } else {
            Times::new()
        };
        let heard = Heard {
            rules: &compiled.words,
            scan: &utterance.scan,
            known: &said.known,
            text: &utterance.text,
        };
        match past.role {
            Some(Role::Agent) => self.names.agent(&heard),
            Some(Role::Customer) => self.names.customer(&rules.names, &heard),
            None => {}
        }
        self.ledger.open_turn(
            utterance.arrival,
            utterance.speaker,
            utterance.start_ms,
            utterance.end_ms,
        );
        let turn = &mut fresh.turn;
        (turn.past, turn.words, turn.overlap, turn.times) = (past, spoken.words, overlap, times);
        (turn.utterance, turn.text_from) = (std::mem::take(&mut utterance.id), 0);
        std::mem::swap(&mut turn.text, &mut utterance.text);
        std::mem::swap(&mut turn.announced, &mut utterance.announced);
        let (verdicts, origin) = (&mut self.verdicts, self.origin);
        let done = verdicts.feed(compiled, fresh, self.ledger.retains(), &mut |decided| {
            tell(compiled, origin, decided, out)
        });
        self.foresee(compiled, None, out);
        if done {
            self.take_in(compiled, fresh, out);
        } else {
            self.complete(compiled, out);
        }
        // The memory goes back to where it came from.
        std::mem::swap(&mut fresh.turn.text, &mut utterance.text);
        std::mem::swap(&mut fresh.turn.announced, &mut utterance.announced);
    }

    /// Provisional events of what is not decided yet.
    pub(crate) fn foresee(&mut self, compiled: &Compiled, now: Option<i64>, out: &mut Out<'_>) {
        if out.0.is_none() {
            return;
        }
        let origin = self.origin;
        self.verdicts.preview(compiled, now, |turn, verdict, at| {
            turn.announced.push(verdict.signal);
            let at_ms = absolute(at, origin);
            out.send(|| {
                signal_event(
                    compiled,
                    verdict.signal,
                    State::Provisional,
                    &turn.utterance,
                    at_ms,
                    Some(verdict),
                    |span| turn.quote(span),
                )
            });
        });
    }

    fn complete(&mut self, compiled: &Compiled, out: &mut Out<'_>) {
        while let Some(mut done) = self.verdicts.next_complete() {
            self.take_in(compiled, &mut done, out);
            self.verdicts.give_back_turn(done);
        }
    }

    /// Takes a turn that is decided altogether into the figures of the call.
    fn take_in(&mut self, compiled: &Compiled, done: &mut TurnInProgress, out: &mut Out<'_>) {
        let TurnInProgress { turn, verdicts, .. } = done;
        verdicts.sort_by_key(|v| v.signal);
        let at_ms = absolute(turn.past.end.get(), self.origin);
        let level = (turn.past.role == Some(Role::Customer)).then(|| {
            let evidence = anger::gain(compiled, verdicts);
            let (level, band) =
                self.anger
                    .turn(&compiled.lexicon.call, turn.past.arrival, turn.words, evidence);
            if let Some(band) = band {
                out.send(|| {
                    Event::Anger(AngerEvent {
                        band: Arc::clone(&compiled.band_names[band]),
                        level,
                        utterance: turn.utterance.share(),
                        at_ms,
                    })
                });
            }
            level
        });
        let (mut alerts, mut promises) = (!self.alerts.is_empty(), false);
        for verdict in verdicts.iter().filter(|v| v.outcome.fired) {
            alerts |= compiled.lexicon.signals[usize::from(verdict.signal)]
                .alert
                .is_some();
            promises |= compiled.rules.signal(verdict.signal).has(SignalRule::PROMISES);
        }
        if alerts && out.0.is_some() {
            self.alerts.turn(compiled, turn, verdicts, at_ms, |alert| {
                out.send(|| Event::Alert(alert))
            });
        }
        if promises {
            self.promises.take(compiled, turn, verdicts);
        }
        let ledger = &mut self.ledger;
        let (arrival, role) = (turn.past.arrival, turn.past.role);
        self.practices.turn(compiled, arrival, role, verdicts, |mark| {
            ledger.mark(mark);
            out.send(|| practice_event(compiled, mark, at_ms));
        });
        let sums = &mut self.speakers[usize::from(turn.past.speaker)].sentiment;
        let retained = self.ledger.retains();
        self.ledger.close_turn(compiled, turn, verdicts, level, sums);
        if retained && !self.ledger.retains() {
            out.notice(NoticeKind::RetainedLimit, &turn.utterance, None);
            self.verdicts.release(compiled);
        }
    }

    /// Whether an agent announced in one of the last two turns that nobody would speak.
    fn is_hold(&self, compiled: &Compiled) -> bool {
        let lately = self.verdicts.history.iter().rev().take(2);
        lately
            .filter(|t| t.role == Some(Role::Agent))
            .any(|t| t.fired & compiled.holds != 0)
    }

    fn silence_ends(&mut self, gap: Option<Gap>, hold: bool, out: &mut Out<'_>) {
        let told = self.silence_told.take().and_then(At::get);
        let origin = self.origin;
        let (state, gap) = match (gap, told) {
            (Some(gap), _) => (State::Confirmed, gap),
            (None, Some(from)) => (State::Retracted, Gap { from, ms: 0 }),
            (None, None) => return,
        };
        out.send(|| silence_event(state, gap, hold, origin));
    }

    /// Time has passed and nobody is speaking.
    pub(crate) fn silent_until(&mut self, compiled: &Compiled, now: Option<i64>, out: &mut Out<'_>) {
        let Some((from, now)) = self.talk.heard_until().zip(now) else {
            return;
        };
        if now - from >= compiled.lexicon.call.silence_ms && self.silence_told.is_none() {
            self.silence_told = Some(At::new(Some(from), 0));
            let gap = Gap { from, ms: now - from };
            let (hold, origin) = (self.is_hold(compiled), self.origin);
            out.send(|| silence_event(State::Provisional, gap, hold, origin));
        }
    }

    pub(crate) fn release_alerts(&mut self, compiled: &Compiled, now: Option<i64>, out: &mut Out<'_>) {
        if out.0.is_some() {
            self.alerts
                .release(compiled, now, |alert| out.send(|| Event::Alert(alert)));
        }
    }

    pub(crate) fn finish(&mut self, compiled: &Compiled, end_ms: Option<i64>, out: &mut Out<'_>) {
        let origin = self.origin;
        let end = end_ms.and_then(|ms| At::new(Some(ms), origin.unwrap_or(0)).get());
        self.verdicts
            .finish(compiled, end, self.ledger.retains(), &mut |decided| {
                tell(compiled, origin, decided, out)
            });
        self.complete(compiled, out);
        self.silence_ends(None, false, out);
        let ledger = &mut self.ledger;
        self.practices.finish(|mark| {
            ledger.mark(mark);
            out.send(|| practice_event(compiled, mark, end_ms));
        });
        self.release_alerts(compiled, Some(i64::MAX), out);
    }

    /// The report, once it is finished, as `read` wants it.
    pub(crate) fn report<R>(
        self,
        compiled: &Compiled,
        options: Options,
        end_ms: Option<i64>,
        detail: Detail,
        read: impl FnOnce(ReportView<'_>) -> R,
    ) -> R {
        let ending = Ending {
            compiled,
            ledger: self.ledger,
            speakers: &self.speakers,
            origin: self.origin,
            end_ms,
            anger: &self.anger,
            talk: &self.talk,
            style: &self.style,
            story: &self.story,
            promises: &self.promises,
            practices: &self.practices,
            name_known: self.names.customer_known(),
        };
        read(ledger::report(&ending, options, detail))
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let speakers: usize = self.speakers.iter().map(Speaker::heap_bytes).sum::<usize>()
            + self.speakers.capacity() * size_of::<Speaker>();
        speakers
            + self.verdicts.heap_bytes()
            + self.memory.heap_bytes()
            + self.pauses.heap_bytes()
            + self.names.heap_bytes()
            + self.promises.heap_bytes()
            + self.practices.heap_bytes()
            + self.alerts.heap_bytes()
            + self.ledger.heap_bytes()
    }
}
