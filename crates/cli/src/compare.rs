//! Our figures beside those of the vendor's own analysis.

use std::collections::BTreeSet;

use hackles::Role;
use hackles::report::CallFigures;
use hackles_formats::Figures;
use serde::Serialize;

/// One figure, ours and theirs; what is not known is null.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Compared {
    /// What is measured, as in `interruptions.agent`.
    pub(crate) figure: String,
    /// As we measure it.
    pub(crate) ours: Option<f64>,
    /// As the vendor does. Sentiment is brought to our scale, -1 to 1.
    pub(crate) vendor: Option<f64>,
}

/// All figures that the vendor gives. Categories have none of ours beside them: they are listed with a 1.
pub(crate) fn of(call: &CallFigures, vendor: Option<&Figures>) -> Vec<Compared> {
    let Some(vendor) = vendor else { return Vec::new() };
    let mut out = Vec::new();
    let mut add = |figure: String, ours: Option<f64>, theirs: Option<f64>| {
        out.push(Compared {
            figure,
            ours,
            vendor: theirs,
        });
    };
    let speakers: BTreeSet<&String> = vendor
        .sentiment
        .keys()
        .chain(vendor.interruptions.keys())
        .chain(vendor.talk_ms.keys())
        .chain(vendor.words_per_minute.keys())
        .collect();
    for speaker in speakers {
        let talk = call.talk.speakers.get(speaker.as_str());
        if let Some(theirs) = vendor.sentiment.get(speaker) {
            let ours = call.sentiment.get(speaker.as_str()).map(|s| s.overall.to_f64());
            add(
                format!("sentiment.{speaker}"),
                ours,
                Some(scaled(*theirs, vendor.sentiment_scale)),
            );
        }
        if let Some(theirs) = vendor.interruptions.get(speaker) {
            let ours = match Role::of_id(speaker) {
                Some(Role::Agent) => call.interruptions.by_agent,
                Some(Role::Customer) => call.interruptions.by_customer,
                None => None,
            };
            add(
                format!("interruptions.{speaker}"),
                ours.map(f64::from),
                Some(f64::from(*theirs)),
            );
        }
        if let Some(theirs) = vendor.talk_ms.get(speaker) {
            let ours = talk.and_then(|t| t.talk_ms).map(|ms| ms as f64);
            add(format!("talk_ms.{speaker}"), ours, Some(*theirs as f64));
        }
        if let Some(theirs) = vendor.words_per_minute.get(speaker) {
            let ours = talk.and_then(|t| t.words_per_minute);
            add(format!("words_per_minute.{speaker}"), ours, Some(*theirs));
        }
    }
    if let Some(theirs) = vendor.silence_ms {
        let kinds = [call.talk.silence, call.talk.holds];
        let ours = call
            .talk
            .silence
            .map(|_| kinds.iter().flatten().map(|s| s.total_ms as f64).sum());
        add("silence_ms".into(), ours, Some(theirs as f64));
    }
    for category in &vendor.categories {
        add(format!("category.{}", category.name), None, Some(1.0));
    }
    out
}

/// A sentiment on the vendor's scale as one from -1 to 1.
fn scaled(value: f64, scale: Option<[f64; 2]>) -> f64 {
    match scale {
        Some([low, high]) if high > low => ((value - low) / (high - low) * 2.0 - 1.0).clamp(-1.0, 1.0),
        _ => value,
    }
}
