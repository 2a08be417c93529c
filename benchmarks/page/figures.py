# SPDX-License-Identifier: BSL-1.0
"""Figures of a run, each with the place in the JSON where it comes from, and how they are written."""

import dataclasses

UNITS = (("ns", 1), ("µs", 1e3), ("ms", 1e6), ("s", 1e9))


def unit_for(nanoseconds):
    """Returns the name of a unit in which so many nanoseconds are a handy number, and its length."""
    return next((unit for unit in UNITS if abs(nanoseconds) < 1e3 * unit[1]), UNITS[-1])


def three_digits(value):
    return f"{value:.2f}" if abs(value) < 9.995 else f"{value:.1f}" if abs(value) < 99.95 else f"{value:.0f}"


def as_time(nanoseconds):
    name, length = unit_for(nanoseconds)
    return f"{three_digits(nanoseconds / length)} {name}"


def as_count(value):
    return f"{value:,.0f}" if value == round(value) or value >= 1000 else f"{value:,.1f}"


def as_ratio(value):
    return f"{value:.3f}" if value < 9.9995 else three_digits(value)


def as_gain(value):
    return three_digits(value) if value < 0.995 else f"{value:.1f}" if value < 99.5 else f"{value:.0f}"


def as_share(value):
    return f"{value * 100:.0f} %"


@dataclasses.dataclass(frozen=True)
class Figure:
    """A number of the JSON, as text, and the JSON pointer to it."""

    text: str
    pointer: str
    value: float

    def __str__(self):
        return self.text
