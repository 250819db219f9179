//! What calls are grouped by: fields of their meta, and the time they began at.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The names that are remembered, to tell which there are.
const MOST_NAMES: usize = 256;
/// The names that are told.
const MOST_TOLD: usize = 20;
/// Where the time of a call stands.
const STARTED: &str = "started_at";
/// What is taken from that time.
const OF_TIME: [&str; 4] = ["day", "week", "month", "hour"];

/// The values of a call's fields; none where it lacks one.
pub(super) type Key = Vec<Option<String>>;

/// The fields that are asked for, and those that are there.
pub(super) struct Fields {
    by: Vec<String>,
    found: Vec<bool>,
    names: BTreeSet<String>,
}

impl Fields {
    pub(super) fn new(by: &[String]) -> Self {
        let mut unique: Vec<String> = Vec::new();
        for field in by.iter().map(|f| f.trim()) {
            if !unique.iter().any(|u| u == field) {
                unique.push(field.to_owned());
            }
        }
        Fields {
            found: vec![false; unique.len()],
            by: unique,
            names: BTreeSet::new(),
        }
    }

    /// Their names, each once.
    pub(super) fn names(&self) -> &[String] {
        &self.by
    }

    /// Whether all of them are of time, so that their order is that of their names.
    pub(super) fn are_of_time(&self) -> bool {
        !self.by.is_empty() && self.by.iter().all(|f| OF_TIME.contains(&f.as_str()))
    }

    /// The values of a call.
    pub(super) fn key(&mut self, meta: Option<&str>) -> Key {
        if self.by.is_empty() {
            return Vec::new();
        }
        let meta: Map<String, Value> = meta
            .and_then(|m| serde_json::from_str(m).ok())
            .unwrap_or_default();
        self.learn("", &meta);
        let of = |field: &String| look_up(&meta, field).or_else(|| of_time(&meta, field));
        let key: Key = self.by.iter().map(of).collect();
        for (found, value) in self.found.iter_mut().zip(&key) {
            *found |= value.is_some();
        }
        key
    }

    fn learn(&mut self, path: &str, object: &Map<String, Value>) {
        for (key, value) in object {
            let name = format!("{path}{key}");
            match value {
                Value::Null => {}
                Value::Object(inner) => self.learn(&format!("{name}."), inner),
                _ => {
                    if key == STARTED && path.is_empty() {
                        self.names.extend(OF_TIME.map(str::to_owned));
                    }
                    if self.names.len() < MOST_NAMES {
                        self.names.insert(name);
                    }
                }
            }
        }
    }

    /// What is wrong with a field that no call has.
    pub(super) fn unknown(&self) -> Option<String> {
        let (field, _) = self.by.iter().zip(&self.found).find(|(_, found)| !**found)?;
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        if names.is_empty() {
            return Some(format!("no call has a field \"{field}\": their meta is empty"));
        }
        // A time that nobody can read is not a slip of the name.
        if names.contains(&field.as_str()) {
            return Some(format!(
                "no call has a field \"{field}\": {STARTED} is no time as in 2026-03-10T09:15:00+01:00"
            ));
        }
        let needs = if OF_TIME.contains(&field.as_str()) {
            format!(" nor {STARTED}, to take it from")
        } else {
            String::new()
        };
        let near = hackles::error::nearest(field, names.iter().copied())
            .map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
        let more = if names.len() > MOST_TOLD { " …" } else { "" };
        Some(format!(
            "no call has a field \"{field}\" in its meta{needs}{near} (there are {}{more})",
            names[..names.len().min(MOST_TOLD)].join(", ")
        ))
    }
}

/// The value under a name, or under the path that its dots make.
fn look_up(meta: &Map<String, Value>, field: &str) -> Option<String> {
    if let Some(value) = meta.get(field) {
        return told(value);
    }
    field.match_indices('.').find_map(|(dot, _)| {
        let inner = meta.get(&field[..dot])?.as_object()?;
        look_up(inner, &field[dot + 1..])
    })
}

fn told(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Object(_) => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The day, week, month or hour at which a call began, as its own clock showed it.
fn of_time(meta: &Map<String, Value>, field: &str) -> Option<String> {
    if !OF_TIME.contains(&field) {
        return None;
    }
    let started = meta.get(STARTED)?.as_str()?;
    let (year, month, day) = date(started)?;
    Some(match field {
        "day" => format!("{year:04}-{month:02}-{day:02}"),
        "month" => format!("{year:04}-{month:02}"),
        "week" => {
            let (year, week) = iso_week(year, month, day);
            format!("{year:04}-W{week:02}")
        }
        _ => {
            let hour = started.get(10..)?.strip_prefix(['T', 't', ' '])?;
            let digits = hour.get(..2)?;
            number(digits).filter(|h| *h < 24 && hour[2..].starts_with(':'))?;
            digits.to_owned()
        }
    })
}

fn number(digits: &str) -> Option<i64> {
    digits
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

/// `2026-03-10…`, if there is such a day.
fn date(text: &str) -> Option<(i64, i64, i64)> {
    let part = |from: usize, to: usize| text.get(from..to).and_then(number);
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let marks = (text.as_bytes()[4], text.as_bytes()[7]) == (b'-', b'-');
    (marks && (1..=days).contains(&day)).then_some((year, month, day))
}

/// The days since 1970-01-01, which was a Thursday (Hinnant, "chrono-compatible low-level date algorithms").
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The week of ISO 8601, with the year it belongs to: a week is of the year that its Thursday is in.
fn iso_week(year: i64, month: i64, day: i64) -> (i64, i64) {
    let today = days(year, month, day);
    let thursday = today - (today + 3).rem_euclid(7) + 3;
    let year = (year - 1..=year + 1)
        .rev()
        .find(|y| days(*y, 1, 1) <= thursday)
        .unwrap_or(year);
    (year, (thursday - days(year, 1, 1)) / 7 + 1)
}

/// Numbers by their size, all else by its letters; what is missing last.
pub(super) fn order(a: &Key, b: &Key) -> Ordering {
    let one = |(a, b): (&Option<String>, &Option<String>)| match (a, b) {
        (Some(a), Some(b)) => match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(x), Ok(y)) => x.total_cmp(&y).then_with(|| a.cmp(b)),
            // Numbers come before words, so that the order is one of all values.
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            _ => a.cmp(b),
        },
        (a, b) => a.is_none().cmp(&b.is_none()),
    };
    let orders = a.iter().zip(b).map(one);
    orders.fold(Ordering::Equal, Ordering::then)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_from_names_paths_and_times() {
        let meta = r#"{"agent":"ana","shift":3,"tags":["a"],"none":null,"a.b":"flat","customer":{"tier":"gold","seat":{"row":4}},
            "started_at":"2026-03-10T09:15:00+01:00"}"#;
        for (field, want) in [
            ("agent", Some("ana")),
            ("shift", Some("3")),
            ("tags", Some("[\"a\"]")),
            ("none", None),
            ("a.b", Some("flat")),
            ("customer", None),
            ("customer.tier", Some("gold")),
            ("customer.seat.row", Some("4")),
            ("customer.x", None),
            ("day", Some("2026-03-10")),
            ("week", Some("2026-W11")),
            ("month", Some("2026-03")),
            ("hour", Some("09")),
        ] {
            let key = Fields::new(&[field.to_owned()]).key(Some(meta));
            assert_eq!(key, [want.map(str::to_owned)], "{field}");
        }
        let own = Fields::new(&["day".into()]).key(Some(r#"{"day":"Monday","started_at":"2026-03-10"}"#));
        assert_eq!(own, [Some("Monday".into())]);
    }

    #[test]
    fn weeks_are_those_of_iso_8601() {
        for (date, want) in [
            ((2005, 1, 1), (2004, 53)),
            ((2005, 1, 2), (2004, 53)),
            ((2005, 12, 31), (2005, 52)),
            ((2007, 1, 1), (2007, 1)),
            ((2007, 12, 31), (2008, 1)),
            ((2008, 12, 28), (2008, 52)),
            ((2008, 12, 29), (2009, 1)),
            ((2010, 1, 3), (2009, 53)),
            ((2026, 11, 22), (2026, 47)),
        ] {
            assert_eq!(iso_week(date.0, date.1, date.2), want, "{date:?}");
        }
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 3, 1), 11_017);
    }

    #[test]
    fn times_that_are_none_are_missing() {
        for text in [
            "",
            "today",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026/02/01",
            "é026-02-01",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
        assert_eq!(date("2024-02-29 10:00"), Some((2024, 2, 29)));
    }
}
