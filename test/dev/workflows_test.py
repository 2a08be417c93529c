# SPDX-License-Identifier: BSL-1.0
"""The public checks and the issue forms are what they should be: each workflow says where it has run, may read and no
more, takes each action by a commit, and consists of commands that a developer has as well. Exits with 77 where PyYAML
is missing.

usage: workflows_test.py
"""

import copy as values
import functools
import re
import shlex
import sys

from dev_copy import TREE, copy, dev, only_saying

try:
    import yaml
except ImportError:
    print("PyYAML is not installed")
    sys.exit(77)

WORKFLOWS = TREE / ".github/workflows"
FORMS = TREE / ".github/ISSUE_TEMPLATE"
SAYS_WHERE_IT_RAN = re.compile(r"# This workflow (has never run|ran on \d{4}-\d\d-\d\d)\b")
PINNED = re.compile(r"uses: ([\w.-]+/[\w./-]+)@([0-9a-f]{40})  # (v\d+\.\d+\.\d+)$")
EVENTS = {"push", "pull_request", "schedule", "workflow_dispatch"}  # none gives a fork's code more than it may read
INSTALLS = ("brew install ", "pacman -S ", "vcpkg install ")
FIELDS = {"markdown", "input", "textarea", "dropdown", "checkboxes"}


class Workflow:
    def __init__(self, name, text):
        self.name, self.text = name, text
        self.content = yaml.safe_load(text)
        self.jobs = self.content["jobs"]

    def steps(self):
        return [step for job in self.jobs.values() for step in job["steps"]]

    def commands(self):
        """Returns every command of every step, one a line, with what a matrix puts into it."""
        found = []
        for job in self.jobs.values():
            matrix = job.get("strategy", {}).get("matrix", {})
            for step in job["steps"]:
                text = step.get("run") or step.get("with", {}).get("run", "")
                given = {name: re.fullmatch(r"\$\{\{ matrix\.(\w+) \}\}", str(value))
                         for name, value in job.get("env", {}).items()}
                lines = text.splitlines()
                for name, reference in given.items():
                    if reference:
                        lines = [line.replace(f'"${name}"', value) for line in lines for value in matrix[reference[1]]]
                found += lines
        return found


def workflows():
    return [Workflow(path.name, path.read_text(encoding="utf-8")) for path in sorted(WORKFLOWS.glob("*.yml"))]


def rights(flow):
    if flow.content.get("permissions") != {"contents": "read"}:
        yield "its permissions are not contents: read"
    for event in flow.content[True]:  # YAML 1.1 takes the word `on` for a truth value
        if event not in EVENTS:
            yield f"it starts at {event}"
    for name, job in flow.jobs.items():
        if "permissions" in job:
            yield f"{name} has permissions of its own"
    for step in flow.steps():
        is_checkout = step.get("uses", "").startswith("actions/checkout@")
        if is_checkout and step.get("with", {}).get("persist-credentials", True):
            yield "a checkout keeps its credentials"
        if "${{" in step.get("run", ""):
            yield "an expression is pasted into a command: give it by the environment"


def machines(flow):
    if not SAYS_WHERE_IT_RAN.search(flow.text):
        yield "its comment does not say where it has run"
    for name, job in flow.jobs.items():
        if not isinstance(job.get("timeout-minutes"), int):
            yield f"{name} has no timeout"
        matrix = job.get("strategy", {}).get("matrix", {})
        wanted = [job["runs-on"], *(value for values in matrix.values() for value in values)]
        if any(str(each).endswith("-latest") for each in wanted):
            yield f"{name} runs on a machine that changes"


def actions(flow):
    for line in flow.text.splitlines():
        if "uses:" in line and not PINNED.search(line):
            yield f"not pinned by a commit, with its version behind it: {line.strip()}"


@functools.cache
def is_accepted(here, arguments):
    return dev(here, *arguments).returncode == 0


def commands(flow, here):
    """Each is one of ./dev, in the copy `here`, or a script of the tree, or installs what a foreign system lacks."""
    for line in flow.commands():
        first, *others = shlex.split(line)
        if first == "./dev":
            if not is_accepted(here, tuple(others)):
                yield f"./dev does not know: {line}"
        elif first in ("python", "python3"):
            if not (TREE / others[0]).is_file():
                yield f"there is no script for: {line}"
        elif not line.startswith(INSTALLS):
            yield f"no command of ./dev, nor a script: {line}"


def problems(flow, here):
    return [f"{flow.name}: {problem}" for rule in (rights, machines, actions) for problem in rule(flow)] + [
        f"{flow.name}: {problem}" for problem in commands(flow, here)]


def one_commit_an_action(flows):
    taken = {}
    for flow in flows:
        for action, *commit in PINNED.findall(flow.text):
            taken.setdefault(action, set()).add(tuple(commit))
    return [f"{action} is taken in two versions" for action, commits in taken.items() if len(commits) > 1]


def form_problems(name, form):
    if not all(isinstance(form.get(key), str) for key in ("name", "description")):
        yield f"{name}: it has no name or description"
    identifiers = [field.get("id") for field in form["body"] if field["type"] != "markdown"]
    if len(set(identifiers)) != len(identifiers) or None in identifiers:
        yield f"{name}: two fields have one id, or a field has none"
    for field in form["body"]:
        given = field.get("attributes", {})
        if field["type"] not in FIELDS or not (given.get("label") or given.get("value")):
            yield f"{name}: a field is of no known type, or has no label: {field}"
        if field["type"] in ("dropdown", "checkboxes") and not given.get("options"):
            yield f"{name}: there is nothing to choose: {given['label']}"


def forms():
    return {path.name: yaml.safe_load(path.read_text(encoding="utf-8"))
            for path in sorted(FORMS.glob("*.yml")) if path.name != "config.yml"}


def broken_workflows(sound):
    """Yields workflows with one fault each, and a part of the complaint."""
    for old, new, complaint in (
        ("contents: read", "contents: write", "permissions are not"),
        ("  pull_request:", "  pull_request_target:", "starts at pull_request_target"),
        ("persist-credentials: false", "persist-credentials: true", "keeps its credentials"),
        ("has never run", "runs", "does not say where"),
        ("    timeout-minutes: 20\n", "", "lint has no timeout"),
        ("runs-on: ubuntu-24.04", "runs-on: ubuntu-latest", "a machine that changes"),
        ("  # v7.0.1", "", "not pinned"),
        ("./dev lint", "./dev polish", "does not know: ./dev polish"),
        ("./dev lint", "make lint", "no command of ./dev"),
        ("./dev lint", "python3 test/absent.py", "there is no script"),
        ("./dev lint", "./dev test ${{ github.head_ref }}", "pasted into a command"),
    ):
        assert old in sound.text, old
        yield Workflow(sound.name, sound.text.replace(old, new)), complaint


def broken_forms(form):
    for fault, complaint in ((lambda f: f.pop("name"), "no name"),
                             (lambda f: f["body"].append(values.deepcopy(f["body"][-1])), "one id"),
                             (lambda f: f["body"][-1].update(type="textbox"), "no known type")):
        broken = values.deepcopy(form)
        fault(broken)
        yield broken, complaint


def cases(here):
    flows, every_form = workflows(), forms()
    yield "there are workflows", {"checks.yml", "scheduled.yml", "systems.yml"} <= {flow.name for flow in flows}, ""
    for flow in flows:
        yield flow.name, not problems(flow, here), problems(flow, here)
    yield "each action in one version", not one_commit_an_action(flows), one_commit_an_action(flows)
    sound = next(flow for flow in flows if flow.name == "checks.yml")
    for broken, complaint in broken_workflows(sound):
        told = problems(broken, here)
        yield f"complains: {complaint}", any(complaint in each for each in told), told
    for name, form in every_form.items():
        told = list(form_problems(name, form))
        yield name, not told, told
    report = every_form["bug.yml"]
    asked = [field for field in report["body"] if "quire-doctor --json" in str(field)]
    yield "a bug's form asks for the doctor", any(f.get("validations", {}).get("required") for f in asked), ""
    for broken, complaint in broken_forms(report):
        told = list(form_problems("bug.yml", broken))
        yield f"complains: {complaint}", any(complaint in each for each in told), told


def main():
    with copy(only_saying(), instead=True) as here:
        found = list(cases(here))
    failed = [f"{what}: {told}" for what, holds, told in found if not holds]
    print(*(f"failed: {what}" for what in failed), sep="\n")
    print(f"{len(found)} test cases: {len(found) - len(failed)} passed, {len(failed)} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
