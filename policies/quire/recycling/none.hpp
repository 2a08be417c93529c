// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <quire/policy/recycling.hpp>

namespace quire::recycling {

/// What one user has written is left to the next: for stacks, whose users write before they read. A pool of memories
/// does not compile with it.
struct none {
  static constexpr bool leaves_contents = true;
  static recycled recycle(const auto& pages) noexcept { return {0, pages.accessible()}; }
};

}  // namespace quire::recycling
