# SPDX-License-Identifier: BSL-1.0
"""What README.md shows of recorded figures: the table and the picture of what Quire gains and costs."""

import html
import textwrap

import charts
import sentences
from declared_sentences import README

PICTURE = "docs/benchmarks/gains.svg"

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
                 "times as fast as what one would use instead</text>")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LABELS + PLOT + RIGHT} {height}" role="img" '
            f'aria-label="How many times as fast Quire is"><style>{STYLE}</style>\n' + "\n".join(drawn) + "\n</svg>\n")


def wrapped(paragraph):
    return textwrap.wrap(paragraph, 119, break_on_hyphens=False)


def where_measured(results):
    machine = results.machine
    return (f"Measured by `./dev bench` on {machine['processor']} ({machine['kernel']}, {machine['compiler']}); begun "
            f"{results.begun}.")


def text(results, compared):
    said = [where_measured(results)]
    if results.warnings:
        said.append("What is doubtful in this run: " + " ".join(results.warnings))
    met, not_met, too_noisy = (results.figure(f"verdicts/{name}") for name in ("met", "not_met", "too_noisy"))
    if met:
        said.append(f"Of the [limits](benchmarks/README.md) that Quire is held to, {met} are met, {not_met} are not "
                    f"met, and {too_noisy} were too noisy to tell.")
    lines = [line for paragraph in said for line in [*wrapped(paragraph), ""]]
    lines += ["| | Quire | what one would use instead | takes | times as fast |", "|---|--:|---|--:|--:|"]
    for one in compared:
        doubt = f" ({one.doubt})" if one.doubt else ""
        lines.append(f"| {one.template.label} | {one.time} | {one.template.instead} | {one.time_of_instead} | "
                     f"{one.gain}{doubt} |")
    lines += ["", f"![How many times as fast Quire is, on a logarithmic scale]({PICTURE})", ""]
    return "\n".join(lines)
