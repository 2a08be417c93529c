# SPDX-License-Identifier: BSL-1.0
"""The table and the picture of what Quire gains and costs in README.md, from the figures of one machine that are part
of the tree.

usage: readme.py TREE                    makes both anew from docs/benchmarks/results.json
       readme.py TREE --record RESULTS   takes a run's figures for that file first
       readme.py TREE --check            fails if README.md or the picture are not what the figures make
"""

import argparse
import html
import json
import pathlib
import sys
import textwrap

import charts
import sentences
from declared_sentences import README
from results import NotResults, read

RESULTS, PICTURE = "docs/benchmarks/results.json", "docs/benchmarks/gains.svg"
BEGIN, END = "<!-- made by benchmarks/page/readme.py -->\n", "<!-- up to here -->\n"

STYLE = """
rect { fill: #fff; }
text { font: 13px system-ui, "Segoe UI", Roboto, sans-serif; fill: #1b1f24; }
.soft { fill: #5b6470; }
line { stroke: #6b7480; }
.gain { stroke: #007a5a; fill: #007a5a; }
.cost { stroke: #b94f00; fill: #b94f00; }
.same { stroke: #6b7480; fill: #6b7480; }
@media (prefers-color-scheme: dark) {
  rect { fill: #14171b; }
  text { fill: #e6e9ed; }
  .soft { fill: #9aa4b0; }
  line { stroke: #9aa4b0; }
  .gain { stroke: #2fbf95; fill: #2fbf95; }
  .cost { stroke: #f0914a; fill: #f0914a; }
}
"""
LABELS, PLOT, RIGHT, ROW, TOP, BOTTOM = 300, 380, 60, 28, 8, 44  # pixels


def shown(results):
    """Returns ten comparisons, the largest gain first."""
    compared = sentences.comparisons(sentences.declared(results))
    by_name = {one.template.family or one.template.label: one for one in compared}
    chosen = [by_name[name] for name in README if name in by_name][:10]
    return sorted(chosen, key=lambda one: -one.gain.value)


def kind(gain):
    return "gain" if gain >= sentences.SAME else "cost" if gain <= 1 / sentences.SAME else "same"


def picture(compared):
    axis = charts.Axis([1, *(one.gain.value for one in compared)], most_linear=1)
    height = TOP + ROW * len(compared) + BOTTOM

    def x(value):
        return f"{LABELS + PLOT * axis.at(value):.1f}"
    drawn = ['<rect width="100%" height="100%" rx="6"/>',
             f'<line x1="{x(1)}" y1="{TOP}" x2="{x(1)}" y2="{height - BOTTOM}"/>']
    for i, one in enumerate(compared):
        y, gain = TOP + ROW * (i + 0.5), one.gain.value
        drawn += [
            f'<text x="{LABELS - 12}" y="{y + 4}" text-anchor="end">{html.escape(one.template.label)}</text>',
            f'<path class="{kind(gain)}" d="M{x(1)} {y}H{x(gain)}" stroke-width="3"/>',
            f'<circle class="{kind(gain)}" cx="{x(gain)}" cy="{y}" r="5"/>',
            f'<text x="{LABELS + PLOT + RIGHT - 4}" y="{y + 4}" text-anchor="end">{one.gain} ×</text>']
    drawn += [f'<text class="soft" x="{x(value)}" y="{height - BOTTOM + 18}" text-anchor="middle">{value:g}</text>'
              for value in axis.ticks()]
    drawn.append(f'<text class="soft" x="{LABELS + PLOT / 2}" y="{height - 6}" text-anchor="middle">'
                 "times as fast as what one would use instead; 1 is as fast</text>")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LABELS + PLOT + RIGHT} {height}" role="img" '
            f'aria-label="How many times as fast Quire is"><style>{STYLE}</style>\n' + "\n".join(drawn) + "\n</svg>\n")


def text(results, compared):
    machine = results.machine
    said = [f"Measured by `./dev bench` on {machine['processor']} ({machine['kernel']}, {machine['compiler']}); begun "
            f"{results.begun}."]
    if results.warnings:
        said.append("The run says what to doubt of it: " + " ".join(results.warnings))
    met, not_met, too_noisy = (results.figure(f"verdicts/{name}") for name in ("met", "not_met", "too_noisy"))
    if met:
        said.append(f"Of the limits that Quire is held to, {met} are met, {not_met} are not met, and {too_noisy} were "
                    "too noisy to tell.")
    # A pool's memory beside an engine's is half of the answer: the engine may have the pool's memories, too.
    said += [str(one) for one in compared if "within" in one.rows]
    lines = [line for paragraph in said for line in [*textwrap.wrap(paragraph, 119, break_on_hyphens=False), ""]]
    lines += ["| | Quire | what one would use instead | takes | times as fast |", "|---|--:|---|--:|--:|"]
    for one in compared:
        doubt = f" ({one.doubt})" if one.doubt else ""
        lines.append(f"| {one.template.label} | {one.time} | {one.template.instead} | {one.time_of_instead} | "
                     f"{one.gain}{doubt} |")
    lines += ["", f"![How many times as fast Quire is, on a logarithmic scale]({PICTURE})", ""]
    return "\n".join(lines)


def in_readme(readme, made):
    """README.md with the part between the two marks made anew."""
    before, found, rest = readme.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        raise SystemExit("README.md lacks the marks between which the table stands")
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


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("tree", type=pathlib.Path)
    words.add_argument("--record", type=pathlib.Path)
    words.add_argument("--check", action="store_true")
    asked = words.parse_args()
    tree = asked.tree
    if asked.record:
        record(asked.record, tree)
    results = read(tree / RESULTS)
    compared = shown(results)
    readme = tree / "README.md"
    made = {readme: in_readme(readme.read_text(encoding="utf-8"), text(results, compared)),
            tree / PICTURE: picture(compared)}
    if not asked.check:
        for path, content in made.items():
            path.write_text(content, encoding="utf-8")
        return None
    stale = [path for path, content in made.items() if not path.exists() or path.read_text(encoding="utf-8") != content]
    if stale:
        return f"not what {RESULTS} makes: {', '.join(map(str, stale))}; run benchmarks/page/readme.py"
    print(f"README.md and {PICTURE} are what {RESULTS} makes")
    return None


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NotResults as problem:
        sys.exit(str(problem))
