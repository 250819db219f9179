//! How a command ends.

use std::io;

/// A command that did what it could.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything.
    Done,
    /// Some inputs were left out, each named on standard error; or a test failed.
    Incomplete,
    /// Somebody stopped it.
    Interrupted,
}

impl Outcome {
    /// Done, unless something was left out.
    pub(crate) fn unless(incomplete: bool) -> Self {
        if incomplete {
            Outcome::Incomplete
        } else {
            Outcome::Done
        }
    }
}

/// A command that did nothing of use.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Why, in lines for standard error.
    Nothing(String),
    /// The reader of standard output has gone.
    Closed,
}

impl Failure {
    /// A failure that no file is to blame for.
    pub(crate) fn of_usage(message: impl std::fmt::Display) -> Self {
        Failure::Nothing(format!("hackles: {message}"))
    }

    /// A failure to write: a closed pipe is told apart, since it is no error.
    pub(crate) fn of_writing(to: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Closed,
            _ => Failure::Nothing(format!("{to}: {}", plainly(error))),
        }
    }
}

impl From<hackles::Error> for Failure {
    fn from(error: hackles::Error) -> Self {
        Failure::Nothing(error.to_string())
    }
}

/// What an I/O error says, without the number of the operating system's.
pub(crate) fn plainly(error: &io::Error) -> String {
    let text = error.to_string();
    let plain = text.split(" (os error").next().unwrap_or_default();
    let mut chars = plain.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
