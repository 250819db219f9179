//! Reads reports in portions: one a line, or a JSON document of several, however it is laid out.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::ops::Range;
use std::path::PathBuf;

use hackles_formats::BOM;
use memchr::memmem;

use crate::failure::plainly;
use crate::inputs::{self, Input, has_ending};
use crate::refusal::Refusal;

/// What is read at once.
const BUFFER_BYTES: usize = 1 << 20;
/// A portion ends behind so many bytes.
const PORTION_BYTES: usize = 8 << 20;
/// The turns of a report begin within so many bytes.
const HEAD_BYTES: usize = 4096;
/// What reports are named like, in folders.
const ENDINGS: [&str; 3] = ["jsonl", "ndjson", "json"];

/// The files that paths name; of folders those that look like reports.
pub(super) fn find(paths: &[PathBuf], complain: &mut impl FnMut(Refusal)) -> Vec<Input> {
    let mut inputs = inputs::find(paths, complain);
    inputs.retain(|input| input.named || input.path().is_some_and(|path| has_ending(path, &ENDINGS)));
    inputs
}

fn open(input: &Input) -> io::Result<Box<dyn BufRead + Send>> {
    let unpacked = match input.path() {
        Some(path) => hackles_formats::unpacked(File::open(path)?),
        None => hackles_formats::unpacked(io::stdin()),
    };
    let source = unpacked.map_err(io::Error::other)?;
    Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, source)))
}

/// Where a record stands.
pub(super) struct Record {
    /// Its bytes in the portion.
    range: Range<usize>,
    /// Its file, as a number.
    pub(super) file: usize,
    /// The line it begins on, from 1.
    pub(super) line: usize,
    /// It is the first of its file.
    pub(super) first: bool,
}

/// Records that are looked at together.
#[derive(Default)]
pub(super) struct Portion {
    bytes: Vec<u8>,
    pub(super) records: Vec<Record>,
    /// Files that could not be read, or not to their ends.
    pub(super) failed: Vec<String>,
}

impl Portion {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.failed.is_empty()
    }

    pub(super) fn bytes(&self, record: &Record) -> &[u8] {
        &self.bytes[record.range.clone()]
    }
}

/// All inputs, one after the other.
pub(super) struct Reader<'a> {
    inputs: &'a [Input],
    /// The number of the input that is read.
    file: usize,
    source: Option<Box<dyn BufRead + Send>>,
    lines: Lines,
}

impl<'a> Reader<'a> {
    pub(super) fn new(inputs: &'a [Input]) -> Self {
        Reader {
            inputs,
            file: 0,
            source: None,
            lines: Lines::default(),
        }
    }

    /// The next records; none at the end.
    pub(super) fn portion(&mut self) -> Portion {
        let mut portion = Portion::default();
        let mut line = Vec::new();
        while portion.bytes.len() < PORTION_BYTES {
            let Some(input) = self.inputs.get(self.file) else {
                break;
            };
            let source = match &mut self.source {
                Some(source) => source,
                None => match open(input) {
                    Ok(source) => {
                        self.lines = Lines::default();
                        self.source.insert(source)
                    }
                    Err(error) => {
                        portion
                            .failed
                            .push(format!("{}: {}", input.name, plainly(&error)));
                        self.file += 1;
                        continue;
                    }
                },
            };
            line.clear();
            let read = source.read_until(b'\n', &mut line);
            if let Ok(1..) = read {
                self.lines.line(&line, self.file, &mut portion);
                continue;
            }
            if let Err(error) = read {
                portion
                    .failed
                    .push(format!("{}: {}", input.name, plainly(&error)));
            }
            self.lines.end(self.file, &mut portion);
            self.source = None;
            self.file += 1;
        }
        portion
    }
}

/// The lines of a file on their way to records.
#[derive(Default)]
struct Lines {
    number: usize,
    /// The file is an array of reports.
    array: bool,
    records: usize,
    open: Open,
}

/// A value that goes over several lines.
#[derive(Default)]
struct Open {
    bytes: Vec<u8>,
    line: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Lines {
    fn line(&mut self, line: &[u8], file: usize, portion: &mut Portion) {
        self.number += 1;
        let line = match self.number {
            1 => line.strip_prefix(BOM).unwrap_or(line),
            _ => line,
        };
        if self.open.depth > 0 {
            // No report has a brace at the beginning of a line but its first: the one before was cut off.
            if !line.starts_with(b"{") {
                return self.scan(line, file, portion);
            }
            self.end(file, portion);
        }
        let mut line = line.trim_ascii();
        if self.records == 0
            && !self.array
            && let Some(rest) = line.strip_prefix(b"[").map(<[u8]>::trim_ascii)
            && (rest.is_empty() || rest.starts_with(b"{") || rest.starts_with(b"]"))
        {
            self.array = true;
            line = rest;
        }
        if line.is_empty() {
            return;
        }
        if !self.array && line.starts_with(b"{") && line.ends_with(b"}") {
            let (head, tail) = without_turns(line).unwrap_or((line, b""));
            self.push_both(head, tail, self.number, file, portion);
        } else if self.array || line.starts_with(b"{") {
            self.scan(line, file, portion);
        } else {
            self.push(line, self.number, file, portion);
        }
    }

    /// The file, or a value that will not come to its end, is over.
    fn end(&mut self, file: usize, portion: &mut Portion) {
        let open = std::mem::take(&mut self.open);
        if open.depth > 0 {
            self.push(&open.bytes, open.line, file, portion);
        }
    }

    /// Cuts objects out of a line, or goes on with one.
    fn scan(&mut self, line: &[u8], file: usize, portion: &mut Portion) {
        let mut start = 0;
        for (at, &byte) in line.iter().enumerate() {
            let open = &mut self.open;
            if open.depth == 0 {
                match byte {
                    b'{' => {
                        (open.depth, open.line, start) = (1, self.number, at);
                    }
                    b',' | b']' | b' ' | b'\t' | b'\r' | b'\n' => {}
                    _ => return self.push(&line[at..], self.number, file, portion),
                }
                continue;
            }
            match byte {
                _ if open.escaped => open.escaped = false,
                b'\\' if open.in_string => open.escaped = true,
                b'"' => open.in_string = !open.in_string,
                b'{' | b'[' if !open.in_string => open.depth += 1,
                b'}' | b']' if !open.in_string => {
                    open.depth -= 1;
                    if open.depth == 0 {
                        let mut open = std::mem::take(&mut self.open);
                        open.bytes.extend_from_slice(&line[start..=at]);
                        self.push(&open.bytes, open.line, file, portion);
                        start = at + 1;
                    }
                }
                _ => {}
            }
        }
        if self.open.depth > 0 {
            self.open.bytes.extend_from_slice(&line[start..]);
            if !line.ends_with(b"\n") {
                self.open.bytes.push(b'\n');
            }
        }
    }

    fn push(&mut self, bytes: &[u8], line: usize, file: usize, portion: &mut Portion) {
        self.push_both(bytes, b"", line, file, portion);
    }

    fn push_both(&mut self, head: &[u8], tail: &[u8], line: usize, file: usize, portion: &mut Portion) {
        let start = portion.bytes.len();
        portion.bytes.extend_from_slice(head);
        portion.bytes.extend_from_slice(tail);
        portion.records.push(Record {
            range: start..portion.bytes.len(),
            file,
            line,
            first: self.records == 0,
        });
        self.records += 1;
    }
}

/// The parts of a report, as `score` writes it, before and behind its turns: nine tenths of it that nobody asks for. Inside
/// texts quotes are escaped, so what is looked for can only be keys.
fn without_turns(line: &[u8]) -> Option<(&[u8], &[u8])> {
    if !line.starts_with(b"{\"id\":") {
        return None;
    }
    let turns = memmem::find(&line[..line.len().min(HEAD_BYTES)], b",\"turns\":[")?;
    let end = turns + memmem::find(&line[turns..], b"],\"call\":{")?;
    Some((&line[..turns], &line[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<String> {
        let (mut lines, mut portion) = (Lines::default(), Portion::default());
        for line in text.split_inclusive('\n') {
            lines.line(line.as_bytes(), 0, &mut portion);
        }
        lines.end(0, &mut portion);
        let told = |r: &Record| {
            let bytes = String::from_utf8_lossy(portion.bytes(r));
            format!("{} {}", r.line, bytes.split_whitespace().collect::<String>())
        };
        portion.records.iter().map(told).collect()
    }

    #[test]
    fn objects_are_found_however_they_are_laid_out() {
        for (text, want) in [
            (
                "\u{feff}{\"a\":1}\r\n\n{\"b\":2}",
                vec!["1 {\"a\":1}", "3 {\"b\":2}"],
            ),
            (
                "[\n{\"a\":1},\n{\"b\":2}\n]\n",
                vec!["2 {\"a\":1}", "3 {\"b\":2}"],
            ),
            (
                "[{\"a\":[1,2]},{\"b\":\"}\\\"]\"}]",
                vec!["1 {\"a\":[1,2]}", "1 {\"b\":\"}\\\"]\"}"],
            ),
            (
                "[\n  {\n    \"a\": [\n      {\"x\":1}\n    ]\n  },\n  {\"b\":2}]",
                vec!["2 {\"a\":[{\"x\":1}]}", "7 {\"b\":2}"],
            ),
            (
                "{\n  \"a\": 1\n}\n{\n  \"b\": 2\n}\n",
                vec!["1 {\"a\":1}", "4 {\"b\":2}"],
            ),
            (
                "{\"a\":[\n{\"b\":2}\nnonsense\n{\"c\":\"",
                vec!["1 {\"a\":[", "2 {\"b\":2}", "3 nonsense", "4 {\"c\":\""],
            ),
            (
                "[\n{\"a\":1},\nx {\n{\"b\":2}\n]",
                vec!["2 {\"a\":1}", "3 x{", "4 {\"b\":2}"],
            ),
            (
                "{\"id\":\"a\",\"turns\":[{\"x\":[]}],\"call\":{},\"meta\":{\"y\":[],\"call\":{}}}",
                vec!["1 {\"id\":\"a\",\"call\":{},\"meta\":{\"y\":[],\"call\":{}}}"],
            ),
            (
                "{\"id\":\",\\\"turns\\\":[\",\"turns\":[],\"call\":{}}",
                vec!["1 {\"id\":\",\\\"turns\\\":[\",\"call\":{}}"],
            ),
            (
                "{\"id\":1,\"turns\":null,\"call\":{}}",
                vec!["1 {\"id\":1,\"turns\":null,\"call\":{}}"],
            ),
            ("[]", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(records(text), want, "{text}");
        }
    }
}
