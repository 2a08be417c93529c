"""Who may include whom, and which header may know the system.

usage: layers.py TREE
"""

import re

from tree import headers, report, tree_argument

# Headers under include/ that are built on the core and never included by it.
ABOVE_CORE = re.compile(r"quire/(bounded|each_reading|effective|error_code|explanation|fault_cause|image|machine_modes"
                        r"|memory_partition|ostream|platform_capabilities|pool|reading|static_capabilities|with_best)"
                        r"\.hpp|quire/(adapt|engine)/")

ANYWHERE = {"core", "above", "policies", "backing", "calls", "detect", "platform"}
MAY_INCLUDE = {
    "core": {"core"},
    "above": {"core", "above"},
    "policies": {"core", "policies"},
    "backing": {"core", "above", "backing"},
    "calls": {"core", "calls"},
    "detect": {"core", "above", "backing", "calls", "detect"},
    "platform": ANYWHERE,
    "native": ANYWHERE | {"native"},  # native.hpp and the headers beside it
}

STANDARD = re.compile(r"<[a-z_]+>")
KNOWS_THE_SYSTEM = {"<cerrno>", "<csetjmp>", "<csignal>"}
PORTABLE = re.compile(r"<boost/config(\.hpp|/.*)>")


def layer(root, name):
    if root == "include":
        return "above" if ABOVE_CORE.match(name) else "core"
    if root == "policies":
        return "policies"
    folder = re.match(r"quire/(?:(\w+)/)?", name)[1]
    return folder or "native"


def system_include(header, spelling):
    """What is wrong with including something that is not Quire's, or None."""
    if STANDARD.fullmatch(spelling) and spelling not in KNOWS_THE_SYSTEM or PORTABLE.fullmatch(spelling):
        return None
    if layer(header.root, header.name) == "calls":
        return None
    if header.name.startswith("quire/engine/") and spelling == "<wasm-rt.h>":
        return None
    if spelling.startswith('"'):
        return f"{spelling}: write <quire/...>"
    return f"{spelling} belongs to backends/quire/calls/"


def problems(tree):
    everything = headers(tree)
    layers = {header.name: layer(header.root, header.name) for header in everything}
    for header in everything:
        here = layers[header.name]
        if here not in MAY_INCLUDE:
            yield f"{header.path}: no layer is called {here}"
            continue
        for number, spelling in header.includes():
            if not spelling.startswith("<quire/"):
                wrong = system_include(header, spelling)
            elif spelling[1:-1] not in layers:
                wrong = f"there is no {spelling}"
            else:
                there = layers[spelling[1:-1]]
                wrong = None if there in MAY_INCLUDE[here] else f"{here} may not include {there}: {spelling}"
            if wrong:
                yield f"{header.path}:{number}: {wrong}"


if __name__ == "__main__":
    report(list(problems(tree_argument())), f"{len(headers(tree_argument()))} headers keep to their layer")
