# SPDX-License-Identifier: BSL-1.0
"""Makes a page to look at from the figures of a run: one file of its own beside the JSON.

usage: report.py --results FILE [--compare EARLIER]     the page; with what has changed since an earlier run
       report.py --can-compare EARLIER                  whether a run whose JSON begins as standard input has it can be
                                                        compared with that file; if not, prints why
"""

import argparse
import json
import pathlib
import sys

import history
import page
from results import NotResults, Results, read


def can_compare(earlier):
    begin = json.load(sys.stdin)
    history.refuse_if_not_comparable(Results({**begin, "questions": []}), read(earlier))


def add_comparison(path, earlier):
    """Adds what has changed to the figures, as the page shows none that are not there."""
    now = read(path)
    now.data["compared"] = history.compare(now, read(earlier))
    path.write_text(json.dumps(now.data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print("\n" + history.as_text(now.data["compared"]))


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--results", type=pathlib.Path)
    words.add_argument("--compare", type=pathlib.Path)
    words.add_argument("--can-compare", type=pathlib.Path)
    asked = words.parse_args()
    if asked.can_compare:
        return can_compare(asked.can_compare)
    if not asked.results:
        words.error("--results is missing")
    if asked.results.suffix == ".html":
        raise NotResults(f"{asked.results} would be overwritten by its page: figures have another suffix, as .json")
    if asked.compare:
        add_comparison(asked.results, asked.compare)
    made = asked.results.with_suffix(".html")
    made.write_text(page.render(read(asked.results)), encoding="utf-8")
    print(f"To look at: {made}")
    return None


if __name__ == "__main__":
    try:
        main()
    except (NotResults, history.NotComparable) as problem:
        sys.exit(str(problem))
