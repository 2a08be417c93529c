# SPDX-License-Identifier: BSL-1.0
"""The page of the benchmarks in Chromium: light and dark, on a desk, on a telephone and on paper.

usage: browser_test.py FOLDER RESULTS       where the page's program lies, and the figures that it shows
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

from shown_figures import problems, strings

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

import chromium  # noqa: E402

SIZES = {"a desk": 1200, "a telephone": 390, "a small telephone": 320}

FIGURES = """[...document.querySelectorAll('[data-figure]')].map(e => [e.dataset.figure, e.textContent])"""
NUMBERS_OUTSIDE = """[...document.querySelectorAll('.answer, .verdict li')].map(e => {
  const copy = e.cloneNode(true);
  copy.querySelectorAll('[data-figure]').forEach(f => f.remove());
  return copy.textContent;
})"""
EMPTY = """[...document.querySelectorAll('svg.strip')].filter(e => e.getBoundingClientRect().width < 40).length"""
WITHOUT_TABLE = """[...document.querySelectorAll('figure')].filter(
  e => e.querySelector('.chart') && !e.querySelector('table')).length"""
COLOURS = """(e => [e.backgroundColor, e.color])(getComputedStyle(document.body))"""
# Pixels by which the page is wider than the window, and what lies beyond the window's edge without being in a box that
# scrolls.
OVERFLOW = """(() => {
  const width = document.documentElement.clientWidth;
  const out = [...document.querySelectorAll('main *')].filter(
    e => !e.closest('.scroll') && e.getBoundingClientRect().right > width + 1).map(e => e.className || e.tagName);
  return [document.documentElement.scrollWidth - width, out.slice(0, 5)];
})()"""


def luminance(colour):
    channels = [int(part) / 255 for part in colour[colour.index("(") + 1:-1].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def number_words(text):
    """The words of a text that contain a digit, without the marks around them."""
    return [word.strip(".,;:()→") for word in text.split() if any(c.isdigit() for c in word)]


def unexplained(texts, data):
    """Numbers in sentences that are neither figures of the JSON nor part of its texts, as "1 MiB" of a title is."""
    def plain(text):
        return re.sub(r"(?<=\d),(?=\d{3})", "", text)
    known = plain(" ".join(strings(data)))
    return sorted({word for text in texts for word in number_words(plain(text)) if word not in known})


def look_at(browser, page, data):
    """Yields what is wrong."""
    backgrounds = {}
    for scheme in ("light", "dark"):
        for place, width in SIZES.items():
            browser.look(width, scheme=scheme)
            browser.open(page)
            beyond, which = browser.evaluate(OVERFLOW)
            if beyond > 0 or which:
                yield f"on {place}, {scheme}: {beyond} pixels too wide: {which}"
            if (empty := browser.evaluate(EMPTY)) != 0:
                yield f"on {place}, {scheme}: {empty} strips are too narrow to be seen"
        paper, ink = browser.evaluate(COLOURS)
        backgrounds[scheme] = paper
        if contrast(paper, ink) < 7:
            yield f"{scheme}: text has a contrast of {contrast(paper, ink):.1f}"
    if luminance(backgrounds["dark"]) > 0.05 or luminance(backgrounds["light"]) < 0.9:
        yield f"light and dark are {backgrounds}"
    browser.look(760, scheme="dark", medium="print")
    if luminance(browser.evaluate(COLOURS)[0]) < 0.9:
        yield "paper is not white where the screen is dark"
    figures = browser.evaluate(FIGURES)
    if len(figures) < 100:
        yield f"there are {len(figures)} figures"
    yield from problems(data, figures)
    outside = browser.evaluate(NUMBERS_OUTSIDE)
    yield from (f"{word} of a sentence is not in the JSON" for word in unexplained(outside, data))
    if browser.evaluate(WITHOUT_TABLE):
        yield "a picture has no table"
    yield from (f"the browser complains: {text[:300]}" for text in browser.complaints)


def main(folder, source):
    path = chromium.program()
    if path is None:
        print("there is no Chromium (Debian: chromium)")
        return 77
    with tempfile.TemporaryDirectory() as made:
        results = pathlib.Path(made) / "results.json"
        results.write_text(pathlib.Path(source).read_text(encoding="utf-8"), encoding="utf-8")
        subprocess.run([sys.executable, pathlib.Path(folder) / "report.py", "--results", results], check=True)
        with chromium.Browser(path) as browser:
            data = json.loads(results.read_text(encoding="utf-8"))
            found = list(look_at(browser, results.with_suffix(".html"), data))
    print(*(f"failed: {what}" for what in found), sep="\n")
    print(f"1 test cases: {int(not found)} passed, {int(bool(found))} failed, 0 skipped")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
