// SPDX-License-Identifier: BSL-1.0
#pragma once
// Linux on arm64 with memory tagging, as typedefs. Elsewhere they can be named, but not used.
#include <quire/platform/linux.hpp>
#include <quire/tagging/mte.hpp>

namespace quire {

/// An access by a wrong, stale or stray pointer traps. The thread that allocates needs a tagging::mte_thread_scope.
using linux_arm64_mte_allocator = linux_allocator::with_tagging<tagging::mte<>>;

}  // namespace quire
