#!/usr/bin/env python3
"""Adds up the evidence of reports: every score must follow from what the report shows.

For every turn of every call:

  * a score is 1/(1+e^-(bias + sum of contributions)), with the biases of `lexicon list --json`;
  * the scores listed are those with evidence, the signals those that reach their threshold;
  * a contribution is the weight times the factors of its modifiers, within 0.001 a step of rounding;
  * the sentiment is tanh(sum of contributions / 2);
  * a quote is the bytes from start to end of the turn's text; where there is none, neither are start and end.

And for every call: a practice's score is good / (good + bad + missing), the call's score the weighted mean of its parts; interruptions are the
turns of an agent or customer in which the signal fired; signals are counted as they fire.

  check_sums.py FILE...    JSON lines (calls, or rows of one utterance), CSV or plain text

The program is $HACKLES, target/release/hackles if that is not set.
"""

import argparse
import collections
import json
import math
import sys

import program

ROUNDING = 1e-4 + 1e-9  # scores have four decimals


def signals():
    """Bias and threshold of every signal."""
    listed = json.loads(program.run(["lexicon", "list", "--json"]))
    if isinstance(listed, dict):
        listed = listed["signals"]
    return {signal["id"]: (signal["bias"], signal.get("threshold", 0.5)) for signal in listed}


def faults_of_evidence(evidence, text):
    value = evidence["weight"]
    for modifier in evidence["modifiers"]:
        value *= modifier["factor"]
    if abs(value - evidence["contribution"]) > 0.001 * len(evidence["modifiers"]) + 1e-9:
        yield f"contribution {evidence['contribution']}, the product is {value:.4f}"
    start, end, quote = evidence["start"], evidence["end"], evidence["quote"]
    if quote is None:
        if start is not None or end is not None:
            yield "a place without a quote"
    elif text.encode()[start:end] != quote.encode():
        yield f"quote {quote!r}, the text has {text.encode()[start:end]!r}"


def faults_of_turn(turn, text, known):
    sums = collections.Counter()
    for evidence in turn["evidence"]:
        sums[evidence["signal"]] += evidence["contribution"]
        for fault in faults_of_evidence(evidence, text):
            yield f"{evidence['signal']} {evidence['entry']}: {fault}"
    sentiment = math.tanh(sums.pop("sentiment", 0) / 2)
    if abs(sentiment - turn["sentiment"]) > ROUNDING:
        yield f"sentiment {turn['sentiment']}, the evidence gives {sentiment:.4f}"
    for signal in sorted(sums.keys() ^ turn["scores"].keys()):
        yield f"{signal}: {'evidence without a score' if signal in sums else 'a score without evidence'}"
    fired = []
    for signal, score in turn["scores"].items():
        if signal not in known:
            yield f"{signal}: not in `lexicon list`"
            continue
        bias, threshold = known[signal]
        want = 1 / (1 + math.exp(-(bias + sums[signal])))
        if abs(want - score) > ROUNDING:
            yield f"{signal}: score {score}, the evidence gives {want:.4f}"
        if score >= threshold:
            fired.append(signal)
    if sorted(fired) != sorted(turn["signals"]):
        yield f"signals {turn['signals']}, the scores give {fired}"


def faults_of_call(report):
    call = report["call"]
    for practice in call["practices"]:
        marks = practice["good"] + practice["bad"] + practice["missing"]
        want = None if practice["state"] == "no_opportunity" else practice["good"] / marks if marks else 1.0
        if (want is None) != (practice["score"] is None) or want is not None and abs(want - practice["score"]) > ROUNDING:
            yield f"practice {practice['id']}: {practice['score']}, its marks give {want}"
    score = call["score"]
    weights = sum(part["weight"] for part in score["parts"])
    want = sum(part["weight"] * part["score"] for part in score["parts"]) / weights if weights else None
    if (want is None) != (score["value"] is None) or want is not None and abs(want - score["value"]) > ROUNDING:
        yield f"score {score['value']}, its parts give {want}"
    fired = collections.Counter(signal for turn in report["turns"] for signal in turn["signals"])
    if fired != collections.Counter({signal: figure["count"] for signal, figure in call["signals"].items()}):
        yield "signals are not those of the turns"
    for role in ("agent", "customer"):
        told = call["interruptions"]["by_" + role]
        want = sum("interruption" in turn["signals"] for turn in report["turns"] if turn["role"] == role)
        if told is not None and told != want:
            yield f"{told} interruptions by {role}, the turns show {want}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE")
    files = parser.parse_args().files

    known = signals()
    count = collections.Counter()
    for path in files:
        calls = program.read_calls(path)
        if path.endswith(".jsonl"):
            by_id = program.score(calls)
            reports = [by_id[call["id"]] for call in calls]
        else:
            reports = program.score_file(path)
        if len(reports) != len(calls):
            sys.exit(f"{path}: {len(calls)} calls, {len(reports)} reports")
        for call, report in zip(calls, reports):
            # Reports list turns by start; so do the texts, in the order of the file where starts are equal.
            turns = sorted(call["turns"], key=lambda turn: turn.get("start_ms", 0))
            if len(turns) != len(report["turns"]):
                sys.exit(f"{call['id']}: {len(turns)} turns, {len(report['turns'])} in the report")
            count["calls"] += 1
            for fault in faults_of_call(report):
                count["faults"] += 1
                print(f"{call['id']}: {fault}")
            for said, turn in zip(turns, report["turns"]):
                count["turns"] += 1
                count["evidence"] += len(turn["evidence"])
                for fault in faults_of_turn(turn, said["text"], known):
                    count["faults"] += 1
                    if count["faults"] <= 20:
                        print(f"{call['id']} turn {turn['index']}: {fault}")
    print(f"sums: {count['calls']} calls, {count['turns']} turns, {count['evidence']} pieces of evidence, {count['faults']} faults")
    sys.exit(1 if count["faults"] else 0)


if __name__ == "__main__":
    main()
