//! What changes a hit's weight: cancellations, then modifiers, all of them data.

mod modifiers;
mod window;

use crate::compiled::Compiled;
use crate::fixed::Milli;
use crate::lexicon::{Entry, Side};
use crate::matcher::{Found, Owner, Scan, closes};
use crate::text::Flags;
use crate::transcript::Role;
use window::Window;

/// A modifier that was applied to a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) modifier: u8,
    pub(crate) factor: Milli,
    /// Bytes of the cue; nothing where no words are meant.
    pub(crate) cue: Option<(u32, u32)>,
}

/// A hit with its weight in its context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Weighed {
    pub(crate) entry: u32,
    /// Bytes of the hit in the utterance; empty for what is not of words.
    pub(crate) span: Option<(u32, u32)>,
    pub(crate) contribution: Milli,
    pub(crate) modifiers: Box<[Applied]>,
    /// Other turns it rests on, by arrival.
    pub(crate) turns: Box<[u32]>,
}

impl Weighed {
    /// Evidence that comes of turns, with its entry's weight.
    pub(crate) fn of_turns(entries: &[Entry], entry: u32, span: Option<(u32, u32)>, turns: Vec<u32>) -> Self {
        Weighed {
            entry,
            span,
            contribution: entries[entry as usize].weight,
            modifiers: Box::default(),
            turns: turns.into_boxed_slice(),
        }
    }
}

/// Why a hit counts nothing, whatever other turns show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancelled {
    /// A longer phrase cancels it: its bytes.
    NotIn(u32, u32),
    /// Nothing of what must stand near does.
    NotNear,
    /// Not the end of the utterance.
    NotAtEnd,
    /// Outside its time window.
    Time,
    /// The turn has no times.
    NotMeasurable,
}

/// What is known of the utterance beside its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) role: Option<Role>,
    /// Start since the start of the call.
    pub(crate) since_start_ms: Option<i64>,
    /// The text is whole: regular expressions may take their time.
    pub(crate) is_final: bool,
}

/// The longest unfinished text regular expressions run over.
const REGEX_AHEAD_BYTES: usize = 4096;
/// The most matches of one regular expression in a turn.
const REGEX_MATCHES: usize = 16;

/// Weighs all hits of an utterance; `cancelled` is told of the others.
pub(crate) fn weigh(
    compiled: &Compiled,
    scan: &Scan,
    text: &str,
    setting: Setting,
    out: &mut Vec<Weighed>,
    mut cancelled: impl FnMut(u32, (u32, u32), Cancelled),
) {
    out.clear();
    let lexicon = &compiled.lexicon;
    let regexes = compiled.has_regexes && (setting.is_final || text.len() <= REGEX_AHEAD_BYTES);
    let needed = if regexes {
        scan.needed(&compiled.automaton)
    } else {
        Vec::new()
    };
    let hit = scan.hits.iter().filter_map(|h| {
        if let Owner::Entry(e) = h.owner {
            Some(e)
        } else {
            None
        }
    });
    let mut entries: Vec<u32> = hit.chain(needed.iter().copied()).collect();
    if entries.is_empty() {
        return;
    }
    entries.sort_unstable();
    entries.dedup();
    let around = scan.around(&compiled.automaton, &entries);
    let mut local = modifiers::Local::default();
    let mut one = |entry: u32, start: u32, end: u32, span: (u32, u32), at_end: bool| {
        let e = &lexicon.entries[entry as usize];
        if !applies(compiled, e, setting.role) {
            return;
        }
        let window = Window::around(scan, start, end);
        if let Some(why) = cancellation(e, entry, scan, &window, &around, setting, at_end) {
            cancelled(entry, span, why);
            return;
        }
        let (contribution, modifiers) = modifiers::apply(lexicon, e, scan, &window, &mut local);
        out.push(Weighed {
            entry,
            span: Some(span),
            contribution,
            modifiers: modifiers.into_boxed_slice(),
            turns: Box::default(),
        });
    };
    for hit in &scan.hits {
        let Owner::Entry(entry) = hit.owner else { continue };
        one(entry, hit.start, hit.end, bytes(scan, hit), hit.at_end);
    }
    for entry in needed {
        let Some(regex) = &lexicon.entries[entry as usize].regex else {
            continue;
        };
        for found in regex
            .find_iter(text)
            .filter(|m| !m.is_empty())
            .take(REGEX_MATCHES)
        {
            let start = scan.tokens.partition_point(|t| (t.end as usize) <= found.start());
            let end = scan.tokens.partition_point(|t| (t.start as usize) < found.end());
            if start < end {
                one(
                    entry,
                    start as u32,
                    end as u32 - 1,
                    (found.start() as u32, found.end() as u32),
                    false,
                );
            }
        }
    }
}

/// The bytes of what was found.
pub(crate) fn bytes(scan: &Scan, found: &Found) -> (u32, u32) {
    (
        scan.tokens[found.start as usize].start,
        scan.tokens[found.end as usize].end,
    )
}

/// Whether an entry is for speakers of this role.
pub(crate) fn applies(compiled: &Compiled, entry: &Entry, role: Option<Role>) -> bool {
    match compiled.lexicon.signals[usize::from(entry.signal)].speaker {
        None => true,
        wanted => wanted == role,
    }
}

fn cancellation(
    e: &Entry,
    entry: u32,
    scan: &Scan,
    window: &Window,
    around: &[Found],
    setting: Setting,
    at_end: bool,
) -> Option<Cancelled> {
    if at_end && !closes(&scan.tokens, window.end as usize) {
        return Some(Cancelled::NotAtEnd);
    }
    if e.first_ms.is_some() || e.after_ms.is_some() {
        let Some(start) = setting.since_start_ms else {
            return Some(Cancelled::NotMeasurable);
        };
        if e.first_ms.is_some_and(|ms| start > ms) || e.after_ms.is_some_and(|ms| start < ms) {
            return Some(Cancelled::Time);
        }
    }
    if !e.not_in.is_empty() {
        let cancels =
            |m: &&Found| m.owner == Owner::NotIn(entry) && m.start <= window.end && m.end >= window.start;
        if let Some(longer) = window.of(scan, around).find(cancels) {
            let (start, end) = bytes(scan, longer);
            return Some(Cancelled::NotIn(start, end));
        }
    }
    if let Some(near) = &e.near {
        let within = |m: &&Found| {
            let touches = m.start <= window.end && m.end >= window.start;
            m.owner == Owner::Near(entry)
                && !touches
                && match window.distance(scan, m) {
                    Some((Side::Before, d)) => near.side != Side::After && d <= u32::from(near.words),
                    Some((_, d)) => near.side != Side::Before && d <= u32::from(near.words),
                    None => false,
                }
        };
        window
            .of(scan, around)
            .find(within)
            .is_none()
            .then_some(Cancelled::NotNear)
    } else {
        None
    }
}

/// Whether a text has both capitals and small letters, so that capitals mean something.
fn mixed_case(scan: &Scan) -> bool {
    let small = |t: &&crate::matcher::Token| {
        t.end - t.start > 1
            && !t
                .flags
                .intersects(Flags::CAPITALS | Flags::NUMBER | Flags::MARK | Flags::EMOJI)
    };
    scan.tokens.iter().any(|t| small(&t))
}
