//! Reads transcripts: each format gives calls, or says where one cannot be read.

pub(crate) mod csv;
mod jsonl;
pub(crate) mod plain;

use hackles::Transcript;

use crate::args::From;
use crate::inputs::Input;

/// What some programs write in front of UTF-8.
pub(crate) const BOM: &[u8] = b"\xef\xbb\xbf";

/// One call as it was found.
pub(crate) struct Record {
    /// The file.
    pub(crate) file: String,
    /// The line it begins on, from 1; none where the whole file is meant.
    pub(crate) line: Option<usize>,
    /// The call.
    pub(crate) body: Body,
}

/// What a record holds. JSON is parsed where it is scored, by many threads at once.
pub(crate) enum Body {
    Json(Vec<u8>),
    Call(Box<Transcript>),
    Bad(String),
}

impl Record {
    fn new(file: &str, line: usize, body: Body) -> Self {
        Record {
            file: file.to_owned(),
            line: Some(line),
            body,
        }
    }

    /// Where it stands: `FILE:LINE`.
    pub(crate) fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }

    /// Its size, to keep what is in memory at once within bounds.
    pub(crate) fn bytes(&self) -> usize {
        match &self.body {
            Body::Json(bytes) => bytes.len(),
            Body::Call(call) => call.turns.iter().map(|t| t.text.len() + 64).sum(),
            Body::Bad(_) => 0,
        }
    }

    /// The call; one without an id is named after its place.
    ///
    /// # Errors
    /// Why it cannot be read, as `FILE:LINE: message`.
    pub(crate) fn transcript(self) -> Result<Transcript, String> {
        let place = |more: usize| match self.line {
            Some(line) => format!("{}:{}", self.file, line + more),
            None => self.file.clone(),
        };
        let mut call = match self.body {
            Body::Json(bytes) => {
                let parsed = serde_json::from_slice::<Transcript>(&bytes);
                parsed.map_err(|e| {
                    format!(
                        "{}: {} (column {})",
                        place(e.line().saturating_sub(1)),
                        json_message(&e),
                        e.column()
                    )
                })?
            }
            Body::Call(call) => *call,
            Body::Bad(message) => return Err(format!("{}: {message}", place(0))),
        };
        call.id.get_or_insert_with(|| place(0));
        Ok(call)
    }
}

/// What an error of `serde_json` says, without the place it counts within the record.
pub(crate) fn json_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ")
        .map_or(text.as_str(), |(message, _)| message)
        .replace('\n', " ")
}

/// The records of an input, read as they are asked for.
pub(crate) fn records(input: &Input, from: Option<From>) -> Box<dyn Iterator<Item = Record> + Send> {
    let name = input.name.clone();
    match input.open(from) {
        Ok(None) => Box::new(std::iter::empty()),
        Ok(Some((From::Jsonl, source))) => Box::new(jsonl::records(name, source)),
        Ok(Some((From::Csv, source))) => Box::new(csv::records(&name, source).into_iter()),
        Ok(Some((From::Text, source))) => Box::new(plain::records(&name, source).into_iter()),
        Err(message) => {
            let message = message
                .strip_prefix(&format!("{name}: "))
                .unwrap_or(&message)
                .to_owned();
            Box::new(std::iter::once(Record {
                file: name,
                line: None,
                body: Body::Bad(message),
            }))
        }
    }
}

/// Reads all lines of a text that may be in any encoding; those that are not UTF-8 come as none.
fn lines(mut source: impl std::io::BufRead) -> impl Iterator<Item = std::io::Result<Option<String>>> {
    let mut first = true;
    std::iter::from_fn(move || {
        let mut bytes = Vec::new();
        match source.read_until(b'\n', &mut bytes) {
            Ok(0) => None,
            Ok(_) => {
                if std::mem::take(&mut first) && bytes.starts_with(BOM) {
                    bytes.drain(..BOM.len());
                }
                while bytes.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
                    bytes.pop();
                }
                Some(Ok(String::from_utf8(bytes).ok()))
            }
            Err(e) => Some(Err(e)),
        }
    })
}
