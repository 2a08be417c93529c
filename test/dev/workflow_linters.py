# SPDX-License-Identifier: BSL-1.0
"""What others' linters say of the public checks: actionlint of their form and of the shell in them, zizmor of their
safety. Each is also given a workflow with a fault, and has to find it. Exits with 77, with the reason in the last line,
if a linter cannot be had.

usage: workflow_linters.py actionlint|zizmor FOLDER TREE
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))

from folders import held  # noqa: E402
from python_package import fetch, skip  # noqa: E402

MODULE = pathlib.Path(__file__).with_name("actionlint")  # its version, and the content of all modules that it needs
PACKAGE = "zizmor==1.32.0"
CONTENT = {"x86_64": "84a6acb975accc13408786a2bd274b572537ca19c933ebbc13e78f3988562071"}
FAULTS = {
    "actionlint": ("runs-on: ubuntu-24.04", "runs-on: ${{ matrx.machine }}", 'undefined variable "matrx"'),
    "zizmor": ("permissions:\n  contents: read", "permissions: write-all", "excessive-permissions"),
}


def actionlint(folder):
    go = shutil.which("go") or skip("Go is not installed")
    for name in ("go.mod", "go.sum"):
        shutil.copy(MODULE / name, folder)
    environment = os.environ | {"GOMODCACHE": str(folder / "modules"), "GOCACHE": str(folder / "cache"),
                                "GOFLAGS": "-mod=readonly -modcacherw", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    program = folder / "actionlint"
    try:
        made = subprocess.run([go, "build", "-o", program, "github.com/rhysd/actionlint/cmd/actionlint"], cwd=folder,
                              env=environment, capture_output=True, text=True, timeout=500)
    except subprocess.TimeoutExpired:
        skip("actionlint cannot be had in time")
    if made.returncode != 0:
        skip(f"actionlint cannot be had: {(made.stderr.strip().splitlines() or ['no reason is given'])[-1]}")
    return lambda workflows: [program, "-no-color", *workflows.glob("*.yml")]


def zizmor(folder):
    program = folder / "zizmor"
    with zipfile.ZipFile(fetch(PACKAGE, CONTENT, folder)) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith("/scripts/zizmor"))
        program.write_bytes(wheel.read(name))
    program.chmod(0o755)
    return lambda workflows: [program, "--offline", "--strict-collection", "--no-progress", "--color=never", workflows]


def told(command, tree):
    done = subprocess.run([str(word) for word in command], cwd=tree, capture_output=True, text=True, timeout=200)
    return done.returncode, done.stdout + done.stderr


def finds(linter, tool, tree):
    """Whether the tool finds a fault that is put into one of the workflows; and what it says."""
    old, new, complaint = FAULTS[linter]
    with tempfile.TemporaryDirectory() as name:
        workflows = pathlib.Path(name) / ".github/workflows"
        shutil.copytree(tree / ".github/workflows", workflows)
        path = workflows / "checks.yml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(old, new), encoding="utf-8")
        status, output = told(tool(workflows), name)
        return old in text and status != 0 and complaint in output, output


def main(linter, folder, tree):
    tree = pathlib.Path(tree).resolve()
    with held(pathlib.Path(folder).resolve()) as alone:
        tool = {"actionlint": actionlint, "zizmor": zizmor}[linter](alone)
        status, output = told(tool(tree / ".github/workflows"), tree)
        found, on_fault = finds(linter, tool, tree)
    failed = [f"failed: {linter}:\n{output}"] * (status != 0)
    failed += [f"failed: no fault is found:\n{on_fault}"] * (not found)
    print(*failed, sep="\n")
    print(f"2 test cases: {2 - len(failed)} passed, {len(failed)} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
