//! Entries whose weight or conditions leave nothing of them.

use super::{Code, Finding, Subject};
use crate::lexicon::{Condition, Entry, OverTurns, Within};
use crate::transcript::Role;

pub(super) fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, entry) in subject.entries() {
        weight(subject, entry, &mut findings);
        window(subject, entry, &mut findings);
        contradiction(subject, entry, &mut findings);
        other_speaker(subject, entry, &mut findings);
    }
    findings
}

fn weight(subject: &Subject<'_>, entry: &Entry, findings: &mut Vec<Finding>) {
    // A feature of a detector may be switched off so; it cannot be left out.
    let feature = entry.phrases.is_empty() && entry.regex.is_none() && entry.over.is_none();
    if entry.weight.0 == 0 && !feature && !entry.fitted {
        findings.push(subject.of_entry(
            Code::ZeroWeight,
            entry,
            format!("\"{}\" weighs nothing, so it never counts", entry.id),
            "Give it a weight, or remove it; in a file laid over another write `off = true`.".into(),
        ));
    }
}

fn window(subject: &Subject<'_>, entry: &Entry, findings: &mut Vec<Finding>) {
    if let (Some(first), Some(after)) = (entry.first_ms, entry.after_ms)
        && first < after
    {
        findings.push(subject.of_entry(
            Code::EmptyWindow,
            entry,
            format!("no turn starts within the first {first} ms and after {after} ms"),
            "Leave one of first-ms and after-ms out, or exchange them.".into(),
        ));
    }
}

fn contradiction(subject: &Subject<'_>, entry: &Entry, findings: &mut Vec<Finding>) {
    let excluded = |need: &&Condition| entry.unless.iter().any(|u| implies(need, u));
    if let Some(need) = entry.only_if.iter().find(excluded) {
        let names = names(subject, need);
        findings.push(subject.of_entry(
            Code::Contradiction,
            entry,
            format!("wherever its only-if holds ({names}) its unless holds too, so it never counts"),
            "Remove one of the two conditions (they may stand in [signal]).".into(),
        ));
    }
}

/// Whether the second condition holds wherever the first does.
fn implies(a: &Condition, b: &Condition) -> bool {
    a.within == b.within
        && (b.what.by.is_none() || b.what.by == a.what.by)
        && a.what.any.iter().all(|s| b.what.any.iter().any(|t| s == t))
}

fn other_speaker(subject: &Subject<'_>, entry: &Entry, findings: &mut Vec<Finding>) {
    let own = subject.lexicon.signals[usize::from(entry.signal)].speaker;
    let Some(own) = own else { return };
    // What happens over turns may end in a turn of the other speaker.
    if !matches!(entry.over, None | Some(OverTurns::Beside)) {
        return;
    }
    let of_other = |c: &&Condition| c.within == Within::Turn && is_of_other(subject, c, own);
    if let Some(need) = entry.only_if.iter().find(of_other) {
        findings.push(subject.of_entry(
            Code::OtherSpeaker,
            entry,
            format!(
                "its only-if asks for {} of the other speaker in the {}'s own turn, so it never counts",
                names(subject, need),
                own.as_str()
            ),
            PROPOSAL.into(),
        ));
    }
    if let Some(none) = entry.unless.iter().find(of_other) {
        findings.push(subject.of_entry(
            Code::OtherSpeaker,
            entry,
            format!(
                "its unless asks for {} of the other speaker in the {}'s own turn, so it never cancels",
                names(subject, none),
                own.as_str()
            ),
            PROPOSAL.into(),
        ));
    }
}

const PROPOSAL: &str = "Ask within = \"previous\", or within-turns with a side.";

fn is_of_other(subject: &Subject<'_>, condition: &Condition, own: Role) -> bool {
    let is_other = |role: Option<Role>| role.is_some_and(|r| r != own);
    let speaker = |s: u16| subject.lexicon.signals[usize::from(s)].speaker;
    is_other(condition.what.by) || condition.what.any.iter().all(|s| is_other(speaker(s)))
}

fn names(subject: &Subject<'_>, condition: &Condition) -> String {
    let names = condition.what.any.iter();
    let names: Vec<String> = names
        .map(|s| format!("\"{}\"", subject.lexicon.signals[usize::from(s)].id))
        .collect();
    names.join(" or ")
}
