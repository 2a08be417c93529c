# SPDX-License-Identifier: BSL-1.0
"""The machines of the lab, as data. docs/lab.md says how to add one."""

from kernels import Kernel, ProgramKernel
from user_mode import UserModeMachine
from virtual import HostedMachine, VirtualMachine

# Tests take up to six times as long if the emulated processor reports fast string instructions, as QEMU then clears
# memory byte by byte, or has five levels of page tables, as QEMU walks them.
PLAIN_X86 = "max,la57=off,erms=off,fsrm=off"


def x86(name, says, kernel, memory=1024, arguments=(), setup=(), **more):
    return VirtualMachine(name=name, says=says, build="x86-static", emulator="qemu-system-x86_64", kernel=kernel,
                          arguments=("-M", "q35", "-cpu", PLAIN_X86, "-m", str(memory), *arguments), console="ttyS0",
                          setup=(FEWER_MAPPINGS, *setup), **more)


def arm64(name, says, kernel, **more):
    return VirtualMachine(name=name, says=says, build="arm64-gcc", emulator="qemu-system-aarch64", kernel=kernel,
                          arguments=("-M", "virt,mte=on", "-cpu", "max", "-smp", "2", "-m", "1024"), console="ttyAMA0",
                          setup=(FEWER_MAPPINGS,), **more)


def ppc64le(name, says, kernel, **more):
    return VirtualMachine(name=name, says=says, build="ppc64le", emulator="qemu-system-ppc64", kernel=kernel,
                          arguments=("-M", "pseries,cap-htm=off", "-cpu", "power9", "-smp", "2", "-m", "1024",
                                     "-vga", "none"), console="hvc0", setup=(FEWER_MAPPINGS,), **more)


def on_this_kernel(name, says, build, *wrapper, **more):
    """A machine on the kernel of this one: it tests the processor and its page size, but no other kernel."""
    return UserModeMachine(name=name, says=says, build=build, wrapper=wrapper, runs=("bare", "conformance"), **more)


# Tests that use up all mappings take minutes in a guest that allows 65530 of them.
FEWER_MAPPINGS = "write /proc/sys/vm/max_map_count 4096"


def memory_of_nodes(*megabytes):
    """One memory backend for each node; none for a node without memory."""
    return tuple(word for node, size in enumerate(megabytes) if size
                 for word in ("-object", f"memory-backend-ram,id=m{node},size={size}M"))


def nodes(*given):
    return tuple(word for one in given for word in ("-numa", f"node,{one}"))


def distances(table):
    """The distance from each node to those after it; the emulator requires every pair."""
    return tuple(word for (a, b), far in table.items() for word in ("-numa", f"dist,src={a},dst={b},val={far}"))


def pool(node, pages):
    return f"write /sys/devices/system/node/node{node}/hugepages/hugepages-2048kB/nr_hugepages {pages}"


CGROUPS = ("mount cgroup2 /sys/fs/cgroup", "write /sys/fs/cgroup/cgroup.subtree_control +memory +cpuset")

OLDEST = Kernel("bullseye", "amd64", "linux-image-cloud-amd64")
OLD = Kernel("bookworm", "amd64", "linux-image-cloud-amd64")
STABLE = Kernel("trixie", "amd64", "linux-image-cloud-amd64")
NEWEST = Kernel("trixie-backports", "amd64", "linux-image-cloud-amd64")

# Failing calls have the same results on other kernels of that age; so have mutants.
WITHOUT_FAULTS = ("bare", "conformance", "unit", "pools", "every_pool", "detect", "jit", "lab")
MUTANTS = ("mutant_wrong_node", "mutant_forgets_after_remap", "mutant_guard_one_page_off")

# With `runs`, the other programs have the same results as on the other machine with that kernel.
MACHINES = (
    # All its memory lies below 2816 MiB, in one piece: more would be split at 2 GiB, inside the huge page of node 1.
    x86("numa", "four nodes at different distances: two plain, one without processors, one without memory; pools of "
        "huge pages of 2 MiB and 1 GiB", STABLE, quick=("lab", *MUTANTS), memory=2752,
        arguments=("-smp", "3", *memory_of_nodes(1024, 1472, 256, 0),
                   *nodes("nodeid=0,memdev=m0,cpus=0", "nodeid=1,memdev=m1,cpus=1", "nodeid=2,memdev=m2",
                          "nodeid=3,cpus=2"),
                   *distances({(0, 1): 20, (0, 2): 30, (0, 3): 40, (1, 2): 25, (1, 3): 35, (2, 3): 15})),
        command_line="hugepagesz=1G hugepages=1:1", setup=(*CGROUPS, pool(0, 24), pool(1, 24))),
    x86("linux-5.10", "the oldest kernel that is supported", OLDEST, quick=("lab",)),
    x86("linux-6.1", "a kernel between the oldest and the newest, no protection keys", OLD, runs=WITHOUT_FAULTS,
        arguments=("-cpu", PLAIN_X86 + ",pku=off")),
    x86("newest", "the newest kernel, protection keys", NEWEST),
    x86("swap", "a disk to swap to", STABLE, runs=("bare", "conformance", "detect", "lab"),
        disk=256 << 20, modules=("virtio_blk",), setup=("swapon /dev/vda",)),
    x86("cgroup", "a control group that limits memory to 192 MiB", STABLE, runs=("bare", "unit", "detect", "lab"),
        disk=64 << 20, modules=("virtio_blk",), inside="/sys/fs/cgroup/limited",
        setup=(*CGROUPS, "mkdir /sys/fs/cgroup/limited", "write /sys/fs/cgroup/limited/memory.max 192M")),
    x86("cgroup-v1", "a control group of version 1 that limits memory to 192 MiB", OLDEST, runs=("detect",),
        inside="/sys/fs/cgroup/memory/limited",
        setup=("mount tmpfs /sys/fs/cgroup", "mount cgroup /sys/fs/cgroup/memory memory",
               "mkdir /sys/fs/cgroup/memory/limited",
               "write /sys/fs/cgroup/memory/limited/memory.limit_in_bytes 192M")),
    x86("folios", "folios of 64 KiB where they are advised", STABLE,
        runs=WITHOUT_FAULTS,
        setup=("write /sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled madvise",)),
    arm64("arm64-mte", "64-bit ARM with memory tagging, pages of 4 KiB",
          Kernel("trixie", "arm64", "linux-image-cloud-arm64"), runs=(*WITHOUT_FAULTS, "mte"), quick=("mte",)),
    arm64("arm64-16k", "64-bit ARM, pages of 16 KiB, the newest kernel",
          Kernel("trixie-backports", "arm64", "linux-image-arm64-16k"), quick=("conformance",)),
    ppc64le("ppc64le-64k", "64-bit POWER, pages of 64 KiB", Kernel("trixie", "ppc64el", "linux-image-powerpc64le-64k")),
    HostedMachine(name="uml", says="a kernel without NUMA, without transparent huge pages and without control groups for "
                  "memory, as a program of this machine", build="x86-static", arguments=(), runs=("bare", "detect", "lab"),
                  kernel=ProgramKernel("bookworm", "amd64", "user-mode-linux", "usr/bin/linux.uml"),
                  setup=(FEWER_MAPPINGS,)),
    on_this_kernel("sparc64", "64-bit SPARC in user mode, pages of 8 KiB, the other order of bytes", "sparc64",
                   "qemu-sparc64"),
    on_this_kernel("riscv64", "64-bit RISC-V in user mode", "riscv64", "qemu-riscv64"),
    on_this_kernel("i686", "32-bit x86, as this machine runs it", "i686"),
)
