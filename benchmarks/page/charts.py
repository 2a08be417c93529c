# SPDX-License-Identifier: BSL-1.0
"""Pictures of a table's rows, as SVG that keeps its text at one size on any screen: a strip for each row, whose
horizontal positions are stretched to the width that there is.

A strip shows twenty dots, each the middle of a twentieth of the samples; a line from the 10th to the 90th percentile;
and a tick at the median.
"""

import html
import math

STRETCH = 1000  # units from the left to the right of a strip
HEIGHT, FOOT = 30, 22  # of a strip, and where its dots stand
WIDTH, DOT = 420, 5  # pixels, of a strip of usual width and of a dot: by these the dots are piled up


class Axis:
    """Positions of values, from the least to the largest, linear or logarithmic."""

    def __init__(self, values, must_show=(), from_zero=True, most_linear=8):
        low, high = min([*values, *must_show]), max([*values, *must_show])
        self.is_log = low > 0 and high / low > most_linear
        if self.is_log:
            self.low, self.high = low / 1.25, high * 1.25
        elif from_zero:
            self.low, self.high = min(0, low), (high or 1) * 1.06
        else:
            margin = max(0.08 * (high - low), 0.02 * abs(high)) or 1
            self.low, self.high = low - margin, high + margin

    def at(self, value):
        """Returns the position as a part of the width; what lies beyond an end is put there."""
        if self.is_log:
            share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return min(max(share, 0.004), 0.996)

    def ticks(self, most=5):
        return self.powers(most) if self.is_log else self.steps(most)

    def powers(self, most):
        lowest, highest = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        for digits in ((1, 2, 5), (1, 3), (1,)):
            all_of = [digit * 10.0**power for power in range(lowest, highest + 1) for digit in digits]
            shown = [value for value in all_of if self.low <= value <= self.high]
            if len(shown) <= most:
                break
        return shown[::math.ceil(len(shown) / most)] if shown else []

    def steps(self, most):
        span = self.high - self.low
        size = 10.0**math.floor(math.log10(span / most))
        step = next(size * digit for digit in (1, 2, 5, 10) if span / (size * digit) <= most)
        first = math.ceil(self.low / step)
        return [round(step * i, 12) for i in range(first, int(self.high / step + 1e-9) + 1)]


def pile(positions):
    """Returns the dots' places in a strip: a dot that would cover its neighbour stands on top of it."""
    columns, places = [], []
    for share in sorted(positions):
        x = share * WIDTH
        if not columns or x - columns[-1][0] >= DOT:
            columns.append((x, []))
        columns[-1][1].append(share)
    for x, pile_of in columns:
        rise = min(DOT - 1, (FOOT - 5) / max(1, len(pile_of) - 1))
        places += [(x / WIDTH, FOOT - 4 - i * rise) for i in range(len(pile_of))]
    return places


def line(kind, x1, y1, x2, y2):
    return f'<path class="{kind}" d="M{x1 * STRETCH:.0f} {y1:.1f}L{x2 * STRETCH:.0f} {y2:.1f}"/>'


def dots(positions):
    return '<path class="dots" d="' + "".join(f"M{x * STRETCH:.0f} {y:.1f}h0" for x, y in pile(positions)) + '"/>'


def strip(kind, content, label):
    return (f'<svg class="strip {kind}" viewBox="0 0 {STRETCH} {HEIGHT}" preserveAspectRatio="none" role="img" '
            f'aria-label="{html.escape(label)}">{"".join(content)}</svg>')


def references(axis, lines):
    """Vertical lines through the whole strip: (kind, value)."""
    return [line(kind, axis.at(value), 0, axis.at(value), HEIGHT) for kind, value in lines]


def spread(axis, samples):
    """The samples of a row; of some, only the median and a range are known."""
    drawn = []
    if "p10" in samples:
        drawn.append(line("range", axis.at(samples["p10"]), FOOT, axis.at(samples["p90"]), FOOT))
    if "quantiles" in samples:
        drawn.append(dots([axis.at(value) for value in samples["quantiles"]]))
    for value in (samples["modes"]["low"], samples["modes"]["high"]) if samples.get("modes") else ():
        drawn.append(line("mode", axis.at(value), HEIGHT - 4, axis.at(value), HEIGHT))
    drawn.append(line("median", axis.at(samples["median"]), FOOT - 6, axis.at(samples["median"]), FOOT + 4))
    return drawn


def bar(axis, value):
    return [line("bar", axis.at(axis.low), HEIGHT / 2, axis.at(value), HEIGHT / 2)]


def extent(samples):
    """What has to be in the picture of some samples; single ones far away need not."""
    return [samples.get("p10", samples["median"]), samples["median"], samples.get("p90", samples["median"])]


def scale(axis, write):
    """The line below the strips with the values of the axis."""
    marks = []
    for value in axis.ticks():
        at = axis.at(value)
        place = ' class="first"' if at < 0.05 else ' class="last"' if at > 0.95 else ""
        marks.append(f'<span{place} style="left:{at * 100:.1f}%">{write(value) if value else 0}</span>')
    return f'<div class="scale" aria-hidden="true">{"".join(marks)}</div>'
