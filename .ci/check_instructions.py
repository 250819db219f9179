#!/usr/bin/env python3
"""Counts the instructions of a push that closes an utterance, and compares them with .ci/instructions.json.

Times vary with the machine, instructions hardly: a push to a warm session must not take more than was recorded, a
twentieth apart. Fewer are welcome, and worth recording. Instructions are those of callgrind, within `steady::counted` of
`crates/xtask` (every shipped utterance of 72 to 88 bytes, sessions forty turns in). Figures of another compiler or
processor architecture are shown and not judged. Without valgrind the check is skipped.

  check_instructions.py [--record]
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RECORD = os.path.join(ROOT, ".ci", "instructions.json")
TOLERANCE = 0.05


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def target():
    """Where cargo puts what it builds."""
    return json.loads(run("cargo", "metadata", "--format-version", "1", "--no-deps"))["target_directory"]


def measure():
    """Instructions a push; what they depend on beside the code."""
    run("cargo", "build", "--release", "--locked", "--package", "xtask")
    program = os.path.join(target(), "release", "xtask")
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "callgrind.out")
        pushes = int(
            run(
                "valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
                "--toggle-collect=xtask::steady::counted*", program, "steady",
            )  # fmt: skip
        )
        with open(out, encoding="utf-8") as file:
            total = re.search(r"^(?:summary|totals): (\d+)", file.read(), re.MULTILINE)
    if total is None or int(total[1]) == 0:
        sys.exit("callgrind has collected nothing: is `steady::counted` still a function of its own?")
    return {
        "instructions_per_push": int(total[1]) // pushes,
        "pushes": pushes,
        "compiler": run("rustc", "--version").strip(),
        "architecture": platform.machine(),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="write the figures down instead of comparing them")
    options = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("instructions: skipped, valgrind is not installed")
        return
    found = measure()
    count = found["instructions_per_push"]
    if options.record:
        with open(RECORD, "w", encoding="utf-8") as file:
            file.write(json.dumps(found, indent=2) + "\n")
        print(f"instructions: {count} a push, recorded")
        return
    with open(RECORD, encoding="utf-8") as file:
        recorded = json.load(file)
    was = recorded["instructions_per_push"]
    print(f"instructions: {count} a push, {was} recorded ({count / was - 1:+.1%})")
    other = [key for key in ("compiler", "architecture", "pushes") if recorded[key] != found[key]]
    if other:
        print(f"not judged: recorded with another {' and '.join(other)}; record anew with --record")
    elif count > was * (1 + TOLERANCE):
        sys.exit(f"more than {TOLERANCE:.0%} above what is recorded")
    elif count < was * (1 - TOLERANCE):
        print("well below what is recorded: record it with --record")


if __name__ == "__main__":
    main()
