//! Conditions between signals: reading them, their bounds, and the order of evaluation.

use std::collections::HashMap;

use super::model::*;
use super::schema;
use crate::error::{ErrorKind, did_you_mean};
use crate::transcript::Role;

/// What is wrong, and how it is told.
pub(super) type Fault = (ErrorKind, String);

/// The number of a signal.
pub(super) fn signal(id: &str, numbers: &HashMap<String, u16>) -> Result<u16, Fault> {
    numbers.get(id).copied().ok_or_else(|| {
        let mut ids: Vec<&str> = numbers.keys().map(String::as_str).collect();
        ids.sort_unstable();
        (
            ErrorKind::UnknownName,
            format!("unknown signal \"{id}\"{}", did_you_mean(id, ids)),
        )
    })
}

fn any_of(ids: &schema::OneOrMany<String>, numbers: &HashMap<String, u16>) -> Result<AnyOf, Fault> {
    let named = ids
        .0
        .iter()
        .map(|id| signal(id, numbers))
        .collect::<Result<Vec<u16>, Fault>>()?;
    AnyOf::new(&named).ok_or_else(|| {
        (
            ErrorKind::Range,
            format!("a condition names 1 to {MAX_ANY} signals"),
        )
    })
}

fn role(by: Option<&str>) -> Result<Option<Role>, Fault> {
    match by {
        None | Some("any") => Ok(None),
        Some(by) => Role::of_id(by)
            .map(Some)
            .ok_or_else(|| (ErrorKind::Schema, "`by` is agent, customer or any".to_owned())),
    }
}

fn bound(turns: Option<i64>, ms: Option<i64>, most_turns: usize, most_ms: u32) -> Result<Bound, Fault> {
    match (turns, ms) {
        (Some(n), None) if (1..=most_turns as i64).contains(&n) => Ok(Bound::Turns(n as u8)),
        (None, Some(n)) if (1..=i64::from(most_ms)).contains(&n) => Ok(Bound::Ms(n as u32)),
        (Some(_), None) => Err((ErrorKind::Range, format!("within-turns is 1 to {most_turns}"))),
        (None, Some(_)) => Err((ErrorKind::Range, format!("within-ms is 1 to {most_ms}"))),
        _ => Err((
            ErrorKind::Schema,
            "needs either within-turns or within-ms".to_owned(),
        )),
    }
}

/// An hour: further back nothing is remembered anyway.
const MAX_BACK_MS: u32 = 3_600_000;

pub(super) fn condition(
    t: &schema::ConditionTable,
    numbers: &HashMap<String, u16>,
) -> Result<Condition, Fault> {
    let what = Step {
        any: any_of(&t.signal, numbers)?,
        by: role(t.by.as_deref())?,
    };
    let alone = t.within_turns.is_none() && t.within_ms.is_none();
    let within = match (t.within.as_deref(), t.side.as_deref()) {
        (Some("turn"), None) if alone => Within::Turn,
        (Some("previous"), None) if alone => Within::Previous,
        (Some("call"), None) if alone => Within::Call,
        (Some(_), _) => {
            return Err((
                ErrorKind::Schema,
                "`within` is \"turn\", \"previous\" or \"call\", alone; else give within-turns or within-ms with a side"
                    .into(),
            ));
        }
        (None, Some("before")) => match bound(t.within_turns, t.within_ms, HISTORY_TURNS, MAX_BACK_MS)? {
            Bound::Turns(n) => Within::TurnsBefore(n),
            Bound::Ms(n) => Within::MsBefore(n),
            Bound::Call => Within::Call,
        },
        (None, Some("after")) => {
            match bound(t.within_turns, t.within_ms, MAX_AHEAD_TURNS.into(), MAX_AHEAD_MS)? {
                Bound::Turns(n) => Within::TurnsAfter(n),
                Bound::Ms(n) => Within::MsAfter(n),
                Bound::Call => Within::Call,
            }
        }
        (None, _) => {
            return Err((
                ErrorKind::Schema,
                "needs `within`, or a bound with side = \"before\" or \"after\"".into(),
            ));
        }
    };
    Ok(Condition { what, within })
}

/// Reads who does what.
pub(super) fn step(t: &schema::StepTable, numbers: &HashMap<String, u16>) -> Result<Step, Fault> {
    Ok(Step {
        any: any_of(&t.signal, numbers)?,
        by: role(t.by.as_deref())?,
    })
}

pub(super) fn sequence(
    t: &schema::SequenceTable,
    numbers: &HashMap<String, u16>,
) -> Result<OverTurns, Fault> {
    if !(2..=4).contains(&t.steps.len()) {
        return Err((ErrorKind::Range, "a sequence has two to four steps".into()));
    }
    let steps = t
        .steps
        .iter()
        .map(|s| step(s, numbers))
        .collect::<Result<_, _>>()?;
    Ok(OverTurns::Sequence {
        steps,
        bound: bound(t.within_turns, t.within_ms, HISTORY_TURNS, MAX_BACK_MS)?,
    })
}

pub(super) fn absent(t: &schema::AbsentTable, numbers: &HashMap<String, u16>) -> Result<OverTurns, Fault> {
    let by = role(t.by.as_deref())?;
    let what = match &t.signal {
        Some(ids) => Some(Step {
            any: any_of(ids, numbers)?,
            by,
        }),
        None if t.by.is_some() => {
            return Err((ErrorKind::Schema, "`by` needs a signal".into()));
        }
        None => None,
    };
    let bound = bound(t.within_turns, t.within_ms, MAX_AHEAD_TURNS.into(), MAX_AHEAD_MS)?;
    if what.is_none() && matches!(bound, Bound::Turns(_)) {
        let message = "without a signal, `absent` means that nobody speaks: give within-ms";
        return Err((ErrorKind::Schema, message.into()));
    }
    Ok(OverTurns::Absent {
        what,
        after: step(&t.after, numbers)?,
        bound,
    })
}

pub(super) fn count(t: &schema::CountTable, numbers: &HashMap<String, u16>) -> Result<OverTurns, Fault> {
    let what = Step {
        any: any_of(&t.signal, numbers)?,
        by: role(t.by.as_deref())?,
    };
    let at_least = match u8::try_from(t.at_least) {
        Ok(n) if (2..=HISTORY_TURNS).contains(&usize::from(n)) => n,
        _ => return Err((ErrorKind::Range, format!("at-least is 2 to {HISTORY_TURNS}"))),
    };
    let bound = match t.within.as_deref() {
        Some("call") if t.within_turns.is_none() && t.within_ms.is_none() => Bound::Call,
        Some(_) => return Err((ErrorKind::Schema, "`within` of a count is \"call\", alone".into())),
        None => bound(t.within_turns, t.within_ms, HISTORY_TURNS, MAX_BACK_MS)?,
    };
    Ok(OverTurns::Count {
        what,
        at_least,
        bound,
    })
}

/// A signal that an entry asks about.
struct Asked {
    signal: u16,
    /// How far ahead of the turn it looks for it.
    turns: u8,
    ms: u32,
    /// It is looked for in earlier turns only, each of which this turn has already followed.
    before: bool,
}

impl Entry {
    /// The signals this entry asks about.
    fn asks(&self) -> Vec<Asked> {
        let mut all = Vec::new();
        let mut ask = |what: &Step, ahead: (u8, u32), before: bool| {
            all.extend(what.any.iter().map(|signal| Asked {
                signal,
                turns: ahead.0,
                ms: ahead.1,
                before,
            }));
        };
        for c in self.unless.iter().chain(&self.only_if) {
            match c.within {
                Within::TurnsAfter(n) => ask(&c.what, (n, 0), false),
                Within::MsAfter(n) => ask(&c.what, (0, n), false),
                Within::Turn => ask(&c.what, (0, 0), false),
                Within::Previous | Within::TurnsBefore(_) | Within::MsBefore(_) | Within::Call => {
                    ask(&c.what, (0, 0), true);
                }
            }
        }
        match &self.over {
            Some(OverTurns::Sequence { steps, .. }) => steps.iter().for_each(|s| ask(s, (0, 0), false)),
            Some(OverTurns::Absent { what, after, bound }) => {
                let ahead = match *bound {
                    Bound::Turns(n) => (n, 0),
                    Bound::Ms(n) => (0, n),
                    Bound::Call => (0, 0),
                };
                ask(after, (0, 0), false);
                ask(what.as_ref().unwrap_or(after), ahead, false);
            }
            Some(OverTurns::Count { what, .. }) => ask(what, (0, 0), false),
            Some(OverTurns::Beside) | None => {}
        }
        all
    }
}

/// What is wrong with the conditions, and at which entry.
pub(super) struct OrderFault {
    pub(super) entry: usize,
    pub(super) kind: ErrorKind,
    pub(super) message: String,
}

/// Signals such that each comes after those it asks about; sets how far each looks ahead and which are watched.
pub(super) fn order(
    ids: &[String],
    entries: &[Entry],
    traits: &mut [SignalTraits],
) -> Result<Vec<u16>, OrderFault> {
    let mut state = vec![0u8; ids.len()];
    let mut order = Vec::with_capacity(ids.len());
    let mut path = Vec::new();
    for signal in 0..ids.len() {
        visit(signal, ids, entries, traits, &mut state, &mut order, &mut path)?;
    }
    Ok(order)
}

fn visit(
    signal: usize,
    ids: &[String],
    entries: &[Entry],
    traits: &mut [SignalTraits],
    state: &mut [u8],
    order: &mut Vec<u16>,
    path: &mut Vec<usize>,
) -> Result<(), OrderFault> {
    const OPEN: u8 = 1;
    const DONE: u8 = 2;
    if state[signal] == DONE {
        return Ok(());
    }
    state[signal] = OPEN;
    path.push(signal);
    traits[signal].direct = true;
    for entry in traits[signal].entries.clone() {
        for asked in entries[entry as usize].asks() {
            let other = usize::from(asked.signal);
            if state[other] == OPEN {
                let from = path.iter().position(|&p| p == other).unwrap_or(0);
                let circle: Vec<&str> = path[from..]
                    .iter()
                    .chain([&other])
                    .map(|&s| ids[s].as_str())
                    .collect();
                let message = format!(
                    "signals depend on each other in a circle: {}",
                    circle.join(" -> ")
                );
                return Err(OrderFault {
                    entry: entry as usize,
                    kind: ErrorKind::Cycle,
                    message,
                });
            }
            visit(other, ids, entries, traits, state, order, path)?;
            traits[other].watched = true;
            let turns = asked.turns + traits[other].ahead_turns.saturating_sub(asked.before.into());
            let ms = asked.ms + traits[other].ahead_ms;
            if turns > MAX_AHEAD_TURNS || ms > MAX_AHEAD_MS {
                let message = format!(
                    "with what \"{}\" waits for, this looks {turns} turns and {ms} ms ahead; at most {MAX_AHEAD_TURNS} and {MAX_AHEAD_MS} are possible",
                    ids[other]
                );
                return Err(OrderFault {
                    entry: entry as usize,
                    kind: ErrorKind::Range,
                    message,
                });
            }
            let looks_ahead = turns > asked.turns || ms > asked.ms;
            let own = &mut traits[signal];
            own.direct &= !looks_ahead;
            own.ahead_turns = own.ahead_turns.max(turns);
            own.ahead_ms = own.ahead_ms.max(ms);
        }
    }
    path.pop();
    state[signal] = DONE;
    order.push(signal as u16);
    Ok(())
}
