//! Names of persons in what a source tells, where they are not to be told on.

use std::collections::HashMap;

use crate::entry::Scorable;
use crate::format::Format;

/// What stands before the number of a speaker whose name is not told.
const PERSON: &str = "person";

impl Format {
    /// Whether a speaker id of a transcript in this format may be a person's name: captions and plain text know speakers by name, some vendors
    /// put names where they else have labels. Ids of our own formats are those that the caller gave.
    pub fn may_be_name(self, speaker: &str) -> bool {
        match self {
            Format::Jsonl | Format::Csv | Format::Parquet => false,
            Format::Text | Format::Vtt | Format::Srt => !is_label(speaker),
            // An id of a vendor's has digits: `ch_0`, `SPEAKER_00`, a hash.
            _ => {
                !is_label(speaker)
                    && (speaker.contains(' ') || !speaker.contains(|c: char| c.is_ascii_digit()))
            }
        }
    }
}

/// Whether a speaker id only tells speakers apart or says their role: `A`, `S1`, `spk_0`, `Speaker 2`, `agent`.
fn is_label(speaker: &str) -> bool {
    const WORDS: [&str; 16] = [
        "agent",
        "ch",
        "channel",
        "customer",
        "external",
        "internal",
        "ivr",
        "participant",
        "party",
        "person",
        "speaker",
        "spk",
        "system",
        "unknown",
        "user",
        "voice",
    ];
    let word = speaker.trim_end_matches(|c: char| c.is_ascii_digit());
    let word = word.trim_end_matches([' ', '_', '-', '#']).to_lowercase();
    speaker.len() <= 2 || WORDS.contains(&word.as_str())
}

impl Scorable {
    /// Leaves out whom and what the source calls by names of its own: speakers that may be told by their names get numbers in the order of their first turns (`person 1`),
    /// an agent in `meta` who may be so is left out, and so are the vendor's categories, which may be made of what was said. The names of
    /// participants stay: they are looked for, and an [analyzer without text](hackles::Analyzer::without_text) tells none.
    pub fn leave_out_names(&mut self) {
        let call = &mut self.transcript;
        let mut numbers: HashMap<String, String> = HashMap::new();
        let speakers = call.turns.iter().map(|t| &t.speaker);
        for id in speakers.chain(call.participants.iter().map(|p| &p.id)) {
            if !id.is_empty() && self.format.may_be_name(id) && !numbers.contains_key(id) {
                numbers.insert(id.clone(), format!("{PERSON} {}", numbers.len() + 1));
            }
        }
        let rename = |id: &mut String| {
            if let Some(number) = numbers.get(id) {
                id.clone_from(number);
            }
        };
        call.turns.iter_mut().for_each(|t| rename(&mut t.speaker));
        call.participants.iter_mut().for_each(|p| rename(&mut p.id));
        if self.format == Format::Ccai
            && let Some(meta) = &mut call.meta
        {
            meta.shift_remove("agent");
        }
        if let Some(figures) = &mut self.vendor {
            figures.leave_out_names(&numbers);
        }
    }
}

impl crate::Figures {
    /// Leaves out the categories; speakers that have numbers are told by them.
    pub(crate) fn leave_out_names(&mut self, numbers: &HashMap<String, String>) {
        fn renamed<T>(
            figures: &mut std::collections::BTreeMap<String, T>,
            numbers: &HashMap<String, String>,
        ) {
            let all = std::mem::take(figures).into_iter();
            let told = |id: String| numbers.get(&id).cloned().unwrap_or(id);
            figures.extend(all.map(|(id, figure)| (told(id), figure)));
        }
        renamed(&mut self.sentiment, numbers);
        renamed(&mut self.interruptions, numbers);
        renamed(&mut self.talk_ms, numbers);
        renamed(&mut self.words_per_minute, numbers);
        self.categories.clear();
    }

    /// Leaves out the categories, which may be made of what was said.
    pub fn leave_out_categories(&mut self) {
        self.categories.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Call, Category, Figures, Turn};
    use crate::entry::Entry;
    use hackles::Role;

    #[test]
    fn labels_are_no_names() {
        for (format, speaker, want) in [
            (Format::Text, "agent", false),
            (Format::Text, "speaker 1", false),
            (Format::Text, "spk_0", false),
            (Format::Srt, "SPEAKER_01", false),
            (Format::Text, "amara obi", true),
            (Format::Vtt, "Bo Jones", true),
            (Format::Vtt, "amara2", true),
            (Format::AssemblyAi, "A", false),
            (Format::AssemblyAi, "Amara", true),
            (Format::Vcon, "Amara Obi 2", true),
            (Format::Genesys, "internal", false),
            (Format::Speechmatics, "S1", false),
            (Format::ContactLens, "0f3c9e2a-aa11-4f0e-8f3b-1d2c3b4a5f6e", false),
            (Format::Jsonl, "Amara Obi", false),
        ] {
            assert_eq!(format.may_be_name(speaker), want, "{format} {speaker}");
        }
    }

    #[test]
    fn persons_get_numbers() {
        let turn = |speaker: &str| Turn {
            speaker: Some(speaker.into()),
            ..Turn::default()
        };
        let mut vendor = Figures::of(Format::Vcon);
        vendor.talk_ms.insert("Amara Obi".into(), 5);
        vendor.categories.push(Category {
            name: "her card number".into(),
            ..Category::default()
        });
        let mut call = Call {
            turns: ["Bob", "agent", "Amara Obi", "Bob"].map(turn).into(),
            vendor: Some(vendor),
            ..Call::default()
        };
        call.party("Amara Obi", Some((Role::Agent, "role")), Some("Amara Obi"));
        let mut found = Entry::call(1, call, Format::Vcon).scorable(None).expect("a call");
        found.leave_out_names();
        let speakers: Vec<&str> = found
            .transcript
            .turns
            .iter()
            .map(|t| t.speaker.as_str())
            .collect();
        assert_eq!(speakers, ["person 1", "agent", "person 2", "person 1"]);
        let party = &found.transcript.participants[0];
        assert_eq!((party.id.as_str(), party.role), ("person 2", Some(Role::Agent)));
        let figures = found.vendor.expect("kept");
        assert_eq!(
            (figures.talk_ms.get("person 2"), figures.categories.len()),
            (Some(&5), 0)
        );
    }
}
