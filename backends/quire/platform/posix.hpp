// SPDX-License-Identifier: BSL-1.0
#pragma once
// Any POSIX system, as a typedef.
#include <quire/backing/posix_mmap.hpp>
#include <quire/calls/posix.hpp>
#include <quire/page_allocator.hpp>
#include <quire/page_size/native.hpp>
#include <quire/placement/anywhere.hpp>
#include <quire/protection/guarded.hpp>
#include <quire/residency/on_demand.hpp>
#include <quire/tagging/untagged.hpp>

namespace quire {

/// For systems without a typedef of their own, and for comparison: mmap and mprotect only.
using posix_allocator = page_allocator<backing::posix_mmap<>, protection::guarded<>, tagging::untagged,
                                       page_size::native, placement::anywhere, residency::on_demand>;

}  // namespace quire
