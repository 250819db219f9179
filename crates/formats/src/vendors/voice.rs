//! Speaker ids where a source tells channels, and voices within them, by number.

/// The speaker id of a voice: on a recording with several channels `ch_0`, or `ch_0_spk_1` where the channel holds several voices; on one
/// with a single channel the voice's own id, if it is known.
pub(crate) fn id(channel: Option<&str>, channels: usize, voice: Option<&str>) -> Option<String> {
    match (channel.filter(|_| channels > 1), voice) {
        (Some(channel), Some(voice)) => Some(format!("ch_{channel}_spk_{voice}")),
        (Some(channel), None) => Some(format!("ch_{channel}")),
        (None, voice) => voice.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_channel_says_nothing_of_who_speaks() {
        assert_eq!(id(Some("0"), 1, None), None);
        assert_eq!(id(Some("0"), 1, Some("1")).as_deref(), Some("1"));
        assert_eq!(id(Some("0"), 2, None).as_deref(), Some("ch_0"));
        assert_eq!(id(Some("1"), 2, Some("0")).as_deref(), Some("ch_1_spk_0"));
    }
}
