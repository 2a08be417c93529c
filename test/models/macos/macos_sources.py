# SPDX-License-Identifier: BSL-1.0
"""The sources, below test/, of the program for macOS: for_macos.py builds it here, and native/run.py on a Mac."""

UNIT_TESTS = ("unit/core/node_set.cpp", "unit/core/printing.cpp", "unit/tagging/tagged_ptr.cpp", "unit/core/units.cpp")
SOURCES = ("models/macos/numbers.cpp", "models/macos/on_macos.cpp", "models/macos/process_maps.cpp",
           "support/catch/test_environment.cpp", "support/process/child.cpp", "support/catch/main.cpp")
