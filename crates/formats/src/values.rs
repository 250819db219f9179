//! JSON values out of a stream of bytes: a value a line, the items of an array, or documents over many lines. No more than one value is in
//! memory at once. What is broken ends where the next value seems to begin, so that it costs no other.

use std::io::{self, BufRead, Read};

use serde::de::IgnoredAny;

use crate::problem::Problem;

/// What some programs write in front of UTF-8.
pub const BOM: &[u8] = b"\xef\xbb\xbf";

/// A value, or why there is none.
pub(crate) struct Value {
    /// The line it begins on, from 1.
    pub(crate) line: u64,
    /// Its bytes, as far as they could be read.
    pub(crate) bytes: Vec<u8>,
    /// Why they are no value.
    pub(crate) problem: Option<Problem>,
}

/// How values stand in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// Not seen yet.
    Unknown,
    /// One a line: what is broken ends with its line.
    Lines,
    /// Items of an array.
    Array,
    /// One after the other, over any number of lines.
    Documents,
}

/// The values of a source, read as they are asked for.
pub(crate) struct Values<R> {
    source: Returning<R>,
    layout: Layout,
    /// Lines that lie behind.
    lines: u64,
    /// How far the line on which the value begins is indented.
    indent: usize,
    limit: usize,
    /// A value that goes on for longer, and seems to hold the beginning of the next, is broken.
    patience: usize,
    over: bool,
}

/// A source that takes bytes back.
struct Returning<R> {
    returned: Vec<u8>,
    /// How much of them is read again.
    read: usize,
    source: R,
}

impl<R: BufRead> Read for Returning<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Returning<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.read < self.returned.len() {
            return Ok(&self.returned[self.read..]);
        }
        loop {
            match self.source.fill_buf() {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
                Ok(_) => break,
            }
        }
        self.source.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        if self.read < self.returned.len() {
            self.read += count;
        } else {
            self.source.consume(count);
        }
    }
}

/// What ends the bytes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Its last bracket.
    Value,
    /// The source.
    Source,
    /// A bracket that does not match, or a line that ends within a string.
    Break,
    /// It is larger than what is allowed.
    Limit,
}

/// So much is kept of a value that is too large.
const KEPT_BYTES: usize = 1 << 20;
/// Brackets within brackets beyond this are only counted: no reader takes so many.
const DEEPEST: usize = 1024;
/// Behind values that have no end others are searched for theirs no further than this, lest all that follows is read again for each of them.
const IMPATIENT: usize = 1 << 12;

impl<R: BufRead> Values<R> {
    /// The values of `source`, none of them larger than `limit` bytes.
    pub(crate) fn new(source: R, limit: usize) -> Self {
        Values {
            source: Returning {
                returned: Vec::new(),
                read: 0,
                source,
            },
            layout: Layout::Unknown,
            lines: 0,
            indent: 0,
            limit,
            patience: limit,
            over: false,
        }
    }

    /// Takes the whole array as one value, not its items: to be said before the first value is asked for.
    pub(crate) fn whole(mut self) -> Self {
        self.layout = Layout::Documents;
        self
    }

    /// The next byte that is no space, left where it is.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        let mut is_fresh = false;
        loop {
            let buffer = self.source.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let is_space = |b: &&u8| b.is_ascii_whitespace() || BOM.contains(b);
            let spaces = buffer.iter().take_while(is_space).count();
            self.lines += newlines(&buffer[..spaces]);
            match buffer[..spaces].iter().rposition(|&b| b == b'\n') {
                Some(at) => (is_fresh, self.indent) = (true, spaces - at - 1),
                None if is_fresh => self.indent += spaces,
                None => {}
            }
            let found = buffer.get(spaces).copied();
            self.source.consume(spaces);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    fn line(&mut self) -> io::Result<(Vec<u8>, End)> {
        let mut line = Vec::new();
        let most = self.limit as u64 + 1;
        (&mut self.source).take(most).read_until(b'\n', &mut line)?;
        let mut end = End::Value;
        if line.len() as u64 == most && line.last() != Some(&b'\n') {
            end = End::Limit;
            self.skip_line()?;
            line.truncate(KEPT_BYTES);
            line.shrink_to_fit();
        }
        self.lines += 1;
        let spaces = line.iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
        line.truncate(line.len() - spaces);
        Ok((line, end))
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.source.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            let end = buffer.iter().position(|&b| b == b'\n');
            let consumed = end.map_or(buffer.len(), |at| at + 1);
            self.source.consume(consumed);
            if end.is_some() {
                return Ok(());
            }
        }
    }

    /// A value up to its last bracket, by matching brackets outside of strings; one that is no object and no array ends before a comma,
    /// a bracket or a space. One that is too large is passed over to its end.
    fn brackets(&mut self) -> io::Result<(Vec<u8>, End)> {
        let mut value = Vec::new();
        // What closes the brackets that are open, and how many more are open within them.
        let (mut open, mut deeper) = (Vec::new(), 0u64);
        let mut patience = self.patience;
        let (mut quoted, mut escaped, mut large) = (false, false, false);
        loop {
            let buffer = self.source.fill_buf()?;
            if buffer.is_empty() {
                return Ok((value, if large { End::Limit } else { End::Source }));
            }
            let room = if large {
                buffer.len()
            } else {
                patience + 1 - value.len()
            };
            let buffer = &buffer[..room.min(buffer.len())];
            let mut at = 0;
            let mut end = None;
            while at < buffer.len() && end.is_none() {
                let b = buffer[at];
                at += 1;
                if quoted {
                    match b {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'"' => quoted = false,
                        b'\n' => end = Some(End::Break),
                        _ => {
                            at += memchr::memchr3(b'\\', b'"', b'\n', &buffer[at..])
                                .unwrap_or(buffer.len() - at)
                        }
                    }
                    continue;
                }
                match b {
                    b'"' => quoted = true,
                    b'{' | b'[' if open.len() >= DEEPEST => deeper += 1,
                    b'{' => open.push(b'}'),
                    b'[' => open.push(b']'),
                    b'}' | b']' if deeper > 0 => deeper -= 1,
                    b'}' | b']' | b',' if open.is_empty() => (at, end) = (at - 1, Some(End::Value)),
                    _ if open.is_empty() && b.is_ascii_whitespace() => (at, end) = (at - 1, Some(End::Value)),
                    b'}' | b']' if open.pop() != Some(b) => end = Some(End::Break),
                    b'}' | b']' if open.is_empty() => end = Some(End::Value),
                    _ => {}
                }
            }
            self.lines += newlines(&buffer[..at]);
            if !large {
                value.extend_from_slice(&buffer[..at]);
            }
            self.source.consume(at);
            if !large && end.is_none() && value.len() > patience {
                if next_begin(&value, self.indent).is_some() {
                    return Ok((value, End::Break));
                }
                patience = patience.saturating_mul(2).min(self.limit);
            }
            if value.len() > self.limit {
                large = true;
                value.truncate(KEPT_BYTES);
                value.shrink_to_fit();
            }
            match end {
                Some(_) if large => return Ok((value, End::Limit)),
                Some(end) => return Ok((value, end)),
                None => {}
            }
        }
    }

    /// Puts bytes back that were read since `lines` lay behind.
    fn put_back(&mut self, bytes: &[u8], lines: u64) {
        self.lines = lines;
        let source = &mut self.source;
        if source.returned[..source.read].ends_with(bytes) {
            source.read -= bytes.len();
            return;
        }
        let rest = source.returned.split_off(source.read);
        source.returned = [bytes, &rest].concat();
        source.read = 0;
    }

    /// Goes to where the next value seems to begin behind one that is broken and begins after `before` lines. What lies between is added to it.
    fn pass(&mut self, mut broken: Vec<u8>, before: u64) -> io::Result<Vec<u8>> {
        if let Some(at) = next_begin(&broken, self.indent) {
            let rest = broken.split_off(at);
            self.put_back(&rest, before + newlines(&broken));
            return Ok(broken);
        }
        let mut is_fresh = broken.last() == Some(&b'\n');
        loop {
            let mut line = Vec::new();
            let most = self.limit as u64 + 1;
            (&mut self.source).take(most).read_until(b'\n', &mut line)?;
            self.over = line.is_empty();
            if self.over {
                return Ok(broken);
            }
            if is_fresh && begins(&line, self.indent) {
                self.put_back(&line, self.lines);
                return Ok(broken);
            }
            is_fresh = line.last() == Some(&b'\n');
            self.lines += newlines(&line);
            if broken.len() < KEPT_BYTES {
                broken.append(&mut line);
            }
        }
    }

    /// Sees how the values stand from the first of them.
    fn see(&mut self) -> io::Result<Option<Value>> {
        match self.peek()? {
            None => return Ok(None),
            Some(b'[') => {
                self.source.consume(1);
                self.layout = Layout::Array;
                return self.next_value();
            }
            Some(b'{') => {}
            Some(_) => {
                self.layout = Layout::Lines;
                return self.next_value();
            }
        }
        let before = self.lines;
        let (value, end) = self.brackets()?;
        let is_line = !value.contains(&b'\n');
        let is_whole = end == End::Value && is_json(&value);
        // Objects that begin lines are lines, of which the first is broken.
        let is_lines = if is_line || is_whole {
            is_line
        } else {
            let follows =
                end == End::Break && value.ends_with(b"\n") && self.source.fill_buf()?.starts_with(b"{");
            follows || next_begin(&value, 0).is_some()
        };
        self.layout = if is_lines {
            Layout::Lines
        } else {
            Layout::Documents
        };
        if is_lines && end != End::Limit {
            self.put_back(&value, before);
            return self.next_value();
        }
        self.document_of(value, end, before).map(Some)
    }

    fn told(&self, line: u64, bytes: Vec<u8>, end: End) -> Value {
        let problem = match end {
            End::Limit => Some(Problem::new(format!(
                "a record of more than {} bytes",
                self.limit
            ))),
            End::Value | End::Source | End::Break => None,
        };
        Value { line, bytes, problem }
    }

    fn next_value(&mut self) -> io::Result<Option<Value>> {
        match self.layout {
            Layout::Unknown => self.see(),
            Layout::Lines => {
                if self.peek()?.is_none() {
                    return Ok(None);
                }
                let line = self.lines + 1;
                let (bytes, end) = self.line()?;
                Ok(Some(self.told(line, bytes, end)))
            }
            Layout::Array => match self.peek()? {
                Some(b']') => {
                    self.source.consume(1);
                    self.layout = Layout::Documents;
                    self.next_value()
                }
                Some(b',') => {
                    self.source.consume(1);
                    self.next_value()
                }
                Some(_) => self.document(),
                None => {
                    let mut value = self.told(self.lines + 1, Vec::new(), End::Source);
                    value.problem = Some(Problem::new("the array has no end"));
                    self.over = true;
                    Ok(Some(value))
                }
            },
            Layout::Documents => match self.peek()? {
                None => Ok(None),
                Some(_) => self.document(),
            },
        }
    }

    fn document(&mut self) -> io::Result<Option<Value>> {
        let before = self.lines;
        let (bytes, end) = self.brackets()?;
        self.document_of(bytes, end, before).map(Some)
    }

    fn document_of(&mut self, bytes: Vec<u8>, end: End, before: u64) -> io::Result<Value> {
        let is_empty = bytes.is_empty();
        self.patience = match end {
            End::Value => self.limit,
            End::Limit => self.patience,
            End::Break | End::Source => (self.patience / 4).max(IMPATIENT).min(self.limit),
        };
        let bytes = if is_empty || matches!(end, End::Break | End::Source) {
            self.pass(bytes, before)?
        } else {
            bytes
        };
        let mut value = self.told(before + 1, bytes, end);
        if is_empty {
            value.problem = Some(Problem::new("expected a JSON value"));
        }
        Ok(value)
    }
}

impl<R: BufRead> Iterator for Values<R> {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        if self.over {
            return None;
        }
        self.next_value().unwrap_or_else(|error| {
            self.over = true;
            Some(Value {
                line: self.lines + 1,
                bytes: Vec::new(),
                problem: Some(Problem::of_reading(&error)),
            })
        })
    }
}

/// Whether a line begins an object that is not indented more than `indent`: what is within an object mostly is.
fn begins(line: &[u8], indent: usize) -> bool {
    let spaces = line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    spaces <= indent && line.get(spaces) == Some(&b'{')
}

/// Where the first line within these bytes, but not their first, begins an object (see [`begins`]).
fn next_begin(bytes: &[u8], indent: usize) -> Option<usize> {
    let ends = memchr::memchr_iter(b'\n', bytes).map(|end| end + 1);
    ends.into_iter().find(|&at| begins(&bytes[at..], indent))
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line and text of each value, read through a buffer of a few bytes.
    fn values(text: &str, limit: usize) -> Vec<String> {
        let source = io::BufReader::with_capacity(3, text.as_bytes());
        Values::new(source, limit)
            .map(|v| match v.problem {
                Some(problem) => format!("{} !{problem}", v.line),
                None => format!("{} {}", v.line, String::from_utf8_lossy(&v.bytes)),
            })
            .collect()
    }

    #[test]
    fn lines_arrays_and_documents() {
        for (text, want) in [
            (
                "\n{\"a\":1}\n\n{\"b\":\"}\"}",
                vec!["2 {\"a\":1}", "4 {\"b\":\"}\"}"],
            ),
            ("\u{feff}{}\r\n{}", vec!["1 {}", "2 {}"]),
            (
                "[{\"a\":\"[\\\"\"},\n{},\n 7]",
                vec!["1 {\"a\":\"[\\\"\"}", "2 {}", "3 7"],
            ),
            ("[]", vec![]),
            ("  \n", vec![]),
            ("{\n\"a\":1\n}\n{\n}\n", vec!["1 {\n\"a\":1\n}", "4 {\n}"]),
            ("{\"a\":[\n{\"b\":1}\n]}", vec!["1 {\"a\":[\n{\"b\":1}\n]}"]),
            ("[{}", vec!["1 {}", "1 !the array has no end"]),
        ] {
            assert_eq!(values(text, 1000), want, "{text}");
        }
    }

    #[test]
    fn what_is_broken_ends_with_its_line() {
        assert_eq!(
            values("{\"a\":[\n{\"b\":1}\nno\n", 1000),
            ["1 {\"a\":[", "2 {\"b\":1}", "3 no"]
        );
        assert_eq!(values("no\n{}\n", 1000), ["1 no", "2 {}"]);
        assert_eq!(values("{\n\"a\": [}\n", 1000), ["1 {\n\"a\": [}\n"]);
    }

    #[test]
    fn what_is_broken_ends_where_the_next_begins() {
        for (text, want) in [
            // A line that ends within a string, a bracket that does not match, one that is not closed.
            (
                "[{\"a\":\"x\n},\n{\"b\":1}]",
                vec!["1 {\"a\":\"x\n},\n", "3 {\"b\":1}"],
            ),
            (
                "[\n  {\"a\":[}},\n  {\n    \"b\": {}\n  }\n]",
                vec!["2 {\"a\":[}},\n", "3 {\n    \"b\": {}\n  }"],
            ),
            (
                "[\n{\"a\":[\n,\n{\"b\":1}\n]",
                vec!["2 {\"a\":[\n,\n", "4 {\"b\":1}"],
            ),
            (
                "{\n\"a\":1\n}\n{\n\"b\":[\n}\n{\n\"c\":1\n}\n",
                vec!["1 {\n\"a\":1\n}", "4 {\n\"b\":[\n}\n", "7 {\n\"c\":1\n}"],
            ),
            (
                "{\"a\":\"x\n{\"b\":1}\n{\"c\":1}\n",
                vec!["1 {\"a\":\"x", "2 {\"b\":1}", "3 {\"c\":1}"],
            ),
            ("{\"a\":[}\n{\"b\":1}\n", vec!["1 {\"a\":[}", "2 {\"b\":1}"]),
            (
                "[{}}\n{\"b\":1}]",
                vec!["1 {}", "1 !expected a JSON value", "2 {\"b\":1}"],
            ),
        ] {
            assert_eq!(values(text, 1000), want, "{text}");
        }
    }

    /// Each of them is told, though what follows is searched for the end of every one.
    #[test]
    fn values_without_end_cost_no_more_than_their_neighbourhood() {
        let broken = "{\n\"a\": [\n".repeat(5_000);
        let text = format!("{{\n\"b\": 1\n}}\n{broken}{{\n\"c\": 1\n}}\n");
        let all: Vec<Value> = Values::new(text.as_bytes(), 64 << 20).collect();
        assert_eq!(all.len(), 5_002);
        assert!(all[1..5_001].iter().all(|v| v.bytes == b"{\n\"a\": [\n"));
        assert_eq!(all[5_001].bytes, b"{\n\"c\": 1\n}");
        // What comes behind is read as ever, however long it is.
        let long = format!(
            "{{\n\"d\": \"{}\",\n\"e\": [\n{{}}]\n}}",
            "x".repeat(IMPATIENT * 4)
        );
        let text = format!("{text}{long}\n{{}}\n");
        let all = Values::new(text.as_bytes(), 64 << 20);
        assert!(all.last().is_some_and(|v| v.bytes == b"{}"));
    }

    #[test]
    fn brackets_within_brackets_are_passed_over() {
        let deep = |open: &str, close: &str| format!("[{}{}", open.repeat(50_000), close.repeat(50_000));
        for (text, problem) in [
            (deep("[", "]") + ",\n{}]", None),
            (deep("{\"a\":[", "]}") + ",\n{}]", None),
            (deep("[", "]") + ",\n{}]", Some(1000)),
        ] {
            let limit = problem.unwrap_or(1 << 30);
            let all: Vec<Value> = Values::new(text.as_bytes(), limit).collect();
            assert_eq!(all.len(), 2);
            assert_eq!(all[0].problem.is_some(), problem.is_some());
            assert_eq!(all[1].bytes, b"{}");
        }
    }

    #[test]
    fn a_value_that_is_too_large_is_left_out() {
        assert_eq!(
            values("[{\"a\":\"long\"},{}]", 8),
            ["1 !a record of more than 8 bytes", "1 {}"]
        );
        assert_eq!(
            values("{}\n{\"a\":\"long\"}\n{}\n", 8),
            ["1 {}", "2 !a record of more than 8 bytes", "3 {}"]
        );
    }
}
