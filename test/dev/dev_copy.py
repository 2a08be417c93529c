# SPDX-License-Identifier: BSL-1.0
"""A copy of ./dev whose commands only say that they were called, or call a system that only exists in a test."""

import contextlib
import pathlib
import re
import shutil
import subprocess
import tempfile

TREE = pathlib.Path(__file__).resolve().parent.parent.parent
COMMAND = re.compile(r"^(\w+)\(\) \{", re.M)


def commands():
    """Returns the functions that carry out the commands; `setup` lies with the packages."""
    return {"setup", *COMMAND.findall((TREE / "tools/dev/commands.sh").read_text())}


def only_saying():
    """Returns the text of commands that say their name and arguments."""
    return "".join(f'{name}() {{ echo "{name} $*"; }}\n' for name in sorted(commands()))


@contextlib.contextmanager
def copy(more="", instead=False):
    """Yields a tree that has nothing but ./dev, with other functions added to its commands, or in their place."""
    with tempfile.TemporaryDirectory(prefix="quire dev ") as name:
        folder = pathlib.Path(name)
        shutil.copy(TREE / "dev", folder)
        shutil.copytree(TREE / "tools/dev", folder / "tools/dev")
        path = folder / "tools/dev/commands.sh"
        path.write_text(more if instead else path.read_text() + more)
        yield folder


def dev(folder, *arguments):
    return subprocess.run([folder / "dev", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          cwd="/")
