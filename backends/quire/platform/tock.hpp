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

/// Built with its buffer: `tock_allocator{backing::static_buffer{storage}}`. An application cannot change the access of
/// its pages, so there is no protect, and guards do not compile: whoever runs a Wasm program in it checks its bounds.
using tock_allocator = page_allocator<backing::app_memory<backing::static_buffer<>>, protection::unguarded,
                                      tagging::untagged, page_size::native, placement::anywhere, residency::on_demand>;

}  // namespace quire
