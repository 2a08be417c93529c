# SPDX-License-Identifier: BSL-1.0
"""What scripts share that build a test program with a library, and run it."""

import itertools
import subprocess


def groups(words):
    """Splits the words of a command line at each `--`."""
    return [list(group) for is_cut, group in itertools.groupby(words, "--".__eq__) if not is_cut]


def run(*command):
    subprocess.run([str(part) for part in command], check=True)


def catch2():
    """Returns what a program needs of Catch2 beside its entry: nothing before version 3."""
    return subprocess.run(["pkg-config", "--libs", "catch2"], capture_output=True, text=True).stdout.split()
