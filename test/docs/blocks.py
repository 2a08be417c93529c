# SPDX-License-Identifier: BSL-1.0
"""Every C++ block in the documents compiles as shown; a block with a main() is linked, run, and returns 0. A block that
prints an explanation is also run at each of LIMITS: its output must then contain no "unknown". On the line before a
block, `<!-- headers: FOLDER -->` may name a folder of headers that precede those of the machine.

usage: blocks.py ROOT DOCUMENT... -- COMPILER FLAG..."""
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

from document import cpp_blocks  # noqa: E402

cut = sys.argv.index("--")
root, documents, compiler = pathlib.Path(sys.argv[1]), sys.argv[2:cut], sys.argv[cut + 1:]


# A program can start under each limit. A reservation of 4 GiB meets the first, and committed pages the second.
LIMITS = {"RLIMIT_AS": 1 << 30, "RLIMIT_DATA": 1 << 20}
PRINTS_EXPLANATION = "<< quire::explain("
UNKNOWN = re.compile(r"^(?! {2}).*\bunknown\b", re.M)  # not a value that effective() does not know, which is indented


def explained_at(program, limit, most):
    """Returns None if the output of the program at a limit explains it."""
    kind = getattr(resource, limit)
    run = subprocess.run([str(program)], capture_output=True, text=True,
                         preexec_fn=lambda: resource.setrlimit(kind, (most, most)))
    told = run.stdout + run.stderr
    if run.returncode < 0 or limit not in told or UNKNOWN.search(told):
        return f"at {limit} it ended with {run.returncode} and told:\n{told}"
    return None


def check(text, flags, work):
    """Returns None if the block holds, else the error."""
    source, program = work / "block.cpp", work / "block"
    source.write_text(text)
    runs = "int main(" in text
    built = subprocess.run([*compiler, *flags, str(source), "-o", str(program)] + ([] if runs else ["-fsyntax-only"]),
                           capture_output=True, text=True)
    if built.returncode:
        return built.stderr
    if runs and (code := subprocess.run([str(program)], stdout=subprocess.DEVNULL).returncode):
        return f"it returned {code}"
    if runs and PRINTS_EXPLANATION in text:
        explained.append(text)
        return next(filter(None, (explained_at(program, *each) for each in LIMITS.items())), None)
    return None


count = 0
problems = []
explained = []
for document in documents:
    text = (root / document).read_text()
    for headers, block in cpp_blocks(text):
        count += 1
        first = block.splitlines()[0]
        if not first.startswith("#include"):
            problems.append(f"{document}: a block begins with its includes, not with: {first}")
            continue
        with tempfile.TemporaryDirectory() as work:
            if wrong := check(block, [f"-I{root / headers}"] if headers else [], pathlib.Path(work)):
                problems.append(f"{document}: the block that begins with {first} does not hold:\n{wrong}")
if not count:
    problems.append("no block found")
if not explained:
    problems.append("no block prints an explanation")
print("\n".join(problems) or f"{count} blocks compile and run as shown, {len(explained)} explain what they met")
sys.exit(bool(problems))
