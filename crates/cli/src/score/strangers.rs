//! Speakers whose role nobody says.

use hackles::Role;
use hackles_formats::Scorable;

/// So many of them are told.
const MOST: usize = 4;

/// Some speakers without a role, by ids that are no names of persons, and in how many calls there are such.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    ids: Vec<String>,
    calls: u64,
}

impl Strangers {
    /// Looks at the speakers of a call.
    pub(super) fn note(&mut self, found: &Scorable) {
        let call = &found.transcript;
        let has_role = |speaker: &str| {
            let mut parties = call.participants.iter();
            Role::of_id(speaker).is_some() || parties.any(|p| p.id == speaker && p.role.is_some())
        };
        let mut strange = false;
        for turn in call.turns.iter().filter(|t| !has_role(&t.speaker)) {
            strange = true;
            if !found.format.may_be_name(&turn.speaker) {
                self.add(&turn.speaker);
            }
        }
        self.calls += u64::from(strange);
    }

    /// Adds those of other calls.
    pub(super) fn merge(&mut self, others: &Strangers) {
        self.calls += others.calls;
        others.ids.iter().for_each(|id| self.add(id));
    }

    fn add(&mut self, id: &str) {
        if !id.is_empty() && self.ids.len() < MOST && !self.ids.iter().any(|own| own == id) {
            self.ids.push(id.to_owned());
        }
    }

    /// Says who they are, and how to tell their roles; nothing if there are none.
    pub(super) fn told(&self) -> Option<String> {
        let (all, first) = match self.ids.as_slice() {
            [] => (String::new(), "SPEAKER"),
            [first, ..] => (format!(" ({})", self.ids.join(", ")), first.as_str()),
        };
        let calls = self.calls;
        (calls > 0).then(|| {
            format!(
                "{calls} calls have speakers whose role nobody says{all}: --roles {first}=agent,… tells it"
            )
        })
    }
}
