//! `hackles explain`: why a text scores what it scores.

use std::fmt::Write as _;

use hackles::explain::{ExplainedHit, Explanation, Status};
use hackles::fixed::Milli;
use hackles::{Analyzer, Role};
use serde_json::json;

use crate::args::Explain;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::render::plain;
use crate::style::{self, BOLD, DIM, paint};

/// Runs the command.
pub(crate) fn run(args: &Explain) -> Result<Outcome, Failure> {
    let analyzer = crate::layers::analyzer(&args.reading, true)?;
    let roles = args
        .speaker
        .map_or_else(|| vec![Role::Agent, Role::Customer], |s| vec![s.role()]);
    let mut output = Output::open(None, !args.json)?;
    for (number, role) in roles.into_iter().enumerate() {
        let explanation = analyzer.explain(&args.text, Some(role));
        let text = if args.json {
            let mut object = json!({ "speaker": role });
            let more = serde_json::to_value(&explanation).map_err(Failure::of_usage)?;
            if let (Some(object), serde_json::Value::Object(more)) = (object.as_object_mut(), more) {
                object.extend(more);
            }
            format!("{object}\n")
        } else {
            let gap = if number > 0 { "\n" } else { "" };
            format!("{gap}{}", shown(&analyzer, role, &explanation))
        };
        output.write(text.as_bytes())?;
    }
    output.finish()?;
    Ok(Outcome::Done)
}

fn shown(analyzer: &Analyzer, role: Role, explanation: &Explanation) -> String {
    let mut out = format!("{}\n\n", paint(BOLD, &format!("Said by the {}", role.as_str())));
    let tokens = explanation.tokens.iter().map(|t| {
        let text = plain(&t.text);
        let text = if t.known { text } else { paint(DIM, &text) };
        if t.flags.is_empty() {
            text
        } else {
            format!("{text}{}", paint(DIM, &format!("[{}]", t.flags.join(" "))))
        }
    });
    let _ = writeln!(
        out,
        "{}  {}",
        paint(DIM, "tokens"),
        tokens.collect::<Vec<_>>().join(" ")
    );
    if explanation.hits.is_empty() {
        out.push_str("\nNo phrase of the lexicon is in it.\n");
    }
    for score in &explanation.scores {
        let signal = analyzer.lexicon().signal(&score.signal);
        let severity = signal
            .as_ref()
            .map_or(hackles::signal::Severity::Info, |s| s.severity);
        let verdict = match (&*score.signal, score.fired) {
            (crate::SENTIMENT, _) => "",
            (_, true) => " fires",
            (_, false) => " does not fire",
        };
        let head = format!(
            "{} {} {}{verdict}",
            style::mark(severity),
            score.signal,
            style::short(score.score.to_f64())
        );
        let _ = writeln!(out, "\n{}", paint(style::of(severity), &head));
        hits(
            &mut out,
            explanation
                .hits
                .iter()
                .filter(|h| h.evidence.signal == score.signal),
        );
        let counted = explanation
            .hits
            .iter()
            .filter(|h| h.evidence.signal == score.signal && h.status == Status::Counted);
        let sum: Vec<String> = counted.map(|h| signed(h.evidence.contribution)).collect();
        let sum = format!(
            "bias {} {} = {}",
            number(score.bias),
            sum.join(" "),
            number(score.logit)
        );
        let _ = writeln!(
            out,
            "    {sum} → {}",
            format!("{}", score.score.to_f64()).replace('-', "−")
        );
    }
    let summed = |h: &&ExplainedHit| explanation.scores.iter().any(|s| s.signal == h.evidence.signal);
    let mut others = explanation.hits.iter().filter(|h| !summed(h)).peekable();
    if others.peek().is_some() {
        let _ = writeln!(out, "\n{}", paint(BOLD, "Found, but it does not count"));
        hits(&mut out, others);
    }
    if !explanation.near_misses.is_empty() {
        let _ = writeln!(out, "\n{}", paint(BOLD, "Nearly said"));
    }
    for miss in &explanation.near_misses {
        let why = format!(
            "\"{}\" for \"{}\": {}",
            plain(&miss.quote),
            miss.phrase,
            miss.short_of
        );
        let _ = writeln!(out, "    {}/{}  {}", miss.signal, miss.entry, paint(DIM, &why));
    }
    out
}

fn hits<'a>(out: &mut String, hits: impl Iterator<Item = &'a ExplainedHit>) {
    for hit in hits {
        let e = &hit.evidence;
        let mut product = number(e.weight);
        for m in &e.modifiers {
            let _ = write!(product, " × {} {}", m.modifier, number(m.factor));
        }
        let what = e
            .quote
            .as_deref()
            .map_or_else(String::new, |q| format!(" \"{}\"", plain(q)));
        let line = format!("{}{what}  {product} = {}", e.entry, number(e.contribution));
        let note = hit.evidence.hint.as_deref().or(hit.note.as_deref());
        let note = note.map_or_else(String::new, |n| format!(" ({n})"));
        let _ = match status(&hit.status) {
            None => writeln!(out, "    {line}{}", paint(DIM, &note)),
            Some(why) => writeln!(
                out,
                "    {}",
                paint(DIM, &format!("{line}  does not count: {why}{note}"))
            ),
        };
    }
}

/// Why a hit does not count, if it does not.
fn status(status: &Status) -> Option<String> {
    match status {
        Status::Counted => None,
        Status::Covered => Some("a stronger hit stands over its words".into()),
        Status::Repeated => Some("a stronger occurrence of the entry counts".into()),
        Status::Yielded => Some("it would silence what written entries make fire".into()),
        Status::Neutral => Some("its modifiers leave nothing of it".into()),
        Status::Cancelled(reason) => Some(plain(reason)),
        _ => Some("it has no part in the sum".into()),
    }
}

fn number(x: Milli) -> String {
    format!("{}", x.to_f64()).replace('-', "−")
}

fn signed(x: Milli) -> String {
    let sign = if x.0 < 0 { '−' } else { '+' };
    format!("{sign} {}", x.to_f64().abs())
}
