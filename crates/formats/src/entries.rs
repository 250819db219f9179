//! An input of any format, as the calls it holds.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek as _};

use crate::captions;
use crate::compressed::{self, Wrapping};
use crate::entry::{Entry, utf8};
use crate::format::Format;
use crate::live::{Collector, Live, Message};
use crate::plain;
use crate::problem::Problem;
use crate::record::{self, Record};
use crate::tables::columns::Columns;
use crate::tables::csv::{self, Table};
use crate::tables::gathering::HELD_BYTES;
use crate::values::{BOM, Value, Values};

/// So much is looked at to see how an input is written.
const HEAD_BYTES: usize = 64 << 10;

/// So many broken messages are named at most of those that a stream held back at its end.
const HELD_BACK: usize = 64;

/// How inputs are read.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reading {
    /// The format; none is seen from the content.
    pub from: Option<Format>,
    /// Which columns of tables hold what.
    pub columns: Columns,
    /// The largest record (a JSON value, a text file) that is read, in bytes.
    pub record_bytes: usize,
    /// How many bytes of a table's text are held until all rows of a call have come.
    pub held_bytes: usize,
}

impl Default for Reading {
    fn default() -> Self {
        Reading {
            from: None,
            columns: Columns::default(),
            record_bytes: 64 << 20,
            held_bytes: HELD_BYTES,
        }
    }
}

/// The calls of an input, read as they are asked for, and what of it cannot be read.
pub struct Entries {
    format: Format,
    entries: Box<dyn Iterator<Item = Entry> + Send>,
}

impl Entries {
    /// The format as far as it was told or is seen from the beginning. JSON records tell theirs one by one.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Some entries of a format.
    pub(crate) fn new(format: Format, entries: impl Iterator<Item = Entry> + Send + 'static) -> Self {
        Entries {
            format,
            entries: Box::new(entries),
        }
    }
}

impl Iterator for Entries {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        self.entries.next()
    }
}

/// Whether a file is Parquet, which is not read from front to back.
///
/// # Errors
/// A file that cannot be read.
pub fn is_parquet(file: &mut File) -> Result<bool, Problem> {
    let mut first = Vec::new();
    let read = file.take(4).read_to_end(&mut first).and_then(|_| file.rewind());
    read.map_err(|e| Problem::of_reading(&e))?;
    Ok(Wrapping::of(&first) == Wrapping::Parquet)
}

impl Reading {
    /// The calls of a Parquet file.
    ///
    /// # Errors
    /// A file that is no Parquet, or lacks a column that is needed.
    #[cfg(feature = "parquet")]
    pub fn parquet(&self, file: File) -> Result<Entries, Problem> {
        let table = crate::tables::parquet::table(file, &self.columns, self.held_bytes)?;
        Ok(Entries::new(Format::Parquet, table))
    }

    /// The calls of a source of bytes, compressed or not; of Parquet, see [`is_parquet`]. Nothing if it is empty, or if it is no transcript and was not
    /// `meant` to be one: then plain text must name one of the roles to count as one, since all sorts of files have lines with a colon.
    ///
    /// # Errors
    /// A source that cannot be read, or that is meant to be a transcript and does not look like one.
    pub fn entries(
        &self,
        source: impl Read + Send + 'static,
        meant: bool,
    ) -> Result<Option<Entries>, Problem> {
        let mut source = compressed::unpacked(source)?;
        let (head, broken) = head(&mut source)?;
        if head.iter().all(u8::is_ascii_whitespace) {
            return Ok(None);
        }
        let seen = self.seen(&head, meant);
        let format = match self.from {
            Some(told) if meant || seen.as_ref().is_ok_and(|seen| *seen == told) => told,
            Some(_) => return Ok(None),
            None => match seen {
                Ok(seen) => seen,
                Err(problem) if meant => return Err(problem),
                Err(_) => return Ok(None),
            },
        };
        let whole = is_whole(&head);
        let source =
            BufReader::with_capacity(HEAD_BYTES, Cursor::new(head).chain(Breaks(broken)).chain(source));
        match format {
            Format::Csv => Ok(Some(Entries::new(
                format,
                Table::new(source, &self.columns, self.held_bytes),
            ))),
            Format::Text => {
                let text = self.whole(source)?;
                Ok(Some(Entries::new(format, plain::entries(&text).into_iter())))
            }
            Format::Parquet => Err(Problem::new("Parquet is read from files only")),
            Format::Vtt | Format::Srt => {
                let text = self.whole(source)?;
                let call = utf8(&text).and_then(|text| captions::read_text(format, text));
                let entry = match call {
                    Ok(call) => Entry::call(1, call, format),
                    Err(problem) => Entry::bad(Some(1), problem, Some(text)),
                };
                Ok(Some(Entries::new(format, std::iter::once(entry))))
            }
            _ => Ok(Some(self.json(source, whole))),
        }
    }

    /// How an input looks from its beginning.
    fn seen(&self, head: &[u8], meant: bool) -> Result<Format, Problem> {
        let text = String::from_utf8_lossy(head.strip_prefix(BOM).unwrap_or(head));
        let text = text.trim_start();
        let line = text.lines().next().unwrap_or_default().trim_end();
        let is_array = line.strip_prefix('[').map(str::trim_start);
        if line.starts_with('{')
            || is_array.is_some_and(|after| after.is_empty() || after.starts_with(['{', ']']))
        {
            let first = text.strip_prefix('[').unwrap_or(text);
            let record = Record::of(text.as_bytes()).or_else(|_| Record::of(first.as_bytes()));
            return Ok(record.map_or(Format::Jsonl, |record| record.format));
        }
        if let Some(format) = Format::of_text(text) {
            return Ok(format);
        }
        if csv::is_header(line, &self.columns) {
            return Ok(Format::Csv);
        }
        match plain::turn(line, &[]) {
            Some((_, speaker, _)) if meant || hackles::Role::of_id(&speaker).is_some() => Ok(Format::Text),
            _ if meant && self.columns != Columns::default() => Err(csv::not_header(line, &self.columns)),
            _ => Err(Problem::new(
                "not a transcript: neither JSON, nor WebVTT or SubRip, nor a table with a text column, nor \"Agent: …\" lines",
            )),
        }
    }

    fn whole(&self, source: impl Read) -> Result<Vec<u8>, Problem> {
        let mut text = Vec::new();
        let read = source.take(self.record_bytes as u64 + 1).read_to_end(&mut text);
        read.map_err(|e| Problem::of_reading(&e))?;
        if text.len() > self.record_bytes {
            return Err(Problem::new(format!(
                "more than {} bytes in one call",
                self.record_bytes
            )));
        }
        Ok(text)
    }

    /// JSON records. The first says whether they are finished calls or the messages of live ones.
    fn json(&self, source: impl BufRead + Send + 'static, whole: bool) -> Entries {
        let mut values = Values::new(source, self.record_bytes);
        if whole {
            values = values.whole();
        }
        let first = values.next();
        let bytes = first.as_ref().map_or(&b""[..], |v| v.bytes.as_slice());
        let record = match self.from {
            Some(format) => Some(Record::told(format, bytes)),
            None => Record::of(bytes).ok(),
        };
        let format = record.map(|r| r.format);
        let all = first.into_iter().chain(values);
        if let Some(record) = record.filter(|r| r.is_message)
            && let Some(reader) = record::live(record.format)
        {
            return Entries::new(record.format, Recorded::new(all, record.format, reader));
        }
        let entries = all.map(move |value| match value.problem {
            Some(problem) => Entry::bad(Some(value.line), problem, Some(value.bytes)),
            None => Entry::json(value.line, value.bytes, format),
        });
        Entries::new(format.unwrap_or(Format::Jsonl), entries)
    }
}

impl Format {
    /// The format of an input that is not compressed, seen from its beginning.
    pub fn of_head(head: &[u8]) -> Option<Format> {
        Reading::default().seen(head, false).ok()
    }
}

/// Whether an array is one call, not a list of them.
fn is_whole(head: &[u8]) -> bool {
    let head = head.strip_prefix(BOM).unwrap_or(head).trim_ascii_start();
    head.starts_with(b"[") && Record::of(head).is_ok()
}

/// The first bytes, and why there are no more of them: what could be read is read all the same.
fn head(source: &mut impl Read) -> Result<(Vec<u8>, Option<io::Error>), Problem> {
    let mut head = Vec::new();
    match source.take(HEAD_BYTES as u64).read_to_end(&mut head) {
        Err(e) if head.is_empty() => Err(Problem::of_reading(&e)),
        read => Ok((head, read.err())),
    }
}

/// A source that fails once, if at all.
struct Breaks(Option<io::Error>);

impl Read for Breaks {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Calls out of a recorded stream of messages.
struct Recorded<V> {
    values: V,
    format: Format,
    reader: Box<dyn Live>,
    collector: Option<Collector>,
    ready: VecDeque<Entry>,
    line: u64,
}

impl<V: Iterator<Item = Value>> Recorded<V> {
    fn new(values: V, format: Format, reader: Box<dyn Live>) -> Self {
        Recorded {
            values,
            format,
            reader,
            collector: Some(Collector::default()),
            ready: VecDeque::new(),
            line: 1,
        }
    }

    fn take(&mut self, value: Value) {
        let mut messages = Vec::new();
        let read = match value.problem {
            Some(problem) => Err(problem),
            None => utf8(&value.bytes).and_then(|text| self.reader.message(text, &mut messages)),
        };
        self.gather(messages, value.line);
        if let Err(problem) = read {
            self.ready
                .push_back(Entry::bad(Some(value.line), problem, Some(value.bytes)));
        }
    }

    fn gather(&mut self, messages: Vec<Message>, line: u64) {
        let Some(collector) = &mut self.collector else {
            return;
        };
        let mut ends = false;
        for message in messages {
            ends |= message.end == Some(true);
            // A vendor's stream that says more than it must says nothing wrong.
            if let Err(problem) = collector.take(message)
                && self.format == Format::Jsonl
            {
                self.ready.push_back(Entry::bad(Some(line), problem, None));
            }
        }
        if ends {
            let ended = collector.ended().into_iter();
            self.ready
                .extend(ended.map(|call| Entry::call(line, call, self.format)));
        }
    }

    /// What the reader held back, as no more will come.
    fn finish(&mut self) {
        for _ in 0..HELD_BACK {
            let mut messages = Vec::new();
            let read = self.reader.finish(&mut messages);
            self.gather(messages, self.line);
            match read {
                Ok(()) => return,
                Err(problem) => self.ready.push_back(Entry::bad(Some(self.line), problem, None)),
            }
        }
    }
}

impl<V: Iterator<Item = Value>> Iterator for Recorded<V> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        while self.ready.is_empty() {
            match self.values.next() {
                Some(value) => {
                    self.line = value.line;
                    self.take(value);
                }
                None => {
                    if self.collector.is_some() {
                        self.finish();
                    }
                    let rest = self.collector.take()?.finish();
                    let line = if rest.len() == 1 { 1 } else { self.line };
                    self.ready
                        .extend(rest.into_iter().map(|call| Entry::call(line, call, self.format)));
                }
            }
        }
        self.ready.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Vec<String> {
        let entries = Reading::default().entries(text.as_bytes(), true);
        let Some(entries) = entries.expect("a transcript") else {
            return Vec::new();
        };
        entries
            .map(|entry| {
                let line = entry.line.unwrap_or_default();
                match entry.read(None) {
                    Ok(found) => format!("{line} {} {}", found.format, found.call.turns.len()),
                    Err(problem) => format!("{line} !{problem}"),
                }
            })
            .collect()
    }

    #[test]
    fn each_format_is_seen() {
        for (text, want) in [
            (
                "\n{\"turns\":[]}\n{\"id\":7,\"turns\":[{\"text\":\"x\"}]}",
                vec!["2 jsonl 0", "3 jsonl 1"],
            ),
            (
                "[{\"turns\":[]},\n{\"id\":\"b\",\"turns\":[]}]",
                vec!["1 jsonl 0", "2 jsonl 0"],
            ),
            ("{\n \"id\": \"a\",\n \"turns\": []\n}\n", vec!["1 jsonl 0"]),
            ("text,speaker\nhi,agent\n", vec!["2 csv 1"]),
            ("[00:12] Agent: hello\nCustomer: hi", vec!["1 text 2"]),
            (
                "{\"segments\":[],\"language\":\"en\"}\n{\"turns\":[]}\n",
                vec!["1 whisper 0", "2 jsonl 0"],
            ),
            (
                "{\"call\":\"C1\",\"utterance\":\"u\",\"speaker\":\"agent\",\"text\":\"hi\"}\n{\"call\":\"C1\",\"end\":true}\n",
                vec!["2 jsonl 1"],
            ),
            ("  \n", vec![]),
        ] {
            assert_eq!(read(text), want, "{text}");
        }
    }

    #[test]
    fn a_broken_record_does_not_break_the_others() {
        let found = read("{\"turns\":[\n{\"id\":\"b\",\"turns\":[]}\nnonsense\n{\"turns\":5}\n{\"a\":1}\n");
        assert!(found[0].starts_with("1 !EOF while parsing"), "{found:?}");
        assert_eq!(found[1], "2 jsonl 0");
        assert!(found[2].starts_with("3 !expected "), "{found:?}");
        assert!(
            found[3].starts_with("4 !invalid type: a whole number, expected a sequence"),
            "{found:?}"
        );
        assert_eq!(found[4], "5 !no known format has these keys: a");
    }

    #[test]
    fn what_is_no_transcript_is_left_alone_unless_it_is_meant() {
        let not = || &b"name: x\n"[..];
        assert!(Reading::default().entries(&b"# Title\n"[..], true).is_err());
        assert!(
            Reading::default()
                .entries(not(), false)
                .is_ok_and(|e| e.is_none())
        );
        assert!(Reading::default().entries(not(), true).is_ok_and(|e| e.is_some()));
    }
}
