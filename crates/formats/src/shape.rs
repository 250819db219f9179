//! Which keys a JSON value has: what formats are told apart by.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// How deep is looked.
const DEPTH: usize = 6;
/// How many items of a list are looked at.
const ITEMS: usize = 8;
/// How many paths are remembered.
const PATHS: usize = 512;
/// The longest text that is remembered.
const TEXT: usize = 64;

/// The paths of a JSON value, as in `results.channels[].alternatives[]`, and the short texts that stand there first.
#[derive(Debug, Default)]
pub(crate) struct Shape(BTreeMap<String, Option<String>>);

impl Shape {
    /// Looks at a value; one that is broken or cut off shows what stands before the break.
    pub(crate) fn of(json: &[u8]) -> Self {
        let mut shape = Shape::default();
        let mut reader = serde_json::Deserializer::from_slice(json);
        let root = Node {
            shape: &mut shape,
            path: String::new(),
            depth: 0,
        };
        let _ = root.deserialize(&mut reader);
        shape
    }

    /// Whether something stands at a path, null included. A list that holds nothing has no path `list[]`.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// Whether all of these stand.
    pub(crate) fn has_all(&self, paths: &[&str]) -> bool {
        paths.iter().all(|p| self.has(p))
    }

    /// Whether any of these stands.
    pub(crate) fn has_any(&self, paths: &[&str]) -> bool {
        paths.iter().any(|p| self.has(p))
    }

    /// The short text at a path: of a list the first item's.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path)?.as_deref()
    }

    /// What stands below a key, as if it stood alone.
    pub(crate) fn below(&self, key: &str) -> Shape {
        let below = self.0.iter().filter_map(|(path, text)| {
            let rest = path.strip_prefix(key)?.strip_prefix('.')?;
            Some((rest.to_owned(), text.clone()))
        });
        Shape(below.collect())
    }

    /// Keys of the outermost object, for messages.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0
            .keys()
            .map(String::as_str)
            .filter(|k| !k.contains(['.', '[']))
    }

    fn add(&mut self, path: &str, text: Option<&str>) {
        if self.0.len() < PATHS || self.0.contains_key(path) {
            let slot = self.0.entry(path.to_owned()).or_default();
            if slot.is_none() {
                *slot = text.filter(|t| t.len() <= TEXT).map(str::to_owned);
            }
        }
    }
}

struct Node<'a> {
    shape: &'a mut Shape,
    path: String,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

macro_rules! leaf {
    ($($visit:ident: $type:ty),*) => {
        $(fn $visit<E>(self, _: $type) -> Result<(), E> {
            self.shape.add(&self.path, None);
            Ok(())
        })*
    };
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    leaf!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);

    fn visit_unit<E>(self) -> Result<(), E> {
        self.shape.add(&self.path, None);
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.shape.add(&self.path, Some(text));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.shape.add(&self.path, None);
        let mut seen = 0;
        while seen < ITEMS && self.depth < DEPTH {
            let item = Node {
                shape: &mut *self.shape,
                path: format!("{}[]", self.path),
                depth: self.depth + 1,
            };
            if items.next_element_seed(item)?.is_none() {
                return Ok(());
            }
            seen += 1;
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if !self.path.is_empty() {
            self.shape.add(&self.path, None);
        }
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            if self.depth >= DEPTH {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let path = if self.path.is_empty() {
                key.into_owned()
            } else {
                format!("{}.{key}", self.path)
            };
            self.shape.add(&path, None);
            map.next_value_seed(Node {
                shape: &mut *self.shape,
                path,
                depth: self.depth + 1,
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_short_texts() {
        let shape = Shape::of(br#"{"a":{"b":[{"c":"x"},{"d":null}]},"type":"Turn","e":[]}"#);
        assert!(shape.has_all(&["a.b[].c", "a.b[].d", "e", "type"]));
        assert!(!shape.has("e[]"));
        assert_eq!(shape.text("type"), Some("Turn"));
        assert_eq!(shape.keys().collect::<Vec<_>>(), ["a", "e", "type"]);
    }

    #[test]
    fn a_value_that_is_cut_off_shows_what_came_before() {
        assert!(Shape::of(br#"{"a":{"b":1,"c":[1,2"#).has_all(&["a.b", "a.c[]"]));
    }
}
