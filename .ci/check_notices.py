#!/usr/bin/env python3
"""Plays calls through `watch`, one finished chunk a turn, and fails at any notice that no turn deserves.

A turn deserves a notice if its speaker has no role (the id is not `agent` or `customer` and no participant
gives one), if it has no text, or if it ends before it starts.

  check_notices.py FILE...    JSON lines, CSV or plain text

The program is $HACKLES, target/release/hackles if that is not set.
"""

import argparse
import json
import sys

import program


def deserved(call, turn):
    """The notices this turn may give."""
    roles = {who["id"] for who in call.get("participants", []) if who.get("role")} | {"agent", "customer"}
    if turn["speaker"] not in roles:
        yield "unknown_role"
    if not turn["text"].strip():
        yield "empty_text"
    if "start_ms" in turn and "end_ms" in turn and turn["end_ms"] < turn["start_ms"]:
        yield "end_before_start"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE")
    calls = [call for path in parser.parse_args().files for call in program.read_calls(path)]

    allowed = {
        (call["id"], f"u{i}", notice)
        for call in calls
        for i, turn in enumerate(call["turns"])
        for notice in deserved(call, turn)
    }

    answers = program.watch([message for call in calls for message in program.whole(call)])
    reported = [answer["call"] for answer in answers if "report" in answer]
    if reported != [call["id"] for call in calls]:
        sys.exit(f"notices: {len(calls)} calls were played, {len(reported)} reported in the order they ended")
    notices = [answer for answer in answers if answer.get("event", {}).get("kind") == "notice"]
    bad = [n for n in notices if (n["call"], n["event"]["utterance"], n["event"]["notice"]) not in allowed]
    for notice in bad[:20]:
        print("undeserved:", json.dumps(notice, ensure_ascii=False))
    turns = sum(len(call["turns"]) for call in calls)
    print(f"notices: {len(calls)} calls, {turns} turns, {len(notices)} notices, {len(bad)} undeserved")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
