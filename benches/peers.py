#!/usr/bin/env python3
"""Times Python packages for the same or a similar task; `cargo xtask bench` runs it.

  peers.py INPUT     a JSON object with utterances, literals and rounds

Prints nanoseconds of the thread's processor time an utterance, medians over passes that take turns, and what is
missing with the reason. Automata are built before anything is timed.
"""

import json
import statistics
import sys
import time


def vader(_):
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer().polarity_scores


def spacy_phrases(literals):
    import spacy
    from spacy.matcher import PhraseMatcher

    language = spacy.blank("en")
    matcher = PhraseMatcher(language.vocab, attr="LOWER")
    matcher.add("literals", language.tokenizer.pipe(literals))
    return lambda text: len(matcher(language.make_doc(text)))


def pyahocorasick(literals):
    import ahocorasick

    automaton = ahocorasick.Automaton()
    for number, literal in enumerate(literals):
        automaton.add_word(literal, number)
    automaton.make_automaton()
    return lambda text: sum(1 for _ in automaton.iter(text.lower()))


def flashtext(literals):
    from flashtext2 import KeywordProcessor

    processor = KeywordProcessor(case_sensitive=False)
    processor.add_keywords_from_iter(literals)
    return lambda text: len(processor.extract_keywords(text))


PEERS = {
    "vaderSentiment": vader,
    "spacy": spacy_phrases,
    "pyahocorasick": pyahocorasick,
    "flashtext2": flashtext,
}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        given = json.load(file)
    ready, missing = {}, {}
    for name, prepare in PEERS.items():
        try:
            ready[name] = prepare(given["literals"])
            ready[name](given["utterances"][0])
        except Exception as error:  # any fault of a peer: it is named and left out
            missing[name] = f"{type(error).__name__}: {error}"
    times = {name: [] for name in ready}
    for _ in range(given["rounds"]):
        for name, run in ready.items():
            begin = time.thread_time_ns()
            for text in given["utterances"]:
                run(text)
            times[name].append(time.thread_time_ns() - begin)
    count = len(given["utterances"])
    ns = {name: statistics.median(spent) / count for name, spent in times.items()}
    print(json.dumps({"ns": ns, "missing": missing}))


if __name__ == "__main__":
    main()
