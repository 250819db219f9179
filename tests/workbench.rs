//! The lexicon workbench: figures that are counted by hand, comparisons, mined phrases, fitted weights, learned terms.

mod common;

use common::{Random, header};
use hackles::explain::Status;
use hackles::fixed::Score;
use hackles::workbench::fit::{Fit, FitFigures, FitOptions, Threshold, fit};
use hackles::workbench::mine::{Candidate, MineOptions, mine, to_toml};
use hackles::workbench::{
    Change, Corpus, DiffOptions, Difference, Evaluation, Labels, Observed, Rule, Side, SignalChange, diff,
    evaluate, observe,
};
use hackles::{Analyzer, Lexicon, Role, Transcript, Turn};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Little of what all signals share: enough to read words and to deny them.
const SHARED: &str = r#"schema = 1
[contractions]
cannot = "can not"
"can't" = "can not"
[endings]
"n't" = "not"
"'m" = "am"
"'s" = "is"
[transparent]
fillers = ["um", "uh"]
soft = ["really"]
[[modifier]]
id = "negation"
kind = "scope"
cues = ["not"]
side = "before"
words = 3
factor = 0.0
"#;

/// An analyzer of these files, laid over each other in their order.
fn load(files: &[(&str, &str)]) -> Analyzer {
    let all = [&[("shared.toml", SHARED)], files].concat();
    let builder = all
        .iter()
        .fold(Lexicon::builder(), |b, (name, text)| b.file(name, text));
    let lexicon = builder.build().unwrap_or_else(|e| panic!("{e}"));
    Analyzer::new(lexicon).unwrap_or_else(|e| panic!("{e}"))
}

/// A file of a signal: entries as (id, phrase, weight), and what else stands there.
fn signal(id: &str, speaker: &str, entries: &[(&str, &str, f64)], more: &str) -> String {
    let mut text = format!("schema = 1\n{}", header(id, speaker));
    for (id, phrase, weight) in entries {
        text += &format!("[[entry]]\nid = \"{id}\"\nphrases = [\"{phrase}\"]\nweight = {weight:?}\n");
    }
    text + more
}

fn read(lexicons: &[&Analyzer], rows: &[Value]) -> Corpus {
    let mut corpus = Corpus::new(lexicons.iter().map(|a| a.lexicon()));
    for (number, row) in (1..).zip(rows) {
        let place = format!("rows:{number}");
        corpus
            .add_json(&place, row.to_string().as_bytes(), &Labels::default())
            .unwrap_or_else(|e| panic!("{place}: {e}"));
    }
    corpus
}

/// An utterance that shows a signal, does not, or of which nobody knows.
fn row(speaker: &str, text: &str, signal: &str, shown: Option<bool>) -> Value {
    let mut row = json!({ "speaker": speaker, "text": text });
    if let Some(shown) = shown {
        row[if shown { "expect" } else { "forbid" }] = json!([signal]);
    }
    row
}

fn seen(analyzer: &Analyzer, corpus: &Corpus) -> Observed {
    observe(analyzer, corpus, |_| ())
}

fn evaluated(analyzer: &Analyzer, corpus: &Corpus, signals: &[&str], errors: usize) -> Evaluation {
    let signals: Vec<String> = signals.iter().map(|s| s.to_string()).collect();
    evaluate(analyzer, corpus, &seen(analyzer, corpus), &signals, errors)
}

fn compared(corpus: &Corpus, old: &Analyzer, new: &Analyzer, set: impl Fn(&mut DiffOptions)) -> Difference {
    let mut options = DiffOptions::default();
    set(&mut options);
    let (a, b) = (seen(old, corpus), seen(new, corpus));
    let side = |analyzer, observed| Side { analyzer, observed };
    diff(corpus, side(old, &a), side(new, &b), &options)
}

fn change<'a>(difference: &'a Difference, signal: &str) -> &'a SignalChange {
    let found = difference.signals.iter().find(|s| s.signal == signal);
    found.unwrap_or_else(|| panic!("no {signal} in {:?}", difference.signals))
}

/// Runs something on so many threads.
fn on_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("a pool").install(run)
}

fn near(got: Option<f64>, want: f64) -> bool {
    got.is_some_and(|got| (got - want).abs() < 1e-9)
}

mod eval {
    use super::*;

    fn refusal() -> Analyzer {
        let entries = [
            ("not-my-job", "not my job", 4.0),
            ("policy", "policy", 1.0),
            ("cannot", "can not", 2.0),
        ];
        load(&[
            ("refusal.toml", &signal("refusal", "agent", &entries, "")),
            (
                "thanks.toml",
                &signal("thanks", "customer", &[("thanks", "thanks", 3.0)], ""),
            ),
        ])
    }

    /// Scores by the weights, a bias of −2: .8808, .2689, .5, .1192, .1192, .9820.
    fn rows() -> Vec<Value> {
        let agent = |text, shown| row("agent", text, "refusal", shown);
        vec![
            agent("that's not my job", Some(true)),
            agent("our policy", Some(true)),
            agent("I can't", Some(false)),
            agent("hello", Some(false)),
            agent("hello there", Some(true)),
            agent("not my job and I cannot", Some(false)),
            agent("not my job", None),
            row("customer", "not my job", "refusal", None),
        ]
    }

    #[test]
    fn figures_are_those_counted_by_hand() {
        let analyzer = refusal();
        let got = evaluated(&analyzer, &read(&[&analyzer], &rows()), &[], 3);
        assert_eq!((got.calls, got.turns, got.signals.len()), (8, 8, 2));
        let f = &got.signals[0];
        let c = f.counts;
        assert_eq!((c.hits, c.false_alarms, c.misses, c.silent), (1, 2, 2, 1));
        assert_eq!((f.signal.as_str(), f.turns, f.fired), ("refusal", 7, 4));
        let (p, logit) = (0.5 * 1.0, |x: f64| {
            Score::nearest(1.0 / (1.0 + (-x).exp())).to_f64()
        });
        let off = [
            logit(4.0),
            1.0 - logit(2.0),
            p,
            1.0 - logit(-1.0),
            2.0 * (0.5 - logit(-2.0)),
        ];
        for (what, got, want) in [
            ("precision", f.precision, 1.0 / 3.0),
            ("recall", f.recall, 1.0 / 3.0),
            ("f1", f.f1, 1.0 / 3.0),
            // Of nine pairs three and a tie are in order.
            ("auc", f.auc, 3.5 / 9.0),
            // The shown stand at rank 2, 4, and tied at 6: half of those so far are shown each time.
            ("average precision", f.average_precision, 0.5),
            (
                "calibration error",
                f.calibration_error,
                off.iter().sum::<f64>() / 6.0,
            ),
            ("rate", f.rate, 4000.0 / 7.0),
            ("mean f1", got.macro_f1, 1.0 / 3.0),
        ] {
            assert!(near(got, want), "{what}: {got:?}, by hand {want}");
        }
        let t = &got.signals[1];
        assert_eq!(
            (t.turns, t.fired, t.f1, t.auc, t.bins.len()),
            (1, 0, None, None, 0)
        );
        assert_eq!(t.rate, Some(0.0));
    }

    #[test]
    fn the_surest_errors_come_first_with_what_made_them() {
        let analyzer = refusal();
        let corpus = read(&[&analyzer], &rows());
        for (most, places) in [
            (0, vec![]),
            (3, vec!["rows:6", "rows:5", "rows:2"]),
            (9, vec!["rows:6", "rows:5", "rows:2", "rows:3"]),
        ] {
            let got = evaluated(&analyzer, &corpus, &["refusal"], most);
            let found: Vec<&str> = got.errors.iter().map(|e| e.place.as_str()).collect();
            assert_eq!(found, places);
        }
        let got = evaluated(&analyzer, &corpus, &["refusal"], 3);
        assert_eq!(got.signals.len(), 1, "only what is asked for");
        let quotes = |at: usize| -> Vec<&str> {
            got.errors[at]
                .evidence
                .iter()
                .filter_map(|e| e.quote.as_deref())
                .collect()
        };
        assert_eq!((quotes(0), quotes(1)), (vec!["not my job", "cannot"], vec![]));
        let first = &got.errors[0];
        assert_eq!(
            (first.shown, first.turn, first.text.as_deref()),
            (false, 0, Some("not my job and I cannot"))
        );
    }

    #[test]
    fn labels_reach_the_turns_they_are_of() {
        let analyzer = refusal();
        let turn = |speaker: &str, text: &str| json!({ "speaker": speaker, "text": text });
        let call = json!({
            "turns": [turn("agent", "hello"), turn("customer", "not my job"), turn("agent", "not my job"), turn("agent", "policy"),
                turn("agent", "cannot")],
            "expect": { "refusal_turns": [2, 3], "ignore_turns": [4] }
        });
        let corpus = read(&[&analyzer], &[call]);
        assert_eq!(corpus.count("refusal"), (2, 1));
        let got = evaluated(&analyzer, &corpus, &["refusal"], 5);
        let c = got.signals[0].counts;
        assert_eq!((c.hits, c.false_alarms, c.misses, c.silent), (1, 0, 1, 1));
        assert_eq!(
            (got.errors[0].turn, got.errors[0].text.as_deref()),
            (3, Some("policy"))
        );
    }

    /// The words of the row and of its evidence are those of one turn, in whatever order the turns stand in the file.
    #[test]
    fn turns_out_of_order_keep_their_texts_and_labels() {
        let turn = |speaker: &str, start: i64, text: &str| Turn {
            speaker: speaker.into(),
            start_ms: Some(start),
            text: text.into(),
            ..Turn::default()
        };
        let call = Transcript {
            turns: vec![turn("agent", 5000, "not my job"), turn("customer", 0, "hello")],
            ..Transcript::default()
        };
        let (empty, analyzer) = (
            load(&[("r.toml", &signal("refusal", "agent", &[], ""))]),
            refusal(),
        );
        let mut corpus = Corpus::new([analyzer.lexicon()]);
        corpus.add("f:1", call, &Labels::default()).expect("a call");
        let difference = compared(&corpus, &empty, &analyzer, |_| ());
        assert_eq!(
            change(&difference, "refusal").hits[0].text.as_deref(),
            Some("not my job")
        );
    }

    #[test]
    fn calm_turns_out_of_order_are_those_of_the_speaker() {
        let analyzer = refusal();
        let mut corpus = Corpus::new([analyzer.lexicon()]);
        let mut calm = Labels::default();
        calm.calm = vec!["refusal".into()];
        let row = r#"{"turns":[{"speaker":"agent","start_ms":5000,"text":"not my job"},{"speaker":"customer","start_ms":0,"text":"hi"}]}"#;
        corpus.add_json("f:1", row.as_bytes(), &calm).expect("a call");
        let counts = evaluated(&analyzer, &corpus, &["refusal"], 0).signals[0].counts;
        assert_eq!((counts.false_alarms, counts.silent), (1, 0));
    }
}

mod comparison {
    use super::*;

    fn old() -> Analyzer {
        let entries = [("job", "not my job", 4.0), ("policy", "policy", 3.0)];
        load(&[
            ("refusal.toml", &signal("refusal", "agent", &entries, "")),
            (
                "thanks.toml",
                &signal("thanks", "customer", &[("thanks", "thanks", 3.0)], ""),
            ),
        ])
    }

    fn new() -> Analyzer {
        let entries = [("job", "not my job", 4.0), ("rules", "against the rules", 3.0)];
        load(&[
            ("refusal.toml", &signal("refusal", "agent", &entries, "")),
            (
                "thanks.toml",
                &signal("thanks", "customer", &[("thanks", "thanks", 3.0)], ""),
            ),
        ])
    }

    fn rows() -> Vec<Value> {
        let agent = |text: &str, shown| row("agent", text, "refusal", shown);
        let mut rows = vec![
            agent("it is against the rules", None),
            agent("it is our policy", Some(false)),
            agent("that is against the rules", Some(true)),
            agent("policy is policy", Some(true)),
            agent("against the rules, I fear", Some(false)),
            agent("not my job", Some(true)),
        ];
        rows.extend((0..6).map(|_| agent("hello", Some(false))));
        rows.extend((0..6).map(|_| agent("against the rules", Some(true))));
        rows
    }

    #[test]
    fn a_lexicon_does_not_differ_from_itself() {
        let corpus = read(&[&old()], &rows());
        let d = compared(&corpus, &old(), &old(), |_| ());
        assert_eq!(d.old, d.new);
        assert_eq!((d.signals.len(), d.calls, d.turns), (2, 18, 18));
        for s in &d.signals {
            assert!(!s.is_changed() && s.hits.is_empty(), "{s:?}");
            assert_eq!(
                (s.gained, s.lost, s.only_old_right, s.only_new_right),
                (0, 0, 0, 0)
            );
            for c in [s.precision, s.recall, s.f1, s.auc, s.rate] {
                assert_eq!((c.old, c.interval, c.is_sure()), (c.new, None, false));
            }
        }
        assert_eq!(change(&d, "refusal").p, Some(1.0));
        assert!(d.size.phrases.old == d.size.phrases.new && d.size.bytes.old == d.size.bytes.new);
        let rule: Rule = "*.f1 drops".parse().expect("a rule");
        assert!(rule.broken(&d).expect("measured").is_empty());
    }

    #[test]
    fn gained_and_lost_turns_show_labels_and_evidence() {
        let corpus = read(&[&old(), &new()], &rows());
        let d = compared(&corpus, &old(), &new(), |o| o.hits = 3);
        let r = change(&d, "refusal");
        assert_eq!((r.labelled, r.gained, r.lost), (17, 9, 2));
        // Right by the new one alone: seven of the rules and the policy that is none; by the old one alone: the policy that is one, the rules that are none.
        assert_eq!((r.only_new_right, r.only_old_right), (8, 2));
        let p = 2.0 * f64::from(1 + 10 + 45) / 1024.0;
        assert!((r.p.expect("labels") - p).abs() < 1e-9, "{:?}", r.p);
        assert!(near(r.recall.old, 2.0 / 9.0) && near(r.recall.new, 8.0 / 9.0));
        assert!(near(r.precision.old, 2.0 / 3.0) && near(r.precision.new, 8.0 / 9.0));
        assert!(near(r.rate.old, 3000.0 / 18.0) && near(r.rate.new, 10_000.0 / 18.0));
        assert!(r.recall.is_sure() && r.rate.is_sure());
        let [low, high] = r.recall.interval.expect("resampled");
        assert!(low < 6.0 / 9.0 && 6.0 / 9.0 < high && low < high);
        // Labelled ones come first, the most are three of each.
        type Shown<'a> = (bool, Option<bool>, &'a str, Option<&'a str>);
        let hits: Vec<Shown> = r
            .hits
            .iter()
            .map(|h| {
                (
                    h.is_new,
                    h.shown,
                    h.place.as_str(),
                    h.evidence[0].quote.as_deref(),
                )
            })
            .collect();
        let rules = Some("against the rules");
        assert_eq!(
            hits,
            [
                (true, Some(true), "rows:3", rules),
                (true, Some(false), "rows:5", rules),
                (true, Some(true), "rows:13", rules),
                (false, Some(false), "rows:2", Some("policy")),
                (false, Some(true), "rows:4", Some("policy")),
            ]
        );
        let last = compared(&corpus, &old(), &new(), |o| o.hits = 20);
        let unknown = &change(&last, "refusal").hits[8];
        assert_eq!((unknown.place.as_str(), unknown.shown), ("rows:1", None));
        assert!(!change(&d, "thanks").is_changed());
        let only = compared(&corpus, &old(), &new(), |o| o.signals = vec!["thanks".into()]);
        assert_eq!(only.signals.len(), 1);
    }

    #[test]
    fn threads_do_not_show_and_the_seed_does() {
        let corpus = read(&[&old(), &new()], &rows());
        let run = |threads, seed| {
            let d = on_threads(threads, || {
                compared(&corpus, &old(), &new(), |o| (o.seed, o.resamples) = (seed, 300))
            });
            serde_json::to_string(&d).expect("JSON")
        };
        let first = run(1, 7);
        assert_eq!(first, run(3, 7));
        assert_eq!(first, run(1, 7));
        assert_ne!(first, run(1, 8));
        let none = compared(&corpus, &old(), &new(), |o| o.resamples = 0);
        assert_eq!(change(&none, "refusal").f1.interval, None);
    }

    #[test]
    fn large_seeds_are_seeds_too() {
        let corpus = read(&[&old(), &new()], &rows());
        let run = |seed| {
            let d = compared(&corpus, &old(), &new(), |o| (o.seed, o.resamples) = (seed, 64));
            change(&d, "refusal").rate.interval
        };
        assert_ne!((run(0), run(1 << 32), run(5 << 32)), (run(0), run(0), run(0)));
    }

    /// A rule that cannot be told is an error, not kept.
    #[test]
    fn what_has_no_interval_cannot_be_sure() {
        let corpus = read(&[&old(), &new()], &rows());
        for (rule, resamples) in [
            ("refusal.recall rises surely", 0),
            ("refusal.calibration_error drops surely", 1000),
            ("refusal.gained rises surely", 1000),
            ("size.bytes rises surely", 1000),
        ] {
            let d = compared(&corpus, &old(), &new(), |o| o.resamples = resamples);
            match rule.parse::<Rule>() {
                Ok(rule) => assert!(rule.broken(&d).is_err(), "{rule}: {:?}", rule.broken(&d)),
                Err(error) => assert!(error.contains("surely"), "{error}"),
            }
        }
    }

    /// Ten times the same turn in each call says no more than one.
    #[test]
    fn calls_are_resampled_whole() {
        let texts = [
            "against the rules",
            "policy",
            "hello",
            "not my job",
            "against the rules please",
            "good day",
        ];
        let call = |number: usize, times: usize| {
            let shown = number != 2 && number != 5;
            let turns: Vec<Value> = (0..times)
                .map(|_| row("agent", texts[number], "refusal", Some(shown)))
                .collect();
            json!({ "id": number.to_string(), "turns": turns })
        };
        let changes: Vec<SignalChange> = [1, 10]
            .map(|times| {
                let rows: Vec<Value> = (0..6).map(|n| call(n, times)).collect();
                let corpus = read(&[&old(), &new()], &rows);
                change(&compared(&corpus, &old(), &new(), |_| ()), "refusal").clone()
            })
            .into();
        let picks: [fn(&SignalChange) -> Change; 4] = [|s| s.recall, |s| s.f1, |s| s.auc, |s| s.rate];
        for pick in picks {
            let [a, b] = [pick(&changes[0]), pick(&changes[1])].map(|c| c.interval.expect("resampled"));
            assert!(
                (a[0] - b[0]).abs() < 1e-9 && (a[1] - b[1]).abs() < 1e-9,
                "{a:?} {b:?}"
            );
            assert!(a[0] < a[1], "{a:?}");
        }
        assert_eq!(changes[1].gained, 10 * changes[0].gained);
    }

    #[test]
    fn a_signal_that_one_lexicon_lacks_is_gained_or_lost() {
        let more = load(&[
            (
                "refusal.toml",
                &signal(
                    "refusal",
                    "agent",
                    &[("job", "not my job", 4.0), ("policy", "policy", 3.0)],
                    "",
                ),
            ),
            (
                "thanks.toml",
                &signal("thanks", "customer", &[("thanks", "thanks", 3.0)], ""),
            ),
            (
                "sigh.toml",
                &signal("sigh", "agent", &[("hello", "hello", 3.0)], ""),
            ),
        ]);
        let mut all = rows();
        all.push(row("agent", "hello", "sigh", Some(true)));
        all.push(row("agent", "policy", "sigh", Some(false)));
        let corpus = read(&[&old(), &more], &all);
        for (d, is_new) in [
            (compared(&corpus, &old(), &more, |_| ()), true),
            (compared(&corpus, &more, &old(), |_| ()), false),
        ] {
            let ids: Vec<&str> = d.signals.iter().map(|s| s.signal.as_str()).collect();
            assert_eq!(ids, ["refusal", "sigh", "thanks"]);
            let s = change(&d, "sigh");
            assert!(s.is_changed());
            let (has, lacks) = if is_new {
                (s.f1.new, s.f1.old)
            } else {
                (s.f1.old, s.f1.new)
            };
            assert_eq!((has, lacks, s.f1.by()), (Some(1.0), None, None));
            assert_eq!(
                if is_new {
                    (s.gained, s.lost)
                } else {
                    (s.lost, s.gained)
                },
                (7, 0)
            );
            assert_eq!(
                (s.hits.len(), s.hits[0].is_new, s.hits[0].shown),
                (7, is_new, Some(true))
            );
            assert_eq!(s.hits[0].evidence[0].quote.as_deref(), Some("hello"));
            assert!(!change(&d, "refusal").is_changed());
            // What was not measured in the new lexicon cannot be told.
            let rule: Rule = "sigh.f1 < 0.5".parse().expect("a rule");
            assert_eq!(rule.broken(&d).is_ok(), is_new);
        }
    }

    #[test]
    fn the_interval_of_the_mean_is_of_the_same_figure() {
        let more = load(&[
            (
                "refusal.toml",
                &signal(
                    "refusal",
                    "agent",
                    &[("job", "not my job", 4.0), ("policy", "policy", 3.0)],
                    "",
                ),
            ),
            (
                "sigh.toml",
                &signal("sigh", "agent", &[("hello", "hello", 3.0)], ""),
            ),
        ]);
        let mut all = rows();
        all.extend((0..20).map(|_| row("agent", "hello", "sigh", Some(true))));
        let corpus = read(&[&old(), &more], &all);
        let d = compared(&corpus, &old(), &more, |_| ());
        let (by, [low, high]) = (
            d.macro_f1.by().expect("both"),
            d.macro_f1.interval.expect("resampled"),
        );
        assert!(low <= by && by <= high, "{by} is not in {low} to {high}");
    }
}

mod mining {
    use super::*;

    fn mined(analyzer: &Analyzer, corpus: &Corpus, set: impl Fn(&mut MineOptions)) -> Vec<Candidate> {
        let mut options = MineOptions::default();
        set(&mut options);
        mine(
            analyzer.lexicon(),
            corpus,
            &seen(analyzer, corpus),
            "anger",
            &options,
        )
        .expect("mined")
    }

    fn anger() -> Analyzer {
        load(&[(
            "anger.toml",
            &signal("anger", "customer", &[("furious", "furious", 4.0)], ""),
        )])
    }

    /// "fed up" is planted, in other words each time; "furious" the lexicon finds, and both "fed" and "up" are said in peace too.
    fn rows() -> Vec<Value> {
        let customer = |text: String, shown| row("customer", &text, "anger", Some(shown));
        let things = ["order", "bill", "phone", "card", "refund", "parcel"];
        let mut rows = Vec::new();
        for thing in things {
            for who in ["I am", "we are"] {
                rows.push(customer(format!("{who} fed up with the {thing}"), true));
                rows.push(customer(format!("{who} furious about the {thing}"), true));
                rows.push(customer(format!("{who} here about the {thing}"), false));
                rows.push(customer(format!("{who} fed the {thing}"), false));
                rows.push(customer(format!("{who} looking up the {thing}"), false));
            }
        }
        rows
    }

    #[test]
    fn what_is_planted_comes_first_and_what_is_found_already_does_not_come() {
        let analyzer = anger();
        let corpus = read(&[&analyzer], &rows());
        let found = mined(&analyzer, &corpus, |_| ());
        let first = &found[0];
        // "up with", "with" and the like stand in the same turns: equals are in the order of their letters.
        assert_eq!(
            (first.phrase.as_str(), first.shown, first.other),
            ("fed up", 12, 0)
        );
        assert!(first.log_odds > 1.0 && first.z > 1.0, "{first:?}");
        assert_eq!(first.examples.len(), 2);
        assert!(
            first
                .examples
                .iter()
                .all(|e| e.shown && e.text.contains("fed up"))
        );
        let known = found.iter().find(|c| c.phrase == "furious");
        assert!(known.is_none_or(|c| c.gain < first.gain / 10.0), "{known:?}");
        // Without the lexicon both are new.
        let empty = load(&[("anger.toml", &signal("anger", "customer", &[], ""))]);
        let found = mined(&empty, &corpus, |_| ());
        let gain = |phrase: &str| found.iter().find(|c| c.phrase == phrase).expect(phrase).gain;
        assert!((gain("furious") - gain("fed up")).abs() < 1e-9);
        assert!(found.windows(2).all(|w| w[0].gain >= w[1].gain));
    }

    #[test]
    fn options_leave_out_what_they_say() {
        let analyzer = anger();
        let corpus = read(&[&analyzer], &rows());
        let phrases = |set: &dyn Fn(&mut MineOptions)| -> Vec<String> {
            mined(&analyzer, &corpus, set)
                .into_iter()
                .map(|c| c.phrase)
                .collect()
        };
        let distinct = phrases(&|_| ());
        let all = phrases(&|o| o.distinct = false);
        for (phrase, is_distinct) in [
            ("fed up", true),
            ("fed up with", false),
            ("fed up with the", false),
        ] {
            assert!(all.iter().any(|p| p == phrase), "{phrase}: {all:?}");
            assert_eq!(
                distinct.iter().any(|p| p == phrase),
                is_distinct,
                "{phrase}: {distinct:?}"
            );
        }
        assert!(distinct.iter().all(|p| all.contains(p)));
        let against = phrases(&|o| (o.against, o.content) = (true, false));
        assert!(against.iter().any(|p| p == "here") && !distinct.iter().any(|p| p == "here"));
        assert!(
            !phrases(&|o| o.against = true).iter().any(|p| p == "here"),
            "a function word"
        );
        let words = |p: &String| p.split(' ').count();
        assert_eq!(
            phrases(&|o| (o.words, o.distinct) = (2, false))
                .iter()
                .map(words)
                .max(),
            Some(2)
        );
        assert_eq!(phrases(&|o| o.most = 3).len(), 3);
        assert!(
            mined(&analyzer, &corpus, |o| (o.least, o.distinct) = (7, false))
                .iter()
                .all(|c| c.shown + c.other >= 7)
        );
    }

    #[test]
    fn what_cannot_be_mined_says_why() {
        let analyzer = anger();
        let shown = read(&[&analyzer], &[row("customer", "a", "anger", Some(true))]);
        let both = load(&[
            ("a.toml", &signal("anger", "customer", &[], "")),
            ("b.toml", &signal("worry", "customer", &[], "")),
        ]);
        let wider = read(&[&analyzer, &both], &rows());
        for (corpus, signal, part) in [
            (&shown, "anger", "turns that show it and turns that do not"),
            (&shown, "angr", "did you mean \"anger\"?"),
            (&wider, "worry", "the lexicon has no signal \"worry\""),
        ] {
            let error = mine(
                analyzer.lexicon(),
                corpus,
                &seen(&analyzer, corpus),
                signal,
                &MineOptions::default(),
            );
            let error = error.expect_err(part);
            assert!(error.contains(part), "{error}");
        }
    }

    /// What all English signals share, without what changes weights: a hit that is denied is a hit, but no evidence.
    fn shared_words() -> String {
        let text = include_str!("../lexicons/en/shared.toml");
        let end = text.find("[[modifier]]").expect("modifiers come last");
        text[..end].to_owned()
    }

    /// Mines all phrases of these turns, loads them as terms and counts in how many turns each is evidence.
    fn miscounted(texts: &[&str]) -> Vec<String> {
        let shared = shared_words();
        let base = signal("anger", "customer", &[], "");
        let lay = |terms: &str| {
            let builder = Lexicon::builder()
                .file("shared.toml", &shared)
                .file("anger.toml", &base);
            let lexicon = builder.file("terms.toml", terms).build();
            Analyzer::new(lexicon.unwrap_or_else(|e| panic!("{e}"))).expect("compiles")
        };
        let plain = lay("schema = 1\n[signal]\nid = \"anger\"\n");
        let mut rows: Vec<Value> = Vec::new();
        for (number, text) in texts.iter().enumerate() {
            rows.push(row("customer", text, "anger", Some(number % 2 == 0)));
        }
        rows.push(row("customer", "zzz", "anger", Some(true)));
        rows.push(row("customer", "zzz", "anger", Some(false)));
        let corpus = read(&[&plain], &rows);
        let found = mined(&plain, &corpus, |o| {
            (o.least, o.most, o.against, o.distinct, o.examples) = (1, usize::MAX, true, false, 0);
        });
        assert!(found.len() > texts.len());
        let terms = lay(&to_toml("anger", "a \"note\"", &found));
        let mut counts = std::collections::HashMap::new();
        for labelled in &corpus.calls {
            for turn in terms.score(&labelled.call).turns.expect("kept") {
                for e in turn.evidence_of("anger") {
                    *counts.entry(e.entry.to_string()).or_insert(0) += 1;
                }
            }
        }
        let wrong = found.iter().filter_map(|c| {
            let counted = counts.get(&format!("term:{}", c.phrase)).copied().unwrap_or(0);
            (counted != c.shown + c.other).then(|| {
                format!(
                    "\"{}\": mined in {}, found in {counted}",
                    c.phrase,
                    c.shown + c.other
                )
            })
        });
        wrong.collect()
    }

    #[test]
    fn mined_phrases_match_the_turns_they_were_counted_in() {
        for texts in [
            &[
                "I can't, um, apologise!",
                "I cannot apologize",
                "can not apologise again",
            ][..],
            &["it isn't really 20 quid. No", "that's 20 quid"],
            &["we've been on hold since 3 pm", "I paid 30 yesterday"],
            &["I I want-- I want my mon- money back", "want my money"],
            &["[noise] don’t f*** with it", "do not ever"],
            &["follow-up on the up/down thing", "follow up"],
            &["gonna cancel, gotta go", "going to cancel"],
            &["naïve café, señor 😡 😡", "the café"],
            &["no. way. not ever? well", "no way not ever"],
            &["o'clock o'brien's y'all's", "at 5 o'clock"],
        ] {
            assert_eq!(miscounted(texts), Vec::<String>::new(), "{texts:?}");
        }
    }

    /// Anything that can be written between two plain words.
    #[test]
    fn odd_tokens_are_counted_as_they_match() {
        let odd = [
            "it's",
            "can't",
            "gonna",
            "um",
            "really",
            "3",
            "1,000",
            "4g",
            "follow-up",
            "a/b",
            "I-I",
            "whi-",
            "f***",
            "sh*t",
            "[noise]",
            "(laughs)",
            "😡",
            "don’t",
            "caf\u{e9}",
            "e\u{301}t",
            "it’d",
            "mr.",
            "U.S.",
            "no,",
            "no.",
            "well?",
            "ref",
            "AB-123",
            "a.b@c.de",
            "www.x.com",
            "\"hm\"",
            "_",
            "#5",
            "100%",
            "'tis",
            "dogs'",
            "\u{3000}",
            "--",
            "...",
            "½",
            "x²",
            "ﬁne",
            "ß",
            "İ",
        ];
        let plain = ["so", "then", "now", "here", "too", "again"];
        let mut random = Random::new(5);
        let mut text = |_| -> String {
            let pairs = plain
                .iter()
                .map(|p| format!("{p} {}", odd[random.below(odd.len())]));
            pairs.collect::<Vec<_>>().join(" ")
        };
        let texts: Vec<String> = (0..60).map(&mut text).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        assert_eq!(miscounted(&texts), Vec::<String>::new(), "{texts:#?}");
    }

    #[test]
    fn what_is_read_otherwise_is_counted_as_it_matches() {
        let mut wrong = Vec::new();
        for (what, texts) in [
            (
                "digits said one by one",
                ["my code is five five three", "it is five three"],
            ),
            ("contractions said twice", ["it's it's late", "it is late"]),
            (
                "a word twice about an adverb",
                ["five late really late ones", "late ones"],
            ),
        ] {
            let found = miscounted(&texts);
            if !found.is_empty() {
                wrong.push(format!("{what}: {}", found.join(", ")));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn emoji_of_several_characters_are_counted_as_they_match() {
        let texts = [
            "thanks \u{2764}\u{fe0f} a lot",
            "well \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} ok",
            "\u{1f44d}\u{1f3fd} ok",
            ":) ok",
        ];
        assert_eq!(miscounted(&texts), Vec::<String>::new());
    }
}

mod fitting {
    use super::*;

    /// What each word is worth in the corpus; the bias is −1.
    const PLANTED: [(&str, f64); 4] = [("alpha", 2.5), ("beta", 1.2), ("gamma", -1.6), ("delta", 0.0)];

    /// Utterances of the planted words, labelled by chance as their weights say.
    fn planted(rows: usize) -> Vec<Value> {
        let mut random = Random::new(11);
        let one = |_| {
            let said: Vec<&(&str, f64)> = PLANTED.iter().filter(|_| random.below(3) == 0).collect();
            let logit: f64 = said.iter().map(|w| w.1).sum::<f64>() - 1.0;
            let words: Vec<&str> = said.iter().map(|w| w.0).collect();
            let shown = (random.below(100_000) as f64) < 100_000.0 / (1.0 + (-logit).exp());
            row(
                "customer",
                &format!("so {} then", words.join(" well ")),
                "anger",
                Some(shown),
            )
        };
        (0..rows).map(one).collect()
    }

    const WRITTEN: &str = r#"# Who is angry.
schema = 1

[signal]
id = "anger"
speaker = "customer"
severity = "bad"
title = "t" # short
summary = "s"
bias = -2.0 # rare

# The last comes first.
[[entry]]
id = "gamma"
phrases = ["gamma"]
weight = -0.5 # against

[[entry]]
weight = 0.5   # weak
id = "alpha"
phrases = ["alpha"]

# The middle.
[[entry]]
id = "beta"
phrases = ["beta"]
weight = 0.5
"#;

    /// The planted words as terms, each with the same start.
    const TERMS: &str = r#"schema = 1

[signal]
id = "anger"

[fitted]
note = "mined"

[fitted.terms]
# In no order.
"gamma" = 1.00
"delta" = 1.00   # nothing
"alpha" = 1.00
"omega" = 1.00
"beta" = 1.00
"#;

    fn learned(analyzer: &Analyzer, corpus: &Corpus, set: impl Fn(&mut FitOptions)) -> Fit {
        let mut options = FitOptions::default();
        set(&mut options);
        fit(analyzer, corpus, "anger", &options, |_| ()).expect("fitted")
    }

    /// The weight of an entry after the fit, if it changed.
    fn new_weight(fit: &Fit, entry: &str) -> Option<f64> {
        fit.weights.iter().find(|w| w.entry == entry).map(|w| w.new)
    }

    fn empty() -> String {
        signal("anger", "customer", &[], "")
    }

    #[test]
    fn planted_weights_are_found_in_their_order() {
        for (name, files, id) in [
            ("written", vec![("w.toml", WRITTEN)], ""),
            ("terms", vec![("e.toml", &*empty()), ("t.toml", TERMS)], "term:"),
        ] {
            let analyzer = load(&files);
            let corpus = read(&[&analyzer], &planted(1500));
            let fit = learned(&analyzer, &corpus, |_| ());
            let of = |word: &str| new_weight(&fit, &format!("{id}{word}")).expect(word);
            assert!(
                of("alpha") > of("beta") && of("beta") > 0.3 && of("gamma") < -0.3,
                "{name}: {:?}",
                fit.weights
            );
            for (word, planted) in &PLANTED[..3] {
                assert!(
                    (of(word) - planted).abs() < 0.6,
                    "{name}: {word} {} for {planted}",
                    of(word)
                );
            }
            assert!((fit.bias[1] + 1.0).abs() < 0.4, "{name}: {:?}", fit.bias);
            assert_eq!(
                (fit.bias[0], fit.threshold, fit.turns),
                (-2.0, [0.5, 0.5], 1500),
                "{name}"
            );
            assert!(
                fit.in_sample.loss < fit.before.loss && fit.in_sample.auc > Some(0.7),
                "{name}: {fit:?}"
            );
            // Nobody says "omega": nothing can be said of it, so the term goes.
            assert_eq!(
                new_weight(&fit, "term:omega"),
                (id == "term:").then_some(0.0),
                "{name}"
            );
            assert_eq!(fit.unseen, usize::from(id == "term:"), "{name}");
        }
    }

    #[test]
    fn what_is_held_out_is_no_better_than_what_was_learned() {
        let written = load(&[("w.toml", WRITTEN)]);
        let terms = load(&[("e.toml", &empty()), ("t.toml", TERMS)]);
        for analyzer in [&written, &terms] {
            for rows in [60, 400] {
                let corpus = read(&[analyzer], &planted(rows));
                let fit = learned(analyzer, &corpus, |o| o.keep_signs = false);
                let (held, own) = (fit.cross_validated, fit.in_sample);
                assert!(held.loss > own.loss, "{rows}: {held:?} {own:?}");
                assert!(held.auc <= own.auc, "{rows}: {held:?} {own:?}");
                assert!(fit.tried.iter().any(|t| t.strength == fit.strength));
                assert!(fit.tried.windows(2).all(|w| w[0].strength > w[1].strength));
            }
        }
    }

    #[test]
    fn the_same_for_any_number_of_threads_and_by_the_seed() {
        let analyzer = load(&[("w.toml", WRITTEN), ("t.toml", TERMS)]);
        let corpus = read(&[&analyzer], &planted(300));
        let run = |threads, seed| {
            let fit = on_threads(threads, || learned(&analyzer, &corpus, |o| o.seed = seed));
            serde_json::to_string(&fit).expect("JSON")
        };
        let first = run(1, 3);
        assert_eq!(first, run(3, 3));
        assert_ne!(first, run(1, 4));
    }

    #[test]
    fn what_is_to_stay_stays() {
        let marked = WRITTEN.replace("id = \"beta\"", "id = \"beta\"\nfixed = true");
        for (what, written, set, stay, change) in [
            (
                "fixed",
                marked.as_str(),
                (|_| ()) as fn(&mut FitOptions),
                &["beta"][..],
                &["alpha", "gamma"][..],
            ),
            (
                "keep",
                WRITTEN,
                |o| o.keep = vec!["alpha".into()],
                &["alpha"],
                &["beta", "gamma"],
            ),
            (
                "keep *",
                WRITTEN,
                |o| o.keep = vec!["al*".into(), "g*".into()],
                &["alpha", "gamma"],
                &["term:delta"],
            ),
            (
                "keep written",
                WRITTEN,
                |o| o.keep_written = true,
                &["alpha", "beta", "gamma"],
                &["term:delta"],
            ),
            (
                "keep terms",
                WRITTEN,
                |o| o.keep = vec!["term:*".into()],
                &["term:delta"],
                &["alpha"],
            ),
        ] {
            let terms = "schema = 1\n[signal]\nid = \"anger\"\n[fitted.terms]\n\"delta\" = 1.0\n";
            let analyzer = load(&[("w.toml", written), ("t.toml", terms)]);
            let corpus = read(&[&analyzer], &planted(400));
            let fit = learned(&analyzer, &corpus, set);
            for (entries, changes) in [(stay, false), (change, true)] {
                for entry in entries {
                    assert_eq!(
                        new_weight(&fit, entry).is_some(),
                        changes,
                        "{what}: {entry} in {:?}",
                        fit.weights
                    );
                }
            }
        }
        let analyzer = load(&[("w.toml", WRITTEN)]);
        let corpus = read(&[&analyzer], &planted(400));
        assert_eq!(
            learned(&analyzer, &corpus, |o| o.keep_bias = true).bias,
            [-2.0, -2.0]
        );
    }

    #[test]
    fn a_kept_term_is_not_rounded_and_not_pruned() {
        let terms =
            "schema = 1\n[signal]\nid = \"anger\"\n[fitted.terms]\n\"delta\" = 0.05\n\"alpha\" = 1.234\n";
        let analyzer = load(&[("e.toml", &empty()), ("t.toml", terms)]);
        let corpus = read(&[&analyzer], &planted(200));
        let fit = learned(&analyzer, &corpus, |o| o.keep = vec!["term:*".into()]);
        assert!(fit.weights.is_empty(), "{:?}", fit.weights);
    }

    #[test]
    fn signs_and_bounds_hold() {
        let wrong = WRITTEN.replace("weight = -0.5 # against", "weight = 0.5");
        let analyzer = load(&[("w.toml", &wrong)]);
        let corpus = read(&[&analyzer], &planted(600));
        let kept = learned(&analyzer, &corpus, |_| ());
        assert_eq!(new_weight(&kept, "gamma"), Some(0.01));
        let free = learned(&analyzer, &corpus, |o| o.keep_signs = false);
        assert!(new_weight(&free, "gamma") < Some(-0.5), "{:?}", free.weights);
        let analyzer = load(&[("e.toml", &empty()), ("t.toml", TERMS)]);
        let corpus = read(&[&analyzer], &planted(600));
        let bounded = learned(&analyzer, &corpus, |o| (o.most, o.most_against) = (0.7, 0.4));
        let of = |word: &str| new_weight(&bounded, word);
        assert_eq!(
            (of("term:alpha"), of("term:beta"), of("term:gamma")),
            (Some(0.7), Some(0.7), Some(-0.4))
        );
    }

    #[test]
    fn weak_terms_go_and_written_entries_do_not() {
        let analyzer = load(&[
            ("w.toml", WRITTEN),
            (
                "t.toml",
                "schema = 1\n[signal]\nid = \"anger\"\n[fitted.terms]\n\"delta\" = 1.0\n\"then\" = 0.5\n",
            ),
        ]);
        let corpus = read(&[&analyzer], &planted(800));
        let fit = learned(&analyzer, &corpus, |o| o.prune = 1.5);
        for w in &fit.weights {
            assert_eq!(w.new == 0.0, w.is_term, "{w:?}");
        }
        assert_eq!(fit.weights.iter().filter(|w| w.is_term).count(), 2);
    }

    #[test]
    fn what_cannot_be_fitted_says_why() {
        let analyzer = load(&[("w.toml", WRITTEN)]);
        let corpus = read(&[&analyzer], &planted(60));
        let few = read(&[&analyzer], &planted(12));
        let set = |f: fn(&mut FitOptions)| {
            let mut options = FitOptions::default();
            f(&mut options);
            options
        };
        for (corpus, signal, options, part) in [
            (&corpus, "angr", set(|_| ()), "did you mean \"anger\"?"),
            (
                &corpus,
                "anger",
                set(|o| o.keep = vec!["alpa".into()]),
                "did you mean \"alpha\"?",
            ),
            (
                &few,
                "anger",
                set(|_| ()),
                "fitting needs 10 that do and 10 that do not",
            ),
            (&corpus, "anger", set(|o| o.folds = 1), "2 folds"),
            (&corpus, "anger", set(|o| o.sparsity = 1.5), "sparsity"),
        ] {
            let error = fit(&analyzer, corpus, signal, &options, |_| ()).expect_err(part);
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn bounds_that_leave_nothing_are_an_error() {
        let analyzer = load(&[("e.toml", &empty()), ("t.toml", TERMS)]);
        let corpus = read(&[&analyzer], &planted(60));
        for most in [-5.0, f64::NAN] {
            let mut options = FitOptions::default();
            options.most = most;
            assert!(
                fit(&analyzer, &corpus, "anger", &options, |_| ()).is_err(),
                "{most}"
            );
        }
    }

    /// Lays what was rewritten over what was there.
    fn rewritten(
        analyzer: &Analyzer,
        fit: &Fit,
        files: &[(&str, &str)],
    ) -> (Vec<(String, String)>, Analyzer) {
        let new = fit.rewrite(analyzer.lexicon()).expect("rewritten");
        let all: Vec<(String, String)> = files
            .iter()
            .map(|(name, text)| {
                let new = new.iter().find(|f| *f.name == **name);
                (name.to_string(), new.map_or(text.to_string(), |f| f.text.clone()))
            })
            .collect();
        let named: Vec<(&str, &str)> = all.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
        let analyzer = load(&named);
        (all, analyzer)
    }

    fn figures_of(analyzer: &Analyzer, corpus: &Corpus) -> FitFigures {
        let f = evaluated(analyzer, corpus, &["anger"], 0).signals.remove(0);
        let mut figures = FitFigures::default();
        (figures.auc, figures.average_precision) = (f.auc, f.average_precision);
        (figures.f1, figures.calibration_error) = (f.f1, f.calibration_error);
        figures
    }

    fn same(a: FitFigures, b: FitFigures, by: f64) -> bool {
        let close = |a: Option<f64>, b: Option<f64>| a.zip(b).is_some_and(|(a, b)| (a - b).abs() <= by);
        close(a.auc, b.auc)
            && close(a.average_precision, b.average_precision)
            && close(a.f1, b.f1)
            && close(a.calibration_error, b.calibration_error)
    }

    #[test]
    fn the_files_keep_all_but_the_weights() {
        let files = [("w.toml", WRITTEN), ("t.toml", TERMS)];
        let analyzer = load(&files);
        let corpus = read(&[&analyzer], &planted(500));
        let fit = learned(&analyzer, &corpus, |o| o.threshold = Threshold::BestF1);
        let (new, again) = rewritten(&analyzer, &fit, &files);
        let number = |line: &str| {
            let (key, rest) = line.split_once(" = ").expect(line);
            let (value, comment) = rest.split_once(' ').map_or((rest, ""), |(v, c)| (v, c));
            (
                key.to_owned(),
                value.parse::<f64>().expect(line),
                comment.to_owned(),
            )
        };
        // The written file has the same lines, but a threshold more; what differs differs in its number.
        let lines: Vec<&str> = new[0].1.lines().filter(|l| !l.starts_with("threshold")).collect();
        assert_eq!(lines.len(), WRITTEN.lines().count(), "{}", new[0].1);
        let mut changed = 0;
        for (old, new) in WRITTEN.lines().zip(lines) {
            if old != new {
                let (a, b) = (number(old), number(new));
                assert_eq!((&a.0, &a.2), (&b.0, &b.2));
                assert!(["weight", "bias"].contains(&a.0.as_str()), "{old}");
                changed += 1;
            }
        }
        assert!(changed >= 3, "{}", new[0].1);
        // Of the terms some go, the others keep their order.
        let (old, new) = (
            TERMS.lines().collect::<Vec<_>>(),
            new[1].1.lines().collect::<Vec<_>>(),
        );
        let keys = |lines: &[&str]| -> Vec<String> {
            let key = |l: &&str| l.split(" = ").next().unwrap_or_default().to_owned();
            lines.iter().map(key).collect()
        };
        let mut rest = keys(&old).into_iter();
        assert!(keys(&new).iter().all(|k| rest.any(|r| r == *k)), "{new:?}");
        assert!(!new.iter().any(|l| l.contains("omega")));
        // What is loaded is what the fit says.
        let lexicon = again.lexicon();
        let header = lexicon.signal("anger").expect("there");
        assert_eq!(
            (header.bias.to_f64(), header.threshold.to_f64()),
            (fit.bias[1], fit.threshold[1])
        );
        let sources = lexicon.sources("anger").expect("there");
        for w in &fit.weights {
            let source = sources.iter().find(|s| s.id == w.entry);
            assert_eq!(source.map_or(0.0, |s| s.weight.to_f64()), w.new, "{w:?}");
        }
        let before = analyzer.lexicon().sources("anger").expect("there");
        for w in &fit.weights {
            let source = before.iter().find(|s| s.id == w.entry).expect("there");
            assert_eq!(source.weight.to_f64(), w.old, "{w:?}");
        }
        assert_eq!(
            learned(&analyzer, &corpus, |o| o.threshold = Threshold::BestF1)
                .rewrite(lexicon)
                .map(|f| f.len()),
            Ok(0)
        );
    }

    /// Before and after are what `evaluate` says of the lexicon as it was and as it is written.
    #[test]
    fn figures_are_those_of_the_lexicon() {
        let files = [("w.toml", WRITTEN)];
        let analyzer = load(&files);
        let corpus = read(&[&analyzer], &planted(500));
        for set in [
            (|_| ()) as fn(&mut FitOptions),
            |o| o.threshold = Threshold::BestF1,
            |o| o.threshold = Threshold::Precision(0.7),
        ] {
            let fit = learned(&analyzer, &corpus, set);
            assert!(
                same(fit.before, figures_of(&analyzer, &corpus), 1e-9),
                "{:?}",
                fit.before
            );
            let (_, again) = rewritten(&analyzer, &fit, &files);
            let after = figures_of(&again, &corpus);
            assert_eq!((after.auc, after.f1), (fit.in_sample.auc, fit.in_sample.f1));
            assert!(same(fit.in_sample, after, 2e-3), "{:?} {after:?}", fit.in_sample);
        }
    }

    #[test]
    fn in_sample_is_what_is_written_pruned_and_all() {
        let empty = empty();
        let files = [("e.toml", empty.as_str()), ("t.toml", TERMS)];
        let analyzer = load(&files);
        let corpus = read(&[&analyzer], &planted(500));
        let fit = learned(&analyzer, &corpus, |o| o.prune = 1.4);
        let (_, again) = rewritten(&analyzer, &fit, &files);
        assert_eq!(figures_of(&again, &corpus).auc, fit.in_sample.auc);
    }

    #[test]
    fn in_sample_holds_where_terms_yield() {
        let terms = "schema = 1\n[signal]\nid = \"anger\"\n[fitted]\nyields = true\n[fitted.terms]\n\"beta\" = -1.0\n\"gamma\" = 1.0\n";
        let written = signal("anger", "customer", &[("alpha", "alpha", 2.5)], "");
        let files = [("e.toml", written.as_str()), ("t.toml", terms)];
        let analyzer = load(&files);
        let corpus = read(&[&analyzer], &planted(800));
        let fit = learned(&analyzer, &corpus, |o| o.keep_written = true);
        assert!(new_weight(&fit, "term:beta") > Some(0.3) && new_weight(&fit, "term:gamma") < Some(-0.3));
        let (_, again) = rewritten(&analyzer, &fit, &files);
        assert_eq!(figures_of(&again, &corpus).auc, fit.in_sample.auc);
    }

    #[test]
    fn a_term_that_is_left_out_is_gone() {
        let empty = empty();
        let first = "schema = 1\n[signal]\nid = \"anger\"\n[fitted.terms]\n\"delta\" = 2.0\n";
        let files = [
            ("e.toml", empty.as_str()),
            ("first.toml", first),
            ("t.toml", TERMS),
        ];
        let analyzer = load(&files);
        let corpus = read(&[&analyzer], &planted(500));
        let fit = learned(&analyzer, &corpus, |o| o.prune = 1.0);
        assert_eq!(new_weight(&fit, "term:delta"), Some(0.0));
        let (_, again) = rewritten(&analyzer, &fit, &files);
        let sources = again.lexicon().sources("anger").expect("there");
        assert!(sources.iter().all(|s| s.id != "term:delta"), "{sources:?}");
    }

    #[test]
    fn the_header_that_holds_is_rewritten() {
        let base = signal("anger", "customer", &[("alpha", "alpha", 2.0)], "")
            .replace("title", "bias = -1.5\ntitle");
        let anew = WRITTEN.replace("bias = -2.0 # rare", "replace = true");
        let files = [("base.toml", base.as_str()), ("anew.toml", anew.as_str())];
        let analyzer = load(&files);
        assert_eq!(
            analyzer.lexicon().signal("anger").expect("there").bias.to_f64(),
            -2.0
        );
        let corpus = read(&[&analyzer], &planted(500));
        let fit = learned(&analyzer, &corpus, |_| ());
        let (_, again) = rewritten(&analyzer, &fit, &files);
        assert_eq!(
            again.lexicon().signal("anger").expect("there").bias.to_f64(),
            fit.bias[1]
        );
    }

    /// Every entry either changes, stays, or was not seen.
    #[test]
    fn entries_are_counted_once() {
        let analyzer = load(&[("w.toml", WRITTEN)]);
        let corpus = read(&[&analyzer], &planted(500));
        let fit = learned(&analyzer, &corpus, |_| ());
        assert_eq!(fit.weights.len() + fit.unchanged + fit.unseen, 3, "{fit:?}");
    }

    /// Labels of the sentiment say that a turn is negative, so do the figures.
    #[test]
    fn the_sentiment_is_measured_as_eval_does() {
        let text = format!(
            "schema = 1\n{}bias = 0.0\n[[entry]]\nid = \"good\"\nphrases = [\"delta\", \"gamma\"]\nweight = 1.0\n[[entry]]\nid = \"bad\"\nphrases = [\"alpha\"]\nweight = -1.0\n",
            header("sentiment", "any")
        );
        let analyzer = load(&[("s.toml", &text)]);
        let rows: Vec<Value> = planted(500)
            .into_iter()
            .map(|row| {
                serde_json::from_str(&row.to_string().replace("\"anger\"", "\"sentiment\"")).expect("JSON")
            })
            .collect();
        let corpus = read(&[&analyzer], &rows);
        let fit = fit(&analyzer, &corpus, "sentiment", &FitOptions::default(), |_| ()).expect("fitted");
        assert!(new_weight(&fit, "bad") < Some(-1.0), "{:?}", fit.weights);
        assert_eq!((fit.bias, fit.shown), ([0.0, 0.0], corpus.count("sentiment").0));
        let f = evaluated(&analyzer, &corpus, &["sentiment"], 0).signals.remove(0);
        assert!(
            near(fit.before.auc, f.auc.expect("both kinds")),
            "{:?} {:?}",
            fit.before,
            f
        );
        let off = fit
            .before
            .calibration_error
            .zip(f.calibration_error)
            .map(|(a, b)| (a - b).abs());
        assert!(off < Some(1e-3), "{:?} {:?}", fit.before, f);
    }

    #[test]
    fn the_sentiments_f1_is_of_negative_turns() {
        let text = format!(
            "schema = 1\n{}bias = 0.0\n[[entry]]\nid = \"bad\"\nphrases = [\"alpha\"]\nweight = -1.0\n",
            header("sentiment", "any")
        );
        let analyzer = load(&[("s.toml", &text)]);
        let rows: Vec<Value> = planted(200)
            .into_iter()
            .map(|row| {
                serde_json::from_str(&row.to_string().replace("\"anger\"", "\"sentiment\"")).expect("JSON")
            })
            .collect();
        let corpus = read(&[&analyzer], &rows);
        let fit = fit(&analyzer, &corpus, "sentiment", &FitOptions::default(), |_| ()).expect("fitted");
        let f = evaluated(&analyzer, &corpus, &["sentiment"], 0).signals.remove(0);
        assert_eq!(
            (fit.before.f1, fit.before.average_precision),
            (f.f1, f.average_precision)
        );
    }
}

mod terms {
    use super::*;

    const BASE: [(&str, &str, f64); 3] = [
        ("livid", "livid", 3.0),
        ("cross", "cross", 1.5),
        ("glad", "glad", -1.0),
    ];

    fn terms(head: &str, terms: &[(&str, f64)]) -> String {
        let mut text = format!("schema = 1\n[signal]\nid = \"anger\"\n[fitted]\n{head}\n[fitted.terms]\n");
        for (phrase, weight) in terms {
            text += &format!("{phrase:?} = {weight:?}\n");
        }
        text
    }

    fn with(files: &[&str]) -> Analyzer {
        let base = signal("anger", "customer", &BASE, "");
        let mut all = vec![("base.toml", base.as_str())];
        all.extend(
            ["1.toml", "2.toml", "3.toml"]
                .into_iter()
                .zip(files.iter().copied()),
        );
        load(&all)
    }

    /// What counts in an utterance: entries with their contributions, in thousandths.
    fn counted(analyzer: &Analyzer, text: &str) -> Vec<(String, i32)> {
        let call = common::call(&[&format!("customer: {text}")]);
        let mut turns = analyzer.score(&call).turns.expect("kept");
        let evidence = turns.remove(0).evidence;
        let mut all: Vec<(String, i32)> = evidence
            .iter()
            .map(|e| (e.entry.to_string(), e.contribution.0))
            .collect();
        all.sort();
        all
    }

    #[test]
    fn a_term_against_the_signal_yields_where_it_fires_by_what_is_written() {
        let learned = [("thank you", -1.5), ("my order", -0.5), ("waiting", 0.7)];
        let yields = with(&[&terms("yields = true", &learned)]);
        let stays = with(&[&terms("", &learned)]);
        type Counted<'a> = &'a [(&'a str, i32)];
        for (text, where_it_yields, where_it_does_not) in [
            (
                "thank you, I am livid",
                &[("livid", 3000)] as Counted,
                &[("livid", 3000), ("term:thank you", -1500)] as Counted,
            ),
            // A term for the signal does not make others yield, nor does what is written against it, nor what is denied.
            (
                "thank you, still waiting",
                &[("term:thank you", -1500), ("term:waiting", 700)],
                &[("term:thank you", -1500), ("term:waiting", 700)],
            ),
            (
                "glad, thank you",
                &[("glad", -1000), ("term:thank you", -1500)],
                &[("glad", -1000), ("term:thank you", -1500)],
            ),
            (
                "not livid. thank you",
                &[("term:thank you", -1500)],
                &[("term:thank you", -1500)],
            ),
            // As much of them counts as leaves the signal firing; a term for the signal adds to what is written.
            (
                "livid, my order, thank you, waiting",
                &[("livid", 3000), ("term:thank you", -1500), ("term:waiting", 700)],
                &[
                    ("livid", 3000),
                    ("term:my order", -500),
                    ("term:thank you", -1500),
                    ("term:waiting", 700),
                ],
            ),
        ] {
            for (analyzer, want) in [(&yields, where_it_yields), (&stays, where_it_does_not)] {
                let got = counted(analyzer, text);
                let got: Vec<(&str, i32)> = got.iter().map(|(e, c)| (e.as_str(), *c)).collect();
                assert_eq!(got, want, "{text}");
            }
        }
    }

    #[test]
    fn explain_says_what_yields() {
        let analyzer = with(&[&terms("yields = true", &[("thank you", -1.5)])]);
        for (text, want) in [
            ("thank you, I am livid", Status::Yielded),
            ("thank you, I am fine", Status::Counted),
        ] {
            let explained = analyzer.explain(text, Some(Role::Customer));
            let hit = explained
                .hits
                .iter()
                .find(|h| &*h.evidence.entry == "term:thank you")
                .expect(text);
            assert_eq!(hit.status, want, "{text}");
        }
        let explained = analyzer.explain("thank you, I am livid", Some(Role::Customer));
        assert_eq!(explained.scores[0].score, Score::logistic(1000));
        let json = serde_json::to_value(&explained.hits).expect("JSON");
        assert_eq!(json[0]["status"], "yielded");
    }

    #[test]
    fn the_last_file_wins_and_nought_switches_off() {
        let first = terms("yields = true", &[("thank you", -1.5), ("waiting", 0.7)]);
        for (what, later, text, want) in [
            (
                "another weight",
                terms("", &[("waiting", 1.1)]),
                "waiting",
                vec![("term:waiting", 1100)],
            ),
            ("nought", terms("", &[("waiting", 0.0)]), "waiting", vec![]),
            (
                "others stay",
                terms("", &[("waiting", 0.0)]),
                "thank you",
                vec![("term:thank you", -1500)],
            ),
            (
                "its file's yields",
                terms("", &[("thank you", -1.0)]),
                "livid thank you",
                vec![("livid", 3000), ("term:thank you", -1000)],
            ),
        ] {
            let got = counted(&with(&[&first, &later]), text);
            let got: Vec<(&str, i32)> = got.iter().map(|(e, c)| (e.as_str(), *c)).collect();
            assert_eq!(got, want, "{what}");
        }
        // On again.
        let on = with(&[
            &first,
            &terms("", &[("waiting", 0.0)]),
            &terms("", &[("waiting", 0.4)]),
        ]);
        assert_eq!(counted(&on, "waiting"), [("term:waiting".to_owned(), 400)]);
    }

    #[test]
    fn terms_cover_nothing_and_may_ignore_modifiers() {
        let learned = [("livid with", 0.3), ("with you", 0.2), ("livid", 0.1)];
        let got = counted(&with(&[&terms("", &learned)]), "livid with you");
        let want = [
            ("livid", 3000),
            ("term:livid", 100),
            ("term:livid with", 300),
            ("term:with you", 200),
        ];
        assert_eq!(got, want.map(|(e, c)| (e.to_owned(), c)));
        assert_eq!(counted(&with(&[&terms("", &learned)]), "not livid with"), []);
        let deaf = with(&[&terms("ignore = [\"negation\"]", &learned)]);
        let want = [("term:livid", 100), ("term:livid with", 300)];
        assert_eq!(
            counted(&deaf, "not livid with"),
            want.map(|(e, c)| (e.to_owned(), c))
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn evidence_adds_up_with_terms_in_play(
            weights in prop::collection::vec(-3000i32..3000, 6),
            yields in any::<bool>(),
            words in prop::collection::vec(prop::sample::select(vec![
                "livid", "cross", "glad", "not", "thank", "you", "waiting", "um", "really", "my", "order", ".", "can't", "you you",
            ]), 0..16),
        ) {
            let phrases = ["thank you", "waiting", "my order", "not", "livid", "you"];
            let learned: Vec<(&str, f64)> = phrases.into_iter().zip(weights.iter().map(|w| f64::from(*w) / 1000.0)).collect();
            let head = if yields { "yields = true" } else { "" };
            let analyzer = with(&[&terms(head, &learned)]);
            let call = common::call(&[&format!("customer: {}", words.join(" "))]);
            let report = common::send_every_way(&analyzer, &call);
            let turn = &report.turns.expect("kept")[0];
            let written: Vec<i64> = turn
                .evidence
                .iter()
                .filter(|e| !e.entry.starts_with("term:"))
                .map(|e| i64::from(e.contribution.0))
                .collect();
            let fires_alone = !written.is_empty() && written.iter().sum::<i64>() >= 2000;
            let sum: i64 = turn.evidence.iter().map(|e| i64::from(e.contribution.0)).sum();
            match turn.scores.first() {
                Some((_, score)) => prop_assert_eq!(*score, Score::logistic(sum - 2000)),
                None => prop_assert!(turn.evidence.is_empty()),
            }
            prop_assert_eq!(turn.fired("anger"), !turn.evidence.is_empty() && Score::logistic(sum - 2000) >= Score(5000));
            for e in &turn.evidence {
                prop_assert_ne!(e.contribution.0, 0);
                let is_term_against = e.entry.starts_with("term:") && e.contribution.0 < 0;
                prop_assert!(!(yields && fires_alone && is_term_against) || turn.fired("anger"), "{:?}", turn.evidence);
            }
        }
    }
}
