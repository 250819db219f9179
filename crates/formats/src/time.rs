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

/// Reads whole or broken milliseconds, written as a number or as text that is one (64-bit numbers are text where Protocol Buffers are JSON, and in
/// exports of databases). A field for `#[serde(deserialize_with)]`.
pub(crate) fn ms<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "a time in milliseconds (a number, or text that is one)"
    )]
    enum Ms {
        Whole(i64),
        Float(f64),
        Text(String),
    }
    let rounded = |ms: f64| ms.is_finite().then(|| ms.round() as i64);
    match Option::<Ms>::deserialize(d)? {
        None => Ok(None),
        Some(Ms::Whole(ms)) => Ok(Some(ms)),
        Some(Ms::Float(ms)) => Ok(rounded(ms)),
        Some(Ms::Text(text)) => {
            let digits = text.trim();
            if let Ok(whole) = digits.parse() {
                return Ok(Some(whole));
            }
            let broken = digits.parse().map(rounded);
            broken.map_err(|_| serde::de::Error::custom("not a time in milliseconds"))
        }
    }
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
                .ok_or_else(|| serde::de::Error::custom("not a time in seconds"))
        }
    }
}

/// A time as Protocol Buffers have it where they are not written as text; whole seconds may be text, and what is 0 may be left out.
#[derive(Deserialize)]
struct Parts {
    #[serde(default, deserialize_with = "number")]
    seconds: Option<f64>,
    #[serde(default, deserialize_with = "number")]
    nanos: Option<f64>,
}

impl Parts {
    fn ms(&self) -> Option<i64> {
        from_seconds(self.seconds.unwrap_or(0.0) + self.nanos.unwrap_or(0.0) / 1e9)
    }
}

/// Reads a Protocol Buffers duration (`"1.5s"` or `{"seconds":"1","nanos":500000000}`) as milliseconds. A field for `#[serde(deserialize_with)]`.
pub(crate) fn protobuf_duration<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a duration (`\"1.5s\"` or `{seconds, nanos}`)")]
    enum Duration {
        Parts(Parts),
        Plain(#[serde(deserialize_with = "seconds")] Option<i64>),
    }
    Ok(match Option::<Duration>::deserialize(d)? {
        None => None,
        Some(Duration::Parts(parts)) => parts.ms(),
        Some(Duration::Plain(ms)) => ms,
    })
}

/// Reads a Protocol Buffers timestamp (RFC 3339 or `{"seconds":"1","nanos":500000000}`) as milliseconds since 1970. A field for `#[serde(deserialize_with)]`.
pub(crate) fn protobuf_time<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a time of day (RFC 3339 or `{seconds, nanos}`)")]
    enum Time {
        Parts(Parts),
        Text(String),
    }
    match Option::<Time>::deserialize(d)? {
        None => Ok(None),
        Some(Time::Parts(parts)) => Ok(parts.ms()),
        Some(Time::Text(text)) => from_rfc3339(&text)
            .map(Some)
            .ok_or_else(|| serde::de::Error::custom("a time of day that is not RFC 3339")),
    }
}

/// Reads a number, or text that is one; what is infinite or no number (`NaN`) is none. A field for `#[serde(deserialize_with)]`.
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
            .map(|number: f64| Some(number).filter(|n| n.is_finite()))
            .map_err(|_| serde::de::Error::custom("text that is no number")),
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
        #[derive(Deserialize)]
        struct Whole(#[serde(deserialize_with = "ms")] Option<i64>);
        for (json, want) in [
            ("860", Some(860)),
            ("860.5", Some(861)),
            ("\"1700000001500\"", Some(1_700_000_001_500)),
            ("\" 860.25 \"", Some(860)),
            ("\"NaN\"", None),
            ("null", None),
        ] {
            let at: Whole = serde_json::from_str(json).expect(json);
            assert_eq!(at.0, want, "{json}");
        }
        let wrong = serde_json::from_str::<Whole>("\"my card is\"")
            .err()
            .map(|e| e.to_string());
        assert!(wrong.is_some_and(|w| !w.contains("card")));
        #[derive(Deserialize)]
        struct Span(#[serde(deserialize_with = "protobuf_duration")] Option<i64>);
        for (json, want) in [
            ("\"1.500s\"", 1500),
            (r#"{"seconds":"1","nanos":500000000}"#, 1500),
            (r#"{"nanos":40000000}"#, 40),
            ("{}", 0),
        ] {
            let span: Span = serde_json::from_str(json).expect(json);
            assert_eq!(span.0, Some(want), "{json}");
        }
        assert_eq!(from_ticks(400_000.0), Some(40));
        assert_eq!(from_iso_duration("PT1H0M3.5S"), Some(3_603_500));
        assert_eq!(from_iso_duration("PT0.04S"), Some(40));
        assert_eq!(from_rfc3339("1970-01-01T00:00:01.5Z"), Some(1500));
        assert_eq!(to_rfc3339(1500).as_deref(), Some("1970-01-01T00:00:01.5Z"));
    }
}
