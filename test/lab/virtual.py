# SPDX-License-Identifier: BSL-1.0
"""A machine that boots a kernel: the emulator's command line, and the archive that the kernel starts from."""

import dataclasses
import os
import pathlib

import builds
import disk
import emulators
import guest
import initramfs
from kernels import Kernel
from machine import Machine

# Kernel messages would mix with the programs' output. Mitigations and double clearing only cost time.
QUIET = "quiet loglevel=1 panic=-1 mitigations=off init_on_alloc=0"


@dataclasses.dataclass(frozen=True, kw_only=True)
class VirtualMachine(Machine):
    emulator: str  # the QEMU program
    kernel: Kernel
    arguments: tuple  # for the emulator: processor, memory, nodes
    console: str  # the kernel's name for the serial line
    command_line: str = ""  # further words for the kernel
    modules: tuple = ()  # loaded in this order
    setup: tuple = ()  # lines for the guest's first program, carried out before anything is run; see init.cpp
    inside: str = ""  # the control group that the programs run in
    disk: int = 0  # bytes of /dev/vda, prepared for swapping

    def have(self, lab, say):
        self.kernel.fetch(lab, say)
        emulators.have(self.emulator, lab, say)

    def visit(self, folder, programs, lab, acceleration, tell):
        emulator = emulators.find(self.emulator, lab)
        command = [*emulator.command, "-accel", acceleration, *self.arguments, *self._disk(lab), "-nodefaults",
                   "-display", "none", "-no-reboot", "-serial", "stdio", "-kernel", str(self.kernel.image(lab)),
                   "-initrd", str(self._archive(folder, programs, lab)),
                   "-append", f"console={self.console} {QUIET} {self.command_line}"]
        with guest.Session(guest.log_of(self, lab), programs, tell) as session:
            session.carry_out(command, os.environ | emulator.environment, self.limit)
        return session.run

    def _archive(self, folder, programs, lab):
        """Writes the archive: the first program and its script, the kernel's modules, and the programs to run."""
        files = {"init": builds.first_program(self.build, lab).read_bytes()}
        script = [f"module /modules/{name}.ko" for name in self.modules] + list(self.setup)
        for name in self.modules:
            files[f"modules/{name}.ko"] = self.kernel.module(lab, name)
        inside = ["inside", self.inside] if self.inside else []
        for program in programs:
            file = folder / program.path
            files[f"bin/{file.name}"] = file.read_bytes()
            files.update((path.lstrip("/"), pathlib.Path(path).read_bytes()) for path in builds.libraries_of(file))
            script.append(" ".join(["run", program.name, *inside, f"/bin/{file.name}", *program.arguments]))
        files["script"] = "".join(line + "\n" for line in script).encode()
        path = lab / f"{self.name}.cpio"
        initramfs.write(path, files)
        return path

    def _disk(self, lab):
        if not self.disk:
            return ()
        path = lab / f"{self.name}.disk"
        disk.write_swap(path, self.disk)
        return "-drive", f"file={path},format=raw,if=virtio"


@dataclasses.dataclass(frozen=True, kw_only=True)
class HostedMachine(VirtualMachine):
    """A kernel that runs as a program, without an emulator. It keeps its files in the lab's folder."""
    emulator: str = ""
    console: str = ""
    memory: int = 512  # MiB

    def have(self, lab, say):
        self.kernel.fetch(lab, say)

    def visit(self, folder, programs, lab, acceleration, tell):
        state = lab / "uml"
        state.mkdir(exist_ok=True)
        command = [str(self.kernel.image(lab)), f"mem={self.memory}M", f"initrd={self._archive(folder, programs, lab)}",
                   f"uml_dir={state}", "con=null", "con0=null,fd:1", *QUIET.split(), *self.command_line.split()]
        with guest.Session(guest.log_of(self, lab), programs, tell) as session:
            session.carry_out(command, os.environ | {"TMPDIR": str(state)}, self.limit)
        return session.run
