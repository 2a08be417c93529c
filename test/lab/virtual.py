"""How a virtual machine is put together: the emulator's command line, and the archive that its kernel starts from."""

import pathlib
import subprocess

import disk
import emulators
import initramfs
from packages import Unavailable

COMPILERS = {"arm64": "aarch64-linux-gnu-g++", "amd64": "x86_64-linux-gnu-g++", "ppc64el": "powerpc64le-linux-gnu-g++"}
SOURCE = pathlib.Path(__file__).with_name("init.cpp")


def first_program(processor, lab):
    """The guest's /init, compiled when it has changed."""
    program = lab / "init" / processor
    if program.exists() and program.stat().st_mtime > SOURCE.stat().st_mtime:
        return program
    program.parent.mkdir(parents=True, exist_ok=True)
    flags = ["-std=c++20", "-O1", "-static", "-s", "-Wall", "-Wextra", "-Werror"]
    try:
        subprocess.run([COMPILERS[processor], *flags, str(SOURCE), "-o", str(program)], check=True)
    except FileNotFoundError:
        raise Unavailable(f"{COMPILERS[processor]} is not installed") from None
    return program


def fetch(machine, lab, say):
    """All that is needed from the mirror, and the first program. Unavailable with the reason."""
    machine.kernel.fetch(lab, say)
    emulators.have(machine.emulator, lab, say)
    first_program(machine.processor, lab)


def archive(machine, folder, programs, lab):
    """The first program and its script, the kernel's modules, and the programs that are run."""
    files = {"init": first_program(machine.processor, lab).read_bytes()}
    script = [f"module /modules/{name}.ko" for name in machine.modules] + list(machine.setup)
    for name in machine.modules:
        files[f"modules/{name}.ko"] = machine.kernel.module(lab, name)
    inside = ["inside", machine.inside] if machine.inside else []
    for program in programs:
        files[f"bin/{program.name}"] = (folder / program.path).read_bytes()
        script.append(" ".join(["run", program.name, *inside, f"/bin/{program.name}", *program.arguments]))
    files["script"] = "".join(line + "\n" for line in script).encode()
    path = lab / f"{machine.name}.cpio"
    initramfs.write(path, files)
    return path


def swap_disk(machine, lab):
    if not machine.swap:
        return ()
    path = lab / f"{machine.name}.disk"
    disk.write_swap(path, machine.swap)
    return "-drive", f"file={path},format=raw,if=virtio"


# Kernel messages would mix with the programs' output. Mitigations and clearing twice only cost time.
QUIET = "quiet loglevel=1 panic=-1 mitigations=off init_on_alloc=0"


def command(machine, folder, programs, lab, acceleration):
    """The emulator's command line, and its environment."""
    emulator = emulators.find(machine.emulator, lab)
    return [*emulator.command, "-accel", acceleration, *machine.arguments, *swap_disk(machine, lab), "-nodefaults",
            "-display", "none", "-no-reboot", "-serial", "stdio", "-kernel", str(machine.kernel.image(lab)),
            "-initrd", str(archive(machine, folder, programs, lab)),
            "-append", f"console={machine.console} {QUIET} {machine.command_line}"], emulator.environment
