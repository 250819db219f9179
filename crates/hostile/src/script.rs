//! A call as it is sent, a step a line:
//!
//! ```text
//! with anna agent Anna Bell           a participant: id, role, name
//! u1 anna 0..900 + that's not         a chunk: utterance, speaker, start and end, how, text
//! u1 anna 0..1200 +. my job           + adds, = replaces; a dot closes; w: its words have times
//! @ 5000                              time passes
//! *                                   a copy of the call goes its own way
//! ~                                   the call is saved and restored
//! $ 61000                             the call ends
//! ```
//!
//! Every text is a script: what does not fit is read as something that does.

use hackles::{Chunk, Mode, Participant, Role, Transcript, WordTime};

/// What is done with a call.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Chunk(Piece),
    Pass(i64),
    Copy,
    Save,
}

/// A chunk that owns what it says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Piece {
    pub(crate) utterance: String,
    pub(crate) speaker: String,
    pub(crate) start_ms: Option<i64>,
    pub(crate) end_ms: Option<i64>,
    pub(crate) text: String,
    pub(crate) mode: Mode,
    pub(crate) is_final: bool,
    pub(crate) words: Vec<WordTime>,
}

/// A call as it is sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    pub(crate) participants: Vec<Participant>,
    pub(crate) steps: Vec<Step>,
    pub(crate) end_ms: Option<i64>,
}

impl Piece {
    pub(crate) fn chunk(&self) -> Chunk<'_> {
        Chunk {
            utterance: &self.utterance,
            speaker: &self.speaker,
            start_ms: self.start_ms,
            end_ms: self.end_ms,
            text: &self.text,
            mode: self.mode,
            is_final: self.is_final,
            words: &self.words,
        }
    }

    fn of(line: &str) -> Piece {
        let mut rest = line;
        let mut next = || {
            let (first, more) = rest.split_once(' ').unwrap_or((rest, ""));
            rest = more;
            first
        };
        let (utterance, speaker, times, how) = (next(), next(), next(), next());
        let (start, end) = times.split_once("..").unwrap_or((times, ""));
        let mut piece = Piece {
            utterance: utterance.to_owned(),
            speaker: if speaker == "?" { "" } else { speaker }.to_owned(),
            start_ms: start.parse().ok(),
            end_ms: end.parse().ok(),
            text: unescaped(rest),
            mode: if how.contains('=') {
                Mode::Replace
            } else {
                Mode::Append
            },
            is_final: how.contains('.'),
            words: Vec::new(),
        };
        if how.contains('w') {
            piece.words = spread(&piece);
        }
        piece
    }
}

/// Times for the words of a chunk, one behind the other.
fn spread(piece: &Piece) -> Vec<WordTime> {
    let start = piece.start_ms.unwrap_or_default();
    let step = piece.end_ms.unwrap_or_default().wrapping_sub(start) / 4;
    let words = piece.text.split_whitespace().count() as i64;
    let time = |n: i64| start.wrapping_add(step.wrapping_mul(n));
    (0..words)
        .map(|n| WordTime {
            start_ms: time(n),
            end_ms: time(n + 1),
        })
        .collect()
}

fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\t", "\t")
}

impl Script {
    pub(crate) fn of(text: &str) -> Script {
        let mut script = Script::default();
        for line in text.split('\n').filter(|line| !line.is_empty()) {
            if let Some(who) = line.strip_prefix("with ") {
                script.participants.push(participant(who));
            } else if let Some(ms) = line.strip_prefix('@') {
                script
                    .steps
                    .push(Step::Pass(ms.trim().parse().unwrap_or_default()));
            } else if line.starts_with('*') {
                script.steps.push(Step::Copy);
            } else if line.starts_with('~') {
                script.steps.push(Step::Save);
            } else if let Some(ms) = line.strip_prefix('$') {
                script.end_ms = ms.trim().parse().ok();
                break;
            } else {
                script.steps.push(Step::Chunk(Piece::of(line)));
            }
        }
        script
    }

    /// How a finished call is sent, every third turn in two pieces.
    pub(crate) fn sending(call: &Transcript) -> String {
        let mut lines = Vec::new();
        for who in &call.participants {
            let role = who.role.map_or("?", Role::as_str);
            lines.push(format!(
                "with {} {role} {}",
                who.id,
                who.name.as_deref().unwrap_or_default()
            ));
        }
        for (i, turn) in call.turns.iter().enumerate() {
            let ms = |ms: Option<i64>| ms.map_or_else(String::new, |ms| ms.to_string());
            let speaker = if turn.speaker.is_empty() {
                "?"
            } else {
                &turn.speaker
            };
            let chunk = format!("u{i} {speaker} {}..{}", ms(turn.start_ms), ms(turn.end_ms));
            let text = turn.text.replace('\n', "\\n");
            match text.rfind(' ') {
                Some(at) if i % 3 == 0 => {
                    lines.push(format!("{chunk} + {}", &text[..at]));
                    lines.push(format!("{chunk} +. {}", &text[at..]));
                }
                _ => lines.push(format!("{chunk} =. {text}")),
            }
        }
        if let Some(ms) = call.end_ms {
            lines.push(format!("$ {ms}"));
        }
        lines.join("\n")
    }
}

fn participant(text: &str) -> Participant {
    let mut parts = text.splitn(3, ' ');
    let mut next = || parts.next().unwrap_or_default();
    let (id, role, name) = (next(), next(), next());
    Participant {
        id: id.to_owned(),
        role: Role::of_id(role),
        name: (!name.is_empty()).then(|| name.to_owned()),
    }
}
