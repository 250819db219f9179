//! What the service says in place of a transcript.

use serde::Deserialize;

use crate::problem::Problem;

/// The answer of the service about a job, or the event that says that it has changed: it holds no transcript.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Job {
    #[serde(
        rename = "TranscriptionJobStatus",
        alias = "CallAnalyticsJobStatus",
        alias = "JobStatus"
    )]
    status: Option<String>,
    #[serde(rename = "FailureReason")]
    reason: Option<String>,
}

impl Job {
    /// A job of which no more is known.
    pub(crate) fn with_status(status: Option<String>) -> Self {
        Job { status, reason: None }
    }

    /// Why there is no transcript at this path.
    pub(crate) fn problem(&self, path: &str) -> Problem {
        let missing = Problem::missing(path);
        let reason = self
            .reason
            .as_ref()
            .map_or_else(String::new, |r| format!(": {r}"));
        Problem::new(match self.status.as_deref() {
            None => missing.to_string(),
            Some("COMPLETED") => {
                format!(
                    "{missing}: the job has finished, but its transcript is another file, the one at `TranscriptFileUri`"
                )
            }
            Some("FAILED") => format!("{missing}: the job has failed{reason}"),
            Some(status) => format!("{missing}: the job has not finished, its status is {status}"),
        })
    }
}

/// What ends a stream before its time.
pub(crate) const EXCEPTIONS: &[&str] = &[
    "BadRequestException",
    "ConflictException",
    "InternalFailureException",
    "LimitExceededException",
    "ServiceUnavailableException",
];

/// Why a message of a stream holds nothing of its own: the exception that it names, if it does.
pub(crate) fn broken_off(message: &str, path: &str) -> Problem {
    match EXCEPTIONS.iter().find(|name| message.contains(*name)) {
        Some(name) => Problem::new(format!("the stream broke off: {name}")),
        None => Problem::missing(path),
    }
}
