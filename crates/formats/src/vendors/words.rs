//! Turns from words, for formats that give a flat list of them.

use std::collections::HashMap;

use crate::call::{Turn, Word};

/// So long a silence of a speaker, in milliseconds, ends the turn: longer than people pause within a thought.
pub(crate) const PAUSE_MS: i64 = 2_000;

/// Words on their way into turns. Each channel goes its own way: on one of them a turn ends where the speaker changes or falls silent.
#[derive(Debug, Default)]
pub(crate) struct Gatherer {
    turns: Vec<Turn>,
    /// The last turn of each channel.
    last: HashMap<Option<String>, usize>,
}

impl Gatherer {
    /// Adds a word as it was said; its text goes behind a space.
    pub(crate) fn word(&mut self, word: Word, speaker: Option<&str>, channel: Option<&str>) {
        self.add(word, speaker, channel, " ");
    }

    /// Adds a word whose text goes right behind the last one, as in languages that are written without spaces.
    pub(crate) fn glued(&mut self, word: Word, speaker: Option<&str>, channel: Option<&str>) {
        self.add(word, speaker, channel, "");
    }

    fn add(&mut self, word: Word, speaker: Option<&str>, channel: Option<&str>, between: &str) {
        let channel = channel.map(str::to_owned);
        let goes_on = self.last.get(&channel).copied().filter(|&at| {
            let turn = &self.turns[at];
            let pause = word
                .start_ms
                .zip(turn.end_ms)
                .map_or(0, |(start, end)| start.saturating_sub(end));
            turn.speaker.as_deref() == speaker && pause < PAUSE_MS
        });
        let at = goes_on.unwrap_or_else(|| {
            self.turns.push(Turn {
                speaker: speaker.map(str::to_owned),
                channel: channel.clone(),
                ..Turn::default()
            });
            self.last.insert(channel, self.turns.len() - 1);
            self.turns.len() - 1
        });
        let turn = &mut self.turns[at];
        if !turn.text.is_empty() {
            turn.text.push_str(between);
        }
        turn.text.push_str(&word.text);
        turn.start_ms = turn.start_ms.or(word.start_ms);
        turn.end_ms = turn.end_ms.max(word.end_ms);
        turn.words.push(word);
    }

    /// Adds punctuation to the channel's last word.
    pub(crate) fn punctuation(&mut self, mark: &str, channel: Option<&str>) {
        let Some(&at) = self.last.get(&channel.map(str::to_owned)) else {
            return;
        };
        let turn = &mut self.turns[at];
        turn.text.push_str(mark);
        if let Some(word) = turn.words.last_mut() {
            word.text.push_str(mark);
        }
    }

    /// The turns, in the order in which they began to be given.
    pub(crate) fn turns(self) -> Vec<Turn> {
        self.turns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_ends_where_the_speaker_changes_or_falls_silent() {
        let mut gatherer = Gatherer::default();
        gatherer.word(Word::at("Hello", 0, 400), Some("a"), None);
        gatherer.punctuation(",", None);
        gatherer.word(Word::at("there", 1_000, 1_200), Some("a"), None);
        gatherer.word(Word::at("Hi", 1_300, 1_500), Some("b"), None);
        gatherer.word(Word::at("So", 3_500, 3_600), Some("b"), None);
        let turns = gatherer.turns();
        let told: Vec<(&str, Option<i64>)> = turns.iter().map(|t| (t.text.as_str(), t.end_ms)).collect();
        assert_eq!(
            told,
            [
                ("Hello, there", Some(1_200)),
                ("Hi", Some(1_500)),
                ("So", Some(3_600))
            ]
        );
        assert_eq!(turns[0].words[0].text, "Hello,");
    }

    #[test]
    fn channels_do_not_cut_each_other() {
        let mut gatherer = Gatherer::default();
        for (text, start, channel) in [("I", 0, "0"), ("yes", 50, "1"), ("am", 100, "0")] {
            gatherer.word(Word::at(text, start, start + 40), Some(channel), Some(channel));
        }
        let turns = gatherer.turns();
        assert_eq!((turns.len(), turns[0].text.as_str()), (2, "I am"));
    }
}
