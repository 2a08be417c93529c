# SPDX-License-Identifier: BSL-1.0
"""The folders in which tests have declarations of engines and heaps that need not be installed."""

LIST = "test/support/declarations.txt"  # Meson reads it as well


def folders(tree):
    return [tree / "test/support" / name for name in (tree / LIST).read_text(encoding="utf-8").split()]
