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

/// For everybody: grows in place, faults beyond both ends, and what it commits is memory.
using qnx_allocator = page_allocator<backing::qnx_mmap<>, protection::guarded<>, tagging::untagged, page_size::native,
                                     placement::anywhere, residency::on_demand>;

/// For WebAssembly runtimes whose generated code has no bounds checks: 8 GiB are reserved, whatever the size. A process
/// has addresses for some sixty of them.
using wasm_qnx_allocator = qnx_allocator::with_protection<protection::index_space<>>;

/// For memory that nobody else can use up: it comes from a pool of typed memory, which goes to the constructor.
using typed_qnx_allocator = qnx_allocator::with_backing<backing::qnx_typed_memory<>>;

/// For devices: what allocate commits, and what each grow adds, is one run of physical memory.
using contiguous_qnx_allocator = qnx_allocator::with_backing<backing::qnx_contiguous_mmap<>>;

/// For memory of which little is touched, and that is discarded: it arrives with the touch.
using lazy_qnx_allocator = qnx_allocator::with_backing<backing::qnx_lazy_mmap<>>;

/// For development and tests: 64 MiB of guards on both sides, so that wild indices fault as well as near misses.
using checked_qnx_allocator =
    qnx_allocator::with_protection<protection::guarded<std::size_t{64} << 20, std::size_t{64} << 20>>;

}  // namespace quire
