//! A summary as one JSON object, whose keys the help names.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Summary;
use super::fields::Key;
use super::figures::{Count, Figures, Mean, Named, share};
use crate::failure::Failure;

/// Writes the object.
pub(super) fn json(summary: &Summary) -> Result<Vec<u8>, Failure> {
    let group = |(key, figures): &(Key, Figures)| {
        let mut object = Map::new();
        object.insert("group".into(), filed(summary, key));
        object.extend(figures_of(summary, figures));
        Value::Object(object)
    };
    let small = summary.small.as_ref().map(|small| {
        let mut object = Map::new();
        object.insert("min_calls".into(), small.min_calls.into());
        object.insert("groups".into(), small.groups.into());
        object.extend(figures_of(summary, &small.figures));
        object
    });
    let whole = Whole {
        by: &summary.by,
        inputs: Inputs {
            reports: summary.total.calls,
            left_out: summary.left_out,
        },
        total: figures_of(summary, &summary.total),
        groups: summary.groups.iter().map(group).collect(),
        small,
    };
    let mut bytes = serde_json::to_vec_pretty(&whole).map_err(Failure::of_usage)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[derive(Serialize)]
struct Whole<'a> {
    by: &'a [String],
    inputs: Inputs,
    total: Map<String, Value>,
    groups: Vec<Value>,
    small: Option<Map<String, Value>>,
}

#[derive(Serialize)]
struct Inputs {
    reports: u64,
    left_out: u64,
}

/// What a group is filed under.
fn filed(summary: &Summary, key: &Key) -> Value {
    let fields = summary.by.iter().zip(key);
    Value::Object(
        fields
            .map(|(field, value)| (field.clone(), json!(value)))
            .collect(),
    )
}

/// A figure to the ten-thousandth, as those it is made of.
pub(super) fn rounded(x: Option<f64>) -> Option<f64> {
    x.map(|x| (x * 10_000.0).round() / 10_000.0)
}

fn mean(mean: &Mean) -> Value {
    json!({"mean": rounded(mean.mean()), "n": mean.n})
}

fn by_100(count: &Count) -> Value {
    json!({"count": (count.n > 0).then_some(count.count), "per_100_calls": rounded(count.per_100()), "n": count.n})
}

fn figures_of(summary: &Summary, f: &Figures) -> Map<String, Value> {
    let signals = f.signals().map(|(id, fired)| {
        let (_, n) = f.signal(id);
        let figure = json!({
            "turns": fired.turns,
            "per_100_calls": rounded(share(fired.turns, n).map(|x| x * 100.0)),
            "calls": fired.calls,
            "calls_share": rounded(share(fired.calls, n)),
            "n": n,
        });
        (id.to_owned(), figure)
    });
    let practices = f.practices.iter().map(|(id, p)| {
        let figure = json!({
            "met": p.met,
            "missed": p.missed,
            "no_opportunity": p.no_opportunity,
            "met_rate": rounded(p.rate()),
        });
        (id.to_string(), figure)
    });
    let angry = &f.angry;
    let pairs = [
        ("calls", json!(f.calls)),
        (
            "turns",
            json!({"total": f.turns.count, "mean": rounded(f.turns.by_call()), "n": f.turns.n}),
        ),
        (
            "score",
            json!({"mean": rounded(f.score.mean()), "deviation": rounded(f.score.deviation()), "n": f.score.n}),
        ),
        (
            "anger",
            json!({
                "angry": {
                    "count": (angry.n > 0).then_some(angry.count),
                    "share": rounded(angry.by_call()),
                    "n": angry.n,
                    "from": summary.rules.angry,
                },
                "start": mean(&f.start),
                "mean": mean(&f.mean),
                "peak": mean(&f.peak),
                "end": mean(&f.end),
                "courses": {"rising": f.courses.rising, "falling": f.courses.falling, "flat": f.courses.flat},
            }),
        ),
        (
            "sentiment",
            json!({"agent": mean(&f.agent), "customer": mean(&f.customer)}),
        ),
        ("interruptions", json!({"by_agent": by_100(&f.interruptions)})),
        (
            "silence",
            json!({
                "share": rounded(f.silence_share()),
                "total_ms": (f.silence_ms.n > 0).then_some(f.silence_ms.count),
                "n": f.silence_ms.n,
            }),
        ),
        ("signals", Value::Object(signals.collect())),
        ("practices", Value::Object(practices.collect())),
        ("worst", named(summary, f.worst())),
        ("best", named(summary, f.best())),
    ];
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn named(summary: &Summary, calls: &[Named]) -> Value {
    let one = |call: &Named| {
        let mut object = Map::new();
        object.insert("id".into(), call.id.clone().into());
        object.insert("score".into(), json!(call.score()));
        object.insert("anger_peak".into(), json!(call.peak()));
        if !summary.by.is_empty() {
            object.insert("group".into(), filed(summary, &summary.keys[call.group]));
        }
        Value::Object(object)
    };
    calls.iter().map(one).collect()
}
