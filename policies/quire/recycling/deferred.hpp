// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>

#include <quire/policy/recycling.hpp>

namespace quire::recycling {

/// Another policy, which acts later: a memory that comes back waits, and is cleaned when the program calls
/// `pool::clean_step`, or when no clean slot is left: acquire then cleans one. A worker that is driven this way takes
/// the cost of cleaning from the threads that use memories; a slot that waits keeps its memory. `reset` cleans at once.
template <recycling_policy R>
struct deferred : R {
  static_assert(detail::may_wait<R> == 0, "quire: the recycling that is deferred waits already");
  static constexpr std::uint32_t waiting = UINT32_MAX;
};

}  // namespace quire::recycling
