// SPDX-License-Identifier: BSL-1.0
#pragma once
// Tock applications, as a typedef.
#include <quire/backing/static_buffer.hpp>
#include <quire/backing/tock_app_memory.hpp>
#include <quire/calls/tock.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_size/native.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/protection/unguarded.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/tagging/untagged.hpp>

namespace quire {

/// Constructed with its buffer: `tock_allocator{backing::static_buffer{storage}}`. An application cannot change the
/// access to its pages, so there is no protect, and guards do not compile: a Wasm runtime that uses it must check
/// bounds itself.
using tock_allocator = page_allocator<backing::app_memory<backing::static_buffer<>>, protection::unguarded,
                                      tagging::untagged, page_size::native, placement::anywhere, residency::on_demand>;

}  // namespace quire
