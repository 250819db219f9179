//! Nothing that stands in a file makes a reader panic, and no problem quotes what was said: fixtures cut off, mangled, and read as formats that
//! they are not.

use std::fs;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use hackles_formats::{Format, Reading, live, read};
use serde_json::{Value, json};

/// What no problem may quote.
const SAID: &str = "zqxw";

/// Numbers that look random and are the same each time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

/// A file of the fixtures: its name, its format and its text.
type File = (String, Format, String);

fn files(endings: &[&str]) -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found = Vec::new();
    for folder in fs::read_dir(root).expect("fixtures") {
        let folder = folder.expect("readable").path();
        let format = folder.file_name().expect("a name").to_string_lossy().into_owned();
        for file in fs::read_dir(&folder).expect("readable") {
            let path = file.expect("readable").path();
            let name = format!("{format}/{}", path.file_name().expect("a name").to_string_lossy());
            let is_result = [".call.json", ".messages.jsonl"]
                .iter()
                .any(|e| name.ends_with(e));
            if endings.iter().any(|e| name.ends_with(e)) && !is_result {
                let text = fs::read_to_string(&path).expect("readable");
                found.push((name, format.parse().expect("a format"), text));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!found.is_empty(), "no fixtures");
    found
}

/// Every problem with a text, as the format and as what it looks like.
fn problems(format: Format, text: &[u8]) -> Vec<String> {
    let mut told = Vec::new();
    for from in [Some(format), None] {
        let mut reading = Reading::default();
        reading.from = from;
        match reading.entries(Cursor::new(text.to_vec()), true) {
            Ok(entries) => told.extend(
                entries
                    .into_iter()
                    .flatten()
                    .filter_map(|entry| entry.read(from).err())
                    .map(|problem| problem.to_string()),
            ),
            Err(problem) => told.push(problem.to_string()),
        }
    }
    told
}

/// The same, with the text at hand if it makes a reader panic.
fn problems_of(name: &str, format: Format, text: &[u8]) -> Vec<String> {
    catch_unwind(AssertUnwindSafe(|| problems(format, text)))
        .unwrap_or_else(|_| panic!("{name} panics as\n{}", String::from_utf8_lossy(text)))
}

#[test]
fn cut_off_and_mangled_files_do_no_harm() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for (name, format, text) in files(&[".json", ".live.jsonl", ".vtt", ".srt"]) {
        let bytes = text.as_bytes();
        for _ in 0..8 {
            problems_of(&name, format, &bytes[..dice.below(bytes.len())]);
        }
        for _ in 0..16 {
            let mut bytes = bytes.to_vec();
            for _ in 0..=dice.below(4) {
                let at = dice.below(bytes.len());
                match dice.below(3) {
                    0 => bytes[at] = b"{}[]\",:-0e9\xff\n "[dice.below(14)],
                    1 => {
                        let end = bytes.len().min(at + 1 + dice.below(20));
                        bytes.drain(at..end);
                    }
                    _ => {
                        let end = bytes.len().min(at + 1 + dice.below(20));
                        let again = bytes[at..end].to_vec();
                        bytes.splice(at..at, again);
                    }
                }
                if bytes.is_empty() {
                    break;
                }
            }
            problems_of(&name, format, &bytes);
        }
    }
}

#[test]
fn debug_tells_no_words() {
    let party = json!([{ "id": "a", "role": "agent", "name": SAID }]);
    let call = json!({
        "id": "C1", "participants": party, "meta": { "queue": SAID },
        "turns": [{ "speaker": "a", "text": SAID, "words": [{ "word": SAID, "start_ms": 0, "end_ms": 1 }], "vendor_sentiment": SAID }],
        "vendor": { "source": "jsonl", "categories": [{ "name": SAID }] }
    });
    let entry = || {
        let text = call.to_string();
        let mut entries = Reading::default()
            .entries(Cursor::new(text), true)
            .expect("readable");
        entries.as_mut().and_then(Iterator::next).expect("a call")
    };
    let broken = Reading::default().entries(Cursor::new(format!("{call}\n{{\"{SAID}\n")), true);
    let message = json!({ "call": "C1", "participants": party, "meta": { "queue": SAID }, "utterance": "u", "text": SAID });
    let message: hackles_formats::Message = serde_json::from_value(message).expect("a message");
    let scorable = entry().scorable(None).expect("a call");
    for shown in [
        format!("{:?}", entry()),
        format!("{:#?}", entry().read(None)),
        format!("{scorable:?}"),
        format!("{message:?}"),
        format!(
            "{:?}",
            broken
                .expect("readable")
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
        ),
    ] {
        assert!(!shown.contains(SAID), "{shown}");
    }
}

/// The values within a value, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum::<usize>(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    }
}

/// Puts something else in the place of the value that comes as number `at`.
fn replace(value: &mut Value, at: &mut usize, with: &Value) {
    if *at == 0 {
        *value = with.clone();
    }
    *at = at.wrapping_sub(1);
    if *at == usize::MAX {
        return;
    }
    let within: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(map) => map.values_mut().collect(),
        _ => Vec::new(),
    };
    for value in within {
        replace(value, at, with);
        if *at == usize::MAX {
            return;
        }
    }
}

#[test]
fn values_of_the_wrong_kind_do_no_harm_and_are_not_quoted() {
    let strange = [
        json!(null),
        json!(SAID),
        json!(format!("{SAID}\": string \"{SAID}\", expected it")),
        json!(-1),
        json!(1e300),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!("-9223372036854775808"),
        json!("1e400"),
        json!(true),
        json!([]),
        json!({}),
        json!([[null]]),
        json!({ SAID: SAID }),
    ];
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    for (name, format, text) in files(&[".json", ".live.jsonl"]) {
        // These say the status of a job.
        if name.ends_with(".bad.json") {
            continue;
        }
        let lines: Vec<&str> = match name.ends_with(".jsonl") {
            true => text.lines().collect(),
            false => vec![&text],
        };
        for _ in 0..24 {
            let line = dice.below(lines.len());
            let Ok(mut value) = serde_json::from_str::<Value>(lines[line]) else {
                continue;
            };
            let mut at = dice.below(count(&value));
            replace(&mut value, &mut at, &strange[dice.below(strange.len())]);
            let mangled = value.to_string();
            let mut lines = lines.clone();
            lines[line] = &mangled;
            for problem in problems_of(&name, format, lines.join("\n").as_bytes()) {
                let is_key = problem.contains("no known format has these keys");
                assert!(is_key || !problem.contains(SAID), "{name}: {problem}\n{mangled}");
            }
        }
    }
}

#[test]
fn a_call_read_as_another_format_is_a_problem() {
    let mut wrong = Vec::new();
    for (name, format, text) in files(&[".json"]) {
        if name.ends_with(".bad.json") {
            continue;
        }
        for other in Format::all().filter(|other| *other != format) {
            if let Ok(call) = read(other, &text) {
                wrong.push(format!("{name} as {other}: {} turns", call.turns.len()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} can be read:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn messages_read_as_those_of_another_format_say_nothing() {
    let mut wrong = Vec::new();
    for (name, format, text) in files(&[".live.jsonl"]) {
        for other in Format::all().filter(|other| ![format, Format::Jsonl].contains(other)) {
            let Some(mut reader) = live(other) else {
                continue;
            };
            let mut out = Vec::new();
            let mut problems = 0;
            for line in text.lines() {
                problems += usize::from(reader.message(line, &mut out).is_err());
            }
            let spoken = out.iter().filter(|m| m.text.is_some()).count();
            if spoken > 0 || problems == 0 {
                wrong.push(format!("{name} as {other}: {spoken} chunks, {problems} problems"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
