//! The figures of a run: as tables, and as JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::literals::Agreement;
use crate::machine;
use crate::table::{markdown, time};
use crate::worst::Worst;

/// What sets the measure.
pub(crate) const BASELINE: &str = "aho-corasick DFA, counting only";
pub(crate) const SIMD: &str = "Hackles, matching the same literals";
pub(crate) const PORTABLE: &str = "… without vector instructions";
pub(crate) const BUILT_IN: &str = "Hackles, matching the built-in lexicons";
pub(crate) const WHOLE: &str = "Hackles, a push that closes its utterance";
pub(crate) const OPENING: &str = "… that leaves it open";

/// The figures of a run. Times are nanoseconds.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) patterns: usize,
    pub(crate) few_patterns: usize,
    pub(crate) utterances: usize,
    pub(crate) agreement: Agreement,
    /// An utterance, by contender.
    pub(crate) ns: Vec<(String, f64)>,
    pub(crate) built: f64,
    pub(crate) compiled: f64,
    pub(crate) load: Option<f64>,
    pub(crate) live: Value,
    pub(crate) threads2: f64,
    pub(crate) worst: Vec<Worst>,
    pub(crate) missing: BTreeMap<String, String>,
}

impl Figures {
    fn of(&self, name: &str) -> Option<f64> {
        self.ns.iter().find(|(n, _)| n == name).map(|(_, ns)| *ns)
    }

    /// The ratios that `benches/README.md` defines.
    fn ratios(&self) -> Map<String, Value> {
        let ratio = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| a / b);
        let base = self.of(BASELINE);
        let faster = |name| ratio(base, self.of(name));
        let (closing, open) = (ratio(self.of(WHOLE), base), ratio(self.of(OPENING), base));
        let rust = self.ns.iter().filter(|(name, _)| name.ends_with("(Rust)"));
        let rust = rust.map(|(_, ns)| *ns).min_by(f64::total_cmp);
        let figures = json!({
            "match_simd_x": rounded(faster(SIMD)),
            "match_portable_x": rounded(faster(PORTABLE)),
            "match_builtin_x": rounded(faster(BUILT_IN)),
            "chunk_share": rounded(closing.zip(open).map(|(a, b)| a.max(b))),
            "chunk_share_closing": rounded(closing),
            "chunk_share_open": rounded(open),
            "p99_over_p50": rounded(ratio(self.live["p99_ns"].as_f64(), self.live["p50_ns"].as_f64())),
            "bytes_per_session": self.live["bytes_per_session"],
            "rust_vader_x": rounded(ratio(rust, self.of(WHOLE))),
            "python_vader_x": rounded(ratio(self.of("vaderSentiment (Python)"), self.of(WHOLE))),
            "threads2_x": rounded(Some(self.threads2)),
            "compile_share": rounded(Some(self.compiled / self.built)),
            "load_ms": rounded(self.load.map(|ns| ns / 1e6)),
            "patterns": self.patterns,
            "utterances": self.utterances,
            "baseline_ns": rounded(base),
            // A run in which counts differ ends before it has figures.
            "checked": true,
        });
        figures.as_object().cloned().unwrap_or_default()
    }

    /// All figures as a JSON object.
    pub(crate) fn json(&self) -> String {
        let mut all = self.ratios();
        let ns = self
            .ns
            .iter()
            .map(|(name, ns)| (name.clone(), rounded(Some(*ns))));
        let worst = self
            .worst
            .iter()
            .map(|w| (w.name.to_owned(), rounded(Some(w.doubled))));
        all.insert("machine".into(), json!(machine::name()));
        all.insert("ns".into(), ns.collect());
        all.insert("live".into(), self.live.clone());
        all.insert("doubled".into(), worst.collect());
        all.insert("missing".into(), json!(self.missing));
        format!("{:#}\n", Value::Object(all))
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (agreement, live) = (self.agreement, &self.live);
        writeln!(f, "{}\n", machine::name())?;
        writeln!(
            f,
            "{} literals (of phrases with at most 8 forms: {}), {} utterances of 72 to 88 bytes. Counts agree: {} phrases in {} \
             utterances, {} left out.\n",
            self.patterns,
            self.few_patterns,
            self.utterances,
            agreement.found,
            agreement.utterances,
            agreement.left_out,
        )?;
        let base = self.of(BASELINE).unwrap_or(f64::NAN);
        let row = |(name, ns): &(String, f64)| vec![name.clone(), time(*ns), format!("{:.2}", ns / base)];
        let rows: Vec<_> = self.ns.iter().map(row).collect();
        writeln!(
            f,
            "{}",
            markdown(&["an utterance", "median", "to the first"], &rows)
        )?;
        for (name, why) in &self.missing {
            writeln!(f, "{name} is left out: {why}\n")?;
        }
        let ratios = self.ratios();
        let rows: Vec<_> = ratios
            .iter()
            .map(|(name, x)| vec![format!("`{name}`"), x.to_string()])
            .collect();
        writeln!(f, "{}", markdown(&["figure", "value"], &rows))?;
        let [p50, p99, p999] =
            ["p50_ns", "p99_ns", "p999_ns"].map(|p| time(live[p].as_f64().unwrap_or(f64::NAN)));
        writeln!(
            f,
            "Among {} sessions (of {} bytes by their own count) a push takes {p50} (p50), {p99} (p99), {p999} (p99.9).",
            live["sessions"], live["state_bytes"],
        )?;
        let (built, compiled) = (time(self.built), time(self.compiled));
        writeln!(
            f,
            "The first is built in {built}, the built-in lexicons compile in {compiled}.\n"
        )?;
        let row = |w: &Worst| {
            vec![
                w.name.to_owned(),
                format!("{:.0} ns", w.ns_a_byte),
                format!("{:.2}", w.doubled),
            ]
        };
        let rows: Vec<_> = self.worst.iter().map(row).collect();
        write!(
            f,
            "{}",
            markdown(&["64 KB of", "a byte", "time to that of 32 KB"], &rows)
        )
    }
}

/// Three digits are more than a ratio holds.
fn rounded(figure: Option<f64>) -> Value {
    figure.map_or(Value::Null, |x| {
        let scale = 10f64.powi(2 - x.abs().max(1e-9).log10().floor() as i32);
        json!((x * scale).round() / scale)
    })
}
