# SPDX-License-Identifier: BSL-1.0
"""The sentences of the page. Those with a label also make the gains and costs at its head, and README.md's table."""

from sentences import Fastest, Template


def pooled_life(pages, words, row="zero_dirty", where="", told=True):
    """`told`: at the head of the page, too."""
    table_id = f"instances_{pages}"
    own = Fastest(table_id, "Wasmtime, keeps 64 KiB resident", "Wasmtime, keeps all resident")
    return Template(
        "instances",
        f"To take a memory, to write {words} and to return it takes {{ours.time}} on Quire's pool{where}, and "
        "{peer.time} on Wasmtime's own pool, in the better of the settings that its C API offers.",
        {"ours": (table_id, row), "peer": own},
        f"an instance's memory{where}, pooled, {words} written" if told else "", "Wasmtime's pool, in its better setting")


def pooled_within(pages, words, told=True):
    return pooled_life(pages, words, "Wasmtime on a pool with zero_dirty", " within Wasmtime", told)


def recycled(pages, words):
    return Template(
        "recycling",
        f"A memory of 1 MiB is taken from a pool, has {words} written and is returned in {{ours.time}}; a fresh "
        f"memory takes {{ours.instead}} for that.",
        {"ours": (f"recycling_{pages}", "zero_dirty")},
        f"a memory used again, {words} written", "a fresh memory by mmap")


def grown(size, question="growth"):
    return Template(
        question,
        f"A memory that grows in place from 64 KiB to {size} takes {{ours.time}}, and {{huge.time}} with huge "
        f"pages; realloc takes {{ours.instead}}.",
        {"ours": (f"growth, {size}", "linux_allocator"), "huge": (f"growth, {size}", "transparent_huge<in_blocks>")},
        f"growing to {size} in steps of 64 KiB", "realloc", "growing")


def appended(size, family, question="vectors", by_blocks=False):
    table_id, words = (f"vectors, {size}, by blocks", " by 64 KiB") if by_blocks else (f"vectors, {size}", "")
    return Template(
        question,
        f"Appending numbers{words} up to {size} to a new pinned_vector takes {{ours.time}}, to a new std::vector "
        f"{{ours.instead}}.",
        {"ours": (table_id, "pinned_vector")},
        f"appending{words} up to {size} to a new vector", "std::vector", family)


REQUESTS_OF_PEERS = ("foonathan/memory: memory_stack", "mimalloc: a heap, destroyed", "mimalloc: mi_malloc and mi_free",
                     "jemalloc: an arena, reset", "jemalloc: mallocx and sdallocx", "glibc: malloc and free",
                     "std::pmr::monotonic, with a buffer of its user's", "std::pmr::monotonic, growing",
                     "std::pmr::unsynchronized_pool")


def ring(label, table_id, words):
    peer = "boost::lockfree::spsc_queue"
    return Template(
        "rings",
        f"{words} in {{ours.time}} through a ring_buffer, in {{hand.time}} through a ring that wraps by hand, and in "
        f"{{ours.instead}} through {peer}.",
        {"ours": (table_id, "ring_buffer"), "hand": (table_id, "by hand, as ring_buffer")},
        label, peer)


def touched(size, question="huge_pages"):
    table_id = f"first touch, {size}"
    return Template(
        question,
        f"A first touch of 4 KiB within {size} takes {{ours.time}} with huge pages, {{hand.time}} where they are "
        "advised by hand, and {ours.instead} in memory of malloc.",
        {"ours": (table_id, "transparent_huge<in_blocks>"), "hand": (table_id, "by hand, MADV_HUGEPAGE")},
        f"a first touch within {size}, in huge pages", "malloc", "first touch")


def accessed(size, question="huge_pages"):
    table_id = f"random access, {size}"
    return Template(
        question,
        f"A random access within {size} takes {{ours.time}} with huge pages, {{ours.instead}} in memory of malloc.",
        {"ours": (table_id, "transparent_huge<in_blocks>")},
        f"random access within {size}, in huge pages", "malloc", "random access")


TEMPLATES = [
    # WebAssembly, and memories that are used again.
    *(make(pages, "a page" if pages == 1 else f"{pages:,} pages", told=pages in (1, 16, 256))
      for make in (pooled_life, pooled_within) for pages in (16, 1, 4, 64, 256, 1024, 4096)),
    Template(
        "throughput",
        "Two threads on a pool with zero_dirty start and end {ours.count} memories a second; with calloc and free, "
        "{peer.count}.",
        {"ours": ("throughput", "pool with zero_dirty, two threads"),
         "peer": ("throughput", "calloc and free, two threads")}),
    Template(
        "throughput",
        "Two threads start and end {ours.count} instances of Wasmtime a second on a pool with zero_dirty, {some.count} "
        "on Wasmtime's own pool that keeps 64 KiB resident, and {all.count} on one that keeps all.",
        {"ours": ("throughput", "a whole instance: Wasmtime on a pool with zero_dirty, two threads"),
         "some": ("throughput", "a whole instance: Wasmtime's pool, keeps 64 KiB, two threads"),
         "all": ("throughput", "a whole instance: Wasmtime's pool, keeps all, two threads")}),
    Template(
        "throughput",
        "One thread starts and ends {ours.count} instances of Wasmtime a second on a pool with zero_dirty, and "
        "{some.count} on Wasmtime's own pool that keeps 64 KiB resident.",
        {"ours": ("throughput", "a whole instance: Wasmtime on a pool with zero_dirty, one thread"),
         "some": ("throughput", "a whole instance: Wasmtime's pool, keeps 64 KiB, one thread")}),
    Template(
        "wasm2c",
        "An instance that starts from an image on a pool, which holds its 1 MiB of data, is made and freed in "
        "{ours.time}; wabt's runtime, which copies the data, takes {peer.time}.",
        {"ours": ("wasm2c_instances_1048576", "quire, from an image on a pool"),
         "peer": ("wasm2c_instances_1048576", "wabt, instantiated")},
        "an instance of wasm2c from an image", "wabt's runtime"),
    Template(
        "wasm2c",
        "Where the code checks bounds, growing by 64 KiB takes {ours.time}; the calls of wabt's runtime take "
        "{hand.time}.",
        {"ours": ("wasm2c_growth", "wasm2c_checked_memory"),
         "hand": ("wasm2c_growth", "by hand, as wasm2c_checked_memory")}),
    Template(
        "program",
        "To make an instance of a real program takes {ours.time}, with wabt's runtime {peer.time}.",
        {"ours": ("program, instantiate", "quire"), "peer": ("program, instantiate", "wabt")},
        "an instance of a real program, without an image", "wabt's runtime"),
    Template(
        "program",
        "A real program, from its start to its end, takes {ours.time} on Quire and {peer.time} on wabt's runtime;"
        " compiled natively it takes {native.time}.",
        {"ours": ("program", "quire"), "peer": ("program", "wabt"), "native": ("program", "native")}),
    Template(
        "wasmtime_instances",
        "An instance of Wasmtime that writes 16 pages takes {ours.time}, from its start to its end, on "
        "index_space<32, 25>, and {peer.time} on Wasmtime's own memory.",
        {"ours": ("wasmtime_life_16", "index_space<32, 25>"), "peer": ("wasmtime_life_16", "Wasmtime")},
        "an instance of Wasmtime, 16 pages written", "Wasmtime's own memory"),
    Template(
        "wasmtime_instances",
        "With index_space<32, 25>, {ours.count} instances are alive at once; with Wasmtime's own memory, "
        "{peer.count}, or {without.count} without images of data.",
        {"ours": ("wasmtime_alive", "index_space<32, 25>"),
         "peer": ("wasmtime_alive", "Wasmtime"),
         "without": ("wasmtime_alive", "Wasmtime, without images of data")}),
    recycled(16, "16 pages"),
    recycled(256, "256 pages"),
    Template(
        "recycling",
        "Taking a slot and returning it takes {ours.time}.",
        {"ours": ("slots", "pool")}),
    Template(
        "working_sets",
        "Where the tenth of the pages that is written wanders, adaptive recycling takes {ours.ratio} times as long as "
        "the best fixed one in a memory of 1 MiB, and {large.ratio} times as long in one of 16 MiB.",
        {"ours": ("wandering", "1 MiB, 10 %: adaptive"), "large": ("wandering", "16 MiB, 10 %: adaptive")}),
    Template(
        "images",
        "A memory that starts from an image of 16 MiB takes {ours.time}, from its start to its end; copying the "
        "contents takes {ours.instead}.",
        {"ours": ("images", "16 MiB")},
        "a memory from an image of 16 MiB", "copying"),
    Template(
        "density_limit",
        "{ours.count} guarded memories of 64 KiB are live at once.",
        {"ours": ("density_limit", "guarded memories of 64 KiB")}),
    Template(
        "density",
        "{ours.count} reservations of 8 GiB are live at once.",
        {"ours": ("density", "reservations of 8 GiB")}),
    Template(
        "density",
        "Creating a memory among 10,000 takes {ours.time}, writing the same markers by hand {hand.time}.",
        {"ours": ("creation", "pool, 10000 memories"), "hand": ("creation", "by hand, as pool, 10000 memories")}),
    Template(
        "density",
        "A slot of a pool with 10,000 that nothing has touched takes {ours.count} bytes.",
        {"ours": ("creation_memory", "pool, 10000 memories")}),
    Template(
        "stacks",
        "A guarded stack is taken and returned in {ours.time} by the cache of a thread, and in {pool.time} without; "
        "the pool of Boost.Context, which serves one thread and has no guards, takes {peer.time}, and its protected "
        "stacks {guarded.time}.",
        {"ours": ("stacks", "stack_cache"), "pool": ("stacks", "stack_pool"),
         "peer": ("stacks", "pooled_fixedsize_stack"), "guarded": ("stacks", "protected_fixedsize_stack")},
        "a guarded stack from a thread's cache", "Boost.Context's pool, without guards"),
    Template(
        "keys",
        "Entering a protected pool and leaving it takes {ours.time}, writing the register by hand {hand.time}.",
        {"ours": ("keys", "enter and leave"), "hand": ("keys", "by hand, as enter and leave")}),
    Template(
        "lookup",
        "The memory of an address is found among 1,000 in {ours.time}.",
        {"ours": ("lookup", "among 1000")}),

    # Everyday headers.
    grown("1024 MiB", "growth_1_gib"), *(grown(size) for size in ("256 MiB", "64 MiB", "16 MiB", "4 MiB")),
    appended("1 GiB", "many elements", "vectors_1_gib"), appended("64 MiB", "many elements"),
    appended("1 MiB", "few elements"), appended("1 MiB", "few elements, by blocks", by_blocks=True),
    Template(
        "arenas",
        "A life of 1 MiB of small pieces in an arena takes {ours.time}, in a monotonic_buffer_resource "
        "{ours.instead}.",
        {"ours": ("arenas", "arena")},
        "a life of 1 MiB of small pieces", "std::pmr::monotonic_buffer_resource"),
    *(Template(
        "requests",
        f"The pieces of a request of {size} are taken from an arena and dropped in {{ours.time}}; the fastest peer "
        "takes {best.time}, malloc and free take {ours.instead}.",
        {"ours": (f"requests, {size}", "arena"), "best": Fastest(f"requests, {size}", *REQUESTS_OF_PEERS)},
        f"a request's memory, {size} in pieces", "malloc and free", "requests") for size in ("64 KiB", "1024 KiB")),
    Template(
        "policies",
        "A guard on both sides makes the life of 1 MiB take {ours.ratio} times as long as without it, being bound to a "
        "node {node.ratio}, and a lock on its pages {lock.ratio} times as long as populating them.",
        {"ours": ("policies", "a guard of 64 KiB on both sides"), "node": ("policies", "a node, bound"),
         "lock": ("policies", "a lock on its pages, to populated")}),
    ring("small messages between two threads", "rings, 24 bytes, two threads",
         "Between two threads, 1 MiB passes in messages of 24 bytes"),
    ring("messages of 1,500 bytes, one thread", "rings, 1500 bytes",
         "Within a thread, 16 MiB pass in messages of 1,500 bytes"),
    Template(
        "shared",
        "A shared memory grows to 4 MiB in place in {ours.time}; boost::interprocess takes {ours.instead}.",
        {"ours": ("shared, growing", "shared_memory")},
        "growing a shared memory to 4 MiB", "boost::interprocess"),
    Template(
        "shared",
        "Appending 4 MiB to a new file takes {ours.time} through file_memory, {ours.instead} through "
        "std::ofstream.",
        {"ours": ("shared, file", "file_memory")},
        "appending 4 MiB to a new file", "std::ofstream"),
    Template(
        "generated_code",
        "To write a function of 200 bytes, to call it and to release it takes {ours.time} in jit_memory; with a page "
        "for each, {ours.instead}.",
        {"ours": ("generated code", "jit_memory, mapped twice")},
        "a generated function", "mmap and mprotect of a page for each"),
    Template(
        "populating",
        "Two threads populate 64 MiB of small pages in {ours.time}; two that touch each page take {ours.instead}.",
        {"ours": ("populating, small pages, two threads", "populate_share")},
        "populating 64 MiB by two threads", "touching each page"),

    # Pages.
    *(touched(size, "huge_pages_4_gib") for size in ("4096 MiB", "1024 MiB")),
    *(touched(size) for size in ("256 MiB", "64 MiB")),
    *(accessed(size, "huge_pages_4_gib") for size in ("4096 MiB", "1024 MiB")),
    *(accessed(size) for size in ("256 MiB", "64 MiB")),

    # Single calls.
    Template(
        "allocate",
        "Allocating and releasing a memory takes {ours.time}; the same calls by hand take {hand.time}.",
        {"ours": ("allocate", "linux_allocator"), "hand": ("allocate", "by hand, as linux_allocator")}),
    Template(
        "allocate",
        "A memory of 64 KiB that is allocated, touched and released takes {ours.time}; calloc and free of a heap "
        "that keeps its pages take {ours.instead}.",
        {"ours": ("life", "linux_allocator")},
        "a memory of 64 KiB, touched and released", "calloc and free"),
    Template(
        "grow",
        "Growing by 64 KiB takes {ours.time}; the same call by hand takes {hand.time}.",
        {"ours": ("grow", "linux_allocator"), "hand": ("grow", "by hand, as linux_allocator")}),
    Template(
        "grow",
        "To grow by 64 KiB and to touch them takes {ours.time}; realloc in a heap that keeps its pages takes "
        "{ours.instead}.",
        {"ours": ("grow and touch", "linux_allocator")},
        "growing by 64 KiB that are touched", "realloc of a heap with warm pages"),
    Template(
        "other_calls",
        "Making 64 KiB read-only takes {ours.time}; the same call by hand takes {hand.time}.",
        {"ours": ("protect", "linux_allocator"), "hand": ("protect", "by hand, as linux_allocator")}),
    Template(
        "other_calls",
        "Releasing a memory takes {ours.time}, free takes {ours.instead}.",
        {"ours": ("release", "linux_allocator")},
        "releasing a memory", "free"),
    Template(
        "other_calls",
        "To give 64 KiB back with discard and to touch them again takes {ours.time}, to clear them by memset "
        "{ours.instead}.",
        {"ours": ("discard", "linux_allocator")},
        "discarding 64 KiB, which come again", "memset"),
    Template(
        "other_calls",
        "To reset a memory with 128 KiB in use and to touch these again takes {ours.time}, to clear them by memset "
        "{ours.instead}.",
        {"ours": ("reset", "linux_allocator")},
        "resetting 128 KiB without a pool", "memset"),
    Template(
        "choosing",
        "Keeping the choice of a typedef at run time makes allocating and releasing take {ours.ratio} times the "
        "same calls by hand.",
        {"ours": ("choosing", "linux_allocator")}),
    *(Template(
        "assured",
        f"Asking first whether there is memory makes growing by {size} take {{ours.time}}; without the question it "
        "takes {peer.time}.",
        {"ours": (f"assured: grow by {size}", "assured"), "peer": (f"assured: grow by {size}", "populated")},
        f"growing by {size} after asking whether there is memory", "growing without asking")
      for size in ("64 KiB", "1 MiB")),
    Template(
        "observing",
        "Counting the steps of a memory makes growing by 64 KiB take {ours.ratio} times as long, counting and tracing "
        "them {traced.ratio} times; an observer that does nothing, {nothing.ratio} times.",
        {"ours": ("observed grow", "step_counts"), "traced": ("observed grow", "step_counts and step_trace"),
         "nothing": ("observed grow", "an observer that does nothing")}),
    Template(
        "tags",
        "Tagging a page of 64 KiB takes {ours.count} instructions, a loop written by hand {hand.count}.",
        {"ours": ("tags", "grow, aarch64-linux-gnu-g++"), "hand": ("tags", "by hand")}),
]

# README.md shows the first ten of these, families or labels, that a run has.
README = ("an instance's memory, pooled, 16 pages written",
          "an instance's memory within Wasmtime, pooled, 16 pages written", "an instance of wasm2c from an image",
          "a memory used again, 16 pages written", "growing", "first touch", "a generated function",
          "a guarded stack from a thread's cache", "many elements", "few elements", "appending 4 MiB to a new file",
          "small messages between two threads", "a memory from an image of 16 MiB")

# Which questions stand together on the page. Others come last.
GROUPS = {
    "WebAssembly, and memories that are used again": (
        "instances", "throughput", "wasmtime_instances", "wasm2c", "program", "recycling", "working_sets", "scaling",
        "images", "density", "density_limit", "stacks", "keys", "lookup", "v8"),
    "Everyday headers": (
        "vectors", "vectors_1_gib", "arenas", "requests", "rings", "shared", "generated_code", "populating", "heaps"),
    "Pages": ("huge_pages", "huge_pages_4_gib", "growth", "growth_1_gib", "policies", "assured"),
    "Single calls, beside the same calls by hand": (
        "allocate", "grow", "other_calls", "choosing", "observing", "tags", "sizes", "headers"),
}
