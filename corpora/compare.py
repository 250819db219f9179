#!/usr/bin/env python3
"""Prints a Markdown table of how well Hackles, VADER and AFINN tell rows apart.

  python3 corpora/compare.py                   on utterances.test.jsonl, beside this file
  python3 corpora/compare.py --data FOLDER     also on public sets in a folder
  python3 corpora/compare.py --json FILE       also writes the figures as JSON

It needs Python 3.8 or later and Rust. The first run makes a virtual environment in
target/compare with the two Python packages in PINS (this needs a network), and builds
Hackles; set $HACKLES to the path of a program to use that one.

A figure is an AUC: how often a row that shows something ranks above one that does not,
ties counting half. 1 is perfect, 0.5 is chance. Hackles ranks by the score of the task's
signal (the highest, if there are several) and by its sentiment, VADER by its compound
score, AFINN by its sum; a valence is turned round where the task is a negative one.

A public set is a file of JSON lines with a `text` and a label of 0 or 1 under the key
that PUBLIC names; rows that lack the label are left out, and so are sets that the folder
lacks. Every row is scored by itself, as something a customer said.
"""

import argparse
import collections
import importlib
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import List, NamedTuple, Optional, Tuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
VENV = ROOT / "target" / "compare"
PINS = {"vaderSentiment": "3.3.2", "afinn": "0.1"}

BAD = (
    "anger",
    "abuse",
    "churn_threat",
    "legal_threat",
    "escalation_request",
    "repeat_contact",
    "sarcasm",
)
FOR, AGAINST = 1, -1  # what a positive valence says about a task
# Task, Hackles' signals for it, the sign of its valence.
OWN = (
    ("anger", ("anger",), AGAINST),
    ("abuse", ("abuse",), AGAINST),
    ("satisfaction", ("satisfaction",), FOR),
    ("anything bad", BAD, AGAINST),
)
# File, key of its label, Hackles' signals for it; all are negative. No signal means plain negativity.
PUBLIC = (
    ("goemotions.dev.jsonl", "anger", ("anger",)),
    ("convabuse.dev.jsonl", "abuse", ("abuse",)),
    ("hutto_valence.dev.jsonl", "negative", ()),
    ("airline_tweets.dev.jsonl", "negative", ()),
)
COLUMNS = {
    "hackles_signal": "Hackles, signal",
    "hackles_sentiment": "Hackles, sentiment",
    "vader": "VADER",
    "afinn": "AFINN",
}
NOTE = f"""
AUC: how often a row that shows it ranks above one that does not, ties counting half.
`utterances.test` was kept from the authors of Hackles' lexicons. *Anything bad* sets rows that
expect one of {', '.join(BAD)}
against rows that expect none and forbid at least one of them."""
PUBLIC_NOTE = """Hackles' authors may have had the public sets at hand; `hutto_valence` was published with VADER."""


class Failure(Exception):
    """What went wrong, in one line."""


class Task(NamedTuple):
    name: str
    labels: List[Optional[bool]]  # by row; none where the row says nothing about it
    signals: Tuple[str, ...]
    sign: int


class Corpus(NamedTuple):
    name: str
    texts: List[str]
    tasks: List[Task]


# Programs and packages


def run(what, command, **options):
    """Runs a command and returns its standard output; `what` names it if it fails."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    try:
        done = subprocess.run([str(part) for part in command], encoding="utf-8", **options)
    except OSError as error:
        raise Failure(f"{what}: {command[0]}: {error.strerror}") from error
    if done.returncode != 0:
        said = [line for line in f"{done.stdout or ''}\n{done.stderr or ''}".split("\n") if line.strip()]
        raise Failure(f"{what}: {said[-1].strip() if said else f'exit status {done.returncode}'}")
    return done.stdout


def in_environment():
    return Path(sys.prefix).resolve() == VENV.resolve()


def environment():
    """The Python of the virtual environment, made with its packages if it is missing or out of date."""
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pins = [f"{name}=={version}" for name, version in PINS.items()]
    # Written last, so an interrupted installation is done again, and so is one by another Python.
    stamp = VENV / "installed"
    wanted = "\n".join([sys.version, *pins])
    if not (python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted):
        say(f"installing {' and '.join(pins)} in {VENV.relative_to(ROOT)}")
        run("making a virtual environment", [sys.executable, "-m", "venv", "--clear", VENV])
        # Without dependencies: VADER's only one serves its demonstration.
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        run("installing by pip", [*install, *pins])
        stamp.write_text(wanted, encoding="utf-8")
    return python


def program():
    """The path of Hackles, built if $HACKLES names none."""
    named = os.environ.get("HACKLES")
    if named:
        return named
    target = ROOT / "target"
    build = ["cargo", "build", "--release", "--locked", "-p", "hackles-cli", "--target-dir", target]
    run("cargo build", build, cwd=ROOT, stdout=sys.stderr, stderr=None)
    return target / "release" / ("hackles.exe" if os.name == "nt" else "hackles")


# Rows


def parse(place, text):
    """A JSON value; `place` says where it stands if it is none."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise Failure(f"{place}: not JSON: {error}") from error


def read_rows(path):
    """The rows of a file of JSON lines, each with a text."""
    rows = []
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            row = parse(f"{path}:{number}", line)
            if not isinstance(row, dict) or not isinstance(row.get("text"), str):
                raise Failure(f'{path}:{number}: not an object with a "text"')
            rows.append(row)
    return rows


def label(row, signals):
    """Whether a row shows one of the signals; none if it neither expects nor forbids any."""
    if any(signal in row["expect"] for signal in signals):
        return True
    return False if any(signal in row["forbid"] for signal in signals) else None


def own_corpus():
    rows = [row for row in read_rows(HERE / "utterances.test.jsonl") if row["speaker"] == "customer"]
    tasks = [
        Task(name, [label(row, signals) for row in rows], signals, sign) for name, signals, sign in OWN
    ]
    return Corpus("utterances.test", [row["text"] for row in rows], tasks)


def public_corpora(folder):
    if not folder.is_dir():
        raise Failure(f"{folder}: no such folder")
    found = []
    for name, key, signals in PUBLIC:
        path = folder / name
        if not path.is_file():
            say(f"{name} is left out: {folder} has no such file")
            continue
        rows = [row for row in read_rows(path) if row.get(key) is not None]
        if any(row[key] not in (0, 1) for row in rows):
            raise Failure(f'{path}: "{key}" is neither 0 nor 1 in some row')
        if not rows:
            raise Failure(f'{path}: no row has "{key}"')
        task = Task(key, [bool(row[key]) for row in rows], signals, AGAINST)
        found.append(Corpus(name.split(".")[0], [row["text"] for row in rows], [task]))
    if not found:
        raise Failure(f"{folder}: none of the public sets is there")
    return found


# Scores


class Hackles:
    def __init__(self, path):
        self.path = path
        self.lexicon = None
        listed = parse("hackles lexicon list", run("listing signals", [path, "lexicon", "list", "--json"]))
        # Scores have four decimals, and ties count; so has the score of a signal that is not listed.
        self.priors = {signal["id"]: round(1 / (1 + math.exp(-signal["bias"])), 4) for signal in listed}

    def score(self, texts):
        """The reports of texts, each a customer's only turn, in one run of the program."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "calls.jsonl"
            with open(path, "w", encoding="utf-8") as file:
                for number, text in enumerate(texts):
                    call = {"id": str(number), "turns": [{"speaker": "customer", "text": text}]}
                    file.write(json.dumps(call) + "\n")
            options = ["--from", "jsonl", "--to", "jsonl", "--evidence", "none"]
            out = run("scoring", [self.path, "score", *options, path])
        reports = [parse("hackles score", line) for line in out.split("\n") if line]
        if len(reports) != len(texts):
            raise Failure(f"hackles: {len(reports)} reports of {len(texts)} calls")
        self.lexicon = reports[0]["lexicon"]
        turns = {report["id"]: report["turns"][0] for report in reports}
        return [turns[str(number)] for number in range(len(texts))]

    def by_signal(self, turn, signals):
        """The highest score of the signals."""
        try:
            return max(turn["scores"].get(signal, self.priors[signal]) for signal in signals)
        except KeyError as error:
            raise Failure(f"hackles: no signal {error}") from error


def peers():
    """What gives a text its valence, by column."""
    vader = importlib.import_module("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer()
    afinn = importlib.import_module("afinn").Afinn()
    return {"vader": lambda text: vader.polarity_scores(text)["compound"], "afinn": afinn.score}


# Figures


def auc(labels, scores):
    """The area under the ROC curve, as the share of pairs ranked right; none without a pair."""
    tally = collections.defaultdict(lambda: [0, 0])
    for shown, score in zip(labels, scores):
        tally[score][shown] += 1
    right = below = above = 0
    for score in sorted(tally):
        without, showing = tally[score]
        right += showing * (below + without / 2)
        below += without
        above += showing
    return right / (below * above) if below and above else None


def figures(corpus, hackles, valences):
    """A row of figures for each task of a corpus."""
    turns = hackles.score(corpus.texts)
    by_valence = {column: [valence(text) for text in corpus.texts] for column, valence in valences.items()}
    by_valence["hackles_sentiment"] = [turn["sentiment"] for turn in turns]
    for task in corpus.tasks:
        counted = [index for index, shown in enumerate(task.labels) if shown is not None]
        labels = [task.labels[index] for index in counted]
        scores = {
            column: [task.sign * values[index] for index in counted] for column, values in by_valence.items()
        }
        if task.signals:
            scores["hackles_signal"] = [hackles.by_signal(turns[index], task.signals) for index in counted]
        row = {"set": corpus.name, "task": task.name, "n": len(labels), "positive": sum(labels)}
        for column in COLUMNS:
            row[column] = auc(labels, scores[column]) if column in scores else None
        yield row


def markdown(rows):
    def line(cells):
        return "| " + " | ".join(map(str, cells)) + " |"

    yield line(["rows", "task", "n", "positive", *COLUMNS.values()])
    yield "|---|---|" + "--:|" * (2 + len(COLUMNS))
    for row in rows:
        areas = ["–" if row[column] is None else f"{row[column]:.3f}" for column in COLUMNS]
        yield line([row["set"], row["task"], row["n"], row["positive"], *areas])


# The command


def say(text):
    print(f"compare.py: {text}", file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", metavar="FOLDER", type=Path, help="public sets to measure on as well")
    parser.add_argument("--json", metavar="FILE", type=Path, help="where to write the figures as JSON")
    return parser.parse_args()


def compare(options):
    corpora = [own_corpus(), *(public_corpora(options.data) if options.data else [])]
    hackles, valences = Hackles(program()), peers()
    rows = []
    for corpus in corpora:
        say(f"{corpus.name}: {len(corpus.texts)} rows")
        rows.extend(figures(corpus, hackles, valences))
    versions = {"hackles": hackles.lexicon, **PINS}
    notes = [NOTE, *([PUBLIC_NOTE] if options.data else [])]
    made_with = "Made with " + ", ".join(f"{name} {version}" for name, version in versions.items()) + "."
    print(*markdown(rows), *notes, made_with, sep="\n")
    if options.json:
        text = json.dumps({"versions": versions, "rows": rows}, indent=2) + "\n"
        options.json.write_text(text, encoding="utf-8")


def main():
    options = arguments()
    try:
        if in_environment():
            compare(options)
            return 0
        return subprocess.call([str(environment()), str(Path(__file__).resolve()), *sys.argv[1:]])
    except Failure as failure:
        say(failure)
    except OSError as error:
        say(f"{error.filename or 'output'}: {error.strerror}")
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main())
