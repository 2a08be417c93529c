# SPDX-License-Identifier: BSL-1.0
"""What describes Quire to others agrees with the tree, and vcpkg's port installs a package that a program builds with.

usage: ports.py versions|vcpkg TREE SCRATCH

versions: whatever names a version names that of meson.build. vcpkg: the port's manifest has the form that vcpkg wants,
and its portfile is carried out with stand-ins for vcpkg's functions, as vcpkg itself needs its own registry. Exits with
77 if CMake is missing.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

from as_shown import TOLD  # noqa: E402
from folders import held  # noqa: E402
from library import version  # noqa: E402

PORT = "packaging/vcpkg/quire"
MANIFEST = f"{PORT}/vcpkg.json"
NAMES_VERSION = {  # each must be found, and be the same
    MANIFEST: r'"version": "([\d.]+)"',
    "packaging/quire.wrap": r"quire-([\d.]+\d)",
    "README.md": r"quire-([\d.]+\d)\.tar\.gz",
    "docs/consuming.md": r"quire/([\d.]+\d)`",
}
NAMES_SERIES = {  # without the last number
    "docs/consuming.md": r"find_package\(quire (\d+\.\d+)[ )]",
    "packaging/conan/test_package/CMakeLists.txt": r"find_package\(quire (\d+\.\d+)[ )]",
}


def versions(tree):
    """Yields what names another version."""
    whole = version(tree)
    for expected, patterns in ((whole, NAMES_VERSION), (whole.rpartition(".")[0], NAMES_SERIES)):
        for path, pattern in patterns.items():
            found = re.findall(pattern, (tree / path).read_text(encoding="utf-8"))
            if not found or set(found) != {expected}:
                yield f"{path} names {', '.join(sorted(set(found))) or 'no version'}, and meson.build {expected}"


def form(tree):
    """Yields what vcpkg would refuse in the manifest."""
    manifest = json.loads((tree / MANIFEST).read_text(encoding="utf-8"))
    if unknown := set(manifest) - {"name", "version", "description", "license", "dependencies"}:
        yield f"{MANIFEST}: not looked at: {', '.join(sorted(unknown))}"
    if manifest["name"] != pathlib.Path(PORT).name or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", manifest["name"]):
        yield f"{MANIFEST}: the name is that of the folder, in small letters"
    if manifest["license"] != "BSL-1.0":
        yield f"{MANIFEST}: another licence than meson.build's"
    for each in manifest["dependencies"]:
        if not isinstance(each, str) and set(each) != {"name", "host"}:
            yield f"{MANIFEST}: not looked at: {each}"
    for tool in re.findall(r"\b(vcpkg_cmake)_(?:configure|install)\(", (tree / PORT / "portfile.cmake").read_text()):
        if not any(each == {"name": tool.replace("_", "-"), "host": True} for each in manifest["dependencies"]):
            yield f"{MANIFEST}: the portfile calls functions of {tool}, which is no dependency"


def vcpkg(tree, scratch):
    """Yields what the port does not install, and then builds and runs a program."""
    yield from form(tree)
    packages = scratch / "packages"
    run("cmake", "-DPORT=quire", f"-DPORTFILE={tree / PORT / 'portfile.cmake'}", f"-DBUILD={scratch / 'quire'}",
        f"-DCURRENT_PACKAGES_DIR={packages}", "-P", HERE / "vcpkg/stand_ins.cmake")
    for name, source in {"copyright": tree / "LICENSE", "usage": tree / PORT / "usage"}.items():
        if (packages / "share/quire" / name).read_bytes() != source.read_bytes():
            yield f"share/quire/{name} is not {source}"
    for folder in packages.iterdir():
        if folder.name not in ("include", "share"):
            yield f"a port of headers installs {folder.name}"
    usage = re.sub(r"\bmain\b", "program", "".join(re.findall(r"^ +(.+\n)", (tree / PORT / "usage").read_text(), re.M)))
    (scratch / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.20)\nproject(consumer CXX)\n"
        f"add_executable(program {HERE / 'program.cpp'})\n{usage}")
    run("cmake", "-G", "Ninja", "-S", scratch, "-B", scratch / "build", f"-DCMAKE_PREFIX_PATH={packages}")
    run("cmake", "--build", scratch / "build")
    if TOLD not in run(scratch / "build/program"):
        yield "the program does not tell what it does"


def run(*command):
    done = subprocess.run([str(word) for word in command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.exit(f"$ {' '.join(map(str, command))}\n{done.stdout[-6000:]}\nexit code {done.returncode}")
    return done.stdout


def main(what, tree, scratch):
    tree = pathlib.Path(tree)
    if what == "versions":
        problems = list(versions(tree))
    elif missing := [tool for tool in ("cmake", "ninja") if shutil.which(tool) is None]:
        print(f"{' and '.join(missing)} not installed")
        return 77
    else:
        with held(pathlib.Path(scratch).resolve()) as folder:
            shutil.rmtree(folder)
            folder.mkdir()
            problems = list(vcpkg(tree, folder))
            shutil.rmtree(folder)
    print("\n".join(problems) or "nothing disagrees")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
