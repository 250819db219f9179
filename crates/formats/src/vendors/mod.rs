//! What vendors write: a file or folder a format, each with the facts on top. `aws` is shared by Amazon's; `recent`, `voice` and `words` by all.

mod assemblyai;
mod aws;
mod azure;
mod call_analytics;
mod ccai;
mod contact_lens;
mod deepgram;
mod genesys;
mod google;
mod recent;
mod revai;
mod speechmatics;
mod transcribe;
mod twilio;
mod vcon;
mod voice;
mod whisper;
mod words;

use crate::call::Call;
use crate::format::Format;
use crate::live::Live;
use crate::problem::Problem;
use crate::shape::Shape;

/// What a JSON record of a vendor's is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A finished call.
    Document,
    /// A message of a live one.
    Message,
}

/// A vendor's format of JSON records.
pub(crate) struct Vendor {
    pub(crate) format: Format,
    /// Whether a record is of this format, by the keys it has. The first format that knows a record has it.
    pub(crate) looks: fn(&Shape) -> Option<Kind>,
    /// Reads a finished call.
    pub(crate) document: fn(&str) -> Result<Call, Problem>,
    /// Reads messages of live calls, where the vendor sends such.
    pub(crate) live: Option<fn() -> Box<dyn Live>>,
}

/// Every vendor's format, in the order in which they are tried.
pub(crate) const VENDORS: &[&Vendor] = &[
    &vcon::VENDOR,
    &speechmatics::VENDOR,
    &ccai::VENDOR,
    &google::VENDOR,
    &revai::VENDOR,
    &contact_lens::VENDOR,
    &call_analytics::VENDOR,
    &transcribe::VENDOR,
    &genesys::VENDOR,
    &deepgram::VENDOR,
    &azure::VENDOR,
    &twilio::VENDOR,
    &assemblyai::VENDOR,
    &whisper::VENDOR,
];
