// SPDX-License-Identifier: BSL-1.0
#pragma once
// Windows, as typedefs.
#include <quire/backing/windows_image_views.hpp>
#include <quire/backing/windows_virtual.hpp>
#include <quire/calls/windows.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_size/native.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/placement/prefer.hpp>
#include <quire/protection/guarded.hpp>
#include <quire/protection/index_space.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/tagging/untagged.hpp>

namespace quire {

/// For general use: grows in place, faults beyond both ends. Committed pages have memory or a paging file behind them.
using windows_allocator = page_allocator<backing::windows_virtual<>, protection::guarded<>, tagging::untagged,
                                         page_size::native, placement::anywhere, residency::on_demand>;

/// For WebAssembly runtimes whose generated code has no bounds checks: 8 GiB are reserved, whatever the size.
using wasm_windows_allocator = windows_allocator::with_protection<protection::index_space<>>;

/// For threads pinned to a node of a NUMA machine: constructed with placement::prefer{.node = n}.
using numa_windows_allocator = windows_allocator::with_placement<placement::prefer>;

/// For generated code (quire/jit_memory.hpp): pages become executable when they are written.
using windows_jit_allocator =
    windows_allocator::with_backing<backing::executable_windows_virtual<>>::with_protection<protection::unguarded>;

}  // namespace quire
