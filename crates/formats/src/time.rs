//! Times as formats write them, in milliseconds.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer};

/// Seconds as milliseconds, rounded; what is no time at all is none.
pub(crate) fn from_seconds(seconds: f64) -> Option<i64> {
    // `as` saturates: an absurd time ends at the range of i64.
    seconds.is_finite().then(|| (seconds * 1000.0).round() as i64)
}

/// Units of 100 ns as milliseconds, rounded.
pub(crate) fn from_ticks(ticks: f64) -> Option<i64> {
    from_seconds(ticks / 1e7)
}

/// An ISO 8601 duration (`PT1H2M3.5S`) as milliseconds.
pub(crate) fn from_iso_duration(text: &str) -> Option<i64> {
    let duration: SignedDuration = text.trim().parse().ok()?;
    i64::try_from(duration.as_millis()).ok()
}

/// A time of day with its date (RFC 3339) as milliseconds since 1970.
pub(crate) fn from_rfc3339(text: &str) -> Option<i64> {
    let at: Timestamp = text.trim().parse().ok()?;
    Some(at.as_millisecond())
}

/// Milliseconds since 1970 as RFC 3339.
pub(crate) fn to_rfc3339(ms: i64) -> Option<String> {
    Timestamp::from_millisecond(ms).ok().map(|at| at.to_string())
}

/// Reads seconds, written as a number or as text with or without an `s` (`4.86`, `"4.86"`, `"4.86s"`), as milliseconds. A field for `#[serde(deserialize_with)]`.
pub(crate) fn seconds<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a time in seconds (a number, or text that is one)")]
    enum Seconds {
        Number(f64),
        Text(String),
    }
    match Option::<Seconds>::deserialize(d)? {
        None => Ok(None),
        Some(Seconds::Number(seconds)) => Ok(from_seconds(seconds)),
        Some(Seconds::Text(text)) => {
            let digits = text.trim();
            let digits = digits.strip_suffix('s').unwrap_or(digits);
            let seconds = digits.parse::<f64>().ok().and_then(from_seconds);
            seconds
                .map(Some)
                .ok_or_else(|| serde::de::Error::custom(format_args!("not a time in seconds: {text:?}")))
        }
    }
}

/// Reads a number, or text that is one. A field for `#[serde(deserialize_with)]`.
pub(crate) fn number<'de, D: Deserializer<'de>>(d: D) -> Result<Option<f64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a number, or text that is one")]
    enum Number {
        Number(f64),
        Text(String),
    }
    match Option::<Number>::deserialize(d)? {
        None => Ok(None),
        Some(Number::Number(number)) => Ok(Some(number)),
        Some(Number::Text(text)) => text
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| serde::de::Error::custom(format_args!("not a number: {text:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_time() {
        #[derive(Deserialize)]
        struct At(#[serde(deserialize_with = "seconds")] Option<i64>);
        for (json, want) in [
            ("4.86", Some(4860)),
            ("\"4.86\"", Some(4860)),
            ("\"0.1s\"", Some(100)),
            ("null", None),
            ("0.0005", Some(1)),
        ] {
            let at: At = serde_json::from_str(json).expect(json);
            assert_eq!(at.0, want, "{json}");
        }
        assert!(serde_json::from_str::<At>("\"soon\"").is_err());
        assert_eq!(from_ticks(400_000.0), Some(40));
        assert_eq!(from_iso_duration("PT1H0M3.5S"), Some(3_603_500));
        assert_eq!(from_iso_duration("PT0.04S"), Some(40));
        assert_eq!(from_rfc3339("1970-01-01T00:00:01.5Z"), Some(1500));
        assert_eq!(to_rfc3339(1500).as_deref(), Some("1970-01-01T00:00:01.5Z"));
    }
}
