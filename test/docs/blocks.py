"""Every C++ block in the documents compiles as shown; one with a main() is linked, run, and returns 0. On the line before a
block `<!-- headers: FOLDER -->` may name a folder of headers that come before the machine's own.

usage: blocks.py ROOT DOCUMENT... -- COMPILER FLAG..."""
import pathlib
import re
import subprocess
import sys
import tempfile

cut = sys.argv.index("--")
root, documents, compiler = pathlib.Path(sys.argv[1]), sys.argv[2:cut], sys.argv[cut + 1:]


def check(text, flags, work):
    """None if the block holds, else what went wrong."""
    source, program = work / "block.cpp", work / "block"
    source.write_text(text)
    runs = "int main(" in text
    built = subprocess.run([*compiler, *flags, str(source), "-o", str(program)] + ([] if runs else ["-fsyntax-only"]),
                           capture_output=True, text=True)
    if built.returncode:
        return built.stderr
    if runs and (code := subprocess.run([str(program)], stdout=subprocess.DEVNULL).returncode):
        return f"it returned {code}"
    return None


count = 0
problems = []
for document in documents:
    text = (root / document).read_text()
    for headers, block in re.findall(r"^(?:<!-- headers: (\S+) -->\n)?```cpp\n(.*?)^```$", text, re.M | re.S):
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
print("\n".join(problems) or f"{count} blocks compile and run as shown")
sys.exit(bool(problems))
