# SPDX-License-Identifier: BSL-1.0
"""clang-tidy reports nothing about the headers. Exits with 77 if this clang-tidy is missing.

usage: tidy.py TREE SOURCE -- FLAG...       SOURCE includes every header
"""

import shutil
import subprocess
import sys

CLANG_TIDY = "clang-tidy-19"


def clang_tidy(tree, source, flags):
    command = [CLANG_TIDY, "--quiet", f"--config-file={tree}/.clang-tidy", str(source), "--", *flags]
    return subprocess.run(command, capture_output=True, text=True)


def main(tree, source, flags):
    if not shutil.which(CLANG_TIDY):
        print(f"{CLANG_TIDY} is not installed")
        return 77
    run = clang_tidy(tree, source, flags)
    print(run.stdout or "nothing to say")
    if run.returncode and not run.stdout:
        print(run.stderr)
    return 1 if run.returncode else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[4:]))
