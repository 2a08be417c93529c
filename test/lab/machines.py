"""The machines of the lab, as data. docs/lab.md says how to add one."""

import dataclasses

from kernels import Kernel


@dataclasses.dataclass(frozen=True)
class Machine:
    """A machine whose kernel is booted."""
    name: str
    says: str  # what it has that others have not
    build: str  # the folder under build/ that the programs come from, and its description under test/lab/cross
    processor: str  # as Debian calls it
    emulator: str  # the program of QEMU
    kernel: Kernel
    arguments: tuple  # of the emulator: processor, memory, nodes
    console: str  # the kernel's name for the serial line
    command_line: str = ""  # further words for the kernel
    modules: tuple = ()  # loaded in this order
    setup: tuple = ()  # lines for the guest's first program, before anything is run; see init.cpp
    inside: str = ""  # the control group that the programs run in
    swap: int = 0  # bytes of a disk to swap to, /dev/vda
    quick: bool = False  # one of those that ./dev test boots
    limit: int = 900  # seconds


# The emulator clears memory byte by byte where the processor says that its string instructions are fast, and walks
# five levels of page tables where it has them: tests take up to six times as long.
PLAIN_X86 = "max,la57=off,erms=off,fsrm=off"


def x86(name, says, kernel, memory=1024, arguments=(), setup=(), **more):
    return Machine(name, says, "x86-static", "amd64", "qemu-system-x86_64", kernel, console="ttyS0",
                   arguments=("-M", "q35", "-cpu", PLAIN_X86, "-m", str(memory), *arguments),
                   setup=(FEWER_MAPPINGS, *setup), **more)


def arm64(name, says, kernel, **more):
    return Machine(name, says, "arm64-gcc", "arm64", "qemu-system-aarch64", kernel, console="ttyAMA0",
                   arguments=("-M", "virt,mte=on", "-cpu", "max", "-smp", "2", "-m", "1024"),
                   setup=(FEWER_MAPPINGS,), **more)


# What runs at the limit of mappings takes minutes in a guest if there are to be 65530 of them.
FEWER_MAPPINGS = "write /proc/sys/vm/max_map_count 4096"


def memory_of_nodes(*megabytes):
    """One backend a node; of a node without memory, none."""
    return tuple(word for node, size in enumerate(megabytes) if size
                 for word in ("-object", f"memory-backend-ram,id=m{node},size={size}M"))


def nodes(*given):
    return tuple(word for one in given for word in ("-numa", f"node,{one}"))


def distances(table):
    """How far each node is from those after it; the emulator wants to be told of every pair."""
    return tuple(word for (a, b), far in table.items() for word in ("-numa", f"dist,src={a},dst={b},val={far}"))


def pool(node, pages):
    return f"write /sys/devices/system/node/node{node}/hugepages/hugepages-2048kB/nr_hugepages {pages}"


CGROUPS = ("mount cgroup2 /sys/fs/cgroup", "write /sys/fs/cgroup/cgroup.subtree_control +memory +cpuset")

OLDEST = Kernel("bullseye", "amd64", "linux-image-cloud-amd64")
OLD = Kernel("bookworm", "amd64", "linux-image-cloud-amd64")
STABLE = Kernel("trixie", "amd64", "linux-image-cloud-amd64")
NEWEST = Kernel("trixie-backports", "amd64", "linux-image-cloud-amd64")

MACHINES = (
    x86("numa", "four nodes at different distances: two plain, one without processors, one without memory; pools of "
        "huge pages of 2 MiB and 1 GiB", STABLE, quick=True, memory=2560,
        arguments=("-smp", "3", *memory_of_nodes(1024, 1280, 256, 0),
                   *nodes("nodeid=0,memdev=m0,cpus=0", "nodeid=1,memdev=m1,cpus=1", "nodeid=2,memdev=m2",
                          "nodeid=3,cpus=2"),
                   *distances({(0, 1): 20, (0, 2): 30, (0, 3): 40, (1, 2): 25, (1, 3): 35, (2, 3): 15})),
        command_line="hugepagesz=1G hugepages=1:1", setup=(*CGROUPS, pool(0, 24), pool(1, 24))),
    x86("linux-5.10", "the oldest kernel that is supported", OLDEST, quick=True),
    x86("linux-6.1", "a kernel between the oldest and the newest", OLD),
    x86("newest", "the newest kernel, protection keys", NEWEST),
    x86("swap", "a disk to swap to", STABLE, swap=256 << 20, modules=("virtio_blk",), setup=("swapon /dev/vda",)),
    x86("cgroup", "a control group that limits memory to 192 MiB", STABLE,
        setup=(*CGROUPS, "mkdir /sys/fs/cgroup/limited", "write /sys/fs/cgroup/limited/memory.max 192M"),
        inside="/sys/fs/cgroup/limited"),
    x86("folios", "folios of 64 KiB where they are advised", STABLE,
        setup=("write /sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled madvise",)),
    arm64("arm64-mte", "64-bit ARM with memory tagging, pages of 4 KiB",
          Kernel("trixie", "arm64", "linux-image-cloud-arm64"), quick=True),
    arm64("arm64-16k", "64-bit ARM, pages of 16 KiB, the newest kernel",
          Kernel("trixie-backports", "arm64", "linux-image-arm64-16k"), quick=True),
    Machine("ppc64le-64k", "64-bit POWER, pages of 64 KiB", "ppc64le", "ppc64el", "qemu-system-ppc64",
            Kernel("trixie", "ppc64el", "linux-image-powerpc64le-64k"), console="hvc0", setup=(FEWER_MAPPINGS,),
            arguments=("-M", "pseries,cap-htm=off", "-cpu", "power9", "-smp", "2", "-m", "1024", "-vga", "none")),
)
