# SPDX-License-Identifier: BSL-1.0
"""Checks the doctor's exit status and JSON on this machine.

usage: check.py DOCTOR VERSION
"""

import json
import os
import subprocess
import sys

DOCTOR, VERSION = sys.argv[1:]
problems = []


def run(*arguments):
    return subprocess.run([DOCTOR, *arguments], capture_output=True, text=True)


def expect(holds, what):
    if not holds:
        problems.append(what)


def check_values(values):
    for group, members in values.items():
        for name, member in members.items():
            expect(set(member) == {"value", "source"}, f"{group}.{name} has a value and a source")
            expect(isinstance(member["source"], str), f"the source of {group}.{name} is a text")


def check_json():
    done = run("--json")
    expect(done.returncode == 0, "without a need nothing can be unmet")
    told = json.loads(done.stdout)
    expect(set(told) == {"quire", "took_nanoseconds", "need", "findings", "values", "refusals"}, "these are the members")
    expect(told["quire"] == VERSION, "the version is that of the project")
    expect(told["need"] is None, "no need was stated")
    for finding in told["findings"]:
        expect(set(finding) == {"id", "weight", "title", "figure", "consequence", "remedy", "hint"},
               f"finding {finding.get('id')} is whole")
    check_values(told["values"])
    expect(told["values"]["memory"]["page_bytes"]["value"] >= 4096, "the page is known")


def check_needs():
    small = run("--memories", "1", "--reservation", "1MiB", "--json")
    expect(json.loads(small.stdout)["need"]["met"] is not False and small.returncode in (0, 3), "a little can be met")
    large = run("--memories", "1000000000", "--reservation", "1TiB", "--json")
    expect(json.loads(large.stdout)["need"]["met"] is False and large.returncode == 1, "too much cannot")
    expect("cannot meet it" in run("--memories", "1000000000", "--reservation", "1TiB").stdout, "people are told too")


def check_options():
    for bad in (["--memory"], ["--memories"], ["--memories", "x"], ["--committed", "8GB"], ["--pool", "2MiB"],
                ["--committed", "2MiB", "--pool", "3"]):
        done = run(*bad)
        expect(done.returncode == 2 and "usage:" in done.stderr and not done.stdout, f"{bad} is refused with usage")
    done = run("--help")
    expect(done.returncode == 0 and done.stdout.startswith("usage:"), "help is given")


def check_text():
    done = run("--sources")
    expect(done.returncode == 0 and "This machine" in done.stdout, "people get a text")
    expect("\33" not in done.stdout, "no colours in a file")


def check_output():
    """Checks a full disk, and an output that is closed."""
    for arguments in ([], ["--json"], ["--sources"], ["--help"], ["--committed", "1MiB"]):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([DOCTOR, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
        expect(done.returncode == 4 and "cannot be written" in done.stderr, f"{arguments} into a full disk is no success")
        done = subprocess.run([DOCTOR, *arguments], stderr=subprocess.PIPE, text=True,
                              preexec_fn=lambda: os.close(1))
        expect(done.returncode == 4, f"{arguments} into a closed output is no success")


def check_pool():
    total = json.loads(run("--json").stdout)["values"]["memory"]["total"]["value"]
    if not isinstance(total, int):
        return
    done = run("--committed", "1GiB", "--memories", str((total >> 30) * 40), "--pool", "2MiB", "--json")
    need = json.loads(done.stdout)["need"]
    expect(need["met"] is False and done.returncode == 1, "forty times the memory of this machine cannot be had")
    memory = [each for each in need["demands"] if each["what"].startswith("memory of")]
    expect(memory and memory[0]["met"] is False, "memory is not enough for it")
    expect(not any("echo" in (each["remedy"] or "") for each in need["demands"]), "no advice is beyond the machine")


for check in (check_json, check_needs, check_options, check_text, check_output, check_pool):
    check()
print("\n".join(problems) or "the doctor's statuses and JSON are as promised")
sys.exit(bool(problems))
