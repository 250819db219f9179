//! vCon containers.
//!
//! # Facts
//! - One JSON object: `uuid`, `parties[]`, `dialog[]`, `analysis[]`, `attachments[]`, `created_at`; older ones say their version in `vcon`.
//! - A party has `name`, `tel`, `mailto`, `uuid`, and with the contact centre's extension a `role` (`agent`, `customer`, `supervisor`, `sme` …; older
//!   ones within `meta`). Parties are named by their place in the list.
//! - A dialog has `type` (`recording`, `text`, `transfer`, `incomplete`), `start` (RFC 3339), `duration` in seconds, `parties` (a place, a list of them,
//!   or lists within the list), `originator`. The parties of a recording with several channels stand in the order of its channels.
//! - A transcript is an analysis of `type` `transcript` (or `wtf_transcription`) of the dialog whose place is `dialog`; its `body` has the
//!   [shape of its vendor](body). Times in it count from its dialog's start.
//! - Inline bodies are JSON, or text by `encoding`: `json`, `none`, `base64url`; what is not inline stands at a `url`.
//! - A signed vCon (JWS) is `{"payload","signatures"}`, its payload base64url of the vCon. An encrypted one (JWE) has a `ciphertext`.

mod base64;
mod body;

use std::collections::BTreeSet;

use hackles::Role;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::call::{Call, Turn, null_as_empty};
use crate::format::Format;
use crate::marks;
use crate::problem::Problem;
use crate::shape::Shape;
use crate::time::{from_rfc3339, seconds, to_rfc3339};
use crate::vendors::{Kind, Vendor};

pub(crate) const VENDOR: Vendor = Vendor {
    format: Format::Vcon,
    looks,
    document,
    live: None,
};

fn looks(shape: &Shape) -> Option<Kind> {
    let parts = ["parties", "dialog", "analysis", "attachments"];
    let is_plain = shape.has_any(&["vcon", "uuid"]) && shape.has_any(&parts);
    let is_signed = shape.has("payload") && shape.has_any(&["signatures", "signature"]);
    let is_encrypted =
        shape.has("ciphertext") && shape.has_any(&["recipients", "iv", "unprotected", "protected"]);
    (is_plain || is_signed || is_encrypted).then_some(Kind::Document)
}

#[derive(Deserialize)]
struct Vcon {
    uuid: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    parties: Vec<Party>,
    #[serde(default, deserialize_with = "null_as_empty")]
    dialog: Vec<Dialog>,
    #[serde(default, deserialize_with = "null_as_empty")]
    analysis: Vec<Analysis>,
    /// Of a signed one.
    payload: Option<String>,
    /// Of an encrypted one.
    ciphertext: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Party {
    name: Option<String>,
    tel: Option<String>,
    mailto: Option<String>,
    uuid: Option<String>,
    role: Option<String>,
    meta: Option<PartyMeta>,
}

#[derive(Deserialize)]
struct PartyMeta {
    role: Option<String>,
}

#[derive(Deserialize)]
struct Dialog {
    #[serde(rename = "type")]
    kind: Option<String>,
    start: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    duration: Option<i64>,
    parties: Option<Value>,
    originator: Option<usize>,
    #[serde(alias = "mimetype")]
    mediatype: Option<String>,
    body: Option<Box<RawValue>>,
    encoding: Option<String>,
}

#[derive(Deserialize)]
struct Analysis {
    #[serde(rename = "type")]
    kind: Option<String>,
    dialog: Option<Value>,
    body: Option<Box<RawValue>>,
    encoding: Option<String>,
    url: Option<IgnoredAny>,
}

fn document(json: &str) -> Result<Call, Problem> {
    let mut vcon: Vcon = serde_json::from_str(json)?;
    let mut notes = Vec::new();
    while let Some(payload) = vcon.payload.take() {
        vcon = serde_json::from_str(&base64::text(&payload)?)
            .map_err(|e| Problem::new(format!("`payload` is no vCon: {}", Problem::from(e))))?;
        notes = vec!["signed; the signature is not verified".to_owned()];
    }
    if vcon.ciphertext.is_some() {
        return Err(Problem::new(
            "an encrypted vCon (JWE, `ciphertext`): it can be read only once it is decrypted",
        ));
    }
    let mut call = Call {
        id: vcon.uuid.clone(),
        notes,
        ..Call::default()
    };
    for (at, party) in vcon.parties.iter().enumerate() {
        call.party(&party_id(at), party.role(), party.name.as_deref());
    }
    let origin = vcon.dialog.iter().filter_map(Dialog::start_ms).min();
    call.file_under("started_at", origin.and_then(to_rfc3339));
    for dialog in &vcon.dialog {
        call.turns.extend(dialog.turn(origin, &mut call.notes));
    }
    let first_problem = add_transcripts(&vcon, origin, &mut call);
    if call.turns.is_empty()
        && let Some(problem) = first_problem.or_else(|| missing(&vcon))
    {
        return Err(problem);
    }
    let ends = vcon.dialog.iter().filter_map(|d| d.end_ms(origin));
    call.end_ms = call.end_ms.max(ends.max());
    call.sort();
    Ok(call)
}

/// What to say of a container without anything to read; nothing if it has transcripts that are empty.
fn missing(vcon: &Vcon) -> Option<Problem> {
    let has_transcript = vcon.analysis.iter().any(Analysis::is_transcript);
    (!has_transcript).then(|| {
        Problem::new(
            "no `analysis[]` of type transcript and no `dialog[]` of type text: recordings have to be transcribed first",
        )
    })
}

/// Adds the first transcript of each dialog that can be read, and notes on the others. The first problem is given.
fn add_transcripts(vcon: &Vcon, origin: Option<i64>, call: &mut Call) -> Option<Problem> {
    let mut first_problem = None;
    let mut done: BTreeSet<Option<usize>> = BTreeSet::new();
    // What has no times stands where its dialog does.
    let of = |at: usize| places(vcon.analysis[at].dialog.as_ref()?).first().copied();
    let start = |at: usize| vcon.dialog.get(of(at)?)?.start_ms();
    let is_transcript = |at: &usize| vcon.analysis[*at].is_transcript();
    let mut order: Vec<usize> = (0..vcon.analysis.len()).filter(is_transcript).collect();
    order.sort_by_key(|&at| start(at));
    for at in order {
        let (analysis, of) = (&vcon.analysis[at], of(at));
        if done.contains(&of) {
            call.notes
                .push(format!("analysis[{at}] is another transcript of the same dialog"));
            continue;
        }
        match analysis.read() {
            Ok(transcript) => {
                done.insert(of);
                let dialog = vcon.dialog.get(of.unwrap_or(0));
                add(call, transcript, dialog, &vcon.parties, origin);
            }
            Err(problem) => {
                call.notes.push(format!("analysis[{at}]: {problem}"));
                first_problem.get_or_insert(Problem::new(format!("`analysis[{at}]`: {problem}")));
            }
        }
    }
    first_problem
}

/// Adds what a transcript of a dialog says.
fn add(
    call: &mut Call,
    mut transcript: Call,
    dialog: Option<&Dialog>,
    parties: &[Party],
    origin: Option<i64>,
) {
    let start = dialog.and_then(Dialog::start_ms).zip(origin);
    if let Some((start, origin)) = start {
        transcript.count_from(origin.saturating_sub(start));
    }
    let places = dialog
        .and_then(|d| d.parties.as_ref())
        .map(places)
        .unwrap_or_default();
    let channels: BTreeSet<Option<String>> = transcript.turns.iter().map(|t| t.channel.clone()).collect();
    let has_channels = channels.len() > 1 && channels.len() == places.len() && !channels.contains(&None);
    if has_channels {
        call.notes
            .push("the recording's channels are its dialog's parties, in their order".to_owned());
    }
    for mut turn in transcript.turns {
        let by_channel = channels
            .iter()
            .position(|c| *c == turn.channel)
            .filter(|_| has_channels);
        let place = match by_channel {
            Some(at) => Some(places[at]),
            None => turn.speaker.as_deref().and_then(|s| find(parties, s)),
        };
        turn.speaker = place.map(party_id).or(turn.speaker);
        call.turns.push(turn);
    }
    for party in transcript.participants {
        let is_used = call.turns.iter().any(|t| t.speaker.as_deref() == Some(&party.id));
        if is_used && !call.participants.iter().any(|p| p.id == party.id) {
            call.participants.push(party);
        }
    }
    call.end_ms = call.end_ms.max(transcript.end_ms);
    call.notes.append(&mut transcript.notes);
    call.vendor = call.vendor.take().or(transcript.vendor);
    let language = transcript.meta.and_then(|mut m| m.remove("language"));
    if language.is_some() && call.meta.as_ref().is_none_or(|m| !m.contains_key("language")) {
        call.file_under("language", language);
    }
}

/// The speaker id of the party at this place.
fn party_id(at: usize) -> String {
    format!("party_{at}")
}

/// The only party that a transcript's speaker can be: by name, address or role.
fn find(parties: &[Party], speaker: &str) -> Option<usize> {
    let is = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default().trim();
        !text.is_empty() && text.to_lowercase() == speaker.trim().to_lowercase()
    };
    let mut found = (0..parties.len()).filter(|&at| {
        let party = &parties[at];
        is(&party.name) || is(&party.tel) || is(&party.mailto) || is(&party.uuid) || is(&party.role)
    });
    found.next().filter(|_| found.next().is_none())
}

/// The places that a value names: one, a list of them, or the first of each list within it.
fn places(value: &Value) -> Vec<usize> {
    let place = |v: &Value| match v {
        Value::String(digits) => digits.trim().parse().ok(),
        number => number.as_u64().and_then(|n| usize::try_from(n).ok()),
    };
    match value {
        Value::Array(list) => {
            let first = |v: &Value| place(v.as_array().and_then(|inner| inner.first()).unwrap_or(v));
            list.iter().filter_map(first).collect()
        }
        one => place(one).into_iter().collect(),
    }
}

impl Party {
    fn role(&self) -> Option<(Role, &'static str)> {
        let nested = self.meta.as_ref().and_then(|m| m.role.as_ref());
        let (text, from) = match (&self.role, nested) {
            (Some(role), _) => (role, "parties[].role"),
            (None, Some(role)) => (role, "parties[].meta.role"),
            (None, None) => return None,
        };
        match text.trim().to_ascii_lowercase().as_str() {
            "agent" | "supervisor" | "sme" => Some((Role::Agent, from)),
            "customer" => Some((Role::Customer, from)),
            _ => None,
        }
    }
}

impl Dialog {
    /// Since 1970.
    fn start_ms(&self) -> Option<i64> {
        from_rfc3339(self.start.as_deref()?)
    }

    fn end_ms(&self, origin: Option<i64>) -> Option<i64> {
        Some(
            self.start_ms()?
                .saturating_sub(origin?)
                .saturating_add(self.duration?),
        )
    }

    /// What a text says.
    fn turn(&self, origin: Option<i64>, notes: &mut Vec<String>) -> Option<Turn> {
        if self.kind.as_deref() != Some("text") {
            return None;
        }
        let is_plain = self
            .mediatype
            .as_deref()
            .is_none_or(|m| m.starts_with("text/plain"));
        let body = self.body.as_deref().filter(|_| is_plain);
        let text = body.and_then(|b| body::text(b, self.encoding.as_deref()).ok());
        let Some(text) = text.filter(|t| !t.trim().is_empty()) else {
            notes.push("a dialog of type text without plain text".to_owned());
            return None;
        };
        let first = self.parties.as_ref().and_then(|p| places(p).first().copied());
        let text = text.trim();
        let start = self
            .start_ms()
            .zip(origin)
            .map(|(start, origin)| start.saturating_sub(origin));
        Some(Turn {
            speaker: self.originator.or(first).map(party_id),
            start_ms: start,
            end_ms: start
                .zip(self.duration)
                .map(|(start, duration)| start.saturating_add(duration)),
            text: text.to_owned(),
            redactions: marks::redactions(text),
            ..Turn::default()
        })
    }
}

impl Analysis {
    fn is_transcript(&self) -> bool {
        matches!(self.kind.as_deref(), Some("transcript" | "wtf_transcription"))
    }

    fn read(&self) -> Result<Call, Problem> {
        match &self.body {
            Some(body) => body::read(&body::text(body, self.encoding.as_deref())?),
            None if self.url.is_some() => Err(Problem::new(
                "the transcript stands at its `url`, which is not fetched",
            )),
            None => Err(Problem::missing("body")),
        }
    }
}
