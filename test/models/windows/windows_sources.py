# SPDX-License-Identifier: BSL-1.0
"""The sources, below test/, of the program for Windows: under_wine.py builds it here, and native/run.py on Windows."""

SOURCES = ("models/windows/bare_environment.cpp", "models/windows/on_windows.cpp")
