//! The arguments of `hackles summary`.

use std::path::PathBuf;

use clap::ValueEnum;

const HELP: &str = "\
Reports are what `hackles score --to jsonl` or `--to json` wrote. In folders all *.jsonl, *.ndjson and *.json are read.

A FIELD is a key of `meta`; a dot leads into an object, as in customer.tier. day, week, month and hour are taken from meta.started_at (RFC 3339, as its own clock showed) where meta has no such key. Calls without the field are the group (none).

A mean is of the calls in which the figure was measured; where these are fewer than the calls, their number stands behind it: (7). A score is marked ▼ or ▲ where it differs from that of all other calls by more than three standard errors, with at least ten calls on each side.

JSON is one object; figures to the ten-thousandth, null if not measured:
  by, inputs             the fields; how many reports were read, how much was left_out
  total                  all calls
  groups[]               each group in order, with group: {FIELD: value, or null for (none)}
  small                  the groups below --min-calls as one, with min_calls and groups, their
                         number; or null
Keys of each of these:
  calls, turns           how many; turns: total, mean, n
  score                  mean, deviation (standard), n
  anger.angry            count and share of calls whose peak reaches the level `from`, of n
  anger.start, mean,     mean level, n
    peak, end
  anger.courses          calls in which anger is rising, falling, flat
  sentiment              agent, customer: mean, n
  interruptions.by_agent count, per_100_calls, n
  silence                share of the time of turns, silences and holds together; total_ms, n
  signals.ID             turns in which it fired, per_100_calls; calls in which it fired,
                         calls_share; n
  practices.ID           met, missed, no_opportunity: calls; met_rate: of those met or missed
  worst[], best[]        id, score, anger_peak, group; no call is in both
CSV has a row a group and a column a figure: score.mean, signal.refusal.per_100_calls, practice.use_name.met …

Examples:
  hackles score calls/ --to jsonl | hackles summary        how the calls are on the whole
  hackles summary scored.jsonl --by agent --min-calls 20   agents, the lowest score first
  hackles summary scored/ --by team,week --out teams.csv   for a spreadsheet
  hackles summary scored.jsonl --by customer.tier --top 10

Exit status: 0 done, 1 some lines were left out (each is named on standard error), 2 usage or no report read.";

/// `hackles summary`
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Summary {
    /// Reports: files, folders, or - for standard input, which is also read if none is given
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Group calls by a field of their meta; any number, also with commas
    #[arg(long, value_name = "FIELD", value_delimiter = ',', value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) by: Vec<String>,
    /// How the summary is written [default: by the ending of --out, else text]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<To>,
    /// Write to this file, which appears when it is complete
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    /// How many of the worst and of the best calls are named
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) top: usize,
    /// Do not rank groups of fewer calls: they are put together
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) min_calls: u64,
    /// The order of groups [default: name by day, week, month or hour, else score]
    #[arg(long, value_name = "ORDER")]
    pub(crate) sort: Option<Sort>,
}

/// How a summary is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum To {
    /// For people
    Text,
    /// One object
    Json,
    /// One group a row
    Csv,
}

/// How groups are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    /// The lowest mean score first
    Score,
    /// By their names
    Name,
}
