//! `cargo xtask bench`: Hackles beside its peers, in one run.

use std::process::Command;

use hackles::{Analyzer, Lexicon, Options, Role, Turn};
use serde_json::{Map, Value, json};

use crate::clock::{Case, in_turn, median, spent};
use crate::corpus::{calls, utterances};
use crate::peers::{Texts, searches, vaders};
use crate::python::Told;
use crate::steady::{Push, Steady};
use crate::table::{markdown, time};
use crate::{Asked, literals, machine, python, sessions, threads, worst};

/// What sets the measure.
const BASELINE: &str = "aho-corasick DFA, counting only";
const SIMD: &str = "Hackles, matching the same literals";
const PORTABLE: &str = "… without vector instructions";
const BUILT_IN: &str = "Hackles, matching the built-in lexicons";
const WHOLE: &str = "Hackles, a push that closes its utterance";
const OPENING: &str = "… that leaves it open";

pub(crate) fn run(asked: &Asked) -> Result<(), String> {
    let usual = |quick, usual| if asked.quick { quick } else { usual };
    let rounds = asked.rounds.unwrap_or(usual(2, 15));
    let most = asked.most.unwrap_or(usual(8, 256));
    let live = sessions_apart(asked.sessions.unwrap_or(usual(2000, sessions::USUAL)))?;

    let lexicon = Lexicon::builtin();
    let literals = literals::of(&lexicon, most);
    let utterances = utterances();
    let (mut built, mut compiled) = (Vec::new(), Vec::new());
    for _ in 0..rounds.min(3) {
        built.push(spent(|| literals::automaton(&literals)).0);
        let copy = lexicon.clone();
        compiled.push(spent(|| Analyzer::new(copy)).0);
    }
    let (built, compiled) = (median(built), median(compiled));
    let analyzer = Analyzer::new(lexicon).map_err(|e| e.to_string())?;
    let load = load_ns(&analyzer, rounds);

    let baseline = literals::automaton(&literals).map_err(|e| e.to_string())?;
    let of_literals = Analyzer::new(literals::lexicon(&literals)).map_err(|e| e.to_string())?;
    let agreement = literals::compare(&baseline, &mut of_literals.probe(), &utterances)?;
    let lower: Vec<String> = utterances.iter().map(|t| t.text.to_lowercase()).collect();
    let texts = Texts {
        utterances: &utterances,
        lower: &lower,
    };

    let mut cases = vec![
        Case::whole(BASELINE, || {
            lower
                .iter()
                .map(|t| baseline.find_overlapping_iter(t).count())
                .sum::<usize>()
        }),
        matching(SIMD, &of_literals, &utterances, false),
        matching(PORTABLE, &of_literals, &utterances, true),
        matching(BUILT_IN, &analyzer, &utterances, false),
        pushing(WHOLE, &analyzer, Options::default(), &utterances, Push::Whole),
        pushing(OPENING, &analyzer, Options::default(), &utterances, Push::Opening),
        pushing(
            "… that closes an open one",
            &analyzer,
            Options::default(),
            &utterances,
            Push::Closing,
        ),
        pushing(
            "… that closes, all evidence retained",
            &analyzer,
            Options::default().full(),
            &utterances,
            Push::Whole,
        ),
    ];
    cases.extend(searches(&literals, &baseline, &texts)?);
    let vader_cases = vaders(&texts);
    let rust_vaders: Vec<&str> = vader_cases.iter().map(|case| case.name).collect();
    cases.extend(vader_cases);
    let names: Vec<&str> = cases.iter().map(|case| case.name).collect();
    let count = utterances.len() as f64;
    let medians = in_turn(&mut cases, rounds).into_iter().map(|ns| ns / count);
    let mut ns: Vec<(String, f64)> = names.iter().map(|&name| name.to_owned()).zip(medians).collect();
    drop(cases);
    drop(baseline);

    let told = if asked.python && !asked.quick {
        python::measure(&utterances, &literals, rounds.min(7))
    } else {
        Told::default()
    };
    ns.extend(told.ns.iter().map(|(name, ns)| (format!("{name} (Python)"), *ns)));
    let calls = calls();
    let threads2 = threads::two_over_one(&analyzer, &calls, rounds)?;
    let worst = worst::measure(&analyzer, rounds.min(3));

    let of = |name: &str| ns.iter().find(|(n, _)| n == name).map(|(_, ns)| *ns);
    let ratio = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| a / b);
    let base = of(BASELINE);
    let share = |name| ratio(of(name), base);
    let chunk = share(WHOLE).zip(share(OPENING)).map(|(a, b)| a.max(b));
    let rust_vader = rust_vaders
        .iter()
        .filter_map(|&name| of(name))
        .min_by(f64::total_cmp);
    let figures = json!({
        "match_simd_x": rounded(ratio(base, of(SIMD))),
        "match_portable_x": rounded(ratio(base, of(PORTABLE))),
        "match_builtin_x": rounded(ratio(base, of(BUILT_IN))),
        "chunk_share": rounded(chunk),
        "chunk_share_closing": rounded(share(WHOLE)),
        "chunk_share_open": rounded(share(OPENING)),
        "p99_over_p50": rounded(ratio(live["p99_ns"].as_f64(), live["p50_ns"].as_f64())),
        "bytes_per_session": live["bytes_per_session"],
        "rust_vader_x": rounded(ratio(rust_vader, of(WHOLE))),
        "python_vader_x": rounded(ratio(of("vaderSentiment (Python)"), of(WHOLE))),
        "threads2_x": rounded(Some(threads2)),
        "compile_share": rounded(Some(compiled / built)),
        "load_ms": rounded(load.map(|ns| ns / 1e6)),
        "patterns": literals.len(),
        "utterances": utterances.len(),
        "baseline_ns": rounded(base),
        "checked": true,
    });

    println!("{}\n", machine::name());
    println!(
        "{} literals, {} utterances of 72 to 88 bytes; counts agree in {} of them ({} phrases found), {} left out\n",
        literals.len(),
        utterances.len(),
        agreement.utterances,
        agreement.found,
        agreement.left_out,
    );
    let row = |(name, ns): &(String, f64)| {
        vec![
            name.clone(),
            time(*ns),
            format!("{:.2}", ns / base.unwrap_or(1.0)),
        ]
    };
    println!(
        "{}",
        markdown(
            &["an utterance", "median", "share of the first"],
            &ns.iter().map(row).collect::<Vec<_>>()
        )
    );
    for (name, why) in &told.missing {
        println!("{name} is left out: {why}\n");
    }
    let row = |(name, value): (&String, &Value)| vec![format!("`{name}`"), value.to_string()];
    let rows: Vec<_> = figures.as_object().into_iter().flatten().map(row).collect();
    println!("{}", markdown(&["figure", "value"], &rows));
    let sessions = format!(
        "among {} sessions ({} bytes by their own count)",
        live["sessions"], live["state_bytes"]
    );
    println!(
        "A push {sessions}: p50 {} ns, p99 {} ns, p99.9 {} ns",
        live["p50_ns"], live["p99_ns"], live["p999_ns"]
    );
    println!(
        "The baseline is built in {}, the built-in lexicons compile in {}\n",
        time(built),
        time(compiled)
    );
    let rows = worst.iter().map(|w| {
        vec![
            w.name.to_owned(),
            format!("{:.0}", w.ns_a_byte),
            format!("{:.2}", w.doubled),
        ]
    });
    println!(
        "{}",
        markdown(
            &["64 KB of", "ns a byte", "over 32 KB, in time"],
            &rows.collect::<Vec<_>>()
        )
    );

    if let Some(file) = &asked.json {
        let mut all: Map<String, Value> = figures.as_object().cloned().unwrap_or_default();
        all.insert("machine".into(), json!(machine::name()));
        let each = ns.into_iter().map(|(name, ns)| (name, rounded(Some(ns))));
        all.insert("ns".into(), each.collect());
        all.insert("live".into(), live);
        all.insert(
            "worst".into(),
            worst
                .iter()
                .map(|w| (w.name.to_owned(), json!(w.doubled)))
                .collect(),
        );
        all.insert("missing".into(), json!(told.missing));
        let text = serde_json::to_string_pretty(&all).map_err(|e| e.to_string())?;
        std::fs::write(file, text + "\n").map_err(|e| format!("{file}: {e}"))?;
    }
    Ok(())
}

/// Three digits are more than a ratio holds.
fn rounded(figure: Option<f64>) -> Value {
    figure.map_or(Value::Null, |x| {
        let scale = 10f64.powi(2 - x.abs().max(1e-9).log10().floor() as i32);
        json!((x * scale).round() / scale)
    })
}

/// Live sessions in a process of their own: nothing else has used its memory.
fn sessions_apart(sessions: usize) -> Result<Value, String> {
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let done = Command::new(program)
        .args(["sessions", "--sessions", &sessions.to_string()])
        .output();
    let done = done.map_err(|e| e.to_string())?;
    serde_json::from_slice(&done.stdout).map_err(|e| format!("sessions: {e}"))
}

fn matching<'a>(name: &'static str, analyzer: &Analyzer, utterances: &'a [Turn], portable: bool) -> Case<'a> {
    let mut probe = analyzer.probe();
    Case::new(name, move || {
        portable_only(portable);
        let time = spent(|| {
            utterances
                .iter()
                .map(|t| probe.count(Role::of_id(&t.speaker), &t.text))
                .sum::<usize>()
        })
        .0;
        portable_only(false);
        time
    })
}

fn pushing<'a>(
    name: &'static str,
    analyzer: &'a Analyzer,
    options: Options,
    utterances: &'a [Turn],
    push: Push,
) -> Case<'a> {
    let mut steady = Steady::new(analyzer, options, utterances);
    Case::new(name, move || steady.pass(push))
}

/// Keeps the engine from using vector instructions. It has none yet: both figures are of the same path.
fn portable_only(_only: bool) {}

/// What reading a compiled analyzer takes. It cannot be saved yet: there is nothing to read.
fn load_ns(_analyzer: &Analyzer, _rounds: usize) -> Option<f64> {
    None
}
