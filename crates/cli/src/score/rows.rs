//! Reports as CSV: a row a turn, or a row a call.

use hackles::CallReport;
use hackles::report::{PracticeState, TurnReport};

use crate::args::Rows;

const TURN_HEADER: &str = "call_id,index,speaker,start_ms,end_ms,sentiment,signals,scores\n";
const CALL_HEADER: &str = "call_id,turns,score,anger_mean,anger_peak,anger_start,anger_end,anger_trend,sentiment_agent,\
    sentiment_customer,interruptions_by_agent,interruptions_by_customer,silence_ms,signals,met,missed,meta\n";

/// The first row.
pub(super) fn header(rows: Rows) -> &'static str {
    match rows {
        Rows::Turn => TURN_HEADER,
        Rows::Call => CALL_HEADER,
    }
}

/// Writes the rows of a call.
pub(super) fn write(report: &CallReport, rows: Rows, out: &mut Vec<u8>) -> Result<(), csv::Error> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(out);
    match rows {
        Rows::Turn => {
            for row in report.turns.iter().flatten() {
                writer.write_record(turn(report, row))?;
            }
        }
        Rows::Call => writer.write_record(call(report))?,
    }
    Ok(writer.flush()?)
}

fn turn(report: &CallReport, turn: &TurnReport) -> [String; 8] {
    let scores = turn
        .scores
        .iter()
        .map(|(s, score)| format!("{s}={}", score.to_f64()));
    [
        report.id.clone().unwrap_or_default(),
        turn.index.to_string(),
        turn.speaker.as_deref().unwrap_or_default().to_owned(),
        known(turn.start_ms),
        known(turn.end_ms),
        turn.sentiment.to_f64().to_string(),
        turn.signals.join(";"),
        scores.collect::<Vec<_>>().join(";"),
    ]
}

fn call(report: &CallReport) -> [String; 17] {
    let call = &report.call;
    let score = |score: Option<hackles::fixed::Score>| known(score.map(|s| s.to_f64()));
    let sentiment = |who: &str| score(call.sentiment.get(who).map(|s| s.overall));
    let anger = &call.anger;
    let signals = call
        .signals
        .iter()
        .map(|(id, figure)| format!("{id}={}", figure.count));
    let practices = |state| {
        let of_state = call.practices.iter().filter(|p| p.state == state);
        of_state.map(|p| &*p.id).collect::<Vec<_>>().join(";")
    };
    let meta = report
        .meta
        .as_ref()
        .and_then(|meta| serde_json::to_string(meta).ok());
    [
        report.id.clone().unwrap_or_default(),
        call.turns.to_string(),
        score(call.score.value),
        score(anger.mean),
        score(anger.peak),
        score(anger.start),
        score(anger.end),
        anger.trend.map_or_else(String::new, |t| t.as_str().to_owned()),
        sentiment("agent"),
        sentiment("customer"),
        known(call.interruptions.by_agent),
        known(call.interruptions.by_customer),
        known(call.talk.silence.map(|s| s.total_ms)),
        signals.collect::<Vec<_>>().join(";"),
        practices(PracticeState::Met),
        practices(PracticeState::Missed),
        meta.unwrap_or_default(),
    ]
}

/// A value as a cell; one that is not known is empty.
fn known(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}
