//! Live calls from standard input, any number at once.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::BufRead as _;
use std::sync::Arc;

use hackles::event::Event;
use hackles::limits::OPEN_UTTERANCES;
use hackles::transcript::Meta;
use hackles::{Chunk, Current, Participant, Session};
use hackles_formats::{BOM, Figures, Format, Live, Message, Record};

use super::reload::{self, Look};
use super::{Told, tell, tell_report};
use crate::args::Watch;
use crate::failure::{Failure, Outcome, plainly};
use crate::output::Output;
use crate::refusal::{Place, Refusal};
use crate::source::Source;

/// Ids of ended calls that are remembered, to tell a late chunk from a new call.
const ENDED: usize = 4096;

/// Runs until the end of input.
pub(crate) fn run(args: &Watch) -> Result<Outcome, Failure> {
    let look = args.reload.then(|| Look::at(&args.reading.layers));
    let current = Arc::new(Current::new(crate::layers::analyzer(
        &args.reading,
        !args.no_text,
    )?));
    if let Some(look) = look {
        reload::follow(&current, &args.reading.layers, look)?;
    }
    let mut desk = Desk {
        current,
        args,
        reader: None,
        output: Output::open(None, false)?,
        calls: HashMap::new(),
        begun: 0,
        ended: HashSet::new(),
        ended_order: VecDeque::new(),
    };
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    let mut wrong = false;
    for number in 1usize.. {
        line.clear();
        match input.read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) => {}
            Err(e) => {
                crate::complain(&format!("stdin:{number}: {}", plainly(&e)));
                wrong = true;
                break;
            }
        }
        let text = line.strip_prefix(BOM).unwrap_or(&line).trim_ascii();
        if text.is_empty() {
            continue;
        }
        for trouble in desk.line(text) {
            match trouble {
                Trouble::Message(message) => {
                    crate::complain(&format!("stdin:{number}: {message}"));
                    wrong = true;
                }
                Trouble::Failure(failure) => return Err(failure),
            }
        }
    }
    for trouble in desk.held_back() {
        match trouble {
            Trouble::Message(message) => {
                crate::complain(&format!("stdin: {message}"));
                wrong = true;
            }
            Trouble::Failure(failure) => return Err(failure),
        }
    }
    desk.end_all()?;
    desk.output.finish()?;
    Ok(Outcome::unless(wrong))
}

/// What may go wrong with a line.
enum Trouble {
    /// The line: the next ones go on.
    Message(String),
    /// The output: nothing goes on.
    Failure(Failure),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Trouble::Failure(failure)
    }
}

fn wrong(message: impl Into<String>) -> Trouble {
    Trouble::Message(message.into())
}

/// All calls that go on.
struct Desk<'a> {
    /// What calls begin with.
    current: Arc<Current>,
    args: &'a Watch,
    /// What reads the messages, once their format is known.
    reader: Option<(Format, Box<dyn Live>)>,
    output: Output,
    calls: HashMap<String, Call>,
    /// How many calls have begun: their order of appearance.
    begun: u64,
    ended: HashSet<String>,
    ended_order: VecDeque<String>,
}

/// One of them.
#[derive(Default)]
struct Call {
    number: u64,
    participants: Vec<Participant>,
    meta: Option<Meta>,
    /// Begun with the first chunk: until then more may be said of the call.
    session: Option<Session>,
    /// What the vendor's own analysis has found.
    vendor: Option<Figures>,
    /// Speakers of open utterances, for chunks that do not repeat them.
    speakers: HashMap<String, String>,
}

impl Call {
    fn session(&mut self, id: &str, current: &Current, args: &Watch) -> &mut Session {
        self.session.get_or_insert_with(|| {
            let mut options = super::options(id, args.retention);
            options.participants = std::mem::take(&mut self.participants);
            options.meta = self.meta.take();
            if let Some(roles) = &args.roles {
                roles.apply(&mut options.participants);
            }
            current.get().session(options)
        })
    }
}

impl Desk<'_> {
    /// Reads a line, and says what is wrong with it or with what it means.
    fn line(&mut self, line: &[u8]) -> Vec<Trouble> {
        let mut messages = Vec::new();
        let read = match std::str::from_utf8(line) {
            Ok(text) => self.reader(line).and_then(|reader| {
                let read = reader.message(text, &mut messages);
                read.map_err(|problem| wrong(Refusal::new(Place::of("stdin"), &problem).reason))
            }),
            Err(_) => Err(wrong("not valid UTF-8")),
        };
        let told = messages
            .into_iter()
            .filter_map(|message| self.message(message).err());
        let told: Vec<Trouble> = told.collect();
        told.into_iter().chain(read.err()).collect()
    }

    /// What the reader held back for messages that did not come.
    fn held_back(&mut self) -> Vec<Trouble> {
        let mut messages = Vec::new();
        let read = match &mut self.reader {
            Some((_, reader)) => reader.finish(&mut messages),
            None => Ok(()),
        };
        let told = messages
            .into_iter()
            .filter_map(|message| self.message(message).err());
        let told: Vec<Trouble> = told.collect();
        told.into_iter()
            .chain(read.err().map(|problem| wrong(problem.to_string())))
            .collect()
    }

    /// What reads the messages: the first line says whose they are, unless that was told.
    fn reader(&mut self, first: &[u8]) -> Result<&mut Box<dyn Live>, Trouble> {
        if self.reader.is_none() {
            let seen = || Record::of(first).ok().filter(|r| r.is_message).map(|r| r.format);
            let format = self.args.from.or_else(seen).unwrap_or(Format::Jsonl);
            let live = hackles_formats::live(format).ok_or_else(|| {
                Failure::of_usage(format_args!(
                    "{} has no live messages: hackles score reads its transcripts",
                    format.title()
                ))
            })?;
            self.reader = Some((format, live));
        }
        match &mut self.reader {
            Some((_, reader)) => Ok(reader),
            None => Err(wrong("no format")),
        }
    }

    fn format(&self) -> Format {
        self.reader.as_ref().map_or(Format::Jsonl, |(format, _)| *format)
    }

    fn message(&mut self, message: Message) -> Result<(), Trouble> {
        let id = match (&message.call, self.format()) {
            (Some(id), _) => id.clone(),
            (None, Format::Jsonl) => return Err(wrong("no \"call\"")),
            (None, _) => self.args.call.clone(),
        };
        let introduces = message.participants.is_some() || message.meta.is_some();
        let ends = message.end == Some(true);
        if message.utterance.is_none() && message.text.is_some() {
            return Err(wrong("a chunk needs an \"utterance\""));
        }
        if message.vendor.is_some() && self.calls.contains_key(&id) {
            let mut vendor = message.vendor.clone();
            if let Some(figures) = vendor.as_mut().filter(|_| self.args.no_text) {
                figures.leave_out_categories();
            }
            self.call(&id).vendor = vendor;
        }
        if message.vendor.is_none()
            && !introduces
            && !ends
            && message.utterance.is_none()
            && message.now_ms.is_none()
        {
            // A vendor's message that only opens a stream says no more than its call.
            if self.format() != Format::Jsonl {
                return Ok(());
            }
            return Err(wrong(
                "neither a chunk (utterance, text) nor participants, meta, now_ms or end",
            ));
        }
        if self.ended.contains(&id) {
            // An envelope may end a call whose own stream had ended it already.
            if ends && message.utterance.is_none() && self.format() != Format::Jsonl {
                return Ok(());
            }
            return Err(wrong(format!("the call \"{id}\" has ended")));
        }
        if message.utterance.is_none() && !introduces && !self.calls.contains_key(&id) {
            if self.format() != Format::Jsonl {
                return Ok(());
            }
            return Err(wrong(format!("the call \"{id}\" has not begun")));
        }
        // A line that is wrong in one part is still of use in the others.
        let introduced = if introduces {
            self.introduce(&id, &message)
        } else {
            Ok(())
        };
        let mut events = Vec::new();
        let pushed = match &message.utterance {
            Some(utterance) => self.push(&id, utterance, &message, &mut events),
            None => Ok(()),
        };
        if let Some((now, session)) = message.now_ms.zip(self.call(&id).session.as_mut()) {
            session.advance(now, &mut events);
        }
        self.tell_events(&id, &events)?;
        if ends {
            self.end(&id, message.end_ms)?;
        }
        introduced.and(pushed)
    }

    fn call(&mut self, id: &str) -> &mut Call {
        if !self.calls.contains_key(id) {
            self.begun += 1;
            self.calls.insert(
                id.to_owned(),
                Call {
                    number: self.begun,
                    ..Call::default()
                },
            );
        }
        self.calls.entry(id.to_owned()).or_default()
    }

    fn introduce(&mut self, id: &str, message: &Message) -> Result<(), Trouble> {
        let call = self.call(id);
        if call.session.is_some() {
            return Err(wrong(
                "participants and meta belong before the first chunk of their call; they are ignored",
            ));
        }
        if let Some(participants) = &message.participants {
            call.participants = participants.iter().cloned().map(Participant::from).collect();
        }
        if message.meta.is_some() {
            call.meta.clone_from(&message.meta);
        }
        Ok(())
    }

    fn push(
        &mut self,
        id: &str,
        utterance: &str,
        m: &Message,
        events: &mut Vec<Event>,
    ) -> Result<(), Trouble> {
        let (mode, is_final) = (m.mode.unwrap_or_default(), m.is_final.unwrap_or(false));
        // Only a chunk that closes its utterance has something to say without a text.
        let text = match (&m.text, mode, is_final) {
            (Some(text), ..) => text.as_str(),
            (None, hackles::Mode::Append, true) => "",
            (None, ..) => return Err(wrong("a chunk needs a \"text\"")),
        };
        let (current, args) = (Arc::clone(&self.current), self.args);
        let call = self.call(id);
        let speaker = match &m.speaker {
            Some(speaker) => speaker.clone().unwrap_or_default(),
            None => call.speakers.get(utterance).cloned().unwrap_or_default(),
        };
        let chunk = Chunk {
            utterance,
            speaker: &speaker,
            start_ms: m.start_ms,
            end_ms: m.end_ms,
            text,
            mode,
            is_final,
            words: &m.words,
        };
        call.session(id, &current, args).push(&chunk, events);
        if is_final {
            call.speakers.remove(utterance);
        } else {
            // A stream that never closes its utterances must not make this grow.
            if call.speakers.len() > 4 * OPEN_UTTERANCES {
                call.speakers.clear();
            }
            call.speakers.insert(utterance.to_owned(), speaker);
        }
        Ok(())
    }

    fn tell_events(&mut self, id: &str, events: &[Event]) -> Result<(), Failure> {
        events
            .iter()
            .try_for_each(|event| tell(&mut self.output, id, Told::Event(event)))
    }

    fn end(&mut self, id: &str, end_ms: Option<i64>) -> Result<(), Failure> {
        let Some(mut call) = self.calls.remove(id) else {
            return Ok(());
        };
        call.session(id, &self.current, self.args);
        let Some(session) = call.session else {
            return Ok(());
        };
        let mut events = Vec::new();
        let report = session.finish(end_ms, &mut events);
        self.tell_events(id, &events)?;
        let source = Source {
            format: self.format(),
            vendor: call.vendor.as_ref(),
            notes: &[],
        };
        tell_report(&mut self.output, id, &report, source)?;
        if self.ended_order.len() == ENDED
            && let Some(oldest) = self.ended_order.pop_front()
        {
            self.ended.remove(&oldest);
        }
        self.ended.insert(id.to_owned());
        self.ended_order.push_back(id.to_owned());
        Ok(())
    }

    /// Ends what still goes on, in the order of first appearance.
    fn end_all(&mut self) -> Result<(), Failure> {
        let mut open: Vec<(u64, String)> = self
            .calls
            .iter()
            .map(|(id, call)| (call.number, id.clone()))
            .collect();
        open.sort_unstable();
        open.iter().try_for_each(|(_, id)| self.end(id, None))
    }
}
