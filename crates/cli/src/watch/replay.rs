//! A finished call played as it was: word by word, at its times.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hackles::{Chunk, Mode, Transcript};
use hackles_formats::Reading;

use super::show::Screen;
use super::{Told, tell, tell_report};
use crate::args::Watch;
use crate::failure::{Failure, Outcome};
use crate::inputs::Input;
use crate::output::Output;
use crate::read;
use crate::source::Source;

/// How long a word takes where the transcript does not say, in ms: about 200 words a minute.
const WORD_MS: i64 = 300;
/// Between two turns without times, in ms.
const PAUSE_MS: i64 = 300;

/// Plays all calls of a file, one after the other.
pub(crate) fn run(args: &Watch, speed: f64, file: &str, readable: bool) -> Result<Outcome, Failure> {
    let analyzer = crate::layers::analyzer(&args.reading, !args.no_text)?;
    let input = if file == "-" {
        Input::standard()
    } else {
        Input::file(file)
    };
    let mut output = Output::open(None, readable)?;
    let (mut played, mut wrong) = (0, false);
    let mut reading = Reading::default();
    reading.from = args.from;
    let records =
        read::records(&input, &reading, &Arc::default()).map_err(|e| Failure::Nothing(e.to_string()))?;
    for record in records {
        let mut found = match record.scorable(args.from) {
            Ok(found) => found,
            Err(refusal) => {
                crate::complain(&refusal.to_string());
                wrong = true;
                continue;
            }
        };
        if let Some(roles) = &args.roles {
            roles.apply(&mut found.transcript.participants);
        }
        if args.no_text {
            found.leave_out_names();
        }
        let call = &found.transcript;
        let id = call.id.clone().unwrap_or_default();
        let mut options = super::options(&id, args.retention);
        options.participants.clone_from(&call.participants);
        options.meta.clone_from(&call.meta);
        let mut session = analyzer.session(options);
        let mut screen = readable.then(|| Screen::new(&analyzer, call));
        if let Some(screen) = &mut screen {
            screen.begin(&mut output, &id)?;
        }
        let schedule = schedule(call);
        let origin = schedule.first().map_or(0, |w| w.at_ms);
        let start = Instant::now();
        let mut events = Vec::new();
        for word in &schedule {
            wait(start, word.at_ms - origin, speed);
            let turn = &call.turns[word.turn];
            // Time passes only where the transcript knows it: made-up times must not make anything late.
            if turn.start_ms.is_some() {
                session.advance(word.at_ms, &mut events);
            }
            let utterance = word.turn.to_string();
            let chunk = Chunk {
                utterance: &utterance,
                speaker: &turn.speaker,
                start_ms: turn.start_ms,
                end_ms: if word.last {
                    turn.end_ms
                } else {
                    turn.end_ms.map(|_| word.end_ms)
                },
                text: word.text,
                mode: Mode::Append,
                is_final: word.last,
                words: if word.last { &turn.words } else { &[] },
            };
            session.push(&chunk, &mut events);
            if let Some(screen) = &mut screen {
                screen.word(&mut output, word.turn, word.text)?;
            }
            tell_all(&mut output, &mut screen, &id, &mut events)?;
        }
        let report = session.finish(call.end_ms, &mut events);
        tell_all(&mut output, &mut screen, &id, &mut events)?;
        match &mut screen {
            Some(screen) => screen.end(&mut output, &report)?,
            None => tell_report(&mut output, &id, &report, Source::from(&found))?,
        }
        played += 1;
    }
    if played == 0 {
        return Err(Failure::of_usage("nothing was played"));
    }
    output.finish()?;
    Ok(Outcome::unless(wrong))
}

fn tell_all(
    output: &mut Output,
    screen: &mut Option<Screen<'_>>,
    id: &str,
    events: &mut Vec<hackles::event::Event>,
) -> Result<(), Failure> {
    for event in events.drain(..) {
        match screen {
            Some(screen) => screen.event(output, &event)?,
            None => tell(output, id, Told::Event(&event))?,
        }
    }
    Ok(())
}

fn wait(start: Instant, ms: i64, speed: f64) {
    if speed > 0.0 {
        let due = Duration::try_from_secs_f64((ms.max(0) as f64) / 1000.0 / speed).unwrap_or(Duration::MAX);
        std::thread::sleep(due.saturating_sub(start.elapsed()));
    }
}

/// A word of a turn, as it is sent.
struct Word<'a> {
    /// When it has been said.
    at_ms: i64,
    /// The same, but not before the turn's start.
    end_ms: i64,
    turn: usize,
    /// With the blanks before it.
    text: &'a str,
    last: bool,
}

/// All words of a call in the order of their times. First words keep the order of the turns, so that the report is that
/// of the transcript.
fn schedule(call: &Transcript) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let (mut first_word, mut said) = (i64::MIN, 0);
    for (number, turn) in call.turns.iter().enumerate() {
        let pieces = pieces(&turn.text);
        let count = pieces.len() as i64;
        let start = turn.start_ms.unwrap_or(said);
        let end = turn
            .end_ms
            .filter(|end| *end >= start)
            .unwrap_or(start.saturating_add(count * WORD_MS));
        let length = end.saturating_sub(start);
        for (nth, text) in (1..).zip(pieces) {
            let at = start.saturating_add((i128::from(length) * i128::from(nth) / i128::from(count)) as i64);
            let at_ms = at.max(first_word);
            if nth == 1 {
                first_word = at_ms;
            }
            words.push(Word {
                at_ms,
                end_ms: at,
                turn: number,
                text,
                last: nth == count,
            });
        }
        said = end.saturating_add(PAUSE_MS);
    }
    words.sort_by_key(|w| w.at_ms);
    words
}

/// A text in words, each with the blanks before it; the last one also with those behind. Together they are the text.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut in_word = false;
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            if in_word && !text[at..].trim_start().is_empty() {
                pieces.push(&text[start..at]);
                start = at;
            }
            in_word = false;
        } else {
            in_word = true;
        }
    }
    pieces.push(&text[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_text() {
        for text in ["", "  ", "one", " one  two\nthree ", "ä ö"] {
            assert_eq!(pieces(text).concat(), text);
        }
        assert_eq!(pieces(" one  two "), [" one", "  two "]);
    }

    #[test]
    fn turns_overlap_but_begin_in_their_order() {
        let call: Transcript = serde_json::from_str(
            r#"{"turns":[{"start_ms":0,"end_ms":900,"text":"a b c"},{"start_ms":300,"end_ms":500,"text":"d e"},{"start_ms":100,"text":"f"},{"text":"g h"}]}"#,
        )
        .expect("valid");
        let words = schedule(&call);
        let order: String = words.iter().map(|w| w.text.trim()).collect();
        assert_eq!(order, "adfebcgh");
        assert_eq!(words.iter().filter(|w| w.last).count(), 4);
        assert!(words.iter().all(|w| w.end_ms <= w.at_ms));
    }
}
