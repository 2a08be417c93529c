# SPDX-License-Identifier: BSL-1.0
"""What documents show of the figures of one machine that are part of the tree.

usage: recorded.py TREE                    makes it anew from docs/benchmarks/results.json
       recorded.py TREE --record RESULTS   takes a run's figures for that file first
       recorded.py TREE --check            fails if a document or the picture is not what the figures make
"""

import argparse
import json
import pathlib
import sys

import guide_tables
import readme
from results import NotResults, read

RESULTS = "docs/benchmarks/results.json"
BEGIN, END = "<!-- made by benchmarks/page/recorded.py -->\n", "<!-- up to here -->\n"


def renewed(document, made):
    """The document with the part between the two marks made anew."""
    before, found, rest = document.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise SystemExit("a document lacks the marks between which its table stands")
    return before + BEGIN + made + END + after


def record(path, tree):
    """Takes the figures of a full run, each row on a line of its own."""
    results = read(path)
    if results.quick:
        raise SystemExit(f"{path}: a quick run is not recorded")
    results.data.pop("compared", None)
    rows = [row for table in results.tables for row in table.data["rows"]]
    for table in results.tables:
        table.data["rows"] = ["a row"] * len(table.rows)
    between = json.dumps(results.data, indent=1, ensure_ascii=False).split('"a row"')
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (tree / RESULTS).parent.mkdir(exist_ok=True)
    (tree / RESULTS).write_text("".join(map("".join, zip(between, lines + ["\n"]))), encoding="utf-8")


def made_from(results, tree):
    """Yields each file that shows figures, and what it is to contain."""
    compared = readme.shown(results)
    parts = {"README.md": readme.text(results, compared), "docs/pools.md": guide_tables.recyclings(results),
             "docs/containers.md": guide_tables.vectors(results)}
    for name, part in parts.items():
        yield tree / name, renewed((tree / name).read_text(encoding="utf-8"), part)
    yield tree / readme.PICTURE, readme.picture(compared)


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("tree", type=pathlib.Path)
    words.add_argument("--record", type=pathlib.Path)
    words.add_argument("--check", action="store_true")
    asked = words.parse_args()
    if asked.record:
        record(asked.record, asked.tree)
    made = dict(made_from(read(asked.tree / RESULTS), asked.tree))
    if not asked.check:
        for path, content in made.items():
            path.write_text(content, encoding="utf-8")
        return None
    stale = [path for path, content in made.items() if not path.exists() or path.read_text(encoding="utf-8") != content]
    if stale:
        return f"not what {RESULTS} makes: {', '.join(map(str, stale))}; run benchmarks/page/recorded.py"
    print(f"{len(made)} files are what {RESULTS} makes")
    return None


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NotResults as problem:
        sys.exit(str(problem))
