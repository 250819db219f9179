"""What the checks share: running the program, reading calls, and turning them into chunks.

The program is the one $HACKLES names, target/release/hackles if it names none.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile


def run(arguments, text_in=None):
    """Runs the program and returns its standard output; ends the check if the program fails."""
    exe = os.environ.get("HACKLES", "target/release/hackles")
    try:
        done = subprocess.run([exe, *arguments], input=text_in, capture_output=True, encoding="utf-8")
    except OSError as error:
        sys.exit(f"{exe}: {error.strerror} (build it with `cargo build --release`)")
    if done.returncode != 0:
        sys.exit(f"{exe} {' '.join(arguments)}: exit status {done.returncode}\n{done.stderr[:2000]}")
    return done.stdout


def read_lines(text):
    """The JSON values of a text with one a line."""
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def score_file(path):
    """Reports of the calls of a file, in its order."""
    return read_lines(run(["score", "--to", "jsonl", path]))


def score(calls):
    """Reports of calls, by id."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "calls.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(call) + "\n" for call in calls)
        reports = read_lines(run(["score", "--from", "jsonl", "--to", "jsonl", path]))
    by_id = {report["id"]: report for report in reports}
    missing = [call["id"] for call in calls if call["id"] not in by_id]
    if missing or len(reports) != len(calls):
        sys.exit(f"score: {len(calls)} calls, {len(reports)} reports, none for {missing[:3]}")
    return by_id


def watch(messages):
    """What `watch` writes for these messages."""
    return read_lines(run(["watch"], "".join(json.dumps(message) + "\n" for message in messages)))


def read_calls(path):
    """The calls of a file: JSON lines (calls, or rows of one utterance), CSV or plain text."""
    with open(path, encoding="utf-8", newline="") as file:
        if path.endswith(".csv"):
            return calls_of_csv(file)
        if path.endswith(".txt"):
            return [{"id": path, "turns": [turn_of_line(line) for line in file if line.strip()]}]
        rows = read_lines(file.read())
    calls = []
    for number, row in enumerate(rows, 1):
        turns = row.get("turns") or [{"speaker": row["speaker"], "text": row["text"]}]
        keys = ("speaker", "start_ms", "end_ms", "text")
        call = {"id": row.get("id") or f"{path}:{number}"}
        call["turns"] = [{key: turn[key] for key in keys if turn.get(key) is not None} for turn in turns]
        call.update({key: row[key] for key in ("participants", "meta", "end_ms") if row.get(key) is not None})
        calls.append(call)
    return calls


def calls_of_csv(file):
    calls = {}
    for row in csv.DictReader(file):
        turn = {"speaker": row["speaker"], "text": row["text"]}
        turn.update({key: int(row[key]) for key in ("start_ms", "end_ms") if row[key]})
        calls.setdefault(row["call_id"], {"id": row["call_id"], "turns": []})["turns"].append(turn)
    return list(calls.values())


def turn_of_line(line):
    speaker, text = line.split(":", 1)
    return {"speaker": speaker.strip().lower(), "text": text.strip()}


def introduction(call):
    """The messages before the first chunk: who takes part, and what the call is filed under."""
    known = {key: call[key] for key in ("participants", "meta") if key in call}
    return [{"call": call["id"], **known}] if known else []


def chunk(call, index, text, mode="replace", final=True):
    """A chunk of the call's turn `index`; utterances are named u0, u1 …"""
    turn = call["turns"][index]
    message = {"call": call["id"], "utterance": f"u{index}", "speaker": turn["speaker"]}
    message.update({key: turn[key] for key in ("start_ms", "end_ms") if key in turn})
    return {**message, "text": text, "mode": mode, "final": final}


def ending(call):
    message = {"call": call["id"], "end": True}
    if "end_ms" in call:
        message["end_ms"] = call["end_ms"]
    return message


def whole(call):
    """All messages of a call that is sent turn by turn, each in one finished chunk."""
    chunks = (chunk(call, index, turn["text"]) for index, turn in enumerate(call["turns"]))
    return [*introduction(call), *chunks, ending(call)]
