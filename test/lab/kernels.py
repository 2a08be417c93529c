# SPDX-License-Identifier: BSL-1.0
"""Kernels of the distribution: found by the name of a package that always depends on the newest, and fetched."""

import dataclasses
import lzma
import os
import re

import packages


@dataclasses.dataclass(frozen=True)
class Kernel:
    """The newest kernel of a suite, found by the package that always depends on it."""
    suite: str
    architecture: str
    package: str

    def folder(self, lab):
        return lab / "kernels" / f"{self.suite}-{self.package}"

    def image(self, lab):
        """Returns the file that the emulator loads. Call after fetch()."""
        return self.folder(lab) / "image"

    def module(self, lab, name):
        """Returns the contents of a module, given by its file name without the suffix."""
        for package in self.folder(lab).glob("*.deb"):
            if contents := packages.member(package, rf"/{name}\.ko(\.xz)?$"):
                return contents if contents.startswith(b"\x7fELF") else lzma.decompress(contents)
        raise packages.Unavailable(f"{self.package} of {self.suite} has no module {name}")

    def _state(self, lab, say):
        state = packages.State(lab / "apt" / f"{self.suite}-{self.architecture}", (self.suite,), self.architecture)
        state.update(say)
        return state

    def _keep(self, contents, lab):
        partial = self.image(lab).with_suffix(".partial")
        partial.write_bytes(contents)
        os.replace(partial, self.image(lab))

    def fetch(self, lab, say):
        if self.image(lab).exists():
            return
        state = self._state(lab, say)
        wanted = [self.package]
        # The list grows: the newest kernel's package, and the packages that newer kernels have split off from it.
        for name in wanted:
            wanted += [other for other in state.depends(name) if re.match(r"linux-(image|binary)-\d", other)]
        for package in state.fetch(wanted[1:], self.folder(lab), say):
            if contents := packages.member(package, r"/vmlinu[xz][^/]*$"):
                self._keep(contents, lab)


@dataclasses.dataclass(frozen=True)
class ProgramKernel(Kernel):
    """A kernel that is a program of this machine (user-mode Linux)."""
    program: str = ""  # its path in the package

    def fetch(self, lab, say):
        if self.image(lab).exists():
            return
        for package in self._state(lab, say).fetch([self.package], self.folder(lab), say):
            if contents := packages.member(package, rf"{self.program}$"):
                self._keep(contents, lab)
                self.image(lab).chmod(0o755)
