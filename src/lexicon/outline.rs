//! What readers of reports need to know of the built-in set, without the second that loading it takes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::BUILTIN;
use crate::signal::Severity;

/// The names of the built-in set.
///
/// ```
/// let outline = hackles::lexicon::Outline::builtin();
/// assert_eq!(outline.signals["refusal"].title, "Refuses to help");
/// assert_eq!(outline.practices["use_name"], "Use their name");
/// assert_eq!(outline.band("angry"), Some(0.5));
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Outline {
    /// The signals that can fire, by id.
    pub signals: BTreeMap<String, SignalOutline>,
    /// The titles of the practices, by id.
    pub practices: BTreeMap<String, String>,
    /// The bands of the level of anger, each with the level it begins at.
    pub bands: Vec<(String, f64)>,
}

/// A signal, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignalOutline {
    /// Whether it is good or bad.
    pub severity: Severity,
    /// A few words for tables.
    pub title: String,
}

impl Outline {
    /// That of the built-in set: the heads of its files are read, their entries are not.
    pub fn builtin() -> Outline {
        let mut outline = Outline::default();
        for &(name, text) in BUILTIN {
            let head = match name.rsplit('/').next() {
                Some("call.toml" | "practices.toml") => text,
                _ => head(text),
            };
            // A test loads the files this library was built with.
            let Ok(read) = toml::from_str::<Head>(head) else {
                continue;
            };
            if let Some(signal) = read.signal
                && let Some(title) = signal.title
            {
                let severity = match signal.severity.as_deref() {
                    Some("bad") => Severity::Bad,
                    Some("good") => Severity::Good,
                    _ => Severity::Info,
                };
                outline
                    .signals
                    .insert(signal.id, SignalOutline { severity, title });
            }
            let titles = read.practice.into_iter().map(|p| (p.id, p.title));
            outline.practices.extend(titles);
            let bands = read.call.into_iter().flat_map(|c| c.anger.bands);
            outline.bands.extend(bands.map(|b| (b.id, b.from)));
        }
        outline
    }

    /// Where a band begins.
    pub fn band(&self, id: &str) -> Option<f64> {
        self.bands.iter().find(|(band, _)| band == id).map(|b| b.1)
    }
}

/// A file up to the table behind `[signal]`.
fn head(text: &str) -> &str {
    let Some(signal) = text.find("\n[signal]\n") else {
        return "";
    };
    let behind = signal + "\n[signal]".len();
    let end = text[behind..]
        .find("\n[")
        .map_or(text.len(), |next| behind + next);
    &text[..end]
}

#[derive(Deserialize)]
struct Head {
    signal: Option<SignalHead>,
    #[serde(default)]
    practice: Vec<PracticeHead>,
    call: Option<CallHead>,
}

#[derive(Deserialize)]
struct SignalHead {
    id: String,
    severity: Option<String>,
    title: Option<String>,
}

#[derive(Deserialize)]
struct PracticeHead {
    id: String,
    #[serde(default)]
    title: String,
}

#[derive(Deserialize)]
struct CallHead {
    anger: AngerHead,
}

#[derive(Deserialize)]
struct AngerHead {
    bands: Vec<BandHead>,
}

#[derive(Deserialize)]
struct BandHead {
    id: String,
    from: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lexicon;

    #[test]
    fn the_outline_is_that_of_the_loaded_set() {
        let (outline, lexicon) = (Outline::builtin(), Lexicon::builtin());
        let whole = lexicon.signals().iter().filter(|s| s.id != "sentiment");
        let whole = whole.map(|s| (s.id.clone(), s.severity, s.title.clone()));
        let own = outline.signals.iter();
        let own = own.map(|(id, s)| (id.clone(), s.severity, s.title.clone()));
        assert_eq!(own.collect::<Vec<_>>(), whole.collect::<Vec<_>>());
        let mut whole: Vec<(&str, &str)> = lexicon.practices().map(|p| (p.id, p.title)).collect();
        whole.sort_unstable();
        let own = outline
            .practices
            .iter()
            .map(|(id, title)| (id.as_str(), title.as_str()));
        assert_eq!(own.collect::<Vec<_>>(), whole);
        assert_eq!(outline.bands, lexicon.call.bands);
    }
}
