// SPDX-License-Identifier: BSL-1.0
#pragma once
// Linux, as typedefs.
#include <quire/backing/dual_mapped.hpp>
#include <quire/backing/linux_mmap.hpp>
#include <quire/calls/linux.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_size/native.hpp>
#include <quire/page_size/transparent_huge.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/placement/near_to.hpp>
#include <quire/placement/prefer.hpp>
#include <quire/protection/guarded.hpp>
#include <quire/protection/index_space.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/tagging/untagged.hpp>

namespace quire {

/// For general use: grows in place, faults beyond both ends. Guards cost address space, but no system call.
using linux_allocator = page_allocator<backing::linux_mmap<>, protection::guarded<>, tagging::untagged,
                                       page_size::native, placement::anywhere, residency::on_demand>;

/// For WebAssembly runtimes whose generated code has no bounds checks: 8 GiB are reserved, whatever the size.
using wasm_linux_allocator = linux_allocator::with_protection<protection::index_space<>>;

/// For memories of many megabytes that are accessed at random.
using huge_linux_allocator = linux_allocator::with_page_size<page_size::transparent_huge<>>;

/// For threads pinned to a node of a NUMA machine: constructed with placement::prefer{.node = n}.
using numa_linux_allocator = linux_allocator::with_placement<placement::prefer>;

/// For development and tests: 64 MiB of guards on both sides, so that wild indices fault as well as near misses.
using checked_linux_allocator =
    linux_allocator::with_protection<protection::guarded<std::size_t{64} << 20, std::size_t{64} << 20>>;

/// For generated code (quire/jit_memory.hpp): its pages are mapped twice, and never both writable and executable.
using linux_jit_allocator =
    linux_allocator::with_backing<backing::dual_mapped<>>::with_protection<protection::unguarded>;

/// The same, within reach of an address: constructed with placement::near_to{&something}.
using near_linux_jit_allocator = linux_jit_allocator::with_placement<placement::near_to>;

}  // namespace quire
