// SPDX-License-Identifier: BSL-1.0
#pragma once
// QNX (SDP 8), as typedefs.
#include <quire/backing/qnx_mmap.hpp>
#include <quire/backing/qnx_typed_memory.hpp>
#include <quire/calls/qnx.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_size/native.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/protection/guarded.hpp>
#include <quire/protection/index_space.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/tagging/untagged.hpp>

namespace quire {

/// For general use: grows in place, faults beyond both ends; committed pages have memory behind them.
using qnx_allocator = page_allocator<backing::qnx_mmap<>, protection::guarded<>, tagging::untagged, page_size::native,
                                     placement::anywhere, residency::on_demand>;

/// For WebAssembly runtimes whose generated code has no bounds checks: 8 GiB are reserved, whatever the size. The
/// address space of a process holds some sixty of them.
using wasm_qnx_allocator = qnx_allocator::with_protection<protection::index_space<>>;

/// For memory that no other program can exhaust: it comes from a pool of typed memory, passed to the constructor.
using typed_qnx_allocator = qnx_allocator::with_backing<backing::qnx_typed_memory<>>;

/// For devices: the pages that allocate commits are one run of physical memory, and so are those that each grow adds.
using contiguous_qnx_allocator = qnx_allocator::with_backing<backing::qnx_contiguous_mmap<>>;

/// For sparsely touched memory that is discarded: pages are allocated when they are touched.
using lazy_qnx_allocator = qnx_allocator::with_backing<backing::qnx_lazy_mmap<>>;

/// For development and tests: 64 MiB of guards on both sides, so that wild indices fault as well as near misses.
using checked_qnx_allocator =
    qnx_allocator::with_protection<protection::guarded<std::size_t{64} << 20, std::size_t{64} << 20>>;

}  // namespace quire
