//! Which columns of a table hold what.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use hackles::Role;
use hackles::error::{did_you_mean, nearest};
use hackles::transcript::Meta;

use crate::call::Turn;
use crate::problem::Problem;
use crate::time::from_seconds;

/// What a column of a table of turns may hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    Call,
    Speaker,
    Role,
    Name,
    Start,
    End,
    /// The same in seconds.
    StartSeconds,
    EndSeconds,
    Text,
    /// What the call is filed under.
    Meta(String),
    /// The same, all of it as one JSON object.
    MetaJson,
}

/// The fields with the names they are asked for by: also the names that columns have without a mapping.
const FIELDS: &[(&str, Field)] = &[
    ("call_id", Field::Call),
    ("speaker", Field::Speaker),
    ("role", Field::Role),
    ("name", Field::Name),
    ("start_ms", Field::Start),
    ("end_ms", Field::End),
    ("start_s", Field::StartSeconds),
    ("end_s", Field::EndSeconds),
    ("text", Field::Text),
    ("meta", Field::MetaJson),
];

impl Field {
    fn of(name: &str) -> Option<Field> {
        if let Some(key) = name.strip_prefix("meta.").filter(|key| !key.is_empty()) {
            return Some(Field::Meta(key.to_owned()));
        }
        FIELDS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, field)| field.clone())
    }
}

/// Names of columns where they are not called `call_id`, `speaker`, `role`, `name`, `start_ms`, `end_ms`, `start_s`, `end_s`, `text`,
/// `meta` (a JSON object) or `meta.…`: written `text=Utterance,call_id=ContactId,meta.queue=Queue`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns(BTreeMap<Field, String>);

impl FromStr for Columns {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let mut columns = Columns::default();
        for pair in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let (field, column) = pair
                .split_once('=')
                .ok_or_else(|| Problem::new(format!("\"{pair}\" is not FIELD=COLUMN")))?;
            let known = Field::of(field.trim()).ok_or_else(|| {
                let names: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
                let near = did_you_mean(field.trim(), names.iter().copied());
                let all = names.join(", ");
                Problem::new(format!(
                    "unknown field \"{}\"{near}; there are {all} and meta.…",
                    field.trim()
                ))
            })?;
            columns.0.insert(known, column.trim().to_owned());
        }
        Ok(columns)
    }
}

impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (field, column)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let known = FIELDS.iter().find(|(_, known)| known == field);
            match (field, known) {
                (Field::Meta(key), _) => write!(f, "{comma}meta.{key}={column}")?,
                (_, known) => write!(f, "{comma}{}={column}", known.map_or("", |(name, _)| name))?,
            }
        }
        Ok(())
    }
}

/// Where the fields stand in one table.
#[derive(Clone, Debug)]
pub(crate) struct Places(Vec<(Field, usize)>);

impl Places {
    /// Finds the columns in a header.
    ///
    /// # Errors
    /// A column that is asked for, or needed, and not there.
    pub(crate) fn of(header: &[String], columns: &Columns) -> Result<Self, Problem> {
        let names: Vec<String> = header.iter().map(|c| c.trim().to_ascii_lowercase()).collect();
        let place = |name: &str| names.iter().position(|n| *n == name.to_ascii_lowercase());
        // What is no header may be what was said: it is named only if one of its names is known or asked for.
        let is_asked = |name: &&String| columns.0.values().any(|c| c.eq_ignore_ascii_case(name));
        let is_header = names
            .iter()
            .any(|name| Field::of(name).is_some() || is_asked(&name));
        let missing = |name: &str, field: &str| {
            let others: Vec<&str> = names
                .iter()
                .map(String::as_str)
                .filter(|n| !n.is_empty())
                .collect();
            let hint = match nearest(&name.to_ascii_lowercase(), others.iter().copied()) {
                Some(near) => format!(" (is \"{near}\" meant to be it?)"),
                None if is_header => format!("; there are {}", others.join(", ")),
                None => format!(
                    "; none of the {} columns has a known name: is the first line the header?",
                    names.len()
                ),
            };
            let map = if name == field {
                format!("; --columns {field}=COLUMN says which it is")
            } else {
                String::new()
            };
            Problem::new(format!("no column \"{name}\"{hint}{map}"))
        };
        let mut places = Vec::new();
        for (field, column) in &columns.0 {
            let at = place(column).ok_or_else(|| missing(column, ""))?;
            places.push((field.clone(), at));
        }
        for (at, name) in names.iter().enumerate() {
            let Some(field) = Field::of(name) else { continue };
            let mapped = |f: &Field| columns.0.contains_key(f) || places.iter().any(|(known, _)| known == f);
            if !mapped(&field) {
                // A key of meta keeps its own spelling.
                let spelled = header[at].trim();
                let field = match field {
                    Field::Meta(_) => Field::of(&format!("meta.{}", &spelled[5..])).unwrap_or(Field::Text),
                    other => other,
                };
                places.push((field, at));
            }
        }
        let places = Places(places);
        if places.at(&Field::Text).is_none() {
            return Err(missing("text", "text"));
        }
        if places.at(&Field::Speaker).is_none() && places.at(&Field::Role).is_none() {
            return Err(missing("speaker", "speaker"));
        }
        Ok(places)
    }

    fn at(&self, wanted: &Field) -> Option<usize> {
        self.0
            .iter()
            .find(|(field, _)| field == wanted)
            .map(|(_, at)| *at)
    }

    /// The columns that are read, in their order.
    #[cfg(feature = "parquet")]
    pub(crate) fn columns(&self) -> Vec<usize> {
        let mut columns: Vec<usize> = self.0.iter().map(|(_, at)| *at).collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// The same where only these columns are left.
    #[cfg(feature = "parquet")]
    pub(crate) fn renumbered(&self, columns: &[usize]) -> Places {
        let place = |at: &usize| columns.iter().position(|c| c == at).unwrap_or(*at);
        Places(
            self.0
                .iter()
                .map(|(field, at)| (field.clone(), place(at)))
                .collect(),
        )
    }

    /// What a row says. `cell` gives the text of a column.
    ///
    /// # Errors
    /// A cell that does not hold what it must.
    pub(crate) fn row<'a>(&self, cell: impl Fn(usize) -> &'a str) -> Result<Row, Problem> {
        let text = |field: &Field| self.at(field).map_or("", &cell);
        let number = |field: &Field, name: &str| match text(field).trim() {
            "" => Ok(None),
            text => match text.parse::<f64>() {
                Ok(x) if x.is_finite() => Ok(Some((text, x))),
                _ => Err(Problem::new(format!("{name} is no number"))),
            },
        };
        let time = |ms: &Field, ms_name: &str, seconds: &Field, s_name: &str| {
            // Spreadsheets write whole numbers as floats; `as` saturates.
            let whole = number(ms, ms_name)?.map(|(text, x)| text.parse().unwrap_or(x.round() as i64));
            Ok::<_, Problem>(whole.or(number(seconds, s_name)?.and_then(|(_, x)| from_seconds(x))))
        };
        let role = match text(&Field::Role).trim().to_lowercase().as_str() {
            "" => None,
            role => {
                Some(Role::of_id(role).ok_or_else(|| Problem::new("role is neither agent nor customer"))?)
            }
        };
        let speaker = text(&Field::Speaker).trim();
        // A role in the speaker's column is one however it is written.
        let known = Role::of_id(&speaker.to_lowercase());
        let speaker = match (known, role, speaker) {
            (Some(role), ..) | (None, Some(role), "") => role.as_str(),
            (None, _, speaker) => speaker,
        };
        let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let keys = self.0.iter().filter_map(|(field, at)| match field {
            Field::Meta(key) => Some((key.clone(), filled(cell(*at).trim())?.into())),
            _ => None,
        });
        let object = match text(&Field::MetaJson).trim() {
            "" => Meta::new(),
            json => serde_json::from_str(json).map_err(|_| Problem::new("meta is no JSON object"))?,
        };
        Ok(Row {
            call: filled(text(&Field::Call).trim()),
            role: role.filter(|_| Role::of_id(speaker).is_none()),
            name: filled(text(&Field::Name).trim()),
            meta: keys.chain(object).collect(),
            turn: Turn {
                speaker: filled(speaker),
                start_ms: time(&Field::Start, "start_ms", &Field::StartSeconds, "start_s")?,
                end_ms: time(&Field::End, "end_ms", &Field::EndSeconds, "end_s")?,
                text: text(&Field::Text).to_owned(),
                ..Turn::default()
            },
        })
    }
}

/// One row of a table of turns.
pub(crate) struct Row {
    pub(crate) call: Option<String>,
    pub(crate) role: Option<Role>,
    pub(crate) name: Option<String>,
    pub(crate) meta: Meta,
    pub(crate) turn: Turn,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(header: &str, columns: &str) -> Result<Places, Problem> {
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        Places::of(&header, &columns.parse()?)
    }

    #[test]
    fn columns_are_found_by_their_names_or_told() {
        let cells = ["C7", "Ana", "agent", "1.5", "hello", "sales"];
        let places = places(
            "ContactId,Who,role,start_s,Said,meta.Queue",
            "call_id=ContactId,speaker=Who,text=Said",
        );
        let row = places.and_then(|p| p.row(|at| cells[at])).expect("found");
        assert_eq!(row.call.as_deref(), Some("C7"));
        assert_eq!(
            (row.turn.speaker.as_deref(), row.role),
            (Some("Ana"), Some(Role::Agent))
        );
        assert_eq!((row.turn.start_ms, row.turn.text.as_str()), (Some(1500), "hello"));
        assert_eq!(
            serde_json::to_string(&row.meta).expect("plain"),
            r#"{"Queue":"sales"}"#
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        for (header, columns, telling) in [
            ("speeker,text", "", "is \"speeker\" meant"),
            (
                "speaker,said",
                "",
                "no column \"text\"; there are speaker, said; --columns text=COLUMN",
            ),
            ("speaker,said", "text=sayd", "is \"said\" meant"),
            ("speaker,text", "txt=said", "did you mean \"text\"?"),
            ("speaker,text", "text", "not FIELD=COLUMN"),
        ] {
            let problem = places(header, columns).expect_err(header).to_string();
            assert!(problem.contains(telling), "{problem}");
        }
    }
}
