//! What `explain` says: every hit, what cancelled it, and what was nearly said.

mod common;

use common::*;
use hackles::Role;
use hackles::explain::Status;

#[test]
fn what_does_not_count_says_why() {
    let analyzer = analyzer(&[
        &signal(
            "refusal",
            "agent",
            "not my job",
            4.0,
            "not-in = [\"not my job to judge\"]\nunless = { signal = \"help\", within = \"turn\" }",
        ),
        &signal("help", "agent", "i will help", 3.0, ""),
        &signal("early", "agent", "hello", 3.0, "first-ms = 5000"),
        &signal(
            "bill",
            "agent",
            "bill",
            3.0,
            "near = { phrases = [\"wrong\"], words = 2 }",
        ),
        &signal("anger", "any", "angry", 3.0, ""),
        &signal("end", "agent", "bye $", 3.0, ""),
    ]);
    for (text, signal, part) in [
        (
            "it is not my job to judge",
            "refusal",
            "part of \"not my job to judge\"",
        ),
        (
            "not my job but i will help",
            "refusal",
            "\"help\" fired in the same turn",
        ),
        ("hello", "early", "cannot be measured without times"),
        (
            "the bill is so very wrong",
            "bill",
            "nothing of what must stand near",
        ),
        ("bye now", "end", "does not end the utterance"),
    ] {
        let explained = analyzer.explain(text, Some(Role::Agent));
        let hit = explained
            .hits
            .iter()
            .find(|h| &*h.evidence.signal == signal)
            .expect(text);
        assert!(
            matches!(&hit.status, Status::Cancelled(why) if why.contains(part)),
            "{text}: {:?}",
            hit.status
        );
        assert!(explained.scores.iter().all(|s| &*s.signal != signal), "{text}");
    }
    let explained = analyzer.explain("i am not angry", Some(Role::Customer));
    assert_eq!(explained.hits[0].status, Status::Neutral);
    let twice = analyzer.explain("angry so angry", None);
    let statuses: Vec<&Status> = twice.hits.iter().map(|h| &h.status).collect();
    assert_eq!(statuses, [&Status::Repeated, &Status::Counted]);
}

#[test]
fn near_misses_name_the_word() {
    let analyzer = analyzer(&[&signal("refusal", "agent", "this is not my job", 4.0, "")]);
    for (text, short_of) in [
        ("this is my job", "\"not\" is missing"),
        ("this is not zorp job", "\"a word\" stands for \"my\""),
        ("this is not my zorp job", "\"a word\" stands between"),
    ] {
        let misses = analyzer.explain(text, Some(Role::Agent)).near_misses;
        let found: Vec<&str> = misses.iter().map(|m| m.short_of.as_str()).collect();
        assert_eq!(found, [short_of], "{text}");
    }
    assert!(
        analyzer
            .explain("this is not my job", Some(Role::Agent))
            .near_misses
            .is_empty()
    );
    assert!(
        analyzer
            .explain("this is my job", Some(Role::Customer))
            .near_misses
            .is_empty()
    );
}
