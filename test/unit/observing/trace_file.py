# SPDX-License-Identifier: BSL-1.0
"""Reads the traces that a program writes as a viewer does: valid JSON, with the fields that the trace event format
requires of each kind of event, and each step that was counted either there or counted as dropped.

usage: trace_file.py PROGRAM
"""

import collections
import json
import subprocess
import sys

# What each phase must have: complete events, counters and metadata.
REQUIRED = {
    "X": {"name": str, "cat": str, "ts": (int, float), "dur": (int, float), "pid": int, "tid": int, "args": dict},
    "C": {"name": str, "ts": (int, float), "pid": int, "args": dict},
    "M": {"name": str, "pid": int, "args": dict},
}
STEPS = {"reserve", "commit", "protect", "discard", "release"}


def problems_of(event):
    """Yields what an event lacks, or has in another type."""
    fields = REQUIRED.get(event.get("ph"))
    if fields is None:
        yield f"no phase is called {event.get('ph')!r}"
        return
    for field, kind in fields.items():
        if not isinstance(event.get(field), kind):
            yield f"{field} is {event.get(field)!r}"
    if event["ph"] == "X":
        arguments = event["args"]
        if event["dur"] < 0 or event["ts"] < 0 or event["tid"] < 1:
            yield "a time is negative, or a thread has no number"
        if arguments.get("step") not in STEPS or not isinstance(arguments.get("bytes"), int):
            yield "its step or its bytes are none of the program's"
        if not str(arguments.get("address", "")).startswith("0x"):
            yield "it has no address"


def nested_in_time(events):
    """Whether the steps of each thread follow each other, as a viewer stacks those that overlap."""
    last = collections.defaultdict(float)
    for event in events:
        if event["ts"] + 0.001 < last[event["tid"]]:
            return False
        last[event["tid"]] = event["ts"] + event["dur"]
    return True


def judge(text, calls, refused):
    """Yields what is wrong with one trace, and what is not in it although it was counted."""
    events = json.loads(text)
    for event in events:
        yield from (f"{event}: {problem}" for problem in problems_of(event))
    kinds = collections.Counter(event["ph"] for event in events)
    steps = [event for event in events if event["ph"] == "X"]
    dropped = events[-1]["args"]["steps"]
    if kinds["M"] != 1 or kinds["C"] != 1 or events[-1]["name"] != "dropped":
        yield f"the events are {dict(kinds)}"
    if len(steps) + dropped != calls:
        yield f"{len(steps)} steps and {dropped} dropped, of {calls}"
    if dropped == 0 and sum("error" in event["args"] for event in steps) != refused:
        yield f"there are not {refused} refused steps"
    if dropped == 0 and len({event["tid"] for event in steps}) != 3:
        yield "there are not three threads"
    if not nested_in_time(steps):
        yield "steps of one thread overlap"


def main(program):
    done = subprocess.run([program], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        sys.exit(f"the program failed: {done.stderr}")
    calls, refused = map(int, done.stderr.split())
    whole, short = done.stdout.split("---\n")
    wrong = [*judge(whole, calls, refused), *judge(short, calls, refused)]
    if refused != 3 or len(json.loads(short)) != 8 + 2:
        wrong.append(f"{refused} steps were refused, and the short trace has {len(json.loads(short))} events")
    print("\n".join(wrong[:20]) or f"{calls} steps are written or counted")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
