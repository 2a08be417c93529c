# SPDX-License-Identifier: BSL-1.0
"""Whether the figures that a page shows are those of its JSON. Knows nothing of how the page writes them."""

import re

UNITS = {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "%": 0.01, None: 1}
NUMBER = re.compile(r"([-+]?[\d,]+(?:\.(\d+))?)(?: (ns|µs|ms|s|%))?$")


def at(data, pointer):
    for name in pointer.split("/")[1:]:
        data = data[int(name)] if isinstance(data, list) else data[name]
    return data


def problem(data, pointer, text):
    """Returns what is wrong with a figure, or None: it may differ by half of its last digit."""
    match = NUMBER.match(text)
    if not match:
        return f"{pointer}: {text!r} is no figure"
    digits, decimals, unit = match.groups()
    last = 10.0 ** -len(decimals or "") * UNITS[unit]
    shown, real = float(digits.replace(",", "")) * UNITS[unit], at(data, pointer)
    if abs(shown - real) > 0.5001 * last:
        return f"{pointer}: shown {text}, in the JSON {real}"
    return None


def problems(data, figures):
    return [found for pointer, text in figures if (found := problem(data, pointer, text))]


def strings(data):
    """Every text of the JSON, and the names of its members."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield name
            yield from strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from strings(value)
