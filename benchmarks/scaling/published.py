# SPDX-License-Identifier: BSL-1.0
"""Figures of others: two that the model takes as inputs, and four that it is checked against."""

import dataclasses

from model import Life, Machine, nanoseconds_a_life, solve

# tlb_flush2_threads of will-it-scale on an AMD Milan with 36 cores and 72 threads, in thousands of loops a second: by
# interrupts, and by the instruction INVLPGB. A loop writes to a page, gives it back, and reads it.
FLUSHES = ("x86/mm: Enable broadcast TLB invalidation for multi-threaded processes",
           "https://git.kernel.org/tip/4afeb0ed1753ebcad93ee3b45427ce85e9c8ec40")
BY_INTERRUPTS = {1: 315, 2: 423, 4: 644, 8: 652, 16: 737, 32: 759, 64: 636, 72: 609}
BY_BROADCAST = {1: 304, 2: 424, 4: 1032, 8: 1267, 16: 1368, 32: 1199, 64: 1094, 72: 993}

# A line that was written: 40 to 80 ns there and back within a socket, 100 to 300 between two.
LINES = ("Multikernel Microbenchmarks: expected ballparks", "https://github.com/multikernel/mkbench")
FAR = (100 + 300) / (40 + 80)

# page_fault2 of will-it-scale on 72 threads of two Skylake sockets, Linux 5.1, whose faults read under mmap_lock.
FAULTS = ("Re: [PATCH v12 00/31] Speculative page faults",
          "https://lore.kernel.org/all/3d3cefa2-0ebb-e86d-b060-7ba67c48a59f@linux.ibm.com/")
FAULTS_OF_A_THREAD = 36862  # a second

# call_empty_function, microseconds by threads, instance_pooling_memfd_v4.
WASMTIME = ("memfd/madvise-based CoW pooling allocator", "https://github.com/bytecodealliance/wasmtime/pull/3697")
WASMTIME_CALL = {1: 24, 2: 46, 4: 69, 8: 97, 16: 128}

# Instances a second on a Ryzen 7 3700X, Linux 5.13: each maps and unmaps its memory.
WASMER = ("Performance bottleneck when creating Instances / growing memory in parallel",
          "https://github.com/wasmerio/wasmer/issues/2563")
WASMER_INSTANCES = {1: 111e3, 2: 80e3}

CALIBRATED_AT = 16  # threads


def microseconds(threads, thousands):
    return 1e3 * threads / thousands


def next_core():
    """Nanoseconds of a shoot-down for each core: what interrupts take longer than a broadcast."""
    n = CALIBRATED_AT
    return (microseconds(n, BY_INTERRUPTS[n]) - microseconds(n, BY_BROADCAST[n])) * 1e3 / (n - 1)


def flushes(costs, threads, by_interrupts):
    """A loop has two faults, which read under the lock of the one mapping, and reads under mmap_lock to give back. What
    a hand-over of that lock's line takes on that machine: the most that it does by broadcast, and each loop has four."""
    alone = BY_INTERRUPTS[1] if by_interrupts else BY_BROADCAST[1]
    loop = Life(1e3 * microseconds(1, alone), shootdowns=1 if by_interrupts else 0,
                lines={"mapping": 4, "mmap_lock": 2, "pending flushes": 2, "flushes": 1})
    there = dataclasses.replace(costs, first_core=costs.next_core, line=1e6 / max(BY_BROADCAST.values()) / 4)
    return 1e6 * threads / nanoseconds_a_life(loop, there, Machine(threads))


def faults(costs):
    fault = Life(costs.of("fault", 256) / 256, lines={"mmap_lock": 2})
    return 1e9 / nanoseconds_a_life(fault, costs, Machine(72, 2))


def wasmtime_calls(costs, threads):
    """How many shoot-downs a call has is not told: as many as fit the largest number of threads."""
    most = max(WASMTIME_CALL)
    shootdowns = (WASMTIME_CALL[most] - WASMTIME_CALL[1]) * 1e3 / (costs.next_core * (most - 1))
    return WASMTIME_CALL[1] + shootdowns * costs.next_core * (threads - 1) / 1e3


def wasmer_instances(costs):
    """At most one at a time, and a shoot-down for each."""
    rate, _ = solve(2, 0, [1e9 / WASMER_INSTANCES[1] + costs.first_core])
    return 1e9 * rate


def checks(costs):
    """(what, {threads: (published, predicted)})"""
    yield "flushes, thousand loops a second", {n: (BY_INTERRUPTS[n], flushes(costs, n, True)) for n in (2, 4, 8, 32, 64)}
    yield "the same by INVLPGB", {n: (BY_BROADCAST[n], flushes(costs, n, False)) for n in (4, 8, 32, 64)}
    yield "faults, thousands a second of each thread", {72: (FAULTS_OF_A_THREAD / 1e3, faults(costs) / 1e3)}
    yield "Wasmtime, microseconds a call", {n: (WASMTIME_CALL[n], wasmtime_calls(costs, n)) for n in (2, 4, 8)}
    yield "Wasmer, thousand instances a second", {2: (WASMER_INSTANCES[2] / 1e3, wasmer_instances(costs) / 1e3)}
