# SPDX-License-Identifier: BSL-1.0
"""The site of guides and reference: it is built without a problem, every public name is described, no link is broken,
and the reference alone answers what an expert asks first. Skipped where Clang's bindings for Python, Markdown, Pygments
or wabt's header are not installed.

usage: documented.py ROOT"""
import importlib
import pathlib
import re
import sys
import tempfile

root = pathlib.Path(sys.argv[1]).resolve()
sys.dont_write_bytecode = True
sys.path.insert(0, str(root / "tools/reference"))
sys.path.append("/usr/lib/python3/dist-packages")
SKIPPED = 77

for module, package in {"clang.cindex": "python3-clang-19", "markdown": "python3-markdown",
                        "pygments": "python3-pygments"}.items():
    try:
        importlib.import_module(module)
    except ImportError:
        print(f"there is no Python module {module}: apt-get install {package}")
        sys.exit(SKIPPED)

import build  # noqa: E402
import frame  # noqa: E402
from coverage import Coverage  # noqa: E402
from orphans import orphans  # noqa: E402
from public_names import Reader  # noqa: E402
from reference import split  # noqa: E402

NOT_OURS = {"page_commit_on_demand"}  # mimalloc's option
problems = []


def expect(holds, sentence):
    if not holds:
        problems.append(sentence)


def finds_what_is_missing():
    """A name without a docstring, in a header that Clang understands, and a link that leads nowhere."""
    with tempfile.TemporaryDirectory() as work:
        tree = pathlib.Path(work).resolve()
        (tree / "include/quire").mkdir(parents=True)
        (tree / "include/quire/some.hpp").write_text("""#pragma once
namespace quire {
/// Described.
template <class T>
concept known = requires(T t) { t.f(); };
template <known T>
  requires(sizeof(T) > 1)
int lost(T) { return 0; }
/// A class.
class box {
 public:
  /// Opens.
  void open() {}
  void close() {}
 private:
  void hidden() {}
};
/// Whether it is big.
template <class T>
inline constexpr bool is_big = false;
/// Before nothing.
}
""")
        reader = Reader(tree)
        reader.read()
        missing = [name.qualified for name in Coverage(reader).without()]
        expect(missing == ["quire::lost", "quire::box::close"], f"of two names without a docstring, it finds {missing}")
        expect(any(name.name == "is_big" for name in reader.names), "it finds no variable template")
        expect([text.split(": ")[1] for text in orphans(reader)] == ["a docstring without a name"],
               f"of one docstring without a name, it finds {list(orphans(reader))}")
        lost = next(name for name in reader.names if name.name == "lost")
        expect("requires(sizeof(T) > 1)" in lost.declaration and "{" not in lost.declaration,
               f"a constraint belongs to a declaration, and a body does not: {lost.declaration}")
        page = tree / "page.html"
        page.write_text('<h1 id="a">A</h1><a href="#a">a</a><a href="#b">b</a><a href="other.html">c</a>')
        expect(len(frame.broken_links(tree)) == 2, "of two broken links, it does not find both")


def all_members(names):
    for name in names:
        yield name
        yield from all_members(name.members)


def errors_have_names(site):
    """A word in code type in a list of errors is an enumerator of errc, a parameter, or another public name; never one
    that nothing declares."""
    codes = {member.name for name in site.reader.names if name.qualified == "quire::errc" for member in name.members}
    declared = {name.name for name in all_members(site.reader.names)}
    count = 0
    for name in all_members(site.reader.names):
        for label, words in split(name.doc)[1].items():
            if label != "Errors":
                continue
            count += 1
            for word in re.findall(r"`(?:quire::|errc::)*([a-z]\w+)`", words):
                expect(word in codes | declared | NOT_OURS or word in name.declaration,
                       f"{name.place}: `{word}` in the errors of {name.qualified} is declared nowhere")
    expect(count > 50, f"only {count} operations list their errors")


def what_can_fail_says_how(site):
    for name in all_members(site.names):
        if name.doc and name.kind == "function" and re.search(r"\bresult<", name.declaration.split("(")[0]):
            expect("Errors" in split(name.doc)[1], f"{name.place}: {name.qualified} does not list its errors")


def operations_say_all(site):
    """Each operation of page_allocator that can fail lists its errors and its cost; overloads share them."""
    members = [member for name in site.names if name.qualified == "quire::page_allocator" for member in name.members]
    facts = {}
    for member in members:
        if "result<" in member.declaration:
            facts.setdefault(member.name, {}).update(split(member.doc)[1])
    for operation, said in facts.items():
        expect("Errors" in said, f"page_allocator::{operation} does not list its errors")
        expect(any(label.startswith("Cost") for label in said), f"page_allocator::{operation} does not say its cost")
    for operation in ("allocate", "grow", "shrink", "discard", "reset", "protect", "deallocate", "populate"):
        expect(operation in facts, f"page_allocator::{operation} is not in the reference")


def found_by(site, words):
    return [entry for entry in site.site.index
            if all(word in f"{entry[0]} {entry[3]}".lower() for word in words.split())]


def questions_have_answers(site, folder):
    for words, address, answer in [
        ("shrink cost", "reference/quire/page_allocator.html#page_allocator::shrink", "one mmap up to 2 MiB"),
        ("reset errors", "reference/quire/page_allocator.html#page_allocator::reset", "limit_exceeded, out_of_memory"),
        ("signal handler may call", "guide/operations.html#signal-handlers", "zone_of, contains, data, size"),
        ("default limit", "guide/operations.html#limits", "The default limit is 4 GiB"),
        ("zero_dirty", "reference/quire/recycling/zero_dirty.html#recycling::zero_dirty", "recycling::zero_dirty"),
    ]:
        texts = [f"{entry[0]} {entry[3]}" for entry in found_by(site, words) if entry[1] == address]
        expect(texts, f"a search for '{words}' does not find {address}")
        told = re.sub(r"\s+([,.])", r"\1", " ".join(texts))
        expect(answer.lower() in told.lower(), f"{address} does not say '{answer}', but: {told[:400]}")
    for name in site.names:
        page = (folder / build.address_of(name.header)).read_text()
        expect(f"#include &lt;{name.header}&gt;" in page, f"the page of {name.qualified} does not say what to include")
        expect(site.find(name.qualified, None, "") is not None, f"{name.qualified} has no place in the reference")


finds_what_is_missing()
with tempfile.TemporaryDirectory() as work:
    site = build.Build(root)
    if "wasm-rt.h" in site.reader.not_here:  # of all engines, the one without which Clang loses names
        print("there is no wasm-rt.h: apt-get install wabt")
        sys.exit(SKIPPED)
    site.write(pathlib.Path(work))
    problems += site.problems
    errors_have_names(site)
    what_can_fail_says_how(site)
    operations_say_all(site)
    questions_have_answers(site, pathlib.Path(work))
print("\n".join(problems) or f"{sum(1 for _ in all_members(site.names))} public names are described on "
      f"{len(site.site.pages)} pages")
sys.exit(bool(problems))
