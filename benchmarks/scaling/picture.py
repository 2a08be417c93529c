# SPDX-License-Identifier: BSL-1.0
"""Draws lives a second over the cores of one socket, as an SVG that is readable on light and on dark ground."""

import math

from model import Machine, lives, lives_a_second

# Colours that colour-blind people tell apart (Okabe and Ito), each with a dash of its own.
DRAWN = {"zero_high_water": ("#009e73", ""), "zero_dirty": ("#0072b2", "8 3"), "batched_decommit": ("#e69f00", "2 3"),
         "decommit": ("#d55e00", "12 3 2 3"), "fresh": ("#888888", "")}
MOST_CORES, LEAST, MOST = 64, 1e4, 1e8  # of the axes; both are logarithmic
LEFT, TOP, WIDTH, HEIGHT, LABELS, LINE = 60, 30, 400, 300, 170, 14


def across(cores):
    return LEFT + WIDTH * math.log2(cores) / math.log2(MOST_CORES)


def down(rate):
    return TOP + HEIGHT * (1 - math.log10(rate / LEAST) / math.log10(MOST / LEAST))


def text(x, y, content, **attributes):
    told = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<text x="{x:.0f}" y="{y:.0f}"{told}>{content}</text>'


def picture(costs, pages):
    made = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + LABELS} {TOP + HEIGHT + 40}" '
            'font-family="sans-serif" font-size="12" fill="#888888">',
            f"<title>Predicted lives a second by cores of one socket, {pages} pages written</title>",
            text(LEFT, 16, f"lives a second, {pages} pages written"), text(LEFT, TOP + HEIGHT + 34, "cores of one socket")]
    for label, rate in {"10 k": 1e4, "100 k": 1e5, "1 M": 1e6, "10 M": 1e7, "100 M": 1e8}.items():
        made += [f'<path d="M{LEFT} {down(rate):.0f}h{WIDTH}" stroke="#888888" stroke-opacity="0.4"/>',
                 text(LEFT - 6, down(rate) + 4, label, text_anchor="end")]
    steps = [2**n for n in range(int(math.log2(MOST_CORES)) + 1)]
    made += [text(across(cores), TOP + HEIGHT + 18, cores, text_anchor="middle") for cores in steps]
    lowest = -math.inf  # of the labels so far, from the top
    rates = {name: [lives_a_second(life, costs, Machine(cores)) for cores in steps]
             for name, life in lives(costs, pages).items() if name in DRAWN}
    for name in sorted(rates, key=lambda drawn: -rates[drawn][-1]):
        colour, dashes = DRAWN[name]
        points = " ".join(f"{across(cores):.1f},{down(rate):.1f}" for cores, rate in zip(steps, rates[name]))
        lowest = max(lowest + LINE, down(rates[name][-1]))
        made += [f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dashes}"/>',
                 text(LEFT + WIDTH + 8, lowest + 4, "a fresh memory" if name == "fresh" else name, fill=colour)]
    return "\n".join([*made, "</svg>"]) + "\n"
