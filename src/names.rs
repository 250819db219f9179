//! Many names in one text, and those that reports share, made when they are first asked for.

use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::saved::are_places;

/// So many names are made at once.
const BLOCK: usize = 64;

/// Names by number, one behind the other.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Names {
    text: String,
    /// Where each ends.
    #[serde(with = "crate::saved::pod")]
    ends: Vec<u32>,
}

impl Names {
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut this = Names::default();
        for name in names {
            this.text.push_str(name);
            this.ends.push(this.text.len() as u32);
        }
        this
    }

    /// Whether names that were saved lie within their text.
    pub(crate) fn are_sound(&self) -> bool {
        are_places(&self.ends, self.text.len())
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The name with this number; nothing where a saved one was none.
    pub(crate) fn get(&self, number: usize) -> &str {
        let from = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        let to = self.ends[number];
        self.text.get(from as usize..to as usize).unwrap_or_default()
    }

    /// Whether this is one of the names, which stand in their order.
    pub(crate) fn has(&self, name: &str) -> bool {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = usize::midpoint(from, to);
            match self.get(middle).cmp(name) {
                Ordering::Less => from = middle + 1,
                Ordering::Greater => to = middle,
                Ordering::Equal => return true,
            }
        }
        false
    }
}

/// Names as reports share them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SharedNames {
    all: Names,
    /// Those that were made, in blocks.
    #[serde(skip)]
    made: Vec<OnceLock<Box<[Arc<str>]>>>,
}

impl SharedNames {
    pub(crate) fn new(all: Names) -> Self {
        let mut this = SharedNames {
            all,
            made: Vec::new(),
        };
        this.share();
        this
    }

    /// Makes room for the names, once they have been read.
    pub(crate) fn share(&mut self) {
        self.made = Vec::new();
        self.made
            .resize_with(self.all.len().div_ceil(BLOCK), OnceLock::new);
    }

    /// The names as they stand in their text.
    pub(crate) fn all(&self) -> &Names {
        &self.all
    }

    /// A name as reports share it.
    pub(crate) fn get(&self, number: u32) -> &Arc<str> {
        let number = number as usize;
        let from = number / BLOCK * BLOCK;
        let block = || (from..self.all.len().min(from + BLOCK)).map(|n| Arc::from(self.all.get(n)));
        let names = self.made[number / BLOCK].get_or_init(|| block().collect());
        &names[number - from]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_once_and_is_that_of_its_number() {
        let all: Vec<String> = (0..150).map(|n| "é".repeat(n % 7)).collect();
        let names = SharedNames::new(Names::new(all.iter().map(String::as_str)));
        assert!(names.all().are_sound());
        for (number, name) in (0..).zip(&all) {
            assert_eq!(**names.get(number), **name);
            assert_eq!(names.all().get(number as usize), name);
            assert!(Arc::ptr_eq(names.get(number), names.get(number)));
        }
    }

    #[test]
    fn names_are_found_and_no_others() {
        for many in 0..9 {
            let all: Vec<String> = (0..many).map(|n| format!("{:02}", n * 2)).collect();
            let names = Names::new(all.iter().map(String::as_str));
            for n in 0..20 {
                let name = format!("{n:02}");
                assert_eq!(names.has(&name), all.contains(&name), "{name} of {many}");
            }
            assert!(!names.has(""));
        }
    }

    #[test]
    fn places_that_are_none_give_no_name() {
        let mut names = Names::new(["aé", "b"]);
        names.ends[0] = 2;
        assert!(names.are_sound());
        assert_eq!((names.get(0), names.get(1)), ("", ""));
        names.ends[1] = 9;
        assert!(!names.are_sound());
    }
}
