//! A memory that does not grow: the newest of what was seen.

use std::collections::{BTreeMap, HashMap};

/// What is known of the newest keys; the oldest ones are forgotten.
#[derive(Debug)]
pub(crate) struct Recent<V> {
    known: HashMap<String, (u64, V)>,
    by_age: BTreeMap<u64, String>,
    next: u64,
    most: usize,
}

/// So many calls are remembered: more than run at once on one stream.
const CALLS: usize = 4_096;

impl<V: Default> Default for Recent<V> {
    /// Remembers what calls of one stream need.
    fn default() -> Self {
        Recent::new(CALLS)
    }
}

impl<V: Default> Recent<V> {
    /// Remembers so many keys at most.
    pub(crate) fn new(most: usize) -> Self {
        Recent {
            known: HashMap::new(),
            by_age: BTreeMap::new(),
            next: 0,
            most,
        }
    }

    /// Whether a key is remembered.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.known.contains_key(key)
    }

    /// What is known of a key, if it is remembered.
    pub(crate) fn get(&mut self, key: &str) -> Option<&mut V> {
        self.known.get_mut(key).map(|(_, value)| value)
    }

    /// What is known of a key, which is remembered from now on.
    pub(crate) fn of(&mut self, key: &str) -> &mut V {
        if !self.has(key)
            && self.known.len() >= self.most
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.known.remove(&oldest);
        }
        let (by_age, next) = (&mut self.by_age, &mut self.next);
        let known = self.known.entry(key.to_owned()).or_insert_with(|| {
            let age = *next;
            *next += 1;
            by_age.insert(age, key.to_owned());
            (age, V::default())
        });
        &mut known.1
    }

    /// Forgets a key.
    pub(crate) fn forget(&mut self, key: &str) -> Option<V> {
        let (age, value) = self.known.remove(key)?;
        self.by_age.remove(&age);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten() {
        let mut recent: Recent<u8> = Recent::new(2);
        *recent.of("a") = 1;
        *recent.of("b") = 2;
        assert_eq!(recent.forget("a"), Some(1));
        recent.of("a");
        recent.of("a");
        recent.of("c");
        assert!(!recent.has("b"));
        assert!(recent.has("a") && recent.has("c"));
        assert_eq!((recent.known.len(), recent.by_age.len()), (2, 2));
    }
}
