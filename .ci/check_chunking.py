#!/usr/bin/env python3
"""Feeds calls through `watch` cut at random and compares each report with what `score` gives.

Each round draws anew how every call reaches the program: utterances cut at any character, wrong guesses
sent and taken back by `replace`, chunks sent twice, utterances that overlap or stay open, chunks for closed
ones, the clock moved in between, and all calls interleaved. The first chunks of a call's utterances keep the
order of its turns. What must hold in every round:

  * the report equals that of `score` for the same turns, as a JSON value;
  * an event of a signal, once confirmed, never changes, and none is left provisional;
  * in rounds that leave the clock alone, confirmed events, levels of anger and alerts are those of the same
    call sent turn by turn.

  check_chunking.py FILE... [--rounds N] [--seed N] [--call ID]    JSON lines, CSV or plain text

The program is $HACKLES, target/release/hackles if that is not set.
"""

import argparse
import collections
import json
import random
import sys
import tempfile

import program

# Guesses are made of words that lexicons know, so that a trace of them would show in the report.
GUESSES = (
    "that's not my job", "i'm so sorry", "calm down", "you idiot", "sorry for any inconvenience",
    "i want your manager", "thank you so much", "but not", "is that right?", "mm-hmm", "hold on",
    "I WILL SUE YOU!!", "you said",
)  # fmt: skip


def pieces(rng, text):
    """The text cut at up to six places, any character for any cut."""
    cuts = sorted(rng.randrange(len(text) + 1) for _ in range(rng.choice((0, 0, 1, 1, 2, 3, 6))))
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)])]


def utterance(rng, call, index):
    """The chunks of one turn: whatever was sent between, they leave the turn's text behind."""
    text = call["turns"][index]["text"]
    if rng.random() < 0.15:
        return [program.chunk(call, index, text, rng.choice(("append", "replace")))]
    chunks, said = [], ""

    def send(text, mode):
        chunks.append(program.chunk(call, index, text, mode, final=False))

    for piece in pieces(rng, text):
        if rng.random() < 0.35:
            wrong = rng.choice((text[: rng.randrange(len(text) + 1)], said)) + " " + rng.choice(GUESSES)
            for _ in range(rng.choice((1, 1, 2))):
                send(wrong, "replace")
            if rng.random() < 0.3:
                send(rng.choice(GUESSES), "append")
            send(said + piece, "replace")
        elif rng.random() < 0.2:
            for _ in range(rng.choice((1, 2))):
                send(said + piece, "replace")
        else:
            send(piece, "append")
        said += piece
    close = rng.random()
    if close < 0.6:
        chunks[-1]["final"] = True
    elif close < 0.8:
        chunks.append(program.chunk(call, index, "", "append"))
    elif close < 0.95:
        chunks.append(program.chunk(call, index, text, "replace"))
    if close < 0.95 and rng.random() < 0.1:
        mode = rng.choice(("append", "replace"))
        chunks.append(program.chunk(call, index, rng.choice(GUESSES), mode, final=rng.random() < 0.5))
    return chunks


def stream(rng, call, clock):
    """All messages of one call; `clock` is none, near (where the call is) or wild (anywhere)."""
    waiting = [utterance(rng, call, i) for i in range(len(call["turns"]))]
    messages, open_now, begun = program.introduction(call), [], 0
    last_ms = max((turn.get("end_ms", 0) for turn in call["turns"]), default=0)
    while open_now or begun < len(waiting):
        if begun < len(waiting) and (not open_now or (len(open_now) < 4 and rng.random() < 0.3)):
            open_now.append(waiting[begun])
            begun += 1
            chosen = open_now[-1]
        else:
            chosen = rng.choice(open_now)
        messages.append(chosen.pop(0))
        open_now = [chunks for chunks in open_now if chunks]
        if clock == "near" and rng.random() < 0.1:
            now = call["turns"][begun - 1].get("start_ms", 0) + rng.randrange(400)
            messages.append({"call": call["id"], "now_ms": now})
        elif clock == "wild" and rng.random() < 0.1:
            messages.append({"call": call["id"], "now_ms": rng.randrange(last_ms + 90_000)})
    return [*messages, program.ending(call)]


def interleaved(rng, streams):
    """All streams as one, each in its own order."""
    order = [i for i, messages in enumerate(streams) for _ in messages]
    rng.shuffle(order)
    each = [iter(messages) for messages in streams]
    return [next(each[i]) for i in order]


def differences(got, want, path="report"):
    """Where two JSON values differ."""
    if isinstance(got, dict) and isinstance(want, dict):
        for key in [*want, *(key for key in got if key not in want)]:
            yield from differences(got.get(key, "(nothing)"), want.get(key, "(nothing)"), f"{path}.{key}")
    elif isinstance(got, list) and isinstance(want, list) and len(got) == len(want):
        for i, (g, w) in enumerate(zip(got, want)):
            yield from differences(g, w, f"{path}[{i}]")
    elif got != want:
        yield f"{path}: watch {json.dumps(got)[:200]}, score {json.dumps(want)[:200]}"


def split_answers(answers):
    """Reports by call, and events by call; notices depend on the cut and are left out."""
    reports, events = {}, collections.defaultdict(list)
    for answer in answers:
        if "report" in answer:
            reports[answer["call"]] = answer["report"]
        elif answer["event"]["kind"] != "notice":
            events[answer["call"]].append(answer["event"])
    return reports, events


def final(events):
    """How often each event that is never taken back was sent: confirmed signals, anger, alerts."""
    kept = (event for event in events if event.get("state") in (None, "confirmed"))
    return collections.Counter(json.dumps(event, sort_keys=True) for event in kept)


def life_faults(events):
    """Events that changed after they were confirmed, and those left provisional."""
    last = {}
    for event in (event for event in events if event["kind"] == "signal"):
        key = (event["signal"], event["utterance"])
        if last.get(key) == "confirmed":
            yield f"{event['signal']} on {event['utterance']}: {event['state']} after it was confirmed"
        last[key] = event["state"]
    for (signal, where), state in last.items():
        if state == "provisional":
            yield f"{signal} on {where}: left provisional"


def event_differences(got, want):
    got, want = final(got), final(want)
    yield from (f"event only when sent whole: {event}" for event in (want - got).elements())
    yield from (f"event only when cut: {event}" for event in (got - want).elements())


def load(files, wanted):
    calls = {}
    for call in (call for path in files for call in program.read_calls(path)):
        if wanted in (None, call["id"]):
            if call["id"] in calls:
                sys.exit(f"two calls have the id {call['id']}")
            calls[call["id"]] = call
    if not calls:
        sys.exit(f"no call with the id {wanted}" if wanted else "no calls")
    # Half of the calls without an end get one, near enough to deadlines to matter.
    for number, call in enumerate(calls.values()):
        ends = [turn["end_ms"] for turn in call["turns"] if "end_ms" in turn]
        if number % 2 and ends and "end_ms" not in call:
            call["end_ms"] = max(ends) + 1500 * number
    return list(calls.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--rounds", type=int, default=24, help="how often calls are cut anew (24)")
    parser.add_argument("--seed", type=int, default=1, help="of the first round, then counted up (1)")
    parser.add_argument("--call", metavar="ID", help="this call alone")
    options = parser.parse_args()

    calls = load(options.files, options.call)
    expected = program.score(calls)
    whole = [message for call in calls for message in program.whole(call)]
    _, plain_events = split_answers(program.watch(whole))

    sent = faulty = 0
    for seed in range(options.seed, options.seed + options.rounds):
        clock = ("none", "near", "wild")[seed % 3]
        streams = [stream(random.Random(f"{seed} {call['id']}"), call, clock) for call in calls]
        messages = interleaved(random.Random(seed), streams)
        sent += len(messages)
        reports, events = split_answers(program.watch(messages))
        for call, alone in zip(calls, streams):
            name = call["id"]
            faults = list(differences(reports.get(name), expected[name]))
            faults += life_faults(events[name])
            if clock == "none":
                faults += event_differences(events[name], plain_events[name])
            if not faults:
                continue
            faulty += 1
            if faulty <= 10:
                with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False) as file:
                    file.writelines(json.dumps(message) + "\n" for message in alone)
                print(f"seed {seed}, clock {clock}, call {name} (its chunks: {file.name}):")
                print("".join(f"  {fault}\n" for fault in faults[:5]), end="")
    print(f"chunking: {len(calls)} calls cut {options.rounds} times, {sent} messages, {faulty} faulty")
    sys.exit(1 if faulty else 0)


if __name__ == "__main__":
    main()
