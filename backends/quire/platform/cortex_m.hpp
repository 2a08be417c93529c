// SPDX-License-Identifier: BSL-1.0
#pragma once
// Cortex-M with a memory protection unit, as a typedef.
#include <cstddef>

#include <quire/backing/cortex_m.hpp>
#include <quire/backing/static_buffer.hpp>
#include <quire/calls/cortex_m.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_size/in_units_of.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/protection/guarded.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/tagging/untagged.hpp>

namespace quire {

/// For programs without an operating system: `Storage` is a `static_storage` of the program, which also holds the
/// guards. It is aligned to the power of two above its size where the MPU requires that (PMSAv7). A part rarely has
/// room for WebAssembly's 64 KiB, so `Unit`, the unit of pages in bytes, is a parameter.
template <auto& Storage, std::size_t Unit = 65536>
using cortex_m_allocator =
    page_allocator<backing::cortex_m<backing::static_buffer<Storage>>, protection::guarded<1, 1>, tagging::untagged,
                   page_size::in_units_of<Unit>, placement::anywhere, residency::on_demand>;

}  // namespace quire
