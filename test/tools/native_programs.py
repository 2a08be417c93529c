# SPDX-License-Identifier: BSL-1.0
"""The sources, below test/, of the programs that try a store on its own system. Scripts build them for that system on
this one, or run them under an emulator; test/native/run.py builds and runs them on the system itself."""

# Catch2 cases that do not concern Linux; then the program.
MACOS_UNIT_TESTS = ("unit/core/node_set.cpp", "unit/core/printing.cpp", "unit/tagging/tagged_ptr.cpp",
                    "unit/core/units.cpp")
MACOS = ("models/macos/numbers.cpp", "models/macos/on_macos.cpp", "models/macos/process_maps.cpp",
         "support/catch/test_environment.cpp", "support/process/child.cpp", "support/catch/main.cpp")
WINDOWS = ("models/windows/bare_environment.cpp", "models/windows/on_windows.cpp")
POSIX = ("native/on_posix.cpp",)
