# SPDX-License-Identifier: BSL-1.0
"""Puts pages into the frame of the site, makes the index of its search, and checks its links."""
import html
import json
import os
import re
from html.parser import HTMLParser

FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title} · Quire</title>
<link rel="stylesheet" href="{up}site.css">
<script src="{up}search-index.js" defer></script>
<script src="{up}site.js" defer></script>
</head>
<body data-up="{up}">
<header>
<button id="menu" aria-label="Contents" aria-expanded="false">☰</button>
<a class="brand" href="{up}index.html">Quire <small>{version}</small></a>
<div class="search"><input id="query" type="search" placeholder="Search names and guides  ( / )" aria-label="Search"
 autocomplete="off"><ol id="found" hidden></ol></div>
</header>
<div class="frame">
<nav id="contents" aria-label="Contents">{contents}</nav>
<main>
{body}
</main>
</div>
</body>
</html>
"""


class Site:
    def __init__(self, version):
        self.version = version
        self.pages = {}  # address: (title, body, kind)
        self.index = []

    def add(self, address, title, body, kind):
        self.pages[address] = (title, body, kind)

    def write(self, folder, chapters):
        for address, (title, body, _) in self.pages.items():
            up = "../" * address.count("/")
            path = folder / address
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(FRAME.format(title=html.escape(title), up=up, version=self.version, body=body,
                                         contents=self.contents(chapters, address, up)))
        entries = json.dumps(self.index, separators=(",", ":"), ensure_ascii=False)
        (folder / "search-index.js").write_text(f"const searchIndex={entries};\n")

    @staticmethod
    def contents(chapters, here, up):
        out = []
        for title, pages in chapters:
            if not pages:
                out.append(f"<h2>{title}</h2>")
                continue
            inside = any(address == here for address, _ in pages)
            rows = "".join(f'<li><a href="{up}{address}"{" aria-current=page" if address == here else ""}>'
                           f"{html.escape(name)}</a></li>" for address, name in pages)
            out.append(f"<details{' open' if inside else ''}><summary>{title}</summary><ul>{rows}</ul></details>")
        return "".join(out)

    def index_sections(self, address, title, body, kind):
        """One entry for each heading of a page, with the words up to the next one."""
        parts = re.split(r'<h[1-6][^>]* id="([^"]+)"[^>]*>(.*?)</h[1-6]>', body, flags=re.S)
        self.note(title, address, kind, parts[0])
        for anchor, heading, words in zip(parts[1::3], parts[2::3], parts[3::3]):
            heading = re.sub(r'<span class="kind">.*?</span>|<a class="anchor".*?</a>', "", heading)
            called = html.unescape(anchor) if kind == "name" else plain(heading)
            self.note(called, f"{address}#{html.unescape(anchor)}", kind, words)

    def note(self, title, address, kind, words):
        self.index.append([title, address, kind, re.sub(r"\s+", " ", plain(words)).strip()])


def plain(markup):
    return html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"</(p|li|td|th|dt|dd|pre|h\d)>", " ", markup))).strip()


class Addresses(HTMLParser):
    def __init__(self):
        super().__init__()
        self.anchors, self.links = [], []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if "id" in found:
            self.anchors.append(found["id"])
        for key in ("href", "src"):
            if key in found:
                self.links.append(found[key])


def broken_links(folder):
    """Links within the site that lead nowhere, and anchors that a page has twice."""
    pages = {}
    for path in folder.rglob("*.html"):
        pages[path.relative_to(folder).as_posix()] = addresses = Addresses()
        addresses.feed(path.read_text())
    problems = []
    for page, addresses in pages.items():
        for twice in {each for each in addresses.anchors if addresses.anchors.count(each) > 1}:
            problems.append(f"{page}: two places are called {twice}")
        for link in set(addresses.links):
            if re.match(r"[a-z]+:", link):
                continue
            place, _, anchor = link.partition("#")
            to = os.path.normpath(os.path.join(os.path.dirname(page), place)) if place else page
            if not (folder / to).is_file():
                problems.append(f"{page}: there is no {link}")
            elif anchor and to in pages and anchor not in pages[to].anchors:
                problems.append(f"{page}: {to} has no {anchor}")
    return sorted(problems)
