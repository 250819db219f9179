//! What is kept of the calls of a stream: of so many of them, the oldest go first.

use std::collections::{HashMap, VecDeque};

/// So many calls are remembered: more than run at once on one stream.
const MOST: usize = 4_096;

/// Something kept for each of the calls that began last.
#[derive(Debug)]
pub(crate) struct Recent<T> {
    by_call: HashMap<String, T>,
    order: VecDeque<String>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Recent {
            by_call: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<T: Default> Recent<T> {
    /// What is kept of a call, if anything is.
    pub(crate) fn get(&mut self, call: &str) -> Option<&mut T> {
        self.by_call.get_mut(call)
    }

    /// What is kept of a call; a new one is begun.
    pub(crate) fn get_or_begin(&mut self, call: &str) -> &mut T {
        if !self.by_call.contains_key(call) {
            self.order.push_back(call.to_owned());
            if self.order.len() > MOST {
                let oldest = self.order.pop_front().unwrap_or_default();
                self.by_call.remove(&oldest);
            }
        }
        self.by_call.entry(call.to_owned()).or_default()
    }

    /// Keeps nothing more of a call.
    pub(crate) fn forget(&mut self, call: &str) {
        if self.by_call.remove(call).is_some() {
            self.order.retain(|c| c != call);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first() {
        let mut recent: Recent<u8> = Recent::default();
        for call in 0..=MOST {
            *recent.get_or_begin(&call.to_string()) = 1;
        }
        recent.forget("1");
        let kept = ["0", "1", "2"].map(|call| recent.get(call).is_some());
        assert_eq!(kept, [false, false, true]);
        assert_eq!((recent.by_call.len(), recent.order.len()), (MOST - 1, MOST - 1));
    }
}
