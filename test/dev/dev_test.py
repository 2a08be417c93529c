# SPDX-License-Identifier: BSL-1.0
"""./dev accepts what its help lists, installs what is missing (setup asks first), removes what was built, and is completed
by Bash. It is run from a copy whose commands, or whose calls of the system, only write down what they were asked for.

usage: dev_test.py
"""

import contextlib
import os
import pty
import re
import subprocess
import sys

from dev_copy import TREE, copy, dev, only_saying

FORM = re.compile(r"^  ([a-z-]+(?: --[a-z]+| [A-Z]+)*)  ", re.M)
# A Debian on which every package is missing, until apt-get is asked for it.
NOTHING_INSTALLED = """
sudo() { false; }
is_served() { true; }
is_there() { [[ -e installed ]]; }
as_root() { echo "$*" >>asked; [[ $* != *install* ]] || touch installed; }
"""
OTHER_SYSTEM = "is_served() { false; }\nis_there() { [[ $1 != wine ]]; }\nas_root() { echo called >>asked; }\n"


def dev_at_terminal(folder, answer, *arguments):
    """Runs ./dev with a terminal, at which one line is typed; returns its status."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(folder / "dev", ["dev", *arguments])
    os.write(terminal, answer.encode())
    with contextlib.suppress(OSError):  # the terminal ends with the program
        while os.read(terminal, 4096):
            pass
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def forms():
    """Returns the forms of commands in the help, such as `test --quick`."""
    return FORM.findall(dev(TREE, "help").stdout)


def asked(folder):
    path = folder / "asked"
    return path.read_text() if path.exists() else ""


def help_lists_what_is_accepted():
    listed = [*forms(), "bench --quick", "lab --quick", "setup --yes"]
    with copy(only_saying(), instead=True) as folder:
        done = {form: dev(folder, *form.split()) for form in listed}
        wrong = [dev(folder, *words.split())
                 for words in ("", "tets", "debug", "test --fast", "setup now", "clean all")]
    yield "every form of the help is accepted", all(each.returncode == 0 and each.stdout for each in done.values())
    yield "the help lists every command", {form.split()[0] for form in forms()} >= set(
        "setup build test debug fuzz lab bench single-header docs coverage lint format release clean help".split())
    yield "other words are answered with the help", all(
        each.returncode == 2 and each.stderr.startswith("usage:") and not each.stdout for each in wrong)


def setup_asks():
    with copy(NOTHING_INSTALLED) as folder:
        yield "without a terminal it names --yes", "--yes" in dev(folder, "setup").stderr and not asked(folder)
        yield "no is no", dev_at_terminal(folder, "n\n", "setup") == 1 and not asked(folder)
        yield "an empty line is no", dev_at_terminal(folder, "\n", "setup") == 1 and not asked(folder)
        status = dev_at_terminal(folder, "y\n", "setup")
        yield "yes is yes", status == 0 and "apt-get install" in asked(folder) and "--no-remove" in asked(folder)
        yield "afterwards there is nothing to do", "are installed" in dev(folder, "setup").stdout
    with copy(NOTHING_INSTALLED + "is_there() { false; }\n") as folder:
        done = dev(folder, "setup", "--yes")
        yield "a machine is not asked", done.returncode == 0 and {"meson", "gdb", "wine"} <= set(asked(folder).split())
    with copy(OTHER_SYSTEM) as folder:
        done = dev(folder, "setup", "--yes")
        yield "elsewhere it says what is missing", "Wine's commands" in done.stdout and not asked(folder)


def commands_install():
    with copy(NOTHING_INSTALLED) as folder:
        dev_at_terminal(folder, "n\n", "format")
        yield "another command installs what it needs without a question", "clang-format-19" in asked(folder)
        yield "and no more", "meson" not in asked(folder)


def clean_removes_what_was_built():
    with copy() as folder:
        for path in ("build/gcc/a/b", "build/more", "test/__pycache__/c", "test/kept/d",
                     "packaging/conan/test_package/build/e"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).touch()
        before = {path for path in folder.rglob("*") if "build" not in path.parts and "__pycache__" not in path.parts}
        done = dev(folder, "clean")
        left = {path for path in folder.rglob("*") if "build" not in path.parts}
        yield "what was built is gone", done.returncode == 0 and not set(os.listdir(folder / "build")) - {".lock"}
        yield "what Conan built is gone", not (folder / "packaging/conan/test_package/build").exists()
        yield "nothing else is", left == before
        yield "with nothing there it is no error", dev(folder, "clean").returncode == 0


def completed(folder, *words):
    """Returns what Bash offers after these words."""
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _quire_dev; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", folder / "tools/dev/completion.bash", folder / "dev", *words],
                          capture_output=True, text=True)
    return set(done.stdout.split()) if not done.stderr else {done.stderr}


def bash_completes():
    with copy() as folder:
        yield "commands", completed(folder, "") == {form.split()[0] for form in forms()}
        yield "the beginning of one", completed(folder, "co") == {"coverage"}
        yield "options", completed(folder, "test", "--") == {"--quick", "--long"}
        yield "nothing behind them", not completed(folder, "lint", "")
        info = folder / "build/gcc/meson-info/intro-tests.json"
        info.parent.mkdir(parents=True)
        info.write_text('[{"name": "core/contradiction", "suite": ["quire:compile_fail"]},'
                        ' {"name": "programs in the documents", "suite": ["quire:docs"]}]')
        tests = {"core/contradiction", "compile_fail", "docs"}  # a name of several words is not offered
        yield "tests and suites", completed(folder, "debug", "") == tests
        yield "tests and options", completed(folder, "test", "") == {"--quick", "--long"} | tests


def main():
    groups = (help_lists_what_is_accepted, setup_asks, commands_install,
              clean_removes_what_was_built, bash_completes)
    found = [(f"{group.__name__}: {what}", holds) for group in groups for what, holds in group()]
    failed = [what for what, holds in found if not holds]
    print(*(f"failed: {what}" for what in failed), sep="\n")
    print(f"{len(found)} test cases: {len(found) - len(failed)} passed, {len(failed)} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
