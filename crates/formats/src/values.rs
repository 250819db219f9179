//! JSON values out of a stream of bytes: a value a line, the items of an array, or documents over many lines. No more than one value is in
//! memory at once.

use std::io::{self, BufRead, Read};

use serde::de::IgnoredAny;

use crate::problem::Problem;

/// What some programs write in front of UTF-8.
pub(crate) const BOM: &[u8] = b"\xef\xbb\xbf";

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
    limit: usize,
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
enum End {
    /// Its last bracket.
    Value,
    /// The source.
    Source,
    /// It is larger than what is allowed.
    Limit,
}

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
            limit,
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
        loop {
            let buffer = self.source.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let is_space = |b: &&u8| b.is_ascii_whitespace() || BOM.contains(b);
            let spaces = buffer.iter().take_while(is_space).count();
            self.lines += newlines(&buffer[..spaces]);
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

    /// A value up to its last bracket, by counting brackets outside of strings; one that is no object and no array ends before a comma,
    /// a bracket or a space.
    fn brackets(&mut self) -> io::Result<(Vec<u8>, End)> {
        let mut value = Vec::new();
        let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
        loop {
            let buffer = self.source.fill_buf()?;
            if buffer.is_empty() {
                return Ok((value, End::Source));
            }
            let mut taken = buffer.len();
            let mut ended = false;
            for (at, &b) in buffer.iter().enumerate() {
                if quoted {
                    match b {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'"' => quoted = false,
                        _ => {}
                    }
                    continue;
                }
                match b {
                    b'"' => quoted = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' | b',' if depth == 0 => (taken, ended) = (at, true),
                    _ if depth == 0 && b.is_ascii_whitespace() => (taken, ended) = (at, true),
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            (taken, ended) = (at + 1, true);
                        }
                    }
                    _ => {}
                }
                if ended {
                    break;
                }
            }
            self.lines += newlines(&buffer[..taken]);
            value.extend_from_slice(&buffer[..taken]);
            self.source.consume(taken);
            if ended {
                return Ok((value, End::Value));
            }
            if value.len() > self.limit {
                return Ok((value, End::Limit));
            }
        }
    }

    /// Puts bytes back that were read since `lines` lay behind.
    fn put_back(&mut self, bytes: &[u8], lines: u64) {
        let rest = self.source.returned.split_off(self.source.read);
        self.source.returned = [bytes, &rest].concat();
        self.source.read = 0;
        self.lines = lines;
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
        let one_line = self.lines == before;
        if matches!(end, End::Value) && !one_line && is_json(&value) {
            self.layout = Layout::Documents;
            return Ok(Some(self.told(before + 1, value, End::Value)));
        }
        // Objects that begin lines are lines, of which the first is broken.
        let is_lines = one_line
            || value
                .split(|&b| b == b'\n')
                .skip(1)
                .any(|line| line.starts_with(b"{"));
        self.layout = if is_lines {
            Layout::Lines
        } else {
            Layout::Documents
        };
        if is_lines {
            self.put_back(&value, before);
            return self.next_value();
        }
        self.over = true;
        Ok(Some(self.told(before + 1, value, end)))
    }

    fn told(&self, line: u64, bytes: Vec<u8>, end: End) -> Value {
        let problem = match end {
            End::Limit => Some(Problem::new(format!(
                "a record of more than {} bytes",
                self.limit
            ))),
            End::Value | End::Source => None,
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
        let line = self.lines + 1;
        let (bytes, end) = self.brackets()?;
        // Where brackets do not close, and where nothing was taken, nothing behind can be told apart.
        self.over = !matches!(end, End::Value) || bytes.is_empty();
        if bytes.is_empty() {
            let mut value = self.told(line, bytes, end);
            value.problem = Some(Problem::new("expected a JSON value"));
            return Ok(Some(value));
        }
        Ok(Some(self.told(line, bytes, end)))
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

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&b| b == b'\n').count() as u64
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
    fn a_value_that_is_too_large_is_left_out() {
        assert_eq!(
            values("{}\n{\"a\":\"long\"}\n{}\n", 8),
            ["1 {}", "2 !a record of more than 8 bytes", "3 {}"]
        );
    }
}
