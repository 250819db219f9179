//! Every fixture is seen to be of its format and read as written beside it.
//!
//! `fixtures/FORMAT/NAME.json` is a finished call, `NAME.call.json` what it must become, `NAME.notes.txt` its notes if they matter. `NAME.live.jsonl` are messages of live calls, one a
//! line, `NAME.messages.jsonl` what they must become, line for line (`[…]`: what one message means). `NAME.bad.json` cannot be read, `NAME.error.txt` says why.
//! Formats that are text have `.vtt` or `.srt` in the place of `.json`.
//! `cargo test -p hackles-formats -- --nocapture` prints what was found where it differs.

use std::fs;
use std::path::{Path, PathBuf};

use hackles_formats::{Call, Format, Problem, Record, live, read, read_text};
use serde_json::Value;

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn beside(path: &Path, from: &str, to: &str) -> PathBuf {
    let name = path.file_name().expect("a name").to_string_lossy();
    path.with_file_name(name.replace(from, to))
}

/// Says what differs; the found value is printed as it would stand in the file.
fn differs(path: &Path, found: &str) -> String {
    format!("== {} ==\n{found}\n", path.display())
}

/// Reads a call of JSON or of text.
fn any(format: Format, path: &Path) -> Result<Call, Problem> {
    if path.extension().is_some_and(|e| e == "json") {
        read(format, &text(path))
    } else {
        read_text(format, &text(path))
    }
}

/// What the file is seen to be, where that is wrong.
fn mistaken(format: Format, path: &Path) -> Option<String> {
    let is_document = Record {
        format,
        is_message: false,
    };
    let text = text(path);
    if path.extension().is_some_and(|e| e == "json") {
        let seen = Record::of(text.as_bytes());
        (seen != Ok(is_document)).then(|| format!("seen as {seen:?}"))
    } else {
        let seen = Format::of_text(&text);
        (seen != Some(format)).then(|| format!("seen as {seen:?}"))
    }
}

fn document(format: Format, path: &Path) -> Option<String> {
    if let Some(mistake) = mistaken(format, path) {
        return Some(differs(path, &mistake));
    }
    let wanted = path.with_extension("call.json");
    let found = match any(format, path) {
        Ok(call) => call,
        Err(problem) => return Some(differs(path, &problem.to_string())),
    };
    let notes = path.with_extension("notes.txt");
    let told = found.notes.join("\n");
    if notes.exists() && text(&notes).trim() != told {
        return Some(differs(&notes, &told));
    }
    let found = serde_json::to_value(&found).expect("plain data");
    let want: Option<Value> = fs::read(&wanted)
        .ok()
        .and_then(|w| serde_json::from_slice(&w).ok());
    let pretty = || serde_json::to_string_pretty(&found).expect("plain data");
    (want.as_ref() != Some(&found)).then(|| differs(&wanted, &pretty()))
}

fn messages(format: Format, path: &Path) -> Option<String> {
    let mut reader = live(format).unwrap_or_else(|| panic!("{format} has no live reader"));
    let wanted = beside(path, ".live.jsonl", ".messages.jsonl");
    let mut found = Vec::new();
    for line in text(path).lines() {
        let seen = Record::of(line.as_bytes());
        if seen
            != Ok(Record {
                format,
                is_message: true,
            })
        {
            return Some(differs(path, &format!("seen as {seen:?}: {line}")));
        }
        let mut out = Vec::new();
        let told = match reader.message(line, &mut out) {
            Ok(()) => serde_json::to_value(&out).expect("plain data"),
            Err(problem) => Value::String(problem.to_string()),
        };
        found.push(told);
    }
    let want = fs::read_to_string(&wanted).unwrap_or_default();
    let want: Vec<Value> = want
        .lines()
        .filter_map(|l| serde_json::from_str(l).ok())
        .collect();
    let lines: Vec<String> = found.iter().map(Value::to_string).collect();
    (want != found).then(|| differs(&wanted, &lines.join("\n")))
}

fn bad(format: Format, path: &Path) -> Option<String> {
    let wanted = path.with_extension("").with_extension("error.txt");
    let found = match any(format, path) {
        Ok(_) => "it can be read".to_owned(),
        Err(problem) => problem.to_string(),
    };
    let want = fs::read_to_string(&wanted).unwrap_or_default();
    (want.trim() != found).then(|| differs(&wanted, &found))
}

#[test]
fn fixtures_become_what_stands_beside_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let (mut seen, mut wrong) = (0, Vec::new());
    let folders = fs::read_dir(&root).expect("fixtures");
    for folder in folders
        .map(|f| f.expect("readable").path())
        .filter(|f| f.is_dir())
    {
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let format: Format = name.parse().unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
            .expect("readable")
            .map(|f| f.expect("readable").path())
            .collect();
        paths.sort();
        for path in paths {
            let file = path.file_name().expect("a name").to_string_lossy().into_owned();
            let is_call = [".json", ".vtt", ".srt"].iter().any(|end| file.ends_with(end));
            let found = if file.ends_with(".live.jsonl") {
                messages(format, &path)
            } else if is_call && path.with_extension("").extension().is_some_and(|e| e == "bad") {
                bad(format, &path)
            } else if is_call && !file.ends_with(".call.json") {
                document(format, &path)
            } else {
                continue;
            };
            seen += 1;
            wrong.extend(found);
        }
    }
    assert!(seen > 0, "no fixtures");
    assert!(
        wrong.is_empty(),
        "{} of {seen} fixtures differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
