# SPDX-License-Identifier: BSL-1.0
"""Builds the site: the guides and the reference of every public header, as plain files that a browser opens from disk.

usage: build.py ROOT FOLDER"""
import dataclasses
import html
import os
import pathlib
import re
import shutil
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "one_file")]

import order  # noqa: E402
from coverage import Coverage  # noqa: E402
from orphans import orphans  # noqa: E402
from public_names import Reader  # noqa: E402
from reference import Reference, first_sentence  # noqa: E402
from frame import Site, broken_links  # noqa: E402
from library import version  # noqa: E402
from text import Text  # noqa: E402

INDEX = "docs/README.md"


def address_of(header):
    return f"reference/{header.removesuffix('.hpp')}.html"


class Build:
    def __init__(self, root):
        self.root = root
        self.problems = []
        self.reader = Reader(root)
        self.names = self.reader.read()
        self.problems += [*self.reader.errors, *orphans(self.reader)]
        self.add_bases()
        self.coverage = Coverage(self.reader)
        self.site = Site(version(root))
        self.text = Text(self.find)
        self.pictures = {}  # their paths in the tree, by their addresses
        self.known = self.known_names()
        self.guides = [("Overview", [(INDEX, "The documents in their order", "")]), *order.guides(root)]
        self.page_of = {path: self.guide_address(path) for _, pages in self.guides for path, _, _ in pages}

    def add_bases(self):
        """The public members of a base class in `detail` belong to the class that a program names."""
        for name in self.names:
            for base in name.bases:
                template = re.sub(r"<.*", "", base, flags=re.S).split("::")[-1]
                mine = {member.name for member in name.members}
                for member in self.reader.of_detail.get(template, ()) if "detail::" in base else ():
                    if member.name not in mine and not member.is_special:
                        name.members.append(dataclasses.replace(member, scope=(*name.scope, name.name)))
                        mine.add(member.name)

    def known_names(self):
        """Addresses of names: with and without `quire::`; a policy or a store also without its namespace, and an errc
        without `errc::`, unless something else has that name too."""
        known = {header: address_of(header) for header in self.reader.headers.values()}
        short, members = {}, set()

        def enter(name, header, owner=None):
            to = f"{address_of(header)}#{Reference.anchor(name)}"
            known.setdefault(name.qualified, to)
            known.setdefault(Reference.anchor(name), to)
            if owner is None and len(name.scope) == 2 and name.scope[1] != "capability":
                short.setdefault(name.name, set()).add(to)
            for member in name.members:
                if name.name != "errc":
                    members.add(member.name)
                if name.kind == "enum" or name.is_plain and member.kind == "field" and not member.doc:
                    known.setdefault(member.qualified, to)  # shown with the whole
                    known.setdefault(Reference.anchor(member), to)
                    if name.name == "errc":
                        short.setdefault(member.name, set()).add(to)
                elif self.coverage.reason(member, name.members, name) in ("own", "overload"):
                    enter(member, header, name)

        for name in self.names:
            enter(name, name.header)
            namespace = "::".join(name.scope)
            if namespace in self.reader.namespaces:
                known.setdefault(namespace, f"{address_of(name.header)}#{namespace.removeprefix('quire::')}")
        for name, places in short.items():
            if len(places) == 1 and name not in members:
                known.setdefault(name, *places)
        return known

    def find(self, name, near, page, types=False):
        candidates = [f"{'::'.join((*near.scope[1:], near.name))}::{name}"] if near is not None and not types else []
        if near is not None:
            candidates += ["::".join((*near.scope[1:i], name)) for i in range(len(near.scope), 1, -1)]
        for candidate in (*candidates, name, name.removeprefix("quire::")):
            if to := self.known.get(candidate):
                return os.path.relpath(to, os.path.dirname(page) or ".")
        return None

    @staticmethod
    def guide_address(path):
        if path == "README.md":
            return "index.html"
        return "guide/" + path.removeprefix("docs/").replace("/README.md", ".html").replace(".md", ".html")

    def guide_pages(self):
        for chapter, pages in self.guides:
            for path, title, _ in pages:
                address = self.page_of[path]
                body = self.text.markdown((self.root / path).read_text(), page=address)
                body = re.sub(r'href="([^"#:]+)(#[^"]*)?"', lambda found: self.to_page(found, path, address), body)
                body = re.sub(r'src="([^":]+)"', lambda found: self.to_picture(found, path, address), body)
                self.site.add(address, title, body, chapter)
                self.site.index_sections(address, title, body, "guide")

    def to_page(self, found, path, address):
        """A link of a document, to another document or to a file of the tree."""
        if "reference/" in found[1]:
            return found[0]  # made here
        target = pathlib.Path(os.path.normpath((self.root / path).parent / found[1])).relative_to(self.root).as_posix()
        to = self.page_of.get(target)
        if to is None and (self.root / target).is_file():
            to = f"source/{target}.html"
            if to not in self.site.pages:
                language = {"cpp": "cpp", "hpp": "cpp", "py": "python"}.get(target.rsplit(".")[-1], "text")
                code = self.text.code((self.root / target).read_text(), language, page=to)
                self.site.add(to, target, f"<h1>{target}</h1><pre><code>{code}</code></pre>", "source")
        if to is None:
            self.problems.append(f"{path}: neither a document of docs/README.md nor a file: {found[1]}")
            return found[0]
        return f'href="{os.path.relpath(to, os.path.dirname(address) or ".")}{found[2] or ""}"'

    def to_picture(self, found, path, address):
        source = (self.root / path).parent / found[1]
        to = f"pictures/{source.name}"
        if self.pictures.setdefault(to, source) != source:
            self.problems.append(f"{path}: two pictures are called {source.name}")
        return f'src="{os.path.relpath(to, os.path.dirname(address) or ".")}"'

    def reference_pages(self):
        maker = Reference(self.coverage, self.text)
        everything = re.findall(r"#include <(.+)>", (self.root / "backends/quire/quire.hpp").read_text())
        for header in self.reader.headers.values():
            names = [name for name in self.names if name.header == header]
            included = "`quire/quire.hpp`" if header in everything else ""
            body = maker.page(header, self.reader.introductions[header], names, included, address_of(header))
            self.site.add(address_of(header), header, body, "reference")
            self.site.index_sections(address_of(header), header, body, "name")
            if order.group_of(header) is None:
                self.problems.append(f"{header} belongs to no group of tools/reference/order.py")

    def list_of_names(self):
        """Every name with one line about it, under its header, in the groups of the reference."""
        here = "reference/index.html"
        out = ["<h1>Every public name</h1>",
               self.text.markdown("By the header that declares it. `quire/quire.hpp` contains most of the first two "
                                  "groups, for the target platform.", page=here)]
        for group, _ in order.GROUPS:
            rows = []
            for header in self.of_group(group):
                to = html.escape(os.path.relpath(address_of(header), "reference"))
                rows.append(f'<tr><th colspan="2"><a href="{to}">{header}</a></th></tr>')
                rows += [self.row(name, here) for name in self.names
                         if name.header == header and not name.specialization and (name.doc or name.note)]
            out.append(f'<h2 id="{group.lower().replace(" ", "-")}">{group}</h2><table class="names">'
                       f"{''.join(dict.fromkeys(rows))}</table>")
        self.site.add(here, "Every public name", "\n".join(out), "reference")

    def row(self, name, here):
        to = html.escape(self.find("::".join((*name.scope[1:], name.name)), None, here))
        line = self.text.markdown(first_sentence(name.doc) or name.note, page=here, headings=False)
        full = html.escape("::".join((*name.scope[1:], name.name))).replace("::", "::<wbr>")
        return f'<tr><td><a href="{to}"><code>{full}</code></a></td><td>{line[3:-4]}</td></tr>'

    def of_group(self, group):
        return [header for header in self.reader.headers.values() if order.group_of(header) == group]

    def write(self, folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.guide_pages()
        self.reference_pages()
        self.list_of_names()
        chapters = [("Guides", [])] + [(chapter, [(self.page_of[path], title) for path, title, _ in pages])
                    for chapter, pages in self.guides]
        chapters += [("Reference", []), ("Overview", [("reference/index.html", "Every public name")])]
        chapters += [(group, [(address_of(header), header.removeprefix("quire/"))
                             for header in self.of_group(group)])
                     for group, _ in order.GROUPS]
        for name in ("site.css", "site.js"):
            shutil.copy(HERE / name, folder)
        self.site.write(folder, chapters)
        for to, source in self.pictures.items():
            if source.is_file():
                (folder / to).parent.mkdir(exist_ok=True)
                shutil.copy(source, folder / to)
        self.problems += broken_links(folder)
        self.problems += [f"{name.place}: nothing describes {name.qualified}"
                          for name in self.coverage.without()]


if __name__ == "__main__":
    build = Build(pathlib.Path(sys.argv[1]).resolve())
    build.write(pathlib.Path(sys.argv[2]))
    print("\n".join(build.problems) or f"{len(build.site.pages)} pages, {len(build.site.index)} entries to search")
    sys.exit(bool(build.problems))
