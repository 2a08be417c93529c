# SPDX-License-Identifier: BSL-1.0
"""The order of the site: guides as docs/README.md lists them, headers in the groups below. Each header belongs to the
first group that has a pattern for it; one that belongs to none is an error."""
import fnmatch
import re

GROUPS = [
    ("Memories", "quire.hpp native.hpp platform/* page_allocator*.hpp fallback.hpp with_best.hpp all_of.hpp limits.hpp "
                 "units.hpp access.hpp contract.hpp result.hpp error*.hpp bad_alloc.hpp image.hpp version.hpp "
                 "memory_partition.hpp verification.hpp static_storage.hpp mirrored.hpp ostream.hpp format.hpp "
                 "statistics.hpp"),
    ("Policies", "protection/* tagging/* page_size/* placement/* residency/* tagged_ptr.hpp tags.hpp node_set.hpp "
                 "mte_thread_scope.hpp"),
    ("Everyday headers", "*pinned_vector.hpp *arena.hpp *arena_resource.hpp *ring_buffer.hpp *shared_memory.hpp "
                         "*file_memory.hpp *jit_memory.hpp jit_code.hpp region_allocator.hpp populate_share.hpp"),
    ("Pools", "pool.hpp stack_pool.hpp stack_cache.hpp recycling/* bounds.hpp key_scope.hpp backing/recycled.hpp"),
    ("Questions to the machine", "effective.hpp explain.hpp explanation.hpp headroom.hpp detect.hpp supports.hpp "
                                 "pressure_monitor.hpp system/* classify_*.hpp fault_cause.hpp memory_registry.hpp"),
    ("Engines and heaps", "engine/* heap/*"),
    ("Stores", "backing/* step_*.hpp"),
    ("For those who write policies and stores", "policy.hpp policy/* store.hpp store/* capabilities.hpp composable.hpp "
                                                "optional_pointer.hpp"),
]


def group_of(header):
    short = header.removeprefix("quire/")
    for title, patterns in GROUPS:
        if any(fnmatch.fnmatchcase(short, pattern) for pattern in patterns.split()):
            return title
    return None


def guides(root):
    """[(chapter, [(path below the root, title, line about it)])] of docs/README.md."""
    chapters = []
    for line in (root / "docs/README.md").read_text().splitlines():
        if line.startswith("## "):
            chapters.append((line[3:], []))
        elif found := re.match(r"- \[([^]]+)\]\(([^)]+)\): (.+)$", line):
            path = (root / "docs" / found[2]).resolve().relative_to(root).as_posix()
            chapters[-1][1].append((path, found[1], found[3]))
    return chapters
