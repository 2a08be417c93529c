# SPDX-License-Identifier: BSL-1.0
"""The site in Chromium: its longest pages are no wider than the window, light and dark differ, and the search has the
answer to what an expert asks at its top. Skipped where Chromium, or what builds the site, is not installed.

usage: site_in_chromium.py ROOT
"""

import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

import chromium  # noqa: E402

WIDTHS = {"a desk": 1200, "a telephone": 390}
LONGEST = 6
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
COLOURS = "(e => [e.backgroundColor, e.color].join())(getComputedStyle(document.body))"
ASK = """(words => {
  const query = document.getElementById('query');
  query.value = words;
  query.dispatchEvent(new Event('input'));
  return [...document.querySelectorAll('#found a')].slice(0, 2).map(link => link.href.split('/docs/')[1]);
})(%r)"""
QUESTIONS = {
    "what does shrink cost?": "reference/quire/page_allocator.html#page_allocator::shrink",
    "which errors can reset return?": "reference/quire/page_allocator.html#page_allocator::reset",
    "what may a signal handler call?": "guide/operations.html#signal-handlers",
    "what is the default limit?": "guide/operations.html#limits",
    "pinned_vector": "reference/quire/pinned_vector.html#pinned_vector",
}


def pages(site):
    """Returns the first page, the list of names, and the longest others."""
    others = sorted(site.glob("guide/*.html")) + sorted(site.glob("reference/quire/**/*.html"))
    longest = sorted(others, key=lambda path: path.stat().st_size, reverse=True)[:LONGEST]
    return [site / "index.html", site / "reference/index.html", *longest]


def look_at(browser, site):
    """Yields what is wrong."""
    for place, width in WIDTHS.items():
        browser.look(width)
        for path in pages(site):
            browser.open(path)
            if (beyond := browser.evaluate(TOO_WIDE)) > 0:
                yield f"on {place} {path.relative_to(site)} is {beyond} pixels too wide"
    colours = set()
    for scheme in ("light", "dark"):
        browser.look(1200, scheme=scheme)
        browser.open(site / "index.html")
        colours.add(browser.evaluate(COLOURS))
    if len(colours) != 2:
        yield f"light and dark are both {colours}"
    for words, address in QUESTIONS.items():
        if address not in (told := browser.evaluate(ASK % words)):
            yield f"of '{words}' the search makes {told}"
    if browser.evaluate(ASK % "qwertyuiop"):
        yield "the search finds what is not there"
    yield from (f"the browser complains: {text[:300]}" for text in browser.complaints)


def main(root):
    path = chromium.program()
    if path is None:
        print("there is no Chromium (Debian: chromium)")
        return 77
    with tempfile.TemporaryDirectory() as made:
        site = pathlib.Path(made).resolve() / "docs"
        # Whether the site is sound is the question of another test.
        built = subprocess.run([sys.executable, pathlib.Path(root) / "tools/reference/build.py", root, site],
                               capture_output=True, text=True)
        if not (site / "search-index.js").exists():
            print(built.stdout, built.stderr)
            missing = "ModuleNotFoundError" in built.stderr
            print(f"the site cannot be built: {(built.stderr.strip().splitlines() or ['no reason is given'])[-1]}")
            return 77 if missing else 1
        with chromium.Browser(path) as browser:
            found = list(look_at(browser, site))
    print(*(f"failed: {what}" for what in found), sep="\n")
    print(f"1 test cases: {int(not found)} passed, {int(bool(found))} failed, 0 skipped")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
