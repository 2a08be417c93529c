"""Builds and runs a program against Quire in one of the ways that a user has. Exits with 77 if a tool is missing.

usage: run.py WAY SOURCE_TREE SCRATCH -- COMPILER
"""

import os
import pathlib
import shlex
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

from folders import held  # noqa: E402


def need(tool):
    if not shutil.which(tool):
        print(f"{tool} is not installed")
        sys.exit(77)


class Consumer:
    def __init__(self, tree, scratch, compiler):
        self.tree, self.scratch, self.compiler = tree, scratch, compiler
        self.prefix = scratch / "prefix"
        self.environment = os.environ | {
            "CXX": " ".join(compiler), "PKG_CONFIG_PATH": str(self.prefix / "share/pkgconfig")}

    def run(self, *command):
        print("$", *command, flush=True)
        subprocess.run([str(word) for word in command], env=self.environment, check=True)

    def program(self, *flags):
        self.run(*self.compiler, "-std=c++23", HERE / "program.cpp", *flags, "-o", self.scratch / "program")
        self.run(self.scratch / "program")

    def install(self, with_doctor=False):
        need("meson")
        self.run("meson", "setup", self.scratch / "quire", self.tree, f"--prefix={self.prefix}", "-Dtests=false",
                 f"-Ddoctor={str(with_doctor).lower()}")
        self.run("meson", "install", "-C", self.scratch / "quire")

    def source(self):
        """Uses three -I options into the source tree."""
        self.program(*(f"-I{self.tree / root}" for root in ("include", "policies", "backends")))

    def installed(self):
        """Uses one -I option into an installation; also runs the installed program."""
        self.install(with_doctor=True)
        self.program(f"-I{self.prefix / 'include'}")
        self.run(self.prefix / "bin/quire-doctor", "--memories", "1", "--reservation", "1MiB")

    def pkg_config(self):
        need("pkg-config")
        self.install()
        answer = subprocess.run(["pkg-config", "--cflags", "--libs", "quire"], env=self.environment, check=True,
                                capture_output=True, text=True)
        self.program(*shlex.split(answer.stdout))  # escaped for a shell

    def cmake(self):
        """Uses find_package, in the GNU dialect that CMake prefers."""
        need("cmake")
        self.install()
        build = self.scratch / "cmake"
        self.run("cmake", "-G", "Ninja", "-S", HERE / "cmake", "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}")
        self.run("cmake", "--build", build)
        self.run(build / "program")

    def subproject(self):
        """Uses a Meson project with Quire below subprojects/."""
        need("meson")
        project = self.scratch / "project"
        (project / "subprojects").mkdir(parents=True)
        (project / "subprojects/quire").symlink_to(self.tree)
        shutil.copy(HERE / "meson/meson.build", project)
        shutil.copy(HERE / "program.cpp", project)
        self.run("meson", "setup", project / "build", project)
        self.run("meson", "compile", "-C", project / "build")
        self.run(project / "build/program")


def main(way, tree, scratch, compiler):
    with held(pathlib.Path(scratch)) as folder:
        shutil.rmtree(folder)
        folder.mkdir()
        getattr(Consumer(pathlib.Path(tree), folder, compiler), way)()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:4], sys.argv[5:])
    except subprocess.CalledProcessError as error:
        sys.exit(str(error))
